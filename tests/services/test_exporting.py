from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.content import starter_content
from bot.content.gazetteer import load_gazetteer
from bot.domain.directory import KINDS, AnyRecord, ContactDetails, Event, OccurrenceChange, PartialDate, Place
from bot.domain.locales import LOCALES
from bot.domain.text import LocalizedText, Rendition, State
from bot.services.exporting import export, write
from bot.services.import_records import SECTIONS, read_records
from bot.services.import_source import parse
from bot.services.importing import apply, plan_import, schema
from bot.storage.codec import decode, encode, field_types
from bot.storage.store import Store

TODAY = date(2026, 11, 23)

# Texts that YAML could mistake for something else are among them.
TRICKY = [
    "no",
    "null",
    "~",
    "2023",
    "1.0",
    "1e5",
    "0x1F",
    "12:30",
    "- a",
    "a: b",
    "#",
    "@",
    "'",
    '"',
    "a\nb\n",
    "\t.",
]
texts = st.sampled_from(TRICKY) | st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30
).filter(str.strip)
renditions = st.builds(Rendition, texts, st.sampled_from(State))
optional_texts = st.dictionaries(st.sampled_from([locale.code for locale in LOCALES]), renditions, max_size=3)
required_texts = st.builds(lambda german, others: {"de": german} | others, renditions, optional_texts)
days = st.dates(date(2010, 1, 1), date(2040, 1, 1))
past = st.dates(date(1990, 1, 1), TODAY).map(lambda d: PartialDate(d.year, d.month, d.day))
moments = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2035-01-01"))
ids = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
addresses = st.none() | st.sampled_from(["https://example.org", "http://www.example.org/?page_id=2"])
places = st.builds(
    Place,
    town=st.sampled_from(["rostock", "wismar", "schwerin"]),
    address=texts,
    name=st.none() | texts,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
)

FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "id": ids,
    "title": st.builds(LocalizedText, required_texts),
    "summary": st.builds(LocalizedText, required_texts),
    "topics": st.lists(ids, max_size=3, unique=True).map(tuple),
    "examples": st.dictionaries(st.sampled_from(["de", "en"]), st.lists(texts, max_size=3).map(tuple)),
    "source": texts,
    "as_of": st.none() | past,
    "confirmed_on": st.none(),
    "confirmed_by": st.none(),
    "review_due": st.none() | days,
    "funding_until": st.none() | days,
    "publish_address": st.just(False),
    "places": st.lists(places, max_size=2).map(tuple),
    "place": st.none() | places,
    "languages": st.lists(st.sampled_from(["de", "fa-AF", "ku", "sr", "ti"]), unique=True).map(tuple),
    "interpreters": st.lists(st.sampled_from(["ar", "uk"]), unique=True).map(tuple),
    "contact": st.builds(
        ContactDetails,
        phone=st.sampled_from([None, "116016", "+493811286990", "110"]),
        mobile=st.just("+498001110111"),
        email=st.sampled_from([None, "info@example.org"]),
        website=addresses,
    ),
    "founded": st.none() | past,
    "districts_served": st.sampled_from([(), ("vr", "nwm")]),
    "districts": st.dictionaries(st.sampled_from(["vr", "hro"]), st.sampled_from(["active", "ended"])),
    "min_age": st.none() | st.integers(0, 20),
    "max_age": st.none() | st.integers(21, 120),
    "appointment": st.sampled_from([None, "required", "not_required"]),
    "hours": st.sampled_from([None, "Mo-Th 09:00-12:00; PH off", "24/7"]),
    "starts": moments,
    "ends": st.none(),
    "repeats": st.just("FREQ=WEEKLY"),
    "except_on": st.lists(moments, max_size=2).map(tuple),
    "changes": st.lists(st.builds(OccurrenceChange, moments, moments) | st.builds(
        OccurrenceChange, moments, cancelled=st.just(True)), max_size=2).map(tuple),
    "online": addresses,
    "website": addresses,
    "started": st.none() | past,
    "ended": st.none(),
}  # fmt: skip


def of_type(tp: Any) -> st.SearchStrategy[Any]:
    """Values for the fields that have no rule of their own."""
    arguments = get_args(tp)
    if type(None) in arguments:
        return st.none() | of_type(arguments[0])
    if get_origin(tp) is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if tp is LocalizedText:
        return st.builds(LocalizedText, optional_texts)
    assert not is_dataclass(tp)
    return texts if tp is str else st.from_type(tp)


def any_record(cls: type[AnyRecord]) -> st.SearchStrategy[AnyRecord]:
    fields = {
        name: FIELDS[name] if name in FIELDS else of_type(tp) for name, (_, tp) in field_types(cls).items()
    }
    built: st.SearchStrategy[AnyRecord] = st.builds(cls, **fields)
    return built.map(on_its_dates)


def on_its_dates(record: AnyRecord) -> AnyRecord:
    """An event whose exceptions name dates that its series has: others are refused."""
    if not isinstance(record, Event):
        return record
    week = timedelta(days=7)
    skipped = tuple(record.starts + (number + 1) * week for number in range(len(record.except_on)))
    changes = tuple(
        replace(change, original=record.starts + (number + 5) * week)
        for number, change in enumerate(record.changes)
    )
    return replace(record, except_on=skipped, changes=changes)


any_records = st.lists(st.one_of(*map(any_record, KINDS.values())), max_size=4, unique_by=lambda r: r.key)


TITLE = LocalizedText({"de": Rendition("Fest"), "ar": Rendition("عيد", State.MACHINE)})
FESTIVAL = Event(
    id="fest",
    title=TITLE,
    summary=TITLE,
    source="example.org",
    verified=False,
    starts=datetime.fromisoformat("2026-12-01 17:00"),
)


def as_read(record: AnyRecord) -> AnyRecord:
    return decode(record.KIND, json.loads(json.dumps(encode(record))))


@given(any_records)
def test_what_is_exported_is_read_back_the_same(records: list[AnyRecord]) -> None:
    document = parse(write(records).encode(), "export.yaml")
    found, findings = read_records([document], load_gazetteer(), TODAY)
    assert findings == []
    assert {one.record.key: one.record for one in found} == {one.key: as_read(one) for one in records}


@pytest.mark.parametrize("text", TRICKY)
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    event = Event(
        id="a",
        title=LocalizedText.of(de=text),
        summary=LocalizedText.of(de=text, en=text),
        source=text,
        verified=True,
        starts=datetime.fromisoformat("2026-12-01 17:00"),
    )
    document = parse(write([event]).encode(), "export.yaml")
    found, findings = read_records([document], load_gazetteer(), TODAY)
    assert ([one.record for one in found], findings) == ([event], [])


async def test_importing_an_export_changes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    options: dict[str, Any] = {"gazetteer": load_gazetteer(), "today": TODAY}
    await apply(await plan_import(sqlite_store, starter_content(), **options), sqlite_store)
    async with sqlite_store.begin() as transaction:
        stored = await transaction.record_bodies()
        (kind, id), record = next(iter(stored.items()))
        edited = record.body | {"title": {"de": "Neu", "ar": {"text": "جديد", "state": "outdated"}}}
        await transaction.put_record(kind, id, edited, record.imported)
    path = tmp_path / "export.yaml"
    path.write_text(await export(sqlite_store), encoding="utf-8")

    plan = await plan_import(sqlite_store, path, **options)
    assert plan.errors == ()
    assert not plan.writes
    assert all(not change.merged.conflicts for change in plan.changes)
    async with sqlite_store.read() as snapshot:
        version = await snapshot.content_version()
    await apply(plan, sqlite_store)
    async with sqlite_store.read() as snapshot:
        assert await snapshot.content_version() == version


async def test_an_export_fills_an_empty_database_with_the_same_records(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "export.yaml"
    path.write_text(write([FESTIVAL]), encoding="utf-8")
    plan = await plan_import(sqlite_store, path, gazetteer=load_gazetteer(), today=TODAY)
    await apply(plan, sqlite_store)
    async with sqlite_store.read() as snapshot:
        assert await snapshot.records() == (FESTIVAL,)
    assert await export(sqlite_store) == write([FESTIVAL])


def test_an_export_is_readable_and_fits_the_schema() -> None:
    text = write([FESTIVAL])
    assert text.startswith(
        "schema: 1\nevents:\n- id: fest\n  title:\n    de: Fest\n    ar:\n      text: عيد\n"
    )
    jsonschema.validate(yaml.safe_load(text), schema())
    assert write([]) == "schema: 1\n"
    assert list(SECTIONS) == ["organisations", "offers", "events", "campaigns", "articles"]
