"""Places of Mecklenburg-Vorpommern, and finding them in what people write.

People write ``Gustrow``, ``Шверине``, ``بروستوك`` or ``18057``. The finder compares folded words (no
case, accents or letter variants), then the same words without the endings and prefixes that languages
put on place names, and last, for long names, words with one slip of the finger. Names that are also
words or persons (*Waren*, *Bergen*, *Barth*) count only where the words around them speak of a place.
Lookups are dictionary lookups: the time depends on the length of the text, not on the number of places.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class District:
    """One of the eight districts; ``ags`` is the official regional key, ``nuts3`` the European code."""

    id: str
    name: str
    kind: str
    ags: str
    nuts3: str
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


Place = Town | District


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text; ``text[start:end]`` is how, with its ending."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    place: Place
    words: int
    doubtful: bool


@dataclass(frozen=True, slots=True)
class _Token:
    raw: str
    key: str
    start: int
    end: int


# A letter, its vowel signs, the Arabic filler; ZWNJ and the apostrophe of Turkish endings divide.
_WORD = re.compile("[^\\W_]+(?:[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]+[^\\W_]*)*")
_DOUBLE = re.compile("([\u0400-\u04ff])\\1")
_FOLDED = str.maketrans(
    {
        "ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae",
        # Ukrainian and Russian write the same names with neighbouring letters.
        "і": "и", "ы": "и", "є": "е", "э": "е", "ґ": "г", "ь": None, "ъ": None, "ʼ": None,
        # Arabic and Persian keyboards; three ways to write a German g.
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ۀ": "ه", "پ": "ب", "ڤ": "ف", "ژ": "ز",
        "گ": "غ", "ج": "غ", "\u0640": None, "\u200c": None, "\u200d": None,
    }
)  # fmt: skip


def fold(word: str) -> str:
    """One word as the finder compares it: ``GÜSTROW`` → ``gustrow``, ``Шверін`` → ``шверин``."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).translate(_FOLDED)
    return _DOUBLE.sub(r"\1", plain)


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Also words, persons or well-known places elsewhere: a sign is needed that a place is meant.
_DOUBTFUL = _set(
    "waren bergen barth plau laage marlow lassan goldberg tessin warin loitz grabow garz klutz wesenberg"
    " usedom friedland strasburg schonberg schoenberg sternberg poel prora glewe feldberg plate"
    " varen варен варин барт лаге шван берген плау гарц рена лоиц краков голдберг фелдберг рюген марлов тесин"
    " варин миров грабов штернберг шенберг фридланд ласан"
)
# Villages called "possession", "black", "hammer" and "hall": found by their postal code only.
_WORDS_ONLY = _set("besitz schwarz hammer saal")
_SURE_SHORT = frozenset(("binz", "lubz", "luebz"))
# One letter away from a name, but something else.
_LOOKALIKES = _set(
    "wittenberg wittenberge wittenberger starnberg steinberg stenberg sternburg strassburg strasbourg"
    " schoneberg schonburg schwan schwann grimme gustow butzow restock feldberge freiland goldberge"
    " templin neustadt glimmen grimmer scherin schmal schwedin schwein schweren bestow doberman"
    " machin machow hagenom виттенберг витенберг страсбург штеинберг штернбург"
)
_PLACE_WORDS = _set(
    "in aus nach bei nahe richtung raum region gegend stadt gemeinde ort hansestadt ostseebad seebad ab bis"
    " landkreis hafen bahnhof from near to at around city town"
    " w we z ze do kolo miasto miescie din la langa spre orasul oras tai tu den thanh pho gan vers pres ville"
    " в во у з зи из до к коло биля около под возле од от г город городе мисто мисти мистечко"
    " في من الي قرب مدينه بمدينه عند در از به تا شهر نزديك"
)
_NAME_WORDS = _set("herr herrn frau familie dr prof name heisse heisst ist bin is am mr mrs ms karl philip")
_STREETS = ("strasse", "str", "platz", "tor", "allee", "damm", "chaussee", "weg", "markt", "ring")
_VERBS = _set("mochte mochten besuche besuchen kenne kennen liebe mag will erreiche erreichen")
_AND = _set("und oder u and or i si ve et va та и або или و او يا")
_ELSEWHERE = _set("schweiz switzerland ticino suisse norwegen norway niedersachsen gottingen")
_NOT_BEFORE: dict[str, frozenset[str]] = {
    "waren": _set(
        "die der den dem das diese dieser diesen viele alle neue ihre unsere meine seine keine einige von mit"
        " fur wir sie ihr ohne uber wo wie was wer da wann es manche andere beim zum"
    ),
    "bergen": _set("den die der zu hohen kann konnen im"),
    "tessin": _set("im kanton das"),
}
_LATIN_ENDINGS = _list(
    "erin ern ers er s ului ul owi iem em ie zie ze taki daki teki deki tan dan ten den ta da te de"
    " nun nin ya ye a e u i"
)
_CYRILLIC_ENDINGS = _list("ови еви ом ем ою ив ах ам а у е и")
_SOFTENED = (("ци", "к"), ("зи", "г"), ("си", "х"))  # Ukrainian: Росток, у Ростоці
_CYRILLIC_ADJECTIVE = re.compile(r"([а-я]{5,})ск[а-я]{1,4}$")
_CLITICS = ("وبال", "بال", "وال", "فال", "لل", "ال", "وب", "ول", "فب", "ب", "ل", "و", "ف", "ك")
_TURKISH = _set("da de ta te dan den tan ten daki deki taki teki a e ya ye in nin un nun")
_GERMAN = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"))
_CITIES = ("hro", "sn")
_LONG = 7


def _words(name: str) -> list[str]:
    return [match.group() for match in _WORD.finditer(name)]


def _keys(name: str) -> set[str]:
    """The folded ways to write a name: ``Güstrow`` → gustrow, guestrow; ``Ueckermünde`` → uckermunde too."""
    words = _words(name)
    dropped = "".join(map(fold, words))
    spelled = name.casefold()
    for umlaut, letters in _GERMAN:
        spelled = spelled.replace(umlaut, letters)
    spelled = "".join(map(fold, _words(spelled)))
    keys = {dropped, spelled}
    for start in ("ue", "oe"):
        keys |= {key[0] + key[2:] for key in (dropped, spelled) if key.startswith(start)}
    return keys - {""}


def _slips(key: str) -> Iterator[str]:
    """The word, and the word with each one letter left out: two words one slip apart share one of these."""
    yield key
    for index in range(len(key)):
        yield key[:index] + key[index + 1 :]


def _one_slip(a: str, b: str) -> bool:
    """Whether two different words are one inserted, lost, wrong or two swapped letters apart."""
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) != len(b):
        return len(b) - len(a) == 1 and a[at:] == b[at + 1 :]
    swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    return swapped or a[at + 1 :] == b[at + 1 :]


def _stems(key: str) -> Iterator[tuple[str, bool]]:
    """What a word may be with endings and prefixes taken off, and whether a preposition was among them."""
    first = key[:1]
    if "a" <= first <= "z":
        for ending in _LATIN_ENDINGS:
            if len(key) - len(ending) >= 6 and key.endswith(ending):
                yield key[: -len(ending)], False
    elif "а" <= first <= "я":
        for ending in _CYRILLIC_ENDINGS:
            if len(key) - len(ending) >= 4 and key.endswith(ending):
                yield key[: -len(ending)], False
        for ending, letter in _SOFTENED:
            if key.endswith(ending) and len(key) > 5:
                yield key[: -len(ending)] + letter, False
        if adjective := _CYRILLIC_ADJECTIVE.match(key):
            yield adjective.group(1), False
    elif "\u0620" <= first <= "\u06ff":
        for clitic in _CLITICS:
            if key.startswith(clitic) and len(key) - len(clitic) >= 4:
                yield key[len(clitic) :], "ب" in clitic or clitic.endswith("ل")


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


def local_name(place: Place, locale_code: str) -> str:
    """The place's name for readers of a language; the German name where it has no other."""
    return place.names.get(locale_code) or place.names.get(locale_code.partition("-")[0]) or place.name


class Gazetteer:
    """An immutable index of places. Building it takes tens of milliseconds; share one."""

    def __init__(self, districts: Sequence[District], towns: Sequence[Town]) -> None:
        self.districts = tuple(districts)
        self.towns = tuple(towns)
        self._districts = {district.id: district for district in districts}
        self._towns = {town.id: town for town in towns}
        self._index: dict[str, _Entry] = {}
        self._first_words: set[str] = set()
        self._abbreviations: dict[str, Place] = {}
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
            if known and entry.words == 1 and len(key) >= _LONG:
                self._edges |= {key[:3], "-" + key[-3:]}
                for slip in _slips(key):
                    self._typos.setdefault(slip, []).append(key)

    def _add(self, place: Place, *names: str) -> None:
        large = isinstance(place, District) or place.is_town or place.population >= 2500
        resort = isinstance(place, Town) and bool(place.names)
        for name in names:
            if name.isascii() and name.isupper() and len(name) <= 4:
                self._abbreviations.setdefault(name, place)
                continue
            words = len(_words(name))
            if words > 1:
                self._first_words |= _keys(_words(name)[0])
            for key in _keys(name) - _WORDS_ONLY:
                short = len(key) <= 4 and key not in _SURE_SHORT
                doubtful = words == 1 and (key in _DOUBTFUL or short or not (large or resort))
                self._index.setdefault(key, _Entry(place, words, doubtful))

    def _add_district(self, district: District) -> None:
        for name in district.abbreviations:
            if len(name) > 2 and district.id not in _CITIES:
                self._abbreviations[name] = district
            if district.id not in _CITIES:
                for word in ("Landkreis", "Kreis", "LK"):
                    self._add(district, f"{word} {name}")
        if district.id in _CITIES:
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

    def by_postal_code(self, code: str) -> tuple[Town, ...]:
        """The towns that share a postal code, the most likely first; empty outside the state."""
        return self._codes.get(code.strip(), ())

    def local_name(self, place: Place, locale_code: str) -> str:
        """See :func:`local_name`."""
        return local_name(place, locale_code)

    def nearest(self, latitude: float, longitude: float, count: int = 3) -> list[tuple[Town, float]]:
        """The nearest towns to a point in degrees, each with its distance in kilometres."""
        found = (
            (town, _kilometres(latitude, longitude, town.latitude, town.longitude)) for town in self.towns
        )
        return nsmallest(max(count, 0), found, key=lambda pair: pair[1])

    def search(self, text: str, limit: int = 10) -> list[Town]:
        """Towns whose name or postal code begins with the text, for a search as one types; best first."""
        key = "".join(map(fold, _words(text)))
        if not key or limit < 1:
            return []
        found: dict[str, tuple[bool, bool, int, Town]] = {}
        for at in range(bisect_left(self._sorted, key), len(self._sorted)):
            if not self._sorted[at].startswith(key):
                break
            self._rate(found, self._index[self._sorted[at]].place, exact=self._sorted[at] == key)
        if key.isdecimal():
            for code, towns in self._codes.items():
                if code.startswith(key):
                    self._rate(found, towns[0], exact=code == key)
        if not found and (entry := self._typo(key)):
            self._rate(found, entry.place, exact=False)
        return [rated[3] for rated in sorted(found.values(), key=lambda rated: rated[:3])][:limit]

    def _rate(self, found: dict[str, tuple[bool, bool, int, Town]], place: Place, *, exact: bool) -> None:
        if isinstance(place, Town):
            rated = (not exact, not place.is_town, -place.population, place)
            found[place.id] = min(found.get(place.id, rated), rated, key=lambda value: value[:3])

    def find(self, text: str) -> tuple[Mention, ...]:
        """The places that a text names, in order and without overlaps.

        Offsets are Python string offsets into the text as given. Never raises, whatever the text.
        """
        tokens = [_Token(m.group(), fold(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]
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
            if len(gap) <= 3 and not _WORD.search(gap) and (last.place == new.place or coded):
                found[-1] = Mention(new.place, last.start, new.end)
                return
        found.append(new)

    def _match(
        self, text: str, tokens: list[_Token], at: int, found: list[Mention]
    ) -> tuple[Place | None, int]:
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
                for candidate in (key, *(stem for stem, _ in _stems(key))):
                    entry = self._index.get(candidate)
                    if entry is not None and entry.words > 1:
                        return entry.place, count
        if place := self._abbreviations.get(token.raw.upper()):
            plain = token.raw.isupper() and not text.isupper()
            if plain or len(tokens) == 1 or (at and tokens[at - 1].key in _PLACE_WORDS):
                return place, 1
            return None, 1
        entry, prefixed = self._word(token.key)
        following = tokens[at + 1].key if at + 1 < len(tokens) else ""
        if entry is None or (token.key.endswith("er") and following.startswith(_STREETS)):
            return None, 1
        if entry.doubtful and not prefixed and not self._is_meant(text, tokens, at, found):
            return None, 1
        return entry.place, 1

    def _word(self, key: str) -> tuple[_Entry | None, bool]:
        """What one word names, and whether a preposition was written onto it."""
        if (entry := self._index.get(key)) is not None:
            return entry, False
        for stem, prefixed in _stems(key):
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
        if len(key) < _LONG - 1 or len(key) > 40 or key in _LOOKALIKES:
            return None
        # One slip leaves the beginning or the end as it was: this spares most words the longer search.
        if key[:3] not in self._edges and "-" + key[-3:] not in self._edges:
            return None
        for slip in _slips(key):
            for name in self._typos.get(slip, ()):
                if name[0] == key[0] and _one_slip(name, key):
                    return self._index[name]
        return None

    def _is_meant(self, text: str, tokens: list[_Token], at: int, found: list[Mention]) -> bool:
        """Whether the words around a doubtful name say that a place is meant."""
        token = tokens[at]
        if len(tokens) == 1:
            return True
        around = tokens[max(at - 3, 0) : at + 4]
        if any(other.key in _ELSEWHERE for other in around):
            return False
        if any(other.key in ("muritz", "mueritz", "мюриц", "موريتس") for other in around):
            return True
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if after and after.key in _TURKISH and text[token.end : after.start] in ("'", "’", "ʼ", "`"):
            return True
        if at == 0:
            return False
        before = tokens[at - 1]
        gap = text[before.end : token.start]
        if before.key in _NOT_BEFORE.get(token.key, _NAME_WORDS) or any(sign in gap for sign in ".!?\n:;"):
            return False
        if before.key in _PLACE_WORDS or before.raw in self._codes:
            return True
        if before.key in _AND or "," in gap:
            named = tokens[max(at - 2, 0)] if before.key in _AND else before
            return bool(found) and found[-1].end >= named.end
        entry = self._index.get(token.key)
        if entry is None or not isinstance(entry.place, Town) or not entry.place.is_town:
            return False
        if token.key == "waren" and before.key.endswith(("e", "en", "er", "es")) and before.key not in _VERBS:
            return False
        return token.raw[0].isupper() and not token.raw.isupper() and before.raw[0].islower()
