"""Places of Mecklenburg-Vorpommern, and finding them in what people write.

People write ``Gustrow``, ``Шверине``, ``shverine``, ``بروستوك``, ``ሮስቶክ`` or ``18057``. The finder compares
folded words (no case, accents or letter variants; Ethiopic in Latin letters), then the same words without
the endings and prefixes that languages put on place names, and last, for long names, words with one slip
of the finger. Names that are also words or persons (*Waren*, *Bergen*, *Barth*) count only where the words
around them speak of a place. Lookups are dictionary lookups: the time depends on the length of the text,
not on the number of places.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import pairwise

from bot.domain.spelling import (
    AND,
    CITIES,
    DOUBTFUL,
    ELSEWHERE,
    LONG,
    LOOKALIKES,
    NAME_WORDS,
    NOT_BEFORE,
    PLACE_WORDS,
    STREETS,
    SURE_SHORT,
    TURKISH,
    VERBS,
    WORD,
    WORDS_ONLY,
    fold,
    keys_of,
    one_slip,
    slips_of,
    stems_of,
    words_of,
)


@dataclass(frozen=True, slots=True)
class District:
    """One of the eight districts."""

    id: str
    name: str
    kind: str
    abbreviations: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Town:
    """A town or municipality. Coordinates in degrees (WGS 84); population 0 where the source has none.

    ``is_town``: it holds town rights (Stadtrecht). ``names``: by locale code, where they differ from the
    German. ``alternates``: whatever else people call it, its quarters included.
    """

    id: str
    name: str
    district: str
    latitude: float
    longitude: float
    population: int = 0
    is_town: bool = False
    postal_codes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    alternates: tuple[str, ...] = ()


TownOrDistrict = Town | District


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text; ``text[start:end]`` is how, with its ending."""

    place: TownOrDistrict
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    place: TownOrDistrict
    words: int
    doubtful: bool


@dataclass(frozen=True, slots=True)
class _Token:
    raw: str
    key: str
    start: int
    end: int


def distance_km(a: Town, b: Town) -> float:
    """Kilometres between two towns, as the crow flies."""
    return _kilometres(a.latitude, a.longitude, b.latitude, b.longitude)


def _kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    north, east = math.radians(other_latitude - latitude), math.radians(other_longitude - longitude)
    haversine = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(latitude)) * math.cos(math.radians(other_latitude)) * math.sin(east / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(haversine)))


class Gazetteer:
    """An immutable index of places. Building it takes tens of milliseconds; share one."""

    def __init__(self, districts: Sequence[District], towns: Sequence[Town]) -> None:
        self.districts = tuple(districts)
        self.towns = tuple(towns)
        self._districts = {district.id: district for district in districts}
        self._towns = {town.id: town for town in towns}
        self._namesakes: dict[str, list[Town]] = {}
        for town in towns:
            self._namesakes.setdefault(town.name, []).append(town)
        self._index: dict[str, _Entry] = {}
        self._first_words: set[str] = set()
        self._in_words: set[str] = set()
        """Keys of names of several words, which others may write as one."""
        self._abbreviations: dict[str, TownOrDistrict] = {}
        self._codes: dict[str, tuple[Town, ...]] = {}
        # A town hides its namesakes: the larger one is meant.
        ranked = sorted(towns, key=lambda town: (not town.is_town, -town.population))
        for town in ranked:
            self._add(town, town.name, *town.names.values())
            for code in town.postal_codes:
                self._codes[code] = (*self._codes.get(code, ()), town)
        for town in ranked:
            self._add(town, *town.alternates)
        for district in districts:
            self._add_district(district)
        self._sorted = sorted(self._index)
        self._typos: dict[str, list[str]] = {}
        self._edges: set[str] = set()
        for key, entry in self._index.items():
            known = isinstance(entry.place, Town) and entry.place.is_town and not entry.doubtful
            if known and entry.words == 1 and len(key) >= LONG:
                self._edges |= {key[:3], "-" + key[-3:]}
                for slip in slips_of(key):
                    self._typos.setdefault(slip, []).append(key)

    def _add(self, place: TownOrDistrict, *names: str) -> None:
        large = isinstance(place, District) or place.is_town or place.population >= 2500
        resort = isinstance(place, Town) and bool(place.names)
        for name in names:
            if name.isascii() and name.isupper() and len(name) <= 4:
                self._abbreviations.setdefault(name, place)
                continue
            words = len(words_of(name))
            if words > 1:
                self._first_words |= keys_of(words_of(name)[0])
                self._in_words |= keys_of(name)
            for key in keys_of(name) - WORDS_ONLY:
                short = len(key) <= 4 and key not in SURE_SHORT
                doubtful = words == 1 and (key in DOUBTFUL or short or not (large or resort))
                self._index.setdefault(key, _Entry(place, words, doubtful))

    def _add_district(self, district: District) -> None:
        for name in district.abbreviations:
            if len(name) > 2 and district.id not in CITIES:
                self._abbreviations[name] = district
            if district.id not in CITIES:
                for word in ("Landkreis", "Kreis", "LK"):
                    self._add(district, f"{word} {name}")
        if district.id in CITIES:
            return
        bare = district.name.removeprefix("Landkreis ")
        self._add(district, *(f"{word} {bare}" for word in ("Landkreis", "Kreis", "LK")))
        self._add(district, district.name, *district.names.values(), *district.alternates)

    def town(self, id: str) -> Town | None:
        """The town with this id, or None."""
        return self._towns.get(id)

    def district(self, id: str) -> District | None:
        """The district with this id (``lro``), or None."""
        return self._districts.get(id)

    @staticmethod
    def local_name(place: TownOrDistrict, locale_code: str) -> str:
        """The place's name for readers of a language; the German name where it has no other."""
        return place.names.get(locale_code) or place.names.get(locale_code.partition("-")[0]) or place.name

    def shares_name(self, town: Town) -> bool:
        """Whether another town is called the same."""
        return len(self._namesakes[town.name]) > 1

    def nearest(self, latitude: float, longitude: float, count: int = 3) -> list[tuple[Town, float]]:
        """The nearest towns to a point in degrees, each with its distance in kilometres."""
        found = (
            (town, _kilometres(latitude, longitude, town.latitude, town.longitude)) for town in self.towns
        )
        return nsmallest(max(count, 0), found, key=lambda pair: pair[1])

    def search(self, text: str, limit: int = 10) -> list[Town]:
        """Towns whose name or postal code begins with the text, for a search as one types; best first.

        All towns of a name are found, too.
        """
        key = "".join(map(fold, words_of(text)))
        if not key or limit < 1:
            return []
        found: dict[str, tuple[bool, bool, int, Town]] = {}
        for at in range(bisect_left(self._sorted, key), len(self._sorted)):
            if not self._sorted[at].startswith(key):
                break
            place = self._index[self._sorted[at]].place
            for one in self._namesakes.get(place.name, ()):
                self._rate(found, one, exact=self._sorted[at] == key)
        if key.isdecimal():
            for code, towns in self._codes.items():
                if code.startswith(key):
                    self._rate(found, towns[0], exact=code == key)
        if not found and (entry := self._typo(key)):
            for one in self._namesakes.get(entry.place.name, ()):
                self._rate(found, one, exact=False)
        return [rated[3] for rated in sorted(found.values(), key=lambda rated: rated[:3])][:limit]

    def _rate(self, found: dict[str, tuple[bool, bool, int, Town]], town: Town, *, exact: bool) -> None:
        rated = (not exact, not town.is_town, -town.population, town)
        found[town.id] = min(found.get(town.id, rated), rated, key=lambda value: value[:3])

    def find(self, text: str) -> tuple[Mention, ...]:
        """The places that a text names, in order and without overlaps.

        Offsets are Python string offsets into the text as given. Never raises, whatever the text.
        """
        tokens = [_Token(m.group(), fold(m.group()), m.start(), m.end()) for m in WORD.finditer(text)]
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            place, count = self._match(text, tokens, at, found)
            if place is not None:
                self._append(text, found, Mention(place, tokens[at].start, tokens[at + count - 1].end))
            at += count
        return tuple(found)

    def _append(self, text: str, found: list[Mention], new: Mention) -> None:
        """Joins ``18057 Rostock`` and ``Rostock-Warnemünde`` into one mention."""
        if found:
            last = found[-1]
            gap = text[last.end : new.start]
            written = text[last.start : last.end]
            coded = isinstance(new.place, Town) and written in new.place.postal_codes
            if len(gap) <= 3 and not WORD.search(gap) and (last.place == new.place or coded):
                found[-1] = Mention(new.place, last.start, new.end)
                return
        found.append(new)

    def _match(
        self, text: str, tokens: list[_Token], at: int, found: list[Mention]
    ) -> tuple[TownOrDistrict | None, int]:
        """The place that the words from here on name, and of how many words its name is (at least 1)."""
        token = tokens[at]
        if token.raw.isdecimal():
            return self._coded(text, tokens, at), 1
        starts = (token.key[prefix:] for prefix in range(4 if token.key > "\u0600" else 1))
        if any(start in self._first_words for start in starts):
            for count in range(min(5, len(tokens) - at), 1, -1):
                span = tokens[at : at + count]
                if any(len(text[a.end : b.start].strip()) > 1 for a, b in pairwise(span)):
                    continue
                key = "".join(part.key for part in span)
                for candidate in (key, *(stem for stem, _ in stems_of(key))):
                    if candidate in self._in_words and (entry := self._index.get(candidate)):
                        return entry.place, count
        if place := self._abbreviations.get(token.raw.upper()):
            plain = token.raw.isupper() and not text.isupper()
            if plain or len(tokens) == 1 or (at and tokens[at - 1].key in PLACE_WORDS):
                return place, 1
            return None, 1
        entry, prefixed = self._word(token.key)
        following = tokens[at + 1].key if at + 1 < len(tokens) else ""
        if entry is None or (token.key.endswith("er") and following.startswith(STREETS)):
            return None, 1
        if entry.doubtful and not prefixed and not self._is_meant(text, tokens, at, found):
            return None, 1
        return entry.place, 1

    def _word(self, key: str) -> tuple[_Entry | None, bool]:
        """What one word names, and whether a preposition was written onto it."""
        if (entry := self._index.get(key)) is not None:
            return entry, False
        for stem, prefixed in stems_of(key):
            entry = self._index.get(stem)
            # Barthel, Lassana and Marlowe are other people.
            if entry is not None and not (entry.doubtful and stem.isascii()):
                return entry, prefixed
        return self._typo(key), False

    def _coded(self, text: str, tokens: list[_Token], at: int) -> Town | None:
        """The town of a postal code in any digits, unless the figure is part of a longer one."""
        token = tokens[at]
        if len(token.raw) != 5:
            return None
        before = tokens[at - 1] if at else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if text[max(token.start - 1, 0)] == "+" or any(
            other is not None and other.raw.isdecimal() and len(other.raw) > 2 and gap <= 1
            for other, gap in (
                (before, token.start - before.end if before else 0),
                (after, after.start - token.end if after else 0),
            )
        ):
            return None
        code = "".join(str(unicodedata.decimal(digit)) for digit in token.raw)
        return next(iter(self._codes.get(code, ())), None)

    def _typo(self, key: str) -> _Entry | None:
        """The town meant by a long word with one slip, its first letter being right."""
        if len(key) < LONG - 1 or len(key) > 40 or key in LOOKALIKES:
            return None
        # One slip leaves the beginning or the end as it was: this spares most words the longer search.
        if key[:3] not in self._edges and "-" + key[-3:] not in self._edges:
            return None
        for slip in slips_of(key):
            for name in self._typos.get(slip, ()):
                if name[0] == key[0] and one_slip(name, key):
                    return self._index[name]
        return None

    def _is_meant(self, text: str, tokens: list[_Token], at: int, found: list[Mention]) -> bool:
        """Whether the words around a doubtful name say that a place is meant."""
        token = tokens[at]
        if len(tokens) == 1:
            return True
        around = tokens[max(at - 3, 0) : at + 4]
        if any(other.key in ELSEWHERE for other in around):
            return False
        if any(other.key in ("muritz", "mueritz", "мюриц", "موريتس") for other in around):
            return True
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if after and after.key in TURKISH and text[token.end : after.start] in ("'", "’", "ʼ", "`"):
            return True
        if at == 0:
            return False
        before = tokens[at - 1]
        gap = text[before.end : token.start]
        if before.key in NOT_BEFORE.get(token.key, NAME_WORDS) or any(sign in gap for sign in ".!?\n:;"):
            return False
        if before.key in PLACE_WORDS or before.raw in self._codes:
            return True
        if before.key in AND or "," in gap:
            named = tokens[max(at - 2, 0)] if before.key in AND else before
            return bool(found) and found[-1].end >= named.end
        entry = self._index.get(token.key)
        if entry is None or not isinstance(entry.place, Town) or not entry.place.is_town:
            return False
        if token.key == "waren" and before.key.endswith(("e", "en", "er", "es")) and before.key not in VERBS:
            return False
        return token.raw[0].isupper() and not token.raw.isupper() and before.raw[0].islower()
