"""What a button does, as typed values that fit into Telegram's 64 bytes of callback data.

An action holds ids, never words, so that it survives restarts and imports; everything a screen
needs to be drawn again, and the screen behind its back button, is in the action itself.
Unknown or damaged data unpacks to None, and the guide answers with the menu.
"""

from __future__ import annotations

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


def register(code: str) -> _Register:
    """Class decorator: give an action its short code, unique for ever (old buttons carry it)."""
    return _Register(code)


@dataclass(frozen=True, slots=True)
class _Register:
    code: str

    def __call__(self, cls: A) -> A:
        if self.code in _REGISTRY:
            raise ValueError(f"two actions use the code {self.code!r}")
        cls.CODE = self.code
        cls.FIELDS = tuple((field.name, field.default) for field in fields(cls))
        _REGISTRY[self.code] = cls
        return cls


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


@register("m")
@dataclass(frozen=True, slots=True)
class ShowMenu(Action):
    """The main menu."""


@register("l")
@dataclass(frozen=True, slots=True)
class ShowLanguages(Action):
    """The language picker."""


@register("L")
@dataclass(frozen=True, slots=True)
class ChooseLanguage(Action):
    """Speak this language from now on."""

    locale: str
    then: str = ""
    """A start payload to follow once the language is chosen."""


@register("c")
@dataclass(frozen=True, slots=True)
class ShowTopics(Action):
    """The counselling topics."""


@register("t")
@dataclass(frozen=True, slots=True)
class ChooseTown(Action):
    """Ask for the town, for a counselling topic (``what`` = ``c``), organisations or events."""

    what: str
    topic: str = ""
    page: int = 0


@register("o")
@dataclass(frozen=True, slots=True)
class ListOffers(Action):
    """Counselling offers for a topic, nearest to a town first (``*``: no town)."""

    topic: str
    town: str = ""
    page: int = 0
    age: str = ""
    """``y`` under 27, ``o`` 27 and over, empty: not asked."""


@register("r")
@dataclass(frozen=True, slots=True)
class OpenRecord(Action):
    """One record's card. The rest leads back to the list it was opened from.

    ``topic`` and ``town`` are the first two fields of that list's action, ``page`` and ``age`` as there.
    """

    kind: str
    id: str
    topic: str = ""
    town: str = ""
    page: int = 0
    age: str = ""


@register("v")
@dataclass(frozen=True, slots=True)
class ShowVenue(Action):
    """A map pin for one of a record's places."""

    kind: str
    id: str
    place: int = 0


@register("x")
@dataclass(frozen=True, slots=True)
class ReportOutdated(Action):
    """ "Is this outdated?" pressed on a card."""

    kind: str
    id: str


@register("g")
@dataclass(frozen=True, slots=True)
class ShowOrganisations(Action):
    """How to look for organisations."""


@register("G")
@dataclass(frozen=True, slots=True)
class ListOrganisations(Action):
    """Organisations by town, language, topic, or all; ``by`` is ``town``, ``lang``, ``topic`` or ``all``."""

    by: str
    value: str = ""
    page: int = 0


@register("p")
@dataclass(frozen=True, slots=True)
class PickOrganisations(Action):
    """The values to choose from: the languages, or the topics, that organisations have."""

    by: str
    page: int = 0


@register("n")
@dataclass(frozen=True, slots=True)
class AskLocation(Action):
    """ "Near me": ask for a location once."""

    what: str


@register("e")
@dataclass(frozen=True, slots=True)
class ShowEvents(Action):
    """Events: ``when`` is ``today``, ``week``, ``weekend`` or ``all``."""

    when: str = "all"
    town: str = ""
    language: str = ""
    page: int = 0


@register("E")
@dataclass(frozen=True, slots=True)
class OpenEvent(Action):
    """One occurrence of an event; ``at`` is its start in minutes since 1970, UTC.

    The rest leads back to the list it was opened from, as in :class:`ShowEvents`.
    """

    id: str
    at: int = 0
    when: str = ""
    town: str = ""
    language: str = ""
    page: int = 0


@register("s")
@dataclass(frozen=True, slots=True)
class SaveEvent(Action):
    """Save an occurrence and be reminded."""

    id: str
    at: int


@register("u")
@dataclass(frozen=True, slots=True)
class UnsaveEvent(Action):
    """Forget a saved occurrence and its reminders."""

    id: str
    at: int


@register("i")
@dataclass(frozen=True, slots=True)
class SendCalendar(Action):
    """An .ics file of an event."""

    id: str
    at: int = 0


@register("S")
@dataclass(frozen=True, slots=True)
class ShowSaved(Action):
    """The events a person has saved."""


@register("a")
@dataclass(frozen=True, slots=True)
class ShowAbout(Action):
    """About the network."""


@register("A")
@dataclass(frozen=True, slots=True)
class ListArticles(Action):
    """The articles of a section, or the campaigns."""

    section: str
    page: int = 0


@register("d")
@dataclass(frozen=True, slots=True)
class CampaignDistrict(Action):
    """A campaign's status in one district."""

    id: str
    district: str = ""


@register("h")
@dataclass(frozen=True, slots=True)
class HideHint(Action):
    """How to delete this chat."""

    language: str


@register("O")
@dataclass(frozen=True, slots=True)
class ShowStale(Action):
    """For the office: the entries that need a look."""

    page: int = 0


@register("P")
@dataclass(frozen=True, slots=True)
class ShowPrivacy(Action):
    """The privacy page, imprint, data and help: ``page`` is ``privacy``, ``imprint`` or ``help``."""

    page: str = "privacy"


@register("F")
@dataclass(frozen=True, slots=True)
class Forget(Action):
    """Erase everything about this chat."""


@register("D")
@dataclass(frozen=True, slots=True)
class SendMyData(Action):
    """What is stored about this chat, as a file."""
