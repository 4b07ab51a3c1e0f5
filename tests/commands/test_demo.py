"""The demo's people and their announcement; and a check that fails when somebody is lost."""

from __future__ import annotations

from typing import Any

import pytest

from bot.__main__ import main
from bot.commands import demo, demo_news, demo_script
from bot.commands.demo_kill import Arrival, judge
from bot.domain.broadcast import State
from bot.domain.locales import LOCALES
from bot.domain.markup import first_line
from bot.domain.news import Topic
from bot.domain.staff import Role
from bot.sandbox import Sandbox
from bot.services.drafting import measure


async def test_everybody_is_there_and_the_draft_is_two_taps_from_all_of_them() -> None:
    async with demo.staged() as (sandbox, lotse, cast):
        everybody = (cast.office, cast.contact, *cast.readers)
        assert all(person.first_name.endswith("(example)") for person in everybody)
        async with lotse.store.read() as view:
            office = await view.staff_of(cast.office.id)
            (contact,) = await view.contact_of(cast.contact.id)
            internal = {one.topic for one in await view.subscriptions(cast.contact.id)}
            wishes = {
                one.name: {(wish.topic, wish.area) for wish in await view.subscriptions(person.id)}
                for person, one in zip(cast.readers, demo_news.SUBSCRIBERS, strict=True)
            }
            locales = [
                recipient.locale
                for person in cast.readers
                if (recipient := await view.recipient(person.id)) is not None
            ]
            bodies = await view.bodies(cast.draft)
            draft = await view.broadcast(cast.draft)
            assert draft is not None
            seen = await measure(view, lotse.desk.office, draft, lotse.desk.clock())
        assert office is not None
        assert (office.role, office.editing) == (Role.ADMIN, cast.draft)
        assert contact.organisation_id == demo_news.ORGANISATION
        assert internal == {Topic.INTERNAL}
        assert wishes == {one.name: set(one.wishes) for one in demo_news.SUBSCRIBERS}
        assert locales == [one.locale for one in demo_news.SUBSCRIBERS]
        assert len(set(locales)) == 6
        assert set(bodies) == {locale.code for locale in LOCALES}
        assert (draft.state, seen.obstacles, seen.reached) == (State.DRAFT, (), 7)

        async with lotse.store.read() as view:
            notices = await view.series(demo_news.CAMPAIGN)
        assert tuple(one.id for one in notices) == cast.notices
        assert {one.state for one in notices} == {State.SCHEDULED}
        today = lotse.desk.today(lotse.desk.clock())
        days = [lotse.desk.wall(one.send_at) for one in notices if one.send_at is not None]
        assert [(day.date() - today).days - 40 for day in days] == [-30, -7, -1, 1]
        assert {day.hour for day in days} == {10}
        chat = sandbox.chat_of(cast.office)
        (shown,) = [one.text for one in chat.messages.values() if "Beispiel: Aktionstag 1/4" in one.text]
        assert "Beispiel: Aktionstag 4/4" in shown

        await demo_news.release(sandbox, cast)
        for person, one in zip(cast.readers, demo_news.SUBSCRIBERS, strict=True):
            wanted = first_line(bodies[one.locale].html, 80)
            await sandbox.wait_for(person, lambda message, w=wanted: w in message.text, 20)  # type: ignore[misc]


def test_each_reader_has_it_once_or_the_bot_says_that_it_does_not_know() -> None:
    good = [Arrival("de", 1, False), Arrival("de", 0, True), Arrival("ar", 1, True), Arrival("ar", 1, False)]
    lines, failures = judge(good)
    assert failures == []
    assert lines == [
        "de: 2 subscribers, 1 got it once, 1 unknown (of these 0 got it)",
        "ar: 2 subscribers, 1 got it once, 1 unknown (of these 1 got it)",
    ]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Arrival("uk", 0, False), "uk: 1 did not get it, and the bot does not say so"),
        (Arrival("uk", 2, False), "uk: 1 got it more than once"),
        (Arrival("uk", 2, True), "uk: 1 got it more than once"),
    ],
)
def test_a_lost_and_a_doubled_one_are_failures(bad: Arrival, words: str) -> None:
    lines, failures = judge([Arrival("uk", 1, False), bad])
    assert failures == [words]
    assert len(lines) == 1


class Swallowing(Sandbox):
    """Says "sent" to the bot, and shows it to one reader never."""

    async def api_call(self, name: str, given: dict[str, Any]) -> tuple[Any, bool]:
        """As the sandbox's own, but for one chat."""
        person = self.world.people.get(int(given.get("chat_id") or 0))
        if person is not None and person.first_name == "Example vi 5":
            return {"message_id": 999_999, "date": 0, "chat": {"id": person.id, "type": "private"}}, False
        return await super().api_call(name, given)


@pytest.mark.prove
def test_the_check_fails_when_a_message_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "Sandbox", Swallowing)
    monkeypatch.setattr(demo_script, "SCRIPT", ())
    assert main(["demo", "--check"]) == 1
    told = capsys.readouterr().out
    assert "FAILED: vi: 1 did not get it, and the bot does not say so" in told
    assert "67 subscribers, 1 failures." in told
