"""Lotse as a process of its own, and a sandbox that remembers which requests reached it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from bot.sandbox import Sandbox

SECRET = "proof-of-the-webhook-0123456789"
_DEBUG = """
import sys
from bot import app
plain = app.configure_logging
app.configure_logging = lambda level="INFO": plain("DEBUG")
from bot.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Memory(NamedTuple):
    """Megabytes of a process.

    ``own`` is what it asked for and holds; the rest of ``resident`` are pages of files (programs, the model
    of language) that the system keeps in memory as long as it likes: a new word brings in its page.
    """

    resident: float
    own: float


class WatchedSandbox(Sandbox):
    """Counts by chat the answers that began to arrive, before any of them takes effect."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.begun: Counter[int] = Counter()

    async def api_call(self, name: str, given: dict[str, Any]) -> tuple[Any, bool]:
        """As the sandbox's own, after taking note."""
        if name.lower() == "sendmessage":
            self.begun[int(given["chat_id"])] += 1
        return await super().api_call(name, given)


class BotProcess:
    """``lotse`` in an empty working directory, with settings from the environment alone.

    ``webhook``: updates come through the bot's own web server. ``debug``: the log at its most talkative.
    ``model``: with the language model; without it a life begins sooner, and loses nothing more or less.
    """

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        *,
        database_url: str | None = None,
        webhook: bool = False,
        debug: bool = False,
        model: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.database = folder / "lotse.sqlite"
        self._empty = folder / "empty"
        self._empty.mkdir(parents=True, exist_ok=True)
        self._file = folder / "output.txt"
        self._debug = debug
        self._process: subprocess.Popen[bytes] | None = None
        self._seen = 0
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LOTSE_TELEGRAM_API": sandbox.api_url,
            "LOTSE_TELEGRAM_TOKEN": sandbox.token,
            "LOTSE_DATABASE_URL": database_url or f"sqlite:///{self.database}",
            "LOTSE_LISTEN": f"127.0.0.1:{self.port}",
            **({"LOTSE_WEBHOOK_URL": self.address, "LOTSE_WEBHOOK_SECRET": SECRET} if webhook else {}),
            "LOTSE_MODEL": "yes" if model else "no",
            **(settings or {}),
        }

    @property
    def address(self) -> str:
        """Of its web server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it wrote so far, over all its lives."""
        return self._file.read_text(errors="replace") if self._file.exists() else ""

    @property
    def pid(self) -> int:
        """The number of its present life."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def memory(self) -> Memory:
        """What it occupies at this moment."""
        assert self._process is not None
        info = psutil.Process(self._process.pid).memory_info()
        return Memory(info.rss / 1e6, (info.rss - info.shared) / 1e6)

    def spawn(self, *arguments: str) -> None:
        """Begin a life; ``run --test`` unless told otherwise."""
        assert not self.running
        self._seen = len(self.output)
        program = ["-c", _DEBUG] if self._debug else ["-m", "bot"]
        with self._file.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *program, *(arguments or ("run", "--test"))],
                cwd=self._empty,
                env=self.environment,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    async def start(self, *arguments: str, seconds: float = 60.0) -> float:
        """Begin a life and wait until it says that it is ready; how many seconds that took."""
        began = time.monotonic()
        self.spawn(*arguments)
        await until(
            lambda: not self.running or "event='ready'" in self.output[self._seen :], seconds, "a ready bot"
        )
        assert self.running, self.output[self._seen :]
        return time.monotonic() - began

    async def ended(self, seconds: float = 60.0) -> int:
        """Wait for its end; the exit status."""
        await until(lambda: not self.running, seconds, "the bot's end")
        assert self._process is not None
        return int(self._process.wait())

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Another command with the same settings, beside the running bot: status and output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=self._empty,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def terminate(self) -> int:
        """Ask it to end; the exit status."""
        self.send(signal.SIGTERM)
        return await self.ended()

    def complaints(self) -> list[str]:
        """Lines of the log that tell of an error."""
        marks = ("level='error'", "level='critical'", "Traceback", "Exception", "never awaited")
        return [line for line in self.output.splitlines() if any(mark in line for mark in marks)]


class Rows:
    """Looks into the bot's SQLite inbox from outside."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def unfinished(self) -> Counter[int]:
        """How many stored updates wait for their answer, by chat."""
        return Counter(
            dict(self.query("SELECT lane, count(*) FROM inbox WHERE finished_at IS NULL GROUP BY lane"))
        )

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of any statement; the connection is closed at once, so that it stands in nobody's way."""
        with closing(sqlite3.connect(self._path, timeout=20, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()


async def until(done: Callable[[], object], seconds: float, what: str, pause: float = 0.02) -> None:
    """Wait for a condition; TimeoutError names what was waited for."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        await asyncio.sleep(pause)


def spoken(sandbox: Sandbox, chat_id: int, since: int = 0) -> list[str]:
    """What the bot said in a chat after a revision of the world, in order."""
    messages = sandbox.world.chats[chat_id].messages.values()
    return [message.text for message in messages if message.from_bot and message.revision > since]


async def settled(sandbox: Sandbox, rows: Rows, seconds: float = 60.0) -> None:
    """Wait until Telegram has handed over everything and every stored update is answered."""
    await until(lambda: sandbox.updates.pending == 0 and not rows.unfinished(), seconds, "an empty inbox")
