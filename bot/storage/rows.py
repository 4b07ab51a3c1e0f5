"""What the queries return where the domain has no word of its own for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.domain.directory import Kind


class StoredRecord(NamedTuple):
    """A record as it lies in the database, for importing and exporting.

    ``imported`` is the body as the last import gave it, the base of a three-way comparison: where
    ``body`` differs from it, somebody edited the record elsewhere. None: it was never imported.
    ``shipped`` is the same for the content that comes with the program: what an own file changes of it is
    an edit, and it is none of what an own file gave.
    """

    body: dict[str, Any]
    imported: dict[str, Any] | None
    shipped: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OutdatedReports:
    """How often people pressed "outdated?" on a record, and on which day last."""

    kind: Kind
    id: str
    count: int
    last_on: date


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update that was acknowledged and not yet answered. ``lane`` is its chat, or 0."""

    update_id: int
    lane: int
    payload: str
    received_at: datetime
