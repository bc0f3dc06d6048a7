"""axe-core on a page in Chromium: what it finds amiss, by rule and element."""

import os
from functools import lru_cache

from playwright.async_api import Page

from tests.support.node_packages import has_node, node_folder

RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)}`));
}"""


async def axe_findings(page: Page) -> list[str]:
    """Run all rules of axe; where Node is missing and not required there is nothing to run, and no finding."""
    if not has_node() and os.environ.get("LOA_NODE") != "required":
        return []
    await page.evaluate(_source())
    findings: list[str] = await page.evaluate(RUN)
    return findings


@lru_cache(1)
def _source() -> str:
    return (node_folder() / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
