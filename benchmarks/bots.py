"""The bots under test, each a process of its own: ``python -m benchmarks.bots ARM PORT API_PORT FOLDER``.

``echo-ours``, ``echo-default``: repeat the text, without storage. ``journey-ours``: the whole bot.
``journey-default``: the same endpoints on python-telegram-bot's default transport with
``concurrent_updates(256)``, as its documentation shows it; nothing is stored before it is acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from benchmarks.load import SECRET, TOKEN
from bot import app, parts
from bot.settings import Settings, load
from bot.telegram.incoming import Incoming, Me, scrub
from bot.telegram.rendering import render
from bot.telegram.routes import Routes
from bot.telegram.transport import TelegramApi
from bot.web.pages import WEBHOOK_PATH, create_app


def _settings(port: int, api: int, folder: str) -> Settings:
    return load(
        env_file=None,
        telegram_token=TOKEN,
        telegram_api=f"http://127.0.0.1:{api}",
        database_url=f"sqlite:///{folder}/bench.sqlite",
        webhook_url="http://127.0.0.1",
        webhook_secret=SECRET,
        listen=f"127.0.0.1:{port}",
        workers="256",
        model="no",  # in both arms: it is about the transport and the inbox
    )


async def _serve(asgi: Any, port: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(asgi, host="127.0.0.1", port=port, log_level="error", access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print("READY", flush=True)
    await serving


async def echo_ours(port: int, api_port: int) -> None:
    """Our transport, our reading of updates, our pages; no storage."""
    api = TelegramApi(TOKEN, f"http://127.0.0.1:{api_port}", pool_size=256)
    await api.connect()
    me, tasks = Me(1, "bench_bot"), set()

    async def answer(update: Incoming) -> None:
        await api.call("sendMessage", {"chat_id": update.chat_id, "text": update.text})

    async def accept(update: dict[str, Any]) -> None:
        kept = scrub(update, me)
        assert kept is not None
        task = asyncio.create_task(answer(Incoming.parse(kept)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def age() -> float:
        return 0.0

    pages = create_app(
        inbox_age=age, last_contact=lambda: 0.0, sender_failing=float, accept=accept, secret=SECRET
    )
    await _serve(pages, port)


def _default(api_port: int) -> Application[Any, Any, Any, Any, Any, Any]:
    return (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(f"http://127.0.0.1:{api_port}/bot")
        .concurrent_updates(256)
        .pool_timeout(60)
        .updater(None)
        .job_queue(None)
        .build()
    )


async def _serve_default(application: Application[Any, Any, Any, Any, Any, Any], port: int) -> None:
    async def hook(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(json.loads(await request.body()), application.bot))
        return Response()

    async with application:
        await application.start()
        await _serve(Starlette(routes=[Route(WEBHOOK_PATH, hook, methods=["POST"])]), port)


async def echo_default(port: int, api_port: int) -> None:
    """The library as its documentation shows it."""
    application = _default(api_port)

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.text is not None:
            await update.message.reply_text(update.message.text)

    application.add_handler(MessageHandler(filters.TEXT, echo))
    await _serve_default(application, port)


async def journey_ours(port: int, api_port: int, folder: str) -> None:
    """The whole bot: durable inbox, recipient, search, rendering."""
    lotse = await app.start(_settings(port, api_port, folder))
    print("READY", flush=True)
    await lotse.ended


async def journey_default(port: int, api_port: int, folder: str) -> None:
    """The same endpoints behind the library's own handlers and transport."""
    settings = _settings(port, api_port, folder)
    store = await parts.open_store(settings)
    desk = parts.make_desk(settings, store, parts.make_answering(), "bench_bot")
    await desk.shelf.holdings()
    routes = Routes(desk, None, None)  # type: ignore[arg-type]
    application = _default(api_port)
    me = Me(1, "bench_bot")

    async def handle(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        kept = scrub(update.to_dict(), me)
        assert kept is not None
        incoming = Incoming.parse(kept)
        turn = await routes._turn(incoming)
        reply = await routes._reply(turn, incoming)
        for message in reply.messages:
            for piece in render(message, rtl=turn.locale.rtl, private=True):
                await application.bot.send_message(
                    incoming.chat_id, piece.html, parse_mode="HTML", reply_markup=piece.markup
                )

    application.add_handler(MessageHandler(filters.TEXT, handle))
    await _serve_default(application, port)


if __name__ == "__main__":
    arm, port_, api_, folder_ = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    app.configure_logging("ERROR")
    match arm:
        case "echo-ours":
            asyncio.run(echo_ours(port_, api_))
        case "echo-default":
            asyncio.run(echo_default(port_, api_))
        case "journey-ours":
            asyncio.run(journey_ours(port_, api_, folder_))
        case "journey-default":
            asyncio.run(journey_default(port_, api_, folder_))
