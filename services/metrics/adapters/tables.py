"""Tables of metrics: facts of drafts, their timelines as intervals, units, and what was announced.

A row is true of the log from `known_from` on; when it is replaced it moves into the table of superseded rows, where
`known_to` is the position that ended it. `adapters/history` writes both, and reads them as known at a position.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    false,
    text,
)
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


def _known_from() -> Column[Any]:
    """The position from which a row is true; 0 is what an old replica leaves until the rebuild."""
    return Column("known_from", BigInteger, nullable=False, server_default="0")


class TargetRow(Base, table=True):
    """A unit's own target for a reporting year, as a fraction 0..1."""

    __tablename__ = "target"

    unit_code: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    target: float
    document: str | None = None
    known_from: int = Field(default=0, sa_column=_known_from())


class DraftRow(Base, table=True):
    """The facts of one draft but its communications (`facts`); its intervals follow from these and those."""

    __tablename__ = "draft"

    draft_id: UUID = Field(primary_key=True)
    draft_code: str = Field(unique=True)
    title: str
    instrument: str
    regime: str
    procedure: str
    lead_unit_code: str = Field(index=True)
    dataset: str = Field(index=True)
    scope: str
    position: int = Field(sa_type=BigInteger, index=True)
    rules_version: str = Field(description="the rules that its intervals were derived by")
    facts: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    derived: str | None = Field(
        description="SHA-256 of its intervals: rows that stay as they are aren't written"
    )
    record: dict[str, Any] | None = Field(
        sa_column=Column(JSONB),
        description="as release 0.1.0 has it, with all communications; null since the row is of today's form",
    )
    known_from: int = Field(default=0, sa_column=_known_from())


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
    known_from: int = Field(default=0, sa_column=_known_from())


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
    known_from: int = Field(default=0, sa_column=_known_from())


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
    known_from: int = Field(default=0, sa_column=_known_from())


class OccurrenceRow(Base, table=True):
    """One stage occurrence of a draft, [entered_on, exited_on), as the directory has it."""

    __tablename__ = "stay"

    draft_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    stage: str
    entered_on: date
    exited_on: date | None = None
    known_from: int = Field(default=0, sa_column=_known_from())


class CommunicationRow(Base, table=True):
    """A communication as it was recorded, and what follows from its draft: who performed it, as what, and if it counts.

    `recorded_role` and `recorded_unit_code` may be null; `counts`: for the duty of the lead unit.
    """

    __tablename__ = "communication"
    __table_args__ = (
        Index("ix_communication_draft", "draft_id", "counts", "held_on", "communication_id"),
        Index("ix_communication_held_on", "held_on"),
        Index("ix_communication_unit", "unit_code", "held_on"),
        Index(
            "ix_communication_activity",
            "unit_code",
            "activity_code",
            postgresql_where=text("activity_code IS NOT NULL"),
        ),
    )

    communication_id: UUID = Field(primary_key=True)
    draft_id: UUID
    position: int = Field(sa_type=BigInteger)
    held_on: date
    precision: str
    policies: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    channel: str
    title: str
    url: str | None = None
    recorded_role: str | None = None
    recorded_unit_code: str | None = None
    role: str
    unit_code: str
    counts: bool
    verified: bool
    verification_refused: bool = Field(default=False, sa_column=_false())
    activity_code: str | None = None
    audience: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    area: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    items: int | None = None
    attendance: int | None = Field(default=None, sa_type=BigInteger)
    reach_count: int | None = Field(default=None, sa_type=BigInteger)
    cost_state: int | None = Field(default=None, sa_type=BigInteger)
    cost_social: int | None = Field(default=None, sa_type=BigInteger)
    opinions: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    content: list[str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    known_from: int = Field(default=0, sa_column=_known_from())


class CountingRow(Base, table=True):
    """A communication that counts for the duty, once for each policy that it is about (0: the whole draft).

    It may have been held on any day of [held_on, last_day]. Each index finds the earliest of its kind, whatever their number.
    """

    __tablename__ = "counting_communication"
    __table_args__ = (
        Index("ix_counting_communication_any", "draft_id", "policy_no", "held_on", "communication_id"),
        Index(
            "ix_counting_communication_beyond",
            "draft_id",
            "policy_no",
            "held_on",
            postgresql_where=text("NOT statutory"),
        ),
        Index(
            "ix_counting_communication_verified",
            "draft_id",
            "policy_no",
            "held_on",
            postgresql_where=text("verified"),
        ),
        Index(
            "ix_counting_communication_inexact",
            "draft_id",
            "policy_no",
            "precision",
            "held_on",
            postgresql_where=text("precision <> 'day'"),
        ),
    )

    communication_id: UUID = Field(primary_key=True)
    policy_no: int = Field(primary_key=True)
    draft_id: UUID
    held_on: date
    last_day: date
    precision: str
    statutory: bool
    verified: bool
    known_from: int = Field(default=0, sa_column=_known_from())


class ProgrammeEntryRow(Base, table=True):
    """An entry of a unit's programme as it stands after corrections; `position` is its place in the log."""

    __tablename__ = "programme_entry"
    __table_args__ = (Index(None, "year", "unit_code"),)

    entry_id: UUID = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)
    unit_code: str
    year: int
    kind: str
    of_entry: UUID | None = None
    happened_on: date | None = None
    document: str | None = None
    lead_unit_code: str | None = None
    due_on: date | None = None
    quantity: int | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    percent: int | None = None
    examined: int | None = None
    needs_acceptance: bool | None = None
    cancelled_from: date | None = None
    dataset: str
    title: str | None = None
    entry_ref: str | None = None
    note: str | None = None
    corrected: bool | None = None
    coordinating_unit_codes: list[str] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    report_period: str | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = None
    duty_id: UUID | None = None
    figures: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    report_id: UUID | None = None
    known_from: int = Field(default=0, sa_column=_known_from())


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


class PlannedActivityRow(Base, table=True):
    """An activity of a draft's plan as it stands; `unit_code` is responsible for it (None: the lead unit)."""

    __tablename__ = "planned_activity"
    __table_args__ = (Index("ix_planned_activity_known_from", "known_from"),)

    activity_id: UUID = Field(primary_key=True)
    draft_id: UUID = Field(index=True)
    planned_on: date = Field(index=True)
    precision: str
    stage: str | None
    channel: str | None
    title: str | None
    unit_code: str | None
    cancelled: bool
    known_from: int = Field(default=0, sa_column=_known_from())


class ReminderRow(Base, table=True):
    """A day on which a gap was urged: `kind` is sent (a mail about it) or escalated (to a unit above)."""

    __tablename__ = "reminder"

    gap_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    known_from: int = Field(default=0, sa_column=_known_from())


class RecordedDayRow(Base, table=True):
    """The position of the last fact that was recorded on a day (in Vietnam): what was known at its end."""

    __tablename__ = "recorded_day"

    day: date = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)


class PublishedReportRow(Base, table=True):
    """A report that was published, as its event has it."""

    __tablename__ = "published_report"

    report_id: UUID = Field(primary_key=True)
    unit_code: str | None = Field(index=True)
    include_descendants: bool
    area_of: str | None
    view: str
    year: int | None
    period_from: date
    period_to: date
    as_of: date
    facts_position: int = Field(sa_type=BigInteger)
    rules_version: str
    document: str | None
    sha256_json: str
    sha256_xlsx: str
    sha256_docx: str
    published_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class CalendarAddressRow(Base, table=True):
    """The secret address of a unit's calendar, of which only the digest is kept; a new one ends the old."""

    __tablename__ = "calendar_address"

    unit_code: str = Field(primary_key=True)
    key_sha256: str = Field(unique=True)
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class PublishedFileRow(Base, table=True):
    """The bytes of a published report; they are in no event, so a backup takes them along."""

    __tablename__ = "published_report_file"

    report_id: UUID = Field(primary_key=True)
    format: str = Field(primary_key=True)
    sha256: str
    content: bytes


units = UnitTables(metadata)
for _table in units.all:
    _table.append_column(_known_from())
checkpoints = CheckpointTables(metadata)

TARGET = table_of(TargetRow)
DRAFT = table_of(DraftRow)
POLICY_INTERVAL = table_of(PolicyIntervalRow)
OCCURRENCE_INTERVAL = table_of(OccurrenceIntervalRow)
GAP_INTERVAL = table_of(GapIntervalRow)
OCCURRENCE = table_of(OccurrenceRow)
COMMUNICATION = table_of(CommunicationRow)
COUNTING = table_of(CountingRow)
PROGRAMME_ENTRY = table_of(ProgrammeEntryRow)
ANNOUNCED = table_of(AnnouncedRow)
PLANNED_ACTIVITY = table_of(PlannedActivityRow)
REMINDER = table_of(ReminderRow)
CALENDAR_ADDRESS = table_of(CalendarAddressRow)
RECORDED_DAY = table_of(RecordedDayRow)
PUBLISHED_REPORT = table_of(PublishedReportRow)
PUBLISHED_FILE = table_of(PublishedFileRow)


def _superseded(table: Table) -> Table:
    """Make the table of rows that were replaced: each was true of the log on [known_from, known_to)."""
    name = f"{table.name}_superseded"
    keys = [*table.primary_key.columns.keys(), "known_from"]
    columns = [
        Column(column.name, column.type, primary_key=column.name in keys, nullable=column.nullable)
        for column in table.columns
    ]
    made = Table(name, metadata, *columns, Column("known_to", BigInteger, nullable=False, index=True))
    if "draft_id" in table.columns and keys[0] != "draft_id":
        Index(f"ix_{name}_draft_id", made.c.draft_id)
    return made


KEPT = (
    *units.all,
    TARGET,
    DRAFT,
    POLICY_INTERVAL,
    OCCURRENCE_INTERVAL,
    GAP_INTERVAL,
    OCCURRENCE,
    COMMUNICATION,
    COUNTING,
    PROGRAMME_ENTRY,
    PLANNED_ACTIVITY,
    REMINDER,
)
SUPERSEDED = {table.name: _superseded(table) for table in KEPT}

READ_MODEL = (*KEPT, ANNOUNCED, RECORDED_DAY, PUBLISHED_REPORT, *SUPERSEDED.values())

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"unit", "unit_succession"})
