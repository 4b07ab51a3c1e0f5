"""A bad day: repetitions, floods, blocks, moves, refusals, lost answers, and the ends of a life."""

from __future__ import annotations

import asyncio
import io
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.sandbox import Person
from bot.web.pages import SECRET_HEADER, WEBHOOK_PATH
from tests.proofs.running import SECRET, BotProcess, Rows, WatchedSandbox, settled, spoken, until

QUESTION = "Beratung Asyl Güstrow"
ANSWER = "Güstrow"
pytestmark = pytest.mark.asyncio(loop_scope="module")


class House:
    """A running bot with its sandbox and its database."""

    def __init__(self, sandbox: WatchedSandbox, bot: BotProcess) -> None:
        self.sandbox = sandbox
        self.bot = bot
        self.rows = Rows(bot.database)

    def person(self, name: str = "Ada") -> Person:
        return self.sandbox.person(name, "de", started=True)

    async def ask(self, person: Person, text: str = QUESTION, seconds: float = 10.0) -> float:
        """Seconds until the answer is there."""
        began = time.monotonic()
        await self.sandbox.send_text(person, person, text)
        await self.sandbox.wait_for(person, lambda message: ANSWER in message.text, seconds)
        return time.monotonic() - began

    async def settle(self) -> None:
        await settled(self.sandbox, self.rows)

    async def repeated(self, person: Person) -> None:
        """The same update comes three times at once and once more after its answer."""
        chat = self.sandbox.world.chats[person.id]
        update: dict[str, Any] = {
            "update_id": 710_000_000 + person.id % 1_000_000,
            "message": {
                "message_id": 800_001,
                "date": 1,
                "chat": self.sandbox.world.chat_json(chat),
                "from": person.as_user(),
                "text": QUESTION,
            },
        }
        for _ in range(3):
            await self.sandbox.raw_update(update)
        await self.settle()
        await self.sandbox.raw_update(update)
        await self.ask(self.person("Marker"))
        await self.settle()
        assert len(spoken(self.sandbox, person.id)) == 1

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.bot.address}/healthz") as answer:
            return answer.status, await answer.json()


async def _open(folder: Path, prepared: Path, *, webhook: bool) -> AsyncIterator[House]:
    shutil.copy(prepared, folder / "lotse.sqlite")
    async with WatchedSandbox(seed=7, webhook_first_pause=0.1, webhook_longest_pause=0.5) as sandbox:
        bot = BotProcess(folder, sandbox, webhook=webhook, debug=True)
        try:
            await bot.start()
            yield House(sandbox, bot)
            assert await bot.terminate() == 0
            assert bot.complaints() == []
            assert sandbox.token not in bot.output  # at DEBUG
            assert sandbox.unknown_methods == []
        finally:
            bot.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> AsyncIterator[House]:
    """Polling."""
    async for opened in _open(tmp_path_factory.mktemp("polling"), prepared, webhook=False):
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hooked(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> AsyncIterator[House]:
    """By webhook."""
    async for opened in _open(tmp_path_factory.mktemp("webhook"), prepared, webhook=True):
        yield opened


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> None:
    for name in {"house", "hooked"} & set(request.fixturenames):
        request.getfixturevalue(name).sandbox.faults.clear()


async def test_a_repeated_update_is_answered_once_when_polling(house: House) -> None:
    await house.repeated(house.person())


async def test_a_repeated_update_is_answered_once_by_webhook(hooked: House) -> None:
    await hooked.repeated(hooked.person())


async def test_order_within_a_chat_while_fifty_write(house: House) -> None:
    people = [house.person() for _ in range(50)]
    words = ("Fiktionsbescheinigung", QUESTION, "Duldung", "/imprint", "/privacy")
    marks = ("Fiktionsbescheinigung", ANSWER, "Duldung", "Impressum", "Datenschutz")
    for text in words:
        for person in people:
            await house.sandbox.send_text(person, person, text)
    await house.settle()
    for person in people:
        answers = spoken(house.sandbox, person.id)
        assert len(answers) == len(words)
        assert [mark in answer for mark, answer in zip(marks, answers, strict=True)] == [True] * len(words)


async def test_who_hammers_gets_few_answers_and_slows_nobody(house: House) -> None:
    loud, calm = house.person("Loud"), house.person("Calm")
    house.sandbox.latency = 0.05
    try:
        for number in range(200):
            text = "Hilfe, mein Mann schlägt mich" if number == 100 else f"hallo {number}"
            await house.sandbox.send_text(loud, loud, text)
        waited = await house.ask(calm)
        await house.settle()
    finally:
        house.sandbox.latency = 0.0
    answers = spoken(house.sandbox, loud.id)
    print(f"\nflood: {len(answers)} answers to 200 messages, another chat after {waited:.2f} s")  # noqa: T201
    assert waited <= 2.0
    assert len(answers) <= 45  # up to 20 wait, 20 more before it is seen as a crowd; then one for all
    assert any("116016" in answer.replace(" ", "") for answer in answers)


async def test_a_blocked_person_is_left_alone_until_start(house: House) -> None:
    person = house.person()
    await house.sandbox.send_text(person, person, "/start lang-de")
    await house.sandbox.answers(person, 1, 10)
    await house.settle()
    house.sandbox.fault("blocked", chat=person, method="sendMessage")
    await house.sandbox.send_text(person, person, QUESTION)
    await house.settle()
    retired = "SELECT retired_at IS NOT NULL FROM recipients WHERE chat_id = ?"
    assert house.rows.query(retired, (person.id,)) == [(1,)]
    await house.sandbox.send_text(person, person, "/start")
    await house.sandbox.answers(person, 1, 10)
    await house.settle()
    assert house.rows.query(retired, (person.id,)) == [(0,)]
    await house.sandbox.block(person)
    await house.settle()
    assert house.rows.query(retired, (person.id,)) == [(1,)]


async def test_a_group_that_moves_is_followed(house: House) -> None:
    owner = house.person()
    group = house.sandbox.group("Nachbarn", [owner])
    await house.sandbox.add_bot_to_group(group, owner)
    await house.sandbox.answers(group, 1, 10)
    # Asked in the old group; when the answer is sent, there is only the new one.
    house.sandbox.fault("delay", method="sendMessage", chat=group, seconds=0.5)
    since = house.sandbox.world.revision
    await house.sandbox.send_text(group, owner, "/imprint@lotse_bot")
    await asyncio.sleep(0.2)
    new = await house.sandbox.migrate(group, owner)
    await house.sandbox.wait_for(new, lambda message: message.from_bot, 10, since=since)
    await house.sandbox.send_text(new, owner, "/imprint@lotse_bot")
    await house.sandbox.answers(new, 1, 10)
    await house.settle()


async def test_a_chat_that_must_wait_waits_alone(house: House) -> None:
    slow, fast = house.person("Slow"), house.person("Fast")
    fault = house.sandbox.fault("flood", chat=slow, method="sendMessage", times=2, retry_after=1)
    await house.sandbox.send_text(slow, slow, QUESTION)
    assert await house.ask(fast) < 1.5
    await house.sandbox.wait_for(slow, lambda message: ANSWER in message.text, 15)
    assert fault.struck == 2
    assert len(spoken(house.sandbox, slow.id)) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_gateway_in_trouble_ends_nothing(house: House, status: int) -> None:
    person = house.person()
    house.sandbox.fault("server_error", method="getUpdates", status=status)
    fault = house.sandbox.fault("server_error", method="sendMessage", chat=person, status=status)
    await house.sandbox.send_text(person, person, QUESTION)
    await until(lambda: fault.struck, 15, "an answer that was tried")
    await house.settle()
    await house.ask(person)


async def test_an_answer_whose_receipt_is_lost_is_not_sent_again(house: House) -> None:
    person = house.person()
    fault = house.sandbox.fault("lost_response", method="sendMessage", chat=person)
    await house.ask(person)
    await house.settle()
    assert fault.struck == 1
    assert len(spoken(house.sandbox, person.id)) == 1


async def test_a_database_locked_for_three_seconds_is_waited_for(house: House) -> None:
    person = house.person()
    with closing(sqlite3.connect(house.bot.database, isolation_level=None, timeout=20)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        await house.sandbox.send_text(person, person, QUESTION)
        await asyncio.sleep(3.0)
        assert spoken(house.sandbox, person.id) == []
        intruder.execute("ROLLBACK")
    await house.sandbox.wait_for(person, lambda message: ANSWER in message.text, 15)
    await house.settle()
    assert len(spoken(house.sandbox, person.id)) == 1


async def test_health_while_running(house: House) -> None:
    await house.ask(house.person())
    status, body = await house.health()
    assert (status, body["healthy"], body["database"]) == (200, True, True)


async def test_only_telegram_may_knock(hooked: House) -> None:
    stranger = hooked.person()
    body: dict[str, Any] = {
        "update_id": 5,
        "message": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": stranger.id, "type": "private"},
            "from": stranger.as_user(),
            "text": QUESTION,
        },
    }
    url = hooked.bot.address + WEBHOOK_PATH
    doors: tuple[tuple[str | None, Any, int], ...] = (
        (None, body, 403),
        ("wrong-secret-0123456789", body, 403),
        (SECRET[:-1], body, 403),
        (SECRET + "x", body, 403),
        (SECRET, [body], 400),
        (SECRET, "text", 400),
    )
    before = hooked.rows.query("SELECT count(*) FROM inbox")
    async with aiohttp.ClientSession() as http:
        for secret, content, status in doors:
            headers = {} if secret is None else {SECRET_HEADER: secret}
            async with http.post(url, json=content, headers=headers) as answer:
                assert answer.status == status, (secret, content)
        kind = {"Content-Type": "application/json", SECRET_HEADER: SECRET}
        for raw, status in ((b"[" * 900_000, 400), (b"{", 400), (b"\xff\xfe", 400), (b" " * 1_100_000, 413)):
            async with http.post(url, data=io.BytesIO(raw), headers=kind) as answer:
                assert answer.status == status, raw[:5]
        assert hooked.rows.query("SELECT count(*) FROM inbox") == before
        async with http.post(url, json=body, headers=kind) as answer:
            assert answer.status == 200
        await hooked.sandbox.wait_for(stranger, lambda message: ANSWER in message.text, 10)
        # Half a pair and a NUL, as escapes: Telegram's own way to write them.
        since = hooked.sandbox.world.revision
        body["update_id"] = 6
        body["message"]["text"] = f"\ud83d\0{QUESTION}\udfff"
        async with http.post(url, json=body, headers=kind) as answer:
            assert answer.status == 200
        await hooked.sandbox.wait_for(stranger, lambda message: ANSWER in message.text, 10, since=since)


@pytest.mark.prove  # processes of its own: a start takes seconds
async def test_asked_to_end_it_finishes_what_is_in_hand(folder: Path, processes: list[BotProcess]) -> None:
    """Telegram cannot be reached at first; that is waited out. SIGTERM loses nothing."""
    async with WatchedSandbox(latency=0.1) as sandbox:
        house = House(sandbox, BotProcess(folder, sandbox))
        processes.append(house.bot)
        people = [house.person() for _ in range(100)]
        for person in people:
            await sandbox.send_text(person, person, QUESTION)
        port = sandbox.port
        await sandbox._server.stop()
        house.bot.spawn()
        await until(lambda: "getMe" in house.bot.output, 30, "a bot that waits")
        assert house.bot.running
        status, told = await house.health()
        assert (status, told["healthy"], told["database"]) == (503, False, True)
        sandbox.fault("reset", method="getMe")
        sandbox.fault("server_error", method="getMe")
        await sandbox._server.start(sandbox.host, port)
        await until(lambda: len(sandbox.begun) > 5, 30, "questions in hand", 0.002)
        house.bot.send(signal.SIGTERM)
        assert await house.bot.ended() == 0
        stored = house.rows.query("SELECT count(*), count(finished_at) FROM inbox")
        assert stored[0][0] == stored[0][1] > 5
        answered = sum(len(spoken(sandbox, person.id)) for person in people)
        assert answered == stored[0][0]
        with pytest.raises(aiohttp.ClientConnectionError):
            await house.health()
        # What was not fetched comes at the next start.
        await house.bot.start()
        await house.settle()
        assert [len(spoken(sandbox, person.id)) for person in people] == [1] * 100
        # A second instance ends the first one's questions: one of them ends in order and says why.
        other = BotProcess(folder / "second", sandbox)
        shutil.copy(folder / "lotse.sqlite", other.database)
        processes.append(other)
        other.spawn()
        both = (house.bot, other)
        await until(lambda: not all(one.running for one in both), 60, "the end of one instance")
        loser, winner = sorted(both, key=lambda one: one.running)
        assert await loser.ended() == 1
        assert "Another instance fetches the updates of this bot" in loser.output
        assert loser.complaints() == []
        assert winner.running
        await winner.terminate()


@pytest.mark.prove  # processes of its own: a start takes seconds
async def test_what_stops_it_before_it_starts_is_said(tmp_path: Path, prepared: Path) -> None:
    wrong = "7000000002:AAThisTokenIsNotTheRightOne_000000000000"
    async with WatchedSandbox() as sandbox:

        def bot(name: str, **settings: str) -> BotProcess:
            (tmp_path / name).mkdir()
            shutil.copy(prepared, tmp_path / name / "lotse.sqlite")
            return BotProcess(tmp_path / name, sandbox, settings=settings, debug=True)

        token = bot("token", LOTSE_TELEGRAM_TOKEN=wrong)
        taken = bot("taken", LOTSE_LISTEN=f"127.0.0.1:{sandbox.port}")
        for process in (token, taken):
            process.spawn()
        assert [await process.ended() for process in (token, taken)] == [1, 1]
    assert "Telegram does not know this token" in token.output
    assert "LOTSE_TELEGRAM_TOKEN" in token.output
    assert f"127.0.0.1:{sandbox.port} cannot be used" in taken.output
    for process in (token, taken):
        assert "Traceback" not in process.output
        assert wrong not in process.output
        assert wrong.partition(":")[2] not in process.output
        assert sandbox.token not in process.output
