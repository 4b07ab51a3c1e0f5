"""The people of the demo who send and get news, and the campaign and the announcement ready for them.

They are examples and are called so. All that the bot knows of them it learns as it does in life: they
open a link, choose a language and press "Yes"; the office writes its draft through the same services as
in the dialog.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.app import Lotse
from bot.commands.broadcast_file import Written, read
from bot.content import FOLDER
from bot.dialog import actions, news_actions, office_actions
from bot.domain.broadcast import Anchor
from bot.domain.directory import Kind
from bot.domain.news import ALL, Frequency, Topic
from bot.domain.staff import Staff
from bot.sandbox import Message, Person, Sandbox
from bot.services import drafting, releasing, staffing, subscribing
from bot.services.office import Office
from bot.translation.bidi import isolate

ORGANISATION = "demo-verein"
ORGANISATION_FILE = FOLDER / "demo" / "organisation.yaml"
"""The example of a member organisation; imported with the demo's content."""
ANNOUNCEMENT = FOLDER / "demo" / "announcement.yaml"
"""What the office has ready, as a file for ``lotse broadcast new``."""
NOTICES = FOLDER / "demo" / "campaign.yaml"
"""The text of the example campaign's notices."""
CAMPAIGN = "demo-aktionstag"
OFFSETS = (-30, -7, -1, 1)
"""Days from the campaign's day on which its notices go out, at ten o'clock."""
CONTACT_LOCALE = "de"
_PATIENCE = 20.0
"""Seconds for one answer; a slow machine is no reason to fail."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who wants news: the app's language, the one chosen here, and what about."""

    name: str
    app: str
    locale: str
    wishes: Sequence[tuple[Topic, str]]


SUBSCRIBERS = (
    Subscriber("Jonas (example)", "de", "de", ((Topic.EVENTS, ALL),)),
    Subscriber("Amira (example)", "ar", "ar", ((Topic.EVENTS, ALL), (Topic.URGENT, ALL))),
    Subscriber("Olena (example)", "uk", "uk", ((Topic.EVENTS, "district:hro"), (Topic.LAW, ALL))),
    Subscriber("Grace (example)", "en", "en", ((Topic.EVENTS, "district:sn"), (Topic.LAW, "district:sn"))),
    Subscriber("Elif (example)", "tr", "tr", ((Topic.EVENTS, "district:vg"), (Topic.URGENT, ALL))),
    Subscriber("Farid (example)", "fa", "fa-AF", ((Topic.EVENTS, "district:mse"),)),
)
"""All want events, for the whole state or a part of it, so that news for the whole state reaches each."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there, the planned notices of a campaign, and the draft that lies ready for the office."""

    office: Person
    contact: Person
    readers: tuple[Person, ...]
    notices: tuple[int, ...]
    draft: int
    screen: Message


def office_person(sandbox: Sandbox) -> Person:
    """The member of staff; to be named in LOTSE_ADMINS before the bot starts."""
    return sandbox.person("Office (example)", "de", started=True)


async def stage(sandbox: Sandbox, lotse: Lotse, office: Person) -> Cast:
    """Let everybody arrive, and put the draft into the office's hand. TimeoutError without an answer."""
    contact = sandbox.person("Contact (example)", CONTACT_LOCALE)
    readers = tuple(sandbox.person(one.name, one.app) for one in SUBSCRIBERS)
    await _say(sandbox, office, "/start lang-de")
    await asyncio.gather(
        _join(sandbox, lotse, office, contact),
        *(_subscribe(sandbox, lotse, reader, one) for reader, one in zip(readers, SUBSCRIBERS, strict=True)),
    )
    notices = await plan_campaign(lotse, office)
    campaigns = await _say(sandbox, office, "/campaign")
    await _press(sandbox, office, campaigns, office_actions.OpenCampaign(CAMPAIGN).pack())
    draft = await draft_announcement(lotse, office)
    begin = await _say(sandbox, office, "/announce")
    screen = await _press(sandbox, office, begin, office_actions.OpenDraft(draft).pack())
    return Cast(office, contact, readers, notices, draft, screen)


async def draft_announcement(lotse: Lotse, office: Person) -> int:
    """Write the prepared announcement as a draft of the office; its id."""
    services, staff, written = await _prepared(lotse, office, ANNOUNCEMENT)
    return await _draft(services, staff, written, lotse.desk.clock())


async def plan_campaign(lotse: Lotse, office: Person) -> tuple[int, ...]:
    """Plan the notices of the example campaign: a month, a week and a day before its day, and a day after."""
    services, staff, written = await _prepared(lotse, office, NOTICES)
    directory, now = (await lotse.desk.shelf.holdings()).directory, lotse.desk.clock()
    planned = []
    for number, days in enumerate(OFFSETS, 1):
        bodies = [
            replace(body, html=body.html.replace("</b>", f" {number}/{len(OFFSETS)}</b>", 1))
            for body in written.bodies
        ]
        id = await _draft(services, staff, replace(written, bodies=tuple(bodies)), now, series=CAMPAIGN)
        anchor = Anchor(record=f"{Kind.CAMPAIGN}/{CAMPAIGN}", days=days)
        await drafting.set_anchor(services, staff, id, anchor, directory, now)
        await releasing.approve(services, staff, id, now)
        planned.append(id)
    return tuple(planned)


async def _prepared(lotse: Lotse, office: Person, file: Path) -> tuple[Office, Staff, Written]:
    """What the office has ready in a file, who it is, and what the services need."""
    desk = lotse.desk
    events = {record.id for record in (await desk.shelf.holdings()).directory.events}
    written, findings = await asyncio.to_thread(
        read,
        file,
        gazetteer=desk.gazetteer,
        events=events,
        isolate=isolate,
        zone=desk.zone,
        now=desk.clock(),
    )
    if findings:
        raise RuntimeError("\n".join(map(str, findings)))
    async with lotse.store.read() as view:
        staff = await view.staff_of(office.id)
    if staff is None:
        raise RuntimeError("the office is not in LOTSE_ADMINS")
    return desk.office, staff, written


async def _draft(services: Office, staff: Staff, written: Written, now: datetime, *, series: str = "") -> int:
    draft = await drafting.start_draft(
        services, staff, now, audience=written.audience, options=written.options, series=series
    )
    for body in written.bodies:
        await drafting.set_text(services, staff, draft.id, body, now)
    return draft.id


async def release(sandbox: Sandbox, cast: Cast) -> None:
    """The two taps of the office: "Send …", and once more on the screen with the numbers."""
    check = await _press(
        sandbox, cast.office, cast.screen, office_actions.ReleaseDraft(cast.draft, "check").pack()
    )
    (send,) = (data for button in check.buttons if (data := button["callback_data"]).startswith("wr|"))
    await _press(sandbox, cast.office, check, send)


async def _join(sandbox: Sandbox, lotse: Lotse, office: Person, contact: Person) -> None:
    """The contact opens the office's invitation, accepts, and asks for the network's internal news."""
    desk = lotse.desk
    token = await staffing.invite(lotse.store, office.id, None, ORGANISATION, desk.clock(), desk.audit_key)
    picker = await _say(sandbox, contact, f"/start inv-{token}")
    offer = await _press(
        sandbox, contact, picker, actions.ChooseLanguage(CONTACT_LOCALE, f"inv-{token}").pack()
    )
    await subscribing.set_quiet_hours(lotse.store, contact.id, 0, 0)
    await _press(sandbox, contact, offer, office_actions.AcceptInvitation(token).pack())
    consent = await _say(sandbox, contact, f"/start news-{Topic.INTERNAL}")
    await _press(sandbox, contact, consent, news_actions.Subscribe(Topic.INTERNAL).pack())


async def _subscribe(sandbox: Sandbox, lotse: Lotse, reader: Person, one: Subscriber) -> None:
    """Somebody scans the code on a poster, for each topic; and wants no quiet hours, to see news at once."""
    for number, (topic, area) in enumerate(one.wishes):
        screen = await _say(sandbox, reader, f"/start news-{topic}")
        if not number:
            choice = actions.ChooseLanguage(one.locale, f"news-{topic}")
            screen = await _press(sandbox, reader, screen, choice.pack())
            await subscribing.set_quiet_hours(lotse.store, reader.id, 0, 0)
        if area != ALL:
            screen = await _press(sandbox, reader, screen, news_actions.ChooseArea(topic).pack())
            screen = await _press(sandbox, reader, screen, news_actions.ChooseFrequency(topic, area).pack())
            at_once = news_actions.AskConsent(topic, area, Frequency.NOW)
            screen = await _press(sandbox, reader, screen, at_once.pack())
        await _press(sandbox, reader, screen, news_actions.Subscribe(topic, area).pack())


async def _say(sandbox: Sandbox, person: Person, text: str) -> Message:
    await sandbox.send_text(person, person, text)
    return (await sandbox.answers(person, 1, _PATIENCE))[-1]


async def _press(sandbox: Sandbox, person: Person, message: Message, data: str) -> Message:
    """Press the button that carries this, and wait until the bot has shown something."""
    await sandbox.press(person, message, data)
    return (await sandbox.answers(person, 1, _PATIENCE))[-1]
