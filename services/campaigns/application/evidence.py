"""Files that show an activity: kept, shown to whom they concern, and deleted so that their digest stays."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from services.campaigns.application.commands import Commands
from services.campaigns.domain import communication as communications
from services.campaigns.domain.communication_commands import Attach, Erase, Evidence
from services.campaigns.domain.draft import Given
from services.campaigns.domain.errors import (
    EvidenceNotKept,
    NoPlaceForFiles,
    NotYourCommunication,
    QuotaExceeded,
)
from shared.contracts.campaigns import CommunicationEvidenceAttached
from shared.contracts.envelope import Metadata
from shared.contracts.event import Acting, evidence_id
from shared.eventstore.handle import Handled
from shared.kernel.errors import LoaError
from shared.kernel.local_day import day_in_vietnam

MOST_BYTES = 50 << 20  # of a file


class FileMissing(LoaError):
    """The store has no file of this evidence."""


class Files(Protocol):
    """Keeps files by the id of their evidence, which follows from the communication and the SHA-256."""

    async def put(self, number: UUID, content: Path) -> None: ...
    async def read(self, number: UUID) -> AsyncIterator[bytes]: ...
    async def remove(self, number: UUID) -> None: ...


class KeptFiles(Protocol):
    """What the read model says of kept files."""

    async def bytes_of(self, unit_code: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that was sent, in a temporary place: `size` in bytes, `media_type` by its content."""

    content: Path
    sha256: str
    size: int
    media_type: str

    def of(self, communication_id: UUID, title: str | None, unit_code: str) -> Evidence:
        """Return the evidence of a communication that `unit_code` performed; its id is the name of the kept file."""
        return Evidence(
            evidence_id=evidence_id(communication_id, None, self.sha256),
            title=title,
            sha256=self.sha256,
            size=self.size,
            media_type=self.media_type,
            unit_code=unit_code,
        )


@dataclass(frozen=True, slots=True)
class EvidenceFiles:
    """`unit_bytes` is how much the files of one unit may take."""

    files: Files | None
    kept: KeptFiles
    commands: Commands
    unit_bytes: int

    @property
    def takes_files(self) -> bool:
        return self.files is not None

    async def attach(
        self,
        communication_id: UUID,
        file: Received,
        title: str | None,
        by: Acting,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> tuple[UUID, Handled[communications.State]]:
        """Keep a file and attach it; returns the evidence's id. What would be refused is refused before the file is kept."""
        if self.files is None:
            raise NoPlaceForFiles
        state, _ = await self.commands.communication(communication_id)
        draft = await self.commands.require_draft(state.recorded.draft_code)
        evidence = file.of(communication_id, title, communications.performed_by(state, draft))
        given = Given(by=by, today=day_in_vietnam(metadata.time), draft=draft)
        if communications.decide(state, Attach(evidence=evidence, **given)):
            await self.keep(evidence, file)
        handled = await self.commands.on_communication(
            communication_id, lambda given: Attach(evidence=evidence, **given), by, metadata, if_match
        )
        return evidence.evidence_id, handled

    async def keep(self, evidence: Evidence, file: Received) -> None:
        """Keep the file of an evidence that is recorded next; raises `NoPlaceForFiles`, `QuotaExceeded`."""
        if self.files is None:
            raise NoPlaceForFiles
        unit_code = str(evidence.unit_code)
        used = await self.kept.bytes_of(unit_code)
        if used + file.size > self.unit_bytes:
            raise QuotaExceeded(unit_code, used, self.unit_bytes)
        await self.files.put(evidence.evidence_id, file.content)

    async def open(
        self, communication_id: UUID, number: UUID, by: Acting, metadata: Metadata
    ) -> tuple[CommunicationEvidenceAttached, AsyncIterator[bytes]]:
        """Open a kept file for the unit that performed the activity, the drafting body, and who supervises them."""
        if self.files is None:
            raise EvidenceNotKept(number)
        state, _ = await self.commands.communication(communication_id)
        draft = await self.commands.require_draft(state.recorded.draft_code)
        performed = communications.performed_by(state, draft)
        lead = draft.lead_on(day_in_vietnam(metadata.time))
        if not (by.may_act_for(performed) or by.may_act_for(lead)):
            raise NotYourCommunication(performed)
        if (evidence := state.kept(number)) is None:
            raise EvidenceNotKept(number)
        try:
            return evidence, await self.files.read(number)
        except FileMissing as error:
            raise EvidenceNotKept(number) from error

    async def erase(
        self,
        communication_id: UUID,
        number: UUID,
        reason: str,
        by: Acting,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled[communications.State]:
        """Record that a file is deleted, then delete it; sent again after a fault of the store, it is deleted then."""
        handled = await self.commands.on_communication(
            communication_id,
            lambda given: Erase(evidence_id=number, reason=reason, **given),
            by,
            metadata,
            if_match,
        )
        if self.files is not None:
            await self.files.remove(number)
        return handled
