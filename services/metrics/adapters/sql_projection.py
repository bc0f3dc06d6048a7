"""Metrics' projection in SQL, and the announcing that follows when it is as new as the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.records import SqlRecords
from services.metrics.application.gap_reconciler import Announcer
from services.metrics.application.projections import derive_anew, project_drafts, row_changes
from services.metrics.domain.record import draft_of
from shared.contracts.envelope import Recorded
from shared.projections.row_changes import write
from shared.rules.rulebook.rulebook import Rulebook


@dataclass(slots=True)
class MetricsProjection:
    engine: AsyncEngine
    rulebook: Rulebook
    announcer: Announcer
    name: str = "metrics"
    contexts: frozenset[str] = frozenset({"unit", "draft", "communication", "compliance"})
    tables: Sequence[Table] = tables.READ_MODEL
    # Drafts whose gaps were not compared yet; None at the start: all of them.
    unannounced: set[UUID] | None = field(default=None)

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        facts = [event for event in events if event.ref.context in {"draft", "communication"}]
        touched = await project_drafts(SqlRecords(connection), facts, self.rulebook)
        others = (event for event in events if event.ref.context in {"unit", "compliance"})
        await write(connection, tables.metadata, chain.from_iterable(map(row_changes, others)))
        # What was announced is looked at again: a fact may have come between the look and the word.
        said = {draft for event in events if event.ref.context == "compliance" and (draft := draft_of(event))}
        if self.unannounced is not None:
            self.unannounced |= touched | said

    async def began(self) -> None:
        self.unannounced = None
        # All or nothing: no figure is ever counted from rows of two rulebooks.
        async with self.engine.begin() as connection:
            await derive_anew(SqlRecords(connection), self.rulebook)

    async def caught_up(self) -> None:
        if self.unannounced is None or self.unannounced:
            await self.announcer.announce(self.unannounced)
            self.unannounced = set()
