"""The answer to a mail that records a communication ("Đã thực hiện"), and so closes what is owed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from services.campaigns.application.commands import Commands
from services.campaigns.application.evidence import EvidenceFiles, Received
from services.campaigns.application.queries import CommunicationFilter, ReadModel
from services.campaigns.domain.communication import Absent, Communication, decide
from services.campaigns.domain.communication_commands import Attach, Evidence, Record
from services.campaigns.domain.draft import DraftSummary, Given
from services.campaigns.domain.errors import CommunicationNotFound, NothingOwed
from shared.contracts.campaigns import (
    CommunicationRecorded,
    PlanActivityPlanned,
)
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import LOA_NAMESPACE, Acting, alert_id, draft_id, evidence_id
from shared.contracts.notifier import AnswerEvent
from shared.contracts.vocabulary import AlertAnswer, CommunicationRole
from shared.eventstore.handle import EventStore
from shared.pages.gap_summary import GapSummary, gap_summary_of
from shared.rules.answers import answers_about, kind_of, may_contradict, standing
from shared.rules.roles import role_of
from shared.signed_links.links import Link

MOST_COMMUNICATIONS = 500
Stated = CommunicationRecorded | Record
DOCUMENT = "document"  # the note that names the document which shows an activity


@dataclass(frozen=True, slots=True)
class Asked:
    """The state behind a link: `recorded` through it before, `communications` of the stage so far.

    `planned` is the activity that was planned for this gap and is not carried out yet; `contradicted` are the
    answers of this recipient that do not hold any more when it says that the work is done.
    """

    gap: GapSummary
    recorded: CommunicationRecorded | None = None
    communications: Sequence[dict[str, Any]] = ()
    planned: PlanActivityPlanned | None = None
    contradicted: tuple[AnswerEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    store: EventStore
    commands: Commands
    read_model: ReadModel
    evidence: EvidenceFiles

    async def asked(self, link: Link, today: date) -> Asked:
        """Read what a link is about; raises `LinkNotValid`, `NotYourDraft`."""
        gap = await gap_summary_of(self.store, link, today)
        if (before := await self._recorded(link)) is not None:
            return Asked(gap, before.recorded)
        await self.given(link, today)
        return Asked(
            gap,
            communications=await self._communications(gap),
            planned=await self._planned(gap),
            contradicted=await self._contradicted(link),
        )

    async def _contradicted(self, link: Link) -> tuple[AnswerEvent, ...]:
        alert = await self.store.load(AggregateRef("alert", alert_id(link.gap_id, link.unit_code)))
        draft = await self.store.load(AggregateRef("draft", draft_id(link.draft_code)))
        answers = answers_about(alert.events, draft.events, link.draft_code, link.gap_id)
        given = (answer for answer in answers if answer.recipient_id == link.recipient_id)
        return tuple(each for each in standing(given) if may_contradict(kind_of(each), AlertAnswer.DONE))

    async def open(self, link: Link, today: date) -> Asked:
        """As above, for a GET request; raises `NothingOwed` if there is nothing left to do."""
        asked = await self.asked(link, today)
        if asked.recorded is None and not asked.gap.is_open:
            raise NothingOwed
        return asked

    async def given(self, link: Link, today: date) -> Given:
        """Return the common fields of a command through a link: the unit that the mail was sent to acts. Raises `NotYourDraft`."""
        draft = await self.commands.require_draft(link.draft_code)
        by = Acting(link.unit_code)
        draft.check(by, today)
        return Given(by=by, today=today, draft=draft)

    async def record(
        self, asked: Asked, command: Record, file: Received | None, metadata: Metadata
    ) -> Stated:
        """Record an activity once, though a colleague may have recorded it before; returns what is recorded.

        `file` shows it, and is kept before the event that names it is appended. Raises what refuses the file
        (`QuotaExceeded`) before anything is recorded.
        """
        title = command.notes.get(DOCUMENT)
        for communication in asked.communications:
            if _is_same(communication, command):
                await self._attach(communication["communication_id"], title, file, command, metadata)
                return command
        activity_id = asked.planned.activity_id if asked.planned else None
        evidence = (await self._kept(command, title, file),) if file else ()
        full = replace(command, activity_id=activity_id, evidence=evidence)
        code = command.draft.draft_code
        handled = await self.commands.record(code, lambda given: replace(full, **given), command.by, metadata)
        recorded = [e.data for e in handled.events if isinstance(e.data, CommunicationRecorded)]
        return recorded[0] if recorded else command

    async def _kept(self, command: Record, title: str | None, file: Received) -> Evidence:
        """Keep the file of what is recorded next; where Loa has no place for files it is named by its digest alone."""
        if not self.evidence.takes_files:
            return digest_of(file, command.communication_id, title)
        evidence = file.of(command.communication_id, title, command.draft.lead_on(command.held_on))
        decide(Absent(), replace(command, evidence=(evidence,)))  # what is refused leaves no file behind
        await self.evidence.keep(evidence, file)
        return evidence

    async def _attach(
        self, of: UUID, title: str | None, file: Received | None, command: Record, metadata: Metadata
    ) -> None:
        """Attach a file to what a colleague recorded."""
        if file is None:
            return
        if self.evidence.takes_files:
            await self.evidence.attach(of, file, title, command.by, metadata)
            return
        evidence = digest_of(file, of, title)
        await self.commands.on_communication(
            of, lambda given: Attach(evidence=evidence, **given), command.by, metadata
        )

    async def _recorded(self, link: Link) -> Communication | None:
        try:
            return (await self.commands.communication(communication_of(link)))[0]
        except CommunicationNotFound:
            return None

    async def _communications(self, gap: GapSummary) -> list[dict[str, Any]]:
        wanted = CommunicationFilter(draft_code=gap.draft_code)
        rows = await self.read_model.communications(wanted, MOST_COMMUNICATIONS, None)
        draft = await self.commands.require_draft(gap.draft_code)
        return [row for row in rows if row["held_on"] >= gap.since and not _is_support(row, draft)]

    async def _planned(self, gap: GapSummary) -> PlanActivityPlanned | None:
        plan, _ = await self.commands.plan(gap.draft_code)
        done = await self.read_model.carried_out([gap.draft_code])
        for activity_id, activity in plan.activities.items():
            open_ = not activity.cancelled and activity_id not in done
            if open_ and activity.planned.gap_id == gap.gap_id:
                return activity.planned
        return None


def communication_of(link: Link) -> UUID:
    """Return the id of what a link records: pressed twice, it is the same communication."""
    return uuid5(LOA_NAMESPACE, f"answer:{link.link_id}")


def digest_of(file: Received, of: UUID, title: str | None) -> Evidence:
    """Return the evidence that names a file by its digest and does not keep it."""
    return Evidence(evidence_id=evidence_id(of, None, file.sha256), title=title, sha256=file.sha256)


def _is_support(row: dict[str, Any], draft: DraftSummary) -> bool:
    """Tell whether another unit did it by itself: the lead unit's own is still to be recorded."""
    role = CommunicationRole(row["role"]) if row["role"] else None
    return role_of(role, row["unit_code"], draft.lead_on(row["held_on"])) is CommunicationRole.SUPPORT


def _is_same(row: dict[str, Any], command: Record) -> bool:
    title = str(row["title"]).casefold() == command.title.casefold()
    where = (row["held_on"], row["channel"]) == (command.held_on, command.channel)
    return title and where and set(command.policies) <= set(row["policies"] or command.policies)
