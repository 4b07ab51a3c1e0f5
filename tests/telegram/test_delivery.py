"""What stands in a chat after a digest of which a notice was taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.broadcast import Audience, Body, Broadcast, Claim, Media, Options, State
from bot.domain.outcomes import Status
from bot.sandbox import Sandbox
from bot.services.ledger import Job
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
