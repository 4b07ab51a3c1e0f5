"""Pieces that every card and list is made of: localized texts with their marks, ages, places, hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from bot.dialog.actions import ShowMenu
from bot.dialog.callback import Action
from bot.dialog.reply import Button, Italic, Rows, Span
from bot.dialog.turn import Turn
from bot.domain.directory import (
    GENERAL_KNOWLEDGE,
    CounsellingOffer,
    Event,
    Freshness,
    Organisation,
    Place,
    Record,
    freshness,
)
from bot.domain.locales import SOURCE, Locale
from bot.domain.places import Town
from bot.domain.text import LocalizedText, State
from bot.services import hours
from bot.services.browsing import spoken_as
from bot.translation import Forms, forms, translator

PAGE = 5
"""Entries of a list on one page: more do not fit an old phone's screen."""
BUTTON_LABEL = 40
"""Characters of a name on a button, usually."""
ROW_LABEL = 50
"""Characters of the label of a button that has a row of its own."""
_NAME = 60
_LANGUAGES = 3
"""So many that are asked for have room in a button."""


@dataclass
class Reading:
    """Reads localized texts for one message and remembers what must be said about them."""

    turn: Turn
    fallbacks: set[str] = field(default_factory=set)
    machine: bool = False
    outdated: bool = False

    def text(self, localized: LocalizedText) -> str:
        """The text in the reader's language or the nearest there is; empty if there is none."""
        found = localized.localize(self.turn.locale)
        if found is None:
            return ""
        if not found.exact and not (found.locale == "de" and self.turn.locale.babel == "de"):
            self.fallbacks.add(found.locale)
        self.machine |= found.state is State.MACHINE
        self.outdated |= found.state is State.OUTDATED
        return found.text

    def name(self, localized: LocalizedText) -> str:
        """A text for a button, where no mark can stand; its marks stand on the card it opens."""
        found = localized.localize(self.turn.locale)
        return shorten(found.text, _NAME) if found else ""

    def marks(self) -> list[Italic]:
        """One line for each thing the reader should know about the texts read so far."""
        return remarks(self.turn.locale, self.fallbacks, machine=self.machine, outdated=self.outdated)


def remarks(locale: Locale, fallbacks: Iterable[str], *, machine: bool, outdated: bool) -> list[Italic]:
    """What a reader should know about texts: in which other languages, by a machine, of an older state."""
    _ = translator(locale)
    found = []
    if names := forms(locale).languages(sorted(fallbacks)):
        found.append(_("This text is not in your language. Here it is in: {languages}.", languages=names))
    if machine:
        found.append(_("Automatically translated."))
    if outdated:
        found.append(_("The original has changed since this was translated."))
    return [Italic(words) for words in found]


def form(turn: Turn) -> Forms:
    """The reader's forms of dates, lists and names."""
    return forms(turn.locale)


def asked_languages(spoken: Sequence[str]) -> str:
    """Languages that were asked for as buttons and threads have them, with commas between."""
    return ",".join(spoken[:_LANGUAGES])


def language_names(turn: Turn, asked: str) -> str:
    """The names of languages as :func:`asked_languages` puts them together; empty for none."""
    return form(turn).languages(filter(None, asked.split(",")))


def shorten(text: str, limit: int = BUTTON_LABEL) -> str:
    """At most ``limit`` characters, cut at a word; usually of a button."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def capital(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def button_rows(buttons: Sequence[Button], width: int = 2) -> Rows:
    """Buttons in rows; long labels get a row of their own."""
    rows: list[tuple[Button, ...]] = []
    row: list[Button] = []
    for button in buttons:
        if len(button.label) > 24:
            if row:
                rows.append(tuple(row))
                row = []
            rows.append((button,))
            continue
        row.append(button)
        if len(row) == width:
            rows.append(tuple(row))
            row = []
    if row:
        rows.append(tuple(row))
    return tuple(rows)


def back(turn: Turn, action: Action) -> Button:
    """The button to the screen before; the menu is a private chat's, in a group the way goes there."""
    if isinstance(action, ShowMenu) and not turn.private:
        return in_private(turn)
    return Button(turn.translator("‹ Back"), action)


def in_private(turn: Turn, payload: str = "start") -> Button:
    """The button that leads from a group to the private chat, and to what ``payload`` names there."""
    label = turn.translator("Write to me in private")
    return Button(label, url=deep_link(turn.desk.bot_username, payload))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: which it is, and the entries' numbers in it."""

    number: int
    first: int
    last: int
    """Exclusive."""
    count: int

    @classmethod
    def of(cls, wanted: int, count: int, size: int = PAGE) -> Page:
        """The wanted page, or the nearest there is (an old button may name one that is gone)."""
        number = max(0, min(wanted, max(0, count - 1) // size))
        return cls(number, number * size, min(count, (number + 1) * size), count)

    def turning(self, turn: Turn, to: Callable[[int], Action]) -> Rows:
        """A row with the buttons to the pages before and after; no row where there are none."""
        _ = turn.translator
        row = []
        if self.number > 0:
            row.append(Button(_("Previous"), to(self.number - 1)))
        if self.last < self.count:
            row.append(Button(_("More"), to(self.number + 1)))
        return (tuple(row),) if row else ()


def origin(turn: Turn, record: Record) -> Iterable[Span]:
    """Where a fact comes from, how old it is, and whether the office stands behind it."""
    _, form_ = turn.translator, form(turn)
    if record.demo:
        yield Italic(_("This is an example, not a real offer."))
        return
    if doubt := outdated(turn, record):
        yield doubt
    elif record.confirmed_on is None:
        as_of = form_.month(record.as_of) if record.as_of else None
        yield _("As of {date}.", date=as_of) if as_of else _("The source gives no date.")
    if record.confirmed_on:
        yield _("Confirmed by the office on {date}.", date=form_.month(record.confirmed_on))
    else:
        yield _("Not yet confirmed by the office.")
    if record.source == GENERAL_KNOWLEDGE:
        yield _("Source: general knowledge, in plain words. For your case, ask counselling.")
    else:
        yield _("Source: {source}", source=record.source)


def outdated(turn: Turn, record: Record) -> str | None:
    """What is said of a record past its review date, with its date; None where it is within."""
    _, form_, today = turn.translator, form(turn), turn.desk.today(turn.now)
    if record.demo or freshness(record, today) is not Freshness.STALE:
        return None
    if record.funding_until and record.funding_until < today:
        until = form_.month(record.funding_until)
        return _("Its funding was secured until {date}. Please ask first.", date=until)
    if record.as_of:
        as_of = form_.month(record.as_of)
        return _("This may be out of date (as of {date}). Please ask first.", date=as_of)
    if record.review_due and record.review_due < today:
        due = form_.month(record.review_due)
        return _("This may be out of date: it was to be checked by {date}. Please ask first.", date=due)
    return _("This may be out of date. Please ask first.")


def sources(turn: Turn, records: Iterable[Record]) -> Iterable[Italic]:
    """Below a list: its oldest date, and where the sources stand. Examples have neither."""
    listed = [record for record in records if not record.demo]
    if not listed:
        return
    _ = turn.translator
    dates = [date for record in listed if (date := record.confirmed_on or record.as_of)]
    if dates:
        oldest = min(dates, key=lambda date: (date.year, date.month or 1, date.day or 1))
        written = form(turn).month(oldest)
        yield Italic(_("Oldest dated source: {date}. The sources are named in the entries.", date=written))
    else:
        yield Italic(_("The sources give no date. They are named in the entries."))


def town_name(turn: Turn, place: Place) -> str:
    """The name of a place's town in the reader's language."""
    town = turn.desk.gazetteer.town(place.town)
    return turn.desk.gazetteer.local_name(town, turn.locale.code) if town else place.town


def name_of(turn: Turn, town: Town) -> str:
    """A town's name in the reader's language; where that is another script, with the German one.

    Where two towns are called the same, with its district.
    """
    gazetteer, code = turn.desk.gazetteer, turn.locale.code
    local = gazetteer.local_name(town, code)
    beside = [] if local == town.name else [town.name]
    district = gazetteer.district(town.district) if gazetteer.shares_name(town) else None
    if district is not None:
        beside.append(gazetteer.local_name(district, code))
    return f"{local} ({f'{form(turn).comma} '.join(beside)})" if beside else local


def for_another_country(turn: Turn, offer: CounsellingOffer, asked: Iterable[str] = ()) -> bool:
    """Whether a door is for people from one country, as its target group says, and nothing tells that the
    reader is: no language ``asked`` for, and the own is none that is spoken there."""
    texts = dict(offer.target_group.texts())
    reader = {*asked, *spoken_as(turn.locale.language)}
    if not texts or not reader.isdisjoint(offer.languages):
        return False
    group = texts.get("de") or next(iter(texts.values()))
    country = turn.desk.answering.named_in(group)
    return bool(country) and reader.isdisjoint(country)


def none_here(turn: Turn, town: Town) -> str:
    """What stands above a list of a town where nothing is in the town itself."""
    _ = turn.translator
    return _("Nothing that fits is listed in {town}. These are the nearest:", town=name_of(turn, town))


def cost_line(turn: Turn, record: CounsellingOffer | Event, reading: Reading) -> str | None:
    """What it costs, or that it costs something or nothing; None where nobody says."""
    _ = turn.translator
    if record.cost:
        return reading.text(record.cost)
    if record.free is None:
        return None
    free = capital(_("free of charge"))
    return free if record.free else _("It costs something. Please ask there how much.")


def addresses(turn: Turn, record: Organisation | CounsellingOffer) -> Iterable[str]:
    """The places of a record; a street only where its publication was agreed."""
    comma = f"{form(turn).comma} "
    for place in record.places:
        if record.publish_address and place.address:
            yield comma.join(part for part in (place.name, place.address) if part)
        else:
            yield comma.join(part for part in (place.name, town_name(turn, place)) if part)


def open_line(turn: Turn, offer: CounsellingOffer) -> str | None:
    """ "Open now, until 18:00", "opens tomorrow, …", or None where no hours are known.

    What the hours say in words stands behind it, as the office wrote it.
    """
    if not offer.hours:
        return None
    state = hours.parse(offer.hours).at(turn.desk.wall(turn.now))
    written = _state(turn, state)
    return f"{written} ({state.comment})" if state.comment else written


def _state(turn: Turn, state: hours.OpenState) -> str:
    _, form_ = turn.translator, form(turn)
    now = turn.desk.wall(turn.now)
    if state.always:
        return _("Open day and night")
    if state.open:
        until = state.changes_at
        return _("Open now, until {time}", time=form_.time(until)) if until else _("Open now")
    if state.arranged:
        return capital(_("by appointment"))
    if state.changes_at is None:
        return _("Closed now")
    opens = form_.moment(state.changes_at, now.date())
    if state.changes_at.date() == now.date():
        opens = form_.time(state.changes_at)
    if state.holiday:
        return _("Closed today (public holiday), opens {time}", time=opens)
    return _("Closed now, opens {time}", time=opens)


def open_now(turn: Turn, offer: CounsellingOffer) -> bool | None:
    """Whether it is open at this moment; None where no hours are known."""
    return hours.parse(offer.hours).at(turn.desk.wall(turn.now)).open if offer.hours else None


def open_today(turn: Turn, offer: CounsellingOffer) -> bool | None:
    """Whether it is open today, now or later; None where no hours are known."""
    if not offer.hours:
        return None
    now = turn.desk.wall(turn.now)
    state = hours.parse(offer.hours).at(now)
    if state.arranged:
        return None
    return state.open or (state.changes_at is not None and state.changes_at.date() == now.date())


def week_lines(turn: Turn, offer: CounsellingOffer, reading: Reading) -> Iterable[str]:
    """The regular opening hours: "Mon–Thu 8:00–20:00"; and the next day with others, such as a holiday's.

    What they say in words is in the office's language, which ``reading`` remembers.
    """
    if not offer.hours or offer.hours == "24/7":
        return
    form_, today, parsed = form(turn), turn.desk.today(turn.now), hours.parse(offer.hours)
    days = [(form_.weekdays(numbers), spans) for numbers, spans in parsed.week(today)]
    if special := parsed.special(today):
        days.append((capital(form_.day(special[0], today)), special[1]))
    for name, spans in days:
        yield f"{name} {f'{form_.comma} '.join(_times(turn, span) for span in spans)}"
        if any(span.comment for span in spans) and turn.locale.babel != SOURCE:
            reading.fallbacks.add(SOURCE)


def _times(turn: Turn, span: hours.Span) -> str:
    form_ = form(turn)
    if span.open_end:
        written = turn.translator("from {time}", time=form_.time(span.start))
    else:
        written = f"{form_.time(span.start)}–{form_.time(span.end)}"
    return f"{written} ({span.comment})" if span.comment else written


def phone_text(number: str) -> str:
    """A telephone number as it is dialled in Germany: ``+493812009379`` → ``0381 2009379``.

    Short codes stay as they are; grouping follows the phonenumbers package.
    """
    if not number.startswith("+"):
        return number
    import phonenumbers

    parsed = phonenumbers.parse(number)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == 49
        else (phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )
    return str(phonenumbers.format_number(parsed, style))


def deep_link(username: str, payload: str) -> str:
    """The address that opens the private chat with the bot (Bot API, deep linking); see ``guide.follow``."""
    return f"https://t.me/{username}?start={payload}"


def map_link(address: str) -> str:
    """A search for an address on OpenStreetMap."""
    return f"https://www.openstreetmap.org/search?query={quote(address)}"
