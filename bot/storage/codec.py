"""Records as plain JSON data, and back.

One walk over the dataclasses of :mod:`bot.domain.directory` serves the database, the import files
and their JSON schema, so that the three cannot drift apart. The data are compact: a field at its
default is left out, a text written by a person is just ``{"de": "Hallo"}``, any other version is
``{"ar": {"text": "…", "state": "machine"}}``; dates are ISO strings, as precise as the source.
"""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from bot.domain.directory import KINDS, AnyRecord, Kind, PartialDate
from bot.domain.locales import SOURCE
from bot.domain.text import INVISIBLE, LocalizedText, Rendition, State

Path = tuple[str | int, ...]
"""Where in a record: field names and positions in lists, counted from 0."""

_NEAR = 0.75
"""How alike two names of fields are, from 0 to 1, so that one is a typing error of the other."""

# ISO 8601 knows more spellings (weeks, days of the year) than people do.
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in plain words, and the field it stands in."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{spell(self.path)}: {self.message}" if self.path else self.message


class CodecError(ValueError):
    """Data that are no record of their kind. ``problems`` holds everything that is wrong."""

    def __init__(self, kind: Kind, problems: Iterable[Problem]) -> None:
        self.kind = kind
        self.problems = tuple(problems)
        super().__init__(f"{kind}: " + "; ".join(map(str, self.problems)))


def spell(path: Path) -> str:
    """A path as people write it: ``places[1].town`` is the town of the first place."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def field_types(cls: type) -> Mapping[str, tuple[Field[Any], Any]]:
    """The fields of a dataclass with their resolved types, in the order of declaration."""
    return _field_types(cls)


@functools.cache
def _field_types(cls: Any) -> Mapping[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(cls)
    return {f.name: (f, hints[f.name]) for f in fields(cls)}


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def is_required(item: Field[Any]) -> bool:
    """Whether every record has to name the field."""
    return _default(item) is MISSING


@functools.cache
def _optional(tp: Any) -> Any | None:
    """``X`` for ``X | None``, else None."""
    if get_origin(tp) not in {Union, types.UnionType}:
        return None
    (inner,) = (arg for arg in get_args(tp) if arg is not types.NoneType)
    return inner


# Writing ------------------------------------------------------------------------------------------


def encode(record: AnyRecord) -> dict[str, Any]:
    """The record as JSON data; its kind is not part of it."""
    return _encode_fields(record)


def _encode_fields(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (item, _) in field_types(value.__class__).items():
        content = getattr(value, name)
        if content != _default(item):
            found[name] = _encode(content)
    return found


def _encode(value: Any) -> Any:
    if isinstance(value, LocalizedText):
        return {code: _encode_rendition(text) for code, text in value.renditions.items()}
    if isinstance(value, PartialDate):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    return _encode_fields(value) if is_dataclass(value) else value


def _encode_rendition(rendition: Rendition) -> str | dict[str, str]:
    if rendition.state is State.HUMAN:
        return rendition.text
    return {"text": rendition.text, "state": rendition.state.value}


# Reading ------------------------------------------------------------------------------------------


def decode(kind: Kind, body: Mapping[str, Any]) -> AnyRecord:
    """The record that :func:`encode` made the data from; :class:`CodecError` names bad fields."""
    record, problems = inspect(kind, body)
    if problems:
        raise CodecError(kind, problems)
    return record


def inspect(kind: Kind, body: Any) -> tuple[AnyRecord, tuple[Problem, ...]]:
    """The record as far as it can be read, and all problems.

    Fields that could not be read hold a stand-in, so that the rest can be checked further; with
    any problem at all the record is good for nothing else.
    """
    reader = _Reader()
    record: AnyRecord = reader.read_fields(KINDS[kind], body, ())
    return record, tuple(reader.problems)


def _shorten(value: Any) -> str:
    words = {True: "true", False: "false", None: "nothing"}.get(value) if _is_constant(value) else None
    text = words or repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _is_constant(value: Any) -> bool:
    return value is None or isinstance(value, bool)


class _Reader:
    """Reads by type, and goes on after a problem. Every ``_read_…`` returns a value of its type."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def _wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(path, message))

    def read(self, tp: Any, value: Any, path: Path) -> Any:
        inner = _optional(tp)
        if inner is not None:
            return None if value is None else self.read(inner, value, path)
        origin, args = get_origin(tp), get_args(tp)
        if origin is tuple:
            return self._read_list(args[0], value, path)
        if origin is Mapping:
            return self._read_mapping(args[1], value, path)
        if tp in self._SCALARS:
            return self._SCALARS[tp](self, value, path)
        if issubclass(tp, StrEnum):
            return self._read_choice(tp, value, path)
        return self.read_fields(tp, value, path)

    def read_fields(self, cls: type, value: Any, path: Path) -> Any:
        known = field_types(cls)
        given: Mapping[Any, Any] = {}
        if isinstance(value, Mapping):
            given = value
        else:
            self._wrong(path, f"{_shorten(value)} stands where the fields {_list(known)} should be")
        for name in given:
            if name not in known:
                near = get_close_matches(str(name), known, 1, _NEAR)
                advice = f"did you mean {near[0]}?" if near else f"the fields are {_list(known)}"
                self._wrong((*path, str(name)), f"there is no such field; {advice}")
        found: dict[str, Any] = {}
        for name, (item, tp) in known.items():
            if name in given:
                if given[name] is None and _optional(tp) is None:
                    self._wrong((*path, name), "nothing stands here; write a value or take the line out")
                else:
                    found[name] = self.read(tp, given[name], (*path, name))
                    continue
            missing = is_required(item)
            if missing and name not in given and isinstance(value, Mapping):
                self._wrong((*path, name), "this field is missing")
            found[name] = _stand_in(tp) if missing else _default(item)
        return cls(**found)

    def _read_list(self, tp: Any, value: Any, path: Path) -> tuple[Any, ...]:
        if isinstance(value, list | tuple):
            return tuple(self.read(tp, item, (*path, index)) for index, item in enumerate(value))
        self._wrong(path, f"{_shorten(value)} is not a list; write [a, b] or one line with - for each")
        return ()

    def _read_mapping(self, tp: Any, value: Any, path: Path) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return {str(key): self.read(tp, item, (*path, str(key))) for key, item in value.items()}
        self._wrong(path, f"{_shorten(value)} stands where pairs of a key and a value should be")
        return {}

    def _read_choice(self, tp: type[StrEnum], value: Any, path: Path) -> StrEnum:
        try:
            return tp(value)
        except ValueError:
            self._wrong(path, f"{_shorten(value)} is none of {_list(choice.value for choice in tp)}")
            return next(iter(tp))

    def _read_text(self, value: Any, path: Path) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self._wrong(path, f"{_shorten(value)} is not a text; put it in quotes")
            return ""
        if INVISIBLE.search(value):
            self._wrong(path, "the text has an invisible control character; delete it and type it anew")
            return ""
        return value

    def _read_bool(self, value: Any, path: Path) -> bool:
        if isinstance(value, bool):
            return value
        self._wrong(path, f"{_shorten(value)} is neither true nor false; write one of the two")
        return False

    def _read_int(self, value: Any, path: Path) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(path, f"{_shorten(value)} is not a whole number")
        return 0

    def _read_float(self, value: Any, path: Path) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self._wrong(path, f"{_shorten(value)} is not a number; write it like 54.0887")
        return 0.0

    def _read_date(self, value: Any, path: Path) -> date:
        try:
            return date.fromisoformat(value if _DAY.fullmatch(value) else "")
        except (TypeError, ValueError):
            self._wrong(path, f"{_shorten(value)} is not a day; write it like 2026-12-31")
            return date(2000, 1, 1)

    def _read_datetime(self, value: Any, path: Path) -> datetime:
        try:
            moment = datetime.fromisoformat(value if _MOMENT.match(value) else "")
        except (TypeError, ValueError):
            self._wrong(path, f"{_shorten(value)} is not a day and time; write it like 2026-12-31 17:00")
            return datetime(2000, 1, 1)  # noqa: DTZ001 - wall-clock time of the town
        if moment.tzinfo is not None:
            self._wrong(path, f"{_shorten(value)} names a time zone; leave it out, local time is meant")
        return moment.replace(tzinfo=None)

    def _read_partial_date(self, value: Any, path: Path) -> PartialDate:
        try:
            return PartialDate.parse(str(value) if isinstance(value, str | int) else "")
        except ValueError:
            self._wrong(path, f"{_shorten(value)} is not a date; write 2023, 2023-06 or 2023-06-14")
            return PartialDate(2000)

    def _read_localized(self, value: Any, path: Path) -> LocalizedText:
        if isinstance(value, str):
            value = {SOURCE: value}
        if not isinstance(value, Mapping):
            self._wrong(path, f"{_shorten(value)} is not a text; write a text, or one for each language")
            return LocalizedText()
        found = {}
        for code, version in value.items():
            below = (*path, str(code))
            if isinstance(version, Mapping):
                found[str(code)] = self.read_fields(Rendition, version, below)
            else:
                found[str(code)] = Rendition(self._read_text(version, below))
        return LocalizedText(found)

    _SCALARS: ClassVar[dict[Any, Callable[[_Reader, Any, Path], Any]]] = {
        str: _read_text,
        bool: _read_bool,
        int: _read_int,
        float: _read_float,
        date: _read_date,
        datetime: _read_datetime,
        PartialDate: _read_partial_date,
        LocalizedText: _read_localized,
    }


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _stand_in(tp: Any) -> Any:
    """Some value of a required field's type, for a record that is refused anyway."""
    if tp is datetime:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - wall-clock time of the town
    return tp()


# Describing ---------------------------------------------------------------------------------------

_SCHEMAS: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    date: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    datetime: {
        "type": "string",
        "pattern": r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?|\+\d+d \d{2}:\d{2})$",
    },
    PartialDate: {
        "anyOf": [
            {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"},
            {"type": "integer", "minimum": 1000, "maximum": 9999},
        ]
    },
    LocalizedText: {"$ref": "#/$defs/LocalizedText"},
}


def definitions() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of every kind and its parts, by name, for ``$defs``."""
    found: dict[str, Any] = {}
    for cls in KINDS.values():
        _define(cls, found)
    found["LocalizedText"] = {
        "description": "A text in German, or one text for each language.",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": "string"}, _define(Rendition, found), {"type": "null"}]
                },
            },
        ],
    }
    return dict(sorted(found.items()))


def _define(cls: type, found: dict[str, Any]) -> dict[str, Any]:
    if cls.__name__ not in found:
        found[cls.__name__] = {}
        known = field_types(cls)
        found[cls.__name__] = {
            "type": "object",
            "description": (cls.__doc__ or "").partition("\n")[0],
            "properties": {
                name: _schema(tp, found) if is_required(item) else _or_nothing(tp, found)
                for name, (item, tp) in known.items()
            },
            "required": [name for name, (item, _) in known.items() if is_required(item)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _or_nothing(tp: Any, found: dict[str, Any]) -> dict[str, Any]:
    inner = _optional(tp)
    return {"anyOf": [_schema(tp if inner is None else inner, found), {"type": "null"}]}


def _schema(tp: Any, found: dict[str, Any]) -> dict[str, Any]:
    origin, args = get_origin(tp), get_args(tp)
    if origin is tuple:
        return {"type": "array", "items": _schema(args[0], found)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _or_nothing(args[1], found)}
    if tp in _SCHEMAS:
        return dict(_SCHEMAS[tp])
    if issubclass(tp, StrEnum):
        return {"enum": [choice.value for choice in tp]}
    return _define(tp, found)
