"""More cries in every language and script, and more of what only looks like one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from bot.content import FOLDER
from bot.content.emergencies import LANGUAGES
from bot.content.reading import read_yaml
from bot.content.words import load_words
from bot.parts import make_answering
from bot.understanding.danger import Alarm, Watch
from bot.understanding.lexicon import Danger, Lexicon

HERE = Path(__file__).parent
CRIES: dict[str, dict[str, str]] = read_yaml(HERE / "further_cries.yaml")
CALM: dict[str, dict[str, str]] = read_yaml(HERE / "further_calm.yaml")
KINDS = (Danger.VIOLENCE, Danger.SUICIDE, Danger.MEDICAL, Danger.FIRE, Danger.CHILD, Danger.ATTACK)
SPELT = {f"{code}-latn" for code in ("uk", "ru", "bg", "ar", "fa", "ps", "ti")} | {"ku-arab"}
PEOPLE = {Danger.VIOLENCE, Danger.CHILD, Danger.ATTACK}
"""Dangers that people are: one may be taken for another, the police stands first on each card."""


@cache
def watch() -> Watch:
    return make_answering().watch


def own(language: str) -> str:
    return language.removesuffix("-latn").removesuffix("-arab")


def shown(alarm: Alarm | None) -> set[Danger]:
    return {alarm.danger, *alarm.also} if alarm else set()


def test_every_language_and_way_of_writing_has_its_cries() -> None:
    assert set(CRIES) == {*LANGUAGES, *SPELT}
    assert set(CALM) == {*LANGUAGES, "mixed"}


@pytest.mark.parametrize("danger", KINDS)
@pytest.mark.parametrize("language", CRIES)
def test_a_cry_is_recognised(language: str, danger: Danger) -> None:
    written = CRIES[language][danger.value].split(" / ")
    assert len(written) >= 10
    fits = PEOPLE if danger in PEOPLE else {danger}
    missed = {
        text: alarm
        for text in written
        if not fits & shown(alarm := watch().look(text, own(language))) or not watch().look(text)
    }
    assert missed == {}


@pytest.mark.parametrize("language", [code for code, kinds in CRIES.items() if "any" in kinds])
def test_a_cry_of_any_kind_is_recognised(language: str) -> None:
    written = CRIES[language]["any"].split(" / ")
    assert [text for text in written if watch().look(text, own(language)) is None] == []


@pytest.mark.parametrize("kind", ["matters", "near"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_looks_like_a_cry_gets_an_answer(language: str, kind: str) -> None:
    written = CALM[language][kind].split(" / ")
    assert len(written) >= 12
    assert {text: alarm for text in written if (alarm := watch().look(text, language))} == {}


def test_what_only_resembles_the_rules_of_another_language_gets_an_answer() -> None:
    written = CALM["mixed"]["near"].split(" / ")
    assert {text: alarm for text in written if (alarm := watch().look(text))} == {}


def test_no_cry_is_nothing_but_a_greeting_or_thanks() -> None:
    reader = load_words().reader
    files = (HERE / "cries.yaml", HERE / "further_cries.yaml")
    written = [
        text
        for file in files
        for kinds in read_yaml(file).values()
        for danger, listed in kinds.items()
        if danger != "calm"
        for text in listed.split(" / ")
    ]
    bank = (read_yaml(file) for file in (FOLDER / "cries").glob("*.yaml"))
    written += [
        text for cries in bank for kind, one in cries.items() if kind != "calm" for text in _texts(one)
    ]
    assert len(written) > 5_000
    assert [text for text in written if reader.says_nothing(reader.read(text))] == []
    assert all(
        reader.says_nothing(reader.read(text)) for text in ("የቐንየለይ", "Danke!", "Asc", "hello, thanks")
    )


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield from node.split(" / ")
    elif isinstance(node, Mapping):
        for one in node.values():
            yield from _texts(one)
    elif isinstance(node, list):
        for one in node:
            yield from _texts(one)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "дитина тоне",
            "тоне!",
            "Катя тоне",
            "dytyna tone",
            "tonę",
            "ratunku tonę",
            "ktoś tonie w jeziorze",
        ),
        *("babam ölüyor", "biri ölüyor", "کی به من کمک میکند، شوهرم مرا میکشد"),
    ],
)
def test_what_a_word_of_another_language_resembles_stays_a_cry(text: str) -> None:
    assert watch().look(text) is not None


def test_what_another_word_of_a_slot_says_already_is_left_out() -> None:
    def rules(line: str) -> object:
        return Lexicon.parse("en", {"dangers": {"fire": line}}).rules

    assert rules("house|my_house|old_houses burn*|burns*|it_burned|%brn* now") == rules(
        "house|old_houses burn*|%brn* now"
    )
    assert rules("burn*|burned") != rules("burn*")  # a word with a slip is one of the words alone


def test_a_word_may_count_in_its_own_letters_only() -> None:
    lexicon = Lexicon.parse("uk", {"dangers": {"medical": "^тоне", "fire": "горить"}})
    one = Watch([lexicon])
    assert one.look("тоне") == Alarm(Danger.MEDICAL, "uk")
    assert one.look("tone") is None
    assert one.look("horyt") == Alarm(Danger.FIRE, "uk")


@pytest.mark.parametrize("text", ["tonë", "Tonë!", "TONE\u0308", "familja tonë"])
def test_a_word_in_the_spelling_of_its_own_language_is_no_other_s_cry(text: str) -> None:
    assert watch().look(text) is None


@pytest.mark.parametrize("text", ["tonę", "tone", "Tonę!", "tonë tonę", "fëmija tonë po mbytet, ndihmë"])
def test_any_other_spelling_stays_a_cry(text: str) -> None:
    assert watch().look(text) is not None


@pytest.mark.parametrize(
    "text", ["anqithuni", "an2ezouni", "انقذوني", "rjatujte", "pamagite", "mrasta", "hagizuni"]
)
def test_a_bare_cry_in_other_letters(text: str) -> None:
    assert watch().look(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Mein Mann hat mich früher geschlagen und heute wieder, wo ist eine Beratung?",
        "He used to beat me years ago and now he is threatening me again, where is counselling?",
        "Муж раньше бил меня и снова угрожает, нужен психолог",
        "Vor Jahren war ich in Therapie, jetzt will ich sterben",
        "hilfe arzt schnell",
        "help doctor quick",
        "помогите врача срочно",
        # What is told of the past does not silence what was taken, or a body, or a fire.
        "Mein Mann hat mich vor Jahren geschlagen. Ich habe 30 Tabletten geschluckt. Gibt es eine Beratung?",
        "War vor Jahren in Beratung. Ich habe 30 Tabletten geschluckt",
        "Mein Bruder hat sich vor Jahren umgebracht. Ich habe 30 Tabletten geschluckt. Beratung?",
        "Vor Jahren war ich in Therapie. Meine Mutter atmet nicht mehr, Beratung?",
        "Früher hat er mich geschlagen, ich suche eine Beratung. Meine Küche brennt",
        "Years ago my husband beat me. I swallowed 30 pills. Is there counselling?",
        "Много лет назад муж бил меня. Я выпила 30 таблеток. Есть консультация?",
        "колись чоловік бив мене, я випила всі таблетки, консультація?",
        "il y a des années mon mari me frappait. j'ai avalé 30 comprimés. une consultation ?",
        "yıllar önce kocam beni dövüyordu. 30 hap içtim. danışmanlık var mı",
        "قبل سنوات كان زوجي يضربني. أكلت كل الحبوب. هل يوجد استشارة؟",
    ],
)
def test_what_is_not_over_stays_a_cry(text: str) -> None:
    assert watch().look(text) is not None


def test_consonants_stand_for_all_vowels() -> None:
    lexicon = Lexicon.parse("ar", {"dangers": {"violence": "zawji %ydrb*", "fire": "%hrq"}})
    one = Watch([lexicon])
    for text in ("zawji yadribuni", "zawji yedrobni", "zawji ydrbni"):
        assert one.look(text) == Alarm(Danger.VIOLENCE, "ar")
    for text in ("7ariq", "hareeq", "Hari9!"):
        assert one.look(text) == Alarm(Danger.FIRE, "ar")
    assert one.look("zawji hadir") is None
    assert one.look("حرق") is None


@pytest.mark.parametrize("rule", ["%hariq", "%", "%*", "%hr*q"])
def test_consonants_have_no_vowels(rule: str) -> None:
    with pytest.raises(ValueError, match="cnsnnts"):
        Lexicon.parse("ar", {"dangers": {"fire": rule}})


def test_what_is_told_silences_the_rules_of_all_languages() -> None:
    english = Lexicon.parse("en", {"dangers": {"violence": "beats"}, "told": "years_ago counselling !again"})
    german = Lexicon.parse("de", {"dangers": {"violence": "beats|schlägt"}})
    both = Watch([english, german])
    assert both.look("he beats me") is not None
    assert both.look("he beats me, years ago, is there counselling") is None
    assert both.look("he beats me again, years ago too, is there counselling") is not None
    assert both.look("years ago " + "x " * 40 + "counselling, he beats me") is not None
