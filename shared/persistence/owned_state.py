"""State that cannot be rebuilt from the log: exported for a backup, and restored into an empty installation."""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, MetaData, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kernel.counted import counted
from shared.kernel.errors import Refusal

ROWS = 200  # of one statement


class UnknownTable(Refusal):
    """The backup is of a later release, or of something else."""

    code = "unknown-table"
    kind = "invalid"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Phiên bản này không có bảng “{name}”; đề nghị phục hồi bằng phiên bản đã tạo bản sao lưu hoặc mới hơn.",
            f"This release keeps no table '{name}'; restore with the release that made the backup, or a later one.",
            table=name,
        )


class CutShort(Refusal):
    """Rows came, but not the line that says that these were all."""

    code = "rows-cut-short"
    kind = "invalid"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Dữ liệu gửi lên bị đứt sau {number} dòng; chưa ghi gì. Đề nghị gửi lại.",
            f"What was sent breaks off after {counted(number, 'row')}; nothing was written. Send it again.",
            rows=number,
        )


Settle = Callable[[AsyncConnection, datetime], Awaitable[None]]
"""Repairs work that the backup interrupted; receives the time when the backup began."""


async def nothing_to_settle(_connection: AsyncConnection, _begun: datetime) -> None:
    """Most services have no work that a backup could interrupt."""


@dataclass(frozen=True, slots=True)
class OwnedState:
    """All tables of `metadata` but the read model and its checkpoint, parents first.

    An archive of an earlier release has fewer columns: what it doesn't have gets the column's server default,
    which every column that was added must have (CONTRIBUTING.md).
    """

    engine: AsyncEngine
    tables: Sequence[Table]
    settle: Settle = nothing_to_settle

    @classmethod
    def of(
        cls, engine: AsyncEngine, metadata: MetaData, derived: Iterable[Table], settle: Settle
    ) -> "OwnedState":
        others = set(derived)
        return cls(engine, [table for table in metadata.sorted_tables if table not in others], settle)

    async def lines(self) -> AsyncIterator[bytes]:
        """Give every row as one line of JSON, all of them of one moment, and last how many they were."""
        number = 0
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            for table in self.tables:
                keys = list(table.primary_key.columns)
                async for row in await connection.stream(select(table).order_by(*keys)):
                    # A name that SQL must quote (`on`) is no plain string to SQLAlchemy.
                    plain = {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001  its public way
                    document = {"table": table.name, "row": plain}
                    number += 1
                    yield orjson.dumps(document, default=_written) + b"\n"
        yield orjson.dumps({"rows": number}) + b"\n"

    async def restore(self, lines: AsyncIterator[bytes], begun: datetime) -> int:
        """Put rows in place of what is there, all or nothing; returns how many."""
        async with self.engine.begin() as connection:
            for table in reversed(self.tables):
                await connection.execute(delete(table))
            number = 0
            async for name, rows in self._batches(lines):
                await connection.execute(insert(self._table(name)), rows)
                number += len(rows)
            await self._count_on(connection)
            await self.settle(connection, begun)
        return number

    async def _count_on(self, connection: AsyncConnection) -> None:
        """Let numbers that the database gives itself go on after those that were put in."""
        for table in self.tables:
            if (column := table.autoincrement_column) is not None:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                newest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                await connection.execute(select(func.setval(sequence, newest, False)))

    async def _batches(self, lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
        """Give rows that go into one statement: of the same table, with the same columns."""
        name, rows, number, announced = "", list[dict[str, Any]](), 0, None
        async for line in lines:
            document = orjson.loads(line)
            if (announced := document.get("rows")) is not None:
                break
            number += 1
            row = _read(self._table(document["table"]), document["row"])
            if rows and (document["table"] != name or row.keys() != rows[0].keys() or len(rows) == ROWS):
                yield name, rows
                rows = []
            name = document["table"]
            rows.append(row)
        if rows:
            yield name, rows
        if announced != number:
            raise CutShort(number)

    def _table(self, name: str) -> Table:
        match = next((table for table in self.tables if table.name == name), None)
        if match is None:
            raise UnknownTable(name)
        return match


def _written(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(table.c[name], value) for name, value in row.items()}


def _value(column: Column[Any], value: Any) -> Any:
    """Turn JSON into what the column takes."""
    read = _PARSERS.get(column.type.python_type)
    return value if value is None or read is None else read(value)


_PARSERS: Mapping[type, Callable[[str], Any]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    bytes: b64decode,
}
