"""The small pieces of a conversation: lines, shortened labels, rows of buttons, threads, numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.actions import ShowMenu
from bot.dialog.desk import Operator, Thread, Threads
from bot.dialog.reply import SILENCE, Bold, Button, Code, Italic, Link, Message, Quote, Reply, lines
from bot.dialog.showing import ROW_LABEL, button_rows, map_link, phone_text, shorten

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_lines_leave_out_what_is_not_there() -> None:
    assert lines() == ()
    assert lines(None, "a", None, "b") == ("a", "\n", "b")
    assert lines("a", "", "b") == ("a", "\n", "", "\n", "b")
    assert lines(None, None) == ()


def test_lines_take_spans_side_by_side() -> None:
    line = (Bold("110"), ": ", Code("110"))
    assert lines("a", line) == ("a", "\n", *line)
    for span in (Italic("i"), Quote("q"), Link("l", "https://example.org")):
        assert lines(span, "x") == (span, "\n", "x")


def test_a_reply_of_one_message() -> None:
    button = Button("Menu", ShowMenu())
    reply = Reply.of("a", Bold("b"), buttons=((button,),), replaces=False)
    assert reply.messages == (Message(("a", Bold("b")), ((button,),), replaces=False),)
    assert SILENCE.messages == ()


@given(st.text(max_size=200), st.integers(10, 80))
def test_shortened_texts_fit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


def test_words_are_not_cut() -> None:
    assert shorten("Beratung für Geflüchtete", 12) == "Beratung…"
    assert shorten("Beratung, für alle", 12) == "Beratung…"
    assert shorten("kurz", 4) == "kurz"
    assert shorten("Donaudampfschifffahrt", 8) == "Donauda…"


@given(st.lists(st.text(max_size=40), max_size=20), st.integers(1, 4))
def test_every_button_has_its_place_in_order(words: list[str], width: int) -> None:
    buttons = [Button(word, ShowMenu()) for word in words]
    rows = button_rows(buttons, width)
    assert [button for row in rows for button in row] == buttons
    for row in rows:
        assert 1 <= len(row) <= width
        assert len(row) == 1 or all(len(button.label) <= 24 for button in row)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("116016", "116016"),
        ("110", "110"),
        ("+493812009379", "0381 2009379"),
        ("+48221234567", "+48 22 123 45 67"),
    ],
)
def test_numbers_are_written_as_they_are_dialled(number: str, shown: str) -> None:
    assert phone_text(number) == shown


def test_a_map_link_is_quoted() -> None:
    assert map_link("Straße 1, Ö & <x>") == (
        "https://www.openstreetmap.org/search?query=Stra%C3%9Fe%201%2C%20%C3%96%20%26%20%3Cx%3E"
    )


def test_an_operator_is_complete_or_not() -> None:
    assert not Operator().complete
    assert not Operator("n", "a", "e").complete
    assert Operator("n", "a", "e", responsible="r").complete


def test_a_thread_is_kept_for_an_hour() -> None:
    threads = Threads()
    assert threads.get(1, NOW) == Thread()
    threads.keep(1, NOW, Thread(topic="housing"))
    assert threads.get(1, NOW + timedelta(minutes=59)).topic == "housing"
    assert threads.get(1, NOW + timedelta(hours=1)) == Thread()
    assert threads.get(2, NOW) == Thread()


def test_a_clock_that_was_put_right_keeps_no_thread_for_longer() -> None:
    threads = Threads()
    threads.keep(1, NOW + timedelta(days=365), Thread(topic="work"))
    threads.keep(2, NOW, Thread(topic="housing"))
    assert threads.get(2, NOW + timedelta(hours=1)) == Thread()
    assert threads.get(1, NOW) == Thread()


def test_a_thread_can_be_dropped_once() -> None:
    threads = Threads()
    threads.keep(1, NOW, Thread(town="wismar"))
    assert threads.drop(1)
    assert not threads.drop(1)
    assert threads.get(1, NOW) == Thread()


def test_a_group_has_no_thread() -> None:
    threads = Threads()
    threads.keep(-100, NOW, Thread(town="wismar"))
    assert threads.get(-100, NOW) == Thread()


def test_threads_are_bounded_and_the_oldest_go_first() -> None:
    threads = Threads()
    for chat in range(Threads.CAPACITY):
        threads.keep(chat, NOW, Thread(topic="work"))
    threads.keep(0, NOW, Thread(topic="housing"))
    threads.keep(Threads.CAPACITY, NOW, Thread(topic="health"))
    assert threads.get(0, NOW).topic == "housing"
    assert threads.get(1, NOW) == Thread()
    assert threads.get(Threads.CAPACITY, NOW).topic == "health"
    assert len(threads._threads) == Threads.CAPACITY


def test_how_wide_a_label_may_be_stands_in_one_place() -> None:
    for path in (ROOT / "bot" / "dialog").glob("*.py"):
        assert not re.search(r"shorten\(.*, [0-9]+\)", path.read_text(encoding="utf-8")), path.name
    label = shorten("Verein " * 10, ROW_LABEL)
    assert label == "Verein " * 6 + "Verein…"
    assert len(label) <= ROW_LABEL
