"""Quoting the lines of a text that answer, with vectors that are only the words of a text."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.services import quoting
from bot.services.quoting import Quoting
from tests.services.nearness import Words, by_nearness, vector

TITLE = "Schule"
TEXT = (
    "Alle Kinder gehen zur Schule. Die Anmeldung macht das Sekretariat. "
    "Bringen Sie zur Anmeldung den Pass mit.\n"
    "Das Mittagessen kostet vier Euro. Bücher sind kostenlos.\n"
    "Für die Anmeldung haben Sie zwei Wochen."
)


async def quote(quoting: Quoting, question: str, text: str = TEXT) -> tuple[str, ...]:
    return await quoting.quote(question, vector(question), "de", TITLE, text, "de")


async def test_the_lines_that_answer_stand_in_reading_order_and_neighbours_together() -> None:
    quoting = Quoting(Words(), by_nearness(0.1))
    assert await quote(quoting, "Anmeldung?") == (
        "Die Anmeldung macht das Sekretariat.\nBringen Sie zur Anmeldung den Pass mit.",
        "Für die Anmeldung haben Sie zwei Wochen.",
    )


async def test_what_the_text_does_not_answer_is_not_quoted() -> None:
    quoting = Quoting(Words(), by_nearness(0.1))
    assert await quote(quoting, "Fahrräder?") == ()
    assert await quote(quoting, "Anmeldung?", "") == ()


async def test_a_text_is_computed_once_and_again_when_it_changed() -> None:
    words = Words()
    quoting = Quoting(words, by_nearness(0.1))
    for _ in range(3):
        await quote(quoting, "Anmeldung?")
    assert words.computed == 7
    await quote(quoting, "Anmeldung?", "Die Anmeldung ist zu.")
    assert words.computed == 9


async def test_a_text_that_many_ask_for_is_computed_once() -> None:
    words = Words()
    quoting = Quoting(words, by_nearness(0.1))
    first, *others = await asyncio.gather(*(quote(quoting, "Anmeldung?") for _ in range(20)))
    assert words.computed == 7
    assert others == [first] * 19
    words.away = True
    assert set(await asyncio.gather(*(quote(quoting, "Anmeldung?", "Anmeldung zu.") for _ in range(5)))) == {
        ()
    }
    words.away = False
    assert await quote(quoting, "Anmeldung?", "Anmeldung zu.") == ("Anmeldung zu.",)


async def test_who_leaves_takes_the_text_from_nobody() -> None:
    quoting = Quoting(Words(), by_nearness(0.1))
    leaving = asyncio.create_task(quote(quoting, "Anmeldung?"))
    staying = asyncio.create_task(quote(quoting, "Anmeldung?"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying


async def test_only_the_texts_quoted_last_are_remembered() -> None:
    words = Words()
    quoting_ = Quoting(words, by_nearness(0.1))
    await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
    await quote(quoting_, "Anmeldung?", "Die zweite Anmeldung.")
    for number in range(quoting._KEPT - 1):
        await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
        await quote(quoting_, "Anmeldung?", f"Eine Anmeldung, die {number}.")
    before = words.computed
    await quote(quoting_, "Anmeldung?", "Die erste Anmeldung.")
    assert words.computed == before
    await quote(quoting_, "Anmeldung?", "Die zweite Anmeldung.")
    assert words.computed == before + 2


async def test_without_vectors_nothing_is_quoted_and_nothing_remembered() -> None:
    words = Words()
    quoting = Quoting(words, by_nearness(0.1))
    words.away = True
    assert await quote(quoting, "Anmeldung?") == ()
    words.away = False
    assert len(await quote(quoting, "Anmeldung?")) == 2


async def test_a_scorer_that_is_never_sure_quotes_nothing() -> None:
    quoting = Quoting(Words(), replace(by_nearness(0.1), threshold=1.1))
    assert await quote(quoting, "Anmeldung?") == ()
