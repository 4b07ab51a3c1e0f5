"""Whom an announcement is for: each tap shows at once how many people that is, by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.dialog.announce_draft import Draft, expect, set_audience, set_options
from bot.dialog.expecting import What
from bot.dialog.labels import NEWS_TOPICS
from bot.dialog.office_actions import ChangeDraft, OpenDraft
from bot.dialog.reply import Bold, Button, Line, Message, Reply, Rows, lines
from bot.dialog.showing import back, button_rows, form, name_of
from bot.dialog.subscriptions import area_name, topic_name
from bot.dialog.turn import Turn
from bot.domain.broadcast import Audience, Group, Unknown
from bot.domain.locales import LOCALES, find
from bot.domain.news import ALL, Topic
from bot.services.scope import own_areas
from bot.services.subscribing import is_area
from bot.translation import N_

GROUPS = {Group.CONTACTS: N_("Contacts of associations"), Group.STAFF: N_("The office itself")}
"""What groups of people are called."""
NOT_WITHIN = 24
"""Hours: who got something within them can be left out."""
_TOWNS_SHOWN = 10


def audience_words(turn: Turn, audience: Audience) -> str:
    """Whom it is for, in one line."""
    _, form_ = turn.translator, form(turn)
    who = [topic_name(topic, _) for topic in NEWS_TOPICS if topic in audience.topics]
    who += [_(words) for group, words in GROUPS.items() if group in audience.groups]
    if audience.event:
        who.append(_("people who saved the event"))
    return form_.list(who) if who else _("nobody yet")


def area_words(turn: Turn, audience: Audience) -> str:
    """Where they live, in one line."""
    areas = sorted(audience.areas) or [ALL]
    return form(turn).list(dict.fromkeys(area_name(turn, area) for area in areas))


def whom_lines(turn: Turn, audience: Audience) -> Iterable[Line]:
    """All that was chosen about whom it is for."""
    _ = turn.translator
    yield _("For: {who}", who=audience_words(turn, audience))
    yield _("Where: {areas}", areas=area_words(turn, audience))
    if audience.locales:
        yield _("Languages: {languages}", languages=form(turn).languages(sorted(audience.locales)))
    if audience.not_within:
        yield _("Left out: people who got something in the last 24 hours")


def count_lines(turn: Turn, draft: Draft) -> Iterable[Line | None]:
    """The exact number of recipients, and of each language."""
    _, form_ = turn.translator, form(turn)
    total = form_.number(draft.seen.total) if draft.broadcast.audience else _("nobody yet")
    yield Bold(_("Recipients: {count}", count=total))
    yield left_out_line(turn, draft)
    if draft.seen.counts:
        yield by_language(turn, draft.seen.counts)


def left_out_line(turn: Turn, draft: Draft) -> str | None:
    """How many do not get it for what they got lately."""
    if not draft.seen.excluded:
        return None
    count = form(turn).number(draft.seen.excluded)
    return turn.translator("Left out, got something lately: {count}", count=count)


def by_language(turn: Turn, counts: Mapping[str, int]) -> str:
    """ "German 120 · Arabic 80"."""
    form_ = form(turn)
    return " · ".join(f"{form_.language(code)} {form_.number(n)}" for code, n in counts.items())


def screen(turn: Turn, draft: Draft) -> Reply:
    """The audience, and what of it can be changed."""
    _ = turn.translator
    audience, id = draft.broadcast.audience, draft.id
    text = lines(
        Bold(_("Who gets it?")),
        *whom_lines(turn, audience),
        None if audience.locales else _("Languages: {languages}", languages=_("all")),
        "",
        *count_lines(turn, draft),
    )
    leave_out = (
        Button("✓ " + _("Leave out people messaged in the last 24 hours"), ChangeDraft(id, "recent", "-"))
        if audience.not_within
        else Button(_("Leave out people messaged in the last 24 hours"), ChangeDraft(id, "recent", "+"))
    )
    groups_ = () if _limited(draft) else (Button(_("Groups"), OpenDraft(id, "groups")),)
    rows = (
        (Button(_("Topics"), OpenDraft(id, "topics")), Button(_("Places"), OpenDraft(id, "areas"))),
        (Button(_("Languages"), OpenDraft(id, "locales")), *groups_),
        (leave_out,),
        (back(turn, OpenDraft(id)),),
    )
    return Reply((Message(text, rows),))


def _limited(draft: Draft) -> str | None:
    """The association that this person's role is limited to: only what it may do is offered."""
    return draft.member.organisation_id


def _choices(turn: Turn, draft: Draft, heading: str, note: Line | None, rows: Rows) -> Reply:
    text = lines(Bold(heading), note, "", *count_lines(turn, draft))
    leave = (back(turn, OpenDraft(draft.id, "audience")),)
    return Reply((Message(text, (*rows, leave)),))


def _toggle(draft: Draft, what: str, value: str, label: str, *, on: bool) -> Button:
    """Says what pressing does, so that pressing twice is the same as once."""
    sign = "-" if on else "+"
    return Button(f"✓ {label}" if on else label, ChangeDraft(draft.id, what, f"{sign}{value}"))


def topics(turn: Turn, draft: Draft) -> Reply:
    """Subscribers of which topics."""
    _ = turn.translator
    chosen = draft.broadcast.audience.topics
    buttons = [
        _toggle(draft, "topic", topic.value, topic_name(topic, _), on=topic in chosen)
        for topic in NEWS_TOPICS
        if not (topic.internal and _limited(draft))
    ]
    note = lines(
        _("Everybody who asked for one of these topics gets it, each person once."),
        Bold(_("Urgent: it also goes out at night.")) if draft.broadcast.warning else None,
    )
    return _choices(turn, draft, _("Topics"), note, button_rows(buttons))


def locales(turn: Turn, draft: Draft) -> Reply:
    """Readers of which languages."""
    _, form_ = turn.translator, form(turn)
    chosen = draft.broadcast.audience.locales
    buttons = [
        _toggle(draft, "locale", locale.code, form_.language(locale.code), on=locale.code in chosen)
        for locale in LOCALES
    ]
    note = _("Without a choice readers of all languages get it.")
    return _choices(turn, draft, _("Languages"), note, button_rows(buttons))


def groups(turn: Turn, draft: Draft) -> Reply:
    """People by what they are to the network."""
    _ = turn.translator
    chosen = draft.broadcast.audience.groups
    buttons = [
        _toggle(draft, "group", one.value, _(words), on=one in chosen) for one, words in GROUPS.items()
    ]
    note = _("These people get it in addition to those who asked for the topics.")
    return _choices(turn, draft, _("Groups"), note, button_rows(buttons, 1))


async def areas(turn: Turn, draft: Draft, *opening: Line) -> Reply:
    """Subscribers of which places: the state, districts, and towns by typing."""
    _, gazetteer, organisation = turn.translator, turn.desk.gazetteer, _limited(draft)
    await expect(turn, draft, What.TOWN)
    chosen = draft.broadcast.audience.areas
    offered = {f"district:{district.id}": None for district in gazetteer.districts}
    rows: Rows = ()
    if organisation is not None:
        async with turn.desk.store.read() as view:
            offered = dict.fromkeys(sorted(await own_areas(view, gazetteer, organisation)))
        note = _("Your role is limited to one association: these are its places.")
    else:
        everywhere = ("" if chosen else "✓ ") + area_name(turn, ALL)
        rows = ((Button(everywhere, ChangeDraft(draft.id, "area", f"+{ALL}")),),)
        note = _("Choose districts, or write the name of a town.")
    marked = {_district_of(turn, area) for area in chosen}
    towns: list[Button] = []
    districts: list[Button] = []
    for area in dict.fromkeys(_district_of(turn, area) for area in (*offered, *sorted(chosen))):
        button = _toggle(draft, "area", area, area_name(turn, area), on=area in marked)
        (towns if area.startswith("town:") else districts).append(button)
    reply = _choices(turn, draft, _("Places"), note, (*rows, *button_rows(towns), *button_rows(districts)))
    if not opening:
        return reply
    (message,) = reply.messages
    return Reply((replace(message, text=lines(*opening, "", message.text), replaces=False),))


def _district_of(turn: Turn, area: str) -> str:
    """The same area, or the district where a town is one of its own: they reach the same people."""
    kind, _, id = area.partition(":")
    town = turn.desk.gazetteer.town(id) if kind == "town" else None
    district = turn.desk.gazetteer.district(town.district) if town is not None else None
    alone = town is not None and district is not None and town.name == district.name
    return f"district:{district.id}" if alone and district is not None else area


async def town_written(turn: Turn, draft: Draft) -> Reply:
    """The name of a town was written while the places were open."""
    _ = turn.translator
    found = turn.desk.gazetteer.search(turn.text, _TOWNS_SHOWN)
    if not found:
        return await areas(turn, draft, _("I know no town of this name. Please check how it is written."))
    if len(found) == 1:
        draft = await _set(turn, draft, "area", f"town:{found[0].id}", on=True)
        return await areas(turn, draft, _("Added: {town}", town=name_of(turn, found[0])))
    areas_ = [f"town:{town.id}" for town in found]
    buttons = [_toggle(draft, "area", area, area_name(turn, area), on=False) for area in areas_]
    leave = (back(turn, OpenDraft(draft.id, "areas")),)
    text = lines(_("Which one do you mean?"), "", *count_lines(turn, draft))
    return Reply((Message(text, (*button_rows(buttons), leave), replaces=False),))


async def changed(turn: Turn, draft: Draft, what: str, value: str) -> Reply:
    """A choice was tapped; what nobody offered changes nothing."""
    on, value = not value.startswith("-"), value[1:]
    draft = await _set(turn, draft, what, value, on=on)
    match what:
        case "topic":
            return topics(turn, draft)
        case "locale":
            return locales(turn, draft)
        case "group":
            return groups(turn, draft)
        case "area":
            return await areas(turn, draft)
        case _:
            return screen(turn, draft)


async def _set(turn: Turn, draft: Draft, what: str, value: str, *, on: bool) -> Draft:
    audience = draft.broadcast.audience

    def with_(chosen: frozenset[str], one: str) -> frozenset[str]:
        return chosen | {one} if on else chosen - {one}

    match what:
        case "topic" if value in set(Topic):
            wanted = replace(audience, topics=frozenset(map(Topic, with_(frozenset(audience.topics), value))))
        case "locale" if find(value) is not None:
            wanted = replace(audience, locales=with_(audience.locales, value))
        case "group" if value in set(Group):
            wanted = replace(audience, groups=frozenset(map(Group, with_(frozenset(audience.groups), value))))
        case "area" if value == ALL:
            wanted = replace(audience, areas=frozenset())
        case "area" if is_area(value, turn.desk.gazetteer):
            alike = {area for area in audience.areas if _district_of(turn, area) == _district_of(turn, value)}
            wanted = replace(audience, areas=with_(audience.areas - (set() if on else alike), value))
        case "recent":
            wanted = replace(audience, not_within=NOT_WITHIN if on else 0)
        case _:
            return draft
    new = await set_audience(turn, draft, wanted)
    if new.broadcast.warning and not draft.broadcast.warning:
        # As where "Urgent" is chosen: rather twice than not at all.
        return await set_options(turn, new, replace(new.broadcast.options, unknown=Unknown.RESEND))
    return new
