"""What is asked about the doors or events just shown: when, cost, telephone, the way; and one's age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.dialog import counselling, event_card, events, following, speaking
from bot.dialog.actions import About, ChooseTown, ListOffers, OpenEvent, ShowMenu, doors
from bot.dialog.callback import Action
from bot.dialog.cards import card, contact_lines, language_lines, open_action, where_lines
from bot.dialog.desk import Asked, Thread
from bot.dialog.found import is_card, records_of, town_of
from bot.dialog.guide import menu_message
from bot.dialog.labels import ANY_QUESTION, DOORS
from bot.dialog.reply import Bold, Button, Code, Line, Link, Message, Reply, Rows, lines
from bot.dialog.showing import (
    Page,
    Reading,
    asked_languages,
    cost_line,
    name_of,
    open_line,
    phone_text,
    shorten,
    sources,
    week_lines,
)
from bot.dialog.turn import Turn
from bot.domain.directory import ContactDetails, CounsellingOffer, Event, Organisation
from bot.domain.places import Town
from bot.services.answering import Verdict
from bot.services.browsing import YOUTH_UNTIL, organisations_by, spoken_as
from bot.services.calendar import Occurrence
from bot.services.shelf import Holdings
from bot.translation import N_
from bot.understanding.questions import Question

Door = CounsellingOffer | Organisation


class _Shown(NamedTuple):
    """What the last answer showed."""

    those: Sequence[Door | Occurrence] = ()
    listed: tuple[str, str] = ("", "")
    """The first two fields of the list that doors stood in; see :class:`bot.dialog.actions.OpenRecord`."""
    town: Town | None = None
    """Where that list was for one."""
    spoken: str = ""
    """Where its doors came in the order of a language."""

    @property
    def records(self) -> Sequence[Door | Event]:
        """The entries themselves, in the same order."""
        return [one.event if isinstance(one, Occurrence) else one for one in self.those]


_HEADINGS: Mapping[str, str] = {
    "hours": N_("Opening hours"),
    "cost": N_("Cost"),
    "phone": N_("Telephone and e-mail"),
    "way": N_("The way there"),
    "childcare": N_("With childcare"),
}


async def tell(turn: Turn, question: Question) -> Reply | None:
    """The answer to "when is it open?", "phone?", "I am 25"; None where nothing was shown before."""
    desk = turn.desk
    detail = desk.following.detail(question)
    named = town_of(turn, question)
    thread = desk.threads.get(turn.chat_id, turn.now)
    age = None if detail else _age(turn, question, thread)
    if named is None and (reply := await _no_more(turn, question, detail, thread)) is not None:
        return reply
    if not detail and age is None:
        if desk.following.is_number(question):
            return _which_question(turn)
        return None if named is not None else await _who_speaks(turn, question, thread)
    if detail == "childcare" and thread.what != About.EVENTS:
        return None
    if detail and (shown := await _shown(turn, thread, named)).those:
        return await _about(turn, detail, shown, thread, named)
    if thread.what in ("", About.COUNSELLING) and thread.topic in DOORS:
        return await _doors(turn, thread, named, age)
    if thread.what == About.COUNSELLING:
        return await _doors(turn, replace(thread, topic=ANY_QUESTION), named, age)
    return None if age is None else _which_question(turn)


def _which_question(turn: Turn) -> Reply:
    """The menu, for what says too little to be a question."""
    words = turn.translator("Choose, or just write your question in your own words, in your language.")
    return Reply((menu_message(turn, words),))


def _age(turn: Turn, question: Question, thread: Thread) -> int | None:
    """The age that a message tells; a number alone is one where counselling is looked for."""
    asking = turn.desk.following
    (word,) = question.words if asking.is_number(question) else ("",)
    if len(word) > 1 and word[0] != "0" and thread.what == About.COUNSELLING:
        return int(word)
    return asking.age(question)


async def _no_more(turn: Turn, question: Question, detail: str, thread: Thread) -> Reply | None:
    """The article that was shown last, where more is asked about it than it says, and the way to people who
    know more; None where that is not asked, or none was shown."""
    if thread.told is None or thread.what or thread.door is not None:
        return None
    claims = turn.desk.following.claims(question)
    of_doors = detail and detail != "cost" and thread.topic in DOORS
    if not claims and (of_doors or not detail):
        return None
    record = (await turn.desk.shelf.holdings()).directory.get(*thread.told)
    if record is None:
        return None
    _ = turn.translator
    shown = card(turn, record)
    topic_id = thread.topic if thread.topic in DOORS else ANY_QUESTION
    note = _("There is no entry for this yet. The counselling of your district can tell you more.")
    people = Button(_("Counselling in my town"), doors(topic_id, thread.town, thread.spoken))
    *rows, _leave = shown.buttons
    rows = [*rows, (people,), (Button(_("Menu"), ShowMenu()),)]
    return Reply((replace(shown, text=lines(note, "", shown.text), buttons=tuple(rows)),))


async def _about(turn: Turn, detail: str, shown: _Shown, thread: Thread, named: Town | None) -> Reply:
    """A detail of what was shown; a town that was named with it is that meant from now on."""
    desk = turn.desk
    if named is not None:
        what = thread.what or (About.COUNSELLING if shown.town is not None else "")
        desk.threads.keep(
            turn.chat_id, turn.now, replace(thread, town=named.id, what=what, door=None, page=0)
        )
    town = thread.town if shown.town is not None and named is None else ""
    when = thread.when if thread.what == About.EVENTS and thread.event is None else ""
    taken = Thread(topic=thread.topic, town=town, what=thread.what, when=when, spoken=thread.spoken)
    if thread.door is not None and named is None:
        taken = Thread()
    names = [Reading(turn).name(record.title) for record in shown.records]
    told = _told(turn, detail, shown, await desk.shelf.holdings())
    return following.still(turn, Reply((told,)), taken, names)


async def _who_speaks(turn: Turn, question: Question, thread: Thread) -> Reply | None:
    """Whether a language is spoken at the one door whose card was shown, and the way to others; None where
    that is not asked, or several were shown."""
    desk = turn.desk
    if not desk.following.asks_who_speaks(question) or len(question.words) <= following.NAMES_ALONE:
        return None
    listed = thread.what and thread.door is None
    shown = _Shown() if listed else await _shown(turn, thread, None)
    door = shown.those[0] if len(shown.those) == 1 and shown.town is None else None
    if door is None or isinstance(door, Occurrence):
        return None
    own = turn.locale.language if desk.following.asks_for_own_language(question) else ""
    spoken = asked_languages(question.spoken) or own
    reading = Reading(turn)
    told: list[Line | None] = []
    others: Rows = ()
    if spoken_as(spoken).isdisjoint(_spoken_at(door)):
        holdings, town = await desk.shelf.holdings(), desk.gazetteer.town(thread.town)
        found, others = speaking.others(turn, holdings, town, spoken, [door], known=False)
        told += found
    told += [Bold(reading.text(door.title)), *language_lines(turn, door)]
    notes = [*reading.marks(), *sources(turn, [door])]
    told += ["" if notes else None, *notes]
    topic_id = thread.topic if thread.topic in DOORS else ANY_QUESTION
    rows = (
        (Button(shorten(reading.name(door.title)), open_action(door)),),
        *others,
        (Button(turn.translator("More counselling offices"), doors(topic_id, thread.town, spoken)),),
        (Button(turn.translator("Menu"), ShowMenu()),),
    )
    desk.threads.keep(turn.chat_id, turn.now, replace(thread, spoken=spoken))
    return Reply((Message(lines(*told), rows),))


def _spoken_at(door: Door) -> set[str]:
    interpreted = door.interpreters if isinstance(door, CounsellingOffer) else ()
    return {*door.languages, *interpreted}


async def _doors(turn: Turn, thread: Thread, named: Town | None, age: int | None) -> Reply:
    """The doors for what it was about: those for an age, or all where none was shown yet."""
    town = named or turn.desk.gazetteer.town(thread.town)
    if town is None:
        where = ChooseTown(About.COUNSELLING, thread.topic, language=thread.spoken)
        return await counselling.choose_town(turn, where)
    group = "" if age is None else "y" if age < YOUTH_UNTIL else "o"
    listed = ListOffers(thread.topic, town.id, age=group, spoken=thread.spoken)
    reply = await counselling.list_offers(turn, listed)
    taken = Thread(
        topic=thread.topic, town="" if named else thread.town, what=thread.what, spoken=thread.spoken
    )
    return following.still(turn, reply, taken)


async def _shown(turn: Turn, thread: Thread, named: Town | None) -> _Shown:
    """What the last answer showed, computed again: nobody keeps what was shown to whom.

    In a town that is named now, where it was for a town or topic.
    """
    desk = turn.desk
    if thread.door is not None and named is None:
        record = (await desk.shelf.holdings()).directory.get(*thread.door)
        return _Shown((record,) if isinstance(record, CounsellingOffer | Organisation) else ())
    town, page = (named, 0) if named is not None else (desk.gazetteer.town(thread.town), thread.page)
    if thread.what == About.EVENTS:
        found = await events.shown(turn, thread, town.id if town is not None else "", page)
        return _Shown(found, town=town if thread.event is None else None)
    holdings = await desk.shelf.holdings()
    if not thread.what and (named is None or not thread.topic):
        doors = await _found(turn, holdings, thread.asked)
        if doors or not thread.topic:
            return _Shown(doors)
    if thread.what in ("", About.COUNSELLING) and thread.topic in DOORS and town is not None:
        hits = counselling.fitting(turn, holdings, thread.topic, town, spoken=thread.spoken)
        part = Page.of(page, len(hits))
        alone = counselling.only_door(thread.topic, hits) if not page else []
        offers = [hit.offer for hit in alone or hits[part.first : part.last]]
        return _Shown(offers, (thread.topic, town.id), town, thread.spoken)
    if thread.what == About.ORGANISATIONS and (thread.spoken or town is not None):
        by_town = town if named is not None or not thread.spoken else None
        listed = ("lang", thread.spoken) if by_town is None else ("town", by_town.id)
        nearest = organisations_by(holdings.directory, desk.gazetteer, *listed)
        part = Page.of(page, len(nearest))
        on_page = [organisation for organisation, _km in nearest[part.first : part.last]]
        return _Shown(on_page, listed, by_town)
    return _Shown()


async def _found(turn: Turn, holdings: Holdings, asked: Asked | None) -> Sequence[Door | Occurrence]:
    """The doors among what a question was answered with; of an event that came first its next date, and the
    doors beside it only where the event was not clearly meant."""
    if asked is None or not asked.text:
        return ()
    answer = await turn.desk.answering.search(asked.text, asked.locale, holdings)
    records = records_of(holdings, answer)
    shown = records[:1] if records and is_card(answer, records[0]) else records
    found = [record for record in shown if isinstance(record, CounsellingOffer | Organisation)]
    if not records or not isinstance(records[0], Event):
        return found
    occurrence = await event_card.occurrence_of(turn, records[0], 0)
    if occurrence is None:
        return found
    return [occurrence] if answer.verdict is Verdict.ANSWER else [occurrence, *found]


def _told(turn: Turn, detail: str, shown: _Shown, holdings: Holdings) -> Message:
    """What is known of it for each door or event; where it is not, how to ask there."""
    _, reading = turn.translator, Reading(turn)
    known: list[Line | None] = []
    unknown: list[Line | None] = []
    rows = []
    for number, (one, record) in enumerate(zip(shown.those, shown.records, strict=True), 1):
        contact, whom = _reach(one, holdings, reading)
        title = f"{number}. {reading.text(record.title)}"
        if facts := _facts(turn, detail, one, contact, reading):
            known += ["", Bold(title), *facts]
        else:
            unknown.append(_reached(turn, f"{title} · {whom}" if whom else title, contact))
        rows.append((Button(f"{number}. {shorten(reading.name(record.title))}", _opens(one, shown)),))
    if unknown:
        unknown = ["", _("My list does not say it for these. Please ask there:"), *unknown]
    notes = [*reading.marks(), *sources(turn, shown.records)]
    events_shown = isinstance(shown.those[0], Occurrence)
    heading = _("When") if detail == "hours" and events_shown else _(_HEADINGS[detail])
    if shown.town is not None:
        heading = f"{heading} · {name_of(turn, shown.town)}"
    text = lines(Bold(heading), *known, *unknown, "" if notes else None, *notes)
    return Message(text, (*rows, (Button(_("Menu"), ShowMenu()),)))


def _opens(one: Door | Occurrence, shown: _Shown) -> Action:
    if isinstance(one, Occurrence):
        return OpenEvent(one.event.id, one.at)
    return open_action(one, *shown.listed, spoken=shown.spoken)


def _reach(one: Door | Occurrence, holdings: Holdings, reading: Reading) -> tuple[ContactDetails, str]:
    """How a door is reached; of an event who organises it, with the name."""
    if not isinstance(one, Occurrence):
        return one.contact, ""
    organiser = holdings.organiser(one.event)
    if isinstance(organiser, Organisation):
        return organiser.contact, reading.text(organiser.title)
    return ContactDetails(), organiser


def _facts(
    turn: Turn, detail: str, one: Door | Occurrence, contact: ContactDetails, reading: Reading
) -> list[Line]:
    if detail == "phone":
        return list(contact_lines(turn, contact)) if contact.phone or contact.mobile or contact.email else []
    if isinstance(one, Occurrence):
        return event_card.facts(turn, detail, one, reading)
    _ = turn.translator
    offer = one if isinstance(one, CounsellingOffer) else None
    match detail:
        case "hours" if offer is not None:
            facts = [
                open_line(turn, offer),
                *week_lines(turn, offer, reading),
                reading.text(offer.hours_note),
            ]
            return [fact for fact in facts if fact]
        case "cost" if offer is not None and (cost := cost_line(turn, offer, reading)):
            return [cost]
        case "way" if offer is not None and offer.hotline:
            return [_("by telephone")]
        case "way":
            return list(where_lines(turn, one))
        case _:
            return []


def _reached(turn: Turn, title: str, contact: ContactDetails) -> Line:
    """A title with the shortest way to ask there."""
    if number := contact.phone or contact.mobile:
        return (f"{title} · ", Code(phone_text(number)))
    if contact.email:
        return f"{title} · {contact.email}"
    return (f"{title} · ", Link(turn.translator("Website"), contact.website)) if contact.website else title
