"""Events of metrics: gaps in the communication of a draft, as they open, change and close, and published reports."""

from datetime import date
from uuid import UUID

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, Stage


class _Gap(Event):
    """One gap: an in-scope draft in a required stage, with policies not yet communicated in it.

    `gap_id` is the id of the event that began the stage; `since` its day; `due_on` the last day of grace.
    """

    gap_id: UUID
    draft_id: UUID
    draft_code: Code
    title: str
    instrument: Instrument
    procedure: Procedure
    unit_code: Code
    stage: Stage
    since: date
    due_on: date
    policies: tuple[int, ...]
    dataset: Dataset = Dataset.LIVE
    rules_version: str
    facts_position: int


class ComplianceGapOpened(_Gap, context="compliance"):
    pass


class ComplianceGapChanged(_Gap, context="compliance"):
    """The gap is the same, but its unit, dates, title or open policies are others."""


class ComplianceGapClosed(_Gap, context="compliance"):
    """The gap closed by a fact dated `closed_on`; `policies` is what was still open before."""

    closed_on: date
    reason: GapClosure


ComplianceEvent = ComplianceGapOpened | ComplianceGapChanged | ComplianceGapClosed


class ComplianceReportPublished(Event, context="compliance"):
    """A report on the scheme that is kept as it was published: whose it is, of which days, and its files.

    `facts_position` is that of the last fact that it states; the digests are SHA-256 of the files' bytes, in hexadecimal.
    """

    report_id: UUID
    unit_code: Code | None = None
    include_descendants: bool = False
    area_of: Code | None = None
    view: str
    year: int | None = None
    period_from: date
    period_to: date
    as_of: date
    facts_position: int
    rules_version: str
    document: str | None = None
    sha256_json: str
    sha256_xlsx: str
    sha256_docx: str


MetricsEvent = ComplianceEvent | ComplianceReportPublished
