from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, get_args, get_origin

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directory import (
    KINDS,
    AnyRecord,
    Article,
    Campaign,
    ContactDetails,
    CounsellingOffer,
    Event,
    EventStatus,
    Kind,
    OccurrenceChange,
    Organisation,
    PartialDate,
    Place,
    Status,
)
from bot.domain.text import LocalizedText, Rendition, State
from bot.storage.codec import CodecError, decode, definitions, encode, field_types, inspect, spell

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
renditions = st.builds(Rendition, texts, st.sampled_from(State))
partial_dates = st.dates(min_value=date(1000, 1, 1)).flatmap(
    lambda d: st.sampled_from(
        [PartialDate(d.year), PartialDate(d.year, d.month), PartialDate(d.year, d.month, d.day)]
    )
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    float: st.floats(allow_nan=False, allow_infinity=False),
    PartialDate: partial_dates,
    LocalizedText: st.builds(
        LocalizedText, st.dictionaries(st.sampled_from(["de", "en", "fa-AF"]), renditions)
    ),
}


def any_of(tp: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that stands in a record."""
    arguments = get_args(tp)
    if get_origin(tp) is tuple:
        return st.lists(any_of(arguments[0]), max_size=3).map(tuple)
    if get_origin(tp) is Mapping:
        return st.dictionaries(texts, any_of(arguments[1]), max_size=3)
    if type(None) in arguments:
        return st.none() | any_of(arguments[0])
    if tp in SCALARS:
        return SCALARS[tp]
    if isinstance(tp, type) and is_dataclass(tp):
        return st.builds(tp, **{name: any_of(inner) for name, (_, inner) in field_types(tp).items()})
    return st.from_type(tp)


records = st.one_of(*map(any_of, KINDS.values()))


def at(day: int, hour: int) -> datetime:
    return datetime.fromisoformat(f"2026-12-{day:02d} {hour:02d}:00")


def article(**fields: Any) -> Article:
    required: dict[str, Any] = {
        "id": "a",
        "title": LocalizedText.of(de="T"),
        "summary": LocalizedText.of(de="S"),
        "source": "example.org",
        "verified": True,
    }
    return Article(**(required | fields))


def problems(kind: Kind, **fields: Any) -> dict[str, str]:
    """Messages by spelled path, for an otherwise right record."""
    right: dict[str, Any] = {"id": "a", "title": "T", "summary": "S", "source": "x", "verified": True}
    if kind is Kind.OFFER:
        right["type"] = "hotline"
    if kind is Kind.EVENT:
        right["starts"] = "2026-12-01T17:00"
    _, found = inspect(kind, right | fields)
    return {spell(problem.path): problem.message for problem in found}


def test_data_are_compact_and_readable() -> None:
    text = LocalizedText({"de": Rendition("Hallo"), "ar": Rendition("مرحبا", State.MACHINE)})
    offer = CounsellingOffer(
        id="lobbi-ost",
        title=text,
        summary=LocalizedText.of(de="S"),
        type="victim_support",
        source="example.org",
        verified=True,
        as_of=PartialDate(2023, 6),
        review_due=date(2027, 2, 28),
        places=(Place("rostock", latitude=54.1, longitude=12.1),),
        contact=ContactDetails(phone="116016"),
        status=Status.UNCERTAIN,
        examples={"de": ("Wer hilft?",)},
    )
    assert encode(offer) == {
        "id": "lobbi-ost",
        "title": {"de": "Hallo", "ar": {"text": "مرحبا", "state": "machine"}},
        "summary": {"de": "S"},
        "examples": {"de": ["Wer hilft?"]},
        "status": "uncertain",
        "source": "example.org",
        "verified": True,
        "as_of": "2023-06",
        "review_due": "2027-02-28",
        "type": "victim_support",
        "places": [{"town": "rostock", "latitude": 54.1, "longitude": 12.1}],
        "contact": {"phone": "116016"},
    }
    assert decode(Kind.OFFER, encode(offer)) == offer


def test_events_keep_their_wall_clock_times() -> None:
    event = Event(
        id="e",
        title=LocalizedText.of(de="T"),
        summary=LocalizedText.of(de="S"),
        source="x",
        verified=False,
        starts=at(1, 17),
        except_on=(at(8, 17),),
        changes=(OccurrenceChange(at(15, 17), at(16, 18)),),
        event_status=EventStatus.MOVED,
        place=Place("wismar"),
    )
    body = encode(event)
    assert body["starts"] == "2026-12-01T17:00:00"
    assert body["changes"] == [{"original": "2026-12-15T17:00:00", "starts": "2026-12-16T18:00:00"}]
    assert decode(Kind.EVENT, json.loads(json.dumps(body))) == event


@given(records)
def test_every_record_comes_back(record: AnyRecord) -> None:
    body = json.loads(json.dumps(encode(record)))
    assert decode(record.KIND, body) == record


@cache
def validator(kind: Kind) -> Any:
    schema = {"$ref": f"#/$defs/{KINDS[kind].__name__}", "$defs": definitions()}
    found = jsonschema.validators.validator_for(schema)
    found.check_schema(schema)
    return found(schema)


@given(records)
def test_every_encoded_record_fits_the_schema(record: AnyRecord) -> None:
    validator(record.KIND).validate(encode(record))


def test_a_plain_string_is_german_and_a_year_may_be_a_number() -> None:
    body = {"id": "a", "title": "T", "summary": "S", "source": "x", "verified": True, "as_of": 2023}
    assert decode(Kind.ARTICLE, body) == article(source="x", as_of=PartialDate(2023))


def test_all_problems_are_found_at_once_and_named_by_path() -> None:
    body = {
        "id": "a",
        "title": {"de": {"text": "T", "state": "translated"}},
        "verified": "yes",
        "source": "x",
        "contact": {"fon": "110"},
        "places": [{"town": "rostock"}, {"address": "Am Markt 1"}],
    }
    with pytest.raises(CodecError) as error:
        decode(Kind.ORGANISATION, body)
    found = {spell(problem.path): problem.message for problem in error.value.problems}
    assert found == {
        "title.de.state": "'translated' is none of human, machine, outdated",
        "summary": "this field is missing",
        "verified": "'yes' is neither true nor false; write one of the two",
        "contact.fon": "there is no such field; the fields are phone, mobile, email, website",
        "places[2].town": "this field is missing",
    }
    assert error.value.kind is Kind.ORGANISATION
    assert "contact.fon: there is no such field" in str(error.value)


@pytest.mark.parametrize(
    ("kind", "field", "value", "path", "message"),
    [
        (Kind.ARTICLE, "website", 3.5, "website", "3.5 is not a text"),
        (Kind.ARTICLE, "website", ["x"], "website", "is not a text"),
        (Kind.ARTICLE, "website", True, "website", "true is not a text"),
        (Kind.ARTICLE, "note", "a\0b", "note", "invisible control character"),
        (Kind.ARTICLE, "note", "a\x7fb", "note", "invisible control character"),
        (Kind.ARTICLE, "note", "a\x9db", "note", "invisible control character"),
        (Kind.ARTICLE, "note", "\ud800", "note", "invisible control character"),
        (Kind.ARTICLE, "terms", "Duldung", "terms", "is not a list"),
        (Kind.ARTICLE, "terms", ["a", None], "terms[2]", "nothing is not a text"),
        (Kind.ARTICLE, "examples", ["a"], "examples", "pairs of a key and a value"),
        (Kind.ARTICLE, "demo", None, "demo", "nothing stands here"),
        (Kind.ARTICLE, "verified", None, "verified", "nothing stands here"),
        (Kind.ARTICLE, "as_of", "06/2023", "as_of", "write 2023, 2023-06 or 2023-06-14"),
        (Kind.ARTICLE, "as_of", "2023-13", "as_of", "write 2023, 2023-06 or 2023-06-14"),
        (Kind.ARTICLE, "as_of", [], "as_of", "is not a date"),
        (Kind.ARTICLE, "review_due", "2027-W01-1", "review_due", "is not a day"),
        (Kind.ARTICLE, "review_due", 2027, "review_due", "is not a day"),
        (Kind.ARTICLE, "title", 7.0, "title", "is not a text"),
        (Kind.ARTICLE, "title", {"de": None}, "title.de", "nothing is not a text"),
        (Kind.ARTICLE, "status", "alive", "status", "is none of active, uncertain"),
        (Kind.OFFER, "min_age", "27", "min_age", "is not a whole number"),
        (Kind.OFFER, "min_age", True, "min_age", "is not a whole number"),
        (Kind.OFFER, "contact", "110", "contact", "where the fields phone, mobile"),
        (Kind.OFFER, "places", [{"town": "x", "latitude": "54"}], "places[1].latitude", "is not a number"),
        (Kind.EVENT, "starts", "2026-12-01", "starts", "is not a day and time"),
        (Kind.EVENT, "starts", 5, "starts", "is not a day and time"),
        (Kind.EVENT, "starts", "2026-12-01 25:00", "starts", "is not a day and time"),
        (Kind.EVENT, "starts", "2026-12-01T17:00+01:00", "starts", "names a time zone"),
    ],
)
def test_a_wrong_value_is_named(kind: Kind, field: str, value: Any, path: str, message: str) -> None:
    found = problems(kind, **{field: value})
    assert list(found) == [path]
    assert message in found[path]


def test_long_values_are_shortened() -> None:
    (message,) = problems(Kind.ARTICLE, verified="x" * 500).values()
    assert len(message) < 150


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_what_is_no_record_at_all_is_refused(body: Any) -> None:
    for kind in Kind:
        with pytest.raises(CodecError, match="where the fields id, title"):
            decode(kind, body)


def test_every_kind_has_a_schema() -> None:
    defined = definitions()
    assert {cls.__name__ for cls in (Organisation, CounsellingOffer, Event, Campaign, Article)} <= set(
        defined
    )
    assert defined["CounsellingOffer"]["required"] == ["id", "title", "summary", "source", "verified", "type"]
    assert all(definition.get("description") != "" for definition in defined.values())
