"""What stands in a chat: a digest of which a notice was taken back, and a date that has moved meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.dialog.reply import Text
from bot.domain.broadcast import Audience, Body, Broadcast, Media, Options, State
from bot.domain.deliveries import Claim
from bot.domain.errors import StorageFailed
from bot.domain.locales import Locale
from bot.domain.outcomes import Status
from bot.sandbox import Sandbox
from bot.services.jobs import Job
from bot.telegram import delivery
from bot.telegram.bulk import BulkLane
from bot.telegram.delivery import TelegramLane

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


def broadcast(id: int) -> Broadcast:
    return Broadcast(
        id=id,
        state=State.SENDING,
        name="N",
        author_id=1,
        audience=Audience(),
        options=Options(),
        created_at=NOW,
    )


async def test_a_digest_stays_a_text_whatever_hangs_on_its_notices() -> None:
    photo = (broadcast(1), Body(locale="en", html="With a photo", media=Media.PHOTO, file_id="f"))
    plain = (broadcast(2), Body(locale="en", html="Without"))
    async with Sandbox() as sandbox:
        reader = sandbox.person("Reader", "en", started=True)
        bulk = BulkLane(sandbox.token, sandbox.api_url)
        await bulk.open()
        lane = TelegramLane(bulk, zone=ZoneInfo("Europe/Berlin"), clock=lambda: NOW, username="lotse_bot")
        claims = tuple(Claim(id, reader.id, "en", 0, digest=True) for id in (1, 2))
        sent = await lane.deliver(Job(claims, (photo, plain), "en", group=False))
        assert sent.message_id is not None
        where = (reader.id, sent.message_id, "en")
        assert (await lane.change(*where, [photo], digest=True)).status is Status.SENT
        shown = sandbox.chat_of(reader).messages[sent.message_id].text
        assert "1. With a photo" in shown
        assert "Without" not in shown
        assert (await lane.withdraw(*where, media=False, old=True)).status is Status.SENT
        assert "withdrawn" in sandbox.chat_of(reader).messages[sent.message_id].text
        await bulk.close()


async def test_who_waited_gets_the_date_as_it_is_by_then() -> None:
    said = {1: ["Friday, 4 December"]}

    async def card(one: Broadcast, _body: Body, _locale: Locale) -> Text:
        return (said[one.id][-1],)

    meeting = (broadcast(1), Body(locale="en", html="We meet", event_id="cafe"))
    async with Sandbox() as sandbox:
        readers = [sandbox.person(name, "en", started=True) for name in ("First", "Second")]
        bulk = BulkLane(sandbox.token, sandbox.api_url)
        await bulk.open()
        zone = ZoneInfo("Europe/Berlin")
        lane = TelegramLane(bulk, zone=zone, clock=lambda: NOW, username="lotse_bot", card=card)
        for reader in readers:
            sent = await lane.deliver(Job((Claim(1, reader.id, "en", 0),), (meeting,), "en", group=False))
            assert sent.message_id is not None
            shown = sandbox.chat_of(reader).messages[sent.message_id].text
            assert shown == f"We meet\n\n{said[1][-1]}"
            said[1].append("Saturday, 5 December")
        await bulk.close()
    assert len(said[1]) == 3, "both got it"


@pytest.mark.parametrize("gone", [True, False])
async def test_while_a_date_cannot_be_read_in_time_nothing_is_sent_or_changed(
    monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    monkeypatch.setattr(delivery, "_LONGEST", 0.0)

    async def card(_broadcast: Broadcast, _body: Body, _locale: Locale) -> Text:
        if gone:
            raise StorageFailed("gone")
        await asyncio.sleep(0.01)  # by now another process may have the lease
        return ("Friday",)

    meeting = (broadcast(1), Body(locale="en", html="We meet", event_id="cafe"))
    async with Sandbox() as sandbox:
        reader = sandbox.person("Reader", "en", started=True)
        bulk = BulkLane(sandbox.token, sandbox.api_url)
        await bulk.open()
        zone = ZoneInfo("Europe/Berlin")
        lane = TelegramLane(bulk, zone=zone, clock=lambda: NOW, username="lotse_bot", card=card)
        sent = await lane.deliver(Job((Claim(1, reader.id, "en", 0),), (meeting,), "en", group=False))
        changed = await lane.change(reader.id, 1, "en", [meeting], digest=False)
        assert (sent.status, changed.status) == (Status.NOT_SENT, Status.NOT_SENT)
        assert not [one for one in sandbox.chat_of(reader).messages.values() if one.from_bot]
        await bulk.close()
