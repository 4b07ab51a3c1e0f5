"""What is kept ready-made for the next start: the same as made anew, and never an older one."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from bot.content import ready
from bot.content.ready import ready_made
from bot.content.words import make_words
from bot.understanding.lexicon import Danger


class Made:
    """Says how often it made something."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[str]:
        self.times += 1
        return ["made", str(self.times)]


@pytest.fixture
def made() -> Made:
    return Made()


def test_the_second_start_finds_what_the_first_made(tmp_path: Path, made: Made) -> None:
    folder = tmp_path / "new"
    assert ready_made("x", made, folder) == ready_made("x", made, folder) == ["made", "1"]
    assert made.times == 1
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o444 == 0o444


def test_other_files_make_it_anew_and_the_older_one_goes(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_made("x", made, tmp_path)
    (tmp_path / "y-1.pickle").write_bytes(b"somebody else's")
    monkeypatch.setattr(ready, "_SOURCES", ("content/*.json",))
    assert ready_made("x", made, tmp_path) == ["made", "2"]
    assert len(list(tmp_path.glob("x-*.pickle"))) == 1
    assert (tmp_path / "y-1.pickle").exists()


@pytest.mark.parametrize("damaged", [b"", b"\x80\x05nothing", pickle.dumps(1)[:-2]])
def test_a_damaged_file_is_made_anew(
    tmp_path: Path, made: Made, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    ready_made("x", made, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damaged)
    assert ready_made("x", made, tmp_path) == ["made", "2"]
    assert "made anew" in caplog.text
    assert ready_made("x", made, tmp_path) == ["made", "2"]


def test_where_nothing_can_be_written_it_is_made_each_time(tmp_path: Path, made: Made) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    assert [ready_made("x", made, folder / "below")[1] for _ in range(2)] == ["1", "2"]


def test_a_disk_that_is_full_leaves_no_half_file(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        assert ready_made("x", made, tmp_path) == ["made", "1"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_of_the_rules_says_the_same_as_the_rules(tmp_path: Path) -> None:
    made = ready_made("words", make_words, tmp_path)
    kept = ready_made("words", make_words, tmp_path)
    assert kept is not made
    for text in (
        "Mein Mann schlägt mich",
        "чоловік мене б'є",
        "Schulden in Güstrow",
        "مرحبا",
        "wo ist Rostock",
    ):
        assert kept.watch.look(text, "de") == made.watch.look(text, "de")
        question = made.reader.read(text)
        assert kept.reader.read(text) == question
        assert kept.following.goes_on(question) == made.following.goes_on(question)
    assert kept.gazetteer.find("18057 Rostock") == made.gazetteer.find("18057 Rostock")
    for danger in Danger:
        assert kept.cards.card(danger, "ar") == made.cards.card(danger, "ar")
    assert kept.unwritten == made.unwritten
    assert "so" in kept.unwritten
