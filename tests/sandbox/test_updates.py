"""Updates by long polling and by webhook, as Telegram delivers them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.sandbox import Person, Sandbox

from .conftest import Client


async def test_offsets_confirm(api: Client, sandbox: Sandbox, amira: Person) -> None:
    for text in ("one", "two", "three"):
        await sandbox.send_text(amira, amira, text)
    first = (await api("getUpdates", limit=2)).result
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    assert [update["message"]["text"] for update in (await api("getUpdates", limit=2)).result] == [
        "one",
        "two",
    ]
    rest = (await api("getUpdates", offset=first[-1]["update_id"] + 1)).result
    assert [update["message"]["text"] for update in rest] == ["three"]
    assert rest[0]["message"]["from"] == {
        "id": amira.id,
        "is_bot": False,
        "first_name": "Amira",
        "username": "amira_hro",
        "language_code": "ar",
    }
    assert (await api("getUpdates", offset=rest[-1]["update_id"] + 1)).result == []
    assert sandbox.updates.delivered == 3


async def test_a_negative_offset_keeps_the_end(api: Client, sandbox: Sandbox, amira: Person) -> None:
    for text in ("one", "two", "three"):
        await sandbox.send_text(amira, amira, text)
    assert [update["message"]["text"] for update in (await api("getUpdates", offset=-1)).result] == ["three"]


async def test_polling_waits_for_the_first_update(api: Client, sandbox: Sandbox, amira: Person) -> None:
    poll = asyncio.create_task(api("getUpdates", timeout=5))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await sandbox.send_text(amira, amira, "now")
    started = time.perf_counter()
    assert len((await poll).result) == 1
    assert time.perf_counter() - started < 1


async def test_an_empty_poll_takes_its_time(api: Client) -> None:
    started = time.perf_counter()
    assert (await api("getUpdates", timeout=1)).result == []
    assert 0.9 < time.perf_counter() - started < 3


async def test_a_second_poller_ends_the_first(api: Client, sandbox: Sandbox, amira: Person) -> None:
    first = asyncio.create_task(api("getUpdates", timeout=5))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(api("getUpdates", timeout=5))
    conflict = await first
    assert conflict.status == 409
    assert conflict.error == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    await sandbox.send_text(amira, amira, "still there")
    assert len((await second).result) == 1


async def test_a_repeated_update_id_is_delivered_again(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await sandbox.send_text(amira, amira, "one")
    (update,) = (await api("getUpdates")).result
    assert (await api("getUpdates", offset=update["update_id"] + 1)).result == []
    await sandbox.raw_update(update)
    assert (await api("getUpdates", offset=update["update_id"] + 1)).result == [update]


async def test_only_wanted_kinds_arrive(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await api("getUpdates", allowed_updates=["callback_query"])
    await sandbox.send_text(amira, amira, "unwanted")
    await sandbox.block(amira)
    assert (await api("getUpdates")).result == []
    await api("getUpdates", allowed_updates=[])
    await sandbox.unblock(amira)
    (update,) = (await api("getUpdates")).result
    assert update["my_chat_member"]["new_chat_member"]["status"] == "member"


class Hook:
    """A web server of the bot that can fail on demand."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str | None, Any]] = []
        self.status: Callable[[Any], int] = lambda _update: 200
        self.reply: Any = None
        self.pause = 0.0
        self.busy = 0
        self.most_busy = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        await asyncio.sleep(self.pause)
        self.busy -= 1
        self.seen.append(
            (time.perf_counter(), request.headers.get("X-Telegram-Bot-Api-Secret-Token"), update)
        )
        status = self.status(update)
        if status == 200 and self.reply is not None:
            return web.json_response(self.reply)
        return web.Response(status=status)

    def texts(self) -> list[str]:
        return [update["message"]["text"] for _, _, update in self.seen]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.seen) < count:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    hook.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def test_webhook_carries_the_secret(api: Client, sandbox: Sandbox, amira: Person) -> None:
    async with serving() as hook:
        await sandbox.send_text(amira, amira, "before the hook")
        assert (
            await api("setWebhook", url=hook.url, secret_token="Secret_1-x", max_connections=7)
        ).result is True
        await sandbox.send_text(amira, amira, "after it")
        await hook.until(2)
        assert hook.texts() == ["before the hook", "after it"]
        assert {secret for _, secret, _ in hook.seen} == {"Secret_1-x"}
        info = (await api("getWebhookInfo")).result
        assert (info["url"], info["max_connections"]) == (hook.url, 7)
        poll = await api("getUpdates")
        assert poll.status == 409
        assert poll.error.startswith("Conflict: can't use getUpdates method while webhook is active")
        await api("deleteWebhook")
        assert (await api("getWebhookInfo")).result["url"] == ""
        assert (await api("getUpdates")).result == []


async def test_a_failing_update_holds_up_only_its_chat(api: Client, sandbox: Sandbox, amira: Person) -> None:
    olena = sandbox.person("Olena", "uk")
    async with serving() as hook:
        failures = iter([503, 500, 503])
        hook.status = lambda update: next(failures, 200) if update["message"]["text"] == "bad" else 200
        await api("setWebhook", url=hook.url)
        await sandbox.send_text(amira, amira, "bad")
        await sandbox.send_text(amira, amira, "waits")
        await sandbox.send_text(olena, olena, "passes")
        await hook.until(6)
        assert hook.texts().count("bad") == 4
        assert hook.texts().index("passes") < hook.texts().index("waits")
        assert hook.texts()[-1] == "waits"
        times = [at for at, _, update in hook.seen if update["message"]["text"] == "bad"]
        assert times[1] - times[0] < times[3] - times[2], "at once first, then with a pause"
        assert (
            "Wrong response from the webhook: 503"
            in (await api("getWebhookInfo")).result["last_error_message"]
        )


async def test_webhook_keeps_to_max_connections(api: Client, sandbox: Sandbox) -> None:
    async with serving() as hook:
        hook.pause = 0.05
        await api("setWebhook", url=hook.url, max_connections=2)
        for number in range(6):
            person = sandbox.person(f"P{number}", "de")
            await sandbox.send_text(person, person, "hello")
        await hook.until(6)
        assert hook.most_busy == 2


async def test_a_webhook_may_answer_with_a_call(api: Client, sandbox: Sandbox, amira: Person) -> None:
    async with serving() as hook:
        hook.reply = {"method": "sendMessage", "chat_id": amira.id, "text": "by the way"}
        await api("setWebhook", url=hook.url)
        await sandbox.send_text(amira, amira, "hello")
        (answer,) = await sandbox.answers(amira, 1)
        assert answer.text == "by the way"


async def test_undelivered_updates_go_back_to_polling(api: Client, sandbox: Sandbox, amira: Person) -> None:
    await api("setWebhook", url="http://127.0.0.1:9/nobody")
    await sandbox.send_text(amira, amira, "kept")
    await asyncio.sleep(0.05)
    assert (await api("getWebhookInfo")).result["pending_update_count"] == 1
    await api("deleteWebhook")
    assert [update["message"]["text"] for update in (await api("getUpdates")).result] == ["kept"]
    await api("setWebhook", url="http://127.0.0.1:9/nobody")
    await api("deleteWebhook", drop_pending_updates=True)
    assert (await api("getUpdates")).result == []
