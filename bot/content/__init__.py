"""Where the content that Lotse brings along lies. It is imported like anybody's content."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__name__)))
SCHEMA = FOLDER / "schema.json"
"""JSON schema of an import file."""


def starter_content() -> tuple[Path, ...]:
    """The files to import into an empty database: the records, then their translations.

    The demo's invented events are among them; an import leaves those out unless it is told
    otherwise (see :func:`bot.services.importing.plan_import`).
    """
    return (*sorted(FOLDER.glob("*.yaml")), *sorted((FOLDER / "translations").glob("*.yaml")))
