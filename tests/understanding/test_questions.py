"""From a text to what it asks for, with a small vocabulary and with all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.gazetteer import load_gazetteer
from bot.parts import make_answering
from bot.understanding.questions import LONGEST, Question, Reader, Vocabulary

GERMAN = Vocabulary(
    language="de",
    topics={"work": ("arbeit*", "job"), "housing": ("wohnung*", "bezahlbare wohnung"), "debt": ("schulden",)},
    kinds={"event": ("fest", "veranstaltung*")},
    languages={"uk": ("ukrainisch*",), "fa": ("persisch*",)},
    times={"today": ("heute",), "evening": ("abend*",)},
    smalltalk={"greeting": ("hallo",), "thanks": ("danke", "vielen dank")},
    function_words=("ich", "für", "in", "die"),
)
ENGLISH = Vocabulary(
    language="en",
    topics={"work": ("work*", "job")},
    kinds={},
    languages={},
    times={},
    smalltalk={"greeting": ("hello",)},
    function_words=("the", "in", "die"),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader((GERMAN, ENGLISH), load_gazetteer())


@pytest.fixture(scope="module")
def everybody() -> Reader:
    return make_answering().reader


def test_all_that_a_question_asks_for_is_found(reader: Reader) -> None:
    question = reader.read("Heute Abend in Güstrow ein Fest, wo jemand Ukrainisch spricht und Arbeit kennt?")
    assert question.topics == ("work",)
    assert question.kinds == ("event",)
    assert question.spoken == ("uk",)
    assert question.times == ("today", "evening")
    assert [town.id for town in question.towns] == ["guestrow"]
    assert question.districts == ()
    assert question.smalltalk is None
    assert not question.empty


@pytest.mark.parametrize("text", ["", "   ", "?!", "Blaubeeren", "👍"])
def test_a_text_that_asks_for_nothing_is_an_empty_question(reader: Reader, text: str) -> None:
    question = reader.read(text)
    assert question.empty
    assert (question.topics, question.smalltalk) == ((), None)
    assert question.text == text


@pytest.mark.parametrize("text", ["Arbeit", "Fest", "Ukrainisch", "heute", "Güstrow", "Landkreis Rostock"])
def test_one_thing_understood_is_enough_not_to_be_empty(reader: Reader, text: str) -> None:
    assert not reader.read(text).empty


def test_small_talk_alone_is_not_a_question_and_not_empty_talk_beside_one(reader: Reader) -> None:
    assert reader.read("Hallo!").smalltalk == "greeting"
    assert reader.read("Hallo!").empty
    for asks in (
        "Hallo, Arbeit?",
        "Hallo, Fest?",
        "Hallo, auf Ukrainisch?",
        "Hallo, heute?",
        "Hallo Rostock",
    ):
        assert reader.read(asks).smalltalk is None


def test_a_tag_that_was_copied_is_no_word(reader: Reader) -> None:
    assert reader.read("hallo <b>x</b><br/>").words == reader.read("hallo x").words
    assert reader.read("<p class='a'>hallo</p>").smalltalk == "greeting"
    assert reader.read("Beratung in <Rostock>").towns == reader.read("Beratung in Rostock").towns


def test_a_long_message_that_begins_with_hello_is_no_small_talk(reader: Reader) -> None:
    assert reader.read("Hallo " + "bla " * 5).smalltalk == "greeting"
    assert reader.read("Hallo " + "bla " * 6).smalltalk is None


def test_of_two_kinds_of_small_talk_the_surer_one_counts(reader: Reader) -> None:
    assert reader.read("Hallo, vielen Dank").smalltalk == "thanks"


def test_topics_come_in_the_order_of_how_much_was_said(reader: Reader) -> None:
    assert reader.read("Schulden, Wohnung, Wohnungssuche").topics == ("housing", "debt")
    # A phrase tells more than a word.
    assert reader.read("Schulden und bezahlbare Wohnung").topics == ("housing", "debt")
    assert reader.read("Schulden und Arbeit").topics == ("debt", "work")


def test_a_place_is_named_once_and_districts_are_no_towns(reader: Reader) -> None:
    question = reader.read("Rostock, Schwerin oder nochmal Rostock; Landkreis Rostock, LRO")
    assert [town.id for town in question.towns] == ["rostock", "schwerin"]
    assert [district.id for district in question.districts] == ["lro"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("hro", ["rostock"]),
        ("ich wohne in hro", ["rostock"]),
        ("Arbeit HRO", ["rostock"]),
        ("Arbeit LRO", ["lro"]),
        ("das ist lro egal", []),
        ("ARBEIT LRO", []),
    ],
)
def test_abbreviations_of_places_need_capitals_or_a_word_that_says_so(
    reader: Reader, text: str, places: list[str]
) -> None:
    question = reader.read(text)
    found = [town.id for town in question.towns] + [district.id for district in question.districts]
    assert found == places


@pytest.mark.parametrize(
    ("text", "towns"),
    [
        ("Die Waren sind teuer", []),
        ("Waren sind teuer", []),
        ("Ich sah teure Waren", []),
        ("Ich suche Arbeit in Waren", ["waren"]),
        ("Wir waren nahe der Müritz", ["waren"]),
        ("Die Waren hier beim Müritz-See", ["waren"]),
    ],
)
def test_a_word_that_is_also_a_town_is_one_where_the_words_around_say_so(
    reader: Reader, text: str, towns: list[str]
) -> None:
    assert [town.id for town in reader.read(text).towns] == towns


def test_the_words_of_a_towns_name_stand_together(reader: Reader) -> None:
    assert [town.id for town in reader.read("Wohnung in Neu (Kaliß)").towns] == ["neu-kaliss"]
    assert reader.read("Wohnung ist neu ... Kaliß").towns == ()


def test_towns_are_found_by_the_beginning_of_their_name_in_any_script() -> None:
    def begins(text: str) -> list[str]:
        return [town.id for town in load_gazetteer().search(text)]

    assert begins("gustro") == ["guestrow"]
    assert begins("يارمن") == ["jarmen"]  # the last of all names in their order
    assert begins("wohnung") == []


# Votes for languages


def test_little_words_and_others_vote_for_their_language(reader: Reader) -> None:
    assert dict(reader.read("ich Arbeit").votes) == {"de": 3}
    assert dict(reader.read("the work").votes) == {"en": 3}
    assert dict(reader.read("Blaubeeren").votes) == {}


def test_words_of_two_languages_vote_for_both_and_shared_ones_for_none(reader: Reader) -> None:
    assert dict(reader.read("job").votes) == {"de": 1, "en": 1}
    assert dict(reader.read("die").votes) == {"de": 2, "en": 2}
    assert dict(reader.read("in").votes) == {}


def test_a_word_with_several_meanings_votes_once(reader: Reader) -> None:
    """``wohnung`` and ``bezahlbare wohnung`` begin at different words, ``wohnung*`` at the same."""
    assert dict(reader.read("Wohnung").votes) == {"de": 1}
    assert dict(reader.read("bezahlbare Wohnung").votes) == {"de": 2}


def test_spelling_does_not_matter_to_votes(reader: Reader) -> None:
    assert dict(reader.read("FÜR fur").votes) == {"de": 4}


# Limits


def test_of_a_long_message_both_ends_are_read(reader: Reader) -> None:
    filler = "x " * LONGEST
    assert reader.read(f"Arbeit {filler}").topics == ("work",)
    assert reader.read(f"{filler} Arbeit").topics == ("work",)
    hidden = reader.read(f"{filler} Arbeit {filler}")
    assert hidden.empty
    assert len(hidden.text) < LONGEST + 5


@given(st.text(st.characters(codec=None), max_size=200))
def test_no_text_makes_reading_fail(text: str) -> None:
    question = SMALL.read(text)
    assert isinstance(question, Question)
    assert question.text == text


SMALL = Reader((GERMAN, ENGLISH), load_gazetteer())


# All languages together


@pytest.mark.parametrize(
    ("text", "topic", "town"),
    [
        ("Ich suche eine Wohnung in Schwerin", "housing", "schwerin"),
        ("Шукаю житло у Шверіні", "housing", "schwerin"),
        ("Ищу жильё в Шверине", "housing", "schwerin"),
        ("أبحث عن سكن في شفيرين", "housing", "schwerin"),
        ("Schwerin'de ev arıyorum", "housing", "schwerin"),
        ("Wohnung, apartment, житло: 19053", "housing", "schwerin"),
    ],
)
def test_topic_and_town_are_found_in_any_language(
    everybody: Reader, text: str, topic: str, town: str
) -> None:
    question = everybody.read(text)
    assert question.topics[0] == topic
    assert [found.id for found in question.towns] == [town]


def test_dari_and_persian_are_languages_to_ask_for(everybody: Reader) -> None:
    assert everybody.read("Beratung auf Dari").spoken == ("fa-AF",)
    assert {"fa", "fa-AF"} & set(everybody.read("Wer spricht Persisch?").spoken)
