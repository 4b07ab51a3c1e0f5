"""What a question asks for: events, associations, a campaign, doors, who is responsible."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialog import following
from bot.dialog.actions import ListOrganisations
from bot.dialog.labels import COUNSELLING_TOPICS
from bot.dialog.showing import asked_languages
from bot.dialog.turn import Turn
from bot.domain.directory import Campaign, CounsellingOffer, Kind
from bot.domain.places import Town
from bot.services.answering import Answer, Verdict
from bot.services.shelf import Holdings
from bot.understanding.questions import Question
from bot.understanding.search import Scored

PROTECTION = "violence"
"""The topic of which nobody is asked anything before the doors are shown."""
_LIKELY = 0.15
"""From this score on a campaign among what was found is what the question is about."""
_BRIEF = 4
"""Words up to which a question says nothing by the way."""
_CLEAR = 0.6
"""From this score on an answer goes before a word that asks for events."""
_NAMED = 0.75
"""From this score on the question names the record itself (a glossary term, a title)."""
_SURE = 0.95
"""The same for an article, where a town is named."""


def asks_for_events(turn: Turn, answer: Answer, topics: Sequence[str]) -> bool:
    """Whether events are asked for: as such, or with a day alone, but not with a day beside what is nobody's
    business ("weather tomorrow")."""
    question = answer.question
    if "event" in question.kinds:
        return names_events(turn, answer)
    if not question.times or topics:
        return False
    if not question.rest or turn.desk.following.goes_on(question):
        return True
    return answer.entries[0].key[0] is Kind.EVENT if answer.entries else not answer.elsewhere


def names_events(turn: Turn, answer: Answer) -> bool:
    """Whether events are asked for as such: no day or town is named, and something else is a clear answer,
    where a word for them stands by the way ("who pays the class trip")."""
    question = answer.question
    first = answer.entries[0] if answer.entries and answer.verdict is Verdict.ANSWER else None
    if "event" not in question.kinds or first is None or len(question.words) <= _BRIEF:
        return "event" in question.kinds
    one = first.key[0] is Kind.ORGANISATION and first.score >= _NAMED and "organisation" in question.kinds
    clear = one or (first.score >= _CLEAR and first.key[0] not in (Kind.EVENT, Kind.ORGANISATION))
    return not clear or bool(question.towns or question.districts or following.when_of(turn, question))


def is_about_responsibility(turn: Turn, question: Question) -> bool:
    """ "Which office?", but not what a word means or how a campaign stands."""
    asks = turn.desk.following.asks_who_is_responsible(question)
    return asks and not {"glossary", "campaign", "event"} & set(question.kinds)


def asks_for_organisations(answer: Answer) -> bool:
    """Whether associations are asked for as such, in a place, of a language, or by what was found first.

    Not where an article is clearly it ("found an association"), or one association without a place.
    """
    question = answer.question
    first = answer.entries[0] if answer.entries else None
    found = first is not None and first.key[0] is Kind.ORGANISATION
    place = question.towns or question.districts
    if first is not None and first.score >= _CLEAR:
        sure = first.score >= _NAMED and not place
        if first.key[0] is Kind.ARTICLE or (found and sure):
            return False
    return "organisation" in question.kinds and bool(place or question.spoken or found)


def campaign_in(holdings: Holdings, answer: Answer, town: Town) -> Campaign | None:
    """A campaign among what was found whose status is known for the town's district."""
    likely = (entry.key for entry in answer.entries if entry.score >= _LIKELY)
    records = (holdings.directory.get(*key) for key in likely)
    return next(
        (one for one in records if isinstance(one, Campaign) and town.district in one.districts),
        None,
    )


def topics_of(turn: Turn, holdings: Holdings, answer: Answer) -> list[str]:
    """The topics of counselling that a question is about, the likeliest first.

    "Where can I sleep tonight with my children" names sleep; where it means a shelter, that comes first. Who
    needs somebody to interpret at the doctor's needs no other doctor, and who says beside something else that
    they know no German asks for no course.
    """
    question = answer.question
    topics = [id for id in question.topics if id in COUNSELLING_TOPICS]
    if "german" in topics and len(topics) > 1 and turn.desk.following.names_no_german(question):
        topics.remove("german")
        topics += ["interpreting"] * (topics[0] == "health" and "interpreting" not in topics)
    speaking = question.spoken or turn.desk.following.asks_for_own_language(question)
    if topics[:1] == ["health"] and "interpreting" in topics and not speaking:
        topics = ["interpreting", *(id for id in topics if id != "interpreting")]
    first = answer.entries[0] if answer.entries else None
    record = holdings.directory.get(*first.key) if first is not None and first.score >= _NAMED else None
    if topics and isinstance(record, CounsellingOffer) and record.topics == (PROTECTION,):
        return [PROTECTION, *(id for id in topics if id != PROTECTION)]
    return topics


def is_counselling(answer: Answer, topic: str, *, awaited: bool = False) -> bool:
    """Whether doors answer better than an article: help was asked for, or nothing was named.

    Who names a women's shelter looks for one, unless it is asked what that is. ``awaited``: the topic is
    what was asked back for.
    """
    if "glossary" in answer.question.kinds or "campaign" in answer.question.kinds:
        return False
    first = answer.entries[0] if answer.entries else None
    asked = awaited or "offer" in answer.question.kinds or topic == PROTECTION
    if first is not None and first.key[0] is Kind.EVENT and first.score >= _NAMED and topic != PROTECTION:
        return awaited  # "who helps with homework": it is on every week
    sure = _SURE if answer.question.towns else _NAMED  # who names a town looks for something there
    return asked or first is None or first.key[0] is Kind.OFFER or first.score < sure


def misses(holdings: Holdings, best: Scored, topic_id: str) -> bool:
    """Whether the best record is a door for something else: a line for sorrows knows no place to sleep."""
    first = holdings.directory.get(*best.key)
    if not isinstance(first, CounsellingOffer) or first.general or topic_id in first.topics:
        return False
    return first.hotline or best.score < _NAMED


def organisations_of(answer: Answer, town: Town | None) -> ListOrganisations:
    """The list of associations that is asked for."""
    if town is not None:
        return ListOrganisations("town", town.id)
    if answer.question.spoken:
        return ListOrganisations("lang", asked_languages(answer.question.spoken))
    if answer.question.topics:
        return ListOrganisations("topic", answer.question.topics[0])
    return ListOrganisations("all")
