"""What was not found: two buttons, a way to people, words passed on by consent, and what the office sees."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.domain.audit import Act
from bot.domain.directory import Kind
from bot.domain.gaps import Gap, Missed, guessed
from bot.domain.staff import Role
from bot.storage.tables import gap_texts, gaps
from bot.telegram.errands import Errands
from tests.journeys.office import member
from tests.journeys.visitor import House, Visitor, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOTHING = "xqzw plorg"


@pytest_asyncio.fixture(loop_scope="package", autouse=True)
async def _empty(house: House) -> AsyncIterator[None]:
    async with house.lotse.store.begin() as tx:
        await tx._run(sa.delete(gaps))
        await tx._run(sa.delete(gap_texts))
    yield


async def counted(house: House) -> tuple[Gap, ...]:
    async with house.lotse.store.read() as view:
        return await view.gaps()


async def texts(house: House) -> list[tuple[str, str]]:
    async with house.lotse.store.read() as view:
        return [(one.locale, one.text) for one in await view.passed_on()]


async def pass_on(house: House, visitor: Visitor, text: str) -> None:
    found = await visitor.say(text)
    (asked,) = await visitor.press(found, words("en")("Pass my question to the office"))
    await visitor.press(asked, "Yes, pass it on")


@pytest.mark.parametrize("code", ["de", "ar", "uk"])
async def test_an_answer_has_two_small_buttons(house: House, code: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    found = await visitor.say("Duldung")
    assert labels(found)[-2:] == [_("This helps"), _("Not what I looked for")]
    changed, toast = await visitor.data(found, starting(data_of(found), "z")[0])
    assert not changed
    assert bare(toast or "") == bare(_("Thank you, that is good to know."))
    assert await counted(house) == ()


async def test_not_what_i_looked_for_leads_to_people_and_asks_once(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("I need a flat in Schwerin")
    way_on, asked = await visitor.press(found, "Not what I looked for")
    assert "talk to a person" in way_on.text
    assert "People who help by telephone or on site:" in way_on.text
    assert "Residence and asylum" in labels(way_on)
    assert "Counselling in my town" in labels(way_on)
    assert "I need a flat in Schwerin" in asked.text
    assert await texts(house) == []
    assert await counted(house) == (Gap("housing", "en", "schwerin", Missed.UNHELPFUL, 1),)
    (thanks,) = await visitor.press(asked, "Yes, pass it on")
    assert "only the words of this question, for 30 days" in thanks.text
    assert await texts(house) == [("en", "I need a flat in Schwerin")]
    again = await visitor.press(found, "Not what I looked for")
    assert len(again) == 1  # it is not asked twice, and not counted twice
    assert (await counted(house))[0].count == 1
    number = starting(data_of(found), "z")[0].split("|")[-1]
    (gone,), _toast = await visitor.data(thanks, f"zp|{number}|y")
    assert "I do not have this question any more." in gone.text
    assert await texts(house) == [("en", "I need a flat in Schwerin")]


async def test_after_a_no_nothing_is_kept(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say(NOTHING)
    (asked,) = await visitor.press(found, "Pass my question to the office")
    assert NOTHING in asked.text
    number = starting(data_of(asked), "zp")[0].split("|")[1]
    (told,) = await visitor.press(asked, f"zp|{number}|n")
    assert told.text == "All right. Nothing was passed on."
    (told,), _toast = await visitor.data(found, f"zp|{number}|y")
    assert "I do not have this question any more." in told.text
    assert await texts(house) == []
    stored = await visitor.stored()
    assert NOTHING not in str(stored)


async def test_nothing_found_is_counted_with_a_way_on(house: House) -> None:
    visitor = await house.settled("uk")
    _ = words("uk")
    found = await visitor.say(NOTHING)
    assert _("Housing") in labels(found)
    assert _("People who help by telephone or on site:") in bare(found.text)
    assert _("Pass my question to the office") in labels(found)
    assert await counted(house) == (Gap("", "uk", "", Missed.NONE, 1),)


async def test_small_talk_and_signs_are_no_gap(house: House) -> None:
    visitor = await house.settled("de")
    for text in ("Danke", "???", "🙂", "Hallo"):
        found = await visitor.say(text)
        assert words("de")("Find counselling") in labels(found)
    human = await visitor.say("Ich möchte mit einem Menschen sprechen")
    assert any(entity["type"] in ("text_link", "code") for entity in human.entities)
    assert await counted(house) == ()


async def test_none_of_the_choices_is_a_gap(house: House) -> None:
    visitor = await house.settled("en")
    for text in ("Fest", "language cafe", "Erreichte Erfolge", "Treffen Frauen Sport"):
        found = await visitor.say(text)
        if choices := [label for label in labels(found) if label in ("None of these", "No, something else")]:
            break
    else:
        pytest.fail("no question with choices")
    assert len(starting(data_of(found), "r")) + len(starting(data_of(found), "E")) <= 3
    way_on, asked = await visitor.press(found, choices[0])
    assert "Residence and asylum" in labels(way_on)
    assert "May I pass your question" in asked.text
    (gap,) = await counted(house)
    assert gap.outcome is Missed.REFUSED


async def test_an_old_button_after_a_restart_still_leads_on(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Duldung")
    house.lotse.desk.threads.drop(visitor.chat_id)
    (way_on,) = await visitor.press(found, "Not what I looked for")
    assert "talk to a person" in way_on.text
    assert await counted(house) == ()


async def test_the_words_of_a_question_stay_for_an_hour_only(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("Duldung")
    begun = datetime.now(UTC)
    with house.clock(begun + timedelta(minutes=50)):
        await visitor.say("/start topic-housing")
    with house.clock(begun + timedelta(minutes=70)):
        assert house.lotse.desk.threads.get(visitor.chat_id, house.lotse.desk.clock()).topic == "housing"
        (way_on,) = await visitor.press(found, "Not what I looked for")
        assert "talk to a person" in way_on.text


async def test_in_groups_there_is_nothing_of_it(house: House) -> None:
    visitor = await house.settled("en")
    group = house.sandbox.group("Together", [visitor.person])
    inside = visitor.within(group)
    for text in ("Duldung", NOTHING, "Associations in Rostock"):
        for message in await inside.all(f"@{house.lotse.desk.bot_username} {text}"):
            assert not starting(data_of(message), "z")
            assert not starting(data_of(message), "zp")
            assert not starting(data_of(message), "zf")
    assert await counted(house) == ()


async def test_an_emergency_is_no_gap(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("My husband beats me")
    assert not starting(data_of(found), "z")
    assert await counted(house) == ()


# The office -----------------------------------------------------------------------------------------


async def test_the_list_is_ranked_and_small_counts_are_not_told(house: House) -> None:
    for _number in range(3):
        await (await house.settled("ar")).say(NOTHING)
    await (await house.settled("de")).say(NOTHING)
    admin = await member(house, Role.ADMIN, "en")
    board = await admin.tap(await admin.say("/staff"), "What people did not find")
    assert "1. no topic recognised · Arabic · nothing found: 3" in bare(board.text)
    assert "2. all others put together: fewer than 3" in bare(board.text)
    assert "German" not in board.text
    assert (await admin.say("/gaps")).text == board.text


async def test_what_no_word_named_is_shown_as_a_guess(house: House) -> None:
    for _number in range(3):
        visitor = await house.settled("ar")
        events = await visitor.say("ما هي الفعاليات القادمة؟")
        await visitor.press(events, words("ar")("Not what I looked for"))
    assert await counted(house) == (Gap(guessed("event"), "ar", "", Missed.UNHELPFUL, 3),)
    admin = await member(house, Role.ADMIN, "en")
    assert "1. probably: Events · Arabic · not helpful: 3" in bare((await admin.say("/gaps")).text)


async def test_an_empty_list_says_so(house: House) -> None:
    admin = await member(house, Role.ADMIN, "en")
    assert "Nothing was counted." in (await admin.say("/gaps")).text


@pytest.mark.parametrize("role", [None, Role.AUTHOR, Role.RELEASER])
async def test_the_list_is_for_admins_only(house: House, role: Role | None) -> None:
    visitor = await (member(house, role, "en") if role is not None else house.settled("en"))
    await pass_on(house, await house.settled("en"), NOTHING)
    async with house.lotse.store.read() as view:
        (one,) = await view.passed_on()
    menu = await visitor.say("/gaps")
    assert "You need this role for it: admin" in menu.text
    for data in ("zg", f"zt|{one.id}", f"ze|{one.id}|1|correct", f"zd|{one.id}", f"zl|{one.id}"):
        (refused,), _toast = await visitor.data(await visitor.say("/menu"), data)
        assert "You need this role for it: admin" in refused.text
    assert await texts(house) == [("en", NOTHING)]


async def test_a_role_that_is_taken_meanwhile_ends_the_search_too(house: House) -> None:
    await pass_on(house, await house.settled("en"), NOTHING)
    admin = await member(house, Role.ADMIN, "en")
    opened = await admin.tap(await admin.say("/gaps"), NOTHING)
    await admin.tap(opened, "Another entry: write its name")
    async with house.lotse.store.begin() as tx:
        staff = await tx.staff_of(admin.chat_id)
        assert staff is not None
        await tx.remove_staff(staff.id, datetime.now(UTC))
    assert "You need this role for it: admin" in (await admin.say("correct")).text


async def test_a_question_becomes_an_example_and_is_found_then(house: House) -> None:
    asking = await house.settled("en")
    await pass_on(house, asking, "frobnicate my zorgle")
    admin = await member(house, Role.ADMIN, "en")
    opened = await admin.tap(await admin.say("/gaps"), "frobnicate my zorgle")
    assert "Language: English" in opened.text
    seek = await admin.tap(opened, "Another entry: write its name")
    assert "Write a part of the entry's name." in seek.text
    nothing = await admin.say("nothingofthatname")
    assert "No entry has these words in its name." in nothing.text
    assert "No entry has these words" in (await admin.say("norofthatname")).text, "another name may follow"
    named = await admin.say("correct")
    (teach,) = [data for data in data_of(named) if data.startswith("ze|") and data.endswith("|correct")][:1]
    done = await admin.tap(named, teach)
    assert "The question is an example of this entry now." in done.text
    assert await texts(house) == []
    async with house.lotse.store.read() as view:
        stored = (await view.record_bodies())[(Kind(Kind.OFFER), "correct")]
        (entry,) = await view.latest_audit(1)
    assert "frobnicate my zorgle" in stored.body["examples"]["en"]
    assert stored.imported is not None
    assert "frobnicate my zorgle" not in stored.imported["examples"].get("en", ())
    about = {"entry": "offer/correct", "locale": "en", "question": int(teach.split("|")[1])}
    assert (entry.act, entry.about) == (Act.TEACH, about)
    log = await admin.tap(await admin.say("/staff"), "Log of what staff did")
    assert "made a question an example (entry offer/correct, language: English)" in bare(log.text)
    until = time.monotonic() + 60
    found = await (await house.settled("en")).say("frobnicate my zorgle")
    while "CORRECT" not in found.text:  # in a second, or as soon as the machine is less busy
        assert time.monotonic() < until
        found = await (await house.settled("en")).say("frobnicate my zorgle")


async def test_the_best_entries_are_offered_and_a_gone_one_keeps_the_question(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("My boss does not pay me. I live in Rostock")
    _way_on, asked = await visitor.press(found, "Not what I looked for")
    await visitor.press(asked, "Yes, pass it on")
    admin = await member(house, Role.ADMIN, "en")
    board = await admin.say("/gaps")
    opened = await admin.tap(board, starting(data_of(board), "zt")[0])
    offered = starting(data_of(opened), "ze")
    assert 1 <= len(offered) <= 3
    id = offered[0].split("|")[1]
    (told,), _toast = await admin.data(opened, f"ze|{id}|1|no-such-entry")
    assert "The question was kept." in told.text
    (again,), _toast = await admin.data(told, f"ze|{id}|99|correct")
    assert starting(data_of(again), "ze")


async def test_a_question_is_deleted_once(house: House) -> None:
    await pass_on(house, await house.settled("en"), NOTHING)
    admin = await member(house, Role.ADMIN, "en")
    opened = await admin.tap(await admin.say("/gaps"), NOTHING)
    (id,) = [data.split("|")[1] for data in starting(data_of(opened), "zd")]
    await admin.tap(opened, "Another entry: write its name")
    other = await member(house, Role.ADMIN, "en")
    deleted, _toast = await other.data(await other.say("/gaps"), f"zd|{id}")
    assert "The question is deleted." in deleted[0].text
    assert await texts(house) == []
    assert "This question is not there any more." in (await admin.say("correct")).text
    for data in (f"zt|{id}", f"ze|{id}|1|correct", f"zl|{id}", f"zd|{id}"):
        (told,), _toast = await admin.data(await admin.say("/menu"), data)
        assert "This question is not there any more." in told.text


async def test_many_questions_have_pages(house: House) -> None:
    async with house.lotse.store.begin() as tx:
        for number in range(7):
            await tx.pass_on(f"question {number}", "en", datetime.now(UTC).date())
    admin = await member(house, Role.ADMIN, "en")
    board = await admin.say("/gaps")
    assert len(starting(data_of(board), "zt")) == 5
    assert len(starting(data_of(await admin.tap(board, "zg|1")), "zt")) == 2


async def test_the_hourly_errand_erases_what_is_over_its_time(house: House) -> None:
    await pass_on(house, await house.settled("en"), NOTHING)
    assert await counted(house)
    assert await texts(house)
    errands = Errands(house.lotse.desk, None)  # type: ignore[arg-type]
    await errands.expire(180)
    assert await counted(house)
    assert await texts(house)
    with house.clock(datetime.now(UTC) + timedelta(days=30, hours=1)):
        await errands.expire(180)
    assert await counted(house) == ()
    assert await texts(house) == []


async def test_the_privacy_page_tells_of_it(house: House) -> None:
    page = await house.visitor("en").say("/privacy")
    for told in ("The words of a question are kept only if you say yes", "/forget cannot delete them"):
        assert told in page.text
