"""What the next text of a person is for, where it is no question, and which text was taken for it.

A text can be offered twice: its answer did not get out, or the bot ended before that was noted. So what was
expected is not forgotten when a text comes, but remembers it by the number of its update. The same one is
taken for it again, and gets the same answer; any other is not.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum


class What(StrEnum):
    """What a text may be expected for."""

    TEXT = "text"
    """A language's text of a draft."""
    BUTTONS = "buttons"
    """Its link buttons."""
    TOWN = "town"
    WHEN = "when"
    UNTIL = "until"
    """The last day of a repetition."""
    FIX = "fix"
    """The corrected text of what was sent."""
    LINKS = "links"
    """Its corrected link buttons."""
    WHY = "why"
    """Why it is sent back to its author."""
    AREA = "area"
    """The place for which news is wanted."""
    QUIET = "quiet"
    """From when until when no news shall come."""
    EXPIRY = "expiry"
    """The last day on which an announcement can be read with ``/news``."""
    PAUSE = "pause"
    """Until which day no news shall come."""
    DAYS = "days"
    """How many days before or after a campaign's end a notice goes out."""
    ORGANISATION = "organisation"
    """Which association an invitation is for: a part of its name."""
    ENTRY = "entry"
    """Of which entry a question shall be an example: a part of its name."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a text is expected for.

    ``value`` says more: the language, the role, the question. ``draft`` is the broadcast that it is about.
    """

    what: What
    value: str = ""
    draft: int = 0
    update: int = 0
    """The update whose answer left it like this."""
    second: int = 0
    """When that was written, if it may be the first part of a longer text that an app has cut."""
    open: bool = True
    """Whether something is still expected; else ``update`` was it."""

    def takes(self, update: int) -> bool:
        """Whether an update is what was expected."""
        return self.open or self.update == update

    def closed(self, update: int, second: int = 0) -> Expected:
        """The same, after an update was taken for it."""
        return replace(self, update=update, second=second, open=False)

    def pack(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def unpack(cls, stored: str | None) -> Expected | None:
        """What was stored; None where that is nothing, or was written by another version."""
        try:
            values = json.loads(stored or "")
            return cls(**{**values, "what": What(values["what"])})
        except (ValueError, TypeError, KeyError):
            return None
