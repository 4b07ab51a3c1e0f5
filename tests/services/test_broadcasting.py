"""Announcements from the first word to the account: who may, what is refused, what is written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import (
    SHOWN_FOR,
    Anchor,
    Audience,
    Body,
    Broadcast,
    LinkButton,
    Media,
    Missing,
    Options,
    State,
    Unknown,
    WrongState,
)
from bot.domain.deliveries import Delivery
from bot.domain.directory import Campaign, Directory, PartialDate, Status
from bot.domain.errors import StorageFailed
from bot.domain.markup import Fault
from bot.domain.news import Topic
from bot.domain.staff import ROLE_REMOVED, NotAllowed, Role, Staff
from bot.domain.text import LocalizedText
from bot.domain.text import State as TextState
from bot.services import accounting, correcting, drafting, releasing
from bot.services.auditing import examine
from bot.services.office import (
    Changed,
    DateUnknown,
    MediaFixed,
    NoBroadcast,
    NotADraft,
    NothingSent,
    NotReady,
    Obstacle,
    Office,
    SecondPerson,
    TextRefused,
    TimePast,
)
from bot.services.repeating import BadRule, weekly
from bot.services.scheduling import (
    ANCHOR_GONE,
    CAMPAIGN_OVER,
    GROWN,
    HOLIDAY,
    PAUSED_FOR,
    TOO_LATE,
    coming,
    tick,
)
from bot.storage.codec import encode
from bot.storage.store import Store, Transaction
from bot.storage.tables import deliveries
from bot.translation.bidi import isolate
from tests.services.sending import EVENTS, NOON, ZONE, fails_once, make_ledger, people, reads

KEY = b"a key of the log"
GAZETTEER = load_gazetteer()
DE = Body(locale="de", html="<b>Neu</b>\nmehr")
ALL_THREE = ("de", "ar", "uk")


@dataclass
class World:
    """An office with an author, two releasers and an admin, and somebody of an organisation."""

    office: Office
    author: Staff
    releaser: Staff
    second: Staff
    boss: Staff
    guest: Staff

    @property
    def store(self) -> Store:
        return self.office.store

    async def draft(self, who: Staff | None = None, *, texts: tuple[str, ...] = ALL_THREE) -> int:
        """A draft that is ready."""
        who = who or self.releaser
        draft = await drafting.start_draft(self.office, who, NOON, audience=EVENTS)
        for code in texts:
            body = Body(locale=code, html=f"<b>Neu</b> {code}")
            await drafting.set_text(self.office, who, draft.id, body, NOON)
        return draft.id

    async def sent(self, **states: Delivery) -> int:
        """A broadcast that was sent, with deliveries in states."""
        id = await self.draft()
        await releasing.approve(self.office, self.releaser, id, NOON)
        async with self.store.begin() as tx:
            await tx.move(id, State.SENDING)
            await tx.change(id, launched_at=NOON)
            await self.deliver(tx, id, *states.values())
            await tx.move(id, State.SENT)
            await tx.change(id, finished_at=NOON)
        return id

    @staticmethod
    async def deliver(tx: Transaction, id: int, *states: Delivery) -> None:
        for chat, state in enumerate(states, 1):
            row = {"broadcast_id": id, "chat_id": chat, "at": 0, "state": int(state), "locale": "de"}
            await tx._run(deliveries.insert(), row)

    async def get(self, id: int) -> Broadcast:
        async with self.store.read() as view:
            found = await view.broadcast(id)
        assert found is not None
        return found

    async def acts(self) -> list[tuple[int | None, str]]:
        """What the log says, which must be sound."""
        assert (await examine(self.store, KEY)).damage == ()
        async with self.store.read() as view:
            return [(one.staff_id, one.act) for one in await view.audit_entries()]

    async def take_role(self, who: Staff) -> None:
        async with self.store.begin() as tx:
            await tx.remove_staff(who.id, NOON)


@pytest.fixture
async def world(store: Store) -> World:
    return await _world(store)


@pytest.fixture
async def small(sqlite_store: Store) -> World:
    """The same for what the kind of database does not matter to."""
    return await _world(sqlite_store)


async def _world(store: Store) -> World:
    roles = [
        (Role.AUTHOR, None),
        (Role.RELEASER, None),
        (Role.RELEASER, None),
        (Role.ADMIN, None),
        (Role.RELEASER, "verein"),
    ]
    found = []
    async with store.begin() as tx:
        for chat, (role, organisation) in enumerate(roles, 101):
            await tx.choose_locale(chat, "private", "de", NOON)
            await tx.add_staff(chat, role, organisation, NOON)
            member = await tx.staff_of(chat)
            assert member is not None
            found.append(member)
    office = Office(
        store=store, gazetteer=GAZETTEER, zone=ZONE, two_person_from=5, audit_key=KEY, isolate=isolate
    )
    return World(office, *found)


# Drafts -------------------------------------------------------------------------------------------


async def test_a_draft_is_kept_and_resumed(world: World) -> None:
    office, author = world.office, world.author
    async with world.store.read() as view:
        assert await drafting.resume(view, author) is None
    draft = await drafting.start_draft(office, author, NOON, series="green")
    assert (draft.state, draft.author_id, draft.series) == (State.DRAFT, author.id, "green")
    await drafting.set_text(office, author, draft.id, DE, NOON)
    later = await drafting.start_draft(office, author, NOON)
    async with world.store.read() as view:
        member = await view.staff_of(author.chat_id or 0)
        assert member is not None
        assert member.editing == later.id
        assert await drafting.resume(view, member) == later
        found = await drafting.resume(view, replace(member, editing=None))
        assert found is not None
        assert found.id == later.id
        assert await drafting.resume(view, world.guest) is None
    assert (await world.get(draft.id)).name == "Neu"
    assert await drafting.drop_text(office, author, draft.id, "de", NOON)
    assert not await drafting.drop_text(office, author, draft.id, "de", NOON)
    assert (await world.get(draft.id)).name == ""
    assert [name for _, name in await world.acts()] == ["draft"] * 4


async def test_what_cannot_be_sent_is_refused_while_drafting(small: World) -> None:
    office, author = small.office, small.author
    draft = await drafting.start_draft(office, author, NOON)
    bad = [
        (Body(locale="de", html="x" * 4000), Fault.TOO_LONG),
        (Body(locale="de", html=" "), Fault.EMPTY),
        (Body(locale="de", html="<b>"), Fault.UNBALANCED),
        (Body(locale="de", html="x", buttons=(LinkButton(label="x", url="ftp://x"),)), Fault.BAD_LINK),
        (Body(locale="de", html="x", buttons=(LinkButton(label=" ", url="https://x.org"),)), Fault.EMPTY),
        (
            Body(locale="de", html="x", buttons=(LinkButton(label="x" * 65, url="https://x.org"),)),
            Fault.TOO_LONG,
        ),
        (Body(locale="de", html="x" * 900, media=Media.PHOTO, file_id="f"), Fault.TOO_LONG),
        (Body(locale="ar", html="ا\n1\n" * 950), Fault.TOO_LONG),
    ]
    for body, fault in bad:
        with pytest.raises(TextRefused) as refused:
            await drafting.set_text(office, author, draft.id, body, NOON)
        assert [one.fault for one in refused.value.problems] == [fault]
        assert body.locale in str(refused.value)
    with pytest.raises(ValueError, match="none of our languages"):
        await drafting.set_text(office, author, draft.id, Body(locale="xx", html="x"), NOON)
    async with small.store.read() as view:
        assert await view.bodies(draft.id) == {}


async def test_a_caption_may_be_empty(small: World) -> None:
    draft = await drafting.start_draft(small.office, small.author, NOON)
    body = Body(locale="de", html="", media=Media.PHOTO, file_id="f")
    await drafting.set_text(small.office, small.author, draft.id, body, NOON)
    async with small.store.read() as view:
        assert (await view.bodies(draft.id))["de"] == body


async def test_audience_options_and_expiry(small: World) -> None:
    office, author = small.office, small.author
    draft = await drafting.start_draft(office, author, NOON)
    options = Options(urgent=True)
    await drafting.set_audience(office, author, draft.id, EVENTS, NOON)
    await drafting.set_options(office, author, draft.id, options, NOON)
    await drafting.set_expiry(office, author, draft.id, NOON, NOON)
    found = await small.get(draft.id)
    assert (found.audience, found.options, found.expires_at) == (EVENTS, options, NOON)


async def test_times_of_the_towns_clocks(small: World) -> None:
    office, author = small.office, small.author
    id = (await drafting.start_draft(office, author, NOON)).id
    at_ten = datetime(2026, 12, 1, 10)
    assert await drafting.set_time(office, author, id, at_ten, NOON) == drafting.Timed(
        datetime(2026, 12, 1, 9, tzinfo=UTC)
    )
    gap = await drafting.set_time(office, author, id, datetime(2027, 3, 28, 2, 30), NOON)
    assert (gap.at, gap.shift) == (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "gap")
    fold = await drafting.set_time(office, author, id, datetime(2027, 10, 31, 2, 30), NOON)
    assert (fold.at, fold.shift) == (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "fold")
    soon = NOON - drafting.GRACE
    assert (await drafting.set_time(office, author, id, soon, NOON)).at == soon
    with pytest.raises(TimePast) as past:
        await drafting.set_time(office, author, id, soon - timedelta(seconds=1), NOON)
    assert past.value.at < soon
    assert await drafting.set_time(office, author, id, None, NOON) == drafting.Timed(None)
    assert (await small.get(id)).send_at is None


def campaign(**ends: int) -> Directory:
    ended = PartialDate(**ends) if ends else None
    return Directory.of(
        [
            Campaign(
                id="green",
                title=LocalizedText.of(de="Grün"),
                summary=LocalizedText.of(de="Grün"),
                verified=True,
                source="https://example.org",
                status=Status.ACTIVE,
                ended=ended,
            )
        ]
    )


async def test_relative_to_a_date(small: World) -> None:
    office, author = small.office, small.author
    id = (await drafting.start_draft(office, author, NOON)).id
    anchor = Anchor(record="campaign/green", days=-7)
    running = campaign(year=2026, month=12, day=10)
    at = await drafting.set_anchor(office, author, id, anchor, running, NOON)
    assert at == datetime(2026, 12, 3, 9, tzinfo=UTC)
    assert (await small.get(id)).anchor == anchor
    with pytest.raises(DateUnknown) as unknown:
        await drafting.set_anchor(office, author, id, anchor, campaign(), NOON)
    assert unknown.value.record == "campaign/green"
    with pytest.raises(TimePast):
        await drafting.set_anchor(office, author, id, replace(anchor, days=-30), running, NOON)
    await drafting.set_audience(office, author, id, EVENTS, NOON)
    await drafting.set_text(office, author, id, DE, NOON)
    async with small.store.begin() as tx:
        await tx.put_record(*running.campaigns[0].key, encode(running.campaigns[0]), None)
    done = await releasing.approve(office, small.releaser, id, NOON)
    assert (done.state, done.at) == (State.SCHEDULED, at)
    assert (await small.get(id)).send_at == at


async def test_what_hangs_on_a_date_is_planned_by_what_it_is_at_the_release(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.draft(texts=("de",))
    anchor = Anchor(record="campaign/green", days=-7)
    await drafting.set_anchor(office, releaser, id, anchor, campaign(year=2026, month=12, day=10), NOON)
    with pytest.raises(DateUnknown):
        await releasing.approve(office, releaser, id, NOON)
    (later,) = campaign(year=2026, month=12, day=17).campaigns
    async with world.store.begin() as tx:
        await tx.put_record(later.KIND, later.id, encode(later), None)
    approved = await releasing.approve(office, releaser, id, NOON)
    assert approved.at == datetime(2026, 12, 10, 9, tzinfo=UTC)
    assert (await world.get(id)).send_at == approved.at


async def planned_by_a_date(world: World, year: int, month: int, day: int) -> int:
    """A draft for seven days before a campaign ends; that end has moved since it was written."""
    id = await world.draft(texts=("de",))
    anchor = Anchor(record="campaign/green", days=-7)
    written = campaign(year=2026, month=12, day=10)
    await drafting.set_anchor(world.office, world.releaser, id, anchor, written, NOON)
    (found,) = campaign(year=year, month=month, day=day).campaigns
    async with world.store.begin() as tx:
        await tx.put_record(found.KIND, found.id, encode(found), None)
    return id


async def test_what_is_over_is_not_released(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await planned_by_a_date(small, 2026, 11, 29)
    await drafting.set_options(office, releaser, id, Options(window=60), NOON)
    with pytest.raises(TimePast) as past:
        await releasing.approve(office, releaser, id, NOON)
    assert past.value.at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (await small.get(id)).state is State.DRAFT
    await drafting.set_options(office, releaser, id, Options(), NOON)  # a day late is no matter then
    approved = await releasing.approve(office, releaser, id, NOON)
    assert approved.at == past.value.at
    on_the_day = await planned_by_a_date(small, 2026, 11, 23)
    with pytest.raises(TimePast):
        await releasing.approve(office, releaser, on_the_day, NOON)


async def test_what_hangs_on_a_campaign_that_has_ended_says_so(small: World) -> None:
    id = await planned_by_a_date(small, 2026, 12, 17)
    await releasing.approve(small.office, small.releaser, id, NOON)
    (written,) = campaign(year=2026, month=12, day=17).campaigns
    ended = replace(written, status=Status.ENDED)
    async with small.store.begin() as tx:
        await tx.put_record(ended.KIND, ended.id, encode(ended), None)
    assert (await tick(small.store, Directory.of((ended,)), NOON, ZONE)).paused == (id,)
    assert (await small.get(id)).pause_reason == CAMPAIGN_OVER


async def test_a_pause_for_a_date_that_is_gone_is_no_trap(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await planned_by_a_date(small, 2026, 12, 17)
    await releasing.approve(office, releaser, id, NOON)
    (gone,) = campaign().campaigns
    async with small.store.begin() as tx:
        await tx.put_record(gone.KIND, gone.id, encode(gone), None)
        await tx.move(id, State.PAUSED, reason=ANCHOR_GONE)
    with pytest.raises(DateUnknown):
        await releasing.resume_sending(office, releaser, id, NOON)
    assert (await small.get(id)).pause_reason == ANCHOR_GONE
    (again,) = campaign(year=2026, month=11, day=23).campaigns
    async with small.store.begin() as tx:
        await tx.put_record(again.KIND, again.id, encode(again), None)
    with pytest.raises(TimePast):
        await releasing.resume_sending(office, releaser, id, NOON)
    assert (await releasing.send_back(office, releaser, id, NOON)).state is State.DRAFT
    await drafting.set_time(office, releaser, id, None, NOON)
    assert (await releasing.approve(office, releaser, id, NOON)).at == NOON


async def test_what_waited_for_its_date_goes_on_at_the_new_one(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await planned_by_a_date(small, 2026, 12, 17)
    await releasing.approve(office, releaser, id, NOON)
    (later,) = campaign(year=2027, month=1, day=11).campaigns
    async with small.store.begin() as tx:
        await tx.move(id, State.PAUSED, reason=ANCHOR_GONE)
        await tx.put_record(later.KIND, later.id, encode(later), None)
    assert await releasing.resume_sending(office, releaser, id, NOON) is State.SCHEDULED
    found = await small.get(id)
    assert found.send_at == datetime(2027, 1, 4, 9, tzinfo=UTC)
    assert found.expires_at == found.send_at + SHOWN_FOR


async def test_a_repetition_becomes_a_template_and_ends(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.draft()
    starts = datetime(2026, 11, 30, 9, tzinfo=UTC)
    with pytest.raises(BadRule):
        await drafting.set_repetition(office, releaser, id, "FREQ=HOURLY", starts, NOON)
    first = await drafting.set_repetition(office, releaser, id, weekly((0,)), starts, NOON)
    assert first == starts
    seen = await drafting.preview(office, releaser, id, NOON)
    assert seen.schedule is not None
    assert seen.schedule.next_at is None
    done = await releasing.approve(office, releaser, id, NOON)
    assert (done.state, done.at) == (State.TEMPLATE, starts)
    async with world.store.read() as view:
        assert [one.next_at for one in await view.schedules()] == [starts]
    await releasing.send_back(office, releaser, id, NOON)
    async with world.store.read() as view:
        assert [one.next_at for one in await view.schedules()] == [None]
    await drafting.set_time(office, releaser, id, None, NOON)
    async with world.store.read() as view:
        assert await view.schedules() == ()
    await drafting.set_repetition(office, releaser, id, weekly((0,)), starts, NOON)
    await releasing.approve(office, releaser, id, NOON)
    await releasing.cancel(office, releaser, id, NOON)
    assert not (await world.get(id)).ended
    async with world.store.read() as view:
        assert [one.next_at for one in await view.schedules()] == [None]


async def test_discarding(small: World) -> None:
    office, author = small.office, small.author
    first = (await drafting.start_draft(office, author, NOON)).id
    second = (await drafting.start_draft(office, author, NOON)).id
    await drafting.discard(office, author, first, NOON)
    async with small.store.read() as view:
        member = await view.staff_member(author.id)
    assert member is not None
    assert member.editing == second
    await drafting.discard(office, author, second, NOON)
    async with small.store.read() as view:
        member = await view.staff_member(author.id)
    assert member is not None
    assert member.editing is None
    assert (await small.get(first)).state is State.CANCELLED
    with pytest.raises(NotADraft):
        await drafting.set_text(office, author, first, DE, NOON)


async def test_an_event_is_chosen_for_all_texts_or_for_none(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.draft()
    await drafting.set_text(office, releaser, id, Body(locale="tr", html="x" * 3_700), NOON)
    async with world.store.read() as view:
        before = await view.bodies(id)
    with pytest.raises(TextRefused) as refused:
        await drafting.set_event(office, releaser, id, "fest", NOON)
    assert refused.value.locale == "tr"
    async with world.store.read() as view:
        assert await view.bodies(id) == before
    await drafting.drop_text(office, releaser, id, "tr", NOON)
    acts = len(await world.acts())
    for event in ("fest", ""):
        await drafting.set_event(office, releaser, id, event, NOON)
        async with world.store.read() as view:
            assert {body.event_id for body in (await view.bodies(id)).values()} == {event}
    assert len(await world.acts()) == acts + 2
    await releasing.approve(office, releaser, id, NOON)
    with pytest.raises(NotADraft):
        await drafting.set_event(office, releaser, id, "fest", NOON)


async def test_nothing_goes_out_but_the_revision_that_was_looked_at(world: World) -> None:
    office, author, releaser, second = world.office, world.author, world.releaser, world.second
    id = await world.draft(author)
    with reads(world.store) as asked:
        looked_at = await drafting.preview(office, author, id, NOON)
    assert not any("FROM audit" in statement for statement in asked), "the log is long"
    await drafting.set_text(office, author, id, replace(DE, html="Anders"), NOON)
    with pytest.raises(Changed):
        await releasing.approve(office, author, id, NOON, revision=looked_at.revision)
    seen = await drafting.preview(office, author, id, NOON)
    assert (await releasing.approve(office, author, id, NOON, revision=seen.revision)).state is State.REVIEW
    waiting = await drafting.preview(office, releaser, id, NOON)
    await releasing.send_back(office, second, id, NOON)
    await releasing.approve(office, author, id, NOON)
    with pytest.raises(Changed):
        await releasing.release(office, releaser, id, NOON, revision=waiting.revision)
    again = await drafting.preview(office, releaser, id, NOON)
    done = await releasing.release(office, releaser, id, NOON, revision=again.revision)
    assert done.state is State.SCHEDULED


async def test_earlier_ones_are_found_by_one_question_however_many_there_are(small: World) -> None:
    for _ in range(3):
        await small.sent()
    async with small.store.read() as view:
        with reads(small.store) as asked:
            found = await drafting.templates(view, small.releaser)
    assert (len(found), len(asked)) == (3, 1)


async def test_earlier_ones_are_templates(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.sent()
    async with small.store.begin() as tx:
        bare = await tx.draft(None, NOON)
        await tx.move(bare, State.CANCELLED)
    async with small.store.read() as view:
        assert [one.id for one in await drafting.templates(view, releaser)] == [id]
        assert await drafting.templates(view, small.guest) == ()
    copy = await drafting.from_template(office, small.author, id, NOON)
    assert (copy.state, copy.author_id, copy.audience) == (State.DRAFT, small.author.id, EVENTS)
    async with small.store.read() as view:
        assert set(await view.bodies(copy.id)) == set(ALL_THREE)
        member = await view.staff_member(small.author.id)
    assert member is not None
    assert member.editing == copy.id


async def test_whatever_went_out_is_an_earlier_one_also_while_some_wait(small: World) -> None:
    ways = {
        (State.SENDING,): True,
        (State.SENDING, State.PAUSED): True,
        (State.SENDING, State.PAUSED, State.MISSED): True,
        (State.PAUSED,): False,
        (State.PAUSED, State.MISSED): False,
    }
    wanted = []
    for way, earlier in ways.items():
        id = await small.draft()
        await releasing.approve(small.office, small.releaser, id, NOON)
        async with small.store.begin() as tx:
            for one in way:
                await tx.move(id, one)
            await tx.change(id, launched_at=NOON if State.SENDING in way else None)
        wanted += [id] if earlier else []
    async with small.store.read() as view:
        assert [one.id for one in await drafting.templates(view, small.releaser)] == wanted[::-1]


async def test_a_draft_from_elsewhere_takes_nothing_out_of_somebodys_hand(small: World) -> None:
    office, releaser = small.office, small.releaser
    mine = await drafting.start_draft(office, releaser, NOON)
    async with small.store.begin() as tx:
        await tx.take_in_hand(releaser.id, mine.id, "a text")
    other = await drafting.start_draft(office, releaser, NOON, audience=EVENTS, in_hand=False)
    await drafting.set_options(office, releaser, other.id, Options(missing=Missing.FALLBACK), NOON)
    await drafting.set_text(office, releaser, other.id, DE, NOON)
    await releasing.approve(office, releaser, other.id, NOON)
    async with small.store.read() as view:
        member = await view.staff_member(releaser.id)
    assert member is not None
    assert (member.editing, member.expecting) == (mine.id, "a text")


# Rights and scope ---------------------------------------------------------------------------------


async def test_staff_of_an_organisation_keep_to_it(world: World) -> None:
    office, guest = world.office, world.guest
    other = await world.draft()
    own = await drafting.start_draft(office, guest, NOON)
    assert own.organisation_id == "verein"
    await drafting.set_text(office, guest, own.id, DE, NOON)
    with pytest.raises(NoBroadcast):
        await drafting.set_text(office, guest, other, DE, NOON)
    with pytest.raises(NoBroadcast):
        await drafting.preview(office, guest, 99, NOON)
    async with world.store.read() as view:
        assert [one.id for one in await accounting.listed(view, guest)] == [own.id]
        assert [one.id for one in await accounting.listed(view, world.boss, State.DRAFT)] == [own.id, other]


async def test_who_lost_the_role_can_do_nothing(small: World) -> None:
    id = await small.draft()
    await small.take_role(small.releaser)
    for attempt in (
        releasing.pause,
        releasing.cancel,
        releasing.withdraw,
        releasing.resume_sending,
        releasing.send_back,
        releasing.approve,
    ):
        with pytest.raises(NotAllowed):
            await attempt(small.office, small.releaser, id, NOON)
    with pytest.raises(NotAllowed):
        await drafting.start_draft(small.office, small.releaser, NOON)
    with pytest.raises(NotAllowed):
        await drafting.start_draft(small.office, replace(small.boss, chat_id=None), NOON)
    with pytest.raises(NotAllowed):  # somebody else's chat
        await drafting.start_draft(small.office, replace(small.boss, chat_id=small.author.chat_id), NOON)


async def test_what_vanishes_or_changes_hands_meanwhile(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the lock."""
    from bot.services.office import handled

    id = await small.draft(small.author)
    async with small.store.begin() as tx:
        found = await tx.hold_broadcast(id)
        assert found is not None

        async def gone(_: int) -> None:
            return None

        async def taken(_: int) -> Broadcast:
            return replace(found, author_id=small.second.id)

        monkeypatch.setattr(tx, "hold_broadcast", gone)
        with pytest.raises(NoBroadcast):
            await handled(tx, small.author, id, Role.AUTHOR)
        monkeypatch.setattr(tx, "hold_broadcast", taken)
        with pytest.raises(NotAllowed):
            await handled(tx, small.author, id, Role.RELEASER, own=True)


# Preview ------------------------------------------------------------------------------------------


async def test_the_preview_counts_exactly(world: World) -> None:
    office, releaser = world.office, world.releaser
    await people(world.store, range(1, 7))
    id = await world.draft(texts=("de",))
    seen = await drafting.preview(office, releaser, id, NOON)
    assert seen.counts == {"de": 2, "ar": 2, "uk": 2}
    assert (seen.total, seen.reached, seen.missing) == (6, 2, {"ar": 2, "uk": 2})
    assert seen.second_person
    assert seen.obstacles == (Obstacle.MISSING_TEXTS,)
    await drafting.set_options(office, releaser, id, Options(missing=Missing.FALLBACK), NOON)
    seen = await drafting.preview(office, releaser, id, NOON)
    assert (seen.reached, seen.missing, seen.obstacles) == (6, {}, ())
    await drafting.set_options(office, releaser, id, Options(missing=Missing.OTHERS), NOON)
    seen = await drafting.preview(office, releaser, id, NOON)
    assert (seen.reached, seen.obstacles) == (2, ())
    town = replace(EVENTS, areas=frozenset({"town:schwerin"}), locales=frozenset({"de"}))
    await drafting.set_audience(office, releaser, id, town, NOON)
    assert (await drafting.preview(office, releaser, id, NOON)).counts == {"de": 2}


async def test_the_preview_leaves_out_who_got_something(world: World) -> None:
    office, releaser = world.office, world.releaser
    await people(world.store, range(1, 4))
    earlier = await world.sent(one=Delivery.SENT, two=Delivery.SKIPPED)
    async with world.store.begin() as tx:
        await tx._run(deliveries.update().values(at=int(NOON.timestamp()) - 60))
    id = await world.draft()
    await drafting.set_audience(office, releaser, id, replace(EVENTS, not_within=24), NOON)
    seen = await drafting.preview(office, releaser, id, NOON)
    assert (seen.total, seen.excluded) == (2, 1)
    assert earlier != id


async def test_obstacles(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = (await drafting.start_draft(office, releaser, NOON)).id
    with pytest.raises(NotReady) as refused:
        await releasing.approve(office, releaser, id, NOON)
    assert refused.value.obstacles == (Obstacle.NO_AUDIENCE, Obstacle.NO_TEXT)
    await drafting.set_audience(office, releaser, id, EVENTS, NOON)
    async with small.store.begin() as tx:
        await tx.put_body(id, Body(locale="de", html="x" * 5000))
    await people(small.store, [1], locales=("uk",))
    with pytest.raises(NotReady) as refused:
        await releasing.approve(office, releaser, id, NOON)
    assert refused.value.obstacles == (Obstacle.MISSING_TEXTS, Obstacle.PROBLEMS)
    assert refused.value.missing == {"uk": 1}
    assert "uk: 1" in str(refused.value)


# Approving ----------------------------------------------------------------------------------------


async def test_a_releaser_approves_and_it_is_planned(world: World) -> None:
    id = await world.draft()
    done = await releasing.approve(world.office, world.releaser, id, NOON)
    assert (done.state, done.at, done.override, done.tell) == (State.SCHEDULED, NOON, False, ())
    found = await world.get(id)
    assert (found.state, found.releaser_id, found.name) == (State.SCHEDULED, world.releaser.id, "Neu de")
    assert (found.send_at, found.expires_at) == (NOON, NOON + SHOWN_FOR)
    assert (await world.acts())[-1] == (world.releaser.id, "approve")
    with pytest.raises(WrongState):
        await releasing.approve(world.office, world.releaser, id, NOON)
    with pytest.raises(WrongState):
        await releasing.release(world.office, world.second, id, NOON)


async def test_an_author_needs_somebody_who_may(world: World) -> None:
    office, author = world.office, world.author
    id = await world.draft(author)
    with pytest.raises(NotAllowed):
        await releasing.approve(office, author, id, NOON, override=True)
    done = await releasing.approve(office, author, id, NOON)
    assert (done.state, done.at) == (State.REVIEW, None)
    with pytest.raises(NotADraft):
        await drafting.set_text(office, author, id, DE, NOON)
    with pytest.raises(NotAllowed):
        await releasing.release(office, author, id, NOON)
    later = NOON + timedelta(hours=1)
    done = await releasing.release(office, world.releaser, id, later)
    assert (done.state, done.at) == (State.SCHEDULED, later)
    assert (await world.acts())[-2:] == [(author.id, "submit"), (world.releaser.id, "release")]


async def test_what_waited_beyond_its_time_and_window_is_not_released(world: World) -> None:
    office, author, releaser = world.office, world.author, world.releaser
    id = await world.draft(author)
    due = NOON + timedelta(hours=1)
    await drafting.set_time(office, author, id, due, NOON)
    await drafting.set_options(office, author, id, Options(window=60), NOON)
    assert (await releasing.approve(office, author, id, NOON)).state is State.REVIEW
    late = due + timedelta(minutes=61)
    assert (await drafting.preview(office, releaser, id, late)).late == due
    with pytest.raises(TimePast) as past:
        await releasing.release(office, releaser, id, late)
    assert past.value.at == due
    assert (await world.get(id)).state is State.REVIEW, "nothing goes out"
    assert (await drafting.preview(office, releaser, id, late - timedelta(minutes=1))).late is None
    assert not await tick(world.store, Directory.of(()), late - timedelta(minutes=1), ZONE)
    # It is a draft again by itself; its author is told why.
    assert (await tick(world.store, Directory.of(()), late, ZONE)).returned == (id,)
    found = await world.get(id)
    assert (found.state, found.pause_reason, found.told) == (State.DRAFT, TOO_LATE, "review")
    with pytest.raises(TimePast):
        await releasing.approve(office, author, id, late)
    await drafting.set_time(office, author, id, None, late)
    await releasing.approve(office, author, id, late)
    assert not await tick(world.store, Directory.of(()), late + timedelta(days=9), ZONE), "it has no time"
    assert (await releasing.release(office, releaser, id, late)).at == late


async def test_a_repetition_that_waits_has_its_next_time(world: World) -> None:
    id = await world.draft(world.author)
    await drafting.set_repetition(world.office, world.author, id, weekly([0]), NOON, NOON)
    await drafting.set_options(world.office, world.author, id, Options(window=60), NOON)
    await releasing.approve(world.office, world.author, id, NOON)
    later = NOON + timedelta(days=30)
    assert not await tick(world.store, Directory.of(()), later, ZONE)
    assert (await releasing.release(world.office, world.releaser, id, later)).state is State.TEMPLATE


async def test_what_is_released_at_the_moment_of_the_tick_is_not_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await world.draft(world.author)
    await releasing.approve(world.office, world.author, id, NOON)
    hold = Transaction.hold_broadcast

    async def faster(tx: Transaction, held: int) -> Broadcast | None:
        await tx.move(held, State.SCHEDULED)
        return await hold(tx, held)

    monkeypatch.setattr(Transaction, "hold_broadcast", faster)
    assert not await tick(world.store, Directory.of(()), NOON, ZONE)
    assert (await world.get(id)).state is State.SCHEDULED


async def test_many_recipients_need_two(world: World) -> None:
    office, releaser = world.office, world.releaser
    await people(world.store, range(1, 6))
    id = await world.draft()
    assert (await releasing.approve(office, releaser, id, NOON)).state is State.REVIEW
    with pytest.raises(SecondPerson) as refused:
        await releasing.release(office, releaser, id, NOON)
    assert refused.value.recipients == 5
    back = await releasing.send_back(office, world.second, id, NOON)
    assert back.state is State.DRAFT
    # Who changes it has written it: a change of the second person needs the first again.
    await drafting.set_text(office, world.second, id, DE, NOON)
    assert (await releasing.approve(office, world.second, id, NOON)).state is State.REVIEW
    assert (await releasing.release(office, releaser, id, NOON)).state is State.SCHEDULED


async def test_who_wrote_stays_one_of_two_whoever_changes_something_else(world: World) -> None:
    office, releaser, second = world.office, world.releaser, world.second
    await people(world.store, range(1, 6))
    id = await world.draft()
    await drafting.set_options(office, second, id, Options(first=20), NOON)
    assert (await world.get(id)).author_id == second.id
    seen = await drafting.preview(office, releaser, id, NOON)
    assert [seen.alone(who.id) for who in (releaser, second, world.boss)] == [True, True, False]
    assert (await releasing.approve(office, releaser, id, NOON)).state is State.REVIEW
    with pytest.raises(SecondPerson):
        await releasing.release(office, releaser, id, NOON)
    # The option was handed over by the other one; the texts are looked at now.
    assert (await releasing.release(office, second, id, NOON)).state is State.SCHEDULED


async def test_a_set_time_respects_public_holidays_as_chosen(small: World) -> None:
    christmas = datetime(2026, 12, 25, 9, tzinfo=UTC)
    directory = Directory.of(())
    for options, expected in (
        (Options(), christmas),
        (Options(move_holidays=True), datetime(2026, 12, 28, 9, tzinfo=UTC)),
        (Options(skip_holidays=True), christmas),
    ):
        id = await small.draft()
        await drafting.set_options(small.office, small.releaser, id, options, NOON)
        await drafting.set_time(small.office, small.releaser, id, christmas, NOON)
        assert (await releasing.approve(small.office, small.releaser, id, NOON)).at == expected
    async with small.store.read() as view:
        lines = await coming(view, NOON, NOON + timedelta(days=60), ZONE)
    assert [line.left_out for line in lines] == [False, True, False]
    assert (await tick(small.store, directory, christmas, ZONE)).missed == (id,)
    assert (await small.get(id)).pause_reason == HOLIDAY


async def test_at_once_is_at_once_on_a_public_holiday_too(small: World) -> None:
    christmas = datetime(2026, 12, 25, 9, tzinfo=UTC)
    for options in (Options(move_holidays=True), Options(skip_holidays=True)):
        id = await small.draft()
        await drafting.set_options(small.office, small.releaser, id, options, NOON)
        assert (await releasing.approve(small.office, small.releaser, id, christmas)).at == christmas
        await tick(small.store, Directory.of(()), christmas, ZONE)
        assert (await small.get(id)).state is State.SCHEDULED


async def test_handing_ones_own_over_is_no_second_look(small: World) -> None:
    office, releaser, second = small.office, small.releaser, small.second
    await people(small.store, range(1, 6))
    id = await small.draft()
    await releasing.approve(office, releaser, id, NOON)
    await releasing.send_back(office, releaser, id, NOON)
    await drafting.set_time(office, second, id, NOON + timedelta(days=1), NOON)
    assert (await releasing.approve(office, releaser, id, NOON)).state is State.REVIEW


async def test_a_second_person_may_approve_the_draft_itself(small: World) -> None:
    await people(small.store, range(1, 6))
    id = await small.draft()
    done = await releasing.approve(small.office, small.second, id, NOON)
    assert (done.state, done.override) == (State.SCHEDULED, False)
    assert (await small.acts())[-1] == (small.second.id, "release")


async def test_an_emergency_goes_without_and_the_admins_are_told(world: World) -> None:
    await people(world.store, range(1, 6))
    for handed_in in (False, True):
        id = await world.draft()
        if handed_in:
            await releasing.approve(world.office, world.releaser, id, NOON)
            done = await releasing.release(world.office, world.releaser, id, NOON, override=True)
        else:
            done = await releasing.approve(world.office, world.releaser, id, NOON, override=True)
        assert (done.state, done.override, done.recipients) == (State.SCHEDULED, True, 5)
        assert [one.id for one in done.tell] == [world.boss.id]
        assert (await world.acts())[-1] == (world.releaser.id, "override")


async def test_an_override_that_nobody_needs_is_none(small: World) -> None:
    id = await small.draft()
    done = await releasing.approve(small.office, small.releaser, id, NOON, override=True)
    assert (done.override, done.tell) == (False, ())


# More than when it was released ------------------------------------------------------------------


async def time_has_come(world: World, id: int, now: datetime) -> Broadcast:
    """What the sender makes of it when it is due."""
    ledger = make_ledger(world.store, two_person_from=world.office.two_person_from)
    async with world.store.begin() as tx:
        lease = await tx.take_lease("test", await tx.lease())
    assert lease is not None
    await ledger.begin(lease, await world.get(id), now)
    return await world.get(id)


async def planned(world: World, who: Staff | None = None) -> tuple[int, datetime]:
    """A ready draft for tomorrow."""
    id, at = await world.draft(who), NOON + timedelta(days=1)
    await drafting.set_time(world.office, who or world.releaser, id, at, NOON)
    return id, at


async def test_what_grew_too_much_for_one_person_waits_for_a_second(world: World) -> None:
    office, releaser, second = world.office, world.releaser, world.second
    id, at = await planned(world)
    assert (await releasing.approve(office, releaser, id, NOON)).state is State.SCHEDULED
    await people(world.store, range(1, 6))
    found = await time_has_come(world, id, at)
    assert (found.state, found.pause_reason, found.launched_at) == (State.REVIEW, GROWN, None)
    assert found.told == State.SCHEDULED.value, "that it waits is news"
    with pytest.raises(SecondPerson):
        await releasing.release(office, releaser, id, at)
    done = await releasing.release(office, second, id, at)
    assert (done.state, done.override) == (State.SCHEDULED, False)
    assert (await time_has_come(world, id, at)).state is State.SENDING
    assert [act for _, act in await world.acts()][-2:] == ["approve", "release"]


async def test_in_an_emergency_it_goes_out_however_many_it_is_for_by_now(small: World) -> None:
    office, releaser = small.office, small.releaser
    id, at = await planned(small)
    await releasing.approve(office, releaser, id, NOON)
    await people(small.store, range(1, 6))
    assert (await time_has_come(small, id, at)).state is State.REVIEW
    done = await releasing.release(office, releaser, id, at, override=True)
    assert done.override
    assert [one.id for one in done.tell] == [small.boss.id]
    assert (await time_has_come(small, id, at)).state is State.SENDING


async def test_what_stayed_small_or_two_have_seen_goes_out(small: World) -> None:
    office = small.office
    alone, at = await planned(small)
    await releasing.approve(office, small.releaser, alone, NOON)
    seen, _at = await planned(small, small.author)
    await releasing.approve(office, small.author, seen, NOON)
    await releasing.release(office, small.releaser, seen, NOON)
    await people(small.store, range(1, 5))
    assert (await time_has_come(small, alone, at)).state is State.SENDING
    await people(small.store, range(5, 9))
    with reads(small.store) as asked:
        assert (await time_has_come(small, seen, at)).state is State.SENDING
    assert not [one for one in asked if "recipients" in one], "nobody is counted for it"


async def test_where_only_a_district_is_meant_its_people_are_counted(small: World) -> None:
    id, at = await planned(small)
    there = replace(EVENTS, areas=frozenset({"town:schwerin"}))
    await drafting.set_audience(small.office, small.releaser, id, there, NOON)
    await releasing.approve(small.office, small.releaser, id, NOON)
    await people(small.store, range(1, 6), area="town:wismar")
    assert (await time_has_come(small, id, at)).state is State.SENDING


async def test_what_was_released_anew_meanwhile_is_looked_at_anew(small: World) -> None:
    id, at = await planned(small)
    await releasing.approve(small.office, small.releaser, id, NOON)
    before = await small.get(id)
    await releasing.send_back(small.office, small.releaser, id, NOON)
    await releasing.approve(small.office, small.second, id, NOON)
    async with small.store.begin() as tx:
        lease = await tx.take_lease("test", None)
    assert lease is not None
    await make_ledger(small.store).begin(lease, before, at)
    assert (await small.get(id)).state is State.SCHEDULED
    assert (await time_has_come(small, id, at)).state is State.SENDING


@pytest.mark.parametrize("gone", [False, True])
async def test_each_time_of_a_repetition_is_looked_at_like_its_template(world: World, gone: bool) -> None:
    office, releaser, second = world.office, world.releaser, world.second
    id, starts = await world.draft(), NOON + timedelta(days=1)
    await drafting.set_repetition(office, releaser, id, weekly((1,)), starts, NOON)
    assert (await releasing.approve(office, releaser, id, NOON)).state is State.TEMPLATE
    await people(world.store, range(1, 6))
    (child,) = (await tick(world.store, Directory.of(()), starts, ZONE)).made
    assert (await time_has_come(world, child, starts)).state is State.REVIEW
    if gone:  # nobody knows any more who wrote the template
        await releasing.send_back(office, releaser, id, starts)
        await drafting.set_time(office, releaser, id, None, starts)
    with pytest.raises(SecondPerson):
        await releasing.release(office, releaser, child, starts)
    await releasing.release(office, second, child, starts)
    assert (await time_has_come(world, child, starts)).state is State.SENDING


async def test_a_repetition_that_two_have_seen_is_not_held_up(small: World) -> None:
    office, starts = small.office, NOON + timedelta(days=1)
    id = await small.draft(small.author)
    await drafting.set_repetition(office, small.author, id, weekly((1,)), starts, NOON)
    await releasing.approve(office, small.author, id, NOON)
    await releasing.release(office, small.releaser, id, NOON)
    await people(small.store, range(1, 6))
    (child,) = (await tick(small.store, Directory.of(()), starts, ZONE)).made
    assert (await time_has_come(small, child, starts)).state is State.SENDING


class Meddling:
    """A store in which somebody changes a draft just before the first transaction of somebody else."""

    def __init__(self, store: Store, change: str, id: int) -> None:
        self._store, self._change, self._id = store, change, id
        self.read = store.read

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        change, self._change = self._change, ""
        async with self._store.begin() as tx:
            match change:
                case "body":
                    await tx.put_body(self._id, Body(locale="de", html="Anders"))
                case "audience":
                    await tx.change(self._id, audience=Audience(topics=frozenset({Topic.WORK})))
                case "schedule":
                    await tx.add_schedule(self._id, weekly((0,)), NOON, None)
        async with self._store.begin() as tx:
            yield tx


@pytest.mark.parametrize("change", ["body", "audience", "schedule"])
@pytest.mark.parametrize("handed_in", [False, True])
async def test_what_is_approved_is_what_was_counted(small: World, change: str, handed_in: bool) -> None:
    id = await small.draft(small.author)
    if handed_in:
        await releasing.approve(small.office, small.author, id, NOON)
    store = cast("Store", Meddling(small.store, change, id))
    office = replace(small.office, store=store)
    decide = releasing.release if handed_in else releasing.approve
    done = await decide(office, small.releaser, id, NOON)
    assert done.state is (State.TEMPLATE if change == "schedule" else State.SCHEDULED)
    assert (await small.get(id)).name == ("Anders" if change == "body" else "Neu de")


async def test_a_later_time_and_an_own_expiry_stay(small: World) -> None:
    id = await small.draft()
    at, until = NOON + timedelta(days=1), NOON + timedelta(days=3)
    await drafting.set_time(small.office, small.releaser, id, at, NOON)
    await drafting.set_expiry(small.office, small.releaser, id, until, NOON)
    assert (await releasing.approve(small.office, small.releaser, id, NOON)).at == at
    assert (await small.get(id)).expires_at == until


async def test_the_time_in_the_archive_moves_with_the_time_it_goes_out(small: World) -> None:
    office, author, week = small.office, small.author, timedelta(days=7)
    id = await small.draft(author)
    assert (await small.get(id)).expires_at is None
    await drafting.set_expiry(office, author, id, NOON + week, NOON)
    february = NOON + timedelta(days=80)
    await drafting.set_time(office, author, id, february, NOON)
    assert (await small.get(id)).expires_at == february + week
    await drafting.set_time(office, author, id, february - week, NOON)
    assert (await small.get(id)).expires_at == february
    anchor = Anchor(record="campaign/green", days=-7)
    at = await drafting.set_anchor(office, author, id, anchor, campaign(year=2026, month=12, day=10), NOON)
    assert (await small.get(id)).expires_at == at + week
    await drafting.set_time(office, author, id, None, NOON)
    assert (await small.get(id)).expires_at == NOON + week
    # What would be over before it goes out is shown for the usual time.
    later = NOON + timedelta(days=8)
    await drafting.set_time(office, author, id, later + week, later)
    assert (await small.get(id)).expires_at is None


# Stopping, going on, taking back ------------------------------------------------------------------


async def test_pausing_and_going_on(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.draft(world.author)
    await releasing.approve(office, releaser, id, NOON)
    await releasing.pause(office, world.author, id, NOON)  # one's own
    assert (await world.get(id)).state is State.PAUSED
    with pytest.raises(NotAllowed):
        await releasing.resume_sending(office, world.author, id, NOON)
    assert await releasing.resume_sending(office, releaser, id, NOON) is State.SCHEDULED
    with pytest.raises(WrongState):
        await releasing.resume_sending(office, releaser, id, NOON)
    async with world.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
    await releasing.pause(office, releaser, id, NOON)
    assert await releasing.resume_sending(office, releaser, id, NOON) is State.SENDING
    assert (await world.get(id)).told == "sending"  # so that the next pause is news
    assert [name for _, name in await world.acts()][-4:] == ["pause", "resume", "pause", "resume"]


async def test_who_goes_on_opens_the_window_anew(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.draft()
    await drafting.set_options(office, releaser, id, Options(window=60), NOON)
    await releasing.approve(office, releaser, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
    await releasing.pause(office, releaser, id, NOON)
    later = NOON + timedelta(hours=20)
    assert await releasing.resume_sending(office, releaser, id, later) is State.SENDING
    found = await small.get(id)
    assert (found.send_at, found.expires_at) == (later, later + SHOWN_FOR)
    # Paused once more it waits as long as it did for the first time.
    await releasing.pause(office, releaser, id, later)
    assert not await tick(small.store, Directory.of(()), later + PAUSED_FOR, ZONE)


async def test_what_speaks_of_a_date_that_is_over_does_not_go_on(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await planned_by_a_date(small, 2026, 12, 1)
    approved = await releasing.approve(office, releaser, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=approved.at)
    await releasing.pause(office, releaser, id, NOON)
    with pytest.raises(TimePast) as past:
        await releasing.resume_sending(office, releaser, id, datetime(2026, 12, 1, 8, tzinfo=UTC))
    assert past.value.at == approved.at
    found = await small.get(id)
    assert (found.state, found.send_at) == (State.PAUSED, approved.at)


async def test_only_ones_own_can_be_stopped_without_the_role(small: World) -> None:
    id = await small.draft()
    await releasing.approve(small.office, small.releaser, id, NOON)
    with pytest.raises(NotAllowed):
        await releasing.pause(small.office, small.author, id, NOON)


async def test_who_goes_on_after_a_lost_role_has_released_it(small: World) -> None:
    office = small.office
    await people(small.store, range(1, 6))
    id = await small.draft()
    await releasing.approve(office, small.second, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(id, State.PAUSED, reason=ROLE_REMOVED)
    with pytest.raises(SecondPerson):
        await releasing.resume_sending(office, small.releaser, id, NOON)
    assert await releasing.resume_sending(office, small.boss, id, NOON) is State.SCHEDULED
    assert (await small.get(id)).releaser_id == small.boss.id


async def test_what_some_have_is_no_draft_again(small: World) -> None:
    id = await small.draft()
    await releasing.approve(small.office, small.releaser, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
        await tx.move(id, State.PAUSED)
        await tx.move(id, State.MISSED)
    with pytest.raises(WrongState):
        await releasing.send_back(small.office, small.releaser, id, NOON)
    await releasing.withdraw(small.office, small.releaser, id, NOON)
    assert (await small.get(id)).state is State.WITHDRAWN


async def test_cancelling(small: World) -> None:
    office, releaser = small.office, small.releaser
    planned, running = await small.draft(), await small.draft()
    for id in (planned, running):
        await releasing.approve(office, releaser, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(running, State.SENDING)
        await tx.change(running, launched_at=NOON)
    await releasing.cancel(office, releaser, planned, NOON)
    await releasing.cancel(office, releaser, running, NOON)
    assert (await small.get(planned)).finished_at == NOON
    assert (await small.get(running)).finished_at is None  # the sender has to tidy up
    with pytest.raises(WrongState):
        await releasing.cancel(office, releaser, planned, NOON)


async def test_withdrawing(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.sent(one=Delivery.SENT)
    await releasing.withdraw(office, releaser, id, NOON)
    async with small.store.read() as view:
        (edit,) = await view.open_edits()
    assert (edit.withdraw, edit.locale, edit.broadcast_id) == (True, None, id)
    paused = await small.draft()
    await releasing.approve(office, releaser, paused, NOON)
    await releasing.pause(office, releaser, paused, NOON)
    await releasing.withdraw(office, releaser, paused, NOON)
    assert (await small.get(paused)).finished_at == NOON
    async with small.store.read() as view:
        assert await view.edits(paused) == ()


async def test_sending_again(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.sent(one=Delivery.SENT, two=Delivery.REJECTED, three=Delivery.UNKNOWN)
    assert await releasing.resend_failed(office, releaser, id, NOON) == 1
    found = await world.get(id)
    assert (found.state, found.finished_at) == (State.SENDING, None)
    assert await releasing.resend_failed(office, releaser, id, NOON, include_unknown=True) == 1
    async with world.store.read() as view:
        tally = await view.tally(id)
    assert (tally[Delivery.WAITING], tally[Delivery.SENT]) == (2, 1)
    assert await releasing.resend_failed(office, releaser, id, NOON) == 0
    nothing = await world.sent(one=Delivery.SENT)
    assert await releasing.resend_failed(office, releaser, nothing, NOON) == 0
    assert (await world.get(nothing)).state is State.SENT
    for other in (await world.draft(), await world.sent()):
        if other != nothing:
            async with world.store.begin() as tx:
                await tx.change(other, launched_at=None)
            with pytest.raises(WrongState):
                await releasing.resend_failed(office, releaser, other, NOON)


async def test_many_are_sent_again_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the sender has finished what was begun; what was begun stands in the log."""
    monkeypatch.setattr(releasing, "_CHUNK", 1)
    id = await world.sent(one=Delivery.REJECTED, two=Delivery.SENT, three=Delivery.REJECTED)
    assert await releasing.resend_failed(world.office, world.releaser, id, NOON) == 2
    async with world.store.read() as view:
        assert (await view.tally(id))[Delivery.WAITING] == 2
    assert (await world.get(id)).state is State.SENDING
    assert [act for _, act in await world.acts()].count("resend") == 2


# Correcting ---------------------------------------------------------------------------------------


async def test_correcting_one_language(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.sent(one=Delivery.SENT)
    fixed = Body(locale="de", html="Besser")
    assert await correcting.correct(office, releaser, id, fixed, NOON) == ()
    flagged = await correcting.correct(office, releaser, id, fixed, NOON, outdates_others=True)
    assert set(flagged) == {"ar", "uk"}
    assert await correcting.correct(office, releaser, id, fixed, NOON, outdates_others=True) == ()
    async with world.store.read() as view:
        bodies = await view.bodies(id)
        edits = await view.open_edits()
    assert (bodies["de"].html, bodies["de"].revision) == ("Besser", 3)
    assert {bodies[code].state for code in ("ar", "uk")} == {TextState.OUTDATED}
    assert sorted(edit.locale or "" for edit in edits) == ["ar", "de", "de", "de", "uk"]
    assert (await world.get(id)).name == "Besser"
    missing = Body(locale="tr", html="Yeni")
    await correcting.correct(office, releaser, id, missing, NOON)
    async with world.store.read() as view:
        assert (await view.bodies(id))["tr"].revision == 0


async def _correction(world: World, who: Staff, id: int) -> tuple[int, Body]:
    """A corrected text in a draft of its own, and the text."""
    body = Body(locale="de", html="<b>Anders</b>")
    kept = await correcting.keep_correction(world.office, who, id, body, NOON)
    return kept.id, body


@pytest.mark.parametrize("staged", [False, True])
async def test_a_correction_for_many_needs_two(world: World, staged: bool) -> None:
    office, releaser, second = world.office, world.releaser, world.second
    have, wait = Delivery.SENT, Delivery.PENDING if staged else Delivery.SENT
    id = await world.sent(a=have, b=have, c=wait, d=wait, e=wait)
    kept, body = await _correction(world, releaser, id)
    with pytest.raises(SecondPerson):
        await correcting.correct(office, releaser, id, body, NOON)
    with pytest.raises(SecondPerson):
        await correcting.correct(office, releaser, id, body, NOON, written=kept)
    with pytest.raises(NotADraft):
        await correcting.correct(office, second, id, replace(body, html="Ganz anders"), NOON, written=kept)
    await correcting.hand_over_correction(office, releaser, id, kept, NOON, outdates_others=True)
    waits = await world.get(kept)
    assert (waits.state, waits.corrects) == (State.REVIEW, (id, 1))
    with pytest.raises(SecondPerson):
        await correcting.correct(office, releaser, id, body, NOON, written=kept)
    assert await correcting.correct(office, second, id, body, NOON, written=kept) == ()
    async with world.store.read() as view:
        assert (await view.bodies(id))["de"].html == body.html
        assert [edit.locale for edit in await view.edits(id)] == ["de"]
    over = await world.get(kept)
    assert (over.state, over.finished_at) == (State.CANCELLED, NOON), "the draft is over with it"
    with pytest.raises(NotADraft):
        await correcting.correct(office, second, id, body, NOON, written=kept)
    assert [name for _, name in await world.acts()][-2:] == ["submit", "correct"]


async def test_two_who_confirm_a_correction_at_once_make_one(world: World) -> None:
    office, releaser, second, boss = world.office, world.releaser, world.second, world.boss
    id = await world.sent(**dict.fromkeys("abcde", Delivery.SENT))
    kept, body = await _correction(world, releaser, id)
    await correcting.hand_over_correction(office, releaser, id, kept, NOON)
    done = await asyncio.gather(
        *(correcting.correct(office, who, id, body, NOON, written=kept) for who in (second, boss)),
        return_exceptions=True,
    )
    assert sorted(map(type, done), key=str) == [NotADraft, tuple]
    async with world.store.read() as view:
        assert (await view.bodies(id))["de"].revision == 1
        assert len(await view.edits(id)) == 1


async def test_who_may_only_write_hands_a_correction_over(world: World) -> None:
    office, author = world.office, world.author
    id = await world.sent(a=Delivery.SENT)
    kept, body = await _correction(world, author, id)
    with pytest.raises(NotAllowed):
        await correcting.correct(office, author, id, body, NOON, written=kept)
    await correcting.hand_over_correction(office, author, id, kept, NOON)
    assert (await world.get(kept)).state is State.REVIEW
    assert await correcting.correct(office, world.releaser, id, body, NOON, written=kept) == ()
    assert [act for _, act in await world.acts()][-2:] == ["submit", "correct"]


@pytest.mark.parametrize("way", [(State.CANCELLED,), (State.PAUSED, State.MISSED)])
async def test_what_some_have_is_corrected_after_it_was_stopped(small: World, way: tuple[State, ...]) -> None:
    office, releaser = small.office, small.releaser
    id = await small.draft()
    await releasing.approve(office, releaser, id, NOON)
    async with small.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=NOON)
        await small.deliver(tx, id, Delivery.SENT, Delivery.SKIPPED)
        for one in way:
            await tx.move(id, one)
    kept, body = await _correction(small, releaser, id)
    await correcting.correct(office, releaser, id, body, NOON, written=kept)
    async with small.store.read() as view:
        assert [edit.locale for edit in await view.open_edits()] == ["de"]
    assert (await small.get(id)).state is way[-1], "nobody else gets it for that"


async def test_what_nobody_has_is_not_corrected(small: World) -> None:
    office, releaser = small.office, small.releaser
    never, taken = await small.draft(), await small.sent(a=Delivery.SENT)
    await releasing.approve(office, releaser, never, NOON)
    await releasing.cancel(office, releaser, never, NOON)
    await releasing.withdraw(office, releaser, taken, NOON)
    for id in (never, taken):
        kept, body = await _correction(small, releaser, id)
        with pytest.raises(NothingSent):
            await correcting.correct(office, releaser, id, body, NOON, written=kept)
        with pytest.raises(NothingSent):
            await correcting.hand_over_correction(office, releaser, id, kept, NOON)


async def test_a_correction_is_kept_whole_or_not_at_all(world: World) -> None:
    office, releaser = world.office, world.releaser
    id = await world.sent(a=Delivery.SENT)
    first, body = await _correction(world, releaser, id)
    async with world.store.read() as view:
        count = len(await view.broadcasts(list(State)))
    await world.take_role(releaser)
    with pytest.raises(NotAllowed):
        await correcting.keep_correction(office, releaser, id, replace(body, html="Doch anders"), NOON)
    assert (await world.get(first)).state is State.DRAFT, "the one before was not given up for it"
    with pytest.raises(NoBroadcast):
        await correcting.keep_correction(office, world.guest, id, body, NOON)
    async with world.store.read() as view:
        assert len(await view.broadcasts(list(State))) == count
    with fails_once(world.store, "INSERT INTO bodies"), pytest.raises(StorageFailed):
        await correcting.keep_correction(office, world.second, id, body, NOON)
    async with world.store.read() as view:
        assert len(await view.broadcasts(list(State))) == count, "no empty draft is left"


async def test_a_draft_corrects_only_what_it_was_written_for(world: World) -> None:
    office, releaser, second = world.office, world.releaser, world.second
    id, other = await world.sent(a=Delivery.SENT), await world.sent(a=Delivery.SENT)
    kept, body = await _correction(world, releaser, id)
    ordinary = await world.draft()
    async with world.store.read() as view:
        text = (await view.bodies(ordinary))["de"]
    for draft, said in ((kept, body), (ordinary, text)):
        with pytest.raises(NotADraft):
            await correcting.correct(office, second, other, said, NOON, written=draft)
        with pytest.raises(NotADraft):
            await correcting.hand_over_correction(office, second, other, draft, NOON)
        assert (await world.get(draft)).state is State.DRAFT
    async with world.store.read() as view:
        assert await view.edits(other) == ()


async def test_an_abandoned_correction_is_no_announcement(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.sent(a=Delivery.SENT)
    first, body = await _correction(small, releaser, id)
    with pytest.raises(TextRefused):
        await correcting.keep_correction(office, releaser, id, replace(body, html=" "), NOON)
    with pytest.raises(NotADraft):
        await releasing.approve(office, releaser, first, NOON)
    second, _body = await _correction(small, releaser, id)
    assert (await small.get(first)).state is State.CANCELLED
    async with small.store.read() as view:
        member = await view.staff_member(releaser.id)
        assert member is not None
        assert member.editing == second
        assert await drafting.resume(view, member) is None
        assert [one.id for one in await drafting.templates(view, member)] == [id]


async def test_what_else_is_being_written_stays_when_a_correction_is_written_anew(small: World) -> None:
    id = await small.sent(a=Delivery.SENT)
    other = await small.draft()
    await _correction(small, small.releaser, id)
    await _correction(small, small.releaser, id)
    assert (await small.get(other)).state is State.DRAFT


async def test_link_buttons_are_corrected_too(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.sent(**dict.fromkeys("abcde", Delivery.SENT))
    links = (LinkButton(label="Mehr", url="https://example.org"),)
    body = Body(locale="de", html="<b>Neu</b> de", buttons=links)
    kept = await correcting.keep_correction(office, releaser, id, body, NOON)
    other = replace(body, buttons=(LinkButton(label="Mehr", url="https://example.com"),))
    with pytest.raises(NotADraft):
        await correcting.correct(office, small.second, id, other, NOON, written=kept.id)
    await correcting.correct(office, small.second, id, body, NOON, written=kept.id)
    async with small.store.read() as view:
        assert (await view.bodies(id))["de"].buttons == links


async def test_in_an_emergency_one_person_corrects_and_it_is_an_override(small: World) -> None:
    id = await small.sent(**dict.fromkeys("abcde", Delivery.SENT))
    kept, body = await _correction(small, small.releaser, id)
    await correcting.correct(small.office, small.releaser, id, body, NOON, written=kept, override=True)
    assert (await small.acts())[-1] == (small.releaser.id, "override")
    few = await small.sent(a=Delivery.SENT)
    await correcting.correct(small.office, small.releaser, few, body, NOON, override=True)
    assert (await small.acts())[-1] == (small.releaser.id, "correct")


async def test_a_correction_of_what_is_over_is_not_handed_over(small: World) -> None:
    id = await small.sent(a=Delivery.SENT)
    kept, _body = await _correction(small, small.releaser, id)
    await small.take_role(small.author)
    draft = await small.draft()
    with pytest.raises(NothingSent):
        await correcting.hand_over_correction(small.office, small.releaser, draft, kept, NOON)
    other = await small.draft(small.releaser)
    await correcting.hand_over_correction(small.office, small.releaser, id, kept, NOON)
    async with small.store.read() as view:
        member = await view.staff_member(small.releaser.id)
    assert member is not None
    assert member.editing == other, "what else is in hand stays there"


async def test_corrections_that_cannot_be(small: World) -> None:
    office, releaser = small.office, small.releaser
    id = await small.sent()
    body = Body(locale="de", html="x", media=Media.PHOTO, file_id="f")
    with pytest.raises(MediaFixed):
        await correcting.correct(office, releaser, id, body, NOON)
    with pytest.raises(TextRefused):
        await correcting.correct(office, releaser, id, Body(locale="de", html=""), NOON)
    with pytest.raises(NotAllowed):
        await correcting.correct(office, small.author, id, DE, NOON)
    with pytest.raises(NothingSent):
        await correcting.correct(office, releaser, await small.draft(), DE, NOON)


async def test_an_event_that_is_off(world: World) -> None:
    texts = {code: f"Fällt aus {code}" for code in ALL_THREE}
    made = await correcting.event_cancelled(
        world.office, world.releaser, "fest", 5, "town:schwerin", texts, NOON
    )
    assert made.state is State.DRAFT
    assert made.audience == Audience(
        topics=frozenset({Topic.EVENTS}), areas=frozenset({"town:schwerin"}), event="fest", date=5
    )
    assert (made.options.urgent, made.options.unknown) == (True, Unknown.RESEND)
    async with world.store.read() as view:
        bodies = await view.bodies(made.id)
    assert {body.event_id for body in bodies.values()} == {"fest"}
    assert (await releasing.approve(world.office, world.releaser, made.id, NOON)).state is State.SCHEDULED
    with pytest.raises(TextRefused):
        await correcting.event_cancelled(world.office, world.releaser, "fest", 5, "mv", {"de": ""}, NOON)


# The account --------------------------------------------------------------------------------------


async def test_the_report_counts_and_names_nobody(world: World) -> None:
    id = await world.sent(one=Delivery.SENT, two=Delivery.SENT, three=Delivery.UNKNOWN)
    async with world.store.read() as view:
        found, account = await accounting.report(view, world.author, id)
        with pytest.raises(NoBroadcast):
            await accounting.report(view, world.guest, id)
    assert (found.id, account.tally.total) == (id, 3)
    assert (account.waits, account.edits) == ((), ())
    await accounting.note_export(world.office, world.author, id, NOON)
    with pytest.raises(NoBroadcast):
        await accounting.note_export(world.office, world.guest, id, NOON)
    assert (await world.acts())[-1] == (world.author.id, "export")


async def test_letting_go_keeps_the_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounting, "_CHUNK", 2)
    old = await world.sent(one=Delivery.SENT, two=Delivery.SENT, three=Delivery.UNKNOWN)
    draft = await world.draft()
    after = NOON + timedelta(days=10)
    assert await accounting.expire(world.store, after, 11) == 0
    async with world.store.read() as view:
        before = await view.tally(old)
    assert await accounting.expire(world.store, after, 9) == 1
    async with world.store.read() as view:
        assert await view.tally(old) == before
        assert await view.bodies(old) == {}
        names = [one.name for one in (await view.broadcast(old), await view.broadcast(draft)) if one]
        assert names[0] == "" != names[1], "it was the first words of the text"
        assert len(await view.bodies(draft)) == 3
        assert (await view._run(deliveries.select())).first() is None
    assert await accounting.expire(world.store, after, 9) == 0
