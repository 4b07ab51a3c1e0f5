"""How the bot says that it cannot write a language yet: reads ``conversation/unwritten.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.content.reading import read_yaml
from bot.domain.locales import Unwritten

_FILE = Path(__file__).parent / "conversation" / "unwritten.yaml"


def load_unwritten() -> Mapping[str, Unwritten]:
    """The sentences in each such language."""
    return {language: Unwritten(**said) for language, said in read_yaml(_FILE).items()}
