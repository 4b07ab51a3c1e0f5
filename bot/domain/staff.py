"""Who may do what: staff of the office, and contacts of member organisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

INVITATION_LIFETIME = timedelta(days=7)
"""How long an invitation can be used."""


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
    organisation's matters; ``editing`` is the draft in hand and ``expecting`` what the next text means.
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
    expires_at: datetime
