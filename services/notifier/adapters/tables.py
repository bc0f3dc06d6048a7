"""Tables of the notifier: its read model, and what is its own (recipients and the ledger of digests)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.directory.tables import DirectoryTables
from shared.persistence.database import NAMING, table_of
from shared.projections.rows import CheckpointTables

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel, registry=registry(metadata=metadata)):
    metadata = metadata


def _moment(*, nullable: bool) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable)


class GapRow(Base, table=True):
    """Written for replicas of the release before, which read it; no code of this one does. Dropped by the next release."""

    __tablename__ = "gap"

    gap_id: UUID = Field(primary_key=True)
    draft_code: str
    title: str
    instrument: str
    procedure: str
    unit_code: str = Field(index=True)
    stage: str
    since: date
    due_on: date
    policies: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    dataset: str
    opened_position: int = Field(sa_type=BigInteger)
    closed_on: date | None = None
    closure: str | None = None
    closed_position: int | None = Field(default=None, sa_type=BigInteger)


class AlertRow(Base, table=True):
    """One gap of one unit with its alert (`domain/gaps/gap_alert.py`).

    `pending`: the log still lacks the event that brings the alert to the state of its gap.
    """

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_pending", "alert_id", postgresql_where=text("pending")),)

    alert_id: UUID = Field(primary_key=True)
    gap_id: UUID = Field(index=True)
    draft_code: str
    unit_code: str = Field(index=True)
    due_on: date
    state: str = Field(index=True)
    last_sent_day: date | None = None
    last_reason: str | None = None
    answer: str | None = None
    answered_on: date | None = None
    answer_said: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    answers: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    planned_on: date | None = None
    snoozed_until: date | None = None
    escalated_to: str | None = None
    escalation_level: int | None = None
    escalated_on: date | None = None
    silenced_until: date | None = None
    undeliverable_on: date | None = None
    closed_on: date | None = None
    closure: str | None = None
    version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    title: str | None = None
    instrument: str | None = None
    procedure: str | None = None
    stage: str | None = None
    since: date | None = None
    policies: list[int] | None = Field(default=None, sa_column=Column(ARRAY(Integer), nullable=True))
    dataset: str | None = None
    is_current: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    gap_closed_on: date | None = None
    gap_closure: str | None = None
    announced_by: UUID | None = None
    announced_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    correlation_id: str | None = None
    traceparent: str | None = None
    pending: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class UnwantedMailRow(Base, table=True):
    """A kind of mail that a mailbox has ended."""

    __tablename__ = "unwanted_mail"

    recipient_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)


class DigestDayRow(Base, table=True):
    """The day of the week on which a mailbox is reminded; null: each working day."""

    __tablename__ = "digest_day"

    recipient_id: UUID = Field(primary_key=True)
    digest_day: str | None = None


class RecipientRow(Base, table=True):
    """Own data: the only place in the system with an address.

    `undeliverable_on` is the day on which its server refused it or a mail bounced; `calendar`: due dates go along;
    `stands_in_for`: the address on the same list whose reader is absent.
    """

    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("unit_code", "email"),)

    recipient_id: UUID = Field(primary_key=True)
    unit_code: str
    role: str
    email: str
    language: str
    valid_from: date | None = None
    valid_to: date | None = None
    undeliverable_on: date | None = None
    undeliverable_why: str | None = None
    calendar: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    links_withdrawn_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    stands_in_for: str | None = None


class LinkRow(Base, table=True):
    """Own data: a link of a mail. Its token stands nowhere; `token_hash` finds the row.

    `reference` stands in the ledger in the place of the token; links of earlier releases, which are signed, have none.
    """

    __tablename__ = "link"

    link_id: UUID = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    reference: str | None = None
    purpose: str
    recipient_id: UUID = Field(index=True)
    unit_code: str = Field(index=True)
    mail_key: str | None = Field(default=None, index=True)
    claims: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    expires_at: datetime = Field(sa_column=_moment(nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    withdrawn_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    withdrawn_by: str | None = None


class AttemptRow(Base, table=True):
    """Own data: how often something was tried in a period; `who` is a digest, never an address."""

    __tablename__ = "attempt"

    what: str = Field(primary_key=True)
    who: str = Field(primary_key=True)
    since: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    number: int


class DigestRow(Base, table=True):
    """Own data, the ledger: one row a mail. `attempts` is also the fence of a claim.

    `parts` are the kinds and keys of the scheduled mails that a joint one stands for.
    `return_token` names the mail in its envelope; `acknowledged_at`: an operator has seen that it failed.
    """

    __tablename__ = "digest"
    __table_args__ = (
        Index("ix_digest_waiting", "state", "not_before"),
        # The oldest of those that are to be sent are found without sorting all that wait.
        Index(
            "ix_digest_oldest",
            "created_at",
            "digest_key",
            postgresql_where=text("state IN ('queued', 'claimed')"),
        ),
    )

    digest_key: str = Field(primary_key=True)
    kind: str
    recipient_id: UUID = Field(index=True)
    recipient_role: str
    unit_code: str
    day: date
    subject: str
    text: str
    html: str
    message_id: str
    correlation_id: str
    state: str
    attempts: int = 0
    not_before: datetime = Field(sa_column=_moment(nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    dated_at: datetime = Field(sa_column=_moment(nullable=False))
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    announced: bool = False
    delivery: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    threads: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False, server_default="{}"))
    unsubscribe: str | None = None
    return_token: UUID = Field(
        sa_column=Column(Uuid, nullable=False, unique=True, server_default=func.gen_random_uuid())
    )
    parts: list[dict[str, str]] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    acknowledged_by: str | None = None


class DigestLineRow(Base, table=True):
    """Own data: the gaps in a mail, with state and reason."""

    __tablename__ = "digest_line"

    digest_key: str = Field(primary_key=True, foreign_key="digest.digest_key")
    gap_id: UUID = Field(primary_key=True)
    draft_code: str
    unit_code: str
    reason: str
    standing: str
    due_on: date
    policies: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))


class DigestItemRow(Base, table=True):
    """Own data: what of programmes stands in a mail, with state and reason; a step of an obstacle has no state."""

    __tablename__ = "digest_item"

    digest_key: str = Field(primary_key=True, foreign_key="digest.digest_key")
    item_id: UUID = Field(primary_key=True)
    unit_code: str
    reason: str
    standing: str | None = None
    due_on: date | None = None


class DigestAttachmentRow(Base, table=True):
    """Own data: a file that goes along with a mail, `place` in its order."""

    __tablename__ = "digest_attachment"

    digest_key: str = Field(primary_key=True, foreign_key="digest.digest_key")
    place: int = Field(primary_key=True)
    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


class SilenceRow(Base, table=True):
    """Own data: what is not to be spoken of from `first_day` to `last_day`; one that was lifted stays here."""

    __tablename__ = "silence"

    silence_id: UUID = Field(primary_key=True)
    unit_code: str | None = None
    draft_code: str | None = None
    stage: str | None = None
    first_day: date
    last_day: date
    reason: str
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    created_by: str
    lifted_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    lifted_by: str | None = None


class UnitRequestRow(Base, table=True):
    """What a unit asked for that lowers its own duty; `to_unit` is what a transfer names."""

    __tablename__ = "unit_request"

    request_id: UUID = Field(primary_key=True)
    position: int = Field(unique=True, sa_type=BigInteger)
    draft_id: UUID = Field(index=True)
    kind: str
    unit_code: str
    raised_on: date
    state: str
    decider_code: str | None = None
    document: str | None = None
    reason: str | None = None
    to_unit: str | None = None
    wanted: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    gap_id: UUID | None = None
    recipient_id: UUID | None = None
    settled_on: date | None = Field(default=None, index=True)
    settled_by: str | None = None
    settlement_document: str | None = None
    settlement_reason: str | None = None


class SupervisorReplyRow(Base, table=True):
    """A request that was answered without a decision or passed on (`to_unit_code`), or a communication not verified.

    `activity` is the communication as it was then: `title`, `held_on`, `precision`, `channel`.
    """

    __tablename__ = "supervisor_reply"

    reply_id: UUID = Field(primary_key=True)
    position: int = Field(unique=True, sa_type=BigInteger)
    draft_id: UUID
    unit_code: str
    replied_on: date = Field(index=True)
    words: str
    by_unit_code: str | None = None
    to_unit_code: str | None = None
    request_id: UUID | None = Field(default=None, index=True)
    activity: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class ObstacleReplyRow(Base, table=True):
    """How an obstacle was answered in the programme of its unit; `of_entry` is the answer to a mail that reported it."""

    __tablename__ = "obstacle_reply"

    entry_id: UUID = Field(primary_key=True)
    of_entry: UUID = Field(index=True)
    answered_on: date
    document: str | None = None
    note: str | None = None


class ProgrammeEntryRow(Base, table=True):
    """An entry of a unit's programme as it stands after corrections; `position` is its place in the log."""

    __tablename__ = "programme_entry"

    entry_id: UUID = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)
    unit_code: str
    year: int
    kind: str = Field(index=True)
    of_entry: UUID | None = None
    title: str
    entry_ref: str | None = None
    happened_on: date | None = None
    document: str | None = None
    note: str | None = None
    lead_unit_code: str | None = None
    due_on: date | None = None
    quantity: int | None = None
    percent: int | None = None
    needs_acceptance: bool | None = None
    draft_code: str | None = None
    dataset: str
    cancelled_from: date | None = None
    coordinating_unit_codes: list[str] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    report_period: str | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = None
    duty_id: UUID | None = None
    reason: str | None = None


class SendingRow(Base, table=True):
    """Own data: who held all sending or released it, when and why; the last row counts."""

    __tablename__ = "sending"

    number: int | None = Field(default=None, primary_key=True)
    held: bool
    at: datetime = Field(sa_column=_moment(nullable=False))
    by: str
    reason: str


class MailboxChangeRow(Base, table=True):
    """Own data: how a unit's list of mailboxes changed, in numbers; `before` are the ids of those that were on it."""

    __tablename__ = "mailbox_change"

    number: int | None = Field(default=None, primary_key=True)
    unit_code: str
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    made_by: str
    before: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    numbers: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))


class SupervisionChangeRow(Base, table=True):
    """Who was set to supervise a unit from a day on, and when that was recorded and cancelled, by whom and why."""

    __tablename__ = "supervision_change"

    event_id: UUID = Field(primary_key=True)
    unit_code: str
    kind: str
    supervisor_code: str | None = None
    on: date
    document: str | None = None
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    recorded_by: str
    cancelled_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    cancelled_by: str | None = None
    cancelled_for: str | None = None


class RoundRow(Base, table=True):
    """Own data: completed mail runs; `round_key` names a period and a kind."""

    __tablename__ = "mail_round"

    round_key: str = Field(primary_key=True)
    done_at: datetime = Field(sa_column=_moment(nullable=False))


directory = DirectoryTables(metadata)
checkpoints = CheckpointTables(metadata)

GAP = table_of(GapRow)
ALERT = table_of(AlertRow)
RECIPIENT = table_of(RecipientRow)
LINK = table_of(LinkRow)
ATTEMPT = table_of(AttemptRow)
DIGEST = table_of(DigestRow)
DIGEST_LINE = table_of(DigestLineRow)
DIGEST_ITEM = table_of(DigestItemRow)
DIGEST_ATTACHMENT = table_of(DigestAttachmentRow)
UNWANTED_MAIL = table_of(UnwantedMailRow)
DIGEST_DAY = table_of(DigestDayRow)
SILENCE = table_of(SilenceRow)
SENDING = table_of(SendingRow)
ROUND = table_of(RoundRow)
UNIT_REQUEST = table_of(UnitRequestRow)
SUPERVISOR_REPLY = table_of(SupervisorReplyRow)
OBSTACLE_REPLY = table_of(ObstacleReplyRow)
PROGRAMME_ENTRY = table_of(ProgrammeEntryRow)
MAILBOX_CHANGE = table_of(MailboxChangeRow)
SUPERVISION_CHANGE = table_of(SupervisionChangeRow)

OWN = (
    GAP,
    ALERT,
    UNWANTED_MAIL,
    DIGEST_DAY,
    UNIT_REQUEST,
    SUPERVISOR_REPLY,
    OBSTACLE_REPLY,
    SUPERVISION_CHANGE,
    PROGRAMME_ENTRY,
)
READ_MODEL = (*directory.all, *OWN)

# Replicas of 0.1.0 still read them while a release is rolled out: the release after next drops them.
RETIRED = frozenset({"unit", "unit_succession", "draft_halt"})
