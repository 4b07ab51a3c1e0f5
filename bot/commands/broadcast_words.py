"""The words of ``lotse broadcast``, apart from what they do: every command reads them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.domain.minutes import YEARS


def add_parser(commands: Any, run: Callable[..., object]) -> None:
    """The words of the command line: ``commands`` are argparse's subparsers of ``lotse``."""
    parser = commands.add_parser("broadcast", help="announcements: from a file, and what became of them")
    verbs = parser.add_subparsers(required=True, metavar="ACT", dest="verb")
    new = verbs.add_parser("new", help="make a draft from a YAML file (see docs/broadcasts.md)")
    new.add_argument("file", type=Path)
    new.add_argument("--at", type=_moment, help="when it goes out, ISO 8601; wins over the file")
    new.add_argument("--release", action="store_true", help="approve it too")
    helps = {
        "list": "all announcements, the newest first",
        "show": "one, with its files and the account of its recipients",
        "pause": "stop for the moment",
        "resume": "go on with what was paused",
        "cancel": "send nothing more of it",
        "withdraw": "take back what was sent",
    }
    for verb, words in helps.items():
        one = verbs.add_parser(verb, help=words)
        if verb != "list":
            one.add_argument("id", type=int, metavar="ID")
    for one in verbs.choices.values():
        one.add_argument("--json", action="store_true", help="answer as JSON")
        one.add_argument("--as", type=int, dest="staff", metavar="STAFF_ID", help="who does this")
    parser.set_defaults(run=run)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError("write a time such as 2026-12-01T10:00") from None
    if moment.year not in YEARS:
        raise argparse.ArgumentTypeError(f"{moment.year} cannot be right; check the year")
    return moment
