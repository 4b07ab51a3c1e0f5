"""Which lines of a text answer a question: a score for each line, and the choice of those to quote.

The vector of a line alone says little ("It is open from 9 to 12."), so the scorer also looks at the lines
around it, the section it stands in, the title, and what the line looks like. It is a logistic regression
(Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.2) taught by
``scripts/teach_lines.py`` on OMoS-QA (Kleinle et al., KONVENS 2024; data by Tür an Tür – Digitalfabrik,
CC BY 4.0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.embedding import Vectors, normalised

_PHONE = re.compile(r"(?:\+49|\b0\d{2,5})[\s/()-]*\d[\d\s/-]{4,}")
_ADDRESS = re.compile(r"https?://|www\.|\w@\w|\.de\b")
_HOURS = re.compile(r"\d{1,2}[:.]\d{2}|Uhr")
_DIGIT = re.compile(r"\d")
_ENDS = re.compile(r"[.!:;,؟?。።]\s*$")
_WORD = re.compile(r"\w{3,}")
_SENTENCE = re.compile(r"(?<=[.!?؟።])\s+(?=[^\W\d_a-zа-яіїєґ])")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:\w|\d+|Dr|Nr|Str|Tel|ca|bzw|usw|etc|inkl|ggf|Abs|St)\.$", re.IGNORECASE
)

_HEADING_BELOW = 70
_SHORT_BELOW = 20
_DIFFERENT = 12
"""How many of the basis' first directions tell one kind of question from another."""
_PRODUCTS = 64


def sentences(text: str) -> list[str]:
    """The lines of a text, long ones cut after each sentence; nothing is lost but white space."""
    found: list[str] = []
    for line in text.split("\n"):
        start = 0
        line = line.strip()
        for gap in _SENTENCE.finditer(line):
            if not _ABBREVIATED.search(line[start : gap.start()]):
                found.append(line[start : gap.start()])
                start = gap.end()
        if line[start:]:
            found.append(line[start:])
    return found


@dataclass(frozen=True)
class Passage:
    """A text line by line: raw vectors of its lines (lines, size) and of its title (size,)."""

    lines: tuple[str, ...]
    vectors: Vectors
    title: Vectors
    language: str


@dataclass(frozen=True)
class Centres:
    """The mean vectors of each language's questions and passages; others share the mean of all.

    A model of many languages keeps each in a corner of its own: without the means taken away, a question
    is nearest to what is written in its language.
    """

    languages: tuple[str, ...]
    questions: Vectors
    passages: Vectors

    def question(self, vectors: Vectors, language: str) -> Vectors:
        """Questions, shape (…, size), as directions from their language's centre."""
        return normalised(vectors - self.questions[self._row(language)])

    def passage(self, vectors: Vectors, language: str) -> Vectors:
        """Lines or titles, likewise."""
        return normalised(vectors - self.passages[self._row(language)])

    def _row(self, language: str) -> int:
        plain = language.split("-", maxsplit=1)[0]
        return self.languages.index(plain) if plain in self.languages else len(self.languages)


@dataclass(frozen=True)
class Scorer:
    """Weights of features (features,), and the basis (size, directions) in which vectors are compared."""

    model: str
    """The embedding model that it was taught with: vectors of others say nothing to it."""
    centres: Centres
    basis: Vectors
    """Orthonormal directions, the widest first."""
    spread: Vectors
    """What each direction is divided by for the second, evened-out nearness."""
    weights: Vectors
    bias: float
    threshold: float
    """The probability from which the bot quotes a line."""

    @classmethod
    def load(cls, path: Path) -> Scorer:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            model, languages = str(data["model"]), tuple(str(code) for code in data["languages"])
            numbers = set(data.files) - {"model", "languages"}
            wide = {name: data[name].astype(np.float32) for name in numbers}
        centres = Centres(languages, wide["questions"], wide["passages"])
        bias, threshold = float(wide["bias"]), float(wide["threshold"])
        return cls(model, centres, wide["basis"], wide["spread"], wide["weights"], bias, threshold)

    def save(self, path: Path) -> None:
        """Small and without pickle: vectors in half precision."""
        half = np.float16
        np.savez_compressed(
            path,
            model=np.array(self.model),
            languages=np.array(self.centres.languages),
            questions=self.centres.questions.astype(half),
            passages=self.centres.passages.astype(half),
            basis=self.basis.astype(half),
            spread=self.spread,
            weights=self.weights,
            bias=np.float32(self.bias),
            threshold=np.float32(self.threshold),
        )

    def probabilities(self, question: str, vector: Vectors, language: str, passage: Passage) -> Vectors:
        """How likely each line belongs to the answer, shape (lines,); ``vector`` is the question's, raw."""
        seen = features(self.centres, self.basis, self.spread, question, vector, language, passage)
        return np.asarray(1 / (1 + np.exp(-(seen @ self.weights + self.bias))), dtype=np.float32)


def choose(probabilities: Vectors, threshold: float, most: int = 4) -> tuple[int, ...]:
    """The lines to quote, in reading order: the likeliest; none where the text does not answer."""
    best = np.argsort(-probabilities, kind="stable")[:most]
    return tuple(sorted(int(line) for line in best if probabilities[line] >= threshold))


def features(
    centres: Centres,
    basis: Vectors,
    spread: Vectors,
    question: str,
    vector: Vectors,
    language: str,
    passage: Passage,
) -> Vectors:
    """What the scorer looks at, shape (lines, features)."""
    asked = centres.question(vector, language)
    lines = centres.passage(passage.vectors, passage.language)
    title = centres.passage(passage.title, passage.language)
    asked_in, lines_in = asked @ basis, lines @ basis
    shape = _looks(passage.lines)
    section = _sections(shape[:, 3] > 0)
    near = lines @ asked
    even = normalised(lines_in / spread) @ normalised(asked_in / spread)
    words = _overlap(question, passage.lines) if language == passage.language else np.zeros(len(near))
    count = len(near)
    by_title = np.stack([np.full(count, title @ asked), lines @ title, near - title @ asked], axis=1)
    around = np.concatenate([_shifted(shape[:, 3:10], 1, 0.0), _shifted(shape[:, 3:10], -1, 0.0)], axis=1)
    columns = [
        _nearness(near, section),
        _nearness(even, section),
        by_title,
        shape,
        around,
        _neighbours(words),
        np.stack([_smooth(words, 2), words - words.max(initial=0)], axis=1),
        lines_in[:, :_PRODUCTS] * asked_in[:_PRODUCTS] * 60,
        np.tile(asked_in[:_DIFFERENT] * 4, (count, 1)),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _looks(lines: Sequence[str]) -> NDArray[np.float64]:
    """What can be seen of lines in any language; column 3: looks like a heading."""
    count = len(lines)
    rows = [
        (
            np.log1p(len(line)) / 4,
            number / count,
            np.log(count),
            len(line) < _HEADING_BELOW
            and not (_ENDS.search(line) or _PHONE.search(line) or _ADDRESS.search(line)),
            bool(_PHONE.search(line)),
            bool(_ADDRESS.search(line)),
            bool(_HOURS.search(line)),
            bool(_DIGIT.search(line)),
            line.endswith(("?", "؟")),
            line.endswith(":"),
            number == 0,
            len(line) < _SHORT_BELOW,
        )
        for number, line in enumerate(lines)
    ]
    return np.array(rows, dtype=np.float64).reshape(count, 12)


def _sections(headings: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each line that of its heading; 0 before the first."""
    return np.maximum.accumulate(np.where(headings, np.arange(len(headings)), 0))


def _nearness(near: NDArray[np.floating], section: NDArray[np.int64]) -> NDArray[np.float64]:
    """A line's nearness to the question beside that of its surroundings."""
    count = len(near)
    total = np.bincount(section, near, count)[section] / np.bincount(section, minlength=count)[section]
    highest = np.full(count, -np.inf)
    np.maximum.at(highest, section, near)
    rank = np.argsort(np.argsort(-near, kind="stable"), kind="stable")
    own = [
        _smooth(near, 2),
        _smooth(near, 5),
        np.full(count, near.max()),
        np.full(count, near.mean()),
        near - near.max(),
        np.log1p(rank),
        near[section],
        total,
        highest[section],
        total - total.max(),
    ]
    even = (near - near.mean()) / (near.std() + 0.05)
    return np.concatenate([_neighbours(near), _neighbours(even), np.stack(own, axis=1)], axis=1)


def _neighbours(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The values of each line and of the two before and after it."""
    least = float(values.min(initial=0))
    return np.stack([_shifted(values, by, least) for by in (0, 1, -1, 2, -2)], axis=1)


def _shifted(values: NDArray[np.floating], by: int, edge: float) -> NDArray[np.float64]:
    """Row ``n`` becomes that of line ``n - by``; ``edge`` where there is none."""
    moved = np.full(values.shape, edge, dtype=np.float64)
    if by >= 0:
        moved[by:] = values[: max(len(values) - by, 0)]
    else:
        moved[:by] = values[-by:]
    return moved


def _smooth(values: NDArray[np.floating], width: float) -> NDArray[np.float64]:
    """The mean of the lines around, the nearer the heavier (a Gaussian of this width)."""
    place = np.arange(len(values))
    weight = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    return np.asarray(weight @ values / weight.sum(axis=1))


def _overlap(question: str, lines: Sequence[str]) -> NDArray[np.float64]:
    """The share of the question's beginnings of words in each line, those rare in the text the heavier."""
    asked = _stems(question)
    present = [asked & _stems(line) for line in lines]
    rarity = {stem: np.log1p(len(lines) / (1 + sum(stem in one for one in present))) for stem in asked}
    whole = sum(rarity.values()) + 1e-6
    return np.array([sum(rarity[stem] for stem in one) / whole for one in present])


def _stems(text: str) -> set[str]:
    return {word[:5] for word in _WORD.findall(text.casefold())}
