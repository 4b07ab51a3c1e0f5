"""Days of the week, "tomorrow", and the small words around a time, in the languages that Lotse speaks.

Only what an office writes in full or shortens in one way: what would be one day here and another there
("di": Tuesday or Sunday) is left out, except for the German ones.
"""

from __future__ import annotations

import re
from functools import cache

from bot.understanding.months import folded, without_accents

DAYS = {
    0: "heute|today|сьогодні|сегодня|اليوم|امروز|bugün|dziś|dzisiaj|astăzi|azi|hôm nay|aujourd'hui",
    1: "morgen|tomorrow|завтра|غدا|غداً|غدًا|بكرة|بكرا|فردا|yarın|jutro|mâine|ngày mai|demain",
    2: "übermorgen|uebermorgen|day after tomorrow|післязавтра|послезавтра|بعد غد|بعد الغد|بعد بكرة|بعد بكرا|"
    "پس فردا|پسفردا|öbür gün|pojutrze|poimâine|ngày kia|ngày mốt|après-demain|après demain",
}
"""By how many days ahead."""
WEEKDAYS = (
    (
        "montag|mo|monday|mon|понеділок|понедельник|пн|الاثنين|الإثنين|الأثنين|دوشنبه|دو شنبه|pazartesi|"
        "poniedziałek|pon|luni|thứ hai|thứ 2|lundi"
    ),
    (
        "dienstag|di|tuesday|tue|вівторок|вторник|вт|الثلاثاء|سه شنبه|سهشنبه|salı|wtorek|marți|marţi|thứ ba|"
        "thứ 3|mardi"
    ),
    (
        "mittwoch|mi|wednesday|wed|середа|середу|среда|среду|ср|الأربعاء|الاربعاء|چهارشنبه|چهار شنبه|"
        "çarşamba|środa|środę|śr|miercuri|thứ tư|thứ 4|mercredi"
    ),
    (
        "donnerstag|do|thursday|thu|четвер|четверг|чт|الخميس|پنجشنبه|پنج شنبه|perşembe|czwartek|czw|joi|"
        "thứ năm|thứ 5|jeudi"
    ),
    (
        "freitag|fr|friday|fri|п'ятниця|п'ятницю|пятниця|пятницю|пятница|пятницу|пт|الجمعة|الجمعه|جمعه|cuma|"
        "piątek|vineri|thứ sáu|thứ 6|vendredi"
    ),
    (
        "samstag|sonnabend|sa|saturday|sat|субота|суботу|суббота|субботу|сб|السبت|شنبه|cumartesi|sobota|sobotę|"
        "sob|sâmbătă|thứ bảy|thứ 7|samedi"
    ),
    (
        "sonntag|so|sunday|sun|неділя|неділю|нд|воскресенье|воскресение|вс|الأحد|الاحد|یکشنبه|یک شنبه|pazar|"
        "niedziela|niedzielę|niedz|duminică|chủ nhật|dimanche"
    ),
)
"""Monday first, each with the German name first."""
HOURS = "uhr|h|година|годин|годині|години|час|часов|часа|godz|godzina|giờ|heures|heure|ore|بجه|o'clock"
"""What stands behind an hour."""
FILLERS = frozenset(
    (
        # German, English
        *("am", "um", "an", "den", "der", "dem", "dann", "diesen", "kommenden", "kommender", "nächsten"),
        *("nächster", "nächste", "uhr", "h"),
        *("at", "on", "the", "next", "this", "of"),
        # Ukrainian, Russian; "24 декабря 2026 г.", "24 грудня 2026 р."
        *("о", "об", "у", "в", "на", "во", "к", "годині", "часов", "г", "р", "й", "ій", "тій"),
        # Polish, Romanian
        *("w", "we", "o", "na", "godz", "godzina", "godzinie", "godzinę", "r"),
        *("la", "pe", "în", "ora", "orele"),
        # Turkish, French, Vietnamese
        *("saat", "günü", "da", "de", "ta", "te"),
        *("à", "le", "du", "heures", "heure"),
        *("lúc", "vào", "ngày", "giờ"),
        # Arabic, Dari
        *("الساعة", "الساعه", "يوم", "في", "عند", "تمام", "ساعت", "روز", "به", "در", "بجه"),
    )
)
"""Words beside a day and a time that change nothing."""
PARTS = {
    "morning": "früh|in der früh|frühmorgens|morgens|vormittags|vormittag|in the morning|morning|вранці|"
    "зранку|ранку|утра|утром|صباحا|صباحاً|صباحًا|الصباح|الصبح|قبل الظهر|ص|صبح|قبل از ظهر|sabah|sabahleyin|rano|"
    "przed południem|przed poludniem|dimineața|dimineaţa|sáng|du matin|le matin|matin",
    "afternoon": "mittags|mittag|nachmittags|nachmittag|in the afternoon|afternoon|at noon|noon|дня|вдень|"
    "пополудні|після обіду|днем|днём|после обеда|ظهرا|ظهراً|ظهرًا|الظهر|بعد الظهر|عصرا|عصراً|عصرًا|العصر|"
    "بعد از ظهر|بعدازظهر|ظهر|عصر|öğlen|öğleden sonra|w południe|w poludnie|po południu|po poludniu|la prânz|"
    "după-amiaza|după-amiază|după amiaza|după amiază|după masa|după masă|trưa|chiều|de l'après-midi|"
    "l'après-midi|après-midi|après midi",
    "evening": "abends|abend|in the evening|evening|вечора|ввечері|увечері|вечера|вечером|"
    "شام|akşam|akşamleyin|wieczorem|wieczór|seara|tối|du soir|le soir|soir",
    "late": "مساء|مساءً|المساء|م",
    "night": "nachts|nacht|in der nacht|at night|ночі|вночі|уночі|ночи|ночью|ليلا|ليلاً|ليلًا|الليل|بالليل|"
    "شب|gece|geceleyin|w nocy|noaptea|đêm|de la nuit|la nuit",
}
"""Parts of the day that are said beside an hour of twelve; ``late`` is all of its second half."""
COUNTS_DAYS = "дня"
"""The one of them that after a number alone may count days: "3 дня"."""
_COUNTED = {
    1: "tag|tage|tagen|day|days|день|дня|днів|дні|дней|يوم|يوما|يوماً|يومًا|أيام|ايام|روز|gün|dzień|dni|"
    "zi|zile|ngày|jour|jours",
    7: "woche|wochen|week|weeks|тиждень|тижні|тижнів|неделя|неделю|недели|недель|أسبوع|أسابيع|اسبوع|هفته|"
    "hafta|tydzień|tygodnie|tygodni|săptămână|săptămâni|tuần|semaine|semaines",
}
"""By how many days each is."""
_MONTHS = {
    30: "monat|monate|monaten|month|months|місяць|місяці|місяців|месяц|месяца|месяцев|شهر|شهرا|أشهر|شهور|ماه|"
    "ay|miesiąc|miesiące|miesięcy|lună|luni|tháng|mois",
}
_TWO = {"يومين": 2, "أسبوعين": 14, "اسبوعين": 14, "شهرين": 60}
"""The words for two of them, where a language has such."""
_DURING = frozenset(("in", "for", "für", "на", "pentru", "pendant", "لمدة", "برای", "na", "trong"))
"""Words before how long something is."""
_DIRECTIONS = {
    -1: "vorher|davor|vor|before|до|перед|قبل|پیش|önce|przed|wcześniej|înainte|trước|avant",
    1: "danach|nachher|nach|later|after|після|после|بعد|sonra|po|później|după|sau|après",
}
_ONE = frozenset(
    ("ein", "eine", "einen", "one", "a", "un", "une", "o", "один", "одну", "jeden", "bir", "یک", "một")
)
_BESIDE = frozenset(("за", "через", "cu", "de", "از", "khi", "дати", "даты", "terminem", "terminie", "آن"))
_COUNT = re.compile(r"\d{1,3}")
MOST_DAYS = 366
"""Before or after a date, that can be written or chosen."""
_SAME = (
    dict.fromkeys(map(ord, "\u2019\u02bc`"), "'")
    | {0x200C: " "}
    | dict.fromkeys(map(ord, "\u2068\u2069"), "")
)
"""For ``str.translate``: apostrophes, the invisible border within a Persian word, marks of direction."""


@cache
def day_names() -> tuple[re.Pattern[str], dict[str, str]]:
    """What a day is called in any language, and its German name."""
    german: dict[str, str] = {}
    for names in (*DAYS.values(), *WEEKDAYS):
        first = names.partition("|")[0]
        german |= {form: first for name in names.split("|") for form in _forms(name)}
    longest = "|".join(map(re.escape, sorted(german, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{longest})(?!\w)"), german


def with_german_days(text: str) -> str:
    """A folded text with the days in it by their German names."""
    pattern, german = day_names()
    return pattern.sub(lambda found: german[found[0]], text.translate(_SAME))


@cache
def day_parts() -> tuple[re.Pattern[str], dict[str, str]]:
    """What a part of the day is called in any language, and which of :data:`PARTS` it is."""
    found = {
        form: part for part, names in PARTS.items() for name in names.split("|") for form in _forms(name)
    }
    longest = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{longest})(?!\w)"), found


@cache
def _numbers() -> tuple[dict[str, int], dict[str, int]]:
    """What the words for days and weeks, and those for before and after, stand for."""
    units, directions = (
        {form: n for n, names in words.items() for name in names.split("|") for form in _forms(name)}
        for words in (_COUNTED, _DIRECTIONS)
    )
    return units, directions


def _forms(name: str) -> tuple[str, str]:
    return folded(name), without_accents(folded(name))


@cache
def _spans() -> dict[str, int]:
    """How many days the words for days, weeks and months stand for."""
    named = (_COUNTED | _MONTHS).items()
    return {form: days for days, names in named for name in names.split("|") for form in _forms(name)}


def read_span(text: str) -> int | None:
    """The days of "2 weeks" or "a month", in any language; None for anything else."""
    words = [word for word in folded(text).translate(_SAME).split() if word not in _DURING]
    if len(words) == 1 and words[0] in _TWO:
        return _TWO[words[0]]
    if len(words) != 2 or words[1] not in _spans() or not (words[0] in _ONE or _COUNT.fullmatch(words[0])):
        return None
    days = (1 if words[0] in _ONE else int(words[0])) * _spans()[words[1]]
    return days if 0 < days <= MOST_DAYS else None


def read_days(text: str) -> int | None:
    """ "14 days before" (-14) or "one week after" (7), in any language; None for anything else."""
    units, directions = _numbers()
    words = [word for word in folded(text).translate(_SAME).split() if word not in _BESIDE]
    if len(words) != 3:
        return None
    turn = words.pop(0 if words[0] in directions else 2)
    count, unit = words
    if turn not in directions or unit not in units or not (count in _ONE or _COUNT.fullmatch(count)):
        return None
    days = (1 if count in _ONE else int(count)) * units[unit]
    return directions[turn] * days if days <= MOST_DAYS else None
