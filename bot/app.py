"""The composition root: the one place that knows every concrete class, and starts and stops them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import memory
from bot.dialog.desk import Desk
from bot.dialog.notices import EventCards
from bot.domain.errors import where
from bot.parts import make_answering, make_desk, make_meaning, open_store
from bot.services import scheduling
from bot.services.delivering import Sender
from bot.services.hours import public_holidays
from bot.services.ledger import Ledger
from bot.services.pacing import Pace
from bot.services.staffing import appoint
from bot.settings import Settings
from bot.storage.migrating import sweep_backups
from bot.storage.store import Store
from bot.telegram.bulk import BulkLane
from bot.telegram.delivery import TelegramLane
from bot.telegram.errands import Errands
from bot.telegram.inbox import Inbox
from bot.telegram.menus import profiles
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.polling import (
    LONG_POLL,
    Heard,
    Polling,
    SecondInstance,
    WebhookRefused,
    WrongToken,
    introduce,
    set_webhook,
)
from bot.telegram.profile import publish
from bot.telegram.reporting import Reporter
from bot.telegram.routes import Routes
from bot.telegram.staff_errands import StaffErrands
from bot.telegram.transport import TelegramApi
from bot.translation.forms import warm
from bot.understanding.moments import date_patterns
from bot.web.pages import WEBHOOK_PATH, create_app
from bot.web.server import AddressTaken, Server, listen

_log = logging.getLogger(__name__)

_PROFILE = "profile"
"""Where the fingerprint of the bot's profile is remembered."""
_REPORT = 1.0
"""Seconds between looks at what authors are to be told."""
_TICK = 15
"""Seconds between looks at what is due. APScheduler only wakes; the truth is in the database."""
_NOT_YET = 5.0
"""Seconds after which Telegram may bring an update again that came before the inbox was there."""
_BULK = 8
"""Connections for reminders and the like."""
_HOUR = 3600.0
_FINISH = 20.0
"""Seconds that what is in hand may take when the bot is told to stop."""


def configure_logging(level: str = "INFO") -> None:
    """One line a message on standard error: time, level, event; ids and counts, never words of people."""
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"]),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("apscheduler", "alembic", "uvicorn.error", "uvicorn.access", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Lotse:
    """A running bot."""

    settings: Settings
    store: Store
    desk: Desk
    inbox: Inbox
    ticker: AsyncIOScheduler
    sender: Sender
    apis: tuple[TelegramApi, ...]
    """The connections for answers, and those for what nobody waits for."""
    ended: asyncio.Future[None]
    """Done when the bot cannot go on: its exception says why."""
    _stack: AsyncExitStack

    async def stop(self) -> None:
        """Finish what is in hand and close everything, the last that was opened first."""
        await self._stack.aclose()
        if not self.ended.done():
            self.ended.cancel()


async def start(
    settings: Settings,
    *,
    content: Sequence[Path] | None = None,
    long_poll: int = LONG_POLL,
) -> Lotse:
    """Start the bot; returns when it answers.

    AddressTaken, WrongToken and WebhookRefused when it cannot; what was opened by then is closed.
    """
    async with AsyncExitStack() as stack:
        lotse = await _start(stack, settings, content=content, long_poll=long_poll)
        return replace(lotse, _stack=stack.pop_all())


async def _start(
    stack: AsyncExitStack,
    settings: Settings,
    *,
    content: Sequence[Path] | None,
    long_poll: int,
) -> Lotse:
    listening = stack.enter_context(closing(listen(*settings.address)))
    meaning, teaching = await asyncio.to_thread(make_meaning, settings)
    answering = await asyncio.to_thread(make_answering, meaning)
    if meaning is not None:
        stack.push_async_callback(meaning.close)
    store = await open_store(settings, content)
    stack.push_async_callback(store.close)
    await appoint(store, settings.admins, datetime.now(UTC), settings.audit_secret)
    # What nobody waits for has connections of its own, so that it never stands in an answer's way.
    api, bulk = (
        TelegramApi(settings.telegram_token, settings.telegram_api, pool_size=size)
        for size in (settings.workers, _BULK)
    )
    for one in (api, bulk):
        await one.connect()
        stack.push_async_callback(one.disconnect)
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    heard = Heard()
    webhook = bool(settings.webhook_url)
    front = _Front(store, heard)
    pages = create_app(
        inbox_age=front.age,
        last_contact=heard.age,
        sender_failing=front.sender_failing,
        accept=front.accept if webhook else None,
        secret=settings.webhook_secret,
        silence=None if webhook else 3.0 * LONG_POLL,
    )
    server = Server(pages)
    serving = _spawn(server.serve(sockets=[listening]), ended)
    stack.push_async_callback(_leave, serving, server.leave)

    me, found = await introduce(api, heard=heard)
    desk = make_desk(settings, store, answering, me.username, teaching=teaching)
    stack.push_async_callback(desk.shelf.close)
    await desk.shelf.holdings()
    memory.give_back()
    watching = asyncio.create_task(desk.shelf.watch())
    stack.push_async_callback(_leave, watching, watching.cancel)
    if meaning is not None:
        warming = asyncio.create_task(meaning.warm())
        stack.push_async_callback(_leave, warming, warming.cancel)
    inline = bool(found.get("supports_inline_queries"))
    async with store.read() as view:
        desk.note_staff(await view.all_staff())
    pace = Pace(settings.rate)
    messenger = TelegramMessenger(api, inline=inline, answering=pace.answering)
    routes = Routes(desk, messenger, api, working=pace.working)
    front.inbox = inbox = Inbox(
        store,
        me,
        routes.handle,
        author=desk.staff_chats.__contains__,
        apologise=routes.apologise,
        urgent=routes.urgent,
        stop_clock=messenger.answer_callback,
        workers=settings.workers,
        capacity=settings.capacity,
    )
    await inbox.start()
    stack.push_async_callback(inbox.drain, _FINISH)
    if webhook:
        await set_webhook(api, settings.webhook_url + WEBHOOK_PATH, settings.webhook_secret, heard=heard)
    else:
        polling = _spawn(Polling(api, inbox, heard, long_poll=long_poll).run(), ended)
        stack.push_async_callback(_leave, polling, polling.cancel)
    publishing = asyncio.create_task(_publish(api, store, heard))
    stack.push_async_callback(_leave, publishing, publishing.cancel)
    rounds = _Rounds(
        Errands(desk, TelegramMessenger(bulk, inline=inline)),
        StaffErrands(desk, TelegramMessenger(bulk, inline=inline), bulk),
        settings,
        desk.bell,
    )
    stack.push_async_callback(_leave, asyncio.create_task(rounds.run()), rounds.stop)
    ticker = _ticker(rounds)
    stack.callback(ticker.shutdown, wait=False)
    front.sender = sender = await _start_sending(stack, settings, desk, pace)
    reporting = asyncio.create_task(_report(Reporter(desk, TelegramMessenger(bulk, inline=inline)), sender))
    stack.push_async_callback(_leave, reporting, reporting.cancel)
    return Lotse(settings, store, desk, inbox, ticker, sender, (api, bulk), ended, stack)


async def _start_sending(stack: AsyncExitStack, settings: Settings, desk: Desk, pace: Pace) -> Sender:
    """The sender of broadcasts, on connections of its own."""
    lane = BulkLane(settings.telegram_token, settings.telegram_api, in_flight=settings.in_flight)
    await lane.open()
    stack.push_async_callback(lane.close)

    def clock() -> datetime:
        return desk.clock()  # looked up each time: a test may set another

    async def tick(now: datetime) -> None:
        holdings = await desk.shelf.holdings()
        done = await scheduling.tick(desk.store, holdings.directory, now, desk.zone)
        if done:
            _log.info("what was planned: %s", done)

    sender = Sender(
        Ledger(
            desk.store,
            desk.gazetteer,
            desk.zone,
            daily_cap=settings.daily_cap,
            blocks_share=settings.blocks_share,
            two_person_from=settings.two_person_from,
        ),
        TelegramLane(
            lane,
            username=desk.bot_username,
            zone=desk.zone,
            clock=clock,
            card=EventCards(desk),
            paid=settings.paid_broadcast,
        ),
        pace,
        holder=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        tick=tick,
        lease_seconds=settings.lease_seconds,
        in_flight=settings.in_flight,
        clock=clock,
    )
    stack.push_async_callback(_leave, asyncio.create_task(sender.run()), sender.stop)
    return sender


async def _report(reporter: Reporter, sender: Sender) -> None:
    """Tell authors how their broadcasts go, from the process that sends, for as long as the bot runs."""
    while True:
        try:
            if not sender.elsewhere:
                await reporter.report()
        except Exception as error:  # noqa: BLE001 (the next round may succeed)
            _log.error("a report failed: %s", where(error))
        await asyncio.sleep(_REPORT)


def _spawn(work: Coroutine[Any, Any, None], ended: asyncio.Future[None]) -> asyncio.Task[None]:
    """A task without which the bot cannot go on: its error ends the bot."""
    task = asyncio.create_task(work)

    def over(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not ended.done():
            ended.set_exception(error)

    task.add_done_callback(over)
    return task


async def _leave(task: asyncio.Task[None], ask: Callable[[], object]) -> None:
    """Ask a task to end, and wait until it has."""
    ask()
    await asyncio.wait((task,), timeout=_FINISH)


@dataclass
class _Front:
    """What the pages see of the bot, from before it has reached Telegram."""

    store: Store
    heard: Heard
    inbox: Inbox | None = None
    sender: Sender | None = None

    def sender_failing(self) -> float:
        """See :attr:`bot.services.delivering.Sender.failing`."""
        return 0.0 if self.sender is None else self.sender.failing

    async def age(self) -> float:
        """See :meth:`bot.telegram.inbox.Inbox.age`; until there is an inbox, whether the database answers."""
        if self.inbox is not None:
            return await self.inbox.age()
        async with self.store.read() as view:
            await view.content_version()
        return 0.0

    async def accept(self, update: dict[str, Any]) -> float | None:
        """Store an update, or say in how many seconds to come again."""
        self.heard.note()
        return _NOT_YET if self.inbox is None else await self.inbox.offer(update)


def _warm() -> None:
    """Read what first answers would otherwise wait for: all catalogues, CLDR, public holidays."""
    warm()
    date_patterns()
    this = datetime.now(UTC).year
    for year in (this, this + 1):
        public_holidays(year)
    memory.give_back()


async def _publish(api: TelegramApi, store: Store, heard: Heard) -> None:
    """Set the bot's profile in every language, if it differs; a failure is logged and tried next time.

    The profile needs every catalogue: they are read here, in a thread, so that no start waits for
    languages that nobody is writing in yet.
    """
    try:
        await asyncio.to_thread(_warm)
        async with store.read() as view:
            known = await view.meta(_PROFILE)
        mark = await publish(api, profiles(), known=known, heard=heard)
        if mark != known:
            async with store.begin() as tx:
                await tx.set_meta(_PROFILE, mark)
    except Exception as error:  # noqa: BLE001 (a menu is not worth a bot that does not run)
        _log.warning("the profile was not set: %s", type(error).__name__)


@dataclass
class _Rounds:
    """Runs the errands when the ticker wakes them, one round at a time, and finishes the one in hand."""

    errands: Errands
    staff: StaffErrands
    settings: Settings
    woken: asyncio.Event
    tidy_at: float = 0.0
    stopping: bool = False

    async def run(self) -> None:
        """Until told to stop."""
        while True:
            await self.woken.wait()
            self.woken.clear()
            if self.stopping:
                return
            errands = self.errands
            for errand in (
                self.staff.follow,
                errands.remind,
                errands.tell_changes,
                self.staff.send_head,
                self._tidy,
            ):
                try:
                    await errand()
                except Exception as error:  # noqa: BLE001 (the next round may succeed)
                    _log.error("an errand failed: %s", where(error))

    async def _tidy(self) -> None:
        """Once an hour: erase what is kept long enough, and say goodbye to who has long been silent."""
        now = asyncio.get_running_loop().time()
        if now < self.tidy_at:
            return
        self.tidy_at = now + _HOUR
        await asyncio.to_thread(sweep_backups, self.settings.database_url, datetime.now(UTC))
        await self.errands.expire(self.settings.keep_deliveries_days)
        await self.errands.say_goodbye()

    def stop(self) -> None:
        """End after the round in hand."""
        self.stopping = True
        self.woken.set()

    async def wake(self) -> None:
        """What the ticker calls; it returns at once, so that no tick is ever late or lost."""
        self.woken.set()


def _ticker(rounds: _Rounds) -> AsyncIOScheduler:
    """APScheduler only wakes us; what is due stands in the database."""
    ticker = AsyncIOScheduler(timezone=UTC)
    ticker.add_job(
        rounds.wake,
        "interval",
        seconds=_TICK,
        next_run_time=datetime.now(UTC),
        misfire_grace_time=None,
        coalesce=True,
    )
    ticker.start()
    return ticker


async def run(settings: Settings) -> int:
    """``lotse run``: until SIGTERM or SIGINT; the exit status."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    starting = asyncio.create_task(start(settings))
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return 0
        lotse = starting.result()
        memory.settle()
        _log.info("ready")
        await asyncio.wait((lotse.ended, waiting), return_when=asyncio.FIRST_COMPLETED)
        failure = lotse.ended.exception() if lotse.ended.done() else None
        await lotse.stop()
        if failure is not None:
            raise failure
    except (WrongToken, SecondInstance, WebhookRefused, AddressTaken) as error:
        words = (
            f"{error}; set LOTSE_LISTEN to another address:port."
            if isinstance(error, AddressTaken)
            else error
        )
        print(words, file=sys.stderr)  # noqa: T201
        return 1
    finally:
        waiting.cancel()
    return 0
