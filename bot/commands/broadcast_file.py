"""An announcement as a YAML file: what stands in it, or every mistake with its line.

The format is described in ``docs/broadcasts.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.domain.broadcast import (
    NOBODY,
    USUAL,
    Audience,
    Body,
    Cap,
    Group,
    LinkButton,
    Media,
    Missing,
    Options,
    Unknown,
)
from bot.domain.locales import LOCALES, find
from bot.domain.markup import BadMarkup, Problem, from_html
from bot.domain.minutes import YEARS
from bot.domain.news import ALL, Topic
from bot.domain.places import Gazetteer
from bot.domain.text import State
from bot.services.import_source import Document, Finding, read_documents
from bot.services.office import MOST_BUTTONS, faults
from bot.services.scheduling import NOTICE_WINDOW
from bot.services.subscribing import is_area

_KEYS = {
    (): ("texts", "machine", "format", "audience", "media", "buttons", "card", "policy", "at", "expires"),
    ("audience",): ("topics", "areas", "locales", "groups", "event", "not_within"),
    ("policy",): ("urgent", "unknown", "missing", "cap", "holidays", "first", "window"),
    ("media",): tuple(Media),
}
_FORMATS = ("html", "plain")
_HOLIDAYS = ("send", "move", "skip")
_MOST_HOURS = 24 * 7
_MOST_MINUTES = 7 * 24 * 60
_MOST_FIRST = 1_000_000
Where = tuple[str | int, ...]
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a file says. Times without a zone are those of the towns' clocks."""

    bodies: tuple[Body, ...] = ()
    audience: Audience = NOBODY
    options: Options = USUAL
    at: datetime | None = None
    expires: datetime | None = None


def read(
    path: Path,
    *,
    gazetteer: Gazetteer,
    events: Collection[str],
    isolate: Callable[[str], str],
    zone: ZoneInfo,
    now: datetime,
    at: datetime | None = None,
) -> tuple[Written, list[Finding]]:
    """A file, and what is wrong with it: nothing of it is to be used unless that is empty.

    ``events`` are the ids of the events there are; ``isolate`` is that of an Office; ``at`` is when it goes
    out, whatever the file says.
    """
    (document,) = read_documents([path])
    if document.findings:
        return Written(), document.findings
    reader = _Reader(document, gazetteer, events, isolate)
    written = reader.written(planned=at is not None)
    begins = at or written.at or now
    if written.expires is not None and zoned(written.expires, zone) <= zoned(begins, zone):
        document.report(("expires",), "this is before it is sent: nobody could read it in /news")
    return written, sorted(document.findings)


def zoned(moment: datetime, zone: ZoneInfo) -> datetime:
    """A time of a file, which without a zone is one of the towns' clocks, in UTC."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


class _Reader:
    """Takes a document apart, noting what is wrong at its place."""

    def __init__(
        self,
        document: Document,
        gazetteer: Gazetteer,
        events: Collection[str],
        isolate: Callable[[str], str],
    ) -> None:
        self._document = document
        self._gazetteer = gazetteer
        self._events = events
        self._isolate = isolate

    def written(self, *, planned: bool) -> Written:
        """``planned``: it goes out at a time, whether the file names one or not."""
        data = self._document.data
        if not isinstance(data, dict):
            self._report((), "write keys and values: texts, audience, …")
            return Written()
        self._known((), data)
        return Written(
            bodies=tuple(self._bodies(data)),
            audience=self._audience(self._mapping(("audience",), data)),
            options=self._options(
                self._mapping(("policy",), data), planned=planned or data.get("at") is not None
            ),
            at=self._moment(("at",), data.get("at")),
            expires=self._moment(("expires",), data.get("expires")),
        )

    def _report(self, where: Where, message: str) -> None:
        self._document.report(where, message)

    def _known(self, where: Where, data: dict[str, Any]) -> None:
        allowed = _KEYS[where]  # type: ignore[index]
        for key in data:
            if key not in allowed:
                self._report((*where, key), f"unknown; there are: {', '.join(allowed)}")

    def _mapping(self, where: tuple[str, ...], data: dict[str, Any]) -> dict[str, Any]:
        found = data.get(where[-1])
        if found is None:
            return {}
        if not isinstance(found, dict):
            self._report(where, f"write keys and values: {', '.join(_KEYS[where])}")
            return {}
        self._known(where, found)
        return found

    # Texts ------------------------------------------------------------------------------------

    def _bodies(self, data: dict[str, Any]) -> Iterable[Body]:
        texts = data.get("texts")
        if not isinstance(texts, dict) or not texts:
            self._report(("texts",) if "texts" in data else (), "write the text of at least one language")
            return
        plain = self._one_of(("format",), data.get("format", "html"), _FORMATS) == "plain"
        media, file_id = self._media(self._mapping(("media",), data))
        card = self._event(("card",), data.get("card"))
        machine = self._list(("machine",), data.get("machine"))
        for number, code in enumerate(machine):
            if code not in texts:
                self._report(("machine", number), "name languages that have a text")
        for code, text in texts.items():
            where = ("texts", code)
            locale = find(code)
            if locale is None or locale.code != code:
                self._report(where, f"unknown language; there are: {', '.join(one.code for one in LOCALES)}")
                continue
            if not isinstance(text, str):
                self._report(where, "write a text")
                continue
            try:
                html = escape(text.strip(), quote=False) if plain else from_html(text)
            except BadMarkup as bad:
                self._report(where, _words(bad.problem))
                continue
            body = Body(
                locale=code,
                html=html,
                state=State.MACHINE if code in machine else State.HUMAN,
                media=media,
                file_id=file_id,
                buttons=self._buttons(data.get("buttons"), code),
                event_id=card,
            )
            for problem in faults(replace(body, buttons=()), self._isolate):
                self._report(where, _words(problem))
            yield body

    def _media(self, data: dict[str, Any]) -> tuple[Media | None, str | None]:
        if not data:
            return None, None
        if len(data) > 1:
            self._report(("media",), "one message has one photo or one document")
            return None, None
        ((kind, file_id),) = data.items()
        if kind not in set(Media):
            return None, None  # noted as an unknown key
        if not isinstance(file_id, str) or not file_id.strip():
            self._report(("media", kind), "write the file id that Telegram gave the file")
            return None, None
        return Media(kind), file_id.strip()

    def _buttons(self, data: Any, code: str) -> tuple[LinkButton, ...]:
        if data is None:
            return ()
        if not isinstance(data, list):
            self._report(("buttons",), "write a list of label and url")
            return ()
        if len(data) > MOST_BUTTONS:
            self._report(("buttons",), f"write {MOST_BUTTONS} at most")
        found = []
        for number, entry in enumerate(data):
            where = ("buttons", number)
            if not isinstance(entry, dict) or set(entry) != {"label", "url"}:
                self._report(where, "write label and url, nothing else")
                continue
            label, url = entry["label"], entry["url"]
            if isinstance(label, dict):
                for name in label:
                    if find(name) is None:
                        self._report((*where, "label", name), "unknown language")
                label = label.get(code)
            if not isinstance(label, str) or not isinstance(url, str):
                self._report((*where, "label"), f"there is none for the text in {code}")
                continue
            button = LinkButton(label=label, url=url)
            for problem in faults(Body(locale=code, html="-", buttons=(button,)), self._isolate):
                self._report((*where, "url" if problem.what == url else "label"), _words(problem))
            found.append(button)
        return tuple(found)

    # For whom, and how ------------------------------------------------------------------------

    def _audience(self, data: dict[str, Any]) -> Audience:
        areas = self._list(("audience", "areas"), data.get("areas"))
        for number, area in enumerate(areas):
            if not is_area(area, self._gazetteer):
                self._report(
                    ("audience", "areas", number),
                    f"write {ALL}, district:ID or town:ID; this is none of them",
                )
        locales = self._list(("audience", "locales"), data.get("locales"))
        known = {one.code for one in LOCALES}
        for number, code in enumerate(locales):
            if code not in known:
                self._report(("audience", "locales", number), "unknown language")
        return Audience(
            topics=self._set(("audience", "topics"), data.get("topics"), Topic),
            areas=frozenset(areas),
            locales=frozenset(locales),
            groups=self._set(("audience", "groups"), data.get("groups"), Group),
            event=self._event(("audience", "event"), data.get("event")),
            not_within=self._number(("audience", "not_within"), data.get("not_within", 0), _MOST_HOURS),
        )

    def _options(self, data: dict[str, Any], *, planned: bool) -> Options:
        urgent = data.get("urgent", False)
        if not isinstance(urgent, bool):
            self._report(("policy", "urgent"), "write true or false")
        usual = NOTICE_WINDOW if planned else USUAL.window
        holidays = self._one_of(("policy", "holidays"), data.get("holidays", "send"), _HOLIDAYS)
        return Options(
            urgent=urgent is True,
            unknown=self._choice(("policy", "unknown"), data.get("unknown"), USUAL.unknown, Unknown),
            missing=self._choice(("policy", "missing"), data.get("missing"), USUAL.missing, Missing),
            cap=self._choice(("policy", "cap"), data.get("cap"), USUAL.cap, Cap),
            first=self._number(("policy", "first"), data.get("first", 0), _MOST_FIRST),
            window=self._number(("policy", "window"), data.get("window", usual), _MOST_MINUTES),
            skip_holidays=holidays == "skip",
            move_holidays=holidays == "move",
        )

    def _event(self, where: Where, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or value not in self._events:
            self._report(where, "there is no event with this id")
            return ""
        return value

    # Values -----------------------------------------------------------------------------------

    def _list(self, where: Where, value: Any) -> list[str]:
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._report(where, "write a list, such as [a, b]")
            return []
        return value

    def _set(self, where: Where, value: Any, kind: type[E]) -> frozenset[E]:
        found = []
        for number, one in enumerate(self._list(where, value)):
            if self._one_of((*where, number), one, [*kind]):
                found.append(kind(one))
        return frozenset(found)

    def _choice(self, where: Where, value: Any, usual: E, kind: type[E]) -> E:
        if value is None or not self._one_of(where, value, [*kind]):
            return usual
        return kind(value)

    def _one_of(self, where: Where, value: Any, allowed: Collection[str]) -> str:
        if not isinstance(value, str) or value not in allowed:
            self._report(where, f"write one of: {', '.join(allowed)}")
            return ""
        return value

    def _number(self, where: Where, value: Any, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            self._report(where, f"write a number from 0 to {most}")
            return 0
        return value

    def _moment(self, where: Where, value: Any) -> datetime | None:
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            self._report(where, "write a date and time, such as 2026-12-01T10:00")
            return None
        if moment.year not in YEARS:
            self._report(where, f"{moment.year} cannot be right; check the year")
            return None
        return moment


def _words(problem: Problem) -> str:
    """What is wrong, for who writes files."""
    words = problem.fault.value.replace("_", " ")
    over = f" by {problem.over} characters" if problem.over else ""
    return f"{words}{over}: {problem.what}" if problem.what else f"{words}{over}"
