from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.content import SCHEMA, demo_content, starter_content
from bot.content.gazetteer import load_gazetteer
from bot.content.meaning import load_bank
from bot.domain.directory import KINDS, ContactDetails, Event, Kind, OccurrenceChange, Place
from bot.domain.text import Rendition, State
from bot.services import import_source, importing
from bot.services.import_checks import OFFER_TYPES, known_topics, phone_number
from bot.services.import_merge import merge
from bot.services.importing import ContentChanged, Plan, apply, plan_import, schema, schema_text
from bot.storage.codec import decode, field_types
from bot.storage.store import Store
from bot.understanding.teaching import NONE, SMALLTALK

TODAY = date(2026, 11, 23)
OFFER = Kind.OFFER

RIGHT = """\
schema: 1
offers:
  - id: lobbi-ost
    title: LOBBI Ost
    summary: Hilfe nach rechter Gewalt.
    type: victim_support
    verified: true
    source: example.org
"""


class Desk:
    """Imports texts as files, as somebody in the office would."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder

    def write(self, files: str | dict[str, str]) -> Path:
        if isinstance(files, str):
            files = {"offers.yaml": files}
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self.folder

    async def plan(
        self,
        files: str | dict[str, str],
        *,
        today: date = TODAY,
        overwrite: bool = False,
        shipped: bool = False,
    ) -> Plan:
        path = self.write(files)
        options: dict[str, Any] = {"gazetteer": load_gazetteer(), "today": today}
        return await plan_import(self.store, path, **options, overwrite=overwrite, shipped=shipped)

    async def load(self, files: str | dict[str, str], **options: Any) -> Plan:
        plan = await self.plan(files, **options)
        assert plan.errors == ()
        await apply(plan, self.store)
        return plan

    async def errors(self, files: str | dict[str, str]) -> list[str]:
        return [str(error) for error in (await self.plan(files)).errors]

    async def body(self, id: str = "lobbi-ost", kind: Kind = OFFER) -> dict[str, Any]:
        async with self.store.read() as snapshot:
            return (await snapshot.record_bodies())[kind, id].body

    async def edit(self, id: str = "lobbi-ost", kind: Kind = OFFER, **fields: Any) -> None:
        async with self.store.begin() as transaction:
            old = (await transaction.record_bodies())[kind, id]
            await transaction.put_record(kind, id, *old._replace(body=old.body | fields))

    async def version(self) -> int:
        async with self.store.read() as snapshot:
            return await snapshot.content_version()


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path)


def with_lines(*lines: str) -> str:
    """The right offer with more lines, or others in the place of its own."""
    names = {line.split(":")[0] for line in lines}
    kept = [line for line in RIGHT.splitlines() if line.strip(" -").split(":")[0] not in names]
    if not any(line.startswith("  - ") for line in kept):
        kept.insert(2, "  - demo: false")
    return "\n".join([*kept, *(f"    {line}" for line in lines)]) + "\n"


def event(*lines: str) -> str:
    head = ["title: Fest", "summary: Ein Fest.", "verified: true", "source: example.org"]
    return "schema: 1\nevents:\n  - id: fest\n" + "".join(f"    {line}\n" for line in [*head, *lines])


def campaign(*lines: str) -> str:
    return event(*lines).replace("events:", "campaigns:")


def translation(*lines: str, locale: str = "ar", state: str = "machine") -> str:
    head = f"schema: 1\ntranslations:\n  locale: {locale}\n  state: {state}\n  records:\n"
    return head + "".join(f"    {line}\n" for line in lines)


# What an import does


async def test_a_new_record_is_stored_with_its_base(desk: Desk) -> None:
    plan = await desk.load(RIGHT)
    assert plan.describe() == "+ offer lobbi-ost: “LOBBI Ost”\n1 new, 0 changed, 0 unchanged."
    async with desk.store.read() as snapshot:
        stored = (await snapshot.record_bodies())[OFFER, "lobbi-ost"]
        (record,) = await snapshot.records()
    assert stored.body == stored.imported
    assert record.title.renditions == {"de": Rendition("LOBBI Ost")}
    assert await desk.version() == 1


async def test_a_plan_writes_nothing_by_itself(desk: Desk) -> None:
    plan = await desk.plan(RIGHT)
    assert plan.writes
    assert await desk.version() == 0


async def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    await desk.load(RIGHT)
    plan = await desk.load(RIGHT)
    assert not plan.writes
    assert plan.describe() == "0 new, 0 changed, 1 unchanged."
    assert await desk.version() == 1


async def test_changes_are_shown_and_taken(desk: Desk) -> None:
    await desk.load(with_lines("hotline: true", "contact: {phone: 116016, email: a@example.org}"))
    plan = await desk.load(with_lines("hotline: false", "contact: {phone: '0381 1286990'}"))
    assert plan.describe().splitlines() == [
        "~ offer lobbi-ost",
        "    hotline: “true” → (nothing)",
        "    contact.phone: “116016” → “+493811286990”",
        "0 new, 1 changed, 0 unchanged.",
    ]
    body = await desk.body()
    assert body["contact"] == {"phone": "+493811286990", "email": "a@example.org"}
    assert "hotline" not in body


async def test_only_what_changes_is_written(desk: Desk) -> None:
    second = RIGHT.replace("lobbi-ost", "lobbi-west")
    await desk.load({"a.yaml": RIGHT, "b.yaml": second})
    plan = await desk.load({"a.yaml": RIGHT, "b.yaml": second.replace("LOBBI Ost", "LOBBI West")})
    assert plan.describe().splitlines() == [
        "~ offer lobbi-west",
        "    title.de: “LOBBI Ost” → “LOBBI West”",
        "0 new, 1 changed, 1 unchanged.",
    ]
    assert (await desk.body("lobbi-west"))["title"] == {"de": "LOBBI West"}


async def test_a_long_list_of_errors_is_cut_in_words_only(desk: Desk) -> None:
    plan = await desk.plan("schema: 1\noffers:\n" + "  - 1\n" * 502)
    assert len(plan.errors) == 502
    assert plan.describe().splitlines()[-2:] == ["… and 2 more.", "502 errors. Nothing was imported."]


async def test_long_values_are_shown_in_one_short_line(desk: Desk) -> None:
    await desk.load(RIGHT)
    plan = await desk.plan(with_lines("note: " + "x " * 100))
    assert max(map(len, plan.describe().splitlines())) < 110


async def test_records_that_the_file_does_not_name_stay(desk: Desk) -> None:
    await desk.load(RIGHT)
    await desk.load(RIGHT.replace("lobbi-ost", "lobbi-west"))
    assert await desk.body() != {}
    assert await desk.body("lobbi-west") != {}


async def test_an_edit_elsewhere_survives(desk: Desk) -> None:
    await desk.load(with_lines("provider: LOBBI"))
    await desk.edit(provider="LOBBI e.V.")
    plan = await desk.load(with_lines("provider: LOBBI", "free: true"))
    assert "    kept, edited elsewhere: provider: “LOBBI e.V.”" in plan.describe()
    assert "1 kept as edited elsewhere" in plan.describe()
    body = await desk.body()
    assert (body["provider"], body["free"]) == ("LOBBI e.V.", True)
    assert not (await desk.plan(with_lines("provider: LOBBI", "free: true"))).writes


async def test_an_edit_on_both_sides_is_a_conflict_until_it_is_settled(desk: Desk) -> None:
    await desk.load(with_lines("provider: LOBBI"))
    await desk.edit(provider="LOBBI e.V.")
    new = with_lines("provider: Lobbi MV", "free: true")
    plan = await desk.load(new)
    line = "    CONFLICT provider: edited elsewhere to “LOBBI e.V.”, in the file “Lobbi MV”; not taken"
    assert line in plan.describe()
    assert (await desk.body())["provider"] == "LOBBI e.V."

    again = await desk.plan(new)
    assert line in again.describe()
    assert "1 in conflict" in again.describe()
    assert not again.writes

    await desk.load(new, overwrite=True)
    assert (await desk.body())["provider"] == "Lobbi MV"
    assert (await desk.plan(new)).describe() == "0 new, 0 changed, 1 unchanged."


async def test_overwriting_takes_back_an_edit_of_what_the_file_names_only(desk: Desk) -> None:
    await desk.load(RIGHT)
    await desk.edit(provider="LOBBI e.V.", free=True)
    await desk.load(with_lines("free: null"), overwrite=True)
    assert (await desk.body())["provider"] == "LOBBI e.V."
    assert "free" not in await desk.body()


WHOLE = with_lines(
    "places: [{town: wismar, address: Weg 1}]",
    "publish_address: true",
    "districts_served: [vr]",
    "provider: LOBBI",
    "anonymous: true",
    "contact: {phone: 116016, mobile: '+4915112345678', email: a@example.org, website: 'https://a.example'}",
    "review_due: 2027-03-01",
    "note: Rufen wir an.",
    "examples: {de: [Wer hilft?], uk: [Хто допоможе?]}",
    "target_group: {de: Alle, en: All, vi: {text: Tất cả, state: machine}}",
)


async def test_what_a_file_leaves_out_stays(desk: Desk) -> None:
    await desk.load(WHOLE)
    before = await desk.body()
    plan = await desk.load(with_lines("contact: {phone: 116117}", "examples: {de: [Wer schützt mich?]}"))
    assert plan.describe().splitlines()[1:-1] == [
        '    examples.de: “["Wer hilft?"]” → “["Wer schützt mich?"]”',
        "    contact.phone: “116016” → “116117”",
    ]
    changed = {"contact": before["contact"] | {"phone": "116117"}}
    changed["examples"] = before["examples"] | {"de": ["Wer schützt mich?"]}
    assert await desk.body() == before | changed
    again = await desk.plan(WHOLE)
    assert {d.leaf for d in again.changes[0].merged.changed} == {("contact", "phone"), ("examples", "de")}


async def test_null_empties_a_field_a_language_or_a_way_of_contact(desk: Desk) -> None:
    await desk.load(WHOLE)
    cleared = with_lines(
        "review_due: null",
        "note:",
        "anonymous: false",
        "districts_served: null",
        "contact: {mobile: null, email: null, website: null}",
        "examples: {ua: null}",
        "target_group: {vn: null, en: All}",
    )
    await desk.load(cleared)
    body = await desk.body()
    assert not {"review_due", "note", "anonymous", "districts_served"} & set(body)
    assert body["contact"] == {"phone": "116016"}
    assert body["examples"] == {"de": ["Wer hilft?"]}
    assert body["target_group"] == {"de": "Alle", "en": "All"}
    assert not (await desk.plan(cleared)).writes
    await desk.load(with_lines("contact: null", "target_group: null"))
    assert not {"contact", "target_group"} & set(await desk.body())
    assert (await desk.load(WHOLE)).changes[0].merged.conflicts == ()
    assert (await desk.body())["note"] == "Rufen wir an."


async def test_null_deletes_no_edit_made_elsewhere(desk: Desk) -> None:
    await desk.load(RIGHT)
    await desk.edit(note="Neu", examples={"en": ["Who helps?"]})
    plan = await desk.load(with_lines("note: null", "examples: null"))
    assert {d.leaf for d in plan.changes[0].merged.conflicts} == {("note",), ("examples", "en")}
    assert (await desk.body())["note"] == "Neu"


# What comes with the program, and the office's own files


async def test_what_an_own_file_changed_stays_when_the_programs_content_comes_again(desk: Desk) -> None:
    """Files are how the office corrects and confirms: no newer version of the program takes it back."""
    shipped = with_lines(
        "contact: {phone: 116016}", "provider: A", "review_due: 2026-12-01", "title: {de: A}"
    )
    own = with_lines(
        "contact: {phone: 116117}", "provider: B", "confirmed_on: 2026-11-20", "confirmed_by: Büro"
    )
    await desk.load(shipped, shipped=True)
    await desk.load(own)
    body = await desk.body()
    newer = shipped.replace("provider: A", "provider: C").replace("{de: A}", "{de: A, en: B}")
    plan = await desk.load(newer.replace("2026-12-01", "2027-12-01"), shipped=True)
    *lines, total = plan.describe().splitlines()
    assert lines == [
        "~ offer lobbi-ost",
        "    review_due: “2026-12-01” → “2027-12-01”",
        "    title.en: (nothing) → “B” (outdated)",
        "    kept, edited elsewhere: title.de: “LOBBI Ost”",
        "    kept, edited elsewhere: contact.phone: “116117”",
        "    CONFLICT provider: edited elsewhere to “B”, in the file “C”; not taken",
    ]
    assert total.startswith("0 new, 1 changed, 0 unchanged, 2 kept as edited elsewhere, 1 in conflict")
    title = {"de": "LOBBI Ost", "en": {"text": "B", "state": "outdated"}}
    assert await desk.body() == body | {"title": title, "review_due": "2027-12-01"}


async def test_an_own_file_goes_on_from_what_came_with_the_program(desk: Desk) -> None:
    old = with_lines("provider: A")
    await desk.load(old, shipped=True)
    await desk.load(with_lines("provider: A2"))
    await desk.load(with_lines("provider: A"))
    await desk.load(with_lines("provider: B", "note: B"), shipped=True)

    stays = await desk.load(old)
    assert "    kept, edited elsewhere: provider: “B”" in stays.describe()
    assert not stays.writes

    await desk.load(with_lines("provider: C", "note: null"))
    body = await desk.body()
    assert body["provider"] == "C"
    assert "note" not in body


async def test_what_the_office_emptied_stays_empty(desk: Desk) -> None:
    text = with_lines("provider: A", "contact: {phone: 116016, email: a@example.org}")
    await desk.load(text, shipped=True)
    await desk.load(with_lines("provider: null", "contact: {email: null}"))
    plan = await desk.load(text, shipped=True)
    assert not plan.writes
    assert {d.leaf for d in plan.changes[0].merged.kept} == {("provider",), ("contact", "email")}


async def test_a_new_record_may_say_that_there_is_nothing(desk: Desk) -> None:
    text = with_lines("note: null", "contact: {phone: 116016, mobile: null}")
    await desk.load(text)
    body = await desk.body()
    assert "note" not in body
    assert body["contact"] == {"phone": "116016"}
    assert not (await desk.plan(text)).writes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("title: null", "nothing stands here; write a value"),
        ("title: {de: null, en: A}", "the German text (de) is missing"),
        ("title: {de: A, xx: null}", "nothing is not a text"),
    ],
)
async def test_what_every_record_needs_cannot_be_emptied(desk: Desk, line: str, message: str) -> None:
    assert message in (await desk.errors(with_lines(line)))[0]


async def test_a_record_that_cannot_be_read_is_mended_by_a_file(desk: Desk) -> None:
    await desk.load(RIGHT)
    await desk.edit(colour="red")
    plan = await desk.load(RIGHT)
    assert plan.describe() == "+ offer lobbi-ost: “LOBBI Ost”\n1 new, 0 changed, 0 unchanged."
    async with desk.store.read() as snapshot:
        assert [record.id for record in await snapshot.records()] == ["lobbi-ost"]


async def test_a_record_made_elsewhere_is_not_overwritten(desk: Desk) -> None:
    async with desk.store.begin() as transaction:
        body = {"id": "lobbi-ost", "title": {"de": "Anders"}, "summary": {"de": "S"}, "source": "Büro"}
        await transaction.put_record(OFFER, "lobbi-ost", body | {"verified": True, "type": "x"}, None)
    plan = await desk.load(with_lines("free: true"))
    assert {d.leaf for d in plan.changes[0].merged.conflicts} == {
        ("title", "de"), ("summary", "de"), ("source",), ("type",)
    }  # fmt: skip
    assert (await desk.body())["free"] is True


async def test_a_base_with_fields_of_an_older_version_is_no_obstacle(desk: Desk) -> None:
    await desk.load(RIGHT)
    async with desk.store.begin() as transaction:
        old = (await transaction.record_bodies())[OFFER, "lobbi-ost"]
        await transaction.put_record(OFFER, "lobbi-ost", old.body, {**old.body, "fax": "none"})
    assert not (await desk.plan(RIGHT)).writes


versions = st.sampled_from(["A", "B"]).flatmap(
    lambda text: st.sampled_from(
        [text, {"text": text, "state": "machine"}, {"text": text, "state": "outdated"}]
    )
)
titles = st.builds(
    lambda german, others: {"de": german, **others},
    st.sampled_from(["A", "B", "C"]),
    st.dictionaries(st.sampled_from(["en", "ar"]), versions),
)


def bodies(*nothing: None) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies as they are stored; with ``None``, as files and bases say them."""
    return st.builds(
        lambda title, others: {"id": "a", "title": title, **others},
        titles,
        st.fixed_dictionaries(
            {},
            optional={
                "provider": st.sampled_from(["A", "B", *nothing]),
                "contact": st.sampled_from([{"phone": "110"}, *([{"phone": None}] if nothing else [])]),
                "hours_note": st.sampled_from([{"de": "A", "en": "B"}, {"de": "A"}]),
            },
        ),
    )


bases = st.none() | bodies(None)
files = st.builds(
    lambda body, others: body | others,
    bodies(None),
    st.fixed_dictionaries({}, optional={"contact": st.none(), "hours_note": st.none()}),
)


@given(bases, bases, bodies(), files, st.booleans())
def test_whatever_the_versions_a_second_import_changes_nothing(
    base: dict[str, Any] | None,
    shipped: dict[str, Any] | None,
    current: dict[str, Any],
    given_body: dict[str, Any],
    overwrite: bool,
) -> None:
    first = merge(OFFER, base, current, given_body, shipped=shipped, overwrite=overwrite)
    second = merge(OFFER, first.imported, first.body, given_body, shipped=shipped, overwrite=overwrite)
    assert second.changed == ()
    assert second.body == first.body
    assert {d.leaf for d in second.conflicts} == {d.leaf for d in first.conflicts}
    decode(OFFER, {**first.body, "summary": {}, "source": "x", "verified": True, "type": "y"})
    if overwrite:
        assert first.conflicts == first.kept == ()
        assert first.body["title"]["de"] == given_body["title"]["de"]


def test_a_confirmed_translation_that_came_with_the_program_goes_with_its_german() -> None:
    base, current = {"title": {"de": "B"}}, {"title": {"de": "B", "ar": "B"}}
    shipped = {"title": {"de": "A", "ar": {"text": "B", "state": "machine"}}}
    given_body = {"title": {"de": "A", "ar": "A"}}
    first = merge(OFFER, base, current, given_body, shipped=shipped)
    assert first.body == given_body
    assert first.conflicts == ()


async def test_what_somebody_edits_meanwhile_stops_the_import(desk: Desk) -> None:
    await desk.load(RIGHT)
    plan = await desk.plan(with_lines("free: true"))
    await desk.edit(provider="LOBBI e.V.")
    with pytest.raises(ContentChanged, match="Import again"):
        await apply(plan, desk.store)
    assert "free" not in await desk.body()


async def test_one_error_stops_everything(desk: Desk) -> None:
    plan = await desk.plan({"a.yaml": RIGHT, "b.yaml": with_lines("id: b", "hours: never")})
    assert plan.describe().endswith("\n1 error. Nothing was imported.")
    assert not plan.writes
    with pytest.raises(ValueError, match="with errors"):
        await apply(plan, desk.store)
    assert await desk.version() == 0


async def test_what_both_have_changed_alike_becomes_the_base_with_the_next_change(desk: Desk) -> None:
    await desk.load(with_lines("provider: A"))
    await desk.edit(provider="B")
    assert not (await desk.load(with_lines("provider: B"))).writes
    await desk.load(with_lines("provider: B", "free: true"))
    await desk.load(with_lines("provider: C", "free: true"))
    assert (await desk.body())["provider"] == "C"


# Languages


TEXTS = 'title: {de: Hallo, ar: {text: "مرحبا", state: machine}, en: Hello}'


async def test_new_german_makes_the_other_languages_outdated(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    plan = await desk.load(with_lines(TEXTS.replace("Hallo", "Guten Tag")))
    assert "title.ar: “مرحبا” (machine) → “مرحبا” (outdated)" in plan.describe()
    assert (await desk.body())["title"] == {
        "de": "Guten Tag",
        "ar": {"text": "مرحبا", "state": "outdated"},
        "en": {"text": "Hello", "state": "outdated"},
    }
    assert not (await desk.plan(with_lines(TEXTS.replace("Hallo", "Guten Tag")))).writes


async def test_a_new_translation_beside_new_german_is_not_outdated(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    await desk.load(with_lines('title: {de: Guten Tag, ar: {text: "صباح", state: machine}, en: Hello}'))
    title = (await desk.body())["title"]
    assert title["ar"] == {"text": "صباح", "state": "machine"}
    assert title["en"]["state"] == "outdated"
    await desk.load(with_lines('title: {de: Guten Tag, ar: {text: "صباح", state: machine}, en: Good day}'))
    assert (await desk.body())["title"]["en"] == "Good day"


async def test_confirming_an_old_translation_counts_as_new(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    await desk.load(with_lines('title: {de: Guten Tag, ar: "مرحبا"}'))
    assert (await desk.body())["title"]["ar"] == "مرحبا"


async def test_a_file_without_a_language_does_not_delete_it(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    plan = await desk.load(with_lines("title: Hallo"))
    assert not plan.writes
    assert (await desk.body())["title"]["en"] == "Hello"
    await desk.load(with_lines("title: Guten Tag"))
    assert (await desk.body())["title"]["en"] == {"text": "Hello", "state": "outdated"}


async def test_a_translation_of_german_that_is_not_taken_is_outdated(desk: Desk) -> None:
    await desk.load(with_lines("title: Hallo"))
    await desk.edit(title={"de": "Moin"})
    await desk.load(with_lines("title: {de: Hallo, en: Hello}"))
    assert (await desk.body())["title"] == {"de": "Moin", "en": {"text": "Hello", "state": "outdated"}}


async def test_a_translation_corrected_elsewhere_stays(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    await desk.edit(title={"de": "Hallo", "ar": "أهلا", "en": "Hello"})
    plan = await desk.load(with_lines(TEXTS))
    assert "kept, edited elsewhere: title.ar: “أهلا”" in plan.describe()
    assert (await desk.body())["title"]["ar"] == "أهلا"


async def test_a_confirmed_translation_of_replaced_german_gives_way_to_a_new_one(desk: Desk) -> None:
    await desk.load(with_lines(TEXTS))
    await desk.edit(title={"de": "Hallo", "ar": "مرحبا", "en": "Hello"})
    await desk.load(with_lines('title: {de: Guten Tag, ar: {text: "صباح", state: machine}}'))
    assert (await desk.body())["title"]["ar"] == {"text": "صباح", "state": "machine"}


async def test_translation_files_are_merged_in(desk: Desk) -> None:
    files = {
        "offers.yaml": with_lines('title: {de: LOBBI Ost, vi: "Của người"}', "hours_note: nach Absprache"),
        "translations/ar.yaml": translation('offer/lobbi-ost: {title: "لوبي", hours_note: "حسب الموعد"}'),
        "translations/vi.yaml": translation("offer/lobbi-ost: {title: Máy}", locale="vn"),
    }
    await desk.load(files)
    async with desk.store.read() as snapshot:
        (record,) = await snapshot.records()
    assert record.title.renditions["ar"] == Rendition("لوبي", State.MACHINE)
    assert record.title.renditions["vi"] == Rendition("Của người")
    assert (await desk.body())["hours_note"]["ar"] == {"text": "حسب الموعد", "state": "machine"}
    assert not (await desk.plan(files)).writes


async def test_language_codes_are_brought_into_their_usual_form(desk: Desk) -> None:
    await desk.load(with_lines("languages: [vn, prs, kmr, EN, fa, gsg]", "title: {de: A, prs: B, vn: C}"))
    body = await desk.body()
    assert body["languages"] == ["vi", "fa-AF", "ku", "en", "fa", "gsg"]
    assert body["title"] == {"de": "A", "fa-AF": "B", "vi": "C"}


# Demo times


async def test_demo_times_count_from_today(desk: Desk) -> None:
    text = event(
        "demo: true",
        'starts: "+2d 17:00"',
        'ends: "+2d 19:30"',
        "repeats: FREQ=WEEKLY",
        'except_on: ["+9d 17:00"]',
        'changes: [{original: "+16d 17:00", starts: "+17d 18:00"}]',
    )
    await desk.load(text)
    found = decode(Kind.EVENT, await desk.body("fest", Kind.EVENT))
    assert isinstance(found, Event)
    assert (str(found.starts), str(found.ends)) == ("2026-11-25 17:00:00", "2026-11-25 19:30:00")
    assert [moment.day for moment in found.except_on] == [2]
    (change,) = found.changes
    assert change.starts is not None
    assert (change.original.day, change.starts.day) == (9, 10)
    assert not (await desk.plan(text)).writes
    await desk.load(text, today=date(2026, 11, 24))
    assert (await desk.body("fest", Kind.EVENT))["starts"] == "2026-11-26T17:00:00"


async def test_a_demo_campaign_ends_some_days_from_today(desk: Desk) -> None:
    await desk.load(campaign("demo: true", 'ended: "+40d"'))
    assert (await desk.body("fest", Kind.CAMPAIGN))["ended"] == "2027-01-02"
    (error,) = await desk.errors(campaign('ended: "+40d"'))
    assert "ended" in error


async def test_demo_times_are_for_the_demo_only(desk: Desk) -> None:
    (error,) = await desk.errors(event('starts: "+2d 17:00"'))
    assert error.startswith("offers.yaml:8 events[1].starts: '+2d 17:00' is not a day and time")
    assert error.endswith("only for events with demo: true")
    (error,) = await desk.errors(event("demo: true", 'starts: "+2d 25:00"'))
    assert "is not a day and time" in error


# Errors in single fields


@pytest.mark.parametrize(
    ("line", "where", "message"),
    [
        ("id: Lobbi_Ost", "id", "may have only a-z, 0-9 and single hyphens"),
        ("id: " + "a" * 29, "id", "is longer than 28 characters"),
        ("titel: x", "titel", "there is no such field; did you mean title?"),
        ("kosten: x", "kosten", "there is no such field; the fields are id, title"),
        ("title: {en: Hello}", "title", "the German text (de) is missing"),
        ("summary: {ar: x}", "summary", "the German text (de) is missing"),
        ("summary: " + "a" * 201, "summary.de", "the text has 201 characters; shorten it to 200"),
        ("title: " + "a" * 121, "title.de", "the text has 121 characters; shorten it to 120"),
        ("title: ' '", "title.de", "the text is empty"),
        ("title: {de: A, xx: B}", "title.xx", "'xx' is none of the languages de, de-x-leicht, en"),
        ("title: {de: A, vi: B, vn: C}", "title.vn", "'vn' means vi, which stands here already"),
        ("source: ' '", "source", "every record needs a source"),
        ("type: ''", "type", "nothing stands here"),
        ("verified: ja", "verified", "'ja' is neither true nor false"),
        ("languages: [de, Deutsch]", "languages[2]", "'Deutsch' is not a language code"),
        ("interpreters: ['x y']", "interpreters[1]", "is not a language code"),
        ("topics: [housing, Wohnen]", "topics[2]", "may have only a-z"),
        ("topics: [housing, housing]", "topics[2]", "stands here twice"),
        ("examples: {de: ['']}", "examples.de[1]", "the question is empty"),
        ("examples: {xx: [a]}", "examples.xx", "is not a language code"),
        (
            "contact: {phone: '0381 12'}",
            "contact.phone",
            "'0381 12' is not a telephone number; write it like +49381",
        ),
        ("contact: {mobile: call us}", "contact.mobile", "'call us' is not a telephone number"),
        ("contact: {email: info.example.org}", "contact.email", "is not an e-mail address"),
        (
            "contact: {website: www.example.org}",
            "contact.website",
            "is not a web address; write it like https",
        ),
        ("contact: {website: 'https://[example.org'}", "contact.website", "is not a web address"),
        ("contact: {website: 'https://[::1.example.org'}", "contact.website", "is not a web address"),
        ("contact: {website: 'javascript:alert(1)'}", "contact.website", "is not a web address"),
        ("contact: {website: 'https://example.org/<id>'}", "contact.website", "is not a web address"),
        (
            "hours: Mo-Fr 9-noon",
            "hours",
            "cannot be read as hours; write them like 'Mo-Th 09:00-12:00; PH off'",
        ),
        ("places: [{town: Rostok}]", "places[1].town", "is not a town of the gazetteer; perhaps rostock"),
        ("places: [{town: qqqqqq}]", "places[1].town", "is not a town of the gazetteer; write its id"),
        ("places: [{town: rostock, latitude: 54.1}]", "places[1]", "latitude and longitude belong together"),
        (
            "places: [{town: rostock, latitude: 540.1, longitude: 12.0}]",
            "places[1].latitude",
            "is not between",
        ),
        ("districts_served: [xyz]", "districts_served[1]", "'xyz' is not a district"),
        ("min_age: 130", "min_age", "130 is not an age in years"),
        ("appointment: maybe", "appointment", "'maybe' is none of required, not_required"),
        ("hotline: true", "hotline", "a hotline needs a telephone number"),
        ("publish_address: true", "publish_address", "there is no address to show"),
        ("as_of: 2026-12", "as_of", "2026-12 is in the future"),
        ("as_of: 1200", "as_of", "1200 cannot be right"),
        ("confirmed_on: 2026-11-01", "confirmed_on", "write under confirmed_by who has confirmed it"),
        ("confirmed_by: Büro", "confirmed_by", "write under confirmed_on when it was confirmed"),
        ("funding_until: 2206-01-31", "funding_until", "2206-01-31 cannot be right; check the year"),
        ("review_due: 1927-01-31", "review_due", "cannot be right"),
        ("review_due: 31.01.2027", "review_due", "'31.01.2027' is not a day; write it like 2026-12-31"),
    ],
)
async def test_an_error_in_an_offer(desk: Desk, line: str, where: str, message: str) -> None:
    text = with_lines(line)
    number = text.splitlines().index(f"    {line}") + 1
    (error,) = await desk.errors(text)
    assert error.startswith(f"offers.yaml:{number} offers[1].{where}: ")
    assert message in error


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["min_age: 30", "max_age: 20"], "min_age is above max_age"),
        *(
            ([f"type: {one}", "places: [{town: rostock, address: x}]"], "address of a shelter is secret")
            for one in ("women_shelter", "frauenhaus", "Frauenhäuser", "schutzwohnung")
        ),
        (
            ["title: Schutzhaus Rostock", "topics: [violence]", "places: [{town: rostock, address: x}]"],
            "address of a shelter is secret",
        ),
        (["confirmed_by: Büro", "confirmed_on: 2027-01-01"], "2027-01-01 is in the future"),
        (
            ["confirmed_by: Büro", "confirmed_on: 2026-10-01", "review_due: 2026-09-01"],
            "review is due before",
        ),
    ],
)
async def test_fields_that_do_not_fit_each_other(desk: Desk, lines: list[str], message: str) -> None:
    (error,) = await desk.errors(with_lines(*lines))
    assert message in error


START = "starts: 2026-12-01 17:00"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([START, "ends: 2026-12-01 16:00"], "events[1].ends: the event ends before it starts"),
        ([START, "ends: 2026-12-01 17:00"], "events[1].ends: the event ends the moment it starts"),
        (["starts: 2026-12-01"], "events[1].starts: '2026-12-01' is not a day and time; write it like"),
        (["starts: '2026-12-01T17:00Z'"], "events[1].starts: '2026-12-01T17:00Z' names a time zone"),
        ([START, "repeats: every Tuesday"], "events[1].repeats: 'every Tuesday' is not a rule of repetition"),
        ([START, "repeats: FREQ=SECONDLY"], "FREQ must be one of DAILY, MONTHLY, WEEKLY, YEARLY"),
        ([START, "repeats: FREQ=WEEKLY;BYDAY=XX"], "is not a rule of repetition"),
        ([START, "repeats: FREQ=WEEKLY;INTERVAL=0"], "INTERVAL must be 1 or more"),
        ([START, "repeats: FREQ=WEEKLY;COUNT=2;UNTIL=20270101"], "exclude each other"),
        ([START, "repeats: FREQ=WEEKLY;UNTIL=20260101T000000Z"], "the event never takes place"),
        ([START, "except_on: [2026-12-01 17:00]"], "events[1].except_on: this is for events that repeat"),
        (
            [START, "changes: [{original: 2026-12-01 17:00, cancelled: true}]"],
            "this is for events that repeat",
        ),
        (
            [START, "repeats: FREQ=DAILY", "changes: [{original: 2026-12-01 17:00}]"],
            "events[1].changes[1]: write either",
        ),
        (
            [START, "repeats: FREQ=WEEKLY", "except_on: [2026-12-08 17:00, 2026-12-15 18:00]"],
            "except_on[2]: the series has no date on 2026-12-15 at 18:00; the next is 2026-12-22 17:00",
        ),
        (
            [
                START,
                "repeats: FREQ=WEEKLY;COUNT=2",
                "changes: [{original: 2026-12-15 17:00, starts: 2026-12-16 17:00}]",
            ],
            "changes[1].original: the series has no date on 2026-12-15 at 17:00; it ends before that",
        ),
        ([START, "place: {town: atlantis}"], "events[1].place.town: 'atlantis' is not a town"),
        ([START, "online: zoom"], "events[1].online: 'zoom' is not a web address"),
        ([START, "event_status: off"], "'off' is none of planned, cancelled, moved"),
        ([], "events[1].starts: this field is missing"),
    ],
)
async def test_an_error_in_an_event(desk: Desk, lines: list[str], message: str) -> None:
    (error,) = await desk.errors(event(*lines))
    assert message in error


async def test_right_events_pass(desk: Desk) -> None:
    rule = "repeats: FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301T000000Z"
    assert await desk.errors(event(START, "ends: 2026-12-01T18:00", rule, "place: {town: wismar}")) == []
    whole_day = ("starts: 2026-12-01 00:00", "ends: 2026-12-01 00:00", "all_day: true")
    assert await desk.errors(event(*whole_day)) == []
    assert await desk.errors(event(*whole_day, "repeats: FREQ=DAILY", "except_on: [2026-12-03 10:00]")) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["started: 2027"], "campaigns[1].started: 2027 is in the future"),
        (["started: 2020-05", "ended: 2019"], "campaigns[1].ended: the campaign ended before it started"),
        (["districts: {xx: achieved}"], "campaigns[1].districts.xx: 'xx' is not a district"),
        (["districts: {vr: won}"], "campaigns[1].districts.vr: 'won' is none of active"),
    ],
)
async def test_an_error_in_a_campaign(desk: Desk, lines: list[str], message: str) -> None:
    (error,) = await desk.errors(campaign(*lines))
    assert message in error
    assert (
        await desk.errors(campaign("started: 2020-05", "ended: 2020", "districts: {vr: not_achieved}")) == []
    )


async def test_a_campaign_has_no_address_to_show(desk: Desk) -> None:
    (error,) = await desk.errors(campaign("publish_address: true"))
    assert "there is no address to show" in error
    text = with_lines("publish_address: true", "places: [{town: rostock, address: Am Markt 1}]")
    assert await desk.errors(text) == []


async def test_an_error_in_an_organisation_or_article(desk: Desk) -> None:
    (error,) = await desk.errors(campaign("founded: 2030").replace("campaigns:", "organisations:"))
    assert "organisations[1].founded: 2030 is in the future" in error
    (error,) = await desk.errors(campaign("website: example").replace("campaigns:", "articles:"))
    assert "articles[1].website: 'example' is not a web address" in error


async def test_all_errors_are_reported_with_file_line_and_path(desk: Desk) -> None:
    files = {
        "a.yaml": with_lines("contact: {phone: '0381 12', fax: 1}", "hours: never", "min_age: old"),
        "b.yaml": "schema: 1\noffers: [1, 2\n",
        "c.yaml": campaign("districts: {xx: active}", "ended: soon"),
    }
    plan = await desk.plan(files)
    assert [(e.file, e.line, e.where) for e in plan.errors] == [
        ("a.yaml", 9, "offers[1].contact.phone"),
        ("a.yaml", 9, "offers[1].contact.fax"),
        ("a.yaml", 10, "offers[1].hours"),
        ("a.yaml", 11, "offers[1].min_age"),
        ("b.yaml", 2, ""),
        ("c.yaml", 8, "campaigns[1].districts.xx"),
        ("c.yaml", 9, "campaigns[1].ended"),
    ]
    assert [e.column for e in plan.errors[:3]] == [15, 33, 5]
    assert plan.describe().endswith("7 errors. Nothing was imported.")


# Telephone numbers


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("110", "110"),
        ("112", "112"),
        ("115", "115"),
        ("116 016", "116016"),
        ("116016", "116016"),
        ("116111", "116111"),
        ("116117", "116117"),
        ("0800 111 0 111", "+498001110111"),
        ("0800 1239900", "+498001239900"),
        ("+49 381 1286990", "+493811286990"),
        ("(0381) 128-69.90", "+493811286990"),
        ("030 443509821", "+4930443509821"),
        ("0361 730730", "+49361730730"),
        ("0381 12", None),
        ("116015", None),
        ("", None),
        ("Büro", None),
    ],
)
def test_telephone_numbers(text: str, stored: str | None) -> None:
    assert phone_number(text) == stored


async def test_the_most_important_number_survives_with_and_without_quotes(desk: Desk) -> None:
    for written in ("116016", "'116016'", "116 016"):
        await desk.load(with_lines("hotline: true", f"contact: {{phone: {written}}}"))
        assert (await desk.body())["contact"] == {"phone": "116016"}


# Errors in whole files


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "the file is empty"),
        ("# nothing yet\n", 0, "the file is empty"),
        ("just words", 0, "the file must begin with schema: 1"),
        ("offers: []\n", 0, "the line schema: 1 is missing at the top"),
        ("schema: 2\n", 1, "schema: write schema: 1; this program knows no other"),
        ("schema: true\n", 1, "schema: write schema: 1"),
        (
            "schema: 1\noffer: []\n",
            2,
            "offer: there is no such heading; the headings are schema, organisations",
        ),
        ("schema: 1\noffers: {id: a}\n", 2, "offers: a list should follow"),
        (
            "schema: 1\noffers:\n  - just words\n",
            3,
            "offers[1]: 'just words' stands where the fields id, title",
        ),
        ("schema: 1\noffers:\n\t- id: a\n", 3, "a tab stands here; use spaces"),
        ("schema: 1\nevents:\n  - note: a: b\n", 3, "a colon stands inside the text; put the text in quotes"),
        ("schema: 1\nevents:\n  - note: 'a\n", 3, "a quotation mark is opened here and never closed"),
        (
            "schema: 1\nevents:\n  - note: @a\n",
            3,
            "the text begins with a special character; put it in quotes",
        ),
        ("schema: 1\nevents: [1, 2\n", 2, "inside the bracket that opens here something is wrong"),
        ("schema: 1\nevents:\n- id: a\n  b\n", 4, "this line has no colon"),
        ("schema: 1\n- a\n", 2, "this is not valid YAML"),
        ("schema: 1\nevents:\n  - note: \x07\n", 3, "an invisible control character stands here"),
        ("schema: 1\nschema: 1\n", 2, "schema: this stands here a second time (first in line 1)"),
        ("schema: 1\n---\nschema: 1\n", 2, "a second document begins here; take the line --- out"),
        ("schema: 1\n[a, b]: c\n", 2, "where a field's name should be"),
        ("schema: 1\nevents: " + "[" * 20 + "]" * 20, 2, "too many lists or fields inside each other"),
    ],
)
async def test_a_file_that_is_no_content(desk: Desk, text: str, line: int, message: str) -> None:
    found = [e for e in (await desk.plan(text)).errors if message in f"{e.where}: {e.message}"]
    assert [error.line for error in found] == [line]


async def test_references_and_tags_are_refused(desk: Desk) -> None:
    bomb = "schema: 1\noffers: &a []\nevents: *a\n"
    assert await desk.errors(bomb) == [
        "offers.yaml:3 events: *a refers to another place; write the value out"
    ]
    (error,) = await desk.errors(with_lines("note: !!python/name:os.system x"))
    assert "stands before the value; take it out" in error


async def test_files_that_cannot_be_read(desk: Desk, tmp_path: Path) -> None:
    gazetteer = load_gazetteer()

    async def error(path: Path) -> str:
        (found,) = (await plan_import(desk.store, path, gazetteer=gazetteer, today=TODAY)).errors
        return str(found)

    assert await error(tmp_path / "nowhere.yaml") == "nowhere.yaml: there is no such file or folder"
    (tmp_path / "empty").mkdir()
    assert await error(tmp_path / "empty") == "empty: there is no .yaml file in this folder"
    (tmp_path / "latin.yaml").write_bytes("schema: 1\n# Büro".encode("latin-1"))
    assert await error(tmp_path / "latin.yaml") == (
        "latin.yaml:2: this is not UTF-8; save the file with the encoding UTF-8"
    )
    (tmp_path / "huge.yaml").write_bytes(b"#" * (import_source.MAX_BYTES + 1))
    assert await error(tmp_path / "huge.yaml") == "huge.yaml: the file is larger than 10 MB; split it"
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert (await error(tmp_path / "loop.yaml")).startswith("loop.yaml: the file cannot be read: ")


async def test_bounds_on_files_and_values(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_source, "MAX_VALUES", 20)
    (error,) = await desk.errors("schema: 1\noffers: [" + "1," * 30 + "]\n")
    assert "more than 20 values; split it" in error
    monkeypatch.setattr(import_source, "MAX_FILES", 1)
    (error,) = await desk.errors({"a.yaml": RIGHT, "b.yaml": RIGHT})
    assert "there are more than 1 files in this folder" in error


async def test_files_from_other_editors_are_read(desk: Desk) -> None:
    (desk.folder / "offers.YML").write_bytes(b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode())
    (desk.folder / ".hidden.yaml").write_text("broken: [")
    plan = await plan_import(desk.store, desk.folder, gazetteer=load_gazetteer(), today=TODAY)
    assert (plan.errors, len(plan.changes)) == ((), 1)


async def test_an_id_stands_once(desk: Desk) -> None:
    other = RIGHT.replace("schema: 1\n", "schema: 1\n# again\n")
    errors = await desk.errors({"a.yaml": RIGHT, "b.yaml": other})
    assert errors == ["b.yaml:4 offers[1].id: 'lobbi-ost' stands already in a.yaml:3; choose another id"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            translation("offer/nobody: {title: x}"),
            "ar.yaml:6 translations.records.offer/nobody: there is no such",
        ),
        (translation("lobbi-ost: {title: x}"), "there is no such record in this import; write kind/id"),
        (translation("offer/lobbi-ost: {name: x}"), "offer has no such text; its texts are title, summary"),
        (translation("offer/lobbi-ost: {body: x}"), "offer/lobbi-ost.body: offer has no such text"),
        (translation("offer/lobbi-ost: {target_group: x}"), "has no German target_group"),
        (translation("offer/lobbi-ost: {title: [x]}"), "a text should stand here"),
        (
            translation("offer/lobbi-ost: {title: ''}"),
            "ar.yaml:6 translations.records.offer/lobbi-ost.title: the text",
        ),
        (translation("offer/lobbi-ost: x"), "fields like title: and summary: should follow"),
        (translation("offer/lobbi-ost: {summary: " + "x" * 201 + "}"), "the text has 201 characters"),
        (translation("offer/lobbi-ost: {title: x}", locale="xx"), "locale: 'xx' is no language that Lotse"),
        (translation("offer/lobbi-ost: {title: x}", locale="de"), "locale: 'de' is no language that Lotse"),
        (translation("offer/lobbi-ost: {title: x}", state="good"), "state: 'good' is none of human, machine"),
        ("schema: 1\ntranslations: []\n", "translations: the fields locale, state, records should follow"),
        ("schema: 1\ntranslations: {locale: ar, state: human}\n", "translations: records is missing"),
        ("schema: 1\ntranslations: {locale: ar, state: human, records: []}\n", "lines like offer/lobbi-ost"),
        (
            "schema: 1\ntranslations: {locale: ar, state: human, records: {}, by: x}\n",
            "there is no such field",
        ),
    ],
)
async def test_an_error_in_a_translation_file(desk: Desk, text: str, message: str) -> None:
    (error,) = await desk.errors({"offers.yaml": RIGHT, "translations/ar.yaml": text})
    assert error.startswith("translations/ar.yaml:")
    assert message in error


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("examples: []", "examples", "languages like uk: should follow"),
        ("examples: {uk: []}", "examples.uk", "lines like offer/lobbi-ost: should follow"),
        ("examples: {uk: {offer/lobbi-ost: x}}", "examples.uk.offer/lobbi-ost", "a list of questions"),
        ("examples: {uk: {offer/nobody: x}}", "examples.uk.offer/nobody", "there is no such"),
        ("examples: {uk: {offer/nobody: [x]}}", "examples.uk.offer/nobody", "there is no such"),
        ("examples: {uk: {offer/lobbi-ost: [x, '']}}", "examples.uk.offer/lobbi-ost[2]", "is empty"),
    ],
)
async def test_an_error_in_a_file_of_questions(desk: Desk, text: str, place: str, message: str) -> None:
    (error,) = await desk.errors({"offers.yaml": RIGHT, "examples/uk.yaml": f"schema: 1\n{text}\n"})
    assert error.startswith("examples/uk.yaml:")
    assert f" {place}" in error
    assert message in error


async def test_questions_add_nothing_to_a_record_whose_own_are_wrong(desk: Desk) -> None:
    wrong = RIGHT + "    examples: Wer hilft\n"
    more = "schema: 1\nexamples: {uk: {offer/lobbi-ost: [хто допоможе]}}\n"
    (error,) = await desk.errors({"offers.yaml": wrong, "examples/uk.yaml": more})
    assert error.startswith("offers.yaml:9 offers[1].examples")


async def test_questions_beside_the_records_add_to_theirs(desk: Desk) -> None:
    more = (
        "schema: 1\nexamples: {uk: {offer/lobbi-ost: [хто допоможе]}, de: {offer/lobbi-ost: [Wer hilft]}}\n"
    )
    await desk.load({"offers.yaml": RIGHT, "examples/more.yaml": more})
    assert (await desk.body())["examples"]["uk"] == ["хто допоможе"]
    assert "Wer hilft" in (await desk.body())["examples"]["de"]


# The schema, and the content that comes along


def test_the_schema_is_current() -> None:
    assert SCHEMA.read_text("utf-8") == schema_text(), "run: python -m bot.services.importing --schema"


def test_the_schema_is_written_anew_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "SCHEMA", tmp_path / "schema.json")
    importing.main(["--schema"])
    assert json.loads((tmp_path / "schema.json").read_text("utf-8")) == schema()
    with pytest.raises(SystemExit, match="usage"):
        importing.main([])


def test_the_schema_takes_the_starter_content_and_refuses_mistakes() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for path in starter_content():
        document = import_source.parse(path.read_bytes(), path.name)
        assert [error.message for error in validator.iter_errors(document.data)] == [], path.name
    right = yaml.safe_load(RIGHT)
    assert validator.is_valid(right)
    for mistake in ({"verified": "yes"}, {"titel": "x"}, {"status": "alive"}, {"review_due": "soon"}):
        assert not validator.is_valid({"schema": 1, "offers": [right["offers"][0] | mistake]})
    assert not validator.is_valid({"offers": []})
    assert validator.is_valid(yaml.safe_load(translation("offer/a: {title: x}")))
    assert not validator.is_valid(yaml.safe_load(translation("offer/a: {name: x}")))


async def test_the_starter_content_is_right_and_stays_as_it_is(desk: Desk) -> None:
    options: dict[str, Any] = {"gazetteer": load_gazetteer(), "today": TODAY}
    plan = await plan_import(desk.store, starter_content(), **options)
    assert [str(error) for error in plan.errors] == []
    await apply(plan, desk.store)
    again = await plan_import(desk.store, starter_content(), **options)
    assert not again.writes
    assert json.loads(SCHEMA.read_text("utf-8"))["$defs"]


async def test_the_demo_is_right_and_no_part_of_the_starter_content(desk: Desk) -> None:
    options: dict[str, Any] = {"gazetteer": load_gazetteer(), "today": TODAY}
    starter = await plan_import(desk.store, starter_content(), **options)
    with_demo = await plan_import(desk.store, demo_content(), **options)
    assert (starter.errors, with_demo.errors) == ((), ())
    assert not any(one.record.demo for one in starter.given)
    demo = [one.record for one in with_demo.given if one.record.demo]
    assert demo
    assert all(isinstance(record, Event) and record.starts.date() >= TODAY for record in demo)


async def test_translations_may_speak_of_records_beside_them_that_are_not_imported(desk: Desk) -> None:
    texts = translation("offer/lobbi-ost: {title: x}", "offer/lobbi-west: {title: y}")
    folder = desk.write(
        {
            "a.yaml": RIGHT,
            "b.yaml": RIGHT.replace("lobbi-ost", "lobbi-west") + "    hours: never\n",
            "translations/ar.yaml": texts,
        }
    )
    options: dict[str, Any] = {"gazetteer": load_gazetteer(), "today": TODAY}
    chosen = (folder / "a.yaml", folder / "translations" / "ar.yaml")
    plan = await plan_import(desk.store, chosen, **options)
    assert plan.errors == ()
    assert [change.id for change in plan.changes] == ["lobbi-ost"]
    (error,) = (await plan_import(desk.store, chosen[1:], **options)).errors
    assert str(error) == (
        "ar.yaml:2 translations: their records are not in this import; import the whole folder"
    )


EXPLAINED = Path(__file__).parents[2] / "docs" / "content.md"


def test_every_field_is_explained_to_the_office() -> None:
    explained = EXPLAINED.read_text("utf-8")
    for cls in (*KINDS.values(), ContactDetails, Place, OccurrenceChange):
        assert [name for name in field_types(cls) if f"`{name}`" not in explained] == [], cls.__name__


async def test_the_examples_for_the_office_can_be_imported(desk: Desk) -> None:
    blocks = re.findall(r"```yaml\n(schema: 1\n.*?)```", EXPLAINED.read_text("utf-8"), re.DOTALL)
    plan = await desk.load({f"{number}.yaml": block for number, block in enumerate(blocks)})
    assert [change.id for change in plan.changes] == ["muster-beratung", "language-cafe"]
    assert (await desk.body("muster-beratung"))["title"]["ar"] == {"text": "…", "state": "machine"}
    own = await plan_import(None, demo_content(), gazetteer=load_gazetteer(), today=TODAY)
    assert not {change.id for change in plan.changes} & {change.id for change in own.changes}


# Topics


def test_the_topics_for_the_office_are_those_of_the_bank() -> None:
    section = EXPLAINED.read_text("utf-8").partition("\n## Topics\n")[2].partition("\n## ")[0]
    listed = re.findall(r"`([a-z]+)`", "".join(line for line in section.splitlines() if line.startswith("|")))
    taught = {topic for _, topic, _ in load_bank()} - {NONE, *SMALLTALK}
    assert sorted(listed) == sorted({*taught, "counselling"}) == list(known_topics())


def test_the_kinds_of_counselling_are_told_to_the_office() -> None:
    section = EXPLAINED.read_text("utf-8").partition("\n## Kinds of counselling\n")[2].partition("\n## ")[0]
    listed = re.findall(
        r"`([a-z_]+)`", "".join(line for line in section.splitlines() if line.startswith("|"))
    )
    assert tuple(sorted(set(listed) - {"type"})) == OFFER_TYPES


async def test_an_unknown_kind_of_counselling_is_a_hint_and_no_error(desk: Desk) -> None:
    plan = await desk.plan(with_lines("type: migration_counseling"))
    assert plan.errors == ()
    (hint,) = [line for line in plan.describe().splitlines() if line.startswith("Hint")]
    assert "offers[1].type: 'migration_counseling' is none of the kinds of counselling" in hint
    assert hint.endswith("did you mean migration_counselling?")
    plan = await desk.plan(with_lines("type: beekeeping"))
    (hint,) = [line for line in plan.describe().splitlines() if line.startswith("Hint")]
    assert hint.endswith("those that it knows stand in docs/content.md")


async def test_an_event_that_is_over_is_a_hint(desk: Desk) -> None:
    for line, hinted in (
        ("starts: 2025-12-01 17:00", True),
        ("starts: 2099-12-01 17:00", False),
        ("starts: 2025-12-01 17:00\n    repeats: FREQ=WEEKLY", False),
    ):
        plan = await desk.plan({"fest.yaml": event(line)})
        assert plan.errors == ()
        assert ("this event is over: nobody is shown it" in plan.describe()) is hinted, line


async def test_a_shelter_of_an_association_stays_secret_too(desk: Desk) -> None:
    shelter = ("topics: [violence]", "places: [{town: rostock, address: x}]", "publish_address: true")
    lines = with_lines("title: Frauenhaus Rostock", *shelter).replace("offers:", "organisations:")
    assert "the address of a shelter is secret; take it out" in (await desk.errors(lines))[0]
    for harmless in (
        with_lines("title: Beratung bei Gewalt", *shelter),
        with_lines("title: Frauenhaus-Museum", *shelter[1:]),
        with_lines("title: Beratung", "type: refugee_counselling", *shelter[1:]),
    ):
        assert (await desk.plan(harmless)).errors == ()


async def test_a_topic_that_nobody_knows_is_a_hint_and_no_error(desk: Desk) -> None:
    plan = await desk.load(with_lines("topics: [housing, hosuing, beekeeping, counselling]"))
    place, unknown = "offers.yaml:9 offers[1].topics[{}]: ", "{!r} is none of the topics that Lotse knows; "
    assert plan.describe().splitlines()[1:] == [
        "Hint: " + place.format(2) + unknown.format("hosuing") + "did you mean housing?",
        "Hint: "
        + place.format(3)
        + unknown.format("beekeeping")
        + "if it is your own, give its records examples",
        "1 new, 0 changed, 0 unchanged.",
    ]
    assert (await desk.body())["topics"] == ["housing", "hosuing", "beekeeping", "counselling"]


async def test_a_hint_is_given_once_beside_errors_too_and_never_for_what_is_an_error(desk: Desk) -> None:
    files = {
        "a.yaml": with_lines("topics: [hosuing, Housng]"),
        "b.yaml": with_lines("id: another", "topics: [hosuing]"),
    }
    error, hint, close = (await desk.plan(files)).describe().splitlines()
    assert "'Housng' may have only a-z" in error
    assert hint.startswith("Hint: a.yaml:9 offers[1].topics[1]: 'hosuing' is none of")
    assert hint.endswith("did you mean housing? (1 more like this)")
    assert close == "1 error. Nothing was imported."


async def test_an_organiser_who_looks_like_an_id_that_nobody_has_is_a_hint(desk: Desk) -> None:
    talide = with_lines("id: talide").replace("offers:", "organisations:")
    place, unknown = "Hint: fest.yaml:9 events[1].organiser: ", "is the id of no organisation; "

    async def hints(organiser: str, **files: str) -> list[str]:
        found = {"fest.yaml": event(START, f"organiser: {organiser}")}
        plan = await desk.plan(found | {f"{name}.yaml": text for name, text in files.items()})
        assert plan.errors == ()
        return [line for line in plan.describe().splitlines() if line.startswith("Hint")]

    assert await hints("talide") == [
        f"{place}'talide' {unknown}if it is a name, write it as people shall read it"
    ]
    assert await hints("Talide") == await hints("'Verein am Ort'") == []
    assert await hints("talide", associations=talide) == []
    await desk.load({"associations.yaml": talide, "fest.yaml": event(START)})
    (desk.folder / "associations.yaml").unlink()
    assert await hints("talide") == [], "it is there since an import before"
    assert await hints("tallide") == [f"{place}'tallide' {unknown}did you mean talide?"]


async def test_a_language_with_a_country_is_that_language(desk: Desk) -> None:
    given = "languages: [ar-SY, ru_RU, en-GB, pt-BR, zh-CN, sr-hr, ar, fa-AF, kmr, PRS]"
    plan = await desk.load(with_lines(given, "interpreters: [ti_ER, uk]", "examples: {es-MX: [Hola]}"))
    body = await desk.body()
    assert body["languages"] == ["ar", "ru", "en", "pt", "zh", "sr", "fa-AF", "ku"]
    assert (body["interpreters"], body["examples"]) == (["ti", "uk"], {"es": ["Hola"]})
    hints = [str(hint).partition(": ")[2] for hint in plan.hints]
    advice = "{!r} is taken as {}; if it is two languages, write both"
    pairs = (
        ("ar-SY", "ar"),
        ("ru_RU", "ru"),
        ("en-GB", "en"),
        ("pt-BR", "pt"),
        ("zh-CN", "zh"),
        ("sr-hr", "sr"),
    )
    assert hints == [advice.format(*pair) for pair in (*pairs, ("ti_ER", "ti"))]


async def test_a_list_of_languages_that_is_none_is_an_error_only(desk: Desk) -> None:
    (error,) = await desk.errors(with_lines("languages: 7"))
    assert "7 is not a list" in error


async def test_our_own_content_has_known_topics_only() -> None:
    plan = await plan_import(None, demo_content(), gazetteer=load_gazetteer(), today=TODAY)
    assert plan.hints == ()
