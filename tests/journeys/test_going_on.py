"""What follows an answer: that it did not help, who speaks a language there, what an article leaves open,
whether they tell, one's age, a third language; each as people write it in their language."""

from __future__ import annotations

import pytest

from bot.dialog.labels import ANY_QUESTION
from bot.domain.directory import CounsellingOffer, Kind
from bot.domain.locales import locale_of
from bot.sandbox import Message
from tests.journeys.test_asking_on import entries_of
from tests.journeys.test_conversation import town
from tests.journeys.visitor import House, Visitor, bare, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

UNWRITTEN = "de"
"""Who writes in a language that the bot cannot write is answered in the own one."""


async def replies(visitor: Visitor, *texts: str) -> list[Message]:
    """The replies to the last of some messages."""
    for text in texts[:-1]:
        await visitor.all(text)
    return await visitor.all(texts[-1])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "das hat nicht geholfen"),
        ("uk", "це не допомогло"),
        ("ru", "это не помогло"),
        ("fa-AF", "به دردم نخورد"),
        ("tr", "bu işime yaramadı"),
        ("pl", "to nie pomogło"),
        ("fr", "ça ne m'a pas aidé"),
        (UNWRITTEN, "no me sirvió"),
        (UNWRITTEN, "non aiuta"),
        (UNWRITTEN, "nuk ndihmoi"),
    ],
)
async def test_that_it_did_not_help_is_what_the_button_says(house: House, code: str, text: str) -> None:
    _ = words(code)
    tapping, writing = await house.settled(code), await house.settled(code)
    answer = await tapping.say("Was ist Kindergeld?")
    await writing.say("Was ist Kindergeld?")
    tapped = bare((await tapping.tap(answer, _("Not what I looked for"))).text)
    assert bare((await writing.all(text))[0].text) == tapped
    assert tapped.startswith(_("I am sorry that it was not there. Choose a topic, or talk to a person:"))


async def test_with_nothing_answered_before_it_leads_on_all_the_same(house: House) -> None:
    _ = words("ru")
    visitor = await house.settled("ru")
    (message,) = await visitor.all("мне это не помогло")
    assert _("Find counselling") in labels(message)


@pytest.mark.parametrize(
    ("code", "text", "spoken", "place"),
    [
        ("vi", "co ai noi tieng viet o rostock giup dich khong", "vi", "rostock"),
        ("de", "wer spricht vietnamesisch in rostock", "vi", "rostock"),
        ("pl", "kto mowi po polsku w rostocku", "pl", "rostock"),
        ("ro", "cine vorbeste romaneste in rostock", "ro", "rostock"),
        ("uk", "хто розмовляє українською в ростоку", "uk", "rostock"),
        (UNWRITTEN, "кой говори български в росток", "bg", "rostock"),
        (UNWRITTEN, "quien habla español en schwerin", "es", "schwerin"),
    ],
)
async def test_who_speaks_a_language_in_a_town_is_looked_for_among_all_offers(
    house: House, code: str, text: str, spoken: str, place: str
) -> None:
    visitor = await house.settled(code)
    listed = (await visitor.all(text))[0]
    directory = (await house.lotse.desk.shelf.holdings()).directory
    first = directory.get(Kind.OFFER, entries_of(listed)[0])
    assert isinstance(first, CounsellingOffer)
    assert spoken in (*first.languages, *first.interpreters)
    assert any(one.town == place for one in first.places)
    assert not first.general
    assert f"{words(code)('Counselling')} · {town(house, code, place)}" in bare(listed.text)


async def test_associations_of_the_town_that_speak_it_are_named(house: House) -> None:
    visitor = await house.settled("en")
    listed = await visitor.say("who speaks vietnamese in rostock")
    assert "Associations that speak Vietnamese" in bare(listed.text)
    assert "dien-hong" in entries_of(listed)


async def test_where_none_for_a_topic_speaks_it_others_in_the_town_are_named(house: House) -> None:
    _ = words("vi")
    visitor = await house.settled("vi")
    listed = (await replies(visitor, "chu khong tra luong, rostock", "o do ai noi tieng viet"))[0]
    assert "dien-hong-sprache" in entries_of(listed)
    lack = _("My list does not say who speaks {languages}. Ask for an interpreter.", languages="Tiếng Việt")
    assert lack not in bare(listed.text)


async def test_where_nobody_speaks_it_an_interpreter_is_to_be_asked_for(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    texts = ("Ich suche eine Wohnung in Stralsund", "Wer spricht dort Tigrinya?")
    listed = (await replies(visitor, *texts))[0]
    lack = _("My list does not say who speaks {languages}. Ask for an interpreter.", languages="Tigrinya")
    assert lack in bare(listed.text)


async def test_somebody_who_speaks_it_is_no_wish_for_this_language_here(house: House) -> None:
    _ = words("ro")
    visitor = await house.settled("ro")
    asked = await visitor.say("vorbeste cineva romana acolo la voi")
    assert _("Where do you live? Choose a town, or write its name or postal code.") in bare(asked.text)


@pytest.mark.parametrize(
    ("code", "texts", "place"),
    [
        ("de", ("ich brauche beratung", "neubrandenburg"), "neubrandenburg"),
        ("en", ("i need counselling", "schwerin"), "schwerin"),
        ("ru", ("мне нужна консультация", "росток"), "rostock"),
        ("tr", ("danışmanlık istiyorum", "wismar"), "wismar"),
        ("ar", ("بدي استشارة", "روستوك"), "rostock"),
        ("pl", ("potrzebuje porady", "stralsund"), "stralsund"),
        ("vi", ("toi can tu van", "rostock"), "rostock"),
        ("fr", ("j'ai besoin d'un conseil", "wismar"), "wismar"),
        (UNWRITTEN, ("имам нужда от консултация", "росток"), "rostock"),
        (UNWRITTEN, ("kam nevojë për këshillim", "rostock"), "rostock"),
        (UNWRITTEN, ("waxaan u baahanahay la talin", "rostock"), "rostock"),
    ],
)
async def test_after_the_wish_for_counselling_a_town_is_asked_what_about(
    house: House, code: str, texts: tuple[str, ...], place: str
) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    topics = (await replies(visitor, *texts))[0]
    assert bare(topics.text).splitlines() == [town(house, code, place), _("What is it about?")]
    assert f"o|work|{place}" in {data[: len(f"o|work|{place}")] for data in data_of(topics)}


async def test_so_it_is_after_the_button(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    menu = await visitor.say("Hallo")
    await visitor.tap(menu, _("Find counselling"))
    topics = await visitor.say("Neubrandenburg")
    assert bare(topics.text).splitlines() == ["Neubrandenburg", _("What is it about?")]


SWIMMING = {
    "de": ("gibt es einen schwimmkurs für frauen", "wann ist das", "was kostet das", "und in wismar?"),
    "en": ("is there a swimming course for women", "when is it", "how much", "and in wismar?"),
    "ru": ("есть плавание для женщин", "когда это", "сколько стоит", "а в висмаре?"),
    "ar": ("في دورة سباحة للنسوان", "امتى", "قديش", "وبفيسمار"),
    "fa-AF": ("کلاس شنا برای خانمها", "کی هست؟", "چنده", "در ویسمار چی"),
    "tr": ("kadınlar için yüzme kursu var mı", "ne zaman", "kaç para", "wismarda?"),
    "pl": ("jest plywanie dla kobiet", "kiedy", "ile kosztuje", "a w wismarze?"),
    "fr": ("il y a natation pour femmes", "c'est quand", "combien ca coute", "et a wismar?"),
    UNWRITTEN + " es": ("quiero nadar con mujeres", "cuando es?", "cuanto cuesta", "y en wismar?"),
}


@pytest.mark.parametrize("code", SWIMMING)
async def test_what_follows_an_event_that_came_first_is_about_it(house: House, code: str) -> None:
    first, when, cost, elsewhere = SWIMMING[code]
    code = code.partition(" ")[0]
    _ = words(code)
    visitor = await house.settled(code)
    await visitor.all(first)
    for text, heading in ((when, "When"), (cost, "Cost")):
        told = (await visitor.all(text))[0]
        assert _(heading) in bare(told.text).splitlines()
        assert entries_of(told) == ["demo-schwimmen-rostock"]
    there = (await visitor.all(elsewhere))[0]
    none = _(
        "Nothing that fits is listed in {town}. These are the nearest:", town=town(house, code, "wismar")
    )
    assert bare(none) in bare(there.text)
    assert "demo-schwimmen-rostock" in entries_of(there)


@pytest.mark.parametrize(
    ("code", "first", "text"),
    [
        ("de", "wer hilft mir mit einem brief in schwerin", "arbeiten die samstags"),
        ("en", "who helps me with a letter in schwerin", "do they work on saturday"),
        ("ru", "кто поможет с письмом в шверине", "в субботу работают?"),
        ("uk", "де допоможуть з листом у Шверіні", "а в суботу працюють?"),
        ("tr", "schwerinde mektup icin kim yardim eder", "cumartesi çalışıyorlar mı"),
        ("pl", "kto pomoze z pismem w schwerinie", "w sobote pracuja?"),
        ("ro", "cine ma ajuta cu o scrisoare in schwerin", "lucreaza sambata?"),
        ("ar", "أبحث عن سكن في شفيرين", "بيشتغلوا يوم السبت"),
        ("fa-AF", "کی تو شورین با نامه کمکم میکنه", "شنبه بازن؟"),
        ("vi", "tim nha o schwerin", "thu bay ho co lam viec khong"),
        ("fr", "qui m'aide avec une lettre a schwerin", "ils travaillent le samedi?"),
        (UNWRITTEN, "busco piso en schwerin", "¿trabajan el sábado?"),
        (UNWRITTEN, "kërkoj banesë në schwerin", "punojnë të shtunën?"),
    ],
)
async def test_whether_they_work_on_a_day_is_told_of_the_doors_shown(
    house: House, code: str, first: str, text: str
) -> None:
    visitor = await house.settled(code)
    shown = (await visitor.all(first))[0]
    told = (await visitor.all(text))[0]
    assert any(line.startswith(words(code)("Opening hours")) for line in bare(told.text).splitlines())
    directory = (await house.lotse.desk.shelf.holdings()).directory
    (first_of, *_more) = entries_of(told)
    door = directory.get(Kind.OFFER, first_of)
    assert door is not None
    assert bare(await house.title(Kind.OFFER, first_of, locale_of(code))) in bare(shown.text)


ARTICLE = "gl-duldung"


@pytest.mark.parametrize(
    ("code", "texts", "last"),
    [
        ("de", ("was ist duldung", "kannst du das auf arabisch sagen", "und auf türkisch"), "tr"),
        ("de", ("was ist duldung", "auf arabisch", "und auf türkisch"), "tr"),
        ("en", ("what is duldung", "say it in arabic", "and in persian"), "fa-AF"),
        ("ru", ("что такое duldung", "скажи по-английски", "а теперь по-украински"), "uk"),
        ("tr", ("duldung nedir", "arapça söyle", "ve ingilizce"), "en"),
        ("ar", ("شو يعني دولدونغ", "احكيها بالتركي", "وبالانكليزي"), "en"),
        ("fr", ("c'est quoi duldung", "dis-le en anglais", "et en arabe"), "ar"),
    ],
)
async def test_a_third_language_gets_the_same_answer(
    house: House, code: str, texts: tuple[str, ...], last: str
) -> None:
    visitor = await house.settled(code)
    again = (await replies(visitor, *texts))[0]
    title = await house.title(Kind.ARTICLE, ARTICLE, locale_of(last))
    assert title in bare(again.text)


async def test_after_doors_a_language_is_still_that_of_people(house: House) -> None:
    visitor = await house.settled("de")
    listed = (await replies(visitor, "Ich suche eine Wohnung in Schwerin", "auf arabisch"))[0]
    assert "iz-schwerin-alltag" in entries_of(listed)


MORE = "There is no entry for this yet. The counselling of your district can tell you more."


@pytest.mark.parametrize(
    ("code", "first", "text", "article"),
    [
        ("de", "wie gründe ich einen verein", "was kostet das", "verein-gruenden"),
        ("ru", "как создать объединение", "сколько это стоит", "verein-gruenden"),
        ("tr", "dernek nasıl kurulur", "kaç para", "verein-gruenden"),
        ("fr", "comment creer une association", "combien ca coute", "verein-gruenden"),
        ("uk", "що таке апостиль", "скільки коштує", "gl-apostille"),
        ("en", "what is wohngeld", "do i get it if i work part time", "gl-wohngeld"),
        ("de", "was ist wohngeld", "kriege ich das auch mit teilzeit", "gl-wohngeld"),
        ("ru", "что такое wohngeld", "а если я работаю на полставки мне положено", "gl-wohngeld"),
        ("fr", "c'est quoi wohngeld", "et moi j'y ai droit si je bosse a mi-temps?", "gl-wohngeld"),
        ("pl", "co to jest wohngeld", "czy dostanę to jak pracuję na pół etatu", "gl-wohngeld"),
    ],
)
async def test_what_an_article_leaves_open_leads_to_people_who_know_more(
    house: House, code: str, first: str, text: str, article: str
) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    again = (await replies(visitor, first, text))[0]
    assert bare(again.text).splitlines()[0] == _(MORE)
    assert await house.title(Kind.ARTICLE, article, locale_of(code)) in bare(again.text)
    assert _("Counselling in my town") in labels(again)


@pytest.mark.parametrize(
    ("code", "first", "text"),
    [
        ("de", "wer hilft gegen rassismus in greifswald", "sagen die das der polizei"),
        ("de", "wer hilft gegen rassismus in greifswald", "erfährt mein mann davon?"),
        ("en", "who helps against racism in greifswald", "will they tell the police"),
        ("en", "who helps me with papers in rostock", "do they tell the jobcenter"),
        ("ru", "кто поможет при дискриминации в ростоке", "они скажут полиции?"),
        ("uk", "шукаю житло в ростоку", "вони скажуть моєму чоловіку?"),
        ("ar", "أبحث عن سكن في شفيرين", "رح يخبروا الشرطة؟"),
        ("fa-AF", "وکیل برای کیس پناهندگی در شورین", "آیا به شوهرم میگویند"),
        ("tr", "schwerinde ev arıyorum", "polise söylerler mi"),
        ("pl", "szukam mieszkania w rostocku", "powiedzą policji?"),
        ("ro", "caut locuinta in rostock", "spun politiei?"),
        ("vi", "tim nha o rostock", "họ có nói với cảnh sát không"),
        ("fr", "je cherche un logement a rostock", "ils vont le dire à la police ?"),
        (UNWRITTEN, "busco piso en schwerin", "¿se lo dicen a la policía?"),
        (UNWRITTEN, "търся жилище в шверин", "ще кажат ли на полицията"),
    ],
)
async def test_who_fears_that_they_tell_is_reassured(house: House, code: str, first: str, text: str) -> None:
    _ = words(code)
    visitor = await house.settled(code)
    reply = (await replies(visitor, first, text))[0]
    assert _("Counselling offices keep what you say to themselves.") in bare(reply.text)
    assert _("I pass nothing on to the police, to authorities or to employers.") in bare(reply.text)


async def test_who_asks_after_doors_if_the_bot_tells_hears_of_both(house: House) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    found = await visitor.say("Ich suche eine Wohnung in Schwerin")
    assert found.text
    reply = await visitor.say("sagen sie das der polizei?")
    assert bare(reply.text).startswith(_("I pass nothing on to the police, to authorities or to employers."))
    assert _("Counselling offices keep what you say to themselves.") in bare(reply.text)


@pytest.mark.parametrize("text", ["im 22", "i am 22", "bin 22", "22"])
async def test_an_age_is_told_where_counselling_is_looked_for(house: House, text: str) -> None:
    visitor = await house.settled("de")
    await visitor.say("Ich brauche Beratung in Rostock")
    listed = (await visitor.all(text))[0]
    assert starting(data_of(listed), "r|offer|jmd-rostock")
    assert {one.split("|")[3] for one in starting(data_of(listed), "r")} == {ANY_QUESTION}


@pytest.mark.parametrize("text", ["22", "bin 22", "7"])
async def test_a_number_alone_asks_nothing(house: House, text: str) -> None:
    _ = words("de")
    visitor = await house.settled("de")
    menu = await visitor.say(text)
    assert "Lichtenhagen" not in menu.text
    assert _("Choose, or just write your question in your own words, in your language.") in bare(menu.text)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("ar", ("بدي حدا يساعدني بورق الجوب سنتر بروستوك", "مين بيحكي عربي هونيك")),
        ("fr", ("mon patron paie pas, rostock", "qui parle francais la bas")),
        ("tr", ("patron para vermiyor rostock", "orda türkçe bilen kim var")),
    ],
)
async def test_there_in_other_words(house: House, code: str, texts: tuple[str, ...]) -> None:
    visitor = await house.settled(code)
    listed = (await replies(visitor, *texts))[0]
    assert f"{words(code)('Work and rights at work')} · {town(house, code, 'rostock')}" in bare(listed.text)
    assert words(code)("Forget this") in labels(listed)


@pytest.mark.parametrize(
    ("code", "texts", "heading"),
    [
        ("fr", ("qui m'aide avec une lettre a schwerin", "comment j'y vais"), "The way there"),
        ("vi", ("hoi nguoi viet o dau", "dia chi o dau", "bay gio co mo cua khong"), "Opening hours"),
    ],
)
async def test_details_in_other_words(house: House, code: str, texts: tuple[str, ...], heading: str) -> None:
    visitor = await house.settled(code)
    told = (await replies(visitor, *texts))[0]
    assert any(line.startswith(words(code)(heading)) for line in bare(told.text).splitlines())


async def test_after_a_door_for_any_question_another_town_shows_those_there(house: House) -> None:
    visitor = await house.settled("ro")
    listed = (await replies(visitor, "unde gasesc ajutor pentru acte in wismar", "si in rostock?"))[0]
    assert f"{words('ro')('Counselling')} · Rostock" in bare(listed.text)
    assert "mbe" in entries_of(listed)


async def test_choices_are_not_said_again_for_a_town(house: House) -> None:
    visitor = await house.settled(UNWRITTEN)
    texts = ("زه د کورنۍ د راوستلو په اړه مرسته غواړم", "په روستوک کې")
    listed = (await replies(visitor, *texts))[0]
    assert " · Rostock" in bare(listed.text)
    assert words(UNWRITTEN)("Did you mean one of these?") not in bare(listed.text)


async def test_a_bare_town_is_answered_in_the_language_of_the_question(house: House) -> None:
    visitor = await house.settled("de")
    topics = (await replies(visitor, "مشاوره میخواهم", "روستوک"))[0]
    assert words("fa-AF")("What is it about?") in bare(topics.text)


async def test_the_article_that_is_asked_on_about_stands_in_ones_data(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("was ist duldung")
    title = await house.title(Kind.ARTICLE, ARTICLE, locale_of("de"))
    assert title in bare((await visitor.say("/mydata")).text)


async def test_after_an_article_that_was_opened_it_is_that_one_s(house: House) -> None:
    visitor = await house.settled("de")
    await visitor.say("was ist wohngeld")
    await visitor.say("/start article-gl-duldung")
    again = await visitor.say("was kostet das")
    assert bare(again.text).splitlines()[0] == words("de")(MORE)
    assert await house.title(Kind.ARTICLE, ARTICLE, locale_of("de")) in bare(again.text)


@pytest.mark.parametrize(
    ("code", "cry", "wish"),
    [
        ("ar", "بنتي عم تجرح حالها", "قولها بالالماني"),
        ("uk", "чоловік п'яний ломиться в двері", "кажіть німецькою"),
        ("en", "my daughter cuts herself", "say it in German"),
    ],
)
async def test_after_an_emergency_german_is_spoken_where_it_is_wished(
    house: House, code: str, cry: str, wish: str
) -> None:
    """The cry itself is not remembered, so there is nothing to say again."""
    visitor = await house.settled(code)
    await visitor.all(cry)
    said = (await visitor.all(wish))[0]
    assert words("de")("Find counselling") in labels(said)
