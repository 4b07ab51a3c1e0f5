"""Counselling in at most three taps: topic, town, the doors that fit."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, islice

from bot.dialog import speaking
from bot.dialog.actions import (
    About,
    AskLocation,
    ChooseTown,
    ListOffers,
    ListOrganisations,
    ShowEvents,
    ShowMenu,
    ShowOrganisations,
    ShowTopics,
    doors,
)
from bot.dialog.callback import Action
from bot.dialog.cards import age_line, card, open_action
from bot.dialog.desk import Thread
from bot.dialog.labels import ANY_QUESTION, COUNSELLING_TOPICS, DOORS, news_topic, topic
from bot.dialog.news_actions import ChooseArea, ChooseFrequency
from bot.dialog.reply import Bold, Button, Code, Italic, Line, Message, Reply, Rows, lines
from bot.dialog.showing import (
    Page,
    Reading,
    back,
    button_rows,
    for_another_country,
    form,
    language_names,
    name_of,
    open_line,
    open_now,
    open_today,
    outdated,
    phone_text,
    shorten,
    sources,
)
from bot.dialog.speaking import place_of, stands_in
from bot.dialog.turn import Turn
from bot.domain.directory import CounsellingOffer, Directory
from bot.domain.news import ALL
from bot.domain.places import Town
from bot.services.browsing import (
    NEAR_KM,
    OfferHit,
    offers_speaking,
    organisations_by,
    spoken_as,
    towns_with_offers,
)
from bot.services.shelf import Holdings

_TOWNS_PER_PAGE = 10
EVERYWHERE = "*"
_ASSOCIATIONS = 3
"""So many associations at most stand beside doors."""


async def topics(turn: Turn, action: ShowTopics | None = None) -> Reply:
    """The list of topics; where the town is known, it leads to the doors."""
    _ = turn.translator
    action = action or ShowTopics()
    town, spoken = turn.desk.gazetteer.town(action.town), action.spoken
    asked = action.town if town is not None or action.town == EVERYWHERE else ""
    # What it is about is written next, or where first; a town that was named before stays.
    where = asked or turn.desk.threads.get(turn.chat_id, turn.now).town
    kept = Thread(town=where, what=About.COUNSELLING, spoken=spoken)
    turn.desk.threads.keep(turn.chat_id, turn.now, kept)
    names = language_names(turn, spoken)
    speaking = _("Counselling in these languages: {languages}", languages=names) if names else None
    rows = button_rows([Button(topic(id, _), doors(id, asked, spoken)) for id in COUNSELLING_TOPICS])
    leave = back(turn, ShowMenu())
    if not asked:
        return Reply((Message(lines(speaking, Bold(_("What is it about?"))), (*rows, (leave,))),))
    where = name_of(turn, town) if town is not None else _("All of Mecklenburg-Vorpommern")
    elsewhere = Button(_("Other town"), ChooseTown(About.COUNSELLING, language=spoken))
    text = lines(Bold(where), speaking, _("What is it about?"))
    return Reply((Message(text, (*rows, (elsewhere, leave))),))


async def choose_town(turn: Turn, action: ChooseTown) -> Reply:
    """The towns as buttons; writing one, or sharing the location, works as well."""
    if action.what == About.COUNSELLING and action.topic and action.topic not in DOORS:
        return await topics(turn)
    _ = turn.translator
    what, topic_id = action.what, action.topic
    desk = turn.desk
    holdings = await desk.shelf.holdings()
    when = "" if action.when == "all" else action.when
    thread = Thread(topic=topic_id, what=what, when=when, spoken=action.language)
    desk.threads.keep(turn.chat_id, turn.now, thread)
    towns = towns_with_offers(holdings.directory, desk.gazetteer)
    shown = Page.of(action.page, len(towns), _TOWNS_PER_PAGE)
    buttons = [Button(name_of(turn, town), _at(action, town)) for town in towns[shown.first : shown.last]]
    rows = [*button_rows(buttons), *shown.turning(turn, lambda n: replace(action, page=n))]
    rows.append((Button(_("All of Mecklenburg-Vorpommern"), _everywhere(action)),))
    if turn.private:
        near = AskLocation(what, topic_id, when, action.language)
        rows.append((Button(_("Near me (share location once)"), near),))
    rows.append((back(turn, _before(action)),))
    heading = topic(topic_id, _) if topic_id in DOORS else None
    if what == About.NEWS:
        heading = news_topic(topic_id, _)
    text = lines(
        Bold(heading) if heading else None,
        _("Where do you live? Choose a town, or write its name or postal code.")
        if turn.private
        else _("Choose a town."),
    )
    return Reply((Message(text, tuple(rows)),))


def _at(asked: ChooseTown, town: Town) -> Action:
    match asked.what:
        case About.ORGANISATIONS:
            return ListOrganisations("town", town.id)
        case About.EVENTS:
            return ShowEvents(asked.when or "all", town.id, asked.language)
        case About.NEWS:
            return ChooseFrequency(asked.topic, f"town:{town.id}")
        case About.COUNSELLING if not asked.topic:
            return ShowTopics(town.id, asked.language)
        case _:
            return ListOffers(asked.topic, town.id, spoken=asked.language)


def _everywhere(asked: ChooseTown) -> Action:
    match asked.what:
        case About.ORGANISATIONS:
            return ListOrganisations("all")
        case About.EVENTS:
            return ShowEvents(asked.when or "all", "", asked.language)
        case About.NEWS:
            return ChooseFrequency(asked.topic, ALL)
        case About.COUNSELLING if not asked.topic:
            return ShowTopics(EVERYWHERE, asked.language)
        case _:
            return ListOffers(asked.topic, EVERYWHERE, spoken=asked.language)


def _before(asked: ChooseTown) -> Action:
    match asked.what:
        case About.NEWS:
            return ChooseArea(asked.topic)
        case About.ORGANISATIONS:
            return ShowOrganisations()
        case About.EVENTS:
            return ShowEvents(asked.when or "all", "", asked.language)
        case _:
            return ShowTopics(spoken=asked.language)


async def list_offers(turn: Turn, action: ListOffers, note: Line | None = None) -> Reply:
    """The doors for a topic, those that speak a language asked for first, then the nearest."""
    if action.topic not in DOORS or action.age not in ("", "y", "o"):
        return await topics(turn)
    desk = turn.desk
    holdings = await desk.shelf.holdings()
    town = desk.gazetteer.town(action.town)
    hits = fitting(turn, holdings, action.topic, town, action.age, action.spoken)
    opening: list[Line] = [] if note is None else [note, ""]
    rows: Rows = ()
    if action.spoken and not action.page:
        known = any(_speaks(hit, action.spoken) for hit in hits)
        told, rows = speaking.others(
            turn, holdings, town, action.spoken, [hit.offer for hit in hits], known=known
        )
        opening += told
    thread = Thread(action.topic, action.town, About.COUNSELLING, spoken=action.spoken, page=action.page)
    desk.threads.keep(turn.chat_id, turn.now, thread)
    message = _doors_message(turn, holdings.directory, action, town, hits, *opening)
    return Reply((replace(message, buttons=(*message.buttons[:-1], *rows, *message.buttons[-1:])),))


def fitting(
    turn: Turn,
    holdings: Holdings,
    topic_id: str,
    town: Town | None,
    age: str = "",
    spoken: str = "",
) -> list[OfferHit]:
    """The doors that fit, the best first; those for any question by whether they are open today, and of those
    that are nowhere but at the telephone first who answers now.

    Before all others come those that speak one of the languages asked for; where no topic was named, offers
    for whatever topic are among these. Of those just for this, doors for people from another country come
    last.
    """
    gazetteer = turn.desk.gazetteer
    hits = _answering_first(turn, holdings.offers(gazetteer, topic_id, town, age))
    asked = spoken.split(",")
    just_this = {hit.offer.id for hit in hits if hit.specific and hit.reaches}
    hits.sort(key=lambda hit: hit.offer.id not in just_this or for_another_country(turn, hit.offer, asked))
    if topic_id == ANY_QUESTION:
        hits.sort(key=lambda hit: (not hit.reaches, _TODAY.index(open_today(turn, hit.offer))))
    if topic_id == ANY_QUESTION and spoken:
        also = offers_speaking(holdings.directory, gazetteer, spoken_as(spoken), town, age)
        listed = {hit.offer.id for hit in hits}
        hits += [hit for hit in also if hit.offer.id not in listed]
        hits.sort(key=lambda hit: town is not None and not stands_in(hit.offer, town))
    hits.sort(key=lambda hit: not _speaks(hit, spoken))
    return hits


def _answering_first(turn: Turn, hits: list[OfferHit]) -> list[OfferHit]:
    """The doors in their order; of those without a place, where they stand together, first who answers now,
    and of these who does so in the reader's language."""
    own = turn.locale.language
    found: list[OfferHit] = []
    for _group, standing in groupby(hits, lambda hit: (hit.specific, hit.reaches, bool(hit.offer.places))):
        together = list(standing)
        if not together[0].offer.places:
            together.sort(key=lambda hit: (_TODAY.index(open_now(turn, hit.offer)), not _speaks(hit, own)))
        found += together
    return found


def _speaks(hit: OfferHit, spoken: str) -> bool:
    return not spoken_as(spoken).isdisjoint((*hit.offer.languages, *hit.offer.interpreters))


_TODAY = (True, None, False)


def _doors_message(
    turn: Turn,
    directory: Directory,
    action: ListOffers,
    town: Town | None,
    hits: list[OfferHit],
    *opening: Line,
) -> Message:
    """The card of the one door that is just for this, where there is one and no more; else the list."""
    if action.topic == ANY_QUESTION:
        if not action.spoken:  # those who speak it come first, open or not
            opening = (*opening, _today(turn, hits), "")
    elif town is not None and not (opening or action.whole or action.page):
        for hit in only_door(action.topic, hits):
            here = _associations(turn, directory, action, town, hits)
            return _door(turn, action, town, hit.offer, here, more=len(hits) > 1)
    return _offers_message(turn, directory, action, town, hits, *opening)


def _associations(
    turn: Turn, directory: Directory, action: ListOffers, town: Town | None, hits: list[OfferHit]
) -> Rows:
    """Buttons of the associations in a town that work on a topic, where no door just for this is there."""
    if town is None or action.page or action.topic == ANY_QUESTION:
        return ()
    if any(stands_in(hit.offer, town) for hit in hits if hit.specific):
        return ()
    reading = Reading(turn)
    working = (one for one in directory.organisations if action.topic in one.topics and stands_in(one, town))
    return tuple(
        (Button(shorten(reading.name(one.title)), open_action(one, action.topic, action.town)),)
        for one in islice(working, _ASSOCIATIONS)
    )


def only_door(topic_id: str, hits: list[OfferHit]) -> list[OfferHit]:
    """The one door that is just for this, where there is one and no more, and it can be reached."""
    just_this = [hit for hit in hits if hit.specific and hit.reaches and topic_id != ANY_QUESTION]
    return just_this if len(just_this) == 1 and just_this[0].offer.reachable else []


def _today(turn: Turn, hits: list[OfferHit]) -> str:
    """What is known of who is open today."""
    _ = turn.translator
    if any(hit.reaches and open_today(turn, hit.offer) for hit in hits):
        return _("What is open today comes first.")
    return _("I know of none that is certainly open today. Please ask before you go.")


def _door(
    turn: Turn, action: ListOffers, town: Town, offer: CounsellingOffer, here: Rows, *, more: bool
) -> Message:
    """A card in place of a list that has only this on its topic; ``more``: the others are a tap away, as are
    associations that are ``here``."""
    _ = turn.translator
    shown = card(turn, offer)
    others = ((Button(_("More counselling offices"), replace(action, whole=1)),),) if more else ()
    leave = (_other_town(turn, action), _back(turn, action))
    heading = f"{topic(action.topic, _)} · {name_of(turn, town)}"
    return replace(
        shown, text=lines(heading, shown.text), buttons=(*shown.buttons[:-1], *here, *others, leave)
    )


def _offers_message(
    turn: Turn,
    directory: Directory,
    action: ListOffers,
    town: Town | None,
    hits: list[OfferHit],
    *opening: Line,
) -> Message:
    """A page of offers as text, and their buttons."""
    _ = turn.translator
    reading = Reading(turn)
    page = Page.of(action.page, len(hits))
    shown = hits[page.first : page.last]
    heading = topic(action.topic, _)
    if town is not None:
        heading = f"{heading} · {name_of(turn, town)}"
    text: list[Line | None] = [*opening, Bold(heading)]
    if not hits:
        text += ["", _("There is no entry for this yet. The counselling of your district can tell you more.")]
    farther = None
    if hits and action.topic != ANY_QUESTION and not any(hit.specific and hit.reaches for hit in hits):
        farther = next((hit for hit in hits if hit.specific), None)
        text.append(_none_near(turn, reading, farther, town))
    for number, hit in enumerate(shown, page.first + 1):
        text += ["", Bold(f"{number}. {reading.text(hit.offer.title)}"), *_facts(turn, hit, town)]
    if notes := [*reading.marks(), *sources(turn, [hit.offer for hit in shown])]:
        text += ["", *notes]
    buttons = [
        Button(
            f"{number}. {shorten(reading.name(hit.offer.title))}",
            open_action(hit.offer, action.topic, action.town, page.number, action.age, action.spoken),
        )
        for number, hit in enumerate(shown, page.first + 1)
    ]
    if farther is not None and farther not in shown:
        opened = open_action(farther.offer, action.topic, action.town, page.number, action.age, action.spoken)
        buttons.append(Button(shorten(reading.name(farther.offer.title)), opened))
    rows: list[tuple[Button, ...]] = [(button,) for button in buttons]
    rows += _associations(turn, directory, action, town, hits)
    rows += page.turning(turn, lambda n: replace(action, page=n))
    rows += _narrowing(turn, action, hits)
    own = turn.locale.language
    if own != "de" and organisations_by(directory, turn.desk.gazetteer, "lang", own):
        label = _("Associations that speak {language}", language=form(turn).language(own))
        rows.append((Button(label, ListOrganisations("lang", own)),))
    rows.append((_other_town(turn, action), _back(turn, action)))
    return Message(lines(*text), tuple(rows))


def _none_near(turn: Turn, reading: Reading, farther: OfferHit | None, town: Town | None) -> str:
    """That the doors which come first are for any question; and where the nearest just for this is."""
    _ = turn.translator
    if farther is None:
        return _("There is no office just for this in my list. These help with every question:")
    return _(
        "No office just for this is near. These help with every question. Just for this, but farther away: "
        "{office}",
        office=" · ".join(filter(None, (reading.text(farther.offer.title), place_of(turn, farther, town)))),
    )


def _other_town(turn: Turn, action: ListOffers) -> Button:
    there = ChooseTown(About.COUNSELLING, action.topic, language=action.spoken)
    return Button(turn.translator("Other town"), there)


def _back(turn: Turn, action: ListOffers) -> Button:
    """The topics, with what is known by now."""
    return back(turn, ShowTopics(action.town, action.spoken))


def _narrowing(turn: Turn, action: ListOffers, hits: list[OfferHit]) -> list[tuple[Button, ...]]:
    """ "Under 27" and "27 and older", where it makes a difference."""
    _ = turn.translator
    if action.age:
        return [(Button(_("All ages"), replace(action, age="", page=0)),)]
    youth = any(hit.offer.max_age for hit in hits)
    adult = any(hit.offer.min_age and hit.offer.min_age > 18 for hit in hits)
    if not (youth and adult):
        return []
    return [
        (
            Button(_("I am under 27"), replace(action, age="y", page=0)),
            Button(_("I am 27 or older"), replace(action, age="o", page=0)),
        )
    ]


def _facts(turn: Turn, hit: OfferHit, town: Town | None) -> list[Line | None]:
    _, form_ = turn.translator, form(turn)
    facts = [place_of(turn, hit, town), age_line(turn, hit.offer)]
    line = " · ".join(fact for fact in facts if fact) or None
    languages = (*hit.offer.languages, *hit.offer.interpreters)
    phone = hit.offer.contact.phone or hit.offer.contact.mobile
    far = hit.km is not None and hit.km > NEAR_KM and hit.reaches
    return [
        line,
        _("Responsible for your district as well.") if far else None,
        _("Languages: {languages}", languages=form_.languages(languages)) if languages else None,
        open_line(turn, hit.offer),
        (_("Telephone:"), " ", Code(phone_text(phone))) if phone else None,
        Italic(doubt) if (doubt := outdated(turn, hit.offer)) else None,
    ]
