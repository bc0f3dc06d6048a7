"""The chart of the monthly page: bars of what was open and overdue at the end of each month, as PNG.

It bears digits only; what the colours mean is said in the text, which also gives the figures.
"""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from services.notifier.domain.overview import Month

SCALE = 2  # of the shown size, for sharp screens
WIDTH, HEIGHT = 560 * SCALE, 220 * SCALE
TOP, BOTTOM = 30 * SCALE, 38 * SCALE
WORDS = 18 * SCALE  # still read on a phone, where the picture is as wide as the screen
OPEN, OVERDUE = "#175cd3", "#b42318"
PAPER, INK, RULE = "#ffffff", "#1d2939", "#98a2b3"


def chart(months: Sequence[Month]) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    most = max(1, *(month.open_at_end for month in months))
    slot = WIDTH // len(months)
    floor = HEIGHT - BOTTOM
    for place, month in enumerate(months):
        middle = place * slot + slot // 2
        _bar(draw, middle - slot // 5, slot // 6, month.open_at_end, most, OPEN)
        _bar(draw, middle + slot // 5, slot // 6, month.overdue_at_end, most, OVERDUE)
        _word(draw, (middle, floor + 6 * SCALE), f"{month.last:%m/%Y}", "ma")
    draw.line([(0, floor), (WIDTH, floor)], fill=RULE, width=SCALE)
    content = BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def _bar(draw: ImageDraw.ImageDraw, middle: int, half: int, number: int, most: int, colour: str) -> None:
    floor = HEIGHT - BOTTOM
    top = floor - (floor - TOP) * number // most
    if number:
        draw.rectangle([middle - half, top, middle + half, floor], fill=colour)
    _word(draw, (middle, top - 4 * SCALE), str(number), "ms")


def _word(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, anchor: str) -> None:
    draw.text(at, text, fill=INK, font=ImageFont.load_default(WORDS), anchor=anchor)
