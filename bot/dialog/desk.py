"""Everything an endpoint may reach for: the collaborators behind one conversation."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.dialog.expecting import Expected, What
from bot.domain.directory import Key
from bot.domain.locales import Unwritten
from bot.domain.places import Gazetteer
from bot.domain.staff import Guesses, Staff
from bot.services.answering import Answering
from bot.services.calendar import Agenda
from bot.services.office import Office
from bot.services.quoting import Quoting
from bot.services.shelf import Shelf
from bot.storage.store import Store
from bot.translation.bidi import isolate
from bot.understanding.cards import Cards
from bot.understanding.following import Following


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this installation: the imprint (§ 5 DDG, § 18 MStV) and the controller (GDPR)."""

    name: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    responsible: str = ""
    """Who is responsible for the content, § 18(2) MStV: a role or a name, as the operator decides."""

    @property
    def complete(self) -> bool:
        """Whether the imprint can be shown."""
        return bool(self.name and self.address and self.email and self.responsible)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in one's own words that can still be rated, and passed on once its author agrees."""

    number: int
    """Of the message that it was."""
    at: datetime
    text: str
    topic: str
    """As :class:`bot.domain.gaps.Gap` has it."""
    locale: str
    town: str
    counted: bool = False
    """As one without success; it counts once."""
    said_in: int = 0
    """The update in which its author said whether it may be passed on; that is asked once."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What the last minutes of a conversation were about. Kept in memory only, for an hour."""

    topic: str = ""
    town: str = ""
    what: str = ""
    """What it is about: an :class:`bot.dialog.actions.About`."""
    when: str = ""
    """The time asked for, as in :class:`bot.dialog.actions.ShowEvents`."""
    spoken: str = ""
    """The languages of which somebody should speak one there, with commas between."""
    page: int = 0
    """The page of the list that was shown last."""
    campaign: str = ""
    event: tuple[str, int] | None = None
    """The one whose card was shown last, and its date as in :class:`bot.dialog.actions.OpenEvent`."""
    door: Key | None = None
    """The office or association whose card was opened last."""
    told: Key | None = None
    """The article, or the campaign, whose card answered the last question."""
    reworded: bool = False
    """Whether the last answer was given once more, in another language."""
    asked: Asked | None = None
    offered: str = ""
    """A language that was offered because messages are written in it; once is enough."""
    expected: Expected | None = None
    """What is written next may be for this."""


class Threads:
    """The threads of the latest chats: never on disk, bounded, forgotten after an hour."""

    LIFETIME = timedelta(hours=1)
    CAPACITY = 5_000

    def __init__(self) -> None:
        # In order of time: the oldest come first.
        self._threads: OrderedDict[int, tuple[datetime, Thread]] = OrderedDict()

    def get(self, chat_id: int, now: datetime) -> Thread:
        """The thread of a chat, or an empty one."""
        self._expire(now)
        _at, thread = self._threads.get(chat_id, (now, Thread()))
        # Talking on keeps what it is about; the words of a question stay for an hour all the same.
        late = thread.asked is not None and now - thread.asked.at >= self.LIFETIME
        return replace(thread, asked=None) if late else thread

    def keep(self, chat_id: int, now: datetime, thread: Thread) -> None:
        """Remember what this chat is about. A language offered, and the last question, stay with it.

        Nothing of a group, whose number is below zero: what somebody asked there must not complete what
        another asks.
        """
        if chat_id < 0:
            return
        before = self.get(chat_id, now)
        offered, asked = thread.offered or before.offered, thread.asked or before.asked
        self._threads[chat_id] = (now, replace(thread, offered=offered, asked=asked))
        self._threads.move_to_end(chat_id)
        while len(self._threads) > self.CAPACITY:
            self._threads.popitem(last=False)

    def take(self, chat_id: int, now: datetime, what: What, update: int) -> str | None:
        """The value of what is expected, where that is ``what``: no other update is taken for it then."""
        thread = self.get(chat_id, now)
        expected = thread.expected
        if expected is None or expected.what is not what or not expected.takes(update):
            return None
        self.keep(chat_id, now, replace(thread, expected=expected.closed(update)))
        return expected.value

    def leave(self, chat_id: int, now: datetime) -> None:
        """Somebody went elsewhere: what they write next is a question again."""
        thread = self.get(chat_id, now)
        if thread.expected is not None:
            self.keep(chat_id, now, replace(thread, expected=None))

    def drop(self, chat_id: int) -> bool:
        """Forget a chat's thread; whether there was one."""
        return self._threads.pop(chat_id, None) is not None

    def _expire(self, now: datetime) -> None:
        while self._threads:
            chat_id, (at, _) = next(iter(self._threads.items()))
            # One from a time to come was kept before the clock was put right: nothing waits for it.
            if abs(now - at) < self.LIFETIME:
                return
            del self._threads[chat_id]


@dataclass(frozen=True)
class Desk:
    """The collaborators of the dialog, put together once in ``bot.parts``."""

    store: Store
    shelf: Shelf
    answering: Answering
    cards: Cards
    gazetteer: Gazetteer
    zone: ZoneInfo
    operator: Operator
    bot_username: str
    two_person_from: int
    """So many recipients or more need a second person."""
    daily_cap: int
    """So many messages one chat gets on one day, urgent ones aside."""
    admins: frozenset[int] = frozenset()
    audit_key: bytes = b""
    quoting: Quoting | None = None
    """None where no scorer of lines knows the model: long articles are then shown from their beginning."""
    sends_questions: bool = False
    """Whether an endpoint elsewhere computes the vectors of questions: ``/privacy`` has to say so."""
    unwritten: Mapping[str, Unwritten] = field(default_factory=dict)
    """What is said in languages that are understood, but not written yet."""
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    agenda: Agenda = field(default_factory=Agenda)
    threads: Threads = field(default_factory=Threads)
    following: Following = field(default_factory=Following)
    staff_chats: set[int] = field(default_factory=set)
    """Chats of staff as they were a moment ago: whose files and formatting are kept. It gives no right."""
    guesses: Guesses = field(default_factory=Guesses)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    """Rung when there is something to do that nobody in this conversation waits for."""

    @property
    def office(self) -> Office:
        """What the services about broadcasts need."""
        return Office(
            store=self.store,
            gazetteer=self.gazetteer,
            zone=self.zone,
            two_person_from=self.two_person_from,
            audit_key=self.audit_key,
            isolate=isolate,
        )

    def note_staff(self, members: Iterable[Staff]) -> None:
        """Remember whose chats are those of staff."""
        self.staff_chats.clear()
        self.staff_chats.update(
            one.chat_id for one in members if one.chat_id is not None and one.removed_at is None
        )

    def today(self, now: datetime) -> date:
        """The calendar day in the towns."""
        return now.astimezone(self.zone).date()

    def wall(self, now: datetime) -> datetime:
        """The wall-clock time in the towns, without zone."""
        return now.astimezone(self.zone).replace(tzinfo=None)
