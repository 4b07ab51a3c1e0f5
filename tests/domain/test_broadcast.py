"""What can become of a broadcast, and the account of its recipients."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.broadcast import (
    TRANSITIONS,
    Audience,
    Body,
    Broadcast,
    Group,
    Missing,
    Options,
    State,
    WrongState,
    choose_body,
)
from bot.domain.deliveries import OPEN, Count, Delivery, Tally
from bot.domain.locales import Locale, find
from bot.domain.news import Topic


def locale(code: str) -> Locale:
    found = find(code)
    assert found is not None
    return found


def test_every_state_has_its_ways_out() -> None:
    assert set(TRANSITIONS) == set(State)
    assert TRANSITIONS[State.WITHDRAWN] == frozenset()
    assert all(state not in ways for state, ways in TRANSITIONS.items())


def test_nothing_is_sent_without_being_scheduled() -> None:
    """Whatever way leads to SENDING, it has been SCHEDULED or sent before."""
    before = {state for state in State if State.SENDING in TRANSITIONS[state]}
    assert before == {State.SCHEDULED, State.PAUSED, State.SENT}


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached, new = {State.DRAFT}, {State.DRAFT}
    while new:
        new = {to for state in new for to in TRANSITIONS[state]} - reached
        reached |= new
    assert reached == set(State)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "This announcement is gone."),
        (State.SENT, "This announcement is sent: it cannot be a draft now."),
        (State.DRAFT, "This announcement is a draft already."),
    ],
)
def test_a_wrong_state_says_which(state: State | None, words: str) -> None:
    error = WrongState(state, State.DRAFT)
    assert str(error) == words
    assert (error.state, error.wanted) == (state, State.DRAFT)


def test_an_audience_is_somebody() -> None:
    assert not Audience(areas=frozenset({"mv"}), locales=frozenset({"de"}), not_within=24)
    assert Audience(topics=frozenset({Topic.EVENTS}))
    assert Audience(groups=frozenset({Group.STAFF}))
    assert Audience(event="fest")


def test_the_text_that_a_reader_gets() -> None:
    bodies = {code: Body(locale=code, html=code) for code in ("ru", "vi")}
    assert choose_body(bodies, locale("ru"), Missing.WAIT) == bodies["ru"]
    assert choose_body(bodies, locale("de"), Missing.WAIT) is None
    assert choose_body(bodies, locale("de"), Missing.OTHERS) is None
    assert choose_body(bodies, locale("de"), Missing.FALLBACK) == bodies["ru"]
    with_german = {**bodies, "de": Body(locale="de", html="de")}
    assert choose_body(with_german, locale("tr"), Missing.FALLBACK) == with_german["de"]
    assert choose_body({}, locale("de"), Missing.FALLBACK) is None


def test_the_account() -> None:
    tally = Tally(
        (
            Count("de", Delivery.SENT, "", 3),
            Count("uk", Delivery.SENT, "", 2),
            Count("de", Delivery.SKIPPED, "left", 1),
            Count("uk", Delivery.SKIPPED, "left", 4),
            Count("uk", Delivery.SKIPPED, "cap", 1),
            Count("uk", Delivery.WAITING, "", 5),
        )
    )
    assert (tally[Delivery.SENT], tally[Delivery.UNKNOWN]) == (5, 0)
    assert (tally.total, tally.open) == (16, 5)
    assert tally.by_locale["uk"] == {Delivery.SENT: 2, Delivery.SKIPPED: 5, Delivery.WAITING: 5}
    assert tally.skipped == {"left": 5, "cap": 1}
    assert Tally().total == 0
    assert Delivery.CLAIMED in OPEN


@pytest.mark.parametrize(
    ("topics", "chosen", "urgent"),
    [
        ({Topic.EVENTS}, False, False),
        ({Topic.EVENTS}, True, True),
        ({Topic.URGENT}, False, True),
        ({Topic.EVENTS, Topic.URGENT}, False, True),
    ],
)
def test_a_warning_is_urgent_whatever_was_chosen(topics: set[Topic], chosen: bool, urgent: bool) -> None:
    found = Broadcast(
        id=1,
        state=State.DRAFT,
        name="",
        author_id=None,
        audience=Audience(topics=frozenset(topics)),
        options=Options(urgent=chosen),
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert found.urgent is urgent
    assert found.warning is (Topic.URGENT in topics)
