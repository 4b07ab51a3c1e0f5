"""Telegram's HTML: entities in UTF-16 units, and its error texts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.markup import detect, formatted, parse_html, utf16
from bot.sandbox.world import ApiError


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b>", "a", [("bold", 0, 1)]),
        ("😀<strong>b</strong>", "😀b", [("bold", 2, 1)]),
        ("<i>a<u>b</u></i>", "ab", [("italic", 0, 2), ("underline", 1, 1)]),
        ("<s>x</s><code>y</code>", "xy", [("strikethrough", 0, 1), ("code", 1, 1)]),
        ("<span class='tg-spoiler'>x</span>", "x", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ('<tg-time unix="1790000000">x</tg-time>', "x", [("date_time", 0, 1)]),
        ("&lt;b&gt; &amp; &#39;&#x41;&nbsp;", "<b> & 'A&nbsp;", []),
        ("<b></b>x", "x", []),
        ('<a href="tel:110">110</a>', "110", []),
        ("<pre>p</pre></pre>"[:12], "p", [("pre", 0, 1)]),
    ],
)
def test_reads_html(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    parsed, found = parse_html(source)
    assert parsed == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == entities


def test_links_keep_their_address() -> None:
    assert parse_html('<a href="https://example.org/?a=1&amp;b=2">x</a>')[1] == [
        {"type": "text_link", "url": "https://example.org/?a=1&b=2", "offset": 0, "length": 1}
    ]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("ä<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ä<p>x</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji emoji-id='x'>x</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("<tg-time unix='x'>x</tg-time>", "Invalid date-time format specified"),
        ("<a =x>", 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
def test_refuses_html(source: str, error: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {error}"


def test_trimming_moves_entities() -> None:
    text, entities = formatted("\n <b> x</b>  ", "HTML", None, limit=9, caption=False)
    assert text == "x"
    assert entities == [{"type": "bold", "offset": 0, "length": 1}]


def test_telegram_finds_links_commands_and_mentions_itself() -> None:
    found = detect("😀 /start@lotse_bot https://example.org/a. @somebody a@b.de #tag", [])
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == [
        ("bot_command", 3, 16),
        ("url", 20, 21),
        ("mention", 43, 9),
        ("email", 53, 6),
        ("hashtag", 60, 4),
    ]
    code = [{"type": "code", "offset": 0, "length": 6}]
    assert detect("/start", code) == code


@given(st.text(max_size=200))
def test_any_input_is_read_or_refused(source: str) -> None:
    with suppress(ApiError):
        text, entities = parse_html(source)
        for entity in entities:
            assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= utf16(text)
