"""The emergency cards: which numbers a person in danger gets to read, and with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.locales import RIGHT_TO_LEFT, canonical
from bot.understanding.lexicon import Danger


@dataclass(frozen=True, slots=True)
class CardLine:
    """One line of a card. ``number`` has digits only (for copying), ``display`` is for reading."""

    number: str | None
    display: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a person in danger gets to read, in one language; the first line is the first to call.

    ``automatic`` is the sentence that it was translated automatically, "" for German, which a
    person wrote (``state`` "human", else "machine").
    """

    danger: Danger
    language: str
    heading: str
    lines: tuple[CardLine, ...]
    no_human: str
    delete_hint: str
    copy_label: str
    delete_label: str
    automatic: str
    state: str

    @property
    def rtl(self) -> bool:
        """Whether it reads from right to left."""
        return self.language in RIGHT_TO_LEFT


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone line: who speaks there (``languages``), and for whom it is only (``only``).

    ``words`` is the key of what a card says of it, empty for nothing; before that stands its ``name``.
    """

    key: str
    number: str
    display: str
    words: str
    name: str = ""
    languages: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class Cards:
    """All emergency cards: one for every language and danger."""

    def __init__(
        self,
        numbers: Mapping[str, Number],
        shown: Mapping[Danger, Sequence[str]],
        words: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._numbers = numbers
        self._shown = shown
        self._words = words

    def card(self, danger: Danger, language: str | None = None, also: Sequence[Danger] = ()) -> Card:
        """The card in this language, else in German.

        The lines of the dangers in ``also`` follow, each number once. Show :meth:`german` below
        a card whose state is not human.
        """
        code = self._language(language)
        words = self._words[code]
        keys = dict.fromkeys(key for kind in (danger, *also) for key in self._shown[kind])
        chosen = [number for key in keys if code in (number := self._numbers[key]).only or not number.only]
        return Card(
            danger=danger,
            language=code,
            heading=words[danger.value],
            lines=tuple(
                CardLine(number.number, number.display, _text(number, code, words)) for number in chosen
            ),
            no_human=words["no_human"],
            delete_hint=words["delete_hint"],
            copy_label=words["copy"],
            delete_label=words["delete"],
            automatic=words["automatic"],
            state=words["state"],
        )

    def german(self, card: Card, also: Sequence[Danger] = ()) -> Card | None:
        """The German twin to show below a card that nobody has reviewed; None for a reviewed one."""
        if card.state == "human" or card.language.startswith("de"):
            return None
        return self.card(card.danger, "de", also)

    def unreviewed(self) -> tuple[str, ...]:
        """The languages whose words no person has confirmed."""
        return tuple(code for code, words in self._words.items() if words["state"] != "human")

    def _language(self, language: str | None) -> str:
        for code in (language or "", canonical(language or "")):
            while code:
                if code in self._words:
                    return code
                code = code.rpartition("-")[0]
        return "de"


def _text(number: Number, language: str, words: Mapping[str, str]) -> str:
    if number.name:
        return f"{number.name}: {words[number.words]}" if number.words else number.name
    parts = [words[number.words]]
    if language in number.languages:
        parts.append(words["spoken"])
    elif number.languages == ("de",):
        parts.append(words["german"])
    elif number.key == "men":
        parts.append(words["men_languages"])
    elif number.languages:
        parts.append(words.get("not_spoken", ""))
    return " ".join(filter(None, parts))
