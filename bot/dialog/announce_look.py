"""What everybody must see who decides whether an announcement goes out, wherever they decide it."""

from __future__ import annotations

from bot.dialog.announce_audience import by_language, left_out_line, whom_lines
from bot.dialog.announce_draft import Draft
from bot.dialog.announce_options import MISSING, expiry_lines
from bot.dialog.announce_texts import event_lines
from bot.dialog.announce_when import when_lines
from bot.dialog.reply import Bold, Line
from bot.dialog.turn import Turn


async def look_lines(turn: Turn, draft: Draft) -> list[Line | None]:
    """Whom it is for, how many get it in which language and who gets nothing, when, and how it is sent.

    The author's last look, the request to release it and its page say the same.
    """
    _, seen, options = turn.translator, draft.seen, draft.broadcast.options
    served = {code: n for code, n in seen.counts.items() if code not in seen.missing}
    without = {code: n for code, n in seen.counts.items() if code not in seen.bodies}
    return [
        *await event_lines(turn, seen.bodies),
        *whom_lines(turn, draft.broadcast.audience),
        Bold(turn.translator.n("It goes to {count} person.", "It goes to {count} people.", seen.reached)),
        by_language(turn, served) if served else None,
        left_out_line(turn, draft),
        _("No text in: {languages}", languages=by_language(turn, without)) if without else None,
        f"→ {_(MISSING[options.missing])}" if without else None,
        None if seen.reached else _("Nobody would get it right now."),
        *await when_lines(turn, draft),
        Bold(_("Urgent: it also goes out at night.")) if draft.broadcast.urgent else None,
        _("First to {count} people, then a pause for a look.", count=options.first)
        if options.first
        else None,
        *expiry_lines(turn, draft),
    ]
