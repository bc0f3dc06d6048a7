"""Where the marks of the trend lie in its drawing: 360 × 150 units, the rate from 0 to 1 upwards, months to the right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from services.metrics.application.leaders import Month

LEFT, RIGHT, TOP, BOTTOM = 34, 352, 12, 126
BARS = 44  # height of the tallest bar


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    height: float
    overdue: int


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    """`rates` and `targets` are lines as points of SVG, broken where there is no rate or target; `dots` their ends."""

    rates: list[str]
    dots: list[tuple[float, float]]
    targets: list[str]
    bars: list[Bar]
    labels: list[Label]


def chart(months: Sequence[Month]) -> Chart:
    places = [_across(number, len(months)) for number in range(len(months))]
    half = (RIGHT - LEFT) / max(len(months), 1) / 2
    rates = [month.rate for month in months]
    return Chart(
        rates=list(_lines(places, rates)),
        dots=[(x, _up(rate)) for x, rate in zip(places, rates, strict=True) if rate is not None],
        targets=list(_steps(places, [month.target for month in months], half)),
        bars=list(_bars(places, months)),
        labels=[Label(x, month.day) for x, month in zip(places, months, strict=True)],
    )


def _across(number: int, months: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * (number + 0.5) / months, 1)


def _up(share: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)


def _lines(places: Sequence[float], values: Sequence[float | None]) -> Iterator[str]:
    pairs = zip(places, values, strict=True)
    for there, run in groupby(pairs, key=lambda pair: pair[1] is not None):
        if there:
            yield " ".join(f"{x},{_up(value)}" for x, value in run if value is not None)


def _steps(places: Sequence[float], targets: Sequence[float | None], half: float) -> Iterator[str]:
    """A target holds for whole months: a level line over the months of one target."""
    for target, run in groupby(zip(places, targets, strict=True), key=lambda pair: pair[1]):
        if target is not None:
            xs = [x for x, _ in run]
            yield f"{round(xs[0] - half, 1)},{_up(target)} {round(xs[-1] + half, 1)},{_up(target)}"


def _bars(places: Sequence[float], months: Sequence[Month]) -> Iterator[Bar]:
    most = max((month.overdue for month in months), default=0)
    for x, month in zip(places, months, strict=True):
        if month.overdue:
            height = round(BARS * month.overdue / most, 1)
            yield Bar(x, round(BOTTOM - height, 1), height, month.overdue)
