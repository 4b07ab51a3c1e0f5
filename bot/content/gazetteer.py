"""Loads the gazetteer of Mecklenburg-Vorpommern from ``places.json``, which lies beside this module."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from bot.domain.places import District, Gazetteer, Town


def _places() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("bot.content").joinpath("places.json").read_text("utf-8"))
    return document


@cache
def load_gazetteer() -> Gazetteer:
    """All districts, towns and the larger municipalities, read once per process.

    The file is written by ``scripts/extract_places.py``; sources and licences stand in it, under
    ``attribution``.
    """
    document = _places()
    return Gazetteer(
        districts=[
            District(
                **{
                    **row,
                    "abbreviations": tuple(row["abbreviations"]),
                    "alternates": tuple(row["alternates"]),
                }
            )
            for row in document["districts"]
        ],
        towns=[
            Town(
                **{**row, "postal_codes": tuple(row["postal_codes"]), "alternates": tuple(row["alternates"])}
            )
            for row in document["towns"]
        ],
    )
