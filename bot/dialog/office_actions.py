"""What the office's buttons do; see ``actions.py``.

Each endpoint looks at the rights of who presses, at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialog.callback import Action, register
from bot.services.scheduling import NOTICE_WINDOW


@register("O")
@dataclass(frozen=True, slots=True)
class ShowStale(Action):
    """For the office: the entries that need a look."""

    page: int = 0


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
    """On the way out: ``check``, ``send``, ``override``, ``return``, ``back``, ``discard``, ``sure``;
    ``alone`` where ``override`` has asked.

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
    late: int = NOTICE_WINDOW


@register("kb")
@dataclass(frozen=True, slots=True)
class BeginNotice(Action):
    """Write a campaign's notice; see :class:`PlanNotice`. Without ``days`` its time is chosen there."""

    id: str
    days: str = ""
    holidays: str = "move"
    late: int = NOTICE_WINDOW


@register("kk")
@dataclass(frozen=True, slots=True)
class ShowCalendar(Action):
    """For the office: what will go out in the coming days."""

    page: int = 0


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
