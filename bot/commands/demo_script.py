"""The scripted conversation of ``lotse demo --check``: five people, five languages, the main job.

What is expected is named by records of the content files, not by words: when an entry is taken out of
the files, or is no longer found, the check fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.app import Lotse
from bot.content import demo_content
from bot.content.gazetteer import load_gazetteer
from bot.domain.directory import AnyRecord
from bot.domain.locales import find
from bot.sandbox import Message, Person, Sandbox
from bot.services.import_records import read_records
from bot.services.import_source import read_documents

_WAIT = 10.0
"""Seconds for one answer; a slow machine is no reason to fail."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something a person writes or presses, and what must be in the answer.

    ``record`` (kind/id) stands for the record's title in the person's language; ``words`` are
    numbers and the like that are the same in every language.
    """

    say: str = ""
    press: str = ""
    record: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One person: their app's language, and what they do after choosing ``locale``."""

    name: str
    app: str
    locale: str
    steps: Sequence[Step]


SCRIPT = (
    Conversation(
        "Anna",
        "de",
        "de",
        (
            Step(say="Ich wohne in Güstrow und brauche Beratung zum Aufenthalt", record="offer/mbe"),
            Step(press="1.", words="drk-mv.de"),
            Step(say="Was ist eine Duldung?", record="article/gl-duldung"),
            Step(say="Mein Mann schlägt mich", words="116 016"),
        ),
    ),
    Conversation(
        "Amira",
        "ar",
        "ar",
        (
            Step(say="وين في استشارة للإقامة في غوسترو؟", record="offer/mbe"),
            Step(say="زوجي يضربني", words="116 016"),
        ),
    ),
    Conversation(
        "Olena",
        "uk",
        "uk",
        (
            Step(say="Де визнати диплом? Я живу в Stralsund", record="offer/iq-recognition"),
            Step(say="нас б'ють, тут нацисти", words="110"),
        ),
    ),
    Conversation(
        "Mary",
        "en",
        "en",
        (
            Step(say="My boss does not pay me. I live in Rostock", record="offer/correct"),
            Step(say="Events in Wismar", record="event/demo-sprachcafe-wismar"),
        ),
    ),
    Conversation(
        "Piotr",
        "pl",
        "pl",
        (
            Step(say="szef nie płaci mi wypłaty"),
            Step(say="Schwerin", record="offer/correct"),
        ),
    ),
)


async def converse(sandbox: Sandbox, lotse: Lotse) -> int:
    """Hold all conversations, print the transcripts; the exit status."""
    records = _records(lotse)
    failures = []
    for conversation in SCRIPT:
        person = sandbox.person(conversation.name, conversation.app)
        failures += await _hold(sandbox, person, conversation, records)
        print(f"--- {conversation.name} ({conversation.locale})")
        print(sandbox.transcript(person), end="\n\n")
    if sandbox.unknown_methods:
        failures.append(f"unknown methods were called: {sorted(set(sandbox.unknown_methods))}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(SCRIPT)} conversations, {len(failures)} failures.")
    return 1 if failures else 0


def _records(lotse: Lotse) -> Mapping[str, AnyRecord]:
    today = datetime.now(lotse.settings.zone).date()
    given, _ = read_records(read_documents(demo_content()), load_gazetteer(), today)
    return {f"{one.record.KIND}/{one.record.id}": one.record for one in given}


async def _hold(
    sandbox: Sandbox, person: Person, conversation: Conversation, records: Mapping[str, AnyRecord]
) -> list[str]:
    failures: list[str] = []
    locale = find(conversation.locale)
    assert locale is not None  # noqa: S101 (the script is ours)
    await sandbox.send_text(person, person, "/start")
    (picker,) = await sandbox.answers(person, 1, _WAIT)
    await sandbox.press(person, picker, next(t for t in picker.button_texts if t.endswith(locale.name)))
    last = (await sandbox.answers(person, 1, _WAIT))[-1]
    for step in conversation.steps:
        wanted = step.words
        if step.record:
            record = records.get(step.record)
            title = record.title.localize(locale) if record is not None else None
            if title is None:
                failures.append(f"{conversation.name}: {step.record} is not in the content files")
                continue
            wanted = title.text
        if step.press:
            button = next((text for text in last.button_texts if text.startswith(step.press)), None)
            if button is None:
                failures.append(f"{conversation.name}: no button {step.press!r}")
                continue
            await sandbox.press(person, last, button)
        else:
            await sandbox.send_text(person, person, step.say)
        try:
            last = await sandbox.wait_for(person, lambda message, w=wanted: w in _shown(message), _WAIT)  # type: ignore[misc]
        except TimeoutError:
            failures.append(
                f"{conversation.name}: {step.say or step.press!r} was not answered with {wanted!r}"
            )
    return failures


def _shown(message: Message) -> str:
    """The words of a message without the marks that keep directions apart."""
    return message.text.translate({0x2068: None, 0x2069: None})
