"""The picture of the directory: seen by everybody soon, built once, kept when the database is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.content.gazetteer import load_gazetteer
from bot.domain.directory import CounsellingOffer, Event, Kind, Organisation, Place, Status
from bot.domain.errors import DatabaseTooNew, StorageFailed
from bot.domain.text import LocalizedText
from bot.parts import make_answering
from bot.services.importing import apply, plan_import
from bot.services.shelf import Holdings, Shelf
from bot.storage import schema
from bot.storage.codec import encode
from bot.storage.migrating import migrate
from bot.storage.store import Snapshot, Store
from tests.conftest import Databases

GAZETTEER = load_gazetteer()
SEEN_WITHIN = 1.0
"""Seconds until an edit is seen in every process."""


class WatchedStore(Store):
    """Counts how often it is looked at, and is out of reach when told to be."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.looks = 0
        self.away = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Snapshot]:
        self.looks += 1
        if self.away:
            raise StorageFailed("OperationalError SQLITE_CANTOPEN")
        async with super().read() as view:
            yield view


@pytest.fixture
async def watched(sqlite_databases: Databases) -> AsyncIterator[WatchedStore]:
    store = WatchedStore(await sqlite_databases.migrated())
    yield store
    store.away = False
    await store.close()


def offer(id: str, *towns: str, **fields: object) -> CounsellingOffer:
    given: dict[str, object] = {
        "title": LocalizedText.of(de=f"Beratung {id}"),
        "summary": LocalizedText(),
        "source": "example",
        "verified": True,
        "type": "debt",
        "topics": ("debt",),
        "places": tuple(Place(town) for town in towns),
    }
    return CounsellingOffer(id=id, **{**given, **fields})  # type: ignore[arg-type]


async def put(store: Store, *offers: CounsellingOffer) -> None:
    async with store.begin() as tx:
        for one in offers:
            await tx.put_record(one.KIND, one.id, encode(one), None)


def ids(holdings: Holdings) -> list[str]:
    return sorted(id for _, id in holdings.directory.records)


async def soon(shelf: Shelf, wanted: list[str]) -> Holdings:
    """The holdings as soon as they hold this; fails when that takes too long."""
    until = time.monotonic() + SEEN_WITHIN
    while ids(found := await shelf.holdings()) != wanted:
        assert time.monotonic() < until, ids(found)
        await asyncio.sleep(0.02)
    return found


# What is seen


async def test_an_empty_database_is_an_empty_shelf(sqlite_store: Store) -> None:
    holdings = await Shelf(sqlite_store).holdings()
    assert (holdings.version, ids(holdings)) == (0, [])


async def test_only_what_may_be_shown_is_on_the_shelf(sqlite_store: Store) -> None:
    await put(sqlite_store, offer("read"), offer("rumour", verified=False))
    assert ids(await Shelf(sqlite_store).holdings()) == ["read"]


async def test_an_event_that_is_over_is_opened_but_not_found_from_the_next_day_on(
    sqlite_store: Store,
) -> None:
    course = Event(
        id="course",
        title=LocalizedText.of(de="Schwimmkurs"),
        summary=LocalizedText.of(de="Schwimmen lernen"),
        source="example",
        verified=True,
        starts=datetime(2026, 3, 1, 10),
    )
    async with sqlite_store.begin() as tx:
        await tx.put_record(course.KIND, course.id, encode(course), None)
    days = [date(2026, 3, 1)]
    shelf = Shelf(sqlite_store, today=lambda: days[-1])
    asked = make_answering().reader.read("Schwimmkurs")
    assert [found.key for found in (await shelf.holdings()).index.rank(asked).entries] == [course.key]
    days.append(date(2026, 3, 2))
    shelf._checked = float("-inf")
    later = await shelf.holdings()
    assert not later.index.rank(asked).entries
    assert later.directory.get(*course.key) == course


async def test_an_edit_is_seen_within_a_second_in_every_process(watched: WatchedStore) -> None:
    await put(watched, offer("one"))
    here, there = Shelf(watched), Shelf(watched)
    before = await here.holdings()
    assert ids(before) == ids(await there.holdings()) == ["one"]
    await put(watched, offer("two"))
    after = await soon(here, ["one", "two"])
    await soon(there, ["one", "two"])
    assert after.version == before.version + 1
    assert ids(before) == ["one"]  # a picture that somebody still holds does not change


async def test_an_ended_offer_leaves_the_shelf(sqlite_store: Store) -> None:
    await put(sqlite_store, offer("one"), offer("two"))
    shelf = Shelf(sqlite_store)
    await shelf.holdings()
    await put(sqlite_store, offer("one", status=Status.ENDED))
    await soon(shelf, ["two"])


async def test_a_confirmed_record_is_on_the_shelf_and_its_reports_are_settled(
    sqlite_store: Store, tmp_path: Path
) -> None:
    async def load(*lines: str) -> None:
        head = ("title: Tür", "summary: Eine Tür.", "type: debt", "verified: true", "source: example.org")
        text = "".join(f"    {line}\n" for line in (*head, *lines))
        (tmp_path / "offers.yaml").write_text(f"schema: 1\noffers:\n  - id: door\n{text}", encoding="utf-8")
        plan = await plan_import(sqlite_store, tmp_path, gazetteer=GAZETTEER, today=date(2026, 11, 23))
        assert plan.errors == ()
        await apply(plan, sqlite_store)

    async def reported() -> int:
        async with sqlite_store.read() as view:
            return len(await view.outdated_counts())

    await load()
    async with sqlite_store.begin() as tx:
        await tx.report_outdated(Kind.OFFER, "door", date(2026, 11, 20))
    await load("free: true")
    assert await reported() == 1  # another field says nothing about whether somebody has looked
    await load("free: true", "confirmed_on: 2026-11-23", "confirmed_by: Geschäftsstelle")
    assert await reported() == 0
    record = (await Shelf(sqlite_store).holdings()).directory.get(Kind.OFFER, "door")
    assert record is not None
    assert record.confirmed_on == date(2026, 11, 23)


# What it costs


async def test_without_a_new_version_the_picture_stays_the_same(watched: WatchedStore) -> None:
    await put(watched, offer("one"))
    shelf = Shelf(watched)
    first = await shelf.holdings()
    assert await shelf.holdings() is first
    assert watched.looks == 1
    await asyncio.sleep(0.55)
    assert await shelf.holdings() is first
    assert watched.looks == 2


async def test_many_at_once_look_once(watched: WatchedStore) -> None:
    await put(watched, offer("one"))
    shelf = Shelf(watched)
    found = await asyncio.gather(*(shelf.holdings() for _ in range(20)))
    assert watched.looks == 1
    assert all(one is found[0] for one in found)


async def test_offers_are_computed_once_for_each_question() -> None:
    holdings = Holdings.of(1, (offer("one", "rostock"), offer("youth", "schwerin", max_age=26)))
    rostock, schwerin = GAZETTEER.town("rostock"), GAZETTEER.town("schwerin")
    first = holdings.offers(GAZETTEER, "debt", rostock)
    again = holdings.offers(GAZETTEER, "debt", rostock)
    assert [hit.offer.id for hit in first] == ["one", "youth"]
    assert again == first
    assert all(one is other for one, other in zip(first, again, strict=True))
    # Another town, topic or age is another question.
    assert [hit.offer.id for hit in holdings.offers(GAZETTEER, "debt", schwerin)] == ["youth", "one"]
    assert [hit.offer.id for hit in holdings.offers(GAZETTEER, "debt", rostock, "o")] == ["one"]
    assert holdings.offers(GAZETTEER, "housing", rostock) == []
    assert [hit.km for hit in holdings.offers(GAZETTEER, "debt", None)] == [None, None]


async def test_an_organiser_who_is_not_shown_is_not_named_by_an_id() -> None:
    words_ = LocalizedText.of(de="Wort")
    talide = Organisation(id="talide", source="example", verified=True, title=words_, summary=words_)
    unverified, ended = replace(talide, verified=False), replace(talide, status=Status.ENDED)
    fest = Event(
        id="fest",
        source="example",
        verified=True,
        starts=datetime(2027, 1, 1),
        organiser="talide",
        title=words_,
        summary=words_,
    )
    assert Holdings.of(1, (fest, talide)).organiser(fest) == talide
    assert Holdings.of(1, (fest, unverified)).organiser(fest) == ""
    assert Holdings.of(1, (fest, ended)).organiser(fest) == ""
    assert Holdings.of(1, (fest,), unreadable=["organisation/talide"]).organiser(fest) == ""
    assert Holdings.of(1, (fest,)).organiser(fest) == "talide"
    assert Holdings.of(1, (fest, talide)).organiser(replace(fest, organiser=None)) == ""


async def test_who_shortens_the_list_does_not_shorten_it_for_others() -> None:
    holdings = Holdings.of(1, (offer("one"), offer("two")))
    holdings.offers(GAZETTEER, "debt", None).clear()
    assert len(holdings.offers(GAZETTEER, "debt", None)) == 2


# When the database is away


async def test_what_was_known_is_served_while_the_database_is_away(watched: WatchedStore) -> None:
    await put(watched, offer("one"))
    shelf = Shelf(watched)
    known = await shelf.holdings()
    await put(watched, offer("two"))
    watched.away = True
    await asyncio.sleep(0.55)
    assert await shelf.holdings() is known
    watched.away = False
    assert ids(await soon(shelf, ["one", "two"])) == ["one", "two"]


async def test_who_watches_the_content_survives_a_surprise(
    watched: WatchedStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.shelf._AGAIN", 0.0)
    days = iter([StorageFailed("away"), KeyError("secret")])

    def today() -> date:
        for error in days:
            raise error
        return date(2026, 11, 25)

    shelf = Shelf(watched, today=today)
    watching = asyncio.create_task(shelf.watch())
    async with asyncio.timeout(SEEN_WITHIN * 30):
        while shelf._holdings is None:
            await asyncio.sleep(0.01)
    watching.cancel()
    assert caplog.text.count("the content could not be looked through: KeyError at ") == 1
    assert "secret" not in caplog.text


async def test_with_nothing_known_the_failure_is_told(watched: WatchedStore) -> None:
    watched.away = True
    shelf = Shelf(watched)
    with pytest.raises(StorageFailed):
        await shelf.holdings()
    watched.away = False
    assert ids(await shelf.holdings()) == []


async def test_a_database_of_a_newer_version_is_refused_with_what_to_do(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated()
    async with schema.changing_tables(url) as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="Install the version that last used it") as refused:
        await migrate(url)
    assert refused.value.revision == "9999"
