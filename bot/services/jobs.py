"""What the sender has in hand: the broadcasts under way, the messages to send, and what becomes of them.

Computing only; :mod:`bot.services.ledger` reads and writes, :mod:`bot.services.delivering` sends.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.broadcast import Body, Broadcast, Cap, choose_body
from bot.domain.deliveries import DOUBT, Claim, Delivery, Reason, Result
from bot.domain.locales import locale_of
from bot.domain.news import at_wall, next_hour
from bot.domain.outcomes import Outcome, Status
from bot.storage.audience import Standing, Walk
from bot.storage.claims import Still
from bot.storage.deliveries import FIRST

REJECTS = 5
"""Rejections in a row, in one language, after which a broadcast pauses: that text is wrong."""
BLOCKS_FROM = 50
"""Chats that must have been tried before the share of closed ones says anything."""
_ON_TIME = timedelta(hours=1)
"""How long after its hour a digest counts as one that comes when its reader wants it."""
_FIRST_CHUNK = 500


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return int(moment.timestamp())


@dataclass(frozen=True, slots=True)
class Job:
    """One message to one chat: a notice, or several of them as a digest."""

    claims: tuple[Claim, ...]
    notices: tuple[tuple[Broadcast, Body], ...]
    locale: str
    group: bool

    @property
    def chat_id(self) -> int:
        """Where it goes."""
        return self.claims[0].chat_id

    def result(self, n: int, state: Delivery, now: int, reason: str | None = None) -> Result:
        """What became of one of its deliveries."""
        return Result(
            broadcast_id=self.claims[n].broadcast_id,
            chat_id=self.chat_id,
            state=state,
            at=now,
            reason=reason or None,
            locale=self.locale,
        )

    def put_off(self, n: int, now: int, at: int) -> Result:
        """One of its deliveries waits until then."""
        waits = Delivery.DIGEST if self.claims[n].digest else Delivery.WAITING
        return replace(self.result(n, waits, now), at=at, since=self.claims[n].at)


class Lane(Protocol):
    """How messages reach chats: Telegram, or a test's own."""

    async def deliver(self, job: Job) -> Outcome:
        """Send a notice, or a digest of several. Never raises for what Telegram or the network do."""
        ...

    async def change(
        self,
        chat_id: int,
        message_id: int,
        locale: str,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        digest: bool,
    ) -> Outcome:
        """Change a message that was sent, a notice or a ``digest``, into what it should say now."""
        ...

    async def withdraw(
        self, chat_id: int, message_id: int, locale: str, *, media: bool, old: bool
    ) -> Outcome:
        """Delete a message; an ``old`` one, which Telegram does not delete any more, is changed to say so.

        ``media``: it is a photo or document, of which only the caption can be changed.
        """
        ...


@dataclass
class Active:
    """A broadcast in the sender's hands, with what is looked up once."""

    broadcast: Broadcast
    bodies: Mapping[str, Body]
    areas: frozenset[str] | None
    standing: Standing
    blocks_share: int
    """More per cent of closed chats than that make it pause."""
    recent: Sequence[int] = ()
    """Other broadcasts of these days: what counts for a chat's share of the day."""
    ends: int | None = None
    """When what it says by its campaign's or event's date is no longer true (seconds since 1970)."""
    walk: Walk | None = None
    chunk: int = _FIRST_CHUNK
    cursor: int = FIRST
    exhausted: bool = False
    """Nothing is pending behind the cursor, and the launch is over."""
    due: int | None = None
    """When the next of those that wait is due (seconds since 1970); None: nobody waits."""
    first_left: int | None = None
    """How many more may go out before the pause for a look."""
    outstanding: int = 0
    """Claimed, and not written down yet."""
    results: Counter[Delivery] = field(default_factory=Counter)
    rejected_in_a_row: Counter[str] = field(default_factory=Counter)
    """By the readers' language: a mistake in one of the texts is no less one for the others' success."""

    @property
    def launching(self) -> bool:
        """Whether deliveries are still to be made."""
        return self.broadcast.launch is not None

    def stale(self, claim: Claim, now: int) -> bool:
        """Whether a claimed delivery comes too late: after its window, or behind the date it speaks of."""
        over = self.ends is not None and now >= self.ends
        return over or claim.stale(self.broadcast, now)

    def is_due(self, now: int) -> bool:
        """Whether the time of anybody who waits has come."""
        return self.due is not None and self.due <= now

    def wake_at(self, at: int) -> None:
        """Somebody waits until then."""
        self.due = at if self.due is None else min(at, self.due)

    def room(self, wanted: int) -> int:
        """How many of the wanted may be claimed."""
        return wanted if self.first_left is None else min(wanted, self.first_left - self.outstanding)

    def why_pause(self) -> str:
        """The reason to stop by itself, if there is one."""
        if max(self.rejected_in_a_row.values(), default=0) >= REJECTS:
            return "rejects"
        tried = self.results[Delivery.SENT] + self.results[Delivery.UNREACHABLE]
        if tried >= BLOCKS_FROM and 100 * self.results[Delivery.UNREACHABLE] > tried * self.blocks_share:
            return "blocks"
        return "staged" if self.first_left is not None and self.first_left <= 0 else ""

    def begin_anew(self) -> None:
        """It has paused by itself: whoever resumes it has looked at what there was."""
        self.results.clear()
        self.rejected_in_a_row.clear()
        self.first_left = None

    def note(self, result: Result) -> None:
        """Count a result."""
        state, language = result.state, result.locale or ""
        self.outstanding -= 1
        self.results[state] += 1
        if state is Delivery.SENT and self.first_left is not None:
            self.first_left -= 1
        if state is Delivery.REJECTED:
            self.rejected_in_a_row[language] += 1
        elif state is Delivery.SENT:
            self.rejected_in_a_row[language] = 0

    def look(self, claim: Claim, still: Still, now: datetime, zone: ZoneInfo, *, full: bool) -> Body | Result:
        """The text a claimed recipient gets now; or why not, or when. ``full``: it had its share today."""
        options = self.broadcast.options

        def skip(reason: Reason) -> Result:
            return result_of(claim, Delivery.SKIPPED, seconds(now), reason)

        if not still.wanted:
            return skip(Reason.LEFT)
        body = choose_body(self.bodies, locale_of(still.locale), options.late_language)
        if body is None:
            return skip(Reason.LANGUAGE)
        if self.stale(claim, seconds(now)):
            return skip(Reason.STALE)
        if self.broadcast.urgent:
            return body
        rhythm = still.rhythm
        if rhythm.muted_until is not None and rhythm.muted_until > now:
            return skip(Reason.MUTED)
        later = Delivery.DIGEST if claim.digest else Delivery.WAITING
        # A digest may have an hour within the quiet ones, by choice; one that is late may not.
        at = datetime.fromtimestamp(claim.at, zone)
        chosen = claim.digest and rhythm.quiet(at) and now - at < _ON_TIME
        if rhythm.quiet(now.astimezone(zone)) and not chosen:
            again = next_hour(now, rhythm.quiet_to, zone)
            return result_of(claim, later, seconds(again))
        if full and options.cap is Cap.SKIP:
            return skip(Reason.CAP)
        if full:
            tomorrow = now.astimezone(zone).date() + timedelta(days=1)
            begins = at_wall(tomorrow, datetime.min.time(), zone)
            return result_of(claim, later, seconds(next_hour(begins, rhythm.quiet_to, zone)))
        return body


def result_of(claim: Claim, state: Delivery, at: int, reason: Reason | None = None) -> Result:
    """What becomes of a claimed delivery that is not sent now."""
    return Result(
        broadcast_id=claim.broadcast_id,
        chat_id=claim.chat_id,
        state=state,
        at=at,
        reason=None if reason is None else str(reason),
    )


def judged(job: Job, n: int, outcome: Outcome, now: int, *, again: bool) -> Result:
    """What an outcome means for one delivery of a job; ``again``: an unknown one is tried once more."""
    match outcome.status:
        case Status.SENT:
            return replace(job.result(n, Delivery.SENT, now), message_id=outcome.message_id)
        case Status.RATE_LIMITED:
            return job.put_off(n, now, now + math.ceil(outcome.retry_after))
        case Status.NOT_SENT | Status.UNAUTHORISED | Status.CONFLICT:
            return job.put_off(n, now, now + 30)
        case Status.MIGRATED if outcome.new_chat_id is not None:
            return replace(job.put_off(n, now, now), new_chat_id=outcome.new_chat_id)
        case Status.UNREACHABLE:
            return job.result(n, Delivery.UNREACHABLE, now, outcome.reason)
        case Status.NOT_ALLOWED:
            return job.result(n, Delivery.SKIPPED, now, Reason.KIND.value)
        case Status.REJECTED | Status.MIGRATED:
            return job.result(n, Delivery.REJECTED, now, outcome.reason)
        case Status.UNKNOWN if again:  # better twice than not at all
            return replace(job.put_off(n, now, now + 1), reason=DOUBT)
        case _:
            return job.result(n, Delivery.UNKNOWN, now, outcome.reason)
