"""Counts of one day and period kept in memory, and brought up to date by the drafts that changed since: no scan of all drafts.

What superseded rows say of a draft as it was known at a position is what it counted for then: that is taken off, and what it
counts for now is added. So it is exact at every position, and the cost goes by the changes, not by the number of drafts.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history.versions import OPTION
from services.metrics.adapters.tables import DRAFT
from services.metrics.application.ports import Cell
from shared.contracts.vocabulary import Dataset
from shared.rules.figures import NOTHING, Period, counts_of, numbers

MOST_CHANGED = 500  # drafts; beyond it all are read again
MOST_CELLS = 40_000  # of all days and periods together, some 20 MB; the ones asked for least recently go
Question = tuple[date, Period | None, Dataset | None]
Read = Callable[[Collection[UUID] | None], Awaitable[Iterable[Cell]]]
"""Reads the cells of some drafts, or of all."""

# Rows that follow from other rules move no position: whoever starts with other rules asks for a rebuild, which makes other
# tables. Rows that follow from local rules change with the units, without one: no cells are kept then.
_TABLES = text("""
SELECT CAST(CAST('policy_interval' AS regclass) AS oid)
WHERE NOT EXISTS (SELECT FROM projection_checkpoint WHERE projection = :rebuild)
""")
_KEY = attrgetter("unit_code", "instrument", "regime", "year", "dataset")


@dataclass(frozen=True, slots=True)
class _Standing:
    tables: int
    position: int
    cells: Mapping[Any, Cell]


@dataclass(slots=True)
class StandingCells:
    """`rebuild` is the checkpoint that asks for a rebuild of the rows."""

    rebuild: str
    _standing: OrderedDict[Question, _Standing] = field(default_factory=OrderedDict)

    async def of(
        self, connection: AsyncConnection, position: int, question: Question, read: Read
    ) -> list[Cell]:
        """Give the cells of a snapshot at a position; `read` reads its rows."""
        tables = (await connection.execute(_TABLES, {"rebuild": self.rebuild})).scalar()
        if tables is None:
            return list(await read(None))
        before = self._standing.get(question)
        if before is None or before.tables != tables or before.position > position:
            return self._kept(question, _Standing(tables, position, _joined(await read(None))))
        query = select(DRAFT.c.draft_id).where(DRAFT.c.position > before.position).limit(MOST_CHANGED + 1)
        changed = (await connection.execute(query)).scalars().all()
        if len(changed) > MOST_CHANGED:
            return self._kept(question, _Standing(tables, position, _joined(await read(None))))
        cells = before.cells
        if changed:
            now = await read(changed)
            await connection.execution_options(**{OPTION: before.position})
            then = await read(changed)
            await connection.execution_options(**{OPTION: None})
            cells = _changed(cells, now, then)
        return self._kept(question, _Standing(tables, position, cells))

    def _kept(self, question: Question, standing: _Standing) -> list[Cell]:
        last = self._standing.get(question)
        if last is None or last.tables != standing.tables or last.position <= standing.position:
            self._standing[question] = standing
            self._standing.move_to_end(question)
        while len(self._standing) > 1 and sum(len(of.cells) for of in self._standing.values()) > MOST_CELLS:
            self._standing.popitem(last=False)
        return list(standing.cells.values())


def _joined(cells: Iterable[Cell]) -> Mapping[Any, Cell]:
    return _changed({}, cells, ())


def _changed(before: Mapping[Any, Cell], added: Iterable[Cell], taken: Iterable[Cell]) -> Mapping[Any, Cell]:
    """Add some cells and take others off; what counts nothing any more goes."""
    sums: dict[Any, list[int]] = {}
    examples: dict[Any, Cell] = {}
    for sign, cells in ((1, added), (-1, taken)):
        for cell in cells:
            key = _KEY(cell)
            examples[key] = cell
            own = sums.setdefault(key, list(numbers(before[key].counts if key in before else NOTHING)))
            for place, number in enumerate(numbers(cell.counts)):
                own[place] += sign * number
    made = dict(before)
    for key, these in sums.items():
        if any(these):
            made[key] = replace(examples[key], counts=counts_of(these))
        else:
            made.pop(key, None)
    return made
