"""One message to many: its states, its texts, whom it is for and how it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.domain.errors import DomainError
from bot.domain.locales import Locale
from bot.domain.news import Topic
from bot.domain.text import State as TextState

WITHDRAW_WITHIN = timedelta(hours=48)
"""How long Telegram lets a bot delete its own message (Bot API, deleteMessage)."""

SHOWN_FOR = timedelta(days=30)
"""How long a message stays in the archive (``/news``) unless its author chose otherwise."""

STILL_SENDING = timedelta(days=8)
"""What was launched longer ago sends nothing any more: the longest wait is for a weekly digest."""


class State(StrEnum):
    """How far a broadcast is."""

    DRAFT = "draft"
    REVIEW = "review"
    """Its author is done; somebody else must release it."""
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    """Nothing waits any more; what is unknown stays shown as such."""
    CANCELLED = "cancelled"
    MISSED = "missed"
    """Its window passed while nobody could send it, or it was left paused: reported, not sent late."""
    WITHDRAWN = "withdrawn"
    TEMPLATE = "template"
    """Never sent itself; a schedule makes children of it."""


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.REVIEW, State.SCHEDULED, State.TEMPLATE, State.CANCELLED}),
    State.REVIEW: frozenset({State.DRAFT, State.SCHEDULED, State.TEMPLATE, State.CANCELLED}),
    State.SCHEDULED: frozenset(
        {State.DRAFT, State.REVIEW, State.SENDING, State.MISSED, State.CANCELLED, State.PAUSED}
    ),
    State.SENDING: frozenset({State.PAUSED, State.SENT, State.CANCELLED, State.WITHDRAWN}),
    State.PAUSED: frozenset(
        {
            State.DRAFT,
            State.SCHEDULED,
            State.SENDING,
            State.SENT,
            State.CANCELLED,
            State.WITHDRAWN,
            State.MISSED,
        }
    ),
    State.SENT: frozenset({State.WITHDRAWN, State.SENDING}),
    State.CANCELLED: frozenset({State.WITHDRAWN}),
    State.MISSED: frozenset({State.DRAFT, State.CANCELLED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
    State.TEMPLATE: frozenset({State.DRAFT, State.CANCELLED}),
}
"""From each state to which; everything else is refused. SENT goes back to SENDING to resend failed ones,
SCHEDULED to REVIEW where more are to get it by its time than one person alone may send to.

Back to a draft goes only what nobody has got."""


RULE_OVER = "ended"
"""The reason of a repetition that is cancelled because its rule has no date left: nobody has stopped it."""


_IN_WORDS = {
    **{state: state.value for state in State},
    State.DRAFT: "a draft",
    State.REVIEW: "with a second person",
    State.TEMPLATE: "repeated",
}


class WrongState(DomainError):
    """A broadcast cannot go from its state to the wanted one (somebody else was faster, or it is over)."""

    def __init__(self, state: State | None, wanted: State) -> None:
        if state is None:
            words = "This announcement is gone."
        elif state is wanted:
            words = f"This announcement is {_IN_WORDS[state]} already."
        else:
            words = f"This announcement is {_IN_WORDS[state]}: it cannot be {_IN_WORDS[wanted]} now."
        super().__init__(words)
        self.state = state
        self.wanted = wanted


class Unknown(StrEnum):
    """What to do with deliveries of unknown fate."""

    HOLD = "hold"
    """Show them; staff decides."""
    RESEND = "resend"
    """Send again: rather twice than not at all."""


class Missing(StrEnum):
    """What to do about languages that have no text."""

    WAIT = "wait"
    """Do not release before all languages of the recipients are there."""
    OTHERS = "others"
    """Send to the others."""
    FALLBACK = "fallback"
    """Send the nearest language, with a mark."""


class Cap(StrEnum):
    """What to do with a chat that got its share of the day."""

    MOVE = "move"
    SKIP = "skip"


class Group(StrEnum):
    """Recipients by what they are to the network."""

    CONTACTS = "contacts"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a broadcast is for: subscribers of any of ``topics`` whom any of ``areas`` concerns, and
    members of ``groups``, and those who saved ``event`` — each person once.

    ``date`` makes it a call-off: only those who saved this date of the event (its start in minutes since
    1970), and nobody who knows already that it does not take place. ``areas`` are as in
    :mod:`bot.domain.news`; none means the whole state. ``locales``: only readers of these.
    ``not_within``: hours; who got something within them is left out.
    """

    topics: frozenset[Topic] = frozenset()
    areas: frozenset[str] = frozenset()
    locales: frozenset[str] = frozenset()
    groups: frozenset[Group] = frozenset()
    event: str = ""
    date: int = 0
    not_within: int = 0

    def __bool__(self) -> bool:
        return bool(self.topics or self.groups or self.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a broadcast is to be sent.

    ``urgent``: quiet hours, caps and digests do not hold it; see also :attr:`Broadcast.urgent`. ``first``:
    after so many it pauses for a look (0: no). ``window``: minutes after its time in which it may still
    begin, and a delivery still go out (0: any time). ``skip_holidays``: what is repeated or relative to a
    date leaves out public holidays; ``move_holidays``: it goes out on the next working day instead.
    ``card_at``: which date of its event stands below the texts: the start it was planned for, in minutes
    since 1970, kept from when it goes out (0: it has not yet, or has no event).
    """

    urgent: bool = False
    unknown: Unknown = Unknown.HOLD
    missing: Missing = Missing.WAIT
    cap: Cap = Cap.MOVE
    first: int = 0
    window: int = 0
    skip_holidays: bool = False
    move_holidays: bool = False
    card_at: int = 0

    @property
    def late_language(self) -> Missing:
        """What holds for a language without a text once it is released.

        What was waited with is not stopped, nor left unsaid, for a reader who came after the release.
        """
        return Missing.FALLBACK if self.missing is Missing.WAIT else self.missing


NOBODY = Audience()
USUAL = Options()


class Media(StrEnum):
    """What hangs on a broadcast, by the method that sends it."""

    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkButton:
    """A button that opens a web page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A broadcast in one language. ``html`` is Telegram's subset, from :mod:`bot.domain.markup` alone.

    ``file_id`` is Telegram's handle of a file that was sent to the bot once; ``event_id`` adds the
    buttons of an event's card. ``revision`` counts corrections.
    """

    locale: str
    html: str
    state: TextState = TextState.HUMAN
    media: Media | None = None
    file_id: str | None = None
    buttons: tuple[LinkButton, ...] = ()
    event_id: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A time relative to a campaign's or an event's date: ``days`` before (-) or after it, at a
    time of that day.
    """

    record: str
    """``campaign/<id>`` or ``event/<id>``."""
    days: int
    hour: int = 10
    at: int = 0
    """Which date of an event that repeats: its start in minutes since 1970 (0: the event's first)."""
    minute: int = 0

    @property
    def clock(self) -> time:
        """The time of that day."""
        return time(self.hour, self.minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One message to many, without its texts and its recipients.

    ``launch`` tells how far the launch is: the pass and the last chat of it, or None when all
    deliveries are there (or none yet). ``fire_at`` is the time of the schedule that made it.
    """

    id: int
    state: State
    name: str
    """A few words for staff: the first line of the text."""
    author_id: int | None
    audience: Audience
    options: Options
    created_at: datetime
    releaser_id: int | None = None
    organisation_id: str | None = None
    series: str = ""
    """The campaign it belongs to."""
    send_at: datetime | None = None
    launched_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    """When it leaves the archive (``/news``)."""
    launch: tuple[int, int] | None = None
    pause_reason: str = ""
    anchor: Anchor | None = None
    schedule_id: int | None = None
    fire_at: datetime | None = None
    progress: tuple[int, int] | None = None
    """Chat and message that show its progress to the author."""
    told: str = ""
    """The state that its author was told last, or knows; empty for none."""
    corrects: tuple[int, int] | None = None
    """What it is to correct, where it is a correction that waits for a second person: the broadcast, and
    whether the other languages are wrong, too."""
    revision: int = 0
    """Another number after every change of a draft, and whenever it is handed over or given back: that of the
    entry in the staff's log."""

    @property
    def urgent(self) -> bool:
        """Whether quiet hours, pauses, caps and digests do not hold it: as was chosen, or because it is a
        warning, of which its readers were promised that.
        """
        return self.options.urgent or self.warning

    @property
    def warning(self) -> bool:
        """Whether it is among others for those who asked for urgent warnings."""
        return Topic.URGENT in self.audience.topics

    @property
    def ended(self) -> bool:
        """Whether it was a repetition, and came to its end by itself."""
        return self.state is State.CANCELLED and self.pause_reason == RULE_OVER


def choose_body(bodies: Mapping[str, Body], locale: Locale, missing: Missing) -> Body | None:
    """The body that a reader of ``locale`` gets; None when there is none for them.

    Under FALLBACK the nearest language is taken; compare ``locale`` to see whether a mark is due.
    """
    exact = bodies.get(locale.code)
    if exact is not None or missing is not Missing.FALLBACK:
        return exact
    return next((bodies[code] for code in (*locale.chain, *bodies) if code in bodies), None)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send, held by one process at a time. ``epoch`` rises with each change of hands."""

    epoch: int
    holder: str


class LeaseLost(DomainError):
    """Another process sends now; what this one had in hand is that one's to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A correction of one language, or a withdrawal (``locale`` None), on its way through the chats.

    ``cursor`` is the last chat that was met; ``done`` and ``failed`` count them. The others are put off.
    """

    id: int
    broadcast_id: int
    locale: str | None
    withdraw: bool
    created_at: datetime
    finished_at: datetime | None
    cursor: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A repetition: an RRULE (RFC 5545) on the towns' wall clock, and when it fires next (None: never)."""

    id: int
    broadcast_id: int
    rule: str
    starts_at: datetime
    next_at: datetime | None
