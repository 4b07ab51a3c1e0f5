"""Short messages that go on with the last question, what is taken from it, and forgetting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.dialog.actions import (
    About,
    CampaignDistrict,
    ChooseTown,
    ForgetThread,
    ListOffers,
    ListOrganisations,
    ShowEvents,
)
from bot.dialog.desk import Thread
from bot.dialog.found import town_of
from bot.dialog.labels import ANY_QUESTION, DOORS, news_topic, topic
from bot.dialog.reply import Button, Italic, Reply, lines
from bot.dialog.showing import asked_languages, form, language_names, name_of
from bot.dialog.turn import Turn
from bot.domain.places import Town
from bot.translation import N_
from bot.understanding.following import LONGEST
from bot.understanding.moments import read_day, read_month
from bot.understanding.questions import WEEKDAYS, Question

_SUBJECTS: Mapping[str, str] = {
    About.EVENTS: N_("Events"),
    About.ORGANISATIONS: N_("Associations"),
    About.CAMPAIGN: N_("Campaigns"),
    About.RESPONSIBLE: N_("Which office is responsible"),
}
_TIMES = {
    "today": N_("Today"),
    "tomorrow": N_("Tomorrow"),
    "weekend": N_("This weekend"),
    "week": N_("Next 7 days"),
}
NAMES_ALONE = 2
"""Words up to which a language named before anything else may be that wished for here."""


def time_of(question: Question) -> str:
    """The time asked for, as lists of events know it; empty where there is none.

    An evening alone is today's: "vendredi soir" is a Friday.
    """
    days = (time for time in question.times if time in _TIMES or time in WEEKDAYS)
    return next(days, "today" if "evening" in question.times else "")


def when_of(turn: Turn, question: Question) -> str:
    """The time of the events asked for, as lists of them know it: a date before all; empty for none."""
    day, month = _day(turn, question.text), _month(turn, question.text)
    return day[0] if day else time_of(question) or (month[0] if month else "")


def _day(turn: Turn, text: str) -> tuple[str, str] | None:
    """The coming day whose date stands in a text, as lists of events know it, and the text without it."""
    return _ahead(turn, read_day(text, turn.desk.today(turn.now)), "%Y-%m-%d")


def _month(turn: Turn, text: str) -> tuple[str, str] | None:
    """The same of a month."""
    return _ahead(turn, read_month(text, turn.desk.today(turn.now)), "%Y-%m")


def _ahead(turn: Turn, found: tuple[date, str] | None, written: str) -> tuple[str, str] | None:
    from bot.dialog import events

    when = found[0].strftime(written) if found is not None else ""
    return (when, found[1]) if found and events.is_ahead(when, turn.desk.today(turn.now)) else None


async def go_on(turn: Turn, question: Question, town: Town | None) -> Reply | None:
    """The answer to a message that says only what changes; None where there is nothing to go on with."""
    desk = turn.desk
    before = desk.threads.get(turn.chat_id, turn.now)
    who_speaks = desk.following.asks_who_speaks(question)
    leans = who_speaks or desk.following.goes_on(question)
    if not leans and not (town is not None and _town_was_asked_for(before, question)):
        return None
    own = turn.locale.language if desk.following.asks_for_own_language(question) else ""
    named = Thread(
        town=town.id if town else "",
        when=time_of(question),
        spoken=asked_languages(question.spoken) or own,
    )
    known = desk.gazetteer.town(before.town)
    about = replace(
        before,
        town=named.town or (known.id if known else ""),
        when=named.when or before.when,
        spoken=named.spoken or before.spoken,
    )
    if who_speaks and len(question.words) > NAMES_ALONE and not (before.what or before.topic):
        about = replace(about, topic=ANY_QUESTION, what=About.COUNSELLING)
    if about.what == About.ORGANISATIONS and about.town and not who_speaks:
        about = replace(about, spoken="")  # they are listed by one or the other
    if (reply := await _listed(turn, about, question)) is None:
        return None
    # What has a topic only is listed as doors.
    kept = replace(about, what=about.what or About.COUNSELLING, event=None, door=None, told=None, page=0)
    desk.threads.keep(turn.chat_id, turn.now, kept)
    by_language = about.what == About.ORGANISATIONS and bool(about.spoken)
    taken = replace(
        before,
        town="" if named.town or by_language else before.town,
        when="" if named.when else before.when,
        spoken="" if named.spoken else about.spoken,
    )
    answers = bool(about.what and not before.town and about.town)
    if answers and not (taken.when or taken.spoken):
        return reply  # the town was asked for, and the heading says what for
    return still(turn, reply, taken)


async def _listed(turn: Turn, about: Thread, question: Question) -> Reply | None:
    """What there is for it all; None where that is not to be told by a list."""
    from bot.dialog import articles, counselling, events, organisations, responsible

    town, spoken = turn.desk.gazetteer.town(about.town), about.spoken
    match about.what:
        case About.EVENTS:
            return await events.show(turn, ShowEvents(about.when or "all", about.town, spoken))
        case About.ORGANISATIONS if question.times:
            return None  # associations have no days: it is about events now
        case About.ORGANISATIONS if spoken:
            return await organisations.list_(turn, ListOrganisations("lang", spoken))
        case About.ORGANISATIONS if town is not None:
            return await organisations.list_(turn, ListOrganisations("town", town.id))
        case About.CAMPAIGN if town is not None:
            return await articles.campaign_district(turn, CampaignDistrict(about.campaign, town.district))
        case About.RESPONSIBLE if town is not None:
            return await responsible.in_district(turn, about.topic, town.district)
        case "" | About.COUNSELLING if about.topic in DOORS and town is None:
            where = ChooseTown(About.COUNSELLING, about.topic, language=spoken)
            return await counselling.choose_town(turn, where)
        case "" | About.COUNSELLING if about.topic in DOORS and town is not None:
            note = _hours(turn) if question.times else None
            listed = ListOffers(about.topic, town.id, spoken=spoken)
            return await counselling.list_offers(turn, listed, note)
        case _:
            return None


async def on_day(turn: Turn, question: Question) -> Reply | None:
    """The events of a day, where a message is a date, with a town at most; None for any other.

    Of a month only where events were shown before: it alone may be about anything.
    """
    from bot.dialog import events

    desk = turn.desk
    before = desk.threads.get(turn.chat_id, turn.now)
    goes_on = before.what == About.EVENTS
    dated = None
    if 0 < len(question.words) <= LONGEST:
        dated = _day(turn, question.text) or (_month(turn, question.text) if goes_on else None)
    if dated is None:
        return None
    when, others = dated
    beside = desk.answering.reader.read(others)
    if not desk.following.says_nothing(beside):
        return None
    named = town_of(turn, beside)
    town = named or desk.gazetteer.town(before.town)
    spoken = before.spoken if goes_on else ""
    reply = await events.show(turn, ShowEvents(when, town.id if town else "", spoken))
    taken = Thread(what=before.what if goes_on else "", town="" if named else before.town, spoken=spoken)
    return still(turn, reply, taken)


def _town_was_asked_for(before: Thread, question: Question) -> bool:
    """Whether a town is what was waited for: then it may stand among other words."""
    other = question.topics or question.kinds or question.times
    waited = before.what not in ("", About.EVENTS)  # events are listed without one
    return waited and not before.town and not other


def _hours(turn: Turn) -> str:
    return turn.translator("Opening hours are in the entries. Where there are none, ask by telephone.")


def still(turn: Turn, reply: Reply, taken: Thread, shown: Sequence[str] = ()) -> Reply:
    """A reply that says in one line what was taken from before, with a button that forgets it.

    ``shown``: names of what was shown, where nothing else says what it was about.
    """
    about = labels(turn, taken) or shown
    if not about or not reply.messages:
        return reply
    _ = turn.translator
    first, *others = reply.messages
    line = Italic(_("Still about: {what}", what=f"{form(turn).comma} ".join(about)))
    rows = (*first.buttons, (Button(_("Forget this"), ForgetThread()),))
    return replace(reply, messages=(replace(first, text=lines(line, first.text), buttons=rows), *others))


def labels(turn: Turn, thread: Thread) -> list[str]:
    """What a thread is about, in words: subject, town, time, language."""
    from bot.dialog import events

    _, gazetteer = turn.translator, turn.desk.gazetteer
    subject = _(_SUBJECTS[thread.what]) if thread.what in _SUBJECTS else None
    if thread.topic:
        subject = news_topic(thread.topic, _) if thread.what == About.NEWS else topic(thread.topic, _)
    town = gazetteer.town(thread.town)
    if thread.when in WEEKDAYS:
        when: str | None = form(turn).weekdays((WEEKDAYS.index(thread.when),))
    elif thread.when in _TIMES:
        when = _(_TIMES[thread.when])
    else:
        when = events.dated(turn, thread.when, turn.desk.today(turn.now))
    spoken = language_names(turn, thread.spoken)
    return [label for label in (subject, name_of(turn, town) if town else None, when, spoken) if label]


async def forget(turn: Turn, action: ForgetThread) -> Reply:
    """What the conversation was about is gone at once."""
    turn.desk.threads.drop(turn.chat_id)
    return Reply(toast=turn.translator("Forgotten. Your next question starts afresh."))
