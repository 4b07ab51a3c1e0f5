"""Health and the webhook, over a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import uvicorn

from bot.domain.errors import StorageFailed
from bot.web.pages import MAX_BODY, SECRET_HEADER, WEBHOOK_PATH, create_app

SECRET = "a-secret-word"


class Behind:
    """What the pages talk to."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.later: float | None = None
        self.broken = False
        self.age = 0.0
        self.contact: float | None = 1.0
        self.failing = 0.0

    async def accept(self, update: dict[str, Any]) -> float | None:
        if self.broken:
            raise StorageFailed("OperationalError SQLITE_FULL")
        if self.later is None:
            self.updates.append(update)
        return self.later

    async def inbox_age(self) -> float:
        if self.broken:
            raise StorageFailed("OperationalError SQLITE_FULL")
        return self.age


class Site:
    """A running server and a client for it."""

    def __init__(self, behind: Behind, url: str, client: aiohttp.ClientSession) -> None:
        self.behind = behind
        self.url = url
        self.client = client

    async def post(self, body: bytes, secret: str | None = SECRET, kind: str = "application/json") -> int:
        headers = {"Content-Type": kind}
        if secret is not None:
            headers[SECRET_HEADER] = secret
        async with self.client.post(self.url + WEBHOOK_PATH, data=body, headers=headers) as response:
            self.headers = response.headers
            assert await response.read() == b""
            return response.status

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.client.get(self.url + "/healthz") as response:
            return response.status, await response.json()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    behind = Behind()
    app = create_app(
        inbox_age=behind.inbox_age,
        last_contact=lambda: behind.contact,
        sender_failing=lambda: behind.failing,
        accept=behind.accept,
        secret=SECRET,
        silence=180,
    )
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as client:
        yield Site(behind, f"http://127.0.0.1:{port}", client)
    server.should_exit = True
    await task


async def test_an_update_is_stored_and_then_acknowledged(site: Site) -> None:
    body = json.dumps({"update_id": 1, "message": {"text": "ä"}}).encode()
    assert await site.post(body) == 200
    assert await site.post(body, kind="application/json; charset=utf-8") == 200
    assert site.behind.updates == [{"update_id": 1, "message": {"text": "ä"}}] * 2


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "ä"])
async def test_without_the_secret_nothing_comes_in(site: Site, secret: str | None) -> None:
    assert await site.post(b'{"update_id": 1}', secret) == 403
    assert site.behind.updates == []


async def test_what_is_no_update_is_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    assert await site.post(b'{"private words": ') == 400
    assert await site.post(b"[]") == 400
    assert await site.post(b"\xff") == 400
    assert await site.post(b"[" * 100_000) == 400
    assert await site.post(b"{}", kind="text/plain") == 415
    assert site.behind.updates == []
    assert "private words" not in caplog.text
    assert "no JSON object" in caplog.text


async def test_what_is_too_large_is_refused_announced_or_not(site: Site) -> None:
    assert await site.post(b"x" * (MAX_BODY + 1)) == 413

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    headers = {"Content-Type": "application/json", SECRET_HEADER: SECRET}
    try:
        async with site.client.post(site.url + WEBHOOK_PATH, data=parts(), headers=headers) as response:
            assert response.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the server may hang up before everything is sent
    assert site.behind.updates == []


async def test_a_full_inbox_and_a_broken_database_ask_to_come_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.behind.later = 7.0
    assert await site.post(b'{"update_id": 1}') == 503
    assert site.headers["Retry-After"] == "7"
    site.behind.broken = True
    assert await site.post(b'{"update_id": 1}') == 503
    assert site.headers["Retry-After"] == "5"
    assert "SQLITE_FULL" in caplog.text


async def test_health(site: Site) -> None:
    assert await site.health() == (
        200,
        {
            "healthy": True,
            "database": True,
            "inbox_age_seconds": 0.0,
            "telegram_seconds": 1.0,
            "sender_failing_seconds": 0.0,
        },
    )
    site.behind.age = 400.0
    assert (await site.health())[0] == 503
    site.behind.age = 0.0
    site.behind.contact = 200.0
    assert (await site.health())[0] == 503
    site.behind.contact = None
    assert (await site.health())[0] == 503
    site.behind.contact = 1.0
    site.behind.failing = 59.9
    assert (await site.health())[0] == 200
    site.behind.failing = 61.0
    status, found = await site.health()
    assert (status, found["sender_failing_seconds"]) == (503, 61.0)
    site.behind.failing = 0.0
    assert (await site.health())[0] == 200
    site.behind.broken = True
    status, found = await site.health()
    assert (status, found["database"], found["inbox_age_seconds"]) == (503, False, None)


async def test_there_is_no_webhook_unless_asked_for() -> None:
    behind = Behind()
    app = create_app(inbox_age=behind.inbox_age, last_contact=lambda: None, sender_failing=float)
    assert [getattr(route, "path", "") for route in app.routes] == ["/healthz"]
    with pytest.raises(ValueError, match="secret"):
        create_app(
            inbox_age=behind.inbox_age, last_contact=lambda: None, sender_failing=float, accept=behind.accept
        )
