"""Was it what the person looked for? If not: the way to a human, and the gap list with or without words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialog.actions import PassOn, Rate, ShowMenu, ShowTopics, doors
from bot.dialog.cards import open_action
from bot.dialog.desk import Asked, Thread
from bot.dialog.labels import COUNSELLING_TOPICS, topic
from bot.dialog.reply import Bold, Button, Code, Line, Link, Message, Quote, Reply, lines
from bot.dialog.showing import ROW_LABEL, Reading, button_rows, form, outdated, phone_text, shorten, town_name
from bot.dialog.turn import Turn
from bot.domain.directory import CounsellingOffer
from bot.domain.gaps import KEPT_DAYS, Gap, Missed, guessed, without_traces
from bot.services import gaps
from bot.services.answering import Answer
from bot.services.browsing import OfferHit

_PEOPLE = 2
"""How many offices with a telephone are named."""
_USUAL = ("residence", "work", "housing", "health")
"""Topics that are offered where nothing was understood: all of them are too many for a tired person."""
_SHORTEST_NUMBER = 4
"""Emergency numbers are no counselling; who needs one has got the card before anything else."""


def remember(turn: Turn, answer: Answer) -> int:
    """Keep the question in memory so that its answer can be rated; its number, 0 for none."""
    if turn.message_id is None:
        return 0
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    question = answer.question
    # What was said before counts only where the question goes on with it.
    before = Thread() if question.rest else thread
    asked = Asked(
        number=turn.message_id,
        at=turn.now,
        text=without_traces(question.text),
        topic=(*question.topics, before.topic or guessed(answer.guess))[0],
        locale=answer.language or turn.locale.code,
        town=question.towns[0].id if question.towns else before.town,
    )
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, asked=asked))
    return turn.message_id


def with_buttons(turn: Turn, reply: Reply, number: int) -> Reply:
    """An answer with its two small buttons."""
    if not (number and reply.messages):
        return reply
    _ = turn.translator
    first, *others = reply.messages
    row = (
        Button(_("This helps"), Rate("y", number)),
        Button(_("Not what I looked for"), Rate("n", number)),
    )
    return replace(reply, messages=(replace(first, buttons=(*first.buttons, row)), *others))


async def missed(turn: Turn, number: int, outcome: Missed) -> Asked | None:
    """Count a question without success, once; the question, while it is remembered."""
    asked = _asked(turn, number)
    if asked is None or asked.counted:
        return asked
    _keep(turn, asked := replace(asked, counted=True))
    gap = Gap(asked.topic, asked.locale, asked.town, outcome)
    await gaps.missed(turn.desk.store, gap, turn.desk.today(turn.now))
    return asked


async def rate(turn: Turn, action: Rate) -> Reply:
    """One of the two buttons, or "None of these"."""
    _ = turn.translator
    if action.verdict == "y":
        return Reply(toast=_("Thank you, that is good to know."))
    refused = action.verdict == "0"
    asked = await missed(turn, action.question, Missed.REFUSED if refused else Missed.UNHELPFUL)
    opening = _("I am sorry that it was not there. Choose a topic, or talk to a person:")
    message = replace(await way_on(turn, asked, opening), replaces=refused)
    if asked is None or asked.said_in:
        return Reply((message,))
    return Reply((message, _may_i(turn, asked)))


async def way_on(turn: Turn, asked: Asked | None, *opening: Line) -> Message:
    """Few topics, all being a tap away, and people to talk to: by telephone, or in the town."""
    _ = turn.translator
    hits = await _people(turn, asked)
    reading = Reading(turn)
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    town, spoken = (asked.town if asked is not None else "") or thread.town, thread.spoken
    text: list[Line | None] = list(opening)
    text += _people_lines(turn, reading, hits)
    people = tuple(
        (Button(shorten(reading.name(hit.offer.title), ROW_LABEL), open_action(hit.offer)),) for hit in hits
    )
    here = asked.topic if asked is not None and asked.topic in COUNSELLING_TOPICS else ""
    likely = dict.fromkeys(filter(None, (here, *_USUAL)))
    topics = [Button(topic(id, _), doors(id, town, spoken)) for id in likely]
    if here:
        people = (*people, (Button(_("Counselling in my town"), doors(here, town, spoken)),))
    leave = (Button(_("Find counselling"), ShowTopics(town, spoken)), Button(_("Menu"), ShowMenu()))
    return Message(lines(*text), (*people, *button_rows(topics), leave))


async def person_lines(turn: Turn) -> list[Line]:
    """People to talk to, where somebody asks for one."""
    return _people_lines(turn, Reading(turn), await _people(turn, None))


def _people_lines(turn: Turn, reading: Reading, hits: Sequence[OfferHit]) -> list[Line]:
    """Who can be called or visited, under words that say so; nothing where there is nobody."""
    if not hits:
        return []
    found: list[Line] = ["", Bold(turn.translator("People who help by telephone or on site:"))]
    found += [_person(turn, reading, hit) for hit in hits]
    if marks := reading.marks():
        found += ["", *marks]
    return found


async def _people(turn: Turn, asked: Asked | None) -> list[OfferHit]:
    """Offices that can be called or visited, those with a telephone first, and of these
    those surely there: for the topic and near the town, where known."""
    desk = turn.desk
    thread = desk.threads.get(turn.chat_id, turn.now)
    about = asked.topic if asked is not None else thread.topic
    town = desk.gazetteer.town((asked.town if asked is not None else "") or thread.town)
    holdings = await desk.shelf.holdings()
    known = about if about in COUNSELLING_TOPICS else ""
    hits = [
        hit
        for hit in holdings.offers(desk.gazetteer, known, town)
        if hit.reaches and _has_people(hit.offer) and not 0 < len(_number(hit)) < _SHORTEST_NUMBER
    ]
    doubtful = {hit.offer.id for hit in hits if outdated(turn, hit.offer)}
    return sorted(hits, key=lambda hit: (not _number(hit), hit.offer.id in doubtful))[:_PEOPLE]


def _number(hit: OfferHit) -> str:
    return hit.offer.contact.phone or hit.offer.contact.mobile or ""


def _has_people(offer: CounsellingOffer) -> bool:
    """Whether somebody can be called, or visited where it says how to find them; an app and a portal have
    nobody."""
    return bool(offer.contact.phone or offer.contact.mobile or (offer.places and offer.reachable))


def _person(turn: Turn, reading: Reading, hit: OfferHit) -> Line:
    """An office with its telephone; where there is none, with its towns and its website."""
    title, website = f"• {reading.text(hit.offer.title)}", hit.offer.contact.website
    if number := _number(hit):
        return (f"{title}: ", Code(phone_text(number)))
    places = [hit.place] if hit.km is not None and hit.place is not None else hit.offer.places
    where = form(turn).list(dict.fromkeys(town_name(turn, place) for place in places))
    title = f"{title} ({where})"
    return (f"{title}: ", Link(turn.translator("Website"), website)) if website else title


# Passing the words on -------------------------------------------------------------------------------


def pass_on_row(turn: Turn, number: int) -> tuple[Button, ...]:
    """The button under an answer that found nothing."""
    return (Button(turn.translator("Pass my question to the office"), PassOn(number)),)


def _may_i(turn: Turn, asked: Asked) -> Message:
    """The one time that it is asked."""
    _ = turn.translator
    text = lines(
        Bold(_("May I pass your question to the office, so that I learn to answer it?")),
        Quote(asked.text),
        _(
            "Only these words, without your name, your chat or the day. After {days} days they "
            "are erased, unless the office keeps them as an example of how people ask. If they "
            "show who you are, please say no.",
            days=KEPT_DAYS,
        ),
    )
    rows = (
        (
            Button(_("Yes, pass it on"), PassOn(asked.number, "y")),
            Button(_("No"), PassOn(asked.number, "n")),
        ),
    )
    return Message(text, rows, replaces=False)


async def pass_on(turn: Turn, action: PassOn) -> Reply:
    """The question whether, and the answer to it. Words are kept after a yes and never before."""
    _ = turn.translator
    asked = _asked(turn, action.question)
    if asked is None or asked.said_in not in (0, turn.update_id):
        words = _("I do not have this question any more. Nothing was passed on by this tap.")
        return Reply.of(words, replaces=bool(action.say))
    if not action.say:
        return Reply((_may_i(turn, asked),))
    if action.say == "y" and not asked.said_in:  # an update that is offered again stores nothing twice
        await gaps.pass_on(turn.desk.store, asked.text, asked.locale, turn.desk.today(turn.now))
    _keep(turn, replace(asked, said_in=turn.update_id))
    if action.say != "y":
        return Reply.of(_("All right. Nothing was passed on."))
    return Reply.of(
        _("Thank you. The office sees only the words of this question, for {days} days.", days=KEPT_DAYS)
    )


def _asked(turn: Turn, number: int) -> Asked | None:
    """The question of this number, if it is the last one and not older than an hour."""
    asked = turn.desk.threads.get(turn.chat_id, turn.now).asked
    return asked if asked is not None and number and asked.number == number else None


def _keep(turn: Turn, asked: Asked) -> None:
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, asked=asked))
