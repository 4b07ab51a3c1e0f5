"""The report of a broadcast: counts by language, to read and as a table for the office. Never persons."""

from __future__ import annotations

import csv
import io
from collections import Counter

from bot.dialog.office_actions import OpenBroadcast
from bot.dialog.progress import REASONS, account_lines, called, moment_words, state_words
from bot.dialog.reply import Bold, Document, Line, Message, Reply, lines
from bot.dialog.showing import back, form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast
from bot.domain.deliveries import Count, Delivery
from bot.services.accounting import Account
from bot.translation import N_

OUTCOMES = {
    Delivery.SENT: N_("sent"),
    Delivery.PENDING: N_("to be sent"),
    Delivery.CLAIMED: N_("being sent"),
    Delivery.WAITING: N_("waiting"),
    Delivery.DIGEST: N_("waiting for a summary"),
    Delivery.UNREACHABLE: N_("have blocked the bot"),
    Delivery.REJECTED: N_("refused by Telegram"),
    Delivery.UNKNOWN: N_("unknown"),
    Delivery.SKIPPED: N_("left out"),
    Delivery.RECALLED: N_("taken back"),
}
"""What became of messages, in one or two words."""
_QUOTED = (Delivery.REJECTED, Delivery.UNREACHABLE)
"""Of these Telegram itself has said why."""


def report(turn: Turn, broadcast: Broadcast, account: Account) -> Reply:
    """The account in words, by language, and the same as a file."""
    _, form_ = turn.translator, form(turn)
    text: list[Line | None] = [
        Bold(_("Report: {name}", name=called(turn, broadcast))),
        state_words(turn, broadcast, account.tally),
        _("Began: {time}", time=moment_words(turn, broadcast.launched_at)) if broadcast.launched_at else None,
        _("Ended: {time}", time=moment_words(turn, broadcast.finished_at)) if broadcast.finished_at else None,
        "",
        *account_lines(turn, broadcast, account),
    ]
    for code, states in account.tally.by_locale.items():
        parts = (
            f"{_(words)} {form_.number(states[one])}" for one, words in OUTCOMES.items() if states.get(one)
        )
        text.append(f"{form_.language(code)}: {' · '.join(parts)}")
    rows = ((back(turn, OpenBroadcast(broadcast.id)),),)
    file = Document(f"lotse-{broadcast.id}.csv", table(turn, account))
    note = (_("The same as a table, without any persons."),)
    return Reply(
        (Message(lines(*text), rows), Message(note, document=file, replaces=False)),
    )


def table(turn: Turn, account: Account) -> bytes:
    """The counts as CSV, as a German office's spreadsheet opens it: semicolons, and a mark for UTF-8."""
    _ = turn.translator
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Language"), _("Outcome"), _("Reason"), _("Count")])
    found: Counter[tuple[str, str, str]] = Counter()
    for row in account.tally.counts:
        found[form(turn).language(row.locale), _(OUTCOMES[row.state]), _reason(turn, row)] += row.count
    writer.writerows((*row, count) for row, count in found.items())
    return out.getvalue().encode("utf-8-sig")


def _reason(turn: Turn, row: Count) -> str:
    """Why, in the reader's language; what Telegram said is quoted, what only the log needs is left out."""
    if row.reason in REASONS:
        return turn.translator(REASONS[row.reason])
    return f"Telegram: {row.reason}" if row.reason and row.state in _QUOTED else ""
