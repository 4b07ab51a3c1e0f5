"""``/stale``: for admins, which entries need a look, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.dialog.actions import OpenRecord
from bot.dialog.labels import CAMPAIGN_STATUSES, CHANGED_BY
from bot.dialog.office_actions import ShowStaff, ShowStale
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import Page, Reading, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Freshness, Status, freshness
from bot.domain.staff import Role
from bot.services.staffing import require

_SHOWN = 8


async def show(turn: Turn, action: ShowStale | None = None) -> Reply:
    """The entries, those most often reported first."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        await require(view, turn.chat_id, Role.ADMIN)
    due = await entries(turn)
    reading = Reading(turn)
    text: list[Line | None] = [Bold(_("Entries to check: {count}", count=len(due)))]
    if due:
        text.append(_(CHANGED_BY))
    rows: list[tuple[Button, ...]] = []
    page = Page.of(action.page if action else 0, len(due), _SHOWN)
    for record, count in due[page.first : page.last]:
        text.append(f"• {' · '.join((reading.name(record.title), *_reasons(turn, record, count)))}")
        rows.append((Button(shorten(reading.name(record.title)), OpenRecord(record.KIND, record.id)),))
    rows += page.turning(turn, ShowStale)
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


def _reasons(turn: Turn, record: AnyRecord, reports: int) -> Iterator[str]:
    """Why an entry is there, each with its own date."""
    _, form_, today = turn.translator, form(turn), turn.desk.today(turn.now)
    if record.review_due and record.review_due < today:
        yield _("to be checked by {date}", date=form_.month(record.review_due))
    if record.funding_until and record.funding_until < today:
        yield _("funding secured until {date}", date=form_.month(record.funding_until))
    if record.status is Status.UNCERTAIN:
        yield _(CAMPAIGN_STATUSES[record.status])
    if reports:
        yield turn.translator.n("reported {count} time", "reported {count} times", reports)


def _since(record: AnyRecord, today: date) -> date:
    """The day since which an entry needs a look, the last one where no day says it."""
    passed = [day for day in (record.review_due, record.funding_until) if day and day < today]
    return min(passed, default=date.max)


async def entries(turn: Turn) -> list[tuple[AnyRecord, int]]:
    """What needs a look, and how often it was reported."""
    today = turn.desk.today(turn.now)
    records = (await turn.desk.shelf.holdings()).directory.records.values()
    async with turn.desk.store.read() as view:
        reports = {(report.kind, report.id): report.count for report in await view.outdated_counts()}
    due = [
        (record, reports.get(record.key, 0))
        for record in records
        if not record.demo and (record.key in reports or freshness(record, today) is Freshness.STALE)
    ]
    return sorted(due, key=lambda pair: (-pair[1], _since(pair[0], today)))
