"""From a message to an outcome: emergency, answer, choices or none. The main job.

Rules for emergencies come first; nothing here ever refuses: where nothing fits, the outcome is
``none`` and the dialog offers the topics.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.directory import Kind
from bot.domain.places import Gazetteer
from bot.services.shelf import Holdings
from bot.understanding.danger import Alarm, Watch
from bot.understanding.language import detect
from bot.understanding.questions import Question, Reader
from bot.understanding.search import Scored

ANSWER_FROM = 0.35
"""A score from which the best record is shown as the answer, if it is ahead of the next."""
CHOICE_FROM = 0.14
"""A score from which a record is worth a button."""
_AHEAD = 1.12
"""How much better than the second the first must be to be shown alone."""
SHOWN = 3


class Outcome(StrEnum):
    """What the dialog does with a message."""

    ANSWER = "answer"
    CHOICES = "choices"
    NONE = "none"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, and the records that answer it, best first."""

    outcome: Outcome
    language: str | None
    question: Question
    entries: tuple[Scored, ...] = ()
    alarm: Alarm | None = None


class Answering:
    """Answers messages: holds the emergency watch, the reader of questions and the gazetteer."""

    def __init__(self, watch: Watch, reader: Reader, gazetteer: Gazetteer) -> None:
        self.watch = watch
        self.reader = reader
        self.gazetteer = gazetteer

    def alarm(self, text: str, locale: str | None) -> Alarm | None:
        """The emergency in a text, by rules alone; None for ordinary texts."""
        return self.watch.look(text, locale) if text.strip() else None

    def answer(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        """Danger first, then :meth:`search`. Computing only, a few milliseconds."""
        alarm = self.alarm(text, locale)
        if alarm is None:
            return self.search(text, locale, holdings)
        question = self.reader.read(text)
        return Answer(Outcome.EMERGENCY, detect(question, locale), question, alarm=alarm)

    def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        """What answers a text in which :meth:`alarm` found no danger."""
        question = self.reader.read(text)
        language = detect(question, locale)
        if question.smalltalk:
            return Answer(Outcome.NONE, language, question)
        ranked = self._by_place(question, holdings.index.rank(question, limit=12), holdings)
        worth = tuple(found for found in ranked if found.score >= CHOICE_FROM)[:SHOWN]
        if not worth:
            return Answer(Outcome.NONE, language, question)
        clear = len(worth) == 1 or worth[0].score >= _AHEAD * worth[1].score
        if worth[0].score >= ANSWER_FROM and (clear or question.topics):
            return Answer(Outcome.ANSWER, language, question, worth)
        return Answer(Outcome.CHOICES, language, question, worth)

    def _by_place(self, question: Question, ranked: list[Scored], holdings: Holdings) -> list[Scored]:
        """Among offers for the topic asked, those that reach the town come first."""
        if not (question.topics and question.towns):
            return ranked
        fitting = holdings.offers(self.gazetteer, question.topics[0], question.towns[0])
        order = {hit.offer.key: number for number, hit in enumerate(fitting) if hit.reaches}
        scores = {found.key: found.score for found in ranked}
        offers = [found for found in ranked if found.key[0] is Kind.OFFER]
        top = max((found.score for found in offers), default=0.0)
        for found in offers:
            place = order.get(found.key, len(order))
            scores[found.key] = (
                min(1.0, top) - 0.02 * place if place < len(order) else min(found.score, top - 0.02 * place)
            )
        return sorted(
            (Scored(key, round(max(score, 0.0), 4)) for key, score in scores.items()),
            key=lambda s: (-s.score, order.get(s.key, len(order)) if s.key[0] is Kind.OFFER else 99, s.key),
        )
