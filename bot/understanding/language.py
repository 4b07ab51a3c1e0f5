"""Which language a message is written in, also when it is spelled in foreign letters or mixed.

The letters say which languages it may be at all: a text in a script that none of ours is written in
(Georgian, Hindi, Greek), or with the letters or words of a neighbour that we do not know (Sorani, Urdu,
Amharic), stays in the person's own. Among the others the pieces of its words speak first
(:class:`~bot.understanding.teaching.Languages`), then little words that only one language has. Short or
doubtful texts stay in the person's own language. Nothing tells Dari from Persian for sure, so a person who
chose Dari keeps it; so does one who chose plain German.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from bot.understanding.questions import Question
from bot.understanding.teaching import LATIN, Languages, base

_SCRIPTS = {
    **dict.fromkeys(("ar", "fa", "fa-AF", "ps"), "ARABIC"),
    **dict.fromkeys(("bg", "ru", "uk"), "CYRILLIC"),
    "ti": "ETHIOPIC",
}
"""As Unicode calls the letters of each language; those of the others are Latin."""
_OURS = frozenset((*_SCRIPTS.values(), "LATIN"))
_SORANI_OR_URDU = re.compile("[ێۆڕڵەٹڈڑےں]")
_PASHTO = re.compile("[ټډړښږځڅڼېۍ]")
_SELDOM = 1 / 20
"""Share of letters of a neighbour that a text in one of our languages may have by a slip of the keyboard."""
_AMHARIC = re.compile(r"ኝ|(?:ለሁ|ኛል)\b|\b(?:ነው|ናቸው|የት|እንዴት|ላይ|ውስጥ|እና|ወይም|እኔ|እዚህ)\b")
"""A letter, an ending and words that Tigrinya does not have."""
_LETTER = re.compile(r"[^\W\d_]")
_LONGEST = 500
"""Characters that are looked at."""
_LITTLE_WORD = 0.2
"""What a little word of a language counts, as logarithm of a probability."""
_MOST_VOTES = 4
_OWN = 2.3
"""The same for being the language of the person."""
_OWN_IF_SHORT = 5.0
"""For a text of one or two words."""
_GREETING = 4.0
"""For one or two words of small talk from somebody without a language: being the one that knows them best."""
_FOREIGN_LETTERS = {
    "uk": re.compile("[ыэъё]", re.IGNORECASE),
    "ru": re.compile("[іїєґ]", re.IGNORECASE),
    "bg": re.compile("[іїєґыэё]", re.IGNORECASE),
}
"""Letters that a language does not have, though others of its script do."""
_HAS_NO_SUCH = 6.0
"""What such a letter takes from it; a name from elsewhere may stand in a longer text."""
_SHORT = 2
_EVERYBODYS = frozenset(("de", "en"))
"""Languages whose words stand among those of any other here."""
_UNLIKELY = 1.5
"""How much less likely than the likeliest a language is that a text is not written in, as logarithm."""


@dataclass(frozen=True, slots=True)
class Detected:
    """``language`` is to be answered in; ``written`` says too when it is in Latin letters, and is None
    where the text is in none of our languages."""

    language: str | None
    written: str | None


def detect(question: Question, languages: Languages, own: str | None = None) -> Detected:
    """The language of a text; ``own`` where it does not say clearly, or is no text at all.

    A text in the person's own language is in exactly that: plain German stays plain German.
    """
    text = unicodedata.normalize("NFKC", question.text[:_LONGEST])[:_LONGEST]
    if not _LETTER.search(text):
        return Detected(own, own)
    scripts = _scripts(text)
    if _foreign(text, scripts):
        return Detected(own, None)
    mine = base(own) if own else None
    short = len(question.words) <= _SHORT
    greeted = _knows_best(question) if short and question.smalltalk and not own else None
    scores = {
        name: score for name, score in languages.scores(text).items() if scripts[_SCRIPTS.get(name, "LATIN")]
    }
    for name in scores:
        votes = max(question.votes.get(name, 0), question.votes.get(base(name), 0))
        scores[name] += _LITTLE_WORD * min(votes, _MOST_VOTES)
        foreign = _FOREIGN_LETTERS.get(name)
        if foreign is not None and foreign.search(text):
            scores[name] -= _HAS_NO_SUCH
        if base(name) == mine:
            scores[name] += _OWN_IF_SHORT if short else _OWN
        if base(name) == greeted:
            scores[name] += _GREETING
    best = max(scores, key=scores.__getitem__)
    if base(best) == mine:
        written = best if best.endswith(LATIN) else own
        return Detected(own, written)
    return Detected("fa-AF" if best == "fa" + LATIN else best.removesuffix(LATIN), best)


def without_foreign_days(question: Question, languages: Languages) -> Question:
    """A question without the days that only words of a language name which it is hardly written in: an Arab's
    "marti" is his wife, and no Romanian Tuesday. German and English words stand among those of any other."""
    named = {time: tongues - _EVERYBODYS for time, tongues in question.tongues.items()}
    doubtful = [time for time, tongues in named.items() if tongues == question.tongues[time]]
    if not doubtful or len(question.words) <= _SHORT:
        return question
    scores = languages.scores(unicodedata.normalize("NFKC", question.text[:_LONGEST])[:_LONGEST])
    best = max(scores.values())
    likely = {base(name) for name, score in scores.items() if score >= best - _UNLIKELY}
    likely |= {base(name) for name, votes in question.votes.items() if votes > 1}
    likely |= {name for name in _SCRIPTS if any(_SCRIPTS.get(one) == _SCRIPTS[name] for one in likely)}
    foreign = {time for time in doubtful if likely.isdisjoint(map(base, named[time]))}
    return replace(question, times=tuple(time for time in question.times if time not in foreign))


def _scripts(text: str) -> Counter[str]:
    """How many letters of each script a text has."""
    return Counter(unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha())


def _foreign(text: str, scripts: Counter[str]) -> bool:
    """Whether a text is surely in none of our languages."""
    ours = sum(scripts[script] for script in _OURS)
    if 2 * ours <= scripts.total():
        return True
    if scripts["ARABIC"] and not _PASHTO.search(text):
        return len(_SORANI_OR_URDU.findall(text)) > _SELDOM * scripts["ARABIC"]
    return bool(scripts["ETHIOPIC"] and _AMHARIC.search(text))


def _knows_best(question: Question) -> str | None:
    """The language that knows most of a question's words, if there is just one."""
    votes: dict[str, int] = {}
    for language, number in question.votes.items():
        votes[base(language)] = max(number, votes.get(base(language), 0))
    best = [language for language, number in votes.items() if number == max(votes.values())]
    return best[0] if len(best) == 1 else None
