"""Staff, invitations, contacts and the log, as people press through them."""

from __future__ import annotations

import asyncio
import re
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot import app
from bot.commands import broadcast as broadcast_command
from bot.commands import demo
from bot.dialog import callback, office_actions
from bot.domain.audit import Act
from bot.domain.broadcast import State
from bot.domain.directory import Kind
from bot.domain.minutes import to_minutes
from bot.domain.staff import Role, digest_of
from bot.sandbox import Message, Sandbox
from bot.sandbox.faults import Fault
from bot.services import staffing
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.staff_errands import FOLLOWED, HEAD_SENT, StaffErrands
from tests.journeys.office import until
from tests.journeys.visitor import (
    PATIENCE,
    House,
    Visitor,
    bare,
    content_of,
    data_of,
    in_both_houses,
    labels,
    starting,
    words,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

ENDED = "You are no longer a contact of this association. Thank you for your work."
_LINK = re.compile(r"https://t\.me/\w+\?start=(inv-[A-Za-z0-9_-]+)")


async def staff(house: House, role: Role, organisation: str | None = None, code: str = "en") -> Visitor:
    """Somebody with a role."""
    visitor = await house.settled(code)
    async with house.lotse.store.begin() as tx:
        await tx.add_staff(visitor.chat_id, role, organisation, house.lotse.desk.clock())
    return visitor


async def id_of(house: House, visitor: Visitor) -> int:
    async with house.lotse.store.read() as view:
        found = await view.staff_of(visitor.chat_id)
    assert found is not None
    return found.id


async def organisation(house: House) -> str:
    return (await house.holdings()).directory.organisations[0].id


def payload(message: Message) -> str:
    found = _LINK.search(bare(message.text))
    assert found, message.text
    return found[1]


async def acts(house: House) -> int:
    async with house.lotse.store.read() as view:
        return await view.audit_count()


def errands(house: House) -> StaffErrands:
    desk, api = house.lotse.desk, house.lotse.apis[1]
    return StaffErrands(desk, TelegramMessenger(api, inline=False), api)


async def followed(house: House) -> None:
    """Ring, and wait until all is done that the log asks for."""
    house.lotse.desk.bell.set()
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        async with house.lotse.store.read() as view:
            if not await view.audit_entries(int(await view.meta(FOLLOWED) or 0)):
                return
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def _no_head_today(house: House) -> None:
    """The head of the log goes out where a test asks for it."""
    today = house.lotse.desk.today(house.lotse.desk.clock())
    async with house.lotse.store.begin() as tx:
        await tx.set_meta(HEAD_SENT, today.isoformat())


def menu_of(house: House, visitor: Visitor) -> list[str]:
    """The commands in a chat's own menu."""
    found = house.sandbox.profile.get_commands({"scope": {"type": "chat", "chat_id": visitor.chat_id}})
    return [command["command"] for command in found]


@asynccontextmanager
async def admins(house: House, *visitors: Visitor) -> AsyncIterator[None]:
    """Let LOTSE_ADMINS name these for a while."""
    desk = house.lotse.desk
    before = desk.admins
    object.__setattr__(desk, "admins", frozenset(visitor.chat_id for visitor in visitors))
    try:
        yield
    finally:
        object.__setattr__(desk, "admins", before)


async def test_staff_is_for_staff(house: House) -> None:
    visitor = await house.settled("en")
    refused = await visitor.say("/staff")
    assert "only for staff and contacts" in refused.text
    author = await staff(house, Role.AUTHOR)
    page = await author.say("/staff")
    assert "You are: author" in page.text
    assert labels(page) == ["Announcements", "Campaigns and their notices", "‹ Back"]
    assert starting(data_of(await author.tap(page, "Announcements")), "wn"), (
        "a new announcement is a tap away"
    )
    assert "/announce /campaign /staff /start" in (await author.say("/help")).text
    assert "/announce" not in (await visitor.say("/help")).text


@in_both_houses
async def test_an_admin_invites_an_author_who_accepts(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    page = await admin.tap(await admin.say("/staff"), "Invite staff")
    page = await admin.tap(page, "Author")
    page = await admin.tap(page, "For everything")
    assert "It works once" in page.text
    link = payload(page)
    async with house.lotse.store.read() as view:
        assert await view.invitation(digest_of(link[4:])) is not None
    guest = house.visitor("de")
    picker = await guest.say(f"/start {link}")
    assert len(starting(data_of(picker), "L")) == 12  # language first
    offer = await guest.tap(picker, f"L|en|{link}")
    assert "You are invited: author" in offer.text
    assert "number of this chat" in offer.text
    assert labels(offer)[0] == "Yes, I accept"
    async with house.lotse.store.read() as view:
        assert await view.staff_of(guest.chat_id) is None
    welcome = await guest.tap(offer, "Yes, I accept")
    assert "You are now: author" in welcome.text
    assert "You are: author" in (await guest.say("/staff")).text
    # The same link again, by the same person and by another one.
    assert (await guest.say(f"/start {link}")).text == "You have this role already."
    other = await house.settled("en")
    assert "used already" in (await other.say(f"/start {link}")).text
    (refused,), _toast = await other.data(await other.say("/menu"), f"ya|{link[4:]}")
    assert "used already" in refused.text
    await followed(house)
    assert menu_of(house, guest)[:3] == ["announce", "campaign", "staff"]
    assert "staff" not in menu_of(house, other)


async def test_an_open_invitation_is_taken_back(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    page = await admin.tap(await admin.say("/staff"), "Invite staff")
    made = await admin.tap(await admin.tap(page, "Admin"), "For everything")
    (token,) = re.findall(r"start=inv-([\w-]+)", made.text)
    listed = await admin.tap(await admin.say("/staff"), "Open invitations")
    (button,) = [data for data in data_of(listed) if data.endswith(digest_of(token)[:16])]
    line = next(one for one in bare(listed.text).splitlines() if "admin · until " in one)
    assert str(admin.chat_id) not in listed.text
    assert line
    done = await admin.tap(listed, button)
    assert "This link leads nowhere any more." in done.text
    assert button not in data_of(done)
    again = await admin.screen(listed, button)
    assert "This invitation is not open any more." in again.text
    refused = await (await house.settled("en")).say(f"/start inv-{token}")
    assert "This link is not valid." in refused.text
    log = await admin.tap(await admin.say("/staff"), "Log of what staff did")
    assert "took an invitation back (role: admin)" in bare(log.text)


async def test_links_that_lead_nowhere(house: House) -> None:
    visitor = await house.settled("en")
    for number in range(10):
        assert "not valid" in (await visitor.say(f"/start inv-guess{number}")).text
    assert "too many links" in (await visitor.say("/start inv-again")).text
    admin = await staff(house, Role.ADMIN)
    (page,), _ = await admin.data(await admin.say("/staff"), "yn|author")
    guest = await house.settled("en")
    with house.clock(house.wall("2099-01-01T12:00")):
        assert "too old" in (await guest.say(f"/start {payload(page)}")).text


@in_both_houses
async def test_accepting_without_a_language_asks_for_it(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    (page,), _ = await admin.data(await admin.say("/staff"), "yn|author")
    link = payload(page)
    guest = await house.settled("en")
    offer = await guest.say(f"/start {link}")
    await guest.say("/forget")
    picker = await guest.tap(offer, "Yes, I accept")
    assert f"L|de|{link}" in data_of(picker)


async def test_another_role_is_not_lost_by_a_link(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    id = await organisation(house)
    (page,), _ = await admin.data(await admin.say("/staff"), f"yn|admin|{id}")
    author = await staff(house, Role.AUTHOR)
    assert "another role already" in (await author.say(f"/start {payload(page)}")).text
    (page,), _ = await admin.data(await admin.say("/staff"), "yn|author")
    assert (
        "You have this role already. The link was not used up"
        in (await author.say(f"/start {payload(page)}")).text
    )


@in_both_houses
async def test_an_organisation_is_chosen_by_typing_or_paging(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    page = await admin.tap(await admin.say("/staff"), "Contacts of associations")
    assert len(starting(data_of(page), "yc")) == 8
    more = await admin.tap(page, "More")
    assert data_of(more)[0] != data_of(page)[0]
    found = (await house.holdings()).directory.organisations[-1]
    german = dict(found.title.texts())["de"]
    chosen = await admin.say(german)
    assert f"yc|{found.id}" in data_of(chosen)
    assert len(starting(data_of(chosen), "yc")) < 8
    contacts = await admin.tap(chosen, f"yc|{found.id}")
    assert "Nobody yet." in contacts.text
    # A slip of the finger is asked about, and the right name is still awaited.
    await admin.data(contacts, "yo|author")
    near = await admin.say("Tutmnode")
    assert "I know no association of this name. Did you mean one of these?" in near.text
    assert starting(data_of(near), "yn") == ["yn|author|tutmonde"]
    assert starting(data_of(await admin.say("Tutmonde")), "yn") == ["yn|author|tutmonde"]
    # What is no association is a question like any other.
    await admin.data(contacts, "yo|author")
    answer = await admin.say("What is a Fiktionsbescheinigung?")
    assert not starting(data_of(answer), "yn")
    assert not starting(data_of(await admin.say(german)), "yn")


async def test_a_contact_hands_over(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    id = await organisation(house)
    (page,), _ = await admin.data(await admin.say("/staff"), f"yc|{id}")
    page = await admin.tap(page, "Invite a contact")
    first = await house.settled("en")
    offer = await first.say(f"/start {payload(page)}")
    assert "invite colleagues" in offer.text
    welcome = await first.tap(offer, "Yes, I accept")
    news = "Get news for associations"
    assert news in labels(await first.say("/staff"))
    consent = await first.tap(welcome, news)
    await first.tap(consent, "Yes, I am 16 or older")
    page = await first.say("/staff")
    assert news not in labels(page), "they get it already"
    own = await first.tap(page, f"yc|{id}")
    assert "To hand over" in own.text
    assert re.search(r"contact 1, since [A-Z][a-z]+ \d{4} · you", bare(own.text))
    assert first.person.first_name not in own.text
    invitation = await first.tap(own, "Invite a contact")
    second = await house.settled("uk")
    await second.tap(await second.say(f"/start {payload(invitation)}"), f"ya|{payload(invitation)[4:]}")
    page = await first.say("/staff")
    assert "Your number is 1." in page.text
    assert "staff" in menu_of(house, first)
    own = await first.tap(page, f"yc|{id}")
    assert "contact 2" in own.text
    sure = await first.tap(own, "Stop being a contact")
    assert "Remove contact 1" in sure.text
    assert "An invitation that you have made stays valid." in sure.text
    assert "Nobody else is a contact" not in sure.text
    done = await first.tap(sure, "Yes, end it")
    assert "no longer a contact of this association" in done.text
    assert "only for staff" in (await first.say("/staff")).text
    assert "staff" not in menu_of(house, first)
    again, _toast = await first.data(done, sure_data := starting(data_of(sure), "yv")[0])
    assert "only for staff" in again[0].text
    # The other one is revoked by the office; the second press finds that it is done.
    listed, _toast = await admin.data(await admin.say("/staff"), f"yc|{id}")
    assert "To hand over" not in listed[0].text, "that is for contacts"
    sure = await admin.tap(listed[0], "Remove contact 2")
    gone = await admin.tap(sure, "Yes, end it")
    assert "Done." in gone.text
    late, _toast = await admin.data(gone, starting(data_of(sure), "yv")[0])
    assert "removed before" in late[0].text

    async def told() -> bool:
        async with house.lotse.store.read() as view:
            return not await view.farewells()

    await until(house, told)
    assert "staff" not in menu_of(house, second)
    assert words("uk")(ENDED) in bare(list(house.sandbox.chat_of(second.person).messages.values())[-1].text)
    others = house.sandbox.chat_of(first.person).messages.values()
    assert not any(words("en")(ENDED) in bare(one.text) for one in others), "the answer told it"
    assert sure_data.endswith("|1")
    async with house.lotse.store.read() as view:
        assert await view.contacts(id) == ()


async def test_whom_somebody_has_ended_is_told_after_a_restart_too(house: House) -> None:
    """The bot ended before it could tell: what is to be told is not in memory only."""
    admin, contact = await staff(house, Role.ADMIN), await house.settled("uk")
    id, desk = await organisation(house), house.lotse.desk
    async with house.lotse.store.begin() as tx:
        one = await tx.add_contact(contact.chat_id, id, desk.clock())
    since = to_minutes(one.created_at)
    await staffing.revoke(
        house.lotse.store, admin.chat_id, id, one.number, since, desk.clock(), desk.audit_key
    )
    assert [found["organisation_id"] for found in (await contact.stored())["farewells"]] == [id]

    def told() -> int:
        messages = house.sandbox.chat_of(contact.person).messages.values()
        return sum(words("uk")(ENDED) in bare(message.text) for message in messages)

    assert not told()
    for _again in range(2):
        await errands(house).follow()
        assert told() == 1
    assert "staff" not in menu_of(house, contact)
    assert (await contact.stored())["farewells"] == []


async def test_roles_are_given_and_taken(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    author = await staff(house, Role.AUTHOR)
    number = await id_of(house, author)
    listed = await admin.tap(await admin.say("/staff"), "Staff")
    while f"ym|{number}" not in data_of(listed):
        listed = await admin.tap(listed, "More")
    page = await admin.tap(listed, f"ym|{number}")
    page = await admin.tap(page, "Make a releaser")
    assert "Done." in page.text
    assert "releaser" in page.text
    assert "You are: releaser" in (await author.say("/staff")).text
    async with house.lotse.store.begin() as tx:
        now = house.lotse.desk.clock()
        draft = await tx.draft(number, now)
        await tx.change(draft, send_at=house.wall("2099-01-01T12:00"), name="Chor <im> Hafen")
        await tx.move(draft, State.SCHEDULED)
    await followed(house)
    assert "staff" in menu_of(house, author)

    def told_of(words_: str) -> list[str]:
        messages = house.sandbox.chat_of(author.person).messages.values()
        return [bare(one.text) for one in messages if one.from_bot and words_ in one.text]

    (told_once,) = told_of("You have a new role.")
    assert "You are: releaser" in told_once
    sure = await admin.tap(page, "Take the role away")
    assert "ends at once" in sure.text
    open_screen = await author.say("/staff")
    done = await admin.tap(sure, "Yes, take it away")
    paused = f"was paused: {draft} · Chor <im> Hafen"
    assert paused in bare(done.text)
    # Between the screen and the tap the role was taken.
    refused, _toast = await author.data(open_screen, "y")
    assert "only for staff" in refused[0].text
    await followed(house)
    late, _toast = await admin.data(await admin.say("/staff"), f"yx|{number}|1")
    assert "no role any more" in late[0].text
    for data in (f"ym|{number}", f"yr|{number}|author", f"yx|{number}"):
        late, _toast = await admin.data(await admin.say("/staff"), data)
        assert "no role any more" in late[0].text
    await followed(house)
    assert "staff" not in menu_of(house, author)
    assert "start" in menu_of(house, author)
    told = [m.text for m in house.sandbox.chat_of(admin.person).messages.values() if m.from_bot]
    assert sum(paused in bare(text) and "took a role away" in text for text in told) == 1
    async with house.lotse.store.read() as view:
        left = await view.staff_member(number)
    assert left is not None
    assert left.chat_id is None
    (told_once,) = told_of("An admin has taken your role away.")
    assert "Your role was: releaser" in told_once
    assert len(told_of("You have a new role.")) == 1


async def test_admins_of_the_settings_cannot_be_touched(house: House) -> None:
    admin, boss = await staff(house, Role.ADMIN), await staff(house, Role.ADMIN)
    number = await id_of(house, boss)
    async with admins(house, boss):
        page, _toast = await admin.data(await admin.say("/staff"), f"ym|{number}")
        assert "LOTSE_ADMINS" in page[0].text
        assert labels(page[0]) == ["‹ Back"]
        for data in (f"yr|{number}|author", f"yx|{number}|1", f"yx|{number}"):
            page, _toast = await admin.data(await admin.say("/staff"), data)
            assert "LOTSE_ADMINS" in page[0].text
    assert "You are: admin" in (await boss.say("/staff")).text


async def test_an_admin_lowers_themselves(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    number = await id_of(house, admin)
    ask, _toast = await admin.data(await admin.say("/staff"), f"yr|{number}|author")
    assert "Give up your own role of admin?" in ask[0].text
    assert "You are: admin" in (await admin.say("/staff")).text
    page, _toast = await admin.data(ask[0], data_of(ask[0])[0])
    assert "You are: author" in page[0].text
    await followed(house)
    told = [m.text for m in house.sandbox.chat_of(admin.person).messages.values() if m.from_bot]
    assert not any("You have a new role." in text for text in told), "they know"
    page, _toast = await admin.data(page[0], f"yr|{number}|admin")
    assert "You need this role for it: admin" in page[0].text


async def test_an_admin_of_one_organisation(house: House) -> None:
    id = await organisation(house)
    admin = await staff(house, Role.ADMIN, id)
    outside = await staff(house, Role.AUTHOR)
    page = await admin.say("/staff")
    assert not starting(data_of(page), "yg")
    choice = await admin.tap(page, "Contacts of associations")
    assert starting(data_of(choice), "yc") == [f"yc|{id}"]
    roles = await admin.tap(await admin.say("/staff"), "Invite staff")
    scope = await admin.tap(roles, "Author")
    assert starting(data_of(scope), "yn") == [f"yn|author|{id}"]
    page = await admin.tap(scope, f"yn|author|{id}")
    assert payload(page)
    listed, _toast = await admin.data(page, "yl")
    number = await id_of(house, outside)
    assert f"ym|{number}" not in data_of(listed[0])
    for data in (f"ym|{number}", f"yx|{number}|1", f"yr|{number}|admin", "yg", "yn|author"):
        refused, _toast = await admin.data(await admin.say("/staff"), data)
        assert "You need this role" in refused[0].text, data


async def test_buttons_that_are_made_up_do_no_harm_to_an_admin(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    number = await id_of(house, admin)
    for data in ("yn", "yn||nowhere", "yn|author|nowhere", "yi|king", "yo|king", f"yr|{number}|king"):
        found, _toast = await admin.data(await admin.say("/staff"), data)
        assert found[0].buttons, data
        assert not _LINK.search(bare(found[0].text)), data
    assert await id_of(house, admin) == number


async def test_forged_buttons_of_everybody_else_change_nothing(house: House) -> None:
    id = await organisation(house)
    admin, victim = await staff(house, Role.ADMIN), await staff(house, Role.AUTHOR)
    number = await id_of(house, victim)
    (page,), _ = await admin.data(await admin.say("/staff"), f"yn||{id}")
    contact = await house.settled("en")
    await contact.tap(await contact.say(f"/start {payload(page)}"), "Yes, I accept")
    async with house.lotse.store.read() as view:
        (found,) = await view.contacts(id)
    since = to_minutes(found.created_at)
    forged = [
        office_actions.ShowStaff(),
        office_actions.ListStaff(),
        office_actions.OpenMember(number),
        office_actions.SetRole(number, "admin"),
        office_actions.RemoveMember(number),
        office_actions.RemoveMember(number, 1),
        office_actions.InviteStaff(),
        office_actions.InviteStaff("admin"),
        office_actions.ShowInvitations(),
        office_actions.TakeBack("0" * 16),
        office_actions.PickOrganisation(),
        office_actions.PickOrganisation("admin"),
        office_actions.MakeInvitation(),
        office_actions.MakeInvitation("admin"),
        office_actions.MakeInvitation("", id),
        office_actions.ShowContacts(id),
        office_actions.RevokeContact(id, found.number, since),
        office_actions.RevokeContact(id, found.number, since, 1),
        office_actions.AcceptInvitation("forged"),
        office_actions.ShowLog(),
    ]
    tested = {type(action) for action in forged}
    assert tested == {kind for kind in callback._REGISTRY.values() if kind.CODE.startswith("y")}
    before = await acts(house)
    stranger = await house.settled("en")
    removed = await staff(house, Role.ADMIN)
    async with house.lotse.store.begin() as tx:
        await tx.remove_staff((await tx.staff_of(removed.chat_id)).id, house.lotse.desk.clock())  # type: ignore[union-attr]
    for person in (stranger, removed):
        for action in forged:
            screen, _toast = await person.data(await person.say("/menu"), action.pack())
            assert re.search("only for staff|You need this role|not valid", screen[0].text), action
    # A member of staff without the role, for what an admin may do.
    for action in forged[1:]:
        screen, _toast = await victim.data(await victim.say("/menu"), action.pack())
        assert re.search("only for staff|You need this role|not valid", screen[0].text), action
    assert await acts(house) == before
    async with house.lotse.store.read() as view:
        assert (await view.staff_of(victim.chat_id)).role is Role.AUTHOR  # type: ignore[union-attr]
        assert await view.contacts(id) == (found,)
    # In a group nothing of it is answered.
    group = house.sandbox.group("Runde", [admin.person])
    await house.sandbox.add_bot_to_group(group, admin.person)
    there = admin.within(group)
    menu = await there.say(f"/about@{house.lotse.desk.bot_username}")
    screen, toast = await there.data(menu, "y")
    assert not screen
    assert "private" in (toast or "")
    async with house.lotse.store.begin() as tx:
        await tx.drop_contact(contact.chat_id, id)


async def test_the_log_in_the_chat(house: House) -> None:
    admin = await staff(house, Role.ADMIN, code="de")
    id = await organisation(house)
    async with house.lotse.store.begin() as tx:
        for act in Act:
            detail: dict[str, int | str] = {"staff": 3, "organisation": id, "role": "author", "other": 5}
            await tx.audit(house.lotse.desk.clock(), 3, act, detail, house.lotse.desk.audit_key)
        await tx.audit(house.lotse.desk.clock(), None, "unheard_of", {}, house.lotse.desk.audit_key)
        await tx.set_meta(FOLLOWED, str((await tx.latest_audit(1))[0].seq))
    page = await admin.say("/staff")
    page = await admin.tap(page, "yg")
    async with house.lotse.store.read() as view:
        head = await view.audit_head()
        newest = (await view.latest_audit(1))[0]
    assert head is not None
    assert f"{head.seq}:{head.code}" in bare(page.text)
    assert f"{newest.seq}. " in bare(page.text)
    assert "unheard_of" in page.text
    assert words("de")("saved a report") in page.text
    assert words("de")("association {value}", value=id) in bare(page.text)
    older = await admin.tap(page, "yg|1")
    assert f"{newest.seq}. " not in bare(older.text)
    assert f"{newest.seq - 8}. " in bare(older.text)


async def test_what_there_is_under_one_s_number_is_shown_and_why_it_stays(house: House) -> None:
    author = await staff(house, Role.RELEASER)
    number, club, now = await id_of(house, author), await organisation(house), house.lotse.desk.clock()
    (bare_role, _file) = await author.all("/mydata")
    assert "Under your number" not in bare_role.text
    async with house.lotse.store.begin() as tx:
        await tx.add_contact(author.chat_id, club, now)
        id = await tx.draft(number, now)
        await tx.show_progress(id, author.chat_id, 44)
        await tx.audit(now, number, Act.DRAFT, {"broadcast": id}, house.lotse.desk.audit_key)
    readable, file = await author.all("/mydata")
    text = bare(readable.text)
    assert re.search(r"You are: releaser · since [A-Z][a-z]+ \d{4}\nYour number is \d+\.", text)
    assert re.search(r"You are a contact of: .+ · contact \d+, since [A-Z][a-z]+ \d{4}", text)
    assert "Under your number: 1 entry in the staff log and 1 announcement" in text
    assert "The log and the announcements stay after /forget" in text
    data = content_of(file)
    assert data["staff"][0]["id"] == number
    assert [(one["act"], one["by_you"]) for one in data["log"]] == [("draft", True)]
    assert [(one["id"], one["progress"]) for one in data["broadcasts"]] == [(id, [author.chat_id, 44])]
    await author.tap(await author.say("/forget"), "Yes, delete everything")
    assert not any((await author.stored()).values())


async def test_the_log_is_written_in_the_reader_s_form(house: House) -> None:
    admin = await staff(house, Role.ADMIN, code="ar")
    number = await id_of(house, admin)
    written = house.wall("2027-05-03T09:05")
    async with house.lotse.store.begin() as tx:
        detail: dict[str, int | str] = {"role": "author", "staff": number}
        await tx.audit(written, number, Act.ROLE, detail, house.lotse.desk.audit_key)
    log, _toast = await admin.data(await admin.say("/staff"), "yg")
    _ = words("ar")
    about = f"{_('role: {value}', value=_('author'))}، {_('staff {value}', value=number)}"
    assert f"3 أيار 2027، 9:05 · {_('Staff {number}', number=number)}" in bare(log[0].text)
    assert f"({about})" in bare(log[0].text)


async def test_the_head_of_the_log_goes_out_once_a_day(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    blocked = await staff(house, Role.ADMIN)
    async with house.lotse.store.begin() as tx:
        await tx.audit(house.lotse.desk.clock(), 1, Act.DRAFT, {"broadcast": 1}, house.lotse.desk.audit_key)
        head = await tx.audit_head()
    assert head is not None
    await house.sandbox.block(blocked.person)
    await house.quiet()
    errand = errands(house)

    def heads() -> list[str]:
        found = house.sandbox.chat_of(admin.person).messages.values()
        return [bare(m.text) for m in found if m.from_bot and f"{head.seq}:{head.code}" in bare(m.text)]

    with house.clock(house.wall("2098-05-05T08:59")):
        assert await errand.send_head() == 0
    with house.clock(house.wall("2098-05-05T09:00")):
        assert await errand.send_head() >= 1
        assert await errand.send_head() == 0
        assert await errands(house).send_head() == 0
    assert len(heads()) == 1
    assert "Keep this message" in heads()[0]
    with house.clock(house.wall("2098-05-06T15:00")):
        assert await errand.send_head() >= 1
    assert len(heads()) == 2


async def test_a_damaged_log_is_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    admin = await staff(house, Role.ADMIN)
    desk = house.lotse.desk
    before = desk.audit_key
    async with house.lotse.store.begin() as tx:
        await tx.audit(desk.clock(), 1, Act.DRAFT, {"broadcast": 1}, desk.audit_key)
    object.__setattr__(desk, "audit_key", b"another key")
    try:
        with house.clock(house.wall("2098-06-06T09:00")):
            await errands(house).send_head()
    finally:
        object.__setattr__(desk, "audit_key", before)
    told = [m.text for m in house.sandbox.chat_of(admin.person).messages.values() if m.from_bot]
    assert any("The log is damaged" in text for text in told)
    assert any("damaged" in record.getMessage() for record in caplog.records)
    caplog.clear()


async def test_what_telegram_did_not_take_is_tried_again_and_nothing_comes_twice(house: House) -> None:
    await followed(house)
    first, second = await staff(house, Role.ADMIN), await staff(house, Role.ADMIN)
    errand = errands(house)
    now, key = house.lotse.desk.clock(), house.lotse.desk.audit_key
    number = await id_of(house, second)
    async with house.lotse.store.begin() as tx:
        await tx.audit(now, 1, Act.ACCEPT, {"staff": number}, key)
        await tx.audit(now, 1, Act.ACCEPT, {"staff": 999_999}, key)
        await tx.audit(now, 1, Act.OVERRIDE, {"broadcast": 4711}, key)
    faults = house.sandbox.faults
    fault = faults.add(Fault("flood", "setMyCommands", chat_id=None, retry_after=30))
    assert await errand.follow() == 0
    assert fault.struck == 1
    assert menu_of(house, second)[:1] != ["announce"]
    # Longer than the messenger is patient with: it gives up at once.
    fault = faults.add(Fault("flood", "sendMessage", chat_id=second.chat_id, times=None, retry_after=90))
    assert await errand.follow() == 2
    assert menu_of(house, second)[:1] == ["announce"]
    with house.clock(house.wall("2098-07-07T10:00")):
        async with house.lotse.store.begin() as tx:
            await tx.set_meta(HEAD_SENT, "")
        await errand.send_head()
        async with house.lotse.store.read() as view:
            assert await view.meta(HEAD_SENT) == ""
        faults.rules.remove(fault)
        assert await errand.follow() == 1
        object.__setattr__(house.lotse.desk, "audit_key", b"the log is not looked through again")
        try:
            await errand.send_head()
        finally:
            object.__setattr__(house.lotse.desk, "audit_key", key)
    for visitor in (first, second):
        told = [bare(m.text) for m in house.sandbox.chat_of(visitor.person).messages.values() if m.from_bot]
        assert sum("without a second person" in text and "4711" in text for text in told) == 1
        assert sum("Keep this message" in text for text in told) == 1
    house.sandbox.errors.clear()  # the floods were ordered


async def test_an_override_is_told_to_every_admin(house: House) -> None:
    admin, german = await staff(house, Role.ADMIN), await staff(house, Role.ADMIN, code="de")
    await followed(house)
    async with house.lotse.store.begin() as tx:
        await tx.audit(
            house.lotse.desk.clock(), 1, Act.OVERRIDE, {"broadcast": 77}, house.lotse.desk.audit_key
        )
    await followed(house)
    for visitor, code in ((admin, "en"), (german, "de")):
        told = [bare(m.text) for m in house.sandbox.chat_of(visitor.person).messages.values() if m.from_bot]
        heading = words(code)("An announcement was released without a second person.")
        assert sum(heading in text and "77" in text for text in told) == 1


async def test_an_announcement_in_the_log_has_its_name_and_opens(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    await followed(house)
    now, key = house.lotse.desk.clock(), house.lotse.desk.audit_key
    async with house.lotse.store.begin() as tx:
        draft = await tx.draft(None, now, name="Neue <Sprechstunde>")
        empty = await tx.draft(None, now)
        sent = await tx.draft(None, now, name="Chor im Hafen")
        await tx.move(sent, State.SCHEDULED)
        await tx.change(sent, send_at=house.wall("2099-01-01T12:00"))
        await tx.audit(now, 1, Act.OVERRIDE, {"broadcast": sent}, key)
        await tx.audit(now, 1, Act.DRAFT, {"broadcast": draft}, key)
        await tx.audit(now, 1, Act.DRAFT, {"broadcast": empty}, key)
        await tx.audit(now, 1, Act.REMOVE, {"paused": 2, "broadcasts": f"{draft},{sent}"}, key)
    await followed(house)
    told = [m for m in house.sandbox.chat_of(admin.person).messages.values() if m.from_bot]
    (news,) = [m for m in told if "released alone" in bare(m.text) and "Chor im Hafen" in m.text]
    assert f"(announcement {sent} · Chor im Hafen)" in bare(news.text)
    assert [label for label in labels(news) if "Chor" in label] == [f"{sent} · Chor im Hafen"]
    opened = await admin.screen(news, f"wb|{sent}")
    assert f"\nAnnouncement {sent}\n" in bare(opened.text)
    page = await admin.tap(await admin.say("/staff"), "Log of what staff did")
    assert f"announcements {draft} · Neue <Sprechstunde>, {sent} · Chor im Hafen" in bare(page.text)
    assert f"announcement {empty} · no text yet" in bare(page.text)
    assert {f"wd|{draft}", f"wd|{empty}", f"wb|{sent}"} <= set(data_of(page))
    async with house.lotse.store.begin() as tx:
        for id in (draft, empty, sent):
            await tx.move(id, State.CANCELLED)


async def test_a_correction_without_a_second_person_is_told_as_one(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    await followed(house)
    now, key = house.lotse.desk.clock(), house.lotse.desk.audit_key
    async with house.lotse.store.begin() as tx:
        await tx.audit(now, 1, Act.OVERRIDE, {"broadcast": 900078, "part": "correction"}, key)
    await followed(house)
    told = [bare(m.text) for m in house.sandbox.chat_of(admin.person).messages.values() if m.from_bot]
    (news,) = [text for text in told if "announcement 900078" in text]
    assert news.startswith("An announcement was corrected without a second person.")
    assert "released alone, as an emergency (announcement 900078, a correction)" in news


async def test_the_log_says_what_of_a_draft_was_changed(house: House) -> None:
    admin = await staff(house, Role.ADMIN)
    now, key = house.lotse.desk.clock(), house.lotse.desk.audit_key
    entries: list[tuple[Act, dict[str, int | str], str]] = [
        (Act.DRAFT, {}, "began a draft (announcement 900079)"),
        (Act.DRAFT, {"part": "correction"}, "began a draft (announcement 900079, a correction)"),
        (
            Act.DRAFT,
            {"part": "text", "locale": "de"},
            "changed a draft (announcement 900079, language: German, Texts)",
        ),
        (Act.DRAFT, {"part": "audience"}, "changed a draft (announcement 900079, Who gets it)"),
        (Act.DRAFT, {"part": "time"}, "changed a draft (announcement 900079, When)"),
        (
            Act.RESEND,
            {"count": 2, "unknown": 0},
            "sent the failed ones again (announcement 900079, recipients: 2)",
        ),
        (
            Act.RESEND,
            {"count": 3, "unknown": 1},
            "sent the failed ones again (announcement 900079, recipients: 3, the unknown ones, too)",
        ),
    ]
    async with house.lotse.store.begin() as tx:
        for act, detail, _expected in entries:
            await tx.audit(now, 1, act, {"broadcast": 900079, **detail}, key)
    page = await admin.tap(await admin.say("/staff"), "Log of what staff did")
    for _act, _detail, expected in entries:
        assert bare(page.text).count(f": {expected}") == 1


async def test_an_override_from_the_command_line_is_told_too(house: House, tmp_path: Path) -> None:
    admin, other = await staff(house, Role.ADMIN), await staff(house, Role.ADMIN)
    await followed(house)
    file = tmp_path / "news.yaml"
    file.write_text(
        "texts: {de: Hallo}\naudience: {groups: [staff]}\npolicy: {missing: fallback}\nat: 2099-01-01T12:00\n"
    )
    settings = replace(house.lotse.settings, admins=(admin.chat_id,), two_person_from=1)
    options = Namespace(verb="new", file=file, at=None, release=True, staff=None, json=False)
    assert await broadcast_command.run(options, settings) == 0
    await followed(house)
    heading = words("en")("An announcement was released without a second person.")
    for one in (admin, other):
        told = [bare(m.text) for m in house.sandbox.chat_of(one.person).messages.values() if m.from_bot]
        assert sum(heading in text for text in told) == 1
    async with house.lotse.store.begin() as tx:
        (planned,) = [one for one in await tx.broadcasts((State.SCHEDULED,)) if one.name == "Hallo"]
        await tx.move(planned.id, State.CANCELLED)


async def test_forgetting_takes_the_role_along(house: House) -> None:
    releaser = await staff(house, Role.RELEASER)
    number = await id_of(house, releaser)
    async with house.lotse.store.begin() as tx:
        draft = await tx.draft(number, house.lotse.desk.clock())
        await tx.change(draft, send_at=house.wall("2099-01-01T12:00"))
        await tx.change(draft, name="Sommerfest")
        await tx.move(draft, State.SCHEDULED)
    before = menu_of(house, releaser)
    asked = await releaser.say("/forget")
    assert "With it you lose: releaser" in bare(asked.text)
    assert f"1 planned announcement will be paused: {draft} · Sommerfest" in bare(asked.text)
    assert "only admin" not in asked.text
    assert menu_of(house, releaser) == before
    async with house.lotse.store.read() as view:
        assert (await view.staff_member(number)) == await view.staff_of(releaser.chat_id), (
            "nothing is deleted"
        )
    proof = await releaser.tap(asked, "Yes, delete everything")
    assert f"1 planned announcement was paused: {draft} · Sommerfest" in bare(proof.text)
    async with house.lotse.store.read() as view:
        left = await view.staff_member(number)
        broadcast = await view.broadcast(draft)
        last = (await view.latest_audit(1))[0]
    assert left is not None
    assert left.chat_id is None
    assert broadcast is not None
    assert (broadcast.state, broadcast.pause_reason) == (State.PAUSED, "role removed")
    assert (last.act, last.staff_id) == ("leave", number)
    await followed(house)
    assert menu_of(house, releaser) == []


async def test_choosing_another_language_keeps_the_menu_of_staff(house: House) -> None:
    author = await staff(house, Role.AUTHOR)
    await author.say("/start lang-uk")
    assert menu_of(house, author)[:3] == ["announce", "campaign", "staff"]


async def test_an_organisation_that_is_gone_is_shown_by_its_id(house: House) -> None:
    author = await staff(house, Role.AUTHOR, "long-gone")
    assert (await house.holdings()).directory.get(Kind.ORGANISATION, "long-gone") is None
    assert "long-gone" in (await author.say("/staff")).text


async def test_the_admins_of_the_settings_are_there_after_every_start(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        boss = sandbox.person("Boss", "de")
        settings = replace(demo._settings(sandbox, tmp_path), admins=(boss.id, -100))
        for _ in range(2):
            lotse = await app.start(settings, content=(), long_poll=1)
            try:
                assert lotse.desk.audit_key == settings.audit_secret
                async with lotse.store.read() as view:
                    (found,) = await view.all_staff()
                    assert (found.chat_id, found.role) == (boss.id, Role.ADMIN)
                    assert await view.audit_count() == 1
                house = House(sandbox, lotse)
                visitor = Visitor(house, boss)
                await visitor.say("/start lang-en")
                # The head of the log may come in between: it goes out from nine o'clock on.
                assert any("You are: admin" in m.text for m in await visitor.all("/staff"))
                assert menu_of(house, visitor)[:3] == ["announce", "campaign", "staff"]
            finally:
                await lotse.stop()


async def test_the_only_admin_is_told_so_before_being_forgotten(house: House) -> None:
    admin, _other = await staff(house, Role.ADMIN), await staff(house, Role.ADMIN)
    number, now = await id_of(house, admin), house.lotse.desk.clock()
    assert "You are the only admin" not in (await admin.say("/forget")).text
    async with house.lotse.store.begin() as tx:
        for other in await tx.all_staff():
            if other.id != number:
                await tx.remove_staff(other.id, now)
    asked = await admin.say("/forget")
    assert "You are the only admin: after that nobody can invite people or give roles." in asked.text
    page = await admin.tap(asked, "Back")
    assert "Privacy in plain words" in page.text
    async with admins(house, admin):
        asked = await admin.tap(page, "Forget me")
        assert "it comes back with the next start" in asked.text
        for untrue in ("only admin", "new invitation", "you lose"):
            assert untrue not in asked.text
    assert (await id_of(house, admin)) == number
