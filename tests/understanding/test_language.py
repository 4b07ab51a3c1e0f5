"""Which language a text is in: by script, letters and little words; doubt stays with the person's own."""

from __future__ import annotations

import pytest

from bot.app import make_answering
from bot.understanding.language import detect
from bot.understanding.questions import Question, Reader

LATIN = ("de", "en", "tr", "pl", "ro", "vi", "fr")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return make_answering().reader


def text(words: str, **votes: int) -> Question:
    """A text with votes as the reader of questions gives them."""
    return Question(
        words, tuple(words.split()), votes={code.replace("_", "-"): n for code, n in votes.items()}
    )


# Texts that say clearly


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "Ich suche eine Wohnung für meine Familie"),
        ("en", "Where can I find a flat for my family?"),
        ("tr", "Ailem için bir ev arıyorum"),
        ("pl", "Szukam mieszkania dla mojej rodziny, proszę o pomoc"),
        ("ro", "Caut o locuință pentru familia mea"),
        ("vi", "Tôi tìm nhà cho gia đình tôi"),
        ("fr", "Je cherche un logement pour ma famille"),
        ("uk", "Шукаю житло для своєї сім'ї"),
        ("ru", "Ищу жильё для своей семьи, мы живём в общежитии"),
        ("ar", "أبحث عن سكن لعائلتي"),
        ("fa-AF", "برای خانواده‌ام خانه می‌خواهم، کجا پیدا کنم؟"),
    ],
)
@pytest.mark.parametrize("own", [None, "de", "vi", "ru", "ar"])
def test_a_whole_sentence_is_recognised_whatever_was_chosen(
    reader: Reader, language: str, written: str, own: str | None
) -> None:
    assert detect(reader.read(written), own) == language


# Votes, script by script


@pytest.mark.parametrize(
    ("letters", "language"),
    [
        ("їжак", "uk"),
        ("ґанок", "uk"),
        ("мыло", "ru"),
        ("ёлка", "ru"),
        ("پدر", "fa-AF"),
        ("گل", "fa-AF"),
        ("مدرسة", "ar"),
        ("البيت", "ar"),
        ("ağaç", "tr"),
        ("źle", "pl"),
        ("được", "vi"),
        ("știre", "ro"),
    ],
)
def test_letters_of_one_language_decide(letters: str, language: str) -> None:
    assert detect(text(letters)) == language
    assert detect(text(letters), "de") == language


def test_words_count_more_than_letters() -> None:
    assert detect(text("Müller wants coffee", en=4)) == "en"
    assert detect(text("café bitte", de=2)) == "de"


def test_votes_of_another_script_do_not_count() -> None:
    assert detect(text("дім", de=9, uk=1)) == "uk"
    assert detect(text("house", ru=9, en=2)) == "en"


def test_the_script_with_most_letters_is_that_of_the_text() -> None:
    assert detect(text("Ausländerbehörde де", de=1, uk=1), "ru") == "de"
    assert detect(text("а де тут BAMF", uk=2), "de") == "uk"


def test_a_script_of_two_languages_is_one_of_them_even_without_a_sign() -> None:
    assert detect(text("кот")) == "uk"
    assert detect(text("кот"), "de") == "uk"
    assert detect(text("متن"), "tr") == "ar"
    assert detect(text("дом", ru=1), "de") == "ru"


# Short and doubtful texts


@pytest.mark.parametrize("own", [*LATIN, "de-x-leicht", "uk", "fa-AF", None])
def test_a_text_without_a_sign_of_its_language_stays_in_ones_own(own: str | None) -> None:
    assert detect(text("ok"), own) == own
    assert detect(text("Hansa Rostock 2026"), own) == own


@pytest.mark.parametrize("own", ["de", "fr", "uk", None])
def test_a_single_vote_is_not_enough_to_leave_ones_own_language(own: str | None) -> None:
    assert detect(text("pension", en=1), own) == own


@pytest.mark.parametrize("nothing", ["", "   ", "2026-11-24 14:00", "👍🏽", "?!"])
@pytest.mark.parametrize("own", ["ar", "de-x-leicht", None])
def test_what_has_no_letters_has_no_language(nothing: str, own: str | None) -> None:
    assert detect(text(nothing), own) == own


@pytest.mark.parametrize("foreign", ["ሰላም", "ሰላም ኣለኹ"])
def test_a_script_of_none_of_our_languages_changes_nothing(foreign: str) -> None:
    assert detect(text(foreign), "en") == "en"
    assert detect(text(foreign)) is None


def test_ones_own_language_wins_a_draw() -> None:
    assert detect(text("дом", uk=1, ru=1), "ru") == "ru"
    assert detect(text("a b", pl=2, ro=2), "ro") == "ro"


# Registers and neighbours that no text tells apart


def test_plain_german_stays_plain() -> None:
    assert detect(text("Ich brauche Hilfe", de=4), "de-x-leicht") == "de-x-leicht"
    assert detect(text("größer"), "de-x-leicht") == "de-x-leicht"
    assert detect(text("where is it", en=6), "de-x-leicht") == "en"


def test_dari_stays_dari() -> None:
    assert detect(text("پدرم کجا است", fa_AF=4), "fa-AF") == "fa-AF"
    # Letters that Arabic has as well do not take it away from who chose Dari.
    assert detect(text("سلام"), "fa-AF") == "fa-AF"
    assert detect(text("مدرسة البيت", ar=2), "fa-AF") == "ar"


def test_russian_and_ukrainian_stay_what_was_chosen_without_letters_of_the_other() -> None:
    assert detect(text("кот"), "ru") == "ru"
    assert detect(text("кот"), "uk") == "uk"
    assert detect(text("кит їсть"), "ru") == "uk"


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert detect(text("a" * 500 + "ж" * 900), "de") == "de"
