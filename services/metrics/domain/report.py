"""The rows of the report on the scheme: one for each draft, with its policies and what was done for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from shared.contracts.vocabulary import Answer, Channel, Instrument
from shared.rules.counts import Activity, Published
from shared.rules.verdicts import JUDGED, PolicyVerdict

# The columns in which offices count activities, by what they are counted in (sessions, items, broadcasts).
COLUMN_CHANNELS: Mapping[str, frozenset[Channel]] = MappingProxyType(
    {
        "events": frozenset(
            {
                Channel.PRESS_CONFERENCE,
                Channel.CONFERENCE,
                Channel.PANEL_TALK,
                Channel.DIALOGUE,
                Channel.LEGAL_REPORTER,
            }
        ),
        "articles_press": frozenset({Channel.PRESS_RELEASE, Channel.NEWS_ARTICLE, Channel.EXPERT_INTERVIEW}),
        "articles_portal": frozenset({Channel.PORTAL_POSTING}),
        "articles_social": frozenset({Channel.SOCIAL_MEDIA}),
        "broadcasts": frozenset({Channel.RADIO_TV, Channel.COMMUNE_LOUDSPEAKER}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPolicy:
    policy_no: int
    title: str | None
    verdict: PolicyVerdict
    begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was done for a draft in the period: `columns` by how it is counted; an activity on several drafts is in each."""

    first_day: date | None
    last_day: date | None
    channels: Sequence[Channel]
    columns: Mapping[str, int]
    published: Published


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    row_no: int
    draft_code: str
    title: str
    instrument: Instrument
    unit_code: str
    unit_name: str
    scope: Answer
    consultation_started_on: date | None
    adopted_on: date | None
    policies: Sequence[ReportPolicy]
    work: Work
    lacks_communication: bool

    @property
    def counted(self) -> Sequence[ReportPolicy]:
        """The policies that the rate may count: none of a draft whose scope is undetermined."""
        return self.policies if self.scope is Answer.YES else ()

    @property
    def judged(self) -> int:
        return sum(policy.verdict in JUDGED for policy in self.counted)

    @property
    def begun(self) -> int:
        return sum(policy.begun for policy in self.counted)


def work_of(activities: Sequence[Activity], published: Published) -> Work:
    days = [activity.first.held_on for activity in activities]
    return Work(
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        channels=_in_order(activity.first.channel for activity in activities),
        columns={name: _items(activities, channels) for name, channels in COLUMN_CHANNELS.items()},
        published=published,
    )


def _in_order(channels: Iterable[Channel]) -> Sequence[Channel]:
    order = list(Channel)
    return sorted(set(channels), key=order.index)


def _items(activities: Iterable[Activity], channels: frozenset[Channel]) -> int:
    counted = (activity for activity in activities if activity.first.channel in channels)
    return sum(activity.largest("items") or 1 for activity in counted)
