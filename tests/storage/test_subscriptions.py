"""Subscriptions, the archive, and what becomes of both when a chat moves or forgets itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.broadcast import Audience, Group, State
from bot.domain.deliveries import Delivery, Reason
from bot.domain.news import ALL, Frequency, Rhythm, Subscription, Topic
from bot.domain.staff import Role
from bot.storage import tables
from bot.storage.store import Store, Transaction

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


def wish(
    chat: int, topic: Topic = Topic.EVENTS, area: str = ALL, frequency: Frequency = Frequency.NOW
) -> Subscription:
    return Subscription(
        chat_id=chat, topic=topic, area=area, frequency=frequency, consent_version=1, consented_at=NOW
    )


async def choose(tx: Transaction, *chats: int) -> None:
    for chat in chats:
        await tx.choose_locale(chat, "private", "uk", NOW)


async def deliver(
    tx: Transaction,
    broadcast: int,
    chat: int,
    state: Delivery,
    message: int | None = None,
    reason: str | None = None,
) -> None:
    """A delivery as a launch would have made it and a sender left it."""
    row = {
        "broadcast_id": broadcast,
        "chat_id": chat,
        "at": SECONDS,
        "message_id": message,
        "state": int(state),
        "locale": "uk",
        "reason": reason,
    }
    await tx._run(sa.insert(tables.deliveries), row)


async def rows_of(store: Store, table: sa.Table) -> list[tuple[object, ...]]:
    async with store.read() as view:
        found = await view._run(sa.select(table).order_by(*table.primary_key))
        return [tuple(row) for row in found]


async def test_subscribing_twice_is_once(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7)
        await tx.subscribe(wish(7))
        await tx.subscribe(wish(7, area="town:rostock"))
        await tx.subscribe(wish(7, Topic.LAW))
        later = NOW + timedelta(days=1)
        again = Subscription(
            chat_id=7,
            topic=Topic.EVENTS,
            area=ALL,
            frequency=Frequency.DAILY,
            consent_version=2,
            consented_at=later,
        )
        await tx.subscribe(again)
    async with store.read() as view:
        assert await view.subscriptions(7) == (again, wish(7, area="town:rostock"), wish(7, Topic.LAW))
        assert await view.subscriptions(8) == ()


async def test_stopping_some_or_all(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7, 8)
        for chat in (7, 8):
            await tx.subscribe(wish(chat))
            for area in ("town:rostock", "town:schwerin", "district:lup"):
                await tx.subscribe(wish(chat, Topic.LAW, area))
        assert await tx.unsubscribe(7, Topic.LAW, ("town:rostock", "town:nowhere")) == 1
        assert await tx.unsubscribe(7, Topic.LAW, ()) == 0
        assert await tx.unsubscribe(7, Topic.LAW) == 2
        assert await tx.unsubscribe(7, Topic.LAW) == 0
        assert await tx.subscriptions(7) == (wish(7),)
        assert await tx.unsubscribe(7) == 1
        assert len(await tx.subscriptions(8)) == 4


async def test_how_often_and_when(store: Store) -> None:
    muted = NOW + timedelta(days=7)
    rhythm = Rhythm(quiet_from=20, quiet_to=9, digest_hour=7, muted_until=muted)
    async with store.begin() as tx:
        assert not await tx.set_rhythm(7, rhythm)
        await choose(tx, 7)
        await tx.subscribe(wish(7))
        await tx.subscribe(wish(7, Topic.LAW))
        assert await tx.set_frequency(7, Frequency.WEEKLY, Topic.LAW) == 1
        assert [one.frequency for one in await tx.subscriptions(7)] == [Frequency.NOW, Frequency.WEEKLY]
        assert await tx.set_frequency(7, Frequency.DAILY) == 2
        assert {one.frequency for one in await tx.subscriptions(7)} == {Frequency.DAILY}
        assert await tx.set_rhythm(7, rhythm)
        recipient = await tx.recipient(7)
        assert recipient is not None
        assert recipient.rhythm == rhythm
        await choose(tx, 7)
        kept = await tx.recipient(7)
        assert kept is not None
        assert kept.rhythm == rhythm, "another language is no other rhythm"


async def test_contacts(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7, 8)
        row = {"chat_id": 7, "organisation_id": "verein", "created_at": NOW}
        await tx._run(sa.insert(tables.contacts), row)
        assert await tx.is_contact(7)
        assert not await tx.is_contact(8)


async def test_the_archive_holds_what_was_sent_and_has_not_expired(store: Store) -> None:
    async with store.begin() as tx:
        ids = [await tx.draft(None, NOW, audience=Audience(topics=frozenset({Topic.LAW}))) for _ in range(5)]
        for number, id in enumerate(ids[:4]):
            await tx.move(id, State.SCHEDULED)
            await tx.move(id, State.SENDING)
            await tx.change(id, launched_at=NOW - timedelta(days=number))
        await tx.move(ids[1], State.SENT)
        await tx.move(ids[2], State.WITHDRAWN)
        await tx.change(ids[1], expires_at=NOW + timedelta(seconds=1))
        await tx.change(ids[3], expires_at=NOW)
        assert [one.id for one in await tx.recently_sent({Topic.LAW}, NOW, 10)] == [ids[0], ids[1]]
        assert [one.id for one in await tx.recently_sent({Topic.LAW}, NOW, 1)] == [ids[0]]
        assert [one.id for one in await tx.recently_sent({Topic.LAW}, NOW + timedelta(days=1), 9)] == [ids[0]]


async def test_which_notice_a_message_is(store: Store) -> None:
    async with store.begin() as tx:
        first, second = [await tx.draft(None, NOW) for _ in range(2)]
        await deliver(tx, first, 7, Delivery.SENT, 90)
        await deliver(tx, second, 7, Delivery.SENT, 90)
        await deliver(tx, first, 8, Delivery.RECALLED, 91)
        await deliver(tx, second + 5, 8, Delivery.SENT, 92)
        assert await tx.notice_at(7, 90) == second, "the newest of a digest"
        assert await tx.notice_at(7, 91) is None
        assert await tx.notice_at(8, 91) is None
        assert await tx.notice_at(8, 92) is None, "its broadcast is gone"


OUTCOMES = {
    Delivery.PENDING: (Delivery.SKIPPED, Reason.FORGOTTEN.value),
    Delivery.WAITING: (Delivery.SKIPPED, Reason.FORGOTTEN.value),
    Delivery.DIGEST: (Delivery.SKIPPED, Reason.FORGOTTEN.value),
    Delivery.CLAIMED: (Delivery.UNKNOWN, ""),
    Delivery.SENT: (Delivery.SENT, ""),
    Delivery.REJECTED: (Delivery.REJECTED, ""),
    Delivery.UNREACHABLE: (Delivery.UNREACHABLE, ""),
    Delivery.UNKNOWN: (Delivery.UNKNOWN, ""),
    Delivery.RECALLED: (Delivery.RECALLED, ""),
}


@pytest.mark.parametrize("state", list(OUTCOMES))
async def test_forgetting_keeps_the_count_without_the_person(store: Store, state: Delivery) -> None:
    became, reason = OUTCOMES[state]
    async with store.begin() as tx:
        await choose(tx, 7, 8, 9)
        id, other = await tx.draft(None, NOW), await tx.draft(None, NOW)
        for chat in (7, 8, 9):
            await deliver(tx, id, chat, state, 90)
        await deliver(tx, other, 7, Delivery.SKIPPED, reason=Reason.MUTED.value)
        before = (await tx.tally(id)).total
        assert (await tx.forget(7))["deliveries"] == 2
        assert (await tx.forget(7))["deliveries"] == 0
        assert (await tx.forget(8))["deliveries"] == 1
    assert await rows_of(store, tables.delivery_counts) == [
        (id, "uk", int(became), reason, 2),
        (other, "uk", int(Delivery.SKIPPED), Reason.MUTED.value, 1),
    ]
    async with store.read() as view:
        assert (await view.tally(id)).total == before == 3
        assert [row[1] for row in await rows_of(store, tables.deliveries)] == [9]


async def test_forgetting_ends_subscriptions_contacts_and_rights(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7, 8)
        for chat in (7, 8):
            await tx.subscribe(wish(chat))
            row = {"chat_id": chat, "organisation_id": "verein", "created_at": NOW}
            await tx._run(sa.insert(tables.contacts), row)
            staff = {"chat_id": chat, "role": Role.ADMIN.value, "created_at": NOW, "editing": 3}
            await tx._run(sa.insert(tables.staff), {**staff, "expecting": "name"})
        removed = await tx.forget(7, NOW)
        assert (removed["subscriptions"], removed["contacts"], removed["staff"]) == (1, 1, 1)
        assert not any((await tx.forget(7, NOW)).values())
        assert not await tx.is_contact(7)
        assert await tx.subscriptions(7) == ()
        assert len(await tx.subscriptions(8)) == 1
        about = await tx.everything_about(7)
    assert not any(about.values())
    left, stays = await rows_of(store, tables.staff)
    assert left[1:] == (None, "admin", None, NOW, NOW, None, None)
    assert stays[1:] == (8, "admin", None, NOW, None, 3, "name")


async def test_a_removed_member_of_staff_was_removed_when_it_was(store: Store) -> None:
    async with store.begin() as tx:
        staff = {"chat_id": 7, "role": "author", "created_at": NOW, "removed_at": NOW}
        await tx._run(sa.insert(tables.staff), staff)
        await tx.forget(7)
    ((*_, removed_at, _editing, _expecting),) = await rows_of(store, tables.staff)
    assert removed_at == NOW


async def test_all_of_it_is_shown_to_whom_it_concerns(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7)
        await tx.subscribe(wish(7, frequency=Frequency.WEEKLY))
        id = await tx.draft(None, NOW)
        await deliver(tx, id, 7, Delivery.SENT, 90)
        await deliver(tx, id, 8, Delivery.SENT, 91)
        edit = await tx.add_edit(id, NOW, locale="uk", withdraw=False)
        await tx.put_off_edit(edit, {7: NOW})
        about = json.loads(json.dumps(await tx.everything_about(7)))
    assert about["edit_waits"] == [{"edit_id": edit, "due_at": "2026-03-01T22:30:00+00:00"}]
    assert about["recipient"]["quiet_from"] == 21
    assert about["recipient"]["muted_until"] is None
    assert about["subscriptions"] == [
        {
            "topic": "events",
            "area": "mv",
            "frequency": "weekly",
            "consent_version": 1,
            "consented_at": "2026-03-01T22:30:00+00:00",
        }
    ]
    assert about["deliveries"] == [
        {
            "broadcast_id": id,
            "state": "sent",
            "at": "2026-03-01T22:30:00+00:00",
            "since": None,
            "locale": "uk",
            "reason": None,
            "message_id": 90,
        }
    ]


@pytest.mark.parametrize("known", [False, True])
async def test_a_group_that_moves_takes_everything_along(store: Store, known: bool) -> None:
    async with store.begin() as tx:
        await choose(tx, -5)
        await tx.subscribe(wish(-5))
        await tx.subscribe(wish(-5, Topic.LAW))
        if known:
            await choose(tx, -1005)
            await tx.subscribe(wish(-1005, frequency=Frequency.DAILY))
        ids = [await tx.draft(None, NOW) for _ in range(4)]
        await deliver(tx, ids[0], -5, Delivery.WAITING)
        await deliver(tx, ids[1], -5, Delivery.SENT, 90)
        await deliver(tx, ids[2], -5, Delivery.CLAIMED)
        await deliver(tx, ids[3], -5, Delivery.PENDING)
        await deliver(tx, ids[3], -1005, Delivery.SENT, 12)
        await tx.migrate_chat(-5, -1005)
        assert await tx.subscriptions(-5) == ()
        often = Frequency.DAILY if known else Frequency.NOW
        assert await tx.subscriptions(-1005) == (
            wish(-1005, frequency=often),
            wish(-1005, Topic.LAW),
        )
    found = {(row[0], row[1]): (row[4], row[3]) for row in await rows_of(store, tables.deliveries)}
    moved = {
        (ids[0], -1005): (Delivery.WAITING, None),
        (ids[1], -1005): (Delivery.SENT, None),
        (ids[3], -1005): (Delivery.SENT, 12),
    }
    if known:
        assert found == moved
        async with store.read() as view:
            assert (await view.tally(ids[2]))[Delivery.UNKNOWN] == 1
            assert (await view.tally(ids[3])).skipped == {Reason.FORGOTTEN.value: 1}
    else:
        # What is in hand is reported under the number it was taken under.
        stay = {(ids[2], -5): (Delivery.CLAIMED, None), (ids[3], -5): (Delivery.PENDING, None)}
        assert found == {**moved, **stay}


async def test_what_goes_to_a_group_can_be_declined(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7, 8)
        assert await tx.groups(7) == await tx.groups(9) == {}
        await tx.add_contact(7, "verein", NOW)
        await tx.add_staff(7, Role.AUTHOR, None, NOW)
        assert await tx.groups(7) == {Group.CONTACTS: True, Group.STAFF: True}
        assert await tx.decline(7, Group.CONTACTS, NOW)
        assert not await tx.decline(7, Group.CONTACTS, NOW + timedelta(days=1))
        assert await tx.groups(7) == {Group.CONTACTS: False, Group.STAFF: True}
        assert await tx.groups(8) == {}
    async with store.read() as view:
        about = await view.everything_about(7)
    assert about["declined"] == [{"about": "contacts", "declined_at": "2026-03-01T22:30:00+00:00"}]
    async with store.begin() as tx:
        assert await tx.want_again(7, Group.CONTACTS)
        assert not await tx.want_again(7, Group.CONTACTS)
        assert await tx.groups(7) == {Group.CONTACTS: True, Group.STAFF: True}
        await tx.decline(7, Group.CONTACTS, NOW)
        await tx.decline(7, Group.STAFF, NOW)
        assert (await tx.forget(7))["declined"] == 2
    assert await rows_of(store, tables.declined) == []


async def test_what_was_declined_ends_with_what_it_was_about(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, 7)
        for organisation in ("one", "other"):
            await tx.add_contact(7, organisation, NOW)
        id = await tx.add_staff(7, Role.AUTHOR, None, NOW)
        for group in Group:
            await tx.decline(7, group, NOW)
        await tx.drop_contact(7, "one")
        assert await tx.groups(7) == dict.fromkeys(Group, False)
        await tx.drop_contact(7, "other")
        assert await tx.groups(7) == {Group.STAFF: False}
        await tx.remove_staff(id, NOW)
        assert await tx.groups(7) == {}
        await tx.add_contact(7, "one", NOW)
        await tx.add_staff(7, Role.AUTHOR, None, NOW)
        assert await tx.groups(7) == dict.fromkeys(Group, True)


async def test_what_a_group_declined_and_must_hear_moves_with_it(store: Store) -> None:
    async with store.begin() as tx:
        await choose(tx, -5, -6, -1005)
        await tx.decline(-5, Group.CONTACTS, NOW)
        await tx.must_be_told(-5, "verein")
        await tx.migrate_chat(-5, -1005)
        await tx.decline(-6, Group.STAFF, NOW)
        await tx.migrate_chat(-6, -1006)
    assert [(row[0], row[1]) for row in await rows_of(store, tables.declined)] == [
        (-1006, "staff"),
        (-1005, "contacts"),
    ]
    async with store.read() as view:
        assert await view.farewells() == ((-1005, "verein"),)
