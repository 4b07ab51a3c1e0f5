"""Quoting the lines of a text that answer, with vectors that are only the words of a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from bot.services import quoting
from bot.services.quoting import Quoting
from bot.understanding.embedding import Use, Vectors, normalised
from bot.understanding.lines import Centres, Passage, Scorer, features

SIZE = 256


class Words:
    """Texts with the same words have the same vector. Counts what it computes; can be out of order."""

    def __init__(self) -> None:
        self.computed = 0
        self.away = False

    async def question(self, text: str) -> Vectors | None:
        return None if self.away else self._embed([text])[0]

    async def passages(self, texts: Sequence[str], use: Use) -> Vectors | None:
        assert use is Use.PASSAGE
        self.computed += len(texts)
        return None if self.away else self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w{4,}", text.casefold()):
                row[crc32(word.encode()) % SIZE] += 1
        return normalised(vectors)


def by_nearness(threshold: float) -> Scorer:
    """Looks at nothing but how near a line is to the question."""
    nothing = np.zeros((1, SIZE), dtype=np.float32)
    centres, basis = Centres((), nothing, nothing), np.eye(SIZE, dtype=np.float32)
    text = Passage(("a",), nothing, nothing[0], "de")
    spread = np.ones(SIZE, dtype=np.float32)
    weights = np.zeros(
        features(centres, basis, spread, "a", nothing[0], "de", text).shape[1], dtype=np.float32
    )
    weights[0] = 10
    return Scorer(centres, basis, spread, weights, -5.0, threshold)


TITLE = "Schule"
TEXT = (
    "Alle Kinder gehen zur Schule. Die Anmeldung macht das Sekretariat. "
    "Bringen Sie zur Anmeldung den Pass mit.\n"
    "Das Mittagessen kostet vier Euro. Bücher sind kostenlos.\n"
    "Für die Anmeldung haben Sie zwei Wochen."
)


async def quote(quoting: Quoting, question: str, text: str = TEXT) -> tuple[str, ...]:
    return await quoting.quote(question, "de", TITLE, text, "de")


async def test_the_lines_that_answer_stand_in_reading_order_and_neighbours_together() -> None:
    quoting = Quoting(Words(), by_nearness(0.1))
    assert await quote(quoting, "Anmeldung?") == (
        "Die Anmeldung macht das Sekretariat.\nBringen Sie zur Anmeldung den Pass mit.",
        "Für die Anmeldung haben Sie zwei Wochen.",
    )


async def test_what_the_text_does_not_answer_is_not_quoted() -> None:
    quoting = Quoting(Words(), by_nearness(0.1))
    assert await quote(quoting, "Fahrräder?") == ()
    assert await quote(quoting, "Anmeldung?", "") == ()


async def test_a_text_is_computed_once_and_again_when_it_changed() -> None:
    words = Words()
    quoting = Quoting(words, by_nearness(0.1))
    for _ in range(3):
        await quote(quoting, "Anmeldung?")
    assert words.computed == 7
    await quote(quoting, "Anmeldung?", "Die Anmeldung ist zu.")
    assert words.computed == 9


async def test_only_the_texts_quoted_last_are_remembered() -> None:
    words = Words()
    quoting_ = Quoting(words, by_nearness(0.1))
    await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
    await quote(quoting_, "Anmeldung?", "Die zweite Anmeldung.")
    for number in range(quoting._KEPT - 1):
        await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
        await quote(quoting_, "Anmeldung?", f"Eine Anmeldung, die {number}.")
    before = words.computed
    await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
    assert words.computed == before
    await quote(quoting_, "Anmeldung?", "Die zweite Anmeldung.")
    assert words.computed == before + 2


async def test_without_vectors_nothing_is_quoted_and_nothing_remembered() -> None:
    words = Words()
    quoting = Quoting(words, by_nearness(0.1))
    words.away = True
    assert await quote(quoting, "Anmeldung?") == ()
    words.away = False
    assert len(await quote(quoting, "Anmeldung?")) == 2


async def test_a_scorer_that_is_never_sure_quotes_nothing() -> None:
    quoting = Quoting(Words(), replace(by_nearness(0.1), threshold=1.1))
    assert await quote(quoting, "Anmeldung?") == ()
