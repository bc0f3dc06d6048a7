"""A projection whose rows show each event that was applied twice; processes of a divided rebuild load it, so it imports no pytest."""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Recorded
from shared.contracts.registry import UnitRegistered

METADATA_TABLES = MetaData()
# No key: an event that is applied twice leaves two rows.
TALLY = Table(
    "tally",
    METADATA_TABLES,
    Column("position", BigInteger, nullable=False),
    Column("unit_code", Text, nullable=False),
)


async def nothing() -> None:
    """Apply at once."""


@dataclass(slots=True)
class Tally:
    """One row for each event; `before` is awaited before rows are written."""

    name: str = "tally"
    contexts: frozenset[str] = frozenset({"unit"})
    tables: Sequence[Table] = (TALLY,)
    before: Callable[[], Awaitable[None]] = nothing
    broken: set[str] = field(default_factory=set)  # codes of units at which applying fails

    def uses(self, context: str, name: str) -> bool:  # noqa: ARG002  the port's own
        return True

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await self.before()
        for event in events:
            assert isinstance(event.data, UnitRegistered)
            row = {"position": event.position, "unit_code": event.data.unit_code}
            await connection.execute(insert(TALLY).values(row))
            if event.data.unit_code in self.broken:
                raise ValueError(event.data.unit_code)

    async def began(self) -> None:
        """Nothing is remembered."""

    async def caught_up(self) -> None:
        """Nothing follows."""


@dataclass(frozen=True, slots=True)
class TallyPart:
    """What a process of a divided rebuild does; it ends at the units of `ends`, and cannot write those of `broken`."""

    ends: Sequence[str] = ()
    broken: Sequence[str] = ()
    contexts: frozenset[str] = frozenset({"unit"})

    def uses(self, context: str, name: str) -> bool:  # noqa: ARG002  the port's own
        return True

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> list[int]:
        """Write the rows, and return their positions."""
        await Tally(broken=set(self.broken)).apply(connection, events)
        if set(self.ends) & {
            event.data.unit_code for event in events if isinstance(event.data, UnitRegistered)
        }:
            os._exit(1)
        return [event.position for event in events]
