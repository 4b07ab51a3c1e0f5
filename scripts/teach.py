"""Teach what comes with the package: topics, languages, danger, and the vectors of the starter content.

    python -m scripts.teach [--endpoint URL --model NAME]

Reads ``bot/content/bank``, ``bot/content/cries`` and the starter content, and writes ``bot/content/meaning``.
It takes some minutes on one core. Vectors that are there already are not computed again. The endpoint's key,
and whether its model wants E5's prefixes, are the bot's own settings (``LOTSE_EMBEDDINGS_KEY``,
``LOTSE_EMBEDDINGS_PREFIXED``).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from bot.commands.demo_news import ORGANISATION_FILE
from bot.content import demo_content
from bot.content.gazetteer import load_gazetteer
from bot.content.meaning import FOLDER, file_of, load_bank, load_cries, load_teaching
from bot.domain.directory import AnyRecord, Directory
from bot.parts import make_embedder
from bot.services.importing import apply, plan_import
from bot.settings import load
from bot.storage.migrating import migrate
from bot.storage.store import Store
from bot.understanding.embedding import Embedder, Use, Vectors, normalised
from bot.understanding.grams import LANGUAGE, SUBJECT
from bot.understanding.heads import Head, fit
from bot.understanding.meaning import Records, texts_of, train
from bot.understanding.respelling import CYRILLIC, typed
from bot.understanding.teaching import (
    LATIN,
    NOTHING_KNOWN,
    Known,
    Teaching,
    base,
    pack,
    spelled,
    text_key,
    written,
)

_MIXED = 0.35
"""Share of the questions that get a German word or a town beside the original, to tell languages."""
_TYPED = 1.0
"""Share of the Cyrillic questions from which it is learned, too, how they are in Latin letters."""
_CRY, _CALM = 6, 10
"""Questions of the bank, of which there are so many more, that a cry and a near miss count as much as."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    add_model_options(parser)
    embedder = chosen_embedder(parser.parse_args())
    FOLDER.mkdir(exist_ok=True)
    records = asyncio.run(starter())
    bank, cries = marked(load_bank()), marked(load_cries())
    examples = [
        (written(plain(language), text), text)
        for record in records
        for language, texts in record.examples.items()
        for text in texts
    ]
    teach_languages([(language, text) for language, _, text in (*bank, *cries)] + examples, records)
    teach_meaning(embedder, bank, cries, records)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Options that choose an embedding model."""
    parser.add_argument("--endpoint", default="", help="an embeddings endpoint instead of the built-in model")
    parser.add_argument("--model", default="", help="the model's name at the endpoint")


def chosen_embedder(chosen: argparse.Namespace) -> Embedder:
    """The model that the options choose; how its endpoint is asked stands in the bot's settings."""
    return make_embedder(load(embeddings_url=chosen.endpoint, embeddings_model=chosen.model))


async def starter() -> tuple[AnyRecord, ...]:
    """The starter content and the demo's examples, as an installation has them."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/content.sqlite"
        await migrate(url)
        store = await Store.open(url)
        try:
            paths = (*demo_content(), ORGANISATION_FILE)
            plan = await plan_import(store, paths, gazetteer=load_gazetteer(), today=date.today())  # noqa: DTZ011
            if plan.errors:
                sys.exit(plan.describe())
            await apply(plan, store)
            async with store.read() as view:
                return tuple(Directory.of(await view.records()).records.values())
        finally:
            await store.close()


def marked(texts: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Language, class and text, the language as it is :func:`~bot.understanding.teaching.written`."""
    return [(written(plain(language), text), name, text) for language, name, text in texts]


def plain(language: str) -> str:
    """Plain German is German to all that is learned here."""
    return "de" if language == "de-x-leicht" else language


def teach_languages(texts: Sequence[tuple[str, str]], records: Iterable[AnyRecord]) -> None:
    """Questions in all languages, some of them with German words in them, as people write."""
    chance = random.Random(4)
    german = [record.title.renditions["de"].text for record in records if record.id.startswith("gl-")]
    german += [town.name for town in load_gazetteer().towns]
    rows = []
    for language, text in texts:
        rows.append((language, text))
        if language != "de" and chance.random() < _MIXED:
            words = text.split()
            words.insert(chance.randint(0, len(words)), chance.choice(german))
            rows.append((language, " ".join(words)))
        if language in CYRILLIC and chance.random() < _TYPED:
            rows.append((language + LATIN, typed(text, language, chance)))
    names = sorted({language for language, _ in rows})
    targets = one_hot([names.index(language) for language, _ in rows], len(names))
    head = fit(LANGUAGE.vectors([text for _, text in rows]), targets, penalty=3e-5, rounds=60, scale=5.0)
    np.savez_compressed(
        FOLDER / "language.npz", names=np.array(names), weights=head.weights.astype(np.float16)
    )
    print(f"languages: {len(rows)} texts, {len(names)} classes", flush=True)


def teach_meaning(
    embedder: Embedder,
    bank: Sequence[tuple[str, str, str]],
    cries: Sequence[tuple[str, str, str]],
    records: Sequence[AnyRecord],
) -> None:
    """Topics from the bank, danger from the cries, and the starter content's own head."""
    taught = learned(Cache(embedder), embedder.model, bank, cries, records)
    trained, known = taught.starter, taught.known
    assert trained is not None
    path = file_of(embedder.model)
    np.savez_compressed(
        path,
        topics=np.array(taught.topics),
        by_vector=taught.by_vector.weights.astype(np.float16),
        by_grams=taught.by_grams.weights.astype(np.float16),
        mean=taught.mean,
        languages=np.array(list(taught.means)),
        means=np.stack(list(taught.means.values())),
        danger=taught.danger.weights.astype(np.float16),
        dangers=np.array(taught.dangers),
        keys=known.keys,
        packed=known.packed,
        scales=known.scales,
        starter_prints=trained.fingerprints,
        starter_keys=np.array([f"{kind}/{id}" for kind, id in trained.keys]),
        starter_head=trained.head.weights.astype(np.float16),
    )
    print(
        f"{len(bank)} questions, {len(taught.topics)} topics; {len(cries)} cries and near misses; "
        f"{len(trained.keys)} records, {len(known.keys)} vectors; {path.stat().st_size / 1e6:.1f} MB",
        flush=True,
    )


def learned(
    cache: Cache,
    model: str,
    bank: Sequence[tuple[str, str, str]],
    cries: Sequence[tuple[str, str, str]],
    records: Sequence[AnyRecord],
) -> Teaching:
    """All that :func:`teach_meaning` learns, from texts with their languages and topics."""
    vectors = cache.get([spelled(text, language) for language, _, text in bank])
    languages = [base(language) for language, _, _ in bank]
    means = {
        code: vectors[[one == code for one in languages]].mean(axis=0) for code in sorted(set(languages))
    }
    topics = sorted({topic for _, topic, _ in bank})
    targets = one_hot([topics.index(topic) for _, topic, _ in bank], len(topics))
    nothing = Head(np.zeros((1, 1), dtype=np.float32))
    teaching = Teaching(
        model, tuple(topics), nothing, nothing, vectors.mean(axis=0), means, nothing, ("safe",)
    )
    centred = teaching.centred(vectors, list(languages))
    by_vector = fit(centred, targets, penalty=5e-4, rounds=120, scale=10.0)
    by_grams = fit(
        SUBJECT.vectors([spelled(text, language) for language, _, text in bank]),
        targets,
        penalty=2e-4,
        rounds=50,
        scale=4.0,
    )
    danger, dangers = teach_danger(cache, teaching, centred, cries)
    known = cache.known([text for record in records for _, text in texts_of(record)])
    taught = replace(
        teaching, by_vector=by_vector, by_grams=by_grams, danger=danger, dangers=dangers, known=known
    )
    return replace(taught, starter=train(Records.of(records, taught)))


def teach_danger(
    cache: Cache, teaching: Teaching, calm: Vectors, cries: Sequence[tuple[str, str, str]]
) -> tuple[Head, tuple[str, ...]]:
    """What acute danger sounds like, against near misses and all ordinary questions."""
    vectors = cache.get([spelled(text, language) for language, _, text in cries])
    centred = teaching.centred(vectors, [language for language, _, _ in cries])
    dangers = ("safe", *sorted({danger for _, danger, _ in cries} - {"calm"}))
    rows = [0 if danger == "calm" else dangers.index(danger) for _, danger, _ in cries]
    often = np.repeat(np.arange(len(rows)), [_CRY if row else _CALM for row in rows])
    targets = one_hot([*np.array(rows)[often], *([0] * len(calm))], len(dangers))
    head = fit(np.concatenate((centred[often], calm)), targets, penalty=2e-4, rounds=120, scale=10.0)
    return head, dangers


class Cache:
    """Vectors that were computed before for this model, and those that are new."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._path = Path(".vectors") / file_of(embedder.model).name
        self._found: dict[int, Vectors] = {}
        before = load_teaching(embedder.model)
        known = NOTHING_KNOWN if before is None else before.known
        if self._path.exists():
            with np.load(self._path) as data:
                known = Known(data["keys"], data["packed"], data["scales"])
        for key, row, scale in zip(known.keys, known.packed, known.scales, strict=True):
            self._found[int(key)] = row.astype(np.float32) * scale

    def get(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
        """Shape (texts, size)."""
        keys = [text_key(text, use) for text in texts]
        missing = list(
            {key: text for key, text in zip(keys, texts, strict=True) if key not in self._found}.items()
        )
        for at in range(0, len(missing), 64):
            part = missing[at : at + 64]
            vectors = self._embedder.embed([text for _, text in part], use)
            self._found |= {key: row for (key, _), row in zip(part, vectors, strict=True)}
        if missing:
            self._save()
        return normalised(np.stack([self._found[key] for key in keys]))

    def texts(self, records: Iterable[AnyRecord]) -> dict[int, Vectors]:
        """The vectors of all that records are known by, by :func:`text_key`."""
        texts = [text for record in records for _, text in texts_of(record)]
        self.get(texts)
        return {key: self._found[key] for key in map(text_key, texts)}

    def known(self, texts: Sequence[str]) -> Known:
        """What comes with the package: the vectors of these texts."""
        self.get(texts)
        keys = sorted(set(map(text_key, texts)))
        packed, scales = pack(np.stack([self._found[key] for key in keys]))
        return Known(np.array(keys, dtype=np.uint64), packed, scales)

    def _save(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        keys = np.array(sorted(self._found), dtype=np.uint64)
        packed, scales = pack(np.stack([self._found[int(key)] for key in keys]))
        np.savez(self._path, keys=keys, packed=packed, scales=scales)


def one_hot(classes: Sequence[int], count: int) -> Vectors:
    """Shape (rows, count), a one in each row."""
    return np.eye(count, dtype=np.float32)[list(classes)]


if __name__ == "__main__":
    main()
