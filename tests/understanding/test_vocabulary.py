"""Free-form questions in every language find their topic, and the vocabularies are sound.

``questions/<language>.yaml``: topic → questions, written without looking at the patterns. Besides the
topics a file may hold ``kinds``, ``languages``, ``times`` and ``smalltalk`` (label → questions each) and
``nothing``: ordinary talk without any topic.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.vocabulary import VOCABULARIES, load_vocabularies, parse_vocabulary
from bot.dialog.labels import COUNSELLING_TOPICS, OTHER_TOPICS
from bot.parts import make_answering
from bot.understanding.language import detect
from bot.understanding.questions import HAPPENING, NO_TIME, WEEKDAYS, Reader, Vocabulary
from bot.understanding.teaching import base
from bot.understanding.words import fold, tokens

QUESTIONS = Path(__file__).parent / "questions"
FILES = {vocabulary.language: vocabulary for vocabulary in load_vocabularies()}
FULL = {language: vocabulary for language, vocabulary in FILES.items() if vocabulary.function_words}
"""Those that have all that a question may hold; the others no function words and few kinds."""
GROUPS = {"kinds": "kinds", "languages": "spoken", "times": "times"}
LABELS = {
    "topics": {*COUNSELLING_TOPICS, *OTHER_TOPICS},
    "kinds": {"event", HAPPENING, "organisation", "offer", "campaign", "glossary"},
    "times": {"today", "tomorrow", "weekend", "week", "evening", *WEEKDAYS},
    "smalltalk": {
        *("greeting", "thanks", "who", "human", "insult", "mydata", "forget"),
        *("back", "lost", "fine", "asks"),
    },
}
RANKED = 3
"""The search looks at no more topics of a question than this."""

each_language = pytest.mark.parametrize("language", sorted(FULL))
each_vocabulary = pytest.mark.parametrize("vocabulary", FILES.values(), ids=FILES)
each_full_vocabulary = pytest.mark.parametrize("vocabulary", FULL.values(), ids=FULL)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return make_answering().reader


@cache
def questions(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((QUESTIONS / f"{language}.yaml").read_text("utf-8"))
    return loaded


def by_topic(language: str) -> Iterator[tuple[str, str]]:
    for topic, asked in questions(language).items():
        if topic in LABELS["topics"]:
            yield from ((topic, question) for question in asked)


def test_all_launch_languages_have_a_vocabulary() -> None:
    assert FULL.keys() == {"de", "en", "uk", "ru", "ar", "fa-AF", "tr", "pl", "ro", "vi", "fr"}


def test_languages_that_are_only_understood_have_days_and_languages() -> None:
    others = FILES.keys() - FULL.keys()
    assert others == {"es", "ku", "ti", "so", "ps", "bg", "sq"}
    for language in others:
        vocabulary = FILES[language]
        assert set(vocabulary.languages) == set(FILES["de"].languages)
        assert set(vocabulary.kinds) in ({HAPPENING}, LABELS["kinds"])
        assert set(vocabulary.topics) == set(FILES["de"].topics)
        assert set(vocabulary.smalltalk) == {"greeting", "thanks", "who", "back", "lost", "fine", "asks"}


@each_language
def test_questions_find_their_topic(language: str, reader: Reader) -> None:
    missed = [
        f"{topic}: {question} → {found}"
        for topic, question in by_topic(language)
        if topic not in (found := reader.read(question).topics)[:RANKED]
    ]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize(
    "text",
    [
        *("Busco piso en Rostock", "Ez li Rostockê li xaniyekî digerim", "ኣብ ሮስቶክ ገዛ ይደሊ ኣለኹ"),
        *("Guri ayaan ka raadinayaa Rostock", "Търся апартамент в Росток", "Kërkoj banesë në Rostock"),
        *("زه په روستوک کې کور لټوم", "په روستوک کې د کور لپاره مشوره"),
    ],
)
def test_housing_is_known_in_languages_that_are_only_understood(text: str, reader: Reader) -> None:
    assert reader.read(text).topics == ("housing",)


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        *(("music", "I can't find the room"), ("residence", "Quiero hacer deporte")),
        *(("health", "¿Hasta cuándo es así?"), ("health", "Ich suche diese Straße"), ("work", "mi licencia")),
        *(("debt", "kush më pret"), ("debt", "edno dete")),
        *(("discrimination", "Queremos hacer algo el lunes"), ("violence", "Mi madre está enferma")),
    ],
)
def test_words_of_one_language_do_not_begin_like_those_of_another(
    topic: str, text: str, reader: Reader
) -> None:
    assert topic not in reader.read(text).topics


@pytest.mark.parametrize(
    "text",
    [
        *(
            "der Hausbesitzer wirft uns raus",
            "the owner wants us out",
            "хозяин нас выгоняет",
            "просят съехать",
        ),
        *("хазяїн нас виганяє", "господарка вимагає виїхати", "المالك بدو يطلعنا", "صاحب الملك بدو يطلعنا"),
        *(
            "المالك يريد طردنا",
            "مول الدار باغي يخرجنا",
            "el malek baddo ytal3na",
            "صاحبخونه میخواد بیرونمون کنه",
        ),
        *("tahliye davası", "eksmisja", "proprietarul ne dă afară", "chủ nhà đuổi chúng tôi"),
        *("le proprio veut nous mettre dehors", "el casero nos echa", "el dueño nos quiere echar"),
        *("xwediyê malê dixwaze em derkevin", "ዋና ገዛ ከውጽኣና ደልዩ", "ኣከራዪ ካብ ገዛ የውጽኣና"),
        *("milkiilaha guriga wuu na saarayaa", "د کور مالک مو باسي", "собственикът иска да напуснем"),
        *("hazyaina ni goni", "pronari do na nxjerrë", "qiradhënësi na nxjerr"),
    ],
)
def test_whom_the_landlord_wants_out_asks_about_housing(text: str, reader: Reader) -> None:
    assert "housing" in reader.read(text).topics


@each_language
def test_every_counselling_topic_is_asked_twice(language: str) -> None:
    few = [topic for topic in COUNSELLING_TOPICS if len(questions(language).get(topic, ())) < 2]
    assert not few


@pytest.mark.parametrize(
    ("topic", "texts"),
    [
        (
            "residence",
            ("Къде да подам за карта за постоянно пребиваване?", "izgubih si lichnata karta v Rostock"),
        ),
        ("family", ("Искам да доведа жена ми от Тунис", "Какви документи за брак трябват тук?")),
        ("work", ("Шефът не ми плаща от два месеца", "уволниха ме без предизвестие")),
        ("german", ("Записвате ли за курс по немски в Щралзунд?", "iskam da ucha nemski vecher")),
        ("school", ("Има ли свободна детска градина близо до нас?",)),
        ("driving", ("Как се сменя шофьорска книжка от България?",)),
        ("violence", ("мъжът ми ме удари пак снощи",)),
        ("participation", ("Мога ли да гласувам за кмет на Висмар?",)),
        (
            "residence",
            ("Mi permiso de residencia vence en marzo", "¿Qué papeles pide la oficina de extranjeros?"),
        ),
        ("work", ("Mi jefe no me paga las horas extras", "busco empleo en una cocina")),
        ("german", ("¿Dónde hay clases de alemán para principiantes?",)),
        ("sport", ("Mis amigas quieren hacer deporte en Wismar",)),
        ("school", ("¿Cómo busco una guardería cerca de casa?",)),
        ("debt", ("Tengo muchas deudas y ya no puedo pagar",)),
        ("driving", ("¿Sirve aquí mi licencia de conducir de Perú?",)),
        ("violence", ("Mi novio me pega y me encierra",)),
        ("swimming", ("quiero aprender a nadar",)),
        ("network", ("Queremos registrar una asociación de cubanos",)),
        ("residence", ("Si ta vazhdoj lejen e qëndrimit?", "kur hapet zyra e te huajve ne Wismar")),
        ("family", ("Dua ta sjell gruan këtu, a duhet bashkim familjar?",)),
        ("german", ("a ka kurs të gjermanishtes pa pagesë", "Dua të mësoj gjermanisht mbrëmjeve")),
        ("work", ("kërkoj punë në kuzhinë", "Shefi nuk më paguan orët shtesë")),
        ("school", ("Si gjendet një çerdhe në Schwerin?",)),
        ("driving", ("Ku e ndërroj patentën shqiptare? Kam patentë shoferi",)),
        ("debt", ("kam shumë borxhe e s'kam si me pagu",)),
        ("pregnancy", ("jam shtatzënë në muajin e pestë",)),
        ("swimming", ("Vajza do të mësojë not në pishinë",)),
        (
            "residence",
            ("Îqameya bavê min kengê tê dirêjkirin?", "Magangalyo ayaan rabaa inaan codsado"),
        ),
        ("residence", ("په جرمني کې پناه غوښتنه څنګه کېږي؟", "ኣብ ጀርመን ዑቕባ ክሓትት ደልየ፣ ናበይ ክኸይድ?")),
        ("family", ("Ez çawa zarokên xwe bînim Almanyayê?", "Qoyskayga sideen u keenaa Jarmalka?")),
        ("family", ("خپله کورنۍ راوستل غواړم، څه پکار دي؟", "ስድራይ ንምምጻእ እንታይ ወረቐት የድልየኒ?")),
        ("work", ("Xwediyê kar meaşê min nade", "Shaqo ma heli karo, yaa i caawiya?")),
        ("work", ("زه کار لټوم، چېرته لاړ شم؟", "ስራሕ ይደሊ ኣለኹ፣ መን ክሕግዘኒ ይኽእል?")),
        ("german", ("Li kîjan cihî kursa zimên heye?", "Waxaan rabaa koorso luqadda ah oo bilaash ah")),
        ("german", ("غواړم په اسانۍ جرمني ژبه زده کړم", "ኣነ ጀርመንኛ ክመሃር ይደሊ")),
        ("school", ("Keça min kengê dest bi dibistanê dike?", "Dugsiga ilmahayga sideen u beddelaa?")),
        ("school", ("د کوچني لپاره وړکتون چېرته پیدا کړم؟", "መዋእለ ህጻናት ንጓለይ ክረክብ ኣይከኣልኩን")),
        ("violence", ("Mêrê min her êvar li min dixe", "Ninkaygu wuu i garaacaa habeen kasta")),
        ("violence", ("خاوند مې وهي، څوک مرسته کوي؟", "ሰብኣየይ መዓልታዊ ይሃርመኒ፣ ናበይ ክሃድም?")),
        ("debt", ("Deynên min pir in, kî dikare şêwirê bide?", "Deynta badan sideen uga baxaa?")),
        ("debt", ("زه پوروړی یم او نشم ورکولی", "ብዙሕ ዕዳ ኣለኒ፣ መን የማኽረኒ?")),
        ("driving", ("Imtîhana ajotinê çiqas e?", "Darawalnimo halkee lagu bartaa?")),
        ("driving", ("غواړم د موټر چلولو جواز واخلم", "መንጃ ፍቓድ ከውጽእ ይደሊ")),
        ("interpreting", ("Li cem hakim wergêrek lazim e", "Turjumaan ma ii heli kartaa berri?")),
        ("interpreting", ("سبا ته یو ژباړونکی غواړم", "ንጽባሕ ኣስተርጓሚ የድልየኒ ኣሎ")),
        ("swimming", ("Keça min dixwaze avjeniyê hîn bibe", "Wiilkaygu dabaasha ma yaqaan")),
        ("swimming", ("زوی مې لامبو نه شي وهلی، لامبو زده کول غواړي", "ወደይ ምሕምባስ ክመሃር ይደሊ")),
    ],
)
def test_topics_are_known_in_languages_that_are_only_understood(
    topic: str, texts: tuple[str, ...], reader: Reader
) -> None:
    missed = {text: found for text in texts if topic not in (found := reader.read(text).topics)[:RANKED]}
    assert not missed


@each_language
@pytest.mark.parametrize("group", GROUPS)
def test_questions_find_their_kind_language_and_time(language: str, group: str, reader: Reader) -> None:
    missed = [
        f"{label}: {question}"
        for label, asked in questions(language).get(group, {}).items()
        for question in asked
        if label not in getattr(reader.read(question), GROUPS[group])
    ]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize(
    "text",
    [
        *("Was ist in Wismar los?", "Was ist denn in Wismar los?", "Ist in Bad Doberan am Samstag was los?"),
        *("what's going on in Wismar", "What's up in Wismar?", "is anything on in Wismar?"),
        *("Was kann ich in Bad Doberan machen?", "what can we do in Wismar", "que faire à Wismar ?"),
        *("Wismar'da ne yapabilirim?", "co robić w Wismarze?", "ce putem face în Wismar?"),
        *("que se passe-t-il à Wismar", "quoi de neuf à Wismar", "qu'y a-t-il à faire à Wismar ?"),
        *("що відбувається у Вісмарі", "що у Вісмарі відбувається?", "що там у Вісмарі?"),
        *("что происходит в Висмаре", "что в Висмаре происходит", "чем заняться в Висмаре?"),
        *("ماذا يحدث في فيسمار", "شو في بفيسمار", "ما الذي يجري في فيسمار؟", "شو عم بصير بفيسمار"),
        *("Wismar'da ne var ne yok", "Wismar'da ne oluyor?", "Wismar'da neler oluyor"),
        *("co się dzieje w Wismarze", "co w Wismarze się dzieje?", "co słychać w Wismarze"),
        *("ce se întâmplă în Wismar", "ce mai e nou în Wismar?", "có gì ở Wismar", "در ویسمار چه خبر است؟"),
        *("¿Qué pasa en Wismar?", "Li Wismarê çi heye?", "ኣብ ዊስማር እንታይ ኣሎ?", "Maxaa ka socda Wismar?"),
        *("Какво става във Висмар?", "Çfarë po ndodh në Wismar?", "په ویسمار کې څه کېږي؟"),
    ],
)
def test_what_happens_in_a_town_asks_for_events(text: str, reader: Reader) -> None:
    question = reader.read(text)
    assert question.kinds == ("event",)
    assert question.towns


@pytest.mark.parametrize(
    "text",
    [
        *("was ist mit meinem Antrag los?", "Was passiert in der Anhörung?", "was geht ab"),
        *("que se passe-t-il si je perds mon travail", "what happens in the interview?", "какво става?"),
        *("Was passiert in Wismar mit meiner Wohnung?", "¿Qué pasa en mi trabajo en Wismar? trabajo arbeit"),
        *("Mein Antrag wurde am 5.12. abgelehnt, was kann ich machen?", "what can i do in this situation"),
        *("j'ai reçu une lettre le 5 décembre, que faire ?", "je ne sais pas quoi faire"),
        *("5 aralıkta mektup aldım ne yapabilirim", "dostałem list 5 grudnia, co robić?"),
        *("Що там з моїм дозволом на роботу у Вісмарі?", "что там с визой", "có gì không?"),
    ],
)
def test_what_happens_is_none_of_events_without_a_place_or_with_a_topic(text: str, reader: Reader) -> None:
    assert "event" not in reader.read(text).kinds


@each_language
def test_smalltalk_is_not_taken_for_a_question(language: str, reader: Reader) -> None:
    missed = [
        f"{label}: {text} → {reader.read(text)}"
        for label, said in questions(language).get("smalltalk", {}).items()
        for text in said
        if reader.read(text).smalltalk != label
    ]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize(
    ("label", "texts"),
    [
        ("greeting", ("Asc walaal", "subax wanaagsan", "Silav!", "Roj baş", "ሰላም ከመይ ኣለኹም", "ستړي مه شې")),
        ("greeting", ("Përshëndetje", "mirëdita", "¡Hola, buenos días!", "Здравейте", "добър ден")),
        ("thanks", ("aad baad u mahadsan tahay", "gelek spas", "የቐንየለይ", "yekenyeley", "ډېره مننه")),
        ("thanks", ("faleminderit shumë", "flm", "muchas gracias", "благодаря ви")),
        (
            "who",
            ("yaad tahay?", "tu kî yî?", "መን ኢኻ?", "ته څوک یې؟", "kush je ti?", "¿quién eres?", "кой си ти?"),
        ),
        ("back", ("zurück", "zurück zum Menü", "go back", "назад", "رجوع", "geri dön", "wróć", "înapoi")),
        (
            "back",
            ("quay lại", "retour", "برگشت", "dib u noqo", "paşve", "ንድሕሪት", "بېرته", "обратно", "kthehu"),
        ),
        ("greeting", ("slm", "cc", "هاي", "mrb")),
        ("thanks", ("bonne soirée", "Schönen Abend noch", "спокойной ночи", "miłego wieczoru")),
        ("lost", ("Ich verstehe nicht", "I don't understand", "не понимаю", "нічого не розумію", "لا أفهم")),
        ("lost", ("نمی‌فهمم", "anlamıyorum", "nie rozumiem", "nu înțeleg", "tôi không hiểu", "ma fahmin")),
        (
            "lost",
            ("je ne comprends pas", "no entiendo", "не разбирам", "ez fêm nakim", "ኣይተረድኣንን", "نه پوهېږم"),
        ),
        ("fine", ("ok", "tamam", "Alles klar", "добре", "تمام", "được rồi", "baş e", "haye")),
        ("asks", ("I have a question", "ich habe eine Frage", "bir sorum var", "у меня вопрос", "عندي سؤال")),
        ("asks", ("ще питання", "mam pytanie", "am o întrebare", "cho tôi hỏi", "su'aal baan qabaa")),
    ],
)
def test_small_talk_is_known_in_every_language(label: str, texts: tuple[str, ...], reader: Reader) -> None:
    assert {text: reader.read(text).smalltalk for text in texts} == dict.fromkeys(texts, label)


@pytest.mark.parametrize(
    "text",
    ["How do I get my money back?", "Ich will zurück", "хочу вернуться назад домой", "je veux un retour"],
)
def test_back_counts_where_nothing_else_is_said(text: str, reader: Reader) -> None:
    assert reader.read(text).smalltalk != "back"


@pytest.mark.parametrize(
    "text",
    [
        "I don't understand the letter from the Jobcenter",
        "ok und in Rostock?",
        "I have a question about rent",
    ],
)
def test_what_says_more_is_no_word_in_passing(text: str, reader: Reader) -> None:
    assert reader.read(text).smalltalk is None


def test_good_night_is_no_time(reader: Reader) -> None:
    assert reader.read("je cherche une soirée").smalltalk is None
    assert reader.read("bonne soirée, merci").smalltalk == "thanks"


@each_language
def test_ordinary_talk_has_no_topic(language: str, reader: Reader) -> None:
    taken = [
        f"{text} → {found}"
        for text in questions(language).get("nothing", ())
        if (found := reader.read(text).topics)
    ]
    assert not taken, "\n".join(taken)


@each_language
def test_most_questions_are_recognised_as_their_language(language: str, reader: Reader) -> None:
    asked = [question for _, question in by_topic(language)]
    languages = make_answering().languages
    wrong = [
        f"{question} → {found}"
        for question in asked
        if base((found := detect(reader.read(question), languages).language) or "") != base(language)
    ]
    assert len(wrong) <= 0.1 * len(asked), "\n".join(wrong)


@each_full_vocabulary
def test_labels_are_known_and_complete(vocabulary: Vocabulary) -> None:
    assert set(vocabulary.topics) <= LABELS["topics"]
    assert set(COUNSELLING_TOPICS) <= set(vocabulary.topics)
    for group in ("kinds", "smalltalk"):
        assert set(getattr(vocabulary, group)) == LABELS[group], group


@each_vocabulary
def test_times_are_known_and_complete(vocabulary: Vocabulary) -> None:
    assert set(vocabulary.times) - {NO_TIME} == LABELS["times"]


@each_vocabulary
def test_patterns_hold_more_than_a_letter_or_two(vocabulary: Vocabulary) -> None:
    """A short open pattern hits ordinary talk of some language; in Arabic script words are shorter."""
    short = [
        pattern
        for group in ("topics", "kinds", "languages", "times", "smalltalk")
        for patterns in getattr(vocabulary, group).values()
        for pattern in patterns
        if "*" in pattern and " " not in pattern.strip()
        if len("".join(tokens(fold(pattern.strip("*"))))) < (4 if pattern.isascii() else 3)
    ]
    assert not short


@each_full_vocabulary
def test_function_words_are_single_words(vocabulary: Vocabulary) -> None:
    assert len({fold(word) for word in vocabulary.function_words}) >= 60
    assert not [word for word in vocabulary.function_words if tokens(fold(word)) != [fold(word)]]


def test_function_words_belong_to_one_language_only() -> None:
    seen: dict[str, set[str]] = {}
    for vocabulary in load_vocabularies():
        for word in vocabulary.function_words:
            seen.setdefault(fold(word), set()).add(vocabulary.language)
    assert not {word: languages for word, languages in seen.items() if len(languages) > 1}


def test_german_umlauts_are_also_understood_spelled_out(reader: Reader) -> None:
    assert "residence" in reader.read("Termin bei der Auslaenderbehoerde").topics
    assert "driving" in reader.read("Fuehrerschein umschreiben").topics


def test_a_bare_no_is_refused() -> None:
    with pytest.raises(ValueError, match="function_words: False is not a word"):
        parse_vocabulary({"language": "en", "function_words": ["the", False]})


def test_a_label_without_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"topics\.work must be a list"):
        parse_vocabulary({"language": "en", "function_words": ["the"], "topics": {"work": "job"}})


def test_a_hostile_message_costs_little(reader: Reader) -> None:
    """A message of ordinary length answers within milliseconds; here is one as long as is read."""
    texts = ("arbeit wohnung " * 300, "я хочу работу " * 300, "ا" * 4096, "a " * 2048)
    for text in texts:
        started = time.process_time()
        reader.read(text)
        assert time.process_time() - started < 0.2


def test_the_files_are_where_the_loader_looks() -> None:
    assert {path.stem for path in VOCABULARIES.glob("*.yaml")} == FILES.keys()
