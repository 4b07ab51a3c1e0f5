"""Privacy, imprint, one's own data, forgetting; and what only the office may see."""

from __future__ import annotations

import pytest

from bot.domain.staff import Role
from tests.journeys.visitor import House, bare, content_of, data_of, labels, starting, words

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("command", ["/privacy", "/datenschutz"])
async def test_privacy_in_plain_words(house: House, command: str) -> None:
    visitor = house.visitor("en")
    page = await visitor.say(command)
    for words_ in ("24 months", "14 days", "not end-to-end encrypted", "/forget", "Beispielbetrieb (Demo)"):
        assert words_ in page.text
    imprint = await visitor.tap(page, "Imprint")
    assert "Beispielstraße 1" in imprint.text
    assert "Redaktion (Demo)" in imprint.text
    assert "GeoNames" in imprint.text
    page = await visitor.tap(imprint, "Privacy")
    assert "Find counselling" in labels(await visitor.tap(page, "Back"))
    assert (await visitor.stored())["recipient"] is None


@pytest.mark.parametrize("command", ["/imprint", "/impressum"])
async def test_the_imprint_is_two_steps_away_from_the_menu(house: House, command: str) -> None:
    visitor = house.visitor("en")
    page = await visitor.say(command)
    assert "demo@example.org" in page.text
    menu = await visitor.say("/menu")
    help_ = await visitor.tap(menu, "Help and privacy")
    again = await visitor.tap(help_, "Imprint")
    assert again.text == page.text


@pytest.mark.parametrize("command", ["/mydata", "/meinedaten"])
async def test_one_s_own_data_to_read_and_as_a_file(house: House, command: str) -> None:
    visitor = house.visitor("fa")
    (nothing,) = await visitor.all(command)
    _ = words("fa-AF")
    assert _("I know nothing about you. Nothing is stored for this chat.") in bare(nothing.text)
    await visitor.say("/start lang-fa-AF")
    card = await visitor.say("/start event-demo-fest-greifswald")
    await visitor.tap(card, starting(data_of(card), "s")[0])
    readable, file = await visitor.all(command)
    assert str(visitor.chat_id) in bare(readable.text)
    assert "دری" in readable.text
    assert file.file is not None
    assert file.file.name.endswith(".json")
    data = content_of(file)
    assert data["recipient"]["locale"] == "fa-AF"
    assert data["recipient"]["chat_id"] == visitor.chat_id
    assert data["saved_events"][0]["event_id"] == "demo-fest-greifswald"
    assert len(data["reminders"]) == 2
    assert visitor.person.first_name not in str(data)


@pytest.mark.parametrize("command", ["/forget", "/loeschen"])
async def test_forgetting_is_at_once_with_proof_and_the_second_time_nothing_is_left(
    house: House, command: str
) -> None:
    visitor = await house.settled("de")
    _ = words("de")
    card = await visitor.say("/start event-demo-fest-greifswald")
    await visitor.tap(card, starting(data_of(card), "s")[0])
    await visitor.say("/start topic-housing")
    (proof,) = await visitor.all(f"{command} Bitte alles!! auch Backup")
    assert _("your language") in proof.text
    assert _("what we were talking about") in proof.text
    assert words("de").n("{count} saved event", "{count} saved events", 1) in proof.text
    stored = await visitor.stored()
    assert stored["recipient"] is None
    assert not any(stored[name] for name in ("saved_events", "reminders", "notices"))
    (again,) = await visitor.all(command)
    assert _("There is nothing left. Nothing is stored for this chat.") in again.text
    picker = await visitor.say("/start")
    assert len(starting(data_of(picker), "L")) == 12


async def test_forgetting_by_a_button(house: House) -> None:
    visitor = await house.settled("en")
    page = await visitor.say("/privacy")
    found, _toast = await visitor.data(page, "D")
    assert any(message.file is not None for message in found)
    (proof,) = await visitor.press(page, "Forget me")
    assert "Deleted at" in proof.text
    assert (await visitor.stored())["recipient"] is None


async def test_forgetting_only_a_conversation(house: House) -> None:
    visitor = house.visitor("en")
    await visitor.say("/start topic-housing")
    await visitor.data(await visitor.say("/menu"), "t|c|housing")
    (proof,) = await visitor.all("/forget")
    assert "what we were talking about" in proof.text


async def test_what_do_you_know_about_me_in_words(house: House) -> None:
    visitor = await house.settled("en")
    found = await visitor.say("What do you know about me?")
    assert found.text.splitlines()[0] == "What is stored about this chat"
    assert str(visitor.chat_id) in bare(found.text)


async def test_one_s_own_number(house: House) -> None:
    visitor = house.visitor("ar")
    found = await visitor.say("/id")
    assert str(visitor.chat_id) in bare(found.text)
    assert any(entity["type"] == "code" for entity in found.entities)


async def test_stale_is_for_the_office_only(house: House) -> None:
    visitor = await house.settled("en")
    refused = await visitor.say("/stale")
    assert "You need this role for it: admin." in refused.text
    async with house.lotse.store.begin() as tx:  # as an invitation does: not one of LOTSE_ADMINS
        id = await tx.add_staff(visitor.chat_id, Role.ADMIN, None, house.lotse.desk.clock())
    card = await visitor.say("/start offer-correct")
    await visitor.data(card, "x|offer|correct")
    found = await visitor.tap(await visitor.say("/staff"), "Entries to check:")
    assert "Entries to check:" in found.text
    assert "reported" in found.text
    assert "Entries are changed in the content files that are imported" in found.text
    reasons = ("reported", "to be checked by", "funding secured until", "not known whether it goes on")
    listed = [line for line in found.text.splitlines() if line.startswith("•")]
    assert all(any(reason in line for reason in reasons) for line in listed)
    opened = await visitor.tap(found, "r|offer|correct")
    assert "CORRECT" in opened.text
    with house.clock(house.wall("2031-01-02T12:00")):
        later = await visitor.say("/stale")
        assert len(starting(data_of(later), "r")) == 8
        more = await visitor.tap(later, "O|1")
        assert len(starting(data_of(more), "r")) == 8
        assert data_of(more)[0] != data_of(later)[0]
    async with house.lotse.store.begin() as tx:
        await tx.set_role(id, Role.ADMIN, "tutmonde")
    assert "You need this role for it: admin." in (await visitor.say("/stale")).text
    await visitor.tap(await visitor.say("/forget"), "Yes, delete everything")


async def test_that_questions_go_to_another_server_is_said_where_they_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await house.settled("en")
    said = "I send their words to another server"
    assert said not in (await visitor.say("/privacy")).text
    monkeypatch.setitem(house.lotse.desk.__dict__, "sends_questions", True)
    assert said in (await visitor.say("/privacy")).text


async def test_without_an_operator_it_is_said_that_this_is_a_test(house: House) -> None:
    from bot.dialog.desk import Operator

    visitor = await house.settled("en")
    desk = house.lotse.desk
    before = desk.operator
    object.__setattr__(desk, "operator", Operator())
    try:
        for command in ("/imprint", "/privacy"):
            page = await visitor.say(command)
            assert "This is a test. Nobody is named as responsible yet." in page.text
    finally:
        object.__setattr__(desk, "operator", before)
