"""A short way through uvicorn for calls of the bot.

Benchmarks send thousands of small calls a second, most of whose time a general HTTP parser and ASGI
would take. `FastLane` reads the plain ones (`/bot...`, a short body with a Content-Length) by itself and
leaves everything else on the same connection to uvicorn: uploads, chunked bodies, the page, streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_LONGEST_HEAD = 64 * 1024
_LONGEST_BODY = 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """A whole answer; `kind` is its content type."""

    status: int
    data: bytes
    kind: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers with type and length."""
        return [
            (b"content-type", self.kind),
            (b"content-length", str(len(self.data)).encode()),
            *self.headers,
        ]


Answering = Callable[[str, str, str, bytes], Awaitable[Reply | None]]
"""From path, query, content type and body to a reply, or None to break the connection."""


class FastLane(H11Protocol):
    """One connection; `answering` comes from `lane`."""

    answering: Answering

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._held = b""
        self._serving: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Collects a plain call, or hands the bytes to uvicorn."""
        if self._serving is not None:
            self._held += data
            return
        if not self._held and not self._idle():
            super().data_received(data)
            return
        self._held += data
        self._advance()

    def _idle(self) -> bool:
        cycle = getattr(self, "cycle", None)  # uvicorn declares it without None
        if cycle is not None and not cycle.response_complete:
            return False
        return self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def _advance(self) -> None:
        held = self._held
        if held[:9] != b"POST /bot" and held[:8] != b"GET /bot":
            self._give_up()
            return
        end = held.find(b"\r\n\r\n")
        if end < 0:
            if len(held) > _LONGEST_HEAD:
                self._give_up()
            return
        first, *lines = held[:end].decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        length = headers.get("content-length", "0")
        kind = headers.get("content-type", "").partition(";")[0].lower()
        words = first.split(" ")
        plain = (
            length.isdigit() and int(length) <= _LONGEST_BODY and len(words) == 3 and words[2] == "HTTP/1.1"
        )
        if not plain or "transfer-encoding" in headers or "expect" in headers or kind.startswith("multipart"):
            self._give_up()
            return
        stop = end + 4 + int(length)
        if len(held) < stop:
            return
        self._held = held[stop:]
        self._unset_keepalive_if_required()
        self.server_state.total_requests += 1
        path, _, query = words[1].partition("?")
        closing = headers.get("connection", "").lower() == "close"
        self._serving = self.loop.create_task(self._serve(path, query, kind, held[end + 4 : stop], closing))
        self.server_state.tasks.add(self._serving)
        self._serving.add_done_callback(self.server_state.tasks.discard)

    def _give_up(self) -> None:
        held, self._held = self._held, b""
        super().data_received(held)

    async def _serve(self, path: str, query: str, kind: str, body: bytes, closing: bool) -> None:
        reply = None
        try:
            reply = await type(self).answering(path, query, kind, body)
        finally:
            self._serving = None
            if reply is None:
                self.transport.abort()
        if reply is None or self.transport.is_closing():
            return
        head = [b"HTTP/1.1 %d -" % reply.status]
        head.extend(name + b": " + value for name, value in reply.all_headers())
        if closing:
            head.append(b"connection: close")
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + reply.data)
        if closing:
            self.transport.close()
        elif self._held:
            self._advance()


def lane(answering: Answering) -> type[FastLane]:
    """The protocol class that answers calls with `answering`."""
    return type("Lane", (FastLane,), {"answering": staticmethod(answering)})
