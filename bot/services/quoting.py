"""Answering with the lines of a long text that answer, instead of all of it.

Vectors come from whatever computes them beside the event loop; while there are none, nothing is quoted
and the text is shown as it is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from bot.understanding.embedding import Use, Vectors
from bot.understanding.lines import Passage, Scorer, choose, sentences

_KEPT = 200
"""Texts whose vectors are kept: about 40 kB each."""
_MOST_SENTENCES = 120
"""Sentences of a text that are looked at: each costs some 20 ms when it is first quoted."""


class Vectoriser(Protocol):
    """Computes vectors in a thread of its own; None when there are none to be had at present."""

    async def passages(self, texts: Sequence[str], use: Use) -> Vectors | None:
        """Shape (texts, size)."""
        ...


class Quoting:
    """Quotes; remembers the vectors of the texts that were quoted last."""

    def __init__(self, vectors: Vectoriser, scorer: Scorer) -> None:
        self._vectors = vectors
        self._scorer = scorer
        self._passages: OrderedDict[tuple[str, str], Passage] = OrderedDict()
        self._coming: dict[tuple[str, str], asyncio.Task[Passage | None]] = {}

    async def quote(
        self, question: str, vector: Vectors, language: str, title: str, text: str, written: str
    ) -> tuple[str, ...]:
        """At most four whole sentences of a text that answer a question, in reading order.

        Those that follow one another stand together. ``vector`` and ``language`` are those of the question,
        ``written`` is that of title and text. Empty where the text does not answer, or where there are no
        vectors of it.
        """
        passage = await self._passage(title, text, written)
        if passage is None:
            return ()
        likely = self._scorer.probabilities(question, vector, language, passage)
        return _together(passage.lines, choose(likely, self._scorer.threshold))

    async def _passage(self, title: str, text: str, written: str) -> Passage | None:
        known = self._passages.get((title, text))
        if known is not None:
            self._passages.move_to_end((title, text))
            return known
        coming = self._coming.get((title, text))
        if coming is None:
            coming = self._coming[title, text] = asyncio.create_task(self._computed(title, text, written))
            coming.add_done_callback(lambda _: self._coming.pop((title, text)))
        return await asyncio.shield(coming)  # others may wait for it, too

    async def _computed(self, title: str, text: str, written: str) -> Passage | None:
        lines = tuple(sentences(text)[:_MOST_SENTENCES])
        vectors = await self._vectors.passages((title, *lines), Use.PASSAGE) if lines else None
        if vectors is None:
            return None
        passage = Passage(lines, vectors[1:], vectors[0], written)
        self._passages[title, text] = passage
        while len(self._passages) > _KEPT:
            self._passages.popitem(last=False)
        return passage


def _together(lines: Sequence[str], chosen: Sequence[int]) -> tuple[str, ...]:
    """The chosen lines, neighbours joined."""
    found: list[str] = []
    for number in chosen:
        if number - 1 in chosen:
            found[-1] += f"\n{lines[number]}"
        else:
            found.append(lines[number])
    return tuple(found)
