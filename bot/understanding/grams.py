"""Pieces of words as numbers: what typing errors, dialects and foreign alphabets leave recognisable.

A text's pieces of a few letters and its whole words are hashed into a vector of fixed length
(Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009), so that no list of
words has to be kept.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.understanding.embedding import Vectors, normalised
from bot.understanding.words import fold

_SIGN = 1 << 16
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True)
class Grams:
    """One way of cutting texts: ``size`` of the vectors, and the shortest and longest piece."""

    size: int
    shortest: int
    longest: int
    prepare: Callable[[str], str]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, size); each row has length 1, or is null for a text without letters."""
        found = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            for piece in self._pieces(text):
                hashed = zlib.crc32(piece.encode("utf-8", "replace"))
                row[hashed % self.size] += 1.0 if hashed & _SIGN else -1.0
        # A piece that comes often tells little more than one that comes once.
        return normalised(np.sign(found) * np.sqrt(np.abs(found)))

    def _pieces(self, text: str) -> Iterator[str]:
        for word in _WORD.findall(self.prepare(text)):
            framed = f" {word} "
            yield f"#{framed}"
            for length in range(self.shortest, self.longest + 1):
                for start in range(len(framed) - length + 1):
                    yield framed[start : start + length]


def _letters(text: str) -> str:
    return unicodedata.normalize("NFC", text.lower())


SUBJECT = Grams(4096, 2, 5, fold)
"""For what a text is about: spelling does not matter."""
LANGUAGE = Grams(8192, 1, 4, _letters)
"""For the language it is in: every accent matters."""
