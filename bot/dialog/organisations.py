"""Organisations: by town, by language or community, by topic, or near me."""

from __future__ import annotations

from bot.dialog.actions import (
    About,
    AskLocation,
    ChooseTown,
    ListOffers,
    ListOrganisations,
    PickOrganisations,
    ShowEvents,
    ShowMenu,
    ShowOrganisations,
    ShowTopics,
)
from bot.dialog.cards import open_action
from bot.dialog.desk import Thread
from bot.dialog.labels import ANY_QUESTION, COMMUNITIES, topic
from bot.dialog.news_actions import ChooseFrequency
from bot.dialog.reply import Bold, Button, Italic, Line, LocationRequest, Message, Reply, lines
from bot.dialog.showing import (
    Page,
    Reading,
    back,
    button_rows,
    form,
    language_names,
    name_of,
    none_here,
    outdated,
    shorten,
    sources,
    town_name,
)
from bot.dialog.turn import Turn
from bot.domain.directory import Organisation
from bot.domain.locales import LOCALES
from bot.services.browsing import choices, organisations_by
from bot.translation import translator

_CHOICES = 12


async def show(turn: Turn, action: ShowOrganisations | None = None) -> Reply:
    """How to look."""
    _ = turn.translator
    rows: list[tuple[Button, ...]] = [
        (
            Button(_("By town"), ChooseTown(About.ORGANISATIONS)),
            Button(_("By language or community"), PickOrganisations("lang")),
        ),
        (Button(_("By topic"), PickOrganisations("topic")), Button(_("All"), ListOrganisations("all"))),
    ]
    if turn.private:
        rows.append((Button(_("Near me (share location once)"), AskLocation(About.ORGANISATIONS)),))
    rows.append((back(turn, ShowMenu()),))
    return Reply((Message((Bold(_("Associations of migrants: how do you want to look?")),), tuple(rows)),))


async def pick(turn: Turn, action: PickOrganisations) -> Reply:
    """The languages or topics to choose from."""
    _ = turn.translator
    holdings = await turn.desk.shelf.holdings()
    found = choices(holdings.directory, action.by)
    own = turn.locale.language
    found.sort(key=lambda pair: pair[0] != own)
    page = Page.of(action.page, len(found), _CHOICES)
    buttons = [
        Button(_label(turn, action.by, value), ListOrganisations(action.by, value))
        for value, _count in found[page.first : page.last]
    ]
    turning = page.turning(turn, lambda n: PickOrganisations(action.by, n))
    heading = _("Which language or community?") if action.by == "lang" else _("Which topic?")
    return Reply(
        (Message((Bold(heading),), (*button_rows(buttons), *turning, (back(turn, ShowOrganisations()),))),)
    )


def _label(turn: Turn, by: str, value: str) -> str:
    if value in COMMUNITIES:
        return turn.translator(COMMUNITIES[value])
    if by == "lang":
        return language_names(turn, value)
    return topic(value, turn.translator)


async def list_(turn: Turn, action: ListOrganisations) -> Reply:
    """Organisations that fit, nearest first."""
    desk, value = turn.desk, action.value
    town = value if action.by == "town" else ""
    spoken = value if action.by == "lang" and value not in COMMUNITIES else ""
    thread = Thread("", town, About.ORGANISATIONS, spoken=spoken, page=action.page)
    desk.threads.keep(turn.chat_id, turn.now, thread)
    holdings = await desk.shelf.holdings()
    found = organisations_by(holdings.directory, desk.gazetteer, action.by, action.value)
    return Reply((_page_of(turn, action, found),))


def _page_of(
    turn: Turn, action: ListOrganisations, found: list[tuple[Organisation, float | None]]
) -> Message:
    _, form_ = turn.translator, form(turn)
    reading = Reading(turn)
    page = Page.of(action.page, len(found))
    heading = _("Associations of migrants")
    town = turn.desk.gazetteer.town(action.value) if action.by == "town" else None
    if town:
        heading += f" · {name_of(turn, town)}"
    elif action.by in ("lang", "topic"):
        heading += f" · {_label(turn, action.by, action.value)}"
    text: list[Line | None] = [Bold(heading)]
    if not found:
        text += ["", _("I know no association for this yet. Choose another way to look.")]
    elif town and not any(place.town == town.id for place in found[0][0].places):
        text.append(none_here(turn, town))
    rows: list[tuple[Button, ...]] = []
    for number, (organisation, km) in enumerate(found[page.first : page.last], page.first + 1):
        where = form_.list(dict.fromkeys(town_name(turn, place) for place in organisation.places))
        if km is not None and km >= 1:
            where = f"{where} ({form_.distance(km)})"
        text += ["", Bold(f"{number}. {reading.text(organisation.title)}"), where or None]
        text.append(reading.text(organisation.summary) or None)
        if doubt := outdated(turn, organisation):
            text.append(Italic(doubt))
        label = f"{number}. {shorten(reading.name(organisation.title))}"
        rows.append((Button(label, open_action(organisation, action.by, action.value, page.number)),))
    shown = [organisation for organisation, _km in found[page.first : page.last]]
    if notes := [*reading.marks(), *sources(turn, shown)]:
        text += ["", *notes]
    rows += page.turning(turn, lambda n: ListOrganisations(action.by, action.value, n))
    rows.append((back(turn, ShowOrganisations()),))
    return Message(lines(*text), tuple(rows))


async def ask_location(turn: Turn, action: AskLocation) -> Reply:
    """ "Near me": a keyboard whose button shares the location; it is used once and dropped."""
    _ = turn.translator
    # The location comes as a message of its own: what it is for waits in the thread.
    kept = Thread(topic=action.topic, what=action.what, when=action.when, spoken=action.language)
    turn.desk.threads.keep(turn.chat_id, turn.now, kept)
    text = _("Press the button below. I use your location once, for this list, and do not keep it.")
    request = LocationRequest(_("Share my location"), no_location(turn))
    return Reply((Message((text,), ask_location=request, replaces=False),))


def no_location(turn: Turn) -> str:
    """What the second button of that keyboard says; it arrives as a text like any other."""
    return turn.translator("No, I choose a town")


def keeps_location(text: str) -> bool:
    """Whether a text is that button, in whatever language the keyboard was made."""
    return text.strip() in {translator(locale)("No, I choose a town") for locale in LOCALES}


async def without_location(turn: Turn) -> Reply:
    """The location was not shared: take the keyboard away and offer the towns."""
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    closing = Message(
        (turn.translator("All right, without your location."),), replaces=False, remove_keyboard=True
    )
    return Reply((closing, *(await _towns(turn, thread)).messages))


async def _towns(turn: Turn, thread: Thread) -> Reply:
    """The towns for what a location was asked for."""
    from bot.dialog import counselling

    what = thread.what or About.ORGANISATIONS
    asked = ChooseTown(what, thread.topic, when=thread.when, language=thread.spoken)
    return await counselling.choose_town(turn, asked)


async def near(turn: Turn) -> Reply:
    """A shared location: the nearest town, and what was asked for there. The coordinates end here."""
    from bot.dialog import counselling, events, news

    _ = turn.translator
    if turn.location is None:
        return Reply()
    desk = turn.desk
    thread = desk.threads.get(turn.chat_id, turn.now)
    town, km = desk.gazetteer.nearest(turn.location.latitude, turn.location.longitude, 1)[0]
    if km > _FAR_KM:
        text = _("This place is not in Mecklenburg-Vorpommern. Please choose a town from the list.")
        closing = Message((text,), replaces=False, remove_keyboard=True)
        return Reply((closing, *(await _towns(turn, thread)).messages))
    closing = Message(
        (_("Nearest town: {town}", town=name_of(turn, town)),), replaces=False, remove_keyboard=True
    )
    if thread.what == About.EVENTS:
        found = await events.show(turn, ShowEvents(thread.when or "all", town.id, thread.spoken))
    elif thread.what == About.NEWS:
        found = await news.choose_frequency(turn, ChooseFrequency(thread.topic, f"town:{town.id}"))
    elif thread.what == About.ORGANISATIONS:
        found = await list_(turn, ListOrganisations("town", town.id))
    elif thread.what == About.COUNSELLING and not thread.topic:
        found = await counselling.topics(turn, ShowTopics(town.id, thread.spoken))
    elif thread.topic:
        doors = ListOffers(thread.topic, town.id, spoken=thread.spoken)
        found = await counselling.list_offers(turn, doors)
    else:
        helping = await counselling.list_offers(turn, ListOffers(ANY_QUESTION, town.id))
        found = await list_(turn, ListOrganisations("town", town.id))
        found = Reply((*helping.messages, *found.messages))
    return Reply((closing, *found.messages))


_FAR_KM = 60
