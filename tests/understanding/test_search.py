"""Which records a question means: named terms, topics, kinds, languages, places and words."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.content.gazetteer import load_gazetteer
from bot.domain.directory import AnyRecord, Article, Campaign, CounsellingOffer, Event, Organisation, Place
from bot.domain.places import District, Town
from bot.domain.text import LocalizedText
from bot.understanding.questions import Question
from bot.understanding.search import WordIndex
from bot.understanding.words import tokens

GAZETTEER = load_gazetteer()


def town(id: str) -> Town:
    found = GAZETTEER.town(id)
    assert found is not None
    return found


def district(id: str) -> District:
    found = GAZETTEER.district(id)
    assert found is not None
    return found


def _fields(fields: dict[str, object]) -> dict[str, object]:
    given = {"title": LocalizedText(), "summary": LocalizedText(), "source": "example", "verified": True}
    return {**given, **fields}


def offer(id: str, *towns: str, **fields: object) -> CounsellingOffer:
    places = tuple(Place(town) for town in towns)
    return CounsellingOffer(id=id, **_fields({"type": "desk", "places": places, **fields}))  # type: ignore[arg-type]


def organisation(id: str, **fields: object) -> Organisation:
    return Organisation(id=id, **_fields(fields))  # type: ignore[arg-type]


def article(id: str, **fields: object) -> Article:
    return Article(id=id, **_fields(fields))  # type: ignore[arg-type]


def event(id: str, **fields: object) -> Event:
    return Event(id=id, **_fields({"starts": datetime(2026, 11, 24, 17), **fields}))  # type: ignore[arg-type]


def campaign(id: str, **fields: object) -> Campaign:
    return Campaign(id=id, **_fields(fields))  # type: ignore[arg-type]


def asked(text: str = "", **understood: object) -> Question:
    return Question(text, tuple(tokens(text)), **understood)  # type: ignore[arg-type]


def ranked(question: Question, *records: AnyRecord) -> list[str]:
    return [found.key[1] for found in WordIndex(records).rank(question)]


def scores(question: Question, *records: AnyRecord) -> dict[str, float]:
    return {found.key[1]: found.score for found in WordIndex(records).rank(question)}


def de(text: str) -> LocalizedText:
    return LocalizedText.of(de=text)


# Names


def said(question: Question, *records: AnyRecord) -> list[str]:
    return [records[number].id for number in WordIndex(records).said(question)]


def test_a_name_in_a_title_and_a_term_are_said_like_the_title() -> None:
    records: list[AnyRecord] = [
        article("app", title=de("mbeon – Beratung online")),
        article("phone", title=de("Seelsorge am Telefon (MuTeS)")),
        article("house", title=de("Waldemarhof e.V. – Zentrum")),
        article("kita", title=de("Kita-Platz"), terms=("садик", "nhà trẻ")),
    ]
    assert said(asked("MBEON!"), *records) == ["app"]
    assert said(asked("mutes"), *records) == ["phone"]
    assert said(asked("waldemarhof"), *records) == ["house"]
    assert said(asked("Садик"), *records) == said(asked("nha tre"), *records) == ["kita"]


def test_a_name_that_several_have_means_all_of_them() -> None:
    records = [article(area, title=de(f"LOBBI – Beratung ({area.title()})")) for area in ("nord", "west")]
    assert said(asked("Lobbi"), *records) == ["nord", "west"]


def test_a_word_that_only_one_title_has_is_a_name_where_nobody_knows_it() -> None:
    records = [article("a", title=de("Haus am Waldemarhof")), article("b", title=de("Haus am See"))]
    assert said(asked("Waldemarhof"), *records) == ["a"]
    assert said(asked("Haus"), *records) == []
    assert said(asked("See"), *records) == []  # too short
    assert said(asked("Waldemarhof", votes={"de": 1}), *records) == []
    assert said(asked("Waldemarhof Rostock"), *records) == []


def test_a_town_in_a_title_is_no_name() -> None:
    record = article("a", title=de("Jugenddienst (JMD) Rostock"))
    assert said(asked("Rostock", towns=(town("rostock"),)), record) == []
    assert said(asked("JMD Rostock", towns=(town("rostock"),)), record) == []
    assert said(asked("Jugenddienst"), record) == ["a"]


# Words


def test_nothing_in_common_is_no_result() -> None:
    assert ranked(asked("Fahrrad"), article("a", title=de("Wohnung"))) == []
    assert ranked(asked(""), article("a", title=de("Wohnung"))) == []
    assert ranked(asked("Wohnung")) == []


def test_an_empty_directory_finds_nothing() -> None:
    assert WordIndex(()).rank(asked("Deutschkurs")) == []


def test_the_title_tells_more_than_an_example_the_summary_and_the_body() -> None:
    records: list[AnyRecord] = [
        article("d-body", body=de("Fahrrad")),
        article("c-summary", summary=de("Fahrrad")),
        article("b-example", examples={"de": ("Wo gibt es ein Fahrrad?",)}),
        article("a-title", title=de("Fahrrad")),
        *(article(f"other{number}", title=de("Wohnung")) for number in range(12)),
    ]
    assert ranked(asked("Fahrrad"), *records) == ["a-title", "b-example", "c-summary", "d-body"]


def test_a_word_counts_once_in_its_best_field() -> None:
    once = article("once", title=de("Fahrrad"))
    often = article("often", title=de("Fahrrad"), summary=de("Fahrrad Fahrrad"), body=de("Fahrrad"))
    found = scores(asked("Fahrrad"), once, often)
    assert found["once"] == found["often"]


def test_every_language_of_a_record_is_read() -> None:
    record = article("a", title=LocalizedText.of(de="Wohnung", uk="Житло", ar="سكن"))
    for word in ("wohnung", "ЖИТЛО", "سكن"):
        assert ranked(asked(word), record) == ["a"]


def test_inflected_words_meet_in_their_beginning() -> None:
    assert ranked(asked("Einbürgerungen"), article("a", title=de("Einbürgerung"))) == ["a"]
    assert ranked(asked("Kursen"), article("a", title=de("Kurse"))) == []


def test_a_rare_word_tells_more_than_a_frequent_one() -> None:
    records: list[AnyRecord] = [article(f"a{number}", title=de("Hilfe")) for number in range(4)]
    found = scores(asked("Hilfe Fahrrad"), *records, article("b", title=de("Fahrrad")))
    assert found["b"] > 3 * found["a0"]


def test_what_stands_in_every_third_record_tells_nothing() -> None:
    records: list[AnyRecord] = [article(f"a{number}", title=de("Hilfe")) for number in range(6)]
    others = [article(f"b{number}", title=de("Wohnung")) for number in range(4)]
    assert ranked(asked("Hilfe"), *records, *others) == []
    few = [article(f"b{number}", title=de("Wohnung")) for number in range(40)]
    assert len(ranked(asked("Hilfe"), *records, *few)) == 6


def test_words_that_no_record_has_make_the_match_weaker() -> None:
    record = article("a", title=de("Fahrrad"))
    sure, unsure = (scores(asked(text), record)["a"] for text in ("Fahrrad", "Fahrrad Traktor Schlitten"))
    assert sure == pytest.approx(0.45)
    assert 0 < unsure < 0.3


def test_the_body_of_a_campaign_is_read_too() -> None:
    assert ranked(asked("Gesundheitskarte"), campaign("card", body=de("Eine Gesundheitskarte"))) == ["card"]


# Terms


def test_a_named_term_comes_before_everything_else() -> None:
    duldung = article("duldung", section="glossary", terms=("Duldung",))
    records: list[AnyRecord] = [
        offer("desk", topics=("residence",), title=de("Beratung bei Duldung")),
        article("long", title=de("Duldung")),
        duldung,
    ]
    question = asked("Was ist eine Duldung?", topics=("residence",), kinds=("glossary",))
    assert ranked(question, *records)[0] == "duldung"


def test_the_longest_term_is_meant() -> None:
    law = article("law", terms=("Recht",))
    stay = article("stay", terms=("Recht auf Aufenthalt",))
    found = scores(asked("mein Recht auf Aufenthalt"), law, stay)
    assert found["stay"] >= 0.6
    assert found["law"] < 0.3


def test_two_terms_side_by_side_are_both_meant() -> None:
    one, two = article("one", terms=("Anmeldung",)), article("two", terms=("Widerspruch",))
    found = scores(asked("Anmeldung oder Widerspruch"), one, two)
    assert set(found) == {"one", "two"}
    assert min(found.values()) >= 0.6


def test_a_term_is_found_in_any_of_its_spellings_and_may_be_shared() -> None:
    first = article("first", terms=("Fiktionsbescheinigung", "фікційне посвідчення"))
    second = article("second", terms=("FIKTIONSBESCHEINIGUNG",))
    assert ranked(asked("fiktionsbescheinigung"), first, second) == ["first", "second"]
    assert ranked(asked("Фікційне посвідчення?"), first, second) == ["first"]


def test_a_term_longer_than_five_words_is_found_by_its_words_only() -> None:
    long = article("long", terms=("eins zwei drei vier fünf sechs",))
    assert scores(asked("eins zwei drei vier fünf sechs"), long)["long"] < 0.6


def test_a_score_is_never_more_than_one() -> None:
    record = article("a", title=de("Duldung"), terms=("Duldung",), topics=("residence",), section="glossary")
    question = asked("Duldung", topics=("residence",), kinds=("glossary",))
    assert scores(question, record) == {"a": 1.0}


# What was understood of the question


def test_a_door_for_the_topic_comes_before_a_general_one_and_before_reading() -> None:
    records: list[AnyRecord] = [
        article("d-article", topics=("debt",)),
        offer("c-general", general=True),
        organisation("b-organisation", topics=("debt",)),
        offer("a-desk", topics=("debt",)),
        offer("other", topics=("housing",)),
    ]
    found = scores(asked(topics=("debt",)), *records)
    assert found == {"a-desk": 0.45, "b-organisation": 0.3, "c-general": 0.2, "d-article": 0.2}


def test_a_general_door_that_names_the_topic_is_less_than_a_special_one() -> None:
    both = (offer("any", general=True, topics=("debt",)), offer("desk", topics=("debt",)))
    assert scores(asked(topics=("debt",)), *both) == {"desk": 0.45, "any": 0.3}


def test_general_doors_need_a_topic() -> None:
    assert ranked(asked("irgendwas"), offer("any", general=True)) == []


def test_the_first_topic_counts_most_and_a_second_one_adds() -> None:
    first, second = offer("first", topics=("debt",)), offer("second", topics=("housing",))
    both = offer("both", topics=("housing", "debt"))
    found = scores(asked(topics=("debt", "housing")), first, second, both)
    assert list(found) == ["both", "first", "second"]
    assert found == pytest.approx({"both": 0.55, "first": 0.45, "second": 0.4})


def test_a_fourth_topic_is_not_considered() -> None:
    question = asked(topics=("debt", "housing", "work", "school"))
    assert ranked(question, offer("school", topics=("school",)), offer("work", topics=("work",))) == ["work"]


def test_the_kind_asked_for() -> None:
    records: list[AnyRecord] = [
        event("feast"),
        organisation("club"),
        article("word", section="glossary"),
        article("page"),
        campaign("card"),
        offer("desk"),
    ]
    assert ranked(asked(kinds=("event",)), *records) == ["feast"]
    assert ranked(asked(kinds=("glossary",)), *records) == ["word"]
    assert ranked(asked(kinds=("organisation", "campaign")), *records) == ["card", "club"]


def test_who_speaks_the_language_or_has_interpreters_for_it() -> None:
    records: list[AnyRecord] = [
        offer("desk", languages=("uk",), topics=("debt",)),
        offer("interpreted", interpreters=("uk",), topics=("debt",)),
        offer("german", languages=("de",), topics=("debt",)),
        organisation("club", languages=("uk",)),
        event("feast", languages=("uk",)),
        article("page"),
    ]
    found = scores(asked(topics=("debt",), spoken=("uk",)), *records)
    assert found == pytest.approx(
        {"desk": 0.6, "interpreted": 0.6, "german": 0.45, "club": 0.15, "feast": 0.15}
    )


def test_several_languages_asked_for_count_once() -> None:
    both = offer("both", languages=("uk", "ru"))
    assert scores(asked(spoken=("uk", "ru")), both) == {"both": 0.15}


# Places


def test_the_town_decides_between_doors() -> None:
    records: list[AnyRecord] = [
        offer("e-far", "stralsund", topics=("debt",)),
        offer("d-nowhere", topics=("debt",)),
        offer("c-statewide", "schwerin", topics=("debt",), statewide=True),
        offer("b-district", "schwerin", topics=("debt",), districts_served=("hro",)),
        offer("a-here", "schwerin", "rostock", topics=("debt",)),
    ]
    found = scores(asked(topics=("debt",), towns=(town("rostock"),)), *records)
    assert found == pytest.approx(
        {"a-here": 0.65, "b-district": 0.6, "c-statewide": 0.5, "d-nowhere": 0.45, "e-far": 0.35}
    )


def test_a_district_is_served_as_well_as_its_towns() -> None:
    record = offer("desk", "rostock", topics=("debt",), districts_served=("lro",))
    by_district = scores(asked(topics=("debt",), districts=(district("lro"),)), record)
    by_town = scores(asked(topics=("debt",), towns=(town("guestrow"),)), record)
    assert by_district == by_town == pytest.approx({"desk": 0.6})


def test_events_and_organisations_have_places_too() -> None:
    records: list[AnyRecord] = [
        event("here", place=Place("rostock")),
        event("there", place=Place("stralsund")),
        event("online", online="https://example.org"),
        organisation("club", places=(Place("rostock"),)),
        article("page", topics=("culture",)),
    ]
    question = asked(kinds=("event", "organisation"), topics=("culture",), towns=(town("rostock"),))
    assert scores(question, *records) == pytest.approx(
        {"here": 0.5, "club": 0.5, "online": 0.3, "there": 0.2, "page": 0.2}
    )


def test_a_town_alone_means_no_record() -> None:
    assert ranked(asked("Rostock", towns=(town("rostock"),)), offer("desk", "rostock")) == []


# Order


def test_equals_keep_one_order_and_the_limit_is_kept() -> None:
    records: list[AnyRecord] = [offer(id, topics=("debt",)) for id in ("c", "a", "b")]
    assert ranked(asked(topics=("debt",)), *records) == ["a", "b", "c"]
    assert [found.key[1] for found in WordIndex(records).rank(asked(topics=("debt",)), limit=2)] == ["a", "b"]


def test_of_two_named_the_one_that_shares_more_words_comes_first() -> None:
    short = article("a-short", terms=("Duldung",), topics=("residence",))
    full = article("z-full", title=de("Arbeit mit Duldung"), terms=("Duldung",), topics=("residence",))
    question = asked("Arbeit mit Duldung", topics=("residence",))
    assert ranked(question, short, full) == ["z-full", "a-short"]


def test_what_has_not_changed_is_not_read_again() -> None:
    def article(id: str, title: str) -> Article:
        return Article(
            id=id, title=LocalizedText.of(de=title), summary=LocalizedText(), source="example", verified=True
        )

    index = WordIndex((article("a", "Apfelkuchen"), article("b", "Birnen"), article("c", "Kirschen")))
    changed = (article("a", "Zitronenfalter"), article("c", "Kirschen"))
    again, anew = WordIndex(changed, index.read), WordIndex(changed)
    words = {id: again.read[changed[at].key][1] for at, id in enumerate("ac")}
    assert words["c"] is index.read[changed[1].key][1]
    assert words["a"].titled == ("zitronenfalter",)
    for text in ("Zitronenfalter", "Apfelkuchen", "Birnen", "Kirschen"):
        question = Question(text, tuple(tokens(text)))
        assert again.rank(question) == anew.rank(question)
        assert again.said(question) == anew.said(question)
