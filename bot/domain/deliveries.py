"""A broadcast for one recipient, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bot.domain.broadcast import Broadcast


class Delivery(IntEnum):
    """What is with one recipient of a broadcast. Stored as numbers: there are millions."""

    PENDING = 0
    """To be sent now."""
    WAITING = 1
    """To be sent at its time: quiet hours, Telegram's "wait", or a cap."""
    DIGEST = 2
    """Waits for its recipient's next digest."""
    CLAIMED = 3
    """Being sent at this moment."""
    SENT = 4
    REJECTED = 5
    """Telegram refused the message itself: our fault."""
    UNREACHABLE = 6
    """The chat does not take our messages any more."""
    UNKNOWN = 7
    """It may have arrived or not: the connection broke, or the machine did."""
    SKIPPED = 8
    """Not sent, for the reason given."""
    RECALLED = 9
    """Sent, and withdrawn again."""


OPEN = frozenset({Delivery.PENDING, Delivery.WAITING, Delivery.DIGEST, Delivery.CLAIMED})
"""Deliveries that are not over."""


class Reason(StrEnum):
    """Why a delivery was skipped."""

    LEFT = "left"
    """Unsubscribed after the launch."""
    FORGOTTEN = "forgotten"
    MUTED = "muted"
    BLOCKED = "blocked"
    """The chat blocked the bot before its turn came."""
    LANGUAGE = "language"
    """There is no text in its language, and the author chose to leave those out."""
    CAP = "cap"
    """It got enough that day, and the author chose to skip such chats."""
    KIND = "kind"
    """The group does not take photos or files."""
    STALE = "stale"
    """Its window was over when its turn came."""
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


DOUBT = "doubt"
"""The reason of a delivery that waits to be sent again though it may have arrived: should it not be sent in
the end, it is unknown."""
DOUBTED_DIGEST = "doubted digest"
"""The same, while it is being sent in a digest."""
DOUBTS = (DOUBT, DOUBTED_DIGEST)


@dataclass(frozen=True, slots=True)
class Count:
    """How many recipients of one locale are in one state, for one reason."""

    locale: str
    state: Delivery
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The account of a broadcast: every recipient in exactly one place."""

    counts: tuple[Count, ...] = ()

    def __getitem__(self, state: Delivery) -> int:
        return sum(row.count for row in self.counts if row.state is state)

    @property
    def total(self) -> int:
        """All recipients."""
        return sum(row.count for row in self.counts)

    @property
    def open(self) -> int:
        """Those whose delivery is not over."""
        return sum(row.count for row in self.counts if row.state in OPEN)

    @property
    def doubtful(self) -> int:
        """Those of the open ones who may have it already."""
        return sum(row.count for row in self.counts if row.state in OPEN and row.reason in DOUBTS)

    @property
    def by_locale(self) -> dict[str, dict[Delivery, int]]:
        """The same, apart for each language."""
        found: dict[str, dict[Delivery, int]] = {}
        for row in self.counts:
            states = found.setdefault(row.locale, {})
            states[row.state] = states.get(row.state, 0) + row.count
        return found

    @property
    def skipped(self) -> dict[str, int]:
        """Why how many were skipped."""
        found: dict[str, int] = {}
        for row in self.counts:
            if row.state is Delivery.SKIPPED:
                found[row.reason] = found.get(row.reason, 0) + row.count
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one claimed delivery, to be recorded.

    ``state`` is SENT, REJECTED, UNREACHABLE, UNKNOWN, SKIPPED, or WAITING to be tried again at
    ``at``. ``new_chat_id``: the group has moved; its row goes there and waits.
    """

    broadcast_id: int
    chat_id: int
    state: Delivery
    at: int
    """Seconds since 1970: when it happened, or when it is due again."""
    message_id: int | None = None
    reason: str | None = None
    new_chat_id: int | None = None
    locale: str | None = None
    """The recipient's, where it has changed since the launch."""
    since: int | None = None
    """When it was due at first, where it is put off because it could not be sent."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process is to send now."""

    broadcast_id: int
    chat_id: int
    locale: str
    at: int
    """Since when it is due, put off or not; seconds since 1970."""
    digest: bool = False
    """It goes into one message with the others that this chat has due."""

    def stale(self, broadcast: Broadcast, now: int) -> bool:
        """Whether its window is over, however often it was put off.

        Who continues a broadcast sets its time: from then on nobody's window has begun earlier.
        """
        window, send_at = broadcast.options.window, broadcast.send_at
        if not window:
            return False
        since = self.at if send_at is None else max(self.at, int(send_at.timestamp()))
        return now > since + window * 60
