"""The texts of an announcement: one message in each language, shown at once as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.dialog.announce_audience import count_lines
from bot.dialog.announce_draft import Draft, drop_text, expect, move_text, note_test, put_text
from bot.dialog.event_card import date_and_place
from bot.dialog.expecting import What
from bot.dialog.notices import notice
from bot.dialog.office_actions import ChangeDraft, OpenDraft
from bot.dialog.reply import Bold, Button, Line, Message, Reply, Rows, lines
from bot.dialog.showing import Reading, back, button_rows, form, shorten
from bot.dialog.turn import Turn
from bot.domain.broadcast import Body, Broadcast, Media, choose_body
from bot.domain.directory import Kind
from bot.domain.locales import DEFAULT, LOCALES, find, locale_of
from bot.domain.markup import Fault, Problem, dropped_links, from_entities
from bot.services.office import TextRefused
from bot.understanding.language import detect

_TELLING = 6
"""Words from which a text tells in which language it is."""


def problem_words(turn: Turn, problem: Problem) -> str:
    """What is wrong with a text, and what to do."""
    _ = turn.translator
    match problem.fault:
        case Fault.EMPTY:
            return _("There is no text in it.")
        case Fault.TOO_LONG:
            return turn.translator.n(
                "It is {count} character too long for one message: please shorten it.",
                "It is {count} characters too long for one message: please shorten it.",
                problem.over,
            )
        case Fault.BAD_LINK:
            return _("This link does not work: {link}", link=problem.what)
        case Fault.DIRECTION:
            return _(
                "There are invisible characters in it that turn the writing around. Please write it again."
            )
        case _:
            return _("Its formatting is damaged: {what}", what=problem.what)


async def screen(turn: Turn, draft: Draft, *opening: Line, new: bool = False) -> Reply:
    """All languages: which have a text, and how many people read them.

    What is sent before one is chosen becomes the text in the author's own.
    """
    _, form_ = turn.translator, form(turn)
    await expect(turn, draft, What.TEXT)
    text: list[Line | None] = [Bold(_("Texts")), *opening, _("Choose a language, then send its text.")]
    buttons = []
    for code in _by_readers(draft):
        body, readers = draft.seen.bodies.get(code), draft.seen.counts.get(code, 0)
        faults = draft.seen.problems.get(code, ())
        mark = "⚠ " if faults else "✓ " if body is not None else ""
        label = f"{mark}{form_.language(code)}" + (f" ({form_.number(readers)})" if readers else "")
        buttons.append(Button(label, OpenDraft(draft.id, "text", code)))
        text += [f"⚠ {form_.language(code)}: {problem_words(turn, fault)}" for fault in faults]
    text += uneven_lines(turn, draft)
    brackets = _("In brackets: how many people read it in this language.") if draft.seen.counts else None
    text += ["", brackets, *count_lines(turn, draft)]
    id = draft.id
    rows: Rows = button_rows(buttons)
    if draft.seen.bodies:
        rows = (
            *rows,
            *(
                ((Button(_("The same photo for all languages"), ChangeDraft(id, "photo")),),)
                if _lone(draft)
                else ()
            ),
            (Button(_("Add an event's card"), OpenDraft(id, "events")),),
            (Button(_("See it as readers do"), OpenDraft(id, "preview")),),
        )
    rows = (*rows, (back(turn, OpenDraft(id)),))
    return Reply((Message(lines(*text), rows, replaces=not new),))


def uneven_lines(turn: Turn, draft: Draft) -> list[Line]:
    """Which languages alone have a photo or link buttons: each text has its own."""
    _, names, bodies = turn.translator, form(turn).languages, draft.seen.bodies
    photos = [code for code, body in bodies.items() if body.media is not None]
    buttons = [code for code, body in bodies.items() if body.buttons]
    found: list[Line] = []
    if 0 < len(photos) < len(bodies):
        found.append(_("Photo or document only in: {languages}", languages=names(photos)))
    if 0 < len(buttons) < len(bodies):
        found.append(_("Link buttons only in: {languages}", languages=names(buttons)))
    return found


def _lone(draft: Draft) -> Body | None:
    """The text whose photo or document the others lack, where there is just one such file."""
    bodies = draft.seen.bodies.values()
    files = {body.file_id: body for body in bodies if body.media is not None}
    return (
        next(iter(files.values())) if len(files) == 1 and any(one.media is None for one in bodies) else None
    )


async def share(turn: Turn, draft: Draft) -> Reply:
    """The one photo or document stands above all texts; where one is too long for it, that is said."""
    _, form_ = turn.translator, form(turn)
    source, refused = _lone(draft), list[Line]()
    for code, body in draft.seen.bodies.items():
        if source is not None and body.media is None:
            try:
                draft = await put_text(turn, draft, replace(body, media=source.media, file_id=source.file_id))
            except TextRefused as error:
                refused.append(f"⚠ {form_.language(code)}: {problem_words(turn, error.problems[0])}")
    if refused:
        refused.append(_("Below a photo or document there is less room than in a text alone."))
    return await screen(turn, draft, *refused)


def _by_readers(draft: Draft) -> list[str]:
    """All languages, German first, then those that most people read."""
    order = {locale.code: place for place, locale in enumerate(LOCALES)}
    return sorted(order, key=lambda code: (code != "de", -draft.seen.counts.get(code, 0), order[code]))


async def language(turn: Turn, draft: Draft, code: str, *opening: Line, new: bool = False) -> Reply:
    """One language: the next text that is sent becomes its text."""
    _, form_ = turn.translator, form(turn)
    if find(code) is None:
        return await screen(turn, draft)
    id, body = draft.id, draft.seen.bodies.get(code)
    await expect(turn, draft, What.TEXT, code)
    text: list[Line | None] = [Bold(_("Text: {language}", language=form_.language(code))), *opening]
    text += [problem_words(turn, fault) for fault in draft.seen.problems.get(code, ())]
    if body is None:
        text += [
            "",
            _("Send the text now: write it, paste it, or forward it."),
            _("Bold type and links stay as they are. A photo or document with its text is fine too."),
        ]
    else:
        text += ["", _("This language has a text. Send another one to replace it.")]
        if body.media is not None:
            text.append(_("A photo or document stays as it is."))
    text += ["", *count_lines(turn, draft)]
    rows: list[tuple[Button, ...]] = []
    if body is not None:
        rows = [
            (
                Button(_("See it"), OpenDraft(id, "show", code)),
                Button(_("Link buttons"), OpenDraft(id, "buttons", code)),
            ),
            (
                Button(_("Remove this text"), ChangeDraft(id, "drop", code)),
                Button(_("Change its language"), OpenDraft(id, "move", code)),
            ),
        ]
        if body.media is not None:
            rows.append((Button(_("Remove the photo or document"), ChangeDraft(id, "plain", code)),))
    rows.append((Button(_("Other languages"), OpenDraft(id, "texts")), Button(_("Overview"), OpenDraft(id))))
    return Reply((Message(lines(*text), tuple(rows), replaces=not new),))


async def written(turn: Turn, draft: Draft, chosen: str) -> Reply:
    """A text came for a language: keep it, and show it as its readers will see it.

    Where none was chosen it is the author's own, unless that has another text already.
    """
    _, form_ = turn.translator, form(turn)
    code = chosen or turn.locale.code
    if find(code) is None:
        return await screen(turn, draft)
    if (refusal := content_refusal(turn)) is not None:
        return await language(turn, draft, code, "", refusal, new=True)
    before = draft.seen.bodies.get(code)
    if not chosen and before not in (None, body_of(turn, code, None, event_of(draft))):
        asked = Bold(_("It was not saved: choose its language first, then send it again."))
        return await screen(turn, draft, asked, new=True)
    body = body_of(turn, code, before, event_of(draft))
    try:
        draft = await put_text(turn, draft, body)
    except TextRefused as refused:
        words = [f"⚠ {problem_words(turn, fault)}" for fault in refused.problems]
        if body.media is not None and any(one.fault is Fault.TOO_LONG for one in refused.problems):
            words.append(_("Below a photo or document there is less room than in a text alone."))
        return await language(turn, draft, code, "", *words, _("It was not saved."), new=True)
    missing = [one for one in _by_readers(draft) if one in draft.seen.missing]
    alone = None
    if not body.html:
        await expect(turn, draft, What.TEXT, code)
        alone = Bold(_("There is no text with it yet. If there shall be one below, send it now."))
    other = _other_language(turn, code)
    text = lines(
        Bold(_("Saved: {language}", language=form_.language(code))),
        *link_lines(turn),
        _("Above you see it as its readers do."),
        other,
        None if chosen else _("You had chosen no language, so I took yours."),
        alone,
        _("Still without a text: {languages}", languages=form_.languages(missing)) if missing else None,
        *count_lines(turn, draft),
    )
    id = draft.id
    rows = [
        (
            Button(_("Write it again"), OpenDraft(id, "text", code)),
            Button(_("Link buttons"), OpenDraft(id, "buttons", code)),
        ),
        *(
            ()
            if chosen and other is None
            else ((Button(_("Change its language"), OpenDraft(id, "move", code)),),)
        ),
        *button_rows([Button(form_.language(one), OpenDraft(id, "text", one)) for one in missing[:4]]),
        (Button(_("All languages"), OpenDraft(id, "texts")), Button(_("Overview"), OpenDraft(id))),
    ]
    shown = await sample(turn, draft.broadcast, draft.seen.bodies[code])
    return Reply((shown, Message(text, tuple(rows), replaces=False)))


def _other_language(turn: Turn, code: str) -> str | None:
    """Which language a text rather looks like than the one for which it is kept; None: no other."""
    answering = turn.desk.answering
    question = answering.reader.read(turn.text)
    if len(question.words) < _TELLING:
        return None
    found = detect(question, answering.languages, code)
    written = None if found.language is None else find(found.language)
    if found.written is None or written is None or written.language == locale_of(code).language:
        return None
    name = form(turn).language
    return turn.translator(
        "This looks like {found}. It is saved as {chosen} all the same.",
        found=name(written.code),
        chosen=name(code),
    )


def link_lines(turn: Turn) -> list[Line]:
    """Links of what was sent that cannot stand in an announcement: of each only its words stay."""
    return [
        f"⚠ {problem_words(turn, Problem(Fault.BAD_LINK, what=shorten(url)))}"
        for url in dropped_links(turn.entities)
    ]


def content_refusal(turn: Turn) -> str | None:
    """Why what was sent cannot be the text of an announcement; None when it can."""
    _ = turn.translator
    if turn.album is not None:
        return _(
            "These are several pictures at once. An announcement is exactly one message: "
            "please send one picture, with the text below it."
        )
    if turn.attachment is not None and turn.file is None:
        return _("Only a text, a photo or a document can be sent to everybody.")
    return None


def body_of(turn: Turn, code: str, before: Body | None, event_id: str) -> Body:
    """What was sent, as a body; what it does not bring itself stays as it was, link buttons too."""
    media, file_id = (Media(turn.file[0]), turn.file[1]) if turn.file is not None else (None, None)
    html = from_entities(turn.text, turn.entities)
    if before is not None and media is None:
        return replace(before, html=html)
    if before is not None:
        return replace(before, html=html or before.html, media=media, file_id=file_id)
    return Body(locale=code, html=html, media=media, file_id=file_id, event_id=event_id)


def event_of(draft: Draft) -> str:
    """The event whose card hangs below all texts; empty for none."""
    return _event_id(draft.seen.bodies)


def _event_id(bodies: Mapping[str, Body]) -> str:
    return next((body.event_id for body in bodies.values()), "")


async def event_lines(turn: Turn, bodies: Mapping[str, Body]) -> list[Line]:
    """The event whose card hangs below the texts; nothing where there is none."""
    event = (await turn.desk.shelf.holdings()).directory.get(Kind.EVENT, _event_id(bodies))
    if event is None:
        return []
    return [turn.translator("Event: {name}", name=Reading(turn).name(event.title))]


async def sample(turn: Turn, broadcast: Broadcast, body: Body, code: str = "") -> Message:
    """Exactly what a reader gets, of the text's language or of another one (``code``)."""
    locale = find(code or body.locale) or DEFAULT
    card = await date_and_place(turn.desk, broadcast, body, locale)
    return notice(broadcast, body, locale, card=card)


def _read(draft: Draft) -> dict[str, Body]:
    """Which text is read in each language: its own, or the nearest where that is what readers get."""
    bodies = draft.seen.bodies
    found = dict(bodies)
    for code in draft.seen.counts:
        body = choose_body(bodies, locale_of(code), draft.broadcast.options.missing)
        if body is not None:
            found.setdefault(code, body)
    return found


async def drop(turn: Turn, draft: Draft, code: str) -> Reply:
    """A language goes without a text again."""
    return await screen(turn, await drop_text(turn, draft, code))


async def move(turn: Turn, draft: Draft, code: str) -> Reply:
    """Which language a text is really in: one that has none yet."""
    _, form_, bodies, id = turn.translator, form(turn), draft.seen.bodies, draft.id
    if code not in bodies:
        return await screen(turn, draft)
    buttons = [
        Button(form_.language(to), ChangeDraft(id, "move", f"{code}/{to}"))
        for to in _by_readers(draft)
        if to not in bodies
    ]
    text = lines(
        Bold(_("Text: {language}", language=form_.language(code))),
        _("In which language is it really?"),
        "",
        *count_lines(turn, draft),
    )
    return Reply((Message(text, (*button_rows(buttons), (back(turn, OpenDraft(id, "text", code)),))),))


async def moved(turn: Turn, draft: Draft, value: str) -> Reply:
    """A text is that of another language."""
    code, _sign, to = value.partition("/")
    if find(to) is None:
        return await screen(turn, draft)
    try:
        draft = await move_text(turn, draft, code, to)
    except TextRefused as refused:
        return await language(turn, draft, code, f"⚠ {problem_words(turn, refused.problems[0])}")
    return await language(turn, draft, to)


async def plain(turn: Turn, draft: Draft, code: str) -> Reply:
    """A text goes without its photo or document."""
    if (body := draft.seen.bodies.get(code)) is not None and body.media is not None:
        try:
            draft = await put_text(turn, draft, replace(body, media=None, file_id=None))
        except TextRefused as refused:
            return await language(turn, draft, code, problem_words(turn, refused.problems[0]))
    return await language(turn, draft, code)


# Seeing it ----------------------------------------------------------------------------------------


def preview(turn: Turn, draft: Draft) -> Reply:
    """Which language to see; all of them are a test send to oneself."""
    _, form_ = turn.translator, form(turn)
    id = draft.id
    buttons = [
        Button(
            form_.language(code)
            if code == body.locale
            else f"{form_.language(code)} → {form_.language(body.locale)}",
            OpenDraft(id, "show", code),
        )
        for code, body in _read(draft).items()
    ]
    everything = (Button(_("All languages"), OpenDraft(id, "show")),) if len(buttons) > 1 else ()
    text = lines(
        Bold(_("See it as readers do")),
        _("I send it to you here, exactly as it will arrive. Nobody else gets it."),
        None if draft.seen.bodies else _("There is no text yet."),
        "",
        *count_lines(turn, draft),
    )
    rows = (*button_rows(buttons), everything, (back(turn, OpenDraft(id)),))
    return Reply((Message(text, tuple(row for row in rows if row)),))


async def show(turn: Turn, draft: Draft, code: str) -> Reply:
    """The message itself, in one language or all; those with faults are named in place of it."""
    _, form_ = turn.translator, form(turn)
    messages = []
    for one, body in _read(draft).items():
        if code not in ("", one):
            continue
        if faults := draft.seen.problems.get(body.locale):
            words = (f"⚠ {problem_words(turn, fault)}" for fault in faults)
            message = Message(lines(Bold(form_.language(body.locale)), *words), replaces=False)
        else:
            message = await sample(turn, draft.broadcast, body, one)
        messages.append(message)
    if not messages:
        return preview(turn, draft)
    id = draft.id
    await note_test(turn, draft, code)
    rows = ((Button(_("Texts"), OpenDraft(id, "texts")), Button(_("Overview"), OpenDraft(id))),)
    text = lines(_("This is how it arrives. Only you have got it."), *count_lines(turn, draft))
    end = Message(text, rows, replaces=False)
    return Reply((*messages, end))
