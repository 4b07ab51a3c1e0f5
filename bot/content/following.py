"""The words by which a message goes on with the one before: reads ``conversation/following.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.content.reading import read_yaml
from bot.understanding.following import GROUPS, Following

_FILE = Path(__file__).parent / "conversation" / "following.yaml"


def load_following() -> Following:
    """The words of all languages; ValueError names what is wrong in the file."""
    return parse_following(read_yaml(_FILE))


def parse_following(document: Mapping[str, Mapping[str, object]]) -> Following:
    """From the file's content: for each language lists of patterns, by group."""
    found = []
    for language, groups in document.items():
        lists: dict[str, list[str]] = {}
        for group in GROUPS:
            listed = groups.get(group)
            if not isinstance(listed, list) or not all(isinstance(pattern, str) for pattern in listed):
                raise ValueError(f"{language}: {group} must be a list of words; put doubtful ones in quotes")
            lists[group] = listed
        found.append(lists)
    return Following(found)
