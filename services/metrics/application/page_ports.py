"""What the page for leaders and the report need of the read model besides figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from services.metrics.application.ports import Snapshot
from shared.contracts.vocabulary import Answer, Dataset, Instrument, Stage
from shared.rules.figures import Period
from shared.rules.verdicts import OccurrenceVerdict, PolicyVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOccurrence:
    """A required occurrence of a policy that lacks communication now, after the due day, and isn't communicated by the plan."""

    unit_code: str
    draft_code: str
    policy_no: int
    verdict: OccurrenceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCell:
    """A unit's figures on one day: policies by the plan in its reporting year, and drafts after their due day."""

    day: date
    unit_code: str
    begun: int = 0
    judged: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCell:
    """Of a unit's (policy, required occurrence) pairs at a stage that have an outcome: how many were communicated."""

    unit_code: str
    stage: Stage
    covered: int
    decided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A policy of a draft in scope or whose scope is undetermined, as it stands on a day; `adopted_on` ends its window."""

    draft_code: str
    draft_title: str
    unit_code: str
    instrument: Instrument
    scope: Answer
    dataset: Dataset
    policy_no: int
    policy_title: str | None
    verdict: PolicyVerdict
    begun: bool
    consultation_started_on: date | None
    adopted_on: date | None


class Turn(StrEnum):
    """What happened to a draft on a day."""

    ENTERED = "entered"
    COVERED = "covered"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    unit_code: str
    turn: Turn
    draft_code: str


class OverviewSnapshot(Snapshot, Protocol):
    """What the page for leaders asks besides; `period` filters policies as for `cells`."""

    async def late_occurrences(self, as_of: date, period: Period | None) -> list[LateOccurrence]:
        """Give those of one policy together, in the order of their due days."""
        ...

    async def months(self, days: Mapping[date, Period | None]) -> list[MonthCell]: ...
    async def stages(self, as_of: date, period: Period | None) -> list[StageCell]: ...
    async def happened(self, first: date, last: date) -> list[Happened]: ...
