"""How entries of programmes are looked up in SQL."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, false, func, select

from services.campaigns.adapters.tables import ENTRY
from services.campaigns.application.queries import EntryFilter
from shared.contracts.programme import FOLLOWS
from shared.contracts.vocabulary import ProgrammeKind


def entries(wanted: EntryFilter, limit: int, after: int) -> Select[Any]:
    """Select entries after a position of the log, each with `is_open` (as `Programme.is_open` has it)."""
    return (
        select(ENTRY, _IS_OPEN.label("is_open"))
        .where(ENTRY.c.position > after, *_wanted(wanted))
        .order_by(ENTRY.c.position)
        .limit(limit)
    )


def _open() -> ColumnElement[bool]:
    follow_up = ENTRY.alias("follow_up")
    follows = follow_up.c.of_entry == ENTRY.c.entry_id
    # A follow-up without a quantity settles every finding.
    settled = select(func.coalesce(func.sum(func.coalesce(follow_up.c.quantity, ENTRY.c.quantity)), 0))
    findings_left = settled.where(follows).correlate(ENTRY).scalar_subquery() < ENTRY.c.quantity
    inspected = ENTRY.c.kind == ProgrammeKind.INSPECTION_CONDUCTED
    return case(
        (inspected, func.coalesce(findings_left, false())),
        (ENTRY.c.kind.in_(list(FOLLOWS.values())), ~exists().where(follows).correlate(ENTRY)),
        else_=false(),
    )


_IS_OPEN = _open()


def _wanted(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    for name in ("unit_code", "year", "kind", "draft_code"):
        if (value := getattr(wanted, name)) is not None:
            yield ENTRY.c[name] == value
    if wanted.lead_unit_code is not None:
        yield func.coalesce(ENTRY.c.lead_unit_code, ENTRY.c.unit_code) == wanted.lead_unit_code
    if wanted.is_open:
        yield _IS_OPEN
    if wanted.due_by is not None:
        yield ENTRY.c.due_on <= wanted.due_by
