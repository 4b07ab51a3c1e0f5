"""Word patterns as people who keep a vocabulary write them, found in a message in one pass.

A pattern is one or more words: ``visum`` is that word, ``einbürger*`` its beginning, ``*schule`` its
end, ``*frau*`` any part, ``carte de santé`` three neighbouring words. Both sides are folded first
(``bot.understanding.words``), so case, accents and script variants do not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.understanding.words import fold, tokens

T = TypeVar("T")
_KEY = 2


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A pattern found: its label, and the words from ``start`` up to ``end``."""

    label: T
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a pattern."""

    text: str
    open_start: bool
    open_end: bool

    def matches(self, token: str) -> bool:
        if self.open_start and self.open_end:
            return self.text in token
        if self.open_start:
            return token.endswith(self.text)
        if self.open_end:
            return token.startswith(self.text)
        return token == self.text


def _parse(pattern: str) -> tuple[_Word, ...]:
    words = []
    for part in pattern.split():
        # Folding must not see the stars; a part may fold to several words ("d'asile").
        folded = tokens(fold(part.strip("*")))
        for number, text in enumerate(folded):
            words.append(
                _Word(
                    text,
                    open_start=part.startswith("*") and number == 0,
                    open_end=part.endswith("*") and number == len(folded) - 1,
                )
            )
    return tuple(words)


class Patterns(Generic[T]):
    """Many patterns with their labels. Finding costs one dictionary look-up for most words."""

    def __init__(self, patterns: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, list[tuple[tuple[_Word, ...], T]]] = defaultdict(list)
        self._prefix: dict[str, list[tuple[tuple[_Word, ...], T]]] = defaultdict(list)
        self._anywhere: list[tuple[tuple[_Word, ...], T]] = []
        for pattern, label in patterns:
            words = _parse(pattern)
            if not words:
                continue
            first = words[0]
            if first.open_start or (first.open_end and len(first.text) < _KEY):
                self._anywhere.append((words, label))
            elif first.open_end:
                self._prefix[first.text[:_KEY]].append((words, label))
            else:
                self._exact[first.text].append((words, label))

    def find(self, message: Sequence[str]) -> list[Hit[T]]:
        """All hits in a folded, tokenised message, in order of their start."""
        hits = []
        for start, token in enumerate(message):
            candidates = (
                *self._exact.get(token, ()),
                *self._prefix.get(token[:_KEY], ()),
                *self._anywhere,
            )
            for words, label in candidates:
                end = start + len(words)
                if end <= len(message) and all(
                    word.matches(message[start + offset]) for offset, word in enumerate(words)
                ):
                    hits.append(Hit(label, start, end))
        return hits
