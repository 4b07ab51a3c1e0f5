"""Subscribing to news: a topic, a place, how often, and the consent; and the row under every notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.dialog.actions import About, ChooseTown
from bot.dialog.desk import Thread
from bot.dialog.labels import FREQUENCIES
from bot.dialog.news_actions import (
    AskConsent,
    ChooseArea,
    ChooseFrequency,
    ChooseHour,
    ChooseNews,
    SetFrequency,
    ShowNews,
    ShowSubscription,
    ShowSubscriptions,
    StopNews,
    Subscribe,
)
from bot.dialog.reply import Bold, Button, Message, Reply, Rows, lines
from bot.dialog.showing import back, button_rows
from bot.dialog.subscriptions import (
    area_name,
    clock,
    decided,
    menu,
    often,
    open_topics,
    overview,
    quiet_line,
    refused,
    rhythm_of,
    subscribed,
    subscription,
    topic_name,
)
from bot.dialog.turn import Turn
from bot.domain.news import ALL, Frequency, Topic
from bot.services import subscribing
from bot.services.subscribing import Who, frequency_of, is_area, topic_of
from bot.translation import Translator


@dataclass(frozen=True, slots=True)
class Wish:
    """What a button asks for, once it is known to make sense."""

    topic: Topic
    area: str
    frequency: Frequency
    hour: int


# Topic, place, how often --------------------------------------------------------------------------


@decided
async def choose(turn: Turn, action: ChooseNews | None = None) -> Reply:
    """The topics."""
    _ = turn.translator
    have = {one.topic for one in await subscribed(turn)}
    buttons = [
        Button(f"✓ {topic_name(topic, _)}", ShowSubscription(topic))
        if topic in have
        else Button(topic_name(topic, _), ChooseArea(topic))
        for topic in await open_topics(turn)
    ]
    rows = (*button_rows(buttons), (back(turn, ShowSubscriptions()),))
    return Reply((Message((Bold(_("What do you want to hear about?")),), rows),))


@decided
async def choose_area(turn: Turn, action: ChooseArea) -> Reply:
    """For which place: the whole state, a town, a district."""
    _ = turn.translator
    topic = topic_of(action.topic)
    if topic is None:
        return await choose(turn)
    districts = sorted(
        (turn.desk.gazetteer.local_name(one, turn.locale.code), one.id)
        for one in turn.desk.gazetteer.districts
    )
    rows = (
        (Button(_("All of Mecklenburg-Vorpommern"), ChooseFrequency(topic, ALL)),),
        (Button(_("A town"), ChooseTown(About.NEWS, topic)),),
        *button_rows([Button(name, ChooseFrequency(topic, f"district:{id}")) for name, id in districts]),
        (back(turn, ChooseNews()),),
    )
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=topic, what=About.NEWS))
    text = lines(Bold(topic_name(topic, _)), _("For which place?"))
    return Reply((Message(text, rows),))


@decided
async def choose_frequency(turn: Turn, action: ChooseFrequency) -> Reply:
    """How often: for a new place, or for a topic that this chat gets already."""
    _ = turn.translator
    topic, area = topic_of(action.topic), action.area
    if topic is None or (area and not is_area(area, turn.desk.gazetteer)):
        return await choose(turn)
    if area and turn.action is action:
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread())  # the place is known
    mine = [one for one in await subscribed(turn) if one.topic is topic]
    if not area and not mine:
        return await overview(turn)
    usual = mine[0].frequency if mine else Frequency.NOW
    possible = subscribing.frequencies(topic)
    if area and (mine or len(possible) == 1):
        return await consent(turn, AskConsent(topic, area, usual, rhythm_of(turn).digest_hour))
    rows: list[tuple[Button, ...]] = []
    for frequency in possible:
        mark = "✓ " if mine and frequency is usual else ""
        if frequency is not Frequency.NOW:
            onward: Any = ChooseHour(topic, frequency, area)
        else:
            onward = AskConsent(topic, area, frequency) if area else SetFrequency(topic, frequency)
        rows.append((Button(f"{mark}{_(FREQUENCIES[frequency])}", onward),))
    rows.append((back(turn, ChooseArea(topic) if area else ShowSubscription(topic)),))
    return Reply((Message(lines(Bold(topic_name(topic, _)), _("How often?")), tuple(rows)),))


@decided
async def choose_hour(turn: Turn, action: ChooseHour) -> Reply:
    """At which hour collected news comes. There is one such hour for all topics."""
    _ = turn.translator
    topic, frequency, area = topic_of(action.topic), frequency_of(action.frequency), action.area
    now = rhythm_of(turn).digest_hour

    def onward(hour: int) -> Any:
        if topic is None or frequency is None:
            return SetFrequency("", "", hour)
        if area:
            return AskConsent(topic, area, frequency, hour)
        return SetFrequency(topic, frequency, hour)

    leave = ShowSubscriptions() if topic is None else ChooseFrequency(topic, area)
    buttons = hours(turn, onward, chosen=now)
    text = lines(Bold(_("At what time?")), _("News of the day or week then comes in one message."))
    return Reply((Message(text, (*buttons, (back(turn, leave),))),))


def hours(turn: Turn, onward: Callable[[int], Any], chosen: int | None = None) -> Rows:
    """The hours of the day as buttons."""
    buttons = [
        Button(f"{'✓ ' if hour == chosen else ''}{clock(turn, hour)}", onward(hour)) for hour in range(24)
    ]
    return button_rows(buttons, 4)


# Consent ------------------------------------------------------------------------------------------


def _wish(turn: Turn, action: AskConsent | Subscribe) -> Wish | None:
    """What the button asks for, or None where nobody made it."""
    topic, frequency = topic_of(action.topic), frequency_of(action.frequency)
    if topic is None or frequency not in subscribing.frequencies(topic):
        return None
    if not is_area(action.area, turn.desk.gazetteer) or action.hour > 23:
        return None
    return Wish(topic, action.area, frequency, action.hour)


async def from_link(turn: Turn, topic: Topic) -> Reply:
    """``?start=news-<topic>``: the consent for the whole state at once; or what one gets already."""
    if any(one.topic is topic for one in await subscribed(turn)):
        return await subscription(turn, ShowSubscription(topic))
    return await consent(turn, AskConsent(topic))


@decided
async def consent(turn: Turn, action: AskConsent) -> Reply:
    """What will be stored, why, and how to stop; nothing is stored before the first button is pressed."""
    _ = turn.translator
    wish = _wish(turn, action)
    if wish is None:
        return await choose(turn)
    if wish.topic not in await open_topics(turn):
        return refused(turn)
    name = topic_name(wish.topic, _)
    text = lines(
        Bold(_("Shall I send you this?") if turn.private else _("Shall I send this here?")),
        f"• {name}",
        f"• {area_name(turn, wish.area)}",
        f"• {often(turn, wish.frequency, wish.hour)}",
        "",
        _(
            "For this I keep: the number of this chat, its language, these three points, the quiet hours, "
            "when you agreed, and which news I sent."
        ),
        _("I use it only to send this news, and give it to nobody."),
        quiet_line(turn, rhythm_of(turn), wish.hour if wish.frequency is not Frequency.NOW else None),
        _("This is only for people of 16 and older."),
        _("You can stop at any time: with the button under every message, with /news, or with /forget."),
    )
    change = [Button(_("Other place"), ChooseArea(wish.topic))]
    if len(subscribing.frequencies(wish.topic)) > 1:
        change.append(Button(_("How often?"), ChooseFrequency(wish.topic, wish.area)))
    rows = (
        (Button(_("Yes, I am 16 or older"), Subscribe(*_fields(wish))),),
        tuple(change),
        (Button(_("No, thank you"), ShowNews()), *menu(turn)),
    )
    return Reply((Message(text, rows),))


def _fields(wish: Wish) -> tuple[str, str, str, int]:
    return wish.topic, wish.area, wish.frequency, wish.hour


@decided
async def subscribe(turn: Turn, action: Subscribe) -> Reply:
    """Yes was said: from now on it is stored, and shown."""
    _ = turn.translator
    wish = _wish(turn, action)
    if wish is None:
        return await choose(turn)
    who = Who(turn.chat_id, turn.chat_type.value, turn.locale.code)
    try:
        await subscribing.subscribe(
            turn.desk.store,
            who,
            wish.topic,
            wish.area,
            wish.frequency,
            now=turn.now,
            today=turn.desk.today(turn.now),
            digest_hour=None if wish.frequency is Frequency.NOW else wish.hour,
        )
    except subscribing.NotAContact:
        return refused(turn)
    except subscribing.TooManyAreas:
        text = _("There are many places already. You can take the whole state instead.")
        return await overview(turn, text)
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread())  # a town written next is no place for news
    done = _("Done. You will get: {topic}.", topic=topic_name(wish.topic, _))
    return replace(await overview(turn, done), toast=_("Subscribed"))


# Under every notice -------------------------------------------------------------------------------


def notice_rows(translator: Translator, broadcast_id: int, topic: Topic | None) -> Rows:
    """The stop button that stands under every message to many.

    ``topic``: what it was sent for; None for a digest, or where it went to people for another reason.
    """
    action = StopNews(topic.value if topic is not None else "", broadcast_id)
    return ((Button(translator("Stop this news"), action),),)
