"""What may be told of questions without success, and what of a text may be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.gaps import (
    KEPT_DAYS,
    LONGEST,
    Gap,
    Missed,
    erase_before,
    guessed,
    pooled,
    week_of,
    without_traces,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Wo ist\n  die Beratung?", "Wo ist die Beratung?"),
        ("Call me: 0151 234 56-78 please", "Call me: … please"),
        ("+49 (381) 2009379", "…"),
        ("ada@example.org wants @ada_l", "… wants …"),
        ("see https://example.org/x?y=1 now", "see … now"),
        ("Flat in 18273 Güstrow, 2 rooms", "Flat in 18273 Güstrow, 2 rooms"),
        ("رقمي ٠١٥١٢٣٤٥٦٧٨", "رقمي …"),
        ("Wohnung\x02in\x1fRostock\ud83d", "Wohnung in Rostock"),
    ],
)
def test_numbers_and_addresses_of_people_go(text: str, kept: str) -> None:
    assert without_traces(text) == kept
    assert without_traces(kept) == kept


def test_a_text_is_kept_short() -> None:
    assert len(without_traces("wort " * 200)) <= LONGEST


def test_a_small_count_is_not_told() -> None:
    assert [Gap("", "de", "", Missed.NONE, count).few for count in (1, 2, 3)] == [True, True, False]


def test_a_text_goes_with_its_week_and_never_later_than_a_count() -> None:
    for number in range(7):
        day = date(2026, 11, 23) + timedelta(days=number)
        assert week_of(day) == date(2026, 11, 23)
    last = date(2026, 11, 29)
    assert week_of(last) <= erase_before(last + timedelta(days=KEPT_DAYS))
    assert week_of(date(2026, 11, 23)) > erase_before(date(2026, 11, 23) + timedelta(days=KEPT_DAYS - 1))


def test_a_guess_is_told_apart_from_what_was_recognised() -> None:
    named, guess = Gap("housing", "de", "", Missed.NONE), Gap(guessed("housing"), "de", "", Missed.NONE)
    assert (named.guess, guess.guess, Gap(guessed(""), "de", "", Missed.NONE)) == (
        "",
        "housing",
        Gap("", "de", "", Missed.NONE),
    )
    towns = [replace(guess, town=town) for town in ("wismar", "guestrow", "schwerin")]
    (together,) = pooled(towns)
    assert (together.guess, together.count) == ("housing", 3)
