"""Records by meaning: the vectors of their titles and example questions, and the head over them.

A record is known by the questions that it answers (one without them by its summary) and its title, in all
languages. A head
(:mod:`bot.understanding.heads`) learns to tell the records apart; until it is trained, and for more
records than can be trained in a moment, a record is as near as the middle of its questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.domain.directory import AnyRecord, Key, Kind
from bot.understanding.embedding import Vectors, normalised
from bot.understanding.heads import Head, fit, log_softmax, no_rest
from bot.understanding.teaching import Teaching, Trained, base, pack, spelled, text_key, written

_MOST_CELLS = 5_000_000
"""Questions times records up to which a head is trained: half a minute on one core."""
_SAMPLE = 15
"""Texts of a record, chosen by their hash, by which it is known again after some of them have changed."""
_ENOUGH = 2
"""Records that a head must know for what it says of them to tell how it would spread others."""
_NARROWEST = 0.02
"""Spread of the nearness of known records from which on it tells something: below, all are equally near."""
_FLOOR = 1e-4
"""Probability that a topic has at least: nothing is ever ruled out."""
_IMPLIED: Mapping[Kind, str] = {
    Kind.EVENT: "event",
    Kind.ORGANISATION: "organisation",
    Kind.CAMPAIGN: "campaign",
}
"""The topic that every record of a kind has."""


def texts_of(record: AnyRecord) -> Iterable[tuple[str, str]]:
    """What a record is known by: language, and the text as it is embedded, which is as a question.

    Its summary speaks only where it has no questions of its own: beside them it adds nothing (measured).
    """
    yield from record.title.texts()
    if not record.examples:
        yield from record.summary.texts()
    yield from questions_of(record)


def questions_of(record: AnyRecord) -> Iterable[tuple[str, str]]:
    """The questions that a record answers: language, and the text as it is embedded."""
    for language, questions in record.examples.items():
        for text in questions:
            marked = written(language, text)
            yield base(marked), spelled(text, marked)


@dataclass(frozen=True)
class Told:
    """What a head can tell of the records of a state: of row ``here``, by its own row ``there``.

    ``same``: whether a record still says what the head was trained on; else it says most of that.
    """

    head: Head
    here: NDArray[np.intp]
    there: NDArray[np.intp]
    same: NDArray[np.bool_]


@dataclass(frozen=True)
class Records:
    """The records of one state of the directory, as far as their vectors are known."""

    teaching: Teaching
    keys: tuple[Key, ...]
    packed: NDArray[np.int8]
    scales: NDArray[np.float32]
    """The texts' vectors, centred, in eight bits a number; see :func:`bot.understanding.teaching.pack`."""
    owners: NDArray[np.intp]
    """Whose text each row is: a position in ``keys``."""
    middles: Vectors
    """Shape (records, size): of length 1, or null where nothing is known of a record yet."""
    topics: NDArray[np.intp]
    """Shape (records, as many as any has): the topics of each, by number; then those beyond the last."""
    missing: tuple[str, ...]
    """Texts whose vectors are not known yet."""
    fingerprints: NDArray[np.uint64]
    """For each record, of all that a head is trained on: see :func:`_fingerprints`."""

    @cached_property
    def place(self) -> Mapping[Key, int]:
        """Where each record stands in ``keys``."""
        return {key: number for number, key in enumerate(self.keys)}

    @classmethod
    def of(
        cls, records: Sequence[AnyRecord], teaching: Teaching, more: Mapping[int, Vectors] | None = None
    ) -> Records:
        """``more``: vectors beside those that came with the teaching, by :func:`text_key`."""
        rows = [
            (number, language, text)
            for number, record in enumerate(records)
            for language, text in texts_of(record)
        ]
        keys = np.array([text_key(text) for _, _, text in rows], dtype=np.uint64)
        there, found = teaching.known.get(keys)
        size = teaching.mean.shape[0]
        vectors = np.zeros((len(rows), size), dtype=np.float32)
        vectors[there] = found if len(found) else vectors[there]
        if more:
            for row in np.flatnonzero(~there):
                vector = more.get(int(keys[row]))
                if vector is not None:
                    vectors[row], there[row] = vector, True
        missing = tuple(dict.fromkeys(rows[row][2] for row in np.flatnonzero(~there)))
        at = np.flatnonzero(there)
        owners = np.array([rows[row][0] for row in at], dtype=np.intp)
        centred = teaching.centred(vectors[at], [rows[row][1] for row in at])
        lengths = np.linalg.norm(centred, axis=1)
        packed, scales = pack(centred)
        middles = np.zeros((len(records), size), dtype=np.float32)
        np.add.at(middles, owners, normalised(centred))
        return cls(
            teaching,
            tuple(record.key for record in records),
            packed,
            (scales * lengths).astype(np.float32),
            owners,
            normalised(middles),
            _topics(records, teaching.topics),
            missing,
            _fingerprints(teaching.digest, len(records), keys[at], owners),
        )

    def scores(self, centred: Vectors, told: Told | None) -> Vectors:
        """Shape (records,): logarithms of probabilities, up to a constant.

        ``told``: what a head, perhaps of an older state, tells of these records. Those that it does not know
        are scored by their middle, as far above or below the others as the head would spread them; those of
        which some texts have changed by that or by what the head says, whichever is more: they answer what
        they answered, and what is new.
        """
        blend = self.teaching.blend
        near = self.middles @ (centred / max(float(np.linalg.norm(centred)), 1e-9))
        if told is None or told.same.sum() < min(_ENOUGH, len(self.keys)):
            return np.asarray(blend.centre_slope * near + blend.centre_bias, dtype=np.float32)
        of_head = log_softmax(told.head.scores(centred[None, :]))[0][told.there]
        mine, sure = near[told.here[told.same]], of_head[told.same]
        spread = sure.std() / max(float(mine.std()), _NARROWEST)
        found = np.asarray(sure.mean() + spread * (near - mine.mean()), dtype=np.float32)
        found[told.here] = np.where(told.same, of_head, np.maximum(of_head, found[told.here]))
        return found

    def near(self, centred: Vectors, likely: NDArray[np.intp]) -> Vectors:
        """Shape (records,): of the likely records, the cosine of the text that is nearest to a question.

        It tells apart what a head, which draws one line around all texts of a record, does not. Records of
        which nothing is known yet are as near as the others on average, and those that are not likely, of
        which there may be thousands, as the last of these.
        """
        unit = centred / max(float(np.linalg.norm(centred)), 1e-9)
        starts = np.searchsorted(self.owners, [likely, likely + 1]).T.tolist()
        found = np.full(len(likely), np.nan)
        for number, (start, end) in enumerate(starts):
            if start < end:
                texts = self.packed[start:end].astype(np.float32)
                found[number] = (texts @ unit / np.linalg.norm(texts, axis=1)).max()
        if np.isnan(found).all():
            return np.zeros(len(self.keys), dtype=np.float32)
        near = np.full(len(self.keys), np.nanmin(found), dtype=np.float32)
        near[likely] = np.where(np.isnan(found), np.nanmean(found), found)
        return near

    def told_by(self, trained: Trained | None) -> Told | None:
        """Which of these records a head can tell; None without one."""
        if trained is None:
            return None
        pairs = [
            (at, number) for number, key in enumerate(trained.keys) if (at := self.place.get(key)) is not None
        ]
        here, there = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        mine, theirs = self.fingerprints[here], trained.fingerprints[there]
        same = mine[:, 0] == theirs[:, 0]
        sample = theirs[:, 1:]
        kept = (sample[:, :, None] == mine[:, None, 1:]).any(axis=2) & (sample > 0)
        known = same | (2 * kept.sum(axis=1) > (sample > 0).sum(axis=1))
        return Told(trained.head, here[known], there[known], same[known])

    def known_to(self, trained: Trained | None) -> bool:
        """Whether a head was trained on exactly what these records say; others may have been there too."""
        told = self.told_by(trained)
        return told is not None and int(told.same.sum()) == len(self.keys)

    def by_topic(self, about: Vectors) -> Vectors:
        """Shape (records,): logarithm of the probability of the likeliest of each record's topics."""
        shares = np.append(np.exp(about), np.float32(0.0))[self.topics].max(axis=1)
        # What has no topic is as likely as any: it must be known by its own words.
        shares[self.topics[:, 0] == len(about)] = 1 / max(len(about), 1)
        return np.asarray(np.log(np.maximum(shares, _FLOOR)), dtype=np.float32)


def train(records: Records, rest: Callable[[float], None] = no_rest) -> Trained | None:
    """A head over the records; None where there is nothing to learn from, or too much.

    ``rest``: see :func:`bot.understanding.heads.fit`.
    """
    if not len(records.owners) or len(records.owners) * len(records.keys) > _MOST_CELLS:
        return None
    targets = np.zeros((len(records.owners), len(records.keys)), dtype=np.float32)
    targets[np.arange(len(records.owners)), records.owners] = 1.0
    vectors = records.packed * records.scales[:, None]
    head = fit(vectors, targets, penalty=3e-4, rounds=150, scale=10.0, rest=rest)
    return Trained(records.keys, records.fingerprints, head)


def _topics(records: Sequence[AnyRecord], topics: Sequence[str]) -> NDArray[np.intp]:
    numbers = {topic: number for number, topic in enumerate(topics)}
    listed = [
        [numbers[topic] for topic in (*record.topics, *_implied(record)) if topic in numbers]
        for record in records
    ]
    found = np.full((len(records), max(map(len, listed), default=0) or 1), len(topics), dtype=np.intp)
    for row, one in zip(found, listed, strict=True):
        row[: len(one)] = one
    return found


def _implied(record: AnyRecord) -> Iterable[str]:
    if implied := _IMPLIED.get(record.KIND):
        yield implied


def _fingerprints(
    teaching: str, count: int, keys: NDArray[np.uint64], owners: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """Shape (records, 1 + _SAMPLE), of hashes under one teaching: of all texts of a record, and of some.

    In whatever order texts come, those with the smallest hashes are the sample, so that what two states of
    a record share of it is about what they share of all (a bottom-k sketch). Zeros where there are fewer.
    """
    hashes = keys ^ np.uint64(_hash(teaching.encode()))
    order = np.lexsort((hashes, owners))
    hashes, starts = hashes[order], np.searchsorted(owners[order], range(count + 1))
    found = np.zeros((count, 1 + _SAMPLE), dtype=np.uint64)
    for number, row in enumerate(found):
        texts = hashes[starts[number] : starts[number + 1]]
        sample = texts[:_SAMPLE]
        row[0], row[1 : 1 + len(sample)] = _hash(texts.tobytes()), sample
    return found


def _hash(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
