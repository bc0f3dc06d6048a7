"""Pictures of every page of metrics: wide and narrow, in both languages, of a running demo, to be looked at.

`loa up --demo` runs meanwhile; `python -m tests.support.screenshots [ADDRESS]` writes into `.screenshots`. It fails if a page
scrolls sideways.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from services.metrics.adapters.pages.navigation import PAGES
from tests.support.servers.browser import CHROMIUM

FOLDER = Path(__file__).parents[2] / ".screenshots"
WIDTHS = (1280, 390, 320)
ADDRESS = "http://127.0.0.1:8003"
DRAFT = "VD-QD-04"  # of the exercise office
PATHS = {
    "first": "/",
    "details": "/details",
    "report": "/reports",
    "draft": f"/drafts/{DRAFT}",
    **{listed.path.rpartition("/")[2]: listed.path for listed in PAGES},
}


async def take(browser: Browser, address: str, width: int, language: str) -> list[str]:
    """Take a picture of each page; give those that are wider than the screen."""
    context = await browser.new_context(viewport={"width": width, "height": 844})
    page = await context.new_page()
    wide: list[str] = []
    for name, path in PATHS.items():
        await page.goto(f"{address}{path}?lang={language}")
        await page.screenshot(path=FOLDER / f"{name}-{width}-{language}.png", full_page=True)
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(f"{path} at {width} px, {language}")
    await context.close()
    return wide


async def main(address: str = ADDRESS) -> None:
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        wide = [
            page
            for width in WIDTHS
            for language in ("vi", "en")
            for page in await take(browser, address, width, language)
        ]
        await browser.close()
    if wide:
        sys.exit("wider than the screen: " + "; ".join(wide))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
