"""Campaigns' import sheets: what a row of each file means as a command."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.campaigns.adapters.communications.rows import CommunicationRow, EvidenceRow
from services.campaigns.adapters.dry_run_assumptions import Assumed, assumed
from services.campaigns.adapters.plans.rows import ActivityRow, PlanRow
from services.campaigns.adapters.programmes.rows import ProgrammeRow
from services.campaigns.application.commands import Commands, communication_ref, plan_ref, programme_ref
from services.campaigns.application.queries import DraftDirectory
from services.campaigns.domain.communication import check_additions
from services.campaigns.domain.communication_commands import Addition
from services.campaigns.domain.draft import Given
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Session, Sheet, Taken, changed_since
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import SUPERVISION
from shared.eventstore.handle import Handled
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import NewId


@dataclass(frozen=True, slots=True)
class Rows:
    """Carries out the rows of one request as commands, the same ones that the API uses."""

    commands: Commands
    assumed: Assumed

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {
            "plans": Sheet(PlanRow, _of_plan, self._plan),
            "activities": Sheet(ActivityRow, _of_plan, self._plan),
            "communications": Sheet(CommunicationRow, of_communication, self._communication),
            "evidence": Sheet(
                EvidenceRow, lambda row: [communication_ref(row.communication_id)], self._evidence
            ),
            "programme": Sheet(ProgrammeRow, _of_programme, self._entry),
        }

    async def _plan(self, row: PlanRow | ActivityRow, metadata: Metadata) -> Taken:
        handled = await self.commands.on_plan(row.draft_code, row.command, SUPERVISION, metadata)
        return _taken(handled, await self.assumed.unchecked(row.draft_code))

    async def _communication(self, row: CommunicationRow, metadata: Metadata) -> Taken:
        draft = await self.commands.require_draft(row.draft_code)
        given = Given(by=SUPERVISION, today=day_in_vietnam(metadata.time), draft=draft)
        additions = list(row.additions(given))
        check_additions(row.command(given), additions)
        if row.verified_by_unit_code is not None:
            await self.commands.require_unit(row.verified_by_unit_code)
        handled = [await self.commands.record(row.draft_code, row.command, SUPERVISION, metadata)]
        for addition in additions:
            handled.append(await self._add(row.id_in(draft), addition, metadata))  # noqa: PERF401  one after another
        events = [name for result in handled for name in result.event_names]
        warnings = await self.assumed.unchecked(row.draft_code, frozenset(row.policies))
        return Taken(handled[-1].version.position, events, [*changed_since(handled[0]), *warnings])

    async def _add(self, of: UUID, addition: Addition, metadata: Metadata) -> Handled[Any]:
        return await self.commands.on_communication(of, lambda _: addition, SUPERVISION, metadata)

    async def _evidence(self, row: EvidenceRow, metadata: Metadata) -> Taken:
        handled = await self.commands.on_communication(
            row.communication_id, row.command, SUPERVISION, metadata
        )
        return _taken(handled, [])

    async def _entry(self, row: ProgrammeRow, metadata: Metadata) -> Taken:
        command = row.command(SUPERVISION, day_in_vietnam(metadata.time))
        handled = await self.commands.enter(command, metadata)
        return _taken(handled, await self.assumed.unchecked(row.draft_code) if row.draft_code else [])


def rows(session: Session, directory: DraftDirectory, new_id: NewId) -> Rows:
    assumptions = assumed(session, directory)
    return Rows(Commands(session.store, assumptions, new_id, once=True), assumptions)


def _of_plan(row: PlanRow | ActivityRow) -> list[AggregateRef]:
    return [plan_ref(row.draft_code)]


def of_communication(row: CommunicationRow) -> list[AggregateRef]:
    of_plan = [plan_ref(row.draft_code)] if row.activity_id else []
    return [*(communication_ref(id_) for id_ in row.possible_ids), *of_plan]


def _of_programme(row: ProgrammeRow) -> list[AggregateRef]:
    return [programme_ref(row.unit_code, row.year)]


def _taken(handled: Handled[Any], warnings: list[Reason]) -> Taken:
    events = [] if handled.repeated else handled.event_names
    return Taken(handled.version.position, events, [*changed_since(handled), *warnings])
