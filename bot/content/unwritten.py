"""How the bot says that it cannot write a language yet: reads ``conversation/unwritten.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "conversation" / "unwritten.yaml"


def load_unwritten() -> Mapping[str, str]:
    """A sentence for each such language, with ``{language}`` for the one that is written instead."""
    found: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
