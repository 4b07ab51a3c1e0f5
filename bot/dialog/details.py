"""What is asked about the doors just shown: their hours, cost, telephone, the way there; and one's age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.dialog import counselling, following
from bot.dialog.actions import About, ListOffers, ShowMenu
from bot.dialog.cards import contact_lines, open_action, where_lines
from bot.dialog.desk import Asked, Thread
from bot.dialog.found import is_card, records_of, town_of
from bot.dialog.labels import DOORS
from bot.dialog.reply import Bold, Button, Code, Line, Link, Message, Reply, lines
from bot.dialog.showing import (
    PAGE,
    Reading,
    capital,
    name_of,
    open_line,
    phone_text,
    shorten,
    sources,
    week_lines,
)
from bot.dialog.turn import Turn
from bot.domain.directory import CounsellingOffer, Organisation
from bot.domain.places import Town
from bot.services.browsing import YOUTH_UNTIL, organisations_by
from bot.services.shelf import Holdings
from bot.translation import N_
from bot.understanding.questions import Question

Door = CounsellingOffer | Organisation


class _Shown(NamedTuple):
    """What the last answer showed."""

    doors: Sequence[Door] = ()
    listed: tuple[str, str] = ("", "")
    """The first two fields of the list that they stood in; see :class:`bot.dialog.actions.OpenRecord`."""
    town: Town | None = None
    """Where that list was for one."""


_HEADINGS: Mapping[str, str] = {
    "hours": N_("Opening hours"),
    "cost": N_("Cost"),
    "phone": N_("Telephone and e-mail"),
    "way": N_("The way there"),
}


async def tell(turn: Turn, question: Question) -> Reply | None:
    """The answer to "when is it open?", "phone?", "I am 25"; None where nothing was shown before."""
    desk = turn.desk
    rest = desk.answering.reader.rest(question)
    detail = desk.following.detail(question, rest)
    age = None if detail else desk.following.age(question, rest)
    if not detail and age is None:
        return None
    thread = desk.threads.get(turn.chat_id, turn.now)
    named = town_of(turn, question)
    if detail and (shown := await _shown(turn, thread, named)).doors:
        return _about(turn, detail, shown, thread, named)
    if thread.what in ("", About.COUNSELLING) and thread.topic in DOORS:
        return await _doors(turn, thread, named, age)
    return None


def _about(turn: Turn, detail: str, shown: _Shown, thread: Thread, named: Town | None) -> Reply:
    """A detail of what was shown; a town that was named with it is that meant from now on."""
    if named is not None:
        what = thread.what or (About.COUNSELLING if shown.town is not None else "")
        turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, town=named.id, what=what))
    town = thread.town if shown.town is not None and named is None else ""
    taken = Thread(topic=thread.topic, town=town, what=thread.what, spoken=thread.spoken)
    names = [Reading(turn).name(door.title) for door in shown.doors]
    return following.still(turn, Reply((_told(turn, detail, shown),)), taken, names)


async def _doors(turn: Turn, thread: Thread, named: Town | None, age: int | None) -> Reply:
    """The doors for what it was about: those for an age, or all where none was shown yet."""
    town = named or turn.desk.gazetteer.town(thread.town)
    if town is None:
        return await counselling.ask_town(turn, About.COUNSELLING, thread.topic)
    group = "" if age is None else "y" if age < YOUTH_UNTIL else "o"
    reply = await counselling.list_offers(turn, ListOffers(thread.topic, town.id, age=group))
    taken = Thread(topic=thread.topic, town="" if named else thread.town, what=thread.what)
    return following.still(turn, reply, taken)


async def _shown(turn: Turn, thread: Thread, named: Town | None) -> _Shown:
    """The doors that the last answer showed, computed again: nobody keeps what was shown to whom.

    Those of a town that is named now, where they were of a town or topic.
    """
    desk = turn.desk
    holdings = await desk.shelf.holdings()
    town = named or desk.gazetteer.town(thread.town)
    spoken = (thread.spoken,) if thread.spoken else ()
    if not thread.what and (named is None or not thread.topic):
        found = await _found(turn, holdings, thread.asked)
        if found or not thread.topic:
            return _Shown(found)
    if thread.what in ("", About.COUNSELLING) and thread.topic in DOORS and town is not None:
        hits = counselling.fitting(turn, holdings, thread.topic, town, spoken=spoken)
        doors = [hit.offer for hit in counselling.only_door(thread.topic, hits) or hits[:PAGE]]
        return _Shown(doors, (thread.topic, town.id), town)
    if thread.what == About.ORGANISATIONS and (spoken or town is not None):
        by_town = town if named is not None or not spoken else None
        listed = ("lang", thread.spoken) if by_town is None else ("town", by_town.id)
        nearest = organisations_by(holdings.directory, desk.gazetteer, *listed)
        return _Shown([organisation for organisation, _km in nearest[:PAGE]], listed, by_town)
    return _Shown()


async def _found(turn: Turn, holdings: Holdings, asked: Asked | None) -> Sequence[Door]:
    """The doors among what a question was answered with."""
    if asked is None or not asked.text:
        return ()
    answer = await turn.desk.answering.search(asked.text, asked.locale, holdings)
    records = records_of(holdings, answer)
    shown = records[:1] if records and is_card(answer, records[0]) else records
    return [record for record in shown if isinstance(record, CounsellingOffer | Organisation)]


def _told(turn: Turn, detail: str, shown: _Shown) -> Message:
    """What is known of it for each door; where it is not, how to ask there."""
    _, reading = turn.translator, Reading(turn)
    known: list[Line | None] = []
    unknown: list[Line | None] = []
    for number, door in enumerate(shown.doors, 1):
        title = f"{number}. {reading.text(door.title)}"
        if facts := _facts(turn, detail, door, reading):
            known += ["", Bold(title), *facts]
        else:
            unknown.append(_reached(turn, title, door))
    if unknown:
        unknown = ["", _("My list does not say it for these. Please ask there:"), *unknown]
    notes = [*reading.marks(), *sources(turn, shown.doors)]
    heading = _(_HEADINGS[detail])
    if shown.town is not None:
        heading = f"{heading} · {name_of(turn, shown.town)}"
    text = lines(Bold(heading), *known, *unknown, "" if notes else None, *notes)
    rows = [
        (Button(f"{number}. {shorten(reading.name(door.title))}", open_action(door, *shown.listed)),)
        for number, door in enumerate(shown.doors, 1)
    ]
    return Message(text, (*rows, (Button(_("Menu"), ShowMenu()),)))


def _facts(turn: Turn, detail: str, door: Door, reading: Reading) -> list[Line]:
    _ = turn.translator
    offer = door if isinstance(door, CounsellingOffer) else None
    match detail:
        case "hours" if offer is not None:
            facts = [open_line(turn, offer), *week_lines(turn, offer), reading.text(offer.hours_note)]
            return [fact for fact in facts if fact]
        case "cost" if offer is not None and offer.free:
            return [capital(_("free of charge"))]
        case "phone" if door.contact.phone or door.contact.mobile or door.contact.email:
            return list(contact_lines(turn, door.contact))
        case "way" if offer is not None and offer.hotline:
            return [_("by telephone")]
        case "way":
            return list(where_lines(turn, door))
        case _:
            return []


def _reached(turn: Turn, title: str, door: Door) -> Line:
    """A door with the shortest way to ask there."""
    contact = door.contact
    if number := contact.phone or contact.mobile:
        return (f"{title} · ", Code(phone_text(number)))
    if contact.email:
        return f"{title} · {contact.email}"
    return (f"{title} · ", Link(turn.translator("Website"), contact.website)) if contact.website else title
