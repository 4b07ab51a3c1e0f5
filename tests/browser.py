"""The real browser of the page's tests and of the README's pictures: Debian's Chromium, without a window."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Playwright

CHROMIUM = Path("/usr/bin/chromium")
MISSING = "Chromium is needed: apt install chromium"
_ARGUMENTS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


async def launch(playwright: Playwright) -> Browser:
    """Start the browser; whoever asks closes it."""
    return await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(_ARGUMENTS))
