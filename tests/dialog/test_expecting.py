"""What a text is expected for, as it is stored."""

from __future__ import annotations

import pytest

from bot.dialog.expecting import Expected, What


def test_what_is_stored_is_read_again() -> None:
    expected = Expected(What.FIX, "fa-AF", draft=7, update=5, second=1_700_000_000)
    assert Expected.unpack(expected.pack()) == expected
    assert Expected.unpack(expected.closed(6).pack()) == expected.closed(6)


@pytest.mark.parametrize(
    "stored", [None, "", "text:de", "[]", "7", "{}", '{"what": "dance"}', '{"what": "text", "else": 1}']
)
def test_what_another_version_wrote_is_passed_over(stored: str | None) -> None:
    assert Expected.unpack(stored) is None


def test_only_what_was_taken_is_taken_again() -> None:
    expected = Expected(What.TEXT, "de")
    assert expected.takes(5)
    assert expected.closed(5).takes(5)
    assert not expected.closed(5).takes(6)
