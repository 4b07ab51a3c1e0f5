"""What is kept of a message that a member of staff pastes, forwards or uploads for an announcement.

Only :mod:`bot.telegram.incoming` calls this, and only for authors: of nobody else is a file kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.markup import FORMATTING

_MAX_ENTITIES = 200
_MAX_URL = 2_048
_MAX_LANGUAGE = 32
_MAX_FILE_ID = 512
_MAX_DATE = 2**40


def authored(message: Mapping[str, Any], attachment: str | None) -> dict[str, Any]:
    """The formatting of an author's text, the handle of the photo or document above it, and when it came:
    Telegram's apps cut a text that is too long into several messages of the same second, none of
    them edited."""
    kept: dict[str, Any] = {}
    if "edit_date" not in message and isinstance(date := message.get("date"), int) and 0 < date < _MAX_DATE:
        kept["written"] = date
    entities = message.get("entities" if message.get("text") is not None else "caption_entities")
    if isinstance(entities, list) and (found := [one for each in entities if (one := _entity(each))]):
        kept["entities"] = found[:_MAX_ENTITIES]
    if attachment in ("photo", "document") and (handle := _handle(message.get(attachment))) is not None:
        kept["file"] = {"kind": attachment, "id": handle}
    return kept


def _entity(entity: object) -> dict[str, Any] | None:
    """What matters of one entity, or None for one that leaves no trace in a text, or makes no sense."""
    kind = entity.get("type") if isinstance(entity, Mapping) else None
    if not isinstance(entity, Mapping) or not isinstance(kind, str) or kind not in FORMATTING:
        return None
    offset, length = entity.get("offset"), entity.get("length")
    if not isinstance(offset, int) or not isinstance(length, int):
        return None
    kept = {"type": kind, "offset": offset, "length": length}
    for key, most in (("url", _MAX_URL), ("language", _MAX_LANGUAGE)):
        value = entity.get(key)
        if isinstance(value, str) and len(value) <= most and value.isprintable():
            kept[key] = value
    return kept


def _handle(file: object) -> str | None:
    """The file id of a document, or of the largest size of a photo."""
    if isinstance(file, list):
        sizes = [size for size in file if isinstance(size, Mapping)]
        file = max(sizes, key=_area, default=None)
    handle = file.get("file_id") if isinstance(file, Mapping) else None
    fine = isinstance(handle, str) and 0 < len(handle) <= _MAX_FILE_ID and handle.isprintable()
    return handle if fine else None


def _area(size: Mapping[str, Any]) -> int:
    width, height = size.get("width"), size.get("height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0
