"""What can be asked of campaigns' read model."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from services.campaigns.domain.draft import DraftSummary
from shared.contracts.vocabulary import Dataset
from shared.directory.folds import UnitsOn
from shared.rules.programme.reports import ExpectedReport, expected_of, extended
from shared.rules.programme.states import EntryFact


class DraftDirectory(Protocol):
    """Drafts and units of the registry, as far as they are projected."""

    async def draft(self, draft_code: str) -> DraftSummary | None:
        """Return the summary of a draft, None if it is not registered."""
        ...

    async def unit(self, unit_code: str) -> Dataset | None:
        """Return the data set of a unit, None if it is not registered."""
        ...

    async def units_above(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        """Return units as they are on a day, with all that stand above them; those that are not registered are left out."""
        ...

    async def followers(self, unit_code: str, day: date) -> frozenset[str]:
        """Return the units that follow the communication work of a unit on a day."""
        ...

    async def area(self, unit_code: str, day: date) -> frozenset[str]:
        """Return the units whose communication work a unit follows on a day."""
        ...

    async def units_carrying_on(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        """Return those of some units for which others carry on, with these, as they are on a day."""
        ...

    async def planned(self, draft_code: str, activity_id: UUID) -> bool:
        """Return whether the plan of a draft has an activity, as far as it is projected."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationFilter:
    """Those of one draft, or of all; `unit_code` performed them, `confirmed_by` leads their drafts and is asked to confirm them.

    `newest_first`: by day downwards, else upwards. `unverified`: those that nobody has verified; `verified_for` are the
    units for whose communications the caller may do that (None: all).
    """

    draft_code: str | None = None
    unit_code: str | None = None
    confirmed_by: str | None = None
    include_retracted: bool = False
    newest_first: bool = False
    unverified: bool = False
    verified_for: frozenset[str] | None = None
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """`unit_code` is responsible, or leads the draft where the plan names no unit; days are inclusive.

    `pending`: neither cancelled nor carried out.
    """

    draft_code: str | None = None
    unit_code: str | None = None
    first: date | None = None
    last: date | None = None
    pending: bool = False
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Entries of programmes: of a unit, or to be acted on by one; `is_open` is what still waits for its end on `as_of`.

    `concerning`: of the programme of one of these units, led by one of them, or forwarded to one (None: all). `owed_by` is
    the unit that is to act next, its own or for a former unit. `left`: what is owed by a unit that has ended and for which no
    one unit carries on (after a split nobody says by itself who does what).
    """

    as_of: date

    unit_code: str | None = None
    lead_unit_code: str | None = None
    year: int | None = None
    kind: str | None = None
    concerning: frozenset[str] | None = None
    owed_by: str | None = None
    draft_code: str | None = None
    is_open: bool = False
    left: bool = False
    due_by: date | None = None
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A required report of the programme of a year; `extensions` are the days to which its reports were moved."""

    fact: EntryFact
    year: int
    title: str
    dataset: Dataset
    extensions: Sequence[EntryFact] = ()

    @property
    def expected(self) -> Sequence[ExpectedReport]:
        """Give the reports that it requires, with the days on which they are due now."""
        return [extended(each, self.extensions) for each in expected_of(self.fact, self.year)]


class ReadModel(DraftDirectory, Protocol):
    async def carried_on_by(self, unit_code: str, day: date) -> frozenset[str]:
        """Return the units for which one carries on by a day."""
        ...

    async def concerning(self, unit_code: str, day: date) -> frozenset[str]:
        """Return the units of whose matters some may be one unit's to do on a day: itself, and those for which it carries on."""
        ...

    async def dataset(self) -> Dataset | None:
        """Give the data set that a page is about (`shared.directory.datasets`)."""
        ...

    async def communications(
        self, wanted: CommunicationFilter, limit: int, after: str | None
    ) -> list[dict[str, Any]]:
        """List by day; `cursor` of a row is what to pass as `after` for those that follow it."""
        ...

    async def count_communications(self, wanted: CommunicationFilter) -> int:
        """Count those that `communications` lists on all its pages."""
        ...

    async def activities(self, wanted: ActivityFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        """List planned activities of all drafts by day, with `cursor` as above."""
        ...

    async def entries(self, wanted: EntryFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        """List entries of programmes in the order of recording, with `cursor` as above, and their `standing` on a day."""
        ...

    async def draft_of_activity(self, activity_id: UUID) -> str | None:
        """Give the code of the draft whose plan has an activity, as far as it is projected."""
        ...

    async def programme_of_entry(self, entry_id: UUID) -> tuple[str, int] | None:
        """Give the unit and year of the programme that has an entry, as far as it is projected."""
        ...

    async def requirement(self, entry_id: UUID) -> Requirement | None:
        """Give a required report as it stands, as far as it is projected."""
        ...

    async def draft_codes(self, limit: int, after: str | None) -> list[str]:
        """List the codes of drafts, those after one."""
        ...

    async def carried_out(self, draft_codes: Collection[str]) -> Mapping[UUID, UUID]:
        """Give the planned activities of drafts that a communication (the last one by day) carried out."""
        ...
