"""What an import does to one record that is already there.

Three versions meet: the one of the last import (the base), the one in the database, which may have
been edited since, and the one in the file. They are compared leaf by leaf: a leaf is a field, one
language of a text, one entry of a mapping, or one way of contact. A leaf that the file does not name
stays as it is; one that it names as None shall be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from bot.domain.directory import KINDS, ContactDetails, Kind
from bot.domain.locales import SOURCE
from bot.domain.text import LocalizedText, State
from bot.storage.codec import field_types

Body = Mapping[str, Any]
Leaf = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf whose value differs; None where there is none."""

    leaf: Leaf
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome for one record.

    ``body`` is to be stored, ``imported`` is the base of the next import. ``changed`` lists what
    the import changes, ``kept`` what was edited elsewhere and stays because the file has not
    changed there, ``conflicts`` what was changed in both: there the database's ``old`` stays and
    the file's ``new`` is not taken.
    """

    body: Body
    imported: Body
    changed: tuple[Difference, ...] = ()
    kept: tuple[Difference, ...] = ()
    conflicts: tuple[Difference, ...] = ()


def merge(
    kind: Kind,
    base: Body | None,
    current: Body,
    given: Body,
    *,
    shipped: Body | None = None,
    overwrite: bool = False,
) -> Merged:
    """Merge a file's version into the database's. With ``overwrite`` the file wins in all it names.

    ``shipped`` is what came with the program, where the file did not: it is nobody's edit.
    """
    mine, last, initial = _leaves(kind, current), _leaves(kind, base or {}), _leaves(kind, shipped or {})
    theirs = _leaves(kind, given, emptied=(*mine, *last))
    texts = {name for name, (_, tp) in field_types(KINDS[kind]).items() if tp is LocalizedText}
    result: dict[Leaf, Any] = {}
    kept: list[Difference] = []
    conflicts: list[Difference] = []
    for leaf in dict.fromkeys((*mine, *theirs)):
        here, there = mine.get(leaf), theirs.get(leaf)
        untouched = _untouched(last.get(leaf), here)
        unchanged = leaf in last and there == last[leaf]
        if leaf not in theirs or here == there or (untouched and unchanged):
            result[leaf] = here
        elif overwrite or (
            not unchanged and (untouched or (leaf in initial and _untouched(initial[leaf], here)))
        ):
            result[leaf] = there
        else:
            result[leaf] = here
            (kept if unchanged else conflicts).append(Difference(leaf, here, there))
    for conflict in conflicts:
        name, *key = conflict.leaf
        if name in texts and key != [SOURCE] and _is_void(conflict, result, mine, (last, initial)):
            result[conflict.leaf] = conflict.new
    for name in texts:
        _mark_outdated(name, result, mine, theirs, last)
    conflicts = [difference for difference in conflicts if result[difference.leaf] != difference.new]
    # A conflict keeps its base, and so is reported until somebody settles it.
    imported = last | theirs
    for leaf in [difference.leaf for difference in conflicts]:
        if leaf in last:
            imported[leaf] = last[leaf]
        else:
            del imported[leaf]
    changed = [
        Difference(leaf, mine.get(leaf), result.get(leaf))
        for leaf in dict.fromkeys((*mine, *result))
        if mine.get(leaf) != result.get(leaf)
    ]
    body = _body({leaf: value for leaf, value in result.items() if value is not None})
    return Merged(body, _body(imported), tuple(changed), tuple(kept), tuple(conflicts))


def _is_void(
    conflict: Difference,
    result: Mapping[Leaf, Any],
    mine: Mapping[Leaf, Any],
    before: Iterable[Mapping[Leaf, Any]],
) -> bool:
    """Whether the edit elsewhere only confirmed a translation of German that is now replaced."""
    source = (conflict.leaf[0], SOURCE)
    replaced = _text(result.get(source)) != _text(mine.get(source))
    return replaced and _text(conflict.old) in [_text(one.get(conflict.leaf)) for one in before]


def _mark_outdated(
    name: str,
    result: dict[Leaf, Any],
    mine: Mapping[Leaf, Any],
    theirs: Mapping[Leaf, Any],
    last: Mapping[Leaf, Any],
) -> None:
    """Mark the languages of one text that were made from another German text than the result's."""
    source = (name, SOURCE)
    german = _text(result.get(source))
    for leaf, text in [item for item in result.items() if item[0][0] == name and item[0] != source]:
        if text is None:
            continue
        brought = theirs if theirs.get(leaf) != last.get(leaf) else {}
        made_from = {_text(v.get(source)) for v in (mine, brought, last) if v.get(leaf) == text} - {None}
        if made_from and german not in made_from:
            result[leaf] = {"text": _text(text), "state": State.OUTDATED.value}


def _untouched(before: Any, here: Any) -> bool:
    """Whether nobody has edited a leaf since the last import; being marked as outdated is no edit."""
    if before == here:
        return True
    outdated = isinstance(here, dict) and here.get("state") == State.OUTDATED
    return outdated and before is not None and _text(before) == _text(here)


def _text(rendition: Any) -> Any:
    return rendition.get("text") if isinstance(rendition, dict) else rendition


def by_key(tp: Any) -> bool:
    """Whether the leaves of a field of this type are its entries."""
    return tp in {LocalizedText, ContactDetails} or get_origin(tp) is Mapping


def _leaves(kind: Kind, body: Body, *, emptied: Iterable[Leaf] = ()) -> dict[Leaf, Any]:
    """A body by leaves; the entries of a field that shall be empty are those among ``emptied``."""
    known = field_types(KINDS[kind])
    found: dict[Leaf, Any] = {}
    for name, value in body.items():
        if name not in known:
            continue  # the last import was by a version that knew other fields
        if by_key(known[name][1]) and value is None:
            found |= dict.fromkeys(leaf for leaf in emptied if leaf[0] == name)
        elif by_key(known[name][1]):
            found |= {(name, key): item for key, item in value.items()}
        else:
            found[name,] = value
    return found


def _body(leaves: Mapping[Leaf, Any]) -> Body:
    body: dict[str, Any] = {}
    for leaf, value in leaves.items():
        if len(leaf) == 1:
            body[leaf[0]] = value
        else:
            body.setdefault(leaf[0], {})[leaf[1]] = value
    return body
