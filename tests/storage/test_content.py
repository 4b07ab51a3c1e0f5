from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.directory import Article, Kind
from bot.domain.text import LocalizedText
from bot.storage.codec import encode
from bot.storage.rows import OutdatedReports, StoredRecord
from bot.storage.store import Store
from bot.storage.tables import records


def article(id: str) -> Article:
    text = LocalizedText.of(de="Beratung für alle", ar="استشارة")
    return Article(id=id, title=text, summary=text, source="example.org", verified=True)


async def test_records_come_back_as_they_were_written_in_order(store: Store) -> None:
    written = [article(id) for id in ("b", "Z", "a")]
    async with store.begin() as transaction:
        for record in written:
            await transaction.put_record(Kind.ARTICLE, record.id, encode(record), None)
    async with store.read() as snapshot:
        assert await snapshot.records() == tuple(sorted(written, key=lambda record: record.id))


async def test_a_record_that_cannot_be_read_takes_no_other_along(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    good = article("good")
    async with store.begin() as transaction:
        await transaction.put_record(Kind.ARTICLE, "good", encode(good), None)
        await transaction.put_record(
            Kind.ARTICLE, "bad", encode(article("bad")) | {"examples": {"de": ["secret\x02words"]}}, None
        )
        await transaction.put_record(
            Kind.ARTICLE, "newer", encode(article("newer")) | {"colour": "red"}, None
        )
        await transaction._run(
            records.insert(),
            {"kind": "poem", "id": "x", "body": "{}", "imported": None, "updated_at": datetime.now(UTC)},
        )
    async with store.read() as snapshot:
        assert await snapshot.records() == (good,)
        assert await snapshot.content_record(Kind.ARTICLE, "bad") is None
        assert await snapshot.content_record(Kind.ARTICLE, "good") == good
        faulty = (await snapshot.content()).faulty
    assert list(faulty) == ["article/bad", "article/newer", "poem/x"]
    assert "invisible control character" in faulty["article/bad"]
    assert "colour" in faulty["article/newer"]
    assert [record.getMessage() for record in caplog.records[:3]] == [
        "the record article/bad cannot be read and is left out: examples.de[1]",
        "the record article/newer cannot be read and is left out: colour",
        "the record poem/x cannot be read and is left out: its body",
    ]
    assert "secret" not in caplog.text


async def test_bodies_keep_what_was_imported_beside_what_was_edited(store: Store) -> None:
    imported: dict[str, Any] = {"title": {"de": "Tür", "uk": "двері"}, "n": 1}
    edited = {**imported, "n": None}
    async with store.begin() as transaction:
        await transaction.put_record(Kind.OFFER, "x", imported, imported)
        await transaction.put_record(Kind.EVENT, "x", {"own": [1, 2.5, "ä"]}, None)
        await transaction.put_record(Kind.OFFER, "x", edited, imported, {"n": 2})
    async with store.read() as snapshot:
        assert await snapshot.record_bodies() == {
            (Kind.EVENT, "x"): StoredRecord({"own": [1, 2.5, "ä"]}, None, None),
            (Kind.OFFER, "x"): StoredRecord(edited, imported, {"n": 2}),
        }


async def test_the_version_grows_once_with_each_transaction_that_changes_content(store: Store) -> None:
    async with store.begin() as transaction:
        assert await transaction.content_version() == 0
        await transaction.put_record(Kind.OFFER, "x", {}, None)
        await transaction.put_record(Kind.OFFER, "y", {}, None)
        assert await transaction.content_version() == 1
    async with store.begin() as transaction:
        await transaction.set_meta("other", "value")
        await transaction.report_outdated(Kind.OFFER, "x", date(2026, 3, 1))
    async with store.read() as snapshot:
        assert await snapshot.content_version() == 1
    async with store.begin() as transaction:
        await transaction.put_record(Kind.OFFER, "x", {"a": 1}, None)
    async with store.read() as snapshot:
        assert await snapshot.content_version() == 2


async def test_small_values(store: Store) -> None:
    async with store.begin() as transaction:
        assert await transaction.meta("offset") is None
        await transaction.set_meta("offset", "1")
        await transaction.set_meta("offset", "2")
        assert await transaction.meta("offset") == "2"


async def test_outdated_reports_are_counted_and_settled(store: Store) -> None:
    async with store.begin() as transaction:
        for kind, id, day in (
            (Kind.OFFER, "x", 1),
            (Kind.EVENT, "y", 2),
            (Kind.EVENT, "y", 2),
            (Kind.EVENT, "y", 3),
        ):
            await transaction.report_outdated(kind, id, date(2026, 3, day))
        assert await transaction.outdated_counts() == (
            OutdatedReports(Kind.EVENT, "y", 3, date(2026, 3, 3)),
            OutdatedReports(Kind.OFFER, "x", 1, date(2026, 3, 1)),
        )
        await transaction.settle_outdated(Kind.EVENT, "y")
        assert [report.id for report in await transaction.outdated_counts()] == ["x"]
