"""Short messages that go on with the one before, in every language that is understood, and those that
do not.

Many stand in ``following.yaml`` and ``details.yaml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.following import parse_following
from bot.content.words import load_words
from bot.domain.locales import LOCALES, Locale
from bot.understanding.following import DETAILS, Following
from bot.understanding.questions import WEEKDAYS

WATCH, READER = load_words().watch, load_words().reader
FOLLOWING = load_words().following
WRITTEN: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "following.yaml").read_text("utf-8"))
ASKED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "details.yaml").read_text("utf-8"))

asked_in_each_language = pytest.mark.parametrize("language", ASKED)
each_language = pytest.mark.parametrize("language", WRITTEN)


def goes_on(text: str, following: Following = FOLLOWING) -> bool:
    question = READER.read(text)
    return following.goes_on(question)


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


def weekday(text: str) -> int | None:
    question = READER.read(text)
    return FOLLOWING.weekday(question)


@pytest.mark.parametrize(
    ("day", "texts"),
    [
        (0, ("Montag", "pazartesiye kadar", "دوشنبه", "до понеділка", "đến thứ hai")),
        (1, ("bis Dienstag", "سه شنبه", "до вторника", "do wtorku", "marți")),
        (2, ("jusqu'à mercredi", "до среды", "până miercuri", "تا چهار شنبه", "thứ tư")),
        (3, ("until Thursday", "الخميس", "до четверга", "do czwartku", "پنج شنبه")),
        (4, ("cuma gününe kadar", "حتى الجمعة", "до п'ятниці", "до пятницы", "vendredi")),
        (5, ("شنبه", "do soboty", "cumartesi", "până sâmbătă", "субота")),
        (6, ("tới chủ nhật", "pazar", "يوم الأحد", "niedziela", "до неділі", "یکشنبه")),
    ],
)
def test_a_day_of_the_week_in_any_language(day: int, texts: tuple[str, ...]) -> None:
    assert {text: weekday(text) for text in texts} == dict.fromkeys(texts, day)


@pytest.mark.parametrize(
    "text",
    [
        *("", "morgen", "bis bald", "Freitag und Samstag", "thứ sáu tuần sau", "Sonntag in Rostock"),
        *("le mercredi pour ma femme", "Freitag auf Arabisch", "Schwimmkurs am Freitag", "vendredi 25"),
    ],
)
def test_what_names_no_single_day_of_the_week(text: str) -> None:
    assert weekday(text) is None


@each_language
def test_a_town_goes_on_in_every_language_and_spelling(language: str) -> None:
    for text in WRITTEN[language]["town"]:
        assert goes_on(text), text
        assert [town.id for town in READER.read(text).towns] == ["rostock"], text


@each_language
def test_a_language_spoken_goes_on(language: str) -> None:
    for text in WRITTEN[language]["language"]:
        assert goes_on(text), text
        assert READER.read(text).spoken[0] == "ar", text


@each_language
def test_a_person_goes_on_and_names_no_day(language: str) -> None:
    for text in WRITTEN[language]["person"]:
        assert goes_on(text), text
        assert READER.read(text).empty, text


@each_language
def test_every_day_and_other_times_go_on(language: str) -> None:
    times = WRITTEN[language]["times"]
    assert {*WEEKDAYS, "today", "tomorrow", "weekend", "week"} == times.keys()
    for time, texts in times.items():
        for text in texts:
            assert goes_on(text), text
            assert READER.read(text).times[0] == time, text


@each_language
def test_questions_of_their_own_go_on_with_nothing(language: str) -> None:
    assert len(WRITTEN[language]["own"]) >= 2
    assert not [text for text in WRITTEN[language]["own"] if goes_on(text)]


@pytest.mark.parametrize(
    "text",
    [
        *("Papiere in Rostock", "Abi in Rostock", "drugs in Rostock", "Prima!", "doch", "und die Kur?", "no"),
        *(
            "Ist in Greifswald bald etwas los?",
            "Ce e azi în Rostock?",
            "Türk derneği var mı?",
            "nu in Rostock",
        ),
        *("کی به پشتو حرف می‌زند؟", "کسی هست فارسی صحبت کنه"),
    ],
)
def test_words_of_one_language_are_no_little_words_of_another(text: str) -> None:
    assert not goes_on(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("și marți?", "tuesday"),
        ("Marti", "tuesday"),
        ("de la marți până joi", "tuesday"),
        ("y mañana por la mañana", "tomorrow"),
    ],
)
def test_a_time_stays_one_where_it_is_meant(text: str, time: str) -> None:
    assert READER.read(text).times[0] == time


@pytest.mark.parametrize(
    "text",
    [
        *(
            "w la marti?",
            "w marti kaman",
            "cursos por la mañana",
            "Uns fehlt eine manta",
            "Çawa?",
            "manana",
            "talada",
        ),
        *("biddi ijib marti mn suria", "ajib marti", "marti men libnen"),
        *("неделя", "The Martens family", "semi-professional", "Ich finde das gut", "une mer calme"),
        *("Qytet i mirë, e bëri mirë", "Vreau in Rostock"),
    ],
)
def test_what_looks_like_a_day_of_another_language(text: str) -> None:
    days = set(READER.read(text).times) - {"week"}
    assert not days


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
        *("¿Qué oficina es responsable en Güstrow?", "¿Qué autoridad es competente para mí?"),
        *("¿A qué oficina tengo que ir?", "¿Qué oficina de extranjería me corresponde?"),
        *("Kîjan ofîs berpirsiyar e li Güstrow?", "Kîjan daîre ji bo min berpirsiyar e?"),
        *("ኣየናይ ቤት ጽሕፈት ኣብ ጉስትሮው ሓላፍነት ኣለዎ?", "መን እዩ ሓላፊ?", "ናበየናይ ቤት ጽሕፈት ክኸይድ?"),
        *("Xafiiskee ayaa mas'uul ka ah Güstrow?", "Xafiiskee baa i khuseeya?", "hay'addee baa i khuseysa"),
        *("Коя служба е отговорна в Гюстров?", "Кой орган е компетентен за мен?"),
        *("Cila zyrë është përgjegjëse në Güstrow?", "Cili autoritet është kompetent?"),
        *("کوم دفتر په ګوسترو کې مسئول دی؟", "کومه اداره زما مسؤله ده؟"),
        *("کدوم اداره توی گوسترو مسئوله؟", "من مربوط به کدوم اداره‌ام؟"),
    ],
)
def test_who_is_responsible_is_asked_in_every_language(text: str) -> None:
    assert FOLLOWING.asks_who_is_responsible(READER.read(text))


def test_other_questions_do_not_ask_who_is_responsible() -> None:
    for text in (
        *("Wo finde ich Beratung?", "I need a flat", "Хочу вчити німецьку"),
        *("el encargado me mandó a casa", "me corresponde la ciudadanía?", "berpirs bêdeng e"),
        *("ሓላፊየይ ኣይከፍለንን", "kush përgjigjet", "нужен компетентный юрист", "kompetente Beratung"),
    ):
        assert not FOLLOWING.asks_who_is_responsible(READER.read(text))


def wished(text: str) -> str:
    question = READER.read(text)
    return FOLLOWING.wished(question)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            ("English please", "english", "speak English", "İngilizce lütfen", "на английском", "بالانجليزي"),
        ),
        (
            "de",
            ("Almanca", "Deutsch", "auf Deutsch bitte", "по-немецки пожалуйста", "po niemiecku", "tiếng Đức"),
        ),
        (
            "de-x-leicht",
            ("Leichte Sprache", "einfaches Deutsch bitte", "easy German please", "kolay Almanca"),
        ),
        ("uk", ("speak Ukrainian?", "українською будь ласка", "auf Ukrainisch")),
        ("ar", ("عربي", "بالعربي لو سمحت", "Arabisch bitte", "do you speak Arabic?", "bel 3arabi")),
        ("tr", ("Türkisch bitte", "türkçe konuşur musun?", "Turkish")),
        ("so", ("Somali please", "Somali")),
    ],
)
def test_a_language_is_wished_for_where_nothing_else_is_said(language: str, texts: tuple[str, ...]) -> None:
    assert {text: wished(text) for text in texts} == dict.fromkeys(texts, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "Können Sie das bitte auf Arabisch sagen"),
        ("uk", "kannst du mir das auf Ukrainisch erklären?"),
        ("ar", "can you say that in Arabic please"),
        ("fa-AF", "explain it to me in Dari"),
        ("en", "скажи це англійською"),
        ("uk", "Можете повторить на украинском?"),
        ("en", "قولها بالانجليزي"),
        ("fa-AF", "دوباره به دری بگو"),
        ("ru", "bunu Rusça söyler misin"),
        ("uk", "czy może pan to powtórzyć po ukraińsku"),
        ("en", "puteți repeta asta în engleză"),
        ("en", "nói lại bằng tiếng Anh"),
        ("ar", "Vous pouvez répéter ça en arabe ?"),
        ("en", "میتونید اینو به انگلیسی بگید"),
        ("en", "¿me lo puedes decir en inglés?"),
        ("tr", "vê bi tirkî bibêje"),
        ("en", "ku celi af ingiriisi"),
        ("ru", "кажи го на руски"),
        ("en", "ma thoni anglisht"),
        ("en", "skazhite eto na angliyskom"),
        *(("en", "dimelo en ingles"), ("en", "me lo dices en inglés"), ("de", "кажіть німецькою")),
        *(("en", "переведи на английский"), ("en", "قلي بالانجليزي"), ("en", "zi-mi în engleză")),
        *(("en", "په انګلیسي راته ووایه"), ("en", "ብእንግሊዝኛ በሎ"), ("en", "nói bằng tiếng Anh")),
    ],
)
def test_the_last_answer_is_wished_for_once_more_in_another_language(language: str, text: str) -> None:
    assert wished(text) == language
    assert FOLLOWING.wished_again(READER.read(text))


@pytest.mark.parametrize(
    "text",
    [
        *("English please", "spricht da jemand Arabisch?", "noch einmal bitte", "Arabisch nochmal lernen"),
        *("tell me about Arabic courses", "say nothing in Arabic to my husband", "повтори"),
    ],
)
def test_nothing_is_wished_for_once_more(text: str) -> None:
    assert not FOLLOWING.wished_again(READER.read(text))


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.code)
def test_every_language_is_wished_for_by_its_own_name(locale: Locale) -> None:
    assert wished(locale.name) == locale.code


@pytest.mark.parametrize(
    "text",
    [
        *("Deutschkurs", "Ich will Deutsch lernen", "Deutsch B1", "Almanca öğrenmek istiyorum", "please", ""),
        *(
            "Arabisch in Rostock",
            "spricht da jemand Arabisch?",
            "arabischer Verein",
            "Deutsch für meine Frau",
        ),
        *("kann kein Deutsch", "I don't speak German", "not in English please", "pas en allemand svp"),
    ],
)
def test_a_language_named_beside_something_else_or_refused_is_no_wish(text: str) -> None:
    assert not wished(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Ich spreche kein Deutsch", "I don't speak German", "I don't understand German"),
        *("я не говорю по-немецки", "не розумію німецької", "almanca bilmiyorum"),
        *("ما بحكي الماني", "آلمانی یاد ندارم"),
        *("nie mówię po niemiecku", "nu vorbesc germana", "tôi không nói được tiếng Đức", "no hablo alemán"),
        *("je ne parle pas allemand", "не разбирам немски", "nuk flas gjermanisht", "almanî nizanim"),
    ],
)
def test_who_knows_no_german_says_so_in_every_language(text: str) -> None:
    question = READER.read(text)
    assert FOLLOWING.lacks_german(question)
    assert not wished(text)


@pytest.mark.parametrize(
    "text", ["Ich spreche Deutsch", "I speak English", "kein Geld", "ohne Deutsch keine Arbeit", "Deutsch"]
)
def test_who_says_something_else_knows_german(text: str) -> None:
    question = READER.read(text)
    assert not FOLLOWING.lacks_german(question)


# What is asked about the doors just shown -------------------------------------------------------------


def detail(text: str) -> str:
    question = READER.read(text)
    return FOLLOWING.detail(question)


def age(text: str) -> int | None:
    question = READER.read(text)
    return FOLLOWING.age(question)


def asks_who_speaks(text: str) -> bool:
    question = READER.read(text)
    return FOLLOWING.asks_who_speaks(question)


@asked_in_each_language
def test_a_detail_is_asked_for_in_every_language_and_spelling(language: str) -> None:
    asked = {text: wanted for wanted in DETAILS for text in ASKED[language][wanted]}
    asked |= dict.fromkeys(ASKED[language]["begins"], "hours")
    assert len(asked) >= len(DETAILS)
    assert {text: detail(text) for text in asked} == asked


@asked_in_each_language
def test_an_age_is_told_in_every_language(language: str) -> None:
    for text in ASKED[language]["age"]:
        assert age(text) in range(4, 48), text
        assert not detail(text), text


@asked_in_each_language
def test_who_speaks_a_language_is_asked_in_every_language(language: str) -> None:
    for text in ASKED[language]["mine"]:
        assert asks_who_speaks(text), text
        assert FOLLOWING.asks_for_own_language(READER.read(text)), text
    for text in ASKED[language].get("spoken", ()):
        assert asks_who_speaks(text), text
        assert not FOLLOWING.asks_for_own_language(READER.read(text)), text


@asked_in_each_language
def test_whether_it_tells_is_asked_in_every_language_and_is_no_cry(language: str) -> None:
    for text in ASKED[language]["trust"]:
        assert FOLLOWING.asks_whether_it_tells(READER.read(text)), text
        assert WATCH.look(text, language.partition("-Latn")[0]) is None, text


@pytest.mark.parametrize(
    ("text", "besides"),
    [
        ("Do you tell the police? I can't pay my rent", "I can't pay my rent"),
        ("mă dați la poliție dacă n-am contract?", "dacă n-am contract?"),
        ("C'est anonyme ? J'ai peur, je n’ai pas de papiers", "? J'ai peur, je n’ai pas de papiers"),
        ("هل تبلغ الشرطة؟ انا حامل", "انا حامل"),
        ("do you tell the police?", ""),
    ],
)
def test_what_is_said_besides_stays_as_it_was_written(text: str, besides: str) -> None:
    assert FOLLOWING.besides_trust(READER.read(text)) == besides


@pytest.mark.parametrize(
    "text",
    [
        *("Ich habe kein Geld", "I want to open a bank account", "Mein Chef zahlt nicht", "und für den Sohn"),
        *("How much is the rent?", "Wo ist die Ausländerbehörde?", "и для отца", "et pour mon père ?"),
        *("بس بالعربي", "مکتب میخواهم بروم", "ich habe 2 Kinder", "I have 3 kids", "um 15 Uhr", "Rostock"),
        *("ist 5 Uhr offen", "is it open at 5", "работают до 18"),
        *("Der Nachbar ruft immer die Polizei", "I lost my phone in Rostock, where is the police?"),
    ],
)
def test_what_asks_for_no_detail_and_tells_no_age(text: str) -> None:
    assert not detail(text)
    assert age(text) is None
    assert not FOLLOWING.asks_whether_it_tells(READER.read(text))


def test_a_wrong_file_is_named() -> None:
    with pytest.raises(ValueError, match="xx: persons must be a list of words"):
        parse_following({"xx": {"little": ["and"], "persons": [True], "responsible": []}})


def asks_for_counselling(text: str) -> bool:
    question = READER.read(text)
    return FOLLOWING.asks_for_counselling(question)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Beratung auf Arabisch in Güstrow",
            "Wo finde ich eine Beratungsstelle in Schwerin?",
            "Hilfe in Güstrow",
        ),
        "Ich suche Beratung auf Arabisch oder Kurdisch in Güstrow, bitte",
        *("Où y a-t-il un conseil à Rostock ?", "я шукаю консультацію в ростоку"),
        *("Counselling in Arabic in Güstrow", "I am looking for advice in Güstrow", "Is there counselling?"),
        *("استشارة بالعربية في غوسترو", "أين توجد استشارة باللغة العربية في غوسترو؟", "بدي استشارة بالعربي"),
        *("Консультація арабською в Гюстрові", "Шукаю консультацію українською мовою в Гюстрові"),
        *("Где найти консультацию на русском языке в Гюстрове?", "مشاوره به زبان دری در شورین"),
        *("Güstrow'da Türkçe danışmanlık arıyorum", "Gdzie jest poradnia po polsku w Schwerinie?"),
        *("Caut consiliere în limba română la Schwerin", "Tôi cần tư vấn bằng tiếng Việt ở Rostock"),
        *("Je cherche une consultation en arabe à Rostock", "Busco asesoramiento en español en Schwerin"),
        *("Търся консултация на български в Росток", "Kërkoj këshillim në shqip në Rostock"),
        *("Ez li Rostockê şêwirmendiyê bi kurdî digerim", "ishu konsultatsiyu v Rostoke"),
    ],
)
def test_counselling_is_asked_for_without_saying_about_what(text: str) -> None:
    assert asks_for_counselling(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Schuldnerberatung in Schwerin",
            "Beratung zur Miete auf Arabisch",
            "MBE Schwerin",
            "Was ist Beratung?",
        ),
        *(
            "Beratungshilfe Schwerin",
            "Ich suche meine Frau",
            "Rückkehrberatung",
            "Beratung am Samstag",
            "Danke",
        ),
        *("help with money in Rostock", "I want to speak German", "Vereine, die beraten", "Rostock", ""),
    ],
)
def test_more_is_said_than_that_counselling_is_looked_for(text: str) -> None:
    assert not asks_for_counselling(text)


def asks_for_a_hand(text: str) -> bool:
    question = READER.read(text)
    return FOLLOWING.asks_for_a_hand(question)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Kannst du mir helfen?",
            "können Sie mir bitte helfen",
            "Can you help me please?",
            "could you help?",
        ),
        *(
            "Можете допомогти?",
            "Можете мне помочь?",
            "هل يمكنك مساعدتي؟",
            "ممكن تساعدني",
            "میتوانید کمکم کنید؟",
        ),
        *("bana yardım edebilir misiniz?", "Czy możecie mi pomóc?", "puteți să mă ajutați?"),
        *("bạn có thể giúp tôi không?", "Pouvez-vous m'aider ?", "¿Puede ayudarme?", "mozhete pomoch?"),
        *("Tu dikarî alîkariya min bikî?", "ma i caawin kartaa?", "Можете ли да ми помогнете?"),
        *("A mund të më ndihmoni?", "زما سره مرسته کولی شئ؟", "ክትሕግዘኒ ትኽእል ዶ?", "mumken tsa3edni"),
    ],
)
def test_whether_it_can_help_is_asked_in_every_language(text: str) -> None:
    assert asks_for_a_hand(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Hilfe", "help", "help me", "Can you help me!", "kannst du mir helfen, er schlägt mich", "danke"),
        *("Kannst du mir mit der Miete helfen?", "can you help me, my baby is not breathing"),
    ],
)
def test_a_cry_or_a_question_asks_for_more_than_a_hand(text: str) -> None:
    assert not asks_for_a_hand(text)


UNHELPFUL = {
    "de": ("das hat nicht geholfen", "das hat mir nicht geholfen", "das bringt mir leider nichts"),
    "en": ("that did not help", "that didn't help me", "not what i was looking for"),
    "uk": ("це не допомогло", "мені це не допомогло"),
    "ru": ("это не помогло", "мне это не помогло", "это не то что я ищу"),
    "ar": ("ما ساعدني هاد", "ما ساعدني", "هذا لم يساعدني"),
    "fa": ("کمکی نکرد", "این به دردم نخورد"),
    "tr": ("bu işime yaramadı", "bu bana yardımcı olmadı"),
    "pl": ("to nie pomoglo", "to mi nie pomogło", "nie o to mi chodziło"),
    "ro": ("nu m-a ajutat", "asta nu m-a ajutat"),
    "vi": ("khong giup duoc gi", "không giúp được gì", "cái này không giúp được tôi"),
    "fr": ("ca m'a pas aide", "ça ne m'a pas aidé", "ce n'est pas ce que je cherche"),
    "es": ("no me ayudó", "eso no me ayudó", "no me sirvio", "non aiuta"),
    "ku": ("ev alîkariya min nekir", "alîkarî nekir"),
    "ti": ("ኣይሓገዘንን", "እዚ ኣይሓገዘንን"),
    "so": ("taasi ima caawin", "ima caawin"),
    "ps": ("دا مرسته ونه کړه", "مرسته یې ونه کړه"),
    "bg": ("това не ми помогна", "не помогна"),
    "sq": ("kjo nuk më ndihmoi", "nuk ndihmoi"),
    "Latn": ("eto ne pomoglo", "tse ne dopomohlo", "ma sa3adni"),
}


@pytest.mark.parametrize("language", UNHELPFUL)
def test_that_an_answer_did_not_help(language: str) -> None:
    for text in UNHELPFUL[language]:
        assert FOLLOWING.says_it_did_not_help(READER.read(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "Der Arzt hat mir nicht geholfen, was soll ich jetzt tun?",
        "Die Beratung in Rostock hat nicht geholfen",
        "my landlord does not help with the heating",
        "Das Jobcenter hilft mir nicht",
        "врач не помог с болью",
        "danke",
        "",
    ],
)
def test_what_did_not_help_elsewhere_is_no_word_on_an_answer(text: str) -> None:
    assert not FOLLOWING.says_it_did_not_help(READER.read(text))


CLAIMS = {
    "de": ("kriege ich das auch mit teilzeit", "steht mir das auch zu", "wie lange gilt das"),
    "en": ("do i get it if i work part time", "am i entitled to it too"),
    "uk": ("а мені це належить якщо я працюю на півставки",),
    "ru": ("а если я работаю на полставки мне положено", "сколько платят"),
    "ar": ("بيطلعلي اذا بشتغل نص دوام", "هل يمكنني الحصول عليه اذا كنت اعمل"),
    "fa": ("من هم میگیرم اگر نیمه وقت کار کنم", "منم میتونم بگیرم اگه پاره وقت کار کنم"),
    "tr": ("yarı zamanlı çalışıyorum ben de alabilir miyim",),
    "pl": ("dostanę to jak pracuję na pół etatu",),
    "ro": ("il primesc si daca lucrez part time",),
    "vi": ("tôi làm bán thời gian có tôi có được nhận không",),
    "fr": ("et moi j'y ai droit si je bosse a mi-temps?",),
    "es": ("yo también tengo derecho si trabajo media jornada",),
    "ku": ("ez jî distînim eger nîv roj kar bikim",),
    "ti": ("ንዓይ ውን ይግበኣኒ ዶ",),
    "so": ("anigu ma helayaa haddii aan shaqeeyo",),
    "ps": ("زه یې هم اخیستلی شم که کار کوم",),
    "bg": ("и на мен ли се полага ако работя на половин ден",),
    "sq": ("a e marr edhe unë nëse punoj",),
}


@pytest.mark.parametrize("language", CLAIMS)
def test_whether_what_was_explained_is_for_the_asker_too(language: str) -> None:
    for text in CLAIMS[language]:
        assert FOLLOWING.claims(READER.read(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "Bekomme ich Kindergeld, wenn ich arbeite?",
        "Habe ich Anspruch auf Wohngeld?",
        "Wie lange dauert die Einbürgerung?",
        "cât durează procedura de azil",
        "am i allowed to work",
        "هل يحق لي العمل",
        "hakkım var mı çalışmaya",
        "имею ли я право работать",
    ],
)
def test_what_is_named_stands_for_itself(text: str) -> None:
    assert not FOLLOWING.claims(READER.read(text))


TELLING = {
    "de": ("sagen die das der polizei", "sagen die das dem jobcenter", "erfährt mein mann davon"),
    "en": ("will they tell the police", "will they tell the jobcenter", "will my husband find out"),
    "uk": ("чи вони скажуть поліції", "вони скажуть моєму чоловіку?"),
    "ru": ("они скажут полиции?", "они расскажут моему мужу"),
    "ar": ("رح يخبروا الشرطة", "هل سيخبرون زوجي", "بيخبروا الجوب سنتر"),
    "fa": ("به پولیس میگویند", "آیا به شوهرم میگویند", "به پلیس میگن", "به شوهرم میگن"),
    "tr": ("polise söylerler mi", "kocama söylerler mi", "jobcentera haber verirler mi"),
    "pl": ("powiedzą policji?", "czy powiedzą mojemu mężowi"),
    "ro": ("spun politiei?", "ii spun sotului meu", "o sa spuna la jobcenter"),
    "vi": ("họ có nói với cảnh sát không", "họ có nói với chồng tôi không"),
    "fr": ("ils vont le dire a la police?", "ils disent ça à mon mari", "ils le disent au jobcenter"),
    "es": ("se lo dicen a la policía", "van a decirle a mi marido"),
    "ku": ("ji polîsan re dibêjin", "wê ji mêrê min re bêjin"),
    "ti": ("ንፖሊስ ክነግሩ እዮም ዶ",),
    "so": ("ma u sheegayaan booliska", "ninkayga ma u sheegayaan"),
    "ps": ("پولیسو ته وایي", "خاوند ته مې وایي"),
    "bg": ("ще кажат ли на полицията", "казват ли на мъжа ми"),
    "sq": ("a i tregojnë policisë", "do t'i tregojnë burrit tim"),
}


@pytest.mark.parametrize("language", TELLING)
def test_whether_they_who_help_tell_others(language: str) -> None:
    for text in TELLING[language]:
        assert FOLLOWING.asks_whether_they_tell(READER.read(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "Rufen Sie die Polizei, mein Mann schlägt mich",
        "die polizei hat mich geschlagen",
        "мой муж бьёт меня, скажите полиции",
        "how do i tell the jobcenter that i moved",
        "Wer hilft mir beim Jobcenter?",
        "my husband wants to divorce",
        "kocam beni dövüyor polise söyleyin",
        "who can help me with that in Stralsund",
        "они говорят по русски, жена",
        "is there school for my children",
    ],
)
def test_who_needs_the_police_or_an_office_fears_no_telling(text: str) -> None:
    assert not FOLLOWING.asks_whether_they_tell(READER.read(text))


WORKING = (
    *("arbeiten die am samstag", "do they work on saturday", "а в суботу працюють?", "в субботу работают?"),
    *(
        "بيشتغلوا يوم السبت",
        "شنبه بازن؟",
        "شنبه کار میکنند",
        "cumartesi çalışıyorlar mı",
        "w sobote pracuja?",
    ),
    *(
        "lucreaza sambata?",
        "thu bay ho co lam viec khong",
        "ils travaillent le samedi",
        "trabajan el sabado?",
    ),
    *("roja şemiyê dixebitin", "ቀዳም ይሰርሑ ድዮም", "sabtida ma shaqeeyaan", "د شنبې په ورځ کار کوي"),
    *("работят ли в събота", "punojnë të shtunën", "v subbotu rabotayut?"),
)


@pytest.mark.parametrize("text", WORKING)
def test_whether_they_work_on_a_day_asks_for_opening_hours(text: str) -> None:
    assert FOLLOWING.detail(READER.read(text)) == "hours"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("und auf türkisch", "tr"), ("and in persian", "fa"), ("а теперь по-украински", "uk")),
        *(("а тепер англійською", "en"), ("وبالتركي", "tr"), ("و به انگلیسی", "en"), ("ve ingilizce", "en")),
        *(("a teraz po angielsku", "en"), ("și acum în engleză", "en"), ("còn tiếng Anh", "en")),
        *(("et en anglais", "en"), ("y en inglés", "en"), ("û bi tirkî", "tr"), ("ብእንግሊዝኛ ኸ", "en")),
        *(
            ("po në anglisht", "en"),
            ("oo af ingiriisi", "en"),
            ("او په انګلیسي", "en"),
            ("а на английски", "en"),
        ),
        *(("und auf deutsch", "de"), ("vorbeste cineva romana", ""), ("spricht jemand Arabisch", "")),
    ],
)
def test_a_language_that_is_named_and_nothing_else(text: str, language: str) -> None:
    assert FOLLOWING.named(READER.read(text)) == language


@pytest.mark.parametrize(
    "text",
    [
        *("im 22", "bin 22", "i am 22", "мені 22", "мне 22", "عمري 22", "22 ساله هستم", "22 yaşındayım"),
        *("mam 22 lata", "am 22 de ani", "tôi 22 tuổi", "j'ai 22 ans", "tengo 22 años", "ez 22 salî me"),
        *("ዕድመይ 22", "22 jir baan ahay", "زه 22 کلن یم", "на 22 години съм", "jam 22 vjeç"),
    ],
)
def test_an_age_of_22(text: str) -> None:
    assert FOLLOWING.age(READER.read(text)) == 22


@pytest.mark.parametrize(("text", "number"), [("22", True), ("7?", True), ("110", False), ("6.12.", False)])
def test_a_short_number_alone(text: str, number: bool) -> None:
    assert FOLLOWING.is_number(READER.read(text)) is number


@pytest.mark.parametrize("text", ["qui parle francais la bas", "кто там говорит по-русски"])
def test_who_speaks_there_is_not_asked_for_the_way(text: str) -> None:
    assert FOLLOWING.asks_who_speaks(READER.read(text))
    assert not FOLLOWING.detail(READER.read(text))
