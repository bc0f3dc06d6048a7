"""What metrics needs of its read model: facts in, timelines out, figures asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.metrics.domain.record import Announced, DraftRecord, WaitingRequest
from shared.contracts.vocabulary import Dataset, Instrument, Procedure, Regime, Stage
from shared.directory.folds import UnitDirectory
from shared.rules.counts import Member
from shared.rules.figures import Counts, Period
from shared.rules.sequence import StagePeriod
from shared.rules.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A draft's record with everything that follows from it."""

    record: DraftRecord
    timeline: Timeline
    stages: Sequence[StagePeriod]
    rules_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Counts of the policies that share what figures can be grouped by."""

    unit_code: str
    instrument: Instrument
    regime: Regime
    year: int | None
    dataset: Dataset
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """A gap that is open on the day asked for."""

    gap_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    procedure: Procedure
    unit_code: str
    stage: Stage
    since: date
    due_on: date
    policies: tuple[int, ...]
    dataset: Dataset
    requests: tuple[WaitingRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """A fact that no figure judges and a person should review."""

    kind: str
    draft_code: str
    title: str
    unit_code: str
    since: date | None
    dataset: Dataset


class Records(Protocol):
    """The write side of a projection's transaction."""

    async def load(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]: ...
    async def outdated(self, rules_version: str, most: int) -> list[DraftRecord]: ...
    async def replace(self, drafts: Iterable[Dated]) -> None: ...


class Announcements(Protocol):
    """What was announced of the gaps of drafts, and the facts that it is compared with."""

    async def with_gaps(self, today: date) -> list[UUID]: ...
    async def records(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]: ...
    async def announced(self, drafts: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Announced]]: ...


class Snapshot(Protocol):
    """A consistent snapshot of the read model, at `position`."""

    @property
    def position(self) -> int: ...
    async def units(self) -> UnitDirectory: ...
    async def cells(self, as_of: date, period: Period | None) -> list[Cell]: ...
    async def gaps(self, as_of: date) -> list[OpenGap]: ...
    async def todos(self, as_of: date, suspended_before: date) -> list[Todo]: ...
    async def draft(self, draft_code: str) -> DraftRecord | None: ...
    async def members(self, first: date | None, last: date) -> list[Member]: ...
    async def targets(self, year: int) -> Mapping[str, float]: ...


class Facts(Protocol):
    """A consistent snapshot of the facts of all drafts, in the order of their codes."""

    @property
    def position(self) -> int: ...
    async def records(self, after: str, limit: int) -> list[DraftRecord]: ...
