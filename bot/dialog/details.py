"""What is asked about what was just shown: when, the cost, telephone, the way there; and one's age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.dialog import counselling, events, following
from bot.dialog.actions import About, ListOffers, OpenEvent, ShowMenu
from bot.dialog.callback import Action
from bot.dialog.cards import contact_lines, open_action, where_lines
from bot.dialog.desk import Thread
from bot.dialog.found import town_of
from bot.dialog.labels import DOORS
from bot.dialog.reply import Bold, Button, Code, Line, Link, Message, Reply, lines
from bot.dialog.showing import PAGE, Reading, capital, name_of, open_line, phone_text, shorten, week_lines
from bot.dialog.turn import Turn
from bot.domain.directory import Contact, CounsellingOffer, Directory, Kind, Organisation
from bot.domain.places import Town
from bot.services.answering import Outcome
from bot.services.browsing import YOUTH_UNTIL, organisations_by
from bot.services.calendar import Occurrence
from bot.translation import N_
from bot.understanding.questions import Question

Door = CounsellingOffer | Organisation
Shown = Door | Occurrence

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
    rest = desk.answering.reader.rest(question)
    detail = desk.following.detail(question, rest)
    age = None if detail else desk.following.age(question, rest)
    if not detail and age is None:
        return None
    thread = desk.threads.get(turn.chat_id, turn.now)
    named = town_of(turn, question)
    town = named or desk.gazetteer.town(thread.town)
    taken = Thread(topic=thread.topic, town="" if named else thread.town, what=thread.what)
    of_events = thread.what == About.EVENTS
    if detail and (of_events or detail != "childcare") and (shown := await _shown(turn, thread, town)):
        if named is not None:
            desk.threads.keep(turn.chat_id, turn.now, replace(thread, town=named.id))
        holdings = await desk.shelf.holdings()
        told = Reply((_told(turn, detail, shown, thread, town, holdings.directory),))
        when = thread.when if of_events and thread.event is None else ""
        return following.still(turn, told, replace(taken, spoken=thread.spoken, when=when))
    if detail == "childcare" or thread.what not in ("", About.COUNSELLING) or thread.topic not in DOORS:
        return None
    if town is None:
        reply = await counselling.ask_town(turn, About.COUNSELLING, thread.topic)
    else:
        group = "" if age is None else "y" if age < YOUTH_UNTIL else "o"
        reply = await counselling.list_offers(turn, ListOffers(thread.topic, town.id, age=group))
    return following.still(turn, reply, replace(taken, topic="") if town is None else taken)


async def _shown(turn: Turn, thread: Thread, town: Town | None) -> Sequence[Shown]:
    """What the last answer showed, computed again: nobody keeps what was shown to whom."""
    desk = turn.desk
    if thread.what == About.EVENTS:
        return await events.shown(turn, thread, town.id if town is not None else "")
    holdings = await desk.shelf.holdings()
    spoken = (thread.spoken,) if thread.spoken else ()
    if thread.what in ("", About.COUNSELLING) and thread.topic in DOORS and town is not None:
        hits = counselling.fitting(turn, holdings, thread.topic, town, spoken=spoken)
        return [hit.offer for hit in counselling.only_door(thread.topic, hits) or hits[:PAGE]]
    if thread.what == About.ORGANISATIONS and (town is not None or spoken):
        by, value = ("town", town.id) if town is not None else ("lang", thread.spoken)
        found = organisations_by(holdings.directory, desk.gazetteer, by, value)
        return [organisation for organisation, _km in found[:PAGE]]
    if thread.what or thread.asked is None or not thread.asked.text:
        return ()
    answer = await desk.answering.search(thread.asked.text, thread.asked.locale, holdings)
    entries = answer.entries[:1] if answer.outcome is Outcome.ANSWER else answer.entries
    records = (holdings.directory.get(*entry.key) for entry in entries)
    return [record for record in records if isinstance(record, CounsellingOffer | Organisation)]


def _told(
    turn: Turn, detail: str, shown: Sequence[Shown], thread: Thread, town: Town | None, directory: Directory
) -> Message:
    """What is known of it for each door or event; where it is not, how to ask there."""
    _, reading = turn.translator, Reading(turn)
    known: list[Line | None] = []
    unknown: list[Line | None] = []
    rows = []
    topic = thread.topic if thread.what in ("", About.COUNSELLING) else ""
    place = town.id if town is not None else ""
    for number, one in enumerate(shown, 1):
        record = one.event if isinstance(one, Occurrence) else one
        contact, whom = _reach(one, directory, reading)
        title = f"{number}. {reading.text(record.title)}"
        if facts := _facts(turn, detail, one, contact, reading):
            known += ["", Bold(title), *facts]
        else:
            unknown.append(_reached(turn, f"{title} · {whom}" if whom else title, contact))
        opens = _opens(one, topic, place)
        rows.append((Button(f"{number}. {shorten(reading.name(record.title), 40)}", opens),))
    if unknown:
        unknown = ["", _("My list does not say it for these. Please ask there:"), *unknown]
    marks = reading.marks()
    heading = _("When") if detail == "hours" and thread.what == About.EVENTS else _(_HEADINGS[detail])
    if town is not None and thread.event is None and (thread.what or thread.topic):
        heading = f"{heading} · {name_of(turn, town)}"
    text = lines(Bold(heading), *known, *unknown, "" if marks else None, *marks)
    return Message(text, (*rows, (Button(_("Menu"), ShowMenu()),)))


def _opens(shown: Shown, topic: str, town: str) -> Action:
    if isinstance(shown, Occurrence):
        return OpenEvent(shown.event.id, shown.at)
    return open_action(shown, topic, town)


def _reach(shown: Shown, directory: Directory, reading: Reading) -> tuple[Contact, str]:
    """How a door is reached; of an event who organises it, with the name."""
    if not isinstance(shown, Occurrence):
        return shown.contact, ""
    organiser = directory.get(Kind.ORGANISATION, shown.event.organiser or "")
    if isinstance(organiser, Organisation):
        return organiser.contact, reading.text(organiser.title)
    return Contact(), shown.event.organiser or ""


def _facts(turn: Turn, detail: str, shown: Shown, contact: Contact, reading: Reading) -> list[Line]:
    if detail == "phone":
        return list(contact_lines(turn, contact)) if contact.phone or contact.mobile or contact.email else []
    if isinstance(shown, Occurrence):
        return events.facts(turn, detail, shown, reading)
    _ = turn.translator
    offer = shown if isinstance(shown, CounsellingOffer) else None
    match detail:
        case "hours" if offer is not None:
            facts = [open_line(turn, offer), *week_lines(turn, offer), reading.text(offer.hours_note)]
            return [fact for fact in facts if fact]
        case "cost" if offer is not None and offer.free:
            return [capital(_("free of charge"))]
        case "way" if offer is not None and offer.hotline:
            return [_("by telephone")]
        case "way":
            return list(where_lines(turn, shown))
        case _:
            return []


def _reached(turn: Turn, title: str, contact: Contact) -> Line:
    """A title with the shortest way to ask there."""
    if number := contact.phone or contact.mobile:
        return (f"{title}: ", Code(phone_text(number)))
    if contact.email:
        return f"{title}: {contact.email}"
    return (f"{title}: ", Link(turn.translator("Website"), contact.website)) if contact.website else title
