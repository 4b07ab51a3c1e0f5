"""Texts that exist in several languages, and the honest way to show one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.locales import Locale

INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text of a record may hold: control characters, without tab and line feed, and halves of
surrogate pairs."""
DIRECTIONS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""For ``str.translate``: drops what ends an isolate or overrides it. It comes along when people paste."""


def clean(text: str) -> str:
    """Without what is :data:`INVISIBLE`; halves of a surrogate pair that belong together become one."""
    if text.isascii() and text.isprintable():
        return text
    return INVISIBLE.sub("", _whole(text))


def blanked(text: str) -> str:
    """The same with a space in the place of each: whatever counts places in the text stays right."""
    return INVISIBLE.sub(" ", _whole(text))


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_shown(text: str) -> str:
    """The same for what is sent: without marks that turn the direction of what follows, too."""
    return clean(text).translate(DIRECTIONS)


class State(StrEnum):
    """How far a language version can be trusted."""

    HUMAN = "human"
    """Written or confirmed by a person."""
    MACHINE = "machine"
    """Translated automatically; shown with a mark until a person confirms it."""
    OUTDATED = "outdated"
    """The source has changed since; shown with a mark."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A text in one language."""

    text: str
    state: State = State.HUMAN


@dataclass(frozen=True, slots=True)
class Localized:
    """What :meth:`LocalizedText.localize` found: the text and the truth about it."""

    text: str
    locale: str
    state: State
    exact: bool
    """Whether it is in the language that the reader asked for."""


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """One text in any number of languages, keyed by locale code."""

    renditions: Mapping[str, Rendition] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.renditions)

    def localize(self, locale: Locale) -> Localized | None:
        """The best version for a reader, with the language it is in; None if there is none at all."""
        for code in (*locale.chain, *self.renditions):
            found = self.renditions.get(code)
            if found is not None:
                return Localized(found.text, code, found.state, exact=code == locale.code)
        return None

    def texts(self) -> Iterable[tuple[str, str]]:
        """Every language version as (locale code, text)."""
        return ((code, rendition.text) for code, rendition in self.renditions.items())

    @classmethod
    def of(cls, **texts: str) -> LocalizedText:
        """A text written by people: ``LocalizedText.of(de="Hallo", en="Hello")``."""
        return cls({code.replace("_", "-"): Rendition(text) for code, text in texts.items()})
