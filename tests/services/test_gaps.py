"""The gap list: counted without anybody, kept by consent, erased in time; and who may learn from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.audit import Act
from bot.domain.directory import Article, Directory, Kind
from bot.domain.errors import StorageFailed
from bot.domain.gaps import KEPT_DAYS, EntryGone, Gap, Missed, TextGone, pooled
from bot.domain.staff import NotAllowed, Role
from bot.domain.text import LocalizedText
from bot.services import gaps, staffing
from bot.services.auditing import examine
from bot.services.browsing import named
from bot.storage.codec import decode, encode
from bot.storage.store import Store
from bot.storage.tables import gap_texts
from bot.storage.tables import gaps as gaps_table

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
TODAY = date(2026, 11, 25)
KEY = b"a key of the log"
BOSS, RELEASER, LOCAL, NOBODY = 1, 11, 12, 13
HOUSING = Gap("housing", "ar", "guestrow", Missed.NONE)
HOUSING_THRICE = Gap("housing", "ar", "guestrow", Missed.NONE, 3)
ENTRY = (Kind.ARTICLE, "wohnen")


def article() -> Article:
    return Article(
        id="wohnen",
        title=LocalizedText.of(de="Wohnung finden", ar="البحث عن سكن"),
        summary=LocalizedText.of(de="Wie"),
        source="example.org",
        verified=True,
        examples={"de": ("Wo finde ich eine Wohnung?",)},
    )


@pytest.fixture
async def office(store: Store) -> Store:
    """An admin, a releaser, an admin of one association only, and an entry from an import."""
    async with store.begin() as tx:
        for chat_id in (BOSS, RELEASER, LOCAL, NOBODY):
            await tx.choose_locale(chat_id, "private", "de", NOW)
        await tx.add_staff(RELEASER, Role.RELEASER, None, NOW)
        await tx.add_staff(LOCAL, Role.ADMIN, "verein", NOW)
        body = encode(article())
        await tx.put_record(*ENTRY, body, body, {"id": "wohnen"})
    await staffing.appoint(store, {BOSS}, NOW, KEY)
    return store


async def passed_on(store: Store, text: str = "بدي بيت", locale: str = "ar") -> int:
    await gaps.pass_on(store, text, locale, TODAY)
    async with store.read() as view:
        return next(one.id for one in await view.passed_on() if one.text == text)


async def acts(store: Store) -> list[tuple[str, dict[str, int | str]]]:
    async with store.read() as view:
        return [(entry.act, entry.about) for entry in await view.audit_entries()]


async def test_the_same_is_counted_together_over_the_days_the_most_first(office: Store) -> None:
    for day in (TODAY, TODAY, TODAY - timedelta(days=3)):
        await gaps.missed(office, HOUSING, day)
    await gaps.missed(office, Gap("", "de", "", Missed.REFUSED), TODAY)
    board = await gaps.board(office, BOSS)
    assert board.gaps == (HOUSING_THRICE, Gap("", "", "", Missed.NONE, 1))
    async with office.read() as view:
        assert await view.gap_count() == 4


async def test_small_counts_are_put_together_by_topic_and_then_all_together() -> None:
    small = [Gap("work", locale, town, Missed.NONE) for locale in ("ar", "uk") for town in ("", "guestrow")]
    alone = [Gap("debt", "ti", "waren", Missed.REFUSED, 2), Gap("", "so", "", Missed.NONE)]
    assert pooled([HOUSING_THRICE, *small, *alone]) == (
        HOUSING_THRICE,
        Gap("work", "", "", Missed.NONE, 4),
        Gap("", "", "", Missed.NONE, 3),
    )


async def test_nobody_waits_for_a_count_that_fails(office: Store, caplog: pytest.LogCaptureFixture) -> None:
    async with office.begin() as tx:
        await tx._run(sa.text("DROP TABLE gaps"))
    await gaps.missed(office, HOUSING, TODAY)
    assert "a question without success is not counted: StorageFailed at" in caplog.text
    with pytest.raises(StorageFailed):
        await gaps.board(office, BOSS)


async def test_a_text_is_kept_without_chat_and_day_and_without_traces(office: Store) -> None:
    await gaps.pass_on(office, "Wohnung? 0151 2345678", "de", TODAY)
    async with office.read() as view:
        (row,) = (await view._run(sa.select(gap_texts))).mappings().all()
    assert {**row, "id": 0} == {"id": 0, "locale": "de", "text": "Wohnung? …", "week": date(2026, 11, 23)}
    assert set(gap_texts.c.keys()) == {"id", "locale", "text", "week"}
    assert set(gaps_table.c.keys()) == {"day", "topic", "locale", "town", "outcome", "count"}


async def test_counts_and_texts_are_erased_after_thirty_days(office: Store) -> None:
    await gaps.missed(office, HOUSING, TODAY)
    await passed_on(office)
    assert await gaps.erase(office, TODAY + timedelta(days=KEPT_DAYS - 3)) == 0
    assert await gaps.erase(office, TODAY + timedelta(days=KEPT_DAYS - 2)) == 1  # the text's week
    assert await gaps.erase(office, TODAY + timedelta(days=KEPT_DAYS)) == 1
    assert await gaps.board(office, BOSS) == gaps.Board((), ())


async def test_a_text_becomes_an_example_as_an_edit_does(office: Store) -> None:
    id = await passed_on(office)
    await gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)
    async with office.read() as view:
        stored = (await view.record_bodies())[ENTRY]
        assert await view.passed_on() == ()
    record = decode(Kind.ARTICLE, stored.body)
    assert record.examples == {"de": ("Wo finde ich eine Wohnung?",), "ar": ("بدي بيت",)}
    assert (stored.imported, stored.shipped) == (encode(article()), {"id": "wohnen"})
    assert (await acts(office))[-1] == (
        Act.TEACH,
        {"entry": "article/wohnen", "locale": "ar", "question": id},
    )
    assert not (await examine(office, KEY)).damage


async def test_a_text_becomes_an_example_once(office: Store) -> None:
    id = await passed_on(office)
    await gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)
    done = await acts(office)
    await gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)
    assert await acts(office) == done
    with pytest.raises(TextGone):
        await gaps.teach(office, BOSS, id, (Kind.ARTICLE, "wohn"), NOW, KEY)


async def test_an_example_that_is_there_already_is_not_added_twice(office: Store) -> None:
    id = await passed_on(office, "Wo finde ich eine Wohnung?", "de")
    async with office.read() as view:
        before = await view.content_version()
    await gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)
    async with office.read() as view:
        assert await view.content_version() == before
        assert await view.passed_on() == ()


async def test_a_text_that_no_record_can_hold_is_cleaned_before_it_is_learned(office: Store) -> None:
    async with office.begin() as tx:  # as it was kept before texts were cleaned on arrival
        await tx.pass_on("بدي\x02 بيت 0151 2345678", "ar", TODAY)
        (kept,) = await tx.passed_on()
    await gaps.teach(office, BOSS, kept.id, ENTRY, NOW, KEY)
    async with office.read() as view:
        (record,) = await view.records()
    assert record.examples["ar"] == ("بدي بيت …",)


async def test_an_entry_that_cannot_be_read_learns_nothing(office: Store) -> None:
    id = await passed_on(office)
    async with office.begin() as tx:
        await tx.put_record(*ENTRY, {**encode(article()), "newer": 1}, None)
    with pytest.raises(EntryGone):
        await gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)


async def test_an_entry_that_is_gone_leaves_the_text(office: Store) -> None:
    id = await passed_on(office)
    with pytest.raises(EntryGone):
        await gaps.teach(office, BOSS, id, (Kind.OFFER, "wohnen"), NOW, KEY)
    async with office.read() as view:
        assert await view.passed_on_text(id) is not None


async def test_a_text_is_deleted_and_the_log_knows_it(office: Store) -> None:
    id = await passed_on(office)
    await gaps.drop(office, BOSS, id, NOW, KEY)
    assert (await acts(office))[-1] == (Act.DROP, {})
    for again in (gaps.drop(office, BOSS, id, NOW, KEY), gaps.teach(office, BOSS, id, ENTRY, NOW, KEY)):
        with pytest.raises(TextGone):
            await again


@pytest.mark.parametrize("chat_id", [RELEASER, LOCAL, NOBODY, 99])
@pytest.mark.parametrize(
    "act",
    [
        lambda store, chat_id, _: gaps.board(store, chat_id),
        lambda store, chat_id, text: gaps.teach(store, chat_id, text, ENTRY, NOW, KEY),
        lambda store, chat_id, text: gaps.drop(store, chat_id, text, NOW, KEY),
    ],
    ids=["board", "teach", "drop"],
)
async def test_only_admins_of_everything_may(
    office: Store, chat_id: int, act: Callable[[Store, int, int], Awaitable[object]]
) -> None:
    id = await passed_on(office)
    with pytest.raises(NotAllowed):
        await act(office, chat_id, id)
    async with office.read() as view:
        with pytest.raises(NotAllowed):
            await gaps.text(view, chat_id, id)
        assert await view.passed_on_text(id) is not None


def test_entries_are_found_by_words_of_their_names() -> None:
    directory = Directory.of([article()])
    for text, found in (("wohnung", 1), ("FINDEN Wohn", 1), ("سكن", 1), ("wohnung kaufen", 0), ("?!", 0)):
        assert len(named(directory.records.values(), text)) == found
