"""``/gaps``: for admins, what people asked without success, and making questions examples of entries."""

from __future__ import annotations

from collections.abc import Iterable

from bot.dialog.desk import Thread
from bot.dialog.expecting import Expected, What
from bot.dialog.labels import topic
from bot.dialog.office_actions import DropGap, OpenGap, SeekEntry, ShowGaps, ShowStaff, TeachGap
from bot.dialog.reply import Bold, Button, Line, Message, Quote, Reply, lines
from bot.dialog.showing import ROW_LABEL, Page, Reading, back, form, name_of, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import Directory, Key, Kind
from bot.domain.gaps import FEW, KEPT_DAYS, EntryGone, Gap, Missed, PassedOn, TextGone
from bot.services import gaps
from bot.services.browsing import named
from bot.translation import N_

_COUNTS = 15
_TEXTS = 5
_CHOICES = 3
_NAMED = 6
_KINDS = tuple(Kind)
_OUTCOMES = {
    Missed.NONE: N_("nothing found"),
    Missed.REFUSED: N_("none of the choices"),
    Missed.UNHELPFUL: N_("not helpful"),
}


async def show(turn: Turn, action: ShowGaps | None = None) -> Reply:
    """The counts, the largest first, and the questions that people agreed to pass on."""
    _ = turn.translator
    board = await gaps.board(turn.desk.store, turn.chat_id)
    page = Page.of(action.page if action else 0, len(board.texts), _TEXTS)
    text: list[Line | None] = [
        Bold(_("What people did not find")),
        _("Of the last {days} days, without anybody's name.", days=KEPT_DAYS),
        "",
    ]
    if not board.gaps:
        text.append(_("Nothing was counted."))
    text += [f"{number}. {_gap(turn, gap)}" for number, gap in enumerate(board.gaps[:_COUNTS], 1)]
    shown = board.texts[page.first : page.last]
    if shown:
        text += ["", Bold(_("Questions that people agreed to pass on:"))]
    rows: list[tuple[Button, ...]] = []
    for one in shown:
        text.append(f"• {one.text}")
        rows.append((Button(shorten(one.text, ROW_LABEL), OpenGap(one.id)),))
    rows += page.turning(turn, ShowGaps)
    rows.append((back(turn, ShowStaff()),))
    return Reply((Message(lines(*text), tuple(rows)),))


def _gap(turn: Turn, gap: Gap) -> str:
    """ "Housing · Güstrow · Arabic · nothing found: 12"; of several languages and towns
    "Housing · all others put together: 5"."""
    _ = turn.translator
    town = turn.desk.gazetteer.town(gap.town)
    if gap.guess:
        about = _("probably: {topic}", topic=topic(gap.guess, _))
    else:
        about = topic(gap.topic, _) if gap.topic else _("no topic recognised")
    parts = (
        (
            about,
            name_of(turn, town) if town is not None else None,
            form(turn).language(gap.locale),
            _(_OUTCOMES[gap.outcome]),
        )
        if gap.locale
        else (about if gap.topic else None, _("all others put together"))
    )
    count = _("fewer than {count}", count=FEW) if gap.few else str(gap.count)
    return f"{' · '.join(part for part in parts if part)}: {count}"


async def open_(turn: Turn, action: OpenGap) -> Reply:
    """One question: the three entries that fit best, another by its name, or away with it."""
    try:
        async with turn.desk.store.read() as view:
            found = await gaps.text(view, turn.chat_id, action.id)
    except TextGone:
        return _gone(turn)
    holdings = await turn.desk.shelf.holdings()
    answer = await turn.desk.answering.search(found.text, found.locale, holdings)
    return _choice(turn, holdings.directory, found, [entry.key for entry in answer.entries[:_CHOICES]])


def _choice(
    turn: Turn, directory: Directory, found: PassedOn, entries: Iterable[Key], note: str = ""
) -> Reply:
    _ = turn.translator
    reading = Reading(turn)
    text = lines(
        Quote(found.text),
        _("Language: {language}", language=form(turn).language(found.locale)),
        "",
        note or None,
        _("For which entry should this question be an example? People who ask like this will then find it."),
    )
    rows: list[tuple[Button, ...]] = []
    for kind, id in entries:
        record = directory.get(kind, id)
        teach = TeachGap(found.id, _KINDS.index(kind), id)
        # An id that is too long for a button is left out: such an entry is taught by a file.
        if record is not None and teach.fits:
            rows.append((Button(shorten(reading.name(record.title), ROW_LABEL), teach),))
    rows.append((Button(_("Another entry: write its name"), SeekEntry(found.id)),))
    rows.append((Button(_("Delete this question"), DropGap(found.id)), back(turn, ShowGaps())))
    return Reply((Message(text, tuple(rows)),))


async def seek(turn: Turn, action: SeekEntry) -> Reply:
    """What is written next is a part of an entry's name."""
    try:
        async with turn.desk.store.read() as view:
            found = await gaps.text(view, turn.chat_id, action.id)
    except TextGone:
        return _gone(turn)
    turn.desk.threads.keep(turn.chat_id, turn.now, Thread(expected=Expected(What.ENTRY, str(found.id))))
    text = lines(Quote(found.text), turn.translator("Write a part of the entry's name."))
    return Reply((Message(text, ((back(turn, OpenGap(found.id)),),)),))


async def search(turn: Turn) -> Reply | None:
    """A text by an admin who looks for an entry; None when it is none of that."""
    threads = turn.desk.threads
    id = threads.take(turn.chat_id, turn.now, What.ENTRY, turn.update_id) if turn.private else None
    if id is None:
        return None
    try:
        async with turn.desk.store.read() as view:
            found = await gaps.text(view, turn.chat_id, int(id))
    except TextGone:
        return _gone(turn)
    directory = (await turn.desk.shelf.holdings()).directory
    keys = [record.key for record in named(directory.records.values(), turn.text)[:_NAMED]]
    note = ""
    if not keys:
        note = turn.translator("No entry has these words in its name.")
        # Another name may follow.
        threads.keep(turn.chat_id, turn.now, Thread(expected=Expected(What.ENTRY, id)))
    return _choice(turn, directory, found, keys, note)


async def teach(turn: Turn, action: TeachGap) -> Reply:
    """The question becomes an example of the entry, and is erased here."""
    _ = turn.translator
    desk = turn.desk
    if action.kind >= len(_KINDS):
        return await open_(turn, OpenGap(action.id))
    entry = _KINDS[action.kind], action.entry
    try:
        await gaps.teach(desk.store, turn.chat_id, action.id, entry, turn.now, desk.audit_key)
    except TextGone:
        return _gone(turn)
    except EntryGone:
        return _done(turn, _("This entry is not there any more. The question was kept."))
    return _done(turn, _("Done. The question is an example of this entry now."))


async def drop(turn: Turn, action: DropGap) -> Reply:
    """Away with a question."""
    desk = turn.desk
    try:
        await gaps.drop(desk.store, turn.chat_id, action.id, turn.now, desk.audit_key)
    except TextGone:
        return _gone(turn)
    return _done(turn, turn.translator("The question is deleted."))


def _gone(turn: Turn) -> Reply:
    return _done(turn, turn.translator("This question is not there any more."))


def _done(turn: Turn, words: str) -> Reply:
    return Reply((Message((words,), ((back(turn, ShowGaps()),),)),))
