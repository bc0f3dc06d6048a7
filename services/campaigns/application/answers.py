"""The answer to a mail that records a communication ("Đã thực hiện"), and so closes what is owed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import CommunicationFilter, ReadModel
from services.campaigns.domain.communication import Communication
from services.campaigns.domain.communication_commands import Attach, Evidence, Record
from services.campaigns.domain.draft import Given
from services.campaigns.domain.errors import CommunicationNotFound, NothingOwed
from shared.contracts.acting import Acting
from shared.contracts.campaigns import (
    CommunicationRecorded,
    PlanActivityPlanned,
)
from shared.contracts.envelope import Metadata
from shared.contracts.ids import LOA_NAMESPACE, evidence_id
from shared.eventstore.port import EventStore
from shared.pages.gap_summary import GapSummary, gap_summary_of
from shared.signed_links.links import Link

MOST_HEARD = 500
Stated = CommunicationRecorded | Record
DOCUMENT = "document"  # the note that names the document which shows an activity


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks; `said` is what was recorded through it before, `heard` what the stage has already.

    `planned` is what was planned for this very matter and not carried out yet.
    """

    matter: GapSummary
    said: CommunicationRecorded | None = None
    heard: Sequence[dict[str, Any]] = ()
    planned: PlanActivityPlanned | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    store: EventStore
    commands: Commands
    read_model: ReadModel

    async def asked(self, link: Link, today: date) -> Asked:
        """Look at what a link is about; raises `LinkNotValid`, `NotYourDraft`."""
        matter = await gap_summary_of(self.store, link, today)
        if (before := await self._recorded(link)) is not None:
            return Asked(matter, before.recorded)
        await self.given(link, today)
        return Asked(matter, heard=await self._heard(matter), planned=await self._planned(matter))

    async def open(self, link: Link, today: date) -> Asked:
        """As above, for who only looks; raises `NothingOwed` if there is nothing left to do."""
        asked = await self.asked(link, today)
        if asked.said is None and not asked.matter.is_open:
            raise NothingOwed
        return asked

    async def given(self, link: Link, today: date) -> Given:
        """Give what a command through a link has: the unit that it was sent to acts. Raises `NotYourDraft`."""
        draft = await self.commands.require_draft(link.draft_code)
        by = Acting(link.unit_code)
        draft.check(by, today)
        return Given(by=by, today=today, draft=draft)

    async def record(self, asked: Asked, said: Record, sha256: str | None, metadata: Metadata) -> Stated:
        """Record an activity once, though a colleague may have recorded it before. Returns what stands.

        `sha256` is that of a file which shows it.
        """
        for one in asked.heard:
            if _is_same(one, said):
                await self._show(one["communication_id"], said, sha256, metadata)
                return said
        activity_id = asked.planned.activity_id if asked.planned else None
        shown = (_evidence(said.communication_id, said, sha256),) if sha256 else ()
        command = replace(said, activity_id=activity_id, evidence=shown)
        code = said.draft.draft_code
        handled = await self.commands.record(code, lambda given: replace(command, **given), said.by, metadata)
        stands = [e.data for e in handled.events if isinstance(e.data, CommunicationRecorded)]
        return stands[0] if stands else said

    async def _show(self, of: UUID, said: Record, sha256: str | None, metadata: Metadata) -> None:
        """Attach a file to what a colleague recorded."""
        if sha256 is not None:
            evidence = _evidence(of, said, sha256)
            await self.commands.on_communication(
                of, lambda given: Attach(evidence=evidence, **given), said.by, metadata
            )

    async def _recorded(self, link: Link) -> Communication | None:
        try:
            return (await self.commands.communication(communication_of(link)))[0]
        except CommunicationNotFound:
            return None

    async def _heard(self, matter: GapSummary) -> list[dict[str, Any]]:
        wanted = CommunicationFilter(draft_code=matter.draft_code)
        found = await self.read_model.communications(wanted, MOST_HEARD, None)
        return [one for one in found if one["held_on"] >= matter.since]

    async def _planned(self, matter: GapSummary) -> PlanActivityPlanned | None:
        plan, _ = await self.commands.plan(matter.draft_code)
        done = await self.read_model.carried_out(matter.draft_code)
        for activity_id, activity in plan.activities.items():
            open_ = not activity.cancelled and activity_id not in done
            if open_ and activity.planned.gap_id == matter.gap_id:
                return activity.planned
        return None


def communication_of(link: Link) -> UUID:
    """Name what a link records: pressed twice, it is the same communication."""
    return uuid5(LOA_NAMESPACE, f"answer:{link.link_id}")


def _evidence(of: UUID, said: Record, sha256: str) -> Evidence:
    return Evidence(evidence_id=evidence_id(of, None, sha256), title=said.notes.get(DOCUMENT), sha256=sha256)


def _is_same(one: dict[str, Any], said: Record) -> bool:
    title = str(one["title"]).casefold() == said.title.casefold()
    where = (one["held_on"], one["channel"]) == (said.held_on, said.channel)
    return title and where and set(said.policies) <= set(one["policies"] or said.policies)
