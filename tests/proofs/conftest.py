"""A database with the starter content, made once and copied for each proof."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import open_store
from bot.settings import load
from tests.proofs.running import BotProcess


async def _prepare(path: Path) -> None:
    store = await open_store(load(env_file=None, database_url=f"sqlite:///{path}"))
    await store.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the starter content; copy it."""
    path = tmp_path_factory.mktemp("prepared") / "lotse.sqlite"
    asyncio.run(_prepare(path))
    return path


@pytest.fixture
def folder(tmp_path: Path, prepared: Path) -> Path:
    """A folder of its own with a copy of the prepared database."""
    shutil.copy(prepared, tmp_path / "lotse.sqlite")
    return tmp_path


@pytest.fixture
def processes() -> Iterator[list[BotProcess]]:
    """Put a bot in, and it is gone after the test, whatever happens."""
    started: list[BotProcess] = []
    yield started
    for process in started:
        process.kill()
