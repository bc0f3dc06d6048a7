"""Tables of the registry's read model: the directory, what a list of drafts shows in addition, and requests of units."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.directory.tables import DirectoryTables
from shared.persistence.database import NAMING, table_of
from shared.projections.rows import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


class DraftRow(Base, table=True):
    """What the directory doesn't hold; the columns that it holds too are written for readers of 0.1.0 alone."""

    __tablename__ = "draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    search: str
    search_title: str | None = None
    search_number: str | None = None
    instrument: str
    lead_unit_code: str = Field(index=True)
    regime: str
    procedure: str
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    handling: str | None = None
    amends: list[str] | None = Field(default=None, sa_column=Column(JSONB))
    replaces: list[str] | None = Field(default=None, sa_column=Column(JSONB))
    external_ref: str | None = None
    dataset: str
    scope: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    version: int


class RequestRow(Base, table=True):
    """What a unit asked for; `state` is `waiting`, or the decision. The last answer and forwarding stand beside it."""

    __tablename__ = "request"

    request_id: UUID = Field(primary_key=True)
    position: int = Field(unique=True, sa_type=BigInteger)
    draft_id: UUID = Field(index=True)
    kind: str
    command: str
    wanted: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    unit_code: str = Field(index=True)
    raised_on: date
    decider_code: str | None = None
    document: str | None = None
    reason: str | None = None
    gap_id: UUID | None = None
    stage: str | None = None
    state: str = Field(index=True)
    settled_on: date | None = None
    settled_by: str | None = None
    settlement_document: str | None = None
    settlement_reason: str | None = None
    reply: str | None = None
    replied_on: date | None = None
    replied_by: str | None = None
    forwarded_to: str | None = None
    forwarded_on: date | None = None
    forwarded_by: str | None = None
    forwarding_reason: str | None = None


class LoweringRow(Base, table=True):
    """A fact that lowers a duty, recorded without a request: by an import, or by who supervises."""

    __tablename__ = "lowering"

    # The log numbers these rows. A sequence of the table would keep a rebuild from dropping it.
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event_id: UUID
    draft_id: UUID
    unit_code: str | None = None
    kind: str
    recorded_on: date
    recorded_by: str


directory = DirectoryTables(metadata)
checkpoints = CheckpointTables(metadata)


DRAFT, REQUEST, LOWERING = (table_of(row) for row in (DraftRow, RequestRow, LoweringRow))

OWN = (DRAFT, REQUEST, LOWERING)
READ_MODEL = (*directory.all, *OWN)

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"unit", "unit_succession", "lead", "policy", "stage_entry"})
