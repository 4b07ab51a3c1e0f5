"""What authors and admins are told of broadcasts, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.content.emergencies import load_cards
from bot.dialog.announce_draft import load
from bot.dialog.announce_release import check
from bot.dialog.announce_report import table
from bot.dialog.announce_sending import act_on, open_
from bot.dialog.desk import Desk, Operator
from bot.dialog.office_actions import ActOnBroadcast, OpenBroadcast
from bot.dialog.progress import (
    REASONS,
    account_lines,
    called,
    news_message,
    progress_message,
    speed_line,
)
from bot.dialog.reply import Span
from bot.dialog.turn import ChatType, Turn
from bot.domain.broadcast import Audience, Body, Broadcast, Edit, Options, State
from bot.domain.deliveries import DOUBT, DOUBTED_DIGEST, Count, Delivery, Reason, Tally
from bot.domain.errors import StorageUnreachable
from bot.domain.locales import LOCALES, locale_of
from bot.domain.news import Topic
from bot.domain.outcomes import TOO_LONG
from bot.domain.staff import ROLE_REMOVED, Role
from bot.parts import make_answering
from bot.sandbox import Message, Person, Sandbox
from bot.sandbox.faults import Fault
from bot.services.accounting import Account
from bot.services.releasing import send_back
from bot.services.scheduling import GROWN, TOO_LATE
from bot.services.shelf import Shelf
from bot.services.staffing import forget
from bot.storage.store import Store
from bot.storage.tables import deliveries
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.reporting import PAUSE, SHARE, Reporter, _Watched
from bot.telegram.transport import TelegramApi, Timeouts
from bot.translation import translator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ENGLISH = next(locale for locale in LOCALES if locale.code == "en")


@dataclass
class World:
    """A database, the stand-in of Telegram, and a reporter whose clocks stand still."""

    store: Store
    sandbox: Sandbox
    desk: Desk
    author: Person
    admin: Person
    author_id: int = 0
    ticks: float = 0.0
    counting: float = 0.0
    """Seconds that a count takes."""

    def monotonic(self) -> float:
        self.ticks += self.counting
        return self.ticks

    def told(self, person: Person) -> list[Message]:
        return [m for m in self.sandbox.chat_of(person).messages.values() if m.from_bot]

    async def broadcast(self, state: State, *, launched: bool = True, reason: str = "") -> int:
        """A broadcast in a state, with five recipients."""
        ways = {
            State.REVIEW: (State.REVIEW,),
            State.SCHEDULED: (State.SCHEDULED,),
            State.SENDING: (State.SCHEDULED, State.SENDING),
            State.PAUSED: (State.SCHEDULED, State.PAUSED),
            State.SENT: (State.SCHEDULED, State.SENDING, State.SENT),
            State.MISSED: (State.SCHEDULED, State.MISSED),
            State.CANCELLED: (State.SCHEDULED, State.CANCELLED),
        }
        async with self.store.begin() as tx:
            audience = Audience(topics=frozenset({Topic.LAW}))
            id = await tx.draft(self.author_id, NOW, name="Neues Gesetz", audience=audience)
            await tx.put_body(id, Body(locale="en", html="New law"))
            await tx.change(id, send_at=NOW, launched_at=NOW if launched else None)
            for number in range(5 if launched else 0):
                row = {"broadcast_id": id, "chat_id": number, "at": 0, "state": 0, "locale": "en"}
                await tx._run(deliveries.insert(), row)
            for one in ways[state]:
                await tx.move(id, one, reason=reason)
        return id

    async def set(self, id: int, count: int, state: Delivery) -> None:
        """Let the first so many deliveries be in a state."""
        async with self.store.begin() as tx:
            change = deliveries.update().where(deliveries.c.broadcast_id == id, deliveries.c.chat_id < count)
            await tx._run(change.values(state=int(state)))

    async def stored(self, id: int) -> Broadcast:
        async with self.store.read() as view:
            found = await view.broadcast(id)
        assert found is not None
        return found


@pytest.fixture
async def world(store: Store) -> AsyncIterator[tuple[World, Reporter]]:
    async with Sandbox() as sandbox:
        api = TelegramApi(sandbox.token, sandbox.api_url, timeouts=Timeouts(read=1.0))
        await api.connect()
        people = [sandbox.person(name, "en", started=True) for name in ("Author", "Admin")]
        found = make_answering()
        desk = Desk(
            store=store,
            shelf=Shelf(store),
            answering=found,
            cards=load_cards(),
            gazetteer=found.gazetteer,
            zone=ZoneInfo("Europe/Berlin"),
            operator=Operator(),
            bot_username="lotse",
            two_person_from=500,
            daily_cap=3,
            clock=lambda: NOW,
        )
        made = World(store, sandbox, desk, people[0], people[1])
        async with store.begin() as tx:
            for person in people:
                await tx.choose_locale(person.id, "private", "en", NOW, date(2026, 11, 23))
            made.author_id = await tx.add_staff(people[0].id, Role.AUTHOR, None, NOW)
            await tx.add_staff(people[1].id, Role.ADMIN, None, NOW)
        messenger = TelegramMessenger(api, patience=0.0, sleep=lambda _: asyncio.sleep(0))
        yield made, Reporter(desk, messenger, monotonic=made.monotonic)
        await api.disconnect()


async def test_one_message_is_edited_when_something_changed_and_not_too_often(
    world: tuple[World, Reporter],
) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENDING)
    assert await reporter.report() == 1
    (message,) = made.told(made.author)
    assert "Sent: 0 of 5" in message.text
    stored = await made.stored(id)
    assert stored.progress == (made.author.id, message.message_id)
    assert stored.told == State.SENDING.value

    await made.set(id, 2, Delivery.SENT)
    assert await reporter.report() == 0, "too early"
    made.ticks += PAUSE + 1
    assert await reporter.report() == 1
    (message,) = made.told(made.author)
    assert "Sent: 2 of 5" in message.text
    assert "0.5 a second" in message.text
    made.ticks += PAUSE + 1
    await reporter.report()
    made.ticks += PAUSE + 1
    assert await reporter.report() == 0, "nothing has changed"

    await made.set(id, 5, Delivery.SENT)
    async with made.store.begin() as tx:
        await tx.move(id, State.SENT)
    assert await reporter.report() == 2, "a new state does not wait"
    progress, finished = made.told(made.author)
    assert "Sent: 5 of 5" in progress.text
    assert "Finished: Neues Gesetz" in finished.text
    made.ticks += PAUSE + 1
    assert await reporter.report() == 0
    assert not made.told(made.admin)


async def test_one_broadcast_that_cannot_be_told_of_keeps_no_other_from_it(
    world: tuple[World, Reporter], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, reporter = world
    bad, good = await made.broadcast(State.SENT), await made.broadcast(State.SENT)
    count = reporter._count
    error: Exception = KeyError("secret")

    async def failing(broadcast: Broadcast, watched: _Watched) -> Account:
        if broadcast.id == bad:
            raise error
        return await count(broadcast, watched)

    monkeypatch.setattr(reporter, "_count", failing)
    assert await reporter.report() == 2
    assert ((await made.stored(bad)).told, (await made.stored(good)).told) == ("", State.SENT.value)
    assert f"a report of broadcast {bad} failed: KeyError at " in caplog.text
    assert "secret" not in caplog.text
    error = StorageUnreachable("away")
    with pytest.raises(StorageUnreachable):
        await reporter.report()


async def test_what_is_pressed_under_the_progress_stands_below_it(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENDING)
    await reporter.report()
    (message,) = made.told(made.author)

    def pressed(number: int) -> Turn:
        words = translator(ENGLISH)
        return Turn(made.author.id, ChatType.PRIVATE, ENGLISH, words, NOW, made.desk, message_id=number)

    for reply in (
        await open_(pressed(message.message_id), OpenBroadcast(id)),
        await open_(pressed(message.message_id), OpenBroadcast(id, "withdraw")),
        await act_on(pressed(message.message_id), ActOnBroadcast(id, "pause")),
        await act_on(pressed(message.message_id), ActOnBroadcast(id, "pause")),  # "not possible any more"
    ):
        assert [one.replaces for one in reply.messages] == [False]
    below = await open_(pressed(message.message_id + 1), OpenBroadcast(id, "withdraw"))
    assert [one.replaces for one in below.messages] == [True]


async def test_what_its_author_has_paused_is_told_to_who_may_continue_it(
    world: tuple[World, Reporter],
) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENDING)
    await reporter.report()
    turn = Turn(made.author.id, ChatType.PRIVATE, ENGLISH, translator(ENGLISH), NOW, made.desk)
    page = await act_on(turn, ActOnBroadcast(id, "pause"))

    def continues(rows: Iterable[Iterable[str]]) -> bool:
        return any("Continue" in label for row in rows for label in row)

    assert not continues([[button.label for button in row] for row in page.messages[0].buttons])
    await reporter.report()
    assert not any(continues([message.button_texts]) for message in made.told(made.author))
    (told,) = made.told(made.admin)
    assert "Its author has paused it." in told.text
    assert continues([told.button_texts])


async def test_where_nobody_else_may_release_that_is_said(world: tuple[World, Reporter]) -> None:
    made, _reporter = world
    id = await made.broadcast(State.REVIEW, launched=False)
    async with made.store.begin() as tx:
        await tx.move(id, State.DRAFT)
        member = await tx.staff_of(made.author.id)
        admin = await tx.staff_of(made.admin.id)
    assert member is not None
    assert admin is not None
    turn = Turn(made.author.id, ChatType.PRIVATE, ENGLISH, translator(ENGLISH), NOW, made.desk)

    async def said() -> tuple[str, list[str]]:
        (message,) = (await check(turn, await load(turn, member, id))).messages
        words = "".join(span if isinstance(span, str) else span.text for span in message.text)
        return words, [button.label for row in message.buttons for button in row]

    text, buttons = await said()
    assert "There is nobody else" not in text
    assert buttons[0] == "Hand it to somebody who may release it"
    async with made.store.begin() as tx:
        await tx.remove_staff(admin.id, NOW)
    text, buttons = await said()
    assert "There is nobody else" in text
    assert buttons == ["‹ Back"]


async def test_a_slow_count_is_followed_by_a_long_rest(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENDING)
    made.counting = 1.0
    await reporter.report()
    made.counting = 0.0
    await made.set(id, 2, Delivery.SENT)
    made.ticks += SHARE - 1
    assert await reporter.report() == 0
    made.ticks += 2
    assert await reporter.report() == 1


async def test_after_a_restart_the_same_message_goes_on(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENDING)
    await reporter.report()
    await made.set(id, 1, Delivery.SENT)
    again = Reporter(made.desk, reporter._messenger, monotonic=made.monotonic)
    assert await again.report() == 1
    (message,) = made.told(made.author)
    assert "Sent: 1 of 5" in message.text


@pytest.mark.parametrize(
    ("reason", "admins", "words"),
    [
        ("", 0, None),
        ("staged", 1, "The first messages are out."),
        ("rejects", 1, "Telegram refused the message several times in a row"),
        ("blocks", 1, "have blocked the bot, so I stopped"),
        (ROLE_REMOVED, 0, "Somebody else must decide."),
    ],
)
async def test_stopping_by_itself_is_told_once_with_the_reason(
    world: tuple[World, Reporter], reason: str, admins: int, words: str | None
) -> None:
    made, reporter = world
    await made.broadcast(State.PAUSED, reason=reason)
    await reporter.report()
    made.ticks += 100
    assert await reporter.report() == 0
    assert len(made.told(made.admin)) == admins
    progress, *news = made.told(made.author)
    assert "Paused" in progress.text
    assert [words in message.text for message in news] == [True] * (words is not None) if words else not news


async def test_who_has_used_forget_is_written_to_no_more(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    object.__setattr__(made.desk, "admins", frozenset({made.admin.id}))
    async with made.store.begin() as tx:
        await tx.forget(made.admin.id, NOW)
    await made.broadcast(State.PAUSED, reason="rejects")
    assert await reporter.report() == 2, "the progress and the news, to the author"
    assert made.told(made.admin) == []


async def test_what_waits_again_is_told_to_author_and_admins_and_who_may_release_is_asked(
    world: tuple[World, Reporter],
) -> None:
    made, reporter = world
    id = await made.broadcast(State.SCHEDULED, launched=False)
    await reporter.report()
    async with made.store.begin() as tx:
        await tx.move(id, State.REVIEW, reason=GROWN)
    assert await reporter.report() == 2
    (asked,), (news,) = made.told(made.admin), made.told(made.author)
    words = "One person has released it, but by now so many are to get it"
    assert "Please look at it and release it: Neues Gesetz" in asked.text
    assert words in asked.text
    assert words in news.text
    assert news.button_texts == ["Details"]
    assert await reporter.report() == 0
    assert (await made.stored(id)).told == State.REVIEW.value


async def test_what_was_missed_is_told_to_author_and_admins(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    await made.broadcast(State.MISSED, launched=False, reason=TOO_LATE)
    assert await reporter.report() == 2
    for person in (made.author, made.admin):
        (message,) = made.told(person)
        assert "Not sent: Neues Gesetz" in message.text
        assert "Nobody has got it." in message.text


async def test_who_may_release_is_asked_and_the_author_hears_the_answer(
    world: tuple[World, Reporter],
) -> None:
    made, reporter = world
    id = await made.broadcast(State.REVIEW, launched=False)
    assert await reporter.report() == 1
    (asked,) = made.told(made.admin)
    assert "Please look at it and release it: Neues Gesetz" in asked.text
    assert not made.told(made.author)
    async with made.store.begin() as tx:
        await tx.move(id, State.DRAFT)
    assert await reporter.report() == 1
    (returned,) = made.told(made.author)
    assert "Sent back to you: Neues Gesetz" in returned.text
    assert await reporter.report() == 0
    async with made.store.begin() as tx:
        await tx.move(id, State.REVIEW)
    await reporter.report()
    async with made.store.begin() as tx:
        await tx.move(id, State.SCHEDULED)
    await reporter.report()
    assert "Released: Neues Gesetz" in made.told(made.author)[-1].text
    assert await reporter.report() == 0


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("state", [State.SCHEDULED, State.PAUSED, State.MISSED, State.REVIEW])
async def test_whose_announcement_somebody_else_takes_back_hears_of_it(
    world: tuple[World, Reporter], state: State, *, seen: bool
) -> None:
    made, reporter = world
    async with made.store.begin() as tx:
        await tx.choose_locale(made.author.id, "private", "de", NOW, date(2026, 11, 23))
        admin, author = await tx.staff_of(made.admin.id), await tx.staff_of(made.author.id)
    assert admin is not None
    assert author is not None
    id = await made.broadcast(state, launched=False)
    if seen:  # else it comes back before anybody was told of anything
        await reporter.report()
    before = len(made.told(made.author))
    await send_back(made.desk.office, admin, id, NOW)
    assert await reporter.report() == 1
    (returned,) = made.told(made.author)[before:]
    words_ = translator(locale_of("de"))
    assert words_("Sent back to you: {name}", name="Neues Gesetz") in returned.text
    assert words_("It is a draft again: it can be changed, and handed over once more.") in returned.text
    assert await reporter.report() == 0
    async with made.store.begin() as tx:
        await tx.move(id, State.SCHEDULED)
    await send_back(made.desk.office, author, id, NOW)
    assert await reporter.report() == 0, "who did it knows"


async def test_the_author_of_a_repetition_hears_of_its_release_and_of_its_end(
    world: tuple[World, Reporter],
) -> None:
    made, reporter = world
    id = await made.broadcast(State.REVIEW, launched=False)
    await reporter.report()
    async with made.store.begin() as tx:
        releaser = await tx.staff_of(made.admin.id)
        assert releaser is not None
        await tx.move(id, State.TEMPLATE)
        await tx.change(id, send_at=NOW + timedelta(days=7), releaser_id=releaser.id)
    assert await reporter.report() == 1
    (released,) = made.told(made.author)
    assert "Released: Neues Gesetz" in released.text
    assert "It repeats. For the first time: Monday 30 November" in released.text
    assert await reporter.report() == 0
    async with made.store.begin() as tx:
        await forget(tx, made.admin.id, NOW, made.desk.audit_key)
    assert await reporter.report() == 1
    ended = made.told(made.author)[-1].text
    assert "Sent back to you: Neues Gesetz" in ended
    assert "Reason: The person who wrote or released it is no longer in the office." in ended
    assert await reporter.report() == 0


async def test_cancelled_ones_are_marked_in_silence(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    id = await made.broadcast(State.CANCELLED, launched=False)
    assert await reporter.report() == 0
    assert (await made.stored(id)).told == State.CANCELLED.value


async def test_a_correction_is_followed_to_its_end(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    id = await made.broadcast(State.SENT)
    await reporter.report()
    async with made.store.begin() as tx:
        edit = await tx.add_edit(id, NOW, locale="en", withdraw=False)
    await reporter.report()
    assert "Correcting (English): 0 done, 0 not possible …" in made.told(made.author)[0].text
    async with made.store.begin() as tx:
        await tx.move_edit(edit, 5, done=4, failed=1, finished_at=NOW)
    made.ticks += PAUSE + 1
    await reporter.report()
    assert "Correcting (English): 4 done, 1 not possible ✓" in made.told(made.author)[0].text


async def test_who_has_left_or_blocked_the_bot_is_not_written_to(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    first = await made.broadcast(State.SENDING)
    await made.sandbox.block(made.author)
    await reporter.report()
    async with made.store.read() as view:
        recipient = await view.recipient(made.author.id)
    assert recipient is not None
    assert recipient.retired_at is not None
    made.ticks += 100
    assert await reporter.report() == 0
    async with made.store.begin() as tx:
        await tx.remove_staff(made.author_id, NOW)
    await made.broadcast(State.MISSED, launched=False, reason=TOO_LATE)
    assert await reporter.report() == 1
    assert "Not sent" in made.told(made.admin)[0].text
    assert (await made.stored(first)).progress is None


async def test_what_could_not_be_told_is_told_later(world: tuple[World, Reporter]) -> None:
    made, reporter = world
    for state, launched in ((State.MISSED, False), (State.REVIEW, False), (State.SENDING, True)):
        id = await made.broadcast(state, launched=launched, reason=TOO_LATE if state is State.MISSED else "")
        made.sandbox.faults.add(Fault("flood", method="sendMessage", times=9, retry_after=30))
        await reporter.report()
        made.sandbox.faults.clear()
        made.ticks += PAUSE + 1
        assert await reporter.report() >= 1
        assert (await made.stored(id)).told == state.value


# Words --------------------------------------------------------------------------------------------


def turn() -> Turn:
    desk = Desk.__new__(Desk)
    object.__setattr__(desk, "zone", ZoneInfo("Europe/Berlin"))
    return Turn(1, ChatType.PRIVATE, ENGLISH, translator(ENGLISH), NOW, desk)


def words(spans: tuple[Span, ...]) -> str:
    return "".join(span if isinstance(span, str) else getattr(span, "text", "") for span in spans)


def a_broadcast(state: State, launch: tuple[int, int] | None = None) -> Broadcast:
    return Broadcast(
        id=1,
        state=state,
        name="N",
        author_id=1,
        audience=Audience(),
        options=Options(),
        created_at=NOW,
        launch=launch,
    )


def test_every_recipient_is_in_one_line() -> None:
    states = [(state, "left" if state is Delivery.SKIPPED else "") for state in Delivery]
    tally = Tally(tuple(Count("en", state, reason, 10 + state) for state, reason in states))
    due = int((NOW + timedelta(hours=3)).timestamp())
    account = Account(tally, ((due, 11),))
    found = words(progress_message(turn(), a_broadcast(State.SENDING, launch=(0, 0)), account).text)
    for line in (
        "Sent: 14 of 145",
        "The recipients are still being counted.",
        "To be sent now: 23",
        "Waiting until 16:00: 11",
        "Waiting for a daily or weekly summary: 12",
        "Have blocked the bot: 16",
        "Refused by Telegram: 15",
        "Unknown, arrived or not: 17",
        "Left out, unsubscribed meanwhile: 18",
        "Withdrawn: 19",
    ):
        assert line in found
    later = Account(Tally((Count("en", Delivery.WAITING, "", 3),)), ((due + 3 * 86_400, 3),))
    assert "26 November, 16:00: 3" in words(tuple(lines_of(later)))
    # Another day is named, however near it is.
    overnight = Account(Tally((Count("en", Delivery.WAITING, "", 4),)), ((due + 16 * 3600, 4),))
    assert "Waiting until tomorrow, Tuesday 24 November, 8:00: 4" in words(tuple(lines_of(overnight)))
    never = Account(Tally((Count("en", Delivery.WAITING, "", 3), Count("en", Delivery.SKIPPED, "new", 1))))
    assert "Waiting: 3" in words(tuple(lines_of(never)))
    assert "Left out, new: 1" in words(tuple(lines_of(never)))
    # Not all of them get it when the first do.
    hours = ((due, 1), (due + 3600, 2), (due + 2 * 3600, 311), (due + 3 * 3600, 40))
    mixed = Account(Tally((Count("en", Delivery.WAITING, "", 354),)), hours)
    assert words(tuple(lines_of(mixed))).split("Waiting until ")[1:] == [
        "17:00: 2",
        "18:00: 311",
        "19:00: 40",
        "another time: 1",
    ]
    withdrawal = Edit(
        id=1,
        broadcast_id=1,
        locale=None,
        withdraw=True,
        created_at=NOW,
        finished_at=None,
        cursor=0,
        done=2,
        failed=1,
    )
    assert "Withdrawing: 2 done, 1 not possible" in words(
        tuple(lines_of(Account(Tally(), edits=(withdrawal,))))
    )


def test_whose_words_have_been_let_go_is_called_by_its_number() -> None:
    names = {
        state: called(turn(), replace(a_broadcast(state), name="")) for state in (State.SENT, State.DRAFT)
    }
    assert names == {State.SENT: "Announcement 1", State.DRAFT: "no text yet"}
    assert called(turn(), a_broadcast(State.SENT)) == "N"


def test_who_waits_for_a_summary_makes_it_no_less_sent() -> None:
    rest = Tally((Count("en", Delivery.SENT, "", 9), Count("en", Delivery.DIGEST, "", 3)))
    found = words(progress_message(turn(), a_broadcast(State.SENDING), Account(rest)).text)
    assert "Sent; some get it in their daily or weekly summary" in found
    more = Tally((*rest.counts, Count("en", Delivery.WAITING, "", 1)))
    for launch, tally in ((None, more), ((0, 0), rest), (None, Tally())):
        going = progress_message(turn(), a_broadcast(State.SENDING, launch=launch), Account(tally))
        assert "Being sent" in words(going.text)


def test_of_what_was_stopped_nothing_is_to_be_sent_now_or_waits_for_a_time() -> None:
    waiting = (Delivery.PENDING, Delivery.CLAIMED, Delivery.WAITING, Delivery.DIGEST)
    tally = Tally(tuple(Count("en", state, "", 2) for state in waiting))
    account = Account(tally, ((int(NOW.timestamp()), 2),))
    for state in (State.PAUSED, State.CANCELLED, State.WITHDRAWN, State.MISSED):
        # Of what is paused the rest is sent when somebody continues it.
        assert lines_of(account, state) == [
            "Sent: 0 of 8",
            "Waiting: 8" if state is State.PAUSED else "Not sent: 8",
            "What is on its way at this moment still arrives.",
        ]


def test_who_may_have_it_is_not_said_to_be_without_it() -> None:
    account = Account(Tally((Count("en", Delivery.WAITING, DOUBT, 2), Count("en", Delivery.WAITING, "", 3))))
    assert lines_of(account, State.SENDING) == ["Sent: 0 of 5", "Waiting: 5"]
    for state in (State.PAUSED, State.CANCELLED, State.WITHDRAWN):
        left = "Waiting: 3" if state is State.PAUSED else "Not sent: 3"
        assert lines_of(account, state) == ["Sent: 0 of 5", left, "Unknown, arrived or not: 2"]
    missed = news_message(turn(), a_broadcast(State.MISSED), account)
    assert missed is not None
    assert "Nobody has got it." not in words(missed.text)
    assert "waiting;may have it already;2" in table(turn(), account).decode()


def test_the_table_has_no_word_that_its_reader_does_not_know() -> None:
    counts = [
        Count("en", Delivery.CLAIMED, "digest", 2),
        Count("en", Delivery.CLAIMED, "", 3),
        Count("de", Delivery.CLAIMED, DOUBTED_DIGEST, 1),
        Count("de", Delivery.REJECTED, TOO_LONG, 1),
        Count("de", Delivery.REJECTED, "can't parse entities", 4),
        Count("de", Delivery.UNREACHABLE, "chat not found", 5),
        Count("de", Delivery.UNKNOWN, "error", 6),
        *(Count("de", Delivery.SKIPPED, reason, 7) for reason in Reason),
    ]
    rows = table(
        replace(turn(), translator=translator(locale_of("de")), locale=locale_of("de")),
        Account(Tally(tuple(counts))),
    )
    found = [line.split(";") for line in rows.decode("utf-8-sig").splitlines()]
    german = translator(locale_of("de"))
    assert found == [
        ["Sprache", "Ergebnis", "Grund", "Anzahl"],
        ["Englisch", "wird gesendet", "", "5"],
        ["Deutsch", "wird gesendet", german("may have it already"), "1"],
        ["Deutsch", "von Telegram abgelehnt", "zu lang für eine Nachricht", "1"],
        ["Deutsch", "von Telegram abgelehnt", "Telegram: can't parse entities", "4"],
        ["Deutsch", german("have blocked the bot"), "Telegram: chat not found", "5"],
        ["Deutsch", german("unknown"), "", "6"],
        *(["Deutsch", german("left out"), german(REASONS[reason]), "7"] for reason in Reason),
    ]


def lines_of(account: Account, state: State = State.SENT) -> list[Span]:
    return [
        span
        for line in account_lines(turn(), a_broadcast(state), account)
        for span in (line if isinstance(line, tuple) else (line,))
    ]


def test_the_speed_is_said_while_there_is_something_to_send() -> None:
    tally = Tally((Count("en", Delivery.PENDING, "", 3000),))
    assert speed_line(turn(), Account(tally, rate=25.0)) == "25 a second, about 2 minutes left"
    assert speed_line(turn(), Account(tally, rate=1000.0)) == "1,000 a second, less than a minute left"
    assert speed_line(turn(), Account(tally, rate=0.0)) is None
    assert speed_line(turn(), Account(Tally(), rate=25.0)) is None


def test_a_paused_one_has_a_button_to_go_on_and_a_missed_one_says_when_it_was_due() -> None:
    paused = progress_message(turn(), a_broadcast(State.PAUSED), Account(Tally()))
    assert [button.label for button in paused.buttons[0]] == ["Continue", "Details"]
    partly = Account(Tally((Count("en", Delivery.SENT, "", 1),)))
    missed = news_message(turn(), a_broadcast(State.MISSED), partly)
    assert missed is not None
    assert "Nobody has got it." not in words(missed.text)
    assert news_message(turn(), a_broadcast(State.CANCELLED), partly) is None
