"""The directory's tables in the database of each service: rows from events, what the rules derive from them, and queries."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, Select, Table, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import Recorded
from shared.contracts.event import Event
from shared.contracts.registry import (
    DraftAmended,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRetitled,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftTransferred,
    UnitAmended,
    UnitChangeCancelled,
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
)
from shared.contracts.vocabulary import (
    Dataset,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
    SupervisionKind,
    UnitChange,
    UnitKind,
    UnitLevel,
)
from shared.directory import folds
from shared.directory.folds import (
    CANCELLABLE,
    ENTRIES,
    DatedChange,
    Succession,
    Supervision,
    Unit,
    UnitDirectory,
    UnitsOn,
    amended_draft,
    directory_of,
    entry_of,
)
from shared.directory.tables import DirectoryTables, DraftTables, UnitTables
from shared.directory.unit_tree import UnitTree
from shared.kernel.text_folding import fold
from shared.kernel.transient import TRANSIENT
from shared.persistence.database import insert
from shared.projections.rows import Change, CheckpointTables, Put, Remove, RowChange, write
from shared.rules.facts import DraftFacts, StageEntry, Transfer
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import by_day, periods, stage_periods

Rows = list[RowChange]


def unit_changes(event: Recorded) -> Rows:
    return _UNIT_HANDLERS.get(type(event.data), _nothing)(event, event.data)


def draft_changes(event: Recorded, rules_version: str) -> Rows:
    if isinstance(event.data, DraftRegistered):
        return _draft_registered(event.data, rules_version)
    return _DRAFT_HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _unit_registered(_event: Recorded, data: UnitRegistered) -> Rows:
    return [Put("directory_unit", {"search": _search(data)}, data)]


def _unit_amended(_event: Recorded, data: UnitAmended) -> Rows:
    return [Change("directory_unit", {"unit_code": data.unit_code}, folds.amended_unit(data))]


def _search(data: UnitRegistered | UnitRenamed) -> str:
    return fold(f"{data.unit_code} {data.unit_name}")


def _unit_changed(event: Recorded, data: DatedChange, **more: Any) -> Rows:
    row = {"change_id": event.event_id, "position": event.position, "change": CANCELLABLE[type(data)]}
    return [Put("directory_unit_change", _of_some_changes(data) | row | more, data)]


def _of_some_changes(data: DatedChange) -> dict[str, None]:
    """Leave empty what such a change does not say."""
    names = ("unit_name", "search", "parent_code", "to_code", "supervised_as", "supervisor_code")
    return {name: None for name in names if name not in type(data).model_fields}


def _unit_renamed(event: Recorded, data: UnitRenamed) -> Rows:
    return _unit_changed(event, data, search=_search(data))


def _unit_supervised(event: Recorded, data: UnitSupervisionSet) -> Rows:
    return _unit_changed(event, data, supervised_as=data.kind)


def _unit_change_cancelled(_event: Recorded, data: UnitChangeCancelled) -> Rows:
    return [Remove("directory_unit_change", {"change_id": data.change_id})]


_UNIT_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitRegistered: _unit_registered,
    UnitAmended: _unit_amended,
    UnitRenamed: _unit_renamed,
    UnitMoved: _unit_changed,
    UnitDissolved: _unit_changed,
    UnitSucceeded: _unit_changed,
    UnitSupervisionSet: _unit_supervised,
    UnitChangeCancelled: _unit_change_cancelled,
}


def _draft_registered(data: DraftRegistered, rules_version: str) -> Rows:
    always = {"from_day": date.min, "to_day": date.max}
    lead = {"draft_id": data.draft_id, "unit_code": data.lead_unit_code, **always}
    draft = Put("directory_draft", {"rules_version": rules_version}, data)
    return [draft, Put("directory_draft_lead", lead)]


def _draft(event: Recorded, **values: Any) -> Rows:
    return [Change("directory_draft", {"draft_id": event.ref.id}, values)]


def _policy(event: Recorded, data: DraftPolicyAdded | DraftPolicyAmended) -> Rows:
    return [Put("directory_draft_policy", {"draft_id": event.ref.id}, data)]


def _policy_removed(event: Recorded, data: DraftPolicyRemoved) -> Rows:
    key = {"draft_id": event.ref.id, "policy_no": data.policy_no}
    return [Remove("directory_draft_policy", key)]


def _transferred(event: Recorded, data: DraftTransferred) -> Rows:
    own = {"draft_id": event.ref.id, "unit_code": data.to_unit_code}
    return [Put("directory_draft_transfer", own, data)]


def _entered(event: Recorded, _data: Any) -> Rows:
    entry = entry_of(event)
    return [
        Put(
            "directory_draft_entry",
            {
                "entry_id": entry.entry_id,
                "draft_id": event.ref.id,
                "stage": entry.stage,
                "entered_on": entry.entered_on,
                "precision": entry.precision,
                "resumed": entry.resumed,
            },
        )
    ]


def _corrected(_event: Recorded, data: DraftStageCorrected) -> Rows:
    values = {"stage": data.stage, "entered_on": data.entered_on, "precision": data.precision}
    return [Change("directory_draft_entry", {"entry_id": data.entry_id}, values)]


def _cancelled(_event: Recorded, data: DraftStageCancelled) -> Rows:
    return [Remove("directory_draft_entry", {"entry_id": data.entry_id})]


def _amended(event: Recorded, data: DraftAmended) -> Rows:
    """Change what the directory holds of it; a number, an outcome or a source alone changes no row here."""
    held = {name: value for name, value in amended_draft(data).items() if name in ("instrument", "regime")}
    return _draft(event, **held) if held else []


_DRAFT_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    DraftAmended: _amended,
    DraftRetitled: lambda event, data: _draft(event, title=data.title),
    DraftProcedureDecided: lambda event, data: _draft(event, procedure=data.procedure),
    DraftPolicyAdded: _policy,
    DraftPolicyAmended: _policy,
    DraftPolicyRemoved: _policy_removed,
    DraftTransferred: _transferred,
    **dict.fromkeys(ENTRIES, _entered),
    DraftStageCorrected: _corrected,
    DraftStageCancelled: _cancelled,
}
_USED: tuple[type[Event], ...] = (DraftRegistered, *_UNIT_HANDLERS, *_DRAFT_HANDLERS)
USED = frozenset((model.context, model.name) for model in _USED)
"""The types of events, by context and name, that become rows of the directory."""
AT_ONCE = 500  # drafts
MOVES_STAGES = (*ENTRIES, DraftStageCorrected, DraftStageCancelled, DraftProcedureDecided, DraftAmended)


async def derive(
    connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook, events: Sequence[Recorded]
) -> None:
    """Derive what a batch of events changes, once for each draft; its facts are written already."""
    moves = (*MOVES_STAGES, DraftTransferred) if rulebook.local else MOVES_STAGES  # another unit, other rules
    if moved := {event.ref.id for event in events if isinstance(event.data, moves)}:
        await _derive_stages(connection, tables, rulebook, moved)
    if transferred := {event.ref.id for event in events if isinstance(event.data, DraftTransferred)}:
        await _derive_leads(connection, tables, transferred)


async def derive_again(connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook) -> None:
    """Derive what was derived by other rules."""
    version = tables.draft.c.rules_version
    outdated = select(tables.draft.c.draft_id).where(version != rulebook.version).limit(AT_ONCE)
    while drafts := list((await connection.execute(outdated)).scalars()):
        await _derive_stages(connection, tables, rulebook, drafts)
        these = update(tables.draft).where(tables.draft.c.draft_id.in_(drafts))
        await connection.execute(these.values(rules_version=rulebook.version))


async def _derive_stages(
    connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook, drafts: Collection[UUID]
) -> None:
    rows_read = (await connection.execute(_facts(tables, drafts))).mappings().all()
    transfers = await _transfers(connection, tables, drafts) if rulebook.local else {}
    rows = [
        {"draft_id": facts.draft_id, **period._asdict()}
        for facts in _facts_of(rows_read, transfers)
        for period in stage_periods(facts, rulebook)
    ]
    await connection.execute(delete(tables.stage).where(tables.stage.c.draft_id.in_(drafts)))
    await insert(connection, tables.stage, rows)


def _facts(tables: DraftTables, drafts: Collection[UUID]) -> Select[Any]:
    draft, entry = tables.draft.c, tables.entry.c
    of_draft = (draft.draft_id, draft.instrument, draft.regime, draft.procedure, draft.lead_unit_code)
    of_entry = (entry.entry_id, entry.stage, entry.entered_on, entry.precision, entry.resumed)
    query = select(*of_draft, *of_entry).join(tables.entry, entry.draft_id == draft.draft_id)
    return query.where(draft.draft_id.in_(drafts))


Transfers = Mapping[UUID, Sequence[Transfer]]


async def _transfers(connection: AsyncConnection, tables: DraftTables, drafts: Collection[UUID]) -> Transfers:
    """Read who leads drafts from which day on: the rules of a draft are those of its unit's area."""
    transfer = tables.transfer.c
    query = select(transfer.draft_id, transfer.unit_code, transfer.on).where(transfer.draft_id.in_(drafts))
    of: dict[UUID, list[Transfer]] = defaultdict(list)
    for draft_id, unit_code, on in await connection.execute(query):
        of[draft_id].append(Transfer(on=on, unit_code=unit_code))
    return of


def _facts_of(rows: Iterable[Mapping[Any, Any]], transfers: Transfers) -> Iterable[DraftFacts]:
    by_draft: dict[UUID, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        by_draft[row["draft_id"]].append(row)
    for draft_id, of_draft in by_draft.items():
        first = of_draft[0]
        yield DraftFacts(
            draft_id=draft_id,
            instrument=Instrument(first["instrument"]),
            regime=Regime(first["regime"]),
            procedure=Procedure(first["procedure"]),
            lead_unit_code=first["lead_unit_code"],
            entries=tuple(entry_of_row(row) for row in of_draft),
            transfers=tuple(transfers.get(draft_id, ())),
        )


def entry_of_row(row: Mapping[Any, Any]) -> StageEntry:
    return StageEntry(
        entry_id=row["entry_id"],
        stage=Stage(row["stage"]),
        entered_on=row["entered_on"],
        precision=Precision(row["precision"]),
        resumed=row["resumed"],
    )


async def _derive_leads(connection: AsyncConnection, tables: DraftTables, drafts: Collection[UUID]) -> None:
    draft, transfer = tables.draft.c, tables.transfer.c
    query = (
        select(draft.draft_id, draft.lead_unit_code, transfer.on, transfer.unit_code)
        .join(tables.transfer, transfer.draft_id == draft.draft_id)
        .where(draft.draft_id.in_(drafts))
    )
    first: dict[UUID, str] = {}
    changes: dict[UUID, list[tuple[Any, str]]] = defaultdict(list)
    for draft_id, lead, on, unit_code in await connection.execute(query):
        first[draft_id] = lead
        changes[draft_id].append((on, unit_code))
    rows = [
        {"draft_id": draft_id, "from_day": from_day, "to_day": to_day, "unit_code": unit_code}
        for draft_id, lead in first.items()
        for from_day, to_day, unit_code in periods(by_day(lead, changes[draft_id]))
    ]
    await connection.execute(delete(tables.lead).where(tables.lead.c.draft_id.in_(first)))
    await insert(connection, tables.lead, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryProjection:
    """`changes` gives what an event means for the service's own rows; `own` are their tables.

    Local rules of `rulebook` hold by the units of the same transaction. `handled` are the events that `changes` makes rows of; None: any of its contexts.
    """

    name: str
    contexts: frozenset[str]
    metadata: MetaData
    directory: DirectoryTables
    own: Sequence[Table]
    changes: Callable[[Recorded], Iterable[RowChange]]
    rulebook: Rulebook
    engine: AsyncEngine
    handled: frozenset[type[Event]] | None = None

    @property
    def tables(self) -> Sequence[Table]:
        return *self.directory.all, *self.own

    def uses(self, context: str, name: str) -> bool:
        if self.handled is None or (context, name) in USED:
            return True
        return any((model.context, model.name) == (context, name) for model in self.handled)

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await write(connection, self.metadata, chain.from_iterable(map(self._changes, events)))
        if not any(event.ref.context in ("unit", "draft") for event in events):
            return
        rulebook = await among_units(connection, self.rulebook, self.directory.units)
        if rulebook.local and any(event.ref.context == "unit" for event in events):
            await connection.execute(update(self.directory.drafts.draft).values(rules_version=""))
            await derive_again(connection, self.directory.drafts, rulebook)
        await derive(connection, self.directory.drafts, rulebook, events)

    def _changes(self, event: Recorded) -> Iterator[RowChange]:
        match event.ref.context:
            case "unit":
                yield from unit_changes(event)
            case "draft":
                yield from draft_changes(event, self.rulebook.version)
            case _:
                pass
        yield from self.changes(event)

    async def began(self) -> None:
        """Derive again what was derived by other rules, all or nothing."""
        async with self.engine.begin() as connection:
            rulebook = await among_units(connection, self.rulebook, self.directory.units)
            await derive_again(connection, self.directory.drafts, rulebook)

    async def caught_up(self) -> None:
        """Nothing follows from being up to date."""


@dataclass(slots=True)
class ProjectedUnits:
    """All units as the service projects them, for questions of rights; read again when the read model has moved on."""

    engine: AsyncEngine
    tables: UnitTables
    checkpoints: CheckpointTables
    _kept: tuple[object, UnitsOn] | None = None

    async def on(self, day: date) -> UnitsOn:
        async with self.engine.connect() as connection:
            # The checkpoint is read first: what is kept may be newer than it, never older.
            version = day, *(await connection.execute(select(self.checkpoints.checkpoint))).all()
            if self._kept is None or self._kept[0] != version:
                self._kept = version, (await unit_directory(connection, self.tables)).on(day)
            return self._kept[1]

    async def carried_on_by(self, unit_code: str, day: date) -> frozenset[str]:
        async with self.engine.connect() as connection:
            return await carried_on_by(connection, self.tables, unit_code, day)


READ_AGAIN_SECONDS = 1.0


class LocalRules:
    """The rules of a process among the units as they are projected, whichever replica projects them.

    Without local rules nothing is read. With some, `run` follows the units; what a form or an answer derives is at most
    `READ_AGAIN_SECONDS` behind the read model.
    """

    def __init__(
        self, engine: AsyncEngine, tables: UnitTables, checkpoints: CheckpointTables, rulebook: Rulebook
    ) -> None:
        self._engine, self._tables, self._checkpoints = engine, tables, checkpoints
        self._tree = UnitTree()
        self._read: object = None
        self.rulebook = rulebook.within(self._tree.lineage)

    @property
    def background(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """Give what has to run beside the service."""
        return [self.run] if self.rulebook.local else []

    async def run(self) -> None:
        while True:
            with suppress(*TRANSIENT):
                await self.read()
            await asyncio.sleep(READ_AGAIN_SECONDS)

    async def read(self) -> None:
        """Take over the units if the read model has moved on."""
        async with self._engine.connect() as connection:
            version = (await connection.execute(select(self._checkpoints.checkpoint))).all()
            if version != self._read:
                self._tree.update(await unit_directory(connection, self._tables))
                self._read = version


async def among_units(connection: AsyncConnection, rulebook: Rulebook, tables: UnitTables) -> Rulebook:
    """Give the rules with the units as a transaction sees them, if some of them are local."""
    if not rulebook.local:
        return rulebook
    return rulebook.within(UnitTree(await unit_directory(connection, tables)).lineage)


async def unit_directory(
    connection: AsyncConnection, tables: UnitTables, codes: Collection[str] | None = None
) -> UnitDirectory:
    """Read all units, or those of some codes alone."""
    changes: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in await connection.execute(_of(tables.change, codes).order_by(tables.change.c.position)):
        changes[row.unit_code][row.change].append(row)
    units = await connection.execute(_of(tables.unit, codes))
    return directory_of(_unit(row, changes[row.unit_code]) for row in units)


def _unit(row: Any, changes: Mapping[str, Sequence[Any]]) -> Unit:
    """Put a unit together; its changes stand by their kind, in the order of recording."""

    def of(kind: UnitChange) -> Sequence[Any]:
        return changes.get(kind, ())

    return Unit(
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        level=UnitLevel(row.level),
        kind=UnitKind(row.kind),
        parent_code=row.parent_code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        dataset=Dataset(row.dataset),
        names=tuple((each.on, each.unit_name) for each in of(UnitChange.RENAMED)),
        parents=tuple((each.on, each.parent_code) for each in of(UnitChange.MOVED)),
        ends=tuple(each.on for each in of(UnitChange.DISSOLVED)),
        successions=tuple(Succession(each.to_code, each.on) for each in of(UnitChange.SUCCEEDED)),
        supervisions=tuple(
            Supervision(SupervisionKind(each.supervised_as), each.supervisor_code, each.on)
            for each in of(UnitChange.SUPERVISION_SET)
        ),
    )


async def units_carrying_on(
    connection: AsyncConnection, tables: UnitTables, codes: Collection[str]
) -> UnitDirectory:
    """Read units of which some others carry on, with these, as far as their successions lead; none where nothing is carried on."""
    change, units, wanted = tables.change.c, dict[str, Unit](), set(codes)
    while wanted:
        query = (
            select(change.unit_code)
            .distinct()
            .where(change.unit_code.in_(wanted), change.to_code.is_not(None))
        )
        left = set(await connection.scalars(query))
        rows = (await unit_directory(connection, tables, left)).units if left else {}
        units |= rows
        wanted = {each.to_code for row in rows.values() for each in row.successions} - units.keys()
    return UnitDirectory(units)


async def carried_on_by(
    connection: AsyncConnection, tables: UnitTables, unit_code: str, day: date
) -> frozenset[str]:
    """Give the units for which one carries on by a day: `UnitsOn.predecessors`, of those whose successions may lead to it."""
    change, former, wanted = tables.change.c, set[str](), {unit_code}
    while wanted:
        query = select(change.unit_code).distinct().where(change.to_code.in_(wanted))
        wanted = set(await connection.scalars(query)) - former
        former |= wanted
    if not former:
        return frozenset()
    units = await units_carrying_on(connection, tables, former)
    return frozenset(units.on(day).predecessors(unit_code))


async def with_unit_names(
    connection: AsyncConnection, tables: UnitTables, rows: Sequence[Mapping[str, Any]], day: date
) -> list[dict[str, Any]]:
    """Add to each row the name that its `unit_code` has on a day, as `unit_name`."""
    codes = {row["unit_code"] for row in rows}
    units = (await unit_directory(connection, tables, codes)).on(day)
    return [{**row, "unit_name": units.name(row["unit_code"])} for row in rows]


def _of(table: Table, codes: Iterable[str] | None) -> Select[Any]:
    query = select(table)
    return query if codes is None else query.where(table.c.unit_code.in_(codes))


def leads_on(tables: DraftTables, day: Any) -> ColumnElement[bool]:
    """Ask for the row of `lead` that holds on a day."""
    return and_(tables.lead.c.from_day <= day, tables.lead.c.to_day > day)


def stands_on(tables: DraftTables, day: date) -> ColumnElement[bool]:
    """Ask for the row of `stage` that holds on a day; there is none before the first."""
    exited_on = tables.stage.c.exited_on
    return and_(tables.stage.c.entered_on <= day, or_(exited_on.is_(None), exited_on > day))
