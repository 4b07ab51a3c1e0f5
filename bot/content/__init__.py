"""Where the content that Lotse brings along lies. It is imported like anybody's content."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__name__)))
SCHEMA = FOLDER / "schema.json"
"""JSON schema of an import file."""
DEMO = FOLDER / "demo.yaml"
"""Invented examples with times counted from today; for trying out only."""


def starter_content() -> tuple[Path, ...]:
    """The files to import into an empty database: all but the demo's."""
    records = (path for path in FOLDER.glob("*.yaml") if path != DEMO)
    beside = (path for name in ("translations", "examples") for path in (FOLDER / name).glob("*.yaml"))
    return (*sorted(records), *sorted(beside))


def demo_content() -> tuple[Path, ...]:
    """The starter content with the demo's examples."""
    return (*starter_content(), DEMO)
