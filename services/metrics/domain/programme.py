"""The programme of units in the eight groups of Decision 407's carrying out: entries by kind and state, and figures beside them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from uuid import UUID

from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.rules.counts import Published
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.programme.kinds import KINDS
from shared.rules.programme.states import (
    ENDED,
    EntryFact,
    EntryStatus,
    Standing,
    SuccessorOn,
    itself,
    standings,
)

Kind = ProgrammeKind
Number = int | float | None
DECEMBER = 12
UNKNOWN_LEVEL = "unknown"
SHOWN: Mapping[ProgrammeGroup, tuple[Kind, ...]] = MappingProxyType(
    {
        group: tuple(
            kind
            for kind, spec in KINDS.items()
            if spec.group is group and (not spec.follows or spec.has_state)
        )
        for group in ProgrammeGroup
    }
)
"""The kinds that are counted: entries of their own, and findings."""
_OBSTACLE_STEPS = {
    "received": Kind.OBSTACLE_RECEIVED,
    "forwarded": Kind.OBSTACLE_FORWARDED,
    "decided": Kind.OBSTACLE_DECIDED,
    "answered": Kind.OBSTACLE_ANSWERED,
}


@dataclass(frozen=True, slots=True)
class ProgrammeEntryRow:
    """An entry of the programme of `year`; `amount` is in đồng, `examined` counts the documents that were looked at."""

    fact: EntryFact
    year: int
    amount: int | None
    dataset: Dataset
    examined: int | None = None
    title: str | None = None
    entry_ref: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFigures:
    """Entries of a kind that are not cancelled, with the sums of what they say; None where nobody said it.

    `states` counts those that owe something, and cancelled ones, by state.
    """

    kind: Kind
    entries: int
    quantity: int | None
    amount: int | None
    states: Mapping[EntryStatus, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """One of the eight groups; `figures` are those that only it has."""

    group: ProgrammeGroup
    kinds: Sequence[KindFigures]
    figures: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures:
    """How many units have a plan and have reported; in time: by a due day that the report names."""

    units: Collection[str]
    with_plan: frozenset[str]
    reported: frozenset[str]
    in_time: frozenset[str]
    without_due: frozenset[str]


@dataclass(frozen=True, slots=True)
class EntriesOn:
    """The entries of one programme year on a day, with open obstacles of the years before it."""

    rows: Sequence[ProgrammeEntryRow]
    stand: Mapping[UUID, Standing]
    year: int

    @classmethod
    def on(
        cls,
        rows: Iterable[ProgrammeEntryRow],
        as_of: date,
        year: int,
        successor_on: SuccessorOn = itself,
    ) -> "EntriesOn":
        """Take the entries that exist on a day; `rows` are whole programmes, those of obstacles of earlier years too."""
        listed = list(rows)
        stand = standings((row.fact for row in listed), as_of, successor_on)
        earlier = (row.fact for row in listed if row.year < year)
        before = standings(earlier, min(as_of, date(year - 1, DECEMBER, 31)))
        present = [row for row in listed if row.fact.entry_id in stand]
        wanted = [row for row in present if row.year == year or _is_carried_over(row, before)]
        return cls(wanted, stand, year)

    def of(self, kind: Kind) -> list[ProgrammeEntryRow]:
        return [row for row in self.rows if row.fact.kind is kind]

    def holding(self, kind: Kind) -> list[ProgrammeEntryRow]:
        return [row for row in self.of(kind) if self.status(row) is not EntryStatus.CANCELLED]

    def status(self, row: ProgrammeEntryRow) -> EntryStatus | None:
        return self.stand[row.fact.entry_id].status

    def steps(self, row: ProgrammeEntryRow) -> Sequence[EntryFact]:
        return self.stand[row.fact.entry_id].steps


def _is_carried_over(row: ProgrammeEntryRow, before: Mapping[UUID, Standing]) -> bool:
    standing = before.get(row.fact.entry_id)
    waiting = standing is not None and standing.status is not None and standing.status not in ENDED
    return row.fact.kind is Kind.OBSTACLE_RAISED and waiting


LevelOf = Callable[[str], str | None]


def obstacles_of(entries: EntriesOn, first: date, last: date) -> list[ProgrammeEntryRow]:
    """Give the obstacles that waited on some day of a period, by their days: raised until its end, not decided before it."""
    waiting = (
        row
        for row in entries.holding(Kind.OBSTACLE_RAISED)
        if entries.stand[row.fact.entry_id].fact.day <= last
        and (entries.stand[row.fact.entry_id].done_on or date.max) >= first
    )
    return sorted(waiting, key=lambda row: (entries.stand[row.fact.entry_id].fact.day, row.fact.position))


def groups_of(
    entries: EntriesOn, activities: Published, of_drafts: Mapping[str, Number], level_of: LevelOf
) -> list[GroupFigures]:
    """Give the eight groups in their order; `of_drafts` are the figures of the drafts that the units lead.

    `level_of` gives the level of a unit: findings are counted by that of who is to mend them.
    """
    more: Mapping[ProgrammeGroup, Mapping[str, Number]] = {
        ProgrammeGroup.ADVICE: _obstacles(entries),
        ProgrammeGroup.DRAFTING: of_drafts,
        ProgrammeGroup.INSPECTION: _inspections(entries, level_of),
        ProgrammeGroup.CONTENT: _content(activities),
        ProgrammeGroup.FORMS: _forms(activities),
        ProgrammeGroup.RESOURCES: _resources(activities),
    }
    return [
        GroupFigures(
            group=group,
            kinds=[_of_kind(entries, kind) for kind in SHOWN[group]],
            figures=more.get(group, {}),
        )
        for group in ProgrammeGroup
    ]


def units_of(entries: EntriesOn, units: Collection[str]) -> UnitFigures:
    """Count units by their plan and reports of the year."""
    reports = entries.holding(Kind.REPORT_SUBMITTED)
    dated = [row for row in reports if row.fact.due_on is not None]
    in_time = [row for row in dated if entries.status(row) is EntryStatus.DONE]
    late = [row for row in dated if entries.status(row) is EntryStatus.DONE_LATE]
    reported = _units(reports, units)
    return UnitFigures(
        units=units,
        with_plan=_units(entries.holding(Kind.PLAN_ADOPTED), units),
        reported=reported,
        in_time=_units(in_time, units) - _units(late, units),
        without_due=reported - _units(dated, units),
    )


def _units(rows: Iterable[ProgrammeEntryRow], units: Collection[str]) -> frozenset[str]:
    return frozenset(row.fact.unit_code for row in rows if row.fact.unit_code in units)


def _of_kind(entries: EntriesOn, kind: Kind) -> KindFigures:
    holding = entries.holding(kind)
    states = Counter(status for row in entries.of(kind) if (status := entries.status(row)) is not None)
    shown = EntryStatus if KINDS[kind].has_state else (EntryStatus.CANCELLED,)
    return KindFigures(
        kind=kind,
        entries=len(holding),
        quantity=_sum(row.fact.quantity for row in holding),
        amount=_sum(row.amount for row in holding),
        states={status: states[status] for status in shown},
    )


def _sum(values: Iterable[int | None]) -> int | None:
    given = [value for value in values if value is not None]
    return sum(given) if given else None


def _obstacles(entries: EntriesOn) -> Mapping[str, Number]:
    obstacles = entries.holding(Kind.OBSTACLE_RAISED)
    with_step = {
        name: sum(any(step.kind is kind for step in entries.steps(row)) for row in obstacles)
        for name, kind in _OBSTACLE_STEPS.items()
    }
    carried = sum(row.year != entries.year for row in obstacles)
    return {"obstacles_carried_over": carried} | {f"obstacles_{n}": count for n, count in with_step.items()}


def _inspections(entries: EntriesOn, level_of: LevelOf) -> Mapping[str, Number]:
    inspections = entries.holding(Kind.INSPECTION_CONDUCTED)
    of_inspections = [entries.stand[row.fact.entry_id] for row in inspections]
    by_level: Counter[str] = Counter()
    for standing in of_inspections:
        by_level.update(_findings_by_level(standing, level_of))
    received = sum(
        any(step.kind is Kind.REPORT_RECEIVED for step in entries.steps(row))
        for row in entries.holding(Kind.REPORT_SUBMITTED)
    )
    return {
        "units_inspected": len({row.fact.performer for row in inspections}),
        "examined": _sum(row.examined for row in inspections),
        "findings": sum(standing.findings or 0 for standing in of_inspections),
        **{f"findings_{level}": number for level, number in sorted(by_level.items())},
        "findings_mended": sum(standing.mended or 0 for standing in of_inspections),
        "reports_received": received,
    }


def _findings_by_level(standing: Standing, level_of: LevelOf) -> Counter[str]:
    """Count the findings of an inspection by the level of who is to mend them; what nobody recorded is the inspected unit's."""
    counted: Counter[str] = Counter()
    for finding in standing.steps:
        if finding.kind is Kind.FINDING_RECORDED:
            number = 1 if finding.quantity is None else finding.quantity
            counted[level_of(finding.performer) or UNKNOWN_LEVEL] += number
    left = (standing.findings or 0) - counted.total()
    if left > 0:
        counted[level_of(standing.fact.performer) or UNKNOWN_LEVEL] += left
    return counted


def _content(activities: Published) -> Mapping[str, Number]:
    count, complete = activities.activities, activities.complete
    return {
        "activities": count,
        "activities_complete": complete,
        "share_complete": complete / count if count else None,
        "activities_verified": activities.verified,
    }


def _forms(activities: Published) -> Mapping[str, Number]:
    return {
        "activities": activities.activities,
        "items": activities.items,
        "attendance": activities.sums["attendance"],
    }


def _resources(activities: Published) -> Mapping[str, Number]:
    return {
        "cost_social": activities.sums["cost_social"],
        "cost_social_recorded": activities.recorded["cost_social"],
    }
