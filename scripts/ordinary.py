"""Words of ordinary questions that resemble words of the emergency rules: they are no slips of those.

    python -m scripts.ordinary

Reads the rules, the vocabularies, ``bot/content/bank`` and the near misses in ``bot/content/cries``; writes
``bot/content/emergencies/ordinary.yaml``. Run it after changing any of them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from bot.content import FOLDER
from bot.content.emergencies import load_lexicons
from bot.content.meaning import load_bank, load_cries
from bot.content.vocabulary import load_vocabularies
from bot.understanding.danger import LONG_ENOUGH_ALONE, Watch
from bot.understanding.words import tokens

_MAY_BE_CRIES = ("violence", "mental", "rightwing", "family", "women", "antiracism", "discrimination")
"""Topics of the bank whose questions may hold words of danger with slips of their own."""
_ENDING = 2
"""Letters by which forms of a word differ."""
_HEAD = """# Words of ordinary questions that are one slip away from a word of the rules.
# Written by scripts/ordinary.py.
words: |
"""


def main() -> None:
    lines = textwrap.wrap(" ".join(ordinary()), 108, break_long_words=False, break_on_hyphens=False)
    text = _HEAD + "".join(f"  {line}\n" for line in lines)
    (FOLDER / "emergencies" / "ordinary.yaml").write_text(text, encoding="utf-8")


def ordinary() -> list[str]:
    """The words, in order."""
    watch = Watch(load_lexicons())
    near = watch.resembling({word for text in _calm() for word in tokens(text)})
    return sorted(
        word
        for word, others in near.items()
        if watch.knows(word) or not any(_inflected(word, one) for one in others)
    )


def _inflected(word: str, other: str) -> bool:
    """Whether a long word may be another form of the same: one that no rule has counts as that."""
    return len(word) >= LONG_ENOUGH_ALONE and word[:-_ENDING] == other[: len(word) - _ENDING]


def _calm() -> Iterable[str]:
    yield from (text for _, topic, text in load_bank() if topic not in _MAY_BE_CRIES)
    yield from (text for _, danger, text in load_cries() if danger == "calm")
    yield from (word for vocabulary in load_vocabularies() for word in vocabulary.function_words)


if __name__ == "__main__":
    main()
