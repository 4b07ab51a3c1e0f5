"""What is kept of an update: the least, and never a name."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markup import from_entities
from bot.telegram.incoming import MAX_TEXT, Incoming, Kind, Me, never, scrub

ME = Me(7, "lotse_bot")
MARK = "PLANTEDMARK"

PERSON = {
    "id": 5,
    "is_bot": False,
    "first_name": f"{MARK}first",
    "last_name": f"{MARK}last",
    "username": f"{MARK}user",
    "language_code": "ar",
}
PRIVATE = {"id": 5, "type": "private", "first_name": MARK, "last_name": MARK, "username": MARK}
GROUP = {"id": -50, "type": "supergroup", "title": f"{MARK}title", "username": MARK, "is_forum": True}
BOT = {"id": 7, "is_bot": True, "first_name": MARK, "username": "lotse_bot"}
FILE = {"file_id": MARK, "file_unique_id": MARK, "file_name": MARK, "mime_type": MARK, "title": MARK}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {
        "message_id": 3,
        "date": 1_790_000_000,
        "chat": chat,
        "from": PERSON,
        "author_signature": MARK,
        **content,
    }


def read(update: dict[str, Any]) -> Incoming | None:
    kept = scrub({"update_id": 1, **update}, ME)
    if kept is None:
        return None
    text = json.dumps(kept)
    assert MARK not in text
    assert set(kept) <= {field.name for field in fields(Incoming)}
    return Incoming.parse(json.loads(text))


def said(text: str, chat: dict[str, Any] = PRIVATE, **more: Any) -> Incoming | None:
    return read({"message": message(chat, text=text, **more)})


def test_a_private_text() -> None:
    assert said("wo ist Beratung?") == Incoming(
        update_id=1, kind=Kind.MESSAGE, chat_id=5, message_id=3, hint="ar", text="wo ist Beratung?"
    )


def test_commands() -> None:
    found = said("/start org-1  x ")
    assert found is not None
    assert (found.command, found.arguments, found.text) == ("start", "org-1  x", "/start org-1  x ")
    found = said("/Hilfe@LOTSE_bot")
    assert found is not None
    assert (found.command, found.arguments) == ("hilfe", "")
    found = said("/start\nnext line")
    assert found is not None
    assert (found.command, found.arguments) == ("start", "next line")
    found = said("/ nothing")
    assert found is not None
    assert found.command is None
    other = said("/help@other_bot")
    assert other is not None, "in private everything is for the bot"
    assert other.command is None


@pytest.mark.parametrize(
    ("text", "more", "meant"),
    [
        ("just talk", {}, False),
        ("/help", {}, True),
        ("/help@lotse_bot", {}, True),
        ("/help@other_bot", {}, False),
        ("@lotse_bot swim", {}, True),
        ("where, @Lotse_Bot?", {}, True),
        ("mail@lotse_bot.org", {}, False),
        ("@lotse_bottom", {}, False),
        ("yes", {"reply_to_message": {"message_id": 2, "from": BOT, "text": MARK, "chat": GROUP}}, True),
        ("yes", {"reply_to_message": {"message_id": 2, "from": PERSON, "text": MARK}}, False),
        ("@lotse_bot hi", {"via_bot": BOT}, False),
        ("@lotse_bot hi", {"from": {"id": 9, "is_bot": True, "first_name": MARK}}, False),
        ("@lotse_bot hi", {"from": {"id": 9, "is_bot": True}, "sender_chat": GROUP}, True),
    ],
)
def test_talk_in_a_group_is_kept_only_when_the_bot_is_meant(
    text: str, more: dict[str, Any], meant: bool
) -> None:
    found = said(text, GROUP, **more)
    assert (found is not None) is meant
    if found is not None:
        assert (found.chat_id, found.chat_type) == (-50, "group")


def test_a_mention_is_taken_out_of_the_text() -> None:
    found = said("@lotse_bot, where can I swim?", GROUP)
    assert found is not None
    assert found.text == "where can I swim?"
    found = said("please @lotse_bot help", GROUP)
    assert found is not None
    assert found.text == "please help"


@pytest.mark.parametrize(
    ("content", "attachment"),
    [
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        ({"audio": {**FILE, "performer": MARK}}, "voice"),
        ({"video": FILE}, "video"),
        ({"video_note": FILE}, "video"),
        ({"animation": FILE, "document": FILE}, "video"),
        ({"photo": [FILE, FILE], "caption": "a letter"}, "photo"),
        ({"document": FILE}, "document"),
        ({"sticker": {**FILE, "set_name": MARK}}, "sticker"),
        ({"contact": {"phone_number": MARK, "first_name": MARK, "vcard": MARK, "user_id": 8}}, "contact"),
        ({"poll": {"id": MARK, "question": MARK, "options": [{"text": MARK}]}}, "poll"),
        ({"dice": {"emoji": MARK, "value": 1}}, "dice"),
        ({"successful_payment": {"order_info": {"name": MARK, "phone_number": MARK}}}, "payment"),
        ({"invoice": {"title": MARK}}, "payment"),
        ({"story": {"chat": GROUP, "id": 1}}, "other"),
        ({"something_new": {"title": MARK}}, "other"),
        ({"game": {"title": MARK, "description": MARK}}, "other"),
    ],
)
def test_attachments_leave_a_bare_word(content: dict[str, Any], attachment: str) -> None:
    found = read({"message": message(**content)})
    assert found is not None
    assert found.attachment == attachment
    assert found.text == content.get("caption", "")


def test_a_place_leaves_its_coordinates() -> None:
    place = {"latitude": 54.08, "longitude": 12.1, "horizontal_accuracy": 3}
    for content in ({"location": place}, {"venue": {"location": place, "title": MARK, "address": MARK}}):
        found = read({"message": message(**content)})
        assert found is not None
        assert found.location == (54.08, 12.1)
        assert found.attachment is None
        assert "54.08" not in repr(read({"edited_message": message(**content, edit_date=1)}))


def test_forwarded_edited_and_albums() -> None:
    origin = {"type": "hidden_user", "sender_user_name": MARK, "date": 1}
    found = said("x", forward_origin=origin)
    assert found is not None
    assert found.forwarded
    found = read({"edited_message": message(text="x", edit_date=2)})
    assert found is not None
    assert found.text == "x"
    found = read({"message": message(photo=[FILE], media_group_id="77")})
    assert found is not None
    assert found.album == "77"


@pytest.mark.parametrize(
    "note",
    [
        {"pinned_message": {"message_id": 1, "chat": PRIVATE, "text": MARK}},
        {"new_chat_members": [BOT]},
        {"left_chat_member": PERSON},
        {"new_chat_title": MARK},
        {"group_chat_created": True},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 5}},
        {"write_access_allowed": {"web_app_name": MARK}},
    ],
)
def test_telegrams_own_notes_are_passed_over(note: dict[str, Any]) -> None:
    assert read({"message": message(PRIVATE, **note)}) is None
    assert read({"message": message(GROUP, **note)}) is None


def test_a_group_that_moves() -> None:
    for found in (
        read({"message": message({**GROUP, "type": "group"}, migrate_to_chat_id=-100)}),
        read({"message": message({**GROUP, "id": -100}, migrate_from_chat_id=-50)}),
    ):
        assert found is not None
        assert (found.kind, found.chat_id, found.new_chat_id) == (Kind.MIGRATED, -50, -100)


def test_a_button() -> None:
    query = {
        "id": "99",
        "from": PERSON,
        "message": message(GROUP, text=MARK, **{"from": BOT}),
        "chat_instance": MARK,
        "data": "o|housing",
    }
    found = read({"callback_query": query})
    assert found == Incoming(
        update_id=1,
        kind=Kind.CALLBACK,
        chat_id=-50,
        chat_type="group",
        message_id=3,
        hint="ar",
        query_id="99",
        data="o|housing",
    )
    del query["message"]
    found = read({"callback_query": {**query, "inline_message_id": MARK, "data": "x" * 5_000}})
    assert found is not None
    assert (found.chat_id, found.message_id, len(found.data or "")) == (5, None, 256)
    found = read({"callback_query": {"id": "1", "from": PERSON, "game_short_name": MARK}})
    assert found is not None
    assert found.data is None


def test_an_inline_query() -> None:
    place = {"latitude": 54.0, "longitude": 12.0}
    query = {"id": "8", "from": PERSON, "query": "swim", "offset": "10", "location": place}
    found = read({"inline_query": query})
    assert found is not None
    assert (found.kind, found.chat_id, found.text, found.query_id) == (
        Kind.INLINE, 5, "swim", "8",
    )  # fmt: skip
    assert found.location is None


def test_the_bots_own_membership() -> None:
    change = {
        "chat": GROUP,
        "from": PERSON,
        "date": 1,
        "old_chat_member": {"status": "left", "user": BOT},
        "new_chat_member": {"status": "administrator", "user": BOT, "custom_title": MARK},
        "invite_link": {"invite_link": MARK, "creator": PERSON, "name": MARK},
    }
    found = read({"my_chat_member": change})
    assert found is not None
    assert (found.kind, found.member, found.was, found.hint) == (Kind.MEMBER, "administrator", "left", "ar")


def test_a_payment_that_is_begun() -> None:
    query = {"id": "4", "from": PERSON, "currency": "EUR", "order_info": {"name": MARK, "email": MARK}}
    found = read({"pre_checkout_query": query})
    assert found is not None
    assert (found.kind, found.query_id, found.chat_id) == (Kind.PAYMENT, "4", 5)


@pytest.mark.parametrize(
    "kind", ["chat_member", "poll_answer", "chosen_inline_result", "chat_join_request", "something_new"]
)
def test_what_lotse_does_not_serve_is_passed_over(kind: str) -> None:
    assert read({kind: {"from": PERSON, "user": PERSON, "chat": GROUP}}) is None


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"update_id": "1", "message": message(text="x")},
        {"update_id": True, "message": message(text="x")},
        {"update_id": 2**70, "message": message(text="x")},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {"chat": {"id": 5}}},
        {"update_id": 1, "message": message(text=["x"])},
        {"update_id": 1, "message": message(location={"latitude": 1})},
        {"update_id": 1, "callback_query": {"id": 5}},
        {"update_id": 1, "message": message({"id": None, "type": "private"}, text="x")},
    ],
)
def test_what_has_another_shape_is_an_error_without_its_content(update: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown shape") as caught:
        scrub(update, ME)
    assert MARK not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_no_database_takes_is_repaired() -> None:
    found = said("a\0b\ud83d\ude00c\ud83d" + "x" * 20_000)
    assert found is not None
    assert found.text.startswith("ab😀c")
    found.text.encode()
    assert len(found.text) <= MAX_TEXT


def test_control_characters_go_as_no_record_can_hold_them() -> None:
    found = said("Wohnung\x02\x1f\x7f\x9d\r\nin\tRostock\x0b")
    assert found is not None
    assert found.text == "Wohnung\nin\tRostock"


def test_odd_language_tags_are_left_out() -> None:
    for tag in ("x" * 50, "a b", 5, MARK * 9):
        found = said("x", **{"from": {**PERSON, "language_code": tag}})
        assert found is not None
        assert found.hint is None


def test_a_record_from_another_version_is_read_as_far_as_it_goes() -> None:
    record = {"update_id": 1, "kind": "message", "chat_id": 5, "new_in_the_next_version": 1}
    assert Incoming.parse(record) == Incoming(update_id=1, kind=Kind.MESSAGE, chat_id=5)
    for broken in ({}, {"update_id": 1, "kind": "letter", "chat_id": 5}, {"kind": "message"}):
        with pytest.raises(ValueError):  # noqa: PT011 - StrEnum has its own words
            Incoming.parse(broken)


names = st.text(min_size=1, max_size=8).map(lambda text: f"{MARK}{text}")
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "first_name", "last_name", "username", "title", "bio", "phone_number", "vcard", "author_signature",
    "sender_chat", "reply_to_message", "external_reply", "quote", "entities", "caption_entities", "contact",
    "voice", "photo", "document", "poll", "venue", "forward_origin", "via_bot", "pinned_message",
    "new_chat_title", "users_shared", "web_app_data", "passport_data", "gift", "story", "checklist",
    "media_group_id", "reply_markup", "game", "dice", "invoice", "successful_payment",
]  # fmt: skip


@given(
    st.sampled_from(["message", "edited_message", "callback_query", "inline_query", "my_chat_member"]),
    st.dictionaries(st.sampled_from(KEYS), junk, max_size=8),
    st.dictionaries(names, junk, max_size=3),
    st.booleans(),
)
def test_no_planted_word_survives(
    kind: str, known: dict[str, Any], unknown: dict[str, Any], private: bool
) -> None:
    known.pop("media_group_id", None)
    chat = {**(PRIVATE if private else GROUP), **unknown}
    person = {**PERSON, **unknown}
    body = {**message(chat, text="/start"), **known, **unknown, "from": person}
    inner: dict[str, Any] = {
        "message": body,
        "edited_message": body,
        "callback_query": {"id": "1", "from": person, "message": body, **unknown},
        "inline_query": {"id": "1", "from": person, "query": "x", "offset": "", **unknown},
        "my_chat_member": {
            "chat": chat,
            "from": person,
            "old_chat_member": {"status": "left", "user": person, **unknown},
            "new_chat_member": {"status": "member", "user": person, **unknown},
        },
    }
    try:
        kept = scrub({"update_id": 1, kind: inner[kind], **unknown}, ME)
    except ValueError as error:
        assert MARK not in str(error)  # noqa: PT017 - both ways out are fine
        return
    assert MARK not in json.dumps(kept, ensure_ascii=False)
    if kept is not None:
        assert set(kept) <= {field.name for field in fields(Incoming)}
        Incoming.parse(kept)


# Authors: staff who write announcements ---------------------------------------------------------

SIZES = [
    {"file_id": "small", "file_unique_id": MARK, "width": 90, "height": 60},
    {"file_id": "large", "file_unique_id": MARK, "width": 800, "height": 533},
    {"file_id": "middle", "file_unique_id": MARK, "width": 320, "height": 213},
]
BOLD = {"type": "bold", "offset": 0, "length": 4}


def authored(content: dict[str, Any], chat: dict[str, Any] = PRIVATE) -> Incoming:
    kept = scrub({"update_id": 1, "message": message(chat, **content)}, ME, author=lambda chat: chat == 5)
    assert kept is not None
    text = json.dumps(kept)
    assert MARK not in text
    return Incoming.parse(json.loads(text))


def test_the_formatting_of_an_author_is_kept() -> None:
    link = {"type": "text_link", "offset": 5, "length": 2, "url": "https://a.de/"}
    code = {"type": "pre", "offset": 8, "length": 1, "language": "c", "something_new": MARK}
    person = {"type": "text_mention", "offset": 0, "length": 1, "user": PERSON}
    found = authored({"text": "Fest am 5. Mai", "entities": [BOLD, person, link, code]})
    del code["something_new"]
    assert found.entities == (BOLD, link, code)
    assert found.text == "Fest am 5. Mai"
    assert found.file is None


def test_a_forwarded_text_keeps_its_formatting_too() -> None:
    origin = {"type": "channel", "chat": GROUP, "message_id": 1, "date": 1, "author_signature": MARK}
    found = authored({"text": "Fest", "entities": [BOLD], "forward_origin": origin})
    assert found.forwarded
    assert found.entities == (BOLD,)


def test_an_authors_photo_and_document_leave_their_handles() -> None:
    found = authored({"photo": SIZES, "caption": "Fest", "caption_entities": [BOLD], "entities": [MARK]})
    assert (found.attachment, found.file, found.text) == ("photo", ("photo", "large"), "Fest")
    assert found.entities == (BOLD,)
    found = authored({"document": {**FILE, "file_id": "doc"}, "media_group_id": "7"})
    assert (found.file, found.album, found.entities) == (("document", "doc"), "7", ())


@pytest.mark.parametrize(
    "content",
    [
        {"voice": FILE},
        {"animation": FILE, "document": FILE},
        {"sticker": FILE},
        {"contact": {"phone_number": MARK, "first_name": MARK}},
        {"paid_media": {"paid_media": [{"photo": SIZES}]}},
        {"photo": []},
        {"photo": [MARK]},
        {"document": {"file_id": 5}},
        {"document": {"file_id": MARK * 100}},
        {"document": MARK},
    ],
)
def test_nothing_else_of_an_author_is_kept(content: dict[str, Any]) -> None:
    assert authored(content).file is None


def test_when_an_author_wrote_is_kept() -> None:
    """Parts of one long text come in the same second."""
    assert authored({"text": "Fest", "date": 1_790_000_000}).written == 1_790_000_000
    assert authored({"text": "Fest", "date": 2**60}).written is None
    assert authored({"text": "Fest", "date": 1_790_000_000, "edit_date": 1_790_000_001}).written is None


def test_what_is_dropped_of_an_authors_text_moves_no_formatting() -> None:
    text = "Beratung \x96 neu: WICHTIG heute"
    found = authored({"text": text, "entities": [{**BOLD, "offset": text.index("WICHTIG"), "length": 7}]})
    assert from_entities(found.text, found.entities) == "Beratung   neu: <b>WICHTIG</b> heute"


def test_an_authors_text_stays_as_its_places_count_it() -> None:
    found = authored({"text": "@lotse_bot Fest", "entities": [{**BOLD, "offset": 11}]})
    assert found.text == "@lotse_bot Fest"
    command = authored({"text": "/announce Fest", "entities": [{**BOLD, "offset": 10}]})
    assert (command.command, command.arguments) == ("announce", "Fest")


@pytest.mark.parametrize(
    "entities",
    [
        MARK,
        {"type": "bold"},
        [MARK, None, {}, {"type": MARK, "offset": 0, "length": 1}, {"type": ["bold"]}],
        [{**BOLD, "offset": MARK}, {**BOLD, "length": None}],
    ],
)
def test_formatting_without_sense_is_passed_over(entities: Any) -> None:
    assert authored({"text": "Fest", "entities": entities}).entities == ()


def test_formatting_is_bounded() -> None:
    found = authored({"text": "Fest", "entities": [{**BOLD, "url": "x" * 5_000, "language": "\ud83d"}] * 500})
    assert len(found.entities) == 200
    assert found.entities[0] == BOLD


def test_of_everybody_else_nothing_more_is_kept() -> None:
    content: dict[str, Any] = {"photo": SIZES, "caption": "@lotse_bot Fest", "caption_entities": [BOLD]}
    stranger = authored(content, {"id": 6, "type": "private"})
    group = authored(content, {**GROUP, "id": 5})
    nobody = read({"message": message(**content)})
    assert nobody is not None
    for found in (stranger, group, nobody):
        assert (found.file, found.entities, found.text) == (None, (), "Fest")


@given(
    st.dictionaries(st.sampled_from(KEYS), junk, max_size=8),
    st.sampled_from([PRIVATE, GROUP, {"id": 9, "type": "private"}]),
    st.booleans(),
)
def test_whoever_is_an_author_others_leave_the_same_record(
    known: dict[str, Any], chat: dict[str, Any], files: bool
) -> None:
    known.pop("media_group_id", None)
    more: dict[str, Any] = {"photo": SIZES, "caption_entities": [BOLD], "caption": "/start"} if files else {}
    update = {
        "update_id": 1,
        "message": {**message(chat, **({} if files else {"text": "/start"})), **known, **more},
    }

    def kept(author: Any) -> Any:
        try:
            return scrub(update, ME, author=author)
        except ValueError:
            return None

    plain = kept(never)
    assert plain == kept(lambda chat: chat not in (5, 9, -50))
    assert plain is None or not {"entities", "file", "written"}.intersection(plain)
    if chat["type"] != "private":
        assert plain == kept(lambda _: True), "an author's talk in a group is everybody's"


def test_a_record_with_a_broken_file_is_no_record() -> None:
    with pytest.raises(ValueError, match="not a record"):
        Incoming.parse({"update_id": 1, "kind": "message", "chat_id": 5, "file": {"kind": "photo"}})


def test_a_reply_to_the_bot_s_own_message_names_it() -> None:
    for chat in (PRIVATE, GROUP):
        found = said("when?", chat, reply_to_message={"message_id": 44, "from": BOT, "text": MARK})
        assert found is not None
        assert found.replied == 44
    other = said("when?", reply_to_message={"message_id": 44, "from": PERSON, "text": MARK})
    assert other is not None
    assert other.replied is None


def test_who_speaks_in_a_group_is_kept_only_for_choosing_news() -> None:
    for text in ("/news@lotse_bot", "/start@lotse_bot news-law"):
        news = said(text, GROUP)
        assert news is not None
        assert (news.sender, news.anonymous) == (5, False)
    for text, chat in (
        *(("/events@lotse_bot", GROUP), ("@lotse_bot hello", GROUP), ("/news", PRIVATE)),
        *(("/start@lotse_bot", GROUP), ("/start@lotse_bot topic-debt", GROUP), ("/start news-law", PRIVATE)),
    ):
        other = said(text, chat)
        assert other is not None
        assert (other.sender, other.anonymous) == (None, False)
    anonymous = said("/nachrichten", GROUP, sender_chat=GROUP)
    assert anonymous is not None
    assert (anonymous.sender, anonymous.anonymous) == (None, True)
    channel = {"id": -60, "type": "channel", "title": MARK}
    elsewhere = said("/news", GROUP, sender_chat=channel)
    assert elsewhere is not None
    assert (elsewhere.sender, elsewhere.anonymous) == (None, False)


@pytest.mark.parametrize(
    ("data", "chat", "sender"),
    [
        ("NS|law", GROUP, 5),
        ("F", GROUP, 5),
        ("L|tr", GROUP, 5),
        ("D", GROUP, 5),
        ("e", GROUP, None),
        ("N", PRIVATE, None),
    ],
)
def test_who_presses_in_a_group(data: str, chat: dict[str, Any], sender: int | None) -> None:
    query = {"id": "1", "from": PERSON, "data": data, "message": {"message_id": 3, "chat": chat, "date": 0}}
    found = read({"callback_query": query})
    assert found is not None
    assert found.sender == sender


def test_of_a_channel_s_posts_only_its_command() -> None:
    channel = {"id": -60, "type": "channel", "title": MARK}

    def post(**content: Any) -> Incoming | None:
        body = {"message_id": 3, "date": 1, "chat": channel, "sender_chat": channel, "author_signature": MARK}
        return read({"channel_post": {**body, **content}})

    found = post(text="/news@lotse_bot")
    assert found is not None
    assert (found.chat_id, found.chat_type, found.command, found.anonymous) == (-60, "channel", "news", True)
    for text in ("/forget", "/loeschen", "/mydata", "/meinedaten", "/language", "/sprache@lotse_bot"):
        found = post(text=text)
        assert found is not None
        assert found.anonymous
    for text in (MARK, "/news@other_bot", "/start", f"@lotse_bot {MARK}"):
        assert post(text=text) is None
    assert post(photo=[FILE], caption=MARK) is None
