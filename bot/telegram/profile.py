"""How the bot presents itself in Telegram: name, descriptions and command menus in every language.

Telegram's setters are throttled hard, so they are called only for what differs; and since asking also
costs a call for each language and field, a fingerprint of what was set last is remembered by the
caller, and nothing is asked at all while it is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from telegram.error import TelegramError

from bot.domain.outcomes import Outcome, Status
from bot.telegram.polling import Heard, persist
from bot.telegram.transport import TelegramApi, classify

NAME_LIMIT, DESCRIPTION_LIMIT, SHORT_LIMIT, COMMAND_LIMIT = 64, 512, 120, 256
"""Characters (Bot API: setMyName, setMyDescription, setMyShortDescription, BotCommand)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the command menu: the command without its slash, and what it does."""

    command: str
    description: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What Telegram shows of the bot in one language. An empty text is left as it is."""

    name: str = ""
    description: str = ""
    short_description: str = ""
    commands: tuple[Command, ...] = ()


Profiles = Mapping[str, Profile]
"""By two-letter ISO 639-1 code; ``""`` is for everybody else."""

_TEXTS = (
    ("Name", "name", NAME_LIMIT),
    ("Description", "description", DESCRIPTION_LIMIT),
    ("ShortDescription", "short_description", SHORT_LIMIT),
)


def fingerprint(profiles: Profiles) -> str:
    """Changes when any text changes; the order of the languages does not matter."""
    plain = {language: asdict(profile) for language, profile in profiles.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def check(profiles: Profiles) -> list[str]:
    """What Telegram would refuse, in words."""
    problems: list[str] = []
    for language, profile in profiles.items():
        if language and not (len(language) == 2 and language.isascii() and language.islower()):
            problems.append(f"{language!r} is not a two-letter language code")
        for _, field, limit in _TEXTS:
            if len(getattr(profile, field)) > limit:
                problems.append(f"{language or 'default'}: the {field} has more than {limit} characters")
        problems.extend(
            f"{language or 'default'}: /{one.command} needs a description of 1 to {COMMAND_LIMIT} characters"
            for one in profile.commands
            if not 0 < len(one.description) <= COMMAND_LIMIT
        )
    return problems


async def publish(api: TelegramApi, profiles: Profiles, *, known: str | None, heard: Heard) -> str:
    """Set what differs from what Telegram has; returns the fingerprint to be remembered as ``known``.

    Waits out the network and Telegram's throttling. ValueError names texts that are too long.
    """
    mark = fingerprint(profiles)
    if mark == known:
        return mark
    if problems := check(profiles):
        raise ValueError("; ".join(problems))
    for language, profile in profiles.items():
        where = {"language_code": language}
        for method, field, _ in _TEXTS:
            wanted = getattr(profile, field)
            if not wanted:
                continue
            found = await persist(api, f"getMy{method}", where, heard=heard)
            if found.get(field) != wanted:
                await persist(api, f"setMy{method}", {field: wanted, **where}, heard=heard)
        if profile.commands:
            commands = _commands(profile.commands)
            found = await persist(api, "getMyCommands", where, heard=heard)
            if found != commands:
                await persist(api, "setMyCommands", {"commands": commands, **where}, heard=heard)
    return mark


async def set_chat_menu(api: TelegramApi, chat_id: int, commands: Sequence[Command]) -> Outcome:
    """A private chat's own menu, in the language chosen there; it goes before the app's language.

    Tried once: a menu is not worth that anybody waits for it.
    """
    scope = {"type": "chat", "chat_id": chat_id}
    try:
        await api.call("setMyCommands", {"commands": _commands(commands), "scope": scope})
    except TelegramError as error:
        return classify(error)
    return Outcome(Status.SENT)


async def clear_chat_menu(api: TelegramApi, chat_id: int) -> Outcome:
    """Take a chat's own menu away, which would tell the language that was just forgotten. Tried once."""
    try:
        await api.call("deleteMyCommands", {"scope": {"type": "chat", "chat_id": chat_id}})
    except TelegramError as error:
        return classify(error)
    return Outcome(Status.SENT)


def _commands(commands: Sequence[Command]) -> list[dict[str, Any]]:
    return [{"command": one.command, "description": one.description} for one in commands]
