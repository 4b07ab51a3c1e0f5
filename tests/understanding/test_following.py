"""Short messages that go on with the one before, in every launch language, and those that do not."""

from __future__ import annotations

import pytest

from bot.content.following import load_following, parse_following
from bot.content.gazetteer import load_gazetteer
from bot.content.vocabulary import load_vocabularies
from bot.understanding.following import Following
from bot.understanding.questions import Reader

READER = Reader(load_vocabularies(), load_gazetteer())
FOLLOWING = load_following()


def goes_on(text: str, following: Following = FOLLOWING) -> bool:
    question = READER.read(text)
    return following.goes_on(question, READER.rest(question))


@pytest.mark.parametrize(
    "text",
    [
        *("і в Ростоку?", "а українською?", "і в суботу?", "та для моєї дружини?"),
        *("und am Samstag?", "Und in Wismar?", "und morgen?", "und für meine Frau?", "Güstrow", "18273"),
        *("بالعربي؟", "وفي روستوك؟", "ولزوجتي؟", "ويوم السبت؟", "ماذا عن شفيرين؟"),
        *("and for my wife?", "and tomorrow?", "in English please", "what about Rostock?"),
        *("а в Шверине?", "а для мужа?", "و در روستوک؟", "ve Rostock'ta?", "peki cumartesi?"),
        *("a w Wismarze?", "a dla żony?", "și în Rostock?", "và ở Rostock thì sao?", "còn vợ tôi?"),
        *("et à Wismar ?", "et pour ma femme ?"),
    ],
)
def test_only_what_changes(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "???", "Danke", "Hallo", "ja", "warum?", "und?", "xqzw Rostock"),
        *("Schwimmkurs Rostock", "Ich suche einen Zahnarzt in Wismar", "Where is counselling in Güstrow?"),
        *("Welche Behörde ist für Güstrow zuständig?", "and in and in and in and in Rostock"),
    ],
)
def test_what_stands_for_itself(text: str) -> None:
    assert not goes_on(text)


def test_without_words_nothing_but_a_name_goes_on() -> None:
    assert not goes_on("and for my wife?", Following())
    assert goes_on("Rostock", Following())


@pytest.mark.parametrize(
    "text",
    [
        *("Welche Ausländerbehörde ist für Güstrow zuständig?", "Which office is responsible for me?"),
        *("хто відповідає за мене", "Кто отвечает за мой район?", "من هي الجهة المسؤولة عني؟"),
        *("کدام اداره مسئول است؟", "Hangi daire benden sorumlu?", "Do którego urzędu należę?"),
        *("Care birou este responsabil?", "Cơ quan nào phụ trách?", "Quel bureau est compétent ?"),
    ],
)
def test_who_is_responsible_is_asked_in_every_language(text: str) -> None:
    assert FOLLOWING.asks_who_is_responsible(READER.read(text))


def test_other_questions_do_not_ask_who_is_responsible() -> None:
    for text in ("Wo finde ich Beratung?", "I need a flat", "Хочу вчити німецьку"):
        assert not FOLLOWING.asks_who_is_responsible(READER.read(text))


def test_a_wrong_file_is_named() -> None:
    with pytest.raises(ValueError, match="xx: persons must be a list of words"):
        parse_following({"xx": {"little": ["and"], "persons": [True], "responsible": []}})
