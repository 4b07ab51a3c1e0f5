"""Which language a message is written in, also when it is spelled in foreign letters or mixed.

The pieces of its words speak first (:class:`~bot.understanding.teaching.Languages`), then little words
that only one language has. Short or doubtful texts stay in the person's own language. Nothing tells
Dari from Persian for sure, so a person who chose Dari keeps it; so does one who chose plain German.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.understanding.questions import Question
from bot.understanding.teaching import LATIN, Languages, base

_LETTER = re.compile(r"[^\W\d_]")
_LONGEST = 500
"""Characters that are looked at."""
_LITTLE_WORD = 0.2
"""What a little word of a language counts, as logarithm of a probability."""
_MOST_VOTES = 4
_OWN = 2.0
"""The same for being the language of the person."""
_OWN_IF_SHORT = 5.0
"""For a text of one or two words."""
_SHORT = 2


@dataclass(frozen=True, slots=True)
class Detected:
    """``language`` is to be answered in; ``written`` says too when it is in Latin letters."""

    language: str | None
    written: str | None


def detect(question: Question, languages: Languages, own: str | None = None) -> Detected:
    """The language of a text; ``own`` where it does not say clearly, or is no text at all.

    A text in the person's own language is in exactly that: plain German stays plain German.
    """
    text = question.text[:_LONGEST]
    if not _LETTER.search(text):
        return Detected(own, own)
    scores = languages.scores(text)
    mine = base(own) if own else None
    short = len(question.words) <= _SHORT
    for name in scores:
        votes = max(question.votes.get(name, 0), question.votes.get(base(name), 0))
        scores[name] += _LITTLE_WORD * min(votes, _MOST_VOTES)
        if base(name) == mine:
            scores[name] += _OWN_IF_SHORT if short else _OWN
    best = max(scores, key=scores.__getitem__)
    if base(best) == mine:
        written = best if best.endswith(LATIN) else own
        return Detected(own, written)
    return Detected("fa-AF" if best == "fa" + LATIN else best.removesuffix(LATIN), best)
