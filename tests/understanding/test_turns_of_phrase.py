"""What people say of an answer, a place for a child, a film or a burden is no cry; who is held is heard."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.content.emergencies import LANGUAGES, load_figures
from bot.content.meaning import load_cries
from bot.content.reading import read_yaml
from bot.parts import make_answering
from bot.understanding.danger import Watch
from bot.understanding.lexicon import Danger
from bot.understanding.words import tokens

SAID: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("turns_of_phrase.yaml"))
CALM = ("unhelped", "sought", "fiction", "weary", "laughing", "deported", "past")
VIOLENCE = ("held", "armed")


@cache
def watch() -> Watch:
    return make_answering().watch


def test_every_language_has_them_all() -> None:
    assert set(SAID) == set(LANGUAGES)
    assert all(set(kinds) == {*CALM, *VIOLENCE, "still"} for kinds in SAID.values())


@pytest.mark.parametrize("kind", CALM)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_turn_of_phrase_is_no_cry(language: str, kind: str) -> None:
    written = SAID[language][kind].split(" / ")
    assert {text: alarm for text in written if (alarm := watch().look(text, language))} == {}


@pytest.mark.parametrize("kind", VIOLENCE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_held_or_chased_with_a_knife_by_family_suffers_violence(language: str, kind: str) -> None:
    for text in SAID[language][kind].split(" / "):
        alarm = watch().look(text, language)
        assert alarm is not None, text
        assert alarm.danger is Danger.VIOLENCE, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cry_beside_such_words_is_heard(language: str) -> None:
    written = SAID[language]["still"].split(" / ")
    assert [text for text in written if watch().look(text, language) is None] == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "auf der arbeit bringt mich mein chef um er hat ein messer",
            "sie bringen mich um wenn ich zum kurs gehe",
        ),
        *("mein mann bringt mich um wegen den papieren", "my boss will kill me at work he has a gun"),
        *("they will kill me if i go back to german course", "начальник меня убьет на работе он с ножом"),
        *(
            "kocam beni öldürecek",
            "زوجي رح يقتلني",
            "شوهرم منو میکشه",
            "mon mari va me tuer",
            "soțul o să mă omoare",
        ),
    ],
)
def test_a_threat_beside_a_burden_is_heard(text: str) -> None:
    assert watch().look(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("i cant find my son at the nursery", "не могу найти сына в садике", "oğlumu kreşte bulamıyorum"),
        *("مش لاقي ابني بالروضة", "پسرمو تو مهد کودک پیدا نمیکنم", "no encuentro a mi hijo en la guardería"),
        *("không tìm thấy con tôi ở nhà trẻ", "nuk e gjej djalin në kopsht"),
        *("kurê xwe li baxçeyê zarokan nabînim", "wir finden unseren sohn nicht er war in der kita"),
    ],
)
def test_a_child_that_is_missing_at_its_nursery_is_heard(text: str) -> None:
    assert watch().look(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("mein chef hat meinen pass", "my boss keeps my passport", "начальник забрал мой паспорт"),
        *("المدير اخد جوازي", "шеф тримає мій паспорт", "chủ giữ hộ chiếu của tôi"),
        *(
            "die ausländerbehörde hat meinen pass einbehalten",
            "the embassy took my passport and i cannot go home",
        ),
        *("посольство забрало паспорт не могу уехать", "der chef zahlt meinen lohn nicht"),
        *("die fabrik hat zugesperrt und uns entlassen", "zamknęli fabrykę i zwolnili nas"),
        *(
            "закрыли фабрику и нас уволили",
            "fabrikayı kapattılar bizi çıkardılar",
            "mbyllën fabrikën dhe na larguan",
        ),
        *(
            "muss ich als zimmermädchen die betten der gäste machen",
            "where can my guests sleep, must they register",
        ),
        *("карат ме да обслужвам клиенти", "змушують обслуговувати клієнтів", "khách phải ngủ ở đâu"),
    ],
)
def test_a_withheld_passport_unpaid_wages_and_service_are_no_violence(text: str) -> None:
    assert watch().look(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_laughing_is_a_figure_of_speech_to_the_model(language: str) -> None:
    figures = load_figures()
    for text in SAID[language]["laughing"].split(" / "):
        assert figures.find(tokens(text)), text


def test_no_short_cry_is_a_figure_of_speech() -> None:
    figures = load_figures()
    short = [tokens(text) for _, kind, text in load_cries() if kind != "calm" and len(tokens(text)) <= 7]
    assert len(short) > 500
    assert [words for words in short if figures.find(words)] == []
