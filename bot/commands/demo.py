"""``lotse demo``: everything on one machine without a token; ``--check`` tries it all by itself.

The demo is the real bot with a real (temporary) database against the sandbox, over real HTTP.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot import app
from bot.commands.demo_news import ORGANISATION_FILE, Cast, office_person, stage
from bot.content import demo_content
from bot.sandbox import Sandbox
from bot.settings import Settings, load
from bot.storage.store import Store


class _Stored:
    """Shows in the chat page what the bot keeps about a chat; knows the store once it is open."""

    store: Store | None = None

    async def __call__(self, chat_id: int) -> dict[str, Any]:
        if self.store is None:
            return {}
        async with self.store.read() as view:
            return await view.everything_about(chat_id)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Sandbox, app.Lotse]]:
    """The sandbox and a bot that talks to it, over a database of its own; nobody is there yet."""
    with tempfile.TemporaryDirectory(prefix="lotse-demo-") as temporary:
        stored = _Stored()
        async with (
            Sandbox(stored=stored) as sandbox,
            _bot(_settings(sandbox, Path(temporary)), demo_content(), stored) as lotse,
        ):
            yield sandbox, lotse


@asynccontextmanager
async def staged(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[tuple[Sandbox, app.Lotse, Cast]]:
    """The same with the office, a contact, six subscribers and a draft that is ready to be released."""
    with tempfile.TemporaryDirectory(prefix="lotse-demo-") as temporary:
        stored = _Stored()
        async with Sandbox(host=host, port=port, stored=stored) as sandbox:
            office = office_person(sandbox)
            settings = replace(_settings(sandbox, Path(temporary)), admins=(office.id,))
            async with _bot(settings, (*demo_content(), ORGANISATION_FILE), stored) as lotse:
                yield sandbox, lotse, await stage(sandbox, lotse, office)


@asynccontextmanager
async def _bot(settings: Settings, content: Sequence[Path], stored: _Stored) -> AsyncIterator[app.Lotse]:
    lotse = await app.start(settings, content=content, long_poll=10)
    stored.store = lotse.store
    try:
        yield lotse
    finally:
        stored.store = None
        await lotse.stop()


def _settings(sandbox: Sandbox, folder: Path) -> Settings:
    # Nothing of this machine's own installation may leak into the demo.
    return load(
        env_file=None,
        telegram_token=sandbox.token,
        telegram_api=sandbox.api_url,
        database_url=f"sqlite:///{folder / 'demo.sqlite'}",
        webhook_url="",
        listen="127.0.0.1:0",
        operator_name="Beispielbetrieb (Demo)",
        operator_address="Beispielstraße 1, 00000 Beispielstadt",
        operator_email="demo@example.org",
        operator_responsible="Redaktion (Demo)",
    )


async def run(host: str, port: int) -> int:
    """Run the demo until it is interrupted."""
    app.configure_logging("WARNING")
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    try:
        async with staged(host, port) as (sandbox, _lotse, _cast):
            print(f"Lotse is ready. Open {sandbox.api_url}/?all in your browser; Ctrl+C ends it.", flush=True)
            await stopping.wait()
    except TimeoutError:  # one of the OSErrors
        print("The people of the demo got no answer in time; start it again.", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"{host}:{port} cannot be used ({error.strerror}); choose another with --port.", file=sys.stderr
        )
        return 1
    return 0


async def check() -> int:
    """Hold the scripted conversations, and kill the bot in the middle of an announcement.

    0 when every expectation was met.
    """
    from bot.commands import demo_kill, demo_script

    app.configure_logging("ERROR")
    async with staged() as (sandbox, lotse, cast):
        spoken = await demo_script.converse(sandbox, lotse)
        readers = await demo_kill.gather(sandbox, lotse, cast)
        await lotse.stop()
        survived = await demo_kill.announce(sandbox, lotse.settings, cast, readers)
    return max(spoken, survived)
