"""Events of metrics: gaps in the communication of a draft, as they open, change and close."""

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
