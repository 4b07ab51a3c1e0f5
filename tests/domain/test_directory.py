"""Texts in several languages, dates as precise as their source, and what may be shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.domain.directory import (
    KINDS,
    Article,
    Campaign,
    CounsellingOffer,
    Directory,
    Event,
    Freshness,
    Kind,
    Organisation,
    PartialDate,
    Status,
    freshness,
    shown,
)
from bot.domain.locales import Locale, find
from bot.domain.text import LocalizedText, Rendition, State

TODAY = date(2026, 11, 23)


def locale(code: str) -> Locale:
    found = find(code)
    assert found is not None
    return found


def offer(**fields: Any) -> CounsellingOffer:
    given: dict[str, Any] = {
        "id": "x",
        "title": LocalizedText.of(de="X"),
        "summary": LocalizedText.of(de="Y"),
        "type": "t",
        "source": "example.org",
        "verified": True,
    }
    return CounsellingOffer(**{**given, **fields})


def test_localize_says_which_language_it_found() -> None:
    text = LocalizedText({"de": Rendition("Tür"), "ar": Rendition("باب", State.MACHINE)})
    found = text.localize(locale("ar"))
    assert found is not None
    assert (found.text, found.locale, found.state, found.exact) == ("باب", "ar", State.MACHINE, True)
    fallback = text.localize(locale("pl"))
    assert fallback is not None
    assert (fallback.text, fallback.locale, fallback.exact) == ("Tür", "de", False)


def test_localize_takes_any_language_rather_than_none() -> None:
    found = LocalizedText({"vi": Rendition("Cửa")}).localize(locale("de"))
    assert found is not None
    assert (found.locale, found.exact) == ("vi", False)
    assert LocalizedText().localize(locale("de")) is None
    assert not LocalizedText()


@pytest.mark.parametrize("text", ["2023", "2023-06", "2023-06-14"])
def test_partial_dates_round_trip(text: str) -> None:
    assert str(PartialDate.parse(text)) == text
    assert str(PartialDate.parse(text).exact) == (text if len(text) == 10 else "None")


@pytest.mark.parametrize("text", ["", "23", "2023-13", "2023-02-30", "2023-6", "June 2023"])
def test_wrong_partial_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"verified": False}, False),
        ({"verified": False, "confirmed_on": TODAY}, True),
        ({"status": Status.ENDED}, False),
        ({"status": Status.UNCERTAIN}, True),
    ],
)
def test_only_what_was_read_or_confirmed_is_shown(fields: dict[str, Any], expected: bool) -> None:
    assert shown(offer(**fields)) is expected


def test_an_association_that_has_ended_is_no_door() -> None:
    given = {"title": LocalizedText.of(de="A"), "summary": LocalizedText(), "source": "s", "verified": True}
    assert shown(Organisation(id="a", **given))  # type: ignore[arg-type]
    assert not shown(Organisation(id="a", **given, status=Status.ENDED))  # type: ignore[arg-type]


def test_an_ended_project_is_history_and_shown() -> None:
    article = Article(
        id="a",
        title=LocalizedText.of(de="A"),
        summary=LocalizedText.of(de="B"),
        source="s",
        verified=True,
        status=Status.ENDED,
    )
    assert shown(article)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Freshness.UNCONFIRMED),
        ({"confirmed_on": TODAY}, Freshness.CONFIRMED),
        ({"review_due": date(2026, 11, 22)}, Freshness.STALE),
        ({"review_due": TODAY}, Freshness.UNCONFIRMED),
        ({"funding_until": date(2026, 1, 31), "confirmed_on": TODAY}, Freshness.STALE),
        ({"status": Status.UNCERTAIN}, Freshness.STALE),
    ],
)
def test_freshness(fields: dict[str, Any], expected: Freshness) -> None:
    assert freshness(offer(**fields), TODAY) is expected


def test_the_directory_holds_only_what_may_be_shown() -> None:
    directory = Directory.of([offer(), offer(id="hidden", verified=False)])
    assert directory.get(Kind.OFFER, "x") is not None
    assert directory.get(Kind.OFFER, "hidden") is None
    assert [one.id for one in directory.offers] == ["x"]
    assert (directory.organisations, directory.events, directory.campaigns, directory.articles) == (
        (),
        (),
        (),
        (),
    )


def test_every_kind_has_its_class() -> None:
    assert {kind: cls.KIND for kind, cls in KINDS.items()} == {kind: kind for kind in Kind}
    assert set(KINDS.values()) == {Organisation, CounsellingOffer, Event, Campaign, Article}
