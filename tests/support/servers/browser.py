"""A real browser for tests marked `browser`, and how it reckons contrast."""

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = which("chromium") or "/usr/bin/chromium"
ENOUGH = 4.5  # contrast of text (WCAG 2.2, 1.4.3, AA)

# `contrast(element)` of an element's text with what lies behind it, as WCAG 2.2 (1.4.3) reckons it.
CONTRAST = r"""
  const rgb = c => (c.match(/[\d.]+/g) || []).map(Number);
  const light = c => rgb(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if ((rgb(c)[3] ?? 1) > 0) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
"""

in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator["Browser"]:
    from playwright.async_api import async_playwright  # noqa: PLC0415  half a second that no other test pays

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()
