"""Danger in a message, recognised by rules alone, before anything else looks at it.

The rules are written in the language of :mod:`bot.understanding.lexicon`. Words are compared folded
(:mod:`bot.understanding.words`), long ones also with one slip of the pen. Where nothing was found so, a
rule may have one word of four letters or more with a slip, if all the others of it are written rightly.
A word of ordinary questions is no slip of another, and neither is one that the rules of the message's own
language know. All languages are always tried, because people mix them. Misses are worse than false alarms.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial, reduce
from operator import or_
from typing import NamedTuple

from bot.understanding.lexicon import HARMLESS, TELLABLE, Danger, Lexicon, Rule, Slot, Term
from bot.understanding.wordbook import (
    LONG_ENOUGH_FOR_SLIPS,
    KnownWords,
    Rows,
    RuleWords,
    Slips,
    lean,
    numbers_of,
)
from bot.understanding.words import consonants, tokens, written

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


_NONE = 0xFFFF
"""No slot."""
_DANGERS = tuple(Danger)
_SILENCED = (TELLABLE, HARMLESS, _DANGERS)
_HEAD = 5
"""Numbers of a rule before those of its slots: lexicon, what it does, whether it is to stand alone, what must
not be there, and what must not be there because it is weak."""
_NUMBERS = frozenset(("110", "112", "116016", "116111", "116117", "911", "999"))
LONG_ENOUGH_ALONE = 6
"""A word so long is known with a slip whatever stands beside it."""
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
        self.tongues = array("I")
        """For each slot the languages that have it, a bit each."""
        self._numbers: dict[Slot, int] = {}

    def number(self, slot: Slot, language: int) -> int:
        is_new = slot not in self._numbers
        number = self._numbers.setdefault(slot, len(self._numbers))
        if is_new:
            self.tongues.append(0)
        self.tongues[number] |= 1 << language
        for term in slot:
            if isinstance(term, tuple):
                parts = tuple(self.number(frozenset[Term](part), language) for part in term)
                if not is_new:
                    continue
                lengths = (max(map(len, forms)) for forms in term)
                _, longest = max(zip(lengths, parts, strict=True))
                self.phrases.setdefault(longest, []).append((number, *parts))
            elif not is_new:
                continue
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

    def __len__(self) -> int:
        return len(self._numbers)


def _does(rule: Rule) -> int:
    """The number of a rule's danger, or, after those, of the dangers that it silences."""
    if rule.danger is not None:
        return _DANGERS.index(rule.danger)
    return len(_DANGERS) + _SILENCED.index(rule.silences)


class _Filled(NamedTuple):
    """The slots that the words of a message fill, each with the places of its words in ascending order."""

    sure: dict[int, list[int]]
    """Words as the rules have them."""
    slipped: dict[int, list[int]]
    """Those, and words with a slip; empty where there are none."""


class Watch:
    """Looks for danger with all lexicons at once.

    Words lead to slots and slots to rules through dictionaries, so that the time depends on the
    message and not on the number of rules. ``ordinary``: folded words that are no slips of others.
    """

    def __init__(self, lexicons: Sequence[Lexicon], ordinary: Iterable[str] = ()) -> None:
        self._languages = tuple(lexicon.language for lexicon in lexicons)
        self._ordinary = KnownWords(ordinary)
        rules: dict[int, list[tuple[int, ...]]] = {}
        ignore: dict[int, list[tuple[int, ...]]] = {}
        spelled = frozenset[str]().union(*(lexicon.spelled for lexicon in lexicons))
        self._spelled = re.compile(rf"\b({'|'.join(map(re.escape, spelled))})\b") if spelled else None
        slots = _Slots()
        uses: dict[Slot, int] = {}
        for lexicon in lexicons:
            for rule in lexicon.rules:
                for slot in rule.slots:
                    uses[slot] = uses.get(slot, 0) + 1
        for index, lexicon in enumerate(lexicons):
            number = partial(slots.number, language=index)
            calm = number(lexicon.calm) if lexicon.calm else _NONE
            for rule in lexicon.rules:
                ids = tuple(map(number, rule.slots))
                without = number(rule.without) if rule.without else _NONE
                _, key = min((uses[slot], id) for slot, id in zip(rule.slots, ids, strict=True))
                weak = calm if rule.weak else _NONE
                row = (index, _does(rule), int(rule.alone), without, weak, *ids)
                rules.setdefault(key, []).append(row)
            for line in lexicon.ignore:
                parts = tuple(map(number, line))
                ignore.setdefault(parts[0], []).append(parts)
        self._words = RuleWords(slots.words)
        self._starts, self._ends = map(lean, (slots.starts, slots.ends))
        self._bones, self._bone_starts = map(lean, (slots.bones, slots.bone_starts))
        self._slips = Slips(self._words)
        self._tongues = slots.tongues
        self._rules, self._ignore, self._phrases = (
            Rows(filed, len(slots)) for filed in (rules, ignore, slots.phrases)
        )

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
        filled, slipped = self._fill(words)
        found = self._found(filled, filled, words)
        if not found and slipped:
            found = self._found(slipped, filled, words)
        if not found:
            return None
        danger, *also = sorted(found, key=list(Danger).index)
        if also and also[-1] is Danger.HELP:
            also.pop()
        index = self._whose(found, danger, filled, own)
        chosen = self._languages[index]
        return Alarm(danger, language if language and own == chosen else chosen, tuple(also))

    def resembling(self, words: Iterable[str]) -> dict[str, list[str]]:
        """Those of the folded words that rules could take for others with a slip, and for which."""
        return self._near(list(words))

    def knows(self, word: str) -> bool:
        """Whether any rule has a word as it is written."""
        return bool(self._slots_of(word))

    def _found(
        self, filled: Mapping[int, list[int]], sure: Mapping[int, list[int]], words: Sequence[str]
    ) -> dict[Danger, set[int]]:
        """The dangers of the rules whose slots are filled, one of several at most not ``sure``, and the
        numbers of their languages."""
        short = len(words) <= CRY
        found: dict[Danger, set[int]] = {}
        silent: set[Danger] = set()
        there = set(filled)
        for _, row in self._rules.under(filled):
            if not there.issuperset(row[_HEAD:]):
                continue
            index, does, alone, without, calm, *ids = row
            danger = _DANGERS[does] if does < len(_DANGERS) else None
            if (danger is Danger.HELP and not short) or (alone and len(words) > 1):
                continue
            if danger is not None and index in found.get(danger, ()):
                continue
            if without in filled or calm in filled:
                continue
            if sum(slot not in sure for slot in ids) > (len(ids) > 1):
                continue
            window = TOLD_WINDOW if danger is None else WINDOW
            if len(ids) > 1 and not _close([sure.get(slot) or filled[slot] for slot in ids], window):
                continue
            if danger is None:
                silent.update(_SILENCED[does - len(_DANGERS)])
            else:
                found.setdefault(danger, set()).add(index)
        for danger in silent:
            found.pop(danger, None)
        return found

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
            key=lambda index: (-sum(self._tongues[slot] >> index & 1 for slot in filled), index),
        )

    def _around(self, spoken: Mapping[str, int]) -> dict[str, int]:
        """For each word the languages whose rules know most of the words beside it, a bit each; ``spoken``:
        those whose rules know it."""
        languages = range(len(self._languages))
        counts = [sum(tongues >> index & 1 for tongues in spoken.values()) for index in languages]
        around = {}
        for tongues in set(spoken.values()):  # many words are known to the same languages
            beside = [count - (tongues >> index & 1) for index, count in enumerate(counts)]
            most = max(beside)
            around[tongues] = sum(1 << index for index, count in enumerate(beside) if count == most)
        return {word: around[tongues] for word, tongues in spoken.items()}

    def _spoken(self, slots: Iterable[int]) -> int:
        """The languages that have any of the slots, a bit each."""
        return reduce(or_, (self._tongues[slot] for slot in slots), 0)

    def _fill(self, words: Sequence[str]) -> _Filled:
        known = {word: self._slots_of(word) for word in dict.fromkeys(words)}
        memo, near = dict(known), self._near(list(known))
        doubtful = any(known[word] for word in near)
        spoken = {word: self._spoken(slots) for word, slots in known.items()} if doubtful else {}
        around = self._around(spoken)
        slips: dict[str, set[int]] = {}
        for word, others in near.items():
            meant = {slot for other in others for slot in self._words.numbers(other)}
            if known[word]:  # a word, but of which language?
                if not spoken[word] & around[word]:
                    slips[word] = {slot for slot in meant if self._tongues[slot] & around[word]}
            elif len(word) >= LONG_ENOUGH_ALONE and (
                alone := [
                    other for other in others if other[0] == word[0] and len(other) >= LONG_ENOUGH_ALONE
                ]
            ):
                memo[word] = frozenset(slot for other in alone for slot in self._words.numbers(other))
            else:
                slips[word] = meant
        each = []
        for at, word in enumerate(words):
            slots = memo[word]
            if word in _PREFIXES_APART and at + 1 < len(words):
                slots |= self._slots_of(word + words[at + 1])
            each.append(slots)
        ignored = self._ignored(each)
        sure: dict[int, list[int]] = {}
        for at, slots in enumerate(each):
            if at not in ignored:
                for slot in slots:
                    sure.setdefault(slot, []).append(at)
        if not (slips and sure):
            return _Filled(self._with_phrases(sure, sure), {})
        unsure: dict[int, list[int]] = {}
        for at, word in enumerate(words):
            for slot in slips.get(word, ()):
                unsure.setdefault(slot, []).append(at)
        both = self._with_phrases(
            {slot: sorted({*sure.get(slot, ()), *unsure.get(slot, ())}) for slot in {*sure, *unsure}}, sure
        )
        return _Filled(self._with_phrases(sure, sure), both)

    def _near(self, words: Sequence[str]) -> dict[str, list[str]]:
        """The words of rules that these may be, written with a slip."""
        may_be = [
            word
            for word in words
            if LONG_ENOUGH_FOR_SLIPS - 1 <= len(word) <= _LONGEST_WORD and not word.isdigit()
        ]
        return self._slips.near(self._ordinary.others(may_be))

    def _with_phrases(
        self, filled: Mapping[int, list[int]], sure: Mapping[int, list[int]]
    ) -> dict[int, list[int]]:
        """The same with the phrases that stand in a message, each with one word at most that is not sure."""
        phrases: dict[int, set[int]] = {}
        sets: dict[int, set[int]] = {}
        certain: dict[int, set[int]] = sets if filled is sure else {}
        there = set(filled)
        for key, (number, *parts) in self._phrases.under(filled):
            if there.issuperset(parts):
                for part in parts:
                    if part not in sets:
                        sets[part] = set(filled[part])
                        certain[part] = set(sure.get(part, ()))
                offset = parts.index(key)
                for start in (at - offset for at in filled[key]):
                    places = list(enumerate(parts, start))
                    if (
                        all(at in sets[part] for at, part in places)
                        and sum(at not in certain[part] for at, part in places) <= 1
                    ):
                        phrases.setdefault(number, set()).add(start)
        with_phrases = {
            number: sorted(hits.union(filled.get(number, ()))) for number, hits in phrases.items()
        }
        return {**filled, **with_phrases}

    def _ignored(self, each: Sequence[frozenset[int]]) -> set[int]:
        ignored: set[int] = set()
        for at, slots in enumerate(each):
            for _, parts in self._ignore.under(slots):
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
            slots.update(self._words.numbers(form))
            for length in range(1, len(form) + 1):
                slots.update(numbers_of(self._starts, form[:length]))
                slots.update(numbers_of(self._ends, form[-length:]))
        if bones := consonants(word):
            slots.update(numbers_of(self._bones, bones))
            for length in range(2, len(bones) + 1):
                slots.update(numbers_of(self._bone_starts, bones[:length]))
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
