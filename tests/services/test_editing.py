"""Corrections that Telegram holds up: nobody else waits, and they come back, over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.broadcast import Body, Edit, Media, State
from bot.domain.deliveries import Delivery
from bot.domain.outcomes import Outcome, Status
from bot.services import editing
from bot.storage.store import Store
from tests.services.sending import NOON, Clock, Lane, make_sender, people, running, scheduled, tally, until

SLOW = 2
"""The chat that is told to wait for an hour."""


def one_waits(chat: int) -> Outcome | None:
    return Outcome(Status.RATE_LIMITED, retry_after=3600) if chat == SLOW else None


async def corrected(store: Store, id: int, *, withdraw: bool = False) -> None:
    async with store.begin() as tx:
        if withdraw:
            await tx.move(id, State.WITHDRAWN)
        else:
            await tx.put_body(id, Body(locale="de", html="corrected", revision=1))
        await tx.add_edit(id, NOON, locale=None if withdraw else "de", withdraw=withdraw)


async def when(store: Store, id: int, wanted: Callable[[Edit], bool]) -> Edit:
    async with asyncio.timeout(20):
        while True:
            async with store.read() as view:
                (edit,) = await view.edits(id)
            if wanted(edit):
                return edit
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("withdraw", [False, True])
async def test_a_chat_that_must_wait_long_holds_up_nobody(store: Store, withdraw: bool) -> None:
    await people(store, range(1, 8), locales=("de",))
    id = await scheduled(store, locales=("de",))
    lane, clock = Lane(), Clock()
    lane.edit_outcome = one_waits
    async with running(make_sender(store, lane, clock)):
        await until(store, id, State.SENT)
        await corrected(store, id, withdraw=withdraw)
        edit = await when(store, id, lambda edit: edit.done == 6)
        assert (edit.failed, edit.finished_at) == (0, None)
        other = await scheduled(store, locales=("de",))
        async with asyncio.timeout(20):
            while (await tally(store, other))[Delivery.SENT] < 6:
                await asyncio.sleep(0.02)
    tried = [one[0] for one in (lane.withdrawn if withdraw else lane.changed)]
    assert tried.count(SLOW) == 1, "it waits as it was told to"
    # A new process comes back to it.
    clock.now = NOON + timedelta(hours=1, minutes=1)
    again = Lane()
    async with running(make_sender(store, again, clock)):
        edit = await when(store, id, lambda edit: edit.finished_at is not None)
    assert (edit.done, edit.failed) == (7, 0)
    assert [one[0] for one in (again.withdrawn if withdraw else again.changed)] == [SLOW]
    assert (await tally(store, id))[Delivery.RECALLED] == (7 if withdraw else 0)


async def test_those_who_wait_get_the_corrected_text_while_one_chat_is_put_off(store: Store) -> None:
    await people(store, range(1, 4), locales=("de",))
    await people(store, [9], locales=("de",), quiet_from=12, quiet_to=14)
    id = await scheduled(store, locales=("de",))
    lane, clock = Lane(), Clock()
    lane.edit_outcome = lambda chat: (
        Outcome(Status.RATE_LIMITED, retry_after=9 * 3600) if chat == SLOW else None
    )
    async with running(make_sender(store, lane, clock)):
        async with asyncio.timeout(20):
            while (await tally(store, id))[Delivery.SENT] < 3:
                await asyncio.sleep(0.02)
        await corrected(store, id)
        await when(store, id, lambda edit: edit.done == 2)
        clock.now = NOON + timedelta(hours=2, seconds=1)
        await until(store, id, State.SENT)
        edit = await when(store, id, lambda edit: edit.done == 2)
    assert edit.finished_at is None
    assert [job.notices[0][1].html for job in lane.jobs if job.chat_id == 9] == ["corrected"]


async def test_who_is_told_to_wait_for_ever_has_failed(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, SLOW], locales=("de",))
    id = await scheduled(sqlite_store, locales=("de",))
    lane, clock = Lane(), Clock()
    lane.edit_outcome = one_waits
    async with running(make_sender(sqlite_store, lane, clock)):
        await until(sqlite_store, id, State.SENT)
        await corrected(sqlite_store, id)
        await when(sqlite_store, id, lambda edit: edit.done == 1)
    clock.now = NOON + timedelta(days=3)
    async with running(make_sender(sqlite_store, lane, clock)):
        edit = await when(sqlite_store, id, lambda edit: edit.finished_at is not None)
    assert (edit.done, edit.failed) == (1, 1)


async def test_who_forgets_themselves_is_not_waited_for(sqlite_store: Store) -> None:
    await people(sqlite_store, [1, SLOW], locales=("de",))
    id = await scheduled(sqlite_store, locales=("de",))
    lane = Lane()
    lane.edit_outcome = one_waits
    async with running(make_sender(sqlite_store, lane, Clock())):
        await until(sqlite_store, id, State.SENT)
        await corrected(sqlite_store, id)
        await when(sqlite_store, id, lambda edit: edit.done == 1)
        async with sqlite_store.begin() as tx:
            await tx.forget(SLOW)
        edit = await when(sqlite_store, id, lambda edit: edit.finished_at is not None)
    assert (edit.done, edit.failed) == (1, 0)


async def test_short_waits_are_waited_for_and_end(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "_ATTEMPTS", 2)
    await people(sqlite_store, [1, SLOW], locales=("de",))
    id = await scheduled(sqlite_store, locales=("de",))
    lane, clock = Lane(), Clock()
    lane.edit_outcome = lambda chat: (
        Outcome(Status.RATE_LIMITED, retry_after=0.1) if chat == SLOW and len(lane.changed) < 4 else None
    )
    async with running(make_sender(sqlite_store, lane, clock)):
        await until(sqlite_store, id, State.SENT)
        await corrected(sqlite_store, id)
        await when(sqlite_store, id, lambda edit: edit.done == 1)
        clock.now = clock.now + timedelta(seconds=6)
        edit = await when(sqlite_store, id, lambda edit: edit.finished_at is not None)
    assert (edit.done, edit.failed) == (2, 0)


async def test_what_is_taken_back_is_what_was_sent_there(sqlite_store: Store) -> None:
    """A photo for Germans, a text for others, and a digest of both kinds, which is a text."""
    store = sqlite_store
    await people(store, [1], locales=("de",))
    await people(store, [2], locales=("ar",))
    await people(store, [3], locales=("de",), frequency="daily")
    lane, clock = Lane(), Clock()
    ids = [await scheduled(store, locales=("de", "ar")) for _ in range(2)]
    async with store.begin() as tx:
        for id in ids:
            await tx.put_body(id, Body(locale="de", html="Photo", media=Media.PHOTO, file_id="f"))
    sender = make_sender(store, lane, clock)
    async with running(sender):
        async with asyncio.timeout(20):  # until the sender knows that both wait for one digest
            while [active.due is not None for active in sender._ledger.actives.values()] != [True, True]:
                await asyncio.sleep(0.02)
        clock.now = NOON.replace(hour=17, minute=1)  # after 18 o'clock
        for id in ids:
            await until(store, id, State.SENT)
        clock.now = NOON + timedelta(days=3)
        for id in ids:
            await corrected(store, id, withdraw=True)
            await when(store, id, lambda edit: edit.finished_at is not None)
    assert lane.captions == {1}
    assert lane.as_digests == {3}, "of which one notice stands for a while"
    assert sorted(chat for chat, _old in lane.withdrawn) == [1, 1, 2, 2, 3]


async def test_what_is_left_of_a_digest_is_corrected_as_one(sqlite_store: Store) -> None:
    store = sqlite_store
    await people(store, [3], locales=("de",), frequency="daily")
    lane, clock = Lane(), Clock()
    gone, left = [await scheduled(store, locales=("de",)) for _ in range(2)]
    async with running(make_sender(store, lane, clock)):
        await until(store, left, State.SENDING)
        clock.now = NOON.replace(hour=17, minute=1)
        await until(store, left, State.SENT)
        await until(store, gone, State.SENT)
        await corrected(store, gone, withdraw=True)
        await when(store, gone, lambda edit: edit.finished_at is not None)
        lane.as_digests.clear()
        await corrected(store, left)
        await when(store, left, lambda edit: edit.finished_at is not None)
    assert lane.as_digests == {3}
    assert lane.changed[-1][2] == ("corrected",)
