"""Of which data a question is: live, sample and exercise data never stand in one figure, list or report.

A question may name a data set (`dataset=`), and somebody in training asks about the exercise. Else it is about live data; as
long as an installation has none, neither unit nor draft, it is about all that is there, which bears its banners.
"""

from collections.abc import Collection, Hashable
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, Table, bindparam, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.vocabulary import Dataset

NAMED: ContextVar[Dataset | None] = ContextVar("dataset", default=None)
"""What the present request names; every request begins with none."""


async def asked(connection: AsyncConnection, unit: Table, draft: Table) -> Dataset | None:
    """Give the data set that a question is about; None: about all that is there, nothing of which is live.

    The tables have a column `dataset`; they are read as the connection reads them.
    """
    if (dataset := NAMED.get()) is not None:
        return dataset
    query = select(_is_there(Dataset.LIVE, unit, draft))
    return Dataset.LIVE if (await connection.execute(query)).scalar_one() else None


def asked_of(there: Collection[Dataset]) -> Dataset | None:
    """Give the data set that a question is about where these are there; None: about all of them."""
    if (dataset := NAMED.get()) is not None:
        return dataset
    return Dataset.LIVE if Dataset.LIVE in there else None


async def present(connection: AsyncConnection, unit: Table, draft: Table) -> frozenset[Dataset]:
    """Give the data sets of which there is a unit or a draft."""
    row = (await connection.execute(select(*(_is_there(each, unit, draft) for each in Dataset)))).one()
    return frozenset(each for each, is_there in zip(Dataset, row, strict=True) if is_there)


def _is_there(dataset: Dataset, unit: Table, draft: Table) -> ColumnElement[bool]:
    """The value stands in the statement: PostgreSQL plans one with a parameter as if it were in any row, and reads all that lack it."""
    value = bindparam(None, dataset, String, literal_execute=True)
    return or_(*(exists().where(table.c.dataset == value) for table in (draft, unit)))


@dataclass(slots=True)
class PresentOnce:
    """Asks as `present` does, once for all questions of one state of the log: what is there changes with events alone."""

    _last: tuple[Hashable, frozenset[Dataset]] | None = None

    async def present(
        self, connection: AsyncConnection, unit: Table, draft: Table, state: Hashable
    ) -> frozenset[Dataset]:
        """`state` is what of the log is in the rows that the connection reads."""
        if self._last is None or self._last[0] != state:
            self._last = state, await present(connection, unit, draft)
        return self._last[1]


def of(column: ColumnElement[str], dataset: Dataset | None) -> ColumnElement[bool]:
    """Select the rows of a data set; None: all."""
    return true() if dataset is None else column == dataset
