"""What the pages of lists, of required reports and the time track of a draft ask of the read model besides figures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.metrics.application.page_ports import OverviewSnapshot
from services.metrics.application.ports import Snapshot
from services.metrics.domain.programme import ProgrammeEntryRow
from services.metrics.domain.record import ExpectedStage
from shared.contracts.vocabulary import Channel, Dataset, Precision, Stage
from shared.rules.programme.states import EntryFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A stage that a draft, in scope or of unknown scope, is to enter; `unit_code` leads it on the day asked for."""

    draft_code: str
    title: str
    unit_code: str
    dataset: Dataset
    stage: ExpectedStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An activity of a draft's plan that is not cancelled; `unit_code` leads the draft on the day asked for.

    `responsible_code` is None where it is the lead unit.
    """

    draft_id: UUID
    draft_code: str
    draft_title: str
    unit_code: str
    dataset: Dataset
    planned_on: date
    precision: Precision
    stage: Stage | None
    channel: Channel | None
    title: str | None
    responsible_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A day on which a draft was urged: `kind` is sent or escalated."""

    day: date
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Of the communications that a unit performed up to a day: how many are verified, and how many bear no address."""

    unit_code: str
    dataset: Dataset
    communications: int
    verified: int
    without_url: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnamed:
    """A draft, in scope or of unknown scope, without a named policy."""

    draft_code: str
    title: str
    unit_code: str
    dataset: Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEntry:
    """An entry about reports: a requirement, a report, a receipt."""

    fact: EntryFact
    year: int
    title: str | None
    dataset: Dataset
    corrected: bool
    figures: Mapping[str, int] | None
    report_id: UUID | None = None


class ReportsSnapshot(Snapshot, Protocol):
    async def report_entries(self, year: int) -> list[ReportEntry]:
        """Give the entries about reports of the programmes of a year, and of the next one."""
        ...


class ListSnapshot(OverviewSnapshot, ReportsSnapshot, Protocol):
    async def coming(self, as_of: date) -> list[Coming]: ...
    async def planned(self, as_of: date, draft_id: UUID | None = None) -> list[Planned]:
        """List the activities of plans: all of one draft, or those of all drafts from the day on."""
        ...

    async def reminders(self, draft_id: UUID, until: date) -> Sequence[Reminder]: ...
    async def evidence(self, as_of: date) -> list[Evidence]: ...
    async def unnamed(self, as_of: date) -> list[Unnamed]: ...
    async def programme_entries(
        self, year: int, units: Collection[str] | None
    ) -> list[ProgrammeEntryRow]: ...
