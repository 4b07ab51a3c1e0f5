"""Word patterns: whole words, beginnings, ends, any part and phrases, found where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.patterns import Hit, Patterns
from bot.understanding.words import tokens


def hits(text: str, *patterns: str) -> list[str]:
    found = Patterns((pattern, pattern) for pattern in patterns)
    return [hit.label for hit in found.find(tokens(text))]


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("visum", "Mein Visum!", "Visumantrag"),
        ("einbürger*", "Einbürgerungstest", "wiedereinbürgern"),
        ("*schule", "Berufsschule", "Schulessen"),
        ("*frau*", "Hausfrauen", "Frist"),
        # A star also matches nothing.
        ("*schule", "Schule", "Schulen"),
        ("schule*", "Schule", "Vorschule"),
        ("*frau*", "Frau", "Fra"),
        # Stems shorter than the letters by which patterns are filed.
        ("ab*", "abc", "cab"),
        ("*ab", "Stab", "Stabil"),
        ("*ab*", "Stabil", "Stil"),
        ("*a", "ca", "ac"),
        ("*a*", "xax", "xyz"),
        ("a*", "a", "ba"),
        ("*arbeit", "Zeitarbeit", "Arbeitszeit"),
        # A word that is shorter than the pattern.
        ("arbeits*", "Arbeitsamt", "Arbeit"),
        ("*arbeits*", "Hilfsarbeitskraft", "arb"),
    ],
)
def test_stars_say_what_is_open(pattern: str, found: str, missed: str) -> None:
    assert hits(found, pattern) == [pattern]
    assert hits(missed, pattern) == []


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Was ist los?", True),
        ("Was ist in Bad Doberan los", True),
        ("Ja, was ist am 5. Dezember in der Stadt Bad Doberan so los?", False),
        ("was ist am Samstag, dem 5. Dezember, in Wismar los", True),
        ("was ist", False),
        ("los, was ist in Wismar", False),
        ("was ist es, nur los los", True),
    ],
)
def test_a_gap_has_room_for_a_few_words_or_none(text: str, stands: bool) -> None:
    assert hits(text, "was ist … los") == ["was ist … los"] * stands
    assert hits(f"xyz {text} xyz", "was ist … l*") == ["was ist … l*"] * stands


def test_a_gap_ends_where_the_words_after_it_stand_for_the_first_time() -> None:
    patterns = Patterns((("was … los … ab", "both"),))
    assert patterns.find(tokens("ach was ist da los und los nun ab ab")) == [Hit("both", 1, 9)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("carte de santé", "ma CARTE DE SANTE svp"),
        ("einbürger*", "EINBURGERUNG"),
        ("житло", "Житло?"),
        ("сім'я", "сім’я"),
        ("إقامة", "اقامه"),
        ("نیاز", "نياز"),
        ("nhà ở", "nha o"),
        # An elision is two words, in the pattern as in the message.
        ("demande d'asile", "une demande d’asile"),
        ("d'asile*", "d'asiles"),
    ],
)
def test_case_accents_and_script_variants_do_not_matter(pattern: str, text: str) -> None:
    assert hits(text, pattern) == [pattern]


def test_the_words_of_a_phrase_stand_next_to_each_other_in_order() -> None:
    assert hits("Wo ist die Beratung für Frauen?", "beratung für frauen") == ["beratung für frauen"]
    assert hits("Beratung nur für Frauen", "beratung für frauen") == []
    assert hits("für Frauen Beratung", "beratung für frauen") == []
    assert hits("Beratung für", "beratung für frauen") == []


def test_every_word_of_a_phrase_has_its_own_stars() -> None:
    pattern = "deutsch* *kurs*"
    assert hits("ein deutscher Sprachkurs", pattern) == [pattern]
    assert hits("deutsche Abendkurse", pattern) == [pattern]
    assert hits("auf deutsch Kursbuch", "deutsch *kurs") == []
    assert hits("undeutsch Kurs", pattern) == []
    assert hits("Führerschein Prüfung", "*schein prüf*") == ["*schein prüf*"]


def test_the_stars_of_an_elided_pattern_stand_at_its_outer_ends() -> None:
    assert hits("l'asilesque", "l'asil*") == ["l'asil*"]
    assert hits("la asile", "l'asil*") == []
    assert hits("qu'asile", "*l'asile") == []


def test_a_hit_says_where_it_stands() -> None:
    found = Patterns([("deutsch*", "german"), ("kurs in schwerin", "course")])
    message = tokens("Ein Deutschkurs, ein Kurs in Schwerin")
    assert found.find(message) == [Hit("german", 1, 2), Hit("course", 3, 6)]


def test_several_patterns_may_hit_one_word_and_one_may_hit_twice() -> None:
    assert sorted(hits("Arbeit", "arbeit", "arb*", "*beit", "*rbei*")) == [
        "*beit",
        "*rbei*",
        "arb*",
        "arbeit",
    ]
    assert hits("Arbeit und Arbeit", "arbeit") == ["arbeit", "arbeit"]
    assert hits("ananas", "*an*") == ["*an*"]  # once for a word, however often it stands in it


@pytest.mark.parametrize("nothing", ["", "  ", "*", "**", "!?"])
def test_a_pattern_without_a_letter_finds_nothing(nothing: str) -> None:
    assert hits("a * ? alles", nothing) == []


def test_an_empty_message_has_no_hits() -> None:
    assert hits("", "a*", "*b*", "c") == []


WORD = st.text("abäß", min_size=1, max_size=6)


@given(WORD, st.lists(WORD, max_size=4), st.booleans(), st.booleans())
def test_hits_are_what_comparing_every_word_would_find(
    stem: str, words: list[str], open_start: bool, open_end: bool
) -> None:
    pattern = f"{'*' * open_start}{stem}{'*' * open_end}"
    (bare,) = tokens(stem)
    message = tokens(" ".join(words))
    wanted = [
        at
        for at, word in enumerate(message)
        if (
            bare in word
            if open_start and open_end
            else word.endswith(bare)
            if open_start
            else word.startswith(bare)
            if open_end
            else word == bare
        )
    ]
    assert [hit.start for hit in Patterns([(pattern, 0)]).find(message)] == wanted
