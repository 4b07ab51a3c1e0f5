"""Nothing is lost, nothing is answered twice, nothing stays."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import StorageFailed, where
from bot.storage.store import Store
from bot.telegram.inbox import KEEP, Full, Inbox
from bot.telegram.incoming import Incoming, Kind, Me
from bot.telegram.lanes import Lanes, Postponed, thin
from tests.conftest import Databases

ME = Me(7, "lotse_bot")


def update(number: int, text: str = "hello", chat: int = 5, **content: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"text": text} if not content else {"caption": text, **content}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": {"id": chat, "type": "private", "first_name": "PLANTED"},
            "from": {"id": chat, "is_bot": False, "first_name": "PLANTED", "username": "PLANTED"},
            **body,
        },
    }


class Answerer:
    """Remembers what it was asked; does what it is told."""

    def __init__(self) -> None:
        self.seen: list[Incoming] = []
        self.excused: list[int] = []
        self.act: Callable[[Incoming], Awaitable[None]] = self.nothing
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    async def nothing(self, _: Incoming) -> None:
        await asyncio.sleep(0)

    async def __call__(self, incoming: Incoming) -> None:
        self.seen.append(incoming)
        await self.act(incoming)

    async def apologise(self, incoming: Incoming) -> None:
        self.excused.append(incoming.update_id)

    @property
    def ids(self) -> list[int]:
        return [one.update_id for one in self.seen]


def build(store: Store, answerer: Answerer, **options: Any) -> Inbox:
    options = {"now": lambda: answerer.now, "workers": 64, "capacity": 2_000, **options}
    return Inbox(store, ME, answerer, apologise=answerer.apologise, **options)


async def settled(store: Store, finished: int) -> None:
    """Wait until so many updates are finished and none is open."""
    async with asyncio.timeout(10):
        while True:
            async with store.read() as snapshot:
                rows = await snapshot._run(
                    sa.text("SELECT count(*), count(finished_at), count(payload) FROM inbox")
                )
                counts = list(rows.one())
            if counts == [finished, finished, 0]:
                return
            await asyncio.sleep(0.01)


async def test_only_an_authors_formatting_and_files_wait_on_disk(store: Store) -> None:
    answerer = Answerer()
    bold = {"type": "bold", "offset": 0, "length": 5}
    content: dict[str, Any] = {"photo": [{"file_id": "F1"}], "caption_entities": [bold]}
    inbox = build(store, answerer, author=lambda chat: chat == 5)
    await inbox.start()
    await inbox.accept([update(1, **content), update(2, chat=6, **content)])
    await settled(store, 2)
    found = {one.chat_id: (one.file, one.entities) for one in answerer.seen}
    assert found == {5: (("photo", "F1"), (bold,)), 6: (None, ())}
    await inbox.drain(1)


async def test_an_update_is_stored_answered_and_erased_and_a_repetition_dropped(store: Store) -> None:
    answerer = Answerer()
    inbox = build(store, answerer)
    await inbox.start()
    await inbox.accept([update(900), update(901, "second"), update(900)])
    await settled(store, 2)
    await inbox.accept([update(900), update(5, "after a quiet week")])
    await settled(store, 3)
    assert answerer.ids == [900, 901, 5]
    assert answerer.seen[1].text == "second"
    assert await inbox.age() == 0.0
    assert await inbox.drain(1) == 0


async def test_it_is_on_disk_before_accept_returns_without_a_name(store: Store) -> None:
    answerer = Answerer()
    gate = asyncio.Event()

    async def wait(_: Incoming) -> None:
        await gate.wait()

    answerer.act = wait
    inbox = build(store, answerer)
    await inbox.start()
    await inbox.accept([update(1, "words")])
    async with store.read() as snapshot:
        (row,) = await snapshot.unfinished(10)
    assert row.lane == 5
    assert json.loads(row.payload)["text"] == "words"
    assert "PLANTED" not in row.payload
    answerer.now += timedelta(seconds=30)
    assert await inbox.age() == 30.0
    gate.set()
    await settled(store, 1)
    await inbox.drain(1)


async def test_order_within_a_chat_and_many_side_by_side(sqlite_store: Store) -> None:
    answerer = Answerer()
    running: Counter[int] = Counter()
    most = 0

    async def slow(incoming: Incoming) -> None:
        nonlocal most
        running[incoming.chat_id] += 1
        assert running[incoming.chat_id] == 1, "two updates of one chat at a time"
        most = max(most, sum(running.values()))
        await asyncio.sleep(0.01)
        running[incoming.chat_id] -= 1

    answerer.act = slow
    inbox = build(sqlite_store, answerer, workers=8)
    await inbox.start()
    await inbox.accept([update(chat * 10 + turn, chat=chat) for turn in range(5) for chat in range(20)])
    await settled(sqlite_store, 100)
    for chat in range(20):
        mine = [one.update_id for one in answerer.seen if one.chat_id == chat]
        assert mine == [chat * 10 + turn for turn in range(5)]
    assert most == 8
    await inbox.drain(1)


async def test_what_was_not_finished_is_taken_up_in_order(store: Store) -> None:
    first = Answerer()

    async def never(_: Incoming) -> None:
        await asyncio.sleep(60)

    first.act = never
    inbox = build(store, first)
    await inbox.start()
    await inbox.accept([update(3, "a"), update(4, "b"), update(9, "c", chat=6)])
    await asyncio.sleep(0.05)
    assert await inbox.drain(0.05) == 3

    second = Answerer()
    inbox = build(store, second)
    with pytest.raises(Full):
        await inbox.accept([update(10)])
    await inbox.start()
    await inbox.accept([update(3, "a"), update(10, "d")])
    await settled(store, 4)
    assert [one.text for one in second.seen if one.chat_id == 5] == ["a", "b", "d"]
    assert sorted(second.ids) == [3, 4, 9, 10]
    await inbox.drain(1)


async def test_a_long_backlog_is_read_in_parts_before_anything_new(sqlite_store: Store) -> None:
    rows = [
        (n, n % 3, json.dumps({"update_id": n, "kind": "message", "chat_id": n % 3, "text": str(n)}))
        for n in range(100)
    ]
    async with sqlite_store.begin() as transaction:
        await transaction.store_updates(rows, datetime(2026, 1, 1, tzinfo=UTC))
    answerer = Answerer()
    inbox = build(sqlite_store, answerer, capacity=10, crowd=100)
    await inbox.start()
    assert await inbox.offer(update(200)) == Full.retry_after
    async with asyncio.timeout(10):
        await inbox.room()
    await inbox.accept([update(200, chat=2)])
    await settled(sqlite_store, 101)
    for chat in range(3):
        mine = [one.update_id for one in answerer.seen if one.chat_id == chat]
        assert mine == sorted(mine)
    assert len(answerer.seen) == 101
    await inbox.drain(1)


async def test_memory_is_bounded(sqlite_store: Store) -> None:
    answerer = Answerer()
    gate = asyncio.Event()

    async def wait(_: Incoming) -> None:
        await gate.wait()

    answerer.act = wait
    inbox = build(sqlite_store, answerer, capacity=3)
    await inbox.start()
    await inbox.accept([update(n, chat=n) for n in range(1, 4)])
    assert not inbox.has_room
    with pytest.raises(Full):
        await inbox.accept([update(4)])
    waiting = asyncio.create_task(inbox.room())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    gate.set()
    await asyncio.wait_for(waiting, 5)
    assert await inbox.offer(update(4)) is None
    await settled(sqlite_store, 4)
    await inbox.drain(1)


async def test_a_fault_is_logged_without_words_and_excused_once(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    answerer = Answerer()

    async def fail(incoming: Incoming) -> None:
        raise RuntimeError(incoming.text)

    answerer.act = fail
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    with caplog.at_level(logging.DEBUG, "bot"), caplog.at_level(logging.DEBUG, "telegram"):
        await inbox.accept([update(1, "private words"), update(2, "more private words")])
        await settled(sqlite_store, 2)
    assert answerer.excused == [1, 2]
    assert "private" not in caplog.text
    assert "update 1 failed: RuntimeError at" in caplog.text
    await inbox.drain(1)


async def test_a_failing_apology_and_a_hanging_answer_stop_nobody(sqlite_store: Store) -> None:
    class Hopeless(Answerer):
        async def apologise(self, incoming: Incoming) -> None:
            await super().apologise(incoming)
            raise RuntimeError

    answerer = Hopeless()

    async def hang(_: Incoming) -> None:
        await asyncio.sleep(60)

    answerer.act = hang
    inbox = build(sqlite_store, answerer, patience=0.05)
    await inbox.start()
    await inbox.accept([update(1), update(2)])
    await settled(sqlite_store, 2)
    assert answerer.excused == [1, 2]
    await inbox.drain(1)


async def test_what_cannot_be_sent_now_is_tried_again_before_the_chats_next(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.lanes._FIRST_PAUSE", 0.02)
    answerer = Answerer()

    async def twice(incoming: Incoming) -> None:
        if incoming.update_id == 1 and answerer.ids.count(1) < 3:
            raise Postponed

    answerer.act = twice
    inbox = build(sqlite_store, answerer, workers=1)
    await inbox.start()
    await inbox.accept([update(1), update(2), update(3, chat=6)])
    await settled(sqlite_store, 3)
    assert answerer.ids == [1, 3, 1, 1, 2]
    await inbox.drain(1)


async def test_stopping_keeps_what_is_postponed(sqlite_store: Store) -> None:
    answerer = Answerer()

    async def later(_: Incoming) -> None:
        raise Postponed

    answerer.act = later
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    await inbox.accept([update(1)])
    await asyncio.sleep(0.05)
    assert await inbox.drain(5) == 1
    async with sqlite_store.read() as snapshot:
        assert [row.update_id for row in await snapshot.unfinished(5)] == [1]


async def test_stopping_finishes_what_is_in_hand(sqlite_store: Store) -> None:
    answerer = Answerer()

    async def slow(_: Incoming) -> None:
        await asyncio.sleep(0.05)

    answerer.act = slow
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    await inbox.accept([update(n, chat=n % 7) for n in range(20)])
    assert await inbox.drain(5) == 0
    await settled(sqlite_store, 20)
    with pytest.raises(Full):
        await inbox.accept([update(99)])


async def test_who_hammers_gets_one_answer_and_slows_nobody(sqlite_store: Store) -> None:
    answerer = Answerer()

    calm = asyncio.Event()

    async def slow(incoming: Incoming) -> None:
        if incoming.chat_id == 5:
            await calm.wait()
        else:
            calm.set()

    answerer.act = slow
    inbox = build(sqlite_store, answerer, crowd=20, urgent=lambda text: "help me" in text)
    await inbox.start()
    flood = [update(n, f"spam {n}") for n in range(200)]
    flood[50] = update(50, "help me now")
    flood[60] = update(60, "/forget")
    for start in range(0, 200, 50):
        await inbox.accept(flood[start : start + 50])
    await inbox.accept([update(1_000, "a question", chat=6)])
    await settled(sqlite_store, 201)
    spam = [one for one in answerer.seen if one.chat_id == 5]
    assert {50, 60, 199} <= {one.update_id for one in spam}
    assert len(spam) <= 25
    assert sum(one.skipped for one in spam) >= 170
    assert calm.is_set(), "who hammers was waited for"
    await inbox.drain(1)


def press(number: int, chat: int = 5) -> dict[str, Any]:
    person = {"id": chat, "is_bot": False, "first_name": "PLANTED"}
    message = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}}
    query = {"id": f"q{number}", "from": person, "chat_instance": "1", "message": message, "data": "c"}
    return {"update_id": number, "callback_query": query}


async def test_the_clock_stops_on_every_button_that_is_left_out(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    answerer = Answerer()
    enough = asyncio.Event()
    stopped: list[str] = []

    async def slow(_: Incoming) -> None:
        await enough.wait()

    async def stop(query_id: str) -> None:
        stopped.append(query_id)
        await asyncio.sleep(0)
        if len(stopped) == 1:
            raise OSError("no line")

    answerer.act = slow
    inbox = build(sqlite_store, answerer, crowd=5, stop_clock=stop)
    await inbox.start()
    for number in range(40):
        await inbox.accept([press(number)])
    enough.set()
    await settled(sqlite_store, 40)
    async with asyncio.timeout(5):
        while len(stopped) < 40 - len(answerer.seen):
            await asyncio.sleep(0.01)
    answered = {str(one.query_id) for one in answerer.seen}
    assert sorted([*answered, *stopped]) == sorted(f"q{number}" for number in range(40))
    assert len(answered) <= 7
    assert "could not be stopped" in caplog.text
    caplog.clear()
    await inbox.drain(1)


async def test_an_album_is_answered_once(sqlite_store: Store) -> None:
    answerer = Answerer()
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    photo: dict[str, Any] = {"photo": [{"file_id": "x"}], "media_group_id": "1"}
    await inbox.accept([update(1, "a letter", **photo), update(2, "", **photo), update(3, "", **photo)])
    await settled(sqlite_store, 3)
    assert answerer.ids == [1]
    await inbox.drain(1)


async def test_what_cannot_be_read_is_passed_over(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with sqlite_store.begin() as transaction:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        await transaction.store_updates([(1, 5, "{}"), (2, 5, "not even JSON")], now)
    answerer = Answerer()
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    await inbox.accept([{"update_id": 3, "message": {"text": "private words"}}, update(4)])
    await settled(sqlite_store, 3)
    assert answerer.ids == [4]
    assert "stored update 1 cannot be read" in caplog.text
    assert "passed over" in caplog.text
    assert "private words" not in caplog.text
    await inbox.drain(1)


class Broken:
    """A store whose transactions fail for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failing = False

    def begin(self) -> Any:
        if self.failing:
            raise StorageFailed("OperationalError SQLITE_FULL")
        return self._store.begin()

    def read(self) -> Any:
        return self._store.read()

    async def scrub(self) -> bool:
        return await self._store.scrub()


async def test_when_the_database_fails_nothing_is_acknowledged_and_nothing_repeated(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Broken(sqlite_store)
    answerer = Answerer()

    async def break_it(_: Incoming) -> None:
        broken.failing = True

    inbox = build(broken, answerer, tick=0.05)  # type: ignore[arg-type]
    await inbox.start()
    broken.failing = True
    with pytest.raises(StorageFailed):
        await inbox.accept([update(1)])
    broken.failing = False
    answerer.act = break_it
    await inbox.accept([update(1)])
    await asyncio.sleep(0.2)
    assert answerer.ids == [1]
    assert "could not be finished" in caplog.text
    broken.failing = False
    await settled(sqlite_store, 1)
    assert answerer.ids == [1]
    await inbox.drain(1)


async def test_old_numbers_go_and_what_a_failed_commit_left_is_found(sqlite_store: Store) -> None:
    answerer = Answerer()
    inbox = build(sqlite_store, answerer, tick=0.02)
    await inbox.start()
    await inbox.accept([update(1)])
    await settled(sqlite_store, 1)
    record = json.dumps({"update_id": 2, "kind": "message", "chat_id": 5, "text": "left behind"})
    async with sqlite_store.begin() as transaction:
        await transaction.store_updates([(2, 5, record)], answerer.now)
    answerer.now += KEEP + timedelta(seconds=1)
    async with asyncio.timeout(5):
        while answerer.ids != [1, 2]:
            await asyncio.sleep(0.01)
        await settled(sqlite_store, 1)
    await inbox.drain(1)


async def test_arrivals_that_come_together_are_committed_together(sqlite_databases: Databases) -> None:
    store = await Store.open(await sqlite_databases.migrated())
    begun = 0
    real = store.begin

    def counting() -> Any:
        nonlocal begun
        begun += 1
        return real()

    store.begin = counting  # type: ignore[method-assign]
    answerer = Answerer()
    inbox = build(store, answerer)
    await inbox.start()
    begun = 0
    await asyncio.gather(*(inbox.offer(update(n, chat=n)) for n in range(100)))
    await settled(store, 100)
    assert begun < 30
    assert await inbox.drain(1) == 0
    await store.close()


async def test_a_caller_that_goes_away_does_not_lose_its_update(sqlite_store: Store) -> None:
    answerer = Answerer()
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    first = asyncio.create_task(inbox.accept([update(1)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await settled(sqlite_store, 1)
    assert answerer.ids == [1]
    await inbox.drain(1)


def test_a_crowded_lane_keeps_what_matters() -> None:
    def one(number: int, text: str = "", kind: Kind = Kind.MESSAGE, **more: Any) -> Incoming:
        return Incoming(update_id=number, kind=kind, chat_id=5, text=text, **more)

    waiting = [
        one(1, "urgent"),
        one(2, "x", skipped=3),
        one(3, "urgent"),
        one(4, "/forget", command="forget"),
        one(5, kind=Kind.MEMBER),
        one(6, kind=Kind.CALLBACK),
        one(7, kind=Kind.INLINE, query_id="1"),
        one(8, "/start", command="start"),
        one(9, "/start", command="start"),
        one(10, "last"),
    ]
    kept, left_out = thin(waiting, lambda text: text == "urgent")
    assert [update.update_id for update in kept] == [3, 4, 5, 9, 10]
    assert sorted(update.update_id for update in left_out) == [1, 2, 6, 7, 8]
    assert kept[-1].skipped == 8


def test_where_tells_places_only() -> None:
    try:
        raise ValueError("private words")
    except ValueError as error:
        found = where(error)
    assert found.startswith("ValueError at test_inbox.py:")
    assert "private" not in found


def test_nobody_fills_the_memory_with_cries_for_help() -> None:
    waiting = [Incoming(update_id=n, kind=Kind.MESSAGE, chat_id=5, text=f"help {n}") for n in range(100)]
    kept, left_out = thin(waiting, lambda _: True)
    assert [one.update_id for one in kept] == list(range(80, 100))
    assert len(left_out) == 80


async def test_a_flood_of_cries_for_help_leaves_nothing_behind() -> None:
    lanes = Lanes(Answerer(), lambda _: None, urgent=lambda _: True, workers=1, crowd=5)
    for number in range(200):
        lanes.add(Incoming(update_id=number, kind=Kind.MESSAGE, chat_id=5, text=f"help {number}"))
    (lane,) = lanes._lanes.values()
    assert len(lane.waiting) == 5
    assert lane.verdicts == {one.text for one in lane.waiting}


async def test_telegrams_wait_is_kept_between_attempts(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.lanes._FIRST_PAUSE", 0.01)
    answerer = Answerer()
    times: list[float] = []

    async def once(_: Incoming) -> None:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise Postponed(0.3)

    answerer.act = once
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    await inbox.accept([update(1)])
    await settled(sqlite_store, 1)
    assert times[1] - times[0] >= 0.3
    await inbox.drain(1)


async def test_nothing_that_was_written_stays_in_the_files(sqlite_databases: Databases) -> None:
    url = await sqlite_databases.migrated()
    file = Path(url.removeprefix("sqlite:///"))
    store = await Store.open(url)
    answerer = Answerer()
    inbox = build(store, answerer, tick=0.02)
    await inbox.start()
    await inbox.accept([update(n, f"SECRETWORDS {n}", chat=n % 5) for n in range(50)])
    await settled(store, 50)
    async with asyncio.timeout(5):
        while any(b"SECRETWORDS" in path.read_bytes() for path in file.parent.glob(f"{file.name}*")):
            await asyncio.sleep(0.02)
    assert len(answerer.seen) == 50
    await inbox.drain(1)
    await store.close()
    assert b"PLANTED" not in file.read_bytes()


async def test_an_answer_broken_off_at_the_end_is_not_excused_but_kept(sqlite_store: Store) -> None:
    answerer = Answerer()

    async def swallow(_: Incoming) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise RuntimeError("as a query does that is cancelled") from None

    answerer.act = swallow
    inbox = build(sqlite_store, answerer)
    await inbox.start()
    await inbox.accept([update(1), update(2)])
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        assert await inbox.drain(0.05) == 2
    assert answerer.excused == []
    assert answerer.ids == [1]


async def test_what_cannot_be_judged_is_urgent(sqlite_store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def judge(text: str) -> bool:
        raise RuntimeError(text)

    answerer = Answerer()
    inbox = build(sqlite_store, answerer, crowd=3, urgent=judge)
    await inbox.start()
    await inbox.accept([update(n, f"private words {n}") for n in range(5)])
    await settled(sqlite_store, 5)
    assert len(answerer.ids) >= 3
    assert "urgency could not be judged: RuntimeError" in caplog.text
    assert "private words" not in caplog.text
    await inbox.drain(1)
