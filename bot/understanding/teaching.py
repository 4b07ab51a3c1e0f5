"""What was learned from the bank of questions: topics, languages, and how much each sign counts.

Everything here is computed beforehand (``scripts/teach.py``) and comes with the package; nothing is
learned from people's questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.domain.directory import Key
from bot.understanding.embedding import Use, Vectors, normalised
from bot.understanding.grams import LANGUAGE, SUBJECT
from bot.understanding.heads import Head, log_softmax
from bot.understanding.respelling import respell

NONE = "none"
"""The class of what is nobody's business here: weather, football, recipes."""
SMALLTALK = ("greeting", "thanks", "who", "human", "complaint", "news", "mydata")
"""Classes that are answered by the bot itself."""
LATIN = "-Latn"
"""Marks a language whose own alphabet is another, written in Latin letters."""
_OTHER_ALPHABETS = frozenset(("ar", "fa", "fa-AF", "ps", "ti", "ru", "uk", "bg"))
_MOSTLY = 0.7
"""Share of the letters that decides which alphabet a text is in."""


@dataclass(frozen=True)
class Languages:
    """Which language a text is in: a head over the pieces of its words."""

    names: tuple[str, ...]
    head: Head

    def scores(self, text: str) -> dict[str, float]:
        """Logarithm of the probability of each language, those in Latin letters apart."""
        found = log_softmax(self.head.scores(LANGUAGE.vectors([text])))[0]
        return dict(zip(self.names, found.tolist(), strict=True))


@dataclass(frozen=True)
class Blend:
    """How much each sign counts; chosen on development questions (``benchmarks/understanding.py``)."""

    head: float = 1.0
    topic: float = 1.0
    words: float = 6.0
    near: float = 0.0
    """Of the likeliest records by these signs, how much it counts that one text of theirs is near."""
    none: float = 1.0
    none_bias: float = 0.0
    grams: float = 0.4
    """Share of the pieces of words in what is said about topics; the vector has the rest."""
    centre_slope: float = 12.0
    centre_bias: float = -9.0
    """From a cosine to a record's examples to what a head would say, where none is trained yet."""
    answer_from: float = 0.4
    none_below: float = 0.1
    """From this probability on, and below that of ``none``, the best record is the answer."""
    choice_from: float = 0.03
    none_from: float = 0.2
    """From this probability of ``none`` on a question is turned away if no topic of ours is the likeliest."""
    none_surely: float = 0.5
    """From this probability of ``none`` on any question is turned away."""
    alarm_from: float = 0.6
    """From this probability on a question sounds like danger, though no rule found any."""

    def away(self, none: float, best: float, elsewhere: bool) -> bool:
        """Whether a question is turned away: by the probability that no record is meant, and that of the
        likeliest record. ``elsewhere``: no topic of ours is the likeliest.
        """
        return none >= (self.none_from if elsewhere else self.none_surely) and none >= _NONE_TO_BEST * best


_STANDS_OUT = 0.3
"""Probability that the kind of danger has at least that a question sounds like most."""
_NONE_TO_BEST = 0.5
"""A record that is more than twice as likely as none is shown, whatever the topic seems to be."""


@dataclass(frozen=True)
class Known:
    """Vectors by :func:`text_key`, packed in eight bits a number."""

    keys: NDArray[np.uint64]
    """In ascending order."""
    packed: NDArray[np.int8]
    scales: NDArray[np.float32]

    def get(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], Vectors]:
        """Which of the keys are known, and the vectors of those, in order."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=bool), np.zeros((0, 1), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        there = self.keys[at] == keys
        rows = at[there]
        return there, self.packed[rows].astype(np.float32) * self.scales[rows, None]


@dataclass(frozen=True)
class Trained:
    """A head over records: their keys in its order, and fingerprints of what each of them taught it.

    Those are of the records as :class:`bot.understanding.meaning.Records` makes them, a row for each.
    """

    keys: tuple[Key, ...]
    fingerprints: NDArray[np.uint64]
    head: Head


NOTHING_KNOWN = Known(
    np.zeros(0, dtype=np.uint64), np.zeros((0, 1), dtype=np.int8), np.zeros(0, dtype=np.float32)
)


@dataclass(frozen=True)
class Teaching:
    """All that was learned for one embedding model.

    ``means`` holds the mean vector of each language, which is taken off every vector of that language:
    what is left is meaning rather than language.
    """

    model: str
    topics: tuple[str, ...]
    by_vector: Head
    by_grams: Head
    mean: Vectors
    means: Mapping[str, Vectors]
    danger: Head
    dangers: tuple[str, ...]
    known: Known = NOTHING_KNOWN
    starter: Trained | None = None
    """The head over the starter content's records."""
    blend: Blend = field(default_factory=Blend)

    @cached_property
    def digest(self) -> str:
        """Names the space that heads are trained in: the model, and what is taken off its vectors."""
        hashed = hashlib.blake2b(self.model.encode(), digest_size=8)
        for language, mean in sorted(self.means.items()):
            hashed.update(language.encode() + mean.astype(np.float32).tobytes())
        return hashed.hexdigest()

    def centred(self, vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
        """Vectors without what all texts of their language have in common."""
        found = vectors.astype(np.float32)
        of = np.array([base(language or "") for language in languages])
        for language in set(of.tolist()):
            found[of == language] -= self.means.get(language, self.mean)
        return found

    def alarm(self, centred: Vectors) -> tuple[str, float]:
        """The danger that a question sounds like most, and the probability that it is any at all.

        That is 0 where none of them stands out: what sounds a little like everything gets a card about
        anything, and real danger is of some kind.
        """
        found = np.exp(log_softmax(self.danger.scores(centred[None, :]))[0])
        most = 1 + int(found[1:].argmax())
        return self.dangers[most], float(1 - found[0]) if found[most] >= _STANDS_OUT else 0.0

    def about(self, text: str, centred: Vectors) -> Vectors:
        """Logarithms of the probabilities of all topics, shape (topics,)."""
        share = self.blend.grams
        by_vector = log_softmax(self.by_vector.scores(centred[None, :]))[0]
        by_grams = log_softmax(self.by_grams.scores(SUBJECT.vectors([text])))[0]
        return log_softmax((1 - share) * by_vector + share * by_grams)


def written(language: str, text: str) -> str:
    """The language, marked with :data:`LATIN` where the text is in Latin letters against its habit."""
    if language not in _OTHER_ALPHABETS:
        return language
    letters = [char for char in text if char.isalpha()]
    latin = sum(char.isascii() for char in letters)
    return base(language) + LATIN if latin > _MOSTLY * len(letters) else language


def base(language: str) -> str:
    """The language whose mean vector is meant: plain German is German, Dari is Persian."""
    return {"de-x-leicht": "de", "fa-AF": "fa"}.get(
        language.removesuffix(LATIN), language.removesuffix(LATIN)
    )


def spelled(text: str, language: str | None) -> str:
    """The text as it is embedded: Cyrillic languages in their own alphabet."""
    if language is None or not language.endswith(LATIN):
        return text
    return respell(text, language.removesuffix(LATIN))


def text_key(text: str, use: Use = Use.QUESTION) -> int:
    """What a text's vector is found by: 64 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(f"{use}: {text}".encode(), digest_size=8).digest(), "big")


def pack(vectors: Vectors) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Vectors in eight bits a number, and the scale of each."""
    vectors = normalised(vectors)
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    return np.rint(vectors / np.maximum(scales, 1e-9)[:, None]).astype(np.int8), scales
