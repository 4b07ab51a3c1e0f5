"""Every inline button there is, found by pressing all of them breadth first, in three languages."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator

import pytest

from bot.dialog import actions, news_actions
from bot.dialog.callback import Action, unpack
from bot.domain.broadcast import Body
from bot.domain.directory import Kind
from bot.domain.locales import find
from bot.sandbox import Message
from tests.journeys.test_news import sent
from tests.journeys.visitor import House, Visitor, bare, data_of, labels, words

pytestmark = pytest.mark.asyncio(loop_scope="package")

TOWNS = {"", "*", "rostock"}
"""Lists are opened for these towns only: the others differ in nothing but their name."""
TOPICS = {"", "residence", "violence", "housing"}
"""Doors are opened from the lists of these topics; the lists of all topics are looked at."""
LEAVES = (actions.SendCalendar, actions.SendMyData, actions.Forget, actions.HideHint, actions.ShowVenue)
"""What sends a file, a pin or a sentence below a screen that stays where it is."""


def worth_a_visit(action: Action) -> bool:
    match action:
        case actions.Forget() | actions.ChooseLanguage() | actions.SaveEvent() | actions.UnsaveEvent():
            return False  # they change what is stored; they have journeys of their own
        case (
            news_actions.Subscribe()
            | news_actions.SetFrequency()
            | news_actions.SetQuiet()
            | news_actions.Mute()
        ):
            return False  # so do these
        case news_actions.EndNews():
            return False
        case news_actions.AskConsent() | news_actions.ChooseFrequency() | news_actions.ChooseHour():
            return action.topic in {"courses", "law"} and action.area in {"", "mv", "town:rostock"}
        case actions.ListOffers():
            return action.town in TOWNS and (not action.age or action.topic in TOPICS)
        case actions.OpenRecord():
            return action.town in TOWNS
        case actions.ListOrganisations("town") | actions.ShowEvents():
            town = action.value if isinstance(action, actions.ListOrganisations) else action.town
            return town in TOWNS
        case actions.ChooseTown(what="n"):
            return action.topic == "courses"
        case actions.ChooseTown():
            return action.page == 0 or action.topic in TOPICS
        case _:
            return True


def sameness(action: Action) -> object:
    """What is equal for two buttons that lead to the same screen, but for its way back."""
    match action:
        case actions.OpenRecord():
            return action.kind, action.id
        case actions.ReportOutdated():
            return actions.ReportOutdated, action.kind
        case actions.OpenEvent() | actions.SendCalendar():
            return type(action), action.id
        case actions.ShowEvents():
            return action.when, bool(action.town), bool(action.language)
        case news_actions.AskConsent():
            return news_actions.AskConsent, action.area.partition(":")[0], action.frequency
        case news_actions.ShowQuiet():
            return news_actions.ShowQuiet, action.own
        case news_actions.OpenNews():
            return news_actions.OpenNews
        case _:
            return action


def loose_latin(text: str) -> list[str]:
    """Digits and Latin letters that stand outside of U+2068…U+2069."""
    depth = 0
    found: list[str] = []
    for place, char in enumerate(text):
        depth += {"\u2068": 1, "\u2069": -1}.get(char, 0)
        if not depth and re.match(r"[A-Za-zÀ-ɏ0-9]", char):
            found.append(text[max(0, place - 12) : place + 12])
    assert depth == 0, f"an isolate is not closed: {text!r}"
    return found


def everything_shown(message: Message) -> Iterator[str]:
    yield message.text
    yield from message.button_texts
    if "venue" in message.raw:
        yield message.raw["venue"]["title"]
        yield message.raw["venue"]["address"]


class Walk:
    """A walk through all screens, which notes what is wrong instead of stopping at the first.

    Of each kind it opens ``most`` records at the most; the buttons of all are looked at.
    """

    def __init__(self, visitor: Visitor, code: str, most: int) -> None:
        locale = find(code)
        assert locale is not None
        self.visitor = visitor
        self.locale = locale
        self.back = words(code)("‹ Back")
        self.menu = words(code)("Menu")
        self.wrong: list[str] = []
        self.pressed: set[str] = set()
        self.visited: set[object] = set()
        self.opened = Counter[str]()
        self.most = most
        self.ways_back: dict[str, set[str]] = {}
        self.kinds: set[type[Action]] = set()
        self.texts: list[tuple[str, str]] = []

    async def go(self) -> None:
        start = await self.visitor.say("/menu")
        self.look("m", start)
        waiting = deque((data, start) for data in data_of(start))
        while waiting:
            data, _from = waiting.popleft()
            if data in self.pressed:
                continue
            self.pressed.add(data)
            action = unpack(data)
            if action is None:
                self.wrong.append(f"{data}: nobody understands this button")
                continue
            self.kinds.add(type(action))
            if not worth_a_visit(action) or (key := sameness(action)) in self.visited:
                continue
            self.visited.add(key)
            if isinstance(action, actions.OpenRecord):
                self.opened[action.kind] += 1
                if self.opened[action.kind] > self.most:
                    continue
            # From a screen that is never the same as what comes, so that nothing is "not modified".
            found, toast = await self.visitor.data(start, data)
            if not found and not toast and data != "m":
                self.wrong.append(f"{data}: a dead button")
            below = isinstance(action, (*LEAVES, actions.AskLocation))
            if found and not below and start.message_id != found[0].message_id:
                self.wrong.append(f"{data}: a new message instead of an edited one")
            for message in found:
                self.look(data, message)
                waiting.extend((onward, message) for onward in data_of(message))

    def look(self, data: str, message: Message) -> None:
        for button in message.buttons:
            if len(button.get("callback_data", "").encode()) > 64:
                self.wrong.append(f"{data}: {button} carries more than 64 bytes")
        if message.buttons:
            self.ways_back[data] = {
                button["callback_data"]
                for button in message.buttons
                if bare(button["text"]) in (self.back, self.menu)
            }
        action = unpack(data)
        if not message.buttons and not isinstance(action, (*LEAVES, actions.AskLocation)):
            self.wrong.append(f"{data}: no button at all")
        if self.locale.rtl:
            for text in everything_shown(message):
                for place in loose_latin(text):
                    self.wrong.append(f"{data}: not isolated: {place!r}")
        for text in everything_shown(message):
            self.texts.append((data, bare(text)))
            if "{" in text or "}" in text:
                self.wrong.append(f"{data}: an unfilled placeholder in {text!r}")
        if any(not label.strip() for label in labels(message)):
            self.wrong.append(f"{data}: a button without words")

    def lost(self) -> list[str]:
        """The screens from which no row of back buttons leads to the menu."""
        found = []
        for data in self.ways_back:
            if isinstance(unpack(data), LEAVES):
                continue
            here, steps = {data}, 0
            while here and "m" not in here and steps < 6:
                here = {way for place in here for way in self.ways_back.get(place, set())}
                steps += 1
            if "m" not in here:
                found.append(data)
        return found


ALL = {
    actions.ShowMenu,
    actions.ShowLanguages,
    actions.ChooseLanguage,
    actions.ShowTopics,
    actions.ChooseTown,
    actions.ListOffers,
    actions.OpenRecord,
    actions.ReportOutdated,
    actions.ShowOrganisations,
    actions.ListOrganisations,
    actions.PickOrganisations,
    actions.AskLocation,
    actions.ShowEvents,
    actions.OpenEvent,
    actions.SaveEvent,
    actions.SendCalendar,
    actions.ShowSaved,
    actions.ShowAbout,
    actions.ListArticles,
    actions.CampaignDistrict,
    actions.ShowPrivacy,
    actions.Forget,
    actions.SendMyData,
    news_actions.ShowNews,
    news_actions.OpenNews,
    news_actions.ShowSubscriptions,
    news_actions.ShowSubscription,
    news_actions.ChooseNews,
    news_actions.ChooseArea,
    news_actions.ChooseFrequency,
    news_actions.ChooseHour,
    news_actions.AskConsent,
    news_actions.Subscribe,
    news_actions.SetFrequency,
    news_actions.ShowQuiet,
    news_actions.SetQuiet,
    news_actions.ShowMute,
    news_actions.Mute,
    news_actions.StopNews,
    news_actions.EndNews,
}


FEW, ALL_OF_THEM = 10, 10_000
_LONG = [pytest.param(code, ALL_OF_THEM, marks=pytest.mark.prove) for code in ("ar", "de", "uk")]


@pytest.mark.parametrize(("code", "most"), [("ar", FEW), *_LONG])
async def test_no_button_is_a_dead_end(house: House, code: str, most: int) -> None:
    visitor = await house.settled(code)
    await visitor.data(await visitor.say("/menu"), "NS|courses|town:rostock|daily|9")
    await sent(house, Body(locale=code, html="Aa"))
    walk = Walk(visitor, code, most)
    await walk.go()
    assert not walk.wrong, "\n".join(walk.wrong[:40])
    assert not walk.lost(), "no way back to the menu"
    assert walk.kinds >= ALL
    opened = {
        (action.kind, action.id)
        for data in walk.pressed
        if isinstance(action := unpack(data), actions.OpenRecord)
    }
    directory = (await house.holdings()).directory
    for kind in (Kind.ORGANISATION, Kind.OFFER, Kind.CAMPAIGN, Kind.ARTICLE):
        missing = {record.id for record in directory.records.values() if record.KIND is kind} - {
            id for found, id in opened if found == kind
        }
        assert not missing, f"nothing leads to these {kind}s"


async def test_every_door_fits_into_its_button(house: House) -> None:
    """Also for towns that stand on no button but can be written: those with the longest ids."""
    from bot.dialog.cards import open_action
    from bot.dialog.labels import COUNSELLING_TOPICS, DOORS
    from bot.services.browsing import offers_for

    directory = (await house.holdings()).directory
    gazetteer = house.lotse.desk.gazetteer
    too_long = set()
    for town in sorted(gazetteer.towns, key=lambda town: -len(town.id))[:40]:
        found = [
            open_action(hit.offer, topic, town.id, spoken=spoken)
            for spoken in ("", "fa-AF,ckb,sgn")
            for topic in COUNSELLING_TOPICS
            for hit in offers_for(directory, gazetteer, topic, town)
        ]
        found += [open_action(organisation, "town", town.id) for organisation in directory.organisations]
        for action in found:
            try:
                action.pack()
            except ValueError:
                too_long.add(str(action))
        longest = actions.ListOffers(max(DOORS, key=len), town.id, 99, "y", 1, "fa-AF,ckb,sgn")
        assert longest.fits, longest
    assert not too_long
