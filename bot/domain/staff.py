"""Who may do what: staff of the office, and contacts of member organisations."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.errors import DomainError

INVITATION_LIFETIME = timedelta(days=7)
"""How long an invitation can be used."""
INVITATION = "inv"
"""What a deep link's payload begins with, before ``-`` and the token."""
_TOKEN_BYTES = 16
ROLE_REMOVED = "role removed"
"""The reason of a pause, where who had planned a broadcast may not send any more."""


class Role(StrEnum):
    """What a member of staff may do; each role includes those before it."""

    AUTHOR = "author"
    """May draft."""
    RELEASER = "releaser"
    """May approve and send."""
    ADMIN = "admin"
    """May invite, give roles and take them."""


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """One member of staff. There is no name: the audit log knows people by ``id``.

    ``chat_id`` is None once the person forgot themselves; ``organisation_id`` limits the role to one
    organisation's matters; ``editing`` is the draft in hand and ``expecting`` what the next text means, as
    the dialog packs it.
    """

    id: int
    chat_id: int | None
    role: Role
    organisation_id: str | None
    created_at: datetime
    removed_at: datetime | None = None
    editing: int | None = None
    expecting: str | None = None

    def may(self, role: Role, organisation_id: str | None = None) -> bool:
        """Whether this person has at least this role for an organisation's matters (None: everybody's)."""
        if self.removed_at is not None or _RANK[self.role] < _RANK[role]:
            return False
        return self.organisation_id is None or self.organisation_id == organisation_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link that makes a person a contact (``role`` is None) or a member of staff."""

    role: Role | None
    organisation_id: str | None
    created_by: int | None
    """The member of staff who made it; None for one that a contact made."""
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person who speaks for an organisation. ``number`` tells the contacts of one organisation apart."""

    chat_id: int
    organisation_id: str
    number: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A member of staff whom the bot writes to of its own accord, and in which language."""

    id: int
    chat_id: int
    locale: str | None


class NotAllowed(DomainError):
    """Somebody without the role (or without it any more) wanted to do what it is needed for."""

    def __init__(self, role: Role | None = None) -> None:
        super().__init__(f"This needs the role {role or 'of a contact'}.")
        self.role = role


class Gone(DomainError):
    """The member of staff or the contact is not there any more."""

    def __init__(self) -> None:
        super().__init__("This member of staff or contact is not there any more.")


class Fixed(DomainError):
    """An admin named in LOTSE_ADMINS cannot be removed or lowered."""

    def __init__(self) -> None:
        super().__init__("This admin is named in LOTSE_ADMINS: take the number out there and start again.")


class Void(StrEnum):
    """Why a link leads nowhere."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    OFTEN = "often"
    """Too many wrong links from one chat."""


class InvitationVoid(DomainError):
    """A link cannot be used, for the reason given."""

    def __init__(self, why: Void) -> None:
        super().__init__(f"This invitation cannot be used: {why}.")
        self.why = why


class AlreadyHas(DomainError):
    """Who opened the invitation has what it gives, or more. It was not used up by that."""

    def __init__(self, *, usable: bool) -> None:
        super().__init__("You have this already.")
        self.usable = usable
        """Whether somebody else can still use the link."""


class OtherRole(DomainError):
    """Accepting would take something away that the person has. It was not used up."""

    def __init__(self) -> None:
        super().__init__("You have another role already; an admin can change it.")


def new_token() -> str:
    """The secret of a link: 128 bits of chance, 22 characters of a deep link's alphabet."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What is stored of a link: with 128 bits of chance behind it, a plain SHA-256 keeps the secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def link(bot_username: str, token: str) -> str:
    """The address that opens an invitation in Telegram."""
    return f"https://t.me/{bot_username}?start={INVITATION}-{token}"


class Guesses:
    """Counts the wrong links of each chat: in memory, bounded, forgotten after an hour.

    With 128 bits nobody finds a link by guessing; this keeps the attempt from costing us anything.
    """

    LIFETIME = timedelta(hours=1)
    MOST = 10
    CAPACITY = 5_000

    def __init__(self) -> None:
        self._wrong: OrderedDict[int, tuple[datetime, int]] = OrderedDict()

    def exhausted(self, chat_id: int, now: datetime) -> bool:
        """Whether this chat has tried too many within the hour since its first."""
        since, count = self._wrong.get(chat_id, (now, 0))
        if now - since >= self.LIFETIME:
            del self._wrong[chat_id]
            return False
        return count >= self.MOST

    def wrong(self, chat_id: int, now: datetime) -> None:
        """Another one that does not exist."""
        if chat_id not in self._wrong:
            while len(self._wrong) >= self.CAPACITY:
                self._wrong.popitem(last=False)
        since, count = self._wrong.get(chat_id, (now, 0))
        self._wrong[chat_id] = (since, count + 1)
