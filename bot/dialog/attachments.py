"""What is not text: said kindly what to do instead; nothing is opened, downloaded or kept."""

from __future__ import annotations

from bot.dialog import groups
from bot.dialog.actions import About, ChooseTown, ListArticles, ListOffers, ShowMenu
from bot.dialog.desk import Thread
from bot.dialog.guide import menu_message
from bot.dialog.labels import ANY_QUESTION, COUNSELLING_TOPICS, topic
from bot.dialog.news_actions import ShowNews
from bot.dialog.reply import SILENCE, Bold, Button, Message, Reply, Rows, Text, lines
from bot.dialog.showing import button_rows
from bot.dialog.turn import Turn

_FIRST_TOPICS = ("residence", "work", "housing", "health", "family", "german", "school", "mental")
_LETTERS = frozenset({"photo", "document"})
"""What may show a letter."""
_GESTURES = frozenset({"sticker", "dice", "poll", "payment"})
"""What asks for no answer where many talk with each other."""


def _topics(turn: Turn) -> Rows:
    _ = turn.translator
    buttons = [
        Button(topic(id, _), ChooseTown(About.COUNSELLING, id))
        for id in _FIRST_TOPICS
        if id in COUNSELLING_TOPICS
    ]
    return (*button_rows(buttons), (Button(_("Menu"), ShowMenu()),))


def _letter(turn: Turn) -> Text:
    """What to do with a letter that somebody shows."""
    _ = turn.translator
    return lines(
        Bold(_("I do not open photos, letters or files.")),
        _("Please delete them here, for your own safety."),
        _("A letter may contain a deadline: go to a counselling office today or tomorrow."),
    )


def _open_today(turn: Turn) -> Rows:
    """The way to who looks at a letter today. A town that is written next leads there, too."""
    desk = turn.desk
    town = desk.gazetteer.town(desk.threads.get(turn.chat_id, turn.now).town)
    near = town.id if town is not None else ""
    desk.threads.keep(turn.chat_id, turn.now, Thread(topic=ANY_QUESTION, town=near, what=About.COUNSELLING))
    there = ListOffers(ANY_QUESTION, near) if near else ChooseTown(About.COUNSELLING, ANY_QUESTION)
    return ((Button(turn.translator("What is open today?"), there),),)


async def answer(turn: Turn) -> Reply:
    """An attachment came: voice, picture, file, sticker, contact, poll, dice, payment, anything."""
    _ = turn.translator
    if not turn.private:
        return SILENCE if turn.attachment in _GESTURES else groups.private_only(turn)
    if turn.forwarded and turn.attachment in _LETTERS:
        return await forwarded(turn)
    opening: Rows = ()
    match turn.attachment:
        case "voice" | "video":
            text = lines(
                _("I do not listen to voice messages or watch videos, and I do not keep them."),
                _("Write a few words, or choose a topic:"),
            )
        case "photo" | "document":
            text = lines(_letter(turn), _("Choose what it is about, or write where you live:"))
            opening = _open_today(turn)
        case "sticker" | "dice":
            return Reply((menu_message(turn),))
        case "contact":
            text = lines(
                _("I do not keep telephone numbers and contacts. Please delete the contact here."),
                _("Choose what it is about:"),
            )
        case "poll":
            text = lines(_("I cannot vote in polls."), _("Write a few words, or choose a topic:"))
        case "payment":
            return Reply.of(_("Everything here is free of charge. Please do not send money."), replaces=False)
        case _:
            text = lines(_("I cannot read this kind of message."), _("Write a few words, or choose a topic:"))
    return Reply((Message(text, (*opening, *_topics(turn)), replaces=False),))


async def forwarded(turn: Turn) -> Reply:
    """A forwarded message or picture: I cannot vouch for it; the network's own notices are another matter."""
    _ = turn.translator
    pictured = turn.attachment in _LETTERS
    text = lines(
        Bold(_("This message is not from me.")),
        _("I cannot check whether forwarded messages are true."),
        _("MIGRANET-MV never asks for money, and sells no visas, papers or appointments."),
        *(("", _letter(turn), "") if pictured else ()),
        _("If it is about your case, ask a counselling office. What do you want to know?"),
    )
    rows = (
        (Button(_("Official notices"), ShowNews()), Button(_("About the network"), ListArticles("network"))),
        *(_open_today(turn) if pictured else ()),
        *_topics(turn),
    )
    return Reply((Message(text, rows, replaces=False),))
