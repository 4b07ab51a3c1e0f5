"""Subscribing and stopping; and what an archive shows to whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import Audience, Body, Group, State
from bot.domain.deliveries import Delivery
from bot.domain.locales import negotiate
from bot.domain.news import ALL, CONSENT_VERSION, Frequency, Rhythm, Topic
from bot.domain.staff import Role
from bot.services import subscribing
from bot.services.subscribing import MOST_AREAS, NotAContact, TooManyAreas, Who
from bot.storage import tables
from bot.storage.store import Store, Transaction
from bot.storage.tables import deliveries

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)
WHO = Who(7, "private", "uk")


async def subscribe(
    store: Store,
    topic: Topic = Topic.EVENTS,
    area: str = ALL,
    frequency: Frequency = Frequency.NOW,
    *,
    hour: int | None = None,
    now: datetime = NOW,
) -> None:
    await subscribing.subscribe(store, WHO, topic, area, frequency, now=now, today=TODAY, digest_hour=hour)


async def have(store: Store) -> list[tuple[Topic, str, Frequency]]:
    async with store.read() as view:
        return [(one.topic, one.area, one.frequency) for one in await view.subscriptions(7)]


async def rhythm(store: Store) -> Rhythm:
    async with store.read() as view:
        recipient = await view.recipient(7)
    assert recipient is not None
    return recipient.rhythm


def test_what_a_button_may_name() -> None:
    gazetteer = load_gazetteer()
    assert subscribing.topic_of("law") is Topic.LAW
    assert subscribing.topic_of("") is subscribing.topic_of("Law") is None
    assert subscribing.group_of("staff") is Group.STAFF
    assert subscribing.group_of("events") is None
    assert subscribing.frequency_of("weekly") is Frequency.WEEKLY
    assert subscribing.frequency_of("hourly") is None
    for area in ("mv", "district:lup", "town:rostock"):
        assert subscribing.is_area(area, gazetteer), area
    for area in ("", "mv:x", "district:rostock", "town:lup", "town:", "state:mv"):
        assert not subscribing.is_area(area, gazetteer), area


def test_a_warning_does_not_wait_for_thursday() -> None:
    assert subscribing.frequencies(Topic.URGENT) == (Frequency.NOW,)
    assert subscribing.frequencies(Topic.WORK) == tuple(Frequency)


def test_internal_news_is_for_contacts() -> None:
    assert Topic.INTERNAL in subscribing.open_topics(contact=True)
    assert set(Topic) - set(subscribing.open_topics(contact=False)) == {Topic.INTERNAL}


async def test_the_first_subscription_makes_a_recipient(sqlite_store: Store) -> None:
    await subscribe(sqlite_store)
    async with sqlite_store.read() as view:
        recipient = await view.recipient(7)
        (kept,) = await view.subscriptions(7)
    assert recipient is not None
    assert (recipient.chat_type, recipient.locale, recipient.seen_on) == ("private", "uk", TODAY)
    assert (kept.consent_version, kept.consented_at) == (CONSENT_VERSION, NOW)
    assert recipient.rhythm == Rhythm()
    later = NOW + timedelta(days=1)
    await subscribe(sqlite_store, frequency=Frequency.DAILY, hour=7, now=later)
    async with sqlite_store.read() as view:
        (again,) = await view.subscriptions(7)
    assert (again.consented_at, again.frequency) == (later, Frequency.DAILY)
    assert await rhythm(sqlite_store) == Rhythm(digest_hour=7)


async def test_the_whole_state_and_single_places_take_each_others_place(sqlite_store: Store) -> None:
    await subscribe(sqlite_store, Topic.LAW)
    await subscribe(sqlite_store, area=ALL)
    await subscribe(sqlite_store, area="town:rostock")
    await subscribe(sqlite_store, area="district:lup", frequency=Frequency.WEEKLY)
    law = (Topic.LAW, ALL, Frequency.NOW)
    assert await have(sqlite_store) == [
        (Topic.EVENTS, "district:lup", Frequency.WEEKLY),
        (Topic.EVENTS, "town:rostock", Frequency.WEEKLY),
        law,
    ]
    await subscribe(sqlite_store, area=ALL)
    assert await have(sqlite_store) == [(Topic.EVENTS, ALL, Frequency.NOW), law]


async def test_places_are_bounded(sqlite_store: Store) -> None:
    towns = [f"town:{number}" for number in range(MOST_AREAS)]
    for area in towns:
        await subscribe(sqlite_store, area=area)
    with pytest.raises(TooManyAreas):
        await subscribe(sqlite_store, area="town:one-more")
    await subscribe(sqlite_store, area=towns[0])
    assert len(await have(sqlite_store)) == MOST_AREAS
    await subscribe(sqlite_store, area=ALL)
    assert len(await have(sqlite_store)) == 1


async def test_only_contacts_get_internal_news(sqlite_store: Store) -> None:
    with pytest.raises(NotAContact):
        await subscribe(sqlite_store, Topic.INTERNAL)
    async with sqlite_store.read() as view:
        assert await view.recipient(7) is None
    await subscribe(sqlite_store)
    async with sqlite_store.begin() as tx:
        row = {"chat_id": 7, "organisation_id": "verein", "created_at": NOW}
        await tx._run(sa.insert(tables.contacts), row)
    await subscribe(sqlite_store, Topic.INTERNAL)
    assert (Topic.INTERNAL, ALL, Frequency.NOW) in await have(sqlite_store)


async def test_changing_how_often(sqlite_store: Store) -> None:
    store = sqlite_store
    assert await subscribing.change_frequency(store, 7, Topic.EVENTS, Frequency.DAILY, 7) == 0
    await subscribe(store)
    await subscribe(store, Topic.LAW)
    assert await subscribing.change_frequency(store, 7, Topic.LAW, Frequency.DAILY, 7) == 1
    assert (await rhythm(store)).digest_hour == 7
    assert await subscribing.change_frequency(store, 7, Topic.LAW, Frequency.NOW) == 1
    assert (await rhythm(store)).digest_hour == 7
    assert await subscribing.change_frequency(store, 7, Topic.WORK, Frequency.DAILY, 9) == 0
    assert (await rhythm(store)).digest_hour == 7
    assert {often for _, _, often in await have(store)} == {Frequency.NOW}


async def test_quiet_hours_digest_hour_and_pause(sqlite_store: Store) -> None:
    store = sqlite_store
    assert not await subscribing.set_quiet_hours(store, 7, 20, 9)
    assert not await subscribing.set_digest_hour(store, 7, 9)
    assert not await subscribing.mute(store, 7, NOW)
    await subscribe(store)
    until = NOW + timedelta(days=7)
    assert await subscribing.set_quiet_hours(store, 7, 20, 9)
    assert await subscribing.set_digest_hour(store, 7, 10)
    assert await subscribing.mute(store, 7, until)
    assert await rhythm(store) == Rhythm(quiet_from=20, quiet_to=9, digest_hour=10, muted_until=until)
    assert await subscribing.mute(store, 7, None)
    assert await rhythm(store) == Rhythm(quiet_from=20, quiet_to=9, digest_hour=10)


async def test_stopping_a_place_a_topic_or_everything(sqlite_store: Store) -> None:
    store = sqlite_store
    for area in ("town:rostock", "town:schwerin"):
        await subscribe(store, area=area)
    await subscribe(store, Topic.LAW)
    await subscribe(store, Topic.WORK)
    assert await subscribing.stop(store, 7, Topic.EVENTS, "town:rostock", now=NOW) == 1
    assert [area for topic, area, _ in await have(store) if topic is Topic.EVENTS] == ["town:schwerin"]
    assert await subscribing.stop(store, 7, Topic.EVENTS, now=NOW) == 1
    assert await subscribing.stop(store, 7, Topic.EVENTS, now=NOW) == 0
    assert await subscribing.stop(store, 7, now=NOW) == 2
    assert await have(store) == []


async def test_stopping_what_goes_to_a_group_or_everything(sqlite_store: Store) -> None:
    store = sqlite_store

    async def groups() -> dict[Group, bool]:
        async with store.read() as view:
            return await view.groups(7)

    await subscribe(store, Topic.LAW)
    async with store.begin() as tx:
        await tx.add_contact(7, "verein", NOW)
        await tx.add_staff(7, Role.AUTHOR, None, NOW)
    assert await subscribing.stop(store, 7, Topic.WORK, now=NOW) == 0
    assert await subscribing.stop(store, 7, Group.STAFF, now=NOW) == 1
    assert await subscribing.stop(store, 7, Group.STAFF, now=NOW) == 0
    assert await groups() == {Group.CONTACTS: True, Group.STAFF: False}
    assert len(await have(store)) == 1
    assert await subscribing.stop(store, 7, now=NOW) == 2
    assert await groups() == {Group.CONTACTS: False, Group.STAFF: False}
    assert await have(store) == []
    assert await subscribing.get_again(store, 7, Group.STAFF)
    assert not await subscribing.get_again(store, 7, Group.STAFF)
    assert await groups() == {Group.CONTACTS: False, Group.STAFF: True}


async def test_who_belongs_to_no_group_stops_nothing_of_it(sqlite_store: Store) -> None:
    """Nothing is kept for later: who becomes a contact once agrees to that anew."""
    store = sqlite_store
    await subscribe(store)
    assert await subscribing.stop(store, 7, now=NOW) == 1
    assert await subscribing.stop(store, 7, Group.CONTACTS, now=NOW) == 0
    assert await subscribing.stop(store, 99, now=NOW) == 0
    async with store.begin() as tx:
        await tx.add_contact(7, "verein", NOW)
        assert await tx.groups(7) == {Group.CONTACTS: True}


async def sent(tx: Transaction, audience: Audience, *bodies: Body, expires_at: datetime | None = None) -> int:
    id = await tx.draft(None, NOW, audience=audience)
    for body in bodies:
        await tx.put_body(id, body)
    await tx.move(id, State.SCHEDULED)
    await tx.move(id, State.SENDING)
    await tx.change(id, launched_at=NOW, expires_at=expires_at)
    return id


def about(*topics: Topic) -> Audience:
    return Audience(topics=frozenset(topics))


UK, DE = negotiate(("uk",)), negotiate(("de",))


async def test_the_archive_shows_the_topics_that_are_open(sqlite_store: Store) -> None:
    public = subscribing.open_topics(contact=False)
    async with sqlite_store.begin() as tx:
        law = await sent(tx, about(Topic.LAW), Body(locale="de", html="Neu"))
        inner = await sent(tx, about(Topic.INTERNAL), Body(locale="de", html="Intern"))
        both = await sent(tx, about(Topic.INTERNAL, Topic.WORK), Body(locale="uk", html="Обидва"))
        await sent(tx, Audience(groups=frozenset({Group.STAFF})), Body(locale="de", html="Büro"))
        draft = await tx.draft(None, NOW, audience=about(Topic.LAW))
        bare = await sent(tx, about(Topic.LAW))
        brief = await sent(
            tx, about(Topic.LAW), Body(locale="de", html="Kurz"), expires_at=NOW + timedelta(hours=1)
        )

        assert [one.id for one in await subscribing.archive(tx, public, NOW)] == [brief, bare, both, law]
        assert [one.id for one in await subscribing.archive(tx, Topic, NOW)] == [
            brief,
            bare,
            both,
            inner,
            law,
        ]

        found = await subscribing.read(tx, law, public, UK, NOW, 1)
        assert found is not None
        assert (found.broadcast.id, found.body.html, found.exact) == (law, "Neu", False)
        found = await subscribing.read(tx, both, public, UK, NOW, 1)
        assert found is not None
        assert found.exact
        for id in (inner, draft, bare, 999):
            assert await subscribing.read(tx, id, public, DE, NOW, 1) is None
        assert await subscribing.read(tx, inner, Topic, DE, NOW, 1) is not None
        assert await subscribing.read(tx, brief, public, DE, NOW, 1) is not None
        assert await subscribing.read(tx, brief, public, DE, NOW + timedelta(hours=1), 1) is None


async def test_what_is_not_for_a_reader_pushes_nothing_out_of_the_archive(sqlite_store: Store) -> None:
    async with sqlite_store.begin() as tx:
        law = await sent(tx, about(Topic.LAW), Body(locale="de", html="Neu"))
        for _ in range(101):
            await sent(tx, Audience(groups=frozenset({Group.STAFF})), Body(locale="de", html="Büro"))
        found = await subscribing.archive(tx, {Topic.LAW}, NOW)
    assert [one.id for one in found] == [law]


@pytest.mark.parametrize("state", [State.PAUSED, State.CANCELLED, State.WITHDRAWN])
async def test_who_got_something_can_read_it_whatever_became_of_the_rest(
    sqlite_store: Store, state: State
) -> None:
    public = subscribing.open_topics(contact=False)
    async with sqlite_store.begin() as tx:
        id = await sent(tx, about(Topic.LAW), Body(locale="de", html="Neu"))
        row = {"broadcast_id": id, "chat_id": 1, "at": 0, "state": int(Delivery.SENT), "locale": "de"}
        await tx._run(deliveries.insert(), [row, {**row, "chat_id": 2, "state": int(Delivery.SKIPPED)}])
        await tx.move(id, state)
        for stranger in (2, 3):
            assert await subscribing.read(tx, id, public, DE, NOW, stranger) is None
        if state is State.WITHDRAWN:
            with pytest.raises(subscribing.Withdrawn):
                await subscribing.read(tx, id, public, DE, NOW, 1)
            return
        # Also who does not follow the topic any more.
        for topics in (public, ()):
            found = await subscribing.read(tx, id, topics, DE, NOW, 1)
            assert found is not None
            assert found.body.html == "Neu"
