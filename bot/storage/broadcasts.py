"""Queries about broadcasts: drafts, texts, states, schedules, corrections, and the right to send."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.broadcast import (
    NOBODY,
    SHOWN_FOR,
    TRANSITIONS,
    USUAL,
    Anchor,
    Audience,
    Body,
    Broadcast,
    Cap,
    Edit,
    Group,
    Lease,
    LeaseLost,
    LinkButton,
    Media,
    Missing,
    Options,
    Schedule,
    State,
    Unknown,
    WrongState,
)
from bot.domain.news import Topic
from bot.domain.text import State as TextState
from bot.storage.queries import Queries, insert_new, insert_or_update
from bot.storage.tables import (
    bodies,
    broadcasts,
    deliveries,
    edit_waits,
    edits,
    leases,
    recipients,
    schedules,
)

WALKED = 2**63 - 1
"""The cursor of an edit that has met all chats; some may be put off."""
_ID = broadcasts.c.id == sa.bindparam("key")
_ONE = sa.select(broadcasts).where(_ID)
_INSERT = sa.insert(broadcasts).returning(broadcasts.c.id)
_INSERT_CHILD = insert_new(broadcasts, returning=(broadcasts.c.id,))
_LIST = (
    sa.select(broadcasts)
    .where(broadcasts.c.state.in_(sa.bindparam("states", expanding=True)))
    .order_by(broadcasts.c.id.desc())
    .limit(sa.bindparam("n"))
    .offset(sa.bindparam("skip"))
)
_HOLD = _ONE.with_for_update()
_OVER = sa.and_(
    broadcasts.c.state.in_(
        [one.value for one in (State.SENT, State.CANCELLED, State.MISSED, State.WITHDRAWN)]
    ),
    sa.func.coalesce(broadcasts.c.finished_at, broadcasts.c.send_at, broadcasts.c.created_at)
    < sa.bindparam("before", type_=broadcasts.c.created_at.type),
)
_EXPIRED = (
    sa.select(broadcasts.c.id)
    .where(
        _OVER,
        sa.or_(
            sa.exists().where(bodies.c.broadcast_id == broadcasts.c.id),
            sa.exists().where(deliveries.c.broadcast_id == broadcasts.c.id),
        ),
    )
    .order_by(broadcasts.c.id)
)
_DROP_BODIES = sa.delete(bodies).where(bodies.c.broadcast_id == sa.bindparam("key"))
_SERIES = sa.select(broadcasts).where(broadcasts.c.series == sa.bindparam("series")).order_by(broadcasts.c.id)
_DUE = (
    sa.select(broadcasts)
    .where(broadcasts.c.state == State.SCHEDULED.value, broadcasts.c.send_at <= sa.bindparam("now"))
    .order_by(broadcasts.c.send_at, broadcasts.c.id)
)
_COMING = (
    sa.select(broadcasts)
    .where(
        broadcasts.c.state == State.SCHEDULED.value,
        broadcasts.c.send_at.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(broadcasts.c.send_at, broadcasts.c.id)
)
_AT_WORK = (
    sa.select(broadcasts)
    .where(
        sa.or_(
            broadcasts.c.state == State.SENDING.value,
            sa.and_(broadcasts.c.state == State.SCHEDULED.value, broadcasts.c.send_at <= sa.bindparam("now")),
            sa.and_(
                broadcasts.c.state.in_((State.CANCELLED.value, State.MISSED.value, State.WITHDRAWN.value)),
                broadcasts.c.launched_at.is_not(None),
                broadcasts.c.finished_at.is_(None),
            ),
        )
    )
    .order_by(broadcasts.c.send_at, broadcasts.c.id)
)
_HELD = sa.select(broadcasts.c.id, broadcasts.c.options).where(
    broadcasts.c.launched_at.is_not(None),
    sa.or_(broadcasts.c.finished_at.is_(None), broadcasts.c.state == State.SENDING.value),
)
_UNTOLD = (
    sa.select(broadcasts)
    .where(
        broadcasts.c.state.in_(sa.bindparam("states", expanding=True)),
        broadcasts.c.told != broadcasts.c.state,
    )
    .order_by(broadcasts.c.id)
)
_CALL_OFFS = (
    sa.select(broadcasts)
    .where(
        broadcasts.c.state.in_(sa.bindparam("states", expanding=True)),
        broadcasts.c.audience.contains(sa.bindparam("mention", type_=sa.Text), autoescape=False),
    )
    .order_by(broadcasts.c.id)
)
_SENDING = sa.select(broadcasts.c.id).where(broadcasts.c.state == State.SENDING.value)
_RECENT = sa.select(broadcasts.c.id).where(
    broadcasts.c.launched_at >= sa.bindparam("since"), broadcasts.c.id != sa.bindparam("key")
)
_MOVE = (
    sa.update(broadcasts)
    .where(_ID, broadcasts.c.state.in_(sa.bindparam("before", expanding=True)))
    .values(state=sa.bindparam("wanted"), pause_reason=sa.bindparam("reason"))
)
_STATE = sa.select(broadcasts.c.state).where(_ID)
_PROGRESS = sa.update(broadcasts).where(_ID).values(progress=sa.bindparam("shown"))

_BODIES = sa.select(bodies).where(bodies.c.broadcast_id == sa.bindparam("key"))
_PUT_BODY = insert_or_update(
    bodies,
    dict.fromkeys(("html", "state", "media", "file_id", "buttons", "event_id", "revision")),
)
_DROP_BODY = sa.delete(bodies).where(
    bodies.c.broadcast_id == sa.bindparam("key"), bodies.c.locale == sa.bindparam("code")
)

_EDITS = sa.select(edits).where(edits.c.finished_at.is_(None)).order_by(edits.c.id)
_WAITS_OF = edit_waits.c.edit_id == sa.bindparam("key")
_DUE_NOW = edit_waits.c.due_at <= sa.bindparam("now", type_=edit_waits.c.due_at.type)
_of_edit = edit_waits.c.edit_id == edits.c.id
_EDITS_TO_DO = _EDITS.where(
    sa.or_(edits.c.cursor < WALKED, sa.exists().where(_of_edit, _DUE_NOW), ~sa.exists().where(_of_edit))
)
_DUE_WAITS = (
    sa.select(edit_waits.c.chat_id)
    .where(_WAITS_OF, _DUE_NOW)
    .order_by(edit_waits.c.due_at, edit_waits.c.chat_id)
    .limit(sa.bindparam("n"))
)
_ANY_WAIT = sa.select(edit_waits.c.chat_id).where(_WAITS_OF).limit(1)
_WAIT = insert_or_update(edit_waits, {"due_at": None})
_DROP_WAITS = sa.delete(edit_waits).where(
    _WAITS_OF, edit_waits.c.chat_id.in_(sa.bindparam("chats", expanding=True))
)
_KNOWN = sa.select(recipients.c.chat_id).where(
    recipients.c.chat_id.in_(sa.bindparam("chats", expanding=True))
)
_EDITS_OF = sa.select(edits).where(edits.c.broadcast_id == sa.bindparam("key")).order_by(edits.c.id)
_ADD_EDIT = sa.insert(edits).returning(edits.c.id)
_MOVE_EDIT = (
    sa.update(edits)
    .where(edits.c.id == sa.bindparam("key"))
    .values(
        cursor=sa.bindparam("at"),
        done=edits.c.done + sa.bindparam("well"),
        failed=edits.c.failed + sa.bindparam("badly"),
        finished_at=sa.bindparam("over", type_=edits.c.finished_at.type),
    )
)

_ADD_SCHEDULE = sa.insert(schedules).returning(schedules.c.id)
_SCHEDULES = sa.select(schedules).order_by(schedules.c.id)
_OF_BROADCAST = schedules.c.broadcast_id == sa.bindparam("key")
_SCHEDULE_OF = sa.select(schedules).where(_OF_BROADCAST).order_by(schedules.c.id.desc()).limit(1)
_DROP_SCHEDULES = sa.delete(schedules).where(_OF_BROADCAST)
_HALT_SCHEDULES = sa.update(schedules).where(_OF_BROADCAST).values(next_at=None)
_RESUME_SCHEDULE = (
    sa.update(schedules)
    .where(schedules.c.id == sa.bindparam("key"))
    .values(next_at=sa.bindparam("following", type_=schedules.c.next_at.type))
)
_DUE_SCHEDULES = _SCHEDULES.where(schedules.c.next_at <= sa.bindparam("now"))
_NEXT = (
    sa.update(schedules)
    .where(
        schedules.c.id == sa.bindparam("key"),
        schedules.c.next_at == sa.bindparam("fired", type_=schedules.c.next_at.type),
    )
    .values(next_at=sa.bindparam("following", type_=schedules.c.next_at.type))
)

_LEASE = sa.select(leases).where(leases.c.name == sa.bindparam("key"))
_NEW_LEASE = insert_new(leases)
_TAKE = (
    sa.update(leases)
    .where(
        leases.c.name == sa.bindparam("key"),
        leases.c.epoch == sa.bindparam("seen"),
        leases.c.beat == sa.bindparam("heard"),
    )
    .values(holder=sa.bindparam("who"), epoch=leases.c.epoch + 1, beat=0)
)
_BEAT = (
    sa.update(leases)
    .where(leases.c.name == sa.bindparam("key"), leases.c.epoch == sa.bindparam("mine"))
    .values(beat=leases.c.beat + 1)
)
_RELEASE = (
    sa.update(leases)
    .where(leases.c.name == sa.bindparam("key"), leases.c.epoch == sa.bindparam("mine"))
    .values(holder="", beat=leases.c.beat + 1)
)
_SENDER = "sender"


class BroadcastQueries(Queries):
    """Reading broadcasts."""

    async def broadcast(self, id: int) -> Broadcast | None:
        """One broadcast, without its texts."""
        row = (await self._run(_ONE, {"key": id})).mappings().first()
        return None if row is None else broadcast_of(row)

    async def broadcasts(
        self, states: Iterable[State], *, limit: int = 1000, skip: int = 0
    ) -> tuple[Broadcast, ...]:
        """Those in any of the states, the newest first."""
        values = {"states": [state.value for state in states], "n": limit, "skip": skip}
        return tuple(map(broadcast_of, (await self._run(_LIST, values)).mappings()))

    async def series(self, campaign: str) -> tuple[Broadcast, ...]:
        """The notices of a campaign, the first made first."""
        return tuple(map(broadcast_of, (await self._run(_SERIES, {"series": campaign})).mappings()))

    async def due_broadcasts(self, now: datetime) -> tuple[Broadcast, ...]:
        """Scheduled ones whose time has come."""
        return tuple(map(broadcast_of, (await self._run(_DUE, {"now": now})).mappings()))

    async def at_work(self, now: datetime) -> tuple[Broadcast, ...]:
        """Those that a sender has something to do for: due, being sent, or stopped and to be tidied up."""
        return tuple(map(broadcast_of, (await self._run(_AT_WORK, {"now": now})).mappings()))

    async def held_broadcasts(self) -> dict[int, Unknown]:
        """Those in which a dead sender may have had deliveries in hand, with what to do about them."""
        return {row.id: _options(row.options).unknown for row in await self._run(_HELD)}

    async def untold_broadcasts(self, states: Iterable[State]) -> tuple[Broadcast, ...]:
        """Those in any of the states whose author does not know it yet."""
        rows = await self._run(_UNTOLD, {"states": [state.value for state in states]})
        return tuple(map(broadcast_of, rows.mappings()))

    async def call_offs(self, event_id: str, date: int) -> tuple[Broadcast, ...]:
        """The released announcements that a date of an event does not take place (``Audience.date``)."""
        states = [State.SCHEDULED, State.SENDING, State.PAUSED, State.SENT, State.CANCELLED, State.MISSED]
        values = {"states": [state.value for state in states], "mention": f'"date": {date}, '}
        found = map(broadcast_of, (await self._run(_CALL_OFFS, values)).mappings())
        return tuple(one for one in found if (one.audience.event, one.audience.date) == (event_id, date))

    async def sending(self) -> frozenset[int]:
        """Those that are being sent at this moment."""
        return frozenset((await self._run(_SENDING)).scalars())

    async def recent_broadcasts(self, since: datetime, *, but: int = 0) -> tuple[int, ...]:
        """Those launched since a moment, without one."""
        return tuple((await self._run(_RECENT, {"since": since, "key": but})).scalars())

    async def coming_broadcasts(self, first: datetime, last: datetime) -> tuple[Broadcast, ...]:
        """Scheduled ones between two moments, the next first."""
        rows = await self._run(_COMING, {"first": first, "last": last})
        return tuple(map(broadcast_of, rows.mappings()))

    async def bodies(self, id: int) -> dict[str, Body]:
        """A broadcast's texts by locale code."""
        rows = await self._run(_BODIES, {"key": id})
        return {row["locale"]: _body(row) for row in rows.mappings()}

    async def open_edits(self, now: datetime | None = None) -> tuple[Edit, ...]:
        """Corrections and withdrawals that are not finished, the oldest first.

        With ``now`` only those for which there is something to do at that moment.
        """
        rows = await self._run(_EDITS if now is None else _EDITS_TO_DO, {} if now is None else {"now": now})
        return tuple(Edit(**row) for row in rows.mappings())

    async def due_edit_waits(self, edit_id: int, now: datetime, limit: int) -> list[int]:
        """Chats that were put off and are due, the longest first."""
        return list((await self._run(_DUE_WAITS, {"key": edit_id, "now": now, "n": limit})).scalars())

    async def any_edit_wait(self, edit_id: int) -> bool:
        """Whether any chat of an edit is put off."""
        return (await self._run(_ANY_WAIT, {"key": edit_id})).first() is not None

    async def edits(self, id: int) -> tuple[Edit, ...]:
        """All corrections and withdrawals of a broadcast."""
        return tuple(Edit(**row) for row in (await self._run(_EDITS_OF, {"key": id})).mappings())

    async def schedules(self, due: datetime | None = None) -> tuple[Schedule, ...]:
        """All schedules, or those whose next time has come."""
        rows = await self._run(
            _SCHEDULES if due is None else _DUE_SCHEDULES, {} if due is None else {"now": due}
        )
        return tuple(Schedule(**row) for row in rows.mappings())

    async def schedule_of(self, broadcast_id: int) -> Schedule | None:
        """The repetition that a broadcast has, as a template or as the draft of one."""
        row = (await self._run(_SCHEDULE_OF, {"key": broadcast_id})).mappings().first()
        return None if row is None else Schedule(**row)

    async def expired_broadcasts(self, before: datetime) -> tuple[int, ...]:
        """Those that were over before a moment and still have texts or deliveries, the oldest first."""
        return tuple((await self._run(_EXPIRED, {"before": before})).scalars())

    async def lease(self) -> tuple[Lease, int] | None:
        """Who may send, and how often they have said so; None before the first sender."""
        row = (await self._run(_LEASE, {"key": _SENDER})).mappings().first()
        return None if row is None else (Lease(row["epoch"], row["holder"]), row["beat"])


class BroadcastChanges(BroadcastQueries):
    """Changing broadcasts. States change by :meth:`move` alone."""

    async def draft(
        self,
        author_id: int | None,
        now: datetime,
        *,
        name: str = "",
        audience: Audience = NOBODY,
        options: Options = USUAL,
        organisation_id: str | None = None,
        series: str = "",
    ) -> int:
        """A new draft; its id."""
        values = {
            "state": State.DRAFT.value,
            "name": name,
            "author_id": author_id,
            "organisation_id": organisation_id,
            "series": series,
            "audience": _audience_text(audience),
            "options": _options_text(options),
            "created_at": now,
        }
        return int((await self._run(_INSERT, values)).scalar_one())

    async def copy(
        self,
        id: int,
        now: datetime,
        *,
        author_id: int | None,
        fire_at: datetime | None = None,
        schedule_id: int | None = None,
        state: State = State.DRAFT,
    ) -> int | None:
        """A broadcast with the same texts, audience and options; None when this schedule's child of this
        time exists already (a tick that came twice)."""
        row = (await self._run(_ONE, {"key": id})).mappings().one()
        values = {
            **{name: row[name] for name in ("name", "organisation_id", "series", "audience", "options")},
            "state": state.value,
            "author_id": author_id,
            "releaser_id": row["releaser_id"] if schedule_id is not None else None,
            "created_at": now,
            "schedule_id": schedule_id,
            "fire_at": fire_at,
            "send_at": fire_at,
            "expires_at": None if fire_at is None else fire_at + SHOWN_FOR,
            "launch": None,
            "anchor": None,
            "progress": None,
        }
        statement = _INSERT_CHILD.on(self._connection)
        new = (await self._run(statement, values)).scalar()
        if new is None:
            return None
        for body in (await self.bodies(id)).values():
            await self.put_body(int(new), body)
        return int(new)

    async def hold_broadcast(self, id: int) -> Broadcast | None:
        """One broadcast, which nobody else can change before this transaction ends."""
        row = (await self._run(_HOLD, {"key": id})).mappings().first()
        return None if row is None else broadcast_of(row)

    async def change(self, id: int, **fields: Any) -> None:
        """Set fields of a broadcast, named as in :class:`Broadcast`; never its state."""
        if "state" in fields:
            raise ValueError("states change by move()")
        values = {name: _stored(name, value) for name, value in fields.items()}
        await self._run(sa.update(broadcasts).where(_ID).values(**values), {"key": id})

    async def move(self, id: int, wanted: State, *, reason: str = "") -> State:
        """Bring a broadcast into a state, and say which it left; WrongState when that is not allowed.

        Two that do it at once cannot both succeed: the state it is in is part of the condition.
        """
        row = (await self._run(_STATE.with_for_update(), {"key": id})).scalar()
        before = None if row is None else State(row)
        sources = [state.value for state, targets in TRANSITIONS.items() if wanted in targets]
        values = {"key": id, "before": sources, "wanted": wanted.value, "reason": reason}
        if before is None or not await self._count(_MOVE, values):
            raise WrongState(before, wanted)
        return before

    async def put_body(self, id: int, body: Body) -> None:
        """Store a text, in place of the one in the same language if there is one."""
        values = {
            **asdict(body),
            "broadcast_id": id,
            "media": body.media.value if body.media else None,
            "state": body.state.value,
            "buttons": json.dumps([[one.label, one.url] for one in body.buttons], ensure_ascii=False),
        }
        await self._run(_PUT_BODY.on(self._connection), values)

    async def drop_body(self, id: int, locale: str) -> bool:
        """Remove a text; False when there was none."""
        return bool(await self._count(_DROP_BODY, {"key": id, "code": locale}))

    async def drop_bodies(self, id: int) -> int:
        """Remove all texts; how many."""
        return await self._count(_DROP_BODIES, {"key": id})

    async def show_progress(self, id: int, chat_id: int, message_id: int) -> None:
        """Remember the message that shows the progress."""
        await self._run(_PROGRESS, {"key": id, "shown": json.dumps([chat_id, message_id])})

    async def add_edit(self, id: int, now: datetime, *, locale: str | None, withdraw: bool) -> int:
        """Order the correction of one language, or the withdrawal of all; its id."""
        values = {
            "broadcast_id": id,
            "locale": locale,
            "withdraw": withdraw,
            "created_at": now,
            "cursor": -(2**63),
        }
        return int((await self._run(_ADD_EDIT, values)).scalar_one())

    async def move_edit(
        self, edit_id: int, cursor: int, *, done: int, failed: int, finished_at: datetime | None = None
    ) -> None:
        """Note how far a correction is; counts are those since the last note."""
        await self._run(
            _MOVE_EDIT, {"key": edit_id, "at": cursor, "well": done, "badly": failed, "over": finished_at}
        )

    async def put_off_edit(self, edit_id: int, chats: Mapping[int, datetime]) -> None:
        """An edit comes back to these chats at their times."""
        known = (await self._run(_KNOWN, {"chats": list(chats)})).scalars()
        if rows := [{"edit_id": edit_id, "chat_id": chat, "due_at": chats[chat]} for chat in known]:
            await self._run(_WAIT.on(self._connection), rows)

    async def drop_edit_waits(self, edit_id: int, chats: Iterable[int]) -> None:
        """An edit has come back to these chats."""
        await self._run(_DROP_WAITS, {"key": edit_id, "chats": list(chats)})

    async def add_schedule(
        self, broadcast_id: int, rule: str, starts_at: datetime, next_at: datetime | None
    ) -> int:
        """A repetition of a template; its id. ``rule`` is an RRULE on the towns' wall clock."""
        values = {"broadcast_id": broadcast_id, "rule": rule, "starts_at": starts_at, "next_at": next_at}
        return int((await self._run(_ADD_SCHEDULE, values)).scalar_one())

    async def advance_schedule(self, id: int, fired: datetime, following: datetime | None) -> bool:
        """Move a schedule from one time to the next; False when somebody else has done so already."""
        return bool(await self._count(_NEXT, {"key": id, "fired": fired, "following": following}))

    async def stop_schedule(self, id: int) -> None:
        """No more children."""
        await self._run(sa.update(schedules).where(schedules.c.id == id).values(next_at=None))

    async def halt_schedules(self, broadcast_id: int) -> None:
        """No more children of a template; its rules stay."""
        await self._run(_HALT_SCHEDULES, {"key": broadcast_id})

    async def resume_schedule(self, id: int, next_at: datetime | None) -> None:
        """Let a schedule fire, first at this time."""
        await self._run(_RESUME_SCHEDULE, {"key": id, "following": next_at})

    async def drop_schedules(self, broadcast_id: int) -> int:
        """A draft is not repeated; how many rules it had."""
        return await self._count(_DROP_SCHEDULES, {"key": broadcast_id})

    # The right to send ------------------------------------------------------------------------

    async def take_lease(self, who: str, seen: tuple[Lease, int] | None) -> Lease | None:
        """Take the right to send from whoever was ``seen`` holding it; None when that has changed since."""
        if seen is None:
            row = {"name": _SENDER, "holder": "", "epoch": 0, "beat": 0}
            await self._run(_NEW_LEASE.on(self._connection), row)
        epoch, heard = (seen[0].epoch, seen[1]) if seen is not None else (0, 0)
        values = {"key": _SENDER, "seen": epoch, "heard": heard, "who": who}
        return Lease(epoch + 1, who) if await self._count(_TAKE, values) else None

    async def beat(self, lease: Lease) -> None:
        """Say that the holder lives, and hold off others until the end of this transaction.

        LeaseLost when somebody else has taken over: nothing of this transaction may be kept then.
        """
        if not await self._count(_BEAT, {"key": _SENDER, "mine": lease.epoch}):
            raise LeaseLost

    async def release_lease(self, lease: Lease) -> None:
        """Give the right back, so that nobody has to wait for it."""
        await self._run(_RELEASE, {"key": _SENDER, "mine": lease.epoch})


# To and from rows ---------------------------------------------------------------------------------


def broadcast_of(row: sa.RowMapping) -> Broadcast:
    """A row of the table as what it means."""
    launch = json.loads(row["launch"]) if row["launch"] else None
    progress = json.loads(row["progress"]) if row["progress"] else None
    corrects = json.loads(row["corrects"]) if row["corrects"] else None
    return Broadcast(
        **{
            **row,
            "state": State(row["state"]),
            "audience": _audience(row["audience"]),
            "options": _options(row["options"]),
            "anchor": Anchor(**json.loads(row["anchor"])) if row["anchor"] else None,
            "launch": tuple(launch) if launch else None,
            "progress": tuple(progress) if progress else None,
            "corrects": tuple(corrects) if corrects else None,
        }
    )


def _body(row: sa.RowMapping) -> Body:
    return Body(
        **{
            **{name: value for name, value in row.items() if name != "broadcast_id"},
            "state": TextState(row["state"]),
            "media": Media(row["media"]) if row["media"] else None,
            "buttons": tuple(LinkButton(label=label, url=url) for label, url in json.loads(row["buttons"])),
        }
    )


def _stored(name: str, value: Any) -> Any:
    """A field's value as its column takes it."""
    match name:
        case "audience":
            return _audience_text(value)
        case "options":
            return _options_text(value)
        case "anchor":
            return None if value is None else json.dumps(asdict(value))
        case "launch" | "progress" | "corrects":
            return None if value is None else json.dumps(list(value))
        case _:
            return value


def _audience_text(audience: Audience) -> str:
    return json.dumps(
        {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asdict(audience).items()
        }
    )


def _audience(text: str) -> Audience:
    found: Mapping[str, Any] = json.loads(text)
    return Audience(
        topics=frozenset(map(Topic, found["topics"])),
        areas=frozenset(found["areas"]),
        locales=frozenset(found["locales"]),
        groups=frozenset(map(Group, found["groups"])),
        event=found["event"],
        date=found.get("date", 0),
        not_within=found["not_within"],
    )


def _options_text(options: Options) -> str:
    return json.dumps(asdict(options))


def _options(text: str) -> Options:
    found = json.loads(text)
    return Options(
        **{
            **found,
            "unknown": Unknown(found["unknown"]),
            "missing": Missing(found["missing"]),
            "cap": Cap(found["cap"]),
        }
    )
