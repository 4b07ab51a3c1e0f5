"""Whether a short message goes on with what was asked before, and whether it asks for who is responsible.

"And in Rostock?", "und am Samstag?", "بالعربي؟", "and for my wife?": a town, a time, a language or a person,
and otherwise little words. Such a message says only what changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.understanding.patterns import Patterns
from bot.understanding.questions import WEEKDAYS, Question

GROUPS = ("little", "persons", "responsible")
LONGEST = 8
"""Words of a message that goes on; a longer one stands for itself."""


class Following:
    """Knows the words; see ``bot/content/conversation/following.yaml``. Without any, nothing goes on."""

    def __init__(self, languages: Iterable[Mapping[str, Sequence[str]]] = ()) -> None:
        self._patterns = Patterns(
            (pattern, group) for language in languages for group in GROUPS for pattern in language[group]
        )

    def goes_on(self, question: Question, rest: Sequence[str]) -> bool:
        """Whether a question leans on the one before; ``rest`` as :meth:`Reader.rest` gives it."""
        if question.smalltalk or not 0 < len(question.words) <= LONGEST:
            return False
        if not self._all_in(rest, "little", "persons"):
            return False
        names = question.towns or question.districts or question.times or question.spoken
        return bool(names) or self._has(question, "persons")

    def weekday(self, question: Question, rest: Sequence[str]) -> int | None:
        """The day of the week, Monday being 0, where a message names one and nothing else."""
        others = question.towns or question.districts or question.spoken
        if others or len(question.words) > LONGEST or not self._all_in(rest, "little"):
            return None
        day = question.times[0] if len(question.times) == 1 else ""
        return WEEKDAYS.index(day) if day in WEEKDAYS else None

    def asks_who_is_responsible(self, question: Question) -> bool:
        """Whether the office of a place is asked for."""
        return self._has(question, "responsible")

    def _all_in(self, words: Sequence[str], *groups: str) -> bool:
        hits = [hit for hit in self._patterns.find(words) if hit.label in groups]
        return len({at for hit in hits for at in range(hit.start, hit.end)}) == len(words)

    def _has(self, question: Question, group: str) -> bool:
        return any(hit.label == group for hit in self._patterns.find(question.words))
