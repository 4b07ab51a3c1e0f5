"""Import files as plain data, with the line and column of everything that stands in them.

Files come from people: they may be huge, broken, or made to break things. So the parser's events
are read directly, with bounds on size, depth and number of values; aliases, tags and repeated
keys are refused. Every finding names its place and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from bot.storage.codec import Path, spell

MAX_BYTES = 10_000_000
MAX_VALUES = 300_000
MAX_DEPTH = 12
MAX_FILES = 500

_BESIDE = ("translations", "examples")
"""Subfolders whose files speak of the records beside them."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Only what nobody can mean as text becomes something else: `no` stays Norwegian, `2023-06` a date
# as precise as that, `0381…` and `+49…` telephone numbers, `17:00` a time.
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(?:e[+-][0-9]+)?")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One error or hint. ``line`` and ``column`` count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} {self.where}: {self.message}" if self.where else f"{place}: {self.message}"


@dataclass
class Document:
    """One file: its data, where each value stands, and what is wrong with it.

    A ``reference`` is not imported: it only shows which records translations and examples may speak of.
    """

    file: str
    data: Any = None
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    hints: list[Finding] = field(default_factory=list)
    """What may be meant as it stands, and is probably a mistake."""
    faulty: set[Path] = field(default_factory=set)
    reference: bool = False

    def report(self, path: Path, message: str) -> None:
        """Note an error at a path, unless the same value, or one around it, is known to be wrong."""
        if any(path[:length] in self.faulty for length in range(len(path) + 1)):
            return
        self.faulty.add(path)
        self.findings.append(self._at(path, message))

    def hint(self, path: Path, message: str) -> None:
        """Note at a path what is probably a mistake."""
        self.hints.append(self._at(path, message))

    def _at(self, path: Path, message: str) -> Finding:
        return Finding(self.file, *self.mark(path), spell(path), message)

    def mark(self, path: Path) -> tuple[int, int]:
        """Line and column of a value, or of the nearest one around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.marks:
                return self.marks[path[:length]]
        return (1, 1) if path else (0, 0)


class _UnreadableError(Exception):
    """The rest of the file cannot be read; the finding is already noted."""


def read_documents(paths: Iterable[FilePath]) -> list[Document]:
    """Read files, and folders with their ``.yaml`` files and those in ``translations/`` and ``examples/``.

    Where a file of one of these is named by itself, the files beside its folder come along as
    references.
    """
    documents = []
    paths = tuple(paths)
    for path in paths:
        if path.is_dir():
            folders = (path, *(path / name for name in _BESIDE))
            found = [file for folder in folders for file in _content_of(folder)]
            if not found:
                documents.append(_refused(path.name, "there is no .yaml file in this folder"))
            elif len(found) > MAX_FILES:
                documents.append(_refused(path.name, f"there are more than {MAX_FILES} files in this folder"))
            else:
                documents += [_read(file, file.relative_to(path).as_posix()) for file in found]
        else:
            documents.append(_read(path, path.name))
    named = {path.parent.parent for path in paths if path.parent.name in _BESIDE}
    for beside in {file for folder in named for file in _content_of(folder)} - set(paths):
        reference = _read(beside, beside.name)
        reference.reference = True
        documents.append(reference)
    return documents


def _content_of(folder: FilePath) -> list[FilePath]:
    if not folder.is_dir():
        return []
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in files if path.suffix.lower() in {".yaml", ".yml"})


def _refused(name: str, message: str) -> Document:
    document = Document(name)
    document.report((), message)
    return document


def _read(path: FilePath, name: str) -> Document:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _refused(name, "there is no such file or folder")
    except OSError as error:
        return _refused(name, f"the file cannot be read: {error.strerror}")
    if len(content) > MAX_BYTES:
        return _refused(name, f"the file is larger than {MAX_BYTES // 1_000_000} MB; split it")
    return parse(content, name)


def parse(content: bytes, name: str) -> Document:
    """The data of one file. Errors become findings; what is readable is still there."""
    document = Document(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = "this is not UTF-8; save the file with the encoding UTF-8"
        document.findings.append(Finding(name, line, 1, "", advice))
        return document
    try:
        document.data = _Builder(document, text).document()
    except _UnreadableError:
        pass
    except yaml.YAMLError as error:
        document.findings.append(_syntax_finding(name, text, error))
    return document


def _syntax_finding(name: str, text: str, error: yaml.YAMLError) -> Finding:
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", 0)
        before = text[:position] if isinstance(position, int) else ""
        message = "an invisible control character stands here; delete it"
        return Finding(name, before.count("\n") + 1, 1, "", message)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    problem, context = str(getattr(error, "problem", "")), str(getattr(error, "context", ""))
    if "\t" in line[: len(line) - len(line.lstrip())]:
        message = "a tab stands here; use spaces"
    elif "mapping values are not allowed" in problem:
        message = "a colon stands inside the text; put the text in quotes"
    elif "quoted scalar" in context and "end of stream" in problem:
        mark = getattr(error, "context_mark", None) or mark
        message = "a quotation mark is opened here and never closed"
    elif "simple key" in context:
        mark = getattr(error, "context_mark", None) or mark
        message = "this line has no colon; write name: value, or put the text in quotes"
    elif "flow" in context:
        mark = getattr(error, "context_mark", None) or mark
        message = "inside the bracket that opens here something is wrong; check commas, quotes and its end"
    elif "cannot start any token" in problem:
        message = "the text begins with a special character; put it in quotes"
    else:
        message = f"this is not valid YAML ({problem}); check indentation, quotes and brackets around here"
    return Finding(name, mark.line + 1, mark.column + 1, "", message)


class _Builder:
    """Builds the data from the parser's events."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))
        self._values = 0

    def document(self) -> Any:
        next(self._events)  # the stream's start
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            self._document.report((), "the file is empty")
            raise _UnreadableError
        data = self._value(next(self._events), ())
        next(self._events)  # the document's end
        second = next(self._events)
        if isinstance(second, yaml.DocumentStartEvent):
            self._stop(second, (), "a second document begins here; take the line --- out")
        return data

    def _value(self, event: Any, path: Path) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(event, path, f"the file has more than {MAX_VALUES} values; split it")
        if len(path) > MAX_DEPTH:
            self._stop(event, path[:MAX_DEPTH], "too many lists or fields inside each other")
        self._document.marks.setdefault(path, (event.start_mark.line + 1, event.start_mark.column + 1))
        if isinstance(event, yaml.AliasEvent):
            self._document.report(path, f"*{event.anchor} refers to another place; write the value out")
            return None
        if event.tag is not None:
            self._document.report(path, f"{event.tag} stands before the value; take it out")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _list(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                self._stop(key, path, "a list, a group or a reference stands where a field's name should be")
            name = key.value
            below = (*path, name)
            if name in found:
                first = self._document.marks[below][0]
                self._document.faulty.discard(below)
                here = (key.start_mark.line + 1, key.start_mark.column + 1)
                message = f"this stands here a second time (first in line {first}); keep one of the two"
                self._document.findings.append(Finding(self._document.file, *here, spell(below), message))
                self._value(next(self._events), (*below, 0))
                continue
            self._document.marks[below] = (key.start_mark.line + 1, key.start_mark.column + 1)
            found[name] = self._value(next(self._events), below)
        return found

    def _stop(self, event: Any, path: Path, message: str) -> None:
        mark = event.start_mark
        finding = Finding(self._document.file, mark.line + 1, mark.column + 1, spell(path), message)
        self._document.findings.append(finding)
        raise _UnreadableError
