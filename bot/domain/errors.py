"""What can go wrong in ways that a person can be told about."""

from __future__ import annotations

import traceback


class DomainError(Exception):
    """Something was asked that cannot be done; its message says why, in English.

    The dialog turns these into a translated reply. Anything else is a fault and is logged.
    """


class DatabaseTooNew(DomainError):
    """The database (or a backup) was written by a newer version of Lotse than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is at revision {revision}, which this version of Lotse does not know. "
            "Install the version that last used it, or restore a backup made by this one."
        )
        self.revision = revision


class DatabaseTooOld(DomainError):
    """The database was to be read as it is, and has the tables of an older version of Lotse."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is at revision {revision}, older than this version; it was not changed. "
            "Start the bot once (lotse run): it saves a copy and brings the database up to date."
        )


class DatabaseMissing(DomainError):
    """The database was to be read as it is, and there is none."""

    def __init__(self) -> None:
        super().__init__(
            "There is no database yet where LOTSE_DATABASE_URL says. Correct the address, "
            "or fill a new database with: lotse import --starter"
        )


class DatabaseNotEmpty(DomainError):
    """A backup would overwrite what is already stored, and nobody said that it may."""


class DatabaseInUse(DomainError):
    """A backup would replace what somebody works with at this moment."""


class BackupDamaged(DomainError):
    """The file is not a backup of Lotse, or it is cut short or altered. Nothing was changed."""


class UnknownRecipient(DomainError):
    """Something was to be stored for a chat that has not chosen anything yet."""

    def __init__(self) -> None:
        super().__init__("This chat is not stored: a language has to be chosen first.")


class StorageFailed(Exception):
    """The database cannot be reached, is locked for too long, or refused a statement.

    Not a :class:`DomainError`: nobody who writes to the bot can do anything about it.
    """


class StorageUnreachable(StorageFailed):
    """The database is away or locked just now: the same may work in a moment."""


def where(error: BaseException) -> str:
    """An exception's kind and places in the code. Its message is left out: it may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-6:])
    return f"{type(error).__name__} at {places}"
