"""Days and hours as an office types them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import babel
import pytest
from babel.dates import format_date

from bot.domain.locales import LOCALES, Locale
from bot.translation import translator
from bot.understanding.day_words import FILLERS, day_parts, read_days, with_german_days
from bot.understanding.moments import (
    Shift,
    clock_change,
    coming,
    read_clock,
    read_day,
    read_moment,
    read_month,
)
from bot.understanding.months import month_numbers, without_accents

NOW = datetime(2026, 11, 23, 13, 30)
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("24.12. 10:00", "2026-12-24 10:00"),
        ("24.12.2027, 9 Uhr", "2027-12-24 09:00"),
        ("24.12.26 um 18.30 Uhr", "2026-12-24 18:30"),
        ("24. 12. 10 Uhr 15", "2026-12-24 10:15"),
        ("Do 24.12. 10", "2026-12-24 10:00"),
        ("24.12.", "2026-12-24 10:00"),
        ("1.2. 8:00", "2027-02-01 08:00"),
        ("29.2. 8:00", "2028-02-29 08:00"),
        ("24. Dezember 10 Uhr", "2026-12-24 10:00"),
        ("3. März 2027 7:05", "2027-03-03 07:05"),
        ("December 24, 2026 at 10 am", "2026-12-24 10:00"),
        ("24th December 2 pm", "2026-12-24 14:00"),
        ("24/12 12 am", "2026-12-24 00:00"),
        ("2026-12-24 10:00", "2026-12-24 10:00"),
        ("2026-12-24T10:00:00", "2026-12-24 10:00"),
        ("heute 18:00", "2026-11-23 18:00"),
        ("morgen 9 Uhr", "2026-11-24 09:00"),
        ("Morgen früh um 7", "2026-11-24 07:00"),
        ("übermorgen", "2026-11-25 10:00"),
        ("Montag 9 Uhr", "2026-11-30 09:00"),
        ("Montag 15 Uhr", "2026-11-23 15:00"),
        ("am nächsten Freitag, 9h", "2026-11-27 09:00"),
        ("18 Uhr", "2026-11-23 18:00"),
        ("9:00", "2026-11-24 09:00"),
        ("in 2 Stunden", "2026-11-23 15:30"),
        ("in einer Woche", "2026-11-30 13:30"),
        ("23.11.2025 10:00", "2025-11-23 10:00"),
    ],
)
def test_what_an_office_writes_is_understood(text: str, meant: str) -> None:
    assert read_moment(text, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *((text, -14) for text in ("14 Tage vorher", "14 days before", "14 днів до", "за 14 дней до")),
        *((text, -14) for text in ("14 dni przed", "14 gün önce", "14 zile înainte", "14 ngày trước")),
        *((text, -14) for text in ("14 jours avant", "قبل 14 يوما", "۱۴ روز پیش", "2 Wochen vorher")),
        *((text, 7) for text in ("eine Woche danach", "1 week after", "1 тиждень після")),
        *((text, 7) for text in ("1 неделю после", "1 tydzień po", "bir hafta sonra", "o săptămână după")),
        *((text, 7) for text in ("1 tuần sau", "une semaine après", "بعد 7 أيام", "7 روز بعد")),
        *((text, None) for text in ("", "14", "14 Tage", "vorher", "400 Tage vorher", "14 Äonen vorher")),
        *((text, None) for text in ("14 Tage vorher bitte", "viele Tage vorher", "14 Tage irgendwann")),
    ],
)
def test_so_many_days_before_or_after(text: str, days: int | None) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_so_many_days_are_read_as_they_are_shown(locale: Locale) -> None:
    words = translator(locale)
    for days in (5, 14, 30):
        assert read_days(words.n("{count} day before", "{count} days before", days)) == -days
        assert read_days(words.n("{count} day after", "{count} days after", days)) == days


SATURDAY, TOMORROW, AFTER, MONDAY = "2026-12-12", "2026-11-24", "2026-11-25", "2026-11-30"


WRITTEN: tuple[tuple[str, dict[str, str]], ...] = (
    ("de", {TOMORROW: "morgen um 9", AFTER: "übermorgen 9:00", MONDAY: "am Montag um 9 Uhr"}),
    ("de", {SATURDAY: "am 12. Dezember um 9 Uhr"}),
    (
        "en",
        {TOMORROW: "tomorrow at 9", AFTER: "day after tomorrow, 9am", MONDAY: "on Monday at 9:00"},
    ),
    ("en", {SATURDAY: "12 December at 9 o'clock"}),
    ("uk", {TOMORROW: "завтра о 9", AFTER: "післязавтра 9:00", MONDAY: "у понеділок о 9 годині"}),
    ("uk", {SATURDAY: "12 грудня о 9:00"}),
    ("uk", {SATURDAY: "12.12. о 9:00", "2026-11-27": "у п’ятницю 9:00", TOMORROW: "Завтра 9:00"}),
    ("ru", {TOMORROW: "завтра в 9", AFTER: "послезавтра 9:00", MONDAY: "в понедельник в 9 часов"}),
    ("ru", {SATURDAY: "12 декабря в 9 утра"}),
    ("ar", {TOMORROW: "غداً الساعة ٩", AFTER: "بعد غد 9:00", MONDAY: "يوم الاثنين الساعة 9:00"}),
    ("ar", {SATURDAY: "12 ديسمبر الساعة 9"}),
    ("fa-AF", {TOMORROW: "فردا ساعت ۹", AFTER: "پس فردا 9:00", MONDAY: "دوشنبه ساعت ۹"}),
    ("fa-AF", {SATURDAY: "12 دسمبر ساعت 9", TOMORROW: "سه\u200cشنبه ۹ بجه"}),
    ("tr", {TOMORROW: "yarın saat 9", AFTER: "öbür gün saat 9'da", MONDAY: "Pazartesi günü 9.00"}),
    ("tr", {SATURDAY: "12 Aralık'ta saat 9:00", TOMORROW: "YARIN 9:00"}),
    ("pl", {TOMORROW: "jutro o godz. 9", AFTER: "pojutrze 9:00", MONDAY: "w poniedziałek o 9:00"}),
    ("pl", {SATURDAY: "12 grudnia o godzinie 9", "2026-11-29": "w niedzielę o 9:00"}),
    ("ro", {TOMORROW: "mâine la ora 9", AFTER: "poimâine 9:00", MONDAY: "luni la 9:00"}),
    ("ro", {SATURDAY: "pe 12 decembrie la ora 9", TOMORROW: "marti 9:00"}),
    ("vi", {TOMORROW: "ngày mai lúc 9 giờ", AFTER: "ngày kia 9:00", MONDAY: "thứ hai 9:00"}),
    ("vi", {SATURDAY: "ngày 12 tháng 12 lúc 9:00", "2026-11-29": "Chủ nhật 9:00", MONDAY: "thứ 2 9:00"}),
    ("fr", {TOMORROW: "demain à 9h", AFTER: "après-demain 9:00", MONDAY: "lundi à 9 heures"}),
    ("fr", {SATURDAY: "le 12 décembre à 9h00"}),
)


@pytest.mark.parametrize(("language", "written"), WRITTEN)
def test_days_and_small_words_in_every_language(language: str, written: dict[str, str]) -> None:
    for day, text in written.items():
        assert read_moment(text, NOW) == datetime.fromisoformat(f"{day} 09:00"), (language, text)


EVENING: tuple[tuple[str, str, str, str], ...] = (
    # morning at 9, afternoon at 3, evening at 6, and the evening word alone
    ("de", "morgen um 9 Uhr früh", "morgen um 3 Uhr nachmittags", "um 6 Uhr abends"),
    ("en", "tomorrow at 9 in the morning", "tomorrow, 3 in the afternoon", "6 in the evening"),
    ("uk", "завтра о 9 ранку", "завтра о 3 годині дня", "о 6-й вечора"),
    ("ru", "завтра в 9 утра", "завтра в 3 часа дня", "в 6 вечера"),
    ("ar", "غداً الساعة ٩ صباحاً", "غداً الساعة 3 بعد الظهر", "الساعة ٦ مساءً"),
    ("fa-AF", "فردا ساعت ۹ صبح", "فردا ساعت ۳ بعد از ظهر", "ساعت ۶ شام"),
    ("tr", "yarın sabah 9'da", "yarın öğleden sonra saat 3'te", "akşam 6"),
    ("pl", "jutro o 9 rano", "jutro o 3 po południu", "o 6 wieczorem"),
    ("ro", "mâine la ora 9 dimineața", "mâine la 3 după-amiaza", "ora 6 seara"),
    ("vi", "ngày mai lúc 9 giờ sáng", "ngày mai 3 giờ chiều", "6 giờ tối"),
    ("fr", "demain à 9h du matin", "demain à 3 heures de l’après-midi", "6 heures du soir"),
)


@pytest.mark.parametrize(("language", "morning", "afternoon", "evening"), EVENING)
def test_an_hour_of_twelve_beside_a_part_of_the_day(
    language: str, morning: str, afternoon: str, evening: str
) -> None:
    for plain in (str, without_accents):
        assert read_moment(plain(morning), NOW) == datetime.fromisoformat("2026-11-24 09:00"), language
        assert read_moment(plain(afternoon), NOW) == datetime.fromisoformat("2026-11-24 15:00"), language
        assert read_moment(plain(evening), NOW) == datetime.fromisoformat("2026-11-23 18:00"), language
        assert read_clock(plain(evening)) == time(18), language


def test_every_language_has_its_days_tested() -> None:
    spoken = {locale.code for locale in LOCALES if locale.code == locale.language}
    assert {language for language, _written in WRITTEN} == spoken
    assert {language for language, *_others in EVENING} == spoken


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("24.12. 18 Uhr abends", "2026-12-24 18:00"),
        ("24.12. abends um halb", None),
        ("morgen abend 7:30", "2026-11-24 19:30"),
        ("morgen 11 Uhr nachts", "2026-11-24 23:00"),
        ("morgen 2 Uhr in der Nacht", "2026-11-24 02:00"),
        ("завтра в 12 дня", "2026-11-24 12:00"),
        ("tomorrow 6 pm in the evening", "2026-11-24 18:00"),
        ("an dem Freitag 9 Uhr", "2026-11-27 09:00"),
        ("morgen früh", "2026-11-24 10:00"),
        ("morgen abends", None),
        ("morgen 12 Uhr nachts", None),
        ("morgen 15 Uhr morgens", None),
        ("morgen 3 Uhr abends", None),
        ("3 дня", None),
        ("6", None),
    ],
)
def test_what_a_part_of_the_day_makes_of_an_hour(text: str, meant: str | None) -> None:
    assert read_moment(text, NOW) == (datetime.fromisoformat(meant) if meant else None)
    assert read_clock("3 дня") is None, "three days"


def test_no_part_of_the_day_is_another_word_around_a_time() -> None:
    _pattern, parts = day_parts()
    assert not FILLERS.intersection(parts)
    assert not {with_german_days(name) for name in parts} - set(parts)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_a_weekday_is_written_in_every_language(locale: Locale) -> None:
    for ahead in range(1, 8):
        day = NOW.date() + timedelta(days=ahead)
        written = str(format_date(day, "EEEE", locale=locale.babel))
        for text in (f"{written} 9:00", f"{written.upper()} 9:00", f"{without_accents(written)} 9:00"):
            assert read_moment(text, NOW) == datetime.combine(day, time(9)), text


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("15:00", time(15)),
        ("um 15 Uhr", time(15)),
        ("о 15:30", time(15, 30)),
        ("à 9h30", time(9, 30)),
        ("15", None),
        ("25:00", None),
        ("morgen 15:00", None),
        ("später", None),
    ],
)
def test_a_time_of_day_alone(text: str, clock: time | None) -> None:
    assert read_clock(text) == clock


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_a_month_is_written_in_every_language(locale: Locale) -> None:
    for month in range(1, 13):
        meant = datetime(2027, month, 14, 10)
        for pattern in ("long", "d MMMM y", "d LLLL y", "d MMM y", "d. LLL yyyy"):
            written = str(format_date(meant.date(), pattern, locale=locale.babel))
            for text in (written, written.upper(), without_accents(written), f"\u2068{written}\u2069، 10:00"):
                assert read_moment(text, NOW) == meant, text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1er févr.", "2027-02-01 10:00"),
        ("15 AGUSTOS 2027", "2027-08-15 10:00"),
        ("3 Nİsan", "2027-04-03 10:00"),
        ("14 يناير", "2027-01-14 10:00"),
        ("١٤ ايار", "2027-05-14 10:00"),
        ("7. Jänner", "2027-01-07 10:00"),
        ("14 tha\u0301ng 11", "2027-11-14 10:00"),
        ("14 thg 1", "2027-01-14 10:00"),
    ],
)
def test_a_month_as_it_is_typed(text: str, meant: str) -> None:
    assert read_moment(text, NOW) == datetime.fromisoformat(meant)


def test_no_name_is_two_months() -> None:
    for name, number in month_numbers().items():
        assert month_numbers()[without_accents(name)] == number, name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bald",
        "nächsten",
        "31.2. 10:00",
        "31.2.2027 10:00",
        "31.12.9999 13:00",
        "01.01.0001 0:10",
        "24.13. 10:00",
        "24.12. 25:00",
        "24.12. 13 pm",
        "24.12. 10:00 oder 11:00",
        "Treffen am 24.12. 10:00",
        "in 3 Äonen",
        "in 3 jahren",
        "morgen, 10.12.",
        "Mai 10:00",
        "завтра або післязавтра",
        "7",
    ],
)
def test_what_is_not_understood_whole_is_not_guessed(text: str) -> None:
    assert read_moment(text, NOW) is None


def test_the_next_day_of_the_week() -> None:
    assert coming(0, NOW) == datetime(2026, 11, 30, 10)  # ten o'clock is past today
    assert coming(0, NOW.replace(hour=9)) == datetime(2026, 11, 23, 10)
    assert coming(6, NOW) == datetime(2026, 11, 29, 10)


@pytest.mark.parametrize(
    ("wall", "shift"),
    [
        ("2027-03-28 02:30", Shift.GAP),
        ("2026-10-25 02:30", Shift.FOLD),
        ("2026-10-25 03:30", None),
        ("2026-11-23 10:00", None),
    ],
)
def test_nights_of_the_clock_change_are_known(wall: str, shift: Shift | None) -> None:
    assert clock_change(datetime.fromisoformat(wall), ZoneInfo("Europe/Berlin")) is shift


@pytest.mark.parametrize(
    ("text", "day", "others"),
    [
        ("12.12.", "2026-12-12", ""),
        ("12.12", "2026-12-12", ""),
        ("23.11.", "2026-11-23", ""),
        ("22.11.", "2027-11-22", ""),
        ("le 3 décembre", "2026-12-03", "le"),
        ("Sa., 5. Dezember in Rostock", "2026-12-05", "in rostock"),
        ("3 декабря", "2026-12-03", ""),
        ("٣ ديسمبر", "2026-12-03", ""),
        ("ngày 3 tháng 12", "2026-12-03", "ngày"),
        ("1.2.2020", "2020-02-01", ""),
        ("5 de diciembre", "2026-12-05", ""),
        ("el 5 de diciembre de 2027 en Rostock", "2027-12-05", "el   en rostock"),
        ("5 декември", "2026-12-05", ""),
        ("5 dhjetor", "2026-12-05", ""),
        ("5 berfanbar", "2026-12-05", ""),
        ("5 diseembar", "2026-12-05", ""),
        ("۵ دسمبر", "2026-12-05", ""),
    ],
)
def test_a_date_stands_alone_or_among_other_words(text: str, day: str, others: str) -> None:
    found = read_day(text, NOW.date())
    assert found is not None
    assert found[0].isoformat() == day
    assert found[1].strip(" ,") == others


@pytest.mark.parametrize(
    "text", ["", "12", "31.2.", "1.1.9999", "10.30", "um 10.12 Uhr", "morgen", "tháng 12"]
)
def test_what_is_no_date(text: str) -> None:
    assert read_day(text, NOW.date()) is None


@pytest.mark.parametrize(
    ("text", "month", "others"),
    [
        ("Veranstaltungen im Dezember", "2026-12", "veranstaltungen"),
        ("im November", "2026-11", ""),
        ("Termine Oktober", "2027-10", "termine"),
        ("März 2028 in Wismar", "2028-03", "in wismar"),
        ("events in May?", "2027-05", "events ?"),
        ("in Dec.", "2026-12", ""),
        ("événements en août", "2027-08", "événements"),
        ("події в грудні", "2026-12", "події"),
        ("мероприятия в мае", "2027-05", "мероприятия"),
        ("wydarzenia w marcu", "2027-03", "wydarzenia"),
        ("فعاليات في كانون الأول", "2026-12", "فعاليات"),
        ("Aralık ayında etkinlikler", "2026-12", "ayında etkinlikler"),
        ("Ocak'ta", "2027-01", "'ta"),
        ("ocakta", "2027-01", ""),
        ("evenimente în mai", "2027-05", "evenimente"),
        ("sự kiện tháng 12", "2026-12", "sự kiện"),
        ("برنامه در دسمبر", "2026-12", "برنامه"),
        ("eventos en mayo", "2027-05", "eventos"),
        ("събития през декември", "2026-12", "събития"),
    ],
)
def test_a_month_is_this_or_the_next_such(text: str, month: str, others: str) -> None:
    found = read_month(text, NOW.date())
    assert found is not None
    assert found[0].isoformat() == f"{month}-01"
    assert " ".join(found[1].split()) == others


@pytest.mark.parametrize(
    "text",
    [
        "",
        "may I come",
        "mai multe",
        "Is there a march?",
        "лист",
        "می خواهم",
        "sept amis",
        "12",
        "Dezembers 5x",
    ],
)
def test_what_is_no_month(text: str) -> None:
    assert read_month(text, NOW.date()) is None


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_a_month_that_stands_alone_is_known_in_every_language(locale: Locale) -> None:
    months = babel.Locale.parse(locale.babel).months["stand-alone"]["wide"]
    clear = {number for number, name in months.items() if read_month(name, NOW.date())}
    assert clear >= {1, 2, 9, 10, 11, 12}
