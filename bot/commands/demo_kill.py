"""The second part of ``lotse demo --check``: an announcement, and the power fails while it goes out.

The bot runs as a process of its own here and is killed in the middle (SIGKILL), then started again. What
arrived is counted in the sandbox, message by message. The bot is asked one thing only: of whom it does
not know whether it arrived.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import bot
from bot.app import Lotse
from bot.commands.demo_news import CONTACT_LOCALE, SUBSCRIBERS, Cast, release
from bot.domain.broadcast import State
from bot.domain.deliveries import Delivery
from bot.domain.locales import LOCALES
from bot.domain.markup import first_line
from bot.domain.news import ALL, Frequency, Topic
from bot.sandbox import Person, Sandbox
from bot.services import subscribing
from bot.settings import Settings
from bot.storage.store import Store

EXTRA = 5
"""Further subscribers in each language: sixty in all."""
KILLED_AFTER = 15
"""Messages that have arrived when the bot is killed: not the first ones, and long before the last."""
_LEASE = 1
"""Seconds for which the new process waits for the dead one; six are usual."""
_ROUND_TRIP = 0.1
"""Seconds of a call, as with Telegram, so that there is something on its way when the bot dies."""
_PATIENCE = 60.0
"""Seconds for a start or for the rest of the announcement; a slow machine is no reason to fail."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One subscriber: who, in which language, and the first line of what must arrive."""

    person: Person
    locale: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """How often the announcement stands in one reader's chat, and whether the bot calls it unknown."""

    locale: str
    times: int
    unknown: bool


async def gather(sandbox: Sandbox, lotse: Lotse, cast: Cast) -> tuple[Reader, ...]:
    """Let further subscribers join those of the demo; all of them, with what each is to get."""
    now = lotse.desk.clock()
    today = lotse.desk.today(now)
    found = [(cast.contact, CONTACT_LOCALE)]
    found += [(person, one.locale) for person, one in zip(cast.readers, SUBSCRIBERS, strict=True)]
    for locale in LOCALES:
        for number in range(1, EXTRA + 1):
            person = sandbox.person(f"Example {locale.code} {number}", locale.code, started=True)
            who = subscribing.Who(person.id, "private", locale.code)
            await subscribing.subscribe(
                lotse.store, who, Topic.EVENTS, ALL, Frequency.NOW, now=now, today=today
            )
            await subscribing.set_quiet_hours(lotse.store, person.id, 0, 0)
            found.append((person, locale.code))
    async with lotse.store.read() as view:
        bodies = await view.bodies(cast.draft)
    return tuple(Reader(person, code, first_line(bodies[code].html, 80)) for person, code in found)


async def announce(sandbox: Sandbox, settings: Settings, cast: Cast, readers: Sequence[Reader]) -> int:
    """Release it, kill the bot in the middle, start it again, and count; the exit status.

    ``settings`` are those of a bot that has ended: its database is gone on with.
    """
    try:
        before = await _killed_in_the_middle(sandbox, settings, cast, readers)
        arrivals = await _gone_on(sandbox, settings, cast, readers)
    except (TimeoutError, RuntimeError) as error:
        print(f"FAILED: {error}")
        return 1
    print(f"--- An announcement to {len(readers)} subscribers; the bot was killed after {before}")
    lines, failures = judge(arrivals)
    for line in lines:
        print(line)
    if not before < len(readers):
        failures.append("the bot was not killed in the middle")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(arrivals)} subscribers, {len(failures)} failures.")
    return 1 if failures else 0


def judge(arrivals: Iterable[Arrival]) -> tuple[list[str], list[str]]:
    """A line for each language, and what went wrong.

    Each reader must have it exactly once; or the bot says that it does not know, and they have it once
    or not at all.
    """
    by_locale: dict[str, list[Arrival]] = {}
    for one in arrivals:
        by_locale.setdefault(one.locale, []).append(one)
    lines, failures = [], []
    for locale, found in by_locale.items():
        once = sum(one.times == 1 for one in found if not one.unknown)
        unknown = [one for one in found if one.unknown]
        line = f"{locale}: {len(found)} subscribers, {once} got it once, {len(unknown)} unknown"
        if unknown:
            line += f" (of these {sum(one.times > 0 for one in unknown)} got it)"
        lines.append(line)
        if twice := sum(one.times > 1 for one in found):
            failures.append(f"{locale}: {twice} got it more than once")
        if lost := sum(one.times == 0 for one in found if not one.unknown):
            failures.append(f"{locale}: {lost} did not get it, and the bot does not say so")
    return lines, failures


async def _killed_in_the_middle(
    sandbox: Sandbox, settings: Settings, cast: Cast, readers: Sequence[Reader]
) -> int:
    """The first life of the bot; how many had the announcement when it ended."""
    polls = sandbox.counts["getUpdates"]
    async with _process(settings) as process:
        await _until(process, lambda: sandbox.counts["getUpdates"] > polls, "the bot's start")
        # The draft's screen is there since the other bot: buttons outlive restarts.
        await release(sandbox, cast)
        sandbox.latency = _ROUND_TRIP
        try:
            await _until(
                process,
                lambda: sum(map(bool, _arrived(sandbox, readers))) >= KILLED_AFTER,
                "the first messages",
            )
            process.kill()
            await process.wait()
            return sum(map(bool, _arrived(sandbox, readers)))
        finally:
            await asyncio.sleep(2 * _ROUND_TRIP)  # what Telegram had received by then still arrives
            sandbox.latency = 0.0


async def _gone_on(
    sandbox: Sandbox, settings: Settings, cast: Cast, readers: Sequence[Reader]
) -> list[Arrival]:
    """The second life, until the bot says that it is done; what arrived."""
    store = await Store.open(settings.database_url)
    try:
        async with _process(settings) as process:
            async with asyncio.timeout(_PATIENCE):
                while not await _sent(store, cast.draft):
                    _alive(process)
                    await asyncio.sleep(0.1)
        unknown = {
            reader.person.id for reader in readers if await _is_unknown(store, reader.person.id, cast.draft)
        }
    except TimeoutError:
        raise TimeoutError("the announcement was not finished after the restart") from None
    finally:
        await store.close()
    return [
        Arrival(reader.locale, times, reader.person.id in unknown)
        for reader, times in zip(readers, _arrived(sandbox, readers), strict=True)
    ]


def _arrived(sandbox: Sandbox, readers: Sequence[Reader]) -> list[int]:
    """How often each reader has it, counted in their chats."""
    return [
        sum(
            reader.wanted in " ".join(message.text.translate({0x2068: None, 0x2069: None}).split())
            for message in sandbox.chat_of(reader.person).messages.values()
            if message.from_bot
        )
        for reader in readers
    ]


async def _sent(store: Store, id: int) -> bool:
    async with store.read() as view:
        found = await view.broadcast(id)
    return found is not None and found.state is State.SENT


async def _is_unknown(store: Store, chat_id: int, id: int) -> bool:
    async with store.read() as view:
        deliveries = (await view.everything_about(chat_id))["deliveries"]
    return any(
        one["broadcast_id"] == id and one["state"] == Delivery.UNKNOWN.name.lower() for one in deliveries
    )


# The bot as a process -----------------------------------------------------------------------------


@asynccontextmanager
async def _process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """The bot, in an empty folder and with nothing of this machine's own settings; ends with the block."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    environment = {
        **own,
        "PYTHONPATH": str(Path(bot.__file__).parent.parent),
        "LOTSE_TELEGRAM_TOKEN": settings.telegram_token,
        "LOTSE_TELEGRAM_API": settings.telegram_api,
        "LOTSE_DATABASE_URL": settings.database_url,
        "LOTSE_ADMINS": ",".join(map(str, sorted(settings.admins))),
        "LOTSE_LISTEN": "127.0.0.1:0",
        "LOTSE_LEASE_SECONDS": str(_LEASE),
    }
    with tempfile.TemporaryDirectory(prefix="lotse-demo-") as empty:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--test"),
            cwd=empty,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _alive(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        raise RuntimeError(f"the bot ended by itself with status {process.returncode}")


async def _until(process: asyncio.subprocess.Process, done: Callable[[], bool], what: str) -> None:
    """Wait for something in the sandbox while the bot lives; TimeoutError names it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while not done():
        _alive(process)
        if loop.time() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        await asyncio.sleep(0.01)
