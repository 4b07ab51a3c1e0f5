"""What the buttons about subscriptions and past news do; see ``actions.py``.

``topic`` is a bot.domain.news.Topic, ``area`` as there, ``frequency`` a Frequency, ``hour`` that of the
digests (18 where none was chosen). Where something is shown or stopped, ``topic`` may also be a
bot.domain.broadcast.Group: what goes to all who belong to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialog.callback import Action, register
from bot.domain.news import ALL


@register("N")
@dataclass(frozen=True, slots=True)
class ShowNews(Action):
    """What was sent lately."""

    page: int = 0


@register("No")
@dataclass(frozen=True, slots=True)
class OpenNews(Action):
    """One past message; ``page`` leads back to the list. ``below``: 1 where the digest above stays."""

    id: int
    page: int = 0
    below: int = 0


@register("Ns")
@dataclass(frozen=True, slots=True)
class ShowSubscriptions(Action):
    """What this chat gets, and when."""


@register("Nt")
@dataclass(frozen=True, slots=True)
class ChooseNews(Action):
    """The topics there are."""


@register("NT")
@dataclass(frozen=True, slots=True)
class ShowSubscription(Action):
    """One topic that this chat gets."""

    topic: str


@register("Na")
@dataclass(frozen=True, slots=True)
class ChooseArea(Action):
    """For which place: the whole state, a district, a town."""

    topic: str


@register("Nf")
@dataclass(frozen=True, slots=True)
class ChooseFrequency(Action):
    """How often; without an area for a topic that this chat gets already."""

    topic: str
    area: str = ""


@register("Nh")
@dataclass(frozen=True, slots=True)
class ChooseHour(Action):
    """At which hour digests come; without an area as :class:`ChooseFrequency`, without a topic only that."""

    topic: str = ""
    frequency: str = ""
    area: str = ""


@register("Nc")
@dataclass(frozen=True, slots=True)
class AskConsent(Action):
    """What is stored for a subscription, and whether that is all right."""

    topic: str
    area: str = ALL
    frequency: str = "now"
    hour: int = 18


@register("NS")
@dataclass(frozen=True, slots=True)
class Subscribe(Action):
    """Yes to what :class:`AskConsent` said."""

    topic: str
    area: str = ALL
    frequency: str = "now"
    hour: int = 18


@register("NF")
@dataclass(frozen=True, slots=True)
class SetFrequency(Action):
    """How often a topic comes from now on; without a topic only the hour of digests."""

    topic: str
    frequency: str = "now"
    hour: int = 18


@register("Nq")
@dataclass(frozen=True, slots=True)
class ShowQuiet(Action):
    """The quiet hours; ``own``: the hours to begin with, ``since``: those to end with."""

    own: str = ""
    since: int = 0


@register("NQ")
@dataclass(frozen=True, slots=True)
class SetQuiet(Action):
    """Quiet from one hour to the other; equal ones: never."""

    since: int
    until: int


@register("Nm")
@dataclass(frozen=True, slots=True)
class ShowMute(Action):
    """For how long nothing shall come; ``days``: until which day, the pages of them counted from 1."""

    days: int = 0


@register("NM")
@dataclass(frozen=True, slots=True)
class Mute(Action):
    """Nothing for so many days; 0: news again."""

    days: int = 0


@register("Nu")
@dataclass(frozen=True, slots=True)
class MuteUntil(Action):
    """Nothing until a day, which is an ordinal of the calendar."""

    day: int


@register("Nx")
@dataclass(frozen=True, slots=True)
class StopNews(Action):
    """Stop this topic or everything? ``broadcast``: it was asked under this message, which stays."""

    topic: str = ""
    broadcast: int = 0


@register("NX")
@dataclass(frozen=True, slots=True)
class EndNews(Action):
    """No more of a topic, of one area of it, or (without a topic) of anything."""

    topic: str = ""
    area: str = ""


@register("Ng")
@dataclass(frozen=True, slots=True)
class GetAgain(Action):
    """What goes to a group, and was stopped, comes again."""

    group: str
