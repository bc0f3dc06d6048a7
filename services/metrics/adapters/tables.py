"""Tables of metrics: facts of drafts, their timelines as intervals, units, and what was announced."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Index, Integer, MetaData, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.directory.tables import UnitTables
from shared.persistence.database import NAMING, table_of
from shared.projections.rows import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


def _false() -> Column[Any]:
    """A column that an old replica leaves out while a release is rolled out."""
    return Column(Boolean, nullable=False, server_default=false())


class TargetRow(Base, table=True):
    """A unit's own target for a reporting year, as a fraction 0..1."""

    __tablename__ = "target"

    unit_code: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    target: float
    document: str | None = None


class DraftRow(Base, table=True):
    """All facts of one draft (`record`), from which its intervals follow."""

    __tablename__ = "draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    instrument: str
    regime: str
    procedure: str
    lead_unit_code: str = Field(index=True)
    dataset: str
    scope: str
    position: int = Field(sa_type=BigInteger)
    rules_version: str = Field(description="the rules that its intervals were derived by")
    record: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class PolicyIntervalRow(Base, table=True):
    """A policy's verdict on each day of [from_day, to_day)."""

    __tablename__ = "policy_interval"
    __table_args__ = (Index("ix_policy_interval_days", "from_day", "to_day"),)

    draft_id: UUID = Field(primary_key=True)
    policy_no: int = Field(primary_key=True)
    from_day: date = Field(primary_key=True)
    to_day: date
    verdict: str
    on_time: bool
    any_communication: bool
    from_start: bool
    begun: bool = Field(sa_column=_false())
    statutory_only: bool = Field(sa_column=_false())
    verified: bool = Field(sa_column=_false())
    provisional: bool
    waived: int
    unit_code: str
    scope: str
    instrument: str
    regime: str
    dataset: str
    window_opened: date | None = None
    window_closed: date | None = None
    unopened_closed_on: date | None = None


class OccurrenceIntervalRow(Base, table=True):
    """The verdict of a (policy, required occurrence) pair on each day of [from_day, to_day)."""

    __tablename__ = "occurrence_interval"
    __table_args__ = (Index("ix_occurrence_interval_days", "from_day", "to_day"),)

    draft_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    policy_no: int = Field(primary_key=True)
    from_day: date = Field(primary_key=True)
    to_day: date
    stage: str
    due_on: date
    verdict: str
    counts: bool
    unit_code: str
    scope: str
    instrument: str
    regime: str
    dataset: str
    window_opened: date | None = None
    window_closed: date | None = None
    unopened_closed_on: date | None = None


class GapIntervalRow(Base, table=True):
    """An open gap on each day of [from_day, to_day)."""

    __tablename__ = "gap_interval"
    __table_args__ = (Index("ix_gap_interval_days", "from_day", "to_day"),)

    gap_id: UUID = Field(primary_key=True)
    from_day: date = Field(primary_key=True)
    to_day: date
    draft_id: UUID = Field(index=True)
    stage: str
    since: date
    due_on: date
    unit_code: str = Field(index=True)
    policies: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    closure: str | None = None
    closed_on: date | None = None


class OccurrenceRow(Base, table=True):
    """One stage occurrence of a draft, [entered_on, exited_on), as the directory has it."""

    __tablename__ = "stay"

    draft_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    stage: str
    entered_on: date
    exited_on: date | None = None


class CommunicationRow(Base, table=True):
    """A communication with its role and performing unit as they follow from the draft: what counts are made of."""

    __tablename__ = "communication"

    communication_id: UUID = Field(primary_key=True)
    draft_id: UUID = Field(index=True)
    position: int = Field(sa_type=BigInteger)
    draft_code: str
    draft_title: str
    scope: str
    dataset: str
    unit_code: str
    role: str
    channel: str
    held_on: date = Field(index=True)
    precision: str
    activity_code: str | None = None
    audience: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    area: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    items: int | None = None
    attendance: int | None = Field(default=None, sa_type=BigInteger)
    reach_count: int | None = Field(default=None, sa_type=BigInteger)
    cost_state: int | None = Field(default=None, sa_type=BigInteger)
    cost_social: int | None = Field(default=None, sa_type=BigInteger)
    opinions: list[Any] = Field(sa_column=Column(JSONB, nullable=False))


class AnnouncedRow(Base, table=True):
    """The last event of each gap in the log."""

    __tablename__ = "announced_gap"

    gap_id: UUID = Field(primary_key=True)
    draft_id: UUID = Field(index=True)
    is_open: bool = Field(index=True)
    version: int
    position: int = Field(sa_type=BigInteger)
    type: str
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


units = UnitTables(metadata)
checkpoints = CheckpointTables(metadata)

TARGET = table_of(TargetRow)
DRAFT = table_of(DraftRow)
POLICY_INTERVAL = table_of(PolicyIntervalRow)
OCCURRENCE_INTERVAL = table_of(OccurrenceIntervalRow)
GAP_INTERVAL = table_of(GapIntervalRow)
OCCURRENCE = table_of(OccurrenceRow)
COMMUNICATION = table_of(CommunicationRow)
ANNOUNCED = table_of(AnnouncedRow)

READ_MODEL = (
    *units.all,
    TARGET,
    DRAFT,
    POLICY_INTERVAL,
    OCCURRENCE_INTERVAL,
    GAP_INTERVAL,
    OCCURRENCE,
    COMMUNICATION,
    ANNOUNCED,
)

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"unit", "unit_succession"})
