"""One message of a broadcast to one chat, as cheaply as Python can: the body is rendered once for all.

The library builds objects, dumps JSON and parses the whole message that Telegram echoes; at 1,000
messages a second that is more than a core. Here only the chat's number is spliced into ready bytes,
and of the answer only the message's number is read. What an answer or a broken connection means is
judged in :mod:`bot.telegram.transport`, as for everything else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus

from telegram.error import TelegramError

from bot.domain.outcomes import Outcome, Status
from bot.telegram.transport import Timeouts, classify, judge
from bot.telegram.wire import Pool, Target

BULK_TIMEOUTS = Timeouts(pool=10.0, connect=5.0, read=30.0)
"""Seconds. The answer may take long: giving up early makes a message that did arrive "unknown"."""

_SENT = re.compile(rb'\{"ok": ?true, ?"result": ?\{"message_id": ?([0-9]+),')
"""How the answer to a sent message begins; whatever looks different is read as JSON."""

_EMPTY = b"{}"
_UNCHANGED = "message is not modified"
_VANISHED = "message to delete not found"


class BulkLane:
    """Sends broadcasts over connections of its own, at most ``in_flight`` at a time.

    More calls than that wait for a free connection for ``timeouts.pool`` seconds and are then NOT_SENT:
    the caller had better keep to ``in_flight`` itself. ``timeouts.write`` is not used: bodies are small.
    """

    def __init__(
        self,
        token: str,
        api: str,
        *,
        in_flight: int = 64,
        timeouts: Timeouts = BULK_TIMEOUTS,
    ) -> None:
        self._base = f"{api.rstrip('/')}/bot{token}/"
        self._in_flight = in_flight
        self._timeouts = timeouts
        self._pool: Pool | None = None
        self._heads: dict[str, bytes] = {}

    async def open(self) -> None:
        """Open the pool; it belongs to the running event loop. Talks to nobody.

        Raises ValueError (which does not quote it) when the address of the Bot API is none.
        """
        if self._pool is None:
            self._pool = Pool(Target(self._base), self._in_flight, self._timeouts)

    async def close(self) -> None:
        """Close the pool; what is on its way becomes UNKNOWN."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.close()

    async def send(self, chat_id: int, method: str, body: bytes, *, message_id: int | None = None) -> Outcome:
        """Send a prerendered body to one chat, once, and tell what became of it.

        ``body`` is a JSON object of parameters without ``chat_id``, compact (``{}`` when there are none);
        ``message_id`` is spliced in too, for ``edit…`` and ``deleteMessage``. An edit that changes
        nothing and the deletion of what is gone already are SENT. Never raises for what Telegram or the
        network do, waits for no ``retry_after`` and repeats nothing.
        """
        pool = self._pool
        if pool is None:
            return Outcome(Status.NOT_SENT, reason="the connection pool is not open")
        head = self._heads.get(method)
        if head is None:
            head = self._heads[method] = pool.target.head(method)
        end = b"}" if body == _EMPTY else b"," + body[1:]
        if message_id is None:
            data = b'{"chat_id":%d%b' % (chat_id, end)
        else:
            data = b'{"chat_id":%d,"message_id":%d%b' % (chat_id, message_id, end)
        try:
            status, payload = await pool.post(b"%b%d\r\n\r\n%b" % (head, len(data), data))
        except TelegramError as error:
            return classify(error)
        if status == HTTPStatus.OK and (found := _SENT.match(payload)) and payload.endswith(b"}}"):
            return Outcome(Status.SENT, int(found[1]))
        outcome = judge(status, payload)
        return outcome if message_id is None else _settled(method, message_id, outcome)


def _settled(method: str, message_id: int, outcome: Outcome) -> Outcome:
    """The outcome of changing an older message: what is already as wanted was a success."""
    if outcome.status is Status.SENT:
        return replace(outcome, message_id=message_id)
    words = _VANISHED if method == "deleteMessage" else _UNCHANGED
    if outcome.status is Status.REJECTED and outcome.reason.lower().startswith(words):
        return Outcome(Status.SENT, message_id)
    return outcome
