"""From the data of import files to records: kinds, translations, demo times, and all findings."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.domain.directory import KINDS, AnyRecord, Key, Kind
from bot.domain.locales import SOURCE
from bot.domain.places import Gazetteer
from bot.domain.text import LocalizedText, State
from bot.services.import_checks import advise, examine, language_code, text_code
from bot.services.import_merge import by_key
from bot.services.import_source import Document, Finding
from bot.storage.codec import Path, Problem, encode, field_types, inspect, is_required

SCHEMA_VERSION = 1

SECTIONS: Mapping[str, Kind] = {
    "organisations": Kind.ORGANISATION,
    "offers": Kind.OFFER,
    "events": Kind.EVENT,
    "campaigns": Kind.CAMPAIGN,
    "articles": Kind.ARTICLE,
}
"""The headings of an import file, in the order in which an export writes them."""

_TRANSLATIONS = "translations"
_EXAMPLES = "examples"
_TOP = ("schema", *SECTIONS, _TRANSLATIONS, _EXAMPLES)
_IN_DAYS = re.compile(r"\+(\d{1,3})d (\d{2}):(\d{2})", re.ASCII)
_DAYS_ONLY = re.compile(r"\+(\d{1,3})d")


@dataclass(frozen=True, slots=True)
class Given:
    """A record of a file in its usual form, and what the file says of it.

    ``body`` names what the file names and nothing else, with None for what shall be empty.
    """

    record: AnyRecord
    body: Mapping[str, Any]


@dataclass
class _Entry:
    """One record of a file, before it is read. ``origins`` says where merged-in parts come from."""

    kind: Kind
    raw: Any
    document: Document
    path: Path
    origins: dict[Path, tuple[Document, Path]] = field(default_factory=dict)

    @property
    def id(self) -> Any:
        return self.raw.get("id") if isinstance(self.raw, dict) else None

    def report(self, problem: Problem) -> None:
        for length in range(len(problem.path), 0, -1):
            if problem.path[:length] in self.origins:
                document, path = self.origins[problem.path[:length]]
                document.report(path, problem.message)
                return
        self.document.report((*self.path, *problem.path), problem.message)


def read_records(
    documents: Iterable[Document], gazetteer: Gazetteer, today: date, stored: Iterable[Key] = ()
) -> tuple[list[Given], list[Finding]]:
    """All records of the files in their usual form, and everything that is wrong with the files.

    ``stored``: the records that are there already, which those of the files may speak of.
    With any finding at all the records are good for nothing. What is only probably wrong stands among the
    documents' hints.
    """
    documents = list(documents)
    entries = [entry for document in documents for entry in _entries(document)]
    imported = [document for document in documents if not document.reference]
    by_key = _by_key(entries)
    entries = [entry for entry in entries if not entry.document.reference]
    for document in imported:
        for name in (_TRANSLATIONS, _EXAMPLES):
            if not entries and isinstance(document.data, dict) and name in document.data:
                document.report((name,), "their records are not in this import; import the whole folder")
        _merge_translations(document, by_key)
        _merge_examples(document, by_key)
    organisations = {id for kind, id in (*by_key, *stored) if kind == Kind.ORGANISATION}
    records = [_read(entry, gazetteer, today, organisations) for entry in entries]
    findings = {finding for document in imported for finding in document.findings}
    return records, sorted(findings)


def _entries(document: Document) -> list[_Entry]:
    data = document.data
    if data is None and document.findings:
        return []
    if not isinstance(data, dict):
        document.report((), f"the file must begin with schema: {SCHEMA_VERSION} and headings like offers:")
        return []
    if "schema" not in data:
        document.report((), f"the line schema: {SCHEMA_VERSION} is missing at the top")
    elif data["schema"] != SCHEMA_VERSION or isinstance(data["schema"], bool):
        document.report(("schema",), f"write schema: {SCHEMA_VERSION}; this program knows no other")
    for name in data:
        if name not in _TOP:
            document.report((name,), f"there is no such heading; the headings are {', '.join(_TOP)}")
    found = []
    for section, kind in SECTIONS.items():
        items = data.get(section)
        if isinstance(items, list):
            for index, raw in enumerate(items):
                found.append(_Entry(kind, copy.deepcopy(raw), document, (section, index)))
        elif items is not None:
            document.report((section,), "a list should follow; begin each entry with a hyphen")
    return found


def _by_key(entries: Iterable[_Entry]) -> dict[tuple[str, Any], _Entry]:
    found: dict[tuple[str, Any], _Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.document.reference):
        if not isinstance(entry.id, str | int):
            continue
        key = entry.kind.value, str(entry.id)
        first = found.setdefault(key, entry)
        if first is not entry:
            line, _ = first.document.mark((*first.path, "id"))
            message = f"{entry.id!r} stands already in {first.document.file}:{line}; choose another id"
            entry.report(Problem(("id",), message))
    return found


def _named(document: Document, path: Path, entries: Mapping[tuple[str, Any], _Entry]) -> _Entry | None:
    """The record that the last part of a path names, ``kind/id``; None and a finding where there is none."""
    kind, _, id = str(path[-1]).partition("/")
    entry = entries.get((kind, id))
    if entry is None:
        document.report(path, "there is no such record in this import; write kind/id, like offer/lobbi-ost")
    return entry


# Translations


def _merge_translations(document: Document, entries: Mapping[tuple[str, Any], _Entry]) -> None:
    data = document.data.get(_TRANSLATIONS) if isinstance(document.data, dict) else None
    if data is None:
        return
    top: Path = (_TRANSLATIONS,)
    if not isinstance(data, dict):
        document.report(top, "the fields locale, state, records should follow")
        return
    for name in data:
        if name not in {"locale", "state", "records"}:
            document.report((*top, name), "there is no such field; the fields are locale, state, records")
    for name in ("locale", "state", "records"):
        if name not in data:
            document.report(top, f"{name} is missing")
    code = text_code(str(data.get("locale", SOURCE)))
    if code in {None, SOURCE} and "locale" in data:
        document.report((*top, "locale"), f"{data['locale']!r} is no language that Lotse translates into")
    state = data.get("state", State.MACHINE.value)
    if state not in [choice.value for choice in State]:
        document.report((*top, "state"), f"{state!r} is none of {', '.join(State)}")
        state = State.MACHINE.value
    records = data.get("records", {})
    if not isinstance(records, dict):
        document.report((*top, "records"), "lines like offer/lobbi-ost: should follow")
        return
    for key, texts in records.items():
        path = (*top, "records", key)
        entry = _named(document, path, entries)
        if entry is not None and not isinstance(texts, dict):
            document.report(path, "fields like title: and summary: should follow")
        elif entry is not None:
            for name, text in texts.items():
                _merge_translation(entry, name, text, code, state, (document, (*path, name)))


def _merge_translation(
    entry: _Entry, name: str, text: Any, code: str | None, state: str, origin: tuple[Document, Path]
) -> None:
    document, path = origin
    known = [field for field, (_, tp) in field_types(KINDS[entry.kind]).items() if tp is LocalizedText]
    if name not in known:
        document.report(path, f"{entry.kind} has no such text; its texts are {', '.join(known)}")
        return
    if not isinstance(text, str):
        document.report(path, "a text should stand here; put it in quotes")
        return
    given = entry.raw.get(name)
    if isinstance(given, str):
        given = {SOURCE: given}
    if not isinstance(given, dict) or SOURCE not in given:
        document.report(path, f"{entry.kind}/{entry.id} has no German {name} that this could translate")
        return
    if code is not None and code not in {text_code(str(tag)) for tag in given}:
        entry.raw[name] = {**given, code: {"text": text, "state": state}}
        entry.origins[name, code] = origin


# Examples


def _merge_examples(document: Document, entries: Mapping[tuple[str, Any], _Entry]) -> None:
    """Add questions to records: language → kind/id → list of questions."""
    languages = document.data.get(_EXAMPLES) if isinstance(document.data, dict) else None
    if languages is None:
        return
    if not isinstance(languages, dict):
        document.report((_EXAMPLES,), "languages like uk: should follow")
        return
    for tag, records in languages.items():
        if not isinstance(records, dict):
            document.report((_EXAMPLES, tag), "lines like offer/lobbi-ost: should follow")
            continue
        for key, questions in records.items():
            path = (_EXAMPLES, tag, key)
            entry = _named(document, path, entries)
            if entry is not None and not isinstance(questions, list):
                document.report(path, "a list of questions should follow")
            elif entry is not None:
                given = entry.raw.setdefault(_EXAMPLES, {})
                if isinstance(given, dict) and isinstance(given.setdefault(tag, []), list):
                    own = len(given[tag])
                    given[tag] += questions
                    for number in range(len(questions)):
                        entry.origins[_EXAMPLES, tag, own + number] = document, (*path, number)


# Records


def _read(entry: _Entry, gazetteer: Gazetteer, today: date, organisations: Collection[str]) -> Given:
    if isinstance(entry.raw, dict) and entry.raw.get("demo") is True:
        if entry.kind is Kind.EVENT:
            _set_demo_times(entry.raw, today)
        if entry.kind is Kind.CAMPAIGN and (match := _DAYS_ONLY.fullmatch(str(entry.raw.get("ended")))):
            entry.raw["ended"] = (today + timedelta(days=int(match[1]))).isoformat()
    emptied = _take_emptied(entry)
    record, problems = inspect(entry.kind, entry.raw)
    for problem in problems:
        entry.report(_explained(problem))
    record, problems = examine(record, gazetteer, today)
    for problem in problems:
        entry.report(problem)
    for problem in advise(record, organisations, entry.raw if isinstance(entry.raw, dict) else {}, today):
        entry.document.hint((*entry.path, *problem.path), problem.message)
    return Given(record, _said(entry, encode(record), emptied))


def _take_emptied(entry: _Entry) -> dict[str, Any]:
    """Take out of an entry what shall be empty: ``note: null``, or ``contact: {phone: null}``."""
    if not isinstance(entry.raw, dict):
        return {}
    emptied: dict[str, Any] = {}
    for name, (item, tp) in field_types(KINDS[entry.kind]).items():
        value = entry.raw.get(name)
        if name in entry.raw and value is None and not is_required(item):
            del entry.raw[name]
            emptied[name] = None
        elif isinstance(value, dict) and by_key(tp):
            code = text_code if tp is LocalizedText else language_code if name == _EXAMPLES else str
            for key in [key for key in value if value[key] is None and code(key) is not None]:
                del value[key]
                emptied.setdefault(name, {})[code(key)] = None
    return emptied


def _said(entry: _Entry, body: dict[str, Any], emptied: Mapping[str, Any]) -> dict[str, Any]:
    """The record's body with what the entry says to be empty, or as it would be without a word."""
    known = field_types(KINDS[entry.kind])
    named = entry.raw if isinstance(entry.raw, dict) else {}
    usual = {name: None for name in named if name in known and not by_key(known[name][1])}
    found = {**usual, **body}
    for name, value in emptied.items():
        found[name] = None if value is None else {**value, **body.get(name, {})}
    return found


def _explained(problem: Problem) -> Problem:
    if problem.message.startswith("'+") and "day and time" in problem.message:
        advice = "; times like '+2d 17:00' are only for events with demo: true"
        return Problem(problem.path, problem.message + advice)
    return problem


def _set_demo_times(raw: dict[str, Any], today: date) -> None:
    """Put real times in the place of those like ``+2d 17:00``."""
    groups = [raw, *(change for change in _items(raw.get("changes")) if isinstance(change, dict))]
    for group in groups:
        for name in ("starts", "ends", "original"):
            if name in group:
                group[name] = _demo_time(group[name], today)
    if isinstance(raw.get("except_on"), list):
        raw["except_on"] = [_demo_time(value, today) for value in raw["except_on"]]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _demo_time(value: Any, today: date) -> Any:
    match = _IN_DAYS.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        return value
    day = today + timedelta(days=int(match[1]))
    return datetime.combine(day, time(int(match[2]), int(match[3]))).isoformat()
