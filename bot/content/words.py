"""All that is read and said by rules alone, as the files of the content give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bot.content.emergencies import load_cards, load_figures, load_lexicons, load_ordinary
from bot.content.following import load_following
from bot.content.gazetteer import load_gazetteer
from bot.content.ready import ready_made
from bot.content.unwritten import load_unwritten
from bot.content.vocabulary import load_vocabularies
from bot.domain.locales import Unwritten
from bot.domain.places import Gazetteer
from bot.understanding.cards import Cards
from bot.understanding.danger import Watch
from bot.understanding.following import Following
from bot.understanding.patterns import Patterns
from bot.understanding.questions import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The emergency rules, figures of speech that only sound like danger, the cards, the vocabularies, the
    places, how a message goes on with the one before, and what is said in languages that are not written."""

    watch: Watch
    figures: Patterns[str]
    cards: Cards
    reader: Reader
    gazetteer: Gazetteer
    following: Following
    unwritten: Mapping[str, Unwritten]


@cache
def load_words() -> Words:
    """Loaded once, because nothing changes them but a new version."""
    return ready_made("words", make_words)


def make_words() -> Words:
    """The same from the files themselves; ValueError names what is wrong in one."""
    gazetteer = load_gazetteer()
    return Words(
        watch=Watch(load_lexicons(), load_ordinary()),
        figures=load_figures(),
        cards=load_cards(),
        reader=Reader(load_vocabularies(), gazetteer),
        gazetteer=gazetteer,
        following=load_following(),
        unwritten=load_unwritten(),
    )
