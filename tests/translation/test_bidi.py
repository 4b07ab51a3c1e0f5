"""Left-to-right runs inside right-to-left text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.translation.bidi import FSI, PDI, isolate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("هاتف: 0381 2009379", f"هاتف: {FSI}0381 2009379{PDI}"),
        ("+49 381 2009379، روستوك", f"{FSI}+49 381 2009379{PDI}، روستوك"),
        ("MIGRANET-MV شبكة", f"{FSI}MIGRANET-MV{PDI} شبكة"),
        ("غوسترو (Güstrow)", f"غوسترو {FSI}(Güstrow){PDI}"),
        ("9:00–15:00", f"{FSI}9:00–15:00{PDI}"),
        ("https://lobbi-mv.de/ueber-uns", f"{FSI}https://lobbi-mv.de/ueber-uns{PDI}"),
        ("lotse@example.org", f"{FSI}lotse@example.org{PDI}"),
        ("شفيرين (70 كم)", f"شفيرين ({FSI}70{PDI} كم)"),
        ("5. mbeon – استشارة", f"{FSI}5{PDI}. {FSI}mbeon{PDI} – استشارة"),
        ("5. mbeon\n6. IQ", f"{FSI}5{PDI}. {FSI}mbeon{PDI}\n{FSI}6{PDI}. {FSI}IQ{PDI}"),
        ("«أين»", "«أين»"),
        ("الأوامر: /start", f"الأوامر: {FSI}/start{PDI}"),
        ("أ · ب", "أ · ب"),
        ("شبكة", "شبكة"),
        ("أ 1\nب 2", f"أ {FSI}1{PDI}\nب {FSI}2{PDI}"),
        ("(انظر 112)", f"(انظر {FSI}112{PDI})"),
        ("", ""),
    ],
)
def test_runs_are_wrapped(text: str, expected: str) -> None:
    assert isolate(text) == expected


def test_foreign_direction_marks_are_removed() -> None:
    assert isolate("\u202eevil\u202c \u2068x") == f"{FSI}evil x{PDI}"


@given(st.text(max_size=200))
def test_nothing_but_marks_is_added_and_all_is_balanced(text: str) -> None:
    done = isolate(text)
    plain = re.sub("[\u202a-\u202e\u2066-\u2069]", "", text)
    assert done.replace(FSI, "").replace(PDI, "") == plain
    depth = 0
    for letter in done:
        depth += (letter == FSI) - (letter == PDI)
        assert 0 <= depth <= 1
    assert depth == 0
    assert isolate(done) == done


@given(st.text(alphabet="ابتهس 0123456789abcXYZ+().-/:،\n", max_size=80))
def test_no_digit_or_latin_letter_stays_outside(text: str) -> None:
    outside = re.sub(f"{FSI}[^{PDI}]*{PDI}", "", isolate(text))
    assert not re.search("[0-9A-Za-z]", outside)
