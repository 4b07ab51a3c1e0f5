"""What was sent is offered again: the answer did not get out, or the bot ended before it was noted.

It is what it was the first time, and has the same answer. See also ``in_both_houses``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.broadcast import State
from bot.domain.errors import StorageUnreachable
from bot.domain.news import Topic
from bot.domain.staff import Role
from bot.sandbox import Message
from bot.storage.store import Store
from bot.telegram.incoming import Incoming
from tests.journeys.office import begun, bodies, broadcast, expected, member, subscriber, until_state
from tests.journeys.visitor import House, Visitor, bare, data_of, in_both_houses, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")
_ = words("de")
NOTHING = "zzgrumpf blorptz"
_CUT = _(
    "Telegram has cut your text into several messages, because it is too long for one. "
    "This part was not saved."
)


class Drops:
    """A store of which the ``number``-th call of a method finds no database; of those made for an answer,
    because errands look into it as well."""

    def __init__(self, house: House, method: str, number: int) -> None:
        self._store: Store = house.lotse.desk.store
        self._answering = house.lotse.inbox._lanes._workers
        self._method = method
        self.left = number

    def __getattr__(self, name: str) -> Any:
        if name == self._method and asyncio.current_task() in self._answering:
            self.left -= 1
            if self.left == 0:
                raise StorageUnreachable
        return getattr(self._store, name)


@contextmanager
def dropping(house: House, monkeypatch: pytest.MonkeyPatch, method: str, number: int) -> Iterator[Drops]:
    """Let the database be away for a moment."""
    desk, store = house.lotse.desk, house.lotse.desk.store
    drops = Drops(house, method, number)
    monkeypatch.setattr("bot.telegram.routes._DATABASE_PAUSE", 0.001)
    monkeypatch.setattr("bot.telegram.lanes._FIRST_PAUSE", 0.001)
    object.__setattr__(desk, "store", drops)
    try:
        yield drops
    finally:
        object.__setattr__(desk, "store", store)


@asynccontextmanager
async def twice(house: House, visitor: Visitor) -> AsyncIterator[tuple[list[str], list[str]]]:
    """Answer what somebody sends, and once more as after a start; both answers."""
    inbox, first, again = house.lotse.inbox, list[str](), list[str]()
    handle, offered = inbox._handle, list[Incoming]()

    async def listening(update: Incoming) -> None:
        offered.append(update)
        await handle(update)

    async def told(since: int) -> list[str]:
        return [
            bare(message.text or message.raw.get("caption", "")) for message in await visitor._after(since)
        ]

    since = house.sandbox.world.revision
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "_handle", listening)
        yield first, again
        first += await told(since)
    since = house.sandbox.world.revision
    await handle(offered[-1])
    again += await told(since)


async def pressed_twice(house: House, visitor: Visitor, screen: Message, data: str, said: str) -> None:
    """A button that is offered again has the same answer: nothing changes on the screen."""
    async with twice(house, visitor) as (first, again):
        await visitor.data(screen, data)
    assert any(said in one for one in first)
    assert not again
    for refused in [one for one in house.sandbox.errors if "query is too old" in one]:
        del house.sandbox.errors[refused]


async def asked(house: House, author: Visitor, code: str = "de") -> tuple[int, Message]:
    """A draft whose text is expected."""
    id, overview = await begun(author, Topic.FUNDING, text="Hallo")
    return id, await author.screen(overview, f"wd|{id}|text|{code}")


@pytest.mark.parametrize("text", ["Neuer Text", "Wort\n" * 500 + "Ende"], ids=["short", "may be cut"])
async def test_a_text_is_no_question_and_no_rest_of_itself(house: House, text: str) -> None:
    author = await member(house)
    id, _screen = await asked(house, author)
    async with twice(house, author) as (first, again):
        await author.raw(text=text)
    assert first == again
    assert _("Saved: {language}", language="Deutsch") in again[1]
    assert (await bodies(house, id))["de"].html == text
    assert await expected(house, author) is None


async def test_too_long_a_text_is_refused_again_and_its_rest_is_none(house: House) -> None:
    author = await member(house)
    id, _screen = await asked(house, author)
    second = int(datetime.now(UTC).timestamp())
    async with twice(house, author) as (first, again):
        await author.raw(text="x" * 4_090, date=second)
    assert first == again
    assert _("It was not saved.") in again[0]
    assert await expected(house, author) == "text:de"
    (answer,) = await author.raw(text="und das Ende", date=second)
    assert _CUT in bare(answer.text)
    assert (await bodies(house, id))["de"].html == "Hallo"


async def test_the_rest_of_a_text_is_the_rest_again(house: House) -> None:
    author = await member(house)
    await asked(house, author)
    second = int(datetime.now(UTC).timestamp())
    await author.raw(text="Wort " * 500, date=second)
    async with twice(house, author) as (first, again):
        await author.raw(text="und das Ende", date=second)
    assert first == again
    assert first == [_CUT]
    (answer,) = await author.raw(text="und noch mehr", date=second + 1)
    assert bare(answer.text) == _CUT


async def test_a_text_after_that_is_a_question(house: House) -> None:
    author = await member(house)
    id, _screen = await asked(house, author)
    await author.all("Neuer Text")
    async with twice(house, author) as (first, again):
        await author.all("Was ist eine Duldung?")
    assert "Duldung" in first[0]
    assert "Duldung" in again[0]
    assert (await bodies(house, id))["de"].html == "Neuer Text"


async def outlived(
    house: House, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> tuple[Visitor, int, list[Message]]:
    """A text comes while the database drops; it is kept all the same. Its author, draft and answer."""
    author = await member(house)
    id, _screen = await asked(house, author)
    with dropping(house, monkeypatch, way, number) as drops:
        answer = await author.all("Neuer Text")
    assert drops.left <= 0
    assert len(answer) == 2
    assert (await bodies(house, id))["de"].html == "Neuer Text"
    return author, id, answer


@pytest.mark.parametrize("number", [1, 2])
async def test_a_text_outlives_that_the_database_goes(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    author, _id, _answer = await outlived(house, monkeypatch, "begin", number)
    assert await expected(house, author) is None
    caplog.clear()


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_without_the_database_a_text_waits_and_a_cry_does_not(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    author, id, answer = await outlived(house, monkeypatch, "read", number)
    await author.data(answer[-1], f"wd|{id}|text|de")
    with dropping(house, monkeypatch, "read", 2):
        answer = await author.all("Mein Mann schlägt mich")
    assert "110" in "".join(message.text for message in answer)
    assert (await bodies(house, id))["de"].html == "Neuer Text"
    caplog.clear()


async def test_why_it_is_sent_back_is_told_once(house: House) -> None:
    author, releaser = await member(house, Role.AUTHOR), await member(house)
    await subscriber(house, "de", Topic.COURSES)
    id, overview = await begun(author, Topic.COURSES)
    await author.data(overview, f"wc|{id}|missing|others")
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await releaser.screen(await releaser.say("/announce"), f"wb|{id}")
    await releaser.tap(page, f"wr|{id}|return")
    async with twice(house, releaser) as (first, again):
        await releaser.all("Morgen um 10 Uhr")
    assert first == again
    back = await broadcast(house, id)
    assert (back.state, back.pause_reason, back.send_at) == (State.DRAFT, "Morgen um 10 Uhr", None)
    async with house.lotse.store.read() as view:
        assert len(await view.audit_of(id, {"reject"})) == 1


async def test_who_may_not_any_more_is_told_once(house: House) -> None:
    author, releaser = await member(house, Role.AUTHOR), await member(house)
    id, overview = await begun(author, Topic.COURSES)
    await author.data(overview, f"wc|{id}|missing|others")
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await releaser.screen(await releaser.say("/announce"), f"wb|{id}")
    await releaser.tap(page, f"wr|{id}|return")
    async with house.lotse.store.begin() as tx:
        found = await tx.staff_of(releaser.chat_id)
        assert found is not None
        await tx.set_role(found.id, Role.AUTHOR, None)
    refused = _("You need this role for it: {role}. Ask an admin of the office.", role=_("releaser"))
    async with twice(house, releaser) as (first, again):
        await releaser.all("Der Ort fehlt")
    assert first[-1] == again[-1]  # before it the request to release may have come
    assert refused in first[-1]
    assert (await broadcast(house, id)).state is State.REVIEW
    assert "Duldung" in (await releaser.say("Was ist eine Duldung?")).text


async def test_a_correction_is_kept_once(house: House) -> None:
    author = await member(house)
    await subscriber(house, "de", Topic.COURSES)
    id, overview = await begun(author, Topic.COURSES)
    async with house.lotse.store.begin() as tx:
        await tx.move(id, State.SCHEDULED)
        await tx.move(id, State.SENDING)
        await tx.change(id, launched_at=datetime.now(UTC))
    await author.data(overview, f"wb|{id}|fix|de")
    async with twice(house, author) as (first, again):
        await author.all("Ab Dienstag gilt es")
    assert first[-2:] == again[-2:]  # before them the account of what was sent may have come
    assert first[-2].startswith("Ab Dienstag gilt es")
    async with house.lotse.store.read() as view:
        kept = [one for one in await view.broadcasts((State.DRAFT,)) if one.corrects == (id, 0)]
    assert len(kept) == 1
    assert (await bodies(house, kept[0].id))["de"].html == "Ab Dienstag gilt es"
    assert (await bodies(house, id))["de"].html == "Hallo zusammen"


@pytest.mark.parametrize("says", ["y", "n"])
async def test_a_question_is_passed_on_once_and_not_denied(house: House, says: str) -> None:
    visitor = await house.settled("en")
    (may_i,) = await visitor.press(await visitor.say(NOTHING), "Pass my question to the office")
    number = starting(data_of(may_i), "zp")[0].split("|")[1]
    said = "The office sees only the words" if says == "y" else "Nothing was passed on."
    await pressed_twice(house, visitor, may_i, f"zp|{number}|{says}", said)
    async with house.lotse.store.begin() as tx:
        kept = await tx.passed_on()
        for one in kept:
            await tx.drop_passed_on(one.id)
    assert [one.text for one in kept] == [NOTHING] * (says == "y")


async def test_a_yes_outlives_that_the_database_goes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = await house.settled("en")
    (may_i,) = await visitor.press(await visitor.say(NOTHING), "Pass my question to the office")
    with dropping(house, monkeypatch, "begin", 1) as drops:
        (thanks,) = await visitor.press(may_i, "Yes, pass it on")
    assert drops.left <= 0
    assert "The office sees only the words" in thanks.text
    async with house.lotse.store.begin() as tx:
        (kept,) = await tx.passed_on()
        await tx.drop_passed_on(kept.id)
    assert kept.text == NOTHING


async def test_who_has_passed_a_question_on_can_have_its_answer_in_another_language(house: House) -> None:
    visitor = await house.settled("de")
    found = await visitor.say("Ich suche eine Wohnung in Schwerin")
    _way_on, may_i = await visitor.press(found, "Nicht, was ich suche")
    await visitor.press(may_i, "Ja, weitergeben")
    told = await visitor.say("Kannst du das auf Englisch sagen?")
    assert bare(told.text).splitlines()[:2] == [
        "Still about: Ich suche eine Wohnung in Schwerin",
        "Housing · Schwerin",
    ]
    async with house.lotse.store.begin() as tx:
        for one in await tx.passed_on():
            await tx.drop_passed_on(one.id)


@in_both_houses
async def test_an_entry_is_sought_for_a_question(house: House) -> None:
    async with house.lotse.store.begin() as tx:
        await tx.pass_on(NOTHING, "en", datetime.now(UTC).date())
    admin = await member(house, Role.ADMIN, "en")
    opened = await admin.tap(await admin.say("/gaps"), NOTHING)
    seek = await admin.tap(opened, "Another entry: write its name")
    nothing = await admin.say("nothingofthatname")
    assert "No entry has these words in its name." in nothing.text
    await admin.tap(nothing, "Another entry: write its name")
    named = await admin.say("correct")
    assert any(data.endswith("|correct") for data in starting(data_of(named), "ze"))
    assert not starting(data_of(await admin.say("correct")), "ze"), "it is a question again"
    await admin.data(seek, starting(data_of(opened), "zd")[0])


async def test_the_search_for_an_association_outlives_that_the_database_goes(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = await member(house, Role.ADMIN)
    await admin.data(await admin.say("/staff"), "yo|author")
    name = dict((await house.holdings()).directory.organisations[-1].title.texts())["de"]
    with dropping(house, monkeypatch, "read", 2) as drops:
        found = await admin.say(name)
    assert drops.left <= 0
    assert starting(data_of(found), "yn")
    caplog.clear()


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.RELEASER])
async def test_what_was_handed_over_is_not_refused(house: House, role: Role) -> None:
    author = await member(house, role)
    await subscriber(house, "de", Topic.COURSES)
    words = _("Handed over. Those who may release it get a message now; you will hear from me.")
    before = house.lotse.desk.two_person_from
    object.__setattr__(house.lotse.desk, "two_person_from", 1)
    try:
        id, overview = await begun(author, Topic.COURSES)
        await author.data(overview, f"wc|{id}|missing|others")
        check = await author.screen(overview, f"wr|{id}|check")
        (send,) = starting(data_of(check), f"wr|{id}|send")
        await pressed_twice(house, author, check, send, words)
    finally:
        object.__setattr__(house.lotse.desk, "two_person_from", before)
    await until_state(house, id, State.REVIEW)  # and everybody asked, so that nobody is asked later


async def test_what_was_sent_back_or_discarded_is_so(house: House) -> None:
    author, releaser = await member(house, Role.AUTHOR), await member(house)
    id, overview = await begun(author, Topic.COURSES)
    await author.data(overview, f"wc|{id}|missing|others")
    check = await author.screen(overview, f"wr|{id}|check")
    await author.tap(check, f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await releaser.screen(await releaser.say("/announce"), f"wb|{id}")
    await pressed_twice(
        house,
        releaser,
        page,
        f"wr|{id}|back",
        _("It is a draft again: it can be changed, and handed over once more."),
    )
    await pressed_twice(house, author, check, f"wr|{id}|sure", _("Discarded. It will not be sent."))


async def test_what_was_done_about_an_announcement_is_so(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.COURSES)
    async with house.lotse.store.begin() as tx:
        await tx.change(id, send_at=datetime.now(UTC) + timedelta(days=3))
        await tx.move(id, State.SCHEDULED)
    page = await author.screen(overview, f"wb|{id}")
    for act in ("pause", "resume", "cancel"):
        await pressed_twice(house, author, page, f"wa|{id}|{act}", "Hallo zusammen")


async def test_a_question_that_became_an_example_is_one(house: House) -> None:
    async with house.lotse.store.begin() as tx:
        id = await tx.pass_on(NOTHING, "de", datetime.now(UTC).date())
    admin = await member(house, Role.ADMIN)
    page = await admin.say("/gaps")
    done = _("Done. The question is an example of this entry now.")
    await pressed_twice(house, admin, page, f"ze|{id}|1|correct", done)
