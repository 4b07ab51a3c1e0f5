"""What a chat gets, in words; and who may choose for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import time
from functools import wraps
from typing import Any

from bot.dialog.actions import ShowLanguages, ShowMenu
from bot.dialog.labels import GROUP_NEWS, NEWS_TOPICS
from bot.dialog.news_actions import (
    ChooseArea,
    ChooseFrequency,
    ChooseHour,
    ChooseNews,
    EndNews,
    GetAgain,
    ShowMute,
    ShowNews,
    ShowQuiet,
    ShowSubscription,
    ShowSubscriptions,
    StopNews,
)
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import back, form, name_of
from bot.dialog.turn import ChatType, Turn
from bot.domain.broadcast import Group
from bot.domain.news import DIGEST_WEEKDAY, Frequency, Rhythm, Subscription, Topic
from bot.services import subscribing
from bot.translation import N_, Translator

Press = Callable[..., Awaitable[Reply]]
_USUAL = Rhythm()


# Words --------------------------------------------------------------------------------------------


def topic_name(topic: Topic, _: Translator) -> str:
    """What a topic is called."""
    return _(NEWS_TOPICS[topic])


def group_name(group: Group, _: Translator) -> str:
    """What is called what goes to a group."""
    return _(GROUP_NEWS[group])


def area_name(turn: Turn, area: str) -> str:
    """What an area is called."""
    kind, _, id = area.partition(":")
    if kind == "town" and (town := turn.desk.gazetteer.town(id)) is not None:
        return name_of(turn, town)
    if kind == "district" and (district := turn.desk.gazetteer.district(id)) is not None:
        return turn.desk.gazetteer.local_name(district, turn.locale.code)
    return turn.translator("All of Mecklenburg-Vorpommern")


def clock(turn: Turn, hour: int) -> str:
    """A full hour as it is written."""
    return form(turn).time(time(hour))


def often(turn: Turn, frequency: Frequency, hour: int) -> str:
    """When news comes, in words."""
    _ = turn.translator
    match frequency:
        case Frequency.NOW:
            return _("At once")
        case Frequency.DAILY:
            return _("Once a day, at {time}", time=clock(turn, hour))
        case Frequency.WEEKLY:
            day = form(turn).weekday(DIGEST_WEEKDAY, short=False)
            return _("Once a week: {weekday}, {time}", weekday=day, time=clock(turn, hour))


def rhythm_of(turn: Turn) -> Rhythm:
    """When this chat wants to hear from us; what is usual where it has not said."""
    return turn.recipient.rhythm if turn.recipient is not None else _USUAL


# Who may ------------------------------------------------------------------------------------------


def decided(press: Press) -> Press:
    """An endpoint that chooses for the chat: in groups and channels only their administrators may."""

    @wraps(press)
    async def guarded(turn: Turn, *arguments: Any) -> Reply:
        return await press(turn, *arguments) if await turn.decides() else not_yours(turn)

    return guarded


async def may_undo(turn: Turn) -> bool:
    """Whether this person may erase, or change, what news for the chat rests on.

    In a group without news anybody may; in a channel only administrators do anything.
    """
    anybody = turn.chat_type is ChatType.GROUP and not await subscribed(turn)
    return turn.private or anybody or await turn.decides()


def not_yours(turn: Turn) -> Reply:
    """Somebody else is to choose here."""
    words = turn.translator("Only administrators can choose this here.")
    return Reply(toast=words) if turn.action is not None else Reply.of(words, replaces=False)


def refused(turn: Turn) -> Reply:
    """Internal news was asked for by somebody who is no contact."""
    _ = turn.translator
    text = _(
        "This news is only for contacts of associations in the network. "
        "If you are one, ask the network's office for an invitation."
    )
    return Reply.of(text, buttons=((Button(_("Other news"), ChooseNews()), back(turn, ShowNews())),))


async def open_topics(turn: Turn) -> tuple[Topic, ...]:
    """The topics that this chat may have."""
    async with turn.desk.store.read() as view:
        contact = turn.private and await view.is_contact(turn.chat_id)
    return subscribing.open_topics(contact=contact)


async def subscribed(turn: Turn) -> tuple[Subscription, ...]:
    """What this chat gets."""
    async with turn.desk.store.read() as view:
        return await view.subscriptions(turn.chat_id)


async def groups(turn: Turn) -> dict[Group, bool]:
    """The groups that this chat belongs to, and whether what goes to them comes here."""
    async with turn.desk.store.read() as view:
        return await view.groups(turn.chat_id)


async def gets_something(turn: Turn) -> bool:
    """Whether there is anything that could be stopped."""
    return bool(await subscribed(turn)) or any((await groups(turn)).values())


def menu(turn: Turn) -> tuple[Button, ...]:
    """The button to the main menu, which there is in private only."""
    return (Button(turn.translator("Menu"), ShowMenu()),) if turn.private else ()


# What one gets ------------------------------------------------------------------------------------


@decided
async def subscriptions(turn: Turn, action: ShowSubscriptions | None = None) -> Reply:
    """All that this chat gets, and when."""
    return await overview(turn)


async def overview(turn: Turn, *opening: Line) -> Reply:
    """The same under an opening, such as what was just done. The caller has asked who may."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        have = await view.subscriptions(turn.chat_id)
        belongs = await view.groups(turn.chat_id)
        recipient = await view.recipient(turn.chat_id)
    turn = replace(turn, recipient=recipient)
    rhythm = rhythm_of(turn)
    title = _("My subscriptions") if turn.private else _("News that comes here")
    text: list[Line | None] = [*opening, *([""] if opening else []), Bold(title)]
    rows: list[tuple[Button, ...]] = []
    for topic in NEWS_TOPICS:
        mine = [one for one in have if one.topic is topic]
        if mine:
            name = topic_name(topic, _)
            text.append(
                f"• {name}: {_areas(turn, mine)} · {often(turn, mine[0].frequency, rhythm.digest_hour)}"
            )
            rows.append((Button(name, ShowSubscription(topic)),))
    for group, wanted in belongs.items():
        name, when = group_name(group, _), _("At once") if wanted else _("Stopped")
        text.append(f"• {name}: {when}")
        rows.append((Button(name, ShowSubscription(group)),))
    gets = bool(have) or any(belongs.values())
    if gets:
        text += ["", quiet_line(turn, rhythm, collected_at(have, rhythm)), *held_back(turn, rhythm)]
    elif not belongs:
        text.append(_("No news comes here yet."))
    rows.append((Button(_("Add news"), ChooseNews()),))
    if gets:
        rows.append((Button(_("Quiet hours"), ShowQuiet()), Button(_("Pause"), ShowMute())))
        if any(one.frequency is not Frequency.NOW for one in have):
            rows.append((Button(_("Hour of collected news"), ChooseHour()),))
        rows.append((Button(_("Stop everything"), StopNews()),))
    if not turn.private:
        rows.append((Button(_("Language"), ShowLanguages()),))
    rows.append((back(turn, ShowNews()),))
    return Reply((Message(lines(*text), tuple(rows)),))


def _areas(turn: Turn, mine: Iterable[Subscription]) -> str:
    return form(turn).list(area_name(turn, one.area) for one in mine)


def collected_at(have: Iterable[Subscription], rhythm: Rhythm) -> int | None:
    """The hour of collected news; None where none is collected."""
    return rhythm.digest_hour if any(one.frequency is not Frequency.NOW for one in have) else None


def quiet_line(turn: Turn, rhythm: Rhythm, collected: int | None = None) -> str:
    """The quiet hours in words; an hour of collected news within them was chosen, and is kept."""
    _ = turn.translator
    if rhythm.quiet_from == rhythm.quiet_to:
        return _("There are no quiet hours.")
    since, until = clock(turn, rhythm.quiet_from), clock(turn, rhythm.quiet_to)
    if collected is not None and rhythm.quiet_at(collected):
        return _(
            "Quiet from {since} to {until}, except for urgent warnings and the collected news at {time}.",
            since=since,
            until=until,
            time=clock(turn, collected),
        )
    return _("Quiet from {since} to {until}, except for urgent warnings.", since=since, until=until)


def held_back(turn: Turn, rhythm: Rhythm) -> Iterable[str]:
    """Until when news is paused, in words; nothing where it is not."""
    if rhythm.muted_until is not None and rhythm.muted_until > turn.now:
        until = form(turn).moment(turn.desk.wall(rhythm.muted_until), turn.desk.today(turn.now))
        yield turn.translator("Paused until {when}, except for urgent warnings.", when=until)


@decided
async def subscription(turn: Turn, action: ShowSubscription) -> Reply:
    """One topic that this chat gets, and what can be changed about it."""
    _ = turn.translator
    if (group := subscribing.group_of(action.topic)) is not None:
        return await _group(turn, group)
    mine = [one for one in await subscribed(turn) if one.topic == action.topic]
    if not mine:
        return await overview(turn)
    topic = mine[0].topic
    name = topic_name(topic, _)
    text = lines(Bold(name), _areas(turn, mine), often(turn, mine[0].frequency, rhythm_of(turn).digest_hour))
    rows: list[tuple[Button, ...]] = [(Button(_("Other place"), ChooseArea(topic)),)]
    if len(subscribing.frequencies(topic)) > 1:
        rows.append((Button(_("How often?"), ChooseFrequency(topic)),))
    if len(mine) > 1:
        rows += [
            (Button(_("No more from: {place}", place=area_name(turn, one.area)), EndNews(topic, one.area)),)
            for one in mine
        ]
    rows += [(Button(_("Stop: {topic}", topic=name), StopNews(topic)),), (back(turn, ShowSubscriptions()),)]
    return Reply((Message(text, tuple(rows)),))


async def _group(turn: Turn, group: Group) -> Reply:
    """What goes to a group that this chat belongs to, and a way to stop it or to get it again."""
    _ = turn.translator
    wanted = (await groups(turn)).get(group)
    if wanted is None:
        return await overview(turn)
    name = group_name(group, _)
    text: list[Line | None] = [Bold(name)]
    if wanted:
        text += [_(_WHY[group]), _("At once")]
        change = Button(_("Stop: {topic}", topic=name), StopNews(group))
    else:
        text += [_("You have stopped this."), stays(turn, group)]
        change = Button(_("Get this again"), GetAgain(group))
    return Reply((Message(lines(*text), ((change,), (back(turn, ShowSubscriptions()),))),))


_WHY = {
    Group.CONTACTS: N_("You get this as a contact of an association."),
    Group.STAFF: N_("You get this because you work in the office."),
}


def stays(turn: Turn, group: Group) -> str:
    """What does not end with the messages to a group."""
    _ = turn.translator
    match group:
        case Group.CONTACTS:
            return _("You are still a contact of your association.")
        case Group.STAFF:
            return _("What the office needs you for, such as requests to release something, still comes.")


@decided
async def get_again(turn: Turn, action: GetAgain) -> Reply:
    """What goes to a group was stopped, and shall come again."""
    _ = turn.translator
    group = subscribing.group_of(action.group)
    if group is None or group not in await groups(turn):
        return await overview(turn)
    await subscribing.get_again(turn.desk.store, turn.chat_id, group)
    return await overview(turn, _("Done. You will get: {topic}.", topic=group_name(group, _)))
