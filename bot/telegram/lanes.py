"""Order within a chat, and many chats side by side.

Every chat has a lane; a fixed number of workers takes the lanes in turn, one update at a time. So
nobody is answered out of order, nobody who hammers slows the others, and memory stays bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial

from bot.telegram.incoming import Incoming, Kind

CROWD = 20
"""As many updates of one chat may wait; beyond that only the last is answered, for all."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_LONGEST_WAIT = 3_600.0
_log = logging.getLogger(__name__)
_SURPLUS = frozenset({Kind.MESSAGE, Kind.CALLBACK, Kind.INLINE})


class Postponed(Exception):
    """Raised by whoever answers: it could not be sent for now, the update is to be tried again later.

    ``seconds``: not before then, because Telegram says so. ``arrived``: so many more messages of the
    answer were delivered; they are not to be sent again.
    """

    def __init__(self, seconds: float = 0.0, arrived: int = 0) -> None:
        super().__init__("to be tried again")
        self.seconds = seconds
        self.arrived = arrived


def thin(
    waiting: Iterable[Incoming], urgent: Callable[[str], bool], limit: int = CROWD
) -> tuple[deque[Incoming], list[Incoming]]:
    """What of a crowded lane is still answered, in order, and what is left out.

    Kept are the last update, whatever is urgent (identical words once), the last of every command
    (``/forget`` is never lost) and all that nobody can repeat: payments, changes of the chat itself.
    Of the urgent ones and the commands the newest ``limit`` are kept: somebody in need has an answer by
    then, and nobody can fill the memory that all share.
    """
    kept: deque[Incoming] = deque()
    left_out: list[Incoming] = []
    seen: set[str] = set()
    skipped = 0
    for index, update in enumerate(reversed(tuple(waiting))):
        mark = _mark(update, urgent)
        worth = mark is not None and mark not in seen and len(seen) < limit
        if index == 0 or worth or update.kind not in _SURPLUS:
            kept.appendleft(update)
        else:
            left_out.append(update)
            skipped += 1 + update.skipped
        if mark is not None:
            seen.add(mark)
    if skipped:
        kept[-1] = replace(kept[-1], skipped=kept[-1].skipped + skipped)
    return kept, left_out


def _mark(update: Incoming, urgent: Callable[[str], bool]) -> str | None:
    """What makes a command or an urgent text the same as another one; None for anything else."""
    if update.kind is not Kind.MESSAGE:
        return None
    if update.command is not None:
        return f"/{update.command}"
    return update.text if update.text and urgent(update.text) else None


class _Lane:
    """The waiting updates of one chat. It exists only as long as the chat has any."""

    __slots__ = ("album", "crowded", "pauses", "verdicts", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Incoming] = deque()
        self.crowded = False
        self.album: str | None = None
        self.pauses = 0
        self.verdicts: set[str] = set()
        """What was found urgent of the texts that wait: a crowded lane is looked through with every update
        that arrives."""


class Lanes:
    """Runs ``answer`` for every update: in order within a chat, at most ``workers`` at a time.

    ``answer`` finishes the update itself; its only exception is :class:`Postponed`, after which the
    chat waits (half a second, then longer, up to a minute) without keeping a worker. ``skip`` is handed,
    and must not block, the updates left unanswered because their chat sends too fast, or because
    they are further pictures of one album.
    """

    def __init__(
        self,
        answer: Callable[[Incoming], Awaitable[None]],
        skip: Callable[[list[Incoming]], None],
        urgent: Callable[[str], bool],
        *,
        workers: int,
        crowd: int = CROWD,
    ) -> None:
        self._answer = answer
        self._skip = skip
        self._urgent = urgent
        self._crowd = crowd
        self._lanes: dict[int, _Lane] = {}
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._number = workers
        self._workers: list[asyncio.Task[None]] = []
        self._parked: dict[int, asyncio.TimerHandle] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.stopped = False
        """Whether nothing new is begun, and what was under way is being broken off."""

    @property
    def idle(self) -> bool:
        """Whether nothing is being answered or could be."""
        return self._idle.is_set()

    def start(self) -> None:
        """Let the workers begin."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._number)]

    def add(self, update: Incoming) -> None:
        """Queue an update behind the others of its chat."""
        lane = self._lanes.get(update.chat_id)
        if lane is None:
            lane = self._lanes[update.chat_id] = _Lane()
            self._ready.put_nowait(update.chat_id)
            self._idle.clear()
        elif update.album is not None and update.album == lane.album and not update.text:
            self._skip([update])
            return
        lane.album = update.album
        lane.waiting.append(update)
        if len(lane.waiting) > (1 if lane.crowded else self._crowd):
            lane.crowded = True
            lane.waiting, left_out = thin(lane.waiting, partial(self._is_urgent, lane), self._crowd)
            lane.verdicts &= {update.text for update in lane.waiting}
            if left_out:
                self._skip(left_out)

    async def drain(self, seconds: float) -> None:
        """Answer what can be answered within ``seconds``, then stop, whatever is under way."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        for handle in self._parked.values():
            handle.cancel()
        self.stopped = True
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while not self.stopped:
            chat_id = await self._ready.get()
            lane = self._lanes[chat_id]
            update = lane.waiting.popleft()
            try:
                await self._answer(update)
            except Postponed as postponed:
                lane.waiting.appendleft(replace(update, arrived=update.arrived + postponed.arrived))
                self._park(chat_id, lane, postponed.seconds)
                continue
            lane.pauses = 0
            if lane.waiting:
                self._ready.put_nowait(chat_id)
            else:
                del self._lanes[chat_id]
                self._note_idle()

    def _is_urgent(self, lane: _Lane, text: str) -> bool:
        if text in lane.verdicts:
            return True
        try:
            verdict = self._urgent(text)
        except Exception as error:  # noqa: BLE001 - in doubt it is urgent
            _log.error("urgency could not be judged: %s", type(error).__name__)
            verdict = True
        if verdict:
            lane.verdicts.add(text)
        return verdict

    def _park(self, chat_id: int, lane: _Lane, seconds: float) -> None:
        if self.stopped:
            return
        pause = max(min(seconds, _LONGEST_WAIT), min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**lane.pauses))
        lane.pauses = min(lane.pauses + 1, 16)
        self._parked[chat_id] = asyncio.get_running_loop().call_later(pause, self._unpark, chat_id)
        self._note_idle()

    def _unpark(self, chat_id: int) -> None:
        del self._parked[chat_id]
        self._idle.clear()
        self._ready.put_nowait(chat_id)

    def _note_idle(self) -> None:
        if len(self._lanes) == len(self._parked):
            self._idle.set()
