"""Days and hours as an office types them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.understanding.moments import Shift, clock_change, read_moment

NOW = datetime(2026, 11, 23, 13, 30)
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("24.12. 10:00", "2026-12-24 10:00"),
        ("24.12.2027, 9 Uhr", "2027-12-24 09:00"),
        ("24.12.26 um 18.30 Uhr", "2026-12-24 18:30"),
        ("24. 12. 10 Uhr 15", "2026-12-24 10:15"),
        ("Do 24.12. 10", "2026-12-24 10:00"),
        ("24.12.", "2026-12-24 10:00"),
        ("1.2. 8:00", "2027-02-01 08:00"),
        ("29.2. 8:00", "2028-02-29 08:00"),
        ("24. Dezember 10 Uhr", "2026-12-24 10:00"),
        ("3. März 2027 7:05", "2027-03-03 07:05"),
        ("December 24, 2026 at 10 am", "2026-12-24 10:00"),
        ("24th December 2 pm", "2026-12-24 14:00"),
        ("24/12 12 am", "2026-12-24 00:00"),
        ("2026-12-24 10:00", "2026-12-24 10:00"),
        ("2026-12-24T10:00:00", "2026-12-24 10:00"),
        ("heute 18:00", "2026-11-23 18:00"),
        ("morgen 9 Uhr", "2026-11-24 09:00"),
        ("Morgen früh um 7", "2026-11-24 07:00"),
        ("übermorgen", "2026-11-25 10:00"),
        ("Montag 9 Uhr", "2026-11-30 09:00"),
        ("Montag 15 Uhr", "2026-11-23 15:00"),
        ("am nächsten Freitag, 9h", "2026-11-27 09:00"),
        ("18 Uhr", "2026-11-23 18:00"),
        ("9:00", "2026-11-24 09:00"),
        ("in 2 Stunden", "2026-11-23 15:30"),
        ("in einer Woche", "2026-11-30 13:30"),
        ("23.11.2025 10:00", "2025-11-23 10:00"),
    ],
)
def test_what_an_office_writes_is_understood(text: str, meant: str) -> None:
    assert read_moment(text, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bald",
        "nächsten",
        "31.2. 10:00",
        "31.2.2027 10:00",
        "24.13. 10:00",
        "24.12. 25:00",
        "24.12. 13 pm",
        "24.12. 10:00 oder 11:00",
        "Treffen am 24.12. 10:00",
        "in 3 Äonen",
        "in 3 jahren",
        "7",
    ],
)
def test_what_is_not_understood_whole_is_not_guessed(text: str) -> None:
    assert read_moment(text, NOW) is None


@pytest.mark.parametrize(
    ("wall", "shift"),
    [
        ("2027-03-28 02:30", Shift.GAP),
        ("2026-10-25 02:30", Shift.FOLD),
        ("2026-10-25 03:30", None),
        ("2026-11-23 10:00", None),
    ],
)
def test_nights_of_the_clock_change_are_known(wall: str, shift: Shift | None) -> None:
    assert clock_change(datetime.fromisoformat(wall), ZoneInfo("Europe/Berlin")) is shift
