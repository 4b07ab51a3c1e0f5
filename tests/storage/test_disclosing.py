"""What there is under somebody's number, shown to nobody else, in both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.audit import Act, Detail
from bot.domain.staff import Invitation, Role
from bot.storage.store import Store, Transaction

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
KEY = b"a key of the log"
ME, OTHER = 7, 8


async def write(tx: Transaction, who: int | None, act: Act, at: datetime = NOW, **detail: int | str) -> int:
    given: Detail = detail
    return (await tx.audit(at, who, act, given, KEY)).seq


async def about(store: Store, chat_id: int) -> dict[str, Any]:
    async with store.read() as view:
        found: dict[str, Any] = json.loads(json.dumps(await view.everything_about(chat_id)))
    return found


async def test_a_member_of_staff_sees_what_is_under_the_number(store: Store) -> None:
    async with store.begin() as tx:
        me = await tx.add_staff(ME, Role.AUTHOR, None, NOW)
        other = await tx.add_staff(OTHER, Role.ADMIN, None, NOW)
        await tx.invite("secret", Invitation(role=None, organisation_id="o", created_by=me, expires_at=LATER))
        await tx.invite(
            "else", Invitation(role=None, organisation_id="o", created_by=other, expires_at=LATER)
        )
        mine = await tx.draft(me, NOW)
        released = await tx.draft(other, NOW)
        await tx.change(released, releaser_id=me)
        theirs = await tx.draft(other, NOW)
        await tx.show_progress(mine, ME, 44)
        await tx.show_progress(released, OTHER, 45)
        seqs = [
            await write(tx, me, Act.DRAFT, broadcast=mine),
            await write(tx, other, Act.ROLE, staff=me, role="author"),
            await write(tx, other, Act.REMOVE, paused=0, staff=me),
        ]
        await write(tx, other, Act.DRAFT, broadcast=theirs)
        await write(tx, other, Act.ROLE, staff=me * 1000, role="author")
        assert me * 1000 != other
    found = await about(store, ME)
    assert [(one["id"], one["role"]) for one in found["staff"]] == [(me, "author")]
    assert [(one["seq"], one["by_you"]) for one in found["log"]] == list(
        zip(seqs, (True, False, False), strict=True)
    )
    assert found["log"][0] == {
        "seq": seqs[0],
        "at": "2026-11-23T12:30:00+00:00",
        "act": "draft",
        "detail": f'{{"broadcast":{mine}}}',
        "by_you": True,
    }
    assert found["invitations"] == [
        {"role": None, "organisation_id": "o", "expires_at": LATER.isoformat(), "used_at": None}
    ]
    assert [(one["id"], one["author"], one["releaser"], one["progress"]) for one in found["broadcasts"]] == [
        (mine, True, False, [ME, 44]),
        (released, False, True, None),
    ]


async def test_a_contact_sees_the_entries_of_the_own_number_only(store: Store) -> None:
    async with store.begin() as tx:
        await tx.choose_locale(ME, "private", "uk", NOW)
        await write(tx, None, Act.ACCEPT, NOW - timedelta(days=1), contact=1, organisation="verein")
        await tx.add_contact(ME, "verein", NOW)
        own = [
            await write(tx, None, Act.ACCEPT, contact=1, organisation="verein"),
            await write(tx, None, Act.INVITE, by=1, organisation="verein", role="contact"),
            await write(tx, 9, Act.REVOKE, contact=1, organisation="verein"),
        ]
        await write(tx, None, Act.INVITE, by=2, organisation="verein", role="contact")
        await write(tx, None, Act.INVITE, by=1, organisation="other", role="contact")
    found = await about(store, ME)
    assert [(one["seq"], one["by_you"]) for one in found["log"]] == list(
        zip(own, (True, True, False), strict=True)
    )
    async with store.begin() as tx:
        await tx.forget(ME, NOW)
    assert not any((await about(store, ME)).values())


async def test_whose_role_is_gone_still_sees_the_own_progress_message(store: Store) -> None:
    async with store.begin() as tx:
        id = await tx.draft(3, NOW)
        await tx.show_progress(id, ME, 44)
    ((only),) = (await about(store, ME))["broadcasts"]
    assert (only["id"], only["author"], only["progress"]) == (id, False, [ME, 44])
    assert (await about(store, OTHER))["broadcasts"] == []
