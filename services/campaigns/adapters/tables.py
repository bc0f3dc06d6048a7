"""Tables of campaigns' read model: the directory, and its own."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.directory.tables import DirectoryTables
from shared.persistence.database import NAMING, table_of
from shared.projections.rows import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


def _maybe() -> Column[Any]:
    return Column(JSONB(none_as_null=True))


class CommunicationRow(Base, table=True):
    __tablename__ = "communication"
    __table_args__ = (Index(None, "draft_code", "held_on", "communication_id"),)

    communication_id: UUID = Field(primary_key=True)
    draft_id: UUID
    draft_code: str
    held_on: date
    precision: str
    channel: str
    title: str
    policies: list[int] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    organiser: str | None = None
    place: str | None = None
    attendance: int | None = None
    reach: str | None = None
    url: str | None = None
    activity_id: UUID | None = Field(default=None, index=True)
    content: list[str] | None = Field(default=None, sa_column=_maybe())
    role: str | None = None
    requested_role: str | None = None
    unit_code: str | None = None
    coordinating_units: list[str] | None = Field(default=None, sa_column=_maybe())
    audience: list[str] | None = Field(default=None, sa_column=_maybe())
    area: list[str] | None = Field(default=None, sa_column=_maybe())
    items: int | None = None
    reach_count: int | None = Field(default=None, sa_type=BigInteger)
    cost_state: int | None = Field(default=None, sa_type=BigInteger)
    cost_social: int | None = Field(default=None, sa_type=BigInteger)
    language: str | None = None
    activity_code: str | None = None
    verification: dict[str, str] | None = Field(default=None, sa_column=_maybe())
    verification_refusal: dict[str, str] | None = Field(default=None, sa_column=_maybe())
    feedback: dict[str, str] | None = Field(default=None, sa_column=_maybe())
    notes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    dataset: str
    retracted: bool
    retraction_reason: str | None = None
    version: int


class EvidenceRow(Base, table=True):
    __tablename__ = "evidence"

    evidence_id: UUID = Field(primary_key=True)
    communication_id: UUID = Field(index=True)
    position: int = Field(sa_type=BigInteger)
    title: str | None = None
    url: str | None = None
    sha256: str | None = None
    captured_on: date | None = None
    reach: str | None = None
    size: int | None = Field(default=None, sa_type=BigInteger)
    media_type: str | None = None
    unit_code: str | None = Field(default=None, index=True)
    erased: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


class PlannedActivityRow(Base, table=True):
    """An activity of a plan as it stands; `reason` is that of the last rescheduling or of the cancelling."""

    __tablename__ = "planned_activity"
    __table_args__ = (Index(None, "planned_on", "activity_id"), Index(None, "draft_code"))

    activity_id: UUID = Field(primary_key=True)
    draft_id: UUID
    draft_code: str
    planned_on: date
    precision: str
    stage: str | None = None
    gap_id: UUID | None = None
    channel: str | None = None
    title: str | None = None
    audience: str | None = None
    area: str | None = None
    responsible_unit_code: str | None = None
    budget: int | None = Field(default=None, sa_type=BigInteger)
    notes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    dataset: str
    cancelled: bool
    reason: str | None = None


class ProgrammeEntryRow(Base, table=True):
    """An entry of a unit's programme as it stands after corrections; `position` is its place in the log."""

    __tablename__ = "programme_entry"
    __table_args__ = (Index(None, "unit_code", "year", "position"), Index(None, "of_entry"))

    entry_id: UUID = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger, unique=True)
    unit_code: str
    year: int
    kind: str
    of_entry: UUID | None = None
    title: str
    document: str | None = None
    happened_on: date | None = None
    precision: str
    lead_unit_code: str | None = None
    coordinating_unit_codes: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    due_on: date | None = None
    product: str | None = None
    quantity: int | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    note: str | None = None
    draft_code: str | None = None
    gap_id: UUID | None = None
    notes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    dataset: str
    entry_ref: str | None = None
    due_precision: str | None = None
    coordinating_text: str | None = None
    year_reason: str | None = None
    needs_acceptance: bool | None = None
    percent: int | None = None
    examined: int | None = None
    reason: str | None = None
    corrected: bool | None = None
    cancelled_from: date | None = None
    report_period: str | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = None
    duty_id: UUID | None = None
    figures: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    report_id: UUID | None = None


directory = DirectoryTables(metadata)
checkpoints = CheckpointTables(metadata)

COMMUNICATION = table_of(CommunicationRow)
EVIDENCE = table_of(EvidenceRow)
ACTIVITY = table_of(PlannedActivityRow)
ENTRY = table_of(ProgrammeEntryRow)

OWN = (COMMUNICATION, EVIDENCE, ACTIVITY, ENTRY)
READ_MODEL = (*directory.all, *OWN)

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"known_unit", "known_draft", "known_lead", "known_policy"})
