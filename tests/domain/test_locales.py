"""Which language a person gets, whatever tag their app sends."""

from __future__ import annotations

import pytest
from babel import Locale as BabelLocale

from bot.domain.locales import DEFAULT, LOCALES, canonical, find, negotiate


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("de_CH", "de"),
        ("de-x-leicht", "de-x-leicht"),
        ("de-simple", "de-x-leicht"),
        ("prs", "fa-AF"),
        ("fa", "fa-AF"),
        ("fa-IR", "fa-AF"),
        ("pes", "fa-AF"),
        ("vn", "vi"),
        ("ua", "uk"),
        ("ar-EG", "ar"),
        ("AR", "ar"),
        (" en-GB ", "en"),
        ("zh-hans", None),
        ("kmr", None),
        ("", None),
        (None, None),
        ("x" * 80, None),
        ("-", None),
    ],
)
def test_find(tag: str | None, code: str | None) -> None:
    found = find(tag)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("tag", "code"), [("kmr", "ku"), ("iw", "he"), ("vn", "vi"), ("ar_SY", "ar-SY"), ("tr", "tr")]
)
def test_canonical(tag: str, code: str) -> None:
    assert canonical(tag) == code


def test_negotiation_takes_the_first_that_we_speak() -> None:
    assert negotiate((None, "kmr", "pl", "de")).code == "pl"
    assert negotiate(("zz", None)) is DEFAULT


def test_there_are_twelve_and_babel_knows_their_forms() -> None:
    assert [locale.code for locale in LOCALES] == [
        *("de", "de-x-leicht", "en", "uk", "ru", "ar", "fa-AF", "tr", "pl", "ro", "vi", "fr")
    ]
    for locale in LOCALES:
        direction = BabelLocale.parse(locale.babel).character_order
        assert (direction == "right-to-left") is locale.rtl
        assert locale.telegram is None or len(locale.telegram) == 2


def test_every_chain_ends_in_german_and_never_gives_russian_to_ukrainians() -> None:
    for locale in LOCALES:
        assert locale.chain[0] == locale.code
        assert "de" in locale.chain
    uk = find("uk")
    assert uk is not None
    assert "ru" not in uk.chain
