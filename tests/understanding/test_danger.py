"""Danger is recognised in every language, ordinary questions are not danger, cards are complete."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.emergencies import CARD_LANGUAGES, LANGUAGES, load_cards
from bot.content.reading import read_yaml
from bot.parts import make_answering
from bot.understanding.cards import Card
from bot.understanding.danger import LONGEST, Alarm, Watch
from bot.understanding.lexicon import Danger, Lexicon

CRIES: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("cries.yaml"))
CALM = "calm"


@cache
def watch() -> Watch:
    return make_answering().watch


def phrases(language: str, kind: str) -> list[str]:
    return CRIES[language][kind].split(" / ")


EVERY = [(language, danger) for language in LANGUAGES for danger in Danger]


@pytest.mark.parametrize(("language", "danger"), EVERY)
def test_danger_is_recognised(language: str, danger: Danger) -> None:
    written = phrases(language, danger.value)
    assert len(written) >= 6
    missed = {
        text: alarm
        for text in written
        if (alarm := watch().look(text, language)) is None
        or danger not in (alarm.danger, *alarm.also)
        or alarm.language != language
    }
    assert missed == {}


@pytest.mark.parametrize(("language", "danger"), EVERY)
def test_danger_is_recognised_without_knowing_the_language(language: str, danger: Danger) -> None:
    for text in phrases(language, danger.value):
        alarm = watch().look(text)
        assert alarm is not None, text
        assert danger in (alarm.danger, *alarm.also), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_is_recognised_in_capitals_and_with_an_app_in_another_language(language: str) -> None:
    for danger in Danger:
        for text in phrases(language, danger.value):
            loud = watch().look(text.upper().replace("İ", "I") + "!!!1", "de" if language != "de" else "en")
            if danger is not Danger.HELP:
                assert loud is not None, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_questions_raise_no_alarm(language: str) -> None:
    calm = phrases(language, CALM)
    assert len(calm) >= 8
    assert {text: alarm for text in calm if (alarm := watch().look(text, language))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "Wo finde ich einen Deutschkurs in Schwerin?",
        "Ich suche einen Kitaplatz für mein Kind und finde keinen",
        "Ich will nicht mehr in der Unterkunft leben",
        "Ich bin 15 Jahre alt, darf ich arbeiten?",
        "Demo gegen Nazis am Samstag",
        "What do you do against Nazis?",
        "Why is a Nazi party allowed in Germany?",
        "Die Polizei war gestern bei uns. Was passiert jetzt?",
        "My child has a high fever on a Sunday. Where do I go?",
        "Meine Kinder vermissen ihren Vater sehr",
        "Wer machte in Schwerin ein Projekt mit fünf Vereinen?",
        "my baby is 8 months old, which doctor",
        "не могу найти садик для ребенка",
        "боюсь ехать в ведомство",
        "ما بدي عيش بالكامب",
        "mon fils a 12 ans et cherche un club",
        "con tôi 8 tuổi học trường nào",
        "",
        "🙂",
        "1100",
        "18057 Rostock",
    ],
)
def test_near_misses(text: str) -> None:
    assert watch().look(text) is None


@pytest.mark.parametrize("text", ["110", "112", "116016", "116 016", "١١٠", " 1 1 2 ", "Hilfe!!!", "SOS"])
def test_a_bare_number_or_cry_shows_the_card_for_help(text: str) -> None:
    assert watch().look(text, "uk") is not None
    alarm = watch().look(text, "de")
    assert alarm == Alarm(Danger.HELP, "de")


def test_a_cry_for_help_is_short() -> None:
    assert watch().look("Hilfe, ich verstehe diesen langen Brief vom Amt nicht") is None


def test_plain_german_stays_plain_and_languages_may_be_mixed() -> None:
    assert watch().look("Mein Mann schlägt mich", "de-x-leicht") == Alarm(Danger.VIOLENCE, "de-x-leicht")
    mixed = watch().look("Hallo, мой муж меня бьет, was tun?", "de")
    assert mixed == Alarm(Danger.VIOLENCE, "ru")


@pytest.mark.parametrize("cry", ["intihar", "intihar etmek", "intihar edeceğim", "intihar edecem"])
def test_a_word_of_turkish_and_arabic_is_turkish_unless_the_person_chose_arabic(cry: str) -> None:
    assert watch().look(cry) == watch().look(cry, "de") == Alarm(Danger.SUICIDE, "tr")
    assert watch().look(cry, "ar") == Alarm(Danger.SUICIDE, "ar")


def test_what_is_harmless_silences_all_but_the_wish_to_die() -> None:
    lexicon = Lexicon.parse(
        "en",
        {"harmless": "game killed !hits", "dangers": {"attack": "killed", "fire": "smoke", "suicide": "die"}},
    )
    own = Watch([lexicon])
    assert own.look("killed") == Alarm(Danger.ATTACK, "en")
    assert own.look("killed in a game, smoke") is None
    assert own.look("killed in a game, and he hits me") == Alarm(Danger.ATTACK, "en")
    assert own.look("killed in a game, I want to die") == Alarm(Danger.SUICIDE, "en")


def test_the_most_urgent_danger_comes_first_and_the_others_are_kept() -> None:
    alarm = watch().look("Nazis greifen uns an und das Haus brennt")
    assert alarm == Alarm(Danger.FIRE, "de", (Danger.ATTACK,))
    card = load_cards().card(alarm.danger, "de", alarm.also)
    numbers = [line.number for line in card.lines]
    assert numbers[:2] == ["112", "110"]
    assert len(numbers) == len(set(numbers)) > 3


def test_words_far_apart_do_not_belong_together() -> None:
    lexicon = Lexicon.parse("en", {"dangers": {"violence": "alpha omega"}})
    own = Watch([lexicon])
    assert own.look("omega x x alpha") == Alarm(Danger.VIOLENCE, "en")
    assert own.look("alpha " + "x " * 40 + "omega") is None


def test_the_rule_language() -> None:
    lexicon = Lexicon.parse(
        "en",
        {
            "words": {"who": "alice bob"},
            "calm": "course*",
            "ignore": "alice springs",
            "dangers": {
                "fire": "@who burn*|*fire !film\n# a comment\n~ smoke",
                "attack": "come_here_now",
                "help": "= rescue",
            },
        },
    )
    own = Watch([lexicon])
    fire = Alarm(Danger.FIRE, "en")
    assert own.look("Bob is burning") == fire
    assert own.look("wildfire, alice!") == fire
    assert own.look("Alice Springs burns") is None
    assert own.look("bob burned in a film") is None
    assert own.look("smoke") == fire
    assert own.look("smoke courses") is None
    assert own.look("now come here, now") == Alarm(Danger.ATTACK, "en")
    assert own.look("come right here now") is None
    assert own.look("rescue") == Alarm(Danger.HELP, "en")
    assert own.look("rescue services") is None


@pytest.mark.parametrize("slip", ["violense", "violnece", "viloence", "violenc", "vioolence", "violencce"])
def test_one_typing_error_in_a_long_word(slip: str) -> None:
    own = Watch([Lexicon.parse("en", {"dangers": {"violence": "violence"}})])
    assert own.look(slip) == Alarm(Danger.VIOLENCE, "en")
    assert own.look("viuleunce") is None


@pytest.mark.parametrize(
    "data",
    [
        {"dangers": {"violence": "@nobody hits"}},
        {"dangers": {"violence": "!only"}},
        {"dangers": {"violence": "a||b"}},
        {"dangers": {"violence": "*both*"}},
        {"dangers": {"boredom": "yawn"}},
        {"dangers": "none"},
        {"words": ["a"], "dangers": {}},
    ],
)
def test_a_wrong_file_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Lexicon.parse("en", data)


@given(st.text(st.characters(codec=None), max_size=500), st.sampled_from([None, "de", "xx", ""]))
def test_anything_may_be_looked_at(text: str, language: str | None) -> None:
    alarm = watch().look(text, language)
    assert alarm is None or alarm.danger in Danger


@given(
    st.lists(
        st.sampled_from(
            ["\u202e", "😀" * 50, "\ud800", "mein mann ", "schlägt ", "ﷺ" * 20, "\u200b", "me ", "می "]
        ),
        max_size=200,
    )
)
def test_hostile_mixtures(parts: list[str]) -> None:
    text = "".join(parts)
    assert watch().look(text) == watch().look(text[:LONGEST])


def test_invisible_characters_hide_nothing() -> None:
    assert watch().look("\u202eMein\u200b Mann sch\u00adlägt m\u2060ich") == Alarm(Danger.VIOLENCE, "de")


def test_a_desk_has_its_name_in_every_language_and_what_it_does_is_said_once() -> None:
    for language in CARD_LANGUAGES:
        named = [line.text for line in load_cards().card(Danger.ATTACK, language).lines][2:]
        assert [text.partition(":")[0] for text in named] == ["LOBBI Nord", "LOBBI West", "LOBBI Ost"]
        assert [": " in text for text in named] == [True, False, False]


SCRIPT = {
    **dict.fromkeys(("ar", "fa", "fa-AF", "ps"), "[\u0600-\u06ff]"),
    **dict.fromkeys(("uk", "ru", "bg"), "[\u0400-\u04ff]"),
    "ti": "[\u1200-\u137f]",
}
PHONE_SPEAKS = {
    *("ar", "bg", "en", "fr", "fa", "fa-AF", "ku", "pl", "ro", "ru", "es", "sq", "tr", "uk", "vi"),
}


def texts(card: Card) -> list[str]:
    said = [line.text for line in card.lines if "LOBBI " not in line.text[:9] or ":" in line.text]
    return [card.heading, card.no_human, card.delete_hint, card.copy_label, card.delete_label, *said]


@pytest.mark.parametrize("language", CARD_LANGUAGES)
@pytest.mark.parametrize("danger", Danger)
def test_every_language_has_a_whole_card_in_its_script(language: str, danger: Danger) -> None:
    card = load_cards().card(danger, language)
    assert card.language == language
    assert card.lines
    assert all(texts(card))
    script = SCRIPT.get(language, "[A-Za-z]")
    for text in texts(card):
        assert re.search(script, text), text
        if script != "[A-Za-z]":
            letters = [char for char in text if char.isalpha()]
            assert sum(bool(re.match(script, char)) for char in letters) > len(letters) * 0.6, text
    assert (card.state, bool(card.automatic)) == (("human", False) if language == "de" else ("machine", True))
    for line in card.lines:
        assert line.number is not None
        assert line.number.isdigit()
        assert line.display.replace(" ", "") == line.number
        assert not re.search(r"\d{4,}", line.text)


def test_no_two_languages_share_a_text() -> None:
    seen: dict[str, str] = {}
    for language in CARD_LANGUAGES:
        for danger in Danger:
            card = load_cards().card(danger, language)
            for text in (card.heading, card.no_human, card.delete_hint, card.lines[0].text):
                assert seen.setdefault(text, language) == language, text


@pytest.mark.parametrize("language", CARD_LANGUAGES)
def test_the_helpline_for_women_is_never_missing_and_says_its_language(language: str) -> None:
    cards = load_cards()
    for danger in (Danger.VIOLENCE, Danger.HELP, Danger.CHILD, Danger.SUICIDE):
        line = next(line for line in cards.card(danger, language).lines if line.number == "116016")
        assert line.display == "116 016"
    source = Path(__file__).parents[2] / "bot/content/emergencies/cards.yaml"
    words = read_yaml(source)[language]
    if language in PHONE_SPEAKS:
        assert words["spoken"]
        assert line.text.replace("\u2068", "").replace("\u2069", "").endswith(words["spoken"])
    elif not language.startswith("de"):
        assert words["not_spoken"] in line.text


def test_the_numbers_of_each_danger() -> None:
    cards = load_cards()

    def numbers(danger: Danger, language: str = "de") -> list[str | None]:
        return [line.number for line in cards.card(danger, language).lines]

    assert numbers(Danger.VIOLENCE) == ["110", "112", "116016", "08001239900"]
    assert numbers(Danger.FIRE)[0] == numbers(Danger.MEDICAL)[0] == numbers(Danger.SUICIDE)[0] == "112"
    assert {"08001110111", "08001110222"} <= set(numbers(Danger.SUICIDE))
    assert {"116117", "0361730730"} <= set(numbers(Danger.MEDICAL))
    assert "116111" in numbers(Danger.CHILD)
    assert numbers(Danger.ATTACK) == ["110", "112", "03812009379", "03812009377", "03954550718"]
    assert {"110", "112", "116016"} == set(numbers(Danger.HELP))
    speaks = {code for code in CARD_LANGUAGES if "08005002250" in numbers(Danger.SUICIDE, code)}
    assert speaks == {"uk", "ru"}


def test_unknown_languages_get_german_and_machine_texts_the_german_twin() -> None:
    cards = load_cards()
    assert cards.card(Danger.FIRE, None).language == cards.card(Danger.FIRE, "xx").language == "de"
    assert cards.card(Danger.FIRE, "kmr").language == "ku"
    assert cards.card(Danger.FIRE, "ar-SY").language == "ar"
    assert cards.german(cards.card(Danger.FIRE, "de")) is None
    twin = cards.german(cards.card(Danger.FIRE, "ti"))
    assert twin == cards.card(Danger.FIRE, "de")


def test_cards_know_their_direction() -> None:
    directions = {code: load_cards().card(Danger.FIRE, code).rtl for code in CARD_LANGUAGES}
    assert {code for code, rtl in directions.items() if rtl} == {"ar", "fa", "fa-AF", "ps"}
