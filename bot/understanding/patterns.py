"""Word patterns as people who keep a vocabulary write them, found in a message in one pass.

A pattern is one or more words: ``visum`` is that word, ``einbürger*`` its beginning, ``*schule`` its
end, ``*frau*`` any part, ``carte de santé`` three neighbouring words, ``ist in … los`` leaves room for a
few words, or none, between two of its own. Both sides are folded first
(``bot.understanding.words``), so case, accents and script variants do not matter.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from bot.understanding.words import fold, words_of

T = TypeVar("T")
_BEGINNING, _WITHIN = 4, 3
"""Letters by which patterns are filed that match a word's beginning, and any part of it."""
_GAP, _WIDEST = "...", 8
"""Room between two words of a folded pattern, and how many words fit into it."""


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A pattern found: its label, and the words from ``start`` up to ``end``."""

    label: T
    start: int
    end: int


def _matches(word: str, token: str) -> bool:
    """Whether a word of a folded pattern, which may begin or end with ``*``, fits a word of a message."""
    if word[0] == "*":
        return word[1:-1] in token if word[-1] == "*" else token.endswith(word[1:])
    return token.startswith(word[:-1]) if word[-1] == "*" else token == word


def _parse(folded: str) -> list[str]:
    """The words of a folded pattern, each with its ``*`` before or after it, and the gaps."""
    if "*" not in folded and _GAP not in folded:
        return words_of(folded)
    words = []
    for part in folded.split():
        if part == _GAP:
            words.append(part)
            continue
        texts = words_of(part)  # several of one part: "d'asile"
        if texts:
            if part[0] == "*":
                texts[0] = "*" + texts[0]
            if part[-1] == "*":
                texts[-1] += "*"
        words += texts
    return words


def _end(words: Sequence[str], message: Sequence[str], at: int) -> int | None:
    """Where a pattern ends that stands in a message from a word on; None where it does not."""
    for number, word in enumerate(words):
        if word == _GAP:
            ends = (_end(words[number + 1 :], message, at + between) for between in range(_WIDEST + 1))
            return next((end for end in ends if end is not None), None)
        if at >= len(message) or not _matches(word, message[at]):
            return None
        at += 1
    return at


class Patterns(Generic[T]):
    """Many patterns with their labels; a word is compared only with those that share its letters.

    There are thousands, and what stands around them takes megabytes. So the words of a pattern are one text,
    and those that share letters stand in one tuple, each before its label.
    """

    def __init__(self, patterns: Iterable[tuple[str, T]]) -> None:
        whole, beginning, within = (defaultdict[str, list[str | T]](list) for _ in range(3))
        listed = [(" ".join(pattern.split()), label) for pattern, label in patterns]
        # All in one text: there are thousands, and most of the cost of folding is beginning.
        folded = fold("\n".join(pattern for pattern, _ in listed)).split("\n")
        for (_, label), line in zip(listed, folded, strict=False):  # nothing folds to one empty line
            words = _parse(line)
            if not words:
                continue
            first = words[0].strip("*")
            filed = (sys.intern(" ".join(words)), label)
            if words[0][0] == "*":
                within[first[:_WITHIN]] += filed
            elif words[0][-1] == "*":
                beginning[first[:_BEGINNING]] += filed
            else:
                whole[sys.intern(first)] += filed
        self._whole, self._beginning, self._within = (
            {letters: tuple(filed) for letters, filed in index.items()}
            for index in (whole, beginning, within)
        )
        self._sizes = tuple(sorted(set(map(len, self._within))))

    def find(self, message: Sequence[str]) -> list[Hit[T]]:
        """All hits in a folded, tokenised message, in order of their start."""
        return [
            Hit(label, start, end)
            for start, token in enumerate(message)
            for pattern, label in self._candidates(token)
            if (end := _end(pattern.split(" "), message, start)) is not None
        ]

    def _candidates(self, token: str) -> Iterator[tuple[str, T]]:
        """The patterns whose first word may match a token, with their labels."""
        beginnings = (token[:length] for length in range(1, min(len(token), _BEGINNING) + 1))
        pieces = {token[at : at + size] for size in self._sizes for at in range(len(token) - size + 1)}
        for filed in (
            self._whole.get(token, ()),
            *(self._beginning.get(letters, ()) for letters in beginnings),
            *(self._within.get(letters, ()) for letters in pieces),
        ):
            one_by_one = iter(filed)
            yield from cast("Iterator[tuple[str, T]]", zip(one_by_one, one_by_one, strict=True))
