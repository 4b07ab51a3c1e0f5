"""``lotse broadcast``: announcements from files, and a look at what became of them, without Telegram.

Every act has the rights, the second person and the log that it has in the dialog. Who acts is a member
of staff (``--as``, the internal id), or else the first of LOTSE_ADMINS, who may also release what needs
two: that is an emergency in the log, of which the bot tells all admins.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.broadcast_file import Written, read, zoned
from bot.content.gazetteer import load_gazetteer
from bot.domain.broadcast import Body, Broadcast, State
from bot.domain.deliveries import Delivery
from bot.domain.directory import Kind
from bot.domain.errors import DomainError
from bot.domain.staff import Staff
from bot.parts import open_store
from bot.services import accounting, drafting, releasing
from bot.services.accounting import Account
from bot.services.office import Office, TimePast, visible
from bot.services.releasing import Approved
from bot.services.repeating import off_holidays
from bot.services.staffing import appoint
from bot.settings import Settings
from bot.storage.store import Store
from bot.translation.bidi import isolate

_OK, _FAILED, _USAGE = 0, 1, 2
_ACTS: dict[str, Callable[[Office, Staff, int, datetime], Awaitable[object]]] = {
    "pause": releasing.pause,
    "resume": releasing.resume_sending,
    "cancel": releasing.cancel,
    "withdraw": releasing.withdraw,
}


async def run(options: argparse.Namespace, settings: Settings) -> int:
    """Do one of the acts; the exit status. DomainErrors say what cannot be done."""
    if not (settings.audit_key or settings.telegram_token):
        # Entries made with another key than the bot's would look like damage.
        print("Set LOTSE_AUDIT_KEY or LOTSE_TELEGRAM_TOKEN as for the bot.", file=sys.stderr)
        return _USAGE
    now = datetime.now(UTC)
    store = await open_store(settings, content=())
    try:
        await appoint(store, settings.admins, now, settings.audit_secret)
        who, first = await _who(store, settings, options.staff)
        if who is None and options.staff is not None:
            print(f"There is no member of staff {options.staff}: see /staff in the chat.", file=sys.stderr)
            return _USAGE
        if who is None:
            print("Say who acts with --as STAFF_ID, or name an admin in LOTSE_ADMINS.", file=sys.stderr)
            return _USAGE
        office = Office(
            store=store,
            gazetteer=await asyncio.to_thread(load_gazetteer),
            zone=settings.zone,
            two_person_from=settings.two_person_from,
            audit_key=settings.audit_secret,
            isolate=isolate,
        )
        match options.verb:
            case "new":
                return await _new(office, who, options, now, first=first)
            case "list":
                async with store.read() as view:
                    found = await accounting.listed(view, who)
                    return _list(found, settings.zone, as_json=options.json)
            case "show":
                pass
            case verb:
                await _ACTS[verb](office, who, options.id, now)
        async with store.read() as view:
            shown, account = await accounting.report(view, who, options.id)
            return _show(shown, account, await view.bodies(options.id), settings.zone, as_json=options.json)
    finally:
        await store.close()


async def _who(store: Store, settings: Settings, id: int | None) -> tuple[Staff | None, bool]:
    """Who acts, and whether that is the first of LOTSE_ADMINS."""
    first = next((id for id in settings.admins if id > 0), None)
    async with store.read() as view:
        if id is not None:
            who = await view.staff_member(id)
        else:
            who = None if first is None else await view.staff_of(first)
    return who, who is not None and first is not None and who.chat_id == first


async def _new(office: Office, who: Staff, options: argparse.Namespace, now: datetime, *, first: bool) -> int:
    async with office.store.read() as view:
        events = {record.id for record in await view.records() if record.KIND is Kind.EVENT}
    written, findings = await asyncio.to_thread(
        read,
        options.file,
        gazetteer=office.gazetteer,
        events=events,
        isolate=isolate,
        zone=office.zone,
        now=now,
        at=options.at,
    )
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        return _FAILED
    at = options.at or written.at
    id = await _draft(office, who, written, at, now)
    seen = await drafting.preview(office, who, id, now)
    approved: Approved | None = None
    trouble = ""
    if options.release:
        try:
            approved = await releasing.approve(office, who, id, now, override=first)
        except DomainError as error:
            trouble = str(error)
    async with office.store.read() as view:
        made = await visible(view, who, id)
    answer = {
        **_facts(made),
        "recipients": dict(seen.counts),
        "total": seen.total,
        "missing": dict(seen.missing),
        "override": approved.override if approved is not None else False,
    }
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(f"{_line(made, office.zone)}\n{seen.total} recipients{_apart(seen.counts)}")
    if trouble:
        print(f"It is a draft still. {trouble}", file=sys.stderr)
    elif approved is not None and approved.state is State.REVIEW:
        print("Somebody else has to release it: /announce in the chat of the bot.", file=sys.stderr)
    elif approved is not None and approved.override:
        print("Released without a second person: it is in the log, and all admins are told.", file=sys.stderr)
    released = approved is not None and approved.state is not State.REVIEW
    return _OK if released or not options.release else _FAILED


async def _draft(office: Office, who: Staff, written: Written, at: datetime | None, now: datetime) -> int:
    """A draft of what the file says. A time that is past is told before anything is stored."""
    if at is not None and (when := zoned(at, office.zone)) < now - drafting.GRACE:
        raise TimePast(when)
    draft = await drafting.start_draft(
        office, who, now, audience=written.audience, options=written.options, in_hand=False
    )
    for body in written.bodies:
        await drafting.set_text(office, who, draft.id, body, now)
    timed = await drafting.set_time(office, who, draft.id, at, now)
    if timed.shift is not None:
        words = (
            "does not exist (it is an hour later)"
            if timed.shift.value == "gap"
            else "comes twice (the first)"
        )
        print(f"The clocks are changed that night: this time {words}.", file=sys.stderr)
    goes = None if timed.at is None else off_holidays(timed.at, written.options, office.zone)
    if goes != timed.at:
        day = "" if goes is None else f"{goes.astimezone(office.zone):%Y-%m-%d}"
        becomes = f"it goes out on {day}" if day else "it will be left out"
        print(f"That day is a public holiday: {becomes}.", file=sys.stderr)
    if written.expires is not None:
        await drafting.set_expiry(office, who, draft.id, zoned(written.expires, office.zone), now)
    return draft.id


def _list(found: tuple[Broadcast, ...], zone: ZoneInfo, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([_facts(one) for one in found], ensure_ascii=False))
    else:
        for one in found:
            print(_line(one, zone))
    return _OK


def _show(
    one: Broadcast, account: Account, bodies: Mapping[str, Body], zone: ZoneInfo, *, as_json: bool
) -> int:
    media = {
        code: {body.media.value: body.file_id} for code, body in bodies.items() if body.media is not None
    }
    if as_json:
        print(json.dumps({**_facts(one), **_counts(account), "media": media}, ensure_ascii=False))
        return _OK
    print(_line(one, zone))
    for code, file in media.items():
        print(f"  {code}{_apart(file)}")
    for state, count in _counts(account)["states"].items():
        print(f"  {state}: {count}")
    for code, states in account.tally.by_locale.items():
        print(f"  {code}{_apart({state.name.lower(): n for state, n in states.items()})}")
    return _OK


def _facts(one: Broadcast) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state.value,
        "name": one.name,
        "author": one.author_id,
        "releaser": one.releaser_id,
        "send_at": _iso(one.send_at),
        "launched_at": _iso(one.launched_at),
        "finished_at": _iso(one.finished_at),
        "expires_at": _iso(one.expires_at),
        "pause_reason": one.pause_reason,
    }


def _counts(account: Account) -> dict[str, Any]:
    tally = account.tally
    return {
        "total": tally.total,
        "states": {state.name.lower(): tally[state] for state in Delivery if tally[state]},
        "skipped": tally.skipped,
        "locales": {
            code: {state.name.lower(): count for state, count in states.items()}
            for code, states in tally.by_locale.items()
        },
        "edits": [
            {
                "locale": edit.locale,
                "withdraw": edit.withdraw,
                "done": edit.done,
                "failed": edit.failed,
                "finished_at": _iso(edit.finished_at),
            }
            for edit in account.edits
        ],
    }


def _line(one: Broadcast, zone: ZoneInfo) -> str:
    """One line for people; the time as the towns' clocks show it."""
    when = f"  {one.send_at.astimezone(zone):%Y-%m-%d %H:%M %Z}" if one.send_at is not None else ""
    return f"{one.id}  {'ended' if one.ended else one.state.value}{when}  {one.name}"


def _apart(counts: Any) -> str:
    return f": {', '.join(f'{name} {count}' for name, count in counts.items())}" if counts else ""


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
