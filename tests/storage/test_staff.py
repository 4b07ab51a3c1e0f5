"""Staff, contacts and invitations in both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.domain.broadcast import State
from bot.domain.staff import Contact, Invitation, Role, Staff, Told
from bot.storage.store import Store

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


async def choose(store: Store, *chats: int, locale: str = "uk") -> None:
    async with store.begin() as tx:
        for chat_id in chats:
            await tx.choose_locale(chat_id, "private", locale, NOW)


async def add(store: Store, chat_id: int, role: Role, organisation: str | None = None) -> int:
    async with store.begin() as tx:
        return await tx.add_staff(chat_id, role, organisation, NOW)


async def test_a_role_is_given_changed_taken_and_given_again(store: Store) -> None:
    id = await add(store, 7, Role.AUTHOR, "verein")
    wanted = Staff(id=id, chat_id=7, role=Role.AUTHOR, organisation_id="verein", created_at=NOW)
    async with store.read() as view:
        assert await view.staff_of(7) == wanted
        assert await view.staff_member(id) == wanted
        assert await view.staff_of(8) is None
        assert await view.staff_member(id + 1) is None
        assert await view.all_staff() == (wanted,)
    async with store.begin() as tx:
        assert await tx.set_role(id, Role.ADMIN, None)
        await tx.take_in_hand(id, 12, "text-de")
        changed = await tx.staff_of(7)
        assert changed is not None
        assert (changed.role, changed.organisation_id) == (Role.ADMIN, None)
        assert (changed.editing, changed.expecting) == (12, "text-de")
        assert await tx.remove_staff(id, NOW)
        assert not await tx.remove_staff(id, NOW)
        assert not await tx.set_role(id, Role.AUTHOR, None)
        assert await tx.staff_of(7) is None
    async with store.read() as view:
        left = await view.staff_member(id)
        assert left is not None
        assert (left.removed_at, left.editing, left.expecting, left.chat_id) == (NOW, None, None, 7)
        assert not left.may(Role.AUTHOR)
        assert await view.all_staff() == ()
    assert await add(store, 7, Role.RELEASER) == id
    async with store.begin() as tx:
        back = await tx.staff_of(7)
        assert back is not None
        assert back.may(Role.RELEASER)
        await tx.let_go(id)
        assert await tx.staff_of(7) is not None  # only who was removed is let go
        await tx.remove_staff(id, NOW)
        await tx.let_go(id)
    assert await add(store, 7, Role.AUTHOR) > id
    async with store.read() as view:
        gone = await view.staff_member(id)
        assert gone is not None
        assert gone.chat_id is None


async def test_admins_with_their_languages(store: Store) -> None:
    await choose(store, 7, 9, 10)
    ids = [await add(store, chat_id, Role.ADMIN) for chat_id in (7, 8, 9)]
    await add(store, 10, Role.RELEASER)
    await add(store, 11, Role.ADMIN, "verein")
    async with store.begin() as tx:
        await tx.retire(9, NOW)
    async with store.read() as view:
        assert await view.admin_chats() == (Told(ids[0], 7, "uk"), Told(ids[1], 8, None))


async def test_who_acts_and_who_it_is_about_are_held_together(store: Store) -> None:
    one, two = await add(store, 7, Role.ADMIN), await add(store, 8, Role.AUTHOR)
    async with store.begin() as tx:
        acting, member = await tx.hold_staff(7, two)
        assert (acting and acting.id, member and member.id) == (one, two)
        acting, member = await tx.hold_staff(7, one)
        assert (acting and acting.id, member and member.id) == (one, one)
        assert await tx.hold_staff(99, 98) == (None, None)
        await tx.remove_staff(one, NOW)
        acting, member = await tx.hold_staff(7, two)
        assert acting is None


async def test_two_admins_that_remove_each_other_do_not_wait_for_ever(store: Store) -> None:
    one, two = await add(store, 7, Role.ADMIN), await add(store, 8, Role.ADMIN)

    async def take(chat_id: int, other: int) -> bool:
        async with store.begin() as tx:
            acting, _ = await tx.hold_staff(chat_id, other)
            await asyncio.sleep(0.02)
            return acting is not None and await tx.remove_staff(other, NOW)

    assert sorted(await asyncio.wait_for(asyncio.gather(take(7, two), take(8, one)), 10)) == [False, True]


async def test_what_somebody_has_planned_is_what_has_not_begun(store: Store) -> None:
    one, two = await add(store, 7, Role.RELEASER), await add(store, 8, Role.RELEASER)
    made: dict[str, int] = {}
    async with store.begin() as tx:
        for name, author, releaser, states in (
            ("own", one, None, (State.SCHEDULED,)),
            ("released", two, one, (State.SCHEDULED,)),
            ("foreign", two, two, (State.SCHEDULED,)),
            ("draft", one, None, ()),
            ("sending", one, one, (State.SCHEDULED, State.SENDING)),
            ("template", one, one, (State.TEMPLATE,)),
            ("other", two, two, (State.TEMPLATE,)),
        ):
            made[name] = id = await tx.draft(author, NOW, name=name)
            await tx.change(id, releaser_id=releaser, send_at=NOW)
            for state in states:
                await tx.move(id, state)
        assert await tx.planned_by(one) == {
            made["own"]: State.SCHEDULED,
            made["released"]: State.SCHEDULED,
            made["template"]: State.TEMPLATE,
        }
        assert await tx.planned_by(999) == {}


async def test_an_invitation_is_used_once_by_one_of_two(store: Store) -> None:
    invitation = Invitation(
        role=Role.AUTHOR, organisation_id=None, created_by=1, expires_at=NOW + timedelta(days=7)
    )
    async with store.begin() as tx:
        await tx.invite("digest", invitation)
    async with store.read() as view:
        assert await view.invitation("digest") == invitation
        assert await view.invitation("other") is None

    async def use() -> bool:
        async with store.begin() as tx:
            used = await tx.use_invitation("digest", NOW)
            await asyncio.sleep(0.02)
            return used

    assert sorted(await asyncio.gather(use(), use(), use())) == [False, False, True]
    async with store.read() as view:
        found = await view.invitation("digest")
        assert found is not None
        assert found.used_at == NOW


async def test_invitations_expire_and_are_made_void(store: Store) -> None:
    def made(by: int | None, organisation: str | None, days: int) -> Invitation:
        return Invitation(
            role=None if by is None else Role.AUTHOR,
            organisation_id=organisation,
            created_by=by,
            expires_at=NOW + timedelta(days=days),
        )

    async with store.begin() as tx:
        await tx.invite("old", made(1, None, -1))
        await tx.invite("a", made(1, None, 7))
        await tx.invite("used", made(1, None, 7))
        await tx.invite("b", made(2, "verein", 7))
        await tx.invite("c", made(None, "verein", 7))
        await tx.invite("d", made(None, "anderer", 7))
        assert not await tx.use_invitation("old", NOW)
        assert await tx.use_invitation("used", NOW)
        assert await tx.expire_invitations(NOW) == 1
        assert await tx.void_invitations(staff_id=1) == 1
        assert await tx.void_invitations(organisation_id="verein") == 1
    async with store.read() as view:
        left = [name for name in ("old", "a", "used", "b", "c", "d") if await view.invitation(name)]
    assert left == ["used", "b", "d"]


async def test_contacts_have_numbers_and_end(store: Store) -> None:
    await choose(store, 7, 8, 9)
    async with store.begin() as tx:
        first = await tx.add_contact(7, "verein", NOW)
        second = await tx.add_contact(8, "verein", NOW)
        await tx.add_contact(7, "anderer", NOW)
    assert first == Contact(chat_id=7, organisation_id="verein", number=1, created_at=NOW)
    assert second.number == 2
    async with store.read() as view:
        assert await view.contacts("verein") == (first, second)
        assert [one.organisation_id for one in await view.contact_of(7)] == ["anderer", "verein"]
        assert await view.contact_counts() == {"anderer": 1, "verein": 2}
        assert await view.is_contact(7)
    async with store.begin() as tx:
        assert await tx.drop_contact(7, "verein")
        assert not await tx.drop_contact(7, "verein")
        third = await tx.add_contact(9, "verein", NOW)
        assert third.number == 3  # those who stay keep their numbers
        await tx.forget(8)
        assert await tx.contacts("verein") == (third,)


async def test_whom_somebody_has_ended_is_told_once(store: Store) -> None:
    await choose(store, 7, 8)
    async with store.begin() as tx:
        for chat_id, organisation in ((8, "verein"), (7, "verein"), (7, "other"), (7, "verein")):
            await tx.must_be_told(chat_id, organisation)
    async with store.read() as view:
        assert await view.farewells() == ((7, "other"), (7, "verein"), (8, "verein"))
    async with store.begin() as tx:
        await tx.was_told(7, "verein")
        await tx.was_told(7, "verein")
        await tx.forget(8)
        assert await tx.farewells() == ((7, "other"),)
