"""Counts that offices publish: activities, what they reached and cost, in a period and the same period a year before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    ContentItem,
    Dataset,
    Instrument,
    Precision,
)
from shared.kernel.errors import Text
from shared.rules.figures import CUT_DAY, Period, effective_day, reporting_year, year_period

SUMMED = ("attendance", "reach_count", "cost_state", "cost_social")
OPINIONS = ("received", "accepted", "explained")
Key = str | None

DEFINITION = Text(
    vi=(
        "Đơn vị đếm là hoạt động: các dòng có cùng đơn vị thực hiện, mã hoạt động và năm báo cáo là một hoạt động; dòng không "
        "có mã là một hoạt động. Hoạt động tính cho đơn vị thực hiện, trong kỳ có ngày tổ chức, dù là chủ trì, phối hợp hay hỗ "
        "trợ. Lượt là số lần của một loạt hoạt động (ví dụ lượt phát thanh); lượt người không phải số người; số liệu không được "
        "ghi nhận thì không cộng, và số hoạt động có ghi nhận được nêu bên cạnh."
    ),
    en=(
        "The unit counted is an activity: rows of one performing unit, activity code and reporting year are one activity; a "
        "row without a code is one. An activity counts for the unit that performed it, in the period of its day, whatever its "
        "role. Items are those of a series (such as broadcasts); attendances are no persons; what was not recorded is not "
        "added, and the number of activities that recorded it stands beside."
    ),
)


class CountBy(StrEnum):
    NONE = "none"
    CHANNEL = "channel"
    ROLE = "role"
    MONTH = "month"
    UNIT = "unit"
    AUDIENCE = "audience"
    AREA = "area"
    DRAFT = "draft"
    INSTRUMENT = "instrument"


OVERLAPPING = frozenset({CountBy.AUDIENCE, CountBy.AREA, CountBy.DRAFT, CountBy.INSTRUMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of comments; `day` orders summaries of one communication, `position` those of one day."""

    day: date
    position: int
    received: int
    accepted: int
    explained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A communication with its performing unit and role; `held_on` is its first possible day."""

    communication_id: UUID
    position: int
    draft_code: str
    draft_title: str = ""
    scope: Answer
    instrument: Instrument | None = None
    dataset: Dataset = Dataset.LIVE
    unit_code: str
    role: CommunicationRole
    channel: Channel
    held_on: date
    precision: Precision = Precision.DAY
    activity_code: str | None = None
    audience: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    items: int | None = None
    attendance: int | None = None
    reach_count: int | None = None
    cost_state: int | None = None
    cost_social: int | None = None
    opinions: tuple[Summary, ...] = ()
    content: tuple[str, ...] | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """The members that share performing unit, code and reporting year, or one member without a code.

    `first` gives day, channel and role: the earliest member, of several the first in the log.
    """

    members: Sequence[Member]
    first: Member = field(init=False, compare=False)

    def __post_init__(self) -> None:
        first = min(self.members, key=lambda member: (member.held_on, member.position))
        object.__setattr__(self, "first", first)

    def values(self, of: Callable[[Member], Iterable[str]]) -> list[str]:
        return sorted({value for member in self.members for value in of(member)})

    @property
    def is_complete(self) -> bool:
        """Tell whether its members together ticked all six items of content (Decision 407/QĐ-TTg)."""
        return set(self.values(lambda member: member.content or ())) >= set(ContentItem)

    @property
    def is_verified(self) -> bool:
        return any(member.verified for member in self.members)

    def largest(self, name: str) -> int | None:
        given = (getattr(member, name) for member in self.members)
        return max((value for value in given if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class Published:
    """The figures over some activities; `sums` are None where nobody recorded any.

    `complete` ticked all items of content, `verified` have a verified member.
    """

    activities: int
    complete: int
    verified: int
    items: int
    drafts_communicated: int
    sums: dict[str, int | None]
    recorded: dict[str, int]
    opinions: dict[str, int]

    def as_dict(self) -> dict[str, int | None]:
        shown: dict[str, int | None] = {"activities": self.activities, "items": self.items}
        for name in SUMMED:
            shown |= {name: self.sums[name], f"{name}_recorded": self.recorded[name]}
        shown["drafts_communicated"] = self.drafts_communicated
        return shown | {f"opinions_{name}": count for name, count in self.opinions.items()}


def activities(
    members: Iterable[Member], as_of: date, period: Period | None, scope: Answer | None = None
) -> list[Activity]:
    """Return the activities whose day lies in the period, of the members known by then (compliance rules: counts)."""
    last = effective_day(period, as_of)
    groups: dict[object, list[Member]] = {}
    for member in members:
        if member.held_on <= last and scope in {None, member.scope}:
            groups.setdefault(_activity_key(member), []).append(member)
    made = (Activity(group) for group in groups.values())
    return [item for item in made if period is None or period.from_day <= item.first.held_on <= last]


def first_day(period: Period | None) -> date | None:
    """Return the first day of the members that a period needs: an activity has all of its own in one reporting year."""
    return year_period(reporting_year(period.from_day)).from_day if period else None


def published(counted: Sequence[Activity], last: date, instrument: Key = None) -> Published:
    """Sum activities; opinions are those of the latest summary of each communication that is not after `last`.

    With an `instrument` only drafts of this form are counted: an activity may be about drafts of several forms.
    """
    drafts = {code for item in counted for code in drafts_of(item, instrument)}
    return published_of(
        map(sum, zip(NOTHING, *(numbers_of(item, last) for item in counted), strict=True)), len(drafts)
    )


def drafts_of(item: Activity, instrument: Key = None) -> frozenset[str]:
    """Give the codes of the drafts that an activity is about, those of one form alone if it is given."""
    return frozenset(member.draft_code for member in item.members if instrument in {None, member.instrument})


_DATASETS = tuple(Dataset)
NOTHING = (0,) * (4 + 2 * len(SUMMED) + len(OPINIONS) + len(_DATASETS))


def numbers_of(item: Activity, last: date) -> tuple[int, ...]:
    """Give what one activity adds to figures; what several add is summed up, and read by `published_of`.

    At the end stand the members of each dataset.
    """
    largest = [item.largest(name) for name in SUMMED]
    summaries = list(_summaries([item], last))
    datasets = [member.dataset for member in item.members]
    return (
        1,
        item.largest("items") or 1,
        int(item.is_complete),
        int(item.is_verified),
        *(value or 0 for value in largest),
        *(int(value is not None) for value in largest),
        *(sum(getattr(summary, name) for summary in summaries) for name in OPINIONS),
        *(datasets.count(dataset) for dataset in _DATASETS),
    )


def published_of(numbers: Iterable[int], drafts: int) -> Published:
    """Read sums of `numbers_of`; how many drafts they are about does not sum up."""
    given = iter(numbers)
    count, items, complete, verified = (next(given) for _ in range(4))
    sums = {name: next(given) for name in SUMMED}
    recorded = {name: next(given) for name in SUMMED}
    return Published(
        activities=count,
        complete=complete,
        verified=verified,
        items=items,
        drafts_communicated=drafts,
        sums={name: sums[name] if recorded[name] else None for name in SUMMED},
        recorded=recorded,
        opinions={name: next(given) for name in OPINIONS},
    )


def datasets_of(numbers: Sequence[int]) -> frozenset[Dataset]:
    """Give the datasets of what was summed up by `numbers_of`."""
    counted = zip(_DATASETS, numbers[-len(_DATASETS) :], strict=True)
    return frozenset(dataset for dataset, members in counted if members)


def grouped(
    counted: Iterable[Activity], by: CountBy, unit_of: Callable[[str], str]
) -> dict[Key, list[Activity]]:
    """Put activities under their keys: under several where the grouping overlaps; `unit_of` gives the unit counted for."""
    groups: dict[Key, list[Activity]] = {}
    for item in counted:
        for key in keys_of(item, by, unit_of):
            groups.setdefault(key, []).append(item)
    return groups


def year_before(day: date) -> date:
    """Return the same day a year before; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def period_before(period: Period | None) -> Period | None:
    return Period(year_before(period.from_day), year_before(period.to_day)) if period else None


def change(now: int | None, before: int | None) -> float | None:
    """Return how much a figure grew against the year before, as a fraction; None where there was nothing to grow."""
    return None if now is None or not before else (now - before) / before


def reporting_month(day: date) -> str:
    """Return the reporting month of a day as `2024-03`: it runs from 15 February to 14 March."""
    if day.day < CUT_DAY:
        return f"{day:%Y-%m}"
    return f"{day.replace(day=1) + timedelta(days=31):%Y-%m}"


def _activity_key(member: Member) -> object:
    if member.activity_code is None:
        return member.communication_id
    return member.unit_code, member.activity_code, reporting_year(member.held_on)


def _summaries(counted: Iterable[Activity], last: date) -> Iterator[Summary]:
    for item in counted:
        for member in item.members:
            given = [summary for summary in member.opinions if summary.day <= last]
            if given:
                yield max(given, key=lambda summary: (summary.day, summary.position))


def keys_of(item: Activity, by: CountBy, unit_of: Callable[[str], str]) -> Sequence[Key]:  # noqa: PLR0911  a line a grouping
    """Give the keys under which an activity stands."""
    first = item.first
    match by:
        case CountBy.NONE:
            return [None]
        case CountBy.AUDIENCE:
            return item.values(lambda member: member.audience) or [None]
        case CountBy.AREA:
            return item.values(lambda member: member.area) or [None]
        case CountBy.DRAFT:
            return item.values(lambda member: [member.draft_code])
        case CountBy.INSTRUMENT:
            return item.values(lambda member: [member.instrument] if member.instrument else []) or [None]
        case CountBy.MONTH:
            return [None if first.precision is Precision.YEAR else reporting_month(first.held_on)]
        case CountBy.UNIT:
            return [unit_of(first.unit_code)]
        case _:
            return [getattr(first, by.value)]
