"""A running sandbox and a client that shows the raw answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Person, Sandbox


@dataclass(frozen=True)
class Answer:
    """One HTTP answer of the API."""

    status: int
    body: Any
    headers: Any

    @property
    def result(self) -> Any:
        assert self.body["ok"] is True, self.body
        return self.body["result"]

    @property
    def error(self) -> str:
        assert self.body["ok"] is False, self.body
        assert self.body["error_code"] == self.status
        return str(self.body["description"])


class Client:
    """Calls the Bot API with JSON and nothing in between."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def __call__(self, method: str, **params: Any) -> Answer:
        url = f"{self.sandbox.api_url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(url, json=params) as response:
            return Answer(response.status, await response.json(content_type=None), response.headers)

    async def upload(self, method: str, form: aiohttp.FormData) -> Answer:
        url = f"{self.sandbox.api_url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(url, data=form) as response:
            return Answer(response.status, await response.json(), response.headers)


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(webhook_first_pause=0.02, webhook_longest_pause=0.05, now=clock) as running:
        yield running


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(sandbox, session)


@pytest.fixture
def amira(sandbox: Sandbox) -> Person:
    return sandbox.person("Amira", "ar", username="amira_hro", started=True)
