"""What each button does: a list of small records, one for each thing that can be pressed.

Those about news are in ``news_actions.py``, those for the office alone in ``office_actions.py``. An
action holds ids, never words, so that it survives restarts and imports; everything a screen needs to
be drawn again, and the screen behind its back button, is in the action itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.dialog.callback import Action, register


class About(StrEnum):
    """What is looked for; the values stand in buttons."""

    COUNSELLING = "c"
    ORGANISATIONS = "g"
    EVENTS = "e"
    NEWS = "n"
    CAMPAIGN = "k"
    RESPONSIBLE = "z"
    """Which office is responsible."""


@register("m")
@dataclass(frozen=True, slots=True)
class ShowMenu(Action):
    """The main menu."""


@register("l")
@dataclass(frozen=True, slots=True)
class ShowLanguages(Action):
    """The language picker."""


@register("L")
@dataclass(frozen=True, slots=True)
class ChooseLanguage(Action):
    """Speak this language from now on."""

    locale: str
    then: str = ""
    """A start payload to follow once the language is chosen."""


@register("c")
@dataclass(frozen=True, slots=True)
class ShowTopics(Action):
    """The counselling topics; ``town`` and ``spoken`` are those of :class:`ListOffers`, to which they lead.

    Where ``town`` is empty, it is still to be asked for.
    """

    town: str = ""
    spoken: str = ""


@register("t")
@dataclass(frozen=True, slots=True)
class ChooseTown(Action):
    """Ask for the town; ``what`` is an :class:`About`, ``topic`` one of counselling or of news.

    ``when`` and ``language`` narrow events down, as in :class:`ShowEvents`; for doors ``language`` is what
    is ``spoken`` in :class:`ListOffers`.
    """

    what: str
    topic: str = ""
    page: int = 0
    when: str = ""
    language: str = ""


@register("o")
@dataclass(frozen=True, slots=True)
class ListOffers(Action):
    """Counselling offers for a topic, nearest to a town first (``*``: no town)."""

    topic: str
    town: str = ""
    page: int = 0
    age: str = ""
    """``y`` under 27, ``o`` 27 and over, empty: not asked."""
    whole: int = 0
    """1: the list, also where one door alone is just for this, whose card is shown at once."""
    spoken: str = ""
    """Languages with commas between: the doors where one of them is spoken come first."""


def doors(topic: str, town: str, spoken: str = "") -> Action:
    """To the doors for a topic in a town; where none is known, it is asked for first."""
    if town:
        return ListOffers(topic, town, spoken=spoken)
    return ChooseTown(About.COUNSELLING, topic, language=spoken)


@register("r")
@dataclass(frozen=True, slots=True)
class OpenRecord(Action):
    """One record's card. The rest leads back to the list it was opened from.

    ``topic`` and ``town`` are the first two fields of that list's action, the others as there.
    """

    kind: str
    id: str
    topic: str = ""
    town: str = ""
    page: int = 0
    age: str = ""
    spoken: str = ""


@register("v")
@dataclass(frozen=True, slots=True)
class ShowVenue(Action):
    """A map pin for one of a record's places."""

    kind: str
    id: str
    place: int = 0


@register("x")
@dataclass(frozen=True, slots=True)
class ReportOutdated(Action):
    """ "Is this outdated?" pressed on a card."""

    kind: str
    id: str


@register("g")
@dataclass(frozen=True, slots=True)
class ShowOrganisations(Action):
    """How to look for organisations."""


@register("G")
@dataclass(frozen=True, slots=True)
class ListOrganisations(Action):
    """Organisations by town, language, topic, or all; ``by`` is ``town``, ``lang``, ``topic`` or ``all``.

    Of languages there may be several with commas between.
    """

    by: str
    value: str = ""
    page: int = 0


@register("p")
@dataclass(frozen=True, slots=True)
class PickOrganisations(Action):
    """The values to choose from that organisations have: ``by`` is ``lang`` or ``topic``."""

    by: str
    page: int = 0


@register("n")
@dataclass(frozen=True, slots=True)
class AskLocation(Action):
    """ "Near me": ask for a location once, for what :class:`ChooseTown` asks for with the same fields."""

    what: str
    topic: str = ""
    when: str = ""
    language: str = ""


@register("e")
@dataclass(frozen=True, slots=True)
class ShowEvents(Action):
    """Events: ``when`` is ``today``, ``tomorrow``, ``week``, ``weekend``, ``all``, a weekday, a date or a
    month ("2026-12").

    ``language`` may be several with commas between: those in one of them.
    """

    when: str = "all"
    town: str = ""
    language: str = ""
    page: int = 0


@register("E")
@dataclass(frozen=True, slots=True)
class OpenEvent(Action):
    """One occurrence of an event; ``at`` is its start in minutes since 1970, UTC.

    The rest leads back to the list it was opened from, as in :class:`ShowEvents`; ``when`` is ``saved``
    for the events that a person has saved, and ``news`` under a notice, which stays.
    """

    id: str
    at: int = 0
    when: str = ""
    town: str = ""
    language: str = ""
    page: int = 0


@register("s")
@dataclass(frozen=True, slots=True)
class SaveEvent(Action):
    """Save an occurrence (0: the next) and be reminded. The rest is that of the card, see
    :class:`OpenEvent`."""

    id: str
    at: int
    when: str = ""
    town: str = ""
    language: str = ""
    page: int = 0


@register("u")
@dataclass(frozen=True, slots=True)
class UnsaveEvent(Action):
    """Forget a saved occurrence and its reminders. The rest is that of the card, see :class:`OpenEvent`."""

    id: str
    at: int
    when: str = ""
    town: str = ""
    language: str = ""
    page: int = 0


@register("i")
@dataclass(frozen=True, slots=True)
class SendCalendar(Action):
    """An .ics file of an event."""

    id: str
    at: int = 0


@register("S")
@dataclass(frozen=True, slots=True)
class ShowSaved(Action):
    """The events a person has saved."""

    page: int = 0


@register("a")
@dataclass(frozen=True, slots=True)
class ShowAbout(Action):
    """About the network."""


@register("A")
@dataclass(frozen=True, slots=True)
class ListArticles(Action):
    """The articles of a section, or the campaigns."""

    section: str
    page: int = 0


@register("d")
@dataclass(frozen=True, slots=True)
class CampaignDistrict(Action):
    """A campaign's status in one district."""

    id: str
    district: str = ""


@register("h")
@dataclass(frozen=True, slots=True)
class HideHint(Action):
    """How to delete this chat."""

    language: str


@register("P")
@dataclass(frozen=True, slots=True)
class ShowPrivacy(Action):
    """A page about the bot itself: ``privacy``, ``imprint`` or ``help``."""

    page: str = "privacy"


@register("F")
@dataclass(frozen=True, slots=True)
class Forget(Action):
    """Erase everything about this chat; ``sure`` where who has a role has been asked."""

    sure: int = 0


@register("D")
@dataclass(frozen=True, slots=True)
class SendMyData(Action):
    """What is stored about this chat, as a file."""


@register("zf")
@dataclass(frozen=True, slots=True)
class ForgetThread(Action):
    """Forget what the conversation was about."""


@register("zr")
@dataclass(frozen=True, slots=True)
class ShowResponsible(Action):
    """Who is responsible in a district; without one the districts to choose from."""

    topic: str = ""
    district: str = ""


@register("z")
@dataclass(frozen=True, slots=True)
class Rate(Action):
    """What an answer was worth: ``y`` it helps, ``n`` not looked for, ``0`` none of the choices.

    ``question`` is the number of the message that was answered.
    """

    verdict: str
    question: int = 0


@register("zp")
@dataclass(frozen=True, slots=True)
class PassOn(Action):
    """May the question be passed to the office? ``say``: empty to ask, ``y``, ``n``."""

    question: int
    say: str = ""
