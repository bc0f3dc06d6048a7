"""axe-core on a page in Chromium: what it finds amiss, by rule and element.

Our pages forbid every script, also by `sandbox`, so that its timers never end there: it runs on a copy of the document.
"""

from functools import lru_cache

from playwright.async_api import Page

from tests.support.node_packages import can_leave_out_node, node_folder

RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)}`));
}"""


async def axe_findings(page: Page) -> list[str]:
    """Run all rules of axe; where Node is missing and not required there is nothing to run, and no finding."""
    if can_leave_out_node():
        return []
    copy = await page.context.new_page()
    try:
        await copy.set_content(await page.content())
        await copy.evaluate(_source())
        findings: list[str] = await copy.evaluate(RUN)
        return findings
    finally:
        await copy.close()


@lru_cache(1)
def _source() -> str:
    return (node_folder() / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
