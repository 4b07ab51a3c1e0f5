from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.directory import Kind
from bot.domain.errors import BackupDamaged, DatabaseInUse, DatabaseNotEmpty, DatabaseTooNew, StorageFailed
from bot.domain.recipients import ReminderKind
from bot.storage import backup, schema
from bot.storage.store import Store
from tests.conftest import Databases

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
STARTS = NOW + timedelta(days=5)
CHATS = (7, -1_002_147_483_648_123)


async def fill(url: str) -> None:
    store = await Store.open(url)
    async with store.begin() as transaction:
        body = {"title": {"ar": "بيت", "de": "Haus\n„x“\u2028"}}
        await transaction.put_record(Kind.OFFER, "x", body, None)
        await transaction.report_outdated(Kind.OFFER, "x", NOW.date())
        for chat_id in CHATS:
            await transaction.choose_locale(chat_id, "private", "uk", NOW)
            due = {ReminderKind.DAY: STARTS - timedelta(days=1), ReminderKind.HOURS: STARTS}
            await transaction.save_event(chat_id, "feast", STARTS, due, NOW)
        await transaction.cancel_occurrence("feast", STARTS, NOW)
        await transaction.save_event(7, "dance", STARTS, {ReminderKind.DAY: NOW}, NOW)
        await transaction.store_updates([(1, 7, "Schiffbruch"), (2, 7, "Schiffbruch")], NOW)
    await store.close()


async def picture(url: str) -> dict[str, Any]:
    """Everything that a database holds except its inbox."""
    store = await Store.open(url)
    async with store.read() as snapshot:
        found: dict[str, Any] = {str(chat): await snapshot.everything_about(chat) for chat in CHATS}
        for about in found.values():
            del about["unanswered_messages"]
        found["records"] = await snapshot.record_bodies()
        found["version"] = await snapshot.content_version()
        found["reports"] = await snapshot.outdated_counts()
        found["reminders"] = await snapshot.due_reminders(STARTS, 10)
        found["notices"] = await snapshot.due_notices(10)
    await store.close()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def others(request: pytest.FixtureRequest) -> Databases:
    """The kind of database that is restored to."""
    found = request.getfixturevalue(f"{request.param}_databases")
    assert isinstance(found, Databases)
    return found


@pytest.fixture
async def saved(sqlite_databases: Databases, tmp_path: Path) -> Path:
    url = await sqlite_databases.migrated()
    await fill(url)
    await backup.write(url, tmp_path / "saved")
    return tmp_path / "saved"


async def test_what_is_restored_is_what_was_saved(
    database_url: str, others: Databases, tmp_path: Path
) -> None:
    await fill(database_url)
    path = tmp_path / "backup"
    contents = await backup.write(database_url, path)
    assert contents.revision == schema.head()
    assert {table: rows for table, rows in contents.rows.items() if rows} == {
        "records": 1,
        "meta": 1,
        "outdated_reports": 1,
        "recipients": 2,
        "saved_events": 3,
        "reminders": 1,
        "notices": 2,
    }
    for target in (await others.empty(), await others.migrated()):
        assert await backup.restore(target, path) == contents
        assert await picture(target) == await picture(database_url)
        store = await Store.open(target)
        async with store.begin() as transaction:  # the numbering goes on behind what was restored
            assert await transaction.save_event(7, "more", STARTS, {ReminderKind.DAY: NOW}, NOW)
            assert await transaction.cancel_occurrence("more", STARTS, NOW) == 1
            assert await transaction.unfinished(10) == ()
        await store.close()
    await others.drop()


async def test_an_empty_database_goes_round_too(database_url: str, others: Databases, tmp_path: Path) -> None:
    contents = await backup.write(database_url, tmp_path / "backup")
    assert set(contents.rows.values()) == {0}
    target = await others.empty()
    await backup.restore(target, tmp_path / "backup")
    store = await Store.open(target)
    async with store.begin() as transaction:
        await transaction.choose_locale(7, "private", "uk", NOW)
        assert await transaction.save_event(7, "more", STARTS, {ReminderKind.DAY: NOW}, NOW)
    await store.close()
    await others.drop()


async def test_more_rows_than_one_portion(sqlite_databases: Databases, tmp_path: Path) -> None:
    url, target = await sqlite_databases.migrated(), await sqlite_databases.empty()
    store = await Store.open(url)
    async with store.begin() as transaction:
        for chat_id in range(1, 1_203):
            await transaction.choose_locale(chat_id, "private", "uk", NOW)
    await store.close()
    await backup.write(url, tmp_path / "backup")
    assert (await backup.restore(target, tmp_path / "backup")).rows["recipients"] == 1_202
    store = await Store.open(target)
    async with store.read() as snapshot:
        assert len(await snapshot.silent_since(NOW.date() + timedelta(days=1), 9_999)) == 1_202
    await store.close()


async def test_the_inbox_is_left_out_and_the_file_is_private(saved: Path) -> None:
    text = gzip.decompress(saved.read_bytes())
    assert b"feast" in text
    assert b"Schiffbruch" not in text
    assert b"inbox" not in text
    assert saved.stat().st_mode & 0o077 == 0
    assert [path.name for path in saved.parent.iterdir()] == ["saved"]


async def test_a_database_that_holds_something_is_not_overwritten_unasked(
    database_url: str, saved: Path
) -> None:
    store = await Store.open(database_url)
    async with store.begin() as transaction:
        await transaction.choose_locale(55, "private", "pl", NOW)
        await transaction.store_updates([(3, 55, "later")], NOW)
    with pytest.raises(DatabaseNotEmpty):
        await backup.restore(database_url, saved)
    async with store.read() as snapshot:
        assert await snapshot.recipient(55) is not None
    await store.close()
    await backup.restore(database_url, saved, replace=True)
    store = await Store.open(database_url)
    async with store.read() as snapshot:
        assert await snapshot.recipient(55) is None
        assert await snapshot.recipient(7) is not None
        assert await snapshot.unfinished(10) == ()
    await store.close()


async def test_a_database_that_a_bot_has_open_is_not_replaced(databases: Databases, saved: Path) -> None:
    url, other = await databases.migrated(), await Store.open(await databases.migrated())
    store = await Store.open(url)
    async with store.begin() as transaction:
        await transaction.choose_locale(55, "private", "pl", NOW)
    with pytest.raises(DatabaseInUse, match="stop the bot first"):
        await backup.restore(url, saved, replace=True)
    async with store.read() as snapshot:
        assert await snapshot.recipient(55) is not None
    await store.close()
    await backup.restore(url, saved, replace=True)
    await other.close()


def rewritten(path: Path, change: Any) -> Path:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    path.write_bytes(gzip.compress("".join(change(lines)).encode()))
    return path


def _replaced(lines: list[str], word: str, by: str) -> list[str]:
    assert any(word in line for line in lines)
    return [line.replace(word, by) for line in lines]


DAMAGES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(path.read_bytes()[:-200]),
    lambda path: path.write_bytes(path.read_bytes()[:40]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"SQLite format 3"),
    lambda path: path.write_bytes(path.read_bytes()[:100] + b"\0\0\0\0" + path.read_bytes()[104:]),
    lambda path: path.unlink(),
    lambda path: rewritten(path, lambda lines: lines[:-1]),
    lambda path: rewritten(path, lambda lines: [*lines[:6], *lines[7:]]),
    lambda path: rewritten(path, lambda lines: lines[1:]),
    lambda path: rewritten(path, lambda lines: [*lines[:4], "nonsense\n", *lines[4:]]),
    lambda path: rewritten(path, lambda lines: ["[]\n", *lines]),
    lambda path: rewritten(path, lambda lines: _replaced(lines, backup.FORMAT, "lotse-backup-99")),
    lambda path: rewritten(path, lambda lines: _replaced(lines, '"recipients"', '"passwords"')),
    lambda path: rewritten(path, lambda lines: _replaced(lines, '"seen_on"', '"seen_by"')),
    lambda path: rewritten(path, lambda lines: _replaced(lines, '"2026-03-01"', '"yesterday"')),
    lambda path: rewritten(path, lambda lines: _replaced(lines, ',"uk"', "")),
]


async def test_a_damaged_file_is_refused_and_nothing_changes(
    sqlite_databases: Databases, saved: Path
) -> None:
    url = await sqlite_databases.migrated()
    await fill(url)
    before = await picture(url)
    whole = saved.read_bytes()
    for number, damage in enumerate(DAMAGES):
        saved.write_bytes(whole)
        damage(saved)
        with pytest.raises(BackupDamaged):
            await backup.restore(url, saved, replace=True)
        assert await picture(url) == before, f"damage {number}"


async def test_rows_that_the_database_refuses_change_nothing(database_url: str, saved: Path) -> None:
    await fill(database_url)
    before = await picture(database_url)
    rewritten(saved, lambda lines: _replaced(lines, '"private"', "null"))
    with pytest.raises(StorageFailed):
        await backup.restore(database_url, saved, replace=True)
    assert await picture(database_url) == before


async def test_a_backup_from_the_future_is_refused(sqlite_databases: Databases, saved: Path) -> None:
    def renamed(lines: list[str]) -> list[str]:
        return [json.dumps({**json.loads(lines[0]), "revision": "9999"}) + "\n", *lines[1:]]

    rewritten(saved, renamed)
    with pytest.raises(DatabaseTooNew):
        await backup.restore(await sqlite_databases.empty(), saved)


async def test_a_database_from_the_future_is_not_replaced(sqlite_databases: Databases, saved: Path) -> None:
    url = await sqlite_databases.migrated()
    async with schema.changing_tables(url) as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew):
        await backup.restore(url, saved, replace=True)


async def test_there_must_be_something_to_save(databases: Databases, tmp_path: Path) -> None:
    url = await databases.empty()
    if databases.kind == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch()
    with pytest.raises(StorageFailed, match="nothing to save"):
        await backup.write(url, tmp_path / "backup")
    with pytest.raises(StorageFailed, match="no database file"):
        await backup.write("sqlite:////nowhere/x.db", tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


async def test_an_old_backup_stays_when_a_new_one_fails(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backup"
    path.write_text("old")

    async def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_put", broken)
    with pytest.raises(OSError, match="No space left"):
        await backup.write(database_url, path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["backup"]
