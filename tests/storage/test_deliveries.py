"""Queries about deliveries, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.broadcast import Audience, Group
from bot.domain.deliveries import DOUBT, Claim, Count, Delivery, Reason, Result
from bot.domain.news import Rhythm, Topic
from bot.domain.staff import Role
from bot.storage.audience import Clock, Launch, Standing, Walk
from bot.storage.claims import Still
from bot.storage.deliveries import FIRST, LAST, Held
from bot.storage.store import Store
from bot.storage.tables import deliveries, saved_events
from tests.services.sending import EVENTS, NOON, people

NOW = int(NOON.timestamp())
HOUR = 3600
CLOCK = Clock(
    now=NOW,
    hour=12,
    next_hour=[NOW + hour * HOUR for hour in range(24)],
    next_weekly=[NOW + 100_000 + hour * HOUR for hour in range(24)],
)
Row = tuple[Delivery, int, str | None]


async def draft(store: Store) -> int:
    async with store.begin() as tx:
        return await tx.draft(None, NOON)


async def put(
    store: Store, id: int, states: Mapping[int, Delivery], *, at: int = 0, locale: str = "de", **more: object
) -> None:
    """Deliveries by chat."""
    rows = [
        {"broadcast_id": id, "chat_id": chat, "at": at, "state": int(state), "locale": locale, **more}
        for chat, state in states.items()
    ]
    async with store.begin() as tx:
        await tx._run(deliveries.insert(), rows)


async def rows(store: Store, id: int) -> dict[int, Row]:
    """State, time and reason of each chat."""
    async with store.read() as view:
        found = await view._run(
            deliveries.select().where(deliveries.c.broadcast_id == id).order_by(deliveries.c.chat_id)
        )
        return {row.chat_id: (Delivery(row.state), row.at, row.reason) for row in found}


async def launched(store: Store, launch: Launch, *, most: int = 100) -> dict[int, Row]:
    """Walk through an audience, in chunks."""
    walk, at, steps = Walk(launch), (0, FIRST), 0
    while True:
        async with store.begin() as tx:
            following = await tx.launch_chunk(walk, *at, most)
        steps += 1
        assert steps < 100
        if following is None:
            return await rows(store, launch.broadcast_id)
        at = following


async def launch_of(store: Store, audience: Audience = EVENTS, **more: object) -> Launch:
    return replace(
        Launch(
            broadcast_id=await draft(store),
            audience=audience,
            areas=None,
            served=None,
            urgent=False,
            cutoff=NOON,
            clock=CLOCK,
        ),
        **more,  # type: ignore[arg-type]
    )


# Whom it is for -----------------------------------------------------------------------------------


async def everybody(store: Store) -> None:
    """Subscribers of several kinds, a contact, somebody of the office, and one who saved an event."""
    await people(store, [1, 2, 3], area="mv")
    await people(store, [4], area="town:schwerin", frequency="daily")
    await people(store, [5], topic=Topic.INTERNAL)
    await people(store, [6], topic=Topic.INTERNAL)
    await people(store, [-7], kind="group", frequency="weekly")
    async with store.begin() as tx:
        await tx.add_contact(6, "verein", NOON)
        for chat in (8, 9, 10):
            await tx.choose_locale(chat, "private", "de", NOON)
        await tx.add_staff(8, Role.AUTHOR, None, NOON)
        gone = await tx.add_staff(9, Role.AUTHOR, None, NOON)
        await tx.remove_staff(gone, NOON)
        await tx.save_event(10, "fest", NOON, {}, NOON)
        await tx.save_event(10, "fest", NOON + timedelta(days=7), {}, NOON)
        await tx.retire(3, NOON)
        # Who stopped what goes to one group still gets the rest.
        for chat in (11, 12, 13):
            await tx.choose_locale(chat, "private", "de", NOON)
            await tx.add_contact(chat, "verein", NOON)
        await tx.add_staff(12, Role.AUTHOR, None, NOON)
        await tx.decline(11, Group.CONTACTS, NOON)
        await tx.decline(12, Group.CONTACTS, NOON)
        await tx.decline(13, Group.STAFF, NOON)
        await tx.save_event(11, "fest", NOON, {}, NOON)


CHOICES = [
    (Audience(), None, set()),
    (EVENTS, None, {1, 2, 4, -7}),
    (EVENTS, frozenset({"mv"}), {1, 2, -7}),
    (EVENTS, frozenset({"mv", "town:schwerin"}), {1, 2, 4, -7}),
    (replace(EVENTS, locales=frozenset({"ar"})), None, {2}),
    (Audience(topics=frozenset({Topic.INTERNAL})), None, {6}),
    (Audience(groups=frozenset({Group.CONTACTS})), None, {6, 13}),
    (Audience(groups=frozenset({Group.STAFF})), None, {8, 12}),
    (Audience(groups=frozenset({Group.CONTACTS, Group.STAFF})), None, {6, 8, 12, 13}),
    (Audience(event="fest"), None, {10, 11}),
    (replace(EVENTS, event="fest", groups=frozenset({Group.STAFF})), None, {1, 2, 4, -7, 8, 10, 11, 12}),
    (Audience(topics=frozenset({Topic.EVENTS, Topic.INTERNAL})), None, {1, 2, 4, -7, 6}),
]


@pytest.mark.parametrize("number", range(len(CHOICES)))
async def test_the_count_and_the_launch_agree(store: Store, number: int) -> None:
    audience, areas, chats = CHOICES[number]
    await everybody(store)
    async with store.read() as view:
        counts = await view.audience_counts(audience, areas)
    assert sum(counts.values()) == len(chats)
    if audience:
        launch = await launch_of(store, audience, areas=areas)
        assert set(await launched(store, launch, most=2)) == chats
        async with store.read() as view:
            still = await view.still(Standing(audience, areas), range(-10, 20))
        # Who reads another language now is not sent away for that.
        wanted = {1, 2, 4, -7} if audience.locales else chats
        assert {chat for chat, one in still.items() if one.wanted} == wanted


async def test_who_got_something_lately_is_left_out(store: Store) -> None:
    await people(store, [1, 2, 3, 4])
    earlier = await draft(store)
    await put(store, earlier, {1: Delivery.SENT}, at=NOW - 10)
    await put(store, earlier, {2: Delivery.SENT}, at=NOW - 1000)
    await put(store, earlier, {3: Delivery.SKIPPED}, at=NOW - 10)
    async with store.read() as view:
        counts = await view.audience_counts(EVENTS, None, recent=[earlier], not_since=NOW - 100)
        assert sum(counts.values()) == 3
        assert sum((await view.audience_counts(EVENTS, None, recent=[], not_since=NOW)).values()) == 4
    launch = await launch_of(store, recent=[earlier], not_since=NOW - 100)
    assert set(await launched(store, launch)) == {2, 3, 4}


# Launching ----------------------------------------------------------------------------------------


async def test_when_each_gets_it(store: Store) -> None:
    await people(store, [1], locales=("de",))
    await people(store, [2], quiet_from=10, quiet_to=14)  # awake at two
    await people(store, [3], quiet_from=13, quiet_to=12)  # over midnight, until now
    await people(store, [4], quiet_from=11, quiet_to=9)
    await people(store, [5], quiet_from=12, quiet_to=12)  # never quiet
    await people(store, [6], frequency="daily", digest_hour=18)
    await people(store, [7], frequency="weekly", digest_hour=7)
    await people(store, [8], muted_until=NOON + timedelta(days=1))
    await people(store, [9], muted_until=NOON - timedelta(days=1))
    await people(store, [10], locales=("tr",))
    await people(store, [11], frequency="weekly", muted_until=NOON + timedelta(hours=9))
    await people(store, [12], frequency="weekly", muted_until=NOON + timedelta(days=9))
    usual = await launched(store, await launch_of(store, served=frozenset({"de"})), most=3)
    assert usual == {
        1: (Delivery.PENDING, NOW, None),
        2: (Delivery.WAITING, NOW + 14 * HOUR, None),
        3: (Delivery.PENDING, NOW, None),
        4: (Delivery.WAITING, NOW + 9 * HOUR, None),
        5: (Delivery.PENDING, NOW, None),
        6: (Delivery.DIGEST, NOW + 18 * HOUR, None),
        7: (Delivery.DIGEST, NOW + 100_000 + 7 * HOUR, None),
        8: (Delivery.SKIPPED, NOW, Reason.MUTED),
        9: (Delivery.PENDING, NOW, None),
        10: (Delivery.SKIPPED, NOW, Reason.LANGUAGE),
        11: (Delivery.DIGEST, NOW + 100_000 + 18 * HOUR, None),
        12: (Delivery.SKIPPED, NOW, Reason.MUTED),
    }
    urgent = await launched(store, await launch_of(store, urgent=True))
    assert set(urgent.values()) == {(Delivery.PENDING, NOW, None)}
    assert len(urgent) == 12


async def test_who_subscribes_later_is_no_recipient(store: Store) -> None:
    await people(store, [1, 2])
    launch = await launch_of(store, cutoff=NOON - timedelta(days=60))
    assert await launched(store, launch) == {}


async def test_who_is_met_twice_gets_it_once_and_at_once(store: Store) -> None:
    await people(store, [1], frequency="daily")
    async with store.begin() as tx:
        await tx.save_event(1, "fest", NOON, {}, NOON)
    audience = replace(EVENTS, event="fest")
    assert await launched(store, await launch_of(store, audience)) == {1: (Delivery.PENDING, NOW, None)}


async def test_a_launch_goes_on_where_it_was(store: Store) -> None:
    await people(store, range(1, 8))
    launch = await launch_of(store)
    walk = Walk(launch)
    assert walk.passes == 3
    async with store.begin() as tx:
        assert await tx.launch_chunk(walk, 0, FIRST, 3) == (0, 3)
    async with store.begin() as tx:  # a chunk that is repeated changes nothing
        assert await tx.launch_chunk(walk, 0, FIRST, 3) == (0, 3)
        assert await tx.launch_chunk(walk, 0, 3, 100) == (1, FIRST)
        assert await tx.launch_chunk(walk, 2, FIRST, 100) is None
    assert len(await rows(store, launch.broadcast_id)) == 7


# Claiming and recording ---------------------------------------------------------------------------


async def test_claiming_in_order(store: Store) -> None:
    id, other = await draft(store), await draft(store)
    await put(store, id, {-5: Delivery.PENDING, 1: Delivery.SENT, 2: Delivery.PENDING, 3: Delivery.PENDING})
    await put(store, other, {4: Delivery.PENDING})
    async with store.begin() as tx:
        assert await tx.first_pending(id) == -5
        assert await tx.claim(id, FIRST, 2) == [Claim(id, -5, "de", 0), Claim(id, 2, "de", 0)]
        assert [one.chat_id for one in await tx.claim(id, 2, 5)] == [3]
        assert await tx.claim(id, FIRST, 5) == []
        assert await tx.first_pending(id) is None


async def test_claiming_what_has_become_due(store: Store) -> None:
    id, paused, other = await draft(store), await draft(store), await draft(store)
    await put(store, id, {1: Delivery.WAITING, 2: Delivery.WAITING}, at=NOW)
    await put(store, id, {3: Delivery.WAITING}, at=NOW + 1)
    await put(store, id, {4: Delivery.DIGEST}, at=NOW)
    await put(store, other, {6: Delivery.DIGEST}, at=NOW - 9)
    await put(store, other, {7: Delivery.WAITING}, at=NOW + 9)
    await put(store, paused, {5: Delivery.WAITING}, at=NOW - 1)
    async with store.begin() as tx:
        assert await tx.next_due([id]) == {id: NOW}
        assert await tx.next_due([paused, id]) == {paused: NOW - 1, id: NOW}
        assert await tx.next_due([]) == {}
        assert await tx.next_due([other]) == {other: NOW - 9}
        assert len(await tx.claim_due(id, NOW, 1)) == 1
        assert len(await tx.claim_due(id, NOW, 9)) == 1
        assert await tx.claim_due(id, NOW, 9) == []
        assert await tx.claim_due(id, NOW + 1, 9) == [Claim(id, 3, "de", NOW + 1)]
        (digest,) = await tx.claim_digests([id], NOW, 9)
        assert digest == Claim(id, 4, "de", NOW, digest=True)
        assert await tx.next_due([id]) == {}


async def test_how_many_wait_until_when(store: Store) -> None:
    id, other = await draft(store), await draft(store)
    await put(store, id, {1: Delivery.WAITING, 2: Delivery.WAITING}, at=NOW + 9 * HOUR)
    await put(store, id, {3: Delivery.WAITING}, at=NOW + 9 * HOUR + 30)
    await put(store, id, {4: Delivery.WAITING}, at=NOW + 7 * HOUR)
    await put(store, id, {5: Delivery.DIGEST, 6: Delivery.SENT}, at=NOW)
    async with store.read() as view:
        assert await view.waits(id) == ((NOW + 7 * HOUR, 1), (NOW + 9 * HOUR, 3))
        assert await view.waits(other) == ()


async def test_a_digest_takes_all_of_a_chat(store: Store) -> None:
    one, two = await draft(store), await draft(store)
    await put(store, one, {1: Delivery.DIGEST, 2: Delivery.DIGEST}, at=NOW)
    await put(store, two, {1: Delivery.DIGEST}, at=NOW)
    await put(store, two, {2: Delivery.DIGEST}, at=NOW + HOUR)
    async with store.begin() as tx:
        assert await tx.claim_digests([one, two], NOW - 1, 5) == []
        first = await tx.claim_digests([one, two], NOW, 1)
        second = await tx.claim_digests([one, two], NOW, 5)
    found = {(claim.broadcast_id, claim.chat_id) for claim in first + second}
    assert found == {(one, 1), (two, 1), (one, 2)}
    assert len({claim.chat_id for claim in first}) == 1


def result(id: int, chat: int, state: Delivery, **more: object) -> Result:
    return Result(broadcast_id=id, chat_id=chat, state=state, at=NOW, **more)  # type: ignore[arg-type]


async def test_results_are_written_down_once(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.CLAIMED, 2: Delivery.CLAIMED, 3: Delivery.SKIPPED})
    async with store.begin() as tx:
        await tx.record([])
        await tx.record(
            [
                result(id, 1, Delivery.SENT, message_id=11, locale="uk"),
                result(id, 2, Delivery.REJECTED, reason="why"),
                result(id, 3, Delivery.SENT, message_id=12),
            ]
        )
        await tx.record([result(id, 1, Delivery.UNKNOWN)])  # late, from somebody who was replaced
    assert await rows(store, id) == {
        1: (Delivery.SENT, NOW, None),
        2: (Delivery.REJECTED, NOW, "why"),
        3: (Delivery.SKIPPED, 0, None),
    }
    async with store.read() as view:
        assert await view.holders(id, FIRST, 5) == [Held(1, 11, NOW, "uk")]


async def test_closed_chats_are_retired(store: Store) -> None:
    await people(store, [1, 2])
    async with store.begin() as tx:
        await tx.retire_all([], NOON)
        await tx.retire_all([1, 99], NOON)
        await tx.retire_all([1], NOON + timedelta(days=1))
        found = await tx.recipients([1, 2])
    assert (found[1].retired_at, found[2].retired_at) == (NOON, None)


async def test_what_a_dead_sender_had_in_hand(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.CLAIMED, 2: Delivery.PENDING})
    async with store.begin() as tx:
        assert await tx.judge_chunk(id, Delivery.UNKNOWN, FIRST, 99, NOW) == (1, None)
        assert await tx.judge_chunk(id, Delivery.UNKNOWN, FIRST, 99, NOW) == (0, None)
    assert await rows(store, id) == {1: (Delivery.UNKNOWN, NOW, None), 2: (Delivery.PENDING, 0, None)}


async def test_what_a_dead_sender_had_in_a_digest_waits_for_one(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.DIGEST, 2: Delivery.PENDING}, at=NOW)
    async with store.begin() as tx:
        assert len(await tx.claim_digests([id], NOW, 9)) == 1
        assert len(await tx.claim(id, FIRST, 9)) == 1
        assert await tx.judge_chunk(id, Delivery.WAITING, FIRST, 99, NOW) == (2, None)
    assert await rows(store, id) == {1: (Delivery.DIGEST, NOW, DOUBT), 2: (Delivery.WAITING, NOW, DOUBT)}
    async with store.begin() as tx:
        await tx.claim_digests([id], NOW, 9)
        assert await tx.judge_chunk(id, Delivery.UNKNOWN, FIRST, 99, NOW) == (1, None)
    assert (await rows(store, id))[1] == (Delivery.UNKNOWN, NOW, None)


async def test_skipping_what_is_open(store: Store) -> None:
    id = await draft(store)
    states = dict(enumerate(Delivery, 1))
    await put(store, id, states)
    at: int | None = FIRST
    steps = 0
    while at is not None:
        async with store.begin() as tx:
            at = await tx.skip_chunk(id, Reason.CANCELLED, at, 4, NOW)
        steps += 1
    assert steps == 3
    waited = (Delivery.PENDING, Delivery.WAITING, Delivery.DIGEST)
    found = await rows(store, id)
    for chat, state in states.items():
        expected = (Delivery.SKIPPED, NOW, Reason.CANCELLED) if state in waited else (state, 0, None)
        assert found[chat] == expected


async def test_sending_again(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.REJECTED, 2: Delivery.UNKNOWN, 3: Delivery.SENT}, reason="why")
    async with store.begin() as tx:
        assert await tx.again_chunk(id, [], FIRST, 99, NOW) == (0, None)
        assert await tx.again_chunk(id, [Delivery.REJECTED, Delivery.UNKNOWN], FIRST, 99, NOW) == (2, None)
    assert await rows(store, id) == {
        1: (Delivery.WAITING, NOW, None),
        2: (Delivery.WAITING, NOW, DOUBT),
        3: (Delivery.SENT, 0, "why"),
    }


async def test_many_are_looked_through_in_parts(store: Store) -> None:
    id, other = await draft(store), await draft(store)
    for number in (id, other):
        await put(store, number, dict.fromkeys(range(1, 6), Delivery.CLAIMED), at=7)
    async with store.begin() as tx:
        assert await tx.judge_chunk(id, Delivery.UNKNOWN, FIRST, 2, NOW) == (2, 2)
        assert await tx.judge_chunk(id, Delivery.UNKNOWN, 4, 2, NOW) == (1, None)
        assert await tx.again_chunk(id, [Delivery.UNKNOWN], FIRST, 2, NOW + 1) == (2, 2)
    assert await rows(store, id) == {
        1: (Delivery.WAITING, NOW + 1, DOUBT),
        2: (Delivery.WAITING, NOW + 1, DOUBT),
        3: (Delivery.CLAIMED, 7, None),
        4: (Delivery.CLAIMED, 7, None),
        5: (Delivery.UNKNOWN, NOW, None),
    }
    assert {state for state, _, _ in (await rows(store, other)).values()} == {Delivery.CLAIMED}


async def test_what_may_have_arrived_is_never_said_to_be_left_out(store: Store) -> None:
    id = await draft(store)
    await put(store, id, dict.fromkeys(range(1, 9), Delivery.CLAIMED))
    await put(store, id, {9: Delivery.DIGEST})
    async with store.begin() as tx:
        assert len(await tx.claim_digests([id], NOW, 9)) == 1
        await tx.judge_chunk(id, Delivery.WAITING, FIRST, 99, NOW)
        await tx.claim_due(id, NOW, 9)
        await tx.claim_digests([id], NOW, 9)
        await tx.judge_chunk(
            id, Delivery.WAITING, FIRST, 99, NOW, doubt=False
        )  # surely not sent now; before, perhaps
        assert set((await tx.tally(id)).counts) == {
            Count("de", Delivery.WAITING, DOUBT, 8),
            Count("de", Delivery.DIGEST, DOUBT, 1),
        }
        assert (await tx.tally(id)).doubtful == 9
        assert len(await tx.claim_due(id, NOW, 9)) == 8
        assert len(await tx.claim_digests([id], NOW, 9)) == 1
        assert (await tx.tally(id)).doubtful == 9
        await tx.record(
            [
                result(id, 1, Delivery.SENT, message_id=11),
                result(id, 2, Delivery.SKIPPED, reason=Reason.STALE),
                result(id, 3, Delivery.REJECTED, reason="why"),
                result(id, 4, Delivery.UNREACHABLE, reason="blocked"),
                *(result(id, chat, Delivery.WAITING) for chat in (5, 6, 7, 8)),
                result(id, 9, Delivery.DIGEST),
            ]
        )
        assert await tx.again_chunk(id, [Delivery.REJECTED], FIRST, 99, NOW) == (0, None)
        await tx.forget(5, NOON)
        await tx.skip_chunk(id, Reason.CANCELLED, FIRST, 100, NOW)
        account = await tx.tally(id)
    assert (account[Delivery.SENT], account[Delivery.UNKNOWN], account.skipped) == (1, 8, {})


async def test_claims_that_were_surely_not_sent_are_not_in_doubt(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.CLAIMED})
    async with store.begin() as tx:
        assert await tx.judge_chunk(id, Delivery.WAITING, FIRST, 99, NOW, doubt=False) == (1, None)
        await tx.skip_chunk(id, Reason.CANCELLED, FIRST, 100, NOW)
        assert (await tx.tally(id)).skipped == {Reason.CANCELLED: 1}


# Looking ------------------------------------------------------------------------------------------


async def test_who_has_it(store: Store) -> None:
    one, two = await draft(store), await draft(store)
    await put(store, one, {-3: Delivery.SENT, 1: Delivery.SENT, 2: Delivery.SENT}, message_id=7)
    await put(store, one, {4: Delivery.SENT})  # moved to another number: its message cannot be found
    await put(store, two, {1: Delivery.SENT}, message_id=7)
    await put(store, two, {2: Delivery.SENT}, message_id=8)
    await put(store, two, {-3: Delivery.REJECTED}, message_id=7)
    async with store.begin() as tx:
        assert [held.chat_id for held in await tx.holders(one, FIRST, 2)] == [-3, 1]
        assert [held.chat_id for held in await tx.holders(one, 1, 5)] == [2]
        alone = {one: True}
        assert await tx.companions(one, [-3, 1, 2]) == {-3: alone, 1: {one: True, two: True}, 2: alone}
        await tx.recall(one, [1, 2])
        assert [held.chat_id for held in await tx.holders(one, FIRST, 5)] == [-3]
        assert await tx.companions(two, [1]) == {1: {one: False, two: True}}
    assert (await rows(store, one))[1][0] is Delivery.RECALLED
    assert (await rows(store, two))[1][0] is Delivery.SENT


async def test_how_much_a_chat_has_had(store: Store) -> None:
    one, two, three = await draft(store), await draft(store), await draft(store)
    await put(store, one, {1: Delivery.SENT}, at=NOW, message_id=7)
    await put(store, two, {1: Delivery.SENT}, at=NOW, message_id=7)  # the same digest
    await put(store, three, {1: Delivery.SENT}, at=NOW, message_id=8)
    await put(store, two, {2: Delivery.SENT}, at=NOW - 10, message_id=9)
    await put(store, two, {3: Delivery.REJECTED}, at=NOW)
    async with store.read() as view:
        everything = [one, two, three]
        assert await view.got_since([1, 2, 3], everything, NOW) == {1: {one: 7, two: 7, three: 8}}
        assert await view.got_since([1, 2, 3], [one, two], NOW - 10) == {1: {one: 7, two: 7}, 2: {two: 9}}
        assert await view.got_since([], everything, NOW) == {}
        assert await view.got_since([1], [], NOW) == {}


async def test_what_a_chat_may_have_had_and_what_it_is_being_sent_counts(store: Store) -> None:
    one, two = await draft(store), await draft(store)
    await put(store, one, {1: Delivery.UNKNOWN}, at=NOW)
    await put(store, two, {1: Delivery.CLAIMED}, at=NOW - 9999)
    await put(store, one, {2: Delivery.UNKNOWN}, at=NOW - 1)
    for id in (one, two):
        await put(store, id, {3: Delivery.CLAIMED}, at=NOW, reason="digest")
        await put(store, id, {4: Delivery.WAITING}, at=NOW)
    await put(store, one, {5: Delivery.SENT}, at=NOW)  # its number went when the group moved
    await people(store, [1, 2, 3, 4, 5])
    async with store.read() as view:
        found = await view.got_since(range(1, 6), [one, two], NOW)
        reached = await view.audience_counts(EVENTS, None, recent=[one, two], not_since=NOW)
    assert {chat: len(set(marks.values())) for chat, marks in found.items()} == {1: 2, 3: 1, 5: 1}
    assert sum(reached.values()) == 2, "the second and the fourth"


async def test_how_recipients_stand_now(store: Store) -> None:
    await people(store, [1, 2, 3], locales=("uk",), quiet_from=1, quiet_to=2)
    await people(store, [-4], kind="group", muted_until=NOON)
    async with store.begin() as tx:
        await tx.unsubscribe(2)
        await tx.retire(3, NOON)
        still = await tx.still(Standing(EVENTS, None), [1, 2, 3, -4, 99])
    assert set(still) == {1, 2, -4}
    assert still[1] == Still("uk", "private", Rhythm(quiet_from=1, quiet_to=2), wanted=True)
    assert not still[2].wanted
    assert (still[-4].chat_type, still[-4].rhythm.muted_until) == ("group", NOON)


async def test_the_account_adds_up_before_and_after_letting_go(store: Store) -> None:
    id = await draft(store)
    await put(store, id, {1: Delivery.SENT, 2: Delivery.SENT, 3: Delivery.UNKNOWN})
    await put(store, id, {-4: Delivery.SENT}, locale="ar")
    await put(store, id, {5: Delivery.SKIPPED, 6: Delivery.SKIPPED}, reason="cap")
    expected = (
        Count("ar", Delivery.SENT, "", 1),
        Count("de", Delivery.SENT, "", 2),
        Count("de", Delivery.UNKNOWN, "", 1),
        Count("de", Delivery.SKIPPED, "cap", 2),
    )
    async with store.begin() as tx:
        assert (await tx.tally(id)).counts == expected
        assert (await tx.tally(id + 1)).counts == ()
        assert await tx.fold_chunk(id, 2)
        assert (await tx.tally(id)).counts == expected
        assert await tx.fold_chunk(id, 2)
        assert await tx.fold_chunk(id, 2)
        assert not await tx.fold_chunk(id, 2)
        assert not await tx.fold_chunk(id, 2)
        assert (await tx.tally(id)).counts == expected
    assert await rows(store, id) == {}


async def test_the_largest_numbers_fit(store: Store) -> None:
    await people(store, [-(10**13), 10**13])
    launch = await launch_of(store)
    assert set(await launched(store, launch, most=1)) == {-(10**13), 10**13}
    assert FIRST < -(10**13) < 10**13 < LAST
    async with store.read() as view:
        assert (await view._run(saved_events.select())).first() is None
