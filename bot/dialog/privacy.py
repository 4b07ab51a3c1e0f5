"""Privacy, one's own data, forgetting, imprint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.dialog import following
from bot.dialog.actions import Forget, SendMyData, ShowMenu, ShowPrivacy
from bot.dialog.announce_draft import numbered
from bot.dialog.groups import private_only
from bot.dialog.labels import FREQUENCIES
from bot.dialog.reply import Bold, Button, Code, Document, Line, Message, Reply, lines
from bot.dialog.showing import Reading, back, form
from bot.dialog.staff import (
    contact_name,
    described,
    organisation_name,
    own_number,
    paused_lines,
    since,
)
from bot.dialog.subscriptions import (
    area_name,
    clock,
    collected_at,
    group_name,
    held_back,
    may_undo,
    not_yours,
    quiet_line,
    topic_name,
)
from bot.dialog.turn import Turn
from bot.domain.broadcast import Group
from bot.domain.directory import Kind
from bot.domain.gaps import KEPT_DAYS
from bot.domain.news import Subscription
from bot.domain.recipients import NUMBERS_KEPT_DAYS, SILENCE_MONTHS, SavedEvent
from bot.domain.staff import Contact, Role, Staff
from bot.services import staffing

BACKUP_DAYS = 14
"""Days after which no backup holds what was forgotten; the operator's rotation must keep to it."""


async def show(turn: Turn, action: ShowPrivacy) -> Reply:
    """The page that a button names."""
    match action.page:
        case "imprint":
            return await imprint(turn)
        case "privacy":
            return await privacy(turn)
        case _:
            from bot.dialog import guide

            return await guide.help_(turn)


async def privacy(turn: Turn) -> Reply:
    """``/privacy``: in plain words what is kept, why, for how long, and one's rights."""
    _ = turn.translator
    operator = turn.desk.operator
    text = lines(
        Bold(_("Privacy in plain words")),
        _("You can read everything here without leaving data behind."),
        _(
            "I keep only this: your chat's number and kind (private, group or channel), your language, the "
            "events you saved with their reminders, the day of your first and last message, whether you "
            "blocked me, and when I told you that your data will be deleted."
        ),
        _(
            "If you choose to get news, I also keep: which topics and places, how often and at what hour, "
            "your quiet hours and pauses, when you agreed, and which news I sent you."
        ),
        _(
            "If you work in the office or are the contact of an association, I also keep your role and a log "
            "of what was done in it, with numbers instead of names."
        ),
        _("If you stop the messages to the office or to contacts, I keep that, and since when."),
        _(
            "What we are talking about (topic, town, time, language, your last question) I remember for one "
            "hour, and never on disk. “Forget this” erases it at once."
        ),
        _("I never keep names, telephone numbers, locations, photos or voice messages."),
        _(
            "To understand your questions, I send their words to another server, which the operator of this "
            "bot has chosen. The number of your chat does not go there."
        )
        if turn.desk.sends_questions
        else None,
        _(
            "I count for the office what I could not answer: topic, language, town and day, with "
            "nothing about you. The words of a question are kept only if you say yes: without "
            "your chat and the day, for at most {days} days. Nobody can find them by your chat, "
            "so /forget cannot delete them.",
            days=KEPT_DAYS,
        ),
        _(
            "What you write is deleted as soon as it is answered. "
            "Only the number of the message stays for {days} days, so that no answer comes twice.",
            days=NUMBERS_KEPT_DAYS,
        ),
        _(
            "After {months} months of silence everything about you is deleted. You are told before.",
            months=SILENCE_MONTHS,
        ),
        _("Telegram itself sees this chat and is not end-to-end encrypted. Do not write secrets here."),
        _(
            "Legal basis: your consent by choosing (GDPR Art. 6(1)a, 9(2)a). You can take it "
            "back with /forget. You may see your data (/mydata) and complain to the data "
            "protection authority of Mecklenburg-Vorpommern. Data about you can be stored only "
            "if you are 16 or older."
        ),
        "",
        _(
            "Responsible: {operator}",
            operator=f"{form(turn).comma} ".join(
                filter(None, (operator.name, operator.address, operator.email))
            ),
        )
        if operator.complete
        else _("This is a test. Nobody is named as responsible yet."),
    )
    rows = (
        (
            Button(
                _("What you know about me") if turn.private else _("What is stored about this chat"),
                SendMyData(),
            ),
            _forget_button(turn),
        ),
        (Button(_("Imprint"), ShowPrivacy("imprint")), back(turn, ShowMenu())),
    )
    return Reply((Message(text, rows),))


async def imprint(turn: Turn) -> Reply:
    """``/imprint``: who operates this bot (§ 5 DDG, § 18 MStV)."""
    _ = turn.translator
    operator = turn.desk.operator
    if not operator.complete:
        text = lines(Bold(_("Imprint")), _("This is a test. Nobody is named as responsible yet."))
    else:
        text = lines(
            Bold(_("Imprint")),
            operator.name,
            operator.address,
            operator.email,
            operator.phone or None,
            _("Responsible for the content: {who}", who=operator.responsible),
            "",
            _("Places: GeoNames, CC BY 4.0."),
        )
    return Reply((Message(text, ((Button(_("Privacy"), ShowPrivacy("privacy")), back(turn, ShowMenu())),)),))


async def my_data(turn: Turn, action: SendMyData | None = None) -> Reply:
    """``/mydata``: everything stored about this chat, to read and as a file.

    In a group that is for its administrators; whoever else asks means themselves.
    """
    _, form_ = turn.translator, form(turn)
    if not await turn.decides():
        return private_only(turn)
    async with turn.desk.store.read() as view:
        stored = await view.everything_about(turn.chat_id)
        kept = await view.saved_events(turn.chat_id)
        subscribed = await view.subscriptions(turn.chat_id)
        roles = (await view.staff_of(turn.chat_id), await view.contact_of(turn.chat_id))
    remembered = await _remembered(turn)
    known = any(value for name, value in stored.items() if name != "unanswered_messages")
    if not known and not remembered:
        return Reply.of(_("I know nothing about you. Nothing is stored for this chat."), replaces=False)
    text: list[Line | None] = [Bold(_("What is stored about this chat"))]
    text.append((_("The number of this chat:"), " ", Code(str(turn.chat_id))))
    if turn.recipient is not None:
        text.append(_("Language: {language}", language=turn.locale.name))
        text.append(_("Stored since: {date}", date=form_.month(turn.desk.today(turn.recipient.created_at))))
        text.append(_("Last message on: {date}", date=form_.month(turn.recipient.seen_on)))
    text += await _saved(turn, kept)
    text += _news(turn, subscribed)
    if count := len(stored["deliveries"]):
        text.append(turn.translator.n("{count} message sent to many", "{count} messages sent to many", count))
    text += await _office(turn, stored, *roles)
    if remembered:
        text.append(_("For one hour in memory: {what}", what=form_.list(remembered)))
    content = json.dumps(stored, ensure_ascii=False, indent=2, default=str).encode()
    return Reply(
        (
            Message(lines(*text), ((_forget_button(turn),),), replaces=False),
            Message((_("The same as a file."),), document=Document("lotse.json", content), replaces=False),
        )
    )


def _forget_button(turn: Turn) -> Button:
    _ = turn.translator
    return Button(_("Forget me") if turn.private else _("Forget this chat"), Forget())


async def _remembered(turn: Turn) -> list[str]:
    """What is in memory, in words."""
    thread = turn.desk.threads.get(turn.chat_id, turn.now)
    remembered = following.labels(turn, thread)
    directory = (await turn.desk.shelf.holdings()).directory
    for key in filter(None, (thread.door, thread.told)):
        if (record := directory.get(*key)) is not None:
            remembered.append(Reading(turn).name(record.title))
    if thread.asked is not None and thread.asked.text:
        remembered.append(turn.translator("your last question"))
    return remembered


async def _saved(turn: Turn, kept: Sequence[SavedEvent]) -> list[Line]:
    _, form_ = turn.translator, form(turn)
    if not turn.private:
        return []
    if not kept:
        return [_("No saved events")]
    text: list[Line] = [turn.translator.n("{count} saved event", "{count} saved events", len(kept))]
    reading = Reading(turn)
    holdings = await turn.desk.shelf.holdings()
    for entry in kept:
        event = holdings.directory.get(Kind.EVENT, entry.event_id)
        starts = turn.desk.wall(entry.occurrence)
        name = reading.name(event.title) if event is not None else entry.event_id
        text.append(f"• {name}: {form_.moment(starts, turn.desk.today(turn.now))}")
    return text


def _declined(turn: Turn, stored: Mapping[str, Any]) -> list[Line]:
    """What goes to a group, and was stopped here."""
    _ = turn.translator
    found: list[Line] = []
    for row in stored["declined"]:
        day = turn.desk.today(datetime.fromisoformat(row["declined_at"]))
        what = group_name(Group(row["about"]), _)
        found.append(_("Stopped on {date}: {what}", date=form(turn).month(day), what=what))
    return found


def _news(turn: Turn, subscribed: Sequence[Subscription]) -> list[Line]:
    _ = turn.translator
    text: list[Line] = [
        _(
            "News: {topic}, {place} · {often}. Agreed on: {date}",
            topic=topic_name(one.topic, _),
            place=area_name(turn, one.area),
            often=_(FREQUENCIES[one.frequency]),
            date=form(turn).month(turn.desk.today(one.consented_at)),
        )
        for one in subscribed
    ]
    if turn.recipient is not None and subscribed:
        rhythm = turn.recipient.rhythm
        text.append(_("Hour of collected news: {time}", time=clock(turn, rhythm.digest_hour)))
        hour = collected_at(subscribed, rhythm)
        text += [quiet_line(turn, rhythm, hour), *held_back(turn, rhythm)]
    return text


async def _office(
    turn: Turn, stored: Mapping[str, Any], me: Staff | None, speaks_for: Sequence[Contact]
) -> list[Line]:
    """What there is of somebody who works here, or speaks for an association, and why some of it stays."""
    _, n, form_ = turn.translator, turn.translator.n, form(turn)
    text: list[Line] = []
    if me is not None:
        text.append(_("You are: {role}", role=f"{await described(turn, me)} · {since(turn, me.created_at)}"))
        text.append(own_number(turn, me.id))
    text += _declined(turn, stored)
    for one in speaks_for:
        name = await organisation_name(turn, one.organisation_id)
        text.append(
            _("You are a contact of: {organisation}", organisation=f"{name} · {contact_name(turn, one)}")
        )
    counts = {name: len(stored[name]) for name in ("log", "broadcasts", "invitations")}
    under = [
        n("{count} entry in the staff log", "{count} entries in the staff log", counts["log"]),
        n("{count} announcement", "{count} announcements", counts["broadcasts"]),
        n("{count} invitation", "{count} invitations", counts["invitations"]),
    ]
    under = [words for words, count in zip(under, counts.values(), strict=True) if count]
    if under:
        text.append(_("Under your number: {what}", what=form_.list(under)))
        text.append(
            _(
                "The log and the announcements stay after /forget, under the number alone, so that it can be "
                "checked later who sent what. Nobody can tell any more that the number is you."
            )
        )
    return text


async def _what_ends(turn: Turn) -> Reply | None:
    """What somebody with a role, or a contact, loses by being forgotten; None for everybody else."""
    _ = turn.translator
    async with turn.desk.store.read() as view:
        me = await view.staff_of(turn.chat_id)
        speaks_for = await view.contact_of(turn.chat_id)
        planned = {} if me is None else {id: await view.broadcast(id) for id in await view.planned_by(me.id)}
        last = me is not None and me.may(Role.ADMIN) and _only_admin(me, await view.all_staff())
    if me is None and not speaks_for:
        return None
    settings = turn.chat_id in turn.desk.admins
    lost = [await described(turn, me)] if me is not None and not settings else []
    lost += [
        _("contact of {organisation}", organisation=await organisation_name(turn, one.organisation_id))
        for one in speaks_for
    ]
    names = (numbered(turn, id, one) for id, one in planned.items())
    text = lines(
        Bold(_("Delete everything that I know about you?")),
        _("With it you lose: {what}", what=form(turn).list(lost)) if lost else None,
        _("To get it back you need a new invitation.") if lost else None,
        _("You are the only admin: after that nobody can invite people or give roles.")
        if last and not settings
        else None,
        _("Your role of admin stands in the settings (LOTSE_ADMINS): it comes back with the next start.")
        if me is not None and settings
        else None,
        turn.translator.n(
            "{count} planned announcement will be paused: {ids}",
            "{count} planned announcements will be paused: {ids}",
            len(planned),
            ids=f"{form(turn).comma} ".join(names),
        )
        if planned
        else None,
    )
    rows = ((Button(_("Yes, delete everything"), Forget(1)),), (back(turn, ShowPrivacy("privacy")),))
    return Reply((Message(text, rows),))


def _only_admin(me: Staff, every: Iterable[Staff]) -> bool:
    return not any(one.id != me.id and one.may(Role.ADMIN) for one in every)


async def forget(turn: Turn, action: Forget | None = None) -> Reply:
    """``/forget``: erase at once, and say what was erased and what remains where."""
    _, form_ = turn.translator, form(turn)
    if not await may_undo(turn):
        return not_yours(turn)
    if turn.private and not (action is not None and action.sure) and (asked := await _what_ends(turn)):
        return asked
    thread = turn.desk.threads.drop(turn.chat_id)
    async with turn.desk.store.begin() as tx:
        removed, paused = await staffing.leave(tx, turn.chat_id, turn.now, turn.desk.audit_key)
    if not any(removed.values()) and not thread:
        nothing = _("There is nothing left. Nothing is stored for this chat.")
        return Reply.of(nothing, replaces=not turn.private)
    if any(removed.values()):
        await turn.desk.store.scrub()
    if paused:
        turn.desk.bell.set()
    what = [_("your language")] if removed.get("recipients") else []
    if count := removed.get("saved_events"):
        what.append(turn.translator.n("{count} saved event", "{count} saved events", count))
    if count := removed.get("subscriptions"):
        what.append(turn.translator.n("{count} subscription", "{count} subscriptions", count))
    if removed.get("declined"):
        what.append(_("what you had stopped"))
    if removed.get("contacts"):
        what.append(_("that you are a contact"))
    if removed.get("staff"):
        what.append(_("that you work for the office"))
    if removed.get("deliveries"):
        what.append(_("what was sent to you"))
    if thread:
        what.append(_("what we were talking about"))
    gone_on = turn.desk.today(turn.now) + timedelta(days=BACKUP_DAYS)
    text = lines(
        Bold(
            _("Deleted at {time}: {what}.", time=form_.time(turn.desk.wall(turn.now)), what=form_.list(what))
        ),
        *await paused_lines(turn, paused),
        _("In backups until {date} at the latest, then gone.", date=form_.month(gone_on)),
        _(
            "You will get nothing more from me unless you write. "
            "Telegram keeps this chat until you delete it."
        ),
    )
    return Reply.of(*text, replaces=not turn.private)
