"""Roles, invitations and contacts: who may, who may not any more, and what is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.broadcast import State
from bot.domain.directory import Directory, Organisation
from bot.domain.errors import UnknownRecipient
from bot.domain.minutes import to_minutes
from bot.domain.news import ALL, CONSENT_VERSION, Frequency, Subscription, Topic
from bot.domain.staff import (
    AlreadyHas,
    Contact,
    Fixed,
    Gone,
    Guesses,
    Invitation,
    InvitationVoid,
    NotAllowed,
    OtherRole,
    Role,
    Staff,
    Void,
    digest_of,
)
from bot.domain.text import LocalizedText
from bot.services import staffing
from bot.services.auditing import examine
from bot.services.browsing import named
from bot.storage.store import Store, Transaction
from tests.conftest import Databases
from tests.services.sending import PATIENCE

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
KEY = b"a key of the log"
BOSS, ONE, TWO, THREE = 1, 11, 12, 13


@pytest.fixture
async def office(store: Store) -> Store:
    """Somebody of the office, and people who have chosen a language."""
    async with store.begin() as tx:
        for chat_id in (BOSS, ONE, TWO, THREE):
            await tx.choose_locale(chat_id, "private", "de", NOW)
    await staffing.appoint(store, {BOSS}, NOW, KEY)
    return store


async def become(
    store: Store, chat_id: int, role: Role | None, organisation: str | None = None, *, by: int = BOSS
) -> staffing.Accepted:
    token = await staffing.invite(store, by, role, organisation, NOW, KEY)
    return await staffing.accept(store, token, chat_id, NOW, KEY, Guesses())


async def staff_of(store: Store, chat_id: int) -> Staff | None:
    async with store.read() as view:
        return await view.staff_of(chat_id)


async def contacts(store: Store, organisation: str = "verein") -> list[tuple[int, int]]:
    async with store.read() as view:
        return [(one.chat_id, one.number) for one in await view.contacts(organisation)]


async def acts(store: Store) -> list[tuple[int | None, str, dict[str, int | str]]]:
    """What the log says, which must be sound."""
    assert (await examine(store, KEY)).damage == ()
    async with store.read() as view:
        return [(one.staff_id, one.act, one.about) for one in await view.audit_entries()]


async def test_the_admins_of_the_settings_are_made_once(store: Store) -> None:
    assert await staffing.appoint(store, frozenset(), NOW, KEY) == 0
    assert await staffing.appoint(store, {5, 6, -100}, NOW, KEY) == 2
    assert await staffing.appoint(store, {5, 6, -100}, NOW, KEY) == 0
    async with store.read() as view:
        found = await view.all_staff()
    assert [(one.chat_id, one.role) for one in found] == [(5, Role.ADMIN), (6, Role.ADMIN)]
    assert await acts(store) == [(None, "appoint", {"staff": one.id}) for one in found]


async def test_an_author_who_is_put_into_the_settings_becomes_an_admin(office: Store) -> None:
    before = await become(office, ONE, Role.AUTHOR, "verein")
    assert await staffing.appoint(office, {BOSS, ONE}, NOW, KEY) == 1
    staff = await staff_of(office, ONE)
    assert staff is not None
    assert (staff.id, staff.role, staff.organisation_id) == (before.number, Role.ADMIN, None)


async def test_what_needs_a_role_is_refused_without(office: Store) -> None:
    await become(office, ONE, Role.RELEASER, "verein")
    async with office.read() as view:
        assert (await staffing.require(view, BOSS, Role.ADMIN)).chat_id == BOSS
        assert (await staffing.require(view, ONE, Role.AUTHOR, "verein")).chat_id == ONE
        for chat_id, role, organisation in (
            (TWO, Role.AUTHOR, None),
            (ONE, Role.AUTHOR, None),
            (ONE, Role.AUTHOR, "anderer"),
            (ONE, Role.ADMIN, "verein"),
        ):
            with pytest.raises(NotAllowed):
                await staffing.require(view, chat_id, role, organisation)


async def planned(store: Store, staff_id: int, count: int = 1) -> list[int]:
    found = []
    async with store.begin() as tx:
        for _ in range(count):
            id = await tx.draft(staff_id, NOW)
            await tx.change(id, send_at=NOW + timedelta(days=1), releaser_id=staff_id)
            await tx.move(id, State.SCHEDULED)
            found.append(id)
    return found


async def state(store: Store, id: int) -> State:
    async with store.read() as view:
        broadcast = await view.broadcast(id)
    assert broadcast is not None
    return broadcast.state


async def change(store: Store, by: int, id: int, role: Role) -> tuple[int, ...]:
    return await staffing.change_role(store, by, id, role, fixed={BOSS}, now=NOW, key=KEY)


async def remove(store: Store, by: int, id: int) -> tuple[int, ...]:
    return await staffing.remove(store, by, id, fixed={BOSS}, now=NOW, key=KEY)


async def test_a_role_below_releaser_pauses_what_was_planned(office: Store) -> None:
    one = (await become(office, ONE, Role.ADMIN)).number
    (id,) = await planned(office, one)
    assert await change(office, BOSS, one, Role.ADMIN) == ()
    assert await change(office, BOSS, one, Role.RELEASER) == ()
    assert await state(office, id) is State.SCHEDULED
    assert await change(office, BOSS, one, Role.AUTHOR) == (id,)
    assert await state(office, id) is State.PAUSED
    assert await change(office, BOSS, one, Role.ADMIN) == ()
    boss = await staff_of(office, BOSS)
    assert boss is not None
    assert (await acts(office))[3:] == [
        (boss.id, "role", {"staff": one, "role": "releaser"}),
        (boss.id, "role", {"staff": one, "role": "author", "paused": 1, "broadcasts": str(id)}),
        (boss.id, "role", {"staff": one, "role": "admin"}),
    ]


async def test_a_repetition_of_who_is_gone_is_a_draft_again(office: Store) -> None:
    one = (await become(office, ONE, Role.RELEASER)).number
    async with office.begin() as tx:
        template = await tx.draft(one, NOW)
        await tx.change(template, releaser_id=one, send_at=NOW)
        await tx.move(template, State.TEMPLATE)
        await tx.add_schedule(template, "FREQ=WEEKLY", NOW, NOW)
        sending = await tx.draft(one, NOW)
        await tx.move(sending, State.SCHEDULED)
        await tx.move(sending, State.SENDING)
        seen = await tx.broadcast(template)
    assert seen is not None
    assert await remove(office, BOSS, one) == (template,)
    async with office.read() as view:
        found, schedules = await view.broadcast(template), await view.schedules()
    assert found is not None
    assert (found.state, found.releaser_id, found.pause_reason) == (State.DRAFT, None, "role removed")
    assert found.revision not in (0, seen.revision), "what was looked at before cannot be released any more"
    assert [schedule.next_at for schedule in schedules] == [None]
    assert await state(office, sending) is State.SENDING


async def test_taking_a_role_takes_every_right_at_once(office: Store) -> None:
    one = (await become(office, ONE, Role.ADMIN)).number
    two = (await become(office, TWO, Role.AUTHOR)).number
    ids = await planned(office, one, 25)
    token = await staffing.invite(office, ONE, Role.ADMIN, None, NOW, KEY)
    assert await remove(office, BOSS, one) == tuple(ids)
    async with office.read() as view:
        with pytest.raises(NotAllowed):
            await staffing.require(view, ONE, Role.AUTHOR)
    tries: list[Callable[[], Awaitable[object]]] = [
        lambda: remove(office, ONE, two),
        lambda: change(office, ONE, two, Role.ADMIN),
        lambda: staffing.invite(office, ONE, Role.AUTHOR, None, NOW, KEY),
    ]
    for act in tries:
        with pytest.raises(NotAllowed):
            await act()
    # Nor does a link help that was made before.
    with pytest.raises(InvitationVoid):
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    with pytest.raises(Gone):
        await remove(office, BOSS, one)
    with pytest.raises(Gone):
        await change(office, BOSS, one, Role.AUTHOR)
    with pytest.raises(Gone):
        await remove(office, BOSS, 999)
    last = (await acts(office))[-1]
    assert last[1] == "remove"
    assert last[2]["paused"] == 25
    assert str(last[2]["broadcasts"]).split(",") == [str(id) for id in ids[:20]]


async def test_admins_of_the_settings_stay(office: Store) -> None:
    await become(office, ONE, Role.ADMIN)
    boss = await staff_of(office, BOSS)
    assert boss is not None
    with pytest.raises(Fixed):
        await remove(office, ONE, boss.id)
    with pytest.raises(Fixed):
        await change(office, ONE, boss.id, Role.AUTHOR)
    assert await staff_of(office, BOSS) == boss


async def test_an_admin_of_one_organisation_stays_within_it(office: Store) -> None:
    await become(office, ONE, Role.ADMIN, "verein")
    inside = (await become(office, TWO, Role.AUTHOR, "verein", by=ONE)).number
    outside = (await become(office, THREE, Role.AUTHOR)).number
    for act in (
        lambda: staffing.invite(office, ONE, Role.AUTHOR, None, NOW, KEY),
        lambda: staffing.invite(office, ONE, Role.AUTHOR, "anderer", NOW, KEY),
        lambda: staffing.invite(office, ONE, None, "anderer", NOW, KEY),
        lambda: remove(office, ONE, outside),
        lambda: change(office, ONE, outside, Role.ADMIN),
    ):
        with pytest.raises(NotAllowed):
            await act()
    await change(office, ONE, inside, Role.RELEASER)
    await remove(office, ONE, inside)
    assert await staff_of(office, TWO) is None


async def test_nobody_else_can_do_anything(office: Store) -> None:
    await become(office, TWO, Role.RELEASER)
    boss, two = await staff_of(office, BOSS), await staff_of(office, TWO)
    assert boss is not None
    assert two is not None
    before = await acts(office)
    tries: list[Callable[[int], Awaitable[object]]] = [
        lambda me: remove(office, me, boss.id),
        lambda me: remove(office, me, two.id),
        lambda me: change(office, me, two.id, Role.ADMIN),
        lambda me: staffing.invite(office, me, Role.ADMIN, None, NOW, KEY),
        lambda me: staffing.invite(office, me, None, "verein", NOW, KEY),
        lambda me: staffing.revoke(office, me, "verein", 1, 0, NOW, KEY),
    ]
    for me in (THREE, TWO, 999):
        for act in tries:
            with pytest.raises(NotAllowed):
                await act(me)
    assert await acts(office) == before
    with pytest.raises(ValueError, match="organisation"):
        await staffing.invite(office, BOSS, None, None, NOW, KEY)


async def test_who_forgets_themselves_pauses_what_they_planned(office: Store) -> None:
    one = (await become(office, ONE, Role.RELEASER)).number
    (id,) = await planned(office, one)
    async with office.begin() as tx:
        removed = await staffing.forget(tx, ONE, NOW, KEY)
        assert (removed["staff"], removed["recipients"]) == (1, 1)
        assert (await staffing.forget(tx, TWO, NOW, KEY))["staff"] == 0
    assert await state(office, id) is State.PAUSED
    async with office.read() as view:
        left = await view.staff_member(one)
    assert left is not None
    assert left.chat_id is None
    assert left.removed_at == NOW
    assert (await acts(office))[-1] == (one, "leave", {"staff": one, "paused": 1, "broadcasts": str(id)})


async def test_who_forgets_themselves_stands_crosswise_to_nobody(postgresql_databases: Databases) -> None:
    """Somebody holds a broadcast that tells of them, and writes into the log: one waits, none fails."""
    store = await Store.open(await postgresql_databases.migrated())
    await staffing.appoint(store, {BOSS, ONE}, NOW, KEY)
    async with store.begin() as tx:
        id = await tx.draft(1, NOW)
        await tx.show_progress(id, ONE, 5)

    async def forget() -> dict[str, int]:
        async with store.begin() as tx:
            return await staffing.forget(tx, ONE, NOW, KEY)

    async with store.begin() as tx:
        await tx.hold_broadcast(id)
        forgetting = asyncio.create_task(forget())
        async with asyncio.timeout(PATIENCE):
            while not await waiting(store):
                await asyncio.sleep(0.02)
        await tx.audit(NOW, 1, "pause", {"broadcast": id}, KEY)
    assert (await forgetting)["staff"] == 1
    assert [act for _staff, act, _detail in await acts(store)][2:] == ["pause", "leave"]
    await store._dispose()
    await postgresql_databases.drop()


async def waiting(store: Store) -> bool:
    """Whether somebody waits for a lock."""
    async with store.read() as view:
        found = await view._run(sa.text("SELECT 1 FROM pg_locks WHERE NOT granted"))
        return found.first() is not None


# Invitations --------------------------------------------------------------------------------------


async def test_a_link_makes_one_person_staff_once(office: Store) -> None:
    token = await staffing.invite(office, BOSS, Role.AUTHOR, "verein", NOW, KEY)
    async with office.read() as view:
        found = await staffing.opened(view, token, ONE, NOW, Guesses())
    assert (found.role, found.organisation_id) == (Role.AUTHOR, "verein")
    done = await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    staff = await staff_of(office, ONE)
    assert staff is not None
    assert staff.may(Role.AUTHOR, "verein")
    assert not staff.may(Role.AUTHOR)
    assert done == staffing.Accepted(Role.AUTHOR, "verein", staff.id)
    with pytest.raises(InvitationVoid) as void:
        await staffing.accept(office, token, TWO, NOW, KEY, Guesses())
    assert void.value.why is Void.USED
    assert await staffing.accept(office, token, ONE, NOW, KEY, Guesses()) == done, "offered again"
    async with office.read() as view:
        with pytest.raises(AlreadyHas) as has:
            await staffing.opened(view, token, ONE, NOW, Guesses())
    assert not has.value.usable
    assert await staff_of(office, TWO) is None
    boss = await staff_of(office, BOSS)
    assert boss is not None
    assert (await acts(office))[1:] == [
        (boss.id, "invite", {"role": "author", "organisation": "verein"}),
        (staff.id, "accept", {"role": "author", "organisation": "verein", "staff": staff.id}),
    ]


@pytest.mark.parametrize("role", [Role.AUTHOR, None])
async def test_two_people_at_the_same_time(office: Store, role: Role | None) -> None:
    token = await staffing.invite(office, BOSS, role, "verein", NOW, KEY)
    found = await asyncio.gather(
        *(staffing.accept(office, token, chat_id, NOW, KEY, Guesses()) for chat_id in (ONE, TWO, THREE)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, staffing.Accepted) for one in found) == 1
    assert [one.why for one in found if isinstance(one, InvitationVoid)] == [Void.USED, Void.USED]
    have = [await staff_of(office, chat_id) for chat_id in (ONE, TWO, THREE)]
    assert sum(one is not None for one in have) + len(await contacts(office)) == 1


async def test_who_comes_a_moment_after_another_gets_nothing(
    office: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look at the link and its use somebody else has used it."""
    token = await staffing.invite(office, BOSS, Role.AUTHOR, None, NOW, KEY)
    look = staffing.opened

    async def overtaken(tx: Transaction, token: str, *rest: Any) -> Invitation:
        found = await look(tx, token, *rest)
        assert await tx.use_invitation(digest_of(token), NOW)
        return found

    monkeypatch.setattr(staffing, "opened", overtaken)
    with pytest.raises(InvitationVoid) as void:
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    assert void.value.why is Void.USED
    assert await staff_of(office, ONE) is None


async def test_two_contacts_accept_at_once_and_get_different_numbers(office: Store) -> None:
    tokens = [await staffing.invite(office, BOSS, None, "verein", NOW, KEY) for _ in range(3)]
    await asyncio.gather(
        *(
            staffing.accept(office, token, chat_id, NOW, KEY, Guesses())
            for token, chat_id in zip(tokens, (ONE, TWO, THREE), strict=True)
        )
    )
    assert len(await contacts(office)) == 3
    assert len(await acts(office)) == 7


async def test_an_open_link_is_taken_back_by_an_admin(office: Store) -> None:
    await become(office, ONE, Role.ADMIN, "verein")
    await become(office, TWO, Role.RELEASER)
    wide = await staffing.invite(office, BOSS, Role.ADMIN, None, NOW, KEY)
    near = await staffing.invite(office, BOSS, None, "verein", NOW, KEY)
    async with office.read() as view:
        everything = await staffing.open_invitations(view, BOSS, NOW)
        own = await staffing.open_invitations(view, ONE, NOW)
        with pytest.raises(NotAllowed):
            await staffing.open_invitations(view, TWO, NOW)
        with pytest.raises(NotAllowed):
            await staffing.open_invitations(view, THREE, NOW)
        assert await staffing.open_invitations(view, BOSS, NOW + timedelta(days=8)) == {}
    assert {(one.role, one.organisation_id) for one in everything.values()} == {
        (Role.ADMIN, None),
        (None, "verein"),
    }
    assert [one.organisation_id for one in own.values()] == ["verein"]
    for chat_id, error in ((TWO, NotAllowed), (THREE, NotAllowed), (ONE, Gone)):
        with pytest.raises(error):
            await staffing.take_back(office, chat_id, digest_of(wide)[:16], NOW, KEY)
    await staffing.take_back(office, BOSS, digest_of(wide)[:16], NOW, KEY)
    await staffing.take_back(office, ONE, digest_of(near)[:16], NOW, KEY)
    for token in (wide, near):
        with pytest.raises(InvitationVoid):
            await staffing.accept(office, token, THREE, NOW, KEY, Guesses())
        with pytest.raises(Gone):
            await staffing.take_back(office, BOSS, digest_of(token)[:16], NOW, KEY)
    with pytest.raises(Gone):
        await staffing.take_back(office, BOSS, "", NOW, KEY)
    assert [(act, about) for _who, act, about in (await acts(office))[-2:]] == [
        ("uninvite", {"role": "admin"}),
        ("uninvite", {"role": "contact", "organisation": "verein"}),
    ]


async def test_a_link_expires(office: Store) -> None:
    token = await staffing.invite(office, BOSS, Role.AUTHOR, None, NOW, KEY)
    later = NOW + timedelta(days=7)
    with pytest.raises(InvitationVoid) as void:
        await staffing.accept(office, token, ONE, later, KEY, Guesses())
    assert void.value.why is Void.EXPIRED
    assert await staff_of(office, ONE) is None
    async with office.read() as view:
        found = await staffing.opened(view, token, ONE, later - timedelta(seconds=1), Guesses())
    assert found.role is Role.AUTHOR


async def test_guessing_is_bounded(office: Store) -> None:
    guesses = Guesses()
    token = await staffing.invite(office, BOSS, Role.ADMIN, None, NOW, KEY)
    for number in range(Guesses.MOST):
        with pytest.raises(InvitationVoid) as void:
            await staffing.accept(office, f"guess{number}", ONE, NOW, KEY, guesses)
        assert void.value.why is Void.UNKNOWN
    with pytest.raises(InvitationVoid) as void:
        await staffing.accept(office, token, ONE, NOW, KEY, guesses)
    assert void.value.why is Void.OFTEN
    assert await staff_of(office, ONE) is None
    assert (await staffing.accept(office, token, TWO, NOW, KEY, guesses)).role is Role.ADMIN


async def test_without_a_language_nothing_is_stored(office: Store) -> None:
    token = await staffing.invite(office, BOSS, Role.AUTHOR, None, NOW, KEY)
    with pytest.raises(UnknownRecipient):
        await staffing.accept(office, token, 999, NOW, KEY, Guesses())
    assert (await staffing.accept(office, token, ONE, NOW, KEY, Guesses())).role is Role.AUTHOR


@pytest.mark.parametrize(
    ("has", "offered", "outcome"),
    [
        ((Role.AUTHOR, None), (Role.RELEASER, None), None),
        ((Role.AUTHOR, "verein"), (Role.AUTHOR, None), None),
        ((Role.AUTHOR, "verein"), (Role.ADMIN, "verein"), None),
        ((Role.ADMIN, None), (Role.AUTHOR, None), AlreadyHas),
        ((Role.ADMIN, None), (Role.AUTHOR, "verein"), AlreadyHas),
        ((Role.AUTHOR, None), (Role.AUTHOR, None), AlreadyHas),
        ((Role.AUTHOR, "verein"), (Role.AUTHOR, "anderer"), OtherRole),
        ((Role.AUTHOR, None), (Role.ADMIN, "verein"), OtherRole),
        ((Role.ADMIN, "verein"), (Role.AUTHOR, None), OtherRole),
    ],
)
async def test_a_second_role(
    office: Store,
    has: tuple[Role, str | None],
    offered: tuple[Role, str | None],
    outcome: type[Exception] | None,
) -> None:
    first = await become(office, ONE, *has)
    token = await staffing.invite(office, BOSS, *offered, NOW, KEY)
    if outcome is None:
        assert await staffing.accept(office, token, ONE, NOW, KEY, Guesses()) == staffing.Accepted(
            *offered, first.number
        )
        return
    with pytest.raises(outcome) as refused:
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    assert getattr(refused.value, "usable", True)
    staff = await staff_of(office, ONE)
    assert staff is not None
    assert (staff.role, staff.organisation_id) == has
    # The link can be passed on.
    assert (await staffing.accept(office, token, TWO, NOW, KEY, Guesses())).role is offered[0]


async def test_a_used_or_old_link_is_not_passed_on(office: Store) -> None:
    await become(office, ONE, Role.RELEASER)
    token = await staffing.invite(office, BOSS, Role.AUTHOR, None, NOW, KEY)
    for moment, usable in ((NOW, True), (NOW + timedelta(days=7), False)):
        with pytest.raises(AlreadyHas) as has:
            await staffing.accept(office, token, ONE, moment, KEY, Guesses())
        assert has.value.usable is usable
    await staffing.accept(office, token, TWO, NOW, KEY, Guesses())
    with pytest.raises(AlreadyHas) as has:  # more than it gave to somebody else
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    assert not has.value.usable
    await become(office, THREE, Role.ADMIN, "verein")
    with pytest.raises(InvitationVoid) as void:  # another role, but the link is over anyway
        await staffing.accept(office, token, THREE, NOW, KEY, Guesses())
    assert void.value.why is Void.USED


async def test_a_contact_who_accepts_again_is_the_same_contact(office: Store) -> None:
    token = await staffing.invite(office, BOSS, None, "verein", NOW, KEY)
    done = await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    assert await staffing.accept(office, token, ONE, NOW, KEY, Guesses()) == done
    with pytest.raises(InvitationVoid):
        await staffing.accept(office, token, TWO, NOW, KEY, Guesses())
    assert await contacts(office) == [(ONE, 1)]
    assert await staffing.revoke(office, ONE, "verein", 1, SINCE, NOW, KEY) == ONE
    with pytest.raises(InvitationVoid):
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())


# Contacts -----------------------------------------------------------------------------------------

SINCE = to_minutes(NOW)


async def test_contacts_invite_colleagues_and_hand_over(office: Store) -> None:
    await become(office, ONE, None, "verein")
    done = await become(office, TWO, None, "verein", by=ONE)
    assert done == staffing.Accepted(None, "verein", 2)
    with pytest.raises(AlreadyHas):
        await become(office, TWO, None, "verein", by=ONE)
    with pytest.raises(NotAllowed):
        await staffing.invite(office, ONE, None, "anderer", NOW, KEY)
    with pytest.raises(NotAllowed):
        await staffing.invite(office, ONE, Role.AUTHOR, "verein", NOW, KEY)
    async with office.read() as view:
        own = await staffing.may_manage(view, TWO, "verein")
        assert isinstance(own, Contact)
        assert isinstance(await staffing.may_manage(view, BOSS, "verein"), Staff)
    assert await staffing.revoke(office, ONE, "verein", 1, SINCE, NOW, KEY) == ONE
    assert await contacts(office) == [(TWO, 2)]
    with pytest.raises(NotAllowed):
        await staffing.revoke(office, ONE, "verein", 2, SINCE, NOW, KEY)
    assert [entry for entry in await acts(office) if entry[0] is None][1:] == [
        (None, "accept", {"organisation": "verein", "contact": 1}),
        (None, "invite", {"organisation": "verein", "role": "contact", "by": 1}),
        (None, "accept", {"organisation": "verein", "contact": 2}),
        (None, "invite", {"organisation": "verein", "role": "contact", "by": 1}),
        (None, "revoke", {"organisation": "verein", "contact": 1, "by": 1}),
    ]


async def test_a_revoked_contact_keeps_no_way_back(office: Store) -> None:
    await become(office, ONE, None, "verein")
    await become(office, TWO, None, "verein")
    token = await staffing.invite(office, ONE, None, "verein", NOW, KEY)
    assert await staffing.revoke(office, TWO, "verein", 1, SINCE, NOW, KEY) == ONE
    with pytest.raises(InvitationVoid):
        await staffing.accept(office, token, ONE, NOW, KEY, Guesses())
    assert await contacts(office) == [(TWO, 2)]


async def test_who_hands_over_and_goes_leaves_the_invitation_behind(office: Store) -> None:
    await become(office, ONE, None, "verein")
    token = await staffing.invite(office, ONE, None, "verein", NOW, KEY)
    assert await staffing.revoke(office, ONE, "verein", 1, SINCE, NOW, KEY) == ONE
    await staffing.accept(office, token, TWO, NOW, KEY, Guesses())
    assert [chat for chat, _number in await contacts(office)] == [TWO]


async def test_the_links_of_a_contact_die_with_its_forget(office: Store) -> None:
    await become(office, ONE, None, "verein")
    token = await staffing.invite(office, ONE, None, "verein", NOW, KEY)
    boss = await staffing.invite(office, BOSS, None, "verein", NOW, KEY)
    async with office.begin() as tx:
        await staffing.forget(tx, ONE, NOW, KEY)
    with pytest.raises(InvitationVoid):
        await staffing.accept(office, token, TWO, NOW, KEY, Guesses())
    assert (await staffing.accept(office, boss, TWO, NOW, KEY, Guesses())).organisation_id == "verein"


async def test_the_button_of_an_old_list_hits_nobody_else(office: Store) -> None:
    await become(office, ONE, None, "verein")
    assert await staffing.revoke(office, BOSS, "verein", 1, SINCE, NOW, KEY) == ONE
    with pytest.raises(Gone):
        await staffing.revoke(office, BOSS, "verein", 1, SINCE, NOW, KEY)
    later = NOW + timedelta(minutes=5)
    token = await staffing.invite(office, BOSS, None, "verein", later, KEY)
    assert (await staffing.accept(office, token, TWO, later, KEY, Guesses())).number == 1
    with pytest.raises(Gone):
        await staffing.revoke(office, BOSS, "verein", 1, SINCE, later, KEY)
    assert await contacts(office) == [(TWO, 1)]


async def test_news_for_contacts_end_with_the_last_organisation(office: Store) -> None:
    await become(office, ONE, None, "verein")
    await become(office, ONE, None, "anderer")
    async with office.begin() as tx:
        for topic in (Topic.INTERNAL, Topic.LAW):
            await tx.subscribe(
                Subscription(
                    chat_id=ONE,
                    topic=topic,
                    area=ALL,
                    frequency=Frequency.NOW,
                    consent_version=CONSENT_VERSION,
                    consented_at=NOW,
                )
            )

    async def topics() -> set[Topic]:
        async with office.read() as view:
            return {one.topic for one in await view.subscriptions(ONE)}

    await staffing.revoke(office, BOSS, "verein", 1, SINCE, NOW, KEY)
    assert await topics() == {Topic.INTERNAL, Topic.LAW}
    await staffing.revoke(office, BOSS, "anderer", 1, SINCE, NOW, KEY)
    assert await topics() == {Topic.LAW}


def organisation(id: str, **titles: str) -> Organisation:
    title = LocalizedText.of(**titles)
    return Organisation(id=id, title=title, summary=title, source="test", verified=True)


def test_organisations_are_found_by_parts_of_their_names() -> None:
    directory = Directory.of(
        (
            organisation("b", de="Brücke Güstrow e.V.", uk="Міст Ґюстров"),
            organisation("a", de="Afrika-Verein Rostock"),
            organisation("c", en="Circle"),
        )
    )
    found = {
        text: [one.id for one in named(staffing.by_name(directory), text)]
        for text in ("guest", "gust", "BRÜCKE güs", "rostock verein", "міст", "e", "xyz", "  !", "circle")
    }
    assert found == {
        "guest": [],
        "gust": ["b"],
        "BRÜCKE güs": ["b"],
        "rostock verein": ["a"],
        "міст": ["b"],
        "e": ["b"],
        "xyz": [],
        "  !": [],
        "circle": ["c"],
    }
    assert [one.id for one in staffing.by_name(directory)] == ["a", "b", "c"]
