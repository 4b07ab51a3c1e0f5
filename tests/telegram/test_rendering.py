"""From spans to HTML: nothing breaks the markup, nothing is lost, nothing is too long."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.actions import OpenRecord, ShowMenu
from bot.dialog.reply import (
    Bold,
    Button,
    Code,
    Document,
    Html,
    Italic,
    Link,
    LocationRequest,
    Message,
    Quote,
    Span,
    Venue,
    lines,
)
from bot.domain.markup import text_units as units
from bot.domain.markup import (
    visible_text,
)
from bot.telegram.rendering import LABEL_LIMIT, LIMIT, Piece, changes, parameters, plain, render
from bot.translation.bidi import FSI, PDI

CONTROLS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


class Checker(HTMLParser):
    """Fails on anything that Telegram's parser would refuse; collects the visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "code", "blockquote", "a"}
        assert not self.open, "spans do not nest"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def visible(piece: Piece) -> str:
    checker = Checker()
    checker.feed(piece.html)
    checker.close()
    assert not checker.open
    return checker.text


def squeezed(text: str) -> str:
    """Without white space, control characters, direction marks and broken surrogates."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").translate(CONTROLS)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", "", text)


hostile = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("<>&\"' \n\n\t\0\u200d\u2068\u2069\u202e\u202c\u200f👩\U0001f3fdاب1+٣é\u0301"),
    ),
    max_size=60,
)
long = st.builds(lambda text, times: text * times, hostile, st.integers(1, 400))
spans: st.SearchStrategy[Span] = st.one_of(
    hostile,
    long,
    st.builds(Bold, long),
    st.builds(Italic, hostile),
    st.builds(Code, hostile),
    st.builds(Quote, long, st.booleans()),
    st.builds(Link, hostile, st.sampled_from(['https://example.org/?a=1&b="2"', "javascript:alert(1)", ""])),
)


@given(st.lists(spans, max_size=6), st.booleans())
def test_whatever_is_said_comes_out_whole(text: list[Span], rtl: bool) -> None:
    pieces = render(Message(text=tuple(text)), rtl=rtl)
    shown = [visible(piece) for piece in pieces]
    for words in shown:
        assert 0 < units(words) <= LIMIT
        words.encode()  # no half of a surrogate pair
        assert words.strip()
        depth = 0
        for char in words:
            depth += {FSI: 1, PDI: -1}.get(char, 0)
            assert 0 <= depth <= 2
        assert depth == 0
    said = "".join(span if isinstance(span, str) else span.text for span in text)
    if squeezed(said).strip("\u200b\u2060\ufeff"):
        # Blank pieces are left out; zero-width characters alone make a piece blank.
        lost = str.maketrans("", "", "\u200b\u2060\ufeff")
        assert squeezed("".join(shown)).translate(lost) == squeezed(said).translate(lost)


def test_markup_is_escaped() -> None:
    (piece,) = render(Message(text=("1 < 2 & <b>", Bold("<i>"), Link("a", 'https://a.de/?x="&y'))), rtl=False)
    assert piece.html == "1 &lt; 2 &amp; &lt;b&gt;<b>&lt;i&gt;</b>a"
    (piece,) = render(
        Message(text=(Link("a", "https://a.de/?x=1&y=2"), Quote("q", expandable=True))), rtl=False
    )
    assert piece.html == ('<a href="https://a.de/?x=1&amp;y=2">a</a><blockquote expandable>q</blockquote>')
    (piece,) = render(Message(text=(Italic("i"), Code("c"), Quote("q"))), rtl=False)
    assert piece.html == "<i>i</i><code>c</code><blockquote>q</blockquote>"


def test_right_to_left_text_isolates_numbers_and_leaves_the_copied_number_bare() -> None:
    (piece,) = render(Message(text=("هاتف 0381 123 الآن ", Code("+49 381 123"))), rtl=True)
    assert f"{FSI}0381 123{PDI}" in piece.html
    assert f"{FSI}<code>+49 381 123</code>{PDI}" in piece.html


def test_marks_that_turn_the_direction_are_removed() -> None:
    (piece,) = render(Message(text=("abc\u202edef\u2067",)), rtl=False)
    assert piece.html == "abcdef"


def test_a_short_text_is_one_piece_and_a_blank_one_none() -> None:
    assert len(render(Message(text=("x" * LIMIT,)), rtl=False)) == 1
    assert render(Message(text=()), rtl=False) == ()
    assert render(Message(text=(" \n", Bold("\u200b"))), rtl=False) == ()


def test_it_is_cut_between_paragraphs_then_lines_then_words() -> None:
    paragraph = "word " * 300
    first, second = render(Message(text=(f"{paragraph}\n\n{paragraph}\nx\n\n{paragraph}",)), rtl=False)
    assert visible(first).endswith("x")
    assert visible(second).startswith("word word")
    lines = "\n".join(["a line of text " * 20] * 20)
    pieces = render(Message(text=(lines,)), rtl=False)
    assert all(visible(piece).strip().startswith("a line") for piece in pieces)
    words = render(Message(text=("Wörter " * 1_000,)), rtl=False)
    assert len(words) == 2
    assert all(set(visible(piece).split()) == {"Wörter"} for piece in words)


def test_a_span_that_is_cut_is_closed_and_opened_again() -> None:
    first, second = render(Message(text=("a ", Bold("bold " * 900), Quote("end"))), rtl=False)
    assert first.html.startswith("a <b>bold")
    assert first.html.endswith("bold</b>")
    assert second.html.startswith("<b>bold")
    assert second.html.endswith("</b><blockquote>end</blockquote>")


def test_an_isolate_that_is_cut_is_closed_and_opened_again() -> None:
    pieces = render(Message(text=("نص " + "latin words " * 600,)), rtl=True)
    assert len(pieces) == 2
    assert visible(pieces[0]).endswith(PDI)
    assert visible(pieces[1]).startswith(FSI)


def test_signs_of_several_characters_stay_whole() -> None:
    family = "👩‍👩‍👧‍👦"
    for text in (family * 700, "e\u0301" * 3_000, "👍🏽" * 1_500):
        pieces = render(Message(text=(text,)), rtl=False)
        assert len(pieces) > 1
        for piece in pieces:
            assert not re.match("[\u200d\u0301\U0001f3fd]", visible(piece))
            assert not visible(piece).endswith("\u200d")


def test_the_keyboard_hangs_under_the_last_piece() -> None:
    buttons = ((Button("Menu", action=ShowMenu()),),)
    *others, last = render(Message(text=("word " * 2_000,), buttons=buttons), rtl=False)
    assert all(piece.markup is None for piece in others)
    assert last.markup == {"inline_keyboard": [[{"text": "Menu", "callback_data": "m"}]]}
    assert last.editable


def test_every_kind_of_button() -> None:
    buttons = (
        (Button("a", action=OpenRecord("offer", "x-1")), Button("u", url="https://example.org")),
        (Button("c", copy="0800 1110111"), Button("i", inline="offer x-1")),
        (Button("nowhere", url="tel:110"), Button("bare"), Button("long", copy="1" * 257)),
    )
    (piece,) = render(Message(text=("x",), buttons=buttons), rtl=False)
    assert piece.markup == {
        "inline_keyboard": [
            [{"text": "a", "callback_data": "r|offer|x-1"}, {"text": "u", "url": "https://example.org"}],
            [
                {"text": "c", "copy_text": {"text": "0800 1110111"}},
                {"text": "i", "switch_inline_query": "offer x-1"},
            ],
        ]
    }
    (piece,) = render(Message(text=("x",), buttons=(buttons[1],)), rtl=False, inline=False)
    assert piece.markup == {"inline_keyboard": [[{"text": "c", "copy_text": {"text": "0800 1110111"}}]]}


def test_labels_are_bounded_and_never_empty() -> None:
    buttons = ((Button("x" * 80, action=ShowMenu()), Button(" \n ", action=ShowMenu())),)
    (piece,) = render(Message(text=("x",), buttons=buttons), rtl=False)
    assert piece.markup is not None
    (row,) = piece.markup["inline_keyboard"]
    assert [button["text"] for button in row] == ["x" * (LABEL_LIMIT - 1) + "…", "…"]


def test_wide_rows_are_wrapped_and_huge_keyboards_cut() -> None:
    buttons = (tuple(Button(str(n), action=ShowMenu()) for n in range(150)),)
    (piece,) = render(Message(text=("x",), buttons=buttons), rtl=False)
    assert piece.markup is not None
    rows = piece.markup["inline_keyboard"]
    assert max(map(len, rows)) == 8
    assert sum(map(len, rows)) == 100


def test_a_location_is_asked_for_in_private_only() -> None:
    message = Message(text=("where?",), ask_location=LocationRequest("here", "no"))
    (piece,) = render(message, rtl=False)
    assert piece.markup == {
        "keyboard": [[{"text": "here", "request_location": True}], [{"text": "no"}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }
    assert not piece.editable
    (piece,) = render(message, rtl=False, private=False)
    assert piece.markup is None
    (piece,) = render(Message(text=("thanks",), remove_keyboard=True), rtl=False)
    assert piece.markup == {"remove_keyboard": True}


MENU = ((Button("Menu", action=ShowMenu()),),)
BODY = Html('<b>Fest</b> am 5. Mai, <a href="https://a.de/?b&amp;c">mehr</a>')


def test_a_body_keeps_its_looks_and_its_place_among_other_spans() -> None:
    (piece,) = render(Message(text=(Italic("mark <"), "\n", BODY, " &"), buttons=MENU), rtl=False)
    assert piece.html == (
        '<i>mark &lt;</i>\n<b>Fest</b> am 5. Mai, <a href="https://a.de/?b&amp;c">mehr</a> &amp;'
    )
    assert piece.markup == {"inline_keyboard": [[{"text": "Menu", "callback_data": "m"}]]}
    assert lines("a", BODY) == ("a", "\n", BODY)
    assert BODY.text == "Fest am 5. Mai, mehr"


def test_a_body_is_isolated_between_its_tags() -> None:
    message = Message(text=(Html("هاتف <b>0381</b> 12 و<code>110</code>"),))
    (piece,) = render(message, rtl=True)
    assert piece.html == f"هاتف <b>{FSI}0381</b> 12{PDI} و{FSI}<code>110</code>{PDI}"
    (piece,) = render(replace(message, rtl=False), rtl=True)
    assert FSI not in piece.html


def test_a_body_is_never_split() -> None:
    (piece,) = render(Message(text=(Html("word " * 819),)), rtl=False)
    assert units(visible_text(piece.html)) == 4_095
    with pytest.raises(ValueError, match="not be split"):
        render(Message(text=("x", Html("x" * 4_096))), rtl=False)
    assert len(render(Message(text=(Html("x" * 1_024),), photo="p"), rtl=False)) == 1
    with pytest.raises(ValueError, match="not be split"):
        render(Message(text=(Html("x" * 1_025),), photo="p"), rtl=False)
    assert render(Message(text=(Html("<b> </b>"),)), rtl=False) == ()


def test_what_did_not_come_from_the_markup_module_is_refused() -> None:
    for html in ("<b>x", "<script>x</script>", '<a href="tg://user?id=1">x</a>'):
        for rtl in (False, True):
            with pytest.raises(ValueError, match=r"un|bad_link"):
                render(Message(text=(Html(html),)), rtl=rtl)


def test_the_parameters_of_one_message() -> None:
    preview = {"parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
    under = {"inline_keyboard": [[{"text": "Menu", "callback_data": "m"}]]}
    assert parameters(Message(text=("a <",)), rtl=False) == ("sendMessage", {"text": "a &lt;", **preview})
    assert parameters(Message(text=(BODY,), buttons=MENU, photo="p", silent=True), rtl=False) == (
        "sendPhoto",
        {
            "photo": "p",
            "caption": BODY.html,
            "parse_mode": "HTML",
            "reply_markup": under,
            "disable_notification": True,
        },
    )
    assert parameters(Message(file="f"), rtl=True) == ("sendDocument", {"document": "f"})
    assert parameters(Message(venue=Venue(54.1, 12.1, "Büro", "")), rtl=False) == (
        "sendVenue",
        {"latitude": 54.1, "longitude": 12.1, "title": "Büro", "address": "…"},
    )


def test_what_is_not_one_message_has_no_parameters() -> None:
    for message in (
        Message(),
        Message(text=("word " * 1_000,)),
        Message(text=("word " * 300,), photo="p"),
        Message(document=Document("x.ics", b"x")),
    ):
        with pytest.raises(ValueError, match=r"not one message|uploaded"):
            parameters(message, rtl=False)


def test_the_parameters_of_a_correction() -> None:
    method, found = changes(Message(text=(BODY,), buttons=MENU, silent=True), rtl=False)
    assert method == "editMessageText"
    assert set(found) == {"text", "parse_mode", "link_preview_options", "reply_markup"}
    method, found = changes(Message(text=(BODY,), file="f"), rtl=False)
    assert (method, found) == ("editMessageCaption", {"caption": BODY.html, "parse_mode": "HTML"})
    for message in (
        Message(venue=Venue(54.1, 12.1, "Büro", "")),
        Message(text=("x",), ask_location=LocationRequest("here", "no")),
        Message(text=("x",), remove_keyboard=True),
    ):
        with pytest.raises(ValueError, match="cannot replace"):
            changes(message, rtl=False)


def test_plain_text_repairs_pairs_and_drops_halves() -> None:
    assert plain("\ud83d\ude00\ud83d!\r\n\0", rtl=False) == "😀\ufffd!\n"
    assert unescape("&amp;") == "&"
