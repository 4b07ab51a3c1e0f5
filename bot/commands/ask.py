"""``lotse ask``: questions answered without Telegram, so that content can be tried and measured.

One question as an argument, or JSON lines on standard input, ``{"id", "text", "locale"?}`` each, to
JSON lines ``{"id", "language", "outcome", "entries": [{"kind", "id", "score"}], "text", "ms"}``, or
``{"id", "error"}`` for a locale that Lotse does not know.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from bot.dialog import asking, emergency
from bot.dialog.desk import Desk
from bot.dialog.reply import Link, Reply
from bot.dialog.turn import ChatType, Turn
from bot.domain.locales import LOCALES, canonical, find, negotiate
from bot.parts import make_answering, make_desk, make_meaning, open_store
from bot.settings import Settings
from bot.translation import translator

_CHAT = 0
"""The chat of a question from the command line; nothing is ever stored for it."""


async def ask(settings: Settings, text: str | None, locale: str | None, *, as_json: bool) -> int:
    """Answer one question, or every line of standard input."""
    meaning, teaching = make_meaning(settings)
    answering = await asyncio.to_thread(make_answering, meaning)
    store = await open_store(settings)
    try:
        desk = make_desk(settings, store, answering, "lotse_bot", teaching=teaching)
        if locale is not None and (error := _unknown(desk, locale)):
            print(error, file=sys.stderr)
            return 2
        if text is not None:
            answer = await answer_one(desk, {"id": 1, "text": text, "locale": locale})
            print(json.dumps(answer, ensure_ascii=False) if as_json else answer["text"])
            return 0
        return await _lines(desk, locale)
    finally:
        await desk.shelf.close()
        if meaning is not None:
            await meaning.close()
        await store.close()


async def _lines(desk: Desk, locale: str | None) -> int:
    failed = 0
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)
            if not isinstance(question, dict) or not isinstance(question.get("text"), str):
                raise ValueError
        except ValueError:
            print(f'line {number}: write {{"id": 1, "text": "…"}}', file=sys.stderr)
            failed = 1
            continue
        question = {"locale": locale, **question}
        error = _unknown(desk, question["locale"]) if question["locale"] is not None else None
        if error is not None:
            answer: dict[str, Any] = {"id": question.get("id"), "error": error}
            failed = 1
        else:
            answer = await answer_one(desk, question)
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return failed


def _unknown(desk: Desk, locale: object) -> str | None:
    """What is wrong with a locale; None for the languages that Lotse speaks, or at least understands."""
    if isinstance(locale, str) and (find(locale) is not None or canonical(locale) in desk.unwritten):
        return None
    codes = ", ".join((*(one.code for one in LOCALES), *desk.unwritten))
    return f"unknown locale {locale!r}, choose one of: {codes}"


async def answer_one(desk: Desk, question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question; ``ms`` is the time that it takes in a chat, as it does here.

    What else is told of it is looked up beside that, and not counted.
    """
    holdings = await desk.shelf.holdings()
    text = str(question["text"])
    # Without a locale the language comes from the text alone.
    wanted = str(question["locale"]) if question.get("locale") else None
    found = await desk.answering.search(text, wanted, holdings)
    locale = negotiate((wanted, found.language))
    begun = time.perf_counter()
    alarm = desk.answering.alarm(text, wanted)
    turn = Turn(_CHAT, ChatType.PRIVATE, locale, translator(locale), desk.clock(), desk, text=text)
    reply = await (asking.ask(turn) if alarm is None else emergency.card(turn, alarm))
    took = time.perf_counter() - begun
    desk.threads.drop(_CHAT)
    entries = found.entries if alarm is None else ()
    return {
        "id": question.get("id"),
        "language": found.language,
        "outcome": "emergency" if reply.urgent else found.verdict.value,
        "entries": [{"kind": s.key[0].value, "id": s.key[1], "score": s.score} for s in entries],
        "text": plain(reply),
        "ms": round(took * 1000, 1),
    }


def plain(reply: Reply) -> str:
    """A reply as plain text, its buttons in brackets."""
    parts = []
    for message in reply.messages:
        spans = [
            span
            if isinstance(span, str)
            else f"{span.text} ({span.url})"
            if isinstance(span, Link)
            else span.text
            for span in message.text
        ]
        rows = [" ".join(f"[{button.label}]" for button in row) for row in message.buttons]
        parts.append("\n".join(("".join(spans), *rows)))
    return "\n\n".join(parts)
