"""The golden mails as Chromium shows them: a 600 px column, a phone, dark; nothing runs over, all can be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

GOLDEN = sorted((Path(__file__).parents[2] / "unit" / "notifier" / "golden").glob("*.html"))
CHROMIUM = "/usr/bin/chromium"
WAYS: dict[str, dict[str, Any]] = {
    "column": {"viewport": {"width": 600, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 700}},
    "dark": {"viewport": {"width": 600, "height": 800}, "color_scheme": "dark"},
}
# The least contrast of any text with what lies behind it, by WCAG 2.2 (1.4.3), with the text.
LEAST_CONTRAST = """() => {
  const channels = c => c.match(/[\\d.]+/g).map(Number);
  const bright = c => { const [r, g, b] = channels(c).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (channels(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
  let least = [21, ''];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const said = texts.currentNode.textContent.trim(), e = texts.currentNode.parentElement;
    if (!said) continue;
    const [a, b] = [bright(getComputedStyle(e).color), bright(behind(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least[0]) least = [contrast, said];
  }
  return least;
}"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_mail_fits_and_can_be_read(browser: Browser, tmp_path: Path, file: Path, way: str) -> None:
    page = browser.new_page(**WAYS[way])
    page.set_content(file.read_text(encoding="utf-8"))
    page.screenshot(path=str(tmp_path / f"{file.stem}-{way}.png"), full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    contrast, said = page.evaluate(LEAST_CONTRAST)
    page.close()
    assert width <= WAYS[way]["viewport"]["width"]
    assert contrast >= 4.5, f"{contrast:.1f}: {said}"
