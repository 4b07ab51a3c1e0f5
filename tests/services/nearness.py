"""Vectors that are only the words of a text, and a scorer that looks at nothing but nearness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from bot.understanding.embedding import Use, Vectors, normalised
from bot.understanding.lines import Centres, Passage, Scorer, features

SIZE = 256


def vector(text: str, size: int = SIZE) -> Vectors:
    """How often each word is in a text, shape (size,)."""
    found = np.zeros(size, dtype=np.float32)
    for word in re.findall(r"\w{4,}", text.casefold()):
        found[crc32(word.encode()) % size] += 1
    return normalised(found)


class Words:
    """Texts with the same words have the same vector. Counts what it computes; can be out of order."""

    def __init__(self) -> None:
        self.computed = 0
        self.away = False

    async def passages(self, texts: Sequence[str], use: Use) -> Vectors | None:
        assert use is Use.PASSAGE
        self.computed += len(texts)
        return None if self.away else np.stack(list(map(vector, texts)))


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
    return Scorer("words", centres, basis, spread, weights, -5.0, threshold)
