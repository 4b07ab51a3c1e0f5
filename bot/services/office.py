"""What all acts on broadcasts share: what they need, who may do them, and how they can be refused.

The acts, from the first word to the account, are in :mod:`~bot.services.drafting`,
:mod:`~bot.services.releasing`, :mod:`~bot.services.correcting` and :mod:`~bot.services.accounting`. Each
checks the rights of who acts and is written into the staff's log, in the transaction of the act itself.
States change by :meth:`bot.storage.broadcasts.BroadcastChanges.move`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.audit import Act
from bot.domain.broadcast import Body, Broadcast
from bot.domain.errors import DomainError
from bot.domain.locales import find
from bot.domain.markup import Fault, Problem, is_web_address, problems, text_units
from bot.domain.places import Gazetteer
from bot.domain.staff import NotAllowed, Role, Staff
from bot.services.staffing import require
from bot.storage.store import Snapshot, Store, Transaction

MARK_UNITS = 150
"""Kept free in every text for what is said about it: another language, translated by machine, outdated."""
CARD_UNITS = 250
"""Kept free as well where an event's date and place stand below the text."""
LABEL_UNITS = 64
"""Of a link button; longer ones are cut off by phones."""
MOST_BUTTONS = 6
"""Link buttons under one message: more push the text off an old phone's screen."""
NAME = 60
"""Characters of a broadcast's name, which is its first line."""
_MOVED = frozenset({Act.DRAFT, Act.SUBMIT, Act.REJECT})
"""After these it is another revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What every act needs beside who does it and when.

    ``two_person_from``: so many recipients or more need a second person. ``isolate`` is what rendering
    does to right-to-left texts (:func:`bot.translation.bidi.isolate`): its marks count for the length.
    """

    store: Store
    gazetteer: Gazetteer
    zone: ZoneInfo
    two_person_from: int
    audit_key: bytes
    isolate: Callable[[str], str]


class NoBroadcast(DomainError):
    """There is no such broadcast, or none that this person may see."""

    def __init__(self) -> None:
        super().__init__("There is no such announcement (any more).")


class NotADraft(DomainError):
    """It has been handed in or sent meanwhile, and cannot be changed as a draft."""

    def __init__(self) -> None:
        super().__init__("This is no draft any more: take it back first.")


class TextRefused(DomainError):
    """A text cannot be sent; ``problems`` say why."""

    def __init__(self, locale: str, problems: Sequence[Problem]) -> None:
        words = ", ".join(
            f"{one.fault}{f' by {one.over}' if one.over else ''}{f' ({one.what})' if one.what else ''}"
            for one in problems
        )
        super().__init__(f"The text in {locale!r} cannot be sent: {words}.")
        self.locale = locale
        self.problems = tuple(problems)


class TimePast(DomainError):
    """The time is over."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"This time is past: {at:%Y-%m-%d %H:%M} UTC.")
        self.at = at


class DateUnknown(DomainError):
    """A notice was to go by a campaign's or an event's date, and there is none."""

    def __init__(self, record: str) -> None:
        super().__init__(f"The date of {record} is not known, or it is over.")
        self.record = record


class Obstacle(StrEnum):
    """Why a draft cannot be approved yet."""

    NO_AUDIENCE = "no_audience"
    NO_TEXT = "no_text"
    MISSING_TEXTS = "missing_texts"
    """There are recipients whose language has no text, and they are to be waited for."""
    PROBLEMS = "problems"
    """Something is wrong with a text."""


class NotReady(DomainError):
    """A draft cannot be approved yet; ``obstacles`` say why, ``missing`` the languages without a text."""

    def __init__(self, obstacles: Sequence[Obstacle], missing: Mapping[str, int]) -> None:
        words = ", ".join(str(one).replace("_", " ") for one in obstacles)
        langs = f" ({', '.join(f'{code}: {count}' for code, count in missing.items())})" if missing else ""
        super().__init__(f"This cannot be sent yet: {words}{langs}.")
        self.obstacles = tuple(obstacles)
        self.missing = dict(missing)


class Changed(DomainError):
    """It is not what was looked at any more."""

    def __init__(self) -> None:
        super().__init__("It was changed, handed over or given back meanwhile.")


class SecondPerson(DomainError):
    """Somebody else than who wrote it has to release this."""

    def __init__(self, recipients: int) -> None:
        super().__init__(f"A second person has to release this: it is for {recipients} recipients.")
        self.recipients = recipients


class MediaFixed(DomainError):
    """A correction cannot change what hangs on a message that was sent: only its words and buttons."""

    def __init__(self) -> None:
        super().__init__("The photo or document of a sent message stays as it is; correct only the text.")


class NothingSent(DomainError):
    """A correction is for what somebody may have; what nobody has is taken back and changed."""

    def __init__(self) -> None:
        super().__init__("Nobody has this (any more): there is nothing to correct.")


async def visible(view: Snapshot, staff: Staff, id: int) -> Broadcast:
    """A broadcast that a member of staff may handle; NoBroadcast for those of others."""
    found = await view.broadcast(id)
    if found is None or not _scope(staff, found.organisation_id):
        raise NoBroadcast
    return found


def _scope(staff: Staff, organisation_id: str | None) -> bool:
    return staff.organisation_id is None or staff.organisation_id == organisation_id


def in_scope(staff: Staff, broadcasts: Sequence[Broadcast]) -> tuple[Broadcast, ...]:
    """Those that a member of staff may handle."""
    return tuple(one for one in broadcasts if _scope(staff, one.organisation_id))


async def acting(view: Snapshot, staff: Staff, role: Role, organisation_id: str | None) -> Staff:
    """The member of staff as they are now, with at least this role; else NotAllowed."""
    if staff.chat_id is None:
        raise NotAllowed(role)
    now_is = await require(view, staff.chat_id, role, organisation_id)
    if now_is.id != staff.id:
        raise NotAllowed(role)
    return now_is


async def handled(
    tx: Transaction, staff: Staff, id: int, role: Role, *, own: bool = False
) -> tuple[Staff, Broadcast]:
    """Who acts, and the broadcast, held until the transaction ends.

    ``own``: its author may do this too, without the role. NoBroadcast, NotAllowed.
    """
    seen = await visible(tx, staff, id)
    if own and seen.author_id == staff.id:
        role = Role.AUTHOR
    who = await acting(tx, staff, role, seen.organisation_id)
    held = await tx.hold_broadcast(id)
    if held is None:
        raise NoBroadcast
    if own and role is Role.AUTHOR and held.author_id != who.id:
        raise NotAllowed(Role.RELEASER)
    return who, held


async def log(
    tx: Transaction, office: Office, now: datetime, who: Staff, act: Act, id: int, **detail: int | str
) -> None:
    """Write an act on a broadcast, which this transaction holds, into the log; its last thing."""
    entry = await tx.audit(now, who.id, act, {"broadcast": id, **detail}, office.audit_key)
    if act in _MOVED:
        await tx.change(id, revision=entry.seq)


def faults(body: Body, isolate: Callable[[str], str]) -> tuple[Problem, ...]:
    """All that is wrong with a text and its buttons; () when it can be sent."""
    locale = find(body.locale)
    turned = isolate if locale is not None and locale.rtl else None
    media = body.media is not None
    reserve = MARK_UNITS + (CARD_UNITS if body.event_id else 0)
    found = list(problems(body.html, media=media, isolate=turned, reserve=reserve))
    for button in body.buttons:
        if not is_web_address(button.url):
            found.append(Problem(Fault.BAD_LINK, what=button.url))
        if (over := text_units(button.label) - LABEL_UNITS) > 0:
            found.append(Problem(Fault.TOO_LONG, over=over, what=button.label))
        elif not button.label.strip():
            found.append(Problem(Fault.EMPTY, what=button.url))
    return tuple(found)
