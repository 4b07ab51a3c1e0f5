"""From a text to what it asks for: topic, town, language spoken, time, kind of thing.

Words only, no model: a vocabulary per language (``bot/content/vocabulary``) and the gazetteer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.places import District, Gazetteer, Mention, Town
from bot.understanding.patterns import Hit, Patterns
from bot.understanding.words import fold, tokens

POLITE = ("greeting", "thanks")
"""Small talk that people also begin or end a question with."""
BACK = "back"
"""Small talk that does what a button does."""
_ALONE = (BACK, "lost", "fine", "asks")
"""Small talk that counts where nothing else is said; "I do not understand", "ok", "I have a question"."""
_LONGEST_POLITENESS, _LONGEST_SMALLTALK = 6, 12
"""Words of a message that may be nothing else."""
_SHARED = frozenset({"a", "am", "an", "de", "do", "in", "la", "me", "no", "o", "on", "to"})
"""Little words that several of our languages have once accents are folded: they tell nothing."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Labels of times that are days of the week."""
NO_TIME = "none"
"""Label of phrases that hold a time's word and mean none: "por la mañana", "w la marti" (and to my wife)."""
HAPPENING = "happening"
"""Kind of "what happens", which asks for events where a place is named and nothing else."""

_TAG = re.compile(
    r"</?(?:a|b|br|body|code|div|em|font|form|h[1-6]|html|i|img|input|li|link|meta|ol|p|pre|s|script|span|strong"
    r"|style|table|td|th|tr|u|ul)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
"""A tag that came along with something copied: no word of the message."""

LONGEST = 1000
"""Characters of a message that are read, of a longer one half from its end; the rest costs time."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language: label → patterns, in five groups."""

    language: str
    topics: Mapping[str, Sequence[str]]
    kinds: Mapping[str, Sequence[str]]
    languages: Mapping[str, Sequence[str]]
    times: Mapping[str, Sequence[str]]
    smalltalk: Mapping[str, Sequence[str]]
    function_words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Question:
    """What a message asks for. All fields but ``text`` and ``words`` may be empty."""

    text: str
    words: tuple[str, ...]
    topics: tuple[str, ...] = ()
    phrased: frozenset[str] = frozenset()
    """Those of the topics that several words together name ("bring my wife")."""
    kinds: tuple[str, ...] = ()
    worded: tuple[str, ...] = ()
    """Those of the kinds that a word names; what a question means may add others."""
    spoken: tuple[str, ...] = ()
    """Languages somebody should speak there, as codes."""
    times: tuple[str, ...] = ()
    tongues: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each of the times, the languages whose words name it."""
    towns: tuple[Town, ...] = ()
    districts: tuple[District, ...] = ()
    smalltalk: str | None = None
    votes: Mapping[str, int] = field(default_factory=dict)
    """Which languages' words stand in it: two for a little word, one for another."""
    rest: tuple[str, ...] = ()
    """The words that name no town, language or time and are no little words."""
    heard: dict[object, Sequence[Hit[str]]] = field(default_factory=dict, compare=False, repr=False)
    """What was found in it since, for who asks once more: see :mod:`bot.understanding.following`."""

    @property
    def empty(self) -> bool:
        """Whether nothing in it was understood."""
        return not (self.topics or self.kinds or self.spoken or self.times or self.towns or self.districts)


_Hit = Hit[tuple[str, str, str]]
"""A pattern found, under its group, label and language."""


class Reader:
    """Reads questions in all languages at once: people mix them."""

    def __init__(self, vocabularies: Sequence[Vocabulary], gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._patterns = Patterns(
            (pattern, named)
            for vocabulary in vocabularies
            for group in ("topics", "kinds", "languages", "times", "smalltalk")
            for label, patterns in getattr(vocabulary, group).items()
            for named in [(group, label, vocabulary.language)]
            for pattern in patterns
        )
        self._function_words: dict[str, set[str]] = {}
        for vocabulary in vocabularies:
            for word in set(fold("\n".join(vocabulary.function_words)).split("\n")) - _SHARED:
                self._function_words.setdefault(word, set()).add(vocabulary.language)

    def read(self, text: str) -> Question:
        """The question in a message. Never fails; an unknown text gives an empty question."""
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
        text = _TAG.sub(" ", text)
        words = tuple(tokens(text))
        found: dict[str, Counter[str]] = {
            "topics": Counter(),
            "kinds": Counter(),
            "languages": Counter(),
            "times": Counter(),
            "smalltalk": Counter(),
        }
        hits = self._find(words)
        for hit in hits:
            group, label, _ = hit.label
            found[group][label] += 1 + (hit.end - hit.start > 1)
        mentions = self._gazetteer.find(text)
        places = [mention.place for mention in mentions]
        happens = found["kinds"].pop(HAPPENING, 0)
        if happens and places and not (found["topics"] or found["kinds"]):
            found["kinds"]["event"] = happens
        smalltalk = next((label for label, _ in found["smalltalk"].most_common(1)), None)
        nothing_else = smalltalk is not None and _whole(words, hits, (smalltalk, *POLITE))
        if smalltalk in _ALONE and not nothing_else:
            smalltalk = None
        longest = _LONGEST_POLITENESS if smalltalk in POLITE else _LONGEST_SMALLTALK
        asks = any(found[group] for group in ("topics", "kinds", "languages", "times")) or places
        return Question(
            text=text,
            words=words,
            topics=_ranked(found["topics"]),
            phrased=frozenset(
                hit.label[1] for hit in hits if hit.label[0] == "topics" and hit.end - hit.start > 1
            ),
            kinds=_ranked(found["kinds"]),
            worded=_ranked(found["kinds"]),
            spoken=_ranked(found["languages"]),
            times=_ranked(found["times"]),
            tongues=_tongues(hits),
            towns=tuple(dict.fromkeys(place for place in places if isinstance(place, Town))),
            districts=tuple(dict.fromkeys(place for place in places if isinstance(place, District))),
            smalltalk=smalltalk if (nothing_else or not asks) and len(words) <= longest else None,
            votes=self._votes(words, hits),
            rest=self._rest(text, mentions, words, hits),
        )

    def says_nothing(self, question: Question) -> bool:
        """Whether a message is a greeting, thanks, "back", "ok" or the like to the last word."""
        return _whole(question.words, self._find(question.words), (*POLITE, *_ALONE))

    def _rest(
        self, text: str, mentions: Sequence[Mention], words: Sequence[str], hits: Sequence[_Hit]
    ) -> tuple[str, ...]:
        """The words of a question that name no town, language or time and are no little words."""
        if mentions:
            for mention in reversed(mentions):
                text = f"{text[: mention.start]} {text[mention.end :]}"
            words = tokens(text)
            hits = self._find(words)
        named = {
            at for hit in hits if hit.label[0] in ("languages", "times") for at in range(hit.start, hit.end)
        }
        return tuple(
            word
            for at, word in enumerate(words)
            if at not in named and word not in self._function_words and word not in _SHARED
        )

    def _find(self, words: Sequence[str]) -> list[_Hit]:
        """The patterns that stand in a message, without the words for times that mean none there, and
        without days that are a part of another's name ("سه شنبه" is no "شنبه")."""
        hits = _whole_days(self._patterns.find(words))
        none = {at for hit in hits if hit.label[:2] == ("times", NO_TIME) for at in range(hit.start, hit.end)}
        if not none:
            return hits
        return [hit for hit in hits if hit.label[0] != "times" or none.isdisjoint(range(hit.start, hit.end))]

    def _votes(self, words: Sequence[str], hits: Sequence[_Hit]) -> Counter[str]:
        votes: Counter[str] = Counter()
        for word in words:
            for language in self._function_words.get(word, ()):
                votes[language] += 2
        for _, language in {(hit.start, hit.label[2]) for hit in hits}:
            votes[language] += 1
        return votes


def _whole(words: Sequence[str], hits: Sequence[_Hit], labels: Sequence[str]) -> bool:
    """Whether small talk of these labels is all that a message says."""
    said = (hit for hit in hits if hit.label[0] == "smalltalk" and hit.label[1] in labels)
    return bool(words) and {at for hit in said for at in range(hit.start, hit.end)} == set(range(len(words)))


def _whole_days(hits: list[_Hit]) -> list[_Hit]:
    days = [hit for hit in hits if hit.label[0] == "times" and hit.label[1] in WEEKDAYS]
    parts = {
        part
        for part in days
        for whole in days
        if part.label[1] != whole.label[1]
        and whole.start <= part.start
        and part.end <= whole.end
        and part.end - part.start < whole.end - whole.start
    }
    return [hit for hit in hits if hit not in parts] if parts else hits


def _tongues(hits: Sequence[_Hit]) -> dict[str, frozenset[str]]:
    tongues: dict[str, set[str]] = {}
    for hit in hits:
        group, label, language = hit.label
        if group == "times":
            tongues.setdefault(label, set()).add(language)
    return {label: frozenset(languages) for label, languages in tongues.items()}


def _ranked(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(label for label, _ in counts.most_common())
