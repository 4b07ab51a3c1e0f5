"""Multinomial logistic regression, small enough to be trained where it is used.

Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4; fitted by accelerated gradient
descent (Nesterov 1983) on the whole of the data, which needs nothing but matrix products.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.understanding.embedding import Vectors


@dataclass(frozen=True)
class Head:
    """Weights of shape (size + 1, classes); the last row is what a class has by itself."""

    weights: Vectors

    def scores(self, vectors: Vectors) -> Vectors:
        """Shape (vectors, classes): logarithms of probabilities, up to a constant of each row."""
        return np.asarray(vectors @ self.weights[:-1] + self.weights[-1], dtype=np.float32)


def log_softmax(scores: Vectors) -> Vectors:
    """Logarithms of the probabilities that belong to scores, row by row."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)


def no_rest(_: float) -> None:
    """The core is ours."""


def fit(
    vectors: Vectors,
    targets: Vectors,
    *,
    penalty: float,
    rounds: int,
    scale: float = 1.0,
    rest: Callable[[float], None] = no_rest,
) -> Head:
    """Learn from vectors (examples, size) and their classes (examples, classes), rows of which sum to 1.

    ``penalty`` is that of the squared weights, ``scale`` multiplies the vectors meanwhile: those of
    :mod:`~bot.understanding.embedding` lie close together. ``rest`` is called after every round
    with the seconds that it took: to leave the core to others, or to raise something that ends it.
    """
    count, size = vectors.shape
    curvature = 0.5 * (_largest(vectors) * scale * scale / count + 1.0) + penalty
    weights = np.zeros((size + 1, targets.shape[1]), dtype=np.float32)
    ahead, momentum = weights.copy(), 1.0
    slope = np.empty_like(weights)
    for _ in range(rounds):
        begun = time.monotonic()
        wrong = np.exp(log_softmax(vectors @ (ahead[:-1] * scale) + ahead[-1])) - targets
        slope[:-1] = vectors.T @ wrong * (scale / count) + penalty * ahead[:-1]
        slope[-1] = wrong.sum(axis=0) / count
        following = ahead - slope / curvature
        faster = (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = (following + (momentum - 1) / faster * (following - weights)).astype(np.float32)
        weights, momentum = following.astype(np.float32), float(faster)
        rest(time.monotonic() - begun)
    weights[:-1] *= scale
    return Head(weights)


def _largest(data: Vectors) -> float:
    """The largest eigenvalue of data.T @ data, a little more than that, by the power method."""
    direction = np.full(data.shape[1], 1 / np.sqrt(data.shape[1]), dtype=np.float32)
    value = 0.0
    for _ in range(8):
        image = data.T @ (data @ direction)
        value = float(np.linalg.norm(image))
        direction = (image / max(value, 1e-9)).astype(np.float32)
    return value * 1.1
