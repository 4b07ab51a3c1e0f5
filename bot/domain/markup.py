"""The text of a broadcast: Telegram's small subset of HTML, and nothing that could break it.

Two ways lead in: :func:`from_entities` for what staff paste or forward, :func:`from_html` for the
command line. Both give *canonical* HTML: balanced, escaped, without control characters, one name for
each tag. Only that is stored and sent. Lengths are UTF-16 units after parsing, as Telegram counts.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape, unescape
from itertools import accumulate, pairwise
from typing import Any
from urllib.parse import urlsplit

from bot.domain.text import DIRECTIONS, clean, clean_shown

TEXT_UNITS = 4_000
"""Of a message. Telegram's limit is 4,096 (Bot API, sendMessage); the rest is margin for our marks."""

CAPTION_UNITS = 1_000
"""Under a photo or document; Telegram's limit is 1,024."""

FORMATTING = frozenset(
    {
        *("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link"),
        *("blockquote", "expandable_blockquote"),
    }
)
"""Telegram's kinds of entities that leave a trace in our HTML; all others become plain text."""

_FIRST_STRONG, _POP = "\u2068", "\u2069"
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,32}")
_INLINE = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler"}
_NAMES = {name: name for name in ("b", "i", "u", "s", "tg-spoiler", "code", "pre")} | {
    "strong": "b",
    "em": "i",
    "ins": "u",
    "strike": "s",
    "del": "s",
}
_BARE = ("<code", "<pre")
_BARE_ENDS = ("</code>", "</pre>")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z-]*)((?:\s+[^<>]*)?)\s*>")
_HREF = re.compile(r"""\s+href\s*=\s*(?:"([^"]*)"|'([^']*)')\s*""")
_CLASS = re.compile(r"""\s+class\s*=\s*["']([^"']*)["']\s*""")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_KNOWN_REFERENCES = frozenset({"&lt;", "&gt;", "&amp;", "&quot;"})


class Fault(StrEnum):
    """What can be wrong with a body."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    """``over`` tells by how many units."""
    UNBALANCED = "unbalanced"
    """A tag is not closed, or closed in the wrong place."""
    UNKNOWN_TAG = "unknown_tag"
    """Something that Telegram does not know; a bare ``<`` is written ``&lt;``."""
    BAD_LINK = "bad_link"
    """Not an address of the web; see :func:`is_web_address`."""
    DIRECTION = "direction"
    """An invisible mark that turns the direction of writing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a body, for the dialog to say in words: ``what`` is the tag or address meant."""

    fault: Fault
    over: int = 0
    what: str = ""


class BadMarkup(ValueError):
    """HTML that is not in our subset; ``problem`` says what is wrong."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.fault}: {problem.what}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text, or one tag in canonical form (``<b>``, ``</a>``): one of the two is empty."""

    text: str = ""
    tag: str = ""


# In ----------------------------------------------------------------------------------------------


def from_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """The HTML of a text with Telegram's entities, whose offset and length count UTF-16 units.

    Entities may nest, overlap or reach too far; those of other kinds, and links that are none of the
    web, become plain text. Control characters and marks of direction, which come along unseen when
    something is copied, are dropped.
    """
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    ends = list(accumulate(2 if char > "\uffff" else 1 for char in text))
    found = (_span(entity, number, ends) for number, entity in enumerate(entities))
    spans = [span for span in found if span is not None]
    edges = sorted({0, len(text), *(edge for span in spans for edge in (span.start, span.end))})
    parts: list[str] = []
    around: list[_Look] = []
    for start, end in pairwise(edges):
        words = clean_shown(text[start:end])
        if not words:
            continue
        wanted = _looks([span for span in spans if span.start <= start and end <= span.end])
        same = 0
        while same < min(len(around), len(wanted)) and around[same] == wanted[same]:
            same += 1
        parts.extend(look.close for look in reversed(around[same:]))
        parts.extend(look.open for look in wanted[same:])
        parts.append(escape(words, quote=False))
        around = wanted
    parts.extend(look.close for look in reversed(around))
    return "".join(parts)


def dropped_links(entities: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The addresses that :func:`from_entities` leaves out, each once: they are none of the web."""
    urls = (entity.get("url") for entity in entities if entity.get("type") == "text_link")
    return tuple(dict.fromkeys(url for url in urls if isinstance(url, str) and not is_web_address(url)))


def from_html(text: str) -> str:
    """The canonical form of HTML that a person wrote; :class:`BadMarkup` when it is not in our subset.

    White space around it goes; direction marks stay, for :func:`problems` to name.
    """
    return "".join(run.tag or escape(run.text, quote=False) for run in parse(text.strip()))


@dataclass(frozen=True, slots=True)
class _Look:
    """Tags around a text. ``number`` keeps two quotations side by side apart; bold next to bold is one."""

    rank: int
    open: str
    close: str
    number: int = -1


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    look: _Look


def _span(entity: Mapping[str, Any], number: int, ends: Sequence[int]) -> _Span | None:
    """Where in the text an entity lies, in characters, and its tags; None when it leaves no trace."""
    offset, length = entity.get("offset"), entity.get("length")
    if not isinstance(offset, int) or not isinstance(length, int) or offset < 0 or length <= 0:
        return None
    look = _look(entity, number)
    # An edge within a pair of surrogates moves before it.
    start, end = bisect_right(ends, offset), bisect_right(ends, offset + length)
    return None if look is None or start >= end else _Span(start, end, look)


def _look(entity: Mapping[str, Any], number: int) -> _Look | None:
    match entity.get("type"):
        case "blockquote":
            return _Look(0, "<blockquote>", "</blockquote>", number)
        case "expandable_blockquote":
            return _Look(0, "<blockquote expandable>", "</blockquote>", number)
        case "pre":
            language = entity.get("language")
            if isinstance(language, str) and _LANGUAGE.fullmatch(language):
                return _Look(1, f'<pre><code class="language-{language}">', "</code></pre>", number)
            return _Look(1, "<pre>", "</pre>", number)
        case "code":
            return _Look(2, "<code>", "</code>", number)
        case "text_link":
            url = entity.get("url")
            if isinstance(url, str) and is_web_address(url):
                return _Look(3, f'<a href="{escape(url)}">', "</a>", number)
            return None
        case str(kind) if kind in _INLINE:
            return _Look(4 + list(_INLINE).index(kind), f"<{_INLINE[kind]}>", f"</{_INLINE[kind]}>")
        case _:
            return None


def _looks(spans: Sequence[_Span]) -> list[_Look]:
    """The tags around one stretch, outermost first: one of each kind, and nothing within code."""
    chosen: dict[int, _Look] = {}
    for span in spans:
        chosen.setdefault(span.look.rank, span.look)
    code = next((rank for rank in (1, 2) if rank in chosen), None)
    return [chosen[rank] for rank in sorted(chosen) if code is None or rank in (0, code)]


# Reading -----------------------------------------------------------------------------------------


def parse(html: str) -> tuple[Run, ...]:
    """The texts and tags of HTML, in order; :class:`BadMarkup` when it is not in our subset."""
    return tuple(_parse(html))


def _parse(html: str) -> Iterator[Run]:
    stack: list[tuple[str, str]] = []
    position = 0
    while position < len(html):
        if html[position] != "<":
            end = html.find("<", position)
            end = len(html) if end < 0 else end
            yield Run(text=_words(html[position:end]))
            position = end
            continue
        found = _TAG.match(html, position)
        if found is None:
            raise BadMarkup(Problem(Fault.UNKNOWN_TAG, what=html[position : position + 20]))
        closing, name, attributes = found.groups()
        if closing:
            if attributes.strip() or not stack or stack[-1][0] != name.lower():
                raise BadMarkup(Problem(Fault.UNBALANCED, what=found[0]))
            yield Run(tag=stack.pop()[1])
        else:
            open, close = _opened(name.lower(), attributes, found[0], inside=[outer for outer, _ in stack])
            stack.append((name.lower(), close))
            yield Run(tag=open)
        position = found.end()
    if stack:
        raise BadMarkup(Problem(Fault.UNBALANCED, what=f"<{stack[-1][0]}>"))


def _opened(name: str, attributes: str, written: str, *, inside: Sequence[str]) -> tuple[str, str]:
    """The canonical opening and closing of a tag."""
    if name in _NAMES and not attributes.strip():
        return f"<{_NAMES[name]}>", f"</{_NAMES[name]}>"
    if name == "blockquote" and attributes.strip() in ("", "expandable"):
        return ("<blockquote expandable>" if attributes.strip() else "<blockquote>"), "</blockquote>"
    if name == "a" and (href := _HREF.fullmatch(attributes)):
        url = unescape(href[1] or href[2] or "")
        if not is_web_address(url):
            raise BadMarkup(Problem(Fault.BAD_LINK, what=url))
        return f'<a href="{escape(url)}">', "</a>"
    kind = found[1] if (found := _CLASS.fullmatch(attributes)) else ""
    if name == "span" and kind == "tg-spoiler":
        return "<tg-spoiler>", "</tg-spoiler>"
    if name == "code" and inside[-1:] == ["pre"] and kind.startswith("language-"):
        language = kind.removeprefix("language-")
        if _LANGUAGE.fullmatch(language):
            return f'<code class="language-{language}">', "</code>"
    raise BadMarkup(Problem(Fault.UNKNOWN_TAG, what=written))


def _words(text: str) -> str:
    """A text node with its references resolved (Telegram knows four names, and all numbers), cleaned."""

    def resolve(found: re.Match[str]) -> str:
        if found[0].startswith("&#") or found[0] in _KNOWN_REFERENCES:
            return unescape(found[0])
        raise BadMarkup(Problem(Fault.UNKNOWN_TAG, what=found[0]))

    return clean(_REFERENCE.sub(resolve, text))


def visible_text(html: str) -> str:
    """What a reader sees of it, without looks."""
    return "".join(run.text for run in parse(html))


def units(html: str) -> int:
    """Its length as Telegram counts it: without tags, and without white space around it."""
    return text_units(visible_text(html).strip())


def text_units(text: str) -> int:
    """The length of a plain text as Telegram counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def first_line(html: str, limit: int) -> str:
    """Its first line that is not blank, as plain text of at most ``limit`` characters."""
    found = (" ".join(line.split()) for line in visible_text(html).splitlines() if not _blank(line))
    line = next(found, "")
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def is_blank(html: str) -> bool:
    """Whether there is nothing in it to be seen: Telegram refuses such a text."""
    return _blank(visible_text(html))


def _blank(text: str) -> bool:
    return all(unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for char in text)


# Checking ----------------------------------------------------------------------------------------


def problems(
    html: str, *, media: bool, isolate: Callable[[str], str] | None = None, reserve: int = 0
) -> tuple[Problem, ...]:
    """All that is wrong with a body; () when it can be sent.

    ``media``: it is the caption of a photo or document; that may be empty, and must be shorter.
    ``isolate``: for right-to-left languages, what will be done to the text (see :func:`isolated`): the
    marks count too. ``reserve``: units to keep free for what will be added.
    """
    try:
        runs = parse(html)
    except BadMarkup as bad:
        return (bad.problem,)
    found: list[Problem] = []
    text = "".join(run.text for run in runs)
    if _blank(text) and not media:
        found.append(Problem(Fault.EMPTY))
    shown = html if isolate is None else isolated(html, isolate)
    over = units(shown) + reserve - (CAPTION_UNITS if media else TEXT_UNITS)
    if over > 0:
        found.append(Problem(Fault.TOO_LONG, over=over))
    if text != text.translate(DIRECTIONS):
        found.append(Problem(Fault.DIRECTION))
    return tuple(found)


def is_web_address(url: str) -> bool:
    """Whether Telegram takes it as a link: http or https, a host with a dot, nothing odd in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 (ValueError where it is none)
    except ValueError:
        return False
    bare = url.isprintable() and not any(char.isspace() or char in '<>"' for char in url)
    return parts.scheme in {"http", "https"} and "." in host.strip(".") and bare and len(url) <= 2_048


# Out ---------------------------------------------------------------------------------------------


def isolated(html: str, isolate: Callable[[str], str]) -> str:
    """The HTML for readers of a right-to-left language, without direction marks of its own.

    ``isolate`` wraps the left-to-right runs of the whole visible text (:mod:`bot.translation.bidi`):
    a telephone number half of which is bold is still one run. The marks go into the texts between the
    tags; around code they stand outside, because what a tap copies must be bare.
    """
    runs = [Run(text=run.text.translate(DIRECTIONS), tag=run.tag) for run in parse(html)]
    marked = isolate("".join(run.text for run in runs))
    parts: list[str] = []
    code = begun = opening = closing = at = 0
    for run in runs:
        if run.tag.startswith(_BARE):
            if not code:
                begun, opening, closing = len(parts), 0, 0
            code += 1
        parts.append(run.tag)
        stop = _stop(marked, at, len(run.text))
        stretch, at = marked[at:stop], stop
        if code:
            opening += stretch.count(_FIRST_STRONG)
            closing += stretch.count(_POP)
            stretch = stretch.translate(DIRECTIONS)
        parts.append(escape(stretch, quote=False))
        if run.tag in _BARE_ENDS:
            code -= 1
            if not code:
                # Runs within the code need one pair around all of it; a block of its own needs none.
                pair = opening == closing and opening > 0 and run.tag == "</code>"
                parts[begun] = _FIRST_STRONG * (max(0, opening - closing) + pair) + parts[begun]
                parts.append(_POP * (max(0, closing - opening) + pair))
    return "".join(parts)


def _stop(marked: str, start: int, count: int) -> int:
    """Where ``count`` characters that are no marks end, with the closing marks that follow them."""
    stop = start
    while count or (stop < len(marked) and marked[stop] == _POP):
        count -= marked[stop] not in (_FIRST_STRONG, _POP)
        stop += 1
    return stop
