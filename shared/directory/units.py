"""What is known of one unit, by day, folded from its `unit.*` events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, assert_never

from shared.contracts.registry import (
    UnitAmended,
    UnitDissolved,
    UnitEvent,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitTargetSet,
)
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.rules.piecewise import by_day, holds_on


@dataclass(frozen=True, slots=True)
class Succession:
    """`to_code` carries on what the unit did, from `on`."""

    to_code: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as it was registered, and its dated facts in the order of recording.

    The latest by day holds, whenever it was recorded (of two on one day the one recorded last); what is dated in
    the future doesn't hold yet; before the first of them the registration holds.
    """

    unit_code: str
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    names: tuple[tuple[date, str], ...] = ()
    parents: tuple[tuple[date, str | None], ...] = ()
    ends: tuple[date, ...] = ()
    successions: tuple[Succession, ...] = ()

    def name_on(self, day: date) -> str:
        return holds_on(by_day(self.unit_name, self.names), day) if self.names else self.unit_name

    def parent_on(self, day: date) -> str | None:
        return holds_on(by_day(self.parent_code, self.parents), day) if self.parents else self.parent_code

    @property
    def last_day(self) -> date | None:
        """The last day of the unit: the latest dissolution, else what the registration says."""
        return max(self.ends, default=self.valid_to)

    def valid_on(self, day: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.last_day is None or day <= self.last_day)

    def successors_on(self, day: date) -> tuple[str, ...]:
        """Give the units that carry on for this one by a day, in the order of their codes."""
        return tuple(sorted({succession.to_code for succession in self.successions if succession.on <= day}))


def registered(event: UnitRegistered) -> Unit:
    return Unit(
        unit_code=event.unit_code,
        unit_name=event.unit_name,
        level=event.level,
        kind=event.kind,
        parent_code=event.parent_code,
        valid_from=event.valid_from,
        valid_to=event.valid_to,
    )


AMENDABLE = tuple(n for n in UnitAmended.model_fields if n not in {"unit_code", "cleared", "reason"})


def amended(amendment: Any) -> dict[str, Any]:
    """Give the fields that an amendment (the event, or what has its fields) changes, with their new values."""
    given = {name: getattr(amendment, name) for name in AMENDABLE if getattr(amendment, name) is not None}
    return given | {str(name): None for name in amendment.cleared}


def evolve(unit: Unit, event: UnitEvent) -> Unit:  # noqa: PLR0911  one line an event
    match event:
        case UnitAmended():
            return replace(unit, **_of_directory(amended(event)))
        case UnitRegistered():
            return registered(event)
        case UnitRenamed():
            return replace(unit, names=(*unit.names, (event.on, event.unit_name)))
        case UnitMoved():
            return replace(unit, parents=(*unit.parents, (event.on, event.parent_code)))
        case UnitSucceeded():
            return replace(unit, successions=(*unit.successions, Succession(event.to_code, event.on)))
        case UnitDissolved():
            return replace(unit, ends=(*unit.ends, event.on))
        case UnitTargetSet():
            return unit
        case _:
            assert_never(event)


def _of_directory(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != "province_code"}


def fold(events: Iterable[UnitEvent]) -> Unit | None:
    """Fold the events of one unit; what comes before its registration is left out."""
    unit: Unit | None = None
    for event in events:
        if isinstance(event, UnitRegistered):
            unit = registered(event)
        elif unit is not None:
            unit = evolve(unit, event)
    return unit
