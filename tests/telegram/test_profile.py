"""The bot's own texts in Telegram: set only where they differ."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.domain.outcomes import Status
from bot.sandbox import Sandbox
from bot.telegram.menus import profiles
from bot.telegram.polling import Heard
from bot.telegram.profile import Command, Profile, check, fingerprint, publish, set_chat_menu
from bot.telegram.transport import TelegramApi

PROFILES = {
    "": Profile("Lotse", "Finds the right door.", "The right door", (Command("start", "Menu"),)),
    "de": Profile(
        "Lotse", "Findet die richtige Tür.", "", (Command("start", "Menü"), Command("help", "Hilfe"))
    ),
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as made:
        yield made
        assert not made.unknown_methods
        assert not made.unknown_parameters


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[TelegramApi]:
    made = TelegramApi(sandbox.token, sandbox.api_url)
    await made.connect()
    yield made
    await made.disconnect()


def setters(sandbox: Sandbox) -> int:
    return sum(count for method, count in sandbox.counts.items() if method.startswith("setMy"))


async def test_only_differences_are_set_and_nothing_is_asked_twice(
    sandbox: Sandbox, api: TelegramApi
) -> None:
    heard = Heard()
    mark = await publish(api, PROFILES, known=None, heard=heard)
    first = setters(sandbox)
    assert 0 < first <= 7
    calls = len(sandbox.calls)
    assert await publish(api, PROFILES, known=mark, heard=heard) == mark
    assert len(sandbox.calls) == calls
    assert await publish(api, PROFILES, known="lost", heard=heard) == mark
    assert setters(sandbox) == first
    changed = {**PROFILES, "de": Profile("Lotse", "Findet die Tür.", "", PROFILES["de"].commands)}
    assert await publish(api, changed, known=mark, heard=heard) != mark
    assert setters(sandbox) == first + 1
    assert (await api.call("getMyCommands", {"language_code": "de"}))[1]["command"] == "help"


async def test_throttling_is_waited_out(sandbox: Sandbox, api: TelegramApi) -> None:
    sandbox.fault("flood", method="setMyCommands", retry_after=1)
    await publish(api, {"": PROFILES[""]}, known=None, heard=Heard())
    assert (await api.call("getMyCommands", {}))[0]["description"] == "Menu"


async def test_a_chats_own_menu(sandbox: Sandbox, api: TelegramApi) -> None:
    person = sandbox.person("Ana", "ro", started=True)
    assert (await set_chat_menu(api, person.id, (Command("start", "Meniu"),))).status is Status.SENT
    scope = {"type": "chat", "chat_id": person.id}
    assert (await api.call("getMyCommands", {"scope": scope}))[0]["description"] == "Meniu"
    sandbox.fault("server_error")
    assert (await set_chat_menu(api, person.id, ())).status is Status.UNKNOWN


def test_the_fingerprint_changes_with_any_text_and_not_with_the_order() -> None:
    assert fingerprint(PROFILES) == fingerprint(dict(reversed(PROFILES.items())))
    assert fingerprint(PROFILES) != fingerprint({**PROFILES, "de": Profile("Lotse!")})


def test_our_profiles_fit_and_lead_to_imprint_and_privacy() -> None:
    own = profiles()
    assert check(own) == []
    for language, profile in own.items():
        pages = ("/impressum", "/datenschutz") if language == "de" else ("/imprint", "/privacy")
        for text in (profile.description, profile.short_description):
            assert all(page in text for page in pages), language
    assert "\u2068/privacy\u2069" in own["ar"].description


async def test_what_telegram_would_refuse_is_said_before(api: TelegramApi) -> None:
    bad = {
        "pt-br": Profile("x" * 65, "x" * 513, "x" * 121, (Command("start", ""),)),
        "de": Profile(commands=(Command("start", "x" * 257),)),
    }
    problems = check(bad)
    assert len(problems) == 6
    with pytest.raises(ValueError, match="two-letter"):
        await publish(api, bad, known=None, heard=Heard())
