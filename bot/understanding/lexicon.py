"""The language in which the rules for emergencies are written.

The rules are data (``bot/content/emergencies/<language>.yaml``) in a language of one line a rule:

* ``mann schlägt mich``: all words occur, in any order, near one another;
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
for counselling, silences what people do (:data:`TELLABLE`); ``harmless``, what happens in a film, a game,
a drill or a pot, what has healed, what a lesson, a job or an insurer asks for, what is said laughing or
threatened by letter, silences all but suicide (:data:`HARMLESS`); ``reported``, the news, a book about it,
or the death of another long ago, silences everything. ``!@real`` in them means: what happens now is heard.

``ignore`` lists phrases whose words do not count ("die Uhr schlägt"). Words are folded
(:mod:`bot.understanding.words`), but those of ``spelled``: they do not count where they are spelled so,
letter by letter, because folded they are another language's cry ("tonë", ours; "tonę", I am drowning).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.understanding.words import consonants, fold, spellings, written


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


HARMLESS = tuple(danger for danger in Danger if danger is not Danger.SUICIDE)
"""Silenced by what is harmless. Whoever wants to die is heard anyhow."""

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
    spelled: frozenset[str] = frozenset()

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
        spelled = frozenset(written(str(data.get("spelled") or "")).split())
        return cls(language, rules, ignore, reader.listed(folded["calm"]), spelled)


_SILENT: Mapping[str, tuple[Danger, ...]] = {
    "told": TELLABLE,
    "harmless": HARMLESS,
    "reported": tuple(Danger),
}


def _lines(text: str) -> Iterable[str]:
    """The lines of a block, folded, without comments and empty lines."""
    for line in fold(text).replace("'", "").splitlines():
        content = line.partition("#")[0].strip()
        if content:
            yield content


def _needed(slot: Slot) -> Slot:
    """The slot without what other terms of it say: "my_house" beside "house", "arms*" beside "arm*"."""
    words = {term for term in slot if isinstance(term, str)}
    starts = tuple(word[:-1] for word in words if word.endswith("*") and not word.startswith("%"))

    def said(term: Term) -> bool:
        if isinstance(term, tuple):
            return any(all(form in words or form.startswith(starts) for form in part) for part in term)
        return term.endswith("*") and any(term[:-1] != start for start in starts if term.startswith(start))

    return frozenset(term for term in slot if not said(term))


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
            raise ValueError(
                f"{self.language}, {danger or 'told, harmless or reported'}: {line!r}: {error}"
            ) from None
        if not slots:
            raise ValueError(
                f"{self.language}, {danger or 'told, harmless or reported'}: {line!r} asks for no word"
            )
        return Rule(danger, slots, without, weak=line[0] == "~", alone=line[0] == "=")

    def listed(self, lines: Iterable[str]) -> Slot:
        """Words that stand for one another, separated by spaces."""
        return frozenset(term for line in lines for part in line.split() for term in self.slot(part))

    def slot(self, part: str) -> Slot:
        known = self.seen.get(part)
        if known is None:
            known = _needed(frozenset(term for word in part.split("|") for term in self._terms(word)))
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
