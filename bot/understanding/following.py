"""Whether a short message goes on with what was asked before, asks for who is responsible, or for trust.

"And in Rostock?", "und am Samstag?", "بالعربي؟", "and for my wife?": a town, a time, a language or a person,
and otherwise little words. Such a message says only what changes. "When is it open?", "phone?", "I am 25"
ask about what was shown, or narrow it down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.locales import LOCALES
from bot.understanding.patterns import Hit, Patterns
from bot.understanding.questions import WEEKDAYS, Question
from bot.understanding.words import tokens

DETAILS = ("hours", "cost", "phone", "way", "childcare")
"""What is asked about the doors, or the events, just shown."""
_NARROWING = ("little", "persons")
_ASKING = (*_NARROWING, "asking", *DETAILS, "mine", "age", "people")
_LOOKING = ("little", "looking", "counselling")
_WISHING = ("little", "wish", "again", "german", "plain")
_TELLING = (*_NARROWING, "asking", "again", "telling", "told", "whom")
_AMOUNTS = ("little", "asking", "amounts", "cost")
_REFUSING = ("little", "asking", "again", "wish", "unhelpful")
GROUPS = (
    *_ASKING,
    *_WISHING[1:],
    *("unwished", "counselling", "looking", "helping", "responsible", "trust"),
    *("unhelpful", "entitled", "amounts", "telling", "told", "whom"),
)
LONGEST = 8
"""Words of a message that goes on; a longer one stands for itself."""
_LONGEST_ASKING = 10
"""The same of one that asks on about what was shown: a Vietnamese word is written as several."""
_LONGEST_TRUST = 12
_NAMED_ALONE = 2
"""Words up to which the name of a language needs no other word to be a wish."""
_TINY = 2
"""Letters up to which a word tells nothing beside the wish for counselling ("y a-t-il")."""
_AGES = range(1, 100)
_FIGURES = 2
"""Digits of a number that alone asks nothing; longer ones are postal codes and telephone numbers."""
_LONGEST_CLAIM = 12
_GERMAN = ("de", "de-x-leicht")
_NAMES = {tuple(tokens(locale.name)): locale.code for locale in LOCALES}


class Following:
    """Knows the words; see ``bot/content/conversation/following.yaml``. Without any, nothing goes on."""

    def __init__(self, languages: Iterable[Mapping[str, Sequence[str]]] = ()) -> None:
        self._patterns = Patterns(
            (pattern, group) for language in languages for group in GROUPS for pattern in language[group]
        )

    def goes_on(self, question: Question) -> bool:
        """Whether a question leans on the one before."""
        if question.smalltalk or not self._knows_all(question, question.rest, _NARROWING):
            return False
        names = question.towns or question.districts or question.times or question.spoken
        return bool(names) or self._has(question, "persons")

    def asks_who_speaks(self, question: Question) -> bool:
        """Whether, of what was shown before, those are asked for who speak a language, or the asker's own."""
        named = question.spoken or self.asks_for_own_language(question)
        return bool(named) and not question.worded and self._asks_on(question)

    def asks_for_own_language(self, question: Question) -> bool:
        """Whether somebody is looked for who speaks the asker's language."""
        return self._has(question, "mine")

    def wished(self, question: Question) -> str:
        """The language that a message names and wishes for ("English please", "Almanca"), or empty."""
        named = self.named(question)
        asks = self._has(question, "again") or self._has(question, "wish")
        alone = len(question.words) <= _NAMED_ALONE or question.words in _NAMES
        return named if asks or alone or named in _GERMAN else ""

    def named(self, question: Question) -> str:
        """The language that a message names and nothing else, not as that of somebody ("and in Turkish")."""
        if own := _NAMES.get(question.words):
            return own
        again = self._has(question, "again")
        kinds = set(question.kinds) - ({"glossary"} if again else set())  # "explain it in ..."
        if question.towns or question.districts or question.times or kinds:
            return ""
        if not self._knows_all(question, question.rest, _WISHING):
            return ""
        little = {
            (hit.start, hit.end) for hit in self._hits(question, question.words) if hit.label == "little"
        }
        refused = any(
            hit.label == "unwished"
            and (hit.start, hit.end) not in little  # a Russian "ne" is an Albanian "in"
            for hit in self._hits(question, question.words)
        )
        if refused or self._has(question, "people"):
            return ""
        if self._has(question, "plain"):
            return "de-x-leicht"
        if self._has(question, "german"):
            return "de"
        return next(iter(question.spoken), "")

    def wished_again(self, question: Question) -> bool:
        """Whether the last answer is wished for once more, in another language ("say it in English")."""
        return bool(self.wished(question)) and self._has(question, "again")

    def lacks_german(self, question: Question) -> bool:
        """Whether somebody says that they know no German, and nothing else."""
        all_of_it = self._knows_all(question, question.rest, (*_WISHING, "unwished"))
        return all_of_it and self.names_no_german(question)

    def names_no_german(self, question: Question) -> bool:
        """Whether somebody says, beside other things, that they or others know no German."""
        return self._has(question, "german") and self._has(question, "unwished")

    def says_nothing(self, question: Question) -> bool:
        """Whether a message has nothing but little words and names, or no word at all."""
        return not question.words or self._knows_all(question, question.rest, ("little",))

    def asks_for_counselling(self, question: Question) -> bool:
        """Whether somebody looks for counselling, maybe in a town or a language, and says not about what."""
        if question.smalltalk or question.times or not {*question.kinds} <= {"offer"}:
            return False
        telling = [word for word in question.rest if len(word) > _TINY]
        return self._has(question, "counselling") and self._knows(question, telling, _LOOKING)

    def asks_for_a_hand(self, question: Question) -> bool:
        """Whether somebody asks calmly if they can be helped, and says nothing more."""
        return (
            "!" not in question.text
            and self._has(question, "helping")
            and self._knows_all(question, question.rest, ("helping", *_LOOKING))
        )

    def detail(self, question: Question) -> str:
        """Which of :data:`DETAILS` is asked for of what was shown before; empty for none."""
        if not self._asks_on(question) or (question.spoken and self._has(question, "people")):
            return ""
        asked = [detail for detail in DETAILS if self._has(question, detail)]
        if "phone" in asked and "cost" in asked:  # "how much is your number", in many languages
            asked.remove("cost")
        return asked[0] if asked else ""

    def age(self, question: Question) -> int | None:
        """The age that a message tells, and nothing else ("I am 25")."""
        numbers = [int(word) for word in question.rest if word.isdecimal()]
        others = [word for word in question.rest if not word.isdecimal()]
        if len(numbers) != 1 or numbers[0] not in _AGES or question.times or question.towns:
            return None
        told = self._has(question, "age") and self._knows_all(question, others, _ASKING)
        asks = any(self._has(question, detail) for detail in DETAILS)  # "is it open at 5"
        return numbers[0] if told and not asks else None

    def is_number(self, question: Question) -> bool:
        """Whether a message is a short number alone, which asks nothing."""
        return len(question.words) == 1 and all(
            word.isdecimal() and len(word) <= _FIGURES for word in question.words
        )

    def says_it_did_not_help(self, question: Question) -> bool:
        """Whether a message says of an answer that it was not what was looked for, and nothing else."""
        if question.towns or question.districts or question.spoken:
            return False
        return self._has(question, "unhelpful") and self._knows_all(question, question.rest, _REFUSING)

    def claims(self, question: Question) -> bool:
        """Whether somebody asks if what was explained is for them too ("do I get it if I work part-time"), or
        how much it is and how long it takes, and nothing else."""
        if len(question.words) > _LONGEST_CLAIM:
            return False
        amounts = self._has(question, "amounts") and self._knows(question, question.rest, _AMOUNTS)
        return amounts or self._has(question, "entitled")

    def asks_whether_they_tell(self, question: Question) -> bool:
        """Whether somebody fears that others, where help is, tell an authority, a boss or a husband of it."""
        if not 0 < len(question.words) <= _LONGEST_TRUST or question.spoken or question.towns:
            return False
        if not self._has(question, "telling"):
            return False
        whom = self._has(question, "whom") or self._has(question, "persons")
        return whom and self._knows(question, question.rest, _TELLING)

    def asks_whether_it_tells(self, question: Question) -> bool:
        """Whether somebody fears to be betrayed here: to the police, to an authority, to who reads along."""
        return len(question.words) <= _LONGEST_TRUST and self._has(question, "trust")

    def besides_trust(self, question: Question) -> str:
        """What a message says besides what :meth:`asks_whether_it_tells` is about, as it was written."""
        hits = self._hits(question, question.words)
        asked = {at for hit in hits if hit.label == "trust" for at in range(hit.start, hit.end)}
        around = {at for hit in hits if hit.label == "asking" for at in range(hit.start, hit.end)}
        for at in range(len(question.words) - 1, 0, -1):  # "do" you tell, "is" this anonymous
            if at in asked and at - 1 in around:
                asked.add(at - 1)
        besides, at = [], 0
        for piece in question.text.split():
            end = at + len(tokens(piece))
            if asked.isdisjoint(range(at, end)):
                besides.append(piece)
            at = end
        return " ".join(besides)

    def weekday(self, question: Question) -> int | None:
        """The day of the week, Monday being 0, where a message names one and nothing else."""
        if question.towns or question.districts or question.spoken or len(question.times) != 1:
            return None
        day = question.times[0]
        return (
            WEEKDAYS.index(day)
            if day in WEEKDAYS and self._knows_all(question, question.rest, ("little",))
            else None
        )

    def asks_who_is_responsible(self, question: Question) -> bool:
        """Whether the office of a place is asked for."""
        return self._has(question, "responsible")

    def _asks_on(self, question: Question) -> bool:
        """Whether a short message has no word but those of questions about what was shown."""
        return 0 < len(question.words) <= _LONGEST_ASKING and self._knows(question, question.rest, _ASKING)

    def _knows_all(self, question: Question, rest: Sequence[str], groups: Sequence[str]) -> bool:
        """Whether a short message has no word but those of some groups."""
        return 0 < len(question.words) <= LONGEST and self._knows(question, rest, groups)

    def _knows(self, question: Question, rest: Sequence[str], groups: Sequence[str]) -> bool:
        """Whether a message, however long, has no word but those of some groups."""
        known = {
            word
            for words in (question.words, tuple(rest))
            for hit in self._hits(question, words)
            if hit.label in groups
            for word in words[hit.start : hit.end]
        }
        return known.issuperset(rest)

    def _has(self, question: Question, group: str) -> bool:
        return any(hit.label == group for hit in self._hits(question, question.words))

    def _hits(self, question: Question, words: tuple[str, ...]) -> Sequence[Hit[str]]:
        """What stands in some words of a question, which is looked for once."""
        found = question.heard.get((self, words))
        if found is None:
            found = question.heard[self, words] = self._patterns.find(words)
        return found
