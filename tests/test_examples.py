"""A few examples of every property, the same ones each time."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st


def drawn() -> list[int]:
    """What a property is shown."""
    found: list[int] = []

    @given(st.integers())
    def shown(number: int) -> None:
        found.append(number)

    shown()
    return found


def test_examples_do_not_depend_on_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    file = tmp_path / "constants.py"
    file.write_text(f"SOME = {list(range(1_000, 1_100))}")
    spec = spec_from_file_location("constants", file)
    assert spec is not None
    monkeypatch.setitem(sys.modules, "constants", module_from_spec(spec))
    assert drawn() == before
