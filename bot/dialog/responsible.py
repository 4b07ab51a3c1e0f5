"""Who is responsible, by district: what the content says about it, and nothing else."""

from __future__ import annotations

from bot.dialog.actions import (
    About,
    CampaignDistrict,
    ChooseTown,
    OpenRecord,
    ShowMenu,
    ShowResponsible,
    ShowTopics,
)
from bot.dialog.cards import open_action
from bot.dialog.desk import Thread
from bot.dialog.labels import CAMPAIGN_STATUSES, COUNSELLING_TOPICS, topic
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import (
    ROW_LABEL,
    Reading,
    back,
    button_rows,
    form,
    origin,
    shorten,
    sources,
    town_name,
)
from bot.dialog.turn import Turn
from bot.domain.directory import Campaign, CounsellingOffer, Directory, Kind, Status
from bot.services.browsing import responsible_offers

ARTICLE = "wer-ist-zustaendig"
"""The article about responsibilities in general; content without one is shown without it."""
_SHOWN = 5


async def show(turn: Turn, action: ShowResponsible) -> Reply:
    """A district was chosen, or is to be chosen."""
    if turn.desk.gazetteer.district(action.district) is None:
        return ask_district(turn, action.topic)
    return await in_district(turn, action.topic, action.district)


def ask_district(turn: Turn, topic_id: str) -> Reply:
    """It differs by district, and none was named."""
    _, gazetteer = turn.translator, turn.desk.gazetteer
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topic_id, what=About.RESPONSIBLE))
    buttons = [
        Button(gazetteer.local_name(found, turn.locale.code), ShowResponsible(topic_id, found.id))
        for found in gazetteer.districts
    ]
    text = lines(
        Bold(_("That differs by district.")),
        _("Which district do you live in?"),
        _("You can also write the name of your town."),
    )
    return Reply((Message(text, (*button_rows(buttons), (back(turn, ShowMenu()),))),))


async def in_district(turn: Turn, topic_id: str, district_id: str) -> Reply:
    """Who is responsible there, as far as the content says it."""
    _, desk = turn.translator, turn.desk
    district = desk.gazetteer.district(district_id)
    if district is None:
        return ask_district(turn, topic_id)
    directory = (await desk.shelf.holdings()).directory
    before = desk.threads.get(turn.chat_id, turn.now)
    inside = desk.gazetteer.town(before.town)
    town = before.town if inside is not None and inside.district == district_id else ""
    desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topic_id, what=About.RESPONSIBLE, town=town))
    reading = Reading(turn)
    name = desk.gazetteer.local_name(district, turn.locale.code)
    heading = f"{name} · {topic(topic_id, _)}" if topic_id in COUNSELLING_TOPICS else name
    offers = responsible_offers(directory, desk.gazetteer, topic_id, district_id)[:_SHOWN]
    campaigns = _campaigns(directory, topic_id, district_id)
    text: list[Line | None] = [Bold(heading)]
    if offers:
        text += ["", _("Offices that are responsible for this district, or located in it:")]
        text += [f"• {_offer(turn, reading, offer)}" for offer in offers]
        text += sources(turn, offers)
    if campaigns:
        text += ["", _("What differs by district:")]
    for one, status in campaigns:
        text += [f"• {reading.text(one.title)}: {_(CAMPAIGN_STATUSES[status])}", *origin(turn, one)]
    text += [
        "",
        _("My list holds counselling offices, not the authorities themselves."),
        _("If you are not sure: a counselling office finds the right authority with you."),
    ]
    if marks := reading.marks():
        text += ["", *marks]
    rows: list[tuple[Button, ...]] = [
        (Button(shorten(reading.name(one.title), ROW_LABEL), open_action(one)),) for one in offers
    ]
    rows += [
        (Button(shorten(reading.name(one.title), ROW_LABEL), CampaignDistrict(one.id, district_id)),)
        for one, _status in campaigns
    ]
    article = directory.get(Kind.ARTICLE, ARTICLE)
    if article is not None:
        rows.append(
            (Button(shorten(reading.name(article.title), ROW_LABEL), OpenRecord(article.KIND, article.id)),)
        )
    known = topic_id in COUNSELLING_TOPICS
    rows.append(
        (
            Button(
                _("Counselling in my town"),
                ChooseTown(About.COUNSELLING, topic_id) if known else ShowTopics(),
            ),
        )
    )
    rows.append((Button(_("Other district"), ShowResponsible(topic_id)), back(turn, ShowMenu())))
    return Reply((Message(lines(*text), tuple(rows)),))


def _offer(turn: Turn, reading: Reading, offer: CounsellingOffer) -> str:
    """An offer with its towns."""
    towns = dict.fromkeys(town_name(turn, place) for place in offer.places)
    where = f" ({form(turn).list(towns)})" if towns else ""
    return f"{reading.text(offer.title)}{where}"


def _campaigns(directory: Directory, topic_id: str, district_id: str) -> list[tuple[Campaign, Status]]:
    return [
        (one, one.districts[district_id])
        for one in directory.campaigns
        if district_id in one.districts and (not topic_id or topic_id in one.topics)
    ]
