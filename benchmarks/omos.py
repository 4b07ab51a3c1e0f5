"""How well pages, and the lines that answer, are found on OMoS-QA (see :mod:`benchmarks.omos_qa`).

    python -m benchmarks.omos FOLDER --cache vectors.sqlite [--cached-only] [--plain]

Prints plain vectors beside ours. Pages: train and dev, within the page's region, questions that their page
answers. Lines: dev alone, on which penalty and threshold were chosen. The first run computes some 60,000
vectors, which takes an hour; the cache keeps them.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.omos_qa import LANGUAGES, Cache, Data, Page, Unknown, centres, chunks
from benchmarks.understanding import Plain
from bot.content.meaning import load_model, load_scorer
from bot.understanding.embedding import Use, Vectors
from bot.understanding.lines import Centres, Scorer, choose
from scripts.teach_lines import best_f1

_TITLE, _MEAN, _LINE = 0.4, 0.3, 0.7
"""What title, mean of the pieces and best line of a page add to the nearness of its best piece."""
_WORDS = 0.008
"""What FTS5's bm25 of the words adds, where question and page are in one language."""
_PART = 4
"""Letters of a word that are looked for: German words are compounds, and all have endings."""

_PAPER = """The paper's table, on the TEST split (ours below: dev), questions and pages in one language:
  DeBERTa-large, fine-tuned   de  62.6 / 62.4 / 62.5    en  65.7 / 64.2 / 64.9
  Llama-3-70B, 5 examples     de  86.7 / 48.2 / 62.0    en  84.9 / 48.4 / 61.6    ar on de  84.6 / 41.8
  GPT-3.5, 5 examples         de  81.8 / 45.1 / 58.1
  the page does not answer, F1, de: Llama-3-70B 72.9, DeBERTa 60.5"""


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description="Pages and lines found on OMoS-QA.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--cached-only", action="store_true", help="leave out what has no vectors yet")
    parser.add_argument(
        "--plain",
        action="store_true",
        help="for the columns 'plain': the model as its package ships it, with a cache of its own",
    )
    given = parser.parse_args()
    model = Plain if given.plain else load_model
    data = Data.read(given.folder, Cache(given.cache, compute=not given.cached_only, load=model))
    print("Pages within their region: top-1 / top-3 / MRR")
    print("  question-page            plain                ours     ours, dev only")
    middle = centres(data)
    for asked, written in _pairs():
        try:
            print(f"  {asked} on {written}   ", _pages(data, middle, asked, written))
        except Unknown as unknown:
            print(f"  {asked} on {written}    not measured: {unknown}")
    scorer = load_scorer()
    print(
        f"\n{_PAPER}\n\nLines: precision / recall / F1 on dev; the bot quotes from {scorer.threshold:.2f} on"
    )
    print("  question-page  plain, best  ours, best  as the bot quotes (within a line of one)  no answer: F1")
    for asked, written in _pairs():
        try:
            print(f"  {asked} on {written}   ", _lines(data, scorer, asked, written))
        except Unknown as unknown:
            print(f"  {asked} on {written}    not measured: {unknown}")


def _pairs() -> list[tuple[str, str]]:
    return [(one, one) for one in LANGUAGES] + [(one, "de") for one in LANGUAGES if one != "de"]


def _pages(data: Data, middle: Centres, asked: str, written: str) -> str:
    pages = [page for (_, language), page in data.pages.items() if language == written]
    number = {page.id: at for at, page in enumerate(pages)}
    pieces = [chunks(page.text) for page in pages]
    counts = np.array([len(one) for one in pieces])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    raw = data.cache.vectors([piece for one in pieces for piece in one], Use.PASSAGE)
    titles = middle.passage(data.cache.vectors([page.title for page in pages], Use.PASSAGE), written)
    lines = middle.passage(
        data.cache.vectors([line for page in pages for line in page.lines], Use.PASSAGE), written
    )
    firsts = np.concatenate([[0], np.cumsum([len(page.lines) for page in pages])[:-1]])
    vectors = np.concatenate([data.asked(split, asked) for split in ("train", "dev")])
    questions = [one for split in ("train", "dev") for one in data.questions[split, asked]]
    dev = np.arange(len(questions)) >= len(data.questions["train", asked])
    answered = np.array([bool(one.answers) for one in questions])
    own = np.array([number[one.page] for one in questions])
    regions = np.array([page.region for page in pages])
    elsewhere = regions[None] != regions[own][:, None]

    near = middle.question(vectors, asked) @ middle.passage(raw, written).T
    ours = (
        np.maximum.reduceat(near, starts, axis=1)
        + _TITLE * (middle.question(vectors, asked) @ titles.T)
        + _MEAN * np.add.reduceat(near, starts, axis=1) / counts
        + _LINE * np.maximum.reduceat(middle.question(vectors, asked) @ lines.T, firsts, axis=1)
    )
    if asked == written:
        ours += _WORDS * _words([one.text for one in questions], pages)
    plain = np.maximum.reduceat(vectors @ raw.T, starts, axis=1)
    shown = []
    for scores, which in ((plain, answered), (ours, answered), (ours, answered & dev)):
        scores[elsewhere] = -9
        rank = (scores > scores[np.arange(len(own)), own][:, None]).sum(axis=1)[which]
        mrr = float((1 / (rank + 1)).mean())
        shown.append(f"{(rank < 1).mean():6.1%} {(rank < 3).mean():6.1%} {mrr:.3f}")
    return "   ".join(shown)


def _words(questions: Sequence[str], pages: Sequence[Page]) -> NDArray[np.float64]:
    """How much the words of questions and pages have in common (SQLite's FTS5), shape (questions, pages)."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='trigram')")
    rows = [(number, page.title, page.text) for number, page in enumerate(pages)]
    database.executemany("INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)", rows)
    found = np.zeros((len(questions), len(pages)))
    for mine, question in zip(found, questions, strict=True):
        words = re.findall(r"\w{3,}", question.casefold())
        parts = {word[at : at + _PART] for word in words for at in range(max(1, len(word) - _PART + 1))}
        wanted = " OR ".join(f'"{part}"' for part in sorted(parts))
        query = "SELECT rowid, -bm25(texts, 2.0, 1.0) FROM texts WHERE texts MATCH ?"
        for number, score in database.execute(query, (wanted,)) if wanted else ():
            mine[number] = score
    database.close()
    return found


def _lines(data: Data, scorer: Scorer, asked: str, written: str) -> str:
    passages = data.passages("dev", written)
    questions = data.questions["dev", asked]
    answers, plain, ours, highest = [], [], [], []
    right = beside = quoted = 0
    for question, vector in zip(questions, data.asked("dev", asked), strict=True):
        passage = passages[question.page]
        likely = scorer.probabilities(question.text, vector, asked, passage)
        mine = np.zeros(len(likely), dtype=np.float32)
        mine[list(question.answers)] = 1
        chosen = choose(likely, scorer.threshold)
        quoted += len(chosen)
        right += sum(line in question.answers for line in chosen)
        beside += sum(any(abs(line - one) <= 1 for one in question.answers) for line in chosen)
        answers.append(mine)
        plain.append(passage.vectors @ vector)
        ours.append(likely)
        highest.append(float(likely.max()))
    truth = np.concatenate(answers)
    precision, recall = right / max(quoted, 1), right / float(truth.sum())
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    unsure = -np.array(highest, dtype=np.float32)
    silent = np.array([not one.answers for one in questions], dtype=np.float32)
    return "   ".join(
        [
            _three(*best_f1(truth, np.concatenate(plain))[:3]),
            _three(*best_f1(truth, np.concatenate(ours))[:3]),
            f"{_three(precision, recall, f1)} ({beside / max(quoted, 1):.1%}; {quoted} lines)",
            f"best {best_f1(silent, unsure)[2]:.1%}, {_refused(silent, highest, scorer)}",
        ]
    )


def _refused(silent: Vectors, highest: list[float], scorer: Scorer) -> str:
    """The F1 of "no line above the threshold" as "the page does not answer"."""
    said = np.array(highest) < scorer.threshold
    hits = float((said * silent).sum())
    return f"bot's {2 * hits / max(float(said.sum() + silent.sum()), 1.0):.1%}"


def _three(precision: float, recall: float, f1: float) -> str:
    return f"{precision:.1%} {recall:.1%} {f1:.1%}"


if __name__ == "__main__":
    main()
