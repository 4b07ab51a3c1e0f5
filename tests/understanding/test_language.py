"""Which language a text is in: by the pieces of its words; doubt stays with the person's own."""

from __future__ import annotations

import pytest

from bot.content.meaning import load_bank
from bot.parts import make_answering
from bot.understanding.language import Detected, detect, without_foreign_days
from bot.understanding.questions import Question, Reader
from bot.understanding.teaching import Languages

SENTENCES = [
    ("de", "Ich suche eine Wohnung für meine Familie"),
    ("en", "Where can I find a flat for my family?"),
    ("tr", "Ailem için bir ev arıyorum"),
    ("pl", "Szukam mieszkania dla mojej rodziny, proszę o pomoc"),
    ("ro", "Caut o locuință pentru familia mea"),
    ("vi", "Tôi tìm nhà cho gia đình tôi"),
    ("fr", "Je cherche un logement pour ma famille"),
    ("uk", "Шукаю житло для своєї сім'ї"),
    ("ru", "Ищу жильё для своей семьи, мы живём в общежитии"),
    ("ar", "أبحث عن سكن لعائلتي"),
    ("es", "Busco un piso para mi familia"),
    ("ku", "Ez ji bo malbata xwe li xaniyekê digerim"),
    ("so", "Waxaan guri u raadinayaa qoyskayga"),
    ("sq", "Kërkoj banesë për familjen time"),
    ("ti", "ንስድራቤተይ ገዛ እደሊ ኣለኹ"),
]
"""A wish in each language, as somebody might write it who has time."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return make_answering().reader


@pytest.fixture(scope="module")
def languages() -> Languages:
    return make_answering().languages


@pytest.mark.parametrize(("language", "written"), SENTENCES)
@pytest.mark.parametrize("own", [None, "de", "vi", "ar"])
def test_a_whole_sentence_is_recognised_whatever_was_chosen(
    reader: Reader, languages: Languages, language: str, written: str, own: str | None
) -> None:
    assert detect(reader.read(written), languages, own).language == language


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("gde mozhno besplatno uchit nemetskij yazyk", Detected("ru", "ru-Latn")),
        ("kifak, badde jaddid l i2ame, la wen bruh", Detected("ar", "ar-Latn")),
    ],
)
def test_foreign_letters_do_not_hide_a_language(
    reader: Reader, languages: Languages, written: str, expected: Detected
) -> None:
    assert detect(reader.read(written), languages) == expected


@pytest.mark.parametrize(
    "written",
    [
        "shefa ne mi plashta veche 2 meseca",
        "iskam da ucha nemski, kade ima kurs",
        "kak da si izvadq lichna karta",
        "jenata pristiga s dvete deca",
    ],
)
def test_bulgarian_in_latin_letters_is_no_neighbour_of_it(
    reader: Reader, languages: Languages, written: str
) -> None:
    assert detect(reader.read(written), languages, "de") == Detected("bg", "bg-Latn")


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("marti bi souria bade jibha lahon", ()),
        ("marti b shahra l tamen w ma3a suker 7aml", ()),
        ("hoy la'aan baan ahay", ()),
        ("ce evenimente sunt marti", ("tuesday",)),
        ("Unde mergem marți seara în Greifswald?", ("tuesday",)),
        ("eventos hoy en Rostock", ("today",)),
        ("zama kart Sonntag khatmegi aw Termin ye rata", ("sunday",)),
        ("у вас в пятницу открыто?", ("friday",)),
        ("marti", ("tuesday",)),
    ],
)
def test_a_day_of_a_language_that_it_is_not_written_in_is_none(
    reader: Reader, languages: Languages, text: str, times: tuple[str, ...]
) -> None:
    assert without_foreign_days(reader.read(text), languages).times == times


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("kifak", Detected("ar", "ar-Latn")),
        ("salam chetori", Detected("fa-AF", "fa-Latn")),
        ("سلام چطوری", Detected("fa-AF", "fa-AF")),
        ("privet", Detected("ru", "ru-Latn")),
        ("hallo", Detected("de", "de")),
    ],
)
def test_a_greeting_that_one_language_has_says_the_language(
    reader: Reader, languages: Languages, written: str, expected: Detected
) -> None:
    assert detect(reader.read(written), languages) == expected
    assert detect(reader.read(written), languages, "vi").language == "vi" or not written.isascii()


@pytest.mark.parametrize(
    "written",
    [
        "გამარჯობა, სად ვიპოვო გერმანული ენის კურსი",
        "गाइड, मुझे जर्मन कोर्स कहाँ मिलेगा",
        "Πού μπορώ να βρω μαθήματα γερμανικών;",
        "Որտե՞ղ կարող եմ գտնել գերմաներենի դասընթաց",
        "איפה אני יכול למצוא קורס גרמנית",
        "আমি কোথায় জার্মান কোর্স পাব",
        "我在哪里可以找到德语课程 B1",
        "ฉันจะหาคอร์สเรียนภาษาเยอรมันได้ที่ไหน",
        "독일어 수업을 어디서 찾을 수 있나요",
        # Neighbours of ours in the same letters: Amharic, Sorani, Urdu.
        "የጀርመንኛ ትምህርት የት ማግኘት እችላለሁ",
        "ለቤተሰቤ ቤት እፈልጋለሁ",
        "ዶክተር ያስፈልገኛል",
        "لە کوێ دەتوانم کۆرسی ئەڵمانی بدۆزمەوە",
        "خانوویەکم دەوێت بۆ خێزانەکەم",
        "مجھے جرمن کورس کہاں ملے گا",
    ],
)
@pytest.mark.parametrize("own", ["de", "en", "de-x-leicht", "fa-AF", "ti", None])
def test_a_language_that_is_none_of_ours_is_answered_in_ones_own(
    reader: Reader, languages: Languages, written: str, own: str | None
) -> None:
    assert detect(reader.read(written), languages, own) == Detected(own, None)


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("კარგი, ich suche eine Wohnung für meine Familie", "de"),
        ("برای خانواده‌ام خانە می‌خواهم، کجا بپرسم؟", "fa-AF"),  # with one letter of a Kurdish keyboard
        ("Verpflichtungserklärung دادم واسه مهمونم، ویزاشو میشه اینجا طولانی کرد", "fa"),
        ("زه د خپلې کورنۍ لپاره کور غواړم، چیرته ورشم", "ps"),
        ("𝐈𝐜𝐡 𝐬𝐮𝐜𝐡𝐞 𝐞𝐢𝐧𝐞 𝐖𝐨𝐡𝐧𝐮𝐧𝐠 𝐟ü𝐫 𝐦𝐞𝐢𝐧𝐞 𝐅𝐚𝐦𝐢𝐥𝐢𝐞", "de"),
    ],
)
def test_a_few_strange_letters_hide_no_language(
    reader: Reader, languages: Languages, written: str, language: str
) -> None:
    assert detect(reader.read(written), languages).language == language


def test_no_question_of_the_bank_is_taken_for_a_strange_language(
    reader: Reader, languages: Languages
) -> None:
    foreign = [
        (language, text)
        for language, _, text in load_bank()
        if any(map(str.isalpha, text)) and detect(reader.read(text), languages).written is None
    ]
    assert foreign == []


@pytest.mark.parametrize(
    ("own", "written"),
    [("de-x-leicht", "Ich suche eine Wohnung für meine Familie"), ("fa-AF", "برای خانواده‌ام خانه می‌خواهم")],
)
def test_a_text_in_ones_own_language_stays_in_exactly_that(
    reader: Reader, languages: Languages, own: str, written: str
) -> None:
    assert detect(reader.read(written), languages, own) == Detected(own, own)


def test_ones_own_language_in_latin_letters_is_answered_in_it(reader: Reader, languages: Languages) -> None:
    found = detect(reader.read("gde mozhno besplatno uchit nemetskij yazyk"), languages, "ru")
    assert found == Detected("ru", "ru-Latn")


@pytest.mark.parametrize("own", ["de", "de-x-leicht", "uk", "fa-AF", "vi"])
@pytest.mark.parametrize("written", ["ok", "Hansa"])
def test_a_word_of_no_language_stays_in_ones_own(
    reader: Reader, languages: Languages, written: str, own: str
) -> None:
    assert detect(reader.read(written), languages, own).language == own


@pytest.mark.parametrize("nothing", ["", "   ", "2026-11-24 14:00", "👍🏽", "?!", "½"])
@pytest.mark.parametrize("own", ["ar", "de-x-leicht", None])
def test_what_has_no_letters_has_no_language(languages: Languages, nothing: str, own: str | None) -> None:
    assert detect(Question(nothing, ()), languages, own) == Detected(own, own)


@pytest.mark.parametrize("hostile", ["\ud800", "a" * 100_000, "\u202e" * 50 + "abc", "\0x", "ﷺ" * 900])
def test_any_text_is_read(languages: Languages, hostile: str) -> None:
    assert detect(Question(hostile, ("x",) * 9), languages, "de").language is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("В суботу, 5 грудня, о 15:00 святкуємо зимове свято в Ростоку.", "uk"),
        ("Є місце в Ростоку?", "uk"),
        ("мы ищем квартиру", "ru"),
        ("это в Ростоке?", "ru"),
    ],
)
def test_letters_that_a_language_does_not_have_rule_it_out(
    reader: Reader, languages: Languages, text: str, language: str
) -> None:
    assert detect(reader.read(text), languages, "de").language == language
