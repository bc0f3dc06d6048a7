"""What a drawing says without words stands out from its ground by 3:1, in light and dark (WCAG 2.2, 1.4.11)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
LOOK = ROOT / "shared/pages/templates/look.css"
DRAWINGS = ROOT / "services/metrics/adapters/templates"
ENOUGH = 3.0
OF_TEXT = 4.5
NOT_DRAWN = {
    "svg .grid",  # lines that help the eye; the numbers stand beside them
    "svg.track .grid",
    ".stack span",  # the gap between two parts
    "svg.track .number.good, svg.track .number.bad, svg.track .number.warn",  # words, tested below
}

RULE = re.compile(r"^([^{}@/]+?)\s*\{([^{}]*)\}", re.MULTILINE)
PAINTED = re.compile(r"(?:^|;)\s*(?:background|box-shadow|border-left|fill|stroke):([^;]*)")


def schemes() -> dict[str, dict[str, str]]:
    """Give the colours by their names, of the light scheme and of the dark one."""
    light, dark = LOOK.read_text(encoding="utf-8").split("@media", 1)
    return {
        name: dict(re.findall(r"(--[\w-]+):\s*(#\w{6});", part.split("* {")[0]))
        for name, part in (("light", light), ("dark", dark))
    }


def drawn() -> dict[str, set[str]]:
    """Give the names of the colours that each rule of a drawing paints with."""
    rules = {}
    for file in ("leaders.css", "track.css", "style.css"):
        for selector, body in RULE.findall((DRAWINGS / file).read_text(encoding="utf-8")):
            colours = {
                name for value in PAINTED.findall(body) for name in re.findall(r"var\((--[\w-]+)\)", value)
            }
            if colours and re.match(r"\.stack|\.bar|svg", selector):
                rules[selector] = colours
    return rules


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, ground: str) -> float:
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_drawn_part_stands_out_from_its_ground(scheme: str) -> None:
    colours = schemes()[scheme]
    faint = {
        selector: best
        for selector, names in drawn().items()
        if selector not in NOT_DRAWN
        and (best := max(contrast(colours[name], colours["--surface"]) for name in names)) < ENOUGH
    }
    assert faint == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_in_a_drawing_can_be_read(scheme: str) -> None:
    colours = schemes()[scheme]
    on = {"--surface": ("--soft", "--ink", "--warn"), "--bar": ("--ink",)}
    on |= dict.fromkeys(("--good", "--bad", "--warn"), ("--surface",))  # numbers of the stages in their bands
    faint = {
        (name, ground): contrast(colours[name], colours[ground])
        for ground, names in on.items()
        for name in names
    }
    assert {pair: value for pair, value in faint.items() if value < OF_TEXT} == {}


def test_the_parts_are_read_from_the_files() -> None:
    assert {".stack .met, .legend .met::before", "svg.track .today", "svg.track .band"} <= set(drawn())
