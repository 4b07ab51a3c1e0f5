"""Danger in a message, recognised by rules alone, before anything else looks at it.

The rules are data (``bot/content/emergencies/<language>.yaml``) in a language of one line a rule:

* ``mann schlägt mich``: all words occur, in any order, at most :data:`WINDOW` words apart;
* ``schlägt|prügelt``: one of these; ``schlag*`` and ``*schlag``: words that begin or end so;
* ``%ydrbn``: a word in Latin letters with these consonants and any vowels ("yadribuni", "yedrobni"),
  for languages that have no usual spelling in them; ``%ydrb*``: whose consonants begin so;
* ``^тоне``: this in its own letters only, where in Latin ones it is another language's word;
* ``will_sterben``: words that stand next to each other, in this order;
* ``@kin``: any of the words that the file lists under ``words: kin:``;
* ``!uhr``: not if this word occurs anywhere;
* ``~`` in front: a weak rule, silent as soon as one of the file's ``calm`` words occurs
  ("Beratung", "Ausbildung"), because then the message is a question and not a cry;
* ``=`` in front: the word has to be the whole message.

Lines of the same kind say where rules are silent: ``told``, something long past together with a wish
for counselling, silences what people do (:data:`TELLABLE`); ``reported``, the news, a book about it, or the
death of another long ago, silences everything.

``ignore`` lists phrases whose words do not count ("die Uhr schlägt"). Words are compared folded
(:mod:`bot.understanding.words`), long ones also with one typing error. All languages are always
tried, because people mix them. Misses are worse than false alarms.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from bot.domain.spelling import one_slip
from bot.understanding.words import consonants, fold, spellings, tokens

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


class Danger(StrEnum):
    """The kinds of danger, the most urgent first: the first one found gives the card its heading.

    Fire leaves minutes. Suicide and violence come before illness because their cards contain
    112 as well, while the card for illness has no helpline. A bare cry for help comes last.
    """

    FIRE = "fire"
    SUICIDE = "suicide"
    VIOLENCE = "violence"
    CHILD = "child"
    MEDICAL = "medical"
    ATTACK = "attack"
    HELP = "help"


TELLABLE = (Danger.VIOLENCE, Danger.CHILD, Danger.ATTACK, Danger.HELP)
"""Silenced by what is long past. Whoever also wants to die, has taken something, or sees a fire, is not."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was recognised: the most urgent danger, the language of the words, and other dangers."""

    danger: Danger
    language: str
    also: tuple[Danger, ...] = ()


Term = str | tuple[frozenset[str], ...]
"""A word ("arm"), a beginning ("arm*"), an end ("*arm"), consonants ("%rm", "%rm*"), or a phrase:
variants of each word."""
Slot = frozenset[Term]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a lexicon: every slot has to be filled, none of ``without`` may be."""

    danger: Danger | None
    """None where it silences others."""
    slots: tuple[Slot, ...]
    without: Slot
    weak: bool
    alone: bool
    silences: tuple[Danger, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The rules of one language."""

    language: str
    rules: tuple[Rule, ...]
    ignore: tuple[tuple[Slot, ...], ...] = ()
    calm: Slot = frozenset()

    @classmethod
    def parse(cls, language: str, data: Mapping[str, object]) -> Lexicon:
        """Read a lexicon as its file gives it; ValueError names the line that is wrong."""
        words = data.get("words") or {}
        dangers = data.get("dangers")
        if not isinstance(words, Mapping) or not isinstance(dangers, Mapping):
            raise ValueError(f"{language}: 'words' and 'dangers' must be tables")
        blocks: dict[str, str] = {
            **{f"@{fold(str(name))}": str(listed) for name, listed in words.items()},
            "ignore": str(data.get("ignore") or ""),
            "calm": str(data.get("calm") or ""),
            **{name: str(data.get(name) or "") for name in _SILENT},
            **{Danger(str(danger)): str(text) for danger, text in dangers.items()},
        }
        reader = _Reader(language, spellings("\n".join(blocks.values()), language))
        folded = {name: list(_lines(text)) for name, text in blocks.items()}
        for name, lines in folded.items():
            if name.startswith("@"):
                reader.sets[name[1:]] = reader.listed(lines)
        rules = tuple(reader.rule(danger, line) for danger in Danger for line in folded.get(danger, ()))
        for name, silences in _SILENT.items():
            rules += tuple(replace(reader.rule(None, line), silences=silences) for line in folded[name])
        ignore = tuple(tuple(map(reader.slot, line.split())) for line in folded["ignore"])
        return cls(language, rules, ignore, reader.listed(folded["calm"]))


_SILENT: Mapping[str, tuple[Danger, ...]] = {"told": TELLABLE, "reported": tuple(Danger)}


def _lines(text: str) -> Iterable[str]:
    """The lines of a block, folded, without comments and empty lines."""
    for line in fold(text).replace("'", "").splitlines():
        content = line.partition("#")[0].strip()
        if content:
            yield content


@dataclass(slots=True)
class _Reader:
    """Reads the rule language for one file."""

    language: str
    forms: Mapping[str, frozenset[str]]
    sets: dict[str, Slot] = field(default_factory=dict)
    seen: dict[str, Slot] = field(default_factory=dict)

    def rule(self, danger: Danger | None, line: str) -> Rule:
        parts = line.lstrip("~= ").split()
        try:
            slots = tuple(self.slot(part) for part in parts if not part.startswith("!"))
            without = frozenset(t for part in parts if part.startswith("!") for t in self.slot(part[1:]))
        except ValueError as error:
            raise ValueError(f"{self.language}, {danger or 'told or reported'}: {line!r}: {error}") from None
        if not slots:
            raise ValueError(f"{self.language}, {danger or 'told or reported'}: {line!r} asks for no word")
        return Rule(danger, slots, without, weak=line[0] == "~", alone=line[0] == "=")

    def listed(self, lines: Iterable[str]) -> Slot:
        """Words that stand for one another, separated by spaces."""
        return frozenset(term for line in lines for part in line.split() for term in self.slot(part))

    def slot(self, part: str) -> Slot:
        known = self.seen.get(part)
        if known is None:
            known = frozenset(term for word in part.split("|") for term in self._terms(word))
            if not known:
                raise ValueError(f"{part!r} contains no word")
            self.seen[part] = known
        return known

    def _terms(self, word: str) -> Iterable[Term]:
        if word.startswith("@"):
            if word[1:] not in self.sets:
                raise ValueError(f"the list {word} is not defined")
            return self.sets[word[1:]]
        if "_" in word:
            return [tuple(self._forms(part) for part in word.split("_"))]
        return self._forms(word)

    def _forms(self, word: str) -> frozenset[str]:
        if word.isalnum():
            return self.forms[word]
        if word[1:].isalnum() and word.startswith("^"):
            return frozenset((word[1:],))
        bare = word.removeprefix("%").removesuffix("*")
        if word.startswith("%") and bare.isalpha() and consonants(bare) == bare:
            return frozenset((word,))
        bare = word.strip("*")
        if not bare.isalnum() or word not in (f"*{bare}", f"{bare}*"):
            raise ValueError(f"{word!r} is not a word, a beginning*, an *end or %cnsnnts")
        return frozenset(word.replace(bare, form) for form in self.forms[bare])


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
        found = array("I", sorted(numbers)).tobytes()
        lean[word] = same.setdefault(found, found)
    return lean


def _fixed(filed: Mapping[K, list[V]]) -> dict[K, tuple[V, ...]]:
    """Thousands of short lists, without the room that they keep for growing."""
    return {key: tuple(listed) for key, listed in filed.items()}


def _numbers(lean: Mapping[str, bytes], word: str) -> Iterable[int]:
    found = lean.get(word)
    return memoryview(found).cast("I") if found else ()


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
        self._near, self._rules = _fixed(near), _fixed(rules)
        self._ignore, self._phrases = _fixed(ignore), _fixed(slots.phrases)

    def look(self, text: str, language: str | None = None) -> Alarm | None:
        """The danger that a message tells of, or None.

        ``language`` is what the person chose; it decides when several languages fit.
        """
        words = tokens(text[:LONGEST])[: LONGEST // 2]
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
            for number, *parts in self._phrases.get(key, ()):
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
