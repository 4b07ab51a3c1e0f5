"""Which records a question means, by its words.

Overlap with a record's texts and example questions, weighted by how rare a word is, and what was
understood of the question (topic, kind, language spoken, town). Scores lie between 0 and 1 and are
comparable between questions. Meaning goes beyond words: :mod:`bot.understanding.ranking`.
"""

from __future__ import annotations

import heapq
import math
import re
import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
_WEIGHED = np.array(_WEIGHTS)
_SAID = ("title", "example")
"""The fields that people may ask in the very words of."""
_PARTS = re.compile(r" [-–—/:] |\([^()]*\)")
"""What stands between the names in a title: "mbeon – Migrationsberatung online"."""
_SHORT = re.compile(r"\(([^()]*[A-Z][^()]*[A-Z][^()]*)\)")
"""A short name that stands behind the long one: "Muslimisches SeelsorgeTelefon (MuTeS)"."""
_NAME = 4
"""Letters that a name has at least."""
_NO_NUMBERS = np.zeros(0, dtype=np.intp)
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
        every = tuple(records)
        self.keys = tuple(record.key for record in every)
        """The records in the order in which :meth:`scores` tells of them."""
        self._terms: dict[str, tuple[int, ...]] = {}
        self._counselled: set[str] = set()
        """The topics that any offer has."""
        self._general = _numbers(
            every, lambda record: isinstance(record, CounsellingOffer) and record.general
        )
        self._fit = np.array([_fit(record) for record in every])
        """What it counts that a record has the topic asked for."""
        self._by_topic = _filed(every, lambda record: record.topics)
        self._by_kind = _filed(every, lambda record: (_kind_of(record),))
        self._by_language = _filed(every, _languages)
        self._by_name = _filed(every, _called)
        """Organisations by the first word of their id, which is what people call them."""
        self._by_town = _filed(every, _places)
        self._by_district = _filed(every, _served)
        """Offers by the districts that they are responsible for."""
        self._differing = _filed(
            every, lambda record: record.districts if isinstance(record, Campaign) else ()
        )
        """Campaigns whose answer differs by district, by those that they tell of."""
        self._elsewhere = np.array([_fit_elsewhere(record) for record in every])
        """How well each record fits a town or district that it does not name."""
        self._said: dict[int, tuple[int, ...]] = {}
        """Records by a hash of the very words of their titles and questions."""
        self._names: dict[int, tuple[int, ...]] = {}
        """Records by a hash of the words of the names in their titles, and of their terms."""
        self._titled: dict[str, int | None] = {}
        """The record that has a word in its title; None where several have it."""
        self.read: dict[Key, tuple[AnyRecord, Worded]] = {}
        """Each record with its words."""
        stems, postings = array("q"), array("I")
        for number, record in enumerate(every):
            old, worded = before.get(record.key, (None, None)) if before else (None, None)
            if worded is None or old != record:
                worded = _worded(record)
            self.read[record.key] = record, worded
            stems.frombytes(worded.stems)
            postings.extend([number * _RANKS + rank for rank in worded.ranks])
            alone = (number,)  # one for all that nobody else says
            for filed, hashed in ((self._said, worded.said), (self._names, worded.names)):
                for said in hashed:
                    filed[said] = (*filed[said], number) if said in filed else alone
            for word in worded.titled:
                self._titled[word] = number if word not in self._titled else None
            if isinstance(record, CounsellingOffer):
                self._counselled.update(record.topics)
            if isinstance(record, Article):
                for term in record.terms:
                    name = " ".join(tokens(term))
                    self._terms[name] = (*self._terms.get(name, ()), number)
        self._postings = np.array(postings)[np.argsort(stems, kind="stable")]
        """Stem by stem the records it stands in: a record's number and its best field's rank, in one."""
        self._stems, counts = np.unique(np.array(stems), return_counts=True)
        """Hashes of the stems, in ascending order."""
        self._ends = np.cumsum(counts)

    def rank(self, question: Question, limit: int = 10) -> list[Scored]:
        """The best records, best first; only those with something in common with the question."""
        scores = self.scores(question)
        # Order by the full sum, then cap: two records that are both named still differ in their words.
        found = [(-float(scores[at]), self.keys[at]) for at in np.flatnonzero(scores > _NOTHING)]
        best = heapq.nsmallest(limit, found)
        return [Scored(key, round(min(-score, 1.0), 4)) for score, key in best]

    def said(self, question: Question) -> tuple[int, ...]:
        """The records in which the question stands word for word: as a title or a question, or as their name.

        A word that nobody knows and that stands in one title only is a name as well; a town is none.
        """
        words = question.words
        said = self._said.get(hash(words), ())
        if said or len(words) <= len(question.towns) + len(question.districts):
            return said
        said = self._names.get(hash(words), ())
        if said or len(words) != 1 or question.votes or len(words[0]) < _NAME:
            return said
        number = self._titled.get(words[0])
        return () if number is None else (number,)

    def scores(self, question: Question) -> NDArray[np.float64]:
        """What the words say for each record; may exceed 1. 0 where they have nothing in common with it."""
        # Set by hand on the scale of _fit: common words count as much as the right topic, the very words of a
        # title or an example more than anything else, a name within the question half of a kind.
        scores = self._understood(question)
        scores += 0.45 * self._overlap(question)
        scores[self._named(question)] += 0.6
        for word in question.words:
            if word in self._by_name:
                scores[self._by_name[word]] += 0.15
        if question.towns or question.districts:
            scores += np.where(scores > 0.0, self._place_fit(question), 0.0)
        return scores

    def _place_fit(self, question: Question) -> NDArray[np.float64]:
        """Better in the town asked for, worse elsewhere; offers also count where they are responsible."""
        # Less than the topic (see _fit), so that a near door for something else does not come first.
        fit = self._elsewhere.copy()
        districts = {town.district for town in question.towns} | {one.id for one in question.districts}
        _set(fit, self._by_district, districts, 0.15)
        _set(fit, self._differing, districts, 0.2)
        _set(fit, self._by_town, (town.id for town in question.towns), 0.2)
        return fit

    def _understood(self, question: Question) -> NDArray[np.float64]:
        """What topic, kind and language spoken say about the records that have them."""
        scores = np.zeros(len(self.keys))
        asked = question.topics[:_TOPICS]
        # General counselling helps with what is counselled about, not with swimming lessons.
        if not self._counselled.isdisjoint(asked):
            scores[self._general] = 0.2
        # The best of the topics asked for that a record has, and a little for each further one; a topic named
        # later counts a little less.
        has = np.zeros(len(self.keys))
        for position in reversed(range(len(asked))):
            numbers = self._by_topic.get(asked[position], _NO_NUMBERS)
            scores[numbers] = self._fit[numbers] - 0.05 * position + 0.1 * has[numbers]
            has[numbers] += 1.0
        for kind in question.kinds:
            scores[self._by_kind.get(kind, _NO_NUMBERS)] += 0.3
        spoken = [self._by_language.get(language, _NO_NUMBERS) for language in question.spoken]
        if spoken:
            scores[np.unique(np.concatenate(spoken))] += 0.15
        return scores

    def _overlap(self, question: Question) -> NDArray[np.float64]:
        """How much of the question's words stands in each record, 0 to 1, rare words counting most."""
        sums, count = np.zeros(len(self.keys)), len(self.keys)
        total = 0.0
        for stem in {_stem(word) for word in question.words}:
            at = int(self._stems.searchsorted(hash(stem)))
            if at == len(self._stems) or self._stems[at] != hash(stem):
                total += 1.0
                continue
            postings = self._postings[self._ends[at - 1] if at else 0 : self._ends[at]]
            rarity = (math.log(1 + count / len(postings)) / math.log(1 + count)) ** 2
            total += rarity * _WEIGHTS[0]
            # What stands in every third record tells nothing, and would cost the most.
            if len(postings) <= max(5, count * _COMMON):
                sums[postings // _RANKS] += rarity * _WEIGHED[postings % _RANKS]
        return sums / total if total else sums

    def _named(self, question: Question) -> list[int]:
        """Glossary entries whose term stands in the question, the longest terms only."""
        words = question.words
        found: list[tuple[int, int, tuple[int, ...]]] = []
        for start in range(len(words)):
            for end in range(min(len(words), start + 5), start, -1):
                numbers = self._terms.get(" ".join(words[start:end]))
                if numbers:
                    found.append((start, end, numbers))
                    break
        return list(
            {
                number
                for start, end, numbers in found
                if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
                for number in numbers
            }
        )


class Worded(NamedTuple):
    """The words of a record: its stems, with the rank of the best field of each, what it says word for
    word, and its names, all hashed, and the words of its titles."""

    stems: bytes
    ranks: bytes
    said: tuple[int, ...]
    names: tuple[int, ...]
    titled: tuple[str, ...]


def _worded(record: AnyRecord) -> Worded:
    texts = [
        *_texts(record),
        *(("name", name) for _, title in record.title.texts() for name in _names(title)),
    ]
    # Folded as one: most of the cost of folding is beginning.
    folded = fold("\n".join(" ".join(text.split("\n")) for _, text in texts)).split("\n")
    by_field: dict[str, list[str]] = {field: [] for field in reversed(_FIELDS)}
    said, names = set[int](), set[int]()
    for (field, _), line in zip(texts, folded, strict=bool(texts)):
        words = words_of(line)
        if field in ("name", "terms"):
            names.add(hash(tuple(words)))
        if field == "name":
            continue
        by_field[field].extend(words)
        if field in _SAID:
            said.add(hash(tuple(words)))
    best: dict[str, int] = {}
    for field, words in by_field.items():  # the best field comes last and stays
        best.update(dict.fromkeys([word[:_STEM] for word in words], _FIELDS.index(field)))
    # The same words stand in many records: kept once.
    titled = map(sys.intern, set(by_field["title"]))
    stems = array("q", map(hash, best)).tobytes()
    return Worded(stems, bytes(best.values()), tuple(said), tuple(names), tuple(titled))


def _names(title: str) -> Iterable[str]:
    """The names in a title, without "e.V."."""
    for part in (*_PARTS.split(title), *_SHORT.findall(title)):
        if name := part.strip(" ,").removesuffix("e.V.").strip():
            yield name


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


def _numbers(records: Sequence[AnyRecord], wanted: Callable[[AnyRecord], bool]) -> NDArray[np.intp]:
    return np.array([number for number, record in enumerate(records) if wanted(record)], dtype=np.intp)


def _filed(
    records: Sequence[AnyRecord], headings: Callable[[AnyRecord], Iterable[str]]
) -> dict[str, NDArray[np.intp]]:
    """The records under each heading, by number."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        for heading in set(headings(record)):
            found[heading].append(number)
    return {heading: np.array(numbers, dtype=np.intp) for heading, numbers in found.items()}


def _set(
    values: NDArray[np.float64], filed: Mapping[str, NDArray[np.intp]], headings: Iterable[str], value: float
) -> None:
    for heading in headings:
        values[filed.get(heading, _NO_NUMBERS)] = value


def _fit(record: AnyRecord) -> float:
    """What the right topic counts: most for a door that is for it alone."""
    if isinstance(record, Article):
        return 0.2  # who asks for help wants a door before an explanation
    return 0.45 if isinstance(record, CounsellingOffer) and not record.general else 0.3


def _fit_elsewhere(record: AnyRecord) -> float:
    if isinstance(record, CounsellingOffer) and record.statewide:
        return 0.05
    return -0.1 if _places(record) else 0.0


def _languages(record: AnyRecord) -> Iterable[str]:
    if isinstance(record, Organisation | CounsellingOffer | Event):
        return (*record.languages, *getattr(record, "interpreters", ()))
    return ()


def _called(record: AnyRecord) -> Iterable[str]:
    return (record.id.partition("-")[0],) if isinstance(record, Organisation) else ()


def _served(record: AnyRecord) -> Iterable[str]:
    return record.districts_served if isinstance(record, CounsellingOffer) else ()


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
