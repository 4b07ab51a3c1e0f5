"""The records that a question means: what its words say and what it means, weighed together.

Behind one narrow interface, :meth:`Index.rank`. Without a vector of the question (no model on this
machine, or not yet) words alone decide, on the same scale from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.directory import AnyRecord
from bot.understanding.embedding import Vectors
from bot.understanding.meaning import Records
from bot.understanding.questions import Question
from bot.understanding.search import Scored, WordIndex
from bot.understanding.teaching import NONE, SMALLTALK, Teaching, Trained

_VERY_WORDS = 30.0
"""What it counts that a question stands in a record word for word: nearly everything."""


_LIKELY = 24
"""Records of which it is looked how near the nearest of their texts is: that costs a little for each."""


def likeliest(scores: Vectors, count: int = _LIKELY) -> NDArray[np.intp]:
    """Positions of the highest scores, in no order."""
    count = min(count, len(scores))
    return np.argpartition(-scores, count - 1)[:count] if count else np.zeros(0, dtype=np.intp)


@dataclass(frozen=True)
class Sense:
    """What a question means: its centred vector, and the logarithm of each topic's probability."""

    centred: Vectors
    about: Vectors
    topics: tuple[str, ...]

    @classmethod
    def of(cls, teaching: Teaching, text: str, vector: Vectors, language: str | None) -> Sense:
        """``text`` is spelled in the alphabet of its language, as it was embedded."""
        centred = teaching.centred(vector[None, :], [language])[0]
        return cls(centred, teaching.about(text, centred), teaching.topics)

    def probability(self, topic: str) -> float:
        """How likely the question is about a topic; 0 for one that was never taught."""
        return float(np.exp(self.about[self.topics.index(topic)])) if topic in self.topics else 0.0

    @property
    def elsewhere(self) -> bool:
        """Whether what it is most likely about is nobody's business here, or small talk."""
        return self.topics[int(self.about.argmax())] in (NONE, *SMALLTALK)

    @property
    def likeliest(self) -> tuple[tuple[str, float], ...]:
        """The three likeliest topics with their probabilities."""
        order = np.argsort(-self.about)[:3]
        return tuple((self.topics[number], float(np.exp(self.about[number]))) for number in order)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best records, best first; ``none``: how likely it is that the question means none of them."""

    entries: tuple[Scored, ...]
    none: float = 0.0


class Index:
    """Ranks the records of one state of the directory. Immutable; built in a thread.

    ``known``: the same records in the same order; else ValueError. ``before``: the index of an earlier
    state, which makes this one sooner.
    """

    def __init__(
        self,
        records: Iterable[AnyRecord],
        known: Records | None = None,
        trained: Trained | None = None,
        before: Index | None = None,
    ) -> None:
        self.words: WordIndex = WordIndex(records, before.words.read if before is not None else None)
        if known is not None and known.keys != self.words.keys:
            raise ValueError("meaning and words are of different records")
        self.known = known
        self.trained = trained
        self.told = known.told_by(trained) if known is not None else None

    @property
    def teaching(self) -> Teaching | None:
        """What the index knows of meaning; None for words alone."""
        return None if self.known is None else self.known.teaching

    def rank(self, question: Question, sense: Sense | None = None, limit: int = 12) -> Ranking:
        """The records for a question. Scores are probabilities where there is a ``sense``."""
        if sense is None or self.known is None:
            return Ranking(tuple(self.words.rank(question, limit)))
        return self._weigh(question, self.known, sense, limit)

    def _weigh(self, question: Question, known: Records, sense: Sense, limit: int) -> Ranking:
        blend = known.teaching.blend
        scores = blend.head * known.scores(sense.centred, self.told) + blend.topic * known.by_topic(
            sense.about
        )
        words = blend.words * self.words.scores(question)
        words[list(self.words.said(question))] += _VERY_WORDS
        scores += words
        if blend.near:
            scores += blend.near * known.near(sense.centred, likeliest(scores))
        elsewhere = sum(sense.probability(topic) for topic in (NONE, *SMALLTALK))
        none = blend.none * float(np.log(max(elsewhere, 1e-6))) + blend.none_bias
        best = max(float(scores.max(initial=none)), none)
        total = float(np.exp(scores - best).sum() + np.exp(none - best))
        first = likeliest(scores, limit)
        order = sorted(first.tolist(), key=lambda at: (-float(scores[at]), known.keys[at]))
        shares = np.exp(scores[order] - best) / total
        found = [
            Scored(known.keys[at], round(float(share), 4)) for at, share in zip(order, shares, strict=True)
        ]
        return Ranking(tuple(found), float(np.exp(none - best)) / total)
