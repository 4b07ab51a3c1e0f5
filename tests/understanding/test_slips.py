"""Cries with a slip of the pen are recognised, and ordinary words are no slips."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache

import pytest

from bot.content.emergencies import LANGUAGES, load_ordinary
from bot.content.meaning import load_bank, load_cries
from bot.parts import make_answering
from bot.understanding.danger import Alarm, Watch
from bot.understanding.lexicon import Danger, Lexicon
from scripts.ordinary import ordinary

ROWS = (
    *("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    *("йцукенгшщзхїъ", "фівапролджєэы", "ячсмитьбюё"),
    *("ضصثقفغعهخحجچ", "شسيبلاتنمكکگی", "ئءؤرىةوزظطذدپ"),
)
"""Letters that lie beside each other on the keyboards of our languages."""
WORD = re.compile(r"[^\W\d_]{3,}")
SLIPS_A_CRY = 6
FLOORS = {
    "de": 97,
    **dict.fromkeys(("bg", "en", "fr", "ro", "uk"), 96),
    **dict.fromkeys(("es", "pl", "ru"), 95),
    **dict.fromkeys(("ku", "so", "sq"), 94),
    **dict.fromkeys(("ar", "fa-AF", "ps"), 93),
    **dict.fromkeys(("fa", "tr", "vi"), 92),
    "ti": 90,
}
"""Per cent of the cries recognised as they are that are with one slip too."""


@cache
def watch() -> Watch:
    return make_answering().watch


def beside(letter: str) -> str:
    """The letters that a finger meets instead; of Tigrinya another syllable of the same consonant."""
    if "\u1200" <= letter <= "\u137f":
        return chr(ord(letter) ^ 1)
    found = [row[at - 1 : at] + row[at + 1 : at + 2] for row in ROWS for at in [row.find(letter)] if at >= 0]
    return "".join(found) or "e"


def slip(text: str, dice: random.Random) -> str:
    """The text with one slip in a word of three letters or more: neighbours swapped, or a letter missing,
    doubled or another beside it on the keyboard."""
    word = dice.choice(list(WORD.finditer(text)))
    old = word.group()
    at = dice.randrange(len(old))
    kind = dice.choice(("swapped", "missing", "doubled", "beside"))
    if kind == "swapped":
        at = min(at, len(old) - 2)
        new = old[:at] + old[at + 1] + old[at] + old[at + 2 :]
    else:
        instead = {"missing": "", "doubled": 2 * old[at], "beside": dice.choice(beside(old[at].lower()))}
        new = old[:at] + instead[kind] + old[at + 1 :]
    return text[: word.start()] + new + text[word.end() :]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cry_with_one_slip_is_recognised(language: str) -> None:
    found = [
        watch().look(slip(text, random.Random(f"{seed}{text}")), language) is not None
        for code, danger, text in load_cries()
        if code == language and danger != "calm" and WORD.search(text) and watch().look(text, language)
        for seed in range(SLIPS_A_CRY)
    ]
    assert len(found) > 200
    assert 100 * sum(found) / len(found) >= FLOORS[language]


def test_slips_add_few_cards_to_ordinary_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked() -> dict[str, int]:
        cards: dict[str, int] = defaultdict(int)
        for language, topic, text in load_bank():
            cards[topic] += watch().look(text, language) is not None
        return cards

    cards, questions = looked(), sum(1 for _ in load_bank())
    monkeypatch.setattr("bot.understanding.wordbook.Slips.near", lambda _self, _words: {})
    rightly_written = looked()
    assert 0 < sum(cards.values()) - sum(rightly_written.values()) <= 65
    assert sum(cards.values()) <= 0.031 * questions
    assert sum(cards[topic] for topic in ("violence", "rightwing", "mental", "antiracism")) > 450
    calm = [text for code, danger, text in load_cries() if danger == "calm" and watch().look(text, code)]
    assert len(calm) <= 3


def test_the_ordinary_words_are_those_of_the_content() -> None:
    assert list(load_ordinary()) == ordinary()


def one(ordinary: tuple[str, ...] = ()) -> Watch:
    return Watch([Lexicon.parse("en", {"dangers": {"fire": "house burns", "medical": "in_pain"}})], ordinary)


@pytest.mark.parametrize(
    "text", ["house burs", "hosue burns", "house brns", "huose burns", "house bburns", "house urns"]
)
def test_a_short_word_may_have_a_slip_where_the_others_are_written_rightly(text: str) -> None:
    assert one().look(text) == Alarm(Danger.FIRE, "en")


@pytest.mark.parametrize("text", ["hosue brns", "burs", "hosue", "hause barn", "in piin"])
def test_two_slips_or_a_lone_word_tell_nothing(text: str) -> None:
    assert one().look(text) is None


def test_a_word_that_only_another_language_knows_may_be_a_slip() -> None:
    english = Lexicon.parse("en", {"dangers": {"fire": "house burns|burning"}})
    german = Lexicon.parse("de", {"dangers": {"fire": "haus|burs brennt"}})
    assert Watch([english]).look("house burs") == Alarm(Danger.FIRE, "en")
    assert Watch([english, german]).look("the house is burs", "en") == Alarm(Danger.FIRE, "en")
    # One that the message's own language knows is none, whatever it is known for.
    calm = Lexicon.parse("en", {"dangers": {"fire": "house burns|burning"}, "ignore": "burs"})
    assert Watch([calm, german]).look("the house is burs", "en") is None


def test_of_however_many_doubtful_words_each_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken, looked = Watch._spoken, list[int]()

    def counting(own: Watch, slots: frozenset[int]) -> int:
        looked.append(1)
        return spoken(own, slots)

    monkeypatch.setattr(Watch, "_spoken", counting)
    terms = [f"{one}{two}bcd" for one in "aeiou" for two in "aeiou"]
    lexicons = [
        Lexicon.parse(code, {"dangers": {"fire": f"{'|'.join(terms)} zzzz"}}) for code in ("de", "en")
    ]
    Watch(lexicons).look(" ".join(terms))
    assert len(looked) == len(terms)


def test_a_word_of_ordinary_questions_is_no_slip() -> None:
    assert one().look("house turns") == Alarm(Danger.FIRE, "en")
    assert one(("turns",)).look("house turns") is None
    assert one().resembling(["turns", "burns", "houses", "garden"]) == {
        "turns": ["burns"],
        "houses": ["house"],
    }
