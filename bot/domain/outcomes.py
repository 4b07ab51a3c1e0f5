"""What can become of a message that was handed to Telegram."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What became of a request."""

    SENT = "sent"
    REJECTED = "rejected"
    """Our fault (400): never repeat it."""
    NOT_ALLOWED = "not allowed"
    """The chat takes messages, but none of this kind: a group without photos, for example."""
    UNREACHABLE = "unreachable"
    """The chat does not take our messages any more."""
    MIGRATED = "migrated"
    """The group has a new number: repeat it there."""
    RATE_LIMITED = "rate limited"
    """Repeat it after ``retry_after``."""
    UNKNOWN = "unknown"
    """It may have been delivered or not."""
    NOT_SENT = "not sent"
    """Surely not delivered: repeat it at will."""
    UNAUTHORISED = "unauthorised"
    """The token is wrong (401, 404)."""
    CONFLICT = "conflict"
    """A second instance polls under the same token, or a webhook is set (409)."""


TOO_LONG = "too long"
"""The reason of what is REJECTED by ourselves: the text cannot be one message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request; ``retry_after`` in seconds. ``reason`` never quotes a message."""

    status: Status
    message_id: int | None = None
    new_chat_id: int | None = None
    retry_after: float = 0.0
    reason: str = ""
