"""Dates, lists and names as a reader of each language writes them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from babel import localedata

from bot.domain.directory import PartialDate
from bot.domain.locales import LOCALES, Locale, find
from bot.translation import forms
from bot.translation.forms import Forms, _cldr, warm

TODAY = date(2026, 11, 20)


def of(code: str) -> Forms:
    locale = find(code)
    assert locale is not None
    return forms(locale)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("de", "Dienstag, 24. November, 14:00"),
        ("de-x-leicht", "Dienstag, 24. November, 14:00"),
        ("en", "Tuesday 24 November, 14:00"),
        ("uk", "вівторок, 24 листопада, 14:00"),
        ("ru", "вторник, 24 ноября, 14:00"),
        ("ar", "الثلاثاء، 24 تشرين الثاني، 14:00"),
        ("fa-AF", "سه‌شنبه 24 نومبر، 14:00"),
        ("tr", "24 Kasım Salı, 14:00"),
        ("pl", "wtorek, 24 listopada, 14:00"),
        ("ro", "marți, 24 noiembrie, 14:00"),
        ("vi", "Thứ Ba, 24 tháng 11, 14:00"),
        ("fr", "mardi 24 novembre, 14:00"),
    ],
)
def test_moments(code: str, expected: str) -> None:
    assert of(code).moment(datetime(2026, 11, 24, 14), TODAY) == expected


def test_arabic_months_are_levantine() -> None:
    assert "آذار" in of("ar").day(date(2027, 3, 8), TODAY)


def test_the_year_is_said_where_it_is_another() -> None:
    assert of("en").day(date(2027, 3, 8), TODAY) == "Monday 8 March 2027"
    assert "2026" not in of("en").day(date(2026, 12, 24), TODAY)


def test_the_first_of_a_month_in_french() -> None:
    assert of("fr").day(date(2026, 12, 1), TODAY) == "mardi 1er décembre"
    assert of("fr").month(date(2027, 1, 1)) == "1er janvier 2027"
    assert of("fr").day(date(2027, 2, 11), None) == "jeudi 11 février 2027"
    assert of("de").day(date(2026, 12, 1), TODAY) == "Dienstag, 1. Dezember"


def test_today_and_tomorrow_in_english() -> None:
    assert of("en").day(TODAY, TODAY) == "today, Friday 20 November"
    assert of("en").day(date(2026, 11, 21), TODAY) == "tomorrow, Saturday 21 November"


def test_what_is_read_on_any_day_says_the_year_and_no_tomorrow() -> None:
    form, at = of("en"), datetime(2026, 11, 24, 14)
    assert form.day(TODAY, None) == "Friday 20 November 2026"
    assert form.moment(at, None) == "Tuesday 24 November 2026, 14:00"
    assert form.span(at, at.replace(hour=16), None) == "Tuesday 24 November 2026, 14:00–16:00"


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_today_has_a_word_of_its_own(locale: Locale) -> None:
    form = forms(locale)
    plain = form.day(TODAY, date(2026, 11, 1))
    today, tomorrow = form.day(TODAY, TODAY), form.day(TODAY, date(2026, 11, 19))
    assert len({plain, today, tomorrow}) == 3
    assert plain in today
    assert plain in tomorrow


def test_spans() -> None:
    form = of("en")
    start = datetime(2026, 11, 24, 14)
    assert form.span(start, None, TODAY) == "Tuesday 24 November, 14:00"
    assert form.span(start, start, TODAY) == "Tuesday 24 November, 14:00"
    assert form.span(start, datetime(2026, 11, 24, 16, 30), TODAY) == "Tuesday 24 November, 14:00–16:30"
    over_night = form.span(start, datetime(2026, 11, 25, 9), TODAY)
    assert over_night == "Tuesday 24 November, 14:00 – Wednesday 25 November, 9:00"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (PartialDate(2025), "2025"),
        (PartialDate(2025, 6), "Juni 2025"),
        (PartialDate(2025, 6, 3), "3. Juni 2025"),
        (date(2025, 6, 3), "3. Juni 2025"),
    ],
)
def test_partial_dates_are_no_more_precise_than_their_source(when: PartialDate | date, expected: str) -> None:
    assert of("de").month(when) == expected


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_digits_are_latin_everywhere(locale: Locale) -> None:
    form = forms(locale)
    written = " ".join(
        (
            form.moment(datetime(2026, 11, 24, 14), TODAY),
            form.distance(12),
            form.number(1234),
            form.month(TODAY),
        )
    )
    assert not [letter for letter in written if letter.isdigit() and letter not in "0123456789"]


def test_lists_and_distances() -> None:
    assert of("de").list(["a", "b", "c"]) == "a, b und c"
    assert of("en").list(["a"]) == "a"
    assert of("en").distance(12.4) == "12 km"
    assert of("en").distance(0.4) == "less than 1 km"
    assert of("de").number(1234.5) == "1.234,5"


def test_language_names() -> None:
    assert of("de").languages(["ar", "fa-AF", "ar", "ku"]) == "Arabisch, Dari und Kurdisch"
    assert of("uk").language("fa-AF") == "дарі"
    assert of("en").language("vn") == "Vietnamese"
    assert of("uk").language("xx") == "xx"
    assert of("en").languages(("sgn", "gsg")) == "Sign language and German sign language"
    assert of("de").languages(("de", "de-x-leicht")) == "Deutsch und Deutsch (einfach)"


def test_no_two_languages_are_called_the_same() -> None:
    for locale in LOCALES:
        assert len({forms(locale).language(other.code) for other in LOCALES}) == len(LOCALES), locale.code


def test_a_language_that_cldr_has_no_name_for_is_called_by_its_own() -> None:
    assert of("fa-AF").language("ti") != "ti"
    assert of("ro").language("so")


def test_weekdays() -> None:
    form = of("en")
    assert form.weekdays([0, 1, 2, 3]) == "Mon–Thu"
    assert form.weekdays([1, 3]) == "Tue, Thu"
    assert form.weekdays([0, 1, 4, 5, 6]) == "Mon, Tue, Fri–Sun"
    assert form.weekday(6, short=False) == "Sunday"


def test_warming_needs_nothing_and_keeps_what_is_said() -> None:
    warm()
    kept = localedata.load("uk")
    assert "months" in kept
    assert "currency_names" not in kept


def test_two_threads_may_read_the_same_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    load, begun = localedata.load, threading.Barrier(2)

    class Slow(dict[str, object]):
        """The other thread has its turn between the look at what is there and what follows from it."""

        def keys(self) -> Any:
            found = dict(self).keys()
            begun.wait(5)
            return found

    shared = {name: Slow({**load(name), "currency_names": {}}) for name in ("root", "uk")}
    monkeypatch.setattr(localedata, "load", lambda name: shared[name])
    with ThreadPoolExecutor(2) as pool:
        assert [found.language for found in pool.map(_cldr, ("uk", "uk"))] == ["uk", "uk"]


@pytest.mark.parametrize(
    ("code", "alone", "within"),
    [
        ("uk", "червень 2021 р.", "червня 2021 р."),
        ("ru", "июнь 2021 г.", "июня 2021 г."),
        ("pl", "czerwiec 2021", "czerwca 2021"),
        ("de", "Juni 2021", "Juni 2021"),
        ("fr", "juin 2021", "juin 2021"),
    ],
)
def test_a_month_behind_until_has_its_case(code: str, alone: str, within: str) -> None:
    form = of(code)
    assert form.month(PartialDate(2021, 6)).replace("\u202f", " ").replace("\xa0", " ") == alone
    found = form.month(PartialDate(2021, 6), within=True)
    assert found.replace("\u202f", " ").replace("\xa0", " ") == within
    assert form.month(PartialDate(2021), within=True) == "2021"
    assert form.month(PartialDate(2021, 6, 4), within=True) == form.month(PartialDate(2021, 6, 4))
