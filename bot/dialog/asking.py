"""Free text: the question is answered, or narrowed down, and never refused flatly."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog.actions import (
    CampaignDistrict,
    ChooseFrequency,
    ChooseLanguage,
    ChooseTown,
    ListOffers,
    ListOrganisations,
    ShowEvents,
    ShowMenu,
    ShowTopics,
)
from bot.dialog.cards import card, open_action
from bot.dialog.desk import Thread
from bot.dialog.guide import menu_message
from bot.dialog.labels import COUNSELLING_TOPICS, topic
from bot.dialog.reply import SILENCE, Bold, Button, Italic, Line, Message, Reply, Rows, lines
from bot.dialog.showing import Reading, form, name_of, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Article, Campaign, Event, Kind
from bot.domain.locales import find
from bot.domain.places import Town
from bot.services.answering import Answer, Outcome
from bot.services.browsing import spoken_as
from bot.services.shelf import Holdings
from bot.translation import translator
from bot.understanding.questions import Question


async def ask(turn: Turn) -> Reply:
    """Answer a message in one's own words."""
    if turn.forwarded:
        from bot.dialog import attachments

        return await attachments.forwarded(turn)
    if not turn.text.strip():
        return SILENCE
    from bot.dialog import articles, counselling, groups, organisations, privacy, replying

    if turn.text.strip() == organisations.no_location(turn):
        return await organisations.without_location(turn)

    holdings = await turn.desk.shelf.holdings()
    answer = turn.desk.answering.search(turn.text, turn.locale.code, holdings)
    turn, offer = _in_language(turn, answer)
    if not turn.private:
        return await groups.answer(turn, answer)
    question = answer.question
    if question.smalltalk in ("mydata", "forget"):
        return await privacy.my_data(turn) if question.smalltalk == "mydata" else await privacy.privacy(turn)
    if (reply := await replying.in_context(turn, answer)) is not None:
        return _with(offer, reply)
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    town = _town(turn, question)
    if town is not None and not (question.topics or question.kinds or question.times):
        if thread.what == "n":
            return _with(offer, await _news_for(turn, question, thread))
        return _with(offer, await _town_only(turn, town, thread))
    topics = [id for id in question.topics if id in COUNSELLING_TOPICS]
    if "event" in question.kinds or (question.times and not topics):
        return _with(offer, await coming_events(turn, question))
    first = answer.entries[0].key[0] if answer.entries else None
    if (
        "organisation" in question.kinds
        and not topics
        and (town or question.spoken or first is Kind.ORGANISATION)
    ):
        return _with(offer, await organisations.list_(turn, _organisations(answer, town)))
    if topics and _is_counselling(answer):
        known = town or turn.desk.gazetteer.town(thread.town)
        if known is not None:
            return _with(offer, _doors(turn, holdings, answer, topics[0], known))
        if answer.outcome is not Outcome.ANSWER or "offer" in question.kinds:
            return _with(offer, await counselling.ask_town(turn, "c", topics[0]))
    if "offer" in question.kinds and not topics:
        return _with(offer, await _which_topic(turn, answer, town))
    campaign = _campaign_in(holdings, answer, town)
    if campaign is not None and town is not None:
        # "Health card in Stralsund": it differs by district, so the district's answer is the answer.
        action = CampaignDistrict(campaign.id, town.district)
        return _with(offer, await articles.campaign_district(turn, action))
    return _with(offer, await _found(turn, holdings, answer))


def _campaign_in(holdings: Holdings, answer: Answer, town: Town | None) -> Campaign | None:
    """A campaign among what was found whose status is known for the town's district."""
    records = (holdings.directory.get(*entry.key) for entry in answer.entries)
    return next(
        (
            one
            for one in records
            if isinstance(one, Campaign) and town is not None and town.district in one.districts
        ),
        None,
    )


def _town(turn: Turn, question: Question) -> Town | None:
    """The town asked for; of a district its largest town."""
    if question.towns:
        return question.towns[0]
    for district in question.districts:
        inside = [town for town in turn.desk.gazetteer.towns if town.district == district.id]
        if inside:
            return max(inside, key=lambda town: town.population)
    return None


def _is_counselling(answer: Answer) -> bool:
    """Whether doors answer better than an article: help was asked for, or nothing was named."""
    if "glossary" in answer.question.kinds or "campaign" in answer.question.kinds:
        return False
    first = answer.entries[0] if answer.entries else None
    asked = "offer" in answer.question.kinds
    return asked or first is None or first.key[0] is Kind.OFFER or first.score < _NAMED


_NAMED = 0.6
"""From this score on the question names the record itself (a glossary term, a title)."""


def _in_language(turn: Turn, answer: Answer) -> tuple[Turn, Message | None]:
    """Answer in the language of the message; offer to keep it where it is not the chosen one."""
    locale = find(answer.language)
    if locale is None or locale == turn.locale:
        return turn, None
    written = replace(turn, locale=locale, translator=translator(locale))
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    if turn.recipient is None or not turn.private or thread.offered == locale.code:
        return written, None
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, offered=locale.code))
    buttons = ((Button(locale.name, ChooseLanguage(locale.code)),),)
    text = written.translator("Shall I always speak this language with you?")
    return written, Message((text,), buttons, replaces=False, silent=True)


def _with(offer: Message | None, reply: Reply) -> Reply:
    return replace(reply, messages=(*reply.messages, offer)) if offer else reply


def _when(times: tuple[str, ...]) -> str:
    for time in times:
        if time in ("today", "tomorrow", "weekend", "week"):
            return time
        if time == "evening":
            return "today"
        if time.endswith("day"):
            return time
    return "all"


def _organisations(answer: Answer, town: Town | None) -> ListOrganisations:
    if town is not None:
        return ListOrganisations("town", town.id)
    if answer.question.spoken:
        return ListOrganisations("lang", answer.question.spoken[0])
    if answer.question.topics:
        return ListOrganisations("topic", answer.question.topics[0])
    return ListOrganisations("all")


async def coming_events(turn: Turn, question: Question) -> Reply:
    """The events asked for: by time, town and language."""
    from bot.dialog import events

    town = _town(turn, question)
    spoken = question.spoken[0] if question.spoken else ""
    return await events.show(turn, ShowEvents(_when(question.times), town.id if town else "", spoken))


async def _town_only(turn: Turn, town: Town, thread: Thread) -> Reply:
    """Just a town: the answer to "where do you live?", or what there is in that town."""
    from bot.dialog import counselling, events, organisations

    if thread.topic in COUNSELLING_TOPICS:
        return await counselling.list_offers(turn, ListOffers(thread.topic, town.id))
    if thread.what == "e":
        return await events.show(turn, ShowEvents("all", town.id))
    if thread.what == "g":
        return await organisations.list_(turn, ListOrganisations("town", town.id))
    _ = turn.translator
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, town=town.id))
    buttons = (
        (Button(_("Find counselling"), ShowTopics()),),
        (
            Button(_("Associations"), ListOrganisations("town", town.id)),
            Button(_("Events"), ShowEvents("all", town.id)),
        ),
        (Button(_("Menu"), ShowMenu()),),
    )
    return Reply.of(Bold(name_of(turn, town)), "\n", _("What are you looking for there?"), buttons=buttons)


async def _news_for(turn: Turn, question: Question, thread: Thread) -> Reply:
    """The place for which news is wanted: a town, or a whole district."""
    from bot.dialog import news

    area = f"town:{question.towns[0].id}" if question.towns else f"district:{question.districts[0].id}"
    return await news.choose_frequency(turn, ChooseFrequency(thread.topic, area))


async def _which_topic(turn: Turn, answer: Answer, town: Town | None) -> Reply:
    """Counselling was asked for without saying about what."""
    from bot.dialog import counselling

    if town is None:
        reply = await counselling.topics(turn)
        message = reply.messages[0]
        if answer.question.spoken:
            names = form(turn).languages(answer.question.spoken)
            line = turn.translator("Counselling in these languages: {languages}", languages=names)
            message = replace(message, text=lines(line, *(span for span in message.text)))
        return Reply((message,))
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(town=town.id, what="c"))
    _ = turn.translator
    from bot.dialog.showing import button_rows

    buttons = button_rows([Button(topic(id, _), ListOffers(id, town.id)) for id in COUNSELLING_TOPICS])
    text = lines(Bold(name_of(turn, town)), _("What is it about?"))
    return Reply(
        (
            Message(
                text, (*buttons, (Button(_("Menu"), ShowMenu()), Button(_("Other town"), ChooseTown("c"))))
            ),
        )
    )


def _doors(turn: Turn, holdings: Holdings, answer: Answer, topic_id: str, town: Town) -> Reply:
    """Topic and town are known: the doors, those that speak the language asked for first."""
    from bot.dialog.counselling import offers_message

    _ = turn.translator
    action = ListOffers(topic_id, town.id)
    hits = holdings.offers(turn.desk.gazetteer, topic_id, town)
    spoken = {code for language in answer.question.spoken for code in spoken_as(language)}
    opening: list[Line] = []
    if spoken:
        hits.sort(key=lambda hit: not spoken & {*hit.offer.languages, *hit.offer.interpreters})
        if not any(spoken & {*hit.offer.languages, *hit.offer.interpreters} for hit in hits):
            names = form(turn).languages(answer.question.spoken)
            opening = [
                _("My list does not say who speaks {languages}. Ask for an interpreter.", languages=names),
                "",
            ]
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topic_id, town=town.id))
    return Reply((offers_message(turn, holdings.directory, action, town, hits, *opening),))


async def _found(turn: Turn, holdings: Holdings, answer: Answer) -> Reply:
    """The best record with two alternatives, three choices, or the menu with a friendly word."""
    _ = turn.translator
    if answer.outcome is Outcome.NONE:
        return Reply((menu_message(turn, *_opening(turn, answer)),))
    reading = Reading(turn)
    records = [
        record for found in answer.entries if (record := holdings.directory.get(*found.key)) is not None
    ]
    topics = [id for id in answer.question.topics if id in COUNSELLING_TOPICS]
    elsewhere: Rows = ()
    if topics:
        # A town written next narrows this down.
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topics[0]))
        elsewhere = ((Button(_("Counselling in my town"), ChooseTown("c", topics[0])),),)
    if answer.outcome is Outcome.ANSWER and not isinstance(records[0], Event):
        shown = card(turn, records[0], quoted=await _quoted(turn, records[0], answer))
        others = tuple(
            (Button(shorten(reading.name(record.title), 50), open_action(record)),) for record in records[1:]
        )
        rows = (*shown.buttons[:-1], *elsewhere, *others, (Button(_("Menu"), ShowMenu()),))
        return Reply((replace(shown, buttons=rows),))
    single = len(records) == 1
    text: list[Line] = [Bold(_("Did you mean this?") if single else _("Did you mean one of these?"))]
    rows = tuple(
        (Button(shorten(reading.name(record.title), 50), open_action(record)),) for record in records
    )
    text += [f"• {reading.text(record.title)}" for record in records]
    if marks := list(reading.marks()):
        text += ["", *marks]
    none = (Button(_("No, something else") if single else _("None of these"), ShowTopics()),)
    return Reply((Message(lines(*text), (*rows, *elsewhere, none, (Button(_("Menu"), ShowMenu()),))),))


async def _quoted(turn: Turn, record: AnyRecord, answer: Answer) -> tuple[str, ...]:
    """The lines of a long article that answer; none where it is short, or where that cannot be told."""
    quoting = turn.desk.quoting
    text = record.body.localize(turn.locale) if isinstance(record, Article) else None
    if quoting is None or text is None or len(text.text) <= _QUOTED_FROM:
        return ()
    title = record.title.localize(turn.locale)
    language = answer.language or turn.locale.code
    return await quoting.quote(turn.text, language, title.text if title else "", text.text, text.locale)


_QUOTED_FROM = 600
"""Characters from which an article is answered with by some of its lines."""


def _opening(turn: Turn, answer: Answer) -> list[Line]:
    _ = turn.translator
    match answer.question.smalltalk:
        case "greeting":
            return [
                Bold(_("Hello!")),
                _("Choose, or just write your question in your own words, in your language."),
            ]
        case "thanks":
            return [_("You are welcome. Is there anything else?")]
        case "who":
            return [
                Bold(_("I am Lotse, a program of MIGRANET-MV.")),
                _("I show you counselling, associations and events in Mecklenburg-Vorpommern."),
            ]
        case "human":
            return [
                _("Nobody reads along here. At a counselling office you can speak with people."),
                _("Choose “Find counselling”, or ask the network's office: “About the network”."),
            ]
        case "insult":
            return [_("I am only a program. I would still like to help you.")]
        case _:
            return [
                _("I did not understand that well enough. Choose a topic, or write it in other words."),
                Italic(_("Example: “Where is counselling in Güstrow?”")),
            ]
