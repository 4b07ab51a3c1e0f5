"""Word patterns as people who keep a vocabulary write them, found in a message in one pass.

A pattern is one or more words: ``visum`` is that word, ``einbürger*`` its beginning, ``*schule`` its
end, ``*frau*`` any part, ``carte de santé`` three neighbouring words. Both sides are folded first
(``bot.understanding.words``), so case, accents and script variants do not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from bot.understanding.words import fold, words_of

T = TypeVar("T")
_BEGINNING, _WITHIN = 4, 3
"""Letters by which patterns are filed that match a word's beginning, and any part of it."""


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A pattern found: its label, and the words from ``start`` up to ``end``."""

    label: T
    start: int
    end: int


class _Word(NamedTuple):
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


def _parse(folded: str) -> tuple[_Word, ...]:
    """The words of a folded pattern."""
    if "*" not in folded:
        return tuple(_Word(text, open_start=False, open_end=False) for text in words_of(folded))
    words = []
    for part in folded.split():
        texts = words_of(part)  # several of one part: "d'asile"
        for number, text in enumerate(texts):
            words.append(
                _Word(
                    text,
                    open_start=part.startswith("*") and number == 0,
                    open_end=part.endswith("*") and number == len(texts) - 1,
                )
            )
    return tuple(words)


_Filed = tuple[tuple[_Word, ...], T]


class Patterns(Generic[T]):
    """Many patterns with their labels; a word is compared only with those that share its letters."""

    def __init__(self, patterns: Iterable[tuple[str, T]]) -> None:
        whole, beginning, within = (defaultdict[str, list[_Filed[T]]](list) for _ in range(3))
        listed = [(" ".join(pattern.split()), label) for pattern, label in patterns]
        same: dict[_Word, _Word] = {}
        # All in one text: there are thousands, and most of the cost of folding is beginning.
        folded = fold("\n".join(pattern for pattern, _ in listed)).split("\n")
        for (_, label), line in zip(listed, folded, strict=False):  # nothing folds to one empty line
            # Half of the words stand in several patterns: kept once.
            words = tuple(same.setdefault(word, word) for word in _parse(line))
            if not words:
                continue
            first = words[0]
            if first.open_start:
                within[first.text[:_WITHIN]].append((words, label))
            elif first.open_end:
                beginning[first.text[:_BEGINNING]].append((words, label))
            else:
                whole[first.text].append((words, label))
        self._whole, self._beginning, self._within = (
            {letters: tuple(filed) for letters, filed in index.items()}
            for index in (whole, beginning, within)
        )

    def find(self, message: Sequence[str]) -> list[Hit[T]]:
        """All hits in a folded, tokenised message, in order of their start."""
        return [
            Hit(label, start, start + len(words))
            for start, token in enumerate(message)
            for words, label in self._candidates(token)
            if start + len(words) <= len(message)
            and all(word.matches(message[start + offset]) for offset, word in enumerate(words))
        ]

    def _candidates(self, token: str) -> Iterator[_Filed[T]]:
        """The patterns whose first word may match a token."""
        yield from self._whole.get(token, ())
        for length in range(1, min(len(token), _BEGINNING) + 1):
            yield from self._beginning.get(token[:length], ())
        for piece in {
            token[at : at + size] for size in range(1, _WITHIN + 1) for at in range(len(token) - size + 1)
        }:
            yield from self._within.get(piece, ())
