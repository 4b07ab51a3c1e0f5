"""Danger: the right numbers at once, below them the way to people, and no word of the cry kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.dialog.actions import HideHint, ListOffers, ShowTopics
from bot.dialog.counselling import EVERYWHERE
from bot.dialog.desk import Thread
from bot.dialog.found import town_of
from bot.dialog.labels import topic
from bot.dialog.reply import Bold, Button, Italic, Line, Message, Reply, Text, lines
from bot.dialog.showing import button_rows
from bot.dialog.turn import Turn
from bot.domain.locales import find
from bot.translation import translator
from bot.understanding.cards import Card
from bot.understanding.danger import Alarm
from bot.understanding.lexicon import Danger

COPIES = "📋"
"""Stands before every number that a tap copies, so that the short buttons are understood too."""
_TOPICS: Mapping[Danger, str] = {
    Danger.SUICIDE: "mental",
    Danger.VIOLENCE: "violence",
    Danger.MEDICAL: "health",
    Danger.ATTACK: "rightwing",
}
"""What counselling is about after a danger, where it is about one thing."""
_DOORS = 2
"""So many buttons lead on from a card: the numbers come first."""


async def card(turn: Turn, alarm: Alarm, about: str = "") -> Reply:
    """The card for a danger, in the language of the cry, last: the end of what came is what a phone shows.

    Above it stands the German text, where nobody reviewed the other. From now on the conversation is about
    the topic ``about``, or that of the danger, and the town that was named, so that a town leads to its
    doors; no word of the cry is kept.
    """
    own = turn.locale.code
    language = own if own.partition("-")[0] == alarm.language.partition("-")[0] else alarm.language
    also = _also(turn, alarm)
    shown = turn.desk.cards.card(alarm.danger, language, also)
    german = turn.desk.cards.german(shown, also)
    topics = [_TOPICS[danger] for danger in (alarm.danger, *also) if danger in _TOPICS]
    named = town_of(turn, turn.desk.answering.reader.read(turn.text))
    town = named.id if named is not None else turn.desk.threads.get(turn.chat_id, turn.now).town
    turn.desk.threads.drop(turn.chat_id)
    if about or topics:
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread(topic=about or topics[0], town=town))
    first = () if german is None else (Message(_text(german), replaces=False, rtl=german.rtl),)
    return Reply((*first, message(shown, _doors(turn, shown, topics, town))), urgent=True)


def _also(turn: Turn, alarm: Alarm) -> tuple[Danger, ...]:
    """The other dangers; who attacks at home is no right-wing attacker, unless words say so."""
    if Danger.VIOLENCE not in (alarm.danger, *alarm.also):
        return alarm.also
    if "rightwing" in turn.desk.answering.reader.read(turn.text).topics:
        return alarm.also
    return tuple(danger for danger in alarm.also if danger is not Danger.ATTACK)


def _doors(turn: Turn, shown: Card, topics: list[str], town: str) -> list[Button]:
    """The ways on from a card: to counselling for what it is about. No menu: it would ask for a choice."""
    locale = find(shown.language)
    _ = turn.translator if locale is None else translator(locale)
    at = town or EVERYWHERE  # whoever is in danger is asked nothing before the doors are shown
    found = [Button(topic(id, _), ListOffers(id, at)) for id in topics]
    return found[:_DOORS] or [Button(_("Find counselling"), ShowTopics(town))]


def message(shown: Card, ways: Sequence[Button] = ()) -> Message:
    """One card with a button for every number, because Telegram makes no ``tel:`` links.

    The first number to call says in words what its button does. The others are the bare numbers, two
    a row, which fits an old phone also where several dangers together have a dozen of them.
    """
    first, *others = [line for line in shown.lines if line.number]
    buttons = [
        (Button(f"{COPIES} {shown.copy_label}: {first.display}", copy=first.number),),
        *button_rows([Button(f"{COPIES} {line.display}", copy=line.number) for line in others]),
        *((way,) for way in ways),
        (Button(shown.delete_label, HideHint(shown.language)),),
    ]
    return Message(_text(shown), tuple(buttons), replaces=False, rtl=shown.rtl)


def _text(shown: Card) -> Text:
    text: list[Line | None] = [Bold(shown.heading), ""]
    text += [(Bold(line.display), f": {line.text}") if line.number else line.text for line in shown.lines]
    text += ["", Italic(shown.no_human)]
    if shown.automatic:
        text.append(Italic(shown.automatic))
    return lines(*text)


async def hide_hint(turn: Turn, action: HideHint) -> Reply:
    """How to delete this chat from the phone."""
    shown = turn.desk.cards.card(Danger.HELP, action.language)
    return Reply((Message((shown.delete_hint,), replaces=False, rtl=shown.rtl),))
