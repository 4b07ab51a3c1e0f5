"""Three independent libraries hold the same conversation through the stand-in.

They were written for Telegram, not for us: what they accept is a sign that the stand-in is honest.
Each bot greets with a keyboard, answers the press, edits its message and uploads a document.
They are imported where they are used: one of them takes seconds to build its types.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import telegram
import telegram.error
from aiohttp import web

from bot.sandbox import Sandbox
from bot.sandbox.checks import METHODS

from .conftest import Client

if TYPE_CHECKING:
    import aiogram
    from aiogram.types import CallbackQuery, Message

CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def converse(sandbox: Sandbox) -> None:
    """The person's half of the conversation, and what must have come of it."""
    olena = sandbox.person("Olena", "uk", username="olena_hro")
    await sandbox.send_text(olena, olena, "/start")
    (hello,) = await sandbox.answers(olena, 1, timeout=10)
    assert hello.text == "Hello Olena"
    assert hello.entities == [{"type": "bold", "offset": 6, "length": 5}]
    press = await sandbox.press(olena, hello, "Next")
    assert (await sandbox.answer_to(press.asked, timeout=10))["text"] == "coming"
    document = await sandbox.wait_for(olena, lambda message: message.file is not None, 10)
    assert hello.text == "Second page"
    assert hello.edits == 1
    assert document.file is not None
    assert (document.file.name, document.file.content) == ("event.ics", CALENDAR)
    assert document.text == "Save it"
    assert not sandbox.unknown_methods
    assert not sandbox.unknown_parameters


def aiogram_parts(sandbox: Sandbox) -> tuple[aiogram.Bot, aiogram.Dispatcher]:
    import aiogram
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, Message

    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.api_url))
    bot = aiogram.Bot(sandbox.token, session=session)
    dispatcher = aiogram.Dispatcher()

    @dispatcher.message()
    async def start(message: Message) -> None:
        assert message.from_user is not None
        keys = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Next", callback_data="n")]])
        name = message.from_user.first_name
        await message.answer(f"Hello <b>{name}</b>", parse_mode="HTML", reply_markup=keys)

    @dispatcher.callback_query()
    async def pressed(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.answer("coming")
        await query.message.edit_text("Second page")
        await query.message.answer_document(BufferedInputFile(CALENDAR, "event.ics"), caption="Save it")

    return bot, dispatcher


@asynccontextmanager
async def running(task: asyncio.Task[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.prove  # loading aiogram takes longer than what it does
async def test_aiogram_by_polling(sandbox: Sandbox) -> None:
    bot, dispatcher = aiogram_parts(sandbox)
    polling = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False, polling_timeout=2)
    )
    try:
        await converse(sandbox)
        me = await bot.get_me()
        assert me.username == "lotse_bot"
    finally:
        await dispatcher.stop_polling()
        await polling
        await bot.session.close()


@pytest.mark.prove
async def test_aiogram_by_webhook(sandbox: Sandbox) -> None:
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application

    bot, dispatcher = aiogram_parts(sandbox)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token="Geheim_1").register(app, path="/hook")
    setup_application(app, dispatcher, bot=bot)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="Geheim_1")
        await converse(sandbox)
        assert (await bot.get_webhook_info()).max_connections == 40
    finally:
        await runner.cleanup()
        await bot.session.close()


@pytest.mark.prove
async def test_aiogram_understands_the_errors(sandbox: Sandbox) -> None:
    from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter

    bot, _ = aiogram_parts(sandbox)
    amira = sandbox.person("Amira", "ar", started=True)
    try:
        with pytest.raises(TelegramBadRequest, match="message is too long"):
            await bot.send_message(amira.id, "a" * 4097)
        sandbox.fault("flood", retry_after=3)
        with pytest.raises(TelegramRetryAfter) as flood:
            await bot.send_message(amira.id, "a")
        assert flood.value.retry_after == 3
        await bot.send_venue(amira.id, 54.09, 12.1, "Office", "Street 1")
        chat = await bot.get_chat(amira.id)
        assert chat.first_name == "Amira"
    finally:
        await bot.session.close()


@pytest.mark.prove
@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_parameters_are_those_of_the_bot_api(method: str) -> None:
    """The stand-in's table agrees with the classes of a library that follows the Bot API closely."""
    import aiogram.methods

    model = getattr(aiogram.methods, method[0].upper() + method[1:])
    known = set(model.model_fields)
    assert set(METHODS[method]) <= known
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    ours = {name for name, field in METHODS[method].items() if field.required}
    lenient = {"setWebhook": {"url"}}.get(method, set())
    stricter = {"editMessageText": {"text"}}.get(method, set())
    assert ours - stricter == required - lenient


async def test_telebot(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    import telebot
    import telebot.apihelper

    monkeypatch.setattr(telebot.apihelper, "API_URL", sandbox.api_url + "/bot{0}/{1}")
    monkeypatch.setattr(telebot.apihelper, "FILE_URL", sandbox.api_url + "/file/bot{0}/{1}")
    bot: Any = telebot.TeleBot(sandbox.token, threaded=False)

    def start(message: Any) -> None:
        keys = telebot.types.InlineKeyboardMarkup()
        keys.add(telebot.types.InlineKeyboardButton("Next", callback_data="n"))
        name = message.from_user.first_name
        bot.send_message(message.chat.id, f"Hello <b>{name}</b>", parse_mode="HTML", reply_markup=keys)

    def pressed(query: Any) -> None:
        bot.answer_callback_query(query.id, "coming")
        bot.edit_message_text("Second page", query.message.chat.id, query.message.message_id)
        file = telebot.types.InputFile(io.BytesIO(CALENDAR), file_name="event.ics")
        bot.send_document(query.message.chat.id, file, caption="Save it")

    bot.register_message_handler(start, commands=["start"])
    bot.register_callback_query_handler(pressed, func=lambda query: query.data == "n")
    polling = threading.Thread(
        target=bot.infinity_polling, kwargs={"timeout": 5, "long_polling_timeout": 1, "skip_pending": False}
    )
    polling.start()
    try:
        await converse(sandbox)
    finally:
        bot.stop_polling()
        await asyncio.to_thread(polling.join, 10)
        telebot.apihelper.session = None
    assert not polling.is_alive()


async def test_python_telegram_bot(sandbox: Sandbox) -> None:
    async with telegram.Bot(
        sandbox.token, base_url=f"{sandbox.api_url}/bot", base_file_url=f"{sandbox.api_url}/file/bot"
    ) as bot:

        async def poll() -> None:
            offset = 0
            while True:
                for update in await bot.get_updates(offset=offset, timeout=2):
                    offset = update.update_id + 1
                    await answer(update)

        async def answer(update: telegram.Update) -> None:
            if update.message is not None:
                assert update.effective_user is not None
                keys = telegram.InlineKeyboardMarkup.from_button(
                    telegram.InlineKeyboardButton("Next", callback_data="n")
                )
                name = update.effective_user.first_name
                await update.message.reply_html(f"Hello <b>{name}</b>", reply_markup=keys)
            if update.callback_query is not None:
                query = update.callback_query
                await query.answer("coming")
                await query.edit_message_text("Second page")
                await bot.send_document(query.from_user.id, CALENDAR, filename="event.ics", caption="Save it")

        async with running(asyncio.create_task(poll())):
            await converse(sandbox)


async def test_python_telegram_bot_understands_the_errors(sandbox: Sandbox, api: Client) -> None:
    amira = sandbox.person("Amira", "ar", started=True)
    async with telegram.Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        await sandbox.block(amira)
        with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
            await bot.send_message(amira.id, "a")
        await sandbox.unblock(amira)
        group = sandbox.group("Verein", [amira])
        await sandbox.add_bot_to_group(group, amira)
        new = await sandbox.migrate(group, amira)
        with pytest.raises(telegram.error.ChatMigrated) as migrated:
            await bot.send_message(group.id, "a")
        assert migrated.value.new_chat_id == new.id
        first = asyncio.create_task(api("getUpdates", timeout=5, offset=-1))
        await asyncio.sleep(0.05)
        await first
        waiting = asyncio.create_task(bot.get_updates(offset=2**31 - 1, timeout=5))
        await asyncio.sleep(0.2)
        await api("getUpdates", timeout=0)
        with pytest.raises(telegram.error.Conflict, match="terminated by other getUpdates"):
            await waiting
    with pytest.raises(telegram.error.InvalidToken):
        async with telegram.Bot(f"1:{'A' * 35}", base_url=f"{sandbox.api_url}/bot"):
            pass
