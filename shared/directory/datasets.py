"""Of which data a question is: live, sample and exercise data never stand in one figure, list or report.

A question may name a data set (`dataset=`), and somebody in training asks about the exercise. Else it is about live data; as
long as an installation has none, neither unit nor draft, it is about all that is there, which bears its banners.
"""

from collections.abc import Hashable
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, exists, or_, select, true
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
    is_live = or_(*(exists().where(table.c.dataset == Dataset.LIVE) for table in (draft, unit)))
    return Dataset.LIVE if (await connection.execute(select(is_live))).scalar_one() else None


@dataclass(slots=True)
class AskedOnce:
    """Asks as `asked` does, once for all questions of one state of the log: what is live changes with events alone."""

    _last: tuple[Hashable, Dataset | None] | None = None

    async def asked(
        self, connection: AsyncConnection, unit: Table, draft: Table, state: Hashable
    ) -> Dataset | None:
        """`state` is what of the log is in the rows that the connection reads."""
        if NAMED.get() is not None:
            return NAMED.get()
        if self._last is None or self._last[0] != state:
            self._last = state, await asked(connection, unit, draft)
        return self._last[1]


def of(column: ColumnElement[str], dataset: Dataset | None) -> ColumnElement[bool]:
    """Select the rows of a data set; None: all."""
    return true() if dataset is None else column == dataset
