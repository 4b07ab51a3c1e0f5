"""Moments as whole minutes since 1970: what buttons and saved dates carry."""

from __future__ import annotations

from datetime import UTC, datetime

YEARS = range(1900, 2200)
"""Those that a date somebody writes may be of: near the first and the last of all one cannot reckon."""


def to_minutes(moment: datetime) -> int:
    """The minute that an aware moment lies in."""
    return int(moment.timestamp() // 60)


def from_minutes(minutes: int) -> datetime:
    """The beginning of a minute, in UTC."""
    return datetime.fromtimestamp(minutes * 60, UTC)
