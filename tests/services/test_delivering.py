"""The sender over real databases, with a lane that only remembers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import (
    USUAL,
    Anchor,
    Audience,
    Body,
    Broadcast,
    Cap,
    Group,
    Missing,
    Options,
    State,
    Unknown,
)
from bot.domain.deliveries import Delivery
from bot.domain.directory import Campaign, PartialDate
from bot.domain.news import Topic
from bot.domain.outcomes import Outcome, Status
from bot.domain.staff import Role
from bot.domain.text import LocalizedText
from bot.services import delivering, releasing
from bot.services.jobs import REJECTS, Job
from bot.services.office import Office
from bot.services.scheduling import ANCHOR_GONE, LEFT_PAUSED, TOO_LATE
from bot.storage.codec import encode
from bot.storage.store import Store
from bot.translation.bidi import isolate
from tests.services.sending import (
    EVENTS,
    NOON,
    PATIENCE,
    ZONE,
    Clock,
    Lane,
    make_ledger,
    make_sender,
    people,
    running,
    scheduled,
    state,
    tally,
    until,
)


async def test_everybody_gets_it_once_in_their_language(store: Store) -> None:
    await people(store, range(1, 301))
    id = await scheduled(store)
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == list(range(1, 301))
    assert {job.notices[0][1].locale == job.locale for job in lane.jobs} == {True}
    account = await tally(store, id)
    assert (account.total, account[Delivery.SENT], account.open) == (300, 300, 0)
    assert account.by_locale == {code: {Delivery.SENT: 100} for code in ("ar", "de", "uk")}


async def test_who_is_reached_by_two_topics_gets_one_message(store: Store) -> None:
    await people(store, range(1, 21))
    async with store.begin() as tx:
        from bot.storage.tables import subscriptions

        rows = [
            {
                "chat_id": chat,
                "topic": "work",
                "area": "mv",
                "frequency": "weekly",
                "consent_version": 1,
                "consented_at": NOON - timedelta(days=3),
            }
            for chat in range(11, 21)
        ]
        await tx._run(subscriptions.insert(), rows)
    id = await scheduled(store, audience=Audience(topics=frozenset({Topic.EVENTS, Topic.WORK})))
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == list(range(1, 21))


async def test_news_of_a_town_goes_to_its_town_district_and_the_state(store: Store) -> None:
    for chat, area in enumerate(("town:guestrow", "district:lro", "mv", "town:rostock", "district:sn"), 1):
        await people(store, [chat], area=area)
    id = await scheduled(
        store, audience=Audience(topics=frozenset({Topic.EVENTS}), areas=frozenset({"town:guestrow"}))
    )
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == [1, 2, 3]


async def test_quiet_hours_are_kept_and_urgent_news_breaks_them(store: Store) -> None:
    await people(store, [1, 2, 3])
    clock = Clock(NOON.replace(hour=21))  # 22 o'clock in the towns
    quiet = await scheduled(store, at=clock.now)
    urgent = await scheduled(store, options=Options(urgent=True), at=clock.now)
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        await until(store, urgent, State.SENT)
        assert {id for id, _ in lane.got} == {urgent}
        assert (await tally(store, quiet))[Delivery.WAITING] == 3
        assert await state(store, quiet) is State.SENDING
        clock.now = NOON.replace(day=24, hour=7)  # 8 o'clock
        await until(store, quiet, State.SENT)
    assert set(lane.got.values()) == {1}
    assert len(lane.got) == 6


async def test_a_warning_waits_for_nothing(store: Store) -> None:
    """Its readers were promised that; whoever writes it need not think of it."""
    night = NOON.replace(hour=21)  # 22 o'clock in the towns
    warned = Audience(topics=frozenset({Topic.URGENT, Topic.EVENTS}))
    await people(store, [1], topic=Topic.URGENT)
    await people(store, [2], topic=Topic.URGENT, muted_until=night + timedelta(days=3))
    await people(store, [3], frequency="daily")
    lane, ledger = Lane(), make_ledger(store, daily_cap=1)
    async with running(make_sender(store, lane, Clock(night), ledger=ledger)):
        for _ in range(2):
            id = await scheduled(store, audience=warned, at=night)
            await until(store, id, State.SENT)
            assert (await tally(store, id))[Delivery.SENT] == 3
    assert sorted(lane.chats) == [1, 1, 2, 2, 3, 3]


async def test_who_stops_what_goes_to_a_group_meanwhile_is_left_out(store: Store) -> None:
    await people(store, [1, 2], topic=Topic.LAW)
    async with store.begin() as tx:
        for chat in (1, 2):
            await tx.add_contact(chat, "verein", NOON)
    clock, lane = Clock(NOON.replace(hour=21)), Lane()
    id = await scheduled(store, audience=Audience(groups=frozenset({Group.CONTACTS})), at=clock.now)
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, id))[Delivery.WAITING] < 2:
                await asyncio.sleep(0.02)
        async with store.begin() as tx:
            await tx.decline(2, Group.CONTACTS, clock.now)
        clock.now = NOON.replace(day=24, hour=7)
        await until(store, id, State.SENT)
    account = await tally(store, id)
    assert (account[Delivery.SENT], account.skipped) == (1, {"left": 1})
    assert lane.chats == [1]


async def test_a_digest_gathers_what_is_due(store: Store) -> None:
    await people(store, [1, 2], frequency="daily")
    await people(store, [3], frequency="weekly")
    clock = Clock()
    ids = [await scheduled(store) for _ in range(2)]
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, ids[1]))[Delivery.DIGEST] < 3:
                await asyncio.sleep(0.02)
        assert not lane.jobs
        clock.now = NOON.replace(hour=17, minute=1)  # after 18 o'clock
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, ids[1]))[Delivery.SENT] < 2:
                await asyncio.sleep(0.02)
        assert sorted(lane.chats) == [1, 2]
        assert [len(job.notices) for job in lane.jobs] == [2, 2]
        clock.now = NOON.replace(day=26, hour=17, minute=1)  # Thursday
        for id in ids:
            await until(store, id, State.SENT)
    assert sorted(lane.chats) == [1, 2, 3]


@pytest.mark.parametrize("cap", [Cap.MOVE, Cap.SKIP])
async def test_three_a_day_is_enough(store: Store, cap: Cap) -> None:
    await people(store, [1, 2])
    clock = Clock()
    ids = [await scheduled(store, options=Options(cap=cap)) for _ in range(3)]
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        for id in ids:
            await until(store, id, State.SENT)
        fourth = await scheduled(store, options=Options(cap=cap))
        urgent = await scheduled(store, options=Options(cap=cap, urgent=True))
        await until(store, urgent, State.SENT)
        if cap is Cap.SKIP:
            await until(store, fourth, State.SENT)
            assert (await tally(store, fourth)).skipped == {"cap": 2}
        else:
            async with asyncio.timeout(PATIENCE):
                while (await tally(store, fourth))[Delivery.WAITING] < 2:
                    await asyncio.sleep(0.02)
            clock.now = NOON.replace(day=24, hour=7, minute=1)
            await until(store, fourth, State.SENT)
            assert (await tally(store, fourth))[Delivery.SENT] == 2


@pytest.mark.parametrize("status", [Status.SENT, Status.UNKNOWN])
async def test_what_is_on_its_way_and_what_may_have_arrived_counts_for_the_day(
    sqlite_store: Store, status: Status
) -> None:
    """Eight at once, to be answered slowly or not at all."""
    store = sqlite_store
    await people(store, range(1, 21), locales=("de",))
    await people(store, range(31, 34), locales=("de",), frequency="daily")
    clock = Clock(NOON.replace(hour=16, minute=59, second=59))  # the summaries come in a second
    ids = [await scheduled(store, options=Options(cap=Cap.SKIP), at=clock.now) for _ in range(8)]
    lane = Lane()
    lane.delay = 0.4
    lane.outcome = lambda _: Outcome(status, message_id=len(lane.jobs) + 1)
    async with running(make_sender(store, lane, clock, rate=1000, in_flight=7)):
        for id in ids:
            await until(store, id, State.SENT)
    assert Counter(lane.chats) == {**dict.fromkeys(range(1, 21), 3), **dict.fromkeys(range(31, 34), 1)}
    assert {len(job.notices) for job in lane.jobs if job.chat_id > 30} == {8}, "a summary is one message"


async def test_how_many_a_day_are_enough_is_set(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, 2])
    lane, skip = Lane(), Options(cap=Cap.SKIP)
    async with running(
        make_sender(sqlite_store, lane, Clock(), ledger=make_ledger(sqlite_store, daily_cap=1))
    ):
        for skipped in ({}, {"cap": 2}):
            id = await scheduled(sqlite_store, options=skip)
            await until(sqlite_store, id, State.SENT)
            assert (await tally(sqlite_store, id)).skipped == skipped


async def test_who_left_meanwhile_is_skipped_with_the_reason(store: Store) -> None:
    await people(store, range(1, 8), locales=("de",))
    clock = Clock(NOON.replace(hour=21))
    id = await scheduled(store, locales=("de",), at=clock.now, options=Options(missing=Missing.OTHERS))
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, id))[Delivery.WAITING] < 7:
                await asyncio.sleep(0.02)
        async with store.begin() as tx:
            from bot.storage.tables import recipients, subscriptions

            await tx._run(subscriptions.delete().where(subscriptions.c.chat_id == 1))
            await tx.retire(2, clock.now)
            await tx.forget(3)
            mute = recipients.update().values(muted_until=NOON + timedelta(days=9))
            await tx._run(mute.where(recipients.c.chat_id == 4))
            await tx.choose_locale(5, "private", "pl", clock.now)
        clock.now = NOON.replace(day=24, hour=8)
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == [6, 7]
    account = await tally(store, id)
    assert account.skipped == {"left": 1, "blocked": 1, "forgotten": 1, "muted": 1, "language": 1}
    assert account.total == 7


async def test_languages_without_a_text(store: Store) -> None:
    await people(store, [1, 2, 3])
    left = await scheduled(store, options=Options(missing=Missing.OTHERS), locales=("de", "uk"))
    nearest = await scheduled(store, options=Options(missing=Missing.FALLBACK), locales=("de",))
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, left, State.SENT)
        await until(store, nearest, State.SENT)
    assert (await tally(store, left)).skipped == {"language": 1}
    shown = {(job.locale, job.notices[0][1].locale) for job in lane.jobs if job.notices[0][0].id == nearest}
    assert shown == {("de", "de"), ("ar", "de"), ("uk", "de")}


async def test_every_outcome_has_its_place(store: Store) -> None:
    await people(store, [1, 2, 3, 4, 5, -6], locales=("de",), kind="group")
    id = await scheduled(store, locales=("de",))
    limited: set[int] = set()

    def outcome(job: Job) -> Outcome | None:
        match job.chat_id:
            case 2:
                return Outcome(Status.REJECTED, reason="can't parse entities")
            case 3:
                return Outcome(Status.UNREACHABLE, reason="bot was blocked by the user")
            case 4:
                return Outcome(Status.UNKNOWN, reason="no answer in time")
            case 5 if 5 not in limited:
                limited.add(5)
                return Outcome(Status.RATE_LIMITED, retry_after=0.0)
            case -6:
                return Outcome(Status.MIGRATED, new_chat_id=-100)
        return None

    lane = Lane()
    lane.outcome = outcome
    clock = Clock()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while await state(store, id) is not State.SENT:
                await asyncio.sleep(0.02)
    account = await tally(store, id)
    assert lane.got == {(id, 1): 1, (id, 4): 1, (id, 5): 1, (id, -100): 1}
    assert [account[one] for one in (Delivery.SENT, Delivery.REJECTED, Delivery.UNREACHABLE)] == [3, 1, 1]
    assert (account[Delivery.UNKNOWN], account.open, account.total) == (1, 0, 6)
    async with store.read() as view:
        gone = await view.recipient(3)
        assert gone is not None
        assert gone.retired_at is not None
        assert await view.recipient(-100) is not None
        assert await view.recipient(-6) is None


async def test_unknown_is_tried_again_where_the_author_wants_it(store: Store) -> None:
    await people(store, [1, 2], locales=("de",))
    id = await scheduled(store, locales=("de",), options=Options(unknown=Unknown.RESEND))
    lane = Lane()
    lane.outcome = lambda job: Outcome(Status.UNKNOWN) if job.chat_id == 1 and lane.got[id, 1] < 2 else None
    clock = Clock()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while await state(store, id) is not State.SENT:
                await asyncio.sleep(0.02)
    assert lane.got == {(id, 1): 3, (id, 2): 1}
    assert (await tally(store, id))[Delivery.SENT] == 2


async def test_what_is_tried_again_and_then_left_out_stays_unknown(sqlite_store: Store) -> None:
    await people(sqlite_store, [1], locales=("de",))
    id = await scheduled(sqlite_store, options=Options(window=10, unknown=Unknown.RESEND))
    lane, clock = Lane(), Clock()

    def lost(_: Job) -> Outcome:
        clock.now = NOON + timedelta(minutes=11)
        return Outcome(Status.UNKNOWN)

    lane.outcome = lost
    async with running(make_sender(sqlite_store, lane, clock)):
        await until(sqlite_store, id, State.SENT)
    account = await tally(sqlite_store, id)
    assert (account[Delivery.UNKNOWN], account.skipped) == (1, {})


async def test_repeated_rejections_stop_it(store: Store) -> None:
    await people(store, range(1, 200), locales=("de",))
    id = await scheduled(store, locales=("de",))
    lane = Lane()
    lane.outcome = lambda _: Outcome(Status.REJECTED, reason="can't parse entities")
    async with running(make_sender(store, lane, Clock(), rate=50, in_flight=2)):
        await until(store, id, State.PAUSED)
        async with store.read() as view:
            paused = await view.broadcast(id)
        assert paused is not None
        assert paused.pause_reason == "rejects"
    account = await tally(store, id)
    assert REJECTS <= account[Delivery.REJECTED] < 60
    assert account.total == 199


async def test_rejections_of_one_language_stop_it_however_well_the_others_go(sqlite_store: Store) -> None:
    await people(sqlite_store, range(1, 100), locales=("de", "ar", "uk"))
    id = await scheduled(sqlite_store)
    lane = Lane()
    lane.outcome = lambda job: (
        Outcome(Status.REJECTED, reason="can't parse entities") if job.locale == "ar" else None
    )
    async with running(make_sender(sqlite_store, lane, Clock(), rate=100, in_flight=2)):
        await until(sqlite_store, id, State.PAUSED, State.SENT)
    assert (await one_broadcast(sqlite_store, id)).pause_reason == "rejects"


async def test_many_closed_chats_stop_it(store: Store) -> None:
    await people(store, range(1, 400), locales=("de",))
    id = await scheduled(store, locales=("de",))
    lane = Lane()
    lane.outcome = lambda job: Outcome(Status.UNREACHABLE) if job.chat_id % 2 else None
    async with running(make_sender(store, lane, Clock(), rate=200, in_flight=4)):
        await until(store, id, State.PAUSED)
    async with store.read() as view:
        paused = await view.broadcast(id)
    assert paused is not None
    assert paused.pause_reason == "blocks"


async def test_how_many_closed_chats_stop_it_is_set(sqlite_store: Store) -> None:
    await people(sqlite_store, range(1, 400), locales=("de",))
    id = await scheduled(sqlite_store, locales=("de",))
    lane = Lane()
    lane.outcome = lambda job: Outcome(Status.UNREACHABLE) if job.chat_id % 2 else None
    async with running(
        make_sender(
            sqlite_store, lane, Clock(), ledger=make_ledger(sqlite_store, blocks_share=51), in_flight=4
        )
    ):
        await until(sqlite_store, id, State.SENT, State.PAUSED)
    assert (await one_broadcast(sqlite_store, id)).pause_reason == ""


async def test_first_some_then_all(store: Store) -> None:
    await people(store, range(1, 101))
    id = await scheduled(store, options=Options(first=20))
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.PAUSED)
        assert (await tally(store, id))[Delivery.SENT] == 20
        async with store.begin() as tx:
            await tx.move(id, State.SENDING)
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == list(range(1, 101))


async def test_pause_cancel_and_withdraw_reach_those_who_wait(store: Store) -> None:
    await people(store, range(1, 401))
    id = await scheduled(store)
    lane = Lane()
    lane.delay = 0.02
    async with running(make_sender(store, lane, Clock(), rate=300, in_flight=4)):
        await until(store, id, State.SENDING)
        async with asyncio.timeout(PATIENCE):
            while len(lane.jobs) < 30:
                await asyncio.sleep(0.01)
        async with store.begin() as tx:
            await tx.move(id, State.PAUSED, reason="staff")
        await asyncio.sleep(1.2)
        paused_at = len(lane.jobs)
        await asyncio.sleep(0.3)
        assert len(lane.jobs) == paused_at < 400
        async with store.begin() as tx:
            await tx.move(id, State.CANCELLED)
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, id)).open:
                await asyncio.sleep(0.02)
        account = await tally(store, id)
        assert account[Delivery.SENT] == paused_at
        assert account.skipped == {"cancelled": 400 - paused_at}
        async with store.begin() as tx:
            await tx.move(id, State.WITHDRAWN)
            await tx.add_edit(id, NOON, locale=None, withdraw=True)
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, id))[Delivery.RECALLED] < paused_at:
                await asyncio.sleep(0.02)
    assert sorted(chat for chat, _ in lane.withdrawn) == sorted(lane.chats)


async def test_a_correction_reaches_all_who_have_it_and_all_who_wait(store: Store) -> None:
    await people(store, range(1, 10))
    await people(store, [20], quiet_from=0, quiet_to=13)  # sleeps at noon
    clock = Clock()
    id = await scheduled(store)
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, id))[Delivery.SENT] < 9:
                await asyncio.sleep(0.02)
        async with store.begin() as tx:
            await tx.put_body(id, Body(locale="de", html="corrected", revision=1))
            await tx.add_edit(id, NOON, locale="de", withdraw=False)
        async with asyncio.timeout(PATIENCE):
            while True:
                async with store.read() as view:
                    (edit,) = await view.edits(id)
                if edit.finished_at is not None:
                    break
                await asyncio.sleep(0.02)
        clock.now = NOON + timedelta(hours=1)
        await until(store, id, State.SENT)
    assert (edit.done, edit.failed) == (3, 0)
    assert {(chat, texts) for chat, _, texts in lane.changed} == {
        (chat, ("corrected",)) for chat in (1, 4, 7)
    }
    assert lane.jobs[-1].notices[0][1].html == "corrected"


async def test_two_senders_send_once(store: Store) -> None:
    await people(store, range(1, 201))
    id = await scheduled(store)
    lane = Lane()
    lane.delay = 0.005
    clock = Clock()
    first, second = (make_sender(store, lane, clock, holder=name) for name in ("one", "two"))
    async with running(first), running(second):
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == list(range(1, 201))


async def test_what_a_dead_sender_had_in_hand_is_unknown(store: Store) -> None:
    await people(store, range(1, 101))
    held = await scheduled(store)
    again = await scheduled(store, options=Options(unknown=Unknown.RESEND))
    lane = Lane()
    lane.delay = 30
    clock = Clock()
    dead = make_sender(store, lane, clock, holder="dead", lease_seconds=0.5)
    task = asyncio.create_task(dead.run())
    async with asyncio.timeout(PATIENCE):
        while lane.under_way < 16:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    lane.delay = 0
    claimed = [(await tally(store, id))[Delivery.CLAIMED] for id in (held, again)]
    assert sum(claimed) > 0
    async with running(make_sender(store, lane, clock, holder="alive", lease_seconds=0.5)):
        await until(store, held, State.SENT)
        await until(store, again, State.SENT)
    assert (await tally(store, held))[Delivery.UNKNOWN] == claimed[0]
    assert (await tally(store, held))[Delivery.SENT] == 100 - claimed[0]
    assert (await tally(store, again))[Delivery.SENT] == 100


async def test_who_comes_after_the_release_in_another_language_gets_the_nearest(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, 2], locales=("de", "ar"))
    waited = await scheduled(sqlite_store, locales=("de",))
    others = await scheduled(sqlite_store, locales=("de",), options=Options(missing=Missing.OTHERS))
    lane = Lane()
    async with running(make_sender(sqlite_store, lane, Clock())):
        for id in (waited, others):
            await until(sqlite_store, id, State.SENT)
    assert lane.got == {(waited, 1): 1, (waited, 2): 1, (others, 1): 1}
    assert (await tally(sqlite_store, others)).skipped == {"language": 1}


async def test_an_empty_audience_is_finished_at_once(store: Store) -> None:
    id = await scheduled(store, audience=EVENTS)
    lane = Lane()
    async with running(make_sender(store, lane, Clock())):
        await until(store, id, State.SENT)
    assert (await tally(store, id)).total == 0


@pytest.mark.parametrize("hour", [18, 22])  # the other one is a night hour by choice
async def test_a_digest_that_is_late_waits_for_the_end_of_the_night(store: Store, hour: int) -> None:
    await people(store, [1], frequency="daily", digest_hour=hour)
    clock = Clock()
    ids = [await scheduled(store) for _ in range(2)]
    lane = Lane()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while (await tally(store, ids[1]))[Delivery.DIGEST] < 1:
                await asyncio.sleep(0.02)
    clock.now = NOON.replace(day=24, hour=2)  # three in the morning
    async with running(make_sender(store, lane, clock, holder="later")):
        await asyncio.sleep(1.5)
        assert not lane.jobs
        assert (await tally(store, ids[0]))[Delivery.DIGEST] == 1
        clock.now = NOON.replace(day=24, hour=7, minute=1)
        for id in ids:
            await until(store, id, State.SENT)
    assert [len(job.notices) for job in lane.jobs] == [2]


async def test_where_an_author_saw_the_progress_is_forgotten_with_them(store: Store) -> None:
    await people(store, [77, 7])
    ids = [await scheduled(store) for _ in range(2)]
    async with store.begin() as tx:
        await tx.show_progress(ids[0], 77, 5)
        await tx.show_progress(ids[1], 7, 6)
        await tx.forget(77)
    async with store.read() as view:
        kept = [await view.broadcast(id) for id in ids]
    assert [one and one.progress for one in kept] == [None, (7, 6)]


async def test_what_hangs_on_a_date_is_launched_by_what_it_is_now(store: Store) -> None:
    await people(store, [1], locales=("de",))
    lane, clock = Lane(), Clock()
    ids = [await scheduled(store) for _ in range(2)]
    async with store.begin() as tx:
        for id in ids:
            await tx.change(id, anchor=Anchor(record="campaign/green", days=-7))
    await put_campaign(store, 2026, 12, 10)
    sender = make_sender(store, lane, clock)
    ledger = sender._ledger
    lease = await sender._take(clock())
    assert lease is not None
    async with store.read() as view:
        first, second = [one for one in await view.at_work(clock()) if one.id in ids]
    await ledger.begin(lease, first, clock())
    moved = await one_broadcast(store, first.id)
    assert (moved.state, moved.send_at) == (State.SCHEDULED, datetime(2026, 12, 3, 9, tzinfo=UTC))
    await put_campaign(store)
    await ledger.begin(lease, second, clock())
    gone = await one_broadcast(store, second.id)
    assert (gone.state, gone.pause_reason) == (State.PAUSED, ANCHOR_GONE)
    await put_campaign(store, 2026, 11, 30)
    clock.now = NOON  # one week before, two hours ago
    await ledger.begin(lease, moved, clock())
    launched = await one_broadcast(store, first.id)
    assert (launched.state, launched.send_at) == (State.SENDING, datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert not lane.jobs


async def put_campaign(store: Store, *end: int) -> None:
    """A campaign that ends on a day, or nobody knows when."""
    words = LocalizedText.of(de="Ein Beispiel")
    found = Campaign(
        id="green",
        title=words,
        summary=words,
        source="example",
        verified=True,
        ended=PartialDate(*end) if end else None,
    )
    async with store.begin() as tx:
        await tx.put_record(found.KIND, found.id, encode(found), None)


async def before_the_end(store: Store, options: Options = USUAL) -> int:
    """A notice for the day before the campaign ends, which is due."""
    id = await scheduled(store, options=options)
    async with store.begin() as tx:
        await tx.change(id, anchor=Anchor(record="campaign/green", days=-1, hour=12))
    return id


async def test_what_speaks_of_tomorrow_does_not_come_on_the_day(store: Store) -> None:
    await put_campaign(store, 2026, 11, 24)
    await people(store, [1], locales=("de",))
    await people(store, [2], locales=("de",), quiet_from=11, quiet_to=13)
    await people(store, [3], locales=("de",), frequency="weekly")
    await people(store, [4], locales=("de",), frequency="daily", digest_hour=20)
    id = await before_the_end(store, Options(window=7 * 24 * 60))
    lane, clock = Lane(), Clock()
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(PATIENCE):
            while lane.chats != [1]:
                await asyncio.sleep(0.02)
        clock.now = NOON + timedelta(hours=8, minutes=1)
        async with asyncio.timeout(PATIENCE):
            while len(lane.chats) < 3:
                await asyncio.sleep(0.02)
        clock.now = NOON + timedelta(days=3, hours=8)  # Thursday, after the weekly summaries
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == [1, 2, 4]
    assert (await tally(store, id)).skipped == {"stale": 1}


async def test_what_speaks_of_tomorrow_is_not_begun_on_the_day(store: Store) -> None:
    await put_campaign(store, 2026, 11, 24)
    await people(store, [1], locales=("de",))
    id = await before_the_end(store)
    lane, clock = Lane(), Clock(NOON + timedelta(hours=12))
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.MISSED)
    assert (await one_broadcast(store, id)).pause_reason == TOO_LATE
    assert not lane.jobs


async def one_broadcast(store: Store, id: int) -> Broadcast:
    async with store.read() as view:
        found = await view.broadcast(id)
    assert found is not None
    return found


async def test_a_group_that_takes_no_photos_is_skipped_and_stays(store: Store) -> None:
    await people(store, range(-10, 0), locales=("de",), kind="group")
    id = await scheduled(store)
    lane = Lane()
    lane.outcome = lambda job: Outcome(Status.NOT_ALLOWED, reason="not enough rights to send photos")
    async with running(make_sender(store, lane, Clock(), rate=1000)):
        await until(store, id, State.SENT, State.PAUSED)
    assert await state(store, id) is State.SENT, "ten groups are no reason to stop"
    assert (await tally(store, id)).skipped == {"kind": 10}
    async with store.read() as view:
        assert all(one.retired_at is None for one in (await view.recipients(range(-10, 0))).values())


async def test_a_group_that_gets_a_number_behind_the_launch_gets_it_once(store: Store) -> None:
    await people(store, [-5, -4, -3, 1, 2], locales=("de",))
    async with store.begin() as tx:
        await tx.retire(-4, NOON)
    id = await scheduled(store)
    lane, clock = Lane(), Clock()
    sender = make_sender(store, lane, clock)
    lease = await sender._take(clock())
    assert lease is not None
    found = await one_broadcast(store, id)
    await sender._ledger.begin(lease, found, clock())
    await sender._look(clock())
    (active,) = sender._ledger.actives.values()
    active.chunk = 1
    await sender._ledger.launch(lease, active)  # the first group is met, the second is not yet
    async with store.begin() as tx:
        await tx.migrate_chat(-3, -1003)
        await tx.migrate_chat(-4, -1004)  # it put the bot out before
        await tx.migrate_chat(-5, -1005)
    while active.launching:
        await sender._ledger.launch(lease, active)
    await sender._release()
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.SENT)
    assert sorted(lane.chats) == [-1005, -1003, 1, 2]
    assert (await tally(store, id)).total == 4


async def test_the_window_holds_however_often_a_delivery_is_put_off(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_PAUSES", (0.0,))
    await people(store, [1, 2], locales=("de",))
    ids = [await scheduled(store, options=Options(window=window)) for window in (10, 0)]
    lane, clock = Lane(), Clock()
    lane.outcome = lambda _: Outcome(Status.NOT_SENT)
    async with running(make_sender(store, lane, clock)):
        for id in ids:
            await until(store, id, State.SENDING)
        for _ in range(22):
            clock.now = clock.now + timedelta(seconds=31)
            await asyncio.sleep(0.1)
        assert not lane.jobs
        lane.outcome = lambda _: None
        clock.now = NOON + timedelta(hours=1)
        for id in ids:
            await until(store, id, State.SENT)
    account = await tally(store, ids[0])
    assert account.skipped == {"stale": 2}
    assert account[Delivery.SENT] == 0
    assert (await tally(store, ids[1]))[Delivery.SENT] == 2


async def test_what_grew_stale_in_hand_is_not_sent(sqlite_store: Store) -> None:
    await people(sqlite_store, [1], locales=("de",))
    id = await scheduled(sqlite_store, options=Options(window=10))
    lane, clock = Lane(), Clock()
    sender = make_sender(sqlite_store, lane, clock)
    lease = await sender._take(clock())
    assert lease is not None
    await sender._ledger.begin(lease, await one_broadcast(sqlite_store, id), clock())
    await sender._look(clock())
    while any(active.launching for active in sender._ledger.actives.values()):
        await sender._launch(lease)
    (job,) = await sender._ledger.step(lease, [], 5, clock())
    clock.now = NOON + timedelta(minutes=11)
    results = await sender._send(job, lease)
    assert not lane.jobs
    await sender._ledger.step(lease, results, 0, clock())
    assert await sender._ledger.step(lease, [], 5, clock()) == []
    assert (await tally(sqlite_store, id)).skipped == {"stale": 1}


async def test_who_waited_for_long_in_hand_is_looked_at_anew(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_PAUSES", (1.2, 1.2))
    await people(sqlite_store, [1, 2], locales=("de",))
    id = await scheduled(sqlite_store)
    lane = Lane()
    away = asyncio.Event()

    def outcome(_: Job) -> Outcome:
        status = Status.SENT if away.is_set() else Status.NOT_SENT
        away.set()
        return Outcome(status, message_id=1)

    lane.outcome = outcome
    async with running(make_sender(sqlite_store, lane, Clock(), in_flight=1)):
        await asyncio.wait_for(away.wait(), PATIENCE)
        async with sqlite_store.begin() as tx:
            await tx.forget(1)
        await until(sqlite_store, id, State.SENT)
    assert lane.chats == [2], "when Telegram was there again"
    account = await tally(sqlite_store, id)
    assert (account[Delivery.SENT], account[Delivery.UNKNOWN]) == (1, 1)


async def test_an_orderly_end_leaves_nothing_unknown_of_what_was_not_sent(sqlite_store: Store) -> None:
    """Some wait until Telegram can be reached, some for their turn."""
    await people(sqlite_store, range(1, 8), locales=("de",))
    id = await scheduled(sqlite_store)
    lane = Lane()
    lane.outcome = lambda _: Outcome(Status.NOT_SENT)
    sender = make_sender(sqlite_store, lane, Clock(), rate=2, in_flight=4)
    async with running(sender):
        async with asyncio.timeout(PATIENCE):
            while len(sender._waiting) < 4 or sender._queue.empty():
                await asyncio.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 1.5
    account = await tally(sqlite_store, id)
    assert (account[Delivery.UNKNOWN], account[Delivery.CLAIMED], account.open) == (0, 0, 7)


async def test_a_dead_sender_does_not_make_a_delivery_young_again(sqlite_store: Store) -> None:
    await people(sqlite_store, [1], locales=("de",))
    id = await scheduled(sqlite_store, options=Options(window=10, unknown=Unknown.RESEND))
    lane, clock = Lane(), Clock()
    dead = make_sender(sqlite_store, lane, clock)
    lease = await dead._take(clock())
    assert lease is not None
    await dead._ledger.begin(lease, await one_broadcast(sqlite_store, id), clock())
    await dead._look(clock())
    while any(active.launching for active in dead._ledger.actives.values()):
        await dead._launch(lease)
    assert await dead._ledger.step(lease, [], 5, clock())
    clock.now = NOON + timedelta(minutes=11)
    async with running(make_sender(sqlite_store, lane, clock, lease_seconds=0.2)):
        await until(sqlite_store, id, State.SENT)
    assert not lane.jobs
    account = await tally(sqlite_store, id)
    assert (account[Delivery.UNKNOWN], account.skipped) == (1, {})


async def test_who_waits_for_what_is_continued_after_its_window_gets_it(store: Store) -> None:
    await people(store, range(1, 6), locales=("de",))
    async with store.begin() as tx:
        await tx.add_staff(1, Role.RELEASER, None, NOON)
        releaser = await tx.staff_of(1)
    assert releaser is not None
    office = Office(
        store=store,
        gazetteer=load_gazetteer(),
        zone=ZONE,
        two_person_from=9,
        audit_key=b"key",
        isolate=isolate,
    )
    id = await scheduled(store, options=Options(first=2, window=60))
    lane, clock = Lane(), Clock()
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.PAUSED)
    clock.now = NOON + timedelta(hours=2)
    await releasing.resume_sending(office, releaser, id, clock.now)
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.SENT)
    account = await tally(store, id)
    assert (account[Delivery.SENT], account.skipped) == (5, {})


async def test_who_still_waits_for_what_was_left_paused_is_skipped(store: Store) -> None:
    await people(store, range(1, 6), locales=("de",))
    id = await scheduled(store, options=Options(first=2, window=60))
    lane, clock = Lane(), Clock()
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.PAUSED)
        async with store.begin() as tx:
            await tx.move(id, State.MISSED, reason=LEFT_PAUSED)
        async with asyncio.timeout(20):
            while (await one_broadcast(store, id)).finished_at is None:
                await asyncio.sleep(0.02)
    account = await tally(store, id)
    assert (account[Delivery.SENT], account.skipped, account.open) == (2, {"stale": 3}, 0)
