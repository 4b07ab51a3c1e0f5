"""How people spell places: folding, endings and prefixes, slips of the finger, and tell-tale words.

What :mod:`bot.domain.places` compares names by. The lists hold folded words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A letter, its vowel signs, the Arabic filler; ZWNJ and the apostrophe of Turkish endings divide.
WORD = re.compile("[^\\W_]+(?:[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]+[^\\W_]*)*")
_DOUBLE = re.compile("([\u0400-\u04ff])\\1")
_FOLDED = str.maketrans(
    {
        "ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae",
        # Ukrainian and Russian write the same names with neighbouring letters.
        "і": "и", "ы": "и", "є": "е", "э": "е", "ґ": "г", "ь": None, "ъ": None, "ʼ": None,
        # Arabic and Persian keyboards; three ways to write a German g.
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ۀ": "ه", "پ": "ب", "ڤ": "ف", "ژ": "ز",
        "گ": "غ", "ج": "غ", "\u0640": None, "\u200c": None, "\u200d": None,
        # Pashto.
        "ټ": "ت", "ډ": "د", "ړ": "ر", "ڼ": "ن", "ښ": "ش", "ږ": "ز", "ځ": "ز", "څ": "س", "ګ": "غ",
        "ې": "ي", "ۍ": "ي",
    }
)  # fmt: skip
# Ethiopic is written by syllables, eight to a consonant, and read in Latin letters: ሮስቶክ is "rostok". The
# consonants in the order of Unicode, from U+1200; "-" carries vowels alone.
_CONSONANTS = (
    "h l h m s r s sh k kw k kw b v t ch h hw n n - k kw k kw w - z zh y d d j g gw g t ch p ts ts f p"
)
_VOWELS, _VOWELS_ALONE = ("e", "u", "i", "a", "e", "", "o", "a"), "auiaeeoa"
for _row, _consonant in enumerate(_CONSONANTS.split()):
    for _order, _vowel in enumerate(_VOWELS):
        _syllable = _VOWELS_ALONE[_order] if _consonant == "-" else _consonant + _vowel
        _FOLDED[0x1200 + 8 * _row + _order] = "i" if _syllable == "y" else _syllable
# Cyrillic names are also looked for in Latin letters, as many type: "shverin". Short ones would be words.
_LONG_IN_LATIN = 6
_IN_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya",
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
DOUBTFUL = _set(
    "waren bergen barth plau laage marlow lassan goldberg tessin warin loitz grabow garz klutz wesenberg"
    " usedom friedland strasburg schonberg schoenberg sternberg poel prora glewe feldberg plate"
    " varen варен варин барт лаге шван берген плау гарц рена лоиц краков голдберг фелдберг рюген марлов тесин"
    " варин миров грабов штернберг шенберг фридланд ласан"
)
# Villages called "possession", "black", "hammer" and "hall": found by their postal code only.
WORDS_ONLY = _set("besitz schwarz hammer saal")
SURE_SHORT = frozenset(("binz", "lubz", "luebz"))
# One letter away from a name, but something else.
LOOKALIKES = _set(
    "wittenberg wittenberge wittenberger starnberg steinberg stenberg sternburg strassburg strasbourg"
    " schoneberg schonburg schwan schwann grimme gustow butzow restock feldberge freiland goldberge"
    " templin neustadt glimmen grimmer scherin schmal schwedin schwein schweren bestow doberman"
    " machin machow hagenom виттенберг витенберг страсбург штеинберг штернбург"
)
PLACE_WORDS = _set(
    "in aus nach bei nahe richtung raum region gegend stadt gemeinde ort hansestadt ostseebad seebad ab bis"
    " landkreis hafen bahnhof from near to at around city town"
    " w we z ze do kolo miasto miescie din la langa spre orasul oras tai tu den thanh pho gan vers pres ville"
    " en li nga"
    " в во у з зи из до к коло биля около под возле од от г город городе мисто мисти мистечко"
    " في من الي قرب مدينه بمدينه عند در از به تا شهر نزديك"
)
NAME_WORDS = _set("herr herrn frau familie dr prof name heisse heisst ist bin is am mr mrs ms karl philip")
STREETS = ("strasse", "str", "platz", "tor", "allee", "damm", "chaussee", "weg", "markt", "ring")
VERBS = _set("mochte mochten besuche besuchen kenne kennen liebe mag will erreiche erreichen")
AND = _set("und oder u and or i si ve et va та и або или و او يا")
ELSEWHERE = _set("schweiz switzerland ticino suisse norwegen norway niedersachsen gottingen")
NOT_BEFORE: dict[str, frozenset[str]] = {
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
    " un ut it in ke"  # Albanian; the "and" of Tigrinya: ሮስቶክከ
)
_CYRILLIC_ENDINGS = _list("ови еви ом ем ою ив ах ам а у е и")
_SOFTENED = (("ци", "к"), ("зи", "г"), ("си", "х"))  # Ukrainian: Росток, у Ростоці
_CYRILLIC_ADJECTIVE = re.compile(r"([а-я]{5,})ск[а-я]{1,4}$")
_CLITICS = ("وبال", "بال", "وال", "فال", "لل", "ال", "وب", "ول", "فب", "ب", "ل", "و", "ف", "ك")
TURKISH = _set("da de ta te dan den tan ten daki deki taki teki a e ya ye in nin un nun")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})
"""How German is written where these letters are missing."""
CITIES = ("hro", "sn")
LONG = 7
"""Letters of a name from which on one slip is forgiven: shorter ones are too near to other words."""


def words_of(name: str) -> list[str]:
    """The words of a name, as written."""
    return [match.group() for match in WORD.finditer(name)]


def keys_of(name: str) -> set[str]:
    """The folded ways to write a name: ``Güstrow`` → gustrow, guestrow; ``Ueckermünde`` → uckermunde too."""
    words = words_of(name)
    dropped = "".join(map(fold, words))
    spelled = "".join(map(fold, words_of(name.casefold().translate(UMLAUTS))))
    keys = {dropped, spelled}
    if "а" <= dropped[:1] <= "я" and dropped not in DOUBTFUL:
        latin = dropped.translate(_IN_LATIN)
        keys |= {latin} if len(latin) >= _LONG_IN_LATIN else set()
    for start in ("ue", "oe"):
        keys |= {key[0] + key[2:] for key in (dropped, spelled) if key.startswith(start)}
    return keys - {""}


def slips_of(key: str) -> Iterator[str]:
    """The word, and the word with each one letter left out: two words one slip apart share one of these."""
    yield key
    for index in range(len(key)):
        yield key[:index] + key[index + 1 :]


def one_slip(a: str, b: str) -> bool:
    """Whether two different words are one inserted, lost, wrong or two swapped letters apart."""
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) != len(b):
        return len(b) - len(a) == 1 and a[at:] == b[at + 1 :]
    swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    return swapped or a[at + 1 :] == b[at + 1 :]


def stems_of(key: str) -> Iterator[tuple[str, bool]]:
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
