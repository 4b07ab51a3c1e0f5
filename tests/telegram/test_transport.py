"""The network's bad days, over real HTTP."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from telegram import InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.domain.outcomes import Outcome, Status
from bot.sandbox import Sandbox
from bot.telegram.transport import (
    AiohttpRequest,
    Interrupted,
    NotSent,
    RateLimited,
    TelegramApi,
    Timeouts,
    Unanswered,
    classify,
)

TOKEN = "123:SECRETTOKEN"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stub:
    """A server that answers every call as it is told."""

    def __init__(self) -> None:
        self.answer: Answer = self.ok
        self.requests: list[tuple[str, str, bytes]] = []
        self.url = ""

    @staticmethod
    async def ok(_: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "result": {"message_id": 7}})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, request.content_type, await request.read()))
        return await self.answer(request)

    def say(self, status: int, description: str, **parameters: int) -> None:
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.json_response(body, status=status)

        self.answer = answer


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    made = Stub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def api(stub: Stub) -> AsyncIterator[TelegramApi]:
    made = TelegramApi(TOKEN, stub.url + "/", pool_size=2, timeouts=Timeouts(pool=0.2, connect=9.0, read=0.4))
    await made.connect()
    yield made
    await made.disconnect()


async def outcome(api: TelegramApi) -> Outcome:
    with pytest.raises(TelegramError) as caught:
        await api.call("sendMessage", {"chat_id": 1, "text": "hello"})
    assert "SECRETTOKEN" not in repr(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "SECRETTOKEN" not in str(error)
        error = error.__cause__
    return classify(caught.value)


async def test_a_call_sends_json_and_gives_plain_data(stub: Stub, api: TelegramApi) -> None:
    sent = {"chat_id": 1, "text": "ä", "reply_markup": {"inline_keyboard": []}, "nothing": None}
    assert await api.call("sendMessage", sent) == {"message_id": 7}
    ((path, kind, body),) = stub.requests
    assert (path, kind) == (f"/bot{TOKEN}/sendMessage", "application/json")
    assert b"nothing" not in body
    assert b'"reply_markup": {"inline_keyboard": []}' in body


async def test_a_file_goes_as_multipart(stub: Stub, api: TelegramApi) -> None:
    file = InputFile(b"BEGIN:VCALENDAR", filename="fest äöü.ics")
    await api.call("sendDocument", {"chat_id": 1, "document": file, "reply_markup": {"inline_keyboard": []}})
    ((_, kind, body),) = stub.requests
    assert kind == "multipart/form-data"
    assert b"BEGIN:VCALENDAR" in body
    assert 'filename="fest äöü.ics"'.encode() in body
    assert b'{"inline_keyboard": []}' in body


@pytest.mark.parametrize(
    ("status", "description", "parameters", "expected"),
    [
        (400, "Bad Request: can't parse entities: your secret words", {}, Status.REJECTED),
        (400, "Bad Request: chat not found", {}, Status.UNREACHABLE),
        (400, "Bad Request: PEER_ID_INVALID", {}, Status.UNREACHABLE),
        (400, "Bad Request: not enough rights to send text messages to the chat", {}, Status.UNREACHABLE),
        (400, "Bad Request: not enough rights to send photos to the chat", {}, Status.NOT_ALLOWED),
        (400, "Bad Request: not enough rights to send documents to the chat", {}, Status.NOT_ALLOWED),
        (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", {}, Status.NOT_ALLOWED),
        (400, "Bad Request: have no rights to send a message", {}, Status.UNREACHABLE),
        (400, "Bad Request: not enough rights to send messages", {}, Status.UNREACHABLE),
        (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", {}, Status.UNREACHABLE),
        (403, "Forbidden: bot was blocked by the user", {}, Status.UNREACHABLE),
        (403, "Forbidden: user is deactivated", {}, Status.UNREACHABLE),
        (400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1005}, Status.MIGRATED),
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}, Status.RATE_LIMITED),
        (429, "Too Many Requests", {}, Status.RATE_LIMITED),
        (401, "Unauthorized", {}, Status.UNAUTHORISED),
        (404, "Not Found", {}, Status.UNAUTHORISED),
        (409, "Conflict: terminated by other getUpdates request", {}, Status.CONFLICT),
        (413, "Request Entity Too Large", {}, Status.REJECTED),
        (500, "Internal Server Error: restart", {}, Status.UNKNOWN),
        (502, "Bad Gateway", {}, Status.UNKNOWN),
    ],
)
async def test_what_telegram_says(
    stub: Stub,
    api: TelegramApi,
    status: int,
    description: str,
    parameters: dict[str, int],
    expected: Status,
) -> None:
    stub.say(status, description, **parameters)
    found = await outcome(api)
    assert found.status is expected
    assert found.new_chat_id == parameters.get("migrate_to_chat_id")
    if expected is Status.RATE_LIMITED:
        assert found.retry_after == parameters.get("retry_after", 1)
    assert "secret words" not in found.reason


async def test_a_read_timeout_is_unknown(stub: Stub, api: TelegramApi) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.6)
        return web.json_response({})

    stub.answer = slow
    assert (await outcome(api)).status is Status.UNKNOWN
    with pytest.raises(Unanswered):
        await api.call("getMe", {}, read_timeout=0.05)


async def test_a_read_timeout_of_its_own_is_honoured(stub: Stub, api: TelegramApi) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.4)
        return web.json_response({"ok": True, "result": True})

    stub.answer = slow
    assert await api.call("getUpdates", {}, read_timeout=5.0) is True


async def test_a_connection_that_breaks_is_unknown(stub: Stub, api: TelegramApi) -> None:
    async def reset(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    stub.answer = reset
    assert (await outcome(api)).status is Status.UNKNOWN


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 429, 502])
async def test_a_page_from_somebody_else_is_unknown(
    stub: Stub, api: TelegramApi, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="<html>somebody's page</html>", content_type="text/html")

    stub.answer = page
    with caplog.at_level(logging.DEBUG):
        assert (await outcome(api)).status is Status.UNKNOWN
    assert "somebody" not in caplog.text
    assert "SECRETTOKEN" not in caplog.text


@pytest.mark.parametrize("body", ["[]", '{"ok": true}', "{", '{"ok": false, "description": "odd"}'])
async def test_an_answer_of_another_shape_is_unknown(stub: Stub, api: TelegramApi, body: str) -> None:
    async def odd(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    stub.answer = odd
    assert (await outcome(api)).status is Status.UNKNOWN


async def test_nobody_at_the_address_is_not_sent() -> None:
    api = TelegramApi(TOKEN, "http://127.0.0.1:9")
    await api.connect()
    assert (await outcome(api)).status is Status.NOT_SENT
    await api.disconnect()
    assert (await outcome(api)).status is Status.NOT_SENT


async def test_an_address_that_is_none_is_not_sent() -> None:
    api = TelegramApi(TOKEN, "http://[")
    await api.connect()
    assert (await outcome(api)).status is Status.NOT_SENT
    await api.disconnect()


async def test_no_free_connection_is_not_sent(stub: Stub) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.json_response({"ok": True, "result": True})

    stub.answer = slow
    api = TelegramApi(TOKEN, stub.url, pool_size=1, timeouts=Timeouts(pool=0.05, connect=0.05, read=5.0))
    await api.connect()
    first = asyncio.create_task(api.call("getMe", {}))
    await asyncio.sleep(0.1)
    assert (await outcome(api)).status is Status.NOT_SENT
    assert await first is True
    await api.disconnect()


async def test_nothing_of_a_message_gets_into_the_log(
    stub: Stub, api: TelegramApi, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await api.call("sendMessage", {"chat_id": 1, "text": "private words"})
    assert "private words" not in caplog.text
    assert "SECRETTOKEN" not in caplog.text


def test_the_hierarchy_of_errors_does_not_mislead() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limited = RetryAfter(timedelta(seconds=90))
    found = {
        type(error): classify(error).status
        for error in (
            BadRequest("x"),
            TimedOut(),
            NetworkError("x"),
            NotSent("x"),
            Unanswered("x"),
            Interrupted("x"),
            Forbidden("x"),
            InvalidToken(),
            Conflict("x"),
            ChatMigrated(-5),
        )
    }
    assert found == {
        BadRequest: Status.REJECTED,
        TimedOut: Status.UNKNOWN,
        NetworkError: Status.UNKNOWN,
        NotSent: Status.NOT_SENT,
        Unanswered: Status.UNKNOWN,
        Interrupted: Status.UNKNOWN,
        Forbidden: Status.UNREACHABLE,
        InvalidToken: Status.UNAUTHORISED,
        Conflict: Status.CONFLICT,
        ChatMigrated: Status.MIGRATED,
    }
    assert classify(limited).retry_after == 90
    assert classify(RateLimited(1.5)).retry_after == 1.5
    with pytest.raises(ValueError, match="ours"):
        classify(ValueError("ours"))


def test_timeouts_are_the_pools_unless_said_otherwise() -> None:
    assert AiohttpRequest(1, Timeouts(read=33.0)).read_timeout == 33.0


async def test_against_the_sandbox() -> None:
    async with Sandbox() as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url)
        await api.connect()
        assert (await api.call("getMe", {}))["username"] == "lotse_bot"
        assert (await api.get_me()).username == "lotse_bot"
        sandbox.fault("flood", retry_after=3)
        with pytest.raises(RateLimited) as caught:
            await api.call("getMe", {})
        assert caught.value.seconds == 3
        sandbox.fault("server_error")
        with pytest.raises(Interrupted):
            await api.call("getMe", {})
        sandbox.fault("reset")
        with pytest.raises(Interrupted):
            await api.call("getMe", {})
        await api.disconnect()
        assert not sandbox.unknown_methods
