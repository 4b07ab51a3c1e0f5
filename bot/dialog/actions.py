"""What each button does: a list of small records, one for each thing that can be pressed.

An action holds ids, never words, so that it survives restarts and imports; everything a screen
needs to be drawn again, and the screen behind its back button, is in the action itself.
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


@register("O")
@dataclass(frozen=True, slots=True)
class ShowStale(Action):
    """For the office: the entries that need a look."""

    page: int = 0


@register("P")
@dataclass(frozen=True, slots=True)
class ShowPrivacy(Action):
    """A page about the bot itself: ``privacy``, ``imprint`` or ``help``."""

    page: str = "privacy"


@register("F")
@dataclass(frozen=True, slots=True)
class Forget(Action):
    """Erase everything about this chat."""


@register("D")
@dataclass(frozen=True, slots=True)
class SendMyData(Action):
    """What is stored about this chat, as a file."""


# News ---------------------------------------------------------------------------------------------
# ``topic`` is a bot.domain.news.Topic, ``area`` as there, ``frequency`` a Frequency, ``hour`` that of the
# digests (18 where none was chosen).


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
    area: str = "mv"
    frequency: str = "now"
    hour: int = 18


@register("NS")
@dataclass(frozen=True, slots=True)
class Subscribe(Action):
    """Yes to what :class:`AskConsent` said."""

    topic: str
    area: str = "mv"
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
    """For how long nothing shall come."""


@register("NM")
@dataclass(frozen=True, slots=True)
class Mute(Action):
    """Nothing for so many days; 0: news again."""

    days: int = 0


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


# Announcements ------------------------------------------------------------------------------------
# For the office alone: each endpoint looks at the rights of who presses, at that moment.


@register("w")
@dataclass(frozen=True, slots=True)
class ShowAnnounce(Action):
    """Where announcements begin; ``page``: ``drafts``, ``waiting``, ``planned``, ``sent``, ``templates``
    or the start."""

    page: str = ""
    number: int = 0


@register("wn")
@dataclass(frozen=True, slots=True)
class NewDraft(Action):
    """Begin an announcement, empty or as a copy of an earlier one."""

    source: int = 0


@register("wd")
@dataclass(frozen=True, slots=True)
class OpenDraft(Action):
    """A draft, or one part of it; ``value`` is what the part is about: a language, a district."""

    id: int
    part: str = ""
    value: str = ""
    page: int = 0


@register("wc")
@dataclass(frozen=True, slots=True)
class ChangeDraft(Action):
    """Set one thing of a draft. A value of a set begins with + or -, so that pressing twice is once."""

    id: int
    what: str
    value: str = ""


@register("wr")
@dataclass(frozen=True, slots=True)
class ReleaseDraft(Action):
    """On the way out: ``check``, ``send``, ``override``, ``return``, ``back``, ``discard``, ``sure``.

    ``seen`` is the revision that was on the screen: nobody sends what it has become since.
    """

    id: int
    step: str
    seen: int = 0


@register("wb")
@dataclass(frozen=True, slots=True)
class OpenBroadcast(Action):
    """What became of an announcement; ``part`` asks before something that cannot be taken back."""

    id: int
    part: str = ""
    value: str = ""


@register("wa")
@dataclass(frozen=True, slots=True)
class ActOnBroadcast(Action):
    """Pause, resume, cancel, withdraw, send again, back to a draft or another time, report."""

    id: int
    act: str
    value: str = ""


@register("wf")
@dataclass(frozen=True, slots=True)
class CorrectBroadcast(Action):
    """Put a draft's text in place of one that was sent; without a language: drop it. ``others``: the other
    languages carry a mark until they are corrected, too. ``alone``: in an emergency, without a second
    person."""

    id: int
    draft: int
    locale: str = ""
    others: int = 0
    alone: int = 0


@register("we")
@dataclass(frozen=True, slots=True)
class CallOff(Action):
    """An event does not take place: choose which, and when it was to start (in minutes since 1970)."""

    event: str = ""
    at: int = 0
    page: int = 0


@register("y")
@dataclass(frozen=True, slots=True)
class ShowStaff(Action):
    """For staff and contacts: what one is, and what one may do."""


@register("yl")
@dataclass(frozen=True, slots=True)
class ListStaff(Action):
    """Everybody with a role."""

    page: int = 0


@register("ym")
@dataclass(frozen=True, slots=True)
class OpenMember(Action):
    """One member of staff, by internal id."""

    id: int


@register("yr")
@dataclass(frozen=True, slots=True)
class SetRole(Action):
    """Give a member of staff another role; ``sure`` is 1 once who gives up their own was asked."""

    id: int
    role: str
    sure: int = 0


@register("yx")
@dataclass(frozen=True, slots=True)
class RemoveMember(Action):
    """Take somebody's role; ``sure`` is 1 once that was asked."""

    id: int
    sure: int = 0


@register("yi")
@dataclass(frozen=True, slots=True)
class InviteStaff(Action):
    """Choose the role of an invitation, then what it is limited to."""

    role: str = ""


@register("yo")
@dataclass(frozen=True, slots=True)
class PickOrganisation(Action):
    """Choose an organisation: for its contacts, or (``role``) for an invitation limited to it."""

    role: str = ""
    page: int = 0


@register("yn")
@dataclass(frozen=True, slots=True)
class MakeInvitation(Action):
    """Make a one-time link: for a role, or where that is empty for a contact of the organisation."""

    role: str = ""
    organisation: str = ""


@register("yp")
@dataclass(frozen=True, slots=True)
class ShowInvitations(Action):
    """The invitations that nobody has used yet."""

    page: int = 0


@register("yt")
@dataclass(frozen=True, slots=True)
class TakeBack(Action):
    """Take an open invitation back; ``name`` as in :func:`bot.services.staffing.open_invitations`."""

    name: str


@register("yc")
@dataclass(frozen=True, slots=True)
class ShowContacts(Action):
    """The contacts of an organisation."""

    organisation: str
    page: int = 0


@register("yv")
@dataclass(frozen=True, slots=True)
class RevokeContact(Action):
    """End a contact; ``since`` is when it began, in minutes since 1970, so that nobody else is hit."""

    organisation: str
    number: int
    since: int
    sure: int = 0


@register("ya")
@dataclass(frozen=True, slots=True)
class AcceptInvitation(Action):
    """Become what an invitation says."""

    token: str


@register("yg")
@dataclass(frozen=True, slots=True)
class ShowLog(Action):
    """What staff did, the newest first."""

    page: int = 0


# Campaigns ----------------------------------------------------------------------------------------


@register("k")
@dataclass(frozen=True, slots=True)
class ShowCampaigns(Action):
    """For the office: the campaigns and their notices."""

    page: int = 0


@register("kc")
@dataclass(frozen=True, slots=True)
class OpenCampaign(Action):
    """For the office: one campaign's notices."""

    id: str
    page: int = 0


@register("kn")
@dataclass(frozen=True, slots=True)
class PlanNotice(Action):
    """When a campaign's new notice goes out; ``part``: ``days``, ``holidays``, ``late`` or the presets.

    ``days`` from the campaign's end, before it with a minus; ``holidays``: ``move``, ``skip`` or
    ``send``; ``late``: minutes in which it may still go out, 0 for any time.
    """

    id: str
    part: str = ""
    days: str = ""
    holidays: str = "move"
    late: int = 720


@register("kb")
@dataclass(frozen=True, slots=True)
class BeginNotice(Action):
    """Write a campaign's notice; see :class:`PlanNotice`. Without ``days`` its time is chosen there."""

    id: str
    days: str = ""
    holidays: str = "move"
    late: int = 720


@register("kk")
@dataclass(frozen=True, slots=True)
class ShowCalendar(Action):
    """For the office: what will go out in the coming days."""

    page: int = 0


# The conversation, and what it did not answer ------------------------------------------------------


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


@register("zg")
@dataclass(frozen=True, slots=True)
class ShowGaps(Action):
    """For admins: what was asked without success."""

    page: int = 0


@register("zt")
@dataclass(frozen=True, slots=True)
class OpenGap(Action):
    """For admins: a question that was passed on, and what can become of it."""

    id: int


@register("ze")
@dataclass(frozen=True, slots=True)
class TeachGap(Action):
    """Make a question an example of an entry; ``kind`` is the place of its kind among all."""

    id: int
    kind: int
    entry: str


@register("zd")
@dataclass(frozen=True, slots=True)
class DropGap(Action):
    """Delete a question that was passed on."""

    id: int


@register("zl")
@dataclass(frozen=True, slots=True)
class SeekEntry(Action):
    """Write a part of the entry's name that a question is to become an example of."""

    id: int
