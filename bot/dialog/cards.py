"""One record as one message: what it is, how to reach it, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.dialog.actions import (
    CampaignDistrict,
    ListArticles,
    ListOffers,
    ListOrganisations,
    OpenEvent,
    OpenRecord,
    ReportOutdated,
    ShowMenu,
    ShowOrganisations,
    ShowTopics,
    ShowVenue,
    doors,
)
from bot.dialog.callback import Action
from bot.dialog.labels import CAMPAIGN_STATUSES, COMMUNITIES, COUNSELLING_TOPICS, organisation_type, topic
from bot.dialog.reply import Bold, Button, Code, Line, Link, Message, Quote, Span, lines
from bot.dialog.showing import (
    Reading,
    addresses,
    back,
    button_rows,
    capital,
    cost_line,
    form,
    open_line,
    origin,
    phone_text,
    week_lines,
)
from bot.dialog.turn import Turn
from bot.domain.directory import (
    AnyRecord,
    Article,
    Campaign,
    ContactDetails,
    CounsellingOffer,
    Event,
    Organisation,
    Status,
)

_LONG = 700
"""Characters from which a body is folded."""


def card(
    turn: Turn, record: AnyRecord, opened: OpenRecord | None = None, quoted: Sequence[str] = ()
) -> Message:
    """The card of a record; ``opened`` is the button that led here, and knows the way back.

    ``quoted``: lines of its text that stand for the whole, which a button then shows.
    """
    reading = Reading(turn)
    body = _quotation(record, reading, quoted) if quoted else tuple(_body(turn, record, reading))
    text = lines(
        Bold(reading.text(record.title)),
        *(() if quoted else _summary(record, reading)),
        *body,
        "",
        *reading.marks(),
        *origin(turn, record),
    )
    whole = [Button(turn.translator("Whole text"), open_action(record))] if quoted else []
    buttons = [*whole, *_buttons(turn, record), Button(turn.translator("Share"), inline=_share_query(record))]
    if not record.demo:
        buttons.append(Button(turn.translator("Outdated?"), ReportOutdated(record.KIND, record.id)))
    return Message(text, (*button_rows(buttons), (back(turn, _back(record, opened or OpenRecord("", ""))),)))


def _summary(record: AnyRecord, reading: Reading) -> Iterable[Span]:
    if record.summary:
        yield reading.text(record.summary)


def _quotation(record: AnyRecord, reading: Reading, quoted: Sequence[str]) -> tuple[Line, ...]:
    """Lines out of an article's text, each of which may have stood far from the next."""
    if isinstance(record, Article):
        reading.text(record.body)  # the marks of the text hold for its lines
    return ("", Quote("\n…\n".join(quoted)))


def _body(turn: Turn, record: AnyRecord, reading: Reading) -> Iterable[Line]:
    match record:
        case CounsellingOffer():
            yield ""
            yield from _offer(turn, record, reading)
        case Organisation():
            yield ""
            yield from _organisation(turn, record)
        case Campaign():
            yield ""
            yield from _campaign(turn, record, reading)
        case Article() if record.body:
            yield ""
            text = reading.text(record.body)
            yield Quote(text, expandable=True) if len(text) > _LONG else text
        case _:
            return


def language_lines(turn: Turn, record: CounsellingOffer | Organisation) -> Iterable[Span]:
    """Which languages are spoken there, and into which others is interpreted."""
    _, form_ = turn.translator, form(turn)
    if record.languages:
        yield _("Languages: {languages}", languages=form_.languages(record.languages))
    if isinstance(record, CounsellingOffer) and record.interpreters:
        yield _("Interpreters for: {languages}", languages=form_.languages(record.interpreters))


def _offer(turn: Turn, offer: CounsellingOffer, reading: Reading) -> Iterable[Line]:
    _, form_ = turn.translator, form(turn)
    if offer.target_group:
        yield _("For: {who}", who=reading.text(offer.target_group))
    if age := age_line(turn, offer):
        yield age
    yield from language_lines(turn, offer)
    cost = cost_line(turn, offer, reading)
    plainly_free = offer.free and not offer.cost
    terms = [
        _("free of charge") if plainly_free else None,
        _("anonymous, if you wish") if offer.anonymous else None,
        {"required": _("by appointment"), "not_required": _("no appointment needed")}.get(
            offer.appointment or ""
        ),
    ]
    if any(terms):
        yield capital(form_.list(term for term in terms if term))
    if cost and not plainly_free:
        yield cost
    if state := open_line(turn, offer):
        yield Bold(state)
    yield from week_lines(turn, offer, reading)
    if offer.hours_note:
        yield reading.text(offer.hours_note)
    yield from where_lines(turn, offer)
    if offer.districts_served:
        names = form_.list(_district(turn, id) for id in offer.districts_served)
        yield _("Responsible for: {districts}", districts=names)
    if offer.provider:
        yield _("Provided by: {provider}", provider=offer.provider)
    yield from contact_lines(turn, offer.contact)
    if not offer.reachable:
        yield _("I have no telephone number and no address here. A counselling office in your town can help.")


def _organisation(turn: Turn, organisation: Organisation) -> Iterable[Line]:
    _, form_ = turn.translator, form(turn)
    if name := organisation_type(organisation.type, _):
        yield name
    communities = [_(COMMUNITIES[id]) for id in organisation.communities if id in COMMUNITIES]
    if communities:
        yield capital(form_.list(communities))
    if organisation.topics:
        yield _("Topics: {topics}", topics=form_.list(topic(id, _) for id in organisation.topics))
    yield from language_lines(turn, organisation)
    if organisation.founded:
        yield _("Founded: {date}", date=form_.month(organisation.founded))
    yield from where_lines(turn, organisation)
    yield from contact_lines(turn, organisation.contact)


def _campaign(turn: Turn, campaign: Campaign, reading: Reading) -> Iterable[Span]:
    _, form_ = turn.translator, form(turn)
    yield Bold(_("Status: {status}", status=_(CAMPAIGN_STATUSES[campaign.status])))
    if campaign.districts:
        done = [id for id, status in campaign.districts.items() if status is Status.ACHIEVED]
        others = sorted({status for status in campaign.districts.values() if status is not Status.ACHIEVED})
        if done:
            yield _("Achieved in: {districts}", districts=form_.list(_district(turn, id) for id in done))
        for status in others:
            names = form_.list(_district(turn, id) for id, one in campaign.districts.items() if one is status)
            yield f"{capital(_(CAMPAIGN_STATUSES[status]))}: {names}"
    if campaign.body:
        yield reading.text(campaign.body)


def age_line(turn: Turn, offer: CounsellingOffer) -> str | None:
    """Who an offer is for, by age; None where age does not matter."""
    _ = turn.translator
    if offer.min_age and offer.max_age:
        return _("Age: {first} to {last}", first=offer.min_age, last=offer.max_age)
    if offer.min_age:
        return _("Age: {first} and older", first=offer.min_age)
    if offer.max_age:
        return _("Age: up to {last}", last=offer.max_age)
    return None


def where_lines(turn: Turn, record: Organisation | CounsellingOffer) -> Iterable[Line]:
    """Streets each on a line of their own; towns together on one."""
    _ = turn.translator
    places = list(addresses(turn, record))
    if places and not (record.publish_address and any(place.address for place in record.places)):
        places = [f"{form(turn).comma} ".join(dict.fromkeys(places))]
    yield from (_("Where: {address}", address=place) for place in places)


def contact_lines(turn: Turn, contact: ContactDetails) -> Iterable[Line]:
    """Telephone, e-mail and website. Numbers stand as text: Telegram has no telephone buttons."""
    _ = turn.translator
    numbers = [phone_text(number) for number in _numbers(contact)]
    if numbers:
        separated: list[Span] = [_("Telephone:"), " "]
        for position, number in enumerate(numbers):
            separated += [f"{form(turn).comma} ", Code(number)] if position else [Code(number)]
        yield tuple(separated)
    if contact.email:
        yield _("E-mail: {address}", address=contact.email)
    if contact.website:
        yield Link(_("Website"), contact.website)


def _numbers(contact: ContactDetails) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for number in (contact.phone, contact.mobile) if number))


def _district(turn: Turn, id: str) -> str:
    district = turn.desk.gazetteer.district(id)
    return turn.desk.gazetteer.local_name(district, turn.locale.code) if district else id


def _buttons(turn: Turn, record: AnyRecord) -> Iterable[Button]:
    _ = turn.translator
    if isinstance(record, CounsellingOffer | Organisation):
        numbers = _numbers(record.contact)
        for number in numbers:
            named = _("Copy {number}", number=phone_text(number)) if len(numbers) > 1 else _("Copy number")
            yield Button(named, copy=number)
        if record.contact.website:
            yield Button(_("Website"), url=record.contact.website)
        for number_, place in enumerate(record.places):
            if record.publish_address and place.address:
                yield Button(_("Map"), ShowVenue(record.KIND, record.id, number_))
    if isinstance(record, CounsellingOffer) and not record.reachable:
        yield Button(_("Counselling in my town"), _instead(record))
    if isinstance(record, Article) and record.website:
        yield Button(_("Website"), url=record.website)
    if isinstance(record, Campaign) and record.districts:
        yield Button(_("In my district"), CampaignDistrict(record.id))


def _instead(offer: CounsellingOffer) -> Action:
    """The way from an offer that nobody knows how to reach to those that take every question."""
    topic_id = next((id for id in offer.topics if id in COUNSELLING_TOPICS), "")
    if not topic_id:
        return ShowTopics()
    towns = {place.town for place in offer.places}
    return doors(topic_id, towns.pop() if len(towns) == 1 else "")


def _back(record: AnyRecord, opened: OpenRecord) -> Action:
    match record:
        case CounsellingOffer() if opened.topic:
            return ListOffers(opened.topic, opened.town, opened.page, opened.age, 1, opened.spoken)
        case Organisation() if opened.topic:
            return ListOrganisations(opened.topic, opened.town, opened.page)
        case Organisation():
            return ShowOrganisations()
        case Campaign():
            return ListArticles("campaigns", opened.page)
        case Article():
            return ListArticles(record.section, opened.page)
        case _:
            return ShowMenu()


def _share_query(record: AnyRecord) -> str:
    # Inline mode finds a record by its key, whatever language the receiving chat speaks.
    return f"{record.KIND}:{record.id}"


def open_action(
    record: AnyRecord, topic: str = "", town: str = "", page: int = 0, age: str = "", spoken: str = ""
) -> Action:
    """What a button that names a record does; the rest is the list it stands in."""
    if isinstance(record, Event):
        return OpenEvent(record.id)
    # Where the ids are too long for a button the order of the list is given up, then the way back to it.
    ways = (
        OpenRecord(record.KIND, record.id, topic, town, page, age, spoken),
        OpenRecord(record.KIND, record.id, topic, town, page, age),
    )
    return next((way for way in ways if way.fits), OpenRecord(record.KIND, record.id))
