"""The chat page in a real browser: keyboard alone, Axe, narrow screens, no resource from outside."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any, Literal

import aiohttp
import pytest
import pytest_asyncio
from axe_core_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright

from bot.sandbox import Sandbox
from tests.browser import CHROMIUM, MISSING, launch

from .conftest import Client, Clock

KEYS = {
    "inline_keyboard": [
        [{"text": "Counselling", "callback_data": "c"}, {"text": "112", "copy_text": {"text": "112"}}],
        [{"text": "Share", "url": "https://t.me/lotse_bot?start=org_7"}],
    ]
}
RICH = (
    "<b>Bold</b> <i>italic</i> <code>code</code> <a href='https://example.org'>link</a> "
    "<tg-spoiler>secret</tg-spoiler> /help\n<blockquote>quote</blockquote>\n"
    "<blockquote expandable>1\n2\n3\n4\n5\n6</blockquote>"
)

if not CHROMIUM.exists() and not os.environ.get("CI"):
    pytest.skip(MISSING, allow_module_level=True)


pytestmark = pytest.mark.asyncio(loop_scope="module")
Way = tuple[int, Literal["light", "dark"]]
WAYS: tuple[Way, ...] = ((1280, "dark"), (1280, "light"), (360, "dark"), (360, "light"))
"""How a page is looked at: every width in every scheme."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _running() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(_running: Browser) -> AsyncIterator[Browser]:
    """The one browser; each test has windows of its own."""
    yield _running
    for context in _running.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    """In the loop of the browser."""
    async with Sandbox(now=clock) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def api(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(sandbox, session)


class Watched:
    """A page that remembers its errors and every address it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.addresses: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda note: self.errors.append(note.text) if note.type == "error" else None)
        page.on("request", lambda request: self.addresses.append(request.url))

    async def axe(self) -> None:
        """Axe finds nothing; what it finds is shown in short."""
        found = await Axe().run(self.page)
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []

    async def sound(self) -> None:
        """Axe finds nothing and nothing scrolls sideways, whichever way one looks."""
        for width, scheme in WAYS:
            await self.page.set_viewport_size({"width": width, "height": 780})
            await self.page.emulate_media(color_scheme=scheme)
            await self.axe()
            await self.fits()

    async def fits(self) -> None:
        """Nothing scrolls sideways."""
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await self.page.evaluate("document.body.scrollWidth <= innerWidth")


async def pressed(api: Client) -> dict[str, Any]:
    """The button that was pressed on the page, which may be on its way still."""
    offset = 0
    while True:
        found = (await api("getUpdates", offset=offset, timeout=5)).result
        assert found, "nothing was pressed"
        for update in found:
            if "callback_query" in update:
                return dict(update["callback_query"])
        offset = found[-1]["update_id"] + 1


async def opened(browser: Browser, sandbox: Sandbox, width: int = 360, locale: str = "en-GB") -> Watched:
    size: ViewportSize = {"width": width, "height": 780}
    context = await browser.new_context(viewport=size, locale=locale)
    watched = Watched(await context.new_page())
    await watched.page.goto(sandbox.api_url + "/")
    await watched.page.locator("#quick .pick").first.wait_for()
    return watched


async def test_axe_and_width(browser: Browser, sandbox: Sandbox, api: Client) -> None:
    watched = await opened(browser, sandbox)
    page = watched.page
    await watched.sound()
    await page.locator("#quick .pick").first.click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.locator(".message.mine").wait_for()
    (person,) = sandbox.world.people
    await api("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    await api("sendMessage", chat_id=person, text=RICH, parse_mode="HTML", reply_markup=KEYS)
    await api("sendVenue", chat_id=person, latitude=54.09, longitude=12.1, title="Office", address="Street 1")
    await api("sendDocument", chat_id=person, document="https://example.org/event.ics", caption="c" * 300)
    arabic = "مرحبا بك في روستوك"
    places = {"keyboard": [[{"text": "My place", "request_location": True}]]}
    await api("sendMessage", chat_id=person, text=arabic, reply_markup=places)
    await page.get_by_text(arabic).wait_for()
    await watched.sound()
    assert await page.get_by_text(arabic).get_attribute("dir") == "auto"
    assert await page.get_by_role("link", name="Map at OpenStreetMap").count() == 1
    for name in ("Attach", "Commands", "More"):
        await page.locator(f"summary[aria-label={name}]").click()
        await page.locator(".pop[open] .sheet").wait_for()
        await watched.sound()
        await page.keyboard.press("Escape")
        assert await page.locator(".pop[open]").count() == 0
    await page.get_by_role("button", name="My place").click()
    await watched.sound()
    await page.get_by_role("button", name="Send", exact=True).last.click()
    await page.get_by_text("54.0887, 12.1405").wait_for()
    assert watched.errors == []
    assert all(address.startswith((sandbox.api_url, "data:")) for address in watched.addresses)


async def test_keyboard_alone(browser: Browser, sandbox: Sandbox, api: Client) -> None:
    watched = await opened(browser, sandbox)
    page = watched.page

    async def tab_to(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            label = await page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
            )
            if name in label:
                ring = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none", f"{name} shows no focus"
                return
        raise AssertionError(f"{name} cannot be reached")

    await tab_to("Olena")
    await page.keyboard.press("Enter")
    await page.locator(".pane").wait_for()
    await page.keyboard.type("Hello")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("there")
    await page.keyboard.press("Enter")
    await page.locator(".message.mine").wait_for()
    (person,) = sandbox.world.people.values()
    assert (person.first_name, person.language_code) == ("Olena", "uk")
    assert sandbox.transcript(person) == "Olena: Hello\nthere"
    await api("sendMessage", chat_id=person.id, text="Choose", reply_markup=KEYS)
    await page.get_by_role("button", name="Counselling").wait_for()
    await page.locator(".log").focus()
    await tab_to("Counselling")
    await page.keyboard.press("Enter")
    # The words typed before are waiting too: asking for what comes after them waits for the press.
    (said,) = (await api("getUpdates", limit=1)).result
    updates = (await api("getUpdates", offset=said["update_id"] + 1, timeout=5)).result
    query = updates[-1]["callback_query"]
    assert query["data"] == "c"
    await api("answerCallbackQuery", callback_query_id=query["id"], text="One moment")
    await page.get_by_text("One moment").wait_for()
    message = query["message"]["message_id"]
    await api("editMessageText", chat_id=person.id, message_id=message, text="Edited", reply_markup=KEYS)
    await page.locator(".edited").wait_for()
    assert await page.evaluate("document.activeElement.textContent") == "Counselling", (
        "an edit keeps the focus"
    )
    assert watched.errors == []


async def test_what_a_visitor_can_do(browser: Browser, sandbox: Sandbox, api: Client) -> None:
    async def stored(chat_id: int) -> dict[str, Any]:
        return {"locale": "ar", "saved_events": [], "shoe_size": chat_id}

    sandbox.stored = stored
    watched = await opened(browser, sandbox, 1280)
    page = watched.page
    await page.get_by_label("Name", exact=True).fill("Zoë")
    await page.get_by_label("Language of the app").select_option("ar")
    await page.get_by_role("button", name="Open the chat").click()
    await page.locator(".pane").wait_for()
    (person,) = sandbox.world.people.values()
    assert (person.first_name, person.language_code) == ("Zoë", "ar")
    await page.get_by_label("Message", exact=True).fill("frist")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.locator(".message.mine").hover()
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.get_by_label("Message", exact=True).fill("first")
    await page.keyboard.press("Enter")
    await page.locator(".mine .edited").wait_for()
    for kind in ("Photo", "Voice message", "Document", "Sticker", "Contact"):
        await page.locator("summary[aria-label=Attach]").click()
        await page.get_by_role("button", name=kind, exact=True).click()
    await page.locator(".message.mine").nth(5).wait_for()
    kinds = [next(iter(update.keys() - {"update_id"})) for update in (await api("getUpdates")).result]
    assert kinds == ["message", "edited_message", *["message"] * 5]
    await api("sendMessage", chat_id=person.id, text=RICH, parse_mode="HTML", reply_markup=KEYS)
    await page.get_by_role("button", name="Hidden text, show").click()
    assert await page.locator(".spoiler").get_attribute("aria-expanded") == "true"
    await page.get_by_role("button", name="Show all").click()
    assert await page.locator(".folded").count() == 0
    await page.get_by_role("button", name="112").click()
    await page.get_by_text("Copied: 112").wait_for()
    await page.get_by_role("button", name="Share").click()
    await page.get_by_text("/start", exact=True).wait_for()
    assert sandbox.transcript(person).splitlines()[-1] == "Zoë: /start org_7"
    await page.locator("summary[aria-label=More]").click()
    await page.get_by_role("button", name="What the bot stored about me").click()
    names = page.locator("#stored-body dt")
    await names.first.wait_for()
    # What the page has no word for is shown all the same.
    assert await names.all_inner_texts() == ["Language", "Saved events", "shoe size"]
    await page.locator("#stored-dialog .close").click()
    await page.locator("summary[aria-label=More]").click()
    await page.get_by_role("button", name="Block the bot", exact=True).click()
    await page.get_by_text("You have blocked the bot.").wait_for()
    assert person.blocked
    await page.locator(".blocked button", has_text="Unblock the bot").click()
    await page.get_by_label("Message", exact=True).wait_for()
    assert not person.blocked
    assert watched.errors == []


async def test_three_people_and_a_group(browser: Browser, sandbox: Sandbox) -> None:
    watched = await opened(browser, sandbox, 1280, locale="de-DE")
    page = watched.page
    for number in range(3):
        if number:
            await page.get_by_role("button", name="Person dazu").first.click()
        await page.locator("#quick .pick").nth(number).click()
        await page.locator(".pane").nth(number).wait_for()
    boxes = [await page.locator(".pane").nth(number).bounding_box() for number in range(3)]
    tops = {box["y"] for box in boxes if box is not None}
    assert len(tops) == 1, "side by side"
    assert all(box is not None and box["x"] + box["width"] <= 1280 for box in boxes)
    await page.get_by_role("button", name="Neue Gruppe").click()
    await page.get_by_label("Name der Gruppe").fill("Verein")
    await page.get_by_role("button", name="Anlegen").click()
    await page.locator(".pane").nth(3).wait_for()
    (group,) = [chat for chat in sandbox.world.chats.values() if chat.type == "group"]
    assert (group.title, len(group.members), group.bot_status) == ("Verein", 3, "member")
    await page.set_viewport_size({"width": 360, "height": 780})
    assert await page.locator(".pane:visible").count() == 1
    await page.locator(".tab", has_text="Olena").first.click()
    assert "Olena" in await page.locator(".pane:visible h2").inner_text()
    await watched.fits()
    await watched.axe()
    await page.reload()
    await page.locator(".pane").nth(3).wait_for(state="attached")
    assert watched.errors == []


async def test_all_chats_side_by_side(browser: Browser, sandbox: Sandbox, api: Client) -> None:
    people = [sandbox.person(f"Person {number}", "de", started=True) for number in range(14)]
    watched = await opened(browser, sandbox, 1280)
    page = watched.page
    button = page.get_by_role("button", name="All chats side by side")
    await button.click()
    assert await button.get_attribute("aria-pressed") == "true"
    assert await page.locator(".pane:visible").count() == 12, "more would be tiny"
    assert await page.locator(".pane.current h2").inner_text() == "Person 0"
    assert await page.locator("textarea:visible").count() == 1, "one is large enough to write in"
    live = [await log.get_attribute("aria-live") for log in await page.locator(".log").all()]
    assert live == ["polite"] + ["off"] * 11, "only one is read aloud"
    top = await page.evaluate("document.getElementById('panes').scrollTop")
    await api("sendMessage", chat_id=people[3].id, text="tall\n" * 60, reply_markup=KEYS)
    marked = page.locator(".pane.news")
    await marked.wait_for()
    assert await marked.locator("h2").inner_text() == "Person 3"
    assert await page.evaluate("document.getElementById('panes').scrollTop") == top
    assert "new message" in await page.locator(".tab", has_text="Person 3").inner_text()
    await marked.locator(".key").first.click()
    query = await pressed(api)
    assert query["from"]["id"] == people[3].id, "a small chat can be used as it is"
    await api("answerCallbackQuery", callback_query_id=query["id"])
    assert await page.locator(".pane.current h2").inner_text() == "Person 0"
    await watched.fits()
    await watched.axe()
    await page.locator(".tab", has_text="Person 3").click()
    assert await page.locator(".pane.current h2").inner_text() == "Person 3"
    assert await marked.count() == 0
    await page.get_by_role("button", name="Add person", exact=True).click()
    await page.get_by_label("Name", exact=True).wait_for()
    await watched.axe()
    await page.locator(".tab", has_text="Person 3").click()
    await page.reload()
    await page.locator(".spread .pane").nth(11).wait_for()
    await button.click()
    assert await page.locator("textarea:visible").count() == 12
    assert watched.errors == []


async def test_side_by_side_needs_two(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.person("Alone", "de", started=True)
    watched = await opened(browser, sandbox, 1280)
    await watched.page.goto(f"{sandbox.api_url}/?all")
    await watched.page.locator("#existing .pick").wait_for()
    assert await watched.page.get_by_role("button", name="All chats side by side").count() == 0
    assert await watched.page.locator(".pane").count() == 0


async def test_inline_tryout(browser: Browser, sandbox: Sandbox, api: Client) -> None:
    watched = await opened(browser, sandbox, 1280)
    page = watched.page
    await page.locator("#quick .pick").first.click()
    await page.locator("summary[aria-label=More]").click()
    await page.get_by_role("button", name="Inline mode").click()
    await page.get_by_label("@lotse_bot").fill("swim")
    await page.keyboard.press("Enter")
    (update,) = (await api("getUpdates", timeout=5)).result
    content = {"message_text": "Swimming in Rostock"}
    result = {"type": "article", "id": "1", "title": "Swim club", "input_message_content": content}
    await api("answerInlineQuery", inline_query_id=update["inline_query"]["id"], results=[result])
    await page.get_by_role("button", name="Swim club").wait_for()
    await watched.axe()
    await page.get_by_role("button", name="Swim club").click()
    await page.locator(".message.mine", has_text="Swimming in Rostock").wait_for()
    assert watched.errors == []


async def top_of(element: Locator) -> float:
    """Where it stands once what rises has risen."""
    await element.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    box = await element.bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_toast_covers_no_button_and_moves_none(
    browser: Browser, sandbox: Sandbox, api: Client, width: int
) -> None:
    watched = await opened(browser, sandbox, width)
    page = watched.page
    await page.clock.install()
    await page.locator("#quick .pick").first.click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.locator(".message.mine").wait_for()
    (person,) = sandbox.world.people
    tall = [[{"text": f"Door {number}", "callback_data": str(number)}] for number in range(12)]
    for _ in range(2):
        await api("sendMessage", chat_id=person, text="Choose", reply_markup={"inline_keyboard": tall})
    last = page.get_by_role("button", name="Door 11").last
    await last.wait_for()
    await last.click()
    before = await top_of(last)
    press = await pressed(api)
    words = "Saved. I will remind you one day and two hours before. " * 3
    await api("answerCallbackQuery", callback_query_id=press["id"], text=words)
    toast = page.locator("#toast")
    await toast.get_by_text("Saved.").wait_for()
    assert await toast.get_attribute("aria-live") == "polite"
    assert await top_of(last) == pytest.approx(before, abs=1)
    covered = await page.evaluate(
        """() => {
            const toast = document.getElementById("toast").getBoundingClientRect();
            const seen = (element) => {
                const box = element.getBoundingClientRect();
                const clip = (element.closest(".log") ?? document.body).getBoundingClientRect();
                return [Math.max(box.top, clip.top), Math.min(box.bottom, clip.bottom)];
            };
            return [...document.querySelectorAll("button, summary, select, textarea, a")]
                .filter((element) => element.checkVisibility() && !element.matches(".skip"))
                .filter((element) => {
                    const [top, bottom] = seen(element);
                    return top < bottom && top < toast.bottom - 1 && bottom > toast.top + 1;
                })
                .map((element) => element.textContent);
        }"""
    )
    assert covered == []
    await watched.fits()
    await watched.axe()
    await page.clock.fast_forward(6_000)
    await toast.get_by_text("Saved.").wait_for(state="detached")
    assert await top_of(last) == pytest.approx(before, abs=1)
    assert watched.errors == []


async def test_only_the_page_itself_may_act(sandbox: Sandbox, api: Client) -> None:
    url = f"{sandbox.api_url}/control/person"
    async with api.session.post(
        url, data=json.dumps({"first_name": "Eve"}), headers={"Origin": "https://evil.example"}
    ) as refused:
        assert refused.status == 403
    async with api.session.post(url, json={"first_name": " "}) as empty:
        assert (empty.status, (await empty.json())["error"]) == (400, "a name is needed")
    async with api.session.post(f"{sandbox.api_url}/control/dance", json={}) as unknown:
        assert unknown.status == 404
    async with api.session.post(
        f"{sandbox.api_url}/control/fault", json={"kind": "flood", "times": 1}
    ) as fault:
        assert fault.status == 200
    assert (await api("getMe")).status == 429
    async with api.session.get(f"{sandbox.api_url}/stored/1") as nothing:
        assert nothing.status == 404
    async with api.session.get(f"{sandbox.api_url}/") as page:
        assert "http" not in (await page.text()).replace("http-equiv", "")
