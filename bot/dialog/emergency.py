"""Danger: the right numbers at once, without a menu, a question, or anything kept."""

from __future__ import annotations

from bot.dialog.actions import HideHint
from bot.dialog.reply import Bold, Button, Italic, Line, Message, Reply, lines
from bot.dialog.turn import Turn
from bot.understanding.cards import Card
from bot.understanding.danger import Alarm, Danger


async def card(turn: Turn, alarm: Alarm) -> Reply:
    """The card for a danger, in the language of the cry; with German below where nobody reviewed it."""
    own = turn.locale.code
    language = own if own.partition("-")[0] == alarm.language.partition("-")[0] else alarm.language
    shown = turn.desk.cards.card(alarm.danger, language, alarm.also)
    german = turn.desk.cards.german(shown, alarm.also)
    return Reply(tuple(_message(one) for one in (shown, german) if one is not None), urgent=True)


def _message(shown: Card) -> Message:
    text: list[Line | None] = [Bold(shown.heading), ""]
    text += [(Bold(line.display), f": {line.text}") if line.number else line.text for line in shown.lines]
    text += ["", Italic(shown.no_human)]
    if shown.automatic:
        text.append(Italic(shown.automatic))
    buttons = [
        (Button(f"{shown.copy_label}: {line.display}", copy=line.number),)
        for line in shown.lines[:4]
        if line.number
    ]
    buttons.append((Button(shown.delete_label, HideHint(shown.language)),))
    return Message(lines(*text), tuple(buttons), replaces=False, rtl=shown.rtl)


async def hide_hint(turn: Turn, action: HideHint) -> Reply:
    """How to delete this chat from the phone."""
    shown = turn.desk.cards.card(Danger.HELP, action.language)
    return Reply((Message((shown.delete_hint,), replaces=False, rtl=shown.rtl),))
