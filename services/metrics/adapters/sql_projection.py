"""Metrics' projection in SQL, and the reconciliation of gaps when it has caught up with the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.records import SqlRecords
from services.metrics.application.gap_reconciler import GapReconciler
from services.metrics.application.projections import project_drafts, rederive, row_changes
from services.metrics.domain.record import draft_of
from shared.contracts.envelope import Recorded
from shared.projections.row_changes import write
from shared.rules.rulebook.rulebook import Rulebook


@dataclass(slots=True)
class MetricsProjection:
    engine: AsyncEngine
    rulebook: Rulebook
    reconciler: GapReconciler
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
        # Announced drafts are compared again: a fact may have been recorded between comparison and announcement.
        announced = {
            draft for event in events if event.ref.context == "compliance" and (draft := draft_of(event))
        }
        if self.unannounced is not None:
            self.unannounced |= touched | announced

    async def began(self) -> None:
        self.unannounced = None
        # One transaction: no figure is ever counted from rows of two rulebooks.
        async with self.engine.begin() as connection:
            await rederive(SqlRecords(connection), self.rulebook)

    async def caught_up(self) -> None:
        if self.unannounced is None or self.unannounced:
            await self.reconciler.reconcile(self.unannounced)
            self.unannounced = set()
