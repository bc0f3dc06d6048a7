"""Views of a unit: read from the log, with everything that was recorded of it since."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import BaseModel

from services.registry.adapters.read_model import as_of
from services.registry.adapters.rule_views import finding_views
from services.registry.adapters.views import UnitItem
from services.registry.domain.unit import Unit
from shared.contracts.registry import Notes, UnitAmended, UnitDissolved, UnitSucceeded, UnitTargetSet
from shared.contracts.vocabulary import SuccessionKind
from shared.eventstore.port import Version
from shared.http.rule_views import FindingView
from shared.rules.findings import Finding


class SuccessionItem(BaseModel):
    """What becomes of the unit on a day; without `to_code` it ends without a successor."""

    to_code: str | None = None
    kind: SuccessionKind | None = None
    date: date
    legal_basis: str | None
    source: str | None
    notes: Notes


class TargetItem(BaseModel):
    """The unit's own target for a reporting year, in percent; the last one recorded holds."""

    year: int
    target_percent: float
    document: str | None
    notes: Notes


class UnitView(UnitItem):
    """A unit as it stands; successions and targets in the order in which they were recorded."""

    notes: Notes
    successions: list[SuccessionItem]
    targets: list[TargetItem]
    amendments: list[UnitAmended]
    version: int
    findings: list[FindingView]


def unit_view(unit: Unit, version: Version, today: date, findings: Iterable[Finding] = ()) -> UnitView:
    shown = {
        **unit.described.model_dump(),
        **as_of(unit.by_day, today),
        "notes": unit.described.notes or {},
    }
    return UnitView(
        **shown,
        successions=list(_successions(unit.changes)),
        amendments=[c for c in unit.changes if isinstance(c, UnitAmended)],
        targets=[_target(change) for change in unit.changes if isinstance(change, UnitTargetSet)],
        version=version.count,
        findings=finding_views(findings),
    )


def unit_record(unit: Unit, version: Version, today: date) -> UnitView:
    """Show a unit for an export: `valid_to` is the registered one, since dissolutions stand in `successions`."""
    return unit_view(unit, version, today).model_copy(update={"valid_to": unit.described.valid_to})


def _successions(changes: Iterable[Any]) -> Iterable[SuccessionItem]:
    for change in changes:
        if isinstance(change, UnitSucceeded | UnitDissolved):
            yield SuccessionItem(
                **change.model_dump(exclude={"unit_code", "notes"}), date=change.on, notes=change.notes or {}
            )


def _target(change: UnitTargetSet) -> TargetItem:
    return TargetItem(**change.model_dump(exclude={"unit_code", "notes"}), notes=change.notes or {})
