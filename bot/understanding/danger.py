"""Danger in a message, recognised by rules alone, before anything else looks at it.

The rules are written in the language of :mod:`bot.understanding.lexicon`. Words are compared folded
(:mod:`bot.understanding.words`), long ones also with one typing error. All languages are always
tried, because people mix them. Misses are worse than false alarms.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

from bot.domain.spelling import one_slip
from bot.understanding.lexicon import Danger, Lexicon, Slot, Term
from bot.understanding.words import consonants, tokens, written

K = TypeVar("K")
V = TypeVar("V")

WINDOW = 12
"""How many words the words of one rule may span."""
TOLD_WINDOW = 24
"""The same for the lines that silence others: they tie two sentences together."""
LONGEST = 4096
"""Characters that are looked at: Telegram's own limit of a message."""
CRY = 4
"""A bare cry for help ("Hilfe!!!") has at most this many words."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was recognised: the most urgent danger, the language of the words, and other dangers."""

    danger: Danger
    language: str
    also: tuple[Danger, ...] = ()


_NUMBERS = frozenset(("110", "112", "116016", "116111", "116117", "911", "999"))
_LONG_ENOUGH_FOR_TYPOS = 6
_LONGEST_WORD = 32


class _Slots:
    """Gives each slot a number, and files its words, beginnings, ends and phrases under it."""

    def __init__(self) -> None:
        self.words: dict[str, set[int]] = {}
        self.starts: dict[str, set[int]] = {}
        self.ends: dict[str, set[int]] = {}
        self.bones: dict[str, set[int]] = {}
        self.bone_starts: dict[str, set[int]] = {}
        self.phrases: dict[int, list[tuple[int, ...]]] = {}
        """By the number of a phrase's longest part: the number of its slot, and those of all its parts."""
        self._numbers: dict[Slot, int] = {}

    def number(self, slot: Slot) -> int:
        if slot in self._numbers:
            return self._numbers[slot]
        number = self._numbers[slot] = len(self._numbers)
        for term in slot:
            if isinstance(term, tuple):
                parts = tuple(self.number(frozenset[Term](part)) for part in term)
                lengths = (max(map(len, forms)) for forms in term)
                _, longest = max(zip(lengths, parts, strict=True))
                self.phrases.setdefault(longest, []).append((number, *parts))
            elif term.startswith("%"):
                filed = self.bone_starts if term.endswith("*") else self.bones
                filed.setdefault(term[1:].removesuffix("*"), set()).add(number)
            elif term.endswith("*"):
                self.starts.setdefault(term[:-1], set()).add(number)
            elif term.startswith("*"):
                self.ends.setdefault(term[1:], set()).add(number)
            else:
                self.words.setdefault(term, set()).add(number)
        return number


def _lean(filed: Mapping[str, set[int]]) -> dict[str, bytes]:
    """The same in a tenth of the memory: numbers in bytes, and once for all words of the same slots."""
    same: dict[bytes, bytes] = {}
    lean = {}
    for word, numbers in filed.items():
        found = _packed(sorted(numbers))
        lean[word] = same.setdefault(found, found)
    return lean


def _fixed(filed: Mapping[K, list[V]]) -> dict[K, tuple[V, ...]]:
    """Thousands of short lists, without the room that they keep for growing."""
    return {key: tuple(listed) for key, listed in filed.items()}


def _numbers(lean: Mapping[str, bytes], word: str) -> Iterable[int]:
    found = lean.get(word)
    return _unpacked(found) if found else ()


def _packed(numbers: Iterable[int]) -> bytes:
    return array("I", numbers).tobytes()


def _unpacked(packed: bytes) -> memoryview[int]:
    return memoryview(packed).cast("I")


class _Filed(NamedTuple):
    """A rule as it is looked up: see :class:`Rule`. Slots by their numbers."""

    lexicon: int
    danger: Danger | None
    alone: bool
    slots: tuple[int, ...]
    without: int | None
    calm: int | None
    silences: tuple[Danger, ...]


class Watch:
    """Looks for danger with all lexicons at once.

    Words lead to slots and slots to rules through dictionaries, so that the time depends on the
    message and not on the number of rules.
    """

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._languages = tuple(lexicon.language for lexicon in lexicons)
        near: dict[str, list[str]] = {}
        rules: dict[int, list[_Filed]] = {}
        ignore: dict[int, list[tuple[int, ...]]] = {}
        vocabulary: list[set[int]] = [set() for _ in lexicons]
        spelled = frozenset[str]().union(*(lexicon.spelled for lexicon in lexicons))
        self._spelled = re.compile(rf"\b({'|'.join(map(re.escape, spelled))})\b") if spelled else None
        slots = _Slots()
        uses: dict[Slot, int] = {}
        for lexicon in lexicons:
            for rule in lexicon.rules:
                for slot in rule.slots:
                    uses[slot] = uses.get(slot, 0) + 1
        for index, lexicon in enumerate(lexicons):
            calm = slots.number(lexicon.calm) if lexicon.calm else None
            for rule in lexicon.rules:
                ids = tuple(map(slots.number, rule.slots))
                without = slots.number(rule.without) if rule.without else None
                _, key = min((uses[slot], number) for slot, number in zip(rule.slots, ids, strict=True))
                weak = calm if rule.weak else None
                entry = _Filed(index, rule.danger, rule.alone, ids, without, weak, rule.silences)
                rules.setdefault(key, []).append(entry)
                if rule.danger is not None:
                    vocabulary[index].update(ids)
            for line in lexicon.ignore:
                parts = tuple(map(slots.number, line))
                ignore.setdefault(parts[0], []).append(parts)
        self._words, self._starts, self._ends = map(_lean, (slots.words, slots.starts, slots.ends))
        self._bones, self._bone_starts = map(_lean, (slots.bones, slots.bone_starts))
        for word in self._words:
            if len(word) >= _LONG_ENOUGH_FOR_TYPOS and not word.isdigit():
                near.setdefault(word[:3], []).append(word)
                near.setdefault("*" + word[-3:], []).append(word)
        self._vocabulary = tuple(sum(1 << slot for slot in known) for known in vocabulary)
        """For each language the slots of its rules, a bit each."""
        self._near, self._rules, self._ignore = _fixed(near), _fixed(rules), _fixed(ignore)
        self._phrases = {key: tuple(map(_packed, listed)) for key, listed in slots.phrases.items()}

    def look(self, text: str, language: str | None = None) -> Alarm | None:
        """The danger that a message tells of, or None.

        ``language`` is what the person chose; it decides when several languages fit.
        """
        text = text[:LONGEST]
        if self._spelled is not None and self._spelled.search(as_written := written(text)):
            text = self._spelled.sub(" ", as_written)
        words = tokens(text)[: LONGEST // 2]
        short = 0 < len(words) <= CRY
        own = _base(language)
        if short and "".join(words) in _NUMBERS:
            return Alarm(Danger.HELP, language or "de")
        filled = self._fill(words)
        found: dict[Danger, set[int]] = {}
        silent: set[Danger] = set()
        for key in list(filled):
            for index, danger, alone, ids, without, calm, silences in self._rules.get(key, ()):
                if (danger is Danger.HELP and not short) or (alone and len(words) > 1):
                    continue
                if danger is not None and index in found.get(danger, ()):
                    continue
                if without in filled or calm in filled or not all(slot in filled for slot in ids):
                    continue
                window = TOLD_WINDOW if danger is None else WINDOW
                if len(ids) > 1 and not _close([filled[slot] for slot in ids], window):
                    continue
                if danger is None:
                    silent.update(silences)
                else:
                    found.setdefault(danger, set()).add(index)
        for danger in silent:
            found.pop(danger, None)
        if not found:
            return None
        danger, *also = sorted(found, key=list(Danger).index)
        if also and also[-1] is Danger.HELP:
            also.pop()
        index = self._whose(found, danger, filled, own)
        chosen = self._languages[index]
        return Alarm(danger, language if language and own == chosen else chosen, tuple(also))

    def _whose(
        self,
        found: Mapping[Danger, set[int]],
        danger: Danger,
        filled: Mapping[int, list[int]],
        own: str | None,
    ) -> int:
        """The person's language if it fits at all, else the one that knows most of the words."""
        for group in (found[danger], set[int]().union(*found.values())):
            for index in group:
                if self._languages[index] == own:
                    return index
        return min(
            found[danger],
            key=lambda index: (-sum(self._vocabulary[index] >> slot & 1 for slot in filled), index),
        )

    def _fill(self, words: Sequence[str]) -> dict[int, list[int]]:
        """The slots that the words fill, each with the places of its words in ascending order."""
        memo: dict[str, frozenset[int]] = {}
        each = []
        for at, word in enumerate(words):
            slots = memo.get(word)
            if slots is None:
                slots = memo[word] = self._slots_of(word)
            if word in _PREFIXES_APART and at + 1 < len(words):
                slots |= self._slots_of(word + words[at + 1])
            each.append(slots)
        ignored = self._ignored(each)
        filled: dict[int, list[int]] = {}
        for at, slots in enumerate(each):
            if at not in ignored:
                for slot in slots:
                    filled.setdefault(slot, []).append(at)
        phrases: dict[int, set[int]] = {}
        sets: dict[int, set[int]] = {}
        for key in list(filled):
            for number, *parts in map(_unpacked, self._phrases.get(key, ())):
                if all(part in filled for part in parts):
                    for part in parts:
                        if part not in sets:
                            sets[part] = set(filled[part])
                    offset = parts.index(key)
                    starts = (at - offset for at in filled[key])
                    hits = {s for s in starts if all(s + i in sets[part] for i, part in enumerate(parts))}
                    if hits:
                        phrases.setdefault(number, set()).update(hits)
        for number, hits in phrases.items():
            filled[number] = sorted(hits | set(filled.get(number, ())))
        return filled

    def _ignored(self, each: Sequence[frozenset[int]]) -> set[int]:
        ignored: set[int] = set()
        for at, slots in enumerate(each):
            for slot in slots:
                for parts in self._ignore.get(slot, ()):
                    if at + len(parts) <= len(each) and all(
                        part in each[at + step] for step, part in enumerate(parts)
                    ):
                        ignored.update(range(at, at + len(parts)))
        return ignored

    def _slots_of(self, word: str) -> frozenset[int]:
        if len(word) > _LONGEST_WORD:
            return frozenset()
        slots: set[int] = set()
        for form in _forms(word):
            slots.update(_numbers(self._words, form))
            for length in range(1, len(form) + 1):
                slots.update(_numbers(self._starts, form[:length]))
                slots.update(_numbers(self._ends, form[-length:]))
        if bones := consonants(word):
            slots.update(_numbers(self._bones, bones))
            for length in range(2, len(bones) + 1):
                slots.update(_numbers(self._bone_starts, bones[:length]))
        if not slots and len(word) >= _LONG_ENOUGH_FOR_TYPOS and not word.isdigit():
            for near in (*self._near.get(word[:3], ()), *self._near.get("*" + word[-3:], ())):
                if near[0] == word[0] and abs(len(near) - len(word)) <= 1 and one_slip(word, near):
                    slots.update(_numbers(self._words, near))
        return frozenset(slots)


_PREFIXES_APART = frozenset(("مي", "نمي"))
"""Persian verb prefixes that many write as a word of their own: می زند for می‌زند."""


def _forms(word: str) -> list[str]:
    """The word, and without what Arabic writes together with it: "and", "with", "to"."""
    forms = [word]
    if len(word) > 3 and word[0] in "وبل":
        forms.append(word[1:])
        if word.startswith("لل"):
            forms.append("ال" + word[2:])  # "to the" has swallowed the alef of "the"
    return forms


@lru_cache(maxsize=64)
def _base(language: str | None) -> str | None:
    """The language whose lexicon serves a locale: plain German is recognised as German."""
    return language.partition("-x-")[0] if language else None


def _close(places: Sequence[Sequence[int]], window: int) -> bool:
    """Whether one place from each list lies within the window. Linear in the number of places."""
    cursors = [0] * len(places)
    while True:
        current = [places[which][cursor] for which, cursor in enumerate(cursors)]
        lowest = min(current)
        if max(current) - lowest < window:
            return True
        which = current.index(lowest)
        cursors[which] += 1
        if cursors[which] == len(places[which]):
            return False
