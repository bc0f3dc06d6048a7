"""Rows of entries of programmes as they stand after corrections, in a table named `programme_entry` of any service."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.programme import (
    CONTENT,
    ProgrammeEntry,
    ProgrammeEntryCancelled,
    ProgrammeEntryCorrected,
)
from shared.contracts.vocabulary import ProgrammeKind, ReportPeriod
from shared.projections.rows import Change, Put, RowChange
from shared.rules.programme.facts import cancelled_from
from shared.rules.programme.states import EntryFact

TABLE = "programme_entry"
OF_FACT = tuple(name for name in EntryFact.__dataclass_fields__ if name != "day")
"""The columns that the rules ask for: a table has them all."""


def entry_changes(event: Recorded, data: ProgrammeEntry, columns: Collection[str]) -> Iterator[RowChange]:
    """Give the row of an event, and what it changes in that of the entry which it corrects or cancels.

    `columns` are those of the table. No rule is applied here: where an entry stands follows when it is read.
    """
    own = {"kind": data.name, "position": event.position, "corrected": False, "cancelled_from": None}
    own |= {name: getattr(data, name, None) for name in ("of_entry", "percent", "reason")}
    yield Put(TABLE, {name: value for name, value in own.items() if name in columns}, data)
    match data:
        case ProgrammeEntryCorrected():
            content = {name: getattr(data, name) for name in CONTENT} | {"corrected": True}
            kept = {name: value for name, value in content.items() if name in columns}
            yield Change(TABLE, {"entry_id": data.of_entry}, kept)
        case ProgrammeEntryCancelled():
            yield Change(TABLE, {"entry_id": data.of_entry}, {"cancelled_from": cancelled_from(data)})
        case _:
            pass


def fact_of(row: Mapping[Any, Any]) -> EntryFact:
    given = {name: row[name] for name in OF_FACT}
    typed = {
        "kind": ProgrammeKind(row["kind"]),
        "coordinating_unit_codes": tuple(row["coordinating_unit_codes"] or ()),
        "report_period": ReportPeriod(row["report_period"]) if row["report_period"] else None,
    }
    return EntryFact(**given | typed)
