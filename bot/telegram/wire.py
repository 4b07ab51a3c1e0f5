"""HTTP/1.1 as far as a broadcast needs it: one small POST at a time over a connection that stays open.

A general client (aiohttp) takes three quarters of the time of a broadcast's message; benchmarks told.
This knows requests with a ready head and body, and answers of any framing (Content-Length, chunked,
until the end); no redirects, cookies, compression or proxies. Errors are those of
:mod:`bot.telegram.transport`, told apart by whether the request may have been delivered.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, cast
from urllib.parse import quote, urlsplit

from bot.telegram.transport import Interrupted, NotSent, Timeouts, Unanswered

_LARGEST = 1024 * 1024
"""Bytes of an answer; Telegram's echo of a message is a few thousand."""
_IDLE = 30.0
"""Seconds after which an unused connection is closed rather than used: the other end may be about to."""
_TICK = 1.0
_NO_BODY = (204, 304)

Answer = tuple[int, bytes]
"""HTTP status and body."""


class Target:
    """Where requests go: host, port and the head of every request. ``base`` has no query.

    Raises ValueError, without quoting it, when ``base`` is no http(s) address.
    """

    def __init__(self, base: str) -> None:
        try:
            parts = urlsplit(base)
            host, port = parts.hostname, parts.port
            where = parts.netloc.rpartition("@")[2].encode("ascii")
        except ValueError:
            raise ValueError("the address of the Bot API is none") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("the address of the Bot API is none")
        self.host = host
        self.tls = parts.scheme == "https"
        self.port = port or (443 if self.tls else 80)
        self._path = quote(parts.path, safe="/:%").encode()
        self._rest = (
            b" HTTP/1.1\r\nHost: "
            + where
            + (b"\r\nUser-Agent: Lotse\r\nContent-Type: application/json\r\nContent-Length: ")
        )

    def head(self, path: str) -> bytes:
        """The head of a POST with JSON; the body's length and an empty line are to follow."""
        return b"POST " + self._path + quote(path, safe="/").encode() + self._rest


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiter: asyncio.Future[Answer] | None = None
        self._loop = asyncio.get_running_loop()
        self.since = 0.0
        """When the last request began or its answer came, on the loop's clock."""
        self.open = False
        """Whether another request may use it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's, in benchmarks, is none
        self.open = True

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; the future gives the answer or raises Interrupted or Unanswered."""
        self._waiter = waiter = self._loop.create_future()
        self.since = self._loop.time()
        self._transport.write(request)
        return waiter

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._waiter is not None

    def abort(self, error: Interrupted | Unanswered | None = None) -> None:
        """Cut the connection; who waits for an answer gets the error."""
        self.open = False
        self._transport.abort()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error or Interrupted("connection closed"))

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._waiter is None:
            self.abort()  # nobody asked
            return
        self._buffer += data
        self._read(ended=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.open = False
        if self._waiter is not None and exc is None:
            self._read(ended=True)  # an answer without a length ends here
        if self._waiter is not None:
            self.abort(Interrupted(f"connection lost ({type(exc).__name__ if exc else 'closed'})"))

    def _read(self, *, ended: bool) -> None:
        try:
            found = parse(self._buffer, ended=ended)
        except ValueError:
            self.abort(Interrupted("the answer is not HTTP"))
            return
        if found is None:
            if len(self._buffer) > _LARGEST:
                self.abort(Interrupted("the answer has no end"))
            return
        status, body, keep = found
        self._buffer = b""
        waiter, self._waiter = self._waiter, None
        self.since = self._loop.time()
        if not keep:
            self.abort()
        if waiter is not None and not waiter.done():
            waiter.set_result((status, body))


def parse(buffer: bytes, *, ended: bool) -> tuple[int, bytes, bool] | None:
    """Status, body, and whether the connection can go on; None while the answer is incomplete.

    ``ended``: nothing more will come. Raises ValueError when it is no HTTP.
    """
    start, status = 0, 0
    while status < 200:  # "100 Continue" and the like come before the answer
        stop = buffer.find(b"\r\n\r\n", start)
        begin = buffer[start : start + 7].lower()
        if not (begin.startswith(b"http/1.") or b"http/1.".startswith(begin)):
            raise ValueError("no HTTP")
        if stop < 0:
            return None
        head = buffer[start:stop].lower()
        status, start = int(head[9:12]), stop + 4
    keep = head[7:8] == b"1" and not ended
    if b"close" in head:  # rarely: the header is looked for only then
        keep = keep and b"close" not in _header(head, b"connection")
    if status in _NO_BODY:
        return status, b"", keep and len(buffer) == start
    if b"chunked" in head and b"chunked" in _header(head, b"transfer-encoding"):
        return _chunked(status, buffer, start, keep=keep)
    length = _header(head, b"content-length")
    if not length:
        return (status, buffer[start:], False) if ended else None
    if not length.isdigit():
        raise ValueError("no length")
    end = start + int(length)
    if len(buffer) < end:
        return None
    return status, buffer[start:end], keep and len(buffer) == end


def _header(head: bytes, name: bytes) -> bytes:
    """The value of the first header of that name; empty without one."""
    at = head.find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    at += len(name) + 3
    end = head.find(b"\r\n", at)
    return head[at : end if end >= 0 else len(head)].strip()


def _chunked(status: int, buffer: bytes, at: int, *, keep: bool) -> tuple[int, bytes, bool] | None:
    body = b""
    while (line := buffer.find(b"\r\n", at)) >= 0:
        size = int(buffer[at:line].partition(b";")[0], 16)
        if size < 0:
            raise ValueError("no size")
        at = line + 2 + size + 2
        if size == 0:
            # Trailers are rare; a connection with some is not used again.
            return status, body, keep and buffer[line + 2 :] == b"\r\n"
        if len(buffer) < at:
            return None
        body += buffer[line + 2 : at - 2]
    return None


class Pool:
    """At most ``size`` connections to one target, opened when needed, the last used taken first."""

    def __init__(self, target: Target, size: int, timeouts: Timeouts) -> None:
        self.target = target
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._size = size
        self._busy = 0
        self._freed = asyncio.Event()
        self._free: list[Connection] = []
        self._all: set[Connection] = set()
        self._tls = ssl.create_default_context() if target.tls else None
        self._tick = min(_TICK, timeouts.read / 4)
        self._timer = self._loop.call_later(self._tick, self._look)
        self._closed = False

    def close(self) -> None:
        """Cut all connections; what is on its way is Interrupted, what waits for one is NotSent."""
        self._closed = True
        self._timer.cancel()
        for connection in self._all:
            connection.abort()
        self._all.clear()
        self._free.clear()

    async def post(self, request: bytes) -> Answer:
        """Send a request once. Raises NotSent, Unanswered or Interrupted."""
        if self._busy >= self._size:
            try:
                async with asyncio.timeout(self._timeouts.pool):
                    while self._busy >= self._size:
                        self._freed.clear()
                        await self._freed.wait()
            except TimeoutError:
                raise NotSent("no connection is free") from None
        self._busy += 1
        try:
            connection = self._idle() or await self._connect()
            try:
                answer = await connection.ask(request)
            except asyncio.CancelledError:
                connection.abort()  # an answer that comes now would be taken for the next one's
                raise
            if connection.open:
                self._free.append(connection)
            return answer
        finally:
            self._busy -= 1
            self._freed.set()

    def _idle(self) -> Connection | None:
        """A connection that is still open; None when one is to be made."""
        while self._free:
            connection = self._free.pop()
            if connection.open:
                return connection
        return None

    async def _connect(self) -> Connection:
        if self._closed:
            raise NotSent("the connection pool is not open")
        more: dict[str, Any] = {}
        if isinstance(self._loop, asyncio.BaseEventLoop):  # uvloop (in benchmarks) does not know it
            more = {"happy_eyeballs_delay": 0.25, "interleave": 1}
        try:
            async with asyncio.timeout(self._timeouts.connect):
                _, connection = await self._loop.create_connection(
                    Connection, self.target.host, self.target.port, ssl=self._tls, **more
                )
        except TimeoutError:
            raise NotSent("no connection in time") from None
        except (OSError, UnicodeError) as error:
            raise NotSent(f"no connection ({type(error).__name__})") from None
        if self._closed:
            connection.abort()
            raise NotSent("the connection pool is not open")
        self._all.add(connection)
        return connection

    def _look(self) -> None:
        """One timer for all, because one for each request costs more than its bytes."""
        now = self._loop.time()
        for connection in list(self._all):
            if connection.busy and now - connection.since > self._timeouts.read:
                connection.abort(Unanswered("no answer in time"))
            elif not connection.busy and now - connection.since > _IDLE:
                connection.abort()
            if not connection.open:
                self._all.discard(connection)
        self._free = [connection for connection in self._free if connection.open]
        self._timer = self._loop.call_later(self._tick, self._look)
