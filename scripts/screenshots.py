"""Take the pictures for the README: the demo's chat page while people find counselling, and get news.

``make screenshots`` runs this by hand after the page or the texts changed; it needs Debian's chromium.
Writes ``docs/demo.png`` (Arabic, Ukrainian and German side by side, each with a list of offers),
``docs/phone-ar.png`` (the Arabic chat on a phone with an emergency card) and ``docs/announcement.png``
(the office has just released its announcement, and everybody gets it in their language). What is written
stands as a visitor would write it; what is answered comes from the running bot.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot import app  # noqa: E402
from bot.commands import demo  # noqa: E402
from bot.domain.locales import find  # noqa: E402
from bot.translation import translator  # noqa: E402
from tests.browser import CHROMIUM, MISSING, launch  # noqa: E402

SIDE_BY_SIDE: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 780}
LARGEST = 400_000
"""Bytes of a picture; the README shall open quickly on a slow line."""

QUESTIONS = (
    ("Amira", "العربية", "أحتاج استشارة بخصوص الإقامة في روستوك"),
    ("Olena", "Українська", "Потрібна консультація щодо посвідки на проживання. Живу в Ростоку"),
    ("Jonas", "Deutsch", "Ich brauche Beratung zum Aufenthalt in Rostock"),
)
CRY = "زوجي يضربني"


async def opened(browser: Browser, size: ViewportSize, url: str) -> Page:
    """A fresh chat page in light colours, with German words around the chats."""
    context = await browser.new_context(
        viewport=size,
        color_scheme="light",
        locale="de-DE",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(url)
    return page


async def settle(page: Page, number: int, name: str, language: str) -> Locator:
    """Open somebody's chat and choose the language; the pane."""
    if number:
        await page.get_by_role("button", name="Person dazu").first.click()
    await page.locator("#quick .pick", has_text=name).click()
    pane = page.locator(".pane").nth(number)
    await pane.get_by_role("button", name="Starten", exact=True).click()
    await pane.locator(".key", has_text=re.compile(rf"{language}$")).click()
    await expect(pane.locator(".message").last).not_to_contain_text(language)
    return pane


async def say(pane: Locator, text: str) -> Locator:
    """Write and wait for the answer: the message that follows the question."""
    await pane.locator("textarea").fill(text)
    await pane.locator("textarea").press("Enter")
    answer = pane.locator(".message.mine", has_text=text).locator("~ .message")
    await answer.first.wait_for()
    return answer.first


async def from_the_top(answer: Locator) -> None:
    """Scroll so that the question stands at the top and the answer below it."""
    await answer.evaluate(
        """answer => {
            const log = answer.closest(".log");
            const question = answer.previousElementSibling;
            log.scrollTop += question.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
        }"""
    )


async def take(page: Page, name: str) -> None:
    """Write the picture; a broken or a heavy one is not for the README."""
    await page.evaluate("() => { document.activeElement.blur(); return document.fonts.ready; }")
    await page.mouse.move(0, 0)
    await expect(page.locator("#toast")).to_be_hidden(timeout=15_000)
    path = ROOT / "docs" / name
    await page.screenshot(path=path, animations="disabled", caret="hide", type="png")
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size // 1000} kB")
    if size > LARGEST:
        raise SystemExit(f"{name} is larger than {LARGEST // 1000} kB.")


async def announced(page: Page) -> None:
    """The two taps of the office, and everybody has it."""
    german = find("de")
    assert german is not None
    _ = translator(german)
    office = page.locator(".pane.current")
    await office.locator(".key", has_text=_("Send …")).click()
    await office.locator(
        ".key", has_text=_.n("Send it to {count} person", "Send it to {count} people", 7)
    ).click()
    await expect(page.locator(".pane.news")).to_have_count(7, timeout=15_000)
    finished = _("Finished: {name}", name="").strip()
    await expect(office.locator(".message").last).to_contain_text(finished, timeout=15_000)


async def main() -> None:
    """Run the demo and take the pictures."""
    app.configure_logging("ERROR")
    async with demo.running() as (sandbox, _lotse), async_playwright() as playwright:
        browser = await launch(playwright)
        try:
            page = await opened(browser, SIDE_BY_SIDE, f"{sandbox.api_url}/")
            answers = []
            for number, (name, language, question) in enumerate(QUESTIONS):
                pane = await settle(page, number, name, language)
                answers.append(await say(pane, question))
            for answer in answers:
                await from_the_top(answer)
            await take(page, "demo.png")
            page = await opened(browser, PHONE, f"{sandbox.api_url}/")
            pane = await settle(page, 0, "Amira", "العربية")
            await from_the_top(await say(pane, CRY))
            await take(page, "phone-ar.png")
        finally:
            await browser.close()
    async with demo.staged() as (sandbox, _lotse, _cast), async_playwright() as playwright:
        browser = await launch(playwright)
        try:
            page = await opened(browser, SIDE_BY_SIDE, f"{sandbox.api_url}/?all")
            await announced(page)
            await take(page, "announcement.png")
        finally:
            await browser.close()


if __name__ == "__main__":
    if not CHROMIUM.exists():
        raise SystemExit(MISSING)
    asyncio.run(main())
