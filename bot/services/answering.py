"""From a message to an outcome: answer, choices or none. The main job.

Whoever calls asks for an emergency first (:meth:`Answering.alarm`). Nothing here ever refuses: where nothing
fits, the outcome is ``none`` and the dialog offers the topics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from bot.domain.directory import Kind
from bot.domain.places import Gazetteer
from bot.services.meaning import Meaning
from bot.services.shelf import Holdings
from bot.understanding.danger import Alarm, Watch
from bot.understanding.embedding import Vectors, essence
from bot.understanding.language import Detected, detect, without_foreign_days
from bot.understanding.lexicon import Danger
from bot.understanding.patterns import Patterns
from bot.understanding.questions import POLITE, Question, Reader
from bot.understanding.ranking import Sense
from bot.understanding.search import Scored
from bot.understanding.teaching import NONE, SMALLTALK, Languages, Teaching, spelled

ANSWER_FROM = 0.35
"""A score from which the best record is shown as the answer, if it is ahead of the next."""
CHOICE_FROM = 0.14
"""A score from which a record is worth a button."""
_AHEAD = 1.12
"""How much better than the second the first must be to be shown alone."""
SHOWN = 3
_LIKELY, _CERTAIN = 0.4, 0.5
"""Probabilities from which a topic is taken for meant, and small talk for nothing else."""
_UNLIKELY = 0.03
"""Probability up to which a topic is not meant, though a word names it."""
_GUESSED = 0.2
"""Probability from which a topic is worth telling the office as a guess; below, most are wrong."""
_HARDLY = 4
"""Words up to which a message with a town, a day or a language is a follow-up."""
TELLING = 4
"""Words that a message has at least which can sound like danger: shorter cries are for the rules, which know
them, and what a need of one or two words ("homeless") sounds like is chance."""
_FIGURE = 7
"""Words up to which a message with a figure of speech says nothing else."""
_MENU: Mapping[str, str] = {
    "asylum": "residence",
    "jobs": "work",
    "founding": "network",
    "project": "network",
}
"""Topics that are told apart when questions are understood, under which the menu lists them."""
_KINDS = frozenset(("event", "organisation", "campaign", "glossary"))
"""Topics that say what kind of thing is asked for."""


class Verdict(StrEnum):
    """What the dialog does with a message."""

    ANSWER = "answer"
    CHOICES = "choices"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, and the records that answer it, best first."""

    verdict: Verdict
    language: str | None
    question: Question
    entries: tuple[Scored, ...] = ()
    alarm: Alarm | None = None
    """Suspected only: its card goes above the answer."""
    wording: str = ""
    """The question as its meaning was looked for: shortened, and in the alphabet of its language."""
    vector: Vectors | None = field(default=None, compare=False, repr=False)
    """That of ``wording``, shape (size,), as it was computed; None where words alone decided."""
    guess: str = ""
    """Where no topic was understood: the topic, or the kind of thing, that it may be about."""
    elsewhere: bool = False
    """Whether what it is most likely about is nobody's business here, or small talk."""


class Answering:
    """Answers messages: holds the emergency watch, the reader of questions, and the sense of them.

    Without ``meaning`` (no model on this machine) words alone decide.
    """

    def __init__(
        self,
        watch: Watch,
        reader: Reader,
        gazetteer: Gazetteer,
        languages: Languages,
        meaning: Meaning | None = None,
        figures: Patterns[str] | None = None,
    ) -> None:
        self.watch = watch
        self.reader = reader
        self.gazetteer = gazetteer
        self.languages = languages
        self.meaning = meaning
        self._figures = figures or Patterns[str](())
        self.named_in = lru_cache(maxsize=1000)(self._named_in)
        """The languages, as codes, that a text of an entry names: there are few such texts."""

    def alarm(self, text: str, locale: str | None) -> Alarm | None:
        """The emergency in a text, by rules alone; None for ordinary texts."""
        return self.watch.look(text, locale) if text.strip() else None

    def _named_in(self, text: str) -> tuple[str, ...]:
        return self.reader.read(text).spoken

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        """What answers a text in which :meth:`alarm` found no danger."""
        question = self.reader.read(text)
        detected = detect(question, self.languages, locale)
        question = without_foreign_days(question, self.languages)
        wording = _wording(question, detected)
        sense, vector = await self._sense(wording, detected, holdings.index.teaching)
        if sense is None:
            answer = self._by_words(question, detected.language, holdings)
        else:
            answer = self._by_meaning(question, detected.language, sense, holdings)
        return replace(
            answer,
            wording=wording,
            vector=vector,
            guess=guess(answer.question, sense),
            elsewhere=sense is not None and sense.elsewhere,
        )

    async def find(self, text: str, locale: str | None, holdings: Holdings, limit: int) -> Sequence[Scored]:
        """The records that a text means, for lists that one chooses from."""
        question = self.reader.read(text)
        detected = detect(question, self.languages, locale)
        sense, _ = await self._sense(_wording(question, detected), detected, holdings.index.teaching)
        return holdings.index.rank(question, sense, limit).entries

    async def _sense(
        self, wording: str, detected: Detected, teaching: Teaching | None
    ) -> tuple[Sense, Vectors] | tuple[None, None]:
        """What a question means, and its vector."""
        if self.meaning is None or teaching is None or not any(map(str.isalpha, wording)):
            return None, None
        vector = await self.meaning.question(wording)
        if vector is None:
            return None, None
        return Sense.of(teaching, wording, vector, detected.written), vector

    def _by_words(self, question: Question, language: str | None, holdings: Holdings) -> Answer:
        if question.smalltalk:
            return Answer(Verdict.NONE, language, question)
        ranked = self._by_place(question, list(holdings.index.rank(question).entries), holdings)
        worth = tuple(found for found in ranked if found.score >= CHOICE_FROM)[:SHOWN]
        if not worth:
            return Answer(Verdict.NONE, language, question)
        clear = len(worth) == 1 or worth[0].score >= _AHEAD * worth[1].score
        if worth[0].score >= ANSWER_FROM and (clear or question.topics):
            return Answer(Verdict.ANSWER, language, question, worth)
        return Answer(Verdict.CHOICES, language, question, worth)

    def _by_meaning(
        self, question: Question, language: str | None, sense: Sense, holdings: Holdings
    ) -> Answer:
        assert holdings.index.teaching is not None  # noqa: S101 (there is a sense)
        blend = holdings.index.teaching.blend
        calm = self.reader.says_nothing(question)
        harmless = calm or len(question.words) < TELLING or self._is_figure(question)
        alarm = None if harmless else self._suspected(sense, holdings.index.teaching, language)
        question = question if calm else understood(question, sense)
        if question.smalltalk:
            return Answer(Verdict.NONE, language, question, alarm=alarm)
        ranking = holdings.index.rank(question, sense)
        best = ranking.entries[:SHOWN]
        worth = tuple(found for found in best if found.score >= blend.choice_from)
        if not worth or blend.away(ranking.none, best[0].score, sense.elsewhere):
            return Answer(Verdict.NONE, language, question, alarm=alarm)
        if best[0].score >= blend.answer_from and ranking.none < blend.none_below:
            return Answer(Verdict.ANSWER, language, question, best, alarm)
        return Answer(Verdict.CHOICES, language, question, worth, alarm)

    def _is_figure(self, question: Question) -> bool:
        """Whether a short message is a figure of speech that only sounds like danger ("dying of boredom")."""
        return len(question.words) <= _FIGURE and bool(self._figures.find(question.words))

    @staticmethod
    def _suspected(sense: Sense, teaching: Teaching, language: str | None) -> Alarm | None:
        """Danger that no rule found but the words sound like: its card goes above the normal answer."""
        danger, probability = teaching.alarm(sense.centred)
        if probability < teaching.blend.alarm_from:
            return None
        return Alarm(Danger(danger), language or "de")

    def _by_place(self, question: Question, ranked: list[Scored], holdings: Holdings) -> list[Scored]:
        """Among offers for the topic asked, those that reach the town come first."""
        if not (question.topics and question.towns):
            return ranked
        fitting = holdings.offers(self.gazetteer, question.topics[0], question.towns[0])
        order = {hit.offer.key: number for number, hit in enumerate(fitting) if hit.reaches}
        scores = {found.key: found.score for found in ranked}
        offers = [found for found in ranked if found.key[0] is Kind.OFFER]
        top = max((found.score for found in offers), default=0.0)
        # From the best score on, 0.02 less for each place: the order of the list shows, and what does not
        # reach the town stays below it, without falling far behind other records.
        for found in offers:
            place = order.get(found.key, len(order))
            scores[found.key] = (
                min(1.0, top) - 0.02 * place if place < len(order) else min(found.score, top - 0.02 * place)
            )
        # At the same score what is no offer (99) comes behind all offers that reach the town.
        return sorted(
            (Scored(key, round(max(score, 0.0), 4)) for key, score in scores.items()),
            key=lambda s: (-s.score, order.get(s.key, len(order)) if s.key[0] is Kind.OFFER else 99, s.key),
        )


def _wording(question: Question, detected: Detected) -> str:
    return spelled(essence(question.text), detected.written)


def understood(question: Question, sense: Sense) -> Question:
    """The question with the topics that its meaning adds to those of its words, the likeliest first.

    A word that names a topic which the whole is hardly about ("a letter from the job centre") says nothing,
    and neither does a greeting before what is no greeting; but several words together say what it is about
    where it sounds like nothing that is known.
    What is hardly more than a town, a day or a language goes on with what was asked before.
    """
    if len(question.words) <= _HARDLY and (question.towns or question.times or question.spoken):
        return question
    likely = [topic for topic, probability in sense.likeliest if probability >= _LIKELY]
    smalltalk = question.smalltalk
    certain = likely and likely[0] in SMALLTALK and sense.probability(likely[0]) >= _CERTAIN
    if certain and question.empty and not (smalltalk in POLITE and likely[0] in POLITE):
        smalltalk = likely[0]
    elif smalltalk in POLITE and sense.likeliest[0][0] not in SMALLTALK:
        smalltalk = None
    topics = [_MENU.get(topic, topic) for topic in likely if topic not in (NONE, *SMALLTALK, *_KINDS)]
    kinds = [topic for topic in likely if topic in _KINDS]
    unknown = not (topics or kinds)
    said = (one for one in question.topics if (unknown and one in question.phrased) or _may_be(one, sense))
    return replace(
        question,
        topics=tuple(dict.fromkeys((*topics, *said))),
        kinds=tuple(dict.fromkeys((*question.kinds, *kinds))),
        smalltalk=smalltalk,
    )


def guess(question: Question, sense: Sense | None) -> str:
    """What a question without a topic may be about: what it sounds like, or else the kind that a word names.

    Nothing is answered by it: it tells the office what people missed. Empty where even that is unclear.
    """
    if question.topics or question.smalltalk:
        return ""
    kinds = (kind for kind in question.kinds if kind in _KINDS)
    likely = (
        _MENU.get(topic, topic)
        for topic, probability in (sense.likeliest if sense is not None else ())
        if probability >= _GUESSED and topic not in (NONE, *SMALLTALK)
    )
    return next(likely, next(kinds, ""))


def _may_be(topic: str, sense: Sense) -> bool:
    """Whether a topic of the menu may be meant; what was never taught always may."""
    parts = [part for part in sense.topics if _MENU.get(part, part) == topic]
    return not parts or sum(map(sense.probability, parts)) > _UNLIKELY
