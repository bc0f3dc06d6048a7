"""What of programmes is mailed on which day, to whom, and what is not; and a year of a province against a second reading."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifier.application.pipeline import Planning
from services.notifier.application.ports import Notice, PlanningSnapshot
from services.notifier.domain.digest import JOINT, JointNotice, items_of
from services.notifier.domain.notification.reasons import Reason, Standing, Turn
from services.notifier.domain.notification.timing import STEPS
from services.notifier.domain.programmes.notices import DutiesList, DutiesNotice, LastReminder
from services.notifier.domain.recipients.audience import Recipient, Tree
from shared.contracts.vocabulary import ProgrammeKind, RecipientRole, ReportPeriod, UnitKind, UnitLevel
from shared.directory import folds
from shared.directory.folds import directory_of
from shared.kernel.local_day import VIETNAM
from shared.rules.programme.owed import Act
from shared.rules.programme.reports import report_id
from shared.rules.programme.states import EntryFact
from tests.support.rules import naive_programme
from tests.unit.notifier.builders import CALENDAR, MONDAY, silence
from tests.unit.notifier.duties import (
    DECIDED,
    OBSTACLE,
    OF_STP,
    OF_UBND,
    PASSED_ON,
    READER,
    book,
    entry,
    programmes,
    remembered,
    step,
    task,
)
from tests.unit.notifier.mails import KINDS

Kind = ProgrammeKind
TASK = task(due_on=date(2026, 11, 9))
ACCEPTED = (
    step(2, Kind.TASK_REPORTED, TASK, date(2026, 11, 18), lead_unit_code="XA"),
    step(3, Kind.TASK_ACCEPTED, TASK, date(2026, 11, 19)),
)


def reasons(notice: DutiesNotice | None) -> list[Reason]:
    return [line.reason for line in (*notice.owed, *notice.above)] if notice else []


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (None, []),
        (date(2026, 12, 2), []),
        (date(2026, 12, 1), [Reason.DUE_SOON]),
        (MONDAY, [Reason.DUE_SOON]),
        (date(2026, 11, 22), [Reason.OVERDUE_FIRST]),
        (date(2024, 12, 31), [Reason.OVERDUE_FIRST]),
    ],
)
def test_when_a_task_is_named_first(due_on: date | None, expected: list[Reason]) -> None:
    assert reasons(book(task(due_on=due_on)).notice(READER, {})) == expected


def test_what_another_unit_asks_is_named_when_it_is_new() -> None:
    new = task(due_on=date(2027, 3, 31), happened_on=date(2026, 11, 20))
    notice = book(new).notice(READER, {})
    assert reasons(notice) == [Reason.FIRST_NOTICE]
    assert book(new, day=date(2026, 11, 25)).notice(READER, remembered(notice)) is None
    assert book(replace(new, lead_unit_code=None)).notice(OF_STP, {}) is None


def test_an_overdue_task_is_named_again_after_five_working_days() -> None:
    before = remembered(book(TASK).notice(READER, {}))
    days = [MONDAY + timedelta(days=number) for number in range(1, 10)]
    named = {
        day: reasons(book(TASK, day=day).notice(READER, before)) for day in days if CALENDAR.is_working(day)
    }
    assert [day for day, each in named.items() if each] == [date(2026, 12, 1), date(2026, 12, 2)]
    assert named[date(2026, 12, 1)] == [Reason.OVERDUE_REPEAT]


@pytest.mark.parametrize("ends", [ACCEPTED, (replace(TASK, cancelled_from=date(2026, 11, 20)),)])
def test_nothing_is_named_after_it_was_done_or_cancelled(ends: tuple[EntryFact, ...]) -> None:
    facts = (*ends,) if len(ends) == 1 else (TASK, *ends)
    for reader in (READER, OF_UBND, OF_STP):
        assert book(*facts).notice(reader, {}) is None
    assert book(*facts).overdue_list(OF_STP, "2026-W48") is None


def test_a_report_waits_for_who_assigned_the_task_and_a_return_for_the_unit() -> None:
    recent = replace(TASK, due_on=date(2026, 11, 16))
    reported, returned = ACCEPTED[0], step(3, Kind.TASK_RETURNED, recent, date(2026, 11, 20))
    before = remembered(book(recent, day=date(2026, 11, 17)).notice(READER, {}))
    assert book(recent, reported).notice(READER, before) is None
    waiting = book(recent, reported).notice(OF_STP, {})
    assert waiting is not None
    assert [line.duty.owed.act for line in waiting.owed] == ["accept"]
    again = book(recent, reported, returned).notice(READER, before)
    assert reasons(again) == [Reason.OVERDUE_FIRST]
    assert book(recent, reported, returned).notice(OF_STP, remembered(waiting)) is None


def test_an_extension_begins_again() -> None:
    before = remembered(book(TASK).notice(READER, {}))
    extended = step(2, Kind.TASK_EXTENDED, TASK, MONDAY, due_on=date(2026, 12, 31))
    outcome = book(TASK, extended, day=date(2026, 12, 7)).notice(READER, before)
    assert outcome is not None
    assert ([each.until for each in outcome.steps], outcome.owed) == ([date(2026, 12, 31)], ())
    before = {**before, **remembered(outcome)}
    assert book(TASK, extended, day=date(2026, 12, 8)).notice(READER, before) is None
    assert reasons(book(TASK, extended, day=date(2026, 12, 28)).notice(READER, before)) == [Reason.DUE_SOON]
    assert reasons(book(TASK, extended, day=date(2027, 1, 4)).notice(READER, before)) == [
        Reason.OVERDUE_FIRST
    ]


def test_it_goes_up_like_a_gap_once() -> None:
    five, ten = task(due_on=date(2026, 11, 13)), task(due_on=date(2026, 11, 6))
    assert reasons(book(five).notice(OF_UBND, {})) == [Reason.ESCALATED]
    assert book(five).notice(OF_STP, {}) is None
    above = book(ten).notice(OF_STP, {})
    assert reasons(above) == [Reason.ESCALATED]
    assert book(ten, day=date(2026, 12, 7)).notice(OF_STP, remembered(above)) is None
    assert book(task(due_on=date(2026, 11, 17))).notice(OF_UBND, {}) is None


def test_a_silence_keeps_it_quiet() -> None:
    for changes in ({"unit_code": "XA"}, {}):
        quiet = book(TASK, silences=[silence(**changes)])
        assert quiet.notice(READER, {}) is None
        assert quiet.overdue_list(OF_STP, "2026-W48") is None
    assert book(TASK, silences=[silence(unit_code="STP")]).notice(READER, {}) is not None


def test_what_can_wait_waits_for_the_chosen_day() -> None:
    soon = task(due_on=date(2026, 11, 27))
    assert book(soon).notice(READER, {}, Turn(today=False, following=date(2026, 11, 25))) is None
    assert book(soon).notice(READER, {}, Turn(today=False, following=date(2026, 11, 30))) is not None
    assert book(TASK).notice(READER, {}, Turn(today=False, following=date(2026, 11, 25))) is not None


def test_steps_of_an_obstacle_are_named_once_to_who_raised_it() -> None:
    first = book(OBSTACLE, PASSED_ON).notice(READER, {})
    assert first is not None
    assert [(line.kind, line.by) for line in first.steps] == [(Kind.OBSTACLE_FORWARDED, "UBND")]
    assert first.owed == ()
    second = book(OBSTACLE, PASSED_ON, DECIDED).notice(READER, remembered(first))
    assert second is not None
    assert [line.kind for line in second.steps] == [Kind.OBSTACLE_DECIDED]
    both = {**remembered(first), **remembered(second)}
    assert book(OBSTACLE, PASSED_ON, DECIDED).notice(READER, both) is None
    for other in (OF_STP, OF_UBND):
        notice = book(OBSTACLE, PASSED_ON, DECIDED).notice(other, {})
        assert notice is None or notice.steps == ()


def test_history_of_obstacles_is_not_mailed() -> None:
    old = replace(DECIDED, happened_on=date(2026, 10, 20))
    assert book(OBSTACLE, old).notice(READER, {}) is None


def test_an_overdue_obstacle_stands_in_the_mail_of_who_decides_and_in_the_list() -> None:
    """One overdue since 10/11 stood in no mail."""
    notice = book(OBSTACLE, PASSED_ON).notice(OF_UBND, {})
    assert notice is not None
    assert [(line.duty.owed.act, line.standing) for line in notice.owed] == [("decide", Standing.OVERDUE)]
    listed = book(OBSTACLE, PASSED_ON).overdue_list(OF_STP, "2026-W48")
    assert listed is not None
    assert [line.duty.owed.item_id for line in listed.overdue] == [OBSTACLE.entry_id]


def test_an_obstacle_that_names_no_body_is_for_who_decides_what_the_unit_asks() -> None:
    unnamed = replace(OBSTACLE, lead_unit_code=None)
    assert book(unnamed).notice(READER, {}) is None
    assert any(book(unnamed).notice(reader, {}) for reader in (OF_STP, OF_UBND))


REQUIRED = entry(
    50,
    Kind.REPORT_REQUIRED,
    happened_on=date(2025, 12, 20),
    coordinating_unit_codes=("XA",),
    report_period=ReportPeriod.QUARTER,
    due_days=10,
)  # quarter 3 of 2026 ended on 14/9, quarter 4 ends on 14/12
SENT = entry(
    51,
    Kind.REPORT_SUBMITTED,
    "XA",
    happened_on=date(2026, 9, 23),
    duty_id=REQUIRED.entry_id,
    period_from=date(2026, 6, 15),
    lead_unit_code="STP",
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 15), []),
        (date(2026, 9, 17), [(Act.REPORT, Reason.DUE_SOON)]),
        (date(2026, 9, 25), [(Act.REPORT, Reason.OVERDUE_FIRST)]),
    ],
)
def test_a_required_report_is_reminded(day: date, expected: list[tuple[Act, Reason]]) -> None:
    earlier = [
        replace(SENT, entry_id=UUID(int=60 + n), position=60 + n, period_from=first, happened_on=first)
        for n, first in enumerate((date(2025, 12, 15), date(2026, 3, 15)))
    ]
    notice = book(REQUIRED, *earlier, day=day).notice(READER, {})
    assert [(line.duty.owed.act, line.reason) for line in (notice.owed if notice else ())] == expected
    sent = book(REQUIRED, *earlier, SENT, day=day + timedelta(days=10))
    assert sent.notice(READER, {}) is None


def test_a_report_that_came_waits_for_its_receipt() -> None:
    day = date(2026, 9, 24)
    others = replace(REQUIRED, report_period=ReportPeriod.OWN, period_from=date(2026, 6, 15))
    asked = replace(others, period_to=date(2026, 9, 14), due_on=date(2026, 9, 24), due_days=None)
    waiting = book(asked, SENT, day=day).notice(OF_STP, {})
    assert waiting is not None
    assert [line.duty.owed.act for line in waiting.owed] == [Act.RECEIVE]
    receipt = replace(step(52, Kind.REPORT_RECEIVED, SENT, day))
    assert book(asked, SENT, receipt, day=day).notice(OF_STP, {}) is None
    assert book(asked, SENT, day=date(2026, 9, 25)).notice(OF_STP, remembered(waiting)) is None


# -- a year of a province ---------------------------------------------------------------------------

COMMUNES = [f"XA-{number:02}" for number in range(1, 31)]
NEW_YEAR, END = date(2026, 1, 5), date(2026, 12, 31)


def province() -> Tree:
    def unit(code: str, level: UnitLevel, kind: UnitKind, parent: str | None) -> folds.Unit:
        return folds.Unit(
            unit_code=code, unit_name=f"Đơn vị {code}", level=level, kind=kind, parent_code=parent
        )

    return Tree(
        directory=directory_of(
            [
                unit("TINH", UnitLevel.PROVINCIAL, UnitKind.PROVINCE, None),
                unit("UBND", UnitLevel.PROVINCIAL, UnitKind.PEOPLES_COMMITTEE, "TINH"),
                unit("STP", UnitLevel.PROVINCIAL, UnitKind.PROVINCIAL_JUSTICE_DEPARTMENT, "UBND"),
                *(unit(code, UnitLevel.COMMUNE, UnitKind.COMMUNE_COMMITTEE, "UBND") for code in COMMUNES),
            ]
        )
    )


def mailboxes() -> list[Recipient]:
    units = {"UBND": RecipientRole.HEAD, "STP": RecipientRole.SUPERVISOR} | dict.fromkeys(
        COMMUNES, RecipientRole.FOCAL_POINT
    )
    return [
        Recipient(
            recipient_id=UUID(int=n), unit_code=code, role=role, email=f"{code.lower()}@tinh.example.vn"
        )
        for n, (code, role) in enumerate(units.items(), start=1)
    ]


@dataclass
class Year:
    """Thirty communes with what a year brings: tasks, inspections, obstacles; most done, some late, some never."""

    draw: random.Random
    logs: list[list[EntryFact]] = field(default_factory=list)
    places: dict[UUID, int] = field(default_factory=dict)
    number: int = 0

    @property
    def log(self) -> list[EntryFact]:
        return [entry for log in self.logs for entry in log]

    def add(self, kind: Kind, unit: str, on: date, of: EntryFact | None = None, **more: Any) -> EntryFact:
        self.number += 1
        made = EntryFact(
            entry_id=UUID(int=1000 + self.number),
            kind=kind,
            position=self.number,
            unit_code=unit,
            happened_on=on,
            of_entry=of.entry_id if of and kind is not Kind.REPORT_SUBMITTED else None,
            **more,
        )
        if of is None:
            self.logs.append([])
        place = self.places[made.entry_id] = self.places[of.entry_id] if of else len(self.logs) - 1
        self.logs[place].append(made)
        return made

    def report(self, day: date) -> None:
        """Require a report of each commune once; most are sent, some late, and most are received."""
        if not self.logs:
            for commune in COMMUNES:
                of: dict[str, Any] = {
                    "lead_unit_code": commune,
                    "report_period": ReportPeriod.QUARTER,
                    "due_days": 5,
                }
                self.add(Kind.REPORT_REQUIRED, "STP", day, **of)
        for log in self.of_reports:
            for (_, unit, first), (state, due_on) in naive_programme.reports(log, 2026, day).items():
                soon = (due_on - day).days < 12
                if state in {"open", "late"} and soon and self.draw.random() < 0.08:
                    sent: dict[str, Any] = {
                        "duty_id": log[0].entry_id,
                        "period_from": first,
                        "lead_unit_code": "STP",
                    }
                    self.add(Kind.REPORT_SUBMITTED, unit, day, log[0], **sent)
                elif state.startswith("submitted") and self.draw.random() < 0.2:
                    report = next(each for each in log if each.period_from == first)
                    self.add(Kind.REPORT_RECEIVED, unit, day, report)

    @property
    def of_reports(self) -> list[list[EntryFact]]:
        return self.logs[: len(COMMUNES)]

    @property
    def of_others(self) -> list[list[EntryFact]]:
        return self.logs[len(COMMUNES) :]

    def live(self, day: date) -> None:
        """What is entered on a day, before the mails of that day."""
        self.report(day)
        for commune in COMMUNES:
            if self.draw.random() < 0.012:
                self.begin(commune, day)
        for log in self.of_others:
            for place, item in enumerate(log):
                owes = naive_programme.owes(item, log, day)
                if owes is not None and self.draw.random() < 0.03:
                    self.go_on(item, owes[0], day)
                if item.kind is Kind.TASK_ASSIGNED and owes and self.draw.random() < 0.002:
                    log[place] = replace(item, cancelled_from=day)

    def begin(self, commune: str, day: date) -> None:
        due_on = day + timedelta(days=self.draw.randint(3, 40))
        match self.draw.choice(["task", "own", "inspection", "obstacle"]):
            case "task":
                self.add(
                    Kind.TASK_ASSIGNED,
                    "STP",
                    day,
                    lead_unit_code=commune,
                    due_on=due_on,
                    needs_acceptance=True,
                )
            case "own":
                self.add(Kind.TASK_ASSIGNED, commune, day, due_on=due_on)
            case "inspection":
                whole = self.add(
                    Kind.INSPECTION_CONDUCTED, "STP", day, lead_unit_code=commune, quantity=2, due_on=due_on
                )
                self.add(Kind.FINDING_RECORDED, "STP", day, whole, lead_unit_code=commune, due_on=due_on)
            case _:
                self.add(Kind.OBSTACLE_RAISED, commune, day, lead_unit_code="STP", due_on=due_on)

    def go_on(self, entry: EntryFact, owes: str, day: date) -> None:
        unit = entry.unit_code
        match entry.kind:
            case Kind.TASK_ASSIGNED if owes == unit != entry.performer:
                kind = self.draw.choice([Kind.TASK_ACCEPTED, Kind.TASK_ACCEPTED, Kind.TASK_RETURNED])
                self.add(kind, unit, day, entry)
            case Kind.TASK_ASSIGNED if self.draw.random() < 0.2:
                self.add(Kind.TASK_EXTENDED, unit, day, entry, due_on=day + timedelta(days=20))
            case Kind.TASK_ASSIGNED:
                self.add(Kind.TASK_REPORTED, unit, day, entry)
            case Kind.OBSTACLE_RAISED if owes == "STP":
                self.add(Kind.OBSTACLE_FORWARDED, unit, day, entry, lead_unit_code="UBND")
            case Kind.OBSTACLE_RAISED:
                self.add(Kind.OBSTACLE_DECIDED, unit, day, entry, lead_unit_code="UBND")
            case _:
                self.add(Kind.FINDING_FOLLOWED_UP, unit, day, entry, quantity=1)

    def owed(self, day: date) -> dict[UUID, tuple[str, date | None]]:
        """The second reading."""
        read = {each.entry_id: naive_programme.owes(each, log, day) for log in self.of_others for each in log}
        for log in self.of_others:
            for each in log:
                if (item := read[each.entry_id]) and (since := naive_programme.reported_on(each, log, day)):
                    read[each.entry_id] = (item[0], CALENDAR.add_working_days(since, 5))
        for log in self.of_reports:
            for (_, unit, first), (state, due_on) in naive_programme.reports(log, 2026, day).items():
                item_id = report_id(log[0].entry_id, unit, first)
                if state in {"open", "late"}:
                    read[item_id] = (unit, due_on)
                elif not state.startswith("received"):
                    read[item_id] = ("STP", None)
        return {entry_id: item for entry_id, item in read.items() if item}


def parts_of(mail: Notice) -> Iterable[Notice]:
    return mail.parts if isinstance(mail, JointNotice) else (mail,)


@dataclass
class Office:
    """Plans each working day as the notifier does, and keeps what its ledger would."""

    year: Year
    tree: Tree = field(default_factory=province)
    recipients: list[Recipient] = field(default_factory=mailboxes)
    reminders: dict[UUID, dict[UUID, LastReminder]] = field(default_factory=lambda: defaultdict(dict))

    def mails(self, day: date) -> list[Notice]:
        snapshot = PlanningSnapshot(
            position=1,
            gaps=(),
            recipients=self.recipients,
            tree=replace(self.tree, day=day),
            programmes=programmes(*self.year.log),
            reminders=self.reminders,
        )
        due = {"digest"} | ({"weekly_list"} if day == self.first_of_week(day) else set())
        planning = Planning(
            snapshot=snapshot,
            local=datetime.combine(day, time(8, 5), VIETNAM),
            calendar=CALENDAR,
            steps=STEPS,
            due=frozenset(due),
            plan_kind=KINDS.plan_kind,
            scheduled=KINDS.scheduled,
        )
        mails = list(KINDS.plan(planning).notices)
        for mail in mails:
            for item in items_of(mail):
                self.reminders[mail.recipient.recipient_id][item.item_id] = LastReminder(
                    day=day,
                    unit_code=item.unit_code,
                    above=item.reason.is_above,
                    standing=item.standing,
                    due_on=item.due_on,
                )
        return mails

    @staticmethod
    def first_of_week(day: date) -> date:
        return CALENDAR.next_working_day(day - timedelta(days=day.weekday()))


def days() -> Iterator[date]:
    day = NEW_YEAR
    while day <= END:
        yield day
        day += timedelta(days=1)


@pytest.mark.slow  # a simulation
@pytest.mark.parametrize("seed", [1])
def test_a_year_of_thirty_communes(seed: int) -> None:
    """Every overdue entry is named to who owes it, by then and again; none that was done, cancelled or is another's to do."""
    year = Year(random.Random(seed))
    office, named, listed = Office(year), Counter[UUID](), Counter[UUID]()
    last: dict[UUID, date] = {}
    joint = 0
    for day in days():
        year.live(day)
        if not CALENDAR.is_working(day):
            continue
        owed, mails = year.owed(day), office.mails(day)
        joint += sum(mail.kind == JOINT for mail in mails)
        assert max(Counter(mail.recipient.email for mail in mails).values(), default=0) <= 1
        for part in (part for mail in mails for part in parts_of(mail)):
            if isinstance(part, DutiesList):
                lines = part.overdue
                listed.update(line.duty.owed.item_id for line in lines)
            else:
                assert isinstance(part, DutiesNotice)
                lines = (*part.owed, *part.above)
                for line in part.owed:
                    assert part.recipient.unit_code == line.duty.owed.unit_code
                    named[line.duty.owed.item_id] += 1
                    last[line.duty.owed.item_id] = day
            for line in lines:
                item = line.duty.owed
                assert owed[item.item_id] == (item.unit_code, item.due_on)
                assert (line.standing is Standing.OVERDUE) == (item.due_on is not None and day > item.due_on)
        for item_id, (_, due_on) in owed.items():
            if due_on is not None and day > due_on:
                assert CALENDAR.working_days_between(last[item_id], day) <= 5, (item_id, day)
        if day == office.first_of_week(day):
            late = {i for i, (unit, due) in owed.items() if due and day > due and unit != "STP"}
            shown = {
                line.duty.owed.item_id
                for mail in mails
                for part in parts_of(mail)
                if isinstance(part, DutiesList)
                for line in part.overdue
            }
            assert shown == late
    assert len(named) > 60
    assert len(listed) > 30
    assert joint > 10


MERGED: Any = {"XA": ((MONDAY, "SO-A"),)}
OF_SO_A = replace(READER, recipient_id=UUID(int=44), unit_code="SO-A", email="vh@so-a.example.vn")


def owing(day: date, *recipients: Recipient) -> dict[str, set[tuple[str, str]]]:
    """Give what the mails of a day say of who owes which item, by address; XA is merged into SO-A on Monday."""
    of_day = book(TASK, OBSTACLE, day=day, recipients=(*recipients, OF_STP), successions=MERGED)
    notices = {each.email: of_day.notice(each, {}) for each in recipients}
    return {
        email: {(line.duty.owed.unit_code, line.duty.words.title) for line in notice.owed}
        for email, notice in notices.items()
        if notice is not None
    }


def test_after_a_merger_the_new_unit_is_reminded_of_what_the_former_one_owed() -> None:
    """Its own mailboxes get it; until it lists any, those of the former unit do."""
    before = MONDAY - timedelta(days=3)
    assert owing(before, READER, OF_SO_A) == {READER.email: {("XA", "Việc số 1")}}
    assert owing(MONDAY, READER, OF_SO_A) == {OF_SO_A.email: {("SO-A", "Việc số 1")}}
    assert owing(MONDAY, READER) == {READER.email: {("SO-A", "Việc số 1")}}


def test_an_obstacle_of_a_former_unit_is_not_the_new_units_to_decide() -> None:
    own = replace(OBSTACLE, lead_unit_code=None)
    (duty,) = book(own, successions=MERGED).duties
    assert (duty.owed.act, duty.owed.unit_code, duty.owed.left_by) == (Act.DECIDE, "STP", "XA")
