"""The other side of the bot under test: a Bot API with a set round trip, and people who write.

Both run in one process on one core, the bot on the other: what is measured is the bot.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

SECRET = "benchmark-secret-0123456789"
TOKEN = "1:benchmark"
ME = {
    "id": 1,
    "is_bot": True,
    "first_name": "Bench",
    "username": "bench_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _ok(result: object) -> bytes:
    return _http(json.dumps({"ok": True, "result": result}).encode())


_CHAT = {"id": 4242, "type": "private", "first_name": "A"}
_SENT = _ok({"message_id": 1, "date": 1790000000, "chat": _CHAT, "from": ME, "text": "answer " * 60})
_SIMPLE = {b"getme": _ok(ME), b"getupdates": _ok([]), b"getmycommands": _ok([])}
_NAMES = _ok({"name": "", "description": "", "short_description": ""})


@dataclass
class World:
    """Who waits for an answer since when, and how long the answers took."""

    delay: float
    waiting: dict[int, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    answered: Callable[[int], None] = lambda _: None

    def note(self, chat_id: int) -> None:
        """An answer went to a chat."""
        begun = self.waiting.pop(chat_id, None)
        if begun is not None:
            self.seconds.append(time.perf_counter() - begun)
            self.answered(chat_id)


class BotApi(asyncio.Protocol):
    """Answers every method with something plausible, sends only after the round trip."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._whole()) is not None:
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._answer(request)

    def _whole(self) -> int | None:
        """Where the first request in the buffer ends; None while it is incomplete."""
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        head = self._buffer[:head_end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            if b"chunked" not in head:
                return head_end + 4
            last = self._buffer.find(b"0\r\n\r\n", head_end)
            return None if last < 0 else last + 5
        stop = head.find(b"\r", at)
        length = int(head[at + 15 : stop if stop > 0 else len(head)])
        total = head_end + 4 + length
        return total if len(self._buffer) >= total else None

    def _answer(self, request: bytes) -> None:
        method = request[: request.find(b" HTTP")].rpartition(b"/")[2].lower()
        loop = asyncio.get_running_loop()
        if method == b"sendmessage":
            chat = _chat_of(request)
            # The answer counts when it leaves Telegram's door, half a round trip in.
            self._world.note(chat)
            loop.call_later(self._world.delay, self._write, _SENT)
            return
        answer = _SIMPLE.get(method, _NAMES if method.startswith(b"getmy") else _ok(True))
        loop.call_later(self._world.delay, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _chat_of(request: bytes) -> int:
    for mark in (b'"chat_id":', b"chat_id=", b'name="chat_id"'):
        at = request.find(mark)
        if at >= 0:
            digits = bytearray()
            for byte in request[at + len(mark) : at + len(mark) + 40]:
                if 48 <= byte <= 57:
                    digits.append(byte)
                elif digits:
                    break
            return int(digits)
    return 0


class Person(asyncio.Protocol):
    """One connection over which updates are posted to the bot's webhook, one at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if b"\r\n\r\n" not in self._buffer:
            return
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self._crowd.refused += 1
        self._buffer = b""
        self._crowd.free.append(self)
        self._crowd.pump()


@dataclass
class Crowd:
    """People who each write one question and, once answered, are followed by the next."""

    world: World
    text: str
    path: str
    free: list[Person] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    number: int = 0
    refused: int = 0
    running: bool = False

    def ask(self) -> None:
        """One more person writes."""
        self.number += 1
        self.world.waiting[self.number] = time.perf_counter()
        self.queue.append(self.number)
        self.pump()

    def answered(self, _: int) -> None:
        """Somebody got an answer; while it runs, the next one writes."""
        if self.running:
            self.ask()

    def pump(self) -> None:
        """Post what waits over the connections that are free."""
        while self.queue and self.free:
            self.free.pop(0).transport.write(self._post(self.queue.pop(0)))

    def _post(self, number: int) -> bytes:
        person = {"id": number, "first_name": "A", "language_code": "de", "is_bot": False}
        update = {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": 1790000000,
                "text": self.text,
                "from": person,
                "chat": {"id": number, "type": "private", "first_name": "A"},
            },
        }
        body = json.dumps(update).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def percentile(values: list[float], share: float) -> float:
    """A percentile in milliseconds; NaN of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")


def median(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)
