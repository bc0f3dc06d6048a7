"""Tables of the registry's read model: units, drafts, lead units and stage entries."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.database import NAMING, UNUSED, table_of
from shared.projections.checkpoint import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


_UNUSED = {"info": {UNUSED: True}}


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


class UnitRow(Base, table=True):
    __tablename__ = "unit"

    unit_code: str = Field(primary_key=True)
    unit_name: str
    search: str
    level: str
    kind: str
    parent_code: str | None = Field(default=None, index=True)
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None
    source: str | None = None
    dataset: str


class SuccessionRow(Base, table=True):
    """Neither written nor read any more; a later release drops it."""

    __tablename__ = "unit_succession"

    unit_code: str = Field(primary_key=True)
    to_code: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    kind: str
    legal_basis: str | None = None


class DraftRow(Base, table=True):
    __tablename__ = "draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    search: str
    instrument: str
    lead_unit_code: str = Field(index=True)
    regime: str
    procedure: str
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    dataset: str
    scope: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    version: int


class LeadRow(Base, table=True):
    """A transfer: the unit that leads the draft from a day on; the latest by day holds."""

    __tablename__ = "lead"

    draft_id: UUID = Field(primary_key=True)
    on: date = Field(primary_key=True)
    unit_code: str


class PolicyRow(Base, table=True):
    """Neither written nor read any more; a later release drops it."""

    __tablename__ = "policy"

    draft_id: UUID = Field(primary_key=True)
    policy_no: int = Field(primary_key=True)
    title: str
    affected_groups: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class StageRow(Base, table=True):
    """The last four are neither written nor read any more; a later release drops them."""

    __tablename__ = "stage_entry"

    entry_id: UUID = Field(primary_key=True)
    draft_id: UUID = Field(index=True)
    stage: str
    stage_order: int
    entered_on: date
    precision: str | None = Field(default=None, sa_column_kwargs=_UNUSED)
    what: str | None = Field(default=None, sa_column_kwargs=_UNUSED)
    late: bool | None = Field(default=None, sa_column_kwargs=_UNUSED)
    unusual: bool | None = Field(default=None, sa_column_kwargs=_UNUSED)


checkpoints = CheckpointTables(metadata)


UNIT = table_of(UnitRow)
DRAFT = table_of(DraftRow)
STAGE = table_of(StageRow)
LEAD = table_of(LeadRow)

READ_MODEL = (UNIT, DRAFT, LEAD, STAGE)
