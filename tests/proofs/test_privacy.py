"""Nothing personal stays: marked words are planted everywhere and then looked for everywhere."""

from __future__ import annotations

import asyncio
import gzip
import random
import string
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.sandbox import Chat, Person
from bot.storage import backup
from tests.conftest import Databases
from tests.proofs.running import BotProcess, Rows, WatchedSandbox, spoken, until

PENDING_MAY_HOLD = frozenset({"text", "caption", "location", "addressed"})
"""What an answer is made from: it waits in the inbox, and goes when the answer is there."""


def _mark(source: random.Random) -> str:
    # Latin letters alone: the same bytes in UTF-8, in JSON and escaped.
    return "zq" + "".join(source.choices(string.ascii_lowercase, k=14))


@dataclass
class Planted:
    """Every marker that was planted, by where; ``numbers`` are coordinates."""

    random: random.Random
    marks: dict[str, list[str]] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)

    def mark(self, where: str) -> str:
        mark = _mark(self.random)
        self.marks.setdefault(where, []).append(mark)
        return mark

    def number(self, where: str, whole: int) -> float:
        digits = self.random.randint(1_000_000, 9_999_999)
        self.marks.setdefault(where, []).append(str(digits))
        self.numbers.append(float(f"{whole}.{digits}"))
        return self.numbers[-1]

    def phone(self, where: str) -> str:
        digits = str(self.random.randint(10_000_000, 99_999_999))
        self.marks.setdefault(where, []).append(digits)
        return f"+49{digits}"

    def found(self, *haystacks: bytes) -> set[str]:
        """The places of which a marker is in any of these."""
        whole = b"\n".join(haystacks).lower()
        found = {where for where, marks in self.marks.items() for mark in marks if mark.encode() in whole}
        raw = b"\n".join(haystacks)
        if any(struct.pack(order, value) in raw for value in self.numbers for order in (">d", "<d")):
            found.add("location")
        return found


@dataclass
class Scene:
    """People whose everything is marked, and a group that talks among itself."""

    sandbox: WatchedSandbox
    planted: Planted
    people: list[Person] = field(default_factory=list)
    groups: list[Chat] = field(default_factory=list)

    def person(self) -> Person:
        plant = self.planted
        person = self.sandbox.person(
            f"Ada {plant.mark('first name')}",
            "en",
            username=plant.mark("username"),
            last_name=plant.mark("last name"),
            phone=plant.phone("phone"),
            started=True,
        )
        self.people.append(person)
        return person

    async def play(self) -> None:
        """One person does everything that a person can do, and a group talks."""
        plant, sandbox = self.planted, self.sandbox
        person, stranger = self.person(), self.person()
        group = sandbox.group(f"Group {plant.mark('group title')}", [person, stranger])
        self.groups.append(group)
        await sandbox.add_bot_to_group(group, person)
        talk = await sandbox.send_text(group, stranger, f"Just between us {plant.mark('group talk')}")
        await sandbox.send_photo(group, stranger, f"Our party {plant.mark('group talk')}")
        await sandbox.send_text(group, person, f"I answer you {plant.mark('group talk')}", reply_to=talk)
        await sandbox.send_text(group, person, f"@lotse_bot {plant.mark('addressed')} association Rostock")
        await sandbox.send_text(person, person, f"My name is {plant.mark('text')}, counselling in Rostock?")
        edited = await sandbox.send_text(person, person, f"asylum {plant.mark('text')}")
        await sandbox.edit(person, edited, f"asylum Schwerin {plant.mark('text')}")
        await sandbox.send_text(person, person, f"/start {plant.mark('text')}")
        await sandbox.send_text(person, person, f"Help, he beats me {plant.mark('text')}")
        await sandbox.send_photo(person, person, f"This letter {plant.mark('caption')}")
        await sandbox.send_document(
            person, person, f"{plant.mark('file name')}.pdf", caption=plant.mark("caption")
        )
        await sandbox.send_voice(person, person, content=plant.mark("file").encode())
        await sandbox.send_contact(person, person, plant.phone("phone"), plant.mark("contact"))
        await sandbox.send_poll(person, person, plant.mark("poll"), [plant.mark("poll"), "No"])
        await sandbox.send_location(
            person, person, plant.number("location", 54), plant.number("location", 12)
        )
        note = await sandbox.send_text(stranger, stranger, "menu")
        await sandbox.forward(person, person, note)
        await sandbox.raw_update({"message": self._shared(person)})

    def _shared(self, person: Person) -> dict[str, Any]:
        """A message from elsewhere, with a hidden author, a quote and a venue."""
        plant, world = self.planted, self.sandbox.world
        chat = world.chats[person.id]
        return {
            "message_id": 900_000 + len(self.people),
            "date": int(world.now()),
            "chat": world.chat_json(chat),
            "from": person.as_user(),
            "text": f"They say {plant.mark('text')}",
            "forward_origin": {
                "type": "hidden_user",
                "date": 1,
                "sender_user_name": f"Carol {plant.mark('forwarded name')}",
            },
            "reply_to_message": {"message_id": 5, "date": 1, "text": plant.mark("quoted")},
            "quote": {"text": plant.mark("quoted"), "position": 0},
            "contact": {"phone_number": plant.phone("phone"), "first_name": plant.mark("contact")},
        }


def _files(bot: BotProcess) -> list[bytes]:
    """The database with all that lies beside it, and the log."""
    beside = [path for path in bot.database.parent.glob(f"{bot.database.name}*") if path.is_file()]
    return [*(path.read_bytes() for path in beside), bot.output.encode()]


def _numbered(chat_id: int, *haystacks: bytes) -> bool:
    """Whether a chat's number is there: in a row, as a row's own number (a varint), or in words."""
    groups = [chat_id >> shift & 0x7F for shift in range(28, -1, -7)]
    varint = bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]]).lstrip(b"\x80")
    pictures = (struct.pack(">i", chat_id), varint, str(chat_id).encode())
    return any(picture in data for data in haystacks for picture in pictures)


async def _saved(bot: BotProcess, folder: Path, name: str) -> bytes:
    path = folder / name
    await backup.write(bot.environment["LOTSE_DATABASE_URL"], path)
    return gzip.decompress(path.read_bytes())


async def _pending(scene: Scene, bot: BotProcess, rows: Rows, folder: Path) -> None:
    """While Telegram keeps the bot waiting: only what the answers are made from is in the inbox."""
    sandbox, plant = scene.sandbox, scene.planted
    held = sandbox.fault("delay", method="sendMessage", seconds=3.0, times=None)
    seen: set[str] = set()
    playing = asyncio.create_task(scene.play())
    while held.struck == 0 or not playing.done() or sandbox.updates.pending:
        seen |= plant.found(*_files(bot))
        await asyncio.sleep(0.01)
    assert rows.unfinished()
    seen |= plant.found(*_files(bot))
    assert "text" in seen, "the test would not notice what it looks for"
    assert seen <= PENDING_MAY_HOLD, seen
    assert plant.found(await _saved(bot, folder, "pending.gz")) == set()
    sandbox.faults.clear()


async def _forget(scene: Scene, bot: BotProcess, rows: Rows) -> None:
    """Language chosen, then all forgotten: not even the chat's number is left."""
    sandbox = scene.sandbox
    person = scene.people[0]
    await sandbox.send_text(person, person, "/start lang-en")
    await sandbox.answers(person, 1, 10)
    await until(lambda: rows.query("SELECT 1 FROM recipients WHERE chat_id = ?", (person.id,)), 10, "a row")
    assert _numbered(person.id, *_files(bot)), "the test would not notice what it looks for"
    await sandbox.send_text(person, person, "/forget")
    await sandbox.wait_for(person, lambda message: "Deleted at" in message.text, 10)
    await sandbox.send_text(person, person, "/forget")
    await sandbox.wait_for(person, lambda message: "nothing left" in message.text, 10)
    assert rows.query("SELECT count(*) FROM recipients") == [(0,)]

    def gone() -> bool:
        files = _files(bot)
        return not _numbered(person.id, *files) and not scene.planted.found(*files)

    await until(gone, 20, "the traces of a forgotten chat to disappear", 0.2)


async def _hide(
    folder: Path, processes: list[BotProcess], *, times: int, seed: int, model: bool = True
) -> None:
    async with WatchedSandbox(seed=seed) as sandbox:
        bot = BotProcess(folder, sandbox, debug=True, model=model)
        processes.append(bot)
        await bot.start()
        rows = Rows(bot.database)
        scene = Scene(sandbox, Planted(random.Random(seed)))
        await _pending(scene, bot, rows, folder)
        for _ in range(times - 1):
            await scene.play()
        await until(lambda: sandbox.updates.pending == 0 and not rows.unfinished(), 60, "all answers")
        assert all(spoken(sandbox, person.id) for person in scene.people)
        await until(lambda: not scene.planted.found(*_files(bot)), 20, "the marks to disappear", 0.2)
        assert scene.planted.found(await _saved(bot, folder, "after.gz")) == set()
        await _forget(scene, bot, rows)
        status, words = await bot.command("backup", str(folder / "forgotten.gz"))
        assert status == 0, words
        assert scene.planted.found(gzip.decompress((folder / "forgotten.gz").read_bytes())) == set()
        assert await bot.terminate() == 0
        assert scene.planted.found(*_files(bot)) == set()
        assert sandbox.token not in bot.output
        assert bot.complaints() == []
        count = sum(len(marks) for marks in scene.planted.marks.values())
        print(f"\nprivacy: {count} marks in {len(scene.planted.marks)} places, none left")  # noqa: T201


async def test_nothing_personal_stays(folder: Path, processes: list[BotProcess]) -> None:
    await _hide(folder, processes, times=1, seed=1, model=False)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_personal_stays_in_a_crowd(
    folder: Path, processes: list[BotProcess], seed: int
) -> None:
    await _hide(folder, processes, times=25, seed=seed)


async def _dump(url: str) -> bytes:
    """Every row of every table as PostgreSQL writes it."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [
            row[0]
            for table in tables
            for row in await connection.fetch(f'SELECT t::text FROM "{table[0]}" AS t')  # noqa: S608 - our own names
        ]
    finally:
        await connection.close()
    return "\n".join(rows).encode()


@pytest.mark.prove
async def test_nothing_personal_stays_in_postgresql(
    tmp_path: Path, postgresql_databases: Databases, processes: list[BotProcess]
) -> None:
    url = await postgresql_databases.empty()
    try:
        await _hide_in_postgresql(tmp_path, url, processes)
    finally:
        for process in processes:
            process.kill()
        await postgresql_databases.drop()


async def _hide_in_postgresql(folder: Path, url: str, processes: list[BotProcess]) -> None:
    async with WatchedSandbox() as sandbox:
        bot = BotProcess(folder, sandbox, database_url=url, debug=True)
        processes.append(bot)
        await bot.start()
        scene = Scene(sandbox, Planted(random.Random(4)))
        held = sandbox.fault("delay", method="sendMessage", seconds=3.0, times=None)
        await scene.play()
        await until(lambda: held.struck > 3 and sandbox.updates.pending == 0, 20, "questions in hand")
        seen = scene.planted.found(await _dump(url), bot.output.encode())
        assert "text" in seen
        assert seen <= PENDING_MAY_HOLD, seen
        assert scene.planted.found(await _saved(bot, folder, "pending.gz")) == set()
        sandbox.faults.clear()
        for _ in range(20):
            await scene.play()
        deadline = asyncio.get_running_loop().time() + 60
        while scene.planted.found(await _dump(url)):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.2)
        person = scene.people[0]
        await sandbox.send_text(person, person, "/start lang-en")
        await sandbox.answers(person, 1, 10)
        await sandbox.send_text(person, person, "/forget")
        await sandbox.wait_for(person, lambda message: "Deleted at" in message.text, 10)
        await asyncio.sleep(0.5)
        dump = await _dump(url)
        assert str(person.id).encode() not in dump
        assert scene.planted.found(dump, await _saved(bot, folder, "after.gz"), bot.output.encode()) == set()
        assert await bot.terminate() == 0
        assert bot.complaints() == []
