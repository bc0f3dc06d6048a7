"""A projection of the directory's rows and a service's own, in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import Recorded
from shared.directory.changes import draft_changes, unit_changes
from shared.directory.derived import derive, derive_again
from shared.directory.tables import DirectoryTables
from shared.projections.row_changes import RowChange, write
from shared.rules.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryProjection:
    """`changes` gives what an event means for the service's own rows; `own` are their tables."""

    name: str
    contexts: frozenset[str]
    metadata: MetaData
    directory: DirectoryTables
    own: Sequence[Table]
    changes: Callable[[Recorded], Iterable[RowChange]]
    rulebook: Rulebook
    engine: AsyncEngine

    @property
    def tables(self) -> Sequence[Table]:
        return *self.directory.all, *self.own

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await write(connection, self.metadata, chain.from_iterable(map(self._changes, events)))
        await derive(connection, self.directory.drafts, self.rulebook, events)

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
            await derive_again(connection, self.directory.drafts, self.rulebook)

    async def caught_up(self) -> None:
        """Nothing follows from being up to date."""
