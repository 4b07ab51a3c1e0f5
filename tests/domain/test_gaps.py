"""What may be told of questions without success, and what of a text may be kept."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.gaps import (
    KEPT_DAYS,
    LONGEST,
    Gap,
    Missed,
    erase_before,
    guessed,
    pooled,
    week_of,
    without_traces,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Wo ist\n  die Beratung?", "Wo ist die Beratung?"),
        ("Call me: 0151 234 56-78 please", "Call me: … please"),
        ("+49 (381) 2009379", "…"),
        ("ada@example.org wants @ada_l", "… wants …"),
        ("(ada@example.org)", "…"),
        ("see https://example.org/x?y=1 now", "see … now"),
        ("I am t.me/ada_l and example.org/ada.l, 1.5/2 rooms", "I am … and … 1.5/2 rooms"),
        ("0381 / 12345, +49 (0) 381 / 12345", "…, …"),
        ("0381 – 20360, 03991\u201312345, 0381 -- 12345", "…, …, …"),
        ("Flat in 18273 Güstrow, 2 rooms", "Flat in 18273 Güstrow, 2 rooms"),
        ("رقمي ٠١٥١٢٣٤٥٦٧٨", "رقمي …"),
        ("Wohnung\x02in\x1fRostock\ud83d", "Wohnung in Rostock"),
    ],
)
def test_numbers_and_addresses_of_people_go(text: str, kept: str) -> None:
    assert without_traces(text) == kept
    assert without_traces(kept) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ich wohne in der Langen Straße 5 in Rostock", "Ich wohne in der … in Rostock"),
        ("Lange Str. 12a, 18055 Rostock", "…, 18055 Rostock"),
        ("lange straße 5 18055 Rostock", "lange … 18055 Rostock"),
        ("August-Bebel-Straße 3-5?", "…?"),
        ("bahnhofstrasse 7 b", "…"),
        ("Wohnung im Heideweg 5", "Wohnung im …"),
        ("Doberaner Platz 1, Alter Markt 3", "…, …"),
        ("am Ernst-Thälmann-Platz 3", "am …"),
        ("ул. Ленина 5", "…"),
        ("живу ул ленина, 5", "живу …"),
        ("на улице Карла Маркса, дом 12", "на …"),
        ("вул. Шевченка 5, Шверін", "…, Шверін"),
        ("ulica Długa 5", "…"),
        ("rue de la Gare 5 à Rostock", "… à Rostock"),
        ("strada Lungă nr. 5", "…"),
        ("đường Lange số 5", "…"),
        ("I live at 5 Long Street in Wismar", "I live at … in Wismar"),
        ("I live in Lange Straße 5", "I live in …"),
        ("أسكن في شارع لانغه رقم ٥ في روستوك", "أسكن في … في روستوك"),
        ("شارع روستوك الطويل 5", "…"),
        ("خیابان لانگه پلاک ۵", "…"),
    ],
)
def test_the_street_with_its_house_goes_and_the_town_may_stay(text: str, kept: str) -> None:
    assert without_traces(text) == kept
    assert without_traces(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Ich suche einen Kitaplatz, 3 Jahre alt",
        "Kitaplatz 2 Kinder",
        "Ich bin auf Platz 3 der Warteliste",
        "Ich lebe seit Mai auf der Straße, 2 Monate schon",
        "auf der Straße 2 Nächte geschlafen",
        "Schulweg 3 km, wer hilft?",
        "Arbeitsmarkt 2026, Ausbildung ab 16",
        "Welche Straße ist das Amt in Rostock, Zimmer 5?",
        "Der Weg ist 2,5 km",
        "during 3 months I had no work",
        "Deutschkurs B1 in 3 Monaten, § 25 Absatz 2",
        "Termin am 5. Mai um 14 Uhr",
        "Я на улице уже 2 месяца",
        "Сплю на улице 3 ночи",
        "je dors dans la rue depuis 2 mois",
        "أنام في الشارع منذ 3 أشهر",
        "در خیابان ۳ شب خوابیدم",
        "در خیابان حدود ۳ ماه",
        "I have 3 children and 2 rooms",
    ],
)
def test_an_ordinary_question_stays_as_it_is(text: str) -> None:
    assert without_traces(text) == text


def test_a_text_is_kept_short() -> None:
    assert len(without_traces("wort " * 200)) <= LONGEST


@pytest.mark.parametrize("text", ["a-" * 2048, "a.b" * 1365, "1 " * 2048, "Am " * 1365, "@" * 4096])
def test_a_hostile_text_costs_little(text: str) -> None:
    started = time.process_time()
    without_traces(text)
    assert time.process_time() - started < 0.05


def test_a_small_count_is_not_told() -> None:
    assert [Gap("", "de", "", Missed.NONE, count).few for count in (1, 2, 3)] == [True, True, False]


def test_a_text_goes_with_its_week_and_never_later_than_a_count() -> None:
    for number in range(7):
        day = date(2026, 11, 23) + timedelta(days=number)
        assert week_of(day) == date(2026, 11, 23)
    last = date(2026, 11, 29)
    assert week_of(last) <= erase_before(last + timedelta(days=KEPT_DAYS))
    assert week_of(date(2026, 11, 23)) > erase_before(date(2026, 11, 23) + timedelta(days=KEPT_DAYS - 1))


def test_a_guess_is_told_apart_from_what_was_recognised() -> None:
    named, guess = Gap("housing", "de", "", Missed.NONE), Gap(guessed("housing"), "de", "", Missed.NONE)
    assert (named.guess, guess.guess, Gap(guessed(""), "de", "", Missed.NONE)) == (
        "",
        "housing",
        Gap("", "de", "", Missed.NONE),
    )
    towns = [replace(guess, town=town) for town in ("wismar", "guestrow", "schwerin")]
    (together,) = pooled(towns)
    assert (together.guess, together.count) == ("housing", 3)
