"""Normalisation of what people type, so that one spelling stands for all of its variants.

People in distress write without accents, with a foreign keyboard, with missing or doubled
letters and in the wrong script. Everything here throws away differences that do not change
the meaning in our languages. The result is for comparing with other folded text only, never
for showing. All functions take linear time and accept any string, lone surrogates included.
"""

from __future__ import annotations

import re
import unicodedata

from bot.domain.spelling import UMLAUTS

# Letters that Unicode does not decompose, and letters that people mix up on their keyboards.
_SAME = {
    **dict(zip("ıłđøðħŧæœþ", ("i", "l", "d", "o", "d", "h", "t", "ae", "oe", "th"), strict=True)),
    # Alef with wasla, and alef maqsura, Persian, Urdu, Pashto, Kurdish yeh: all one yeh.
    **dict.fromkeys("ٱ", "ا"),
    **dict.fromkeys("ىیۍېےݷێ", "ي"),
    # Persian, Arabic and Urdu kaf; teh marbuta, Persian and Urdu heh; Kurdish and Urdu waw.
    **dict.fromkeys("کڪګ", "ك"),
    **dict.fromkeys("ةۀہھەۃ", "ه"),
    **dict.fromkeys("ۆۇۈۋ", "و"),
    "ـ": "",  # tatweel only stretches the line
    # Hamza is the letter that is forgotten most: "شئ", "شيء".
    "ء": "",
    **dict.fromkeys("’‘ʼʹ`´′＇ʻ‛ʾʿ", "'"),
    "ґ": "г",
    "ӏ": "",
}

# Tigrinya keyboards offer several series for one sound: ሠ as ሰ, ኀ and ሐ as ሀ, ፀ as ጸ, ዐ as አ.
for _from, _to in (("ሠ", "ሰ"), ("ኀ", "ሀ"), ("ሐ", "ሀ"), ("ፀ", "ጸ"), ("ዐ", "አ")):
    for _step in range(7):
        _SAME[chr(ord(_from) + _step)] = chr(ord(_to) + _step)

_REMEMBERED_BELOW = 0x3000
"""Decisions are kept for letters of our scripts only, so that hostile input cannot fill memory."""


class _Letters(dict[int, str]):
    """What each code point becomes; filled on demand."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char in _SAME:
            becomes = _SAME[char]
        elif category == "Nd":
            becomes = str(unicodedata.decimal(char))  # Arabic-Indic, Persian, … digits → ASCII
        elif category in ("Mn", "Me", "Cf"):
            becomes = ""  # accents, harakat, enclosing marks; zero-width and bidi controls
        elif category in ("Cc", "Cs", "Zs", "Zl", "Zp") and char != "\n":
            becomes = " "
        else:
            becomes = char
        if code < _REMEMBERED_BELOW:
            self[code] = becomes
        return becomes


_LETTERS = _Letters()
_REPEATED = re.compile(r"(\w)(?=\1)(?<![\d_])")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ELISION = frozenset(("c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu"))

_LOOKALIKE = str.maketrans("aceiopxykmthb", "асеіорхукмтнв")
_HAS_CYRILLIC = re.compile("[Ѐ-ӿ]")
_HAS_LATIN = re.compile("[a-z]")


def fold(text: str) -> str:
    """The text without the differences that spelling, keyboards and scripts make.

    1. NFKD, so that "ﬁ", "Ｈ" and "ä" fall into plain letters and marks.
    2. Casefold: "HILFE", "ẞ", "İ".
    3. Per character: marks (accents, harakat) and invisible controls go; digits of any script
       become ASCII; variant letters become one (see ``_SAME``); ё has become е and й и by 1.
    4. NFC, which only puts Korean syllables back together.
    5. Doubled letters become one: "helppppp", "Hilfeee", and also "comming". Digits stay, or
       110 would be lost.
    """
    text = text.replace("\ufdfa", " ")  # one sign for a whole blessing would become 18 letters
    bare = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return _REPEATED.sub("", unicodedata.normalize("NFC", bare))


def written(text: str) -> str:
    """The text with its letters as they are, in one form: "TONE\u0308" is "tonë", and "tonę" is not."""
    return unicodedata.normalize("NFC", text.casefold())


def tokens(text: str) -> list[str]:
    """The folded words of a text in order; punctuation, emoji and symbols only separate.

    French elisions are two words ("m'a" → m, a); any other apostrophe is dropped ("can't" → cant,
    "б'ють" → бють). In a word with Cyrillic letters, Latin ones that look the same are taken for
    Cyrillic, because many type the Ukrainian і on a Latin keyboard.
    """
    return words_of(fold(text))


def words_of(folded: str) -> list[str]:
    """The words of a text that is folded already; see :func:`tokens`."""
    words = _WORD.findall(folded)
    if "'" not in folded and (
        folded.isascii() or not (_HAS_CYRILLIC.search(folded) and _HAS_LATIN.search(folded))
    ):
        return words  # nothing to be done to any of them
    found: list[str] = []
    for word in words:
        if "'" in word:
            head, _, rest = word.partition("'")
            if head in _ELISION and _HAS_LATIN.match(rest):
                found.append(head)
                word = rest
            word = word.replace("'", "")
        if not word.isascii() and _HAS_CYRILLIC.search(word) and _HAS_LATIN.search(word):
            word = word.translate(_LOOKALIKE)
        found.append(word)
    return found


_CYRILLIC = str.maketrans(
    dict(
        zip(
            "абвгґдеёжзийклмнопрстуфхцчшщыэюяъьєії",
            (
                *("a", "b", "v", "g", "g", "d", "e", "yo", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p"),
                *("r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "y", "e", "yu", "ya", "", ""),
                *("ye", "i", "yi"),
            ),
            strict=True,
        )
    )
)
_LATIN = {
    "ru": _CYRILLIC,
    "uk": _CYRILLIC | str.maketrans({"г": "h", "и": "y"}),
    "bg": _CYRILLIC | str.maketrans({"х": "h", "щ": "sht", "ъ": "a"}),
}
_AS_IN_CHATS = {
    "ru": ({"я": "ia", "ю": "iu", "ц": "c", "щ": "sch", "ж": "j", "й": "i", "х": "h", "ё": "e"},),
    # The official table (я as "ia"), and the same with both of г and ґ as "h".
    "uk": ({"я": "ia", "ю": "iu", "є": "ie", "й": "i", "ґ": "h", "х": "h"},),
    # Bulgarians type the sign that looks or lies nearest: я as "q", ъ as "u" or "y", ж as "j".
    "bg": ({"я": "q", "ъ": "u", "ж": "j"}, {"я": "q", "ъ": "a", "ж": "j"}, {"я": "ia", "ъ": "y", "ж": "j"}),
}
"""Further ways of writing Cyrillic in Latin letters, as differences to the table of the language."""
_SOFT_BEFORE_VOWEL = re.compile("[ьъ](?=[еёюяиоі])")

_KURMANJI = str.maketrans(
    dict(
        zip(
            "abcçdeêfghiîjklmnopqrsştuûvwxyz",
            (
                *("ا", "ب", "ج", "چ", "د", "ە", "ێ", "ف", "گ", "ه", "", "ی", "ژ", "ک", "ل", "م", "ن", "و"),
                *("پ", "ق", "ر", "س", "ش", "ت", "و", "و", "ڤ", "و", "خ", "ی", "ز"),
            ),
            strict=True,
        )
    )
)
_VOWEL_FIRST = re.compile("(?<![^\\W_aeêiîouû])(?=[aeêîouû])|(?<![^\\W_])i")
_NOT_KURMANJI = frozenset(
    map(
        fold,
        ("ده", "دو", "دی", "نازی", "ناز", "تهدید", "دخان", "زور", "بزور", "خطر", "کم", "هم", "کار", "بهش"),
    )
)
"""Not looked for in Arabic letters: to readers of Persian or Arabic they are ordinary words."""


def spellings(text: str, language: str) -> dict[str, frozenset[str]]:
    """For every word of a text of ours (with its accents): the folded forms people write it in.

    German umlauts also as "ae"; Cyrillic languages also in Latin letters ("dopomozhit",
    "byet"), with kh or h, and with or without y before е; Kurmanji also in the Arabic letters in
    which it is written in Iraq and Syria. Keys are the folded words; the whole text is folded at
    once, because the rules have tens of thousands of words.
    """
    versions = [text]
    lower = text.lower()
    if language == "de":
        versions.append(lower.translate(UMLAUTS))
    elif language == "ku":
        # A vowel at the beginning of a syllable stands on a hamza; the short i is not written; "xwe"
        # is "xo" in Iraq.
        arabic = _VOWEL_FIRST.sub("ئ", lower).translate(_KURMANJI)
        versions += [arabic, arabic.replace("خوە", "خۆ")]
    elif language in _LATIN:
        hard = _SOFT_BEFORE_VOWEL.sub("й", lower) if language != "bg" else lower
        latin = hard.translate(_LATIN[language])
        versions += [
            latin,
            lower.translate(_CYRILLIC),
            latin.replace("kh", "h"),
            latin.replace("ye", "e").replace("yo", "e"),
        ]
        versions += [
            lower.translate(_LATIN[language] | str.maketrans(other)) for other in _AS_IN_CHATS[language]
        ]
    columns = [_WORD.findall(fold(version).replace("'", "")) for version in versions]
    forms: dict[str, set[str]] = {}
    for word, *others in zip(*columns, strict=True):
        forms.setdefault(word, {word}).update(others)
    if language == "ku":
        for word, found in forms.items():
            found -= _NOT_KURMANJI - {word}
    return {word: frozenset(found) for word, found in forms.items()}


_SOUNDS = str.maketrans({**dict.fromkeys("aeiou23"), "7": "h", "5": "kh", "6": "t", "8": "gh", "9": "q"})


def consonants(word: str) -> str:
    """What a folded word in Latin letters sounds like without its vowels; "" for other words.

    Who writes Arabic, Persian, Pashto or Tigrinya in Latin letters hears the consonants and
    guesses the vowels: "yadribuni", "yedrobni", "yidrebni" are all ydrbn. Digits that stand for
    Arabic sounds become letters ("7ariq", "hariq").
    """
    if not word.isascii() or not _HAS_LATIN.search(word):
        return ""
    return _REPEATED.sub("", word.translate(_SOUNDS))
