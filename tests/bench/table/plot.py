"""Figures that may grow, as an SVG: a line for each question, a point for each size."""

import re
import sys
from collections.abc import Mapping, Sequence

import pygal  # type: ignore[import-untyped]
from pygal.style import CleanStyle  # type: ignore[import-untyped]

# pygal adds an import hook for its plugins, of a form that Python has dropped: each later import would warn.
sys.meta_path[:] = [hook for hook in sys.meta_path if type(hook).__module__ != "pygal"]

LEFT_OUT = re.compile(r"<!--.*?-->|<script.*?</script>|<script/>", re.DOTALL)
ID = re.compile(r"chart-[0-9a-f-]{36}")  # drawn at random: the same figures give the same file


def plot(title: str, unit: str, sizes: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """Draw the values of each series at the sizes, from zero on; no script, nothing from elsewhere."""
    chart = pygal.Line(
        style=CleanStyle(font_family="sans-serif"),
        js=[],
        title=title,
        y_title=unit,
        range=(0, max(max(values) for values in series.values()) * 1.1),
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        truncate_legend=-1,
        width=900,
        height=560,
        dots_size=3,
    )
    chart.x_labels = [f"{size:,}" for size in sizes]
    for name, values in series.items():
        chart.add(name, [round(value, 1) for value in values])
    drawn: str = chart.render(is_unicode=True)
    return ID.sub("chart", LEFT_OUT.sub("", drawn)).strip() + "\n"
