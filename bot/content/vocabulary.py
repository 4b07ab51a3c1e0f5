"""Loads the vocabularies by which questions are understood: one file per language in ``vocabulary/``.

A file holds ``language``, ``function_words`` (a list) and up to five groups, each label → patterns in
the language of :mod:`bot.understanding.patterns`: ``topics``, ``kinds``, ``languages``, ``times`` and
``smalltalk``. All files are always used together, because people mix languages. The times called ``none``
hide those whose words they hold: "por la mañana" is no "mañana"; the kind ``happening`` ("what happens")
is one of events where a place is named and nothing else. Languages that the bot does not write have
``topics``, ``languages``, ``times``, some ``smalltalk`` and few kinds; the rest is understood by its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.content import FOLDER
from bot.content.reading import read_yaml
from bot.domain.spelling import UMLAUTS
from bot.understanding.questions import Vocabulary

VOCABULARIES = FOLDER / "vocabulary"


def load_vocabularies() -> tuple[Vocabulary, ...]:
    """All vocabularies in the order of their file names.

    ValueError names the file and the entry that is wrong.
    """
    return tuple(_load(path) for path in sorted(VOCABULARIES.glob("*.yaml")))


def _load(path: Path) -> Vocabulary:
    document = read_yaml(path)
    if not isinstance(document, Mapping) or document.get("language") != path.stem:
        raise ValueError(f"{path.name}: 'language' must be {path.stem!r}, as the file is named")
    return parse_vocabulary(document)


def parse_vocabulary(document: Mapping[str, object]) -> Vocabulary:
    """The vocabulary of a file's content; ValueError names the entry that is wrong.

    German patterns with an umlaut also stand for their spelling with e ("Auslaenderbehoerde"), so
    that nobody has to write both.
    """
    language = str(document["language"])
    return Vocabulary(
        language=language,
        topics=_group(document, "topics", language),
        kinds=_group(document, "kinds", language),
        languages=_group(document, "languages", language),
        times=_group(document, "times", language),
        smalltalk=_group(document, "smalltalk", language),
        function_words=_patterns(document.get("function_words"), language, "function_words"),
    )


def _group(document: Mapping[str, object], group: str, language: str) -> Mapping[str, tuple[str, ...]]:
    labels = document.get(group) or {}
    if not isinstance(labels, Mapping):
        raise ValueError(f"{language}: {group!r} must be a table of label → patterns")
    return {str(label): _patterns(listed, language, f"{group}.{label}") for label, listed in labels.items()}


def _patterns(listed: object, language: str, where: str) -> tuple[str, ...]:
    if not isinstance(listed, list):
        raise ValueError(f"{language}: {where} must be a list")
    for pattern in listed:
        # YAML reads a bare no, on or 112 as something else than a word.
        if not isinstance(pattern, str) or not pattern.strip("* "):
            raise ValueError(f"{language}: {where}: {pattern!r} is not a word; put it in quotes")
    return tuple(dict.fromkeys(_spelled(listed) if language == "de" else listed))


def _spelled(patterns: Iterable[str]) -> Iterable[str]:
    for pattern in patterns:
        yield pattern
        yield pattern.translate(UMLAUTS)
