"""The golden mails as Chromium shows them: a 600 px column, a phone, dark; nothing runs over, all can be read."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.support.servers.browser import CONTRAST, ENOUGH, in_browser

GOLDEN = sorted((Path(__file__).parents[3] / "unit" / "notifier" / "golden").glob("*.html"))
WAYS: dict[str, dict[str, Any]] = {
    "column": {"viewport": {"width": 600, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 700}},
    "dark": {"viewport": {"width": 600, "height": 800}, "color_scheme": "dark"},
}
# The least contrast of any text, with the text.
LEAST_CONTRAST = f"""() => {{
{CONTRAST}
  let least = [21, ''];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {{
    const said = texts.currentNode.textContent.trim(), found = contrast(texts.currentNode.parentElement);
    if (said && found < least[0]) least = [found, said];
  }}
  return least;
}}"""

pytestmark = in_browser


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
async def test_a_mail_fits_and_can_be_read(chromium: Browser, tmp_path: Path, file: Path, way: str) -> None:
    page = await chromium.new_page(**WAYS[way])
    await page.goto(file.as_uri())
    await page.screenshot(path=str(tmp_path / f"{file.stem}-{way}.png"), full_page=True)
    width = await page.evaluate("document.documentElement.scrollWidth")
    contrast, texts = await page.evaluate(LEAST_CONTRAST)
    await page.close()
    assert width <= WAYS[way]["viewport"]["width"]
    assert contrast >= ENOUGH, f"{contrast:.1f}: {texts}"
