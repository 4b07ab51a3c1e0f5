"""How memory is asked for and given back: a start takes five sixths of it, and three quarters of the time."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

# Of mallopt(3), from glibc's malloc.h.
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

_SELDOM = (100_000, 50, 100)
_USUAL = gc.get_threshold()  # of this version of Python
"""When Python looks for rubbish; see gc.set_threshold."""


def be_lean() -> None:
    """Before anything is imported.

    Nearly all that a start makes stays, and looking through it for rubbish again and again costs time.
    Large arrays are given back to the system when they are let go, which by its own rule glibc would keep
    after the first few; and threads that run one at a time need no heaps of their own.
    """
    gc.set_threshold(*_SELDOM)
    with suppress(*_NO_GLIBC):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, 1 << 18)
        libc.mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """After the start: what was made stays and is not looked through again; what it took is given back."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
    with suppress(*_NO_GLIBC):
        ctypes.CDLL(None).malloc_trim(0)


_NO_GLIBC = (OSError, AttributeError, TypeError)
"""What another C library answers to these calls."""
