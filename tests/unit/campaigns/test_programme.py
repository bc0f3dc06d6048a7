"""The programme aggregate: every kind of entry, what follows what, and where it stands on a day."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.domain import programme_errors as refusals
from services.campaigns.domain.errors import EntryDiffers, NothingToFollow, NotYourProgramme, SeveralMeant
from services.campaigns.domain.programme import EntryState, Record, programme, state_of
from shared.contracts.event import SUPERVISION, Acting
from shared.contracts.programme import ProgrammeEntry, ProgrammeEvent
from shared.contracts.vocabulary import Precision, ProgrammeKind, ReportPeriod
from shared.rules.programme.kinds import KINDS
from shared.rules.programme.states import EntryStatus
from shared.rules.sequence import DayInFuture, NotFirstDay
from tests.support.rules.asked import asked
from tests.support.rules.spec import spec

TODAY = date(2025, 8, 1)
Kind = ProgrammeKind
FOLLOW_UPS = (Kind.TASK_REPORTED, Kind.FINDING_FOLLOWED_UP, Kind.OBSTACLE_ANSWERED)
ENTRIES = [kind for kind in Kind if not KINDS[kind].follows]


def entry_fields(number: int, title: str = "Đối thoại", **words: Any) -> ProgrammeEntry:
    return ProgrammeEntry(entry_id=UUID(int=number), unit_code="STP", year=2025, title=title, **words)


def enter(kind: Kind, number: int, of: int | None = None, **words: Any) -> Record:
    of_entry = None if of is None else UUID(int=of)
    more_words = {name: words.pop(name) for name in ("reason", "percent", "of_ref") if name in words}
    return asked(
        Record, entry_fields(number, **words), kind=kind, of_entry=of_entry, today=TODAY, **more_words
    )


def event(kind: Kind, number: int, of: int | None = None, **words: Any) -> ProgrammeEvent:
    more = {} if of is None else {"of_entry": UUID(int=of)}
    return KINDS[kind].event(**entry_fields(number, **words).model_dump(), **more)


FOLLOWS = {kind: KINDS[kind].follows_first for kind in FOLLOW_UPS}
REQUIRED: dict[str, Any] = {
    "report_period": ReportPeriod.YEAR,
    "due_days": 10,
    "coordinating_unit_codes": ("XA",),
}
TASK = event(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A", due_on=date(2025, 9, 1))


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_kind_is_entered_once(kind: Kind) -> None:
    number: dict[str, Any] = {"entry_ref": "VM-STP-2025-001"} if kind is Kind.OBSTACLE_RAISED else {}
    given = REQUIRED if kind is Kind.REPORT_REQUIRED else {}
    entered = event(kind, 1, quantity=3, **number, **given)
    first = spec(programme).when(enter(kind, 1, quantity=3, **given)).then(entered)
    first.when(enter(kind, 1, quantity=3, **given)).nothing()
    first.when(enter(kind, 1, quantity=4, **given)).refused(EntryDiffers)


@pytest.mark.parametrize(("kind", "followed"), FOLLOWS.items())
def test_what_is_followed_up_is_named_by_its_id_or_its_title(kind: Kind, followed: Kind) -> None:
    registered = spec(programme).given(event(followed, 1))
    expected = event(kind, 2, of=1, note="đã xong")
    registered.when(enter(kind, 2, of=1, note="đã xong")).then(expected)
    after = registered.when(enter(kind, 2, note="đã xong")).then(expected)
    after.when(enter(kind, 2, note="đã xong")).nothing()
    after.when(enter(kind, 2, of=7, note="đã xong")).refused(EntryDiffers)


@pytest.mark.parametrize(("kind", "followed"), FOLLOWS.items())
def test_nothing_follows_what_was_never_entered(kind: Kind, followed: Kind) -> None:
    refusal = spec(programme).when(enter(kind, 2)).refused(NothingToFollow, followed=followed)
    assert "Đối thoại" in refusal.message.vi
    other = next(item for item in FOLLOWS.values() if item != followed)
    spec(programme).given(event(other, 1)).when(enter(kind, 2, of=1)).refused(refusals.OtherKind)
    spec(programme).when(enter(kind, 2, of=1)).refused(refusals.EntryNotFound)


def test_among_equal_titles_the_open_entry_is_followed_up() -> None:
    again = event(Kind.TASK_ASSIGNED, 2, lead_unit_code="SO-A", due_on=date(2025, 12, 1))
    registered = spec(programme).given(TASK, again)
    registered.when(enter(Kind.TASK_REPORTED, 3)).refused(SeveralMeant)
    registered.when(enter(Kind.TASK_REPORTED, 3, due_on=date(2025, 12, 1))).then(
        event(Kind.TASK_REPORTED, 3, of=2, due_on=date(2025, 12, 1))
    )
    reported = registered.given(event(Kind.TASK_REPORTED, 4, of=1))
    reported.when(enter(Kind.TASK_REPORTED, 3)).then(event(Kind.TASK_REPORTED, 3, of=2))


def test_what_happened_is_not_to_come_and_a_month_is_its_first_day() -> None:
    tomorrow = enter(Kind.TRAINING_HELD, 1, happened_on=date(2025, 8, 2))
    spec(programme).when(tomorrow).refused(DayInFuture)
    inexact = enter(Kind.TRAINING_HELD, 1, happened_on=date(2025, 7, 2), precision=Precision.MONTH)
    spec(programme).when(inexact).refused(NotFirstDay)


@pytest.mark.parametrize(
    ("mended", "is_open"), [([], True), ([1], True), ([1, 2], False), ([None], False), ([1, 1, 1], False)]
)
def test_findings_are_open_until_all_are_mended(mended: list[int | None], is_open: bool) -> None:
    inspection = event(Kind.INSPECTION_CONDUCTED, 1, quantity=3)
    follow_ups = [
        event(Kind.FINDING_FOLLOWED_UP, number, of=1, quantity=count)
        for number, count in enumerate(mended, start=2)
    ]
    assert programme.fold([inspection, *follow_ups]).is_open(inspection) is is_open


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (None, None),
        (EntryStatus.OPEN, EntryState.OPEN),
        (EntryStatus.LATE, EntryState.OVERDUE),
        (EntryStatus.DONE, EntryState.CLOSED),
        (EntryStatus.DONE_LATE, EntryState.CLOSED),
        (EntryStatus.CANCELLED, EntryState.CLOSED),
    ],
)
def test_the_words_of_the_first_release_stay(status: EntryStatus | None, state: EntryState | None) -> None:
    assert state_of(status) is state


@pytest.mark.parametrize(
    ("by", "own", "follow_up"),
    [
        (Acting("STP"), True, True),
        (Acting("SO-A"), False, True),
        (Acting("SO-B"), False, False),
        (Acting(), False, False),
        (SUPERVISION, True, True),
    ],
    ids=["the unit", "who leads the task", "another unit", "no unit", "supervision"],
)
def test_who_may_enter_and_who_may_follow_up(by: Acting, own: bool, follow_up: bool) -> None:
    registered = spec(programme).given(TASK)
    for command, may in (
        (enter(Kind.TRAINING_HELD, 2), own),
        (enter(Kind.TASK_REPORTED, 3), follow_up),  # named by its title alone
        (enter(Kind.TASK_REPORTED, 4, of=1), follow_up),
    ):
        when = registered.when(replace(command, by=by))
        if may:
            assert when.yields()
        else:
            when.refused(NotYourProgramme)
