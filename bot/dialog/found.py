"""What was found for a question, as it is shown: an answer, choices, or the way to people."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.dialog import rating
from bot.dialog.actions import About, OpenEvent, OpenRecord, Rate, ReportOutdated, ShowMenu, ShowTopics, doors
from bot.dialog.callback import Action
from bot.dialog.cards import card, open_action
from bot.dialog.desk import Thread
from bot.dialog.event_card import listed
from bot.dialog.guide import language_row, menu_message
from bot.dialog.labels import ANY_QUESTION, COUNSELLING_TOPICS, topic
from bot.dialog.reply import SILENCE, Bold, Button, Italic, Line, Message, Reply, Rows, lines
from bot.dialog.showing import ROW_LABEL, Reading, for_another_country, none_here, open_now, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Article, Campaign, CounsellingOffer, Event, Kind, Organisation
from bot.domain.gaps import Missed
from bot.domain.places import Town
from bot.services.answering import Answer, Verdict
from bot.services.browsing import spoken_as
from bot.services.shelf import Holdings
from bot.understanding.questions import Question


class Said(NamedTuple):
    """A reply and what it is: an answer, choices, nothing found; None where something is asked back."""

    reply: Reply
    verdict: Verdict | None = Verdict.ANSWER
    complete: bool = False
    """Whether it shows all that was found, or has nothing to do with it; otherwise :func:`beside` does."""


def town_of(turn: Turn, question: Question) -> Town | None:
    """The town asked for; of a district its largest town."""
    if question.towns:
        return question.towns[0]
    for district in question.districts:
        inside = [town for town in turn.desk.gazetteer.towns if town.district == district.id]
        if inside:
            return max(inside, key=lambda town: town.population)
    return None


def beside(turn: Turn, holdings: Holdings, answer: Answer, reply: Reply) -> Reply:
    """A list, or a question back, with buttons for what was found and does not stand in it.

    What a question means goes beyond its topic: "pregnant and without papers" is in a glossary entry, not
    among the doors for pregnancy. Who only said a town or a time has found nothing.
    """
    if not reply.messages or not answer.question.rest:
        return reply
    first, *others = reply.messages
    listed = {_opened(button.action) for row in first.buttons for button in row}
    missing = [record for record in records_of(holdings, answer, _LIKELY) if record.key not in listed]
    if not (missing and first.buttons):
        return reply
    *rows, last = first.buttons
    more = replace(first, buttons=(*rows, *_buttons(Reading(turn), missing), last))
    return replace(reply, messages=(more, *others))


def _opened(action: Action | None) -> tuple[str, str] | None:
    """The record that a button opens, or on whose card it stands."""
    if isinstance(action, OpenRecord | ReportOutdated):
        return action.kind, action.id
    return (Kind.EVENT, action.id) if isinstance(action, OpenEvent) else None


_LIKELY = 0.02
"""From this score on something stands beside a list; the alternatives of an answer may be less likely."""


def records_of(holdings: Holdings, answer: Answer, likely: float = 0.0) -> list[AnyRecord]:
    """The records that a question is answered with, the best first."""
    entries = (found for found in answer.entries if found.score >= likely)
    return [record for found in entries if (record := holdings.directory.get(*found.key)) is not None]


def _buttons(reading: Reading, records: Sequence[AnyRecord]) -> Rows:
    """A button for each record."""
    return tuple(
        (Button(shorten(reading.name(record.title), ROW_LABEL), open_action(record)),) for record in records
    )


def is_card(answer: Answer, best: AnyRecord) -> bool:
    """Whether the best record is shown as the answer; of an event there may be several dates."""
    return answer.verdict is Verdict.ANSWER and not isinstance(best, Event)


async def found(turn: Turn, holdings: Holdings, answer: Answer, spoken: str) -> Said:
    """The best record with two alternatives, or up to three choices, or nothing.

    Doors that it leads to are those for the languages asked for, ``spoken``.
    """
    _ = turn.translator
    if answer.verdict is Verdict.NONE:
        return Said(SILENCE, Verdict.NONE, complete=True)
    reading = Reading(turn)
    records, surely = _own_first(turn, answer, _reached_first(turn, records_of(holdings, answer)))
    topics = [id for id in answer.question.topics if id in COUNSELLING_TOPICS] or _topics_of(records[0])
    # A town written next narrows this down; one that was named is not asked for again.
    known = turn.desk.threads.get(turn.chat_id, turn.now).town
    town = town_of(turn, answer.question) or turn.desk.gazetteer.town(known)
    thread = Thread(topic=topics[0] if topics else "", town=town.id if town else "", spoken=spoken)
    turn.desk.threads.keep(turn.chat_id, turn.now, thread)
    elsewhere: Rows = ()
    if topics or town is not None or "offer" in answer.question.kinds:
        there = doors(thread.topic, thread.town, spoken) if topics else ShowTopics(thread.town, spoken)
        elsewhere = ((Button(_("Counselling in my town"), there),),)
    if surely and is_card(answer, records[0]):
        if isinstance(records[0], Article | Campaign):
            turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, told=records[0].key))
        shown = card(turn, records[0], quoted=await _quoted(turn, records[0], answer))
        others = _buttons(reading, records[1:])
        there_already = any(button.label == _("Counselling in my town") for (button, *_rest) in shown.buttons)
        elsewhere = () if there_already else elsewhere
        rows = (*shown.buttons[:-1], *elsewhere, *others, (Button(_("Menu"), ShowMenu()),))
        return Said(Reply((replace(shown, buttons=rows),)), complete=True)
    single = len(records) == 1
    text: list[Line] = [Bold(_("Did you mean this?") if single else _("Did you mean one of these?"))]
    rows = _buttons(reading, records)
    if town is not None and isinstance(records[0], Event) and not any(_is_in(one, town) for one in records):
        text += [none_here(turn, town)]
    text += [f"• {listed(turn, reading, record)}" for record in records]
    if marks := reading.marks():
        text += ["", *marks]
    return Said(Reply((Message(lines(*text), (*rows, *elsewhere)),)), Verdict.CHOICES, complete=True)


def _is_in(record: AnyRecord, town: Town) -> bool:
    """Whether a record is something in a town: it is there, or online, or for everywhere."""
    if isinstance(record, Event):
        return record.place is None or record.place.town == town.id
    if isinstance(record, CounsellingOffer | Organisation):
        return not record.places or any(place.town == town.id for place in record.places)
    return False


def _reached_first(turn: Turn, records: list[AnyRecord]) -> list[AnyRecord]:
    """The records; before a hotline that nobody answers now, or not in the reader's language, one that does.

    It has to be for the same topics, and for everybody: the hotline for women is none for men.
    """
    hotlines = [one for one in records if isinstance(one, CounsellingOffer) and one.hotline]
    if not hotlines:
        return records
    first, *others = hotlines
    own = spoken_as(turn.locale.language)
    answers = open_now(turn, first) is not False
    if answers and (not first.languages or own & {*first.languages}):
        return records
    like = [one for one in others if not one.target_group and one.topics == first.topics]
    best = min((first, *like), key=lambda one: (open_now(turn, one) is False, own.isdisjoint(one.languages)))
    at = records.index(first)
    return [*records[:at], best, *(one for one in records[at:] if one is not best)]


def _own_first(turn: Turn, answer: Answer, records: list[AnyRecord]) -> tuple[list[AnyRecord], bool]:
    """The records, a door for people from another country last; and whether the first is still that which
    was found to be the best."""
    first, *others = records
    foreign = isinstance(first, CounsellingOffer) and for_another_country(turn, first, answer.question.spoken)
    return ([*others, first], False) if others and foreign else (records, True)


def _topics_of(record: AnyRecord) -> list[str]:
    """What a question is about of which only the best door for it says so."""
    if not isinstance(record, CounsellingOffer):
        return []
    return [ANY_QUESTION] if record.general else [id for id in record.topics if id in COUNSELLING_TOPICS]


def none_of_these(turn: Turn, reply: Reply, number: int) -> Reply:
    """Choices, the topics, and the button that refuses them all: it tells the office what is missing."""
    _ = turn.translator
    (choices,) = reply.messages
    single = choices.text[0] == Bold(_("Did you mean this?"))
    label = _("No, something else") if single else _("None of these")
    known = turn.desk.threads.get(turn.chat_id, turn.now)
    topics = ShowTopics(known.town, known.spoken)
    leave = (Button(_("Find counselling"), topics), Button(_("Menu"), ShowMenu()))
    rows = (*choices.buttons, (Button(label, Rate("0", number)),), leave)
    return Reply((replace(choices, buttons=rows),))


async def nothing(turn: Turn, answer: Answer, number: int) -> Reply:
    """Nothing was found: it is counted, and the topics and a human are offered."""
    asked = await rating.missed(turn, number, Missed.NONE)
    message = await rating.way_on(turn, asked, *opening(turn, answer))
    if asked is not None:
        message = replace(message, buttons=(*message.buttons, rating.pass_on_row(turn, number)))
    return Reply((message,))


async def small_talk(turn: Turn, answer: Answer) -> Message:
    """A friendly word over the menu; who asks for a human, or complains, gets telephone numbers too."""
    wants_people = answer.question.smalltalk in ("human", "complaint", "lost")
    people = await rating.person_lines(turn) if wants_people else []
    return menu_message(turn, *opening(turn, answer), *people)


async def _quoted(turn: Turn, record: AnyRecord, answer: Answer) -> tuple[str, ...]:
    """The lines of a long article that answer; none where it is short, or where that cannot be told."""
    quoting = turn.desk.quoting
    text = record.body.localize(turn.locale) if isinstance(record, Article) else None
    if quoting is None or answer.vector is None or text is None or len(text.text) <= _QUOTED_FROM:
        return ()
    title = record.title.localize(turn.locale)
    return await quoting.quote(
        answer.wording,
        answer.vector,
        answer.language or turn.locale.code,
        title.text if title else "",
        text.text,
        text.locale,
    )


_QUOTED_FROM = 600
"""Characters from which an article is answered with by some of its lines."""


def reassurance(turn: Turn) -> list[Line]:
    """What becomes of what is written here, for who fears to be betrayed; and of what is said at the doors
    that were shown."""
    _ = turn.translator
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    shown = thread.door is not None or thread.what == About.COUNSELLING
    return [
        Bold(_("I pass nothing on to the police, to authorities or to employers.")),
        _("I am a program, not a person. Please write no names and send no documents."),
        _("Telegram itself sees this chat and is not end-to-end encrypted. Do not write secrets here."),
        _("What I keep, and for how long: /privacy"),
        *(("", *_at_the_office(turn)) if shown else ()),
    ]


def _at_the_office(turn: Turn) -> list[Line]:
    """What becomes of what is said at a counselling office."""
    _ = turn.translator
    return [
        Bold(_("Counselling offices keep what you say to themselves.")),
        _("Ask them about it at the beginning, before you tell them anything."),
    ]


def confidence(turn: Turn) -> list[Line]:
    """What becomes of what is said at a counselling office, and of what is written here."""
    _ = turn.translator
    return [
        *_at_the_office(turn),
        "",
        _("I pass nothing on to the police, to authorities or to employers."),
        _("What I keep, and for how long: /privacy"),
    ]


def opening(turn: Turn, answer: Answer) -> list[Line]:
    """What is said to small talk, and to what was not understood."""
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
        case "trust":
            return reassurance(turn)
        case "human":
            return [
                _("Nobody reads what you write here. At a counselling office you can speak with people."),
                _("Choose “Find counselling”, or ask the network's office: “About the network”."),
            ]
        case "complaint":
            return [
                _("I am sorry."),
                _("If an entry is wrong, tap “Outdated?” under it: the office will look at it."),
            ]
        case "lost":
            language = language_row(turn)[0].label
            return [
                Bold(_("That is all right. There are three ways to go on:")),
                "• " + _("Tap “{button}” and choose what it is about.", button=_("Find counselling")),
                "• " + _("Or write one word, for example: {word}", word=topic("housing", _)),
                "• " + _("For another language tap “{button}”.", button=language),
            ]
        case "asks":
            return [_("Choose, or just write your question in your own words, in your language.")]
        case "fine":
            return [_("All right. Write to me whenever you have a question.")]
        case "insult":
            return [_("I am only a program. I would still like to help you.")]
        case _ if _is_sign(answer.question):
            return [_("All right. Write to me whenever you have a question.")]
        case _:
            return [
                _("I did not understand that well enough. Choose a topic, or write it in other words."),
                Italic(_("Example: “Where is counselling in Güstrow?”")),
            ]


def _is_sign(question: Question) -> bool:
    """Whether a message is pictures alone: a thumb, a heart."""
    return not question.words and any(unicodedata.category(sign) == "So" for sign in question.text)
