"""``/campaign``: the office plans notices around a campaign's end, and sees what will go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.dialog import announce
from bot.dialog.actions import ShowMenu
from bot.dialog.announce_draft import office, opens
from bot.dialog.announce_options import HOLIDAYS, LATE, planned_lines, with_holidays
from bot.dialog.announce_when import offset_words, rule_words
from bot.dialog.callback import unpack
from bot.dialog.desk import Thread
from bot.dialog.expecting import Expected, What
from bot.dialog.labels import CAMPAIGN_STATUSES
from bot.dialog.office_actions import (
    BeginNotice,
    OpenBroadcast,
    OpenCampaign,
    OpenDraft,
    PlanNotice,
    ShowCalendar,
    ShowCampaigns,
)
from bot.dialog.progress import moment_words, pause_words, stored_state_words
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import Page, Reading, back, button_rows, form, shorten
from bot.dialog.turn import Turn
from bot.domain.broadcast import Anchor, Audience, Broadcast, Options, Schedule, State
from bot.domain.directory import Campaign, Kind
from bot.domain.news import Topic
from bot.domain.staff import Role, Staff
from bot.services import drafting
from bot.services.anchoring import anchored
from bot.services.scope import own_areas
from bot.understanding.day_words import MOST_DAYS, read_days
from bot.understanding.moments import DEFAULT_TIME

OFFSETS = (-30, -7, -1, 1)
"""Days from a campaign's end that are offered as buttons."""
_SHOWN = 6
_STEPS = (-10, -1, 1, 10)
_DAYS = re.compile(r"-?[0-9]{1,3}")
_STOPPED = frozenset({State.CANCELLED, State.WITHDRAWN})


@office
async def show(turn: Turn, member: Staff, action: ShowCampaigns | None = None) -> Reply:
    """``/campaign``: all campaigns, those whose end is to come first."""
    _, reading = turn.translator, Reading(turn)
    today = turn.desk.today(turn.now)
    campaigns = list((await turn.desk.shelf.holdings()).directory.campaigns)
    ends = {one.id: _end(one) for one in campaigns}
    campaigns.sort(key=lambda one: ((end := ends[one.id]) is None or end < today, end or date.max))
    page = Page.of(action.page if action else 0, len(campaigns), _SHOWN)
    listed = campaigns[page.first : page.last]
    text: list[Line | None] = [Bold(_("Campaigns and their notices"))]
    text += [f"• {reading.text(one.title)}: {_about(turn, one)}" for one in listed]
    if not campaigns:
        text.append(_("There is no campaign yet."))
        text.append(_("Campaigns come from the content files that are imported on the server: lotse import."))
    rows: list[tuple[Button, ...]] = [
        (Button(shorten(reading.name(one.title)), OpenCampaign(one.id)),)
        for one in listed
        if _longest(one.id).fits
    ]
    rows += page.turning(turn, ShowCampaigns)
    rows += [(Button(_("Calendar of what will go out"), ShowCalendar()),), (back(turn, ShowMenu()),)]
    return Reply((Message(lines(*text), tuple(rows)),))


def _longest(id: str) -> PlanNotice:
    """The button that needs the most room: where it does not fit, a campaign cannot be planned here."""
    return PlanNotice(id, "holidays", "", "move", max(LATE))


def _end(campaign: Campaign) -> date | None:
    return campaign.ended.exact if campaign.ended else None


def _about(turn: Turn, campaign: Campaign) -> str:
    """ "running, until 10 December 2026"."""
    _, form_ = turn.translator, form(turn)
    status = _(CAMPAIGN_STATUSES[campaign.status])
    if campaign.ended is None:
        return status
    until = _("until {date}", date=form_.month(campaign.ended, within=True))
    return f"{status}{form_.comma} {until}"


async def _campaign(turn: Turn, id: str) -> Campaign | None:
    found = (await turn.desk.shelf.holdings()).directory.get(Kind.CAMPAIGN, id)
    return found if isinstance(found, Campaign) else None


# One campaign -------------------------------------------------------------------------------------


@office
async def open_campaign(turn: Turn, member: Staff, action: OpenCampaign) -> Reply:
    """A campaign with its notices: when each goes out, how far it is, and how to stop it."""
    campaign = await _campaign(turn, action.id)
    if campaign is None:
        return await show(turn)
    _, reading = turn.translator, Reading(turn)
    async with turn.desk.store.read() as view:
        series = await view.series(campaign.id)
        schedules = {one.broadcast_id: one for one in await view.schedules()}
    others = sum(1 for one in series if _in_list(one) and not _ours(member, one))
    notices = [one for one in series if _in_list(one) and _ours(member, one)]
    notices.sort(
        key=lambda one: (_when(one, schedules) or datetime.max.replace(tzinfo=turn.now.tzinfo), one.id)
    )
    page = Page.of(action.page, len(notices), _SHOWN)
    text: list[Line | None] = [
        Bold(reading.text(campaign.title)),
        _about(turn, campaign),
        *reading.marks(),
        "",
        None if notices or others else _("There are no notices yet."),
        turn.translator.n(
            "{count} notice of others is not shown to you.",
            "{count} notices of others are not shown to you.",
            others,
        )
        if others
        else None,
    ]
    rows: list[tuple[Button, ...]] = []
    for one in notices[page.first : page.last]:
        text.append(f"• {name_of(turn, one)}: {await _state(turn, one, schedules.get(one.id))}")
        rows.append(tuple(_buttons(turn, one)))
    rows += page.turning(turn, lambda n: OpenCampaign(campaign.id, n))
    rows += [
        (Button(_("Add a notice"), PlanNotice(campaign.id)),),
        (Button(_("Calendar of what will go out"), ShowCalendar()),),
        (back(turn, ShowCampaigns()),),
    ]
    return Reply((Message(lines(*text), tuple(rows)),))


def _in_list(one: Broadcast) -> bool:
    # What a repetition has made stands under its template.
    return one.schedule_id is None and one.state not in _STOPPED


def _ours(member: Staff, one: Broadcast) -> bool:
    return member.may(Role.AUTHOR, one.organisation_id)


def _when(one: Broadcast, schedules: Mapping[int, Schedule]) -> datetime | None:
    schedule = schedules.get(one.id)
    return schedule.next_at if one.state is State.TEMPLATE and schedule is not None else one.send_at


def name_of(turn: Turn, one: Broadcast) -> str:
    """What staff call a notice."""
    return one.name or turn.translator("no text yet")


async def _state(turn: Turn, one: Broadcast, schedule: Schedule | None) -> str:
    """How far a notice is and when it goes out, in one line."""
    _ = turn.translator
    parts = [await stored_state_words(turn, one)]
    if one.state is State.TEMPLATE and schedule is not None:
        parts = [rule_words(turn, schedule.rule)]
        if schedule.next_at is not None:
            parts.append(_("next: {time}", time=moment_words(turn, schedule.next_at)))
    elif one.state is State.PAUSED and (reason := pause_words(turn, one)):
        parts.append(reason)
    elif one.state in (State.DRAFT, State.REVIEW) and one.send_at is not None:
        parts.append(moment_words(turn, one.send_at))
    if one.anchor is not None:
        parts.append(offset_words(turn, one.anchor.days))
    return " · ".join(parts)


def _buttons(turn: Turn, one: Broadcast) -> Iterable[Button]:
    _ = turn.translator
    yield Button(shorten(name_of(turn, one)), opens(one))
    if one.state is State.TEMPLATE:
        yield Button(_("Stop repeating"), OpenBroadcast(one.id, "stop"))
    elif one.state in (State.SCHEDULED, State.PAUSED):
        yield Button(_("Cancel it"), OpenBroadcast(one.id, "cancel"))


# A new notice -------------------------------------------------------------------------------------


@office
async def plan(turn: Turn, member: Staff, action: PlanNotice) -> Reply:
    """When a new notice goes out: days from the end, or a time of its own."""
    campaign = await _campaign(turn, action.id)
    if campaign is None:
        return await show(turn)
    # A hostile button changes nothing.
    if action.holidays not in HOLIDAYS or action.late not in LATE:
        action = PlanNotice(campaign.id, action.part, action.days)
    match action.part:
        case "days" if _end(campaign) is not None:
            return await _stepper(turn, campaign, action)
        case "holidays":
            return _choice(turn, action, turn.translator("On a public holiday"), HOLIDAYS)
        case "late":
            return _choice(turn, action, turn.translator("If it cannot go out in time"), LATE)
        case _:
            return await _presets(turn, campaign, action)


async def _presets(turn: Turn, campaign: Campaign, action: PlanNotice) -> Reply:
    _, form_, end = turn.translator, form(turn), _end(campaign)
    here, options = replace(action, part="", days=""), _options(action.holidays, action.late)
    text = lines(
        Bold(_("New notice: {campaign}", campaign=Reading(turn).text(campaign.title))),
        _("The campaign ends on {date}.", date=form_.month(end))
        if end is not None
        else _("The day on which this campaign ends is not known. Choose a time of your own."),
        _("It goes out at {time} on that day.", time=form_.time(DEFAULT_TIME)) if end is not None else None,
        _(
            "If that date moves, the announcement moves with it; if the date is cancelled, the "
            "announcement waits for you."
        )
        if end is not None
        else None,
        "",
        *planned_lines(turn, options),
        _("What is for a day before that date stays before it, and what is for the day itself stays on it.")
        if end is not None and options.move_holidays
        else None,
        _("What is later than that is not sent, and you are told."),
        *(("", _written_hint(turn)) if end is not None else ()),
    )
    buttons: list[Button] = []
    if end is not None:
        _expect(turn, replace(here, part="days"))
        for days in OFFSETS:
            moment = await _moment(turn, action, days)
            if moment is not None and moment > turn.now:
                buttons.append(Button(offset_words(turn, days), _begin(here, days)))
        buttons.append(Button(_("Other number of days"), replace(here, part="days", days="-14")))
    rows = (
        *button_rows(buttons),
        (Button(_("A time of its own, once or again and again"), _begin(here, None)),),
        (
            Button(_("Public holidays"), replace(here, part="holidays")),
            Button(_("If it is late"), replace(here, part="late")),
        ),
        (back(turn, OpenCampaign(campaign.id)),),
    )
    return Reply((Message(text, rows),))


async def _stepper(turn: Turn, campaign: Campaign, action: PlanNotice) -> Reply:
    """Any number of days, by stepping to it."""
    _, days = turn.translator, _read_days(action.days) or 0
    moment = await _moment(turn, action, days)
    past = moment is None or moment <= turn.now
    when = moment_words(turn, moment) if moment is not None else None
    text = lines(
        Bold(_("New notice: {campaign}", campaign=Reading(turn).text(campaign.title))),
        (Bold(offset_words(turn, days)), ": ", when) if when else offset_words(turn, days),
        _("This time has passed. Choose another one.") if past else None,
        _written_hint(turn),
    )
    side = 1 if days > 0 else -1  # more days are further from the date, on the side where it is
    steps = [
        Button(f"{step:+d}".replace("-", "−"), replace(action, days=str(days + side * step)))
        for step in _STEPS
        if abs(days + side * step) <= MOST_DAYS
    ]
    _expect(turn, action)
    rows = (
        tuple(steps),
        *(() if past else ((Button(_("Write it"), _begin(action, days)),),)),
        (back(turn, replace(action, part="", days="")),),
    )
    return Reply((Message(text, rows),))


def _written_hint(turn: Turn) -> str:
    return turn.translator(
        "Choose, or write how many days before or after, for example: {example}",
        example=offset_words(turn, -14),
    )


def _expect(turn: Turn, action: PlanNotice) -> None:
    """What is written next is a number of days."""
    expected = Expected(What.DAYS, action.pack())
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(expected=expected))


async def days_written(turn: Turn) -> Reply | None:
    """A number of days was written where it is stepped to; None: no such thing."""
    here = turn.desk.threads.take(turn.chat_id, turn.now, What.DAYS, turn.update_id) if turn.private else None
    action = unpack(here)
    # Who says only how many means before: that is what is asked for first.
    found = (read_days(turn.text + ending) for ending in ("", " vorher", " Tage vorher"))
    days = next((one for one in found if one is not None), None)
    if not isinstance(action, PlanNotice) or days is None:
        return None
    return await plan(turn, replace(action, days=str(days)))


def _choice(
    turn: Turn, action: PlanNotice, heading: str, choices: Mapping[str, str] | Mapping[int, str]
) -> Reply:
    _, here = turn.translator, replace(action, part="")
    rows = []
    for value, words in choices.items():
        changed = replace(here, holidays=value) if isinstance(value, str) else replace(here, late=value)
        mark = "✓ " if changed == here else ""
        rows.append((Button(mark + _(words), changed),))
    return Reply((Message((Bold(heading),), (*rows, (back(turn, here),))),))


def _read_days(written: str) -> int | None:
    days = int(written) if _DAYS.fullmatch(written) else None
    return days if days is not None and abs(days) <= MOST_DAYS else None


def _begin(action: PlanNotice, days: int | None) -> BeginNotice:
    written = "" if days is None else str(days)
    return BeginNotice(action.id, written, action.holidays, action.late)


def _anchor(id: str, days: int) -> Anchor:
    return Anchor(record=f"{Kind.CAMPAIGN}/{id}", days=days)


def _options(holidays: str, late: int) -> Options:
    return with_holidays(Options(window=late), holidays)


async def _moment(turn: Turn, action: PlanNotice, days: int) -> datetime | None:
    directory = (await turn.desk.shelf.holdings()).directory
    options = _options(action.holidays, action.late)
    return anchored(_anchor(action.id, days), directory, turn.desk.zone, options)


@office
async def begin(turn: Turn, member: Staff, action: BeginNotice) -> Reply:
    """Make the draft of a notice, and go on with it where announcements are written."""
    campaign = await _campaign(turn, action.id)
    days = _read_days(action.days)
    if campaign is None or (action.days and days is None):
        return await show(turn)
    if action.holidays not in HOLIDAYS or action.late not in LATE:
        return await plan(turn, PlanNotice(campaign.id))
    if days is not None:
        send_at = await _moment(turn, PlanNotice(campaign.id, "", "", action.holidays, action.late), days)
        if send_at is None or send_at <= turn.now:
            return await plan(turn, PlanNotice(campaign.id, "", "", action.holidays, action.late))
    anchor = None if days is None else _anchor(campaign.id, days)
    id = await _draft(turn, member, campaign, anchor, _options(action.holidays, action.late))
    return await announce.open_(turn, OpenDraft(id, "when" if anchor is None else ""))


async def _draft(
    turn: Turn, member: Staff, campaign: Campaign, anchor: Anchor | None, options: Options
) -> int:
    """A new notice; pressed twice, the same one as long as nothing was written in it."""
    async with turn.desk.store.read() as view:
        for one in await view.series(campaign.id):
            empty = one.state is State.DRAFT and one.author_id == member.id and not one.name
            if empty and (one.anchor, one.options) == (anchor, options):
                return one.id
    office_ = turn.desk.office
    areas: frozenset[str] = frozenset()
    if member.organisation_id is not None:
        async with turn.desk.store.read() as view:
            areas = await own_areas(view, turn.desk.gazetteer, member.organisation_id)
    audience = Audience(topics=frozenset({Topic.CAMPAIGNS}), areas=areas)
    draft = await drafting.start_draft(
        office_, member, turn.now, audience=audience, options=options, series=campaign.id
    )
    if anchor is not None:
        directory = (await turn.desk.shelf.holdings()).directory
        await drafting.set_anchor(office_, member, draft.id, anchor, directory, turn.now)
    return draft.id
