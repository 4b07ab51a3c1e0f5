"""Bodies of broadcasts: whatever is pasted becomes HTML that Telegram takes, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.markup import (
    CAPTION_UNITS,
    FORMATTING,
    TEXT_UNITS,
    BadMarkup,
    Fault,
    Problem,
    Run,
    dropped_links,
    first_line,
    from_entities,
    from_html,
    is_blank,
    is_web_address,
    isolated,
    parse,
    problems,
    text_units,
    units,
    visible_text,
)
from bot.sandbox import markup as telegram
from bot.translation.bidi import FSI, PDI, isolate

DROPPED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def entity(type: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": type, "offset": offset, "length": length, **more}


def repaired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


pieces = st.one_of(
    st.characters(),
    st.characters(categories=["Cs"]),
    st.sampled_from("<>&\"'; \n\t\r\0\u202e\u2068😀👩\u200dابتab1+"),
    st.sampled_from(["&amp;", "<b>", "</b>", "&#60;"]),
)
texts = st.lists(pieces, max_size=40).map("".join)
kinds = st.sampled_from(
    [*sorted(FORMATTING), "mention", "url", "custom_emoji", "text_mention", "phone_number", "x"]
)
entities = st.fixed_dictionaries(
    {"type": kinds, "offset": st.integers(-2, 50), "length": st.integers(-1, 50)},
    optional={
        "url": st.sampled_from(
            ['https://a.de/?x=1&y="', "https://a.de/?x=1&y=<2>", "https://b.org/a&b", "tg://x"]
        ),
        "language": st.sampled_from(["python", 'x"><b>', "c++"]),
    },
)


@given(texts, st.lists(entities, max_size=8))
@example("a😀b", [entity("bold", 2, 1), entity("italic", 1, 1)])
def test_any_text_with_any_entities_comes_out_whole_and_telegram_takes_it(
    text: str, formatting: list[dict[str, Any]]
) -> None:
    html = from_entities(text, formatting)
    kept = DROPPED.sub("", repaired(text))
    assert visible_text(html) == kept
    assert from_html(f"|{html}|") == f"|{html}|", "it is canonical"
    parsed, found = telegram.parse_html(html)
    assert parsed == kept
    assert {one["type"] for one in found} <= FORMATTING
    assert units(html) == telegram.utf16(kept.strip())


@given(texts, st.lists(entities, max_size=5))
def test_isolates_are_balanced_and_add_nothing_else(text: str, formatting: list[dict[str, Any]]) -> None:
    html = from_entities(text, formatting)
    shown = isolated(html, isolate)
    marks = str.maketrans("", "", FSI + PDI)
    parsed, found = telegram.parse_html(shown)
    assert parsed.translate(marks) == visible_text(html)
    depth = 0
    for char in parsed:
        depth += {FSI: 1, PDI: -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    for one in found:
        if one["type"] in ("code", "pre"):
            raw = parsed.encode("utf-16-le")[2 * one["offset"] : 2 * (one["offset"] + one["length"])]
            assert not {FSI, PDI}.intersection(raw.decode("utf-16-le")), "what a tap copies is bare"
    assert isolated(html, str) == html


@pytest.mark.parametrize(
    ("type", "html"),
    [
        ("bold", "<b>x</b>"),
        ("italic", "<i>x</i>"),
        ("underline", "<u>x</u>"),
        ("strikethrough", "<s>x</s>"),
        ("spoiler", "<tg-spoiler>x</tg-spoiler>"),
        ("code", "<code>x</code>"),
        ("pre", "<pre>x</pre>"),
        ("blockquote", "<blockquote>x</blockquote>"),
        ("expandable_blockquote", "<blockquote expandable>x</blockquote>"),
        ("text_link", "x"),
        ("url", "x"),
        ("text_mention", "x"),
        ("custom_emoji", "x"),
        ("mention", "x"),
    ],
)
def test_each_kind_of_entity(type: str, html: str) -> None:
    assert from_entities("x", [entity(type, 0, 1)]) == html


def test_links_lead_to_the_web_only() -> None:
    link = entity("text_link", 0, 1, url="https://a.de/?b=1&c=2")
    assert from_entities("x", [link]) == '<a href="https://a.de/?b=1&amp;c=2">x</a>'
    for url in ("tg://user?id=5", "javascript:alert(1)", "https://localhost/", 5):
        assert from_entities("x", [{**link, "url": url}]) == "x"


def test_links_that_are_left_out_are_named_once() -> None:
    urls = ("tg://user?id=5", "https://a.de/", "mailto:a@b.de", "tg://user?id=5", 5)
    links = [entity("text_link", n, 1, url=url) for n, url in enumerate(urls)]
    assert dropped_links([*links, entity("bold", 0, 1)]) == ("tg://user?id=5", "mailto:a@b.de")
    assert dropped_links([entity("text_link", 0, 1, url="https://a.de/"), entity("url", 0, 1)]) == ()


def test_a_block_of_code_keeps_its_language() -> None:
    found = from_entities("x", [entity("pre", 0, 1, language="python")])
    assert found == '<pre><code class="language-python">x</code></pre>'
    assert from_entities("x", [entity("pre", 0, 1, language='"><b>')]) == "<pre>x</pre>"


def test_places_count_utf_16_units() -> None:
    assert from_entities("😀 Fest", [entity("bold", 3, 4)]) == "😀 <b>Fest</b>"
    assert from_entities("a\ud83d\ude00b", [entity("bold", 3, 1)]) == "a😀<b>b</b>"


def test_overlaps_are_closed_and_opened_again() -> None:
    both = [entity("bold", 0, 4), entity("italic", 2, 4)]
    assert from_entities("abcdef", both) == "<b>ab<i>cd</i></b><i>ef</i>"
    nested = [entity("bold", 0, 6), entity("italic", 2, 2)]
    assert from_entities("abcdef", nested) == "<b>ab<i>cd</i>ef</b>"
    assert from_entities("abcd", [entity("bold", 0, 2), entity("bold", 2, 2)]) == "<b>abcd</b>"


def test_two_quotations_stay_two_and_nothing_is_within_code() -> None:
    quotes = [entity("blockquote", 0, 2), entity("blockquote", 2, 2)]
    assert from_entities("abcd", quotes) == "<blockquote>ab</blockquote><blockquote>cd</blockquote>"
    inside = [entity("blockquote", 0, 4), entity("code", 1, 2), entity("bold", 0, 4)]
    assert from_entities("abcd", inside) == ("<blockquote><b>a</b><code>bc</code><b>d</b></blockquote>")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        entity("bold", -1, 2),
        entity("bold", 0, 0),
        entity("bold", 99, 5),
        {"type": "bold", "offset": "0", "length": 1},
        {"type": "bold", "offset": 0, "length": None},
        {"type": 5, "offset": 0, "length": 1},
    ],
)
def test_what_makes_no_sense_is_passed_over(broken: dict[str, Any]) -> None:
    assert from_entities("abc", [broken]) == "abc"


def test_what_cannot_be_seen_is_dropped() -> None:
    assert from_entities("a\u202eb\0\u2068c\r\n", [entity("bold", 1, 1)]) == "abc\n"


def test_html_by_hand_becomes_canonical() -> None:
    written = (
        " <strong>a &amp; b</strong> & <EM>c</EM><ins>d</ins><del>e</del><strike>f</strike>"
        "<span class='tg-spoiler'>g</span> &#8364; &quot;h&quot; <a href = 'https://a.de/?x&amp;y' >i</a>"
        '<pre><code class="language-c">j</code></pre><blockquote expandable>k</blockquote >\n'
    )
    assert from_html(written) == (
        "<b>a &amp; b</b> &amp; <i>c</i><u>d</u><s>e</s><s>f</s>"
        '<tg-spoiler>g</tg-spoiler> € "h" <a href="https://a.de/?x&amp;y">i</a>'
        '<pre><code class="language-c">j</code></pre><blockquote expandable>k</blockquote>'
    )
    assert from_html("a&#1;b\x02") == "ab"


@pytest.mark.parametrize(
    ("html", "fault", "what"),
    [
        ("1 < 2", Fault.UNKNOWN_TAG, "< 2"),
        ("a<br>b", Fault.UNKNOWN_TAG, "<br>"),
        ("a<!-- b -->", Fault.UNKNOWN_TAG, "<!-- b -->"),
        ("a&nbsp;b", Fault.UNKNOWN_TAG, "&nbsp;"),
        ("<b class='x'>a</b>", Fault.UNKNOWN_TAG, "<b class='x'>"),
        ("<span>a</span>", Fault.UNKNOWN_TAG, "<span>"),
        ("<a>a</a>", Fault.UNKNOWN_TAG, "<a>"),
        ("<blockquote cite>a</blockquote>", Fault.UNKNOWN_TAG, "<blockquote cite>"),
        ("<code class='language-c'>a</code>", Fault.UNKNOWN_TAG, "<code class='language-c'>"),
        ("<pre><code class='language-!'>a</code></pre>", Fault.UNKNOWN_TAG, "<code class='language-!'>"),
        ("<pre><code class='x'>a</code></pre>", Fault.UNKNOWN_TAG, "<code class='x'>"),
        ("<b>a", Fault.UNBALANCED, "<b>"),
        ("a</b>", Fault.UNBALANCED, "</b>"),
        ("<b><i>a</b></i>", Fault.UNBALANCED, "</b>"),
        ("<b>a</b x>", Fault.UNBALANCED, "</b x>"),
        ("<a href='tel:110'>a</a>", Fault.BAD_LINK, "tel:110"),
        ('<a href="https://localhost">a</a>', Fault.BAD_LINK, "https://localhost"),
        ('<a href="">a</a>', Fault.BAD_LINK, ""),
    ],
)
def test_what_is_not_in_the_subset_is_named(html: str, fault: Fault, what: str) -> None:
    with pytest.raises(BadMarkup) as caught:
        from_html(html)
    assert caught.value.problem == Problem(fault, what=what)
    assert problems(html, media=False) == (Problem(fault, what=what),)


def test_reading() -> None:
    assert parse("a<b>&lt;</b>") == (Run("a"), Run(tag="<b>"), Run("<"), Run(tag="</b>"))
    assert visible_text("a<b>&lt;</b>") == "a<"
    assert units(" <b>😀</b>a&amp; ") == 4
    assert (text_units("abc"), text_units("😀"), text_units("\ud83d")) == (3, 2, 1)


def test_the_first_line() -> None:
    assert first_line("\n \u200b\n<b>Sommer  fest</b> am\tFreitag\nmehr", 40) == "Sommer fest am Freitag"
    assert first_line("<b>Sommer</b>fest", 8) == "Sommerf…"
    assert first_line("Sommer fest", 8) == "Sommer…"
    assert first_line("<b></b>", 8) == ""


def test_problems_of_length() -> None:
    assert problems("<b>x</b>", media=False) == ()
    assert problems(f"<b>{'x' * TEXT_UNITS}</b>", media=False) == ()
    assert problems("😀" * 2_010, media=False) == (Problem(Fault.TOO_LONG, over=20),)
    assert problems("x" * (CAPTION_UNITS + 1), media=True) == (Problem(Fault.TOO_LONG, over=1),)
    assert problems("x" * CAPTION_UNITS, media=True, reserve=30) == (Problem(Fault.TOO_LONG, over=30),)
    arabic = "ا" * (TEXT_UNITS - 3) + " 12"
    assert problems(arabic, media=False) == ()
    assert problems(arabic, media=False, isolate=isolate) == (Problem(Fault.TOO_LONG, over=2),)


def test_problems_of_emptiness_and_direction() -> None:
    for html in ("", " \n", "<b> </b>", "\u200b\u2060", "&#8206;"):
        assert is_blank(html)
        assert problems(html, media=False) == (Problem(Fault.EMPTY),)
        assert problems(html, media=True) == ()
    assert problems("a&#x202e;b", media=False) == (Problem(Fault.DIRECTION),)
    assert problems("a\u2067b", media=True) == (Problem(Fault.DIRECTION),)
    assert problems("a\u200fb", media=False) == ()


def test_a_run_across_tags_is_one_run() -> None:
    assert isolated("هاتف +49 <b>381</b> 12 الآن", isolate) == f"هاتف {FSI}+49 <b>381</b> 12{PDI} الآن"
    assert isolated("هنا <a href='https://a.de'>a.de</a>/b", isolate) == (
        f'هنا <a href="https://a.de">{FSI}a.de</a>/b{PDI}'
    )


def test_code_stays_bare_with_its_marks_outside() -> None:
    assert isolated("هاتف <code>0381 12</code> الآن", isolate) == f"هاتف {FSI}<code>0381 12</code>{PDI} الآن"
    assert isolated("ا <code>ab ا cd</code> ا", isolate) == f"ا {FSI}<code>ab ا cd</code>{PDI} ا"
    assert isolated("ا ab <code>cd ا</code> ا", isolate) == f"ا {FSI}ab <code>cd ا</code>{PDI} ا"
    assert isolated("ا <code>ا cd</code> ef ا", isolate) == f"ا {FSI}<code>ا cd</code> ef{PDI} ا"
    block = '<pre><code class="language-c">ab\ncd</code></pre>'
    assert isolated(f"ا\n{block}\nا", isolate) == f"ا\n{block}\nا"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://www.migranet-mv.de/", True),
        ("http://example.org:8080/a?b=c#d", True),
        ("tel:110", False),
        ("javascript:alert(1)", False),
        ("https://localhost/", False),
        ("https://", False),
        ("https://a b.de/", False),
        ('https://a.de/"', False),
        ("http://[", False),
        ("https://example.org:99999/", False),
        ("https://example.org:x/", False),
        ("https://a.de/" + "x" * 3_000, False),
    ],
)
def test_web_addresses(url: str, fine: bool) -> None:
    assert is_web_address(url) is fine
