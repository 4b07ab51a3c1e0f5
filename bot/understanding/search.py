"""Which records a question means, by its words.

Overlap with a record's texts and example questions, weighted by how rare a word is, and what was
understood of the question (topic, kind, language spoken, town). Scores lie between 0 and 1 and are
comparable between questions. Meaning goes beyond words: :mod:`bot.understanding.ranking`.
"""

from __future__ import annotations

import heapq
import math
import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bot.domain.directory import AnyRecord, Article, Campaign, CounsellingOffer, Event, Key, Organisation
from bot.understanding.questions import Question
from bot.understanding.words import fold, tokens, words_of

_STEM = 6
"""Letters of a long word that are compared: inflection is at the end in most of our languages."""

_TOPICS = 3
"""How many of the topics found in a question are considered."""
_COMMON = 0.35
"""A word in a larger share of the records than this is passed over."""
_NOTHING = 0.05
"""A score up to which a record has nothing to do with the question."""

_FIELDS = ("title", "terms", "example", "summary", "body")
_WEIGHTS = (3.0, 3.0, 2.0, 1.5, 0.5)
"""The fields of a record, the most telling first, and what a word counts in each."""
_SAID = ("title", "example")
"""The fields that people may ask in the very words of."""
_RANKS = 8
"""More than there are fields: a record's number and a field's rank are kept in one integer."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A record and how well it fits, 0 to 1."""

    key: Key
    score: float


class WordIndex:
    """Ranks records for a question. Built once for a state of the directory; immutable.

    A question touches only the records that share something with it: words, topics, kind, language.
    ``before``: what an index of an earlier state had read (:attr:`read`); it is not read again.
    """

    def __init__(
        self, records: Iterable[AnyRecord], before: Mapping[Key, tuple[AnyRecord, Worded]] | None = None
    ) -> None:
        self._records: dict[Key, AnyRecord] = {record.key: record for record in records}
        self._terms: dict[str, tuple[Key, ...]] = {}
        self._by_topic: dict[str, list[AnyRecord]] = defaultdict(list)
        self._by_kind: dict[str, list[Key]] = defaultdict(list)
        self._by_language: dict[str, list[Key]] = defaultdict(list)
        self._by_name: dict[str, list[Key]] = defaultdict(list)
        """Organisations by the first word of their id, which is what people call them."""
        self._counselled: set[str] = set()
        """The topics that any offer has."""
        self._general: list[Key] = []
        self._keys = tuple(self._records)
        self._places = {key: _places(record) for key, record in self._records.items()}
        self._stems: dict[str, int] = {}
        """Each stem's number."""
        self._said: dict[int, tuple[Key, ...]] = {}
        """Records by a hash of the very words of their titles and questions."""
        self.read: dict[Key, tuple[AnyRecord, Worded]] = {}
        """Each record with its words."""
        stems, postings = array("I"), array("I")
        for number, (key, record) in enumerate(self._records.items()):
            old, worded = before.get(key, (None, None)) if before else (None, None)
            if worded is None or old != record:
                worded = _worded(record)
            self.read[key] = record, worded
            stems.extend([self._stems.setdefault(stem, len(self._stems)) for stem in worded.stems])
            postings.extend([number * _RANKS + rank for rank in worded.ranks])
            alone = (key,)  # one for all that nobody else says
            for said in worded.said:
                self._said[said] = (*self._said[said], key) if said in self._said else alone
            self._file(key, record)
        self._postings = np.array(postings)[np.argsort(stems, kind="stable")]
        """Stem by stem the records it stands in: a record's number and its best field's rank, in one."""
        self._ends = np.cumsum(np.bincount(stems))

    def _file(self, key: Key, record: AnyRecord) -> None:
        for topic in record.topics:
            self._by_topic[topic].append(record)
        self._by_kind[_kind_of(record)].append(key)
        if isinstance(record, Organisation | CounsellingOffer | Event):
            for language in {*record.languages, *getattr(record, "interpreters", ())}:
                self._by_language[language].append(key)
        if isinstance(record, Organisation):
            self._by_name[record.id.partition("-")[0]].append(key)
        if isinstance(record, CounsellingOffer):
            self._counselled.update(record.topics)
            if record.general:
                self._general.append(key)
        if isinstance(record, Article):
            for term in record.terms:
                name = " ".join(tokens(term))
                self._terms[name] = (*self._terms.get(name, ()), key)

    def rank(self, question: Question, limit: int = 10) -> list[Scored]:
        """The best records, best first; only those with something in common with the question."""
        scores = self.scores(question)
        # Order by the full sum, then cap: two records that are both named still differ in their words.
        best = heapq.nsmallest(limit, ((-score, key) for key, score in scores.items() if score > _NOTHING))
        return [Scored(key, round(min(-score, 1.0), 4)) for score, key in best]

    def said(self, question: Question) -> set[Key]:
        """The records in which the question stands word for word, as a title or as a question."""
        return set(self._said.get(hash(question.words), ()))

    def scores(self, question: Question) -> Mapping[Key, float]:
        """What the words say for each record that has something in common with them; may exceed 1."""
        understood = self._understood(question)
        scores = defaultdict(float, understood)
        for key, overlap in self._overlap(question).items():
            scores[key] += 0.45 * overlap
        for key in self._named(question):
            scores[key] += 0.6
        for word in question.words:
            for key in self._by_name.get(word, ()):
                scores[key] += 0.15
        if question.towns or question.districts:
            towns = {town.id for town in question.towns}
            districts = {town.district for town in question.towns} | {d.id for d in question.districts}
            for key in list(scores):
                scores[key] += self._place_fit(key, towns, districts)
        return scores

    def _place_fit(self, key: Key, towns: set[str], districts: set[str]) -> float:
        """Better in the town asked for, worse elsewhere; offers also count where they are responsible."""
        places = self._places[key]
        if not towns.isdisjoint(places):
            return 0.2
        record = self._records[key]
        if isinstance(record, CounsellingOffer):
            if not districts.isdisjoint(record.districts_served):
                return 0.15
            if record.statewide:
                return 0.05
        if isinstance(record, Campaign) and not districts.isdisjoint(record.districts):
            return 0.2  # its answer differs by district
        return -0.1 if places else 0.0

    def _understood(self, question: Question) -> dict[Key, float]:
        """What topic, kind and language spoken say about the records that have them."""
        scores: dict[Key, float] = {}
        if question.topics:
            asked = question.topics[:_TOPICS]
            # General counselling helps with what is counselled about, not with swimming lessons.
            if not self._counselled.isdisjoint(asked):
                scores = dict.fromkeys(self._general, 0.2)
            for record in {
                record.key: record for topic in asked for record in self._by_topic.get(topic, ())
            }.values():
                scores[record.key] = _topic_fit(asked, record)
        for kind in question.kinds:
            for key in self._by_kind.get(kind, ()):
                scores[key] = scores.get(key, 0.0) + 0.3
        for key in {key for language in question.spoken for key in self._by_language.get(language, ())}:
            scores[key] = scores.get(key, 0.0) + 0.15
        return scores

    def _overlap(self, question: Question) -> Mapping[Key, float]:
        """How much of the question's words stands in each record, 0 to 1, rare words counting most."""
        stems = {_stem(word) for word in question.words}
        sums: dict[int, float] = defaultdict(float)
        total = 0.0
        count = len(self._keys)
        for stem in stems:
            at = self._stems.get(stem)
            if at is None:
                total += 1.0
                continue
            postings = self._postings[self._ends[at - 1] if at else 0 : self._ends[at]]
            rarity = (math.log(1 + count / len(postings)) / math.log(1 + count)) ** 2
            total += rarity * _WEIGHTS[0]
            # What stands in every third record tells nothing, and would cost the most.
            if len(postings) <= max(5, count * _COMMON):
                for posting in postings.tolist():
                    sums[posting // _RANKS] += rarity * _WEIGHTS[posting % _RANKS]
        return {self._keys[number]: value / total for number, value in sums.items()}

    def _named(self, question: Question) -> set[Key]:
        """Glossary entries whose term stands in the question, the longest terms only."""
        words = question.words
        found: list[tuple[int, int, tuple[Key, ...]]] = []
        for start in range(len(words)):
            for end in range(min(len(words), start + 5), start, -1):
                keys = self._terms.get(" ".join(words[start:end]))
                if keys:
                    found.append((start, end, keys))
                    break
        return {
            key
            for start, end, keys in found
            if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
            for key in keys
        }


class Worded(NamedTuple):
    """The words of a record: its stems, with the rank of the best field of each, and what it says word for
    word, hashed."""

    stems: tuple[str, ...]
    ranks: bytes
    said: tuple[int, ...]


def _worded(record: AnyRecord) -> Worded:
    texts = list(_texts(record))
    # Folded as one: most of the cost of folding is beginning.
    folded = fold("\n".join(" ".join(text.split("\n")) for _, text in texts)).split("\n")
    by_field: dict[str, list[str]] = {field: [] for field in reversed(_FIELDS)}
    said = set()
    for (field, _), line in zip(texts, folded, strict=bool(texts)):
        words = words_of(line)
        by_field[field].extend(words)
        if field in _SAID:
            said.add(hash(tuple(words)))
    best: dict[str, int] = {}
    for field, words in by_field.items():  # the best field comes last and stays
        best.update(dict.fromkeys([word[:_STEM] for word in words], _FIELDS.index(field)))
    # The same words stand in many records: kept once.
    return Worded(tuple(map(sys.intern, best)), bytes(best.values()), tuple(said))


def _stem(word: str) -> str:
    return word[:_STEM]


def _texts(record: AnyRecord) -> Iterable[tuple[str, str]]:
    yield from (("title", text) for _, text in record.title.texts())
    yield from (("summary", text) for _, text in record.summary.texts())
    for questions in record.examples.values():
        yield from (("example", text) for text in questions)
    if isinstance(record, Article | Campaign):
        yield from (("body", text) for _, text in record.body.texts())
    if isinstance(record, Article):
        yield from (("terms", term) for term in record.terms)


def _topic_fit(asked: Sequence[str], record: AnyRecord) -> float:
    """The best of the topics asked for that the record has, and a little for each further one."""
    has = [position for position, topic in enumerate(asked) if topic in record.topics]
    best = 0.45 if isinstance(record, CounsellingOffer) and not record.general else 0.3
    if isinstance(record, Article):
        best = 0.2  # who asks for help wants a door before an explanation
    return best - 0.05 * has[0] + 0.1 * (len(has) - 1)


def _kind_of(record: AnyRecord) -> str:
    if isinstance(record, Article) and record.section == "glossary":
        return "glossary"
    return str(record.KIND)


def _places(record: AnyRecord) -> frozenset[str]:
    """The towns in which a record has a place."""
    if isinstance(record, Organisation | CounsellingOffer):
        return frozenset(place.town for place in record.places)
    if isinstance(record, Event) and record.place:
        return frozenset((record.place.town,))
    return frozenset()
