"""Moments as whole minutes since 1970: what buttons and saved dates carry."""

from __future__ import annotations

from datetime import UTC, datetime


def to_minutes(moment: datetime) -> int:
    """The minute that an aware moment lies in."""
    return int(moment.timestamp() // 60)


def from_minutes(minutes: int) -> datetime:
    """The beginning of a minute, in UTC."""
    return datetime.fromtimestamp(minutes * 60, UTC)
