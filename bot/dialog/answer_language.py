"""In which language a question is answered, and what is offered below an answer in another one."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog.actions import ChooseLanguage
from bot.dialog.desk import Thread
from bot.dialog.guide import language_row
from bot.dialog.reply import Button, Message, Reply
from bot.dialog.turn import Turn
from bot.domain.locales import RIGHT_TO_LEFT, Locale, find
from bot.services.answering import Answer
from bot.translation import translator
from bot.understanding.questions import Question

_FEW = 5
"""Words of German up to which the reader's own language stays."""

Offer = Message | tuple[Button, ...] | None
"""What stands below an answer in another language than the reader's: a message, or a row of buttons."""


def in_language(turn: Turn, answer: Answer) -> tuple[Turn, Offer]:
    """Answer in the language of the message; offer to keep it where it is not the chosen one.

    A message that only names a language wishes for it, or, after a list, for who speaks it there.
    """
    wished = wished_language(turn, answer.question)
    locale = find(wished or answer.language)
    if locale is None:
        return turn, _unwritten(turn, wished or answer.language)
    lost = answer.question.smalltalk == "lost" or lacks_german(turn, answer.question)
    if locale == turn.locale or (locale.babel == "de" and lost):
        return turn, None
    written = replace(turn, locale=locale, translator=translator(locale))
    own = not wished and _is_a_little_german(turn, locale, answer.question)
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    if not turn.private or (thread.offered == locale.code and not wished):
        return (turn if own else written), None
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, offered=locale.code))
    buttons = ((Button(locale.name, ChooseLanguage(locale.code)),),)
    text = written.translator("Shall I always speak this language with you?")
    offer = Message((text,), buttons, replaces=False, silent=True, rtl=locale.rtl)
    return (turn if own or (wished and narrows(turn, thread, answer.question)) else written), offer


def _is_a_little_german(turn: Turn, locale: Locale, question: Question) -> bool:
    """Whether somebody of another language says a little in German: the own language stays then."""
    known = turn.private and (turn.recipient is not None or bool(turn.hint))
    return known and locale.babel == "de" and len(question.words) <= _FEW


def wished_language(turn: Turn, question: Question) -> str:
    """The language that is named and nothing else, where there is something to say in it."""
    wished = turn.desk.following.wished(question)
    if not wished and once_more(turn, question):
        wished = turn.desk.following.named(question)
    return wished if find(wished) is not None or wished in turn.desk.unwritten else ""


def once_more(turn: Turn, question: Question) -> bool:
    """Whether the last answer is wished for in another language: it is said so, or it was an article, or was
    given once more already ("and in Turkish")."""
    thread, asking = turn.desk.threads.get(turn.chat_id, turn.now), turn.desk.following
    if thread.asked is None:
        return False
    read = thread.reworded or (thread.told is not None and not thread.what and bool(asking.wished(question)))
    return asking.wished_again(question) or (read and bool(asking.named(question)))


def lacks_german(turn: Turn, question: Question) -> bool:
    """Whether somebody says that they do not understand German."""
    return turn.desk.following.lacks_german(question)


def narrows(turn: Turn, thread: Thread, question: Question) -> bool:
    """Whether a language that is named may be that of people in what was shown before."""
    shown = bool(thread.what or thread.topic)
    again = turn.desk.following.wished_again(question) or once_more(turn, question)
    return shown and bool(question.spoken) and not again


def _unwritten(turn: Turn, language: str | None) -> Offer:
    """Why the answer is not in the language of the question, or of the phone; said once in a conversation,
    and after that only the button to the other languages."""
    words = turn.desk.unwritten.get(language or "")
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    if words is None or not turn.private:
        return None
    if thread.offered == language:
        return language_row(turn)
    turn.desk.threads.keep(turn.chat_id, turn.now, replace(thread, offered=language or ""))
    return Message(
        (words.answer.format(language=turn.locale.name),),
        (language_row(turn),),
        replaces=False,
        silent=True,
        rtl=language in RIGHT_TO_LEFT,
    )


def with_offer(offer: Offer, reply: Reply) -> Reply:
    """The reply with what is offered: below it, or a button in it where it has none for that yet."""
    if isinstance(offer, Message):
        return replace(reply, messages=(*reply.messages, offer))
    if offer is None or not reply.messages or offer in reply.messages[-1].buttons:
        return reply
    *others, last = reply.messages
    return replace(reply, messages=(*others, replace(last, buttons=(*last.buttons, offer))))
