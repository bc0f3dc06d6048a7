"""Each service's projection as its composition root makes it, on a database of its own, without a broker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.adapters.projection.records import MetricsProjection
from services.metrics.application.projections import GapReconciler
from shared.contracts.envelope import Recorded
from shared.persistence import database
from shared.projections.rows import Projection
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook

RULEBOOK = load_rulebook(())


@dataclass(frozen=True, slots=True)
class ReadModel:
    """The tables of one service in a migrated database, and the projection that writes them."""

    service: str
    engine: AsyncEngine = field(repr=False)
    projection: Projection = field(repr=False)

    async def project(self, events: Sequence[Recorded]) -> None:
        """Write the events that the projection reads, as one batch."""
        ours = [event for event in events if event.ref.context in self.projection.contexts]
        async with self.engine.begin() as connection:
            await self.projection.apply(connection, ours)

    async def clear(self) -> None:
        names = ", ".join(f'"{table.name}"' for table in self.projection.tables)
        async with self.engine.begin() as connection:
            await connection.execute(text(f"TRUNCATE {names}"))

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Read every table of the read model, rows in the order of their keys."""
        content = {}
        async with self.engine.connect() as connection:
            for table in self.projection.tables:
                query = table.select().order_by(*table.primary_key.columns)
                content[table.name] = [dict(row) for row in (await connection.execute(query)).mappings()]
        return content


def tables_of(service: str) -> Any:
    """Give the directory's tables in a service's database; of metrics those of units alone."""
    module = import_module(f"services.{service}.adapters.tables")
    return module if service == "metrics" else module.directory


@asynccontextmanager
async def read_model(service: str, url: str, rulebook: Rulebook = RULEBOOK) -> AsyncIterator[ReadModel]:
    """Migrate a database and open the read model of a service in it."""
    url = url.replace("postgresql://", "postgresql+asyncpg://")
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    await database.migrate(url, folder)
    engine = database.create_engine(url)
    try:
        yield ReadModel(service, engine, _projection(service, engine, rulebook))
    finally:
        await engine.dispose()


def _projection(service: str, engine: AsyncEngine, rulebook: Rulebook) -> Projection:
    if service == "metrics":
        reconciler: GapReconciler = None  # type: ignore[assignment]  # nothing is announced: `caught_up` is never called
        return MetricsProjection(engine, rulebook, reconciler)
    made: Projection = import_module(f"services.{service}.app").projection(engine, rulebook)
    return made
