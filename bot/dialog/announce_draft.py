"""A draft in somebody's hand: who may touch it, what it would become, and the acts that change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any

from bot.dialog.actions import ShowMenu
from bot.dialog.expecting import Expected, What
from bot.dialog.office_actions import OpenBroadcast, OpenDraft, ShowAnnounce
from bot.dialog.progress import called, moment_words
from bot.dialog.reply import Button, Message, Reply
from bot.dialog.showing import form, shorten
from bot.dialog.subscriptions import area_name
from bot.dialog.turn import Turn
from bot.domain.broadcast import Anchor, Audience, Body, Broadcast, Options, State, WrongState
from bot.domain.markup import text_units
from bot.domain.staff import Role, Staff
from bot.services import accounting, drafting
from bot.services.drafting import Preview, Timed
from bot.services.office import (
    DateUnknown,
    NoBroadcast,
    NotADraft,
    NothingSent,
    NotReady,
    SecondPerson,
    TimePast,
)
from bot.services.repeating import BadRule
from bot.services.scheduling import NOTICE_WINDOW
from bot.services.scope import NotOurEvent, OutOfScope

Press = Callable[..., Awaitable[Reply]]
_AT_ONCE = 1
"""Seconds between the parts of one text at most."""
_CUT = 2_048
"""The least that the first part of a text has that an app has cut: it looks for a paragraph's end."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A broadcast as a member of the office sees it at this moment."""

    member: Staff
    seen: Preview

    @property
    def broadcast(self) -> Broadcast:
        """Without its texts."""
        return self.seen.broadcast

    @property
    def id(self) -> int:
        """Of the broadcast."""
        return self.seen.broadcast.id

    @property
    def rule(self) -> str:
        """Its repetition; empty: once."""
        return self.seen.schedule.rule if self.seen.schedule is not None else ""

    @property
    def own(self) -> bool:
        """Whether this person wrote it."""
        return self.broadcast.author_id == self.member.id

    @property
    def may_release(self) -> bool:
        """Whether this person's role is enough to send it."""
        return self.member.may(Role.RELEASER, self.broadcast.organisation_id)

    @property
    def second(self) -> bool:
        """Whether somebody else must release it."""
        return self.seen.alone(self.member.id)


def office(press: Press) -> Press:
    """An endpoint for members of the office alone, who are looked up anew at each tap.

    It is called with the member after the turn. What somebody else was faster with is said in words.
    """

    @wraps(press)
    async def guarded(turn: Turn, *arguments: Any) -> Reply:
        member = await member_of(turn)
        if member is None:
            return only_office(turn)
        try:
            return await press(turn, member, *arguments)
        except (NoBroadcast, NotADraft, NothingSent, WrongState):
            return gone(turn)
        except NotReady:
            return _sentence(
                turn, turn.translator("Something has changed meanwhile. Please look at it again.")
            )
        except SecondPerson:
            return _sentence(turn, turn.translator("Somebody else must release it: you wrote it yourself."))
        except OutOfScope as wider:
            return _sentence(turn, _allowed_words(turn, wider.areas))
        except NotOurEvent:
            return _sentence(
                turn, turn.translator("Your role is limited to one association: this is not its event.")
            )
        except DateUnknown:
            return _sentence(
                turn,
                turn.translator("The date it depends on is not known (any more). Please choose again."),
            )
        except TimePast as past:
            moment = moment_words(turn, past.at)
            return _sentence(turn, turn.translator("{time} is past. Nothing was changed.", time=moment))
        except BadRule:
            return _sentence(
                turn, turn.translator("This repetition has no date to come. Please choose again.")
            )

    return guarded


async def member_of(turn: Turn) -> Staff | None:
    """Who of the office writes in this chat; None for everybody else."""
    if not turn.private:
        return None
    async with turn.desk.store.read() as view:
        found = await view.staff_of(turn.chat_id)
    if found is None:
        turn.desk.staff_chats.discard(turn.chat_id)
    else:
        turn.desk.staff_chats.add(turn.chat_id)
    return found


def only_office(turn: Turn) -> Reply:
    """What everybody else gets."""
    rows = ((Button(turn.translator("Menu"), ShowMenu()),),)
    return Reply.of(turn.translator("This is only for the office."), buttons=rows, replaces=False)


def gone(turn: Turn) -> Reply:
    """An old button, or somebody was faster."""
    return _sentence(
        turn, turn.translator("This is not possible any more: it was changed, sent or discarded meanwhile.")
    )


def _sentence(turn: Turn, words: str) -> Reply:
    rows = ((Button(turn.translator("Announcements"), ShowAnnounce()),),)
    return Reply((Message((words,), rows),))


def _allowed_words(turn: Turn, areas: Iterable[str]) -> str:
    """What somebody limited to one association may choose."""
    names = form(turn).list(dict.fromkeys(area_name(turn, area) for area in areas)) or "–"
    return turn.translator(
        "Your role is limited to one association. You may write to those who asked for a topic in: {areas} "
        "– and to those who saved one of its events. Not to all of Mecklenburg-Vorpommern, not about "
        "internal news, and not to groups.",
        areas=names,
    )


async def expect(turn: Turn, draft: Draft, what: What, value: str = "") -> None:
    """Remember, over restarts, what the next text of this person is for."""
    expected = Expected(what, value, draft.id, turn.update_id, _may_go_on(turn))
    async with turn.desk.store.begin() as tx:
        await tx.take_in_hand(draft.member.id, draft.id, expected.pack())


async def taken(turn: Turn, expected: Expected) -> None:
    """A text was taken for what was expected: nothing is any more, unless its answer asked for something."""
    async with turn.desk.store.begin() as tx:
        member = await tx.staff_of(turn.chat_id)
        if member is None:
            return
        asked = Expected.unpack(member.expecting)
        if asked is None or asked.update != turn.update_id:
            closed = expected.closed(turn.update_id, _may_go_on(turn))
            await tx.take_in_hand(member.id, member.editing, closed.pack())


async def part_came(turn: Turn, member: Staff, expected: Expected) -> None:
    """Another part of a text that an app has cut: there may be a further one."""
    went_on = replace(expected, second=turn.written or 0)
    async with turn.desk.store.begin() as tx:
        await tx.take_in_hand(member.id, member.editing, went_on.pack())


def _may_go_on(turn: Turn) -> int:
    """When a text was written that may be the first part of a longer one; 0 for any other.

    Telegram's apps cut a text of more than 4,096 characters into several messages and send them at once.
    What comes in the same second or the next is no new text: nobody types that fast.
    """
    return (turn.written or 0) if text_units(turn.text) >= _CUT else 0


def is_part(turn: Turn, expected: Expected) -> bool:
    """Whether what came goes on with the text before it."""
    if turn.update_id == expected.update or not expected.second or turn.written is None:
        return False
    return 0 <= turn.written - expected.second <= _AT_ONCE


async def load(turn: Turn, member: Staff, id: int) -> Draft:
    """A broadcast with the exact numbers of this moment; NoBroadcast."""
    return Draft(member, await drafting.preview(turn.desk.office, member, id, turn.now))


def opens(one: Broadcast) -> OpenDraft | OpenBroadcast:
    """What a button does that leads to a broadcast."""
    return OpenDraft(one.id) if one.state is State.DRAFT else OpenBroadcast(one.id)


def numbered(turn: Turn, id: int, one: Broadcast | None) -> str:
    """The number of a broadcast, and what the lists call it; where it is gone, the number alone."""
    return str(id) if one is None else f"{id} · {shorten(called(turn, one))}"


async def listed(turn: Turn, member: Staff, states: Iterable[State]) -> tuple[Broadcast, ...]:
    """The broadcasts in some states that concern this person, the newest first.

    Corrections are found under what they correct; only those that wait for somebody are named themselves.
    """
    async with turn.desk.store.read() as view:
        found = await accounting.listed(view, member, *states)
    return tuple(one for one in found if one.corrects is None or one.state is State.REVIEW)


async def unfinished(turn: Turn, member: Staff) -> Broadcast | None:
    """The draft that this person has not finished."""
    async with turn.desk.store.read() as view:
        return await drafting.resume(view, member)


async def templates(turn: Turn, member: Staff) -> tuple[Broadcast, ...]:
    """Earlier announcements to begin from."""
    async with turn.desk.store.read() as view:
        return await drafting.templates(view, member)


async def begin_draft(turn: Turn, member: Staff, source: int) -> Draft:
    """A new draft, empty or from an earlier announcement."""
    if source:
        new = await drafting.from_template(turn.desk.office, member, source, turn.now)
    else:
        new = await drafting.start_draft(turn.desk.office, member, turn.now)
    return await load(turn, member, new.id)


async def put_text(turn: Turn, draft: Draft, body: Body) -> Draft:
    """Store a text; TextRefused where it could not be sent."""
    await drafting.set_text(turn.desk.office, draft.member, draft.id, body, turn.now)
    return await load(turn, draft.member, draft.id)


async def set_event(turn: Turn, draft: Draft, event_id: str) -> Draft:
    """The event whose card hangs below all texts; TextRefused where one would be too long with it."""
    await drafting.set_event(turn.desk.office, draft.member, draft.id, event_id, turn.now)
    return await load(turn, draft.member, draft.id)


async def drop_text(turn: Turn, draft: Draft, code: str) -> Draft:
    """Remove a text."""
    await drafting.drop_text(turn.desk.office, draft.member, draft.id, code, turn.now)
    return await load(turn, draft.member, draft.id)


async def move_text(turn: Turn, draft: Draft, code: str, to: str) -> Draft:
    """A text is that of another language; TextRefused."""
    await drafting.move_text(turn.desk.office, draft.member, draft.id, code, to, turn.now)
    return await load(turn, draft.member, draft.id)


async def note_test(turn: Turn, draft: Draft, code: str) -> None:
    """Its author sees it as its readers do."""
    await drafting.note_test(turn.desk.office, draft.member, draft.id, turn.now, code)


async def set_audience(turn: Turn, draft: Draft, audience: Audience) -> Draft:
    """Whom it is for."""
    await drafting.set_audience(turn.desk.office, draft.member, draft.id, audience, turn.now)
    return await load(turn, draft.member, draft.id)


async def set_options(turn: Turn, draft: Draft, options: Options) -> Draft:
    """How it is sent."""
    await drafting.set_options(turn.desk.office, draft.member, draft.id, options, turn.now)
    return await load(turn, draft.member, draft.id)


async def set_expiry(turn: Turn, draft: Draft, at: datetime) -> Draft:
    """Until when it can be read with ``/news``."""
    await drafting.set_expiry(turn.desk.office, draft.member, draft.id, at, turn.now)
    return await load(turn, draft.member, draft.id)


async def _planned(turn: Turn, draft: Draft) -> None:
    """What gets a time for the first time gets a window too: nobody wants the news of last week."""
    one = draft.broadcast
    timed = one.send_at is not None or one.anchor is not None or draft.rule
    if not timed and not one.series and not one.options.window:
        options = replace(one.options, window=NOTICE_WINDOW)
        await drafting.set_options(turn.desk.office, draft.member, draft.id, options, turn.now)


async def set_time(turn: Turn, draft: Draft, at: datetime | None) -> tuple[Draft, Timed]:
    """Once, at a time or at once; TimePast."""
    if at is not None:
        await _planned(turn, draft)
    timed = await drafting.set_time(turn.desk.office, draft.member, draft.id, at, turn.now)
    return await load(turn, draft.member, draft.id), timed


async def set_repetition(turn: Turn, draft: Draft, rule: str, starts_at: datetime) -> Draft:
    """Again and again; BadRule."""
    await _planned(turn, draft)
    await drafting.set_repetition(turn.desk.office, draft.member, draft.id, rule, starts_at, turn.now)
    return await load(turn, draft.member, draft.id)


async def set_anchor(turn: Turn, draft: Draft, anchor: Anchor) -> Draft:
    """By an event's or campaign's date; DateUnknown, TimePast."""
    await _planned(turn, draft)
    directory = (await turn.desk.shelf.holdings()).directory
    await drafting.set_anchor(turn.desk.office, draft.member, draft.id, anchor, directory, turn.now)
    return await load(turn, draft.member, draft.id)
