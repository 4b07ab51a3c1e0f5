"""What is made of the content's files at each start, kept ready-made beside the code.

Reading the rules and vocabularies of all languages takes over a second. As Python keeps bytecode, so this
keeps what was made of them: in ``__pycache__``, under the hash of all files that it was made from, code
included. Where that folder cannot be written to, everything is made anew at each start.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bot.content import FOLDER

_log = logging.getLogger(__name__)
_SOURCES = ("content/**/*.yaml", "content/*.json", "content/*.py", "domain/*.py", "understanding/*.py")
T = TypeVar("T")


def ready_made(name: str, make: Callable[[], T], folder: Path = FOLDER / "__pycache__") -> T:
    """What ``make`` gives, or gave before from the same files."""
    path = folder / f"{name}-{_fingerprint()}.pickle"
    try:
        # Whoever can write here can change the code as well: no more is trusted than bytecode is.
        return pickle.loads(path.read_bytes())  # type: ignore[no-any-return]  # noqa: S301
    except FileNotFoundError:
        pass
    except Exception as error:  # noqa: BLE001 (a damaged file can raise anything)
        _log.warning("%s is made anew: %s", path.name, type(error).__name__)
    made = make()
    with suppress(OSError):
        _keep(path, pickle.dumps(made, protocol=5))
        for older in folder.glob(f"{name}-*.pickle"):
            if older != path:
                older.unlink(missing_ok=True)
    return made


def _keep(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, also for who starts at the same moment."""
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)  # whoever installs it, others run it
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _fingerprint() -> str:
    """Of all files that can change what is made of them, and of Python itself."""
    hashed = hashlib.blake2b(sys.version.encode(), digest_size=8)
    for pattern in _SOURCES:
        for path in sorted(FOLDER.parent.glob(pattern)):
            hashed.update(path.relative_to(FOLDER.parent).as_posix().encode())
            hashed.update(path.read_bytes())
    return hashed.hexdigest()
