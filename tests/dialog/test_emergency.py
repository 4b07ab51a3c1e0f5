"""Every number that a card names can be copied with one tap, also on an old phone."""

from __future__ import annotations

from itertools import combinations

import pytest

from bot.content.emergencies import CARD_LANGUAGES, load_cards
from bot.dialog.emergency import message
from bot.dialog.reply import Button
from bot.understanding.cards import Card
from bot.understanding.lexicon import Danger

HALF_A_ROW = 17
"""Signs that fit a button of half the width on a phone of 320 points."""
WHOLE_ROW = 40

TOGETHER = [
    (danger, also)
    for danger in Danger
    for size in range(len(Danger))
    for also in combinations([one for one in Danger if one is not danger], size)
]


def copies(card: Card) -> list[str]:
    return [button.copy for row in message(card).buttons for button in row if button.copy]


@pytest.mark.parametrize("language", CARD_LANGUAGES)
@pytest.mark.parametrize("danger", Danger)
def test_every_number_has_its_button(danger: Danger, language: str) -> None:
    card = load_cards().card(danger, language)
    assert copies(card) == [line.number for line in card.lines]


@pytest.mark.parametrize("language", CARD_LANGUAGES)
def test_dangers_together_lose_no_number(language: str) -> None:
    for danger, also in TOGETHER:
        card = load_cards().card(danger, language, also)
        numbers = [line.number for line in card.lines]
        assert copies(card) == numbers
        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("language", CARD_LANGUAGES)
def test_the_buttons_fit_an_old_phone(language: str) -> None:
    for danger, also in TOGETHER:
        ways = (Button("Counselling"), Button("Menu"))
        rows = message(load_cards().card(danger, language, also), ways).buttons
        assert len(rows) <= 10
        for row in rows:
            assert len(row) <= 2
            limit = WHOLE_ROW if len(row) == 1 else HALF_A_ROW
            assert all(len(button.label) <= limit for button in row), row


def test_the_first_number_to_call_says_what_its_button_does_and_the_ways_on_stand_below() -> None:
    rows = message(load_cards().card(Danger.ATTACK, "de"), (Button("Menü"),)).buttons
    assert [[button.label for button in row] for row in rows] == [
        ["📋 Nummer kopieren: 110"],
        ["📋 112", "📋 0381 2009379"],
        ["📋 0381 2009377", "📋 0395 4550718"],
        ["Menü"],
        ["Chat löschen: so geht es"],
    ]
