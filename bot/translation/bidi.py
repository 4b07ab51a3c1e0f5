"""Keep numbers, addresses and Latin names in order inside right-to-left text.

Telegram draws a message with the Unicode bidirectional algorithm alone. A telephone number or a
house number inside an Arabic sentence would be torn apart or read backwards, so every
left-to-right run is wrapped in FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE (Unicode UAX 9).
"""

from __future__ import annotations

import re

from bot.domain.text import DIRECTIONS

FSI, PDI = "\u2068", "\u2069"

# A run starts at a left-to-right letter, a digit or the + of a telephone number, and reaches over
# anything that is neither right-to-left nor a line break, as long as it ends in such a character.
_STRONG = (
    r"0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u0370-\u058f\u1200-\u139f"
    r"\u1e00-\u1fff\u2c60-\u2c7f\ua720-\ua7ff"
)
_INNER = r"[^\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\n\r\u2028\u2029،؛؟]"
_RUN = re.compile(rf"[+(@#/]?[{_STRONG}](?:{_INNER}*[{_STRONG})%€°+])?")
# The number of a list's entry is no part of what follows it: "5. mbeon" would pull it to the left. Its dot
# comes after it as one reads, from right to left.
_NUMBER = re.compile(r"^(\d+)(?=\. )", re.MULTILINE)


def isolate(text: str) -> str:
    """Wrap every left-to-right run of a right-to-left text; foreign direction marks are removed."""
    text = text.translate(DIRECTIONS)
    parts = _NUMBER.split(text)
    # Every second part is a number.
    return "".join(
        f"{FSI}{part}{PDI}" if index % 2 else _RUN.sub(_wrap, part) for index, part in enumerate(parts)
    )


def _wrap(match: re.Match[str]) -> str:
    run = match[0]
    # A closing bracket belongs to the run only when its opening one does.
    if run.endswith(")") and run.count("(") < run.count(")"):
        return f"{FSI}{run[:-1]}{PDI})"
    if run.startswith("(") and run.count("(") > run.count(")"):
        return f"({FSI}{run[1:]}{PDI}"
    return f"{FSI}{run}{PDI}"
