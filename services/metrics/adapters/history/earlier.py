"""Answers any question as known at a position of the log: in its statements each table stands for what it had then.

A table is then its own rows that were known at the position, and the superseded ones that were. Statements need not
know: a common table expression with the table's name precedes them, which PostgreSQL takes in the table's place.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.event import contains, listen
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters.tables import KEPT, RECORDED_DAY, SUPERSEDED
from services.metrics.application.ports import KnownAt

OPTION = "as_known_at"
SCHEMA = "public"


def enable(engine: AsyncEngine) -> None:
    """Let statements of connections with the option `OPTION` be answered as known at its position."""
    if not contains(engine.sync_engine, "before_cursor_execute", _rewrite):
        listen(engine.sync_engine, "before_cursor_execute", _rewrite, retval=True)


async def position_meant(connection: AsyncConnection, known_at: KnownAt, present: int) -> int:
    """Give the position that is meant, at most the present one."""
    position = known_at if isinstance(known_at, int) else await position_at_end_of(connection, known_at)
    return min(position, present)


async def position_at_end_of(connection: AsyncConnection, day: date) -> int:
    """Give the position of the last fact that was recorded up to the end of a day; 0 if there was none."""
    last = select(func.max(RECORDED_DAY.c.position)).where(RECORDED_DAY.c.day <= day)
    return (await connection.execute(last)).scalar_one() or 0


def _rewrite(
    connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    position = connection.get_execution_options().get(OPTION)
    return (statement if position is None else replaced(statement, position)), parameters


def replaced(statement: str, position: int) -> str:
    """Put the tables as known at a position in the place of those that a statement names."""
    tables = ", ".join(_table(table.name, position) for table in KEPT if table.name in statement)
    if not tables:
        return statement
    first, rest = statement.split(maxsplit=1)
    return f"WITH {tables}, {rest}" if first == "WITH" else f"WITH {tables} {statement}"


@lru_cache(maxsize=256)
def _table(name: str, position: int) -> str:
    columns = ", ".join(
        f'"{column.name}"' for column in SUPERSEDED[name].columns if column.name != "known_to"
    )
    live = f'SELECT {columns} FROM {SCHEMA}."{name}" WHERE known_from <= {position:d}'  # noqa: S608  a number
    before = (
        f'SELECT {columns} FROM {SCHEMA}."{name}_superseded" '  # noqa: S608  a number
        f"WHERE known_from <= {position:d} AND known_to > {position:d}"
    )
    return f'"{name}" AS NOT MATERIALIZED ({live} UNION ALL {before})'
