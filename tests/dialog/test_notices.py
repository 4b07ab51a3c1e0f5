"""What readers of a broadcast get, in every language, within Telegram's limits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from bot.dialog.actions import OpenEvent, SaveEvent, SendCalendar
from bot.dialog.news_actions import OpenNews, ShowNews, StopNews
from bot.dialog.notices import MOST_LISTED, digest, marks, notice, withdrawn
from bot.dialog.reply import Message
from bot.domain.broadcast import NOBODY, USUAL, Audience, Body, Broadcast, LinkButton, Media, Options, State
from bot.domain.locales import LOCALES, Locale, find
from bot.domain.markup import text_units
from bot.domain.news import Topic
from bot.domain.text import State as TextState
from bot.services.office import CARD_UNITS, MARK_UNITS, faults
from bot.telegram.rendering import parameters
from bot.translation.bidi import isolate
from tests.services.sending import EVENTS, NOON

TODAY = date(2026, 11, 23)
BY_CODE = {locale.code: locale for locale in LOCALES}


def broadcast(id: int = 5, audience: Audience = EVENTS) -> Broadcast:
    return Broadcast(
        id=id,
        state=State.SENDING,
        name="Name",
        author_id=1,
        audience=audience,
        options=USUAL,
        created_at=NOON,
    )


def words(message: Message) -> str:
    return "".join(span if isinstance(span, str) else span.text for span in message.text)


def longest(locale: Locale, *, media: bool) -> Body:
    """The longest text that passes the check: with lines, numbers and Latin names in it."""
    line = "حفلة 12 Uhr, Schwerin\n" if locale.rtl else "Fest 12 Uhr 😀\n"
    kind = Media.PHOTO if media else None
    low, high = 1, 400
    while low < high:
        middle = (low + high + 1) // 2
        body = Body(
            locale=locale.code,
            html=line * middle,
            media=kind,
            file_id="f" if media else None,
            event_id="fest",
        )
        low, high = (low, middle - 1) if faults(body, isolate) else (middle, high)
    return Body(
        locale=locale.code, html=line * low, media=kind, file_id="f" if media else None, event_id="fest"
    )


@pytest.mark.parametrize("media", [False, True])
@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_whatever_passed_the_check_is_one_message_for_every_reader(reader: Locale, media: bool) -> None:
    for written in LOCALES:
        body = longest(written, media=media)
        for state in TextState:
            card = ("x" * (CARD_UNITS - 10),)  # and the empty line before it, and marks of direction
            message = notice(broadcast(), replace(body, state=state), reader, card=card)
            assert message.rtl is written.rtl
            assert not message.replaces
            method, found = parameters(message, rtl=reader.rtl)
            assert method == ("sendPhoto" if media else "sendMessage")
            text = found["caption" if media else "text"]
            assert "12" in text


@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_there_is_room_for_all_that_can_be_said(reader: Locale) -> None:
    for written in LOCALES:
        for state in TextState:
            said = marks(Body(locale=written.code, html="x", state=state), reader)
            text = "\n" + "".join("\n" + getattr(line, "text", "") for line in said)
            assert text_units(isolate(text)) <= MARK_UNITS


def test_a_mark_where_it_is_due() -> None:
    de = Body(locale="de", html="Text")
    assert words(notice(broadcast(), de, BY_CODE["de"])) == "Text"
    assert words(notice(broadcast(), de, BY_CODE["de-x-leicht"])) == "Text"
    assert "Here it is in: German" in words(notice(broadcast(), de, BY_CODE["en"]))
    machine = replace(de, state=TextState.MACHINE)
    assert words(notice(broadcast(), machine, BY_CODE["de"])) == "Text\n\nAutomatisch übersetzt."
    outdated = replace(de, locale="en", state=TextState.OUTDATED)
    assert "has changed" in words(notice(broadcast(), outdated, BY_CODE["en"]))


def test_buttons() -> None:
    link = LinkButton(label="More", url="https://example.org")
    body = Body(locale="en", html="Text", buttons=(link,), event_id="fest")
    message = notice(broadcast(), body, BY_CODE["en"])
    actions = [button.action or button.url for row in message.buttons for button in row]
    assert actions == [
        "https://example.org",
        SaveEvent("fest", 0, "news"),
        OpenEvent("fest", when="news"),
        SendCalendar("fest"),
        StopNews("events", 5),
    ]
    out = notice(replace(broadcast(), options=Options(card_at=7)), body, BY_CODE["en"])
    assert [button.action for row in out.buttons[1:3] for button in row] == [
        SaveEvent("fest", 7, "news"),
        OpenEvent("fest", 7, "news"),
        SendCalendar("fest", 7),
    ], "they mean the date that stands below the text"
    off = notice(broadcast(audience=replace(EVENTS, event="fest", date=9)), body, BY_CODE["en"])
    assert [button.action for button in off.buttons[1]] == [OpenEvent("fest", 9, "news")], "or that is off"
    dated = notice(
        broadcast(), replace(body, state=TextState.MACHINE), BY_CODE["en"], card=("5 May", "\n", "Hall")
    )
    assert words(dated) == "Text\n\n5 May\nHall\n\nAutomatically translated."
    plain = notice(broadcast(audience=NOBODY), Body(locale="en", html="Text"), BY_CODE["en"])
    assert [button.action for row in plain.buttons for button in row] == [StopNews("", 5)]


def test_where_others_read_along_a_button_leads_to_the_private_chat() -> None:
    body = Body(locale="en", html="Text", event_id="fest")
    message = notice(broadcast(), body, BY_CODE["en"], public="lotse_bot")
    actions = [button.action or button.url for row in message.buttons for button in row]
    assert actions == ["https://t.me/lotse_bot?start=event-fest", StopNews("events", 5)]
    items = [(broadcast(number), body) for number in range(1, MOST_LISTED + 2)]
    found = digest(items, BY_CODE["en"], TODAY, public="lotse_bot")
    *links, stop = [button for row in found.buttons for button in row]
    assert [link.action for link in links] == [None] * (MOST_LISTED + 1)
    assert links[1].url == "https://t.me/lotse_bot?start=news-2"
    assert links[-1].url == "https://t.me/lotse_bot?start=news"
    assert stop.action == StopNews("", MOST_LISTED + 1)


def test_files() -> None:
    photo = Body(locale="en", html="", media=Media.PHOTO, file_id="abc")
    message = notice(broadcast(), photo, BY_CODE["en"])
    assert (message.photo, message.file, message.text) == ("abc", None, ())
    marked = notice(broadcast(), replace(photo, state=TextState.MACHINE), BY_CODE["en"])
    assert words(marked) == "Automatically translated."
    document = notice(broadcast(), replace(photo, media=Media.DOCUMENT), BY_CODE["en"])
    assert (document.photo, document.file) == (None, "abc")


def test_a_language_that_is_no_more() -> None:
    assert find("xx") is None
    assert notice(broadcast(), Body(locale="xx", html="x"), BY_CODE["ar"]).rtl is True


@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_digests_name_everything_once_within_the_limits(reader: Locale) -> None:
    body = longest(BY_CODE["ar"], media=False)
    items = [(broadcast(number, Audience(topics=frozenset(Topic))), body) for number in range(1, 60)]
    for count in (2, MOST_LISTED, MOST_LISTED + 1, 59):
        message = digest(items[:count], reader, TODAY)
        text = words(message)
        assert text_units(isolate(text) if reader.rtl else text) <= 4_000
        parameters(message, rtl=reader.rtl)
        shown = min(count, MOST_LISTED)
        assert [int(found) for found in re.findall(r"(?m)^(\d+)\. ", text)] == list(range(1, shown + 1))
        actions = [button.action for row in message.buttons for button in row]
        assert actions[:shown] == [OpenNews(number, below=1) for number in range(1, shown + 1)]
        assert (ShowNews() in actions) is (count > MOST_LISTED)
        assert actions[-1] == StopNews("", count)
        assert message.rtl is reader.rtl


def test_a_digest_of_one_is_still_a_text_and_of_none_is_not_sent() -> None:
    body = Body(locale="en", html="Text", media=Media.PHOTO, file_id="f")
    left = digest([(broadcast(), body)], BY_CODE["en"], TODAY)
    assert (left.photo, words(left).endswith("1. Text")) == (None, True)
    with pytest.raises(ValueError, match="nothing"):
        digest([], BY_CODE["en"], TODAY)
    bare = [(broadcast(), Body(locale="en", html=" ", media=Media.PHOTO, file_id="f"))] * 2
    assert "1. Name\n2. Name" in words(digest(bare, BY_CODE["en"], TODAY))


@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_what_stands_where_a_message_was(reader: Locale) -> None:
    message = withdrawn(reader)
    assert message.rtl is reader.rtl
    assert not message.buttons
    assert parameters(message, rtl=reader.rtl)[0] == "sendMessage"
