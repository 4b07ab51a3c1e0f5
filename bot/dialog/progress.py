"""The account of a broadcast in words: what its author and the office see while it goes out and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from bot.dialog.office_actions import ActOnBroadcast, OpenBroadcast, OpenDraft
from bot.dialog.reply import Bold, Button, Italic, Line, Message, Rows, lines
from bot.dialog.showing import form
from bot.dialog.turn import Turn
from bot.domain.broadcast import Broadcast, Edit, State
from bot.domain.deliveries import DOUBTS, Delivery, Reason, Tally
from bot.domain.outcomes import TOO_LONG
from bot.domain.staff import ROLE_REMOVED
from bot.services.accounting import Account
from bot.services.releasing import BY_AUTHOR
from bot.services.scheduling import ANCHOR_GONE, CAMPAIGN_OVER, GROWN, HOLIDAY, LEFT_PAUSED, TOO_LATE
from bot.translation import N_

STATES: Mapping[State, str] = {
    State.DRAFT: N_("Draft"),
    State.REVIEW: N_("Waits for a second person"),
    State.SCHEDULED: N_("Will be sent"),
    State.SENDING: N_("Being sent"),
    State.PAUSED: N_("Paused"),
    State.SENT: N_("Sent"),
    State.CANCELLED: N_("Cancelled"),
    State.MISSED: N_("Not sent: its time has passed"),
    State.WITHDRAWN: N_("Withdrawn"),
    State.TEMPLATE: N_("Repeats"),
}
"""What a state is called, without what it is about."""

REASONS: Mapping[str, str] = {
    Reason.LEFT: N_("unsubscribed meanwhile"),
    Reason.FORGOTTEN: N_("deleted their data"),
    Reason.MUTED: N_("want no messages just now"),
    Reason.BLOCKED: N_("blocked the bot meanwhile"),
    Reason.LANGUAGE: N_("no text in their language"),
    Reason.CAP: N_("have had enough messages that day"),
    Reason.KIND: N_("their group takes no photos or files"),
    Reason.STALE: N_("its time had passed"),
    Reason.CANCELLED: N_("cancelled"),
    Reason.WITHDRAWN: N_("withdrawn"),
    TOO_LONG: N_("too long for one message"),
    **dict.fromkeys(DOUBTS, N_("may have it already")),
}
"""Why somebody did not get a message."""

PAUSES: Mapping[str, str] = {
    "staged": N_("The first messages are out. Look at them. If all is well, tap “Continue”."),
    "rejects": N_(
        "Telegram refused the message several times in a row, so I stopped. Probably "
        "something in the text is wrong. Correct it, then tap “Continue”."
    ),
    "blocks": N_(
        "Very many of those who were to get it have blocked the bot, so I stopped. "
        "Is it meant for these people?"
    ),
    ANCHOR_GONE: N_("The event or campaign that its time depends on is gone or cancelled."),
    CAMPAIGN_OVER: N_("The campaign is over."),
    BY_AUTHOR: N_("Its author has paused it. Somebody who may release it can continue it."),
    GROWN: N_(
        "One person has released it, but by now so many are to get it that a second person must look at it."
    ),
    ROLE_REMOVED: N_(
        "The person who wrote or released it is no longer in the office. Somebody else must decide."
    ),
}
"""Why a broadcast stopped by itself, or waits for somebody."""

MISSES: Mapping[str, str] = {
    TOO_LATE: N_("It could not be sent on time, and it is not sent late."),
    LEFT_PAUSED: N_(
        "It was paused, and nobody continued it in time. Those who have it keep it; nobody else gets it."
    ),
    HOLIDAY: N_("Its day is a public holiday, and it was to be left out then."),
}
"""Why a broadcast was not sent."""

_HALTED = frozenset({State.PAUSED, State.CANCELLED, State.WITHDRAWN, State.MISSED})
"""Nothing goes out any more, or nothing for now."""
_NAMED = 3
"""Times that are named of those until which people wait: those of the most."""


async def stored_state_words(turn: Turn, broadcast: Broadcast) -> str:
    """The same as :func:`state_words`, where nothing has been counted yet."""
    async with turn.desk.store.read() as view:
        tally = await view.tally(broadcast.id) if broadcast.state is State.SENDING else Tally()
    return state_words(turn, broadcast, tally)


def state_words(turn: Turn, broadcast: Broadcast, tally: Tally) -> str:
    """How far a broadcast is: "Will be sent: tomorrow, Tuesday 24 November, 10:00".

    By its ``tally`` it is told apart whether only those are left who get it in a summary.
    """
    _ = turn.translator
    launched = broadcast.state is State.SENDING and broadcast.launch is None
    if launched and 0 < tally.open == tally[Delivery.DIGEST]:
        return _("Sent; some get it in their daily or weekly summary")
    words = _("Repetition is over") if broadcast.ended else _(STATES[broadcast.state])
    if broadcast.state is State.SCHEDULED and broadcast.send_at is not None:
        return f"{words}: {moment_words(turn, broadcast.send_at)}"
    return words


def called(turn: Turn, broadcast: Broadcast) -> str:
    """What an announcement is called: by its first words, or by its number when they have been let go."""
    _ = turn.translator
    if broadcast.name:
        return broadcast.name
    over = broadcast.state in (State.SENT, State.CANCELLED, State.MISSED, State.WITHDRAWN)
    return " ".join((_("Announcement"), str(broadcast.id))) if over else _("no text yet")


def moment_words(turn: Turn, moment: datetime) -> str:
    """A moment on the towns' clocks, as the reader writes it."""
    return form(turn).moment(turn.desk.wall(moment), turn.desk.today(turn.now))


def pause_words(turn: Turn, broadcast: Broadcast) -> str | None:
    """Why it stopped; None where somebody of the office did that."""
    reason = PAUSES.get(broadcast.pause_reason)
    return None if reason is None else turn.translator(reason)


def account_lines(turn: Turn, broadcast: Broadcast, account: Account) -> Iterable[Line]:
    """Every recipient in exactly one line."""
    _, number = turn.translator, form(turn).number
    tally = account.tally
    yield _("Sent: {count} of {total}", count=number(tally[Delivery.SENT]), total=number(tally.total))
    if broadcast.launch is not None:
        yield Italic(_("The recipients are still being counted."))
    if broadcast.state not in _HALTED:
        yield from _open_lines(turn, account)
    elif tally.open:
        if unsent := tally.open - tally.doubtful:
            waits = broadcast.state is State.PAUSED  # until somebody continues it
            left = number(unsent)
            yield _("Waiting: {count}", count=left) if waits else _("Not sent: {count}", count=left)
        if tally[Delivery.CLAIMED]:
            yield _("What is on its way at this moment still arrives.")
    if closed := tally[Delivery.UNREACHABLE]:
        yield _("Have blocked the bot: {count}", count=number(closed))
    if rejected := tally[Delivery.REJECTED]:
        yield _("Refused by Telegram: {count}", count=number(rejected))
    # Those that wait to be sent again are among the waiting ones, as long as anything is sent.
    if unknown := tally[Delivery.UNKNOWN] + (tally.doubtful if broadcast.state in _HALTED else 0):
        yield _("Unknown, arrived or not: {count}", count=number(unknown))
    for reason, count in tally.skipped.items():
        words = REASONS.get(reason)
        yield _("Left out, {reason}: {count}", reason=_(words) if words else reason, count=number(count))
    if recalled := tally[Delivery.RECALLED]:
        yield _("Withdrawn: {count}", count=number(recalled))
    yield from edit_lines(turn, account.edits)


def _open_lines(turn: Turn, account: Account) -> Iterable[Line]:
    """Who is still to get it, and when."""
    _, number, tally = turn.translator, form(turn).number, account.tally
    now = tally[Delivery.PENDING] + tally[Delivery.CLAIMED]
    if now:
        yield _("To be sent now: {count}", count=number(now))
    if waiting := tally[Delivery.WAITING]:
        most = sorted(account.waits, key=lambda wait: -wait[1])[:_NAMED]
        for at, count in sorted(most):
            yield _("Waiting until {time}: {count}", time=_until(turn, at), count=number(count))
        if others := waiting - sum(count for _at, count in most):
            left = number(others)
            yield (
                _("Waiting until another time: {count}", count=left)
                if most
                else _("Waiting: {count}", count=left)
            )
    if digest := tally[Delivery.DIGEST]:
        yield _("Waiting for a daily or weekly summary: {count}", count=number(digest))


def _until(turn: Turn, due: int) -> str:
    moment = datetime.fromtimestamp(due, UTC)
    wall = turn.desk.wall(moment)
    today = wall.date() == turn.desk.today(turn.now)
    return form(turn).time(wall) if today else moment_words(turn, moment)


def edit_lines(turn: Turn, edits: Iterable[Edit]) -> Iterable[Line]:
    """How far corrections and withdrawals are."""
    _, form_ = turn.translator, form(turn)
    for edit in edits:
        done, failed = form_.number(edit.done), form_.number(edit.failed)
        if edit.withdraw:
            line = _("Withdrawing: {done} done, {failed} not possible", done=done, failed=failed)
        else:
            line = _(
                "Correcting ({language}): {done} done, {failed} not possible",
                language=form_.language(edit.locale or ""),
                done=done,
                failed=failed,
            )
        yield (line, " …" if edit.finished_at is None else " ✓")


def edits_message(turn: Turn, broadcast: Broadcast, edits: Iterable[Edit]) -> Message:
    """What who ordered corrections, or a withdrawal, is told when they are through."""
    text = lines(Bold(called(turn, broadcast)), *edit_lines(turn, edits))
    return Message(
        text, ((Button(turn.translator("Details"), OpenBroadcast(broadcast.id)),),), replaces=False
    )


def speed_line(turn: Turn, account: Account) -> str | None:
    """ "25 a second, about 3 minutes left", while anything is to be sent now."""
    tally = account.tally
    now = tally[Delivery.PENDING] + tally[Delivery.CLAIMED]
    if not now or not account.rate:
        return None
    _, number = turn.translator, form(turn).number
    minutes = round(now / account.rate / 60)
    rate = number(round(account.rate, 1 if account.rate < 10 else 0))
    if minutes < 1:
        return _("{rate} a second, less than a minute left", rate=rate)
    return turn.translator.n(
        "{rate} a second, about {count} minute left",
        "{rate} a second, about {count} minutes left",
        minutes,
        rate=rate,
    )


def progress_message(turn: Turn, broadcast: Broadcast, account: Account, *, may: bool = True) -> Message:
    """The one message that shows the author how it goes. ``may``: they may continue what was paused."""
    _ = turn.translator
    text = lines(
        Bold(broadcast.name or _("Announcement")),
        state_words(turn, broadcast, account.tally),
        pause_words(turn, broadcast) if broadcast.state is State.PAUSED else None,
        "",
        *account_lines(turn, broadcast, account),
        speed_line(turn, account) if broadcast.state is State.SENDING else None,
    )
    return Message(text, _buttons(turn, broadcast, may=may))


def another_time(turn: Turn, broadcast: Broadcast) -> Button:
    """For what does not go out at its time any more."""
    return Button(turn.translator("Choose another time"), ActOnBroadcast(broadcast.id, "when"))


def _buttons(turn: Turn, broadcast: Broadcast, *, may: bool) -> Rows:
    _ = turn.translator
    row = [Button(_("Details"), OpenBroadcast(broadcast.id))]
    if broadcast.state is State.SENDING:
        row.insert(0, Button(_("Pause"), ActOnBroadcast(broadcast.id, "pause")))
    if broadcast.state is State.PAUSED and broadcast.pause_reason == CAMPAIGN_OVER:
        row.insert(0, another_time(turn, broadcast))
        row.insert(1, Button(_("Cancel it"), OpenBroadcast(broadcast.id, "cancel")))
    elif broadcast.state is State.PAUSED and may:
        row.insert(0, Button(_("Continue"), ActOnBroadcast(broadcast.id, "resume")))
    return (tuple(row),)


def _missed_lines(turn: Turn, broadcast: Broadcast) -> Iterable[Line]:
    _ = turn.translator
    yield Bold(_("Not sent: {name}", name=broadcast.name or _("Announcement")))
    if broadcast.send_at is not None:
        yield _("It was to be sent: {time}", time=moment_words(turn, broadcast.send_at))
    yield _(MISSES.get(broadcast.pause_reason, MISSES[TOO_LATE]))


def news_message(turn: Turn, broadcast: Broadcast, account: Account, *, may: bool = True) -> Message | None:
    """What the office is told once about a new state; None where the progress message says enough.

    ``may`` as for :func:`progress_message`.
    """
    _ = turn.translator
    name = broadcast.name or _("Announcement")
    match broadcast.state:
        case State.REVIEW if (why := pause_words(turn, broadcast)) is not None:
            text = lines(Bold(name), state_words(turn, broadcast, account.tally), why)
        case State.PAUSED if (why := pause_words(turn, broadcast)) is not None:
            text = lines(Bold(_("Paused: {name}", name=name)), why)
        case State.MISSED:
            tally = account.tally
            had = tally[Delivery.SENT] + tally[Delivery.UNKNOWN] + tally.doubtful
            text = lines(
                *_missed_lines(turn, broadcast),
                *(account_lines(turn, broadcast, account) if had else (_("Nobody has got it."),)),
            )
        case State.DRAFT:
            reason = broadcast.pause_reason
            why = pause_words(turn, broadcast) if reason == ROLE_REMOVED else reason
            back = (
                Bold(_("Sent back to you: {name}", name=name)),
                _("Reason: {reason}", reason=why) if why else None,
            )
            text = lines(
                *(_missed_lines(turn, broadcast) if reason == TOO_LATE else back),
                _("It is a draft again: it can be changed, and handed over once more."),
            )
            rows: Rows = ((Button(_("Open the draft"), OpenDraft(broadcast.id)),),)
            return Message(text, rows, replaces=False)
        case State.SCHEDULED if broadcast.told == State.REVIEW.value:
            text = lines(Bold(_("Released: {name}", name=name)), state_words(turn, broadcast, account.tally))
        case State.TEMPLATE if broadcast.told == State.REVIEW.value and broadcast.send_at is not None:
            first = moment_words(turn, broadcast.send_at)
            text = lines(
                Bold(_("Released: {name}", name=name)),
                _("It repeats. For the first time: {time}", time=first),
            )
        case State.SENT:
            text = lines(Bold(_("Finished: {name}", name=name)), *account_lines(turn, broadcast, account))
        case _:
            return None
    return Message(text, _buttons(turn, broadcast, may=may), replaces=False)
