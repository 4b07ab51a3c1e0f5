"""The chat page in a real browser: a newcomer by mouse and by keyboard alone, and all chats side by side."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from axe_core_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.commands import demo
from bot.commands.demo_news import SUBSCRIBERS
from bot.domain.directory import Kind
from bot.domain.locales import Locale, find
from bot.domain.markup import first_line
from bot.domain.recipients import Change, ReminderKind
from bot.storage import tables
from tests.browser import CHROMIUM, MISSING, launch
from tests.journeys.visitor import House, bare, words

if not CHROMIUM.exists() and not os.environ.get("CI"):
    pytest.skip(MISSING, allow_module_level=True)

pytestmark = pytest.mark.asyncio(loop_scope="package")
_PLACES = """() => [...document.querySelectorAll(".pane")].map((pane) => {
    const { x, y, width, height } = pane.getBoundingClientRect();
    return [x, y, width, height];
})"""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


class Newcomer:
    """Somebody at the chat page on a narrow screen; remembers what went wrong on the page."""

    def __init__(self, house: House, page: Page, code: str) -> None:
        locale = find(code)
        assert locale is not None
        self.house = house
        self.page = page
        self.locale: Locale = locale
        self.word = words(code)
        self.errors: list[str] = []
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda note: self.errors.append(note.text) if note.type == "error" else None)

    @property
    def pane(self) -> Locator:
        return self.page.locator(".pane")

    @property
    def answer(self) -> Locator:
        """The bot's latest message."""
        return self.page.locator(".message:not(.mine)").last

    @property
    def box(self) -> Locator:
        """Where messages are written."""
        return self.pane.locator("textarea")

    def key(self, label: str) -> Locator:
        """The latest message's button with this in its label."""
        return self.answer.locator(".key", has_text=label)

    async def tab_to(self, target: Locator, *, backwards: bool = False) -> None:
        """Reach something by the Tab key alone, with a visible focus."""
        await target.wait_for()
        for _ in range(80):
            await self.page.keyboard.press("Shift+Tab" if backwards else "Tab")
            if await target.evaluate("element => element === document.activeElement"):
                style = await target.evaluate("element => getComputedStyle(element).outlineStyle")
                assert style != "none", "the focus cannot be seen"
                return
        raise AssertionError(f"{target} cannot be reached by keyboard")

    async def enter(self, target: Locator, *, backwards: bool = False) -> None:
        """Reach something by the Tab key and press it."""
        await self.tab_to(target, backwards=backwards)
        await self.page.keyboard.press("Enter")

    async def reads(self, *sentences: str) -> None:
        """The latest answer says this; marks of direction do not count."""
        for sentence in sentences:
            shown = self.answer.filter(has_text=sentence)
            await expect(shown, bare(await self.answer.inner_text())).to_have_count(1, timeout=15_000)

    async def title(self, id: str) -> str:
        """An offer's name in the newcomer's language; it is found in no other."""
        title = bare(await self.house.title(Kind.OFFER, id, self.locale))
        german = bare(await self.house.title(Kind.OFFER, id, _german()))
        # A German proper name may follow after a dash; isolates stand around it on the page.
        own = title.split(" – ")[0]
        assert own != german
        return own

    async def runs(self, direction: str) -> None:
        """The latest answer is set in this direction."""
        await self.runs_in(self.pane, direction)

    async def runs_in(self, pane: Locator, direction: str) -> None:
        """The latest answer in this chat is set in this direction."""
        text = pane.locator(".message:not(.mine) .text").last
        assert await text.evaluate("element => getComputedStyle(element).direction") == direction

    async def sound(self) -> None:
        """Nothing scrolls sideways, no part of the chat does, and Axe finds nothing."""
        wide = await self.page.evaluate(
            """() => [document.documentElement, ...document.querySelectorAll("body, main, .pane, .log")]
                .filter((element) => element.scrollWidth > element.clientWidth)
                .map((element) => element.className || element.tagName)"""
        )
        assert wide == []
        found = await Axe().run(self.page)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []

    async def stored_about_me(self, *secrets: str) -> None:
        """The panel tells the language and holds nothing of what was written."""
        body = self.page.locator("#stored-body")
        await expect(body).to_be_visible()
        await expect(body.locator("dd", has_text=self.locale.code).first).to_be_visible()
        # The names before them are the page's own words.
        text = " ".join(await body.locator("bdi").all_inner_texts())
        assert text.strip()
        assert not [secret for secret in secrets if secret in text]


def everything_there_can_be() -> dict[str, Any]:
    """What the store tells about a chat, with a row of each kind and a value in each field."""

    def row(table: sa.Table) -> dict[str, str]:
        return {column.name: "2026-11-24" for column in table.columns if column.name not in ("id", "chat_id")}

    return {
        "recipient": {**row(tables.recipients), "chat_id": 7, "chat_type": "private"},
        "saved_events": [row(tables.saved_events)],
        "subscriptions": [{**row(tables.subscriptions), "area": "mv", "frequency": "now"}],
        "contacts": [row(tables.contacts)],
        "staff": [{"id": 3, **row(tables.staff)}],
        "declined": [row(tables.declined)],
        "farewells": [row(tables.farewells)],
        "edit_waits": [row(tables.edit_waits)],
        "deliveries": [{**row(tables.deliveries), "state": "unknown"}],
        "reminders": [{**row(tables.reminders), "kind": kind.value} for kind in ReminderKind],
        "notices": [{**row(tables.notices), "change": change.value} for change in Change],
        "log": [{"seq": 9, "at": "2026-11-24", "act": "draft", "detail": '{"broadcast":5}', "by_you": True}],
        "invitations": [{"role": "author", "organisation_id": None, "expires_at": None, "used_at": None}],
        "broadcasts": [
            {
                "id": 5,
                "name": "Hello",
                "state": "draft",
                "created_at": "2026-11-24",
                "author": True,
                "releaser": False,
                "progress": [7, 12],
            }
        ],
        "unanswered_messages": 1,
    }


def start_of(title: str) -> str:
    """What of a title stands on a button as well, where long ones are cut."""
    return " ".join(title.split()[:3])


def _german() -> Locale:
    locale = find("de")
    assert locale is not None
    return locale


async def arrived(house: House, browser: Browser, code: str, page_language: str = "en-GB") -> Newcomer:
    """A newcomer in front of the open page."""
    context = await browser.new_context(viewport={"width": 360, "height": 780}, locale=page_language)
    newcomer = Newcomer(house, await context.new_page(), code)
    await newcomer.page.goto(house.sandbox.api_url + "/")
    await newcomer.page.locator("#quick .pick").first.wait_for()
    return newcomer


async def test_arabic_by_mouse(house: House, browser: Browser) -> None:
    """Tapping topic by topic, the town written in Arabic."""
    me = await arrived(house, browser, "ar")
    page, _ = me.page, me.word
    await page.locator("#quick .pick", has_text="Amira").click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await me.key("العربية").click()
    await me.key(_("Find counselling")).click()
    await me.reads(_("What is it about?"))
    await me.runs("rtl")
    await me.key(_("Residence and asylum")).click()
    await me.reads(_("Where do you live? Choose a town, or write its name or postal code."))
    await me.box.fill("روستوك")
    assert await me.box.evaluate("element => getComputedStyle(element).direction") == "rtl"
    await page.get_by_role("button", name="Send", exact=True).click()
    mbe = await me.title("mbe")
    await me.reads(_("Residence and asylum"), mbe)
    await me.runs("rtl")
    await me.sound()
    await me.key(start_of(mbe)).click()
    await me.reads(mbe, "drk-mv.de", _("Not yet confirmed by the office."))
    await me.runs("rtl")
    await me.sound()
    await page.locator("summary[aria-label=More]").click()
    await page.get_by_role("button", name="What the bot stored about me").click()
    await me.stored_about_me("روستوك", "Rostock", "Amira", "mbe")
    await me.sound()
    await page.locator("#stored-dialog .close").click()
    assert me.errors == []


async def test_ukrainian_by_keyboard(house: House, browser: Browser) -> None:
    """Written in one's own words; no mouse at all."""
    me = await arrived(house, browser, "uk")
    page, _ = me.page, me.word
    await me.enter(page.locator("#quick .pick", has_text="Olena"))
    await me.enter(page.get_by_role("button", name="Start", exact=True))
    await me.enter(me.key("Українська"), backwards=True)
    await me.reads(_("Choose, or just write your question in your own words, in your language."))
    await me.runs("ltr")
    await me.tab_to(me.box)
    question = "Де визнати диплом? Я живу в Штральзунді"
    await page.keyboard.type(question)
    await page.keyboard.press("Enter")
    offer = await me.title("iq-recognition")
    await me.reads(offer, _("Not yet confirmed by the office."))
    assert await page.locator(".message.mine").last.locator(".text").inner_text() == question
    await me.sound()
    await me.enter(me.key(_("More counselling offices")), backwards=True)
    await me.reads(_("Recognition of degrees"), offer)
    await me.sound()
    more = page.locator("summary[aria-label=More]")
    await me.enter(more, backwards=True)
    await me.enter(page.get_by_role("button", name="What the bot stored about me"))
    await me.stored_about_me("диплом", "Штральзунд", "Stralsund", "Olena", "iq-recognition")
    await me.enter(page.locator("#stored-dialog .close"))
    await expect(page.locator("#stored-dialog")).to_be_hidden()
    assert me.errors == []


@pytest.mark.parametrize(
    ("page_language", "more", "stored", "some"),
    [
        (
            "en-GB",
            "More",
            "What the bot stored about me",
            {
                "This chat",
                "Language",
                "Saved events",
                "Reminders",
                "private",
                "two hours before",
                "Subscriptions",
                "the whole state",
                "Role in the office",
                "unknown, arrived or not",
            },
        ),
        (
            "de-DE",
            "Mehr",
            "Was der Bot über mich gespeichert hat",
            {
                "Dieser Chat",
                "Sprache",
                "Gemerkte Veranstaltungen",
                "Erinnerungen",
                "privat",
                "abgesagt",
                "Abonnements",
                "sofort",
                "Kontakt von",
                "Mitteilungen",
            },
        ),
    ],
)
async def test_what_is_stored_is_named_in_the_language_of_the_page(
    house: House,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    page_language: str,
    more: str,
    stored: str,
    some: set[str],
) -> None:
    told = everything_there_can_be()

    async def everything(chat_id: int) -> dict[str, Any]:
        return told

    real = set(await house.visitor("uk").stored())
    assert set(told) == real, "the store tells something else by now"
    monkeypatch.setattr(house.sandbox, "stored", everything)
    me = await arrived(house, browser, "uk", page_language)
    await me.page.locator("#quick .pick", has_text="Olena").click()
    await me.page.locator(f"summary[aria-label={more}]").click()
    await me.page.get_by_role("button", name=stored).click()
    body = me.page.locator("#stored-body")
    await expect(body).to_be_visible()
    names = set(await body.locator("dt").all_inner_texts())
    values = set(await body.locator("dd bdi").all_inner_texts())
    assert some <= names | values
    keys = {name.replace("_", " ") for name in (*told, *told["recipient"])}
    for rows in (
        "saved_events",
        "reminders",
        "notices",
        "subscriptions",
        "contacts",
        "staff",
        "deliveries",
        "edit_waits",
        "log",
        "invitations",
        "broadcasts",
    ):
        keys |= {name.replace("_", " ") for name in told[rows][0]}
    assert not names & keys, "shown as the bot calls it"
    await me.sound()
    assert me.errors == []


@pytest.mark.prove  # eight people at once: twenty seconds of a core
async def test_a_notice_arrives_in_each_language_at_once(browser: Browser) -> None:
    """Two taps of the office, and all see it side by side, each in the own direction; nothing jumps."""
    async with demo.staged() as (sandbox, lotse, cast):
        context = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="de-DE")
        me = Newcomer(House(sandbox, lotse), await context.new_page(), "de")
        page, _ = me.page, me.word
        await page.goto(sandbox.api_url + "/?all")
        office = page.locator(".pane.current")
        await expect(office.locator("h2")).to_have_text("Office (example)")
        await expect(page.locator(".pane:visible")).to_have_count(2 + len(SUBSCRIBERS))
        await office.locator(".key", has_text=_("Send …")).click()
        places = await page.evaluate(_PLACES)
        words_ = _.n("Send it to {count} person", "Send it to {count} people", 7)
        await office.locator(".key", has_text=words_).click()
        async with lotse.store.read() as view:
            bodies = await view.bodies(cast.draft)
        for one in SUBSCRIBERS:
            pane = page.locator(".pane", has=page.get_by_role("heading", name=one.name))
            title = first_line(bodies[one.locale].html, 80)
            text = pane.locator(".message:not(.mine) .text", has_text=title)
            await expect(text).to_have_count(1, timeout=15_000)
            await expect(text).to_be_in_viewport()
            locale = find(one.locale)
            assert locale is not None
            shown = await text.evaluate("element => getComputedStyle(element).direction")
            assert shown == ("rtl" if locale.rtl else "ltr")
            await expect(pane).to_have_class(re.compile(r"\bnews\b"))
        assert await page.evaluate(_PLACES) == places, "a message has moved a chat"
        await me.sound()

        large = page.get_by_role("button", name="Groß zeigen: Amira (example)")
        await me.enter(large)
        current = page.locator(".pane.current")
        await expect(current.locator("h2")).to_have_text("Amira (example)")
        assert await current.locator(".log").evaluate("element => element === document.activeElement")
        await expect(current).not_to_have_class(re.compile(r"\bnews\b"))

        await page.set_viewport_size({"width": 360, "height": 780})
        await expect(page.locator(".pane:visible")).to_have_count(1)
        await page.locator(".tab", has_text="Farid").click()
        await expect(page.locator(".pane:visible h2")).to_have_text("Farid (example)")
        await me.runs_in(page.locator(".pane:visible"), "rtl")
        await me.sound()
        assert me.errors == []
