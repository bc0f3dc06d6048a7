"""What of their programmes units are reminded of on a day: tasks, findings, obstacles, and what others decided for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

from services.notifier.domain.digest import Situation
from services.notifier.domain.gaps.gap_alert import Silence
from services.notifier.domain.notification.reasons import REPEAT, Reason, Standing, Turn, open_standing
from services.notifier.domain.notification.timing import Rung
from services.notifier.domain.overview import supervised
from services.notifier.domain.programmes.notices import (
    DUTIES,
    DUTIES_LIST,
    DutiesList,
    DutiesNotice,
    Duty,
    DutyLine,
    EntryWords,
    LastReminder,
    Programmes,
    Reminders,
    StepLine,
    Waiting,
)
from services.notifier.domain.recipients.audience import Reach, Recipient, Via, weightiest
from shared.contracts.vocabulary import ProgrammeKind
from shared.directory.folds import UnitDirectory
from shared.rules.answer_periods import answer_by, decider_on
from shared.rules.programme import states
from shared.rules.programme.owed import Act, Owed, owed, owed_reports, steps_of_others
from shared.rules.rulebook.rulebook import Calendar
from shared.signed_links.duty_links import OPEN_TO_OTHERS

Kind = ProgrammeKind
SOON = 5  # working days before the due day: a task takes longer than a broadcast
RECENT = timedelta(days=31)  # what is new is mailed so long; history that arrives later is not


@dataclass(frozen=True, kw_only=True)
class DutyBook:
    """The duties of a day by recipient."""

    situation: Situation
    programmes: Programmes
    silences: Sequence[Silence] = ()

    @property
    def day(self) -> date:
        return self.situation.day

    @cached_property
    def duties(self) -> Sequence[Duty]:
        """Give what is owed and not silenced."""
        years = {entry_id: words.year for entry_id, words in self._words.items()}
        reports = owed_reports(self._stand, years, self.day, self._directory.successor_on)
        items = (*owed(self._stand), *reports)
        given = (
            Duty(
                owed=self._answered_by(item),
                words=self._words[item.entry_id],
                waiting=tuple(self._waiting(item)) if item.act in OPEN_TO_OTHERS else (),
            )
            for item in items
        )
        return [duty for duty in given if not self._is_silenced(duty)]

    def notice(
        self, recipient: Recipient, before: Reminders, turn: Turn | None = None
    ) -> DutiesNotice | None:
        """Make a recipient's mail, or None if there is nothing new; one that chose a day of the week waits for it with what can."""
        lines = [line for line in self._lines(recipient, before) if line.reason.in_mail]
        steps = tuple(self._steps(recipient, before))
        news = [line for line in lines if line.reason.is_news]
        if not (news or steps) or (not steps and _all_wait(news, turn)):
            return None
        return DutiesNotice(
            key=f"{self.day.isoformat()}.{DUTIES}.{recipient.recipient_id}",
            recipient=recipient,
            day=self.day,
            owed=_worst_first(line for line in lines if not line.is_below),
            above=_worst_first(line for line in lines if line.is_below),
            steps=steps,
            unit_names=self._names(lines, steps),
        )

    def overdue_list(self, recipient: Recipient, period: str) -> DutiesList | None:
        """Make a supervisor's list, or None if nothing in its area is overdue; what it owes itself is not in it."""
        tree = self.situation.tree
        follows = supervised(recipient, self.situation)
        area = frozenset[str]().union(*(tree.area(code) for code in follows))
        followed, own = area.union(follows), self._at(recipient)
        lines = _worst_first(
            self._line(duty, Reason.LISTED)
            for duty in self.duties
            if {duty.owed.unit_code, duty.owed.asked_by} & followed
            if self._is_overdue(duty) and not _is_own(own.get(duty.owed.item_id))
        )
        if not lines:
            return None
        return DutiesList(
            key=f"{period}.{DUTIES_LIST}.{recipient.recipient_id}",
            recipient=recipient,
            day=self.day,
            overdue=lines,
            unit_names=self._names(lines, ()),
            follows=tuple(map(tree.unit, follows)),
            is_duty=any(map(tree.oversees, follows)),
        )

    @property
    def _words(self) -> Mapping[UUID, EntryWords]:
        return self.programmes.words

    @cached_property
    def _stand(self) -> Mapping[UUID, states.Standing]:
        return states.standings(self.programmes.facts, self.day, self._directory.successor_on)

    @property
    def _directory(self) -> UnitDirectory:
        return self.situation.tree.directory

    def _answered_by(self, item: Owed) -> Owed:
        """Say who is to answer another unit, and until when: in the period in which requests are answered."""
        match item.act:
            case Act.DECIDE:
                return self._decided_by(item)
            case Act.ACCEPT if item.since > date.min:
                return replace(item, due_on=answer_by(item.since, self.situation.calendar))
            case Act.EXTEND if item.since > date.min:
                return self._extended_by(item)
            case _:
                return item

    def _extended_by(self, item: Owed) -> Owed:
        """Give a request for more time to who assigned the item, and one step up once that has not answered in time."""
        calendar = self.situation.calendar
        until = answer_by(item.since, calendar)
        line = (item.unit_code, *self._directory.deciders_on(item.unit_code, self.day))
        decider = decider_on(item.since, self.day, line, calendar) or item.unit_code
        if decider == item.unit_code:
            return replace(item, due_on=until)
        return replace(item, unit_code=decider, left_by=None, since=until, due_on=answer_by(until, calendar))

    def _waiting(self, item: Owed) -> Iterator[Waiting]:
        """Give what the unit of an item asked for about it and has no answer to."""
        units = {item.unit_code, item.left_by}
        asked = [self._stand[item.request.entry_id]] if item.request else []
        obstacles = [each for each in self._obstacles[item.entry_id] if each.fact.unit_code in units]
        for standing in (*asked, *obstacles):
            until = standing.fact.due_on if standing.fact.kind is Kind.EXTENSION_REQUESTED else None
            open_ = next(owed({standing.fact.entry_id: standing}))
            yield Waiting(on=standing.fact.day, until=until, with_unit=self._answered_by(open_).unit_code)

    @cached_property
    def _obstacles(self) -> Mapping[UUID | None, Sequence[states.Standing]]:
        """Give the obstacles that wait, by the entry that they stand in the way of."""
        about: dict[UUID | None, list[states.Standing]] = defaultdict(list)
        for standing in self._stand.values():
            if standing.fact.kind is Kind.OBSTACLE_RAISED and standing.owed_by is not None:
                about[standing.fact.duty_id].append(standing)
        return about

    def _decided_by(self, item: Owed) -> Owed:
        """Give an obstacle that names no other unit to who decides what its unit asks for."""
        if (item.left_by or item.unit_code) != item.asked_by:
            return item
        line = self._directory.deciders_on(item.unit_code, self.day)
        return replace(item, unit_code=line[0]) if line else item

    def _is_silenced(self, duty: Duty) -> bool:
        return any(
            silence.covers(duty.owed.unit_code, duty.words.draft_code, None, self.day)
            for silence in self.silences
        )

    @cached_property
    def _by_recipient(self) -> Mapping[UUID, Mapping[UUID, Duty]]:
        mine: dict[UUID, dict[UUID, Duty]] = defaultdict(dict)
        for duty in self.duties:
            for _, reach in self._climbs(duty):
                _lay(mine, reach, replace(duty, above=True))
            for reach in self.situation.audience.of_duty(duty.owed.unit_code):
                _lay(mine, reach, replace(duty, stand_in=reach.via is Via.SUPERIOR))
        return mine

    def _climbs(self, duty: Duty) -> Iterator[tuple[Rung, Reach]]:
        """Give who reads of it above: the steps are those of gaps. While more time is asked for nobody does."""
        if self._is_overdue(duty) and not duty.asks_for_time:
            yield from self.situation.above(duty.owed.unit_code, self._overdue_days(duty))

    def _at(self, recipient: Recipient) -> Mapping[UUID, Duty]:
        """Give the duties of all recipients at an address: of two about one item that which obliges more."""
        alike = self.situation.address_book.alike(recipient)
        mine = [self._by_recipient.get(reader.recipient_id, {}) for reader in alike]
        return weightiest(mine, lambda duty: -duty.order)

    def _lines(self, recipient: Recipient, before: Reminders) -> Iterator[DutyLine]:
        for item_id, duty in self._at(recipient).items():
            yield self._line(duty, self._reason(duty, before.get(item_id)))

    def _line(self, duty: Duty, reason: Reason) -> DutyLine:
        due_on = duty.owed.due_on
        left = None if due_on is None else self.situation.calendar.working_days_between(self.day, due_on)
        return DutyLine(
            duty=duty,
            standing=self._standing(duty),
            reason=reason,
            overdue_days=self._overdue_days(duty) if self._is_overdue(duty) else 0,
            days_left=left,
        )

    def _reason(self, duty: Duty, before: LastReminder | None) -> Reason:
        """Decide as for gaps: first, when it becomes due soon and overdue, and again after some working days."""
        now, item = self._standing(duty), duty.owed
        if before is not None and (before.unit_code != item.unit_code or before.day < item.since):
            before = None  # another unit was reminded, or it was owed again since
        if duty.above:
            return Reason.STILL_ESCALATED if before is not None and before.above else Reason.ESCALATED
        if before is not None and (before.above or before.due_on != item.due_on):
            before = None
        if now is Standing.IN_GRACE:
            asked = item.unit_code != item.asked_by or item.act in {Act.ACCEPT, Act.RECEIVE, Act.EXTEND}
            is_new = before is None and asked and item.since >= self.day - RECENT
            return Reason.FIRST_NOTICE if is_new else Reason.NOT_OVERDUE
        return _pressing(now, before, self.day, self.situation.calendar)

    def _standing(self, duty: Duty) -> Standing:
        due_on = duty.owed.due_on
        if due_on is None:
            return Standing.IN_GRACE
        return open_standing(due_on, self.day, self.situation.calendar, SOON)

    def _is_overdue(self, duty: Duty) -> bool:
        return self._standing(duty) is Standing.OVERDUE

    def _overdue_days(self, duty: Duty) -> int:
        return self.situation.calendar.working_days_between(duty.owed.due_on or self.day, self.day)

    @cached_property
    def _steps_by_recipient(self) -> Mapping[UUID, Sequence[StepLine]]:
        steps: dict[UUID, list[StepLine]] = defaultdict(list)
        for fact, step, of_unit in steps_of_others(self._stand, self.day - RECENT, self.day):
            moves = step.kind is Kind.TASK_EXTENDED
            line = StepLine(
                step_id=step.entry_id,
                kind=step.kind,
                of_unit=of_unit,
                obstacle=self._words[fact.entry_id],
                step=self._words[step.entry_id],
                by=step.lead_unit_code,
                on=step.day,
                until=step.due_on if moves else None,
            )
            for reader in self.situation.audience.of_itself(of_unit):
                steps[reader.recipient_id].append(line)
        return steps

    def _steps(self, recipient: Recipient, before: Reminders) -> Iterator[StepLine]:
        """Give what the recipients at an address have not read yet, each once."""
        alike = self.situation.address_book.alike(recipient)
        steps = (step for reader in alike for step in self._steps_by_recipient.get(reader.recipient_id, ()))
        yield from {step.step_id: step for step in steps if step.step_id not in before}.values()

    def _names(self, lines: Collection[DutyLine], steps: Collection[StepLine]) -> Mapping[str, str]:
        owed_now = [line.duty.owed for line in lines]
        codes = {code for item in owed_now for code in (item.unit_code, item.left_by, item.asked_by) if code}
        asking = (item.request.lead_unit_code for item in owed_now if item.request)
        asked = (each.with_unit for line in lines for each in line.duty.waiting)
        codes.update(code for code in (*asking, *asked) if code)
        codes |= {step.of_unit for step in steps}
        return self.situation.tree.names([*codes, *(step.by for step in steps)])


def _lay(mine: dict[UUID, dict[UUID, Duty]], reach: Reach, duty: Duty) -> None:
    for recipient in reach.recipients:
        mine[recipient.recipient_id][duty.owed.item_id] = duty


def _is_own(duty: Duty | None) -> bool:
    return duty is not None and not duty.above and not duty.stand_in


def _pressing(now: Standing, before: LastReminder | None, day: date, calendar: Calendar) -> Reason:
    if before is None or before.standing is None or now.order > before.standing.order:
        return Reason.OVERDUE_FIRST if now is Standing.OVERDUE else Reason.DUE_SOON
    repeat = now is Standing.OVERDUE and calendar.working_days_between(before.day, day) >= REPEAT
    return Reason.OVERDUE_REPEAT if repeat else Reason.STILL_OWED


def _all_wait(news: Collection[DutyLine], turn: Turn | None) -> bool:
    """What is overdue or due by the next chosen day doesn't wait."""
    if turn is None or turn.today:
        return False
    return all(
        line.standing is not Standing.OVERDUE
        and (line.duty.owed.due_on is None or line.duty.owed.due_on > turn.following)
        for line in news
    )


def _worst_first(lines: Iterable[DutyLine]) -> tuple[DutyLine, ...]:
    return tuple(sorted(lines, key=_badness))


def _badness(line: DutyLine) -> tuple[int, date, str, UUID]:
    item = line.duty.owed
    return -line.standing.order, item.due_on or date.max, item.unit_code, item.item_id
