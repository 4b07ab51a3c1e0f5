"""Which records a question means: the narrow interface behind which ranking can change.

Today by words: overlap with a record's texts and example questions, weighted by how rare a word is,
and by what was understood of the question (topic, kind, language spoken, town). Scores lie
between 0 and 1 and are comparable between questions.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.directory import AnyRecord, Article, Campaign, CounsellingOffer, Event, Kind, Organisation
from bot.understanding.questions import Question
from bot.understanding.words import fold, tokens

Key = tuple[Kind, str]

_STEM = 6
"""Letters of a long word that are compared: inflection is at the end in most of our languages."""

_FIELD_WEIGHTS = {"title": 3.0, "terms": 3.0, "example": 2.0, "summary": 1.5, "body": 0.5}


@dataclass(frozen=True, slots=True)
class Scored:
    """A record and how well it fits, 0 to 1."""

    key: Key
    score: float


class WordIndex:
    """Ranks records for a question. Built once for a state of the directory; immutable."""

    def __init__(self, records: Iterable[AnyRecord]) -> None:
        self._records: dict[Key, AnyRecord] = {record.key: record for record in records}
        self._weights: dict[str, dict[Key, float]] = defaultdict(dict)
        self._terms: dict[str, set[Key]] = defaultdict(set)
        for key, record in self._records.items():
            for field, text in _texts(record):
                for stem in {_stem(word) for word in tokens(fold(text))}:
                    weights = self._weights[stem]
                    weights[key] = max(weights.get(key, 0.0), _FIELD_WEIGHTS[field])
            if isinstance(record, Article):
                for term in record.terms:
                    self._terms[" ".join(tokens(fold(term)))].add(key)
        count = len(self._records) or 1
        self._rarity = {
            stem: math.log(1 + count / len(weights)) / math.log(1 + count)
            for stem, weights in self._weights.items()
        }

    def rank(self, question: Question, limit: int = 10) -> list[Scored]:
        """The best records, best first; only those with something in common with the question."""
        overlap = self._overlap(question)
        named = self._named(question)
        scored: list[tuple[float, Key]] = []
        for key, record in self._records.items():
            score = (
                0.45 * overlap.get(key, 0.0) + _understood(question, record) + (0.6 if key in named else 0.0)
            )
            if score > 0.05:
                scored.append((score, key))
        # Order by the full sum, then cap: two records that are both named still differ in their words.
        scored.sort(key=lambda found: (-found[0], found[1]))
        return [Scored(key, round(min(score, 1.0), 4)) for score, key in scored[:limit]]

    def _overlap(self, question: Question) -> Mapping[Key, float]:
        stems = [stem for stem in {_stem(word) for word in question.words} if stem in self._rarity]
        unknown = len({_stem(word) for word in question.words}) - len(stems)
        total = sum(self._rarity[stem] ** 2 for stem in stems) * 3.0 + unknown
        if not stems or total == 0:
            return {}
        sums: Counter[Key] = Counter()
        for stem in stems:
            rarity = self._rarity[stem] ** 2
            for key, weight in self._weights[stem].items():
                sums[key] += rarity * weight  # type: ignore[assignment]
        return {key: value / total for key, value in sums.items()}

    def _named(self, question: Question) -> set[Key]:
        """Glossary entries whose term stands in the question, the longest terms only."""
        words = question.words
        found: list[tuple[int, int, set[Key]]] = []
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


def _understood(question: Question, record: AnyRecord) -> float:
    """What topic, kind, language, town and age say about a record."""
    score = 0.0
    if question.topics:
        score += _topic_fit(question, record)
    if question.kinds:
        score += 0.3 if _kind_of(record) in question.kinds else 0.0
    spoken = set(question.spoken)
    if spoken and isinstance(record, Organisation | CounsellingOffer | Event):
        languages = {
            *record.languages,
            *getattr(record, "interpreters", ()),
            *getattr(record, "communities", ()),
        }
        score += 0.15 if spoken & languages else 0.0
    if score > 0 and (question.towns or question.districts):
        score += _place_fit(question, record)
    return score


def _topic_fit(question: Question, record: AnyRecord) -> float:
    """The best of the topics asked for that the record has, and a little for each further one."""
    has = [position for position, topic in enumerate(question.topics[:3]) if topic in record.topics]
    if has:
        best = 0.45 if isinstance(record, CounsellingOffer) and not record.general else 0.3
        if isinstance(record, Article):
            best = 0.2  # who asks for help wants a door before an explanation
        return best - 0.05 * has[0] + 0.1 * (len(has) - 1)
    return 0.2 if isinstance(record, CounsellingOffer) and record.general else 0.0


def _kind_of(record: AnyRecord) -> str:
    if isinstance(record, Article) and record.section == "glossary":
        return "glossary"
    return str(record.KIND)


def _place_fit(question: Question, record: AnyRecord) -> float:
    towns = {town.id for town in question.towns}
    districts = {town.district for town in question.towns} | {district.id for district in question.districts}
    places: tuple[str, ...] = ()
    if isinstance(record, Organisation | CounsellingOffer):
        places = tuple(place.town for place in record.places)
    elif isinstance(record, Event) and record.place:
        places = (record.place.town,)
    if towns & set(places):
        return 0.2
    if isinstance(record, CounsellingOffer):
        if districts & set(record.districts_served):
            return 0.15
        if record.statewide:
            return 0.05
    return -0.1 if places else 0.0
