"""What metrics needs of its read model: facts in, timelines out, figures asked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from operator import add
from typing import Protocol, TypeVar
from uuid import UUID

from services.metrics.domain.coverage import Covering
from services.metrics.domain.record import (
    Announced,
    Asked,
    CommunicationFact,
    DraftGaps,
    DraftRecord,
    Performed,
    WaitingRequest,
)
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Dataset,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
)
from shared.directory.folds import UnitDirectory
from shared.rules.counts import NOTHING, CountBy, Key, Member, Published, datasets_of, published_of
from shared.rules.figures import Counts, Period
from shared.rules.sequence import StagePeriod
from shared.rules.timeline import Timeline
from shared.rules.verdicts import Search


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A draft's record with everything that follows from it; without `timeline` what follows stands in the rows already."""

    record: DraftRecord
    scope: Answer
    timeline: Timeline | None
    stages: Sequence[StagePeriod]
    rules_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVersion:
    """A draft as an event left it, and the communications that the event wrote or removed.

    `position` is that of the event, or 0 where the rows follow from other rules, not from the log.
    """

    position: int
    draft: Dated
    written: Sequence[Performed] = ()
    removed: UUID | None = None


KnownAt = int | date
"""A position of the log, or a day: what was recorded up to its end."""


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


TODO_KINDS = ("scope_undetermined", "closed_unopened", "suspended_long")
"""In the order in which to-dos are listed."""


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
    """The write side of a projection's transaction; a record is read with no communications but those asked for."""

    async def load(
        self, drafts: Collection[UUID], communications: Collection[UUID]
    ) -> dict[UUID, DraftRecord]: ...
    async def whole(self, drafts: Collection[UUID]) -> dict[UUID, tuple[CommunicationFact, ...]]: ...
    async def outdated(self, rules_version: str, most: int) -> list[DraftRecord]: ...
    async def deciding(
        self, asked: Iterable[Asked], apart_from: Collection[UUID] = ()
    ) -> Mapping[UUID, Sequence[CommunicationFact]]: ...
    async def replace(self, versions: Sequence[DraftVersion]) -> None: ...


class Announcements(Protocol):
    """What was announced of the gaps of drafts, and the gaps that it is compared with."""

    async def with_gaps(self, today: date) -> list[UUID]: ...
    async def gaps(self, drafts: Collection[UUID]) -> list[DraftGaps]: ...
    async def announced(self, drafts: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Announced]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a draft's communications up to a day, after `after` (day and id) in this order.

    With `days` those that count and may have been held on one of them, about `policy_no` (None: about any).
    """

    draft_id: UUID
    until: date
    limit: int
    after: tuple[date, UUID] | None = None
    counts: bool | None = None
    days: Search | None = None
    policy_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedCommunication:
    """A communication with its performing unit and role; `counts`: for the duty of the lead unit."""

    communication_id: UUID
    held_on: date
    precision: Precision
    channel: Channel
    title: str
    policies: tuple[int, ...]
    url: str | None
    role: CommunicationRole
    unit_code: str
    counts: bool
    verified: bool
    items: int | None
    attendance: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitiesAsked:
    """Which activities are summed up: of which performing units (None: all), on drafts of which scope, in which groups.

    Without `drafts` the drafts that they are about aren't counted.
    """

    as_of: date
    period: Period | None
    units: frozenset[str] | None
    scope: Answer | None = None
    channel: Channel | None = None
    by: tuple[tuple[CountBy, ...], ...] = ((CountBy.NONE,),)
    drafts: bool = True


GroupKey = tuple[tuple[CountBy, ...], tuple[Key, ...]]
"""A grouping and the key of a group of it."""


@dataclass(frozen=True, slots=True)
class ActivitySums:
    """What the activities of a group add up to, and how many of them are about each draft."""

    numbers: tuple[int, ...] = NOTHING
    drafts: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "ActivitySums") -> "ActivitySums":
        return ActivitySums(tuple(map(add, self.numbers, other.numbers)), {**self.drafts, **other.drafts})

    @property
    def published(self) -> Published:
        return published_of(self.numbers, len(self.drafts))

    @property
    def datasets(self) -> frozenset[Dataset]:
        return datasets_of(self.numbers)


class Snapshot(Protocol):
    """A consistent snapshot of the read model, at `position`."""

    @property
    def position(self) -> int: ...
    @property
    def dataset(self) -> Dataset | None:
        """Return the data set whose rows these are; None: of all."""
        ...

    @property
    def present(self) -> frozenset[Dataset]:
        """Return the data sets that a question may be about."""
        ...

    async def units(self) -> UnitDirectory: ...
    async def cells(self, as_of: date, period: Period | None) -> list[Cell]: ...
    async def gaps(self, as_of: date) -> list[OpenGap]: ...
    async def todos(self, as_of: date, suspended_before: date) -> list[Todo]: ...
    async def draft(self, draft_code: str) -> DraftRecord | None: ...
    async def deciding(self, asked: Asked) -> Sequence[CommunicationFact]: ...
    async def covering(
        self, draft_id: UUID, asked: Sequence[tuple[int, Search]], most: int
    ) -> Sequence[Covering]: ...
    async def others(self, draft_id: UUID, until: date, most: int) -> Covering: ...
    async def listed(self, asked: Listed) -> Sequence[PerformedCommunication]: ...
    async def members(
        self, first: date | None, last: date, units: Collection[str] | None = None
    ) -> list[Member]: ...
    async def activity_sums(self, asked: ActivitiesAsked) -> Mapping[GroupKey, ActivitySums]: ...
    async def targets(self, year: int) -> Mapping[str, float]: ...


Kind_co = TypeVar("Kind_co", covariant=True)


class Opens(Protocol[Kind_co]):
    """Opens a snapshot of some kind of the read model, or of what was known earlier."""

    def __call__(self, known_at: KnownAt | None = None, /) -> AbstractAsyncContextManager[Kind_co]: ...


Snapshots = Opens[Snapshot]


class Facts(Protocol):
    """A consistent snapshot of the facts of all drafts, in the order of their codes."""

    @property
    def position(self) -> int: ...
    async def units(self) -> UnitDirectory: ...
    async def records(self, after: str, limit: int) -> list[DraftRecord]: ...
