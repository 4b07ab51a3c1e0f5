"""Danger: the right numbers at once, without a menu, a question, or anything kept."""

from __future__ import annotations

from bot.dialog.actions import HideHint
from bot.dialog.reply import Bold, Button, Italic, Line, Message, Reply, lines
from bot.dialog.showing import button_rows
from bot.dialog.turn import Turn
from bot.understanding.cards import Card
from bot.understanding.danger import Alarm
from bot.understanding.lexicon import Danger

COPIES = "📋"
"""Stands before every number that a tap copies, so that the short buttons are understood too."""


async def card(turn: Turn, alarm: Alarm) -> Reply:
    """The card for a danger, in the language of the cry; with German below where nobody reviewed it."""
    own = turn.locale.code
    language = own if own.partition("-")[0] == alarm.language.partition("-")[0] else alarm.language
    shown = turn.desk.cards.card(alarm.danger, language, alarm.also)
    german = turn.desk.cards.german(shown, alarm.also)
    return Reply(tuple(message(one) for one in (shown, german) if one is not None), urgent=True)


def message(shown: Card) -> Message:
    """One card with a button for every number, because Telegram makes no ``tel:`` links.

    The first number to call says in words what its button does. The others are the bare numbers, two
    a row, which fits an old phone also where several dangers together have a dozen of them.
    """
    text: list[Line | None] = [Bold(shown.heading), ""]
    text += [(Bold(line.display), f": {line.text}") if line.number else line.text for line in shown.lines]
    text += ["", Italic(shown.no_human)]
    if shown.automatic:
        text.append(Italic(shown.automatic))
    first, *others = [line for line in shown.lines if line.number]
    buttons = [
        (Button(f"{COPIES} {shown.copy_label}: {first.display}", copy=first.number),),
        *button_rows([Button(f"{COPIES} {line.display}", copy=line.number) for line in others]),
        (Button(shown.delete_label, HideHint(shown.language)),),
    ]
    return Message(lines(*text), tuple(buttons), replaces=False, rtl=shown.rtl)


async def hide_hint(turn: Turn, action: HideHint) -> Reply:
    """How to delete this chat from the phone."""
    shown = turn.desk.cards.card(Danger.HELP, action.language)
    return Reply((Message((shown.delete_hint,), replaces=False, rtl=shown.rtl),))
