"""A folder with a copy of the starter content for each proof, and the end of what it started."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs.running import BotProcess


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
