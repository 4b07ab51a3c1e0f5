"""What a card says of a door that the starter content has no example of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.dialog import details, stale
from bot.dialog.cards import card
from bot.dialog.desk import Desk
from bot.dialog.event_card import card_text
from bot.dialog.reply import Message
from bot.dialog.showing import Reading
from bot.dialog.turn import ChatType, Turn
from bot.domain.directory import AnyRecord, ContactDetails, CounsellingOffer, Event, Organisation, Status
from bot.domain.locales import find
from bot.domain.text import LocalizedText
from bot.parts import make_answering, make_desk
from bot.services.calendar import occurrences
from bot.settings import load
from bot.storage.store import Store
from bot.translation import translator

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""Ten o'clock where the doors are."""
OFFER = CounsellingOffer(
    id="muster",
    title=LocalizedText.of(de="Muster"),
    summary=LocalizedText.of(de="Rat"),
    source="example.org",
    verified=True,
    type="debt",
)


@pytest.fixture
def desk(sqlite_store: Store) -> Desk:
    return make_desk(load(env_file=None), sqlite_store, make_answering(), "lotse_bot")


PARTY = Event(
    id="fest",
    title=OFFER.title,
    summary=OFFER.summary,
    source="example.org",
    verified=True,
    starts=datetime(2026, 11, 28, 17),
)


def turn_of(desk: Desk, code: str = "en", now: datetime = TUESDAY) -> Turn:
    locale = find(code)
    assert locale is not None
    return Turn(1, ChatType.PRIVATE, locale, translator(locale), now, desk)


def shown(desk: Desk, record: AnyRecord, code: str = "en", now: datetime = TUESDAY) -> str:
    return said(card(turn_of(desk, code, now), record))


def said(message: Message) -> str:
    return "".join(span if isinstance(span, str) else span.text for span in message.text)


def offer(**fields: Any) -> CounsellingOffer:
    return replace(OFFER, **fields)


async def test_words_beside_the_hours_are_shown_and_marked_as_german(desk: Desk) -> None:
    told = offer(hours='Mo-Fr 09:00-12:00 "nur mit Anmeldung"')
    text = shown(desk, told)
    assert "Open now, until 12:00 (nur mit Anmeldung)" in text
    assert "Mon–Fri 9:00–12:00 (nur mit Anmeldung)" in text
    assert "Here it is in: German" in text
    assert "9:00–12:00 (nur mit Anmeldung)" in shown(desk, told, "ar")
    assert "nicht in Ihrer Sprache" not in shown(desk, told, "de")


async def test_what_costs_something_says_so(desk: Desk) -> None:
    costs = "It costs something. Please ask there how much."
    assert costs in shown(desk, offer(free=False))
    assert "Es kostet etwas." in shown(desk, offer(free=False), "de")
    assert costs not in shown(desk, offer(free=None)) + shown(desk, offer(free=True))
    assert "Free of charge and anonymous, if you wish" in shown(desk, offer(free=True, anonymous=True))
    told = shown(desk, offer(free=False, anonymous=True, cost=LocalizedText.of(de="5 Euro", en="5 euros")))
    assert {"Anonymous, if you wish", "5 euros"} <= set(told.splitlines())
    assert costs not in told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"free": False}, ["It costs something. Please ask there how much."]),
        ({"free": True}, ["Free of charge"]),
        ({"free": False, "cost": LocalizedText.of(de="5 Euro")}, ["5 Euro"]),
        ({}, []),
    ],
)
async def test_what_it_costs_is_answered_for_doors_and_events(
    desk: Desk, fields: dict[str, Any], told: list[str]
) -> None:
    turn = turn_of(desk)
    reading = Reading(turn)
    assert details._facts(turn, "cost", offer(**fields), ContactDetails(), reading) == told
    (party,) = occurrences(replace(PARTY, **fields), TUESDAY, TUESDAY + timedelta(days=9), desk.zone)
    assert details._facts(turn, "cost", party, ContactDetails(), reading) == told
    text = await card_text(turn, party.event, party)
    assert all(line in said(Message(text)) for line in told)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"review_due": date(2026, 6, 30)}, ["to be checked by 30 June 2026"]),
        ({"review_due": date(2027, 5, 31), "status": Status.UNCERTAIN}, ["not known whether it goes on"]),
        (
            {"review_due": date(2027, 5, 31), "funding_until": date(2026, 10, 31)},
            ["funding secured until 31 October 2026"],
        ),
        ({}, ["reported 2 times"]),
    ],
)
async def test_the_office_reads_why_an_entry_needs_a_look(
    desk: Desk, fields: dict[str, Any], told: list[str]
) -> None:
    reported = 0 if fields else 2
    assert list(stale._reasons(turn_of(desk), offer(**fields), reported)) == told


async def test_an_association_names_its_communities(desk: Desk) -> None:
    """People look for it by them."""
    given = {name: getattr(OFFER, name) for name in ("id", "title", "summary", "source", "verified")}
    found = Organisation(**given, communities=("togolese", "african", "own-of-another-network"))
    assert "Togolese community and African community" in shown(desk, found).splitlines()
    assert "community" not in shown(desk, replace(found, communities=()))


async def test_an_open_end_is_no_midnight(desk: Desk) -> None:
    lines = shown(desk, offer(hours="Mo-Fr 09:00+")).splitlines()
    assert "Open now" in lines
    assert "Mon–Fri from 9:00" in lines


async def test_hours_that_are_not_every_week_are_named_with_their_next_date(desk: Desk) -> None:
    text = shown(desk, offer(hours="We[1] 14:00-16:00"))
    assert "Closed now, opens Wednesday, 2 December, 14:00" in text.replace("Wednesday 2", "Wednesday, 2")
    assert text.count("14:00–16:00") == 1
    assert "Wed 14:00" not in text
    christmas = offer(hours="Mo-Fr 09:00-12:00; Dec 24-31 off")
    for day in (22, 28):
        assert "Mon–Fri 9:00–12:00" in shown(desk, christmas, now=datetime(2026, 12, day, 9, tzinfo=UTC))
