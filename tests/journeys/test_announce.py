"""/announce: writing one message in many languages, in the chat, from the first word to the release."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.dialog import announce_draft, announce_release, office_actions
from bot.dialog.announce_below import read_buttons
from bot.dialog.showing import shorten
from bot.dialog.turn import ChatType, Turn
from bot.domain.broadcast import Anchor, Body, Cap, Group, LinkButton, Media, Missing, Options, State, Unknown
from bot.domain.directory import Kind, Organisation
from bot.domain.locales import LOCALES
from bot.domain.minutes import to_minutes
from bot.domain.news import Rhythm, Topic
from bot.domain.staff import Role
from bot.sandbox import Message
from bot.services import drafting
from bot.services.office import MOST_BUTTONS
from bot.services.scheduling import NOTICE_WINDOW
from bot.translation import forms
from tests.journeys.office import (
    begun,
    broadcast,
    draft_of,
    expected,
    member,
    received,
    row,
    subscriber,
    until,
    until_state,
)
from tests.journeys.visitor import House, bare, data_of, in_both_houses, labels, starting, words
from tests.services.sending import reads

pytestmark = pytest.mark.asyncio(loop_scope="package")
_ = words("de")


async def bodies(house: House, id: int) -> dict[str, object]:
    async with house.lotse.store.read() as view:
        return dict(await view.bodies(id))


@in_both_houses
async def test_the_whole_way_from_a_text_to_the_plan(house: House) -> None:
    await subscriber(house, "de", Topic.FUNDING)
    await subscriber(house, "ar", Topic.FUNDING)
    author = await member(house)
    start = await author.say("/announce")
    assert _("One message in many languages, to those who asked for it.") in start.text
    texts = await author.tap(start, _("New announcement"))
    assert _("Recipients: {count}", count=_("nobody yet")) in bare(texts.text), "nobody was chosen"
    id = draft_of(texts)
    asked = await author.tap(texts, f"wd|{id}|text|de")
    assert await expected(house, author) == "text:de"
    assert _("Send the text now: write it, paste it, or forward it.") in asked.text

    answer = await author.raw(
        text="Förderung bis 31.12.", entities=[{"type": "bold", "offset": 0, "length": 9}]
    )
    assert answer[0].text.startswith("Förderung bis 31.12.")
    assert {"type": "bold", "offset": 0, "length": 9} in answer[0].entities
    assert (await bodies(house, id))["de"].html == "<b>Förderung</b> bis 31.12."  # type: ignore[attr-defined]
    assert await expected(house, author) is None

    overview = await author.tap(answer[-1], f"wd|{id}")
    assert _("who gets it") in overview.text
    audience = await author.tap(overview, f"wd|{id}|audience")
    topics = await author.tap(audience, f"wd|{id}|topics")
    chosen = await author.tap(topics, f"wc|{id}|topic|+funding")
    async with house.lotse.store.read() as view:
        counts = await view.audience_counts((await broadcast(house, id)).audience, None)
    assert _("Recipients: {count}", count=sum(counts.values())) in bare(chosen.text)
    assert counts["de"] >= 1
    assert counts["ar"] >= 1

    overview = await author.screen(chosen, f"wd|{id}")
    assert not starting(data_of(overview), f"wr|{id}|check"), "Arabic has no text yet"
    missing = await author.tap(await author.tap(overview, f"wd|{id}|options"), f"wd|{id}|missing")
    options = await author.tap(missing, f"wc|{id}|missing|fallback")
    assert (await broadcast(house, id)).options.missing is Missing.FALLBACK
    each = " · ".join(f"{forms(_.locale).language(code)} {n}" for code, n in counts.items())
    assert each in bare(options.text)
    preview = await author.screen(options, f"wd|{id}|preview")
    (shown, *_rest), _toast = await author.data(preview, f"wd|{id}|show|ar")
    mark = words("ar")(
        "This text is not in your language. Here it is in: {languages}.", languages="الألمانية"
    )
    assert mark in bare(shown.text), "as a reader of Arabic gets it, who has no text of their own"
    overview = await author.tap(options, f"wd|{id}")
    when = await author.tap(overview, f"wd|{id}|when")
    assert when.text
    said = await author.say("24.12.2027 10 Uhr")
    assert "10:00" in said.text
    assert (await broadcast(house, id)).send_at == house.wall("2027-12-24T10:00")

    overview = await author.tap(said, f"wd|{id}")
    check = await author.tap(overview, f"wr|{id}|check")
    total = sum(counts.values())
    assert _("No text in: {languages}", languages="") in bare(check.text), "Arabs get it in another language"
    assert words("de").n("It goes to {count} person.", "It goes to {count} people.", total) in bare(
        check.text
    )
    page = await author.tap(check, f"wr|{id}|send")
    planned = await broadcast(house, id)
    assert planned.state is State.SCHEDULED
    assert planned.releaser_id == (await row(house, author)).id
    assert (await row(house, author)).editing is None
    ask = await author.tap(page, f"wb|{id}|cancel")
    await author.tap(ask, f"wa|{id}|cancel")
    assert (await broadcast(house, id)).state is State.CANCELLED


async def test_a_draft_and_what_is_expected_survive_a_restart(house: House) -> None:
    author = await member(house, Role.AUTHOR)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|en")
    house.lotse.desk.threads.drop(author.chat_id)  # all that a restart forgets
    answer = await author.all("What belongs to it")
    assert "en" in await bodies(house, id)
    assert answer[0].text.startswith("What belongs to it")
    again = await author.say("/announce")
    assert "What belongs to it" in bare(again.text)
    overview = await author.tap(again, _("Go on with it"))
    assert draft_of(overview) == id
    sure = await author.tap(overview, f"wr|{id}|discard")
    done = await author.tap(sure, f"wr|{id}|sure")
    assert _("Discarded. It will not be sent.") in done.text
    assert (await broadcast(house, id)).state is State.CANCELLED


@in_both_houses
async def test_a_text_before_a_language_is_chosen_is_the_author_s_own(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    answer = await author.all("Ми святкуємо в суботу")
    assert _("Saved: {language}", language="Deutsch") in bare(answer[-1].text)
    assert _("You had chosen no language, so I took yours.") in answer[-1].text
    assert await expected(house, author) is None
    languages = await author.tap(answer[-1], _("Change its language"))
    there = await author.screen(languages, f"wc|{id}|move|de/uk")
    assert _("Text: {language}", language="Ukrainisch") in bare(there.text)
    await author.data(languages, f"wc|{id}|move|de/uk")
    stored = await bodies(house, id)
    assert list(stored) == ["uk"]
    assert stored["uk"].html == "Ми святкуємо в суботу"  # type: ignore[attr-defined]
    assert (await broadcast(house, id)).name == "Ми святкуємо в суботу"
    for hostile in ("uk/xx", "ar/de", "uk", ""):
        await author.data(there, f"wc|{id}|move|{hostile}")
    await author.data(there, f"wd|{id}|move|xx")
    assert list(await bodies(house, id)) == ["uk"]

    await author.data(there, f"wd|{id}|texts")
    await author.all("Wir feiern am Samstag")
    await author.data(there, f"wd|{id}|texts")
    refused = await author.say("We celebrate on Saturday")
    assert _("It was not saved: choose its language first, then send it again.") in refused.text
    assert (await bodies(house, id))["de"].html == "Wir feiern am Samstag"  # type: ignore[attr-defined]


async def test_a_text_too_long_for_the_language_that_it_really_is_stays_where_it_was(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    # Every Latin word in a right-to-left text gets marks around it.
    await author.raw(text="مرحبا ok\n" * 420 + "مرحبا")
    refused = await author.screen(texts, f"wc|{id}|move|de/ar")
    assert _("Text: {language}", language="Deutsch") in bare(refused.text)
    assert "⚠" in refused.text
    assert list(await bodies(house, id)) == ["de"]


async def test_elsewhere_a_text_is_a_question_again(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|de")
    menu = await author.say("/menu")
    assert await expected(house, author) is None
    await author.say("Beratung in Rostock")
    assert await bodies(house, id) == {}
    texts = await author.screen(menu, f"wd|{id}|text|de")
    await author.data(texts, "m")
    assert await expected(house, author) is None


@in_both_houses
async def test_a_cry_for_help_in_a_text_is_content_and_the_numbers_stand_below(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|de")
    answer = await author.all("Mein Mann schlägt mich")
    assert (await bodies(house, id))["de"].html == "Mein Mann schlägt mich"  # type: ignore[attr-defined]
    assert "110" in answer[-1].text
    other = await author.all("Mein Mann schlägt mich")
    assert "110" in other[0].text, "without a draft that waits it is a cry for help"


@in_both_houses
async def test_too_long_a_text_is_refused_while_drafting(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|ar")
    answer = await author.say("ا" * 4050)
    assert _("It was not saved.") in answer.text
    assert await bodies(house, id) == {}
    assert await expected(house, author) == "text:ar"
    later = int(datetime.now(UTC).timestamp()) + 5
    await author.raw(text="مرحبا", date=later)
    assert "ar" in await bodies(house, id)
    assert await expected(house, author) is None


@in_both_houses
async def test_the_rest_of_a_text_that_telegram_has_cut_is_no_text(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|de")
    cut = _(
        "Telegram has cut your text into several messages, because it is too long for one. "
        "This part was not saved."
    )
    now = int(datetime.now(UTC).timestamp())
    assert _("It was not saved.") in (await author.raw(text="Wort " * 819, date=now))[0].text
    for second in (now, now + 1):
        (answer,) = await author.raw(text="und das Ende", date=second)
        assert bare(answer.text) == cut
    assert await bodies(house, id) == {}
    kept = await author.raw(text="Wort " * 500, date=now + 60)  # an app cuts where a paragraph ends
    assert _("Saved: {language}", language="Deutsch") in bare(kept[-1].text)
    (answer,) = await author.raw(text="und das Ende", date=now + 60)
    assert bare(answer.text) == cut
    assert "Ende" not in (await bodies(house, id))["de"].html  # type: ignore[attr-defined]
    await author.raw(text="Wo ist Beratung?", date=now + 90)
    assert await expected(house, author) is None


@in_both_houses
async def test_pictures_one_is_kept_and_an_album_is_refused_once(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|de")
    photo = [{"file_id": "large", "file_unique_id": "l", "width": 9, "height": 9}]
    first = await author.raw(photo=photo, caption="Eins", media_group_id=f"album-{id}")
    second = await author.raw(photo=photo, media_group_id=f"album-{id}")
    assert len(first) == 1
    assert second == []
    assert _(
        "These are several pictures at once. An announcement is exactly one message: "
        "please send one picture, with the text below it."
    ) in bare(first[0].text)
    voice = await author.send("send_voice")
    assert _("Only a text, a photo or a document can be sent to everybody.") in voice[0].text
    answer = await author.send("send_photo", "Plakat")
    body = (await bodies(house, id))["de"]
    assert body.media is Media.PHOTO  # type: ignore[attr-defined]
    assert "photo" in answer[0].raw
    assert answer[0].raw["caption"].startswith("Plakat")
    await author.data(answer[-1], f"wd|{id}|text|uk")
    long = await author.send("send_photo", "д" * 900)
    less = _("Below a photo or document there is less room than in a text alone.")
    assert less in long[0].text
    assert less not in (await author.raw(text="д" * 4_000))[0].text
    assert list(await bodies(house, id)) == ["de"]
    end = await author.press(answer[-1], f"wd|{id}|text|de")
    answer = await author.send("send_document", "aufruf.pdf", caption="Aufruf")
    assert "document" in answer[0].raw
    assert end
    language = await author.tap(answer[-1], f"wd|{id}|text|de")
    assert _("A photo or document stays as it is.") in language.text
    await author.say("Nur der Text ist neu")
    body = (await bodies(house, id))["de"]
    assert (body.html, body.media) == ("Nur der Text ist neu", Media.DOCUMENT)  # type: ignore[attr-defined]
    await author.screen(language, f"wc|{id}|plain|de")
    assert (await bodies(house, id))["de"].media is None  # type: ignore[attr-defined]


async def test_a_photo_and_its_text_come_together_in_either_order(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)

    async def stored(code: str) -> tuple[str, Media | None]:
        body = (await bodies(house, id))[code]
        return body.html, body.media  # type: ignore[attr-defined]

    await author.tap(texts, f"wd|{id}|text|de")
    answer = await author.send("send_photo")
    hint = _("There is no text with it yet. If there shall be one below, send it now.")
    assert hint in answer[-1].text
    answer = await author.all("Wir feiern am Samstag")
    assert hint not in answer[-1].text
    assert await stored("de") == ("Wir feiern am Samstag", Media.PHOTO)
    assert await expected(house, author) is None
    await author.data(texts, f"wd|{id}|text|en")
    await author.all("We celebrate on Saturday")
    await author.data(texts, f"wd|{id}|text|en")
    await author.send("send_photo")
    assert await stored("en") == ("We celebrate on Saturday", Media.PHOTO)


@in_both_houses
async def test_a_photo_after_its_text_is_told_how_to_get_in(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    (answer,) = await author.send("send_photo")
    assert f"wd|{id}|texts" in data_of(answer)
    await author.data(overview, f"wr|{id}|sure")
    (answer,) = await author.send("send_photo")
    assert _("Please delete them here, for your own safety.") in answer.text


@in_both_houses
async def test_link_buttons_are_lines_with_an_address(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.tap(texts, f"wd|{id}|text|de")
    answer = await author.all("Kommt alle")
    asked = await author.tap(answer[-1], f"wd|{id}|buttons|de")
    assert "https://example.org" in bare(asked.text)
    wrong = await author.say("Mehr dazu")
    assert "Mehr dazu" in wrong.text
    for address in ("https://localhost", "https://exa mple.org", 'https://example.org/?a="b"', "tg://user"):
        link = shorten(f"Mehr dazu – {address}")
        refused = await author.say(f"Mehr dazu – {address}")
        assert _("This link does not work: {link}", link=link) in bare(refused.text)
    bare_ = await author.say("Mehr dazu – www.example.org")
    assert "https://" in bare_.text.partition("•")[0]
    assert await expected(house, author) == "buttons:de"
    listed = [f"Nr {n} - https://example.org/{n}" for n in range(MOST_BUTTONS + 1)]
    many = await author.say("\n".join(listed))
    assert _("Please use at most {count} buttons.", count=MOST_BUTTONS) in many.text
    most = await author.all("\n".join(listed[1:]))
    assert labels(most[0])[:MOST_BUTTONS] == [f"Nr {n}" for n in range(1, MOST_BUTTONS + 1)]
    await author.data(most[-1], f"wd|{id}|buttons|de")
    shown = await author.all("Mehr dazu – https://example.org/a\nKarte: https://example.org/b")
    assert labels(shown[0])[:2] == ["Mehr dazu", "Karte"]
    shown = await author.all("Plan – https://example.org/c")
    assert labels(shown[0])[:3] == ["Mehr dazu", "Karte", "Plan"], "sent right after, as another message"
    shown = await author.all("Plan – https://example.org/c\nBild – https://example.org/d")
    assert labels(shown[0])[:4] == ["Mehr dazu", "Karte", "Plan", "Bild"], "nothing comes twice"
    asked = await author.tap(shown[-1], f"wd|{id}|buttons|de")
    assert _("A new list replaces these buttons.") in bare(asked.text)
    long = "Was alles auf dem Fest zu sehen und zu hören ist"
    refused = await author.say(f"{long} – https://example.org")
    assert _("A button has room for {count} characters: {label}", count=40, label=long) in bare(refused.text)
    shown = await author.all("Neu – https://example.org/e")
    assert labels(shown[0])[0] == "Neu"
    assert "Karte" not in labels(shown[0])
    await author.say("Wo ist Beratung?")
    assert [one.label for one in (await bodies(house, id))["de"].buttons] == ["Neu"]  # type: ignore[attr-defined]
    asked = await author.screen(shown[-1], f"wd|{id}|buttons|de")
    await author.tap(asked, f"wc|{id}|bare|de")
    assert (await bodies(house, id))["de"].buttons == ()  # type: ignore[attr-defined]


async def test_lines_that_are_no_buttons_are_named() -> None:
    assert read_buttons("A | https://example.org\n\n") == (LinkButton(label="A", url="https://example.org"),)
    assert read_buttons("https://example.org") == "https://example.org"
    assert read_buttons("A – B – nowhere") == "A – B – nowhere"


async def test_an_events_card_hangs_below_every_text(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    for code in ("de", "en"):
        texts = await author.screen(texts, f"wd|{id}|text|{code}")
        texts = (await author.all("Fest"))[-1]
    events = await author.screen(texts, f"wd|{id}|events")
    chosen = starting(data_of(events), f"wc|{id}|event")[0]
    event = chosen.rsplit("|", 1)[1]
    again = await author.tap(events, chosen)
    stored = await bodies(house, id)
    assert {body.event_id for body in stored.values()} == {event}  # type: ignore[attr-defined]
    (shown, *more), _toast = await author.data(again, f"wd|{id}|show")
    assert any(data.startswith(f"E|{event}|") for data in data_of(shown))
    assert len(more) == 2, "the other language, and a way back"
    await author.tap(again, f"wc|{id}|event")
    assert {body.event_id for body in (await bodies(house, id)).values()} == {""}  # type: ignore[attr-defined]
    await author.data(again, f"wc|{id}|event|no-such-event")
    assert {body.event_id for body in (await bodies(house, id)).values()} == {""}  # type: ignore[attr-defined]


async def test_an_event_of_the_second_page_is_named_and_has_its_mark(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    events = await author.tap(await author.screen(overview, f"wd|{id}|events"), _("More"))
    button = starting(data_of(events), f"wc|{id}|event")[-1]
    chosen = await author.tap(events, button)
    assert labels(chosen)[data_of(chosen).index(button)].startswith("✓ "), "the same page"
    event = (await house.holdings()).directory.get(Kind.EVENT, button.rsplit("|", 1)[1])
    assert event is not None
    title = event.title.localize(_.locale)
    assert title is not None
    assert _("Event: {name}", name=title.text) in bare(chosen.text)


async def test_what_only_some_languages_have_is_said_and_a_photo_taken_over(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    await author.data(overview, f"wd|{id}|buttons|de")
    await author.all("Mehr – https://example.org")
    for code, text in (("en", "Party"), ("uk", "д" * 1_500)):
        await author.data(overview, f"wd|{id}|text|{code}")
        await author.all(text)
    await author.data(overview, f"wd|{id}|text|en")
    await author.send("send_photo", "Party")
    names = forms(_.locale).languages
    lines = (
        _("Photo or document only in: {languages}", languages=names(["en"])),
        _("Link buttons only in: {languages}", languages=names(["de"])),
    )
    for part in ("texts", ""):
        screen = await author.screen(overview, f"wd|{id}|{part}" if part else f"wd|{id}")
        assert all(line in bare(screen.text) for line in lines), part
    texts = await author.screen(screen, f"wd|{id}|texts")
    shared = await author.tap(texts, _("The same photo for all languages"))
    files = {code: body.media for code, body in (await bodies(house, id)).items()}  # type: ignore[attr-defined]
    assert files == {"de": Media.PHOTO, "en": Media.PHOTO, "uk": None}
    assert _("Below a photo or document there is less room than in a text alone.") in bare(shared.text)
    await author.data(shared, f"wd|{id}|text|uk")
    await author.all("Свято")
    texts = await author.tap(await author.screen(overview, f"wd|{id}|texts"), f"wc|{id}|photo")
    assert _("The same photo for all languages") not in labels(texts)
    assert not any("Photo" in line or "Foto" in line for line in bare(texts.text).splitlines())


async def test_an_event_is_offered_with_its_next_date(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    listed = await author.screen(overview, f"wd|{id}|events")
    desk = house.lotse.desk
    now = desk.clock()
    events = (await house.holdings()).directory.events
    first = (await desk.agenda.upcoming(events, now, now + timedelta(days=120), desk.zone))[0]
    day = forms(_.locale).day(first.starts.date(), desk.today(now))
    title = first.event.title.localize(_.locale)
    assert title is not None
    button = labels(listed)[data_of(listed).index(f"wc|{id}|event|{first.event.id}")]
    assert f"{title.text} · {day}".startswith(button.rstrip("…").rstrip())
    assert " · " in button


async def test_an_event_is_chosen_in_all_languages_or_in_none(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    for code in ("en", "tr", "uk"):
        await author.data(overview, f"wd|{id}|text|{code}")
        await author.all("Fest")
    events = await author.screen(overview, f"wd|{id}|events")
    chosen = starting(data_of(events), f"wc|{id}|event")[0]
    with reads(house.lotse.store) as asked:
        await author.data(events, chosen)
    counted = [one for one in asked if "GROUP BY recipients.locale" in one]
    assert len(counted) == 2, "the audience is counted before and after, however many languages there are"
    await author.data(events, f"wc|{id}|event")
    await author.data(events, f"wd|{id}|text|tr")
    await author.all("x" * 3_700)
    refused = await author.screen(events, chosen)
    assert _("Text: {language}", language="Türkisch") in refused.text
    assert {body.event_id for body in (await bodies(house, id)).values()} == {""}  # type: ignore[attr-defined]


async def test_audience_by_places_languages_and_groups(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    areas = await author.screen(texts, f"wd|{id}|areas")
    assert await expected(house, author) == "town"
    added = await author.say("Wismar")
    assert (await broadcast(house, id)).audience.areas == {"town:wismar"}
    assert "Wismar" in added.text
    unknown = await author.say("Xyzzyburg")
    assert _("I know no town of this name. Please check how it is written.") in unknown.text
    district = starting(data_of(areas), f"wc|{id}|area|+district")
    await author.data(areas, next(d for d in data_of(areas) if d.startswith(f"wc|{id}|area|+district:")))
    assert len((await broadcast(house, id)).audience.areas) == 2
    assert district is not None
    for data in ("locale|+ar", "group|+contacts", "group|+staff", "group|-staff", "recent|+", "topic|+law"):
        await author.data(areas, f"wc|{id}|{data}")
    for hostile in ("topic|+nothing", "locale|+xx", "area|+town:nowhere", "group|+all", "nothing|x"):
        await author.data(areas, f"wc|{id}|{hostile}")
    audience = (await broadcast(house, id)).audience
    assert audience.locales == {"ar"}
    assert audience.groups == {Group.CONTACTS}
    assert audience.topics == {Topic.LAW}
    assert audience.not_within == 24
    for data in ("recent|-", "area|+mv"):
        await author.data(areas, f"wc|{id}|{data}")
    audience = (await broadcast(house, id)).audience
    assert not audience.not_within
    assert not audience.areas
    for part in ("topics", "locales", "groups", "audience"):
        screen = await author.screen(areas, f"wd|{id}|{part}")
        assert _("Recipients: {count}", count=0).split("0")[0] in bare(screen.text)


async def test_a_town_that_is_its_own_district_is_chosen_once(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    areas = await author.screen(overview, f"wd|{id}|areas")
    before = labels(areas)
    areas = await author.say("Rostock")
    everywhere = _("All of Mecklenburg-Vorpommern")
    marked = {"Rostock": "✓ Rostock", f"✓ {everywhere}": everywhere}
    assert labels(areas) == [marked.get(one, one) for one in before]
    await author.data(areas, f"wc|{id}|area|+district:hro")
    areas = await author.tap(areas, "✓ Rostock")
    assert labels(areas) == before
    assert (await broadcast(house, id)).audience.areas == frozenset()


async def test_towns_of_the_same_name_are_told_apart_by_their_district(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    await author.data(overview, f"wd|{id}|areas")
    offered = await author.say("Wustrow")
    named = ["Wustrow (Mecklenburgische Seenplatte)", "Wustrow (Vorpommern-Rügen)"]
    assert labels(offered)[:2] == named
    await author.tap(offered, named[1])
    assert (await broadcast(house, id)).audience.areas == {"town:wustrow-vr"}


async def test_a_town_that_is_its_own_district_is_named_once(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    for area in ("town:rostock", "district:hro"):
        await author.data(overview, f"wc|{id}|area|+{area}")
    assert (await broadcast(house, id)).audience.areas == {"town:rostock", "district:hro"}
    overview = await author.screen(overview, f"wd|{id}")
    assert _("Where: {areas}", areas="Rostock") in bare(overview.text).splitlines()


async def test_times_are_understood_or_named_as_not_understood(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.data(texts, f"wd|{id}|when")
    refused = await author.say("irgendwann")
    assert _("I do not understand this time. Nothing was changed.") in refused.text
    past = await author.say("1.1.2020 10:00")
    assert (await broadcast(house, id)).send_at is None
    assert "2020" in past.text
    gap = await author.say("28.3.2027 2:30")
    assert (await broadcast(house, id)).send_at == house.wall("2027-03-28T03:30")
    assert "3:30" in gap.text
    fold = await author.say("31.10.2027 2:30")
    assert _(
        "That night the clocks are put back, and this time comes twice. It is sent the first time."
    ) in bare(fold.text)
    repeat = await author.tap(fold, f"wd|{id}|repeat")
    weekly = await author.tap(repeat, f"wc|{id}|repeat|week")
    assert labels(weekly)
    async with house.lotse.store.read() as view:
        schedule = await view.schedule_of(id)
    assert schedule is not None
    assert schedule.rule == "FREQ=WEEKLY;BYDAY=SU"
    await author.say("1.1.2027")
    await author.say("wann auch immer")
    await author.say("31.12.2027")
    async with house.lotse.store.read() as view:
        schedule = await view.schedule_of(id)
    assert schedule is not None
    assert schedule.rule == "FREQ=WEEKLY;BYDAY=SU;UNTIL=20271231"
    await author.data(weekly, f"wd|{id}|when")
    await author.say("29.10.2027 9 Uhr")
    async with house.lotse.store.read() as view:
        schedule = await view.schedule_of(id)
    assert schedule is not None
    assert schedule.rule == "FREQ=WEEKLY;BYDAY=FR;UNTIL=20271231", "it follows to that weekday"
    await author.data(weekly, f"wc|{id}|repeat|month")
    await author.data(weekly, f"wc|{id}|repeat|once")
    async with house.lotse.store.read() as view:
        assert await view.schedule_of(id) is None
    soon = int((datetime.now(UTC) + timedelta(days=2)).timestamp() // 60)
    await author.data(weekly, f"wc|{id}|at|{soon}")
    stored = (await broadcast(house, id)).send_at
    assert stored is not None
    assert int(stored.timestamp() // 60) == soon
    screen = await author.screen(weekly, f"wc|{id}|at|1")
    assert "1970" in screen.text
    await author.data(weekly, f"wc|{id}|at|12345678901234")
    await author.data(weekly, f"wc|{id}|now")
    assert (await broadcast(house, id)).send_at is None


async def test_a_time_by_an_events_date(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    anchors = await author.screen(texts, f"wd|{id}|anchors")
    name = starting(data_of(anchors), f"wd|{id}|offset")[-1]
    offsets = await author.tap(anchors, name)
    record = name.rsplit("|", 1)[1]
    await author.screen(offsets, f"wc|{id}|anchor|0/{record}")
    anchor = (await broadcast(house, id)).anchor
    assert anchor is None or anchor.record == record
    refused = await author.screen(offsets, f"wc|{id}|anchor|-30/{record}")
    assert refused.text
    await author.data(offsets, name)
    refused = await author.say("irgendwann")
    assert _("I do not understand this time. Nothing was changed.") in refused.text
    assert starting(data_of(refused), f"wc|{id}|anchor"), "the days are still asked for"
    same = await author.screen(offsets, f"wc|{id}|anchor|5/event/none")
    assert data_of(same)
    back = await author.screen(offsets, f"wd|{id}|offset|event/none")
    assert starting(data_of(back), f"wd|{id}|offset")


async def test_what_is_written_by_an_events_date_stays_by_that_date(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    event = next(one for one in (await house.holdings()).directory.events if not one.repeats)
    record = f"event/{event.id}"
    starts = event.starts.replace(tzinfo=house.lotse.desk.zone)
    with house.clock(starts - timedelta(days=20)):
        offsets = await author.screen(overview, f"wd|{id}|offset|{record}")
        await author.tap(offsets, f"wc|{id}|anchor|-1/{record}")
        when = await author.say("15:30")
        anchor = Anchor(record=record, days=-1, hour=15, minute=30)
        assert (await broadcast(house, id)).anchor == anchor
        eve = (starts - timedelta(days=1)).date().isoformat()
        assert (await broadcast(house, id)).send_at == house.wall(f"{eve}T15:30")
        assert words("de").n("{count} day before", "{count} days before", 1) in bare(when.text)
        assert "15:30" in when.text
        await author.say("eine Woche vorher")
        assert (await broadcast(house, id)).anchor == replace(anchor, days=-7), "the time of day stays"
        refused = await author.say("30 Tage vorher")
        assert (await broadcast(house, id)).anchor == replace(anchor, days=-7)
        assert _("{time} is past. Nothing was changed.", time="")[-10:] in bare(refused.text)
        offsets = await author.screen(refused, f"wd|{id}|offset|{record}")
        assert _("It goes out at {time} on that day.", time="15:30") in bare(offsets.text)
        await author.tap(offsets, f"wc|{id}|anchor|-3/{record}")
        assert (await broadcast(house, id)).anchor == replace(anchor, days=-3)
        day = (starts - timedelta(days=2)).date()
        freed = await author.say(f"{day.day}.{day.month}. 9:00")
        assert (await broadcast(house, id)).anchor is None
        assert _("It does not depend on the date of an event or campaign any more.") in bare(freed.text)
        await author.screen(freed, f"wd|{id}|offset|{record}")
        refused = await author.say("30 Tage vorher")
        assert _("{time} is past. Nothing was changed.", time="")[-10:] in bare(refused.text)
        assert starting(data_of(refused), f"wc|{id}|anchor"), "the days are still asked for"
        await author.say("14 Tage vorher")
        assert (await broadcast(house, id)).anchor == Anchor(record=record, days=-14)


async def test_only_what_is_to_come_is_offered_before_a_date_and_what_is_chosen_has_a_mark(
    house: House,
) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    event = next(one for one in (await house.holdings()).directory.events if not one.repeats)
    record = f"event/{event.id}"
    starts = event.starts.replace(tzinfo=house.lotse.desk.zone)
    with house.clock(starts - timedelta(days=4)):
        when = await author.screen(overview, f"wd|{id}|when")
        assert [one for one in labels(when) if "✓" in one] == ["✓ " + _("At once")]
        offsets = await author.screen(when, f"wd|{id}|offset|{record}")
        days = [int(one.split("|")[3].split("/")[0]) for one in starting(data_of(offsets), f"wc|{id}|anchor")]
        assert days == [-3, -1, 0, 1, 7]
        when = await author.tap(offsets, f"wc|{id}|anchor|-1/{record}")
        marked = "✓ " + _("By the date of an event or campaign")
        assert [one for one in labels(when) if "✓" in one] == [marked]
        anchors = await author.tap(when, marked)
        while (button := f"wd|{id}|offset|{record}") not in data_of(anchors):
            anchors = await author.tap(anchors, _("More"))
        assert labels(anchors)[data_of(anchors).index(button)].startswith("✓ ")
        offsets = await author.screen(anchors, f"wd|{id}|offset|{record}")
        chosen = words("de").n("{count} day before", "{count} days before", 1)
        assert [bare(one) for one in labels(offsets) if "✓" in one] == [f"✓ {chosen}"]
        when = await author.screen(offsets, f"wd|{id}|when")
        quick = starting(data_of(when), f"wc|{id}|at")[0]
        when = await author.tap(when, quick)
        (only,) = [data for label, data in zip(labels(when), data_of(when), strict=True) if "✓" in label]
        assert only == quick


async def test_a_time_by_the_next_date_of_what_began_long_ago(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    record = "event/demo-sprachcafe-wismar"  # every week
    with house.clock(lambda: datetime.now(UTC) + timedelta(days=60)):
        offsets = await author.screen(overview, f"wd|{id}|offset|{record}")
        first, later = (f"wc|{id}|anchor|-1/{record}", starting(data_of(offsets), f"wd|{id}|offset")[0])
        button = next(data for data in data_of(offsets) if data.startswith(f"{first}@"))
        await author.screen(offsets, button)
        stored = await broadcast(house, id)
        assert stored.anchor is not None
        assert stored.send_at is not None
        assert timedelta(0) < datetime.now(UTC) + timedelta(days=68) - stored.send_at < timedelta(days=9)
        offsets = await author.screen(offsets, later)
        assert f"{first}@{later.rsplit('|', 1)[1]}" in data_of(offsets)
        await author.screen(offsets, f"wc|{id}|anchor|-1/{record}@{later.rsplit('|', 1)[1]}")
    moved = (await broadcast(house, id)).send_at
    assert moved is not None
    assert moved.date() - stored.send_at.date() == timedelta(days=7)


async def test_options_say_what_they_mean(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    options = await author.screen(texts, f"wd|{id}|options")
    cap = house.lotse.settings.daily_cap
    assert _("People who have had enough messages ({count}) that day", count=cap) in options.text
    for part in ("missing", "unknown", "cap"):
        choices = await author.screen(options, f"wd|{id}|{part}")
        assert len(starting(data_of(choices), f"wc|{id}|{part}")) >= 2
    for data in ("unknown|resend", "cap|skip", "first|+", "missing|others", "missing|nothing"):
        await author.data(options, f"wc|{id}|{data}")
    stored = (await broadcast(house, id)).options
    assert (stored.unknown, stored.cap, stored.first) == (Unknown.RESEND, Cap.SKIP, 20)
    assert stored.missing is Missing.OTHERS
    await author.data(options, f"wc|{id}|urgent|+")
    assert (await broadcast(house, id)).options.urgent
    overview = await author.screen(options, f"wd|{id}")
    assert _("Urgent: it also goes out at night.") in overview.text
    capped = _("People who have had enough messages ({count}) that day", count=cap)
    assert capped not in overview.text, "what is urgent goes out beside the messages of a day"
    urgent = await author.screen(options, f"wd|{id}|options")
    assert capped not in urgent.text
    assert f"wd|{id}|cap" not in data_of(urgent)
    for data in ("urgent|-", "first|-"):
        await author.data(options, f"wc|{id}|{data}")
    stored = (await broadcast(house, id)).options
    assert not stored.urgent
    assert stored.unknown is Unknown.RESEND, "what was chosen before stays"
    assert not stored.first
    overview = await author.screen(options, f"wd|{id}")
    async with house.lotse.store.begin() as tx:
        await tx.change(id, options=replace(stored, first=50))  # as a file may say
    chosen = labels(await author.screen(overview, f"wd|{id}|options"))
    assert "✓ " + _("First {count}, then all", count=50) in chosen


async def test_a_warning_is_urgent_without_being_told_so(house: House) -> None:
    """Who asked for urgent warnings was promised that they come all the same."""
    paused = await subscriber(house, "de", Topic.URGENT)
    async with house.lotse.store.begin() as tx:
        until_then = datetime.now(UTC) + timedelta(days=3)
        await tx.set_rhythm(paused.chat_id, Rhythm(quiet_from=0, quiet_to=23, muted_until=until_then))
    author = await member(house)
    id, overview = await begun(author, Topic.WORK, text="Hochwasser")
    urgent = _("Urgent: it also goes out at night.")
    topics = await author.screen(overview, f"wd|{id}|topics")
    assert urgent not in topics.text
    topics = await author.screen(topics, f"wc|{id}|topic|+urgent")
    assert urgent in topics.text
    assert (await broadcast(house, id)).options.unknown is Unknown.RESEND, "rather twice than not at all"
    options = await author.screen(topics, f"wd|{id}|options")
    assert _("Urgent warnings always are: that is what their readers were promised.") in options.text
    assert f"wc|{id}|urgent|+" not in data_of(options)
    await author.data(options, f"wc|{id}|topic|-work")
    await author.data(options, f"wc|{id}|locale|+de")
    overview = await author.screen(options, f"wd|{id}")
    assert urgent in overview.text
    check = await author.screen(overview, f"wr|{id}|check")
    assert urgent in check.text
    await author.tap(check, f"wr|{id}|send")
    await until_state(house, id, State.SENT)
    assert "Hochwasser" in received(house, paused)[-1].text
    templates = await author.tap(await author.say("/announce"), "w|templates")
    assert _("The new one is not urgent, whatever the earlier one was.") not in templates.text


async def test_what_is_planned_gets_a_window_and_can_have_another(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    options = await author.screen(texts, f"wd|{id}|options")
    assert f"wd|{id}|holidays" not in data_of(options)
    await author.data(options, f"wd|{id}|when")
    when = await author.say("24.12.2027 10:00")
    assert (await broadcast(house, id)).options.window == NOTICE_WINDOW
    options = await author.screen(when, f"wd|{id}|options")
    for part, value in (
        ("late", "60"),
        ("holidays", "move"),
        ("expiry", "7"),
        ("late", "61"),
        ("expiry", "8"),
    ):
        choices = await author.screen(options, f"wd|{id}|{part}")
        assert len(starting(data_of(choices), f"wc|{id}|{part}")) >= 3
        options = await author.screen(choices, f"wc|{id}|{part}|{value}")
    stored = await broadcast(house, id)
    assert stored.options == Options(window=60, move_holidays=True)
    assert stored.send_at is not None
    assert stored.expires_at == stored.send_at + timedelta(days=7)
    await author.data(options, f"wd|{id}|when")
    when = await author.say("25.12.2027 10:00")
    assert _("Moved here from a public holiday.") in when.text
    assert _("Up to one hour late") in (await author.screen(when, f"wd|{id}")).text


async def test_what_a_holiday_does_is_said_as_it_is_done(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    event = next(one for one in (await house.holdings()).directory.events if not one.repeats)
    await author.data(overview, f"wc|{id}|missing|others")
    next_, earlier, all_the_same, not_at_all = (
        _("It goes out on the next working day"),
        _("It goes out on another working day, before that date"),
        _("It goes out all the same"),
        _("It does not go out"),
    )
    with house.clock(event.starts.replace(tzinfo=house.lotse.desk.zone) - timedelta(days=4)):
        for days, choice, said, offered in (
            (7, "move", next_, [f"✓ {next_}", not_at_all, all_the_same]),
            (-1, "move", earlier, [f"✓ {earlier}", not_at_all, all_the_same]),
            (0, "move", all_the_same, [not_at_all, f"✓ {all_the_same}"]),
            (0, "skip", not_at_all, [f"✓ {not_at_all}", all_the_same]),
        ):
            when = await author.screen(overview, f"wc|{id}|anchor|{days}/event/{event.id}")
            options = await author.screen(when, f"wd|{id}|options")
            choices = await author.screen(options, f"wd|{id}|holidays")
            options = await author.screen(choices, f"wc|{id}|holidays|{choice}")
            line = f"{_('On a public holiday')}: {said}"
            assert line in bare(options.text)
            assert line in bare((await author.screen(options, f"wd|{id}")).text)
            choices = await author.screen(options, f"wd|{id}|holidays")
            assert labels(choices)[:-1] == offered
        check = await author.screen(choices, f"wr|{id}|check")
        page = await author.screen(await author.tap(check, f"wr|{id}|send"), f"wb|{id}")
        assert line in bare(page.text)
        assert (await broadcast(house, id)).state is State.SCHEDULED
        await author.data(page, f"wa|{id}|cancel")


@in_both_houses
async def test_an_author_hands_over_and_a_second_person_releases(house: House) -> None:
    reader = await subscriber(house, "de", Topic.WORK)
    author, releaser = await member(house, Role.AUTHOR), await member(house, Role.RELEASER)
    id, overview = await begun(author, Topic.WORK, text="Stellen im Hafen")
    overview = await author.screen(overview, f"wc|{id}|missing|fallback")
    await author.data(overview, f"wd|{id}|when")
    await author.say("24.12.2027 10:00")
    check = await author.screen(overview, f"wr|{id}|check")
    await author.tap(check, f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    await author.data(check, f"wr|{id}|send")
    assert (await broadcast(house, id)).state is State.REVIEW, "its author cannot release it"
    start = await releaser.say("/announce")
    waiting = await releaser.tap(start, "w|waiting")
    page = await releaser.tap(waiting, f"wb|{id}")
    asked = await releaser.tap(page, f"wr|{id}|return")
    assert (await broadcast(house, id)).state is State.REVIEW
    assert f"wr|{id}|back" in data_of(asked)
    await releaser.say("Der Ort\nfehlt")
    back = await broadcast(house, id)
    assert (back.state, back.pause_reason) == (State.DRAFT, "Der Ort fehlt")
    check = await author.screen(check, f"wr|{id}|check")
    await author.tap(check, f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await releaser.screen(page, f"wb|{id}")
    await releaser.tap(page, f"wr|{id}|send")
    released = await broadcast(house, id)
    assert released.state is State.SCHEDULED
    assert released.releaser_id == (await row(house, releaser)).id
    assert not [m for m in house.sandbox.chat_of(reader.person).messages.values() if "Hafen" in m.text]
    again = await releaser.screen(page, f"wa|{id}|draft")
    assert _("It is a draft again: nobody gets it until it is sent once more.") in again.text
    assert (await broadcast(house, id)).state is State.DRAFT
    await author.data(check, f"wr|{id}|sure")


@in_both_houses
async def test_who_sends_back_what_somebody_else_has_sent_back_is_told_so(house: House) -> None:
    author, first, second = await member(house, Role.AUTHOR), await member(house), await member(house)
    id, overview = await begun(author, Topic.WORK)
    overview = await author.screen(overview, f"wc|{id}|missing|others")
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    for releaser in (first, second):
        page = await releaser.screen(await releaser.say("/announce"), f"wb|{id}")
        await releaser.data(page, f"wr|{id}|return")
    await first.all("Der Ort fehlt")
    (late,) = [one for one in await second.all("Die Zeit fehlt") if "Die Zeit fehlt" in one.text]
    assert _("It was sent back before: it is a draft again already.") in late.text
    assert _("Your words did not reach its author:") in late.text
    back = await broadcast(house, id)
    assert (back.state, back.pause_reason) == (State.DRAFT, "Der Ort fehlt")
    await author.data(overview, f"wr|{id}|sure")


async def test_many_recipients_need_a_second_person_or_an_emergency(house: House) -> None:
    await subscriber(house, "de", Topic.COURSES)
    author, _second = await member(house), await member(house)
    desk = house.lotse.desk
    before = desk.two_person_from
    object.__setattr__(desk, "two_person_from", 1)
    try:
        id, overview = await begun(author, Topic.COURSES)
        await author.data(overview, f"wc|{id}|missing|fallback")
        await author.data(overview, f"wd|{id}|when")
        await author.say("24.12.2027 10:00")
        check = await author.screen(overview, f"wr|{id}|check")
        assert _("This goes to many people: a second person must release it.") in check.text
        page = await author.tap(check, f"wr|{id}|send")
        await until_state(house, id, State.REVIEW)
        writer = await member(house)
        async with house.lotse.store.begin() as tx:
            about = {"broadcast": id}
            await tx.audit(datetime.now(UTC), (await row(house, writer)).id, "draft", about, desk.audit_key)
        theirs = await writer.screen(await writer.say("/announce"), f"wb|{id}")
        (override,) = starting(data_of(theirs), f"wr|{id}|override")
        refused = await writer.screen(theirs, override.replace("override", "send"))
        assert _("Somebody else must release it: you wrote it yourself.") in refused.text
        sure = await author.screen(page, override)
        assert (await broadcast(house, id)).state is State.REVIEW, "that is asked twice, too"
        assert _("In an emergency you can send it alone: all admins are told.") in sure.text
        page = await author.screen(sure, override.replace("override", "alone"))
        assert (await broadcast(house, id)).state is State.SCHEDULED
        assert _("Without a second person: all admins are told.") in page.text
    finally:
        object.__setattr__(desk, "two_person_from", before)
    async with house.lotse.store.read() as view:
        acts = [
            entry.act for entry in await view.audit_entries(0, 10_000) if entry.about.get("broadcast") == id
        ]
    assert acts[-1] == "override"
    await author.data(page, f"wa|{id}|cancel")


@in_both_houses
async def test_an_older_screen_sends_nothing_that_it_did_not_show(house: House) -> None:
    await subscriber(house, "de", Topic.WORK)
    author = await member(house)
    id, overview = await begun(author, Topic.WORK, text="Stellen im Hafen")
    overview = await author.screen(overview, f"wc|{id}|missing|fallback")
    older = await author.screen(overview, f"wr|{id}|check")
    await author.data(overview, f"wc|{id}|topic|+law")
    changed = _("Something has changed meanwhile. Please look at it again.")
    look = await author.tap(older, f"wr|{id}|send")
    assert changed in look.text
    assert (await broadcast(house, id)).state is State.DRAFT
    check = await author.screen(await author.tap(look, f"wd|{id}"), f"wr|{id}|check")
    await author.tap(check, f"wr|{id}|send")
    assert (await broadcast(house, id)).state is State.SCHEDULED


async def test_a_change_while_a_screen_is_made_is_not_sent_by_it(house: House) -> None:
    author = await member(house)
    await subscriber(house, "de", Topic.WORK)
    id, overview = await begun(author, Topic.WORK, text="Stellen im Hafen")
    await author.screen(overview, f"wc|{id}|missing|fallback")
    desk, now = house.lotse.desk, house.lotse.desk.clock()
    turn = Turn(author.chat_id, ChatType.PRIVATE, _.locale, _, now, desk)
    me = await row(house, author)
    shown = await announce_draft.load(turn, me, id)
    await drafting.set_text(desk.office, me, id, Body(locale="de", html="Ganz anders"), now)
    for message in (
        (await announce_release.check(turn, shown)).messages[0],
        await announce_release.review_message(turn, shown),
    ):
        (send,) = (
            button.action
            for buttons in message.buttons
            for button in buttons
            if isinstance(button.action, office_actions.ReleaseDraft) and button.action.step == "send"
        )
        (look,) = (await announce_release.step(turn, send)).messages
        assert _("Something has changed meanwhile. Please look at it again.") in look.text
    assert (await broadcast(house, id)).state is State.DRAFT


async def test_what_was_given_back_is_not_released_by_the_request_for_it(house: House) -> None:
    await subscriber(house, "de", Topic.WORK)
    author = await member(house, Role.AUTHOR)
    one, other = await member(house, Role.RELEASER), await member(house, Role.RELEASER)
    id, overview = await begun(author, Topic.WORK, text="Stellen im Hafen")
    overview = await author.screen(overview, f"wc|{id}|missing|fallback")
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    page = await other.screen(await other.say("/announce"), f"wb|{id}")
    asked = await one.tap(await one.screen(await one.say("/announce"), f"wb|{id}"), f"wr|{id}|return")
    await one.tap(asked, f"wr|{id}|back")
    changed = _("Something has changed meanwhile. Please look at it again.")
    assert changed in (await other.tap(page, f"wr|{id}|send")).text
    assert (await broadcast(house, id)).state is State.DRAFT
    await author.tap(await author.screen(overview, f"wr|{id}|check"), f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    (send,) = starting(data_of(page), f"wr|{id}|send")
    assert changed in (await other.screen(page, send)).text, "handed over anew, it may be another text"
    assert (await broadcast(house, id)).state is State.REVIEW


async def test_the_last_look_names_for_whom_it_is_and_that_it_is_urgent(house: House) -> None:
    await subscriber(house, "de", Topic.WORK)
    author, releaser = await member(house, Role.AUTHOR), await member(house, Role.RELEASER)
    event = next(iter((await house.holdings()).directory.events))
    id, overview = await begun(author, Topic.WORK, text="Eilig")
    await author.data(overview, f"wc|{id}|missing|fallback")
    await author.data(overview, f"wc|{id}|urgent|+")
    await author.data(overview, f"wc|{id}|event|{event.id}")
    await author.data(overview, f"wc|{id}|locale|+de")
    await author.data(overview, f"wc|{id}|recent|+")
    overview = await author.screen(overview, f"wd|{id}")
    check = await author.screen(overview, f"wr|{id}|check")
    title = event.title.localize(_.locale)
    assert title is not None
    facts = [
        _("Event: {name}", name=title.text),
        _("For: {who}", who=_("Work")),
        _("Where: {areas}", areas=_("All of Mecklenburg-Vorpommern")),
        _("Languages: {languages}", languages="Deutsch"),
        _("Left out: people who got something in the last 24 hours"),
        _("Urgent: it also goes out at night."),
    ]
    assert [fact for fact in facts if fact not in bare(overview.text)] == []
    assert [fact for fact in facts if fact not in bare(check.text)] == []
    page = await author.tap(check, f"wr|{id}|send")
    assert [fact for fact in facts[1:-1] if fact not in bare(page.text)] == []
    asked = _("Please look at it and release it: {name}", name="Eilig")

    async def told() -> bool:
        return any(asked in message.text for message in received(house, releaser))

    await until(house, told)
    (request,) = (message for message in received(house, releaser) if asked in message.text)
    assert [fact for fact in facts if fact not in bare(request.text)] == []
    assert _("Texts: {languages}", languages="Deutsch") in bare(request.text)
    assert _("Two people look at everything that goes to many.") not in request.text


async def test_who_decides_sees_the_same_numbers_wherever_it_is_decided(house: House) -> None:
    """Readers of some languages get nothing, of others another language: the releaser sees it, too."""
    for code in ("de", "ar", "uk"):
        await subscriber(house, code, Topic.WORK)
    author, releaser = await member(house, Role.AUTHOR), await member(house, Role.RELEASER)
    id, overview = await begun(author, Topic.WORK, text="Für wen genau")
    for data in ("missing|others", "urgent|+", "first|+"):
        await author.data(overview, f"wc|{id}|{data}")
    now, office = house.lotse.desk.clock(), house.lotse.desk.office
    seen = await drafting.preview(office, await row(house, author), id, now)
    arabic, german, ukrainian = (seen.counts[code] for code in ("ar", "de", "uk"))
    check = await author.screen(overview, f"wr|{id}|check")
    facts = [
        _.n("It goes to {count} person.", "It goes to {count} people.", german),
        f"\nDeutsch {german}\n",
        f"Arabisch {arabic}",
        f"Ukrainisch {ukrainian}",
        f"→ {_('Send to the others, these get nothing')}",
        _("Urgent: it also goes out at night."),
        _("First to {count} people, then a pause for a look.", count=20),
    ]
    assert [fact for fact in facts if fact not in bare(check.text)] == []
    assert f"Arabisch {arabic}" in bare(check.text).partition("Kein Text in")[2].splitlines()[0]
    page = await author.tap(check, f"wr|{id}|send")
    await until_state(house, id, State.REVIEW)
    asked = _("Please look at it and release it: {name}", name="Für wen genau")
    (request,) = (message for message in received(house, releaser) if asked in message.text)
    listed = await releaser.screen(await releaser.say("/announce"), "w|waiting")
    for screen in (page, request, await releaser.screen(listed, f"wb|{id}")):
        assert [fact for fact in facts if fact not in bare(screen.text)] == []
    await releaser.data(listed, f"wr|{id}|back")
    await author.data(check, f"wr|{id}|sure")


async def test_a_link_that_cannot_be_sent_is_named(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW)
    await author.screen(overview, f"wd|{id}|text|en")
    links = ("tg://resolve?domain=a<b>", "https://example.org/", "mailto:a@example.org")
    entities = [{"type": "text_link", "offset": n, "length": 1, "url": url} for n, url in enumerate(links)]
    _shown, saved = await author.raw(text="abc", entities=entities)
    assert _("Saved: {language}", language="Englisch") in saved.text
    warnings = [line for line in bare(saved.text).splitlines() if line.startswith("⚠")]
    named = [f"⚠ {_('This link does not work: {link}', link=url)}" for url in (links[0], links[2])]
    assert warnings == named
    async with house.lotse.store.read() as view:
        assert (await view.bodies(id))["en"].html == 'a<a href="https://example.org/">b</a>c'


async def test_the_end_of_a_repetition_stays_until_it_is_taken_away(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW)

    async def rule() -> str:
        async with house.lotse.store.read() as view:
            schedule = await view.schedule_of(id)
        assert schedule is not None
        return schedule.rule

    endless = _("Without an end")
    await author.data(overview, f"wd|{id}|when")
    await author.say("20.1.2028 18:00")
    screen = await author.screen(overview, f"wc|{id}|repeat|week")
    assert endless not in labels(screen)
    screen = await author.say("31.12.")
    assert await rule() == "FREQ=WEEKLY;BYDAY=TH;UNTIL=20281231", "the first such day from the first time on"
    assert endless in labels(screen)
    await author.data(screen, f"wc|{id}|repeat|week")
    assert await rule() == "FREQ=WEEKLY;BYDAY=TH;UNTIL=20281231"
    await author.data(screen, f"wc|{id}|repeat|month")
    assert await rule() == "FREQ=MONTHLY;BYMONTHDAY=20;UNTIL=20281231"
    hour = await author.say("10:00")
    assert await rule() == "FREQ=MONTHLY;BYMONTHDAY=20;UNTIL=20281231", "an hour is no last day"
    assert (await broadcast(house, id)).send_at == house.wall("2028-01-20T10:00")
    assert "20. Januar 2028, 10:00" in bare(hour.text)
    for written, reason in (
        ("morgen", _("That is before the first time. Nothing was changed.")),
        ("19.1.2028", _("That is before the first time. Nothing was changed.")),
        ("irgendwann", _("I do not understand this time. Nothing was changed.")),
    ):
        assert reason in (await author.say(written)).text
    await author.say("20.1.")
    assert await rule() == "FREQ=MONTHLY;BYMONTHDAY=20;UNTIL=20280120", "the day of the first time itself"
    screen = await author.screen(screen, f"wc|{id}|repeat|endless")
    assert await rule() == "FREQ=MONTHLY;BYMONTHDAY=20"
    assert endless not in labels(screen)
    await author.data(screen, f"wc|{id}|repeat|once")
    await author.data(screen, f"wc|{id}|repeat|endless")
    async with house.lotse.store.read() as view:
        assert await view.schedule_of(id) is None, "what is sent once has no end to take away"


async def test_a_public_holiday_is_named_beside_the_time(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW)
    await author.data(overview, f"wd|{id}|when")
    plain = await author.say("21.12.2027 10:00")
    assert "Feiertag" not in plain.text
    holiday = await author.say("25.12.2027 10:00")
    christmas = _("Christmas Day")
    assert _("Public holiday: {name}", name=christmas) in bare(holiday.text)
    await author.data(holiday, f"wc|{id}|holidays|move")
    moved = await author.screen(holiday, f"wd|{id}|when")
    assert f"{_('Moved here from a public holiday.')} ({christmas})" in bare(moved.text)
    assert "27. Dezember 2027, 10:00" in bare(moved.text)


async def test_a_time_that_has_passed_is_said_so_where_it_is_chosen(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW)
    at = house.lotse.desk.clock() - timedelta(hours=2)
    for window, said in (
        (60, _("This time has passed. Choose another one.")),
        (0, _("This time is past: the announcement goes out as soon as it is released.")),
    ):
        async with house.lotse.store.begin() as tx:
            await tx.change(id, send_at=at, options=Options(window=window))
        for data in (f"wd|{id}", f"wd|{id}|when"):
            assert said in bare((await author.screen(overview, data)).text)


async def test_an_earlier_one_is_a_template(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW, text="Neues Gesetz")
    check = await author.screen(overview, f"wr|{id}|sure")
    assert check.text
    start = await author.say("/announce")
    async with house.lotse.store.begin() as tx:
        await tx.change(id, options=Options(urgent=True))
    templates = await author.tap(start, "w|templates")
    day = forms(_.locale).month(house.lotse.desk.today(datetime.now(UTC)))
    assert f"{day} · Neues Gesetz" in labels(templates)
    async with house.lotse.store.read() as view:
        earlier = await drafting.templates(view, await row(house, author))
    # Other tests' warnings may stand on this page: what is made of one is urgent as well.
    warned = any(one.warning for one in earlier if f"wn|{one.id}" in data_of(templates))
    assert (_("The new one is not urgent, whatever the earlier one was.") in templates.text) is not warned
    copy = await author.tap(templates, f"wn|{id}")
    new = draft_of(copy)
    assert new != id
    assert (await bodies(house, new))["de"].html == "Neues Gesetz"  # type: ignore[attr-defined]
    assert not (await broadcast(house, new)).options.urgent
    for page in ("drafts", "planned", "sent", "waiting"):
        listed = await author.tap(start, f"w|{page}")
        assert listed.text
        start = await author.screen(listed, "w")
    gone = await author.screen(start, "wn|999999")
    assert _("This is not possible any more: it was changed, sent or discarded meanwhile.") in gone.text


FORGED = [
    office_actions.ShowAnnounce(),
    office_actions.ShowAnnounce("sent"),
    office_actions.NewDraft(),
    office_actions.OpenDraft(1),
    office_actions.ChangeDraft(1, "topic", "+law"),
    office_actions.ReleaseDraft(1, "send"),
    office_actions.ReleaseDraft(1, "sure"),
    office_actions.OpenBroadcast(1),
    office_actions.ActOnBroadcast(1, "withdraw"),
    office_actions.ActOnBroadcast(1, "report"),
    office_actions.CorrectBroadcast(1, 2, "de"),
    office_actions.CallOff(),
]


@pytest.mark.parametrize("removed", [False, True], ids=["nobody", "removed"])
async def test_forged_buttons_do_nothing_without_a_role(house: House, removed: bool) -> None:
    author = await member(house)
    id, screen = await begun(author, Topic.LAW)
    visitor = author
    if removed:
        async with house.lotse.store.begin() as tx:
            await tx.remove_staff((await row(house, author)).id, datetime.now(UTC))
    else:
        visitor = await house.settled("de")
        screen = await visitor.say("/menu")
    async with house.lotse.store.read() as view:
        draft = await view.broadcast(id)
        before = {one.id: one.state for one in await view.broadcasts(list(State))}
    only = _("This is only for the office.")
    assert only in (await visitor.say("/announce")).text
    for action in FORGED:
        data = action.pack().replace("|1", f"|{id}", 1)
        found, _toast = await visitor.data(screen, data)
        assert [bare(m.text) for m in found] == [only], data
    await visitor.say("Ein ganz anderer Text")
    assert "Ein ganz anderer Text" not in str(await bodies(house, id))
    async with house.lotse.store.read() as view:
        assert {one.id: one.state for one in await view.broadcasts(list(State))} == before
        assert await view.broadcast(id) == draft


async def test_an_event_is_called_off_in_two_taps(house: House) -> None:
    author = await member(house)
    start = await author.say("/announce")
    events = await author.tap(start, _("An event is cancelled"))
    chosen = starting(data_of(events), "we")[1]  # the first may have begun
    check = await author.tap(events, chosen)
    id = draft_of(check)
    stored = await broadcast(house, id)
    assert stored.options.urgent
    assert stored.audience.event == chosen.split("|")[1]
    assert stored.audience.topics == {Topic.EVENTS}
    texts = await bodies(house, id)
    assert len(texts) == 12
    assert starting(data_of(check), f"wr|{id}|send")
    again = await author.screen(check, "we|no-such-event|1")
    assert starting(data_of(again), "we")
    event = (await house.holdings()).directory.get(Kind.EVENT, stored.audience.event)
    assert event is not None
    title = event.title.localize(words("de").locale)
    assert title is not None
    first = stored.name.splitlines()[0]
    assert title.text in first, "lists show the first line"
    assert first.startswith("Fällt aus: ")
    page = await author.tap(check, f"wr|{id}|send")
    assert _("Please change the event's entry, too: it still says that it takes place.") in page.text
    assert "lotse import" in page.text, "and how"
    await until_state(house, id, State.SENT)
    listed = await author.tap(await author.say("/announce"), _("An event is cancelled"))
    assert chosen not in data_of(listed), "it is called off already"
    again = await author.screen(listed, chosen)
    assert _("This is not possible any more: it was changed, sent or discarded meanwhile.") in again.text
    card = await author.screen(page, f"E|{'|'.join(chosen.split('|')[1:3])}")
    assert _("Save and remind me") not in labels(card), "for everybody it is cancelled now"
    async with house.lotse.store.begin() as tx:
        await tx.move(id, State.WITHDRAWN)
    card = await author.screen(card, f"E|{'|'.join(chosen.split('|')[1:3])}")
    assert _("Save and remind me") in labels(card), "it takes place after all"


async def test_a_call_off_that_waits_says_no_tomorrow(house: House) -> None:
    author = await member(house)
    zone = house.lotse.desk.zone
    event = next(one for one in (await house.holdings()).directory.events if not one.repeats and one.place)
    starts = event.starts.replace(tzinfo=zone)
    screen = await author.say("/announce")
    with house.clock(starts - timedelta(days=1)):
        check = await author.screen(screen, office_actions.CallOff(event.id, to_minutes(starts)).pack())
        id = draft_of(check)
        stored = await bodies(house, id)
        assert len(stored) == len(LOCALES)
        for locale in LOCALES:
            day = forms(locale).day(event.starts.date(), None)
            assert day in stored[locale.code].html  # type: ignore[attr-defined]
            tomorrow = forms(locale).day(event.starts.date(), event.starts.date() - timedelta(days=1))
            assert tomorrow.split()[0] not in stored[locale.code].html  # type: ignore[attr-defined]
        await author.data(check, f"wr|{id}|sure")


async def test_a_repetition_is_released_and_stopped(house: House) -> None:
    await subscriber(house, "de", Topic.WORK)
    author = await member(house)
    id, overview = await begun(author, Topic.WORK, text="Jede Woche neu")
    for data in ("missing|fallback", "repeat|month"):
        await author.data(overview, f"wc|{id}|{data}")
    overview = await author.screen(overview, f"wd|{id}")
    check = await author.tap(overview, f"wr|{id}|check")
    page = await author.tap(check, f"wr|{id}|send")
    assert (await broadcast(house, id)).state is State.TEMPLATE
    async with house.lotse.store.read() as view:
        schedule = await view.schedule_of(id)
    assert schedule is not None
    assert schedule.next_at == (await broadcast(house, id)).send_at
    ask = await author.tap(page, f"wb|{id}|stop")
    stopped = await author.tap(ask, f"wa|{id}|stop")
    assert _("Cancelled") in stopped.text
    assert (await broadcast(house, id)).state is State.CANCELLED
    async with house.lotse.store.read() as view:
        schedule = await view.schedule_of(id)
    assert schedule is None or schedule.next_at is None


async def test_a_repetition_whose_rule_is_over_is_not_called_cancelled(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.WORK, text="Zum letzten Mal")
    async with house.lotse.store.begin() as tx:
        await tx.add_schedule(id, "FREQ=DAILY;COUNT=1", datetime(2026, 1, 1, 9, tzinfo=UTC), None)
        await tx.move(id, State.TEMPLATE)
    await until_state(house, id, State.CANCELLED)
    over = _("Repetition is over")
    listed = await author.screen(overview, "w|sent")
    assert f"• Zum letzten Mal – {over}" in bare(listed.text)
    card = await author.screen(listed, f"wb|{id}")
    assert bare(card.text).splitlines()[:2] == ["Zum letzten Mal", over]
    old = await author.screen(await author.screen(card, "w|sent"), f"wr|{id}|sure")
    assert bare(old.text).splitlines()[:2] == ["Zum letzten Mal", over], "what it sent is not unsaid"


async def test_texts_are_seen_as_readers_see_them_and_can_be_removed(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW, text="Neu ab Mai")
    preview = await author.screen(overview, f"wd|{id}|preview")
    shown = await author.press(preview, f"wd|{id}|show|de")
    assert shown[0].text.startswith("Neu ab Mai")
    assert _("This is how it arrives. Only you have got it.") in shown[-1].text
    async with house.lotse.store.read() as view:
        (last,) = await view.latest_audit(1)
    assert (last.act, last.about) == ("test", {"broadcast": id, "locale": "de"})
    nothing, _toast = await author.data(shown[-1], f"wd|{id}|show|uk")
    assert _("See it as readers do") in nothing[0].text
    await author.data(shown[-1], f"wc|{id}|drop|de")
    assert await bodies(house, id) == {}
    texts = await author.screen(preview, f"wd|{id}|text|xx")
    assert _("Choose a language, then send its text.") in texts.text
    screen = await author.screen(texts, f"wd|{id}|buttons|de")
    assert await expected(house, author) == "text:de", "buttons need a text"
    empty = await author.raw(text="\u2063\u2063")
    assert _("There is no text in it.") in empty[0].text
    check = await author.screen(screen, f"wr|{id}|check")
    assert _("Still missing:") in check.text
    await author.data(check, f"wr|{id}|send")
    assert (await broadcast(house, id)).state is State.DRAFT, "what is missing cannot be sent"


@in_both_houses
async def test_several_towns_of_a_name_are_offered(house: House) -> None:
    author = await member(house)
    texts = await author.tap(await author.say("/announce"), _("New announcement"))
    id = draft_of(texts)
    await author.data(texts, f"wd|{id}|areas")
    found = house.lotse.desk.gazetteer.search("Neu", 10)
    assert len(found) > 1
    offered = await author.say("Neu")
    chosen = starting(data_of(offered), f"wc|{id}|area")[0]
    await author.tap(offered, chosen)
    assert (await broadcast(house, id)).audience.areas == {chosen.rsplit("|+", 1)[1]}


async def test_what_waits_for_another_act_is_not_done_twice(house: House) -> None:
    author, colleague = await member(house), await member(house)
    id, overview = await begun(author, Topic.LAW, text="Zwei Menschen, ein Entwurf")
    await author.data(overview, f"wd|{id}|text|en")
    async with house.lotse.store.begin() as tx:
        await tx.move(id, State.CANCELLED)
    late = await author.say("Too late")
    assert "en" not in await bodies(house, id)
    assert _("Cancelled") in late.text
    page = await colleague.screen(await colleague.say("/announce"), f"wc|{id}|topic|+law")
    assert _("Cancelled") in page.text
    gone = await colleague.screen(page, f"wa|{id}|pause")
    assert _("This is not possible any more: it was changed, sent or discarded meanwhile.") in gone.text
    nothing = await colleague.screen(gone, f"wb|{id}|correct")
    assert _("Cancelled") in nothing.text
    table = await colleague.screen(nothing, f"wa|{id}|report")
    assert _("Report: {name}", name="Zwei Menschen, ein Entwurf") in table.text


async def test_staff_of_an_association_are_told_whom_they_may_write_to(house: House) -> None:
    async with house.lotse.store.read() as view:
        places = {one.id: one.places for one in await view.records() if isinstance(one, Organisation)}
    organisation, (place, *_rest) = next((id, found) for id, found in places.items() if found)
    author = await member(house, organisation=organisation)
    id, overview = await begun(author, Topic.FUNDING)
    own = (await broadcast(house, id)).audience.areas
    assert own >= {f"town:{place.town}"}
    topics = await author.screen(overview, f"wd|{id}|topics")
    assert not [data for data in data_of(topics) if data.endswith("internal")]
    audience = await author.screen(topics, f"wd|{id}|audience")
    assert f"wd|{id}|groups" not in data_of(audience)
    places_ = await author.screen(audience, f"wd|{id}|areas")
    assert {data.rsplit("|", 1)[1][1:] for data in starting(data_of(places_), f"wc|{id}|area")} <= own
    assert _("Your role is limited to one association: these are its places.") in places_.text
    (refused,), _toast = await author.data(overview, f"wc|{id}|topic|+internal")
    assert "Ihre Rolle gilt nur für einen Verein" in refused.text
    for change in ("area|+mv", "group|+staff"):
        await author.data(refused, f"wc|{id}|{change}")
    assert (await broadcast(house, id)).audience.groups == frozenset()
    assert (await broadcast(house, id)).audience.topics == {Topic.FUNDING}


SCREENS = (
    *("texts", "text|de", "text|uk", "buttons|de", "events", "preview", "show", "show|de"),
    *("audience", "topics", "areas", "locales", "groups"),
    *("when", "repeat", "anchors", "offset|event/demo-sprachcafe-wismar"),
    *("options", "missing", "unknown", "cap", "late", "holidays", "expiry"),
)
"""All screens of a draft but the overview, as buttons name them."""


def recipients(message: Message) -> list[str]:
    """The lines that say how many get it, in all and in each language."""
    shown = bare(message.text).splitlines()
    place = next(
        (n for n, line in enumerate(shown) if line.startswith(_("Recipients: {count}", count=""))), -1
    )
    return shown[place : place + 2] if place >= 0 else []


async def test_every_screen_of_a_draft_says_how_many_get_it(house: House) -> None:
    await subscriber(house, "uk", Topic.FUNDING)
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    wanted = recipients(overview)
    assert "Ukrainisch" in wanted[1]
    for screen in SCREENS:
        found, _toast = await author.data(overview, f"wd|{id}|{screen}")
        assert recipients(found[-1]) == wanted, screen


async def test_so_does_what_follows_on_something_written(house: House) -> None:
    await subscriber(house, "uk", Topic.FUNDING)
    author = await member(house)
    id, overview = await begun(author, Topic.FUNDING)
    for screen, written in (
        ("text|uk", "Вітаємо"),
        ("buttons|de", "Mehr dazu – https://example.org"),
        ("areas", "Neu"),
        ("when", "Unsinn"),
    ):
        await author.data(overview, f"wd|{id}|{screen}")
        assert recipients((await author.all(written))[-1]) == recipients(overview)


async def test_how_long_it_can_be_read_is_written(house: House) -> None:
    author = await member(house)
    id, overview = await begun(author, Topic.LAW)
    choices = await author.screen(overview, f"wd|{id}|expiry")
    assert _("Choose, or write until which day, for example: {example}", example="")[:-2] in bare(
        choices.text
    )
    refused = await author.say("irgendwann")
    assert _("I do not understand this day, or it does not exist. Nothing was changed.") in refused.text
    assert "2020" in (await author.say("1.1.2020")).text
    assert (await broadcast(house, id)).expires_at is None
    options = await author.say("5.12.2030")
    assert (await broadcast(house, id)).expires_at == house.wall("2030-12-05T23:59")
    assert _("In /news until {date}", date="5. Dezember 2030") in bare(options.text)
    await author.data(options, f"wc|{id}|repeat|week")
    repeated = await author.screen(options, f"wd|{id}|expiry")
    assert f"wd|{id}|late" in data_of(repeated), "what repeats has no such day"


async def test_a_text_that_is_surely_in_another_language_is_pointed_out(house: House) -> None:
    author = await member(house)
    _id, overview = await begun(author, Topic.LAW)
    id = draft_of(overview)
    await author.data(overview, f"wd|{id}|text|ar")
    text = "Am Samstag feiern wir zusammen im Garten hinter dem Haus, kommen Sie gern vorbei."
    saved = (await author.all(text))[-1]
    hint = _(
        "This looks like {found}. It is saved as {chosen} all the same.", found="Deutsch", chosen="Arabisch"
    )
    assert hint in bare(saved.text)
    assert f"wd|{id}|move|ar" in data_of(saved)
    for code, other in (("de-x-leicht", text), ("de", text), ("en", "Samstag")):
        await author.data(overview, f"wd|{id}|text|{code}")
        saved = (await author.all(other))[-1]
        assert "sieht nach" not in bare(saved.text), code
        assert f"wd|{id}|move|{code}" not in data_of(saved)
