"""Shadow tables: copies of the live ones in a schema of their own, to be filled, compared and swapped in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LIVE = "public"

# Primary and unique keys, then the other indexes: under their own names, which migrations speak of.
_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = CAST(:table AS regclass) AND contype IN ('p', 'u') ORDER BY conname
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = CAST(:table AS regclass)
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
ORDER BY 1
"""
_SHAPE = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = :schema ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Digest:
    """What stands in one table: how many rows, and one hash of all of them."""

    rows: int
    md5: str


@dataclass(frozen=True, slots=True)
class ShadowTables:
    """The tables `names` once more, in `schema`."""

    schema: str
    names: Sequence[str]

    @property
    def path(self) -> str:
        return f"{self.schema}, {LIVE}"

    async def create(self, connection: AsyncConnection) -> None:
        """Make them, empty, as the database has them at this moment; what stood there is gone."""
        await self.drop(connection)
        await connection.execute(text(f"CREATE SCHEMA {self.schema}"))
        for name in self.names:
            await self._create(connection, name)

    async def _create(self, connection: AsyncConnection, name: str) -> None:
        live, own = f'{LIVE}."{name}"', f'{self.schema}."{name}"'
        await connection.execute(
            text(f"CREATE TABLE {own} (LIKE {live} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)")
        )
        for key, definition in (await connection.execute(text(_KEYS), {"table": live})).all():
            await connection.execute(text(f'ALTER TABLE {own} ADD CONSTRAINT "{key}" {definition}'))
        for (definition,) in (await connection.execute(text(_INDEXES), {"table": live})).all():
            await connection.exec_driver_sql(definition.replace(f" ON {LIVE}.", f" ON {self.schema}.", 1))

    async def drop(self, connection: AsyncConnection) -> None:
        await connection.execute(text(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE"))

    async def fits(self, connection: AsyncConnection) -> bool:
        """Say if the live tables are still as these were made: a migration may have come between."""
        live = {row for row in await _columns(connection, LIVE) if row[0] in self.names}
        return live == {row for row in await _columns(connection, self.schema) if row[0] in self.names}

    async def take_place(self, connection: AsyncConnection) -> None:
        """Become the live tables, within the transaction of the caller; the old ones are dropped."""
        for name in self.names:
            await connection.execute(text(f'DROP TABLE {LIVE}."{name}"'))
            await connection.execute(text(f'ALTER TABLE {self.schema}."{name}" SET SCHEMA {LIVE}'))
        await self.drop(connection)

    async def lock_live(self, connection: AsyncConnection) -> None:
        """Block reads and writes of the live tables until the end of the transaction."""
        names = ", ".join(f'{LIVE}."{name}"' for name in self.names)
        await connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


async def digests(connection: AsyncConnection, schema: str, names: Sequence[str]) -> dict[str, Digest]:
    """Hash tables row by row: the same rows, in whatever order they were written, give the same."""
    return {name: await _digest(connection, f'{schema}."{name}"') for name in names}


async def _digest(connection: AsyncConnection, table: str) -> Digest:
    # Rows are hashed one by one first, so that one hash is made of short parts however long the rows are.
    query = f"""
    SELECT count(*), coalesce(md5(string_agg(hash, '' ORDER BY hash COLLATE "C")), '')
    FROM (SELECT md5(t::text) AS hash FROM {table} t) AS hashed
    """  # noqa: S608  names come from our own metadata
    rows, md5 = (await connection.execute(text(query))).one()
    return Digest(rows, md5)


async def _columns(connection: AsyncConnection, schema: str) -> list[tuple[str, ...]]:
    columns = await connection.execute(text(_SHAPE), {"schema": schema})
    return [tuple(row) for row in columns]
