"""One bot for all journeys: it starts once, and every test brings visitors of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest
import pytest_asyncio

from bot.commands import demo
from bot.services import shelf
from tests.journeys.visitor import House


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def _running() -> AsyncIterator[House]:
    # Nothing trains beside the tests.
    shelf._QUIET = shelf._LATEST = 1e9
    async with demo.running() as (sandbox, lotse):
        # What the bot does of its own accord is called by the tests, not by the clock.
        await asyncio.sleep(0.3)
        lotse.ticker.pause()
        yield House(sandbox, lotse)


@pytest_asyncio.fixture(loop_scope="package")
async def house(
    _running: House, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> AsyncIterator[House]:
    """The bot; afterwards nothing may have gone wrong that nobody noticed. For ``rough`` see House.rough."""
    rough = getattr(request, "param", "calm") == "rough"
    _running.sandbox.errors.clear()
    _running.sandbox.unknown_methods.clear()
    _running.sandbox.unknown_parameters.clear()
    caplog.set_level(logging.WARNING)
    with _running.rough() if rough else nullcontext():
        yield _running
        await _running.quiet()
    assert not _running.sandbox.unknown_methods
    assert not _running.sandbox.unknown_parameters
    expected = ["message is not modified", "Forbidden"]
    if rough:
        expected += ["Too Many Requests", "query is too old"]
    refused = {
        words: times
        for words, times in _running.sandbox.errors.items()
        if not any(part in words for part in expected)
    }
    assert not refused, f"the sandbox refused calls: {refused}"
    failures = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert not failures, failures
