"""Finding by tapping: which doors fit, in which order, and who is left out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.content.gazetteer import load_gazetteer
from bot.domain.directory import (
    AnyRecord,
    CounsellingOffer,
    Directory,
    Event,
    EventStatus,
    Organisation,
    Place,
)
from bot.domain.places import Town
from bot.domain.text import LocalizedText
from bot.services.browsing import (
    NEAR_KM,
    choices,
    events_by_town,
    fits_age,
    nearest_place,
    offers_for,
    organisations_by,
    responsible_offers,
    spoken_as,
    towns_with_offers,
)
from bot.services.calendar import Occurrence

GAZETTEER = load_gazetteer()


def town(id: str) -> Town:
    found = GAZETTEER.town(id)
    assert found is not None
    return found


def places(*towns: str) -> tuple[Place, ...]:
    return tuple(Place(id) for id in towns)


def offer(id: str, *towns: str, topic: str = "", **fields: object) -> CounsellingOffer:
    given: dict[str, object] = {
        "title": LocalizedText.of(de=id),
        "summary": LocalizedText(),
        "source": "example",
        "verified": True,
        "type": "counselling",
        "places": places(*towns),
        "topics": (topic,) if topic else (),
    }
    return CounsellingOffer(id=id, **{**given, **fields})  # type: ignore[arg-type]


def organisation(id: str, *towns: str, **fields: object) -> Organisation:
    given: dict[str, object] = {
        "title": LocalizedText.of(de=id),
        "summary": LocalizedText(),
        "source": "example",
        "verified": True,
        "places": places(*towns),
    }
    return Organisation(id=id, **{**given, **fields})  # type: ignore[arg-type]


def found(*records: AnyRecord, asked: str = "", age: str = "") -> list[str]:
    there = town(asked) if asked else None
    return [hit.offer.id for hit in offers_for(Directory.of(records), GAZETTEER, "debt", there, age)]


# Which offers fit


def test_an_offer_for_another_topic_is_no_door() -> None:
    assert found(offer("housing", "rostock", topic="housing"), offer("debt", "rostock", topic="debt")) == [
        "debt"
    ]


def test_a_general_offer_takes_every_topic_and_says_that_it_is_not_specific() -> None:
    directory = Directory.of([offer("any", "rostock", general=True), offer("debt", "rostock", topic="debt")])
    hits = offers_for(directory, GAZETTEER, "debt", town("rostock"))
    assert [(hit.offer.id, hit.specific) for hit in hits] == [("debt", True), ("any", False)]


def test_what_nobody_has_verified_is_no_door() -> None:
    assert found(offer("rumour", "rostock", topic="debt", verified=False)) == []


@pytest.mark.parametrize(
    ("ages", "young", "older"),
    [
        ({}, True, True),
        ({"min_age": 12, "max_age": 26}, True, False),
        ({"min_age": 27}, False, True),
        ({"min_age": 18}, True, True),
        ({"max_age": 27}, True, True),
        ({"max_age": 18}, True, False),
        ({"min_age": 26}, True, True),
    ],
)
def test_at_27_the_door_changes(ages: dict[str, Any], young: bool, older: bool) -> None:
    door = offer("door", **ages)
    assert (fits_age(door, "y"), fits_age(door, "o")) == (young, older)
    assert fits_age(door, "")


def test_doors_for_another_age_are_left_out() -> None:
    youth = offer("youth", "rostock", topic="debt", min_age=12, max_age=26)
    adults = offer("adults", "rostock", topic="debt", min_age=27)
    assert found(youth, adults, age="y") == ["youth"]
    assert found(youth, adults, age="o") == ["adults"]
    # Without an age both are shown, and the one that is only for some comes second.
    assert found(youth, adults) == ["adults", "youth"]


# In which order


def test_the_best_door_comes_first() -> None:
    everything = [
        offer("f-any-far", "stralsund", general=True),
        offer("e-topic-far", "stralsund", topic="debt"),
        offer("d-any-by-phone", general=True, statewide=True),
        offer("c-any-here", "rostock", general=True),
        offer("b-topic-by-phone", topic="debt"),
        offer("a-topic-here", "guestrow", topic="debt"),
    ]
    assert found(*everything, asked="rostock") == sorted(record.id for record in everything)


def test_the_nearer_of_two_comes_first_and_equals_keep_an_order() -> None:
    far, near = offer("a", "guestrow", topic="debt"), offer("z", "bad-doberan", topic="debt")
    assert found(far, near, asked="rostock") == ["z", "a"]
    assert found(near, far, asked="guestrow") == ["a", "z"]
    assert found(near, far) == ["a", "z"]


def test_an_offer_with_several_places_counts_from_the_nearest() -> None:
    wandering = offer("wandering", "stralsund", "rostock", "schwerin", topic="debt")
    (hit,) = offers_for(Directory.of([wandering]), GAZETTEER, "debt", town("rostock"))
    assert (hit.place, hit.km, hit.reaches) == (Place("rostock"), 0.0, True)
    (hit,) = offers_for(Directory.of([wandering]), GAZETTEER, "debt", None)
    assert (hit.place, hit.km, hit.reaches) == (Place("stralsund"), None, True)


# Whom an offer reaches


@pytest.mark.parametrize(
    ("fields", "at", "reaches"),
    [
        ({}, ("rostock",), True),
        ({}, ("guestrow",), True),
        ({}, ("schwerin",), False),
        ({"statewide": True}, ("schwerin",), True),
        ({"districts_served": ("hro", "lro")}, ("schwerin",), True),
        ({"districts_served": ("sn",)}, ("schwerin",), False),
        # A desk without a door of its own, for some districts only.
        ({"districts_served": ("hro",)}, (), True),
        ({"districts_served": ("sn",)}, (), False),
        ({}, (), True),
    ],
)
def test_who_is_in_reach_of_rostock(fields: dict[str, object], at: tuple[str, ...], reaches: bool) -> None:
    directory = Directory.of([offer("door", *at, topic="debt", **fields)])
    (hit,) = offers_for(directory, GAZETTEER, "debt", town("rostock"))
    assert hit.reaches is reaches
    (hit,) = offers_for(directory, GAZETTEER, "debt", None)
    assert hit.reaches


def test_a_place_that_is_not_in_the_gazetteer_is_not_near_anything() -> None:
    lost = offer("lost", "hamburg", topic="debt")
    assert nearest_place(lost.places, GAZETTEER, town("rostock")) == (Place("hamburg"), None)
    (hit,) = offers_for(Directory.of([lost]), GAZETTEER, "debt", town("rostock"))
    assert not hit.reaches
    mixed = places("hamburg", "stralsund")
    place, km = nearest_place(mixed, GAZETTEER, town("rostock"))
    assert place == Place("stralsund")
    assert km is not None
    assert km > NEAR_KM


def test_without_a_place_there_is_no_distance() -> None:
    assert nearest_place((), GAZETTEER, town("rostock")) == (None, None)


# Organisations

DIRECTORY = Directory.of(
    [
        organisation("centre", "rostock", languages=("de", "ar"), topics=("sport", "women")),
        organisation("choir", "guestrow", communities=("uk",), languages=("ru",), topics=("culture",)),
        organisation("club", "schwerin", languages=("fa",), topics=("sport",)),
        organisation("circle", "stralsund", communities=("fa-AF",), topics=("women",)),
        organisation("online", languages=("ar",)),
        organisation("elsewhere", "hamburg", languages=("tr",)),
        offer("door", "wismar", topic="debt"),
    ]
)


def listed(by: str, value: str = "") -> list[str]:
    return [record.id for record, _ in organisations_by(DIRECTORY, GAZETTEER, by, value)]


def test_organisations_of_a_town_come_nearest_first_with_their_distance() -> None:
    assert listed("town", "rostock") == ["centre", "choir", "circle", "club"]
    (_, here), (_, near), *_ = organisations_by(DIRECTORY, GAZETTEER, "town", "rostock")
    assert here == 0.0
    assert near == pytest.approx(32.5, abs=1)


def test_an_unknown_town_has_no_organisations() -> None:
    assert listed("town", "hamburg") == []


def test_a_language_is_spoken_or_is_that_of_the_community() -> None:
    assert listed("lang", "uk") == ["choir"]
    assert listed("lang", "ar") == ["centre", "online"]
    assert listed("lang", "vi") == []


def test_who_asks_for_dari_finds_persian_and_back() -> None:
    assert listed("lang", "fa-AF") == listed("lang", "fa") == ["club", "circle"]
    assert spoken_as("ar") == {"ar"}


def test_of_several_languages_one_is_enough() -> None:
    assert listed("lang", "uk,ar") == ["centre", "choir", "online"]
    assert spoken_as("ar,fa") == {"ar", "fa", "fa-AF"}
    assert spoken_as("") == set()


def test_organisations_by_topic_and_all_of_them() -> None:
    assert listed("topic", "sport") == ["centre", "club"]
    assert listed("topic", "debt") == []
    assert listed("all") == ["centre", "choir", "club", "circle", "online", "elsewhere"]
    assert {km for _, km in organisations_by(DIRECTORY, GAZETTEER, "all", "")} == {None}


def test_choices_are_counted_most_first_and_german_is_none() -> None:
    assert choices(DIRECTORY, "topic") == [("sport", 2), ("women", 2), ("culture", 1)]
    assert choices(DIRECTORY, "lang") == [
        ("ar", 2),
        ("fa", 1),
        ("fa-AF", 1),
        ("ru", 1),
        ("tr", 1),
        ("uk", 1),
    ]


def test_a_language_that_is_spoken_and_the_communitys_counts_once() -> None:
    both = Directory.of([organisation("both", languages=("uk",), communities=("uk",))])
    assert choices(both, "lang") == [("uk", 1)]


# Events


def date(id: str, where: str | None, day: int, status: EventStatus = EventStatus.PLANNED) -> Occurrence:
    starts = datetime(2026, 11, day, 18)
    event = Event(
        id=id,
        title=LocalizedText.of(de=id),
        summary=LocalizedText(),
        source="example",
        verified=True,
        starts=starts,
        place=Place(where) if where else None,
    )
    aware = starts.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return Occurrence(event, aware, aware + timedelta(hours=1), aware, status)


def dates(asked: str, *found: Occurrence) -> list[tuple[str, int, int | None]]:
    return [
        (o.event.id, o.starts.day, None if km is None else round(km))
        for o, km in events_by_town(found, GAZETTEER, asked)
    ]


DATES = (
    date("far", "schwerin", 1),
    date("near", "guestrow", 2),
    date("online", None, 3),
    date("near", "guestrow", 9),
    date("online", None, 10),
)


def test_events_of_a_town_are_those_in_it_and_online_in_order_of_time() -> None:
    here = date("here", "rostock", 4)
    assert dates("rostock", *DATES, here) == [("online", 3, None), ("online", 10, None), ("here", 4, None)]


def test_without_a_town_all_events_are_meant() -> None:
    assert len(dates("", *DATES)) == len(dates("hamburg", *DATES)) == len(DATES)


def test_a_town_without_events_gets_the_next_date_of_the_nearest() -> None:
    found = dates("rostock", *DATES)
    assert found[:3] == [("online", 3, None), ("online", 10, None), ("near", 2, 32)]
    assert found[3][0] == "far"
    assert len(found) == 4


def test_what_is_cancelled_or_nobody_knows_where_is_not_the_nearest() -> None:
    off = date("near", "guestrow", 2, EventStatus.CANCELLED)
    lost = date("lost", "hamburg", 2)
    assert dates("rostock", off, lost) == []
    assert dates("rostock", off, date("near", "guestrow", 9)) == [("near", 9, 32)]
    # In the town itself a cancelled date is news.
    assert dates("guestrow", off) == [("near", 2, None)]


def test_buttons_offer_the_largest_towns_and_those_with_doors() -> None:
    small = next(t for t in sorted(GAZETTEER.towns, key=lambda t: t.population) if t.population)
    directory = Directory.of(
        [offer("door", small.id, "hamburg", topic="debt"), organisation("club", "malchow")]
    )
    offered = [found.id for found in towns_with_offers(directory, GAZETTEER)]
    assert offered[:3] == ["rostock", "schwerin", "neubrandenburg"]
    assert offered[-1] == small.id
    assert "malchow" in offered
    assert "hamburg" not in offered
    assert len(offered) == len(set(offered)) == 20
    assert len(towns_with_offers(Directory(), GAZETTEER)) == 18


# Who is responsible in a district


def test_the_offers_of_a_district_those_for_the_topic_first() -> None:
    served = offer("served", "rostock", topic="debt", districts_served=("vr",))
    inside = offer("inside", "stralsund", general=True)
    named = offer("named", general=True, districts_served=("vr",))
    records = (
        inside,
        named,
        served,
        offer("statewide", "stralsund", topic="debt", statewide=True),
        offer("elsewhere", "schwerin", topic="debt"),
        offer("other-topic", "stralsund", topic="work"),
        offer("nowhere", "atlantis", topic="debt"),
    )
    directory = Directory.of(records)
    hits = responsible_offers(directory, GAZETTEER, "debt", "vr")
    assert [one.id for one in hits] == ["served", "named", "inside"]
    assert {one.id for one in responsible_offers(directory, GAZETTEER, "", "vr")} == {
        *("served", "named", "inside", "other-topic")
    }
