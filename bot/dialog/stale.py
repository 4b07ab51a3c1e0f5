"""``/stale``: for admins, which entries are past their review date or were reported as outdated."""

from __future__ import annotations

from bot.dialog.actions import OpenRecord
from bot.dialog.office_actions import ShowStaff, ShowStale
from bot.dialog.reply import Bold, Button, Line, Message, Reply, lines
from bot.dialog.showing import Page, Reading, back, form, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Freshness, freshness
from bot.domain.staff import Role
from bot.services.staffing import require

_SHOWN = 8


async def show(turn: Turn, action: ShowStale | None = None) -> Reply:
    """The entries, those most often reported first."""
    _, form_ = turn.translator, form(turn)
    async with turn.desk.store.read() as view:
        await require(view, turn.chat_id, Role.ADMIN)
    due = await entries(turn)
    reading = Reading(turn)
    text: list[Line | None] = [Bold(_("Entries to check: {count}", count=len(due)))]
    if due:
        text.append(_("The date says by when an entry was to be checked."))
    rows: list[tuple[Button, ...]] = []
    page = Page.of(action.page if action else 0, len(due), _SHOWN)
    for record, count in due[page.first : page.last]:
        reported = turn.translator.n("reported {count} time", "reported {count} times", count)
        when = form_.month(record.review_due) if record.review_due else "–"
        text.append(f"• {reading.name(record.title)} · {when}" + (f" · {reported}" if count else ""))
        rows.append((Button(shorten(reading.name(record.title)), OpenRecord(record.KIND, record.id)),))
    rows += page.turning(turn, ShowStale)
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


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
    return sorted(due, key=lambda pair: (-pair[1], str(pair[0].review_due or "")))
