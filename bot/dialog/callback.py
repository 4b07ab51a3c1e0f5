"""Typed values in Telegram's 64 bytes of callback data: how an action is packed and read again.

Unknown or damaged data unpacks to None, and the guide answers with the menu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

LIMIT = 64
"""Bytes of callback data that Telegram accepts (Bot API, InlineKeyboardButton)."""

_SEPARATOR = "|"
_MOST = 2**30
"""Numbers in buttons stay below this: in minutes since 1970 it is the year 4011."""
_REGISTRY: dict[str, type[Action]] = {}
A = TypeVar("A", bound="type[Action]")


@dataclass(frozen=True, slots=True)
class Action:
    """Base of all actions: fields are strings or integers, in order."""

    CODE: ClassVar[str]
    FIELDS: ClassVar[tuple[tuple[str, object], ...]]
    """Name and default of each field."""

    @property
    def fits(self) -> bool:
        """Whether :meth:`pack` succeeds."""
        try:
            self.pack()
        except ValueError:
            return False
        return True

    def pack(self) -> str:
        """Callback data; ValueError when it does not fit or a value contains the separator."""
        values = [getattr(self, name) for name, _ in self.FIELDS]
        # What is at its default at the end need not be said.
        while values and values[-1] == self.FIELDS[len(values) - 1][1]:
            values.pop()
        values = [str(value) for value in values]
        if any(_SEPARATOR in value for value in values):
            raise ValueError(f"a value of {self!r} contains {_SEPARATOR!r}")
        data = _SEPARATOR.join((self.CODE, *values))
        if len(data.encode()) > LIMIT:
            raise ValueError(f"{self!r} needs more than {LIMIT} bytes")
        return data


def register(code: str) -> Callable[[A], A]:
    """Class decorator: give an action its short code, unique for ever (old buttons carry it)."""

    def registered(cls: A) -> A:
        if code in _REGISTRY:
            raise ValueError(f"two actions use the code {code!r}")
        cls.CODE = code
        cls.FIELDS = tuple((field.name, field.default) for field in fields(cls))
        _REGISTRY[code] = cls
        return cls

    return registered


def unpack(data: str | None) -> Action | None:
    """The action behind callback data, or None where it is unknown, damaged or hostile."""
    if not data or len(data.encode(errors="replace")) > LIMIT:
        return None
    code, *values = data.split(_SEPARATOR)
    cls = _REGISTRY.get(code)
    if cls is None:
        return None
    wanted = fields(cls)
    if len(values) > len(wanted):
        return None
    try:
        typed = [
            _count(value) if field.type in ("int", int) else value
            for field, value in zip(wanted, values, strict=False)
        ]
        return cls(*typed)
    except (TypeError, ValueError):
        return None


def _count(value: str) -> int:
    """A page, a place or minutes since 1970; ValueError for what only a hostile button carries."""
    number = int(value)
    if not 0 <= number < _MOST:
        raise ValueError("out of range")
    return number
