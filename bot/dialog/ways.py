"""The ways a question may go: rules in their order, of which the first that has something to say says it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.dialog import asked_for, following
from bot.dialog.actions import (
    About,
    CampaignDistrict,
    ChooseTown,
    ListOffers,
    ListOrganisations,
    ShowEvents,
    ShowMenu,
    ShowTopics,
)
from bot.dialog.desk import Thread
from bot.dialog.found import Said, found, town_of
from bot.dialog.news_actions import ChooseFrequency
from bot.dialog.reply import Bold, Button, Reply
from bot.dialog.showing import asked_languages, name_of
from bot.dialog.turn import Turn
from bot.domain.places import Town
from bot.services.answering import Answer, Verdict
from bot.services.shelf import Holdings
from bot.understanding.following import Following
from bot.understanding.questions import Question


@dataclass(frozen=True, slots=True)
class _Case:
    """A question, and what is known around it."""

    turn: Turn
    holdings: Holdings
    answer: Answer
    thread: Thread
    """What was said before."""
    town: Town | None
    """Named by the question."""
    known: Town | None
    """That, or the one named before."""
    topics: Sequence[str]
    """Counselling topics that it may be about, likeliest first; see :func:`asked_for.topics_of`."""
    before: str
    """Languages wished before: until it is said what a question is about, they stay."""
    spoken: str
    """Languages wished now, or else before."""
    awaited: bool
    """Whether counselling was asked for, and its topic is still awaited."""

    @property
    def question(self) -> Question:
        """The words of the question, read."""
        return self.answer.question

    @property
    def asking(self) -> Following:
        """What only goes on with something is told by it."""
        return self.turn.desk.following

    @property
    def taken(self) -> Thread:
        """What the reply takes from before, and says so."""
        return Thread(town="" if self.town else self.thread.town, spoken=self.before)

    def keep_town(self, town: Town) -> None:
        """Remember the town for the next message."""
        self.turn.desk.threads.keep(self.turn.chat_id, self.turn.now, replace(self.thread, town=town.id))


async def say(turn: Turn, holdings: Holdings, answer: Answer, thread: Thread) -> Said:
    """What there is to say to a question, after what was said before."""
    question = answer.question
    town = town_of(turn, question)
    unsaid = thread.what in ("", About.COUNSELLING) and not thread.topic
    before = thread.spoken if unsaid and not question.spoken else ""
    case = _Case(
        turn=turn,
        holdings=holdings,
        answer=answer,
        thread=thread,
        town=town,
        known=town or turn.desk.gazetteer.town(thread.town),
        topics=asked_for.topics_of(turn, holdings, answer),
        before=before,
        spoken=asked_languages(question.spoken) or before,
        awaited=unsaid and thread.what == About.COUNSELLING,
    )
    for way in _WAYS:
        if (said := await way(case)) is not None:
            return said
    return await found(turn, holdings, answer, case.spoken)


async def _goes_on(case: _Case) -> Said | None:
    """With what was shown before: "and on Saturday?"."""
    turn = case.turn
    if (reply := await following.go_on(turn, case.question, case.town)) is None:
        return None
    after = turn.desk.threads.get(turn.chat_id, turn.now)
    asks_back = after.what in ("", About.COUNSELLING) and not after.town
    return Said(reply, None if asks_back else Verdict.ANSWER)


async def _names_a_town(case: _Case) -> Said | None:
    """And nothing else, or nothing that is understood."""
    turn, town, question = case.turn, case.town, case.question
    if town is None or question.topics or question.kinds or question.times:
        return None
    if case.thread.what == About.NEWS:
        return Said(await _news_for(case), None, complete=True)
    nothing_more = case.asking.goes_on(question) or not (question.rest and case.answer.entries)
    if not nothing_more or case.asking.asks_who_is_responsible(question):
        return None
    if case.awaited:
        return Said(await which_topic(turn, town, case.spoken), None)
    return Said(_town_only(turn, town, case.spoken), None)


async def _asks_who_is_responsible(case: _Case) -> Said | None:
    """The office of the district; which district is asked back."""
    from bot.dialog import responsible

    if not asked_for.is_about_responsibility(case.turn, case.question):
        return None
    topic_id = case.topics[0] if case.topics else ""
    if case.known is None:
        return Said(responsible.ask_district(case.turn, topic_id), None)
    case.keep_town(case.known)
    reply = await responsible.in_district(case.turn, topic_id, case.known.district)
    return Said(following.still(case.turn, reply, replace(case.taken, spoken="")))


async def _asks_for_events(case: _Case) -> Said | None:
    if not asked_for.asks_for_events(case.turn, case.answer, case.topics):
        return None
    return Said(await coming_events(case.turn, case.question))


async def _asks_for_organisations(case: _Case) -> Said | None:
    from bot.dialog import organisations

    if case.topics or not asked_for.asks_for_organisations(case.answer):
        return None
    return Said(await organisations.list_(case.turn, asked_for.organisations_of(case.answer, case.town)))


async def _names_a_campaign(case: _Case) -> Said | None:
    """In a town: "health card in Stralsund" differs by district, so the district's answer is the answer."""
    from bot.dialog import articles

    if case.town is None:
        return None
    campaign = asked_for.campaign_in(case.holdings, case.answer, case.town)
    if campaign is None:
        return None
    case.keep_town(case.town)
    action = CampaignDistrict(campaign.id, case.town.district)
    return Said(await articles.campaign_district(case.turn, action))


async def _asks_for_counselling(case: _Case) -> Said | None:
    """About a topic: the doors in a town, or which town."""
    from bot.dialog import counselling

    turn, topics, question = case.turn, case.topics, case.question
    if not topics or not asked_for.is_counselling(case.answer, topics[0], awaited=case.awaited):
        return None
    if case.known is not None:
        listed = ListOffers(topics[0], case.known.id, spoken=case.spoken)
        return Said(following.still(turn, await counselling.list_offers(turn, listed), case.taken))
    if topics[0] == asked_for.PROTECTION:  # the doors at once: most are for the whole state
        listed = ListOffers(topics[0], counselling.EVERYWHERE, spoken=case.spoken)
        return Said(await counselling.list_offers(turn, listed))
    entries = case.answer.entries
    if (
        entries
        and "offer" not in question.kinds
        and not asked_for.misses(case.holdings, entries[0], topics[0])
    ):
        return None
    where = ChooseTown(About.COUNSELLING, topics[0], language=case.spoken)
    return Said(await counselling.choose_town(turn, where), None)


async def _lacks_a_topic(case: _Case) -> Said | None:
    """Counselling is asked for, about nothing that is understood."""
    question = case.question
    nothing_more = case.asking.asks_for_counselling(question) or (
        case.awaited and case.asking.goes_on(question)
    )
    answered = question.rest and case.answer.verdict is Verdict.ANSWER
    if case.topics or not (nothing_more or ("offer" in question.kinds and not answered)):
        return None
    reply = await which_topic(case.turn, case.known, case.spoken)
    return Said(following.still(case.turn, reply, case.taken), None, complete=nothing_more)


_WAYS: tuple[Callable[[_Case], Awaitable[Said | None]], ...] = (
    _goes_on,
    _names_a_town,
    _asks_who_is_responsible,
    _asks_for_events,
    _asks_for_organisations,
    _names_a_campaign,
    _asks_for_counselling,
    _lacks_a_topic,
)


async def coming_events(turn: Turn, question: Question) -> Reply:
    """The events asked for: by time, town and language."""
    from bot.dialog import events

    town = town_of(turn, question)
    spoken = asked_languages(question.spoken)
    when = following.when_of(turn, question) or "all"
    return await events.show(turn, ShowEvents(when, town.id if town else "", spoken))


async def which_topic(turn: Turn, town: Town | None, spoken: str) -> Reply:
    """Counselling was asked for without saying about what."""
    from bot.dialog import counselling

    return await counselling.topics(turn, ShowTopics(town.id if town is not None else "", spoken))


def _town_only(turn: Turn, town: Town, spoken: str) -> Reply:
    """Just a town, with a language at most, and nothing was said before: what there is in it."""
    _ = turn.translator
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(town=town.id, spoken=spoken))
    buttons = (
        (Button(_("Find counselling"), ShowTopics(town.id, spoken)),),
        (
            Button(_("Associations"), ListOrganisations("town", town.id)),
            Button(_("Events"), ShowEvents("all", town.id, spoken)),
        ),
        (Button(_("Menu"), ShowMenu()),),
    )
    return Reply.of(Bold(name_of(turn, town)), "\n", _("What are you looking for there?"), buttons=buttons)


async def _news_for(case: _Case) -> Reply:
    """The place for which news is wanted: a town, or a whole district."""
    from bot.dialog import news

    towns, districts = case.question.towns, case.question.districts
    area = f"town:{towns[0].id}" if towns else f"district:{districts[0].id}"
    return await news.choose_frequency(case.turn, ChooseFrequency(case.thread.topic, area))
