"""Cards of single records, the pages about the network, and what hangs on a card's buttons."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog.actions import (
    About,
    CampaignDistrict,
    ListArticles,
    OpenEvent,
    OpenRecord,
    ReportOutdated,
    ShowAbout,
    ShowMenu,
    ShowVenue,
)
from bot.dialog.cards import card, open_action
from bot.dialog.desk import Thread
from bot.dialog.labels import CAMPAIGN_STATUSES, GLOSSARY, SECTIONS
from bot.dialog.reply import Bold, Button, Line, Link, Message, Reply, Venue, lines
from bot.dialog.showing import (
    ROW_LABEL,
    Page,
    Reading,
    back,
    button_rows,
    deep_link,
    map_link,
    origin,
    shorten,
    sources,
    town_name,
)
from bot.dialog.turn import Turn
from bot.domain.directory import (
    AnyRecord,
    Article,
    Campaign,
    CounsellingOffer,
    Event,
    Kind,
    Organisation,
    Status,
)
from bot.services.shelf import Holdings

_PER_PAGE = 8


async def find(turn: Turn, kind: str, id: str) -> AnyRecord | None:
    """A record by the words in a button or link, or None."""
    holdings = await turn.desk.shelf.holdings()
    return holdings.directory.get(Kind(kind), id) if kind in set(Kind) else None


def gone(turn: Turn) -> Reply:
    """What an old button gets whose record is no longer there."""
    from bot.dialog.guide import menu_message

    return Reply(
        (menu_message(turn, turn.translator("This entry is no longer available. Here is what there is:")),)
    )


async def open_record(turn: Turn, action: OpenRecord) -> Reply:
    """A record's card."""
    record = await find(turn, action.kind, action.id)
    if record is None:
        return gone(turn)
    if isinstance(record, Event):
        from bot.dialog import events

        return await events.open_event(turn, OpenEvent(record.id))
    threads, is_door = turn.desk.threads, isinstance(record, CounsellingOffer | Organisation)
    before = threads.get(turn.chat_id, turn.now)
    told = record.key if isinstance(record, Article | Campaign) else None
    if is_door or before.door is not None or before.told != told:
        about = Thread(town=before.town) if is_door and before.what == About.EVENTS else before
        threads.keep(turn.chat_id, turn.now, replace(about, door=record.key if is_door else None, told=told))
    return Reply((card(turn, record, action),))


async def show_venue(turn: Turn, action: ShowVenue) -> Reply:
    """A pin for a place. Without coordinates of its own it shows the town, and says so."""
    _ = turn.translator
    record = await find(turn, action.kind, action.id)
    places = record.places if isinstance(record, CounsellingOffer | Organisation) else ()
    if (
        record is None
        or not record.publish_address
        or not 0 <= action.place < len(places)
        or not places[action.place].address
    ):
        return gone(turn)
    place = places[action.place]
    title = Reading(turn).name(record.title)
    address = place.address or ""
    exact = place.latitude is not None and place.longitude is not None
    latitude, longitude = place.latitude, place.longitude
    if not exact:
        town = turn.desk.gazetteer.town(place.town)
        if town is None:
            return gone(turn)
        latitude, longitude = town.latitude, town.longitude
    pin = Venue(latitude or 0.0, longitude or 0.0, title, address)
    note = None if exact else _("The pin shows the middle of {town}.", town=town_name(turn, place))
    text = lines(address, note, Link(_("Find this address on a map"), map_link(address)))
    return Reply((Message(venue=pin, replaces=False), Message(text, replaces=False)))


async def report_outdated(turn: Turn, action: ReportOutdated) -> Reply:
    """ "Outdated?": counted for the office, without who pressed it."""
    record = await find(turn, action.kind, action.id)
    if record is None:
        return gone(turn)
    async with turn.desk.store.begin() as tx:
        await tx.report_outdated(record.KIND, record.id, turn.desk.today(turn.now))
    return Reply(toast=turn.translator("Thank you. The office will check this entry."))


async def about(turn: Turn, action: ShowAbout | None = None) -> Reply:
    """The sections about the network."""
    _ = turn.translator
    holdings = await turn.desk.shelf.holdings()
    buttons = [
        _section_button(turn, id, _(name)) for id, name in SECTIONS.items() if _in_section(holdings, id)
    ]
    text = lines(
        Bold("MIGRANET-MV"),
        _("The network of migrant self-organisations in Mecklenburg-Vorpommern."),
    )
    return Reply((Message(text, (*button_rows(buttons, 1), (back(turn, ShowMenu()),))),))


def _section_button(turn: Turn, section: str, label: str) -> Button:
    if section == GLOSSARY and not turn.private:  # which word somebody looks up is nobody else's business
        return Button(label, url=deep_link(turn.desk.bot_username, GLOSSARY))
    return Button(label, ListArticles(section))


def _in_section(holdings: Holdings, section: str) -> list[AnyRecord]:
    if section == "campaigns":
        return list(holdings.directory.campaigns)
    return [article for article in holdings.directory.articles if article.section == section]


async def list_articles(turn: Turn, action: ListArticles) -> Reply:
    """The titles of a section, or the campaigns with their status."""
    _ = turn.translator
    holdings = await turn.desk.shelf.holdings()
    records = _in_section(holdings, action.section)
    if not records:
        return await about(turn)
    reading = Reading(turn)
    if action.section == GLOSSARY:
        records.sort(key=lambda record: reading.name(record.title).casefold())
    page = Page.of(action.page, len(records), _PER_PAGE)
    shown = records[page.first : page.last]
    text: list[Line | None] = [Bold(_(SECTIONS.get(action.section, "About the network")))]
    if action.section == GLOSSARY:
        text.append(_("General explanations. For your own case, ask a counselling office."))
    text += [
        f"• {reading.text(record.title)}: {_(CAMPAIGN_STATUSES[record.status])}"
        for record in shown
        if isinstance(record, Campaign)
    ]
    if notes := [*reading.marks(), *sources(turn, (one for one in shown if isinstance(one, Campaign)))]:
        text += ["", *notes]
    rows: list[tuple[Button, ...]] = [
        (Button(shorten(reading.name(record.title), ROW_LABEL), open_action(record, page=page.number)),)
        for record in shown
    ]
    rows += page.turning(turn, lambda n: ListArticles(action.section, n))
    rows.append((back(turn, ShowAbout()),))
    return Reply((Message(lines(*text), tuple(rows)),))


async def campaign_district(turn: Turn, action: CampaignDistrict) -> Reply:
    """A campaign's status in the reader's district: the districts as buttons, then the answer."""
    _ = turn.translator
    campaign = await find(turn, Kind.CAMPAIGN, action.id)
    if not isinstance(campaign, Campaign):
        return gone(turn)
    gazetteer = turn.desk.gazetteer
    reading = Reading(turn)
    title = Bold(reading.text(campaign.title))
    leave = back(turn, OpenRecord(Kind.CAMPAIGN, campaign.id))
    district = gazetteer.district(action.district)
    if district is None or action.district not in campaign.districts:
        buttons = [
            Button(gazetteer.local_name(found, turn.locale.code), CampaignDistrict(campaign.id, id))
            for id in campaign.districts
            if (found := gazetteer.district(id)) is not None
        ]
        return Reply(
            (
                Message(
                    lines(title, _("Which district do you live in?")), (*button_rows(buttons, 1), (leave,))
                ),
            )
        )
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    inside = gazetteer.town(thread.town)
    town = thread.town if inside is not None and inside.district == district.id else ""
    turn.desk.threads.keep(
        turn.chat_id, turn.now, Thread(what=About.CAMPAIGN, campaign=campaign.id, town=town)
    )
    name = gazetteer.local_name(district, turn.locale.code)
    status = _(CAMPAIGN_STATUSES[campaign.districts[action.district]])
    total = sum(1 for value in campaign.districts.values() if value is Status.ACHIEVED)
    text = lines(
        title,
        Bold(f"{name}: {status}"),
        _("Achieved in {done} of {all} districts.", done=total, all=len(campaign.districts)),
        "",
        *reading.marks(),
        *origin(turn, campaign),
    )
    again = Button(_("Other district"), CampaignDistrict(campaign.id))
    return Reply((Message(text, ((again,), (leave,))),))
