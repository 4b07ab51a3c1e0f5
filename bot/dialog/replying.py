"""A reply to a notice: answered in its context, because nobody reads replies."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from bot.dialog.actions import OpenRecord, ShowTopics
from bot.dialog.archive import body_rows
from bot.dialog.desk import Thread
from bot.dialog.groups import private_button
from bot.dialog.labels import COUNSELLING_TOPICS
from bot.dialog.news import notice_rows
from bot.dialog.news_actions import StopNews
from bot.dialog.notices import button_topic
from bot.dialog.reply import Bold, Button, Message, Reply, Rows, lines
from bot.dialog.subscriptions import gets_something, menu
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast
from bot.domain.directory import Kind
from bot.domain.locales import LOCALES
from bot.domain.markup import first_line
from bot.domain.places import Town
from bot.services import subscribing
from bot.services.answering import Answer, Verdict
from bot.services.subscribing import Sent
from bot.translation import N_, translator
from bot.understanding.stopping import wants_to_stop
from bot.understanding.words import tokens

_TITLE = 80
_LABELS = (N_("Stop this news"), N_("Stop everything"))
"""Buttons whose words somebody may type as well."""


async def stops(turn: Turn) -> Reply | None:
    """What shall stop, for who wants to hear no more, of a notice or at all; None for any other message."""
    from bot.dialog import stopping

    if not _wants_to_stop(turn.text, subscribed=True):
        return None
    if (sent := await _notice(turn)) is not None:
        return await stopping.stop(turn, StopNews(button_topic(sent.broadcast) or "", sent.broadcast.id))
    if _wants_to_stop(turn.text, subscribed=await gets_something(turn)):
        return await stopping.stop(turn, StopNews())
    return None


async def in_context(turn: Turn, answer: Answer) -> Reply | None:
    """The answer to a reply to a notice; None where it is no such reply, or a question that stands alone.

    The notice's town is then remembered for it, as if it had been named.
    """
    sent = await _notice(turn)
    if sent is None:
        return None
    if (reply := await _subject(turn, sent, answer)) is not None:
        return reply
    town = _town(turn, sent.broadcast)
    if town is not None:
        turn.desk.threads.keep(turn.chat_id, turn.now, Thread(town=town.id))
    return _nobody(turn, sent) if _says_nothing(answer) else None


async def in_group(turn: Turn, answer: Answer) -> Reply | None:
    """The same where others read along: what is public, and nothing is remembered.

    The caller has seen that the question is about no sensitive topic.
    """
    from bot.dialog import ways

    sent = await _notice(turn)
    if sent is None:
        return None
    _, question = turn.translator, answer.question
    if _wants_to_stop(turn.text, subscribed=True):
        words = _("Only administrators can stop this news here: with this button, or with /news.")
        return Reply((Message((words,), _stop_row(turn, sent), replaces=False),))
    if (reply := await _subject(turn, sent, answer)) is not None:
        return reply
    town = _town(turn, sent.broadcast)
    if town is not None and "event" in question.kinds and not question.towns:
        return await ways.coming_events(turn, replace(question, towns=(town,)))
    return _nobody(turn, sent) if _says_nothing(answer) else None


async def _subject(turn: Turn, sent: Sent, answer: Answer) -> Reply | None:
    """The card of the event or campaign that a notice is about; None where the question is about more."""
    from bot.dialog import articles

    question = answer.question
    about = any(topic in COUNSELLING_TOPICS for topic in question.topics)
    if question.towns or about or {"offer", "glossary"} & set(question.kinds):
        return None
    if event := sent.body.event_id or sent.broadcast.audience.event:
        action = OpenRecord(Kind.EVENT, event)
    elif (campaign := sent.broadcast.series) and not _answered(answer, (Kind.CAMPAIGN, campaign)):
        action = OpenRecord(Kind.CAMPAIGN, campaign)
    else:
        return None
    found = await articles.find(turn, action.kind, action.id)
    return await articles.open_record(turn, action) if found is not None else None


def _answered(answer: Answer, key: tuple[str, str]) -> bool:
    """Whether the words have an answer of their own, another than this record."""
    return answer.verdict is Verdict.ANSWER and answer.entries[0].key != key


def _says_nothing(answer: Answer) -> bool:
    question = answer.question
    about = any(topic in COUNSELLING_TOPICS for topic in question.topics)
    known = about or question.towns or question.districts or question.kinds or question.times
    return not known and answer.verdict is Verdict.NONE


async def _notice(turn: Turn) -> Sent | None:
    """The notice that was replied to."""
    if turn.replied is None:
        return None
    async with turn.desk.store.read() as view:
        id = await view.notice_at(turn.chat_id, turn.replied)
        found = await view.broadcast(id) if id is not None else None
        return None if found is None else await subscribing.in_language(view, found, turn.locale)


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
        (Button(_("Find counselling"), ShowTopics()),) if turn.private else private_button(turn),
        *_stop_row(turn, sent),
        *((menu(turn),) if turn.private else ()),
    )
    return Reply((Message(text, rows, replaces=False),))


def _stop_row(turn: Turn, sent: Sent) -> Rows:
    return notice_rows(turn.translator, sent.broadcast.id, button_topic(sent.broadcast))


def _wants_to_stop(text: str, *, subscribed: bool) -> bool:
    return wants_to_stop(text, subscribed=subscribed) or tuple(tokens(text)) in _typed()


@cache
def _typed() -> frozenset[tuple[str, ...]]:
    """The labels in all languages, as words."""
    return frozenset(tuple(tokens(translator(locale)(label))) for locale in LOCALES for label in _LABELS)
