"""The log of what staff did: every entry carries a code made from the one before it.

Who changes, removes or adds an entry without the key cannot make codes that fit. The *head* says how
many entries there are; it is sent to the admins, so that not even the whole end can vanish unnoticed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

Detail = Mapping[str, int | str]
"""What an act was about: ids and counts, never words of people."""

CODE_LENGTH = 16
"""Characters of a head's code that people get to see: 64 bits, enough that nobody hits it by chance."""
_ACT = re.compile(r"[a-z][a-z_]{0,39}")
_NAME = re.compile(r"[a-z][a-z_]{0,29}")
_VALUE = re.compile(r"[A-Za-z0-9_.,:/+-]{0,200}")
_FIRST = ""
"""What the first entry has in place of the code of the one before it."""


class Act(StrEnum):
    """What staff can do."""

    APPOINT = "appoint"
    """Made an admin by LOTSE_ADMINS."""
    INVITE = "invite"
    ACCEPT = "accept"
    ROLE = "role"
    REMOVE = "remove"
    LEAVE = "leave"
    """Forgot themselves."""
    UNINVITE = "uninvite"
    """An invitation was taken back before anybody used it."""
    REVOKE = "revoke"
    """A contact is none any more."""
    DRAFT = "draft"
    SUBMIT = "submit"
    """Handed to a second person."""
    APPROVE = "approve"
    RELEASE = "release"
    OVERRIDE = "override"
    """Released without the second person, in an emergency."""
    REJECT = "reject"
    """Given back to its author."""
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    RESEND = "resend"
    DISCARD = "discard"
    TEST = "test"
    EXPORT = "export"
    TEACH = "teach"
    """A question that was passed on became an example of an entry."""
    DROP = "drop"
    """A question that was passed on was deleted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. ``detail`` is JSON as it was written, ``mac`` the entry's code."""

    seq: int
    at: datetime
    staff_id: int | None
    act: str
    detail: str
    mac: str

    @property
    def about(self) -> dict[str, int | str]:
        """The detail as it was given; empty where somebody has broken it."""
        try:
            found = json.loads(self.detail)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: the number of its last entry, and a code over it."""

    seq: int
    mac: str

    @property
    def code(self) -> str:
        """What admins get to see."""
        return self.mac[:CODE_LENGTH]

    def __str__(self) -> str:
        return f"{self.seq}:{self.mac}"

    @classmethod
    def read(cls, text: str | None) -> Head | None:
        """From ``NUMBER:CODE``; None for anything else."""
        found = re.fullmatch(r"(\d{1,15}):([0-9a-f]{8,64})", text or "")
        return None if found is None else cls(int(found[1]), found[2])


class Harm(StrEnum):
    """What can be wrong with a log."""

    CHANGED = "changed"
    MISSING = "missing"
    """Entries in the middle."""
    CUT = "cut"
    """Entries at the end."""
    HEADLESS = "headless"
    """There are entries, but nothing says how many there should be."""
    FORGED = "forged"
    """The head was not made with the key."""
    ADDED = "added"
    """Entries behind the head."""
    OTHER = "other"
    """Not the log whose head was sent to the admins."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something wrong, from one entry to another (the same for a single one)."""

    harm: Harm
    first: int
    last: int

    def __str__(self) -> str:
        which = f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}"
        match self.harm:
            case Harm.CHANGED:
                return f"{which}: changed after it was written, or made without the key"
            case Harm.MISSING:
                return f"{which}: missing in the middle"
            case Harm.CUT:
                return f"{which}: missing at the end"
            case Harm.HEADLESS:
                return f"the head is missing, although there are {self.last} entries"
            case Harm.FORGED:
                return f"the head (at entry {self.first}) was not made with the key"
            case Harm.ADDED:
                return f"{which}: behind the head, so not written by Lotse"
            case _:
                return f"{which}: not the log whose head was sent"


def canonical(detail: Detail) -> str:
    """A detail as it is stored and signed; ValueError for anything but ids and counts."""
    for name, value in detail.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a detail")
        if isinstance(value, str) and not _VALUE.fullmatch(value):
            raise ValueError(f"the detail {name!r} is not an id: the log holds no words")
    return json.dumps(dict(detail), sort_keys=True, separators=(",", ":"))


def entry(
    seq: int, at: datetime, staff_id: int | None, act: str, detail: Detail, previous: str, key: bytes
) -> Entry:
    """An entry with its code. ``previous`` is the code of the one before it, empty for the first."""
    if not _ACT.fullmatch(act):
        raise ValueError(f"{act!r} is no name for an act")
    written = canonical(detail)
    return Entry(seq, at, staff_id, str(act), written, _mac(key, previous, seq, at, staff_id, act, written))


def head(seq: int, mac: str, key: bytes) -> Head:
    """The head over an entry's number and code."""
    return Head(seq, _sign(key, "head", seq, mac))


def fits(found: Head | None, last: Entry | None, key: bytes) -> bool:
    """Whether a head is the one over this last entry; of an empty log there is none."""
    if found is None or last is None:
        return found is None and last is None
    return found.seq == last.seq and _same(found.mac, head(last.seq, last.mac, key).mac)


def verify(
    entries: Iterable[Entry], found: Head | None, key: bytes, *, sent: Head | None = None
) -> list[Damage]:
    """What is wrong with a log, in the order of its entries; nothing for a sound one.

    ``entries`` come in order of ``seq``. ``sent`` is a head that admins were given earlier; its code
    may be shortened. An entry right behind missing ones can only be checked when none was missing
    for the writer either; where it cannot, it is taken for sound.
    """
    harm: list[Damage] = []
    known = {_FIRST}
    last: Entry | None = None
    agrees = sent is None
    for one in entries:
        expected = last.seq + 1 if last is not None else 1
        gap = one.seq > expected
        if gap:
            harm.append(Damage(Harm.MISSING, expected, one.seq - 1))
        codes = {
            _mac(key, previous, one.seq, one.at, one.staff_id, one.act, one.detail) for previous in known
        }
        genuine = any(_same(one.mac, code) for code in codes)
        if not genuine and not gap:
            harm.append(Damage(Harm.CHANGED, one.seq, one.seq))
        # Where only the code itself was changed, the next entry goes on from the true one.
        known = {one.mac} if genuine else {one.mac, *codes}
        if sent is not None and one.seq == sent.seq:
            agrees = _same(head(one.seq, one.mac, key).mac[: len(sent.mac)], sent.mac)
        last = one
    harm += _at_the_end(last, found, key)
    if sent is not None and not agrees:
        if (0 if last is None else last.seq) < sent.seq:
            if not any(one.harm is Harm.CUT for one in harm):
                harm.append(Damage(Harm.CUT, 1 if last is None else last.seq + 1, sent.seq))
        else:
            harm.append(Damage(Harm.OTHER, sent.seq, sent.seq))
    return harm


def _at_the_end(last: Entry | None, found: Head | None, key: bytes) -> list[Damage]:
    seq = 0 if last is None else last.seq
    if found is None:
        return [] if last is None else [Damage(Harm.HEADLESS, 1, seq)]
    if found.seq > seq:
        return [Damage(Harm.CUT, seq + 1, found.seq)]
    if found.seq < seq:
        return [Damage(Harm.ADDED, found.seq + 1, seq)]
    return [] if fits(found, last, key) else [Damage(Harm.FORGED, seq, seq)]


def _mac(
    key: bytes, previous: str, seq: int, at: datetime, staff_id: int | None, act: str, detail: str
) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return _sign(key, previous, seq, moment, "" if staff_id is None else staff_id, act, detail)


def _sign(key: bytes, *parts: object) -> str:
    return hmac.digest(key, "|".join(map(str, parts)).encode(), hashlib.sha256).hex()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
