"""Free text: the question is answered, or narrowed down, and never refused flatly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.dialog import following, rating
from bot.dialog.actions import (
    CampaignDistrict,
    ChooseFrequency,
    ChooseLanguage,
    ChooseTown,
    ListOffers,
    ListOrganisations,
    OpenEvent,
    OpenRecord,
    Rate,
    ShowEvents,
    ShowLanguages,
    ShowMenu,
    ShowTopics,
)
from bot.dialog.callback import Action
from bot.dialog.cards import card, open_action
from bot.dialog.desk import Thread
from bot.dialog.guide import menu_message
from bot.dialog.labels import COUNSELLING_TOPICS, topic
from bot.dialog.reply import SILENCE, Bold, Button, Italic, Line, Message, Reply, Rows, lines
from bot.dialog.showing import Reading, form, name_of, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Article, Campaign, Event, Kind
from bot.domain.gaps import Missed
from bot.domain.locales import find
from bot.domain.places import Town
from bot.services.answering import Answer, Outcome
from bot.services.shelf import Holdings
from bot.translation import translator
from bot.understanding.cards import RIGHT_TO_LEFT
from bot.understanding.questions import Question


class _Said(NamedTuple):
    """A reply and what it is: an answer, choices, nothing found; None where something is asked back."""

    reply: Reply
    outcome: Outcome | None = Outcome.ANSWER
    complete: bool = False
    """Whether it shows all that was found, or has nothing to do with it; otherwise :func:`_beside` does."""


async def ask(turn: Turn) -> Reply:
    """Answer a message in one's own words."""
    if turn.forwarded:
        from bot.dialog import attachments

        return await attachments.forwarded(turn)
    if not turn.text.strip():
        return SILENCE
    from bot.dialog import emergency, groups, organisations

    if turn.text.strip() == organisations.no_location(turn):
        return await organisations.without_location(turn)

    holdings = await turn.desk.shelf.holdings()
    answer = await turn.desk.answering.search(turn.text, turn.locale.code, holdings)
    turn, offer = _in_language(turn, answer)
    if not turn.private:
        return groups.private_only(turn) if answer.alarm else await groups.answer(turn, answer)
    reply = await _answered(turn, holdings, answer, offer)
    if answer.alarm is None:
        return reply
    card = await emergency.card(turn, answer.alarm)
    return replace(card, messages=(*card.messages, *(replace(one, replaces=False) for one in reply.messages)))


async def _answered(turn: Turn, holdings: Holdings, answer: Answer, offer: Message | None) -> Reply:
    """The answer to a question in a private chat."""
    from bot.dialog import archive, privacy, replying

    question = answer.question
    match question.smalltalk:
        case "mydata":
            return await privacy.my_data(turn)
        case "forget":
            return await privacy.privacy(turn)
        case "news":
            return _with(offer, await archive.show(turn))
    if (reply := await replying.in_context(turn, answer)) is not None:
        return _with(offer, reply)
    if question.smalltalk or not question.words:
        return _with(offer, Reply((await _small_talk(turn, answer),)))
    before = turn.desk.threads.get(turn.chat_id, turn.now)
    said = await _say(turn, holdings, answer, before)
    reply = said.reply if said.complete else _beside(turn, holdings, answer, said.reply)
    if answer.alarm is not None:  # what may be a cry is not remembered, rated, or counted
        turn.desk.threads.drop(turn.chat_id)
        return reply if reply.messages else Reply((await rating.way_on(turn, None),))
    number = rating.remember(turn, answer)
    match said.outcome:
        case Outcome.ANSWER:
            reply = rating.with_buttons(turn, reply, number)
        case Outcome.CHOICES:
            reply = _none_of_these(turn, reply, number)
        case Outcome.NONE:
            reply = await _nothing(turn, answer, number)
    return _with(offer, reply)


async def _say(turn: Turn, holdings: Holdings, answer: Answer, thread: Thread) -> _Said:
    """What there is to say to a question."""
    from bot.dialog import articles, counselling, organisations, responsible

    question = answer.question
    town = _town(turn, question)
    if (reply := await following.go_on(turn, question, town)) is not None:
        after = turn.desk.threads.get(turn.chat_id, turn.now)
        asks_back = after.what in ("", "c") and not after.town
        return _Said(reply, None if asks_back else Outcome.ANSWER)
    rest = turn.desk.answering.reader.rest(question)
    if town is not None and not (question.topics or question.kinds or question.times):
        if thread.what == "n":
            return _Said(await _news_for(turn, question, thread), None, complete=True)
        if not (rest and answer.entries) and not turn.desk.following.asks_who_is_responsible(question):
            return _Said(await _town_only(turn, town), None)
    topics = [id for id in question.topics if id in COUNSELLING_TOPICS]
    known = town or turn.desk.gazetteer.town(thread.town)
    taken = Thread(town=thread.town) if town is None else Thread()
    if _is_about_responsibility(turn, question):
        topic_id = topics[0] if topics else ""
        if known is None:
            return _Said(responsible.ask_district(turn, topic_id), None)
        turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, town=known.id))
        reply = await responsible.in_district(turn, topic_id, known.district)
        return _Said(following.still(turn, reply, taken))
    first = answer.entries[0].key[0] if answer.entries else None
    only_time = question.times and not topics and (not rest or first in (None, Kind.EVENT))
    if "event" in question.kinds or only_time:
        return _Said(await coming_events(turn, question))
    if (
        "organisation" in question.kinds
        and not topics
        and (town or question.spoken or first is Kind.ORGANISATION)
    ):
        spoken = question.spoken[0] if question.spoken else ""
        about = Thread(town=town.id if town else "", what="g", spoken=spoken)
        turn.desk.threads.keep(turn.chat_id, turn.now, about)
        return _Said(await organisations.list_(turn, _organisations(answer, town)))
    campaign = _campaign_in(holdings, answer, town)
    if campaign is not None and town is not None:
        # "Health card in Stralsund": it differs by district, so the district's answer is the answer.
        turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, town=town.id))
        action = CampaignDistrict(campaign.id, town.district)
        return _Said(await articles.campaign_district(turn, action))
    if topics and _is_counselling(answer):
        if known is not None:
            reply = await counselling.doors(turn, topics[0], known, question.spoken)
            return _Said(following.still(turn, reply, taken))
        if not answer.entries or "offer" in question.kinds:
            return _Said(await counselling.ask_town(turn, "c", topics[0]), None)
    if "offer" in question.kinds and not topics and not (rest and answer.outcome is Outcome.ANSWER):
        return _Said(await _which_topic(turn, answer, town), None)
    return await _found(turn, holdings, answer)


def _is_about_responsibility(turn: Turn, question: Question) -> bool:
    """ "Which office?", but not what a word means or how a campaign stands."""
    asks = turn.desk.following.asks_who_is_responsible(question)
    return asks and not {"glossary", "campaign", "event"} & set(question.kinds)


def _campaign_in(holdings: Holdings, answer: Answer, town: Town | None) -> Campaign | None:
    """A campaign among what was found whose status is known for the town's district."""
    likely = (entry.key for entry in answer.entries if entry.score >= _LIKELY)
    records = (holdings.directory.get(*key) for key in likely)
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


_LIKELY = 0.25
"""From this score on a campaign among what was found is what the question is about."""
_NAMED = 0.75
"""From this score on the question names the record itself (a glossary term, a title)."""


def _in_language(turn: Turn, answer: Answer) -> tuple[Turn, Message | None]:
    """Answer in the language of the message; offer to keep it where it is not the chosen one."""
    locale = find(answer.language)
    if locale is None:
        return turn, _unwritten(turn, answer.language)
    if locale == turn.locale:
        return turn, None
    written = replace(turn, locale=locale, translator=translator(locale))
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    if turn.recipient is None or not turn.private or thread.offered == locale.code:
        return written, None
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, offered=locale.code))
    buttons = ((Button(locale.name, ChooseLanguage(locale.code)),),)
    text = written.translator("Shall I always speak this language with you?")
    return written, Message((text,), buttons, replaces=False, silent=True)


def _unwritten(turn: Turn, language: str | None) -> Message | None:
    """Why the answer is not in the language of the question; said once in a conversation."""
    words = turn.desk.unwritten.get(language or "")
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    if words is None or not turn.private or thread.offered == language:
        return None
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, offered=language or ""))
    buttons = ((Button(turn.translator("Language"), ShowLanguages()),),)
    return Message(
        (words.format(language=turn.locale.name),),
        buttons,
        replaces=False,
        silent=True,
        rtl=language in RIGHT_TO_LEFT,
    )


def _with(offer: Message | None, reply: Reply) -> Reply:
    return replace(reply, messages=(*reply.messages, offer)) if offer else reply


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
    return await events.show(
        turn, ShowEvents(following.time_of(question) or "all", town.id if town else "", spoken)
    )


async def _town_only(turn: Turn, town: Town) -> Reply:
    """Just a town, and nothing was said before: what there is in it."""
    _ = turn.translator
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(town=town.id))
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


def _beside(turn: Turn, holdings: Holdings, answer: Answer, reply: Reply) -> Reply:
    """A list, or a question back, with buttons for what was found and does not stand in it.

    What a question means goes beyond its topic: "pregnant and without papers" is in a glossary entry, not
    among the doors for pregnancy. Who only said a town or a time has found nothing.
    """
    if not reply.messages or not turn.desk.answering.reader.rest(answer.question):
        return reply
    first, *others = reply.messages
    listed = {_opened(button.action) for row in first.buttons for button in row}
    missing = [record for record in _records(holdings, answer) if record.key not in listed]
    if not (missing and first.buttons):
        return reply
    *rows, last = first.buttons
    more = replace(first, buttons=(*rows, *_buttons(Reading(turn), missing), last))
    return replace(reply, messages=(more, *others))


def _opened(action: Action | None) -> tuple[str, str] | None:
    """The record that a button opens."""
    if isinstance(action, OpenRecord):
        return action.kind, action.id
    return (Kind.EVENT, action.id) if isinstance(action, OpenEvent) else None


def _records(holdings: Holdings, answer: Answer) -> list[AnyRecord]:
    return [record for found in answer.entries if (record := holdings.directory.get(*found.key)) is not None]


def _buttons(reading: Reading, records: Sequence[AnyRecord]) -> Rows:
    """A button for each record."""
    return tuple(
        (Button(shorten(reading.name(record.title), 50), open_action(record)),) for record in records
    )


async def _found(turn: Turn, holdings: Holdings, answer: Answer) -> _Said:
    """The best record with two alternatives, or up to three choices, or nothing."""
    from bot.dialog.events import listed

    _ = turn.translator
    if answer.outcome is Outcome.NONE:
        return _Said(SILENCE, Outcome.NONE, complete=True)
    reading = Reading(turn)
    records = _records(holdings, answer)
    topics = [id for id in answer.question.topics if id in COUNSELLING_TOPICS]
    elsewhere: Rows = ()
    if topics:
        # A town written next narrows this down; one that was named is not asked for again.
        town = _town(turn, answer.question)
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topics[0], town=town.id if town else ""))
        there = ChooseTown("c", topics[0]) if town is None else ListOffers(topics[0], town.id)
        elsewhere = ((Button(_("Counselling in my town"), there),),)
    if answer.outcome is Outcome.ANSWER and not isinstance(records[0], Event):
        shown = card(turn, records[0], quoted=await _quoted(turn, records[0], answer))
        others = _buttons(reading, records[1:])
        rows = (*shown.buttons[:-1], *elsewhere, *others, (Button(_("Menu"), ShowMenu()),))
        return _Said(Reply((replace(shown, buttons=rows),)), complete=True)
    single = len(records) == 1
    text: list[Line] = [Bold(_("Did you mean this?") if single else _("Did you mean one of these?"))]
    rows = _buttons(reading, records)
    text += [f"• {listed(turn, reading, record)}" for record in records]
    if marks := reading.marks():
        text += ["", *marks]
    return _Said(Reply((Message(lines(*text), (*rows, *elsewhere)),)), Outcome.CHOICES, complete=True)


def _none_of_these(turn: Turn, reply: Reply, number: int) -> Reply:
    """Choices with the button that refuses them all, which tells the office that something is missing."""
    _ = turn.translator
    (choices,) = reply.messages
    single = choices.text[0] == Bold(_("Did you mean this?"))
    label = _("No, something else") if single else _("None of these")
    rows = (*choices.buttons, (Button(label, Rate("0", number)),), (Button(_("Menu"), ShowMenu()),))
    return Reply((replace(choices, buttons=rows),))


async def _nothing(turn: Turn, answer: Answer, number: int) -> Reply:
    """Nothing was found: it is counted, and the topics and a human are offered."""
    asked = await rating.missed(turn, number, Missed.NONE)
    message = await rating.way_on(turn, asked, *_opening(turn, answer))
    if asked is not None:
        message = replace(message, buttons=(*message.buttons, rating.pass_on_row(turn, number)))
    return Reply((message,))


async def _small_talk(turn: Turn, answer: Answer) -> Message:
    """A friendly word over the menu; who asks for a human, or complains, gets telephone numbers too."""
    wants_people = answer.question.smalltalk in ("human", "complaint")
    people = await rating.person_lines(turn) if wants_people else []
    return menu_message(turn, *_opening(turn, answer), *people)


async def _quoted(turn: Turn, record: AnyRecord, answer: Answer) -> tuple[str, ...]:
    """The lines of a long article that answer; none where it is short, or where that cannot be told."""
    quoting = turn.desk.quoting
    text = record.body.localize(turn.locale) if isinstance(record, Article) else None
    if quoting is None or text is None or len(text.text) <= _QUOTED_FROM:
        return ()
    title = record.title.localize(turn.locale)
    language = answer.language or turn.locale.code
    return await quoting.quote(answer.wording, language, title.text if title else "", text.text, text.locale)


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
        case "complaint":
            return [
                _("I am sorry."),
                _("If an entry is wrong, press “Outdated?” under it: the office will look at it."),
            ]
        case "insult":
            return [_("I am only a program. I would still like to help you.")]
        case _:
            return [
                _("I did not understand that well enough. Choose a topic, or write it in other words."),
                Italic(_("Example: “Where is counselling in Güstrow?”")),
            ]
