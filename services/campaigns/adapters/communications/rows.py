"""Rows about communications: the activity, its feedback and verification, and its evidence."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from services.campaigns.adapters.communications.bodies import Digest, Performed
from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant, recorded_by
from services.campaigns.domain.draft import DraftSummary, Given
from shared.bulk_import.row_parsing import DatedRow, ImportRow, Numbers, listed
from shared.contracts.event import Code, communication_id, evidence_id
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem, Dataset
from shared.text_checks.days import FactDay
from shared.text_checks.event_texts import AddressOrNote

_KEPT = {"held_on", "precision", "channel", "title", "organiser", "place", "attendance", "reach", "url"}
_KEPT |= {"activity_id", "content", "requested_role", *Performed.model_fields}

Count = Annotated[int | None, Field(ge=0, le=MOST_PEOPLE)]


class CommunicationRow(Performed, DatedRow):
    """`communication_id` stands there where an export wrote it; otherwise it follows from the content of the row."""

    draft_code: Code
    held_on: FactDay
    channel: Channel
    title: str
    organiser: str | None = None
    place: str | None = None
    attendance: int | None = Field(default=None, ge=0, le=MOST_PEOPLE)
    reach: str | None = None
    policy_no: Numbers = ()
    url: AddressOrNote | None = None
    activity_id: UUID | None = None
    content: Annotated[tuple[ContentItem, ...] | None, BeforeValidator(listed)] = None
    comments_received: Count = None
    comments_accepted: Count = None
    comments_explained: Count = None
    explanation_url: AddressOrNote | None = None
    explained_on: FactDay | None = None
    verified_on: FactDay | None = None
    verified_by_unit_code: Code | None = None
    verified_note: str | None = None
    communication_id: UUID | None = None
    requested_role: CommunicationRole | None = None
    dataset: Dataset = Dataset.LIVE

    @property
    def policies(self) -> tuple[int, ...]:
        return policies_meant(self.policy_no)

    @cached_property
    def possible_ids(self) -> list[UUID]:
        """Give the ids that it may have: as the lead unit's own, and as that of the performing unit."""
        if self.communication_id is not None:
            return [self.communication_id]
        units = [None] if self.unit_code is None else [None, self.unit_code]
        return [self._natural_id(unit) for unit in units]

    def id_in(self, draft: DraftSummary) -> UUID:
        """Return the id; a performing unit other than the lead of that day is part of it."""
        return self.communication_id or self._natural_id(draft.other_than_lead(self.unit_code, self.held_on))

    def _natural_id(self, unit_code: str | None) -> UUID:
        named = (self.draft_code, self.held_on, self.precision, self.channel, self.title, self.policies)
        return communication_id(*named, unit_code)

    def command(self, given: Given) -> asked.Record:
        return asked.Record(
            communication_id=self.id_in(given["draft"]),
            policies=self.policies,
            notes=self.notes,
            dataset=self.dataset,
            **self.model_dump(include=_KEPT),
            **given,
        )

    def additions(self, given: Given) -> Iterator[asked.Verify | asked.Summarise]:
        """Yield what the row states besides the activity; repeated after a change it is ignored."""
        if self.comments_received is not None:
            yield asked.Summarise(
                received=self.comments_received,
                accepted=self.comments_accepted or 0,
                explained=self.comments_explained or 0,
                explanation_url=self.explanation_url,
                explained_on=self.explained_on,
                only_first=True,
                **given,
            )
        if self.verified_on is not None:
            yield asked.Verify(
                verified_on=self.verified_on,
                by_unit_code=self.verified_by_unit_code,
                note=self.verified_note,
                as_recorded=recorded_by(self.command(given)),
                **given,
            )


class EvidenceRow(ImportRow):
    communication_id: UUID
    title: str | None = None
    url: AddressOrNote | None = None
    sha256: Digest | None = None
    captured_on: FactDay | None = None
    reach: str | None = None

    def command(self, given: Given) -> asked.Attach:
        number = evidence_id(self.communication_id, self.url, self.sha256)
        fields = self.model_dump(include=set(EvidenceRow.model_fields) - {"communication_id"})
        return asked.Attach(evidence=asked.Evidence(evidence_id=number, **fields), **given)
