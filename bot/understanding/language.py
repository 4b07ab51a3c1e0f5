"""Which language a message is written in: script first, then letters and little words as votes.

Short or doubtful texts stay in the person's own language. Nothing tells Dari from Persian, so a
person who chose Dari keeps it; so does one who chose plain German.
"""

from __future__ import annotations

import re
from collections import Counter

from bot.understanding.questions import Question

_SCRIPTS = (
    ("arabic", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("ethiopic", re.compile(r"[\u1200-\u137f]")),
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_LETTERS = (
    # Letters that one language of a script has and its neighbours lack.
    ("uk", re.compile(r"[іїєґІЇЄҐ]"), 3),
    ("ru", re.compile(r"[ыэёъЫЭЁЪ]"), 3),
    ("fa-AF", re.compile(r"[پچژگ]|می‌|است|کجا"), 2),
    ("ar", re.compile(r"[ةىإأ]|\bال"), 2),
    ("de", re.compile(r"[äöüßÄÖÜ]"), 1),
    ("tr", re.compile(r"[ığşİĞŞ]"), 3),
    ("pl", re.compile(r"[łąęśźżćńŁĄĘŚŹŻ]"), 3),
    ("ro", re.compile(r"[ăîâșțĂÎȘȚşţ]"), 2),
    ("vi", re.compile(r"[đơưĐƠƯ\u1ea0-\u1ef9]"), 3),
    ("fr", re.compile(r"[éèêàçœ]"), 1),
)
_OF_SCRIPT = {
    "arabic": ("ar", "fa-AF"),
    "cyrillic": ("uk", "ru"),
    "latin": ("de", "en", "tr", "pl", "ro", "vi", "fr"),
}
_SURE = 2


def detect(question: Question, own: str | None = None) -> str | None:
    """The launch language of a text; ``own`` where the text does not say clearly; None if it is no text.

    Returns ``own`` unchanged for a text in its own language (plain German for German, Dari for
    Persian), so that answering follows the person's choice.
    """
    text = question.text[:500]
    scripts = Counter({name: len(pattern.findall(text)) for name, pattern in _SCRIPTS})
    script, letters = scripts.most_common(1)[0]
    if not letters:
        return own
    candidates = _OF_SCRIPT.get(script)
    if candidates is None:
        return own
    votes = Counter(dict.fromkeys(candidates, 0))
    for code, count in question.votes.items():
        if code in votes:
            votes[code] += count
    for code, pattern, weight in _LETTERS:
        if code in votes and pattern.search(text):
            votes[code] += weight
    if own and _base(own) in votes:
        votes[_base(own)] += 1
    best, score = votes.most_common(1)[0]
    if own and _base(own) == best:
        return own
    if score >= _SURE or (len(candidates) == 2 and score):
        return best
    # A script alone decides against the person's own language, a word or two do not.
    if own and _base(own) in candidates:
        return own
    return candidates[0] if len(candidates) == 2 else own


def _base(code: str) -> str:
    return "de" if code == "de-x-leicht" else code
