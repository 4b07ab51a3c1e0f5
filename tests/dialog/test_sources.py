"""What stands below a list: how old it is, and where its sources are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.dialog.reply import Italic
from bot.dialog.showing import sources
from bot.dialog.turn import ChatType, Turn
from bot.domain.directory import Article, PartialDate
from bot.domain.locales import LOCALES, Locale, find
from bot.domain.text import LocalizedText
from bot.translation import translator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNDATED = Article(id="a", title=LocalizedText.of(de="A"), summary=LocalizedText(), source="x", verified=True)


def dated(as_of: str, **fields: date | bool) -> Article:
    return replace(UNDATED, as_of=PartialDate.parse(as_of), **fields)  # type: ignore[arg-type]


def below(*records: Article, code: str = "en") -> list[Italic]:
    locale = find(code)
    assert locale is not None
    desk = None  # nothing here reaches for it
    turn = Turn(1, ChatType.PRIVATE, locale, translator(locale), NOW, desk)  # type: ignore[arg-type]
    return list(sources(turn, records))


def test_the_oldest_date_is_told_as_precisely_as_it_is_known() -> None:
    for records, told in (
        ([dated("2024-06"), dated("2023"), UNDATED], "2023"),
        ([dated("2024-06"), dated("2024-06-03"), dated("2025")], "June 2024"),
        ([dated("2018", confirmed_on=date(2026, 3, 1)), dated("2026-05")], "1 March 2026"),
    ):
        line = f"Oldest dated source: {told}. The sources are named in the entries."
        assert below(*records) == [Italic(line)]


def test_where_no_source_gives_a_date_that_is_said() -> None:
    assert below(UNDATED) == [Italic("The sources give no date. They are named in the entries.")]


def test_examples_and_empty_lists_have_no_sources() -> None:
    assert below() == below(dated("2020", demo=True)) == []
    assert below(dated("2020", demo=True), dated("2025")) == below(dated("2025"))


@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_it_is_short_enough_for_an_old_phone(reader: Locale) -> None:
    for records in ([dated("2024-09")], [UNDATED]):
        (line,) = below(*records, code=reader.code)
        assert len(line.text) <= 100
