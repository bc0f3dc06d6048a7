"""A gap with its alert and the requests of units about it, as the notifier keeps them; see `gap_alert_fold`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notifier.domain.errors import SilenceOver, SilenceOverEverything, SilenceTooLong
from services.notifier.domain.gaps.alert import Raise, Resolve
from services.notifier.domain.gaps.request_replies import SHOWN, Reply
from services.notifier.domain.gaps.unit_answers import ObstacleReply, UnitAnswer, rests_until
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
)
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, RequestKind, Stage
from shared.directory.deciders import decider_of
from shared.directory.folds import UnitDirectory
from shared.rules.answer_periods import Forwarding, answer_by
from shared.rules.rulebook.rulebook import Calendar

WAITING, APPROVED, REFUSED, WITHDRAWN = "waiting", "approved", "refused", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRequest:
    """`decider_code` decides on the day of planning; `to_unit` is what a transfer names, a code or words.

    `replies` are what supervising bodies answered without deciding, and to whom it was passed on, in the order of the log.
    """

    request_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    dataset: Dataset
    kind: RequestKind
    unit_code: str
    raised_on: date
    state: str = WAITING
    decider_code: str | None = None
    document: str | None = None
    reason: str | None = None
    to_unit: str | None = None
    recipient_id: UUID | None = None
    settled_on: date | None = None
    settled_by: str | None = None
    settlement_document: str | None = None
    settlement_reason: str | None = None
    answer_by: date | None = None
    replies: tuple[Reply, ...] = ()

    @property
    def is_waiting(self) -> bool:
        return self.state == WAITING

    @property
    def is_decided(self) -> bool:
        """Whether its decider answered; a unit that withdrew its own request is told nothing."""
        return self.state in {APPROVED, REFUSED}

    @property
    def answered(self) -> Reply | None:
        """The last answer without a decision."""
        return next((reply for reply in reversed(self.replies) if reply.forwarding is None), None)

    def forwarded_by(self, day: date) -> Forwarding | None:
        """Give to whom it was passed on last, by a day."""
        passed_on = (reply.forwarding for reply in reversed(self.replies) if reply.on <= day)
        return next(filter(None, passed_on), None)

    def is_shown_on(self, day: date) -> bool:
        return self.settled_on is None or day - self.settled_on <= SHOWN


def with_decider(
    requests: Iterable[UnitRequest], units: UnitDirectory, day: date, calendar: Calendar
) -> tuple[UnitRequest, ...]:
    """Name who decides on a day, and until when the first one answers."""
    return tuple(
        replace(
            request,
            decider_code=decider_of(
                units, request.unit_code, request.raised_on, day, calendar, request.forwarded_by(day)
            )
            or request.decider_code,
            answer_by=answer_by(request.raised_on, calendar),
        )
        for request in requests
    )


# Facts without a date of their own take a gap away for every day (compliance rules, "Gap").
TIMELESS = frozenset(
    {
        GapClosure.EXEMPTED,
        GapClosure.OUT_OF_SCOPE,
        GapClosure.POLICY_REMOVED,
        GapClosure.CORRECTED,
        GapClosure.RULES_CHANGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`due_on` is the last day of grace; `closed_on` the day of the fact that closed the gap."""

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
    closed_on: date | None = None
    closure: GapClosure | None = None

    def is_open_on(self, day: date) -> bool:
        if self.closure is None or self.closed_on is None:
            return self.since <= day
        return self.closure not in TIMELESS and self.since <= day < self.closed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Keeps alerts of a unit, a draft, a stage (all that are given must match) quiet in a period.

    Both days are within it. A period alone, with nothing else, covers every alert: that is what it is for
    on a mourning day or while an office moves, so it must be short.
    """

    silence_id: UUID
    first_day: date
    last_day: date
    reason: str
    unit_code: str | None = None
    draft_code: str | None = None
    stage: Stage | None = None

    def covers(self, unit_code: str, draft_code: str | None, stage: Stage | None, day: date) -> bool:
        """Say whether it keeps a gap quiet, or an entry of a programme, which is of no stage and perhaps of no draft."""
        return (
            self.first_day <= day <= self.last_day
            and self.unit_code in (None, unit_code)
            and self.draft_code in (None, draft_code)
            and self.stage in (None, stage)
        )


LONGEST_OVER_EVERYTHING = 31  # days; whoever wants all mail to stop for longer holds it


LONGEST = 92
"""Days from today within which a silence of a supervising body ends: a quarter, after which it is decided anew.

A gap that nobody is reminded of stays in the figures, but whose duty it is hears nothing. Decree 09/2019/NĐ-CP names no shorter
regular period than a month and none between a quarter and a half year. An operator's silence may last longer.
"""


def checked(silence: Silence, today: date, *, by_operator: bool) -> Silence:
    """Refuse a silence that has passed, one over everything that would be forgotten, and one without a near end."""
    if silence.last_day < max(today, silence.first_day):
        raise SilenceOver(silence.first_day, silence.last_day)
    everything = silence.unit_code is silence.draft_code is silence.stage is None
    days = (silence.last_day - silence.first_day).days + 1
    if everything and days > LONGEST_OVER_EVERYTHING:
        raise SilenceOverEverything(LONGEST_OVER_EVERYTHING)
    latest = today + timedelta(days=LONGEST)
    if silence.last_day > latest and not by_operator:
        raise SilenceTooLong(latest, LONGEST)
    return silence


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContext:
    """What a unit answered last, and what halts or silences its alert.

    `answer` is the name of an event of `alert`, `answer_said` its words; `snoozed_until` is the last quiet day.
    `halted`: the draft is suspended, withdrawn or merged, even if metrics has not closed the gap yet.
    `requests` are those of its unit about the draft that wait, or were settled in the last days. `answers` are all since the
    alert was raised (none in rows of earlier releases), `replies` how obstacles among them were answered.
    """

    answer: str | None = None
    answered_on: date | None = None
    answer_said: Mapping[str, str | None] | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    silence: Silence | None = None
    halted: bool = False
    requests: tuple[UnitRequest, ...] = ()
    answers: tuple[UnitAnswer, ...] = ()
    replies: tuple[ObstacleReply, ...] = ()

    @property
    def asks(self) -> bool:
        """Say whether somebody else must settle what the unit answered."""
        return self.answer in _ASKING or bool(self.waiting)

    @property
    def waiting(self) -> tuple[UnitRequest, ...]:
        """What the unit asked for and waits for a decision: the gap stays open until then."""
        return tuple(request for request in self.requests if request.is_waiting)

    @property
    def given(self) -> tuple[UnitAnswer, ...]:
        """The answers in their order; of a row of an earlier release the last one, and the day that was named before."""
        if self.answers or self.answer is None:
            return self.answers
        content = self.answer_said or {}
        last = UnitAnswer(name=self.answer, on=self.answered_on, content=content)
        if self.planned_on is None or last.planned_on is not None:
            return (last,)
        named = {"planned_on": self.planned_on.isoformat()}
        if self.answer == AlertAcknowledged.name:
            return (replace(last, content={**content, **named}),)
        return UnitAnswer(name=AlertAcknowledged.name, on=None, content=named), last

    @property
    def waiting_obstacle(self) -> UnitAnswer | None:
        """The newest obstacle that the unit reported and nobody has answered."""
        replied = {reply.answer_id for reply in self.replies}
        waiting = [each for each in self.given if each.is_obstacle and each.answer_id not in replied]
        return waiting[-1] if waiting else None

    @property
    def rests_until(self) -> date | None:
        """The last day on which urging rests because the unit named a day: the first one counts, not a postponement."""
        return (rests_until(self.answers) if self.answers else None) or self.planned_on

    def is_planned(self, day: date) -> bool:
        return self.rests_until is not None and day <= self.rests_until

    def passed_since(self, notified_on: date) -> bool:
        """Say whether a named day has passed since a notification, if it has passed."""
        return self.rests_until is not None and notified_on <= self.rests_until

    def is_snoozed(self, day: date) -> bool:
        return self.snoozed_until is not None and day <= self.snoozed_until


MOST_AHEAD = timedelta(days=60)


def latest_planned_day(today: date, due_on: date) -> date:
    """The last day for which an activity may be planned: so far beyond today or the due day, whichever is later."""
    return max(today, due_on) + MOST_AHEAD


_ASKING = {AlertTransferRequested.name, AlertExemptionRequested.name, AlertObstacleReported.name}
UNTOUCHED = AlertContext()


class AlertStatus(StrEnum):
    """`announced`: metrics announced the gap, and no alert was raised for it yet."""

    ANNOUNCED = "announced"
    RAISED = "raised"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapAlert:
    """A row of the read model. `is_current`: this unit has the gap now, no other one.

    `version` counts the events of the alert. The gap's facts are those that were announced last while the unit had
    the gap, `gap_closed_on` and `gap_closure` how it ended for this unit; `announced_by` is that event.
    `closed_on` and `closure` are those of `alert.resolved`. Without an announcement `title` is None.
    """

    alert_id: UUID
    gap_id: UUID
    draft_code: str
    unit_code: str
    due_on: date
    state: AlertStatus = AlertStatus.ANNOUNCED
    version: int = 0

    title: str | None = None
    instrument: Instrument | None = None
    procedure: Procedure | None = None
    stage: Stage | None = None
    since: date | None = None
    policies: tuple[int, ...] | None = None
    dataset: Dataset | None = None
    is_current: bool = False
    gap_closed_on: date | None = None
    gap_closure: GapClosure | None = None
    announced_by: UUID | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    announced_at: datetime | None = None

    last_sent_day: date | None = None
    last_reason: str | None = None
    answer: str | None = None
    answered_on: date | None = None
    answer_said: Mapping[str, str | None] | None = None
    answers: Sequence[Mapping[str, Any]] | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    escalated_to: str | None = None
    escalation_level: int | None = None
    escalated_on: date | None = None
    silenced_until: date | None = None
    undeliverable_on: date | None = None
    closed_on: date | None = None
    closure: GapClosure | None = None

    @property
    def wanted(self) -> AlertStatus:
        """The state that the announced gap asks of its alert."""
        if self.title is None:
            return self.state
        if self.gap_closure is None:
            return AlertStatus.RAISED
        return AlertStatus.RESOLVED if self.state is AlertStatus.RAISED else self.state

    @property
    def is_pending(self) -> bool:
        """Whether the log still lacks the event that brings the alert to the state of its gap."""
        return self.wanted is not self.state

    @property
    def command(self) -> Raise | Resolve:
        """The command that brings a pending alert to the state of its gap."""
        if self.gap_closure is None or self.gap_closed_on is None:
            return Raise(
                gap_id=self.gap_id,
                draft_code=self.draft_code,
                unit_code=self.unit_code,
                due_on=self.due_on,
            )
        return Resolve(
            gap_id=self.gap_id,
            unit_code=self.unit_code,
            closed_on=self.gap_closed_on,
            reason=self.gap_closure,
        )

    @property
    def gap(self) -> Gap:
        """The gap as announced last; only of a row that has an announcement."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in (*IDS, *FACTS)}
        return Gap(**facts, closed_on=self.gap_closed_on, closure=self.gap_closure)

    def context(self, silence: Silence | None, *, halted: bool) -> AlertContext:
        """What the unit answered, with what keeps the alert quiet."""
        answered: dict[str, Any] = {name: getattr(self, name) for name in _ANSWERED}
        answers = tuple(UnitAnswer.from_row(row) for row in self.answers or ())
        return AlertContext(**answered, answers=answers, silence=silence, halted=halted)


IDS = ("gap_id", "draft_code", "unit_code", "due_on")
FACTS = ("title", "instrument", "procedure", "stage", "since", "policies", "dataset")
_ANSWERED = ("answer", "answered_on", "answer_said", "planned_on", "snoozed_until")
SINCE_RAISED = (
    "last_sent_day",
    "last_reason",
    *_ANSWERED,
    "answers",
    "escalated_to",
    "escalation_level",
    "escalated_on",
    "silenced_until",
    "undeliverable_on",
    "closed_on",
    "closure",
)
