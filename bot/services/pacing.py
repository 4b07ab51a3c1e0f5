"""How fast a broadcast may go: one budget for the token, spacing for each chat, and room for people.

Telegram does not publish its limits and does not keep to the published ones; what it says with a 429
is the truth. So: a token bucket for all, a pause of one second (groups: three) between two messages to
one chat, a chat that was told to wait waits alone, and when several chats are told so within two
seconds it is the token that is too fast: everybody waits, and the rate halves and comes back slowly.

Answers to people overtake: while one is worked out or sent, a broadcast holds back, and each message takes
from the bucket without waiting. Only arithmetic over a clock; the waiting is done by the given ``sleep``.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

_PRIVATE_SPACING = 1.0
_GROUP_SPACING = 3.0  # 20 messages a minute
_BURST = 0.1  # seconds' worth of the rate
_SMALL_BURST, _SMALL_BURST_SECONDS = 5.0, 0.2  # or so many, where that is more
_TOGETHER = 4.0  # messages that a sleep waits for: each wakes the process, which at 25/s costs most of all
_NAP = 0.01  # at 1,000/s it is cheaper to send ten and sleep once than to sleep ten times
_HOLD = 0.25  # seconds in a row that a broadcast waits for answers, and half of the time at most
_SHARE = 0.1  # of the rate is the broadcast's, however many answers there are
_STORM_CHATS = 3  # that are told to wait within so many seconds: the token is too fast
_STORM_WITHIN = 2.0
_LOWEST = 1.0  # messages a second below which the rate is not halved, unless it was set lower
_STEP = 0.1  # of the set rate comes back each time that so many seconds went well
_STEP_EVERY = 10.0
_SWEEP_EVERY = 10.0
_ALMOST = 1.0 - 1e-6  # sums of fractions do not add up to a whole


class Pace:
    """Says when a message of a broadcast may go. One for each token and process.

    ``rate``: messages a second, above 0. ``clock`` is monotonic, in seconds.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if rate <= 0:
            raise ValueError("the rate must be above 0")
        self._set = rate
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        now = clock()
        # The bucket.
        self._tokens = self._burst(rate)
        self._debt = -self._tokens  # at most: answers take without asking
        self._filled_at = now
        # The rate after 429s, and since when there was none.
        self._slowed = rate
        self._calm_since = now
        self._paused_until = now
        self._complaints: dict[int, tuple[float, float]] = {}  # chat: when, wait until
        # When each chat may be written to again.
        self._chats: dict[int, float] = {}
        self._sweep_at = now + _SWEEP_EVERY
        # Answers in hand, and since when a broadcast holds back for them.
        self._answers = 0
        self._held_at = now - 2 * _HOLD

    async def admit(self, chat_id: int, *, group: bool, patience: float = math.inf) -> float:
        """0.0 when a message to the chat may go now (it is counted); waits for what concerns everybody.

        When this very chat must wait (spacing, or its own 429), or everybody for more than ``patience``
        seconds because Telegram says so, the seconds after which to try again, at once and without counting
        anything. Callers are served in the order in which they came.
        """
        wait = self._chat_wait(chat_id, self._clock())
        if wait > 0:
            return wait
        async with self._turn:
            since: float | None = None  # since when only a token is missing
            while True:
                now = self._clock()
                wait = self._chat_wait(chat_id, now)
                pause = self._paused_until - now
                if wait > 0 or pause > patience:
                    return max(wait, pause)
                wait = max(pause, self._hold(now))
                if wait > 0:
                    since = None
                else:
                    since = now if since is None else since
                    wait = self._token_wait(now, since)
                    if wait <= 0:
                        self._count(chat_id, now, group=group)
                        return 0.0
                    wait = max(wait, _NAP)
                await self._sleep(wait)

    def limited(self, chat_id: int, retry_after: float) -> None:
        """A chat answered 429: it waits ``retry_after`` seconds, and when several do, everybody waits."""
        now = self._clock()
        until = now + retry_after
        self._chats[chat_id] = max(until, self._chats.get(chat_id, until))
        pausing = now < self._paused_until
        # What came before the end of a pause was about that pause.
        oldest = now - _STORM_WITHIN if pausing else max(now - _STORM_WITHIN, self._paused_until)
        self._complaints = {
            chat: complaint for chat, complaint in self._complaints.items() if complaint[0] >= oldest
        }
        self._complaints[chat_id] = (now, until)
        rate = self._rate(now)
        if len(self._complaints) >= _STORM_CHATS:
            self._paused_until = max(self._paused_until, *(until for _, until in self._complaints.values()))
            if not pausing:  # what else was on its way then tells nothing new
                rate = max(min(_LOWEST, self._set), rate / 2)
                self._tokens = min(self._tokens, 0.0)
                self._filled_at = self._paused_until
        self._slowed = rate
        self._calm_since = max(now, self._paused_until)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around all that is done for an answer: broadcasts hold back meanwhile."""
        self._answers += 1
        try:
            yield
        finally:
            self._answers -= 1

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Around the sending of an answer to a person: never waits, and broadcasts hold back meanwhile."""
        self._fill(self._clock())
        self._tokens = max(self._tokens - 1.0, self._debt)
        with self.working():
            yield

    @property
    def current_rate(self) -> float:
        """Messages a second that are allowed at present; less than was set after 429s."""
        return self._rate(self._clock())

    @property
    def paused(self) -> float:
        """Seconds for which everybody still waits because Telegram says so: claim nothing meanwhile."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def remembered(self) -> int:
        """How many chats are kept in memory: those written to lately, and those told to wait."""
        return len(self._chats)

    def _chat_wait(self, chat_id: int, now: float) -> float:
        return self._chats.get(chat_id, now) - now

    def _hold(self, now: float) -> float:
        """Seconds to hold back for answers: at most ``_HOLD`` in a row, and half of the time at most."""
        if not self._answers:
            return 0.0
        if now - self._held_at >= 2 * _HOLD:
            self._held_at = now
        return min(_NAP, self._held_at + _HOLD - now)

    def _token_wait(self, now: float, since: float) -> float:
        self._fill(now)
        if self._tokens >= _ALMOST:
            return 0.0
        rate = self._rate(now)
        # One less than the bucket holds: a sleep that ends late must not spill anything.
        enough = max(1.0, min(_TOGETHER, self._burst(rate) - 1.0))
        return min((enough - self._tokens) / rate, since + 1 / (rate * _SHARE) - now)

    def _fill(self, now: float) -> None:
        if now > self._filled_at:
            rate = self._rate(now)
            self._tokens = min(self._tokens + (now - self._filled_at) * rate, self._burst(rate))
            self._filled_at = now

    @staticmethod
    def _burst(rate: float) -> float:
        return max(1.0, rate * _BURST, min(_SMALL_BURST, rate * _SMALL_BURST_SECONDS))

    def _rate(self, now: float) -> float:
        if self._slowed >= self._set:
            return self._set
        steps = max(0, int((now - self._calm_since) / _STEP_EVERY))
        return min(self._set, self._slowed + steps * _STEP * self._set)

    def _count(self, chat_id: int, now: float, *, group: bool) -> None:
        self._tokens = max(self._tokens - 1.0, self._debt)
        self._chats[chat_id] = now + (_GROUP_SPACING if group else _PRIVATE_SPACING)
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_EVERY
            self._chats = {chat: free_at for chat, free_at in self._chats.items() if free_at > now}
