"""Queries about broadcasts: drafts, texts and states."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
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
    Group,
    LinkButton,
    Media,
    Missing,
    Options,
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
)

_ID = broadcasts.c.id == sa.bindparam("key")
_ONE = sa.select(broadcasts).where(_ID)
_INSERT = sa.insert(broadcasts).returning(broadcasts.c.id)
_INSERT_CHILD = insert_new(broadcasts, returning=(broadcasts.c.id,))
_LIST = (
    sa.select(broadcasts)
    .where(broadcasts.c.state.in_(sa.bindparam("states", expanding=True)))
    .order_by(broadcasts.c.id.desc())
    .limit(sa.bindparam("n"))
)
_LIST_WITH_TEXTS = _LIST.where(sa.exists().where(bodies.c.broadcast_id == broadcasts.c.id))
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
            broadcasts.c.name != "",
        ),
    )
    .order_by(broadcasts.c.id)
)
_DROP_BODIES = sa.delete(bodies).where(bodies.c.broadcast_id == sa.bindparam("key"))
_SERIES = sa.select(broadcasts).where(broadcasts.c.series == sa.bindparam("series")).order_by(broadcasts.c.id)
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
        broadcasts.c.created_at >= sa.bindparam("since", type_=broadcasts.c.created_at.type),
        broadcasts.c.audience.contains('"date": '),
        ~broadcasts.c.audience.contains('"date": 0,'),
    )
    .order_by(broadcasts.c.id)
)
_SENDING = sa.select(broadcasts.c.id, broadcasts.c.launched_at, broadcasts.c.launch).where(
    broadcasts.c.state == State.SENDING.value
)
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


class BroadcastQueries(Queries):
    """Reading broadcasts."""

    async def broadcast(self, id: int) -> Broadcast | None:
        """One broadcast, without its texts."""
        row = (await self._run(_ONE, {"key": id})).mappings().first()
        return None if row is None else broadcast_of(row)

    async def broadcasts(
        self, states: Iterable[State], *, limit: int = 1000, with_texts: bool = False
    ) -> tuple[Broadcast, ...]:
        """Those in any of the states, the newest first; ``with_texts``: that have their texts still."""
        values = {"states": [state.value for state in states], "n": limit}
        rows = await self._run(_LIST_WITH_TEXTS if with_texts else _LIST, values)
        return tuple(map(broadcast_of, rows.mappings()))

    async def series(self, campaign: str) -> tuple[Broadcast, ...]:
        """The notices of a campaign, the first made first."""
        return tuple(map(broadcast_of, (await self._run(_SERIES, {"series": campaign})).mappings()))

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

    async def call_offs(self, since: datetime) -> tuple[Broadcast, ...]:
        """The released announcements, made since a moment, that a date of an event does not take place
        (``Audience.date``)."""
        states = [State.SCHEDULED, State.SENDING, State.PAUSED, State.SENT, State.CANCELLED, State.MISSED]
        values = {"states": [state.value for state in states], "since": since}
        return tuple(map(broadcast_of, (await self._run(_CALL_OFFS, values)).mappings()))

    async def sending(self) -> dict[int, datetime | None]:
        """Those that are being sent at this moment, with when their launch began if it still goes on."""
        return {row.id: row.launched_at if row.launch else None for row in await self._run(_SENDING)}

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

    async def expired_broadcasts(self, before: datetime) -> tuple[int, ...]:
        """Those that were over before a moment and still have a name, texts or deliveries; oldest first."""
        return tuple((await self._run(_EXPIRED, {"before": before})).scalars())


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
        time exists already (a tick that came twice). Urgent is only such a child, by itself."""
        row = (await self._run(_ONE, {"key": id})).mappings().one()
        options = _options(row["options"])
        urgent = options.urgent and schedule_id is not None
        values = {
            **{name: row[name] for name in ("name", "organisation_id", "series", "audience")},
            "options": _options_text(replace(options, urgent=urgent, card_at=0)),
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

    async def drop_bodies(self, id: int) -> None:
        """Remove all texts."""
        await self._run(_DROP_BODIES, {"key": id})

    async def show_progress(self, id: int, chat_id: int, message_id: int) -> None:
        """Remember the message that shows the progress."""
        await self._run(_PROGRESS, {"key": id, "shown": json.dumps([chat_id, message_id])})


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
