"""Rows of numbers in two arrays are those that were filed."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.wordbook import Rows

NUMBERS = st.integers(0, 0xFFFF)
FILED = st.dictionaries(st.integers(0, 20), st.lists(st.lists(NUMBERS, max_size=5), max_size=4))


@given(FILED)
def test_rows_are_found_under_their_numbers_also_when_read_again(filed: dict[int, list[list[int]]]) -> None:
    rows = pickle.loads(pickle.dumps(Rows(filed, 21)))  # noqa: S301 (our own)
    found = {number: [list(row) for _, row in rows.under([number])] for number in range(21)}
    assert found == {number: filed.get(number, []) for number in range(21)}


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        Rows({0: [[0x10000]]}, 1)
