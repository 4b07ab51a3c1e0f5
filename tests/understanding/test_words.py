"""Normalisation: what is thrown away, what is kept, and that nothing breaks it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.words import consonants, fold, spellings, tokens

HOSTILE = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HILFE", "hilfe"),
        ("helpppppp", "help"),
        ("heeeelp", "help"),
        ("schlägt", "schlagt"),
        ("Straße", "STRASSE"),
        ("İMDAT", "imdat"),
        ("ılık", "ilik"),
        ("źle łódź đánh", "zle lodz danh"),
        ("ёлка", "елка"),
        ("أإآٱ", "اااا"),
        ("على", "علي"),
        ("کمک", "كمك"),
        ("مدرسة", "مدرسه"),
        ("يَضْرِبُنِي", "يضربني"),
        ("نـــجدة", "نجدة"),
        ("می\u200cزند", "میزند"),
        ("h\u200be\u202el\u2066p\ufeff", "help"),
        ("ｈｅｌｐ", "help"),
        ("don’t", "don't"),
        ("ሠላም", "ሰላም"),
    ],
)
def test_variants_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("110", "10"), ("112", "12"), ("mut", "not"), ("б", "п")])
def test_what_means_something_else_stays_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_digits_of_any_script_are_ascii_and_never_squeezed() -> None:
    assert fold("١١٠ ۱۱۲ 116016") == "110 112 116016"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can't", ["cant"]),
        ("il m'a", ["il", "m", "a"]),
        ("б'ють б’ють", ["бють", "бють"]),
        ("ርድኡኒ። ሓገዝ፣", ["ርድኡኒ", "ሃገዝ"]),
        ("m-a bătut!!", ["m", "a", "batut"]),
        ("🔥😀 hi\n\tho", ["hi", "ho"]),
        ("\ud800 a\x00b", ["a", "b"]),
        ("", []),
        ("''' ___ …", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_latin_i_in_a_cyrillic_word_is_cyrillic() -> None:
    assert tokens("допоможiть") == tokens("допоможіть")


@given(HOSTILE)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(HOSTILE)
def test_tokens_are_clean_words(text: str) -> None:
    for word in tokens(text):
        assert word
        assert "'" not in word
        assert " " not in word


@given(st.sampled_from(["😀", "\u202e", "\ud800", "a", "ﷺ", "́", "'", "m'", "ي"]))
def test_long_input_grows_in_proportion(char: str) -> None:
    assert len(fold(char * 4096)) <= 4096 * len(unicodedata.normalize("NFKD", char).casefold())
    assert len(tokens(char * 4096)) <= 4096 * 4


def test_spellings_cover_umlauts_and_latin_letters() -> None:
    assert spellings("schlägt", "de")["schlagt"] == {"schlagt", "schlaegt"}
    assert "byet" in spellings("бьёт", "ru")[fold("бьет")]
    assert "cholovik" in spellings("чоловік", "uk")["чоловік"]
    assert "pomosht" in spellings("помощ", "bg")["помощ"]
    assert spellings("plain words", "en") == {"plain": {"plain"}, "words": {"words"}}


def test_spellings_cover_the_ways_of_chats() -> None:
    assert "bie" in spellings("б'є", "uk")["бє"]
    assert {"deteto", "tq", "zabravq"} <= set().union(*spellings("детето тя забравя", "bg").values())
    assert {"kashta", "kushta", "kyshta"} <= spellings("къща", "bg")["къща"]
    assert "serdce" in spellings("сердце", "ru")["сердце"]


def test_kurmanji_is_also_written_in_arabic_letters() -> None:
    table = spellings("mêrê min li min dixe ez agir xwe dide", "ku")
    for latin, arabic in (("mere", "مێرێ"), ("dixe", "دخە"), ("ez", "ئەز"), ("agir", "ئاگر"), ("xwe", "خۆ")):
        assert fold(arabic) in table[latin]
    assert table["dide"] == {"dide"}, "ده is an ordinary word of Persian"


def test_consonants() -> None:
    assert consonants("yadribuni") == consonants("yedrebni") == "ydrbn"
    assert consonants("7ariq") == consonants("hari9") == "hrq"
    assert consonants("5ana2ni") == "khn"
    assert consonants("110") == consonants("حريق") == consonants("größe") == ""
