"""Tables of campaigns' read model: drafts as far as it must know them, and communications."""

from datetime import date
from uuid import UUID

from sqlalchemy import Column, Index, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import NAMING, table_of
from shared.projections.checkpoint import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


class KnownDraftRow(Base, table=True):
    __tablename__ = "known_draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    instrument: str
    dataset: str


class KnownLeadRow(Base, table=True):
    """Who leads a draft from a day on; transfers may be recorded out of order, the latest day holds."""

    __tablename__ = "known_lead"

    draft_id: UUID = Field(primary_key=True)
    on: date = Field(primary_key=True)
    unit_code: str


class KnownPolicyRow(Base, table=True):
    __tablename__ = "known_policy"

    draft_id: UUID = Field(primary_key=True)
    policy_no: int = Field(primary_key=True)
    title: str


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
    notes: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    dataset: str
    retracted: bool
    retraction_reason: str | None = None
    version: int


checkpoints = CheckpointTables(metadata)

DRAFT = table_of(KnownDraftRow)
LEAD = table_of(KnownLeadRow)
POLICY = table_of(KnownPolicyRow)
COMMUNICATION = table_of(CommunicationRow)

READ_MODEL = (DRAFT, LEAD, POLICY, COMMUNICATION)
