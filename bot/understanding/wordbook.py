"""The words of the emergency rules, kept small: numbers in bytes, words in one text, hashes in order.

There are tens of thousands of them, in each process; :mod:`bot.understanding.danger` looks rules up by them.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np

from bot.domain.spelling import one_slip, slips_of

LONG_ENOUGH_FOR_SLIPS = 4
"""Letters of a word of the rules that may be written with a slip."""


class Slips:
    """Words of rules, found by what is one slip away from them.

    Two words one slip apart share one of the forms that they have with a letter left out. The hashes of these
    forms stand in ascending order, each with the number of its word.
    """

    def __init__(self, words: RuleWords) -> None:
        self._words = words
        pairs = sorted(
            (_hash(form), at)
            for at in range(len(words))
            if len(word := words[at]) >= LONG_ENOUGH_FOR_SLIPS and not word.isdigit()
            for form in set(slips_of(word))
        )
        self._hashes = np.array([hashed for hashed, _ in pairs], dtype=np.uint32)
        self._at = np.array([at for _, at in pairs], dtype=np.min_scalar_type(len(self._words)))

    def near(self, words: Sequence[str]) -> dict[str, list[str]]:
        """For each word those of the rules that it is a slip of, if there are any."""
        forms = [(word, _hash(form)) for word in words for form in slips_of(word)]
        hashes = np.array([hashed for _, hashed in forms], dtype=np.uint32)
        starts = np.searchsorted(self._hashes, hashes, "left").tolist()
        ends = np.searchsorted(self._hashes, hashes, "right").tolist()
        found: dict[str, set[int]] = {}
        for (word, _), start, end in zip(forms, starts, ends, strict=True):
            if start < end:
                found.setdefault(word, set()).update(self._at[start:end].tolist())
        near = (
            (word, [near for at in places if one_slip(word, near := self._words[at]) and near != word])
            for word, places in found.items()
        )
        return {word: listed for word, listed in near if listed}


def _hash(form: str) -> int:
    return zlib.crc32(form.encode("utf-8", "replace"))


class RuleWords:
    """The words of rules and the numbers of their slots: tens of thousands, in one text, by their hashes."""

    def __init__(self, filed: Mapping[str, set[int]]) -> None:
        words = sorted(filed, key=_hash)
        self._hashes = array("I", map(_hash, words))
        self._text = "".join(words)
        self._starts = array("I", (0, *accumulate(map(len, words))))
        self._slots = Rows({at: (sorted(filed[word]),) for at, word in enumerate(words)}, len(words))

    def __len__(self) -> int:
        return len(self._hashes)

    def __getitem__(self, at: int) -> str:
        return self._text[self._starts[at] : self._starts[at + 1]]

    def numbers(self, word: str) -> Iterable[int]:
        """The slots that a word stands in; none for one that no rule has."""
        hashed = _hash(word)
        at = bisect_left(self._hashes, hashed)
        while at < len(self) and self._hashes[at] == hashed:
            if self[at] == word:
                return next(self._slots.under((at,)))[1]
            at += 1
        return ()


class Rows:
    """Rows of numbers, filed under the numbers from 0 to ``size``: two arrays, and not an object each.

    A number takes two bytes. There are some thirty thousand slots; more than fit would be an OverflowError at
    the start.
    """

    def __init__(self, filed: Mapping[int, Iterable[Sequence[int]]], size: int) -> None:
        self._starts, self._flat = array("I", (0,)), array("H")
        for number in range(size):
            for row in filed.get(number, ()):
                self._flat.append(len(row))
                self._flat.extend(row)
            self._starts.append(len(self._flat))

    def under(self, numbers: Iterable[int]) -> Iterator[tuple[int, array[int]]]:
        """The rows under some numbers, each with its number, in their order."""
        starts, flat = self._starts, self._flat
        for number in numbers:
            at, end = starts[number], starts[number + 1]
            while at < end:  # of most numbers there are none
                after = at + 1 + flat[at]
                yield number, flat[at + 1 : after]
                at = after


class KnownWords:
    """Thousands of words that are only asked whether they are among them: hashes in ascending order.

    One of half a million other words would be taken for one of eight thousand, and then only not for a slip.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._hashes = array("I", sorted({_hash(word) for word in words}))

    def others(self, words: Sequence[str]) -> list[str]:
        """Those that are not among them."""
        return [word for word in words if not self._has(_hash(word))]

    def _has(self, hashed: int) -> bool:
        at = bisect_left(self._hashes, hashed)
        return at < len(self._hashes) and self._hashes[at] == hashed


def lean(filed: Mapping[str, set[int]]) -> dict[str, bytes]:
    """The same in a tenth of the memory: numbers in bytes, and once for all words of the same slots."""
    same: dict[bytes, bytes] = {}
    filed_lean = {}
    for word, numbers in filed.items():
        found = packed(sorted(numbers))
        filed_lean[word] = same.setdefault(found, found)
    return filed_lean


def numbers_of(filed: Mapping[str, bytes], word: str) -> Iterable[int]:
    """What :func:`lean` has filed under a word."""
    found = filed.get(word)
    return unpacked(found) if found else ()


def packed(numbers: Iterable[int]) -> bytes:
    """Two bytes a slot, as in :class:`Rows`."""
    return array("H", numbers).tobytes()


def unpacked(packed: bytes) -> memoryview[int]:
    """The numbers that :func:`packed` made bytes of."""
    return memoryview(packed).cast("H")
