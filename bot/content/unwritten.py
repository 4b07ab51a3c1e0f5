"""How the bot says that it cannot write a language yet: reads ``conversation/unwritten.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.domain.locales import Unwritten

_FILE = Path(__file__).parent / "conversation" / "unwritten.yaml"


def load_unwritten() -> Mapping[str, Unwritten]:
    """The sentences in each such language."""
    found = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {language: Unwritten(**said) for language, said in found.items()}
