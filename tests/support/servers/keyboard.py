"""A keyboard and nothing else: Tab, arrows, Space, Enter and letters go to what has the focus, which can be seen each time."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import Page

MOST_STEPS = 250  # presses of Tab until something has to be reached
FIELDS = ("input", "textarea", "select")
FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const label = e.labels && e.labels.length ? e.labels[0].textContent : '';
  const group = e.closest('fieldset, section');
  const heading = group && (group.querySelector('legend') || group.querySelector('h2, h3'));
  const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  return {
    tag: e.tagName.toLowerCase(), kind: e.type || '', value: e.value || '', checked: !!e.checked,
    chosen: e.selectedOptions && e.selectedOptions.length ? e.selectedOptions[0].textContent.trim() : '',
    name: (e.getAttribute('aria-label') || label || e.textContent || '').replace(/\\s+/g, ' ').trim(),
    group: ((group && group.getAttribute('aria-label')) || (heading && heading.textContent) || '').replace(/\\s+/g, ' ').trim(),
    seen: drawn && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


@dataclass(slots=True)
class Keyboard:
    """The keyboard of one page. `hosts` are those that the page asked anything of."""

    page: "Page"
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.context.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or ""))

    async def focused(self) -> dict[str, Any]:
        """Give what has the focus: its tag, name, group and value, and whether that can be seen."""
        element: dict[str, Any] = await self.page.evaluate(FOCUSED)
        return element

    async def tab_to(self, name: str, group: str = "", tags: Collection[str] = FIELDS) -> None:
        """Press Tab until something of a name has the focus; each thing on the way shows that it has it."""
        passed = []
        for _ in range(MOST_STEPS):
            await self.page.keyboard.press("Tab")
            at = await self.focused()
            if at["tag"] == "body":
                continue
            assert at["seen"], f"the focus can't be seen: {at}"
            passed.append(f"{at['group']} / {at['name']}")
            if name in at["name"] and group in at["group"] and at["tag"] in tags:
                return
        raise AssertionError(f"no way to {name!r} in {group!r} but {dict.fromkeys(passed)}")

    async def follow(self, name: str, group: str = "") -> None:
        """Go to a link and open it."""
        await self.tab_to(name, group, ("a",))
        await self.enter()

    async def press(self, name: str, group: str = "") -> None:
        """Go to a button and press it."""
        await self.tab_to(name, group, ("button",))
        await self.enter()

    async def enter(self) -> None:
        """Press Enter, which leads to another page."""
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")

    async def type_into(self, name: str, text: str, group: str = "") -> None:
        """Go to a field, and write into it in the place of what is there."""
        await self.tab_to(name, group, ("input", "textarea"))
        if (await self.focused())["value"]:
            await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(text)

    async def choose_from(self, name: str, option: str) -> None:
        """Go to a list, and choose by arrows what begins so."""
        await self.tab_to(name, tags=("select",))
        for _ in range(MOST_STEPS):
            if (await self.focused())["chosen"].startswith(option):
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{option!r} is not in {name!r}")

    async def type_day(self, group: str, day: date) -> None:
        """Write a day into its three boxes."""
        for name, text in (("Ngày", day.day), ("Tháng", day.month), ("Năm", day.year)):
            await self.type_into(name, str(text), group)

    async def tick(self, name: str, group: str = "") -> None:
        """Go to a box and tick it with Space."""
        await self.tab_to(name, group)
        await self.page.keyboard.press("Space")
        assert (await self.focused())["checked"], name

    async def choose(self, group: str, name: str) -> None:
        """Go to the first of several that exclude each other, and choose by arrows."""
        await self.tab_to("", group)
        for _ in range(MOST_STEPS):
            if name in (at := await self.focused())["name"]:
                break
            await self.page.keyboard.press("ArrowDown")
        else:
            raise AssertionError(f"{name!r} is not in {group!r}")
        if not at["checked"]:
            await self.page.keyboard.press("Space")
        assert (await self.focused())["checked"], name

    async def is_at_the_errors(self) -> None:
        """Check that the summary of what is wrong has the focus after a page was refused."""
        at = await self.focused()
        assert (at["tag"], at["seen"]) == ("section", True), at
        assert "Cần" in at["name"], at

    def asked_no_other_host(self) -> None:
        assert self.hosts <= {"127.0.0.1", ""}, self.hosts
