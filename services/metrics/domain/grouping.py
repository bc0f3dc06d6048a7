"""Groups of figures by unit, instrument and more, and what is to be done about a gap."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from shared.contracts.vocabulary import Instrument, Regime
from shared.rules import figures
from shared.rules.figures import Counts


class GroupBy(StrEnum):
    NONE = "none"
    UNIT = "unit"
    LEVEL = "level"
    INSTRUMENT = "instrument"
    REGIME = "regime"
    YEAR = "year"


class View(StrEnum):
    """Whose figure it is: of the unit that led then, or of its successor."""

    ORIGINAL = "original"
    SUCCESSOR = "successor"


class Counted(Protocol):
    @property
    def unit_code(self) -> str: ...
    @property
    def instrument(self) -> Instrument: ...
    @property
    def regime(self) -> Regime: ...
    @property
    def year(self) -> int | None: ...
    @property
    def counts(self) -> Counts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of policies: `key` is None where there is none (the year of policies that never had a window)."""

    key: str | int | None
    label: str
    counts: Counts
    target: float | None
    floor: float | None

    @property
    def target_below_floor(self) -> bool:
        return self.target is not None and self.floor is not None and self.target < self.floor

    def as_dict(self) -> dict[str, Any]:
        """Give the group as the contract names it; rates, target and floor are fractions or null."""
        return {
            "key": self.key,
            "label": self.label,
            **figures_of(self.counts),
            "target": self.target,
            "floor": self.floor,
            "target_below_floor": self.target_below_floor,
        }


_LAST = ("any_statutory_only", "any_verified", "drafts", "drafts_judged", "drafts_plan", "rate_plan_drafts")
_NUMERATORS = (
    "on_time",
    "any_communication",
    "from_start",
    "begun",
    "occurrences_judged",
    "occurrences_covered",
)


def figures_of(counts: Counts) -> dict[str, Any]:
    """Give counts and rates in the order of the contract, without the numerators behind the rates."""
    shown = asdict(counts) | asdict(figures.rates(counts))
    last = {name: shown.pop(name) for name in _LAST}
    plain = {name: value for name, value in shown.items() if name not in _NUMERATORS}
    return {"policies": counts.policies, "judged": counts.judged, **plain, **last}


KeyOf = Callable[[Counted], str | int | None]


def group(
    cells: Iterable[Counted],
    key_of: KeyOf,
    label_of: Callable[[str | int | None], str],
    targets: Mapping[str, float],
    floor: float | None,
) -> list[Group]:
    """Sum cells by key; the groups come in the order of their keys."""
    parts: dict[str | int | None, list[Counts]] = defaultdict(list)
    for cell in cells:
        parts[key_of(cell)].append(cell.counts)
    sums = {key: figures.total(of_key) for key, of_key in parts.items()}
    return [
        Group(key=key, label=label_of(key), counts=sums[key], target=targets.get(str(key)), floor=floor)
        for key in sorted(sums, key=lambda key: (key is None, str(key)))
    ]


def whole(cells: Sequence[Counted], label: str, target: float | None, floor: float | None) -> Group:
    """Sum all cells into one group, also if there are none."""
    counts = figures.total(cell.counts for cell in cells)
    return Group(key=None, label=label, counts=counts, target=target, floor=floor)


LONG_SUSPENSION = timedelta(days=180)


def long_suspended_before(as_of: date) -> date:
    """Give the day before which a suspension must have begun to be long on `as_of`."""
    return as_of - LONG_SUSPENSION
