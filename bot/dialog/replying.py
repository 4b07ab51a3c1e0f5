"""A reply to a notice: answered in its context, because nobody reads replies."""

from __future__ import annotations

from bot.dialog.actions import OpenEvent, ShowTopics, StopNews
from bot.dialog.archive import body_rows
from bot.dialog.desk import Thread
from bot.dialog.labels import COUNSELLING_TOPICS
from bot.dialog.news import notice_rows
from bot.dialog.reply import Bold, Button, Message, Reply, lines
from bot.dialog.subscriptions import menu
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast
from bot.domain.markup import first_line
from bot.domain.places import Town
from bot.services import subscribing
from bot.services.answering import Answer, Outcome
from bot.services.subscribing import Sent, topic_of

_STOP = frozenset({"stop", "stopp"})
"""What people write everywhere to hear no more."""
_TITLE = 80


async def in_context(turn: Turn, answer: Answer) -> Reply | None:
    """The answer to a reply to a notice; None where it is no such reply, or a question that stands alone.

    The notice's town is then remembered for it, as if it had been named.
    """
    sent = await _notice(turn)
    if sent is None:
        return None
    if turn.text.strip(" .!").casefold() in _STOP:
        from bot.dialog import stopping

        return await stopping.stop(turn, StopNews(_topic(sent.broadcast), sent.broadcast.id))
    question = answer.question
    about = [topic for topic in question.topics if topic in COUNSELLING_TOPICS]
    event = sent.body.event_id or sent.broadcast.audience.event
    if event and not about and not question.towns:
        from bot.dialog import events

        return await events.open_event(turn, OpenEvent(event))
    town = _town(turn, sent.broadcast)
    if town is not None:
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread(town=town.id))
    nothing = not (about or question.towns or question.districts or question.kinds or question.times)
    return _nobody(turn, sent) if nothing and answer.outcome is Outcome.NONE else None


async def _notice(turn: Turn) -> Sent | None:
    """The notice that was replied to."""
    if turn.replied is None:
        return None
    async with turn.desk.store.read() as view:
        id = await view.notice_at(turn.chat_id, turn.replied)
        found = await view.broadcast(id) if id is not None else None
        return None if found is None else await subscribing.in_language(view, found, turn.locale)


def _topic(broadcast: Broadcast) -> str:
    return min(broadcast.audience.topics, default="")


def _town(turn: Turn, broadcast: Broadcast) -> Town | None:
    """The town that a notice is about, where it is about one."""
    kinds = [area.partition(":") for area in broadcast.audience.areas]
    if len(kinds) != 1 or kinds[0][0] != "town":
        return None
    return turn.desk.gazetteer.town(kinds[0][2])


def _nobody(turn: Turn, sent: Sent) -> Reply:
    """Nothing was found in the words: the way on is under the notice, or at a counselling office."""
    _ = turn.translator
    text = lines(
        _("You answered this message:"),
        Bold(first_line(sent.body.html, _TITLE)),
        "",
        _("Nobody reads replies here. Use the buttons, or ask at a counselling office."),
    )
    rows = (
        *body_rows(turn, sent.body),
        (Button(_("Find counselling"), ShowTopics()),),
        *notice_rows(_, sent.broadcast.id, topic_of(_topic(sent.broadcast))),
        menu(turn),
    )
    return Reply((Message(text, rows, replaces=False),))
