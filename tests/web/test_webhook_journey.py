"""The whole edge by webhook: brought, stored, answered, in order, through a bad moment of the database."""

from __future__ import annotations

import asyncio

import uvicorn

from bot.dialog.reply import Reply
from bot.domain.errors import StorageFailed
from bot.sandbox import Sandbox
from bot.storage.store import Store
from bot.telegram.inbox import Inbox
from bot.telegram.incoming import Incoming
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.polling import Heard, introduce, set_webhook
from bot.telegram.transport import TelegramApi
from bot.web.pages import WEBHOOK_PATH, create_app


async def test_answers_come_once_and_in_order(sqlite_store: Store) -> None:
    async with Sandbox(webhook_first_pause=0.05, webhook_longest_pause=0.1) as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url)
        await api.connect()
        heard = Heard()
        me, _ = await introduce(api, heard=heard)
        messenger = TelegramMessenger(api)

        async def echo(update: Incoming) -> None:
            await messenger.send(update.chat_id, Reply.of(f"You said {update.text}"), rtl=False, private=True)

        inbox = Inbox(sqlite_store, me, echo, workers=4, capacity=100)
        await inbox.start()
        failures = 3

        async def accept(update: dict[str, object]) -> float | None:
            nonlocal failures
            if failures:
                failures -= 1
                raise StorageFailed("OperationalError SQLITE_BUSY")
            return await inbox.offer(update)

        app = create_app(
            inbox_age=inbox.age,
            last_contact=heard.age,
            sender_failing=float,
            accept=accept,
            secret="s3cret",
        )
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        await set_webhook(api, f"http://127.0.0.1:{port}{WEBHOOK_PATH}", "s3cret", heard=heard)

        people = [sandbox.person(f"Person {n}", "de", started=True) for n in range(3)]
        for text in ("one", "two", "three"):
            for person in people:
                await sandbox.send_text(person, person, text)
        for person in people:
            await sandbox.wait_for(person, lambda message: message.text == "You said three", timeout=15)
            said = [
                call.params["text"]
                for call in sandbox.calls
                if call.method == "sendMessage" and call.chat_id == person.id
            ]
            assert said == ["You said one", "You said two", "You said three"]

        assert await inbox.drain(2) == 0
        await api.call("deleteWebhook", {})
        server.should_exit = True
        await serving
        await api.disconnect()
        assert not sandbox.unknown_methods
        assert not sandbox.unknown_parameters
