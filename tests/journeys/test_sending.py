"""What the office sees and can do while an announcement goes out, and after."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot import app
from bot.commands import demo
from bot.dialog.notices import EventCards
from bot.dialog.office_actions import CallOff
from bot.dialog.progress import PAUSES
from bot.dialog.reply import Bold
from bot.domain.broadcast import Anchor, Audience, Body, Cap, Options, State
from bot.domain.deliveries import Delivery
from bot.domain.directory import Directory, Event, OccurrenceChange, Place
from bot.domain.locales import LOCALES
from bot.domain.minutes import to_minutes
from bot.domain.news import Topic
from bot.domain.staff import Role
from bot.domain.text import LocalizedText
from bot.domain.text import State as TextState
from bot.sandbox import Message, Sandbox
from bot.services import scheduling
from bot.services.scheduling import ANCHOR_GONE, CAMPAIGN_OVER, GROWN
from bot.storage.codec import encode
from bot.storage.tables import deliveries
from bot.translation import forms
from tests.journeys.office import (
    begun,
    broadcast,
    draft_of,
    expected,
    member,
    received,
    subscriber,
    until,
    until_state,
)
from tests.journeys.visitor import House, Visitor, bare, data_of, labels, words
from tests.proofs.broadcasting import announce, finished, subscribe
from tests.services.sending import tally

pytestmark = pytest.mark.asyncio(loop_scope="package")
_ = words("de")


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def _running() -> AsyncIterator[House]:
    """A bot of their own: what others have announced before does not wait beside it."""
    async with demo.running() as (sandbox, lotse):
        await asyncio.sleep(0.3)
        lotse.ticker.pause()
        yield House(sandbox, lotse)


async def sent(house: House, author: Visitor, topic: Topic, text: str, **texts: str) -> tuple[int, Message]:
    """An announcement that everybody has; its id, and its page."""
    id, page = await released(house, author, topic, text, 0, **texts)
    await until_state(house, id, State.SENT)
    page = await author.screen(page, f"wb|{id}")
    return id, page


async def released(
    house: House, author: Visitor, topic: Topic, text: str, first: int = 0, **texts: str
) -> tuple[int, Message]:
    """An announcement that was released just now; its id, and its page."""
    id, overview = await begun(author, topic, text=text)
    for code, words_ in texts.items():
        await author.data(overview, f"wd|{id}|text|{code}")
        await author.all(words_)
    await author.data(overview, f"wc|{id}|missing|fallback")
    if first:
        async with house.lotse.store.begin() as tx:
            stored = await tx.broadcast(id)
            assert stored is not None
            await tx.change(id, options=replace(stored.options, first=first))
    check = await author.screen(overview, f"wr|{id}|check")
    found = await author.press(check, f"wr|{id}|send")
    return id, found[0]


def shows(house: House, visitor: Visitor, text: str) -> list[Message]:
    return [
        message
        for message in received(house, visitor)
        if text in message.text + message.raw.get("caption", "")
    ]


async def test_everybody_gets_their_language_and_the_author_the_account(house: House) -> None:
    german, arab = await subscriber(house, "de", Topic.FUNDING), await subscriber(house, "ar", Topic.FUNDING)
    author = await member(house)
    id, page = await sent(house, author, Topic.FUNDING, "Fördergeld für Vereine", ar="دعم للجمعيات")
    assert len(shows(house, german, "Fördergeld")) == 1
    assert len(shows(house, arab, "دعم")) == 1
    assert _("Sent") in page.text
    finished = _("Finished: {name}", name="Fördergeld für Vereine")
    assert len(shows(house, author, finished)) == 1
    stored = await broadcast(house, id)
    assert stored.progress is not None
    progress = house.sandbox.chat_of(author.person).messages[stored.progress[1]]
    async with house.lotse.store.read() as view:
        tally = await view.tally(id)
    account = _("Sent: {count} of {total}", count=tally[Delivery.SENT], total=tally.total)
    assert account in bare(progress.text)

    found = await author.press(page, f"wa|{id}|report")
    table = next(message.file for message in found if message.file is not None)
    assert table.name == f"lotse-{id}.csv"
    content = table.content.decode("utf-8-sig")
    assert f"Deutsch;{_('sent')};" in content
    assert str(german.chat_id) not in content


async def test_the_first_few_then_a_pause_with_a_word_and_all_the_others(house: House) -> None:
    for _number in range(3):
        await subscriber(house, "de", Topic.WORK)
    author = await member(house)
    id, page = await released(house, author, Topic.WORK, "Erst wenige", first=1)
    paused = await until_state(house, id, State.PAUSED)
    assert paused.pause_reason == "staged"
    why = _("The first messages are out. Look at them. If all is well, tap “Continue”.")
    assert shows(house, author, why)
    page = await author.screen(page, f"wb|{id}")
    assert why in page.text
    await author.press(page, f"wa|{id}|resume")
    await until_state(house, id, State.SENT)
    async with house.lotse.store.read() as view:
        tally = await view.tally(id)
    assert tally[Delivery.SENT] >= 3


async def test_cancelling_takes_two_taps_and_keeps_what_was_sent(house: House) -> None:
    await subscriber(house, "de", Topic.COURSES)
    await subscriber(house, "de", Topic.COURSES)
    author = await member(house)

    async def become(before: Delivery, after: Delivery) -> None:
        async with house.lotse.store.begin() as tx:
            of = (deliveries.c.broadcast_id == id, deliveries.c.state == int(before))
            await tx._run(deliveries.update().where(*of).values(state=int(after)))

    id, page = await released(house, author, Topic.COURSES, "Kurs im Herbst", first=1)
    await until_state(house, id, State.PAUSED)
    page = await author.screen(page, f"wb|{id}")
    async with house.lotse.store.read() as view:
        tally_ = await view.tally(id)
    assert _("Waiting: {count}", count=tally_.open) in bare(page.text)
    ask = await author.tap(page, f"wb|{id}|cancel")
    assert (await broadcast(house, id)).state is State.PAUSED
    assert _("Cancel this announcement?") in ask.text
    arrives = _("What is on its way at this moment still arrives.")
    left, going = tally_.open, tally_[Delivery.PENDING]
    assert _("They are still waiting and will not get it: {count}", count=left) in bare(ask.text)
    assert arrives not in ask.text
    await become(Delivery.PENDING, Delivery.CLAIMED)
    ask = await author.screen(page, f"wb|{id}|cancel")
    assert _("They are still waiting and will not get it: {count}", count=left - going) in bare(ask.text)
    assert arrives in ask.text
    await become(Delivery.CLAIMED, Delivery.PENDING)
    await author.press(ask, f"wa|{id}|cancel")
    assert (await broadcast(house, id)).state is State.CANCELLED

    async def skipped() -> bool:
        async with house.lotse.store.read() as view:
            return (await view.tally(id)).open == 0

    await until(house, skipped)
    late = await author.screen(ask, f"wa|{id}|pause")
    assert _("This is not possible any more: it was changed, sent or discarded meanwhile.") in late.text


async def test_what_some_have_is_corrected_after_it_was_cancelled(house: House) -> None:
    for _number in range(2):
        await subscriber(house, "de", Topic.CAMPAIGNS)
    author = await member(house)
    id, page = await released(house, author, Topic.CAMPAIGNS, "Kurs um acht", first=1)
    await until_state(house, id, State.PAUSED)
    page = await author.screen(page, f"wb|{id}")
    waits = _("Who still waits for it gets it corrected.")
    assert waits in (await author.screen(page, f"wb|{id}|correct")).text
    await author.data(page, f"wa|{id}|cancel")
    await until_state(house, id, State.CANCELLED)
    page = await author.screen(await author.say("/announce"), f"wb|{id}")
    languages = await author.tap(page, f"wb|{id}|correct")
    assert _("The message changes in place for all who have it.") in languages.text
    assert waits not in languages.text, "nobody waits any more"
    await author.tap(languages, f"wb|{id}|fix|de")
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "tg://resolve?domain=ab"}
    answer = await author.raw(text="Kurs um neun", entities=[link])
    assert _("This link does not work: {link}", link=link["url"]) in bare(answer[-1].text)
    yes = next(data for data in data_of(answer[-1]) if data.endswith("|de"))
    await author.tap(answer[-1], yes)

    async def corrected() -> bool:
        async with house.lotse.store.read() as view:
            return all(edit.finished_at is not None for edit in await view.edits(id))

    await until(house, corrected)
    readers = [chat for chat in house.sandbox.world.chats.values() if chat.id != author.chat_id]
    texts = [one.text for chat in readers for one in chat.messages.values()]
    assert [text for text in texts if text.startswith("Kurs um")] == ["Kurs um neun"]
    assert (await broadcast(house, id)).state is State.CANCELLED


async def test_who_may_only_write_corrects_by_handing_it_over(house: House) -> None:
    reader = await subscriber(house, "de", Topic.CAMPAIGNS)
    author, releaser = await member(house, Role.AUTHOR), await member(house)
    id, overview = await begun(author, Topic.CAMPAIGNS, text="Bis Montag beantragen")
    await author.data(overview, f"wc|{id}|missing|fallback")
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await releaser.screen(await releaser.say("/announce"), f"wb|{id}")
    await releaser.tap(page, f"wr|{id}|send")
    await until_state(house, id, State.SENT)
    page = await author.screen(overview, f"wb|{id}")
    await author.data(page, f"wb|{id}|fix|de")
    answer = await author.all("Bis Dienstag beantragen")
    yes = next(data for data in data_of(answer[-1]) if data.endswith("|de"))
    asked = await author.tap(answer[-1], yes)
    words_ = "Diese Korrektur muss jemand bestätigen, der Mitteilungen freigeben darf."
    assert words_ in asked.text
    assert _("Emergency: correct it without a second person") not in labels(asked)
    kept = int(yes.split("|")[2])
    await until_state(house, kept, State.REVIEW)
    assert len(shows(house, reader, "Bis Montag")) == 1, "nothing has changed yet"
    own = await author.screen(asked, f"wb|{kept}")
    assert f"wf|{id}|{kept}|de" not in data_of(own)
    question = received(house, releaser)[-1]
    await releaser.data(question, next(data for data in data_of(question) if data.endswith("|de")))

    async def corrected() -> bool:
        return bool(shows(house, reader, "Bis Dienstag"))

    await until(house, corrected)


async def test_nobody_is_offered_what_needs_another_role(house: House) -> None:
    await subscriber(house, "de", Topic.FUNDING)
    releaser, author = await member(house), await member(house, Role.AUTHOR)
    id, page = await sent(house, releaser, Topic.FUNDING, "Wer darf was")
    other = await member(house, Role.AUTHOR)
    async with house.lotse.store.begin() as tx:
        mine = await tx.staff_of(author.chat_id)
        assert mine is not None
        await tx.change(id, author_id=mine.id)
        await tx._run(
            deliveries.update().where(deliveries.c.broadcast_id == id).values(state=int(Delivery.UNKNOWN))
        )

    async def offered(who: Visitor) -> list[str]:
        return data_of(await who.screen(await who.say("/announce"), f"wb|{id}"))

    assert f"wb|{id}|unknown" in await offered(releaser)
    assert f"wb|{id}|unknown" not in await offered(author)
    async with house.lotse.store.begin() as tx:
        await tx.move(id, State.SENDING)
        await tx.move(id, State.PAUSED)
        await tx.change(id, progress=None)
    for who, may in ((releaser, True), (author, True), (other, False)):
        assert (f"wb|{id}|cancel" in await offered(who)) is may
        assert (f"wb|{id}|withdraw" in await offered(who)) is may
        assert f"wn|{id}" in await offered(who), "what was sent can be used again at once"
    await releaser.data(page, f"wa|{id}|cancel")


async def test_more_readers_than_one_person_may_send_to_are_a_second_one_s_matter(house: House) -> None:
    reader = await subscriber(house, "de", Topic.LAW)
    author, second = await member(house), await member(house)
    ledger, desk = house.lotse.sender._ledger, house.lotse.desk
    before = ledger._two_person_from, desk.two_person_from
    id, overview = await begun(author, Topic.LAW, text="Auf einmal viele")
    await author.data(overview, f"wc|{id}|missing|fallback")
    check = await author.screen(overview, f"wr|{id}|check")
    ledger._two_person_from = 1
    object.__setattr__(desk, "two_person_from", 1_000)
    try:
        await author.tap(check, f"wr|{id}|send")
        object.__setattr__(desk, "two_person_from", 1)
        await until_state(house, id, State.REVIEW)
        why = _(PAUSES[GROWN])
        (news,) = shows(house, author, why)
        assert _("Waits for a second person") in news.text
        asked = _("Please look at it and release it: {name}", name="Auf einmal viele")
        (request,) = shows(house, second, asked)
        assert why in request.text
        assert not shows(house, author, asked)
        assert why in (await author.screen(news, f"wb|{id}")).text
        assert len(shows(house, reader, "Auf einmal viele")) == 0
        await second.data(request, next(one for one in data_of(request) if "|send" in one))
        await until_state(house, id, State.SENT)
        assert len(shows(house, reader, "Auf einmal viele")) == 1
    finally:
        ledger._two_person_from = before[0]
        object.__setattr__(desk, "two_person_from", before[1])


async def test_a_correction_changes_the_message_where_it_is(house: House) -> None:
    german, english = await subscriber(house, "de", Topic.LAW), await subscriber(house, "en", Topic.LAW)
    author = await member(house)
    id, page = await sent(house, author, Topic.LAW, "Ab Montag gilt es", en="From Monday it holds")
    languages = await author.tap(page, f"wb|{id}|correct")
    await author.tap(languages, f"wb|{id}|fix|de")
    assert await expected(house, author) == "fix:de"
    refused = await author.send("send_photo", "Anderes Bild")
    assert _("The photo or document of a sent message stays as it is. Send only the text.") in refused[0].text
    too_long = await author.all("x" * 4050)
    assert any(_("It was not saved.") in message.text for message in too_long)
    later = int(datetime.now(UTC).timestamp()) + 5
    answer = await author.raw(text="Ab Dienstag gilt es", date=later)
    assert answer[0].text.startswith("Ab Dienstag gilt es")
    assert len(shows(house, german, "Ab Montag")) == 1, "nothing has changed yet"
    no = await author.screen(answer[-1], data_of(answer[-1])[-1])
    assert _("It stays as it was.") in no.text

    await author.data(no, f"wb|{id}|fix|de")
    answer = await author.all("Ab Mittwoch gilt es")
    yes = next(data for data in data_of(answer[-1]) if data.endswith("|de|1"))
    done = await author.tap(answer[-1], yes)
    assert _("The correction is on its way to all who have the message.") in done.text

    async def corrected() -> bool:
        return bool(shows(house, german, "Ab Mittwoch"))

    await until(house, corrected)
    assert not shows(house, german, "Ab Montag")
    async with house.lotse.store.read() as view:
        assert (await view.bodies(id))["en"].state is TextState.OUTDATED
    mark = words("en")("The original has changed since this was translated.")

    async def marked() -> bool:
        return any(mark in message.text for message in shows(house, english, "From Monday"))

    await until(house, marked)
    again, _toast = await author.data(done, yes)
    assert _("The correction is on its way to all who have the message.") in again[0].text
    async with house.lotse.store.read() as view:
        assert len(await view.edits(id)) == 2, "pressed twice it is done once"
    page = await author.screen(done, f"wb|{id}")
    assert words("de")("Not checked since the correction: {languages}", languages="Englisch") in page.text


async def test_a_correction_counts_those_who_read_it_for_want_of_their_own(house: House) -> None:
    for code in ("de", "de-x-leicht", "en"):
        await subscriber(house, code, Topic.WORK)
    author = await member(house)
    id, page = await sent(house, author, Topic.WORK, "Ab Montag", en="From Monday")
    async with house.lotse.store.read() as view:
        counts = (await view.tally(id)).counts
    readers = sum(one.count for one in counts if one.state is Delivery.SENT and one.locale.startswith("de"))
    await author.data(page, f"wb|{id}|fix|de")
    answer = await author.all("Ab Dienstag")
    said = words("de").n(
        "It changes in place for {count} reader.", "It changes in place for {count} readers.", readers
    )
    assert said in bare(answer[-1].text)


async def test_a_correction_for_many_is_confirmed_by_somebody_else(house: House) -> None:
    german = await subscriber(house, "de", Topic.COURSES)
    author, second = await member(house), await member(house)
    id, page = await sent(house, author, Topic.COURSES, "Ab Montag wird gelernt")
    desk = house.lotse.desk
    before = desk.two_person_from
    object.__setattr__(desk, "two_person_from", 1)
    try:
        for confirmed in (False, True):
            await author.data(page, f"wb|{id}|fix|de")
            answer = await author.all("Ab Dienstag wird gelernt")
            yes = next(data for data in data_of(answer[-1]) if data.endswith("|de"))
            asked = await author.tap(answer[-1], yes)
            assert _("Emergency: correct it without a second person") in labels(asked)
            kept = int(yes.split("|")[2])

            async def told(kept: int = kept) -> bool:
                return (await broadcast(house, kept)).told == State.REVIEW.value

            await until(house, told)
            question = received(house, second)[-1]
            assert "Eine Korrektur wartet auf eine zweite Person" in question.text
            assert received(house, second)[-2].text.startswith("Ab Dienstag wird gelernt")
            (own, *_more), _toast = await author.data(asked, yes)
            assert _("Somebody else must release it: you wrote it yourself.") in own.text
            assert len(shows(house, german, "Ab Montag")) == 1
            choice = [data for data in data_of(question) if data.endswith("|de") is confirmed]
            await second.data(question, choice[0])
            assert (await broadcast(house, kept)).state is State.CANCELLED
    finally:
        object.__setattr__(desk, "two_person_from", before)

    async def corrected() -> bool:
        return bool(shows(house, german, "Ab Dienstag"))

    await until(house, corrected)


async def test_withdrawing_deletes_the_message(house: House) -> None:
    reader = await subscriber(house, "de", Topic.FUNDING)
    author = await member(house)
    id, page = await sent(house, author, Topic.FUNDING, "Das war falsch")
    assert shows(house, reader, "Das war falsch")
    ask = await author.tap(page, f"wb|{id}|withdraw")
    assert "48" in ask.text
    assert shows(house, reader, "Das war falsch")
    await author.press(ask, f"wa|{id}|withdraw")

    async def deleted() -> bool:
        return not shows(house, reader, "Das war falsch")

    await until(house, deleted)
    assert (await broadcast(house, id)).state is State.WITHDRAWN


async def test_unknown_ones_are_explained_and_sent_again(house: House) -> None:
    reader = await subscriber(house, "de", Topic.COURSES)
    author = await member(house)
    id, page = await sent(house, author, Topic.COURSES, "Noch einmal bitte")
    async with house.lotse.store.read() as view:
        total = (await view.tally(id)).total
    async with house.lotse.store.begin() as tx:
        # The state that a broken connection leaves.
        changed = (
            deliveries.update()
            .where(deliveries.c.broadcast_id == id, deliveries.c.chat_id == reader.chat_id)
            .values(state=int(Delivery.UNKNOWN))
        )
        await tx._run(changed)
        for state in (State.SENDING, State.PAUSED):  # as while somebody waits for a weekly summary
            await tx.move(id, state)
    page = await author.screen(page, f"wb|{id}")
    assert _("Unknown, arrived or not: {count}", count=1) in bare(page.text)
    ask = await author.tap(page, f"wb|{id}|unknown")
    assert (
        _("People who already have it get it a second time. People who do not have it yet get it at last.")
        in ask.text
    )
    await author.press(ask, f"wa|{id}|unknown")
    await author.data(page, f"wa|{id}|resume")

    async def twice() -> bool:
        return len(shows(house, reader, "Noch einmal bitte")) == 2

    await until(house, twice)
    await until_state(house, id, State.SENT)
    async with house.lotse.store.read() as view:
        tally = await view.tally(id)
    assert (tally.total, tally[Delivery.SENT]) == (total, total)


async def test_who_may_release_is_asked_and_the_author_hears_of_it(house: House) -> None:
    await subscriber(house, "de", Topic.WORK)
    author, releaser = await member(house, Role.AUTHOR), await member(house, Role.RELEASER)
    id, overview = await begun(author, Topic.WORK, text="Bitte prüfen")
    await author.data(overview, f"wc|{id}|missing|fallback")
    await author.data(overview, f"wd|{id}|when")
    await author.say("24.12.2027 10:00")
    check = await author.screen(overview, f"wr|{id}|check")
    await author.press(check, f"wr|{id}|send")
    asked = _("Please look at it and release it: {name}", name="Bitte prüfen")

    async def told() -> bool:
        return bool(shows(house, releaser, asked))

    await until(house, told)
    (request,) = shows(house, releaser, asked)
    why = await releaser.screen(request, f"wr|{id}|return")
    await releaser.press(why, f"wr|{id}|back")
    returned = _("Sent back to you: {name}", name="Bitte prüfen")

    async def heard() -> bool:
        return bool(shows(house, author, returned))

    await until(house, heard)
    check = await author.screen(check, f"wr|{id}|check")
    found = await author.press(check, f"wr|{id}|send")
    assert (await broadcast(house, id)).state is State.REVIEW, [m.text for m in found]

    async def asked_again() -> bool:
        return bool(shows(house, releaser, asked))  # the first one says what became of it by now

    await until(house, asked_again)
    await releaser.press(shows(house, releaser, asked)[-1], f"wr|{id}|send")

    async def planned() -> bool:
        return bool(shows(house, author, _("Released: {name}", name="Bitte prüfen")))

    await until(house, planned)
    await releaser.data(request, f"wa|{id}|cancel")
    assert (await broadcast(house, id)).state is State.CANCELLED


async def test_what_waits_beyond_its_time_is_given_back_and_not_sent(house: House) -> None:
    reader = await subscriber(house, "de", Topic.WORK)
    author, releaser = await member(house, Role.AUTHOR), await member(house, Role.RELEASER)
    id, overview = await begun(author, Topic.WORK, text="Zu spät geprüft")
    await author.data(overview, f"wc|{id}|missing|fallback")
    await author.data(overview, f"wd|{id}|when")
    await author.say("24.12.2027 10:00")
    check = await author.screen(overview, f"wr|{id}|check")
    page = await author.press(check, f"wr|{id}|send")
    assert "24. Dezember 2027, 10:00" in page[0].text, "the page of what waits says when it goes out"
    await until_state(house, id, State.REVIEW)
    (request,) = shows(house, releaser, _("Please look at it and release it: {name}", name="Zu spät geprüft"))
    assert "24. Dezember 2027, 10:00" in request.text

    async def put(back: timedelta) -> None:
        async with house.lotse.store.begin() as tx:
            await tx.change(id, send_at=house.lotse.desk.clock() - back)

    await put(timedelta(hours=13))
    too_late = _("It could not be sent on time, and it is not sent late.")
    answer = (await releaser.press(request, next(one for one in data_of(request) if "send" in one)))[0]
    assert (await broadcast(house, id)).state is State.REVIEW
    assert too_late in answer.text
    assert _("This time has passed. Choose another one.") in answer.text
    assert not [one for one in labels(answer) if one == _("Release it")]
    assert {_("Choose another time"), _("Send it back")} <= set(labels(answer))
    # The clock does the same by itself; author and releasers hear of it, once.
    await scheduling.tick(
        house.lotse.store, Directory.of(()), house.lotse.desk.clock(), house.lotse.desk.zone
    )
    await until_state(house, id, State.DRAFT)
    for person in (author, releaser):
        assert len(shows(house, person, too_late)) == (2 if person is releaser else 1)
    assert not shows(house, reader, "Zu spät geprüft")
    overview = await author.screen(check, f"wd|{id}")
    assert _("Still missing:") in overview.text
    assert f"wr|{id}|check" not in data_of(overview)
    when = await author.screen(overview, f"wa|{id}|when")
    assert _("When?") in when.text
    await author.data(when, f"wr|{id}|sure")


async def test_the_log_names_what_the_clock_did(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot.app")
    now = house.lotse.desk.clock()
    async with house.lotse.store.begin() as tx:
        id = await tx.draft(None, now, name="Liegen geblieben", options=Options(window=60))
        await tx.change(id, send_at=now - timedelta(days=2))
        await tx.move(id, State.SCHEDULED)
        await tx.move(id, State.PAUSED)
    house.lotse.desk.bell.set()
    await until_state(house, id, State.MISSED)
    assert f"what was planned: missed {id}" in [record.getMessage() for record in caplog.records]


async def test_page_report_and_list_say_the_same_state(house: House) -> None:
    reader, author = await subscriber(house, "de", Topic.LAW), await member(house)
    id, page = await released(house, author, Topic.LAW, "Später zusammengefasst")
    await until_state(house, id, State.SENT)
    async with house.lotse.store.begin() as tx:
        of = (deliveries.c.broadcast_id == id, deliveries.c.chat_id == reader.chat_id)
        await tx._run(deliveries.update().where(*of).values(state=int(Delivery.DIGEST), at=9_999_999_999))
        await tx.move(id, State.SENDING)
        await tx.change(id, finished_at=None, told=State.SENDING.value)
    state = _("Sent; some get it in their daily or weekly summary")
    page = await author.screen(page, f"wb|{id}")
    listed = await author.screen(page, "w|sent")
    report = (await author.press(page, f"wa|{id}|report"))[0]
    for screen in (page, listed, report):
        assert state in bare(screen.text)
    await author.data(page, f"wa|{id}|cancel")


async def test_what_cannot_go_on_offers_another_time_and_an_end(house: House) -> None:
    author = await member(house)
    id, page = await begun(author, Topic.WORK, text="Noch eine Woche")
    async with house.lotse.store.begin() as tx:
        await tx.change(id, anchor=Anchor(record="campaign/no-such-one", days=-7))
        await tx.move(id, State.SCHEDULED)
        await tx.move(id, State.PAUSED, reason=CAMPAIGN_OVER)

    async def told() -> bool:
        return bool(shows(house, author, _("The campaign is over.")))

    await until(house, told)
    (notice,) = shows(house, author, _("The campaign is over."))
    assert labels(notice) == [_("Choose another time"), _("Cancel it"), _("Details")]
    page = await author.screen(page, f"wb|{id}")
    assert _("Choose another time") in labels(page)
    assert _("Continue") not in labels(page)
    unknown = _("The date it depends on is not known (any more). Please choose again.")
    page = await author.screen(page, f"wa|{id}|resume")
    assert unknown in page.text
    assert {_("Choose another time"), _("Cancel it")} <= set(labels(page)), "there is something to choose"
    async with house.lotse.store.begin() as tx:
        await tx.move(id, State.SCHEDULED)
        await tx.move(id, State.PAUSED, reason=ANCHOR_GONE)
    page = await author.screen(page, f"wb|{id}")
    assert {_("Choose another time"), _("Continue"), _("Cancel it")} <= set(labels(page))
    when = await author.screen(page, f"wa|{id}|when")
    assert _("When?") in when.text
    assert (await broadcast(house, id)).state is State.DRAFT
    await author.data(when, f"wr|{id}|sure")


async def test_an_events_date_and_place_stand_below_the_text(house: House) -> None:
    reader = await subscriber(house, "en", Topic.COURSES)
    author = await member(house)
    id, overview = await begun(author, Topic.COURSES, text="Wir tanzen")
    await author.data(overview, f"wd|{id}|text|en")
    await author.all("We dance")
    await author.data(overview, f"wc|{id}|missing|fallback")
    event = next(one for one in (await house.holdings()).directory.events if one.place and not one.repeats)
    await author.data(overview, f"wc|{id}|event|{event.id}")
    (shown, *_rest), _toast = await author.data(overview, f"wd|{id}|show|en")
    day = forms(words("en").locale).day(event.starts.date(), event.starts.date() - timedelta(days=400))
    assert f"We dance\n\n{day}, " in bare(shown.text)
    check = await author.screen(overview, f"wr|{id}|check")
    await author.press(check, f"wr|{id}|send")

    async def there() -> bool:
        return any("We dance" in message.text for message in received(house, reader))

    await until(house, there)
    (notice,) = [message for message in received(house, reader) if "We dance" in message.text]
    assert notice.text == shown.text
    found, _toast = await reader.data(notice, f"s|{event.id}|0|news")
    assert [entry["event_id"] for entry in (await reader.stored())["saved_events"]] == [event.id]
    assert found[0].message_id != notice.message_id, "the notice stays"


async def test_an_events_date_stays_that_of_the_announcement_and_moves_with_it(house: House) -> None:
    zone, code = house.lotse.desk.zone, words("de").locale
    today = house.lotse.desk.today(datetime.now(UTC))
    first = datetime.combine(today + timedelta(days=4), time(17))
    words_ = LocalizedText.of(de="Beispielcafé")
    cafe = Event(
        id="weekly-probe",
        title=words_,
        summary=words_,
        source="example",
        verified=True,
        starts=first,
        repeats="FREQ=WEEKLY",
        place=Place("wismar"),
    )

    def says(message: Message, day: date) -> bool:
        return forms(code).day(day, None) in bare(message.text)

    async def put(event: Event) -> None:
        async with house.lotse.store.begin() as tx:
            await tx.put_record(event.KIND, event.id, encode(event), None)
            version = await tx.content_version()
        while (await house.holdings()).version < version:
            await asyncio.sleep(0.02)

    async def corrected(page: Message, text: str) -> Message:
        await author.data(page, f"wb|{id}|fix|de")
        answer = await author.all(text)
        await author.press(answer[-1], next(data for data in data_of(answer[-1]) if data.endswith("|de")))

        async def there() -> bool:
            return bool(shows(house, reader, text))

        await until(house, there)
        (message,) = shows(house, reader, text)
        assert message.text == answer[0].text, "as it was shown before it was confirmed"
        return message

    await put(cafe)
    reader = await subscriber(house, "de", Topic.WORK)
    author = await member(house)
    id, overview = await begun(author, Topic.WORK, text="Kommt alle")
    await author.data(overview, f"wc|{id}|missing|fallback")
    await author.data(overview, f"wc|{id}|event|{cafe.id}")
    check = await author.screen(overview, f"wr|{id}|check")
    page = (await author.press(check, f"wr|{id}|send"))[0]
    await until_state(house, id, State.SENT)
    (message,) = shows(house, reader, "Kommt alle")
    assert says(message, first.date())
    with house.clock((first + timedelta(days=1)).replace(tzinfo=zone)):
        message = await corrected(page, "Kommt bitte alle")
        assert says(message, first.date()), "not the week after"
        moved = OccurrenceChange(original=first, starts=first + timedelta(days=9))
        await put(replace(cafe, changes=(moved,)))
        message = await corrected(page, "Kommt an einem anderen Tag")
        assert says(message, first.date() + timedelta(days=9))
        assert not says(message, first.date())


async def test_of_an_event_of_several_days_all_are_called_off(house: House) -> None:
    zone, today = house.lotse.desk.zone, house.lotse.desk.today(datetime.now(UTC))
    first, last = today + timedelta(days=20), today + timedelta(days=22)
    name = LocalizedText.of(de="Drei Tage Beispiel")
    course = Event(
        id="three-days",
        title=name,
        summary=name,
        source="example",
        verified=True,
        starts=datetime.combine(first, time(0)),
        ends=datetime.combine(last, time(0)),
        all_day=True,
        online="https://example.org",
    )
    async with house.lotse.store.begin() as tx:
        await tx.put_record(course.KIND, course.id, encode(course), None)
        version = await tx.content_version()
    while (await house.holdings()).version < version:
        await asyncio.sleep(0.02)
    author = await member(house)
    start = course.starts.replace(tzinfo=zone)
    check = await author.screen(await author.say("/announce"), CallOff(course.id, to_minutes(start)).pack())
    id = draft_of(check)
    async with house.lotse.store.read() as view:
        stored = await view.bodies(id)
    for locale in LOCALES:
        days = f"{forms(locale).day(first, None)} – {forms(locale).day(last, None)}"
        assert days in stored[locale.code].html
    assert "Drei Tage Beispiel" in stored["de"].html
    await author.data(check, f"wr|{id}|sure")


async def test_a_date_below_a_text_is_made_once_and_anew_when_it_was_called_off(house: House) -> None:
    desk, locale = house.lotse.desk, words("de").locale
    event = next(one for one in (await house.holdings()).directory.events if one.place and not one.repeats)
    starts = event.starts.replace(tzinfo=desk.zone)
    author = await member(house)
    id, _overview = await begun(author, Topic.LAW)
    one, body = await broadcast(house, id), Body(locale="de", html="Kommt", event_id=event.id)
    cards, now = EventCards(desk), starts - timedelta(days=3)
    with house.clock(now):
        assert await cards(one, replace(body, event_id=""), locale) == ()
        card = await cards(one, body, locale)
        assert await cards(one, body, locale) is card
        async with house.lotse.store.begin() as tx:
            off = await tx.draft(None, now, audience=Audience(event=event.id, date=to_minutes(starts)))
            await tx.move(off, State.SCHEDULED)
            await tx.change(off, send_at=now)
        assert await cards(one, body, locale) is card
    with house.clock(now + timedelta(minutes=1)):
        cancelled = await cards(one, body, locale)
    assert cancelled[0] == Bold(_("Cancelled: {when}", when=card[0]))
    assert await cards(await broadcast(house, off), body, locale) == (), "who is told so needs no date"
    async with house.lotse.store.begin() as tx:
        await tx.move(off, State.CANCELLED)  # the event takes place for the other tests


async def test_the_daily_cap_of_the_settings_is_the_sender_s(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        reader = sandbox.person("Reader", "de", started=True)
        settings = replace(demo._settings(sandbox, tmp_path), daily_cap=1)
        lotse = await app.start(settings, content=(), long_poll=1)
        try:
            await subscribe(lotse.store, [reader.id], datetime.now(UTC), quiet_from=0, quiet_to=0)
            for skipped in ({}, {"cap": 1}):
                id = await announce(lotse.store, options=Options(cap=Cap.SKIP))
                await finished(lotse.store, id)
                assert (await tally(lotse.store, id)).skipped == skipped
        finally:
            await lotse.stop()
