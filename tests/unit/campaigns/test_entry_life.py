"""The life of entries of a programme: corrected, cancelled, extended, accepted, mended, decided; and what each kind refuses."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.application.reports import submitted_id
from services.campaigns.domain import programme_errors as refusals
from services.campaigns.domain.errors import (
    DueBeforeBegin,
    EntryDiffers,
    FollowsBefore,
    NotYourProgramme,
    SeveralMeant,
)
from services.campaigns.domain.programme import programme
from shared.contracts.event import Acting
from shared.contracts.vocabulary import DuePrecision, Precision
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.kernel.errors import Refusal
from shared.rules.programme.kinds import KINDS
from tests.support.rules.spec import Specification, spec
from tests.unit.campaigns.test_programme import enter, event

TASK = event(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A", happened_on=date(2025, 1, 10))
INSPECTION = event(
    Kind.INSPECTION_CONDUCTED, 1, lead_unit_code="XA-1", happened_on=date(2025, 5, 10), quantity=2
)
OBSTACLE = event(
    Kind.OBSTACLE_RAISED, 1, lead_unit_code="BP-TP", happened_on=date(2025, 5, 10), entry_ref="VM-1"
)


def after(*events: Any) -> "Specification[Any, Any, Any]":
    return spec(programme).given(*events)


def test_a_correction_takes_the_place_of_what_was_entered() -> None:
    given = after(INSPECTION, event(Kind.FINDING_FOLLOWED_UP, 2, of=1, quantity=1))
    changed = {
        "title": "Kiểm tra xã",
        "quantity": 1,
        "happened_on": date(2025, 5, 11),
        "lead_unit_code": "XA-1",
    }
    corrected = given.when(enter(Kind.ENTRY_CORRECTED, 3, of=1, reason="Nhầm số", **changed))
    (made,) = corrected.yields()
    stands = given.given(made).state.entries[UUID(int=1)]
    assert (stands.content.quantity, stands.content.title, stands.event.quantity) == (1, "Kiểm tra xã", 2)
    again = enter(Kind.ENTRY_CORRECTED, 4, of=1, reason="Nhầm", **changed)
    given.given(made).when(again).nothing()
    given.given(made).when(replace(again, quantity=0)).refused(refusals.MoreMended)
    first = enter(
        Kind.INSPECTION_CONDUCTED, 1, lead_unit_code="XA-1", happened_on=date(2025, 5, 10), quantity=2
    )
    given.given(made).when(first).nothing()  # a file that is imported again
    given.given(made).when(replace(first, quantity=1)).refused(EntryDiffers)


def test_what_is_cancelled_is_not_followed_up() -> None:
    given = after(TASK)
    (cancelled,) = given.when(enter(Kind.ENTRY_CANCELLED, 2, of=1, reason="Nhập trùng")).yields()
    ended = given.given(cancelled)
    ended.when(enter(Kind.TASK_REPORTED, 3, of=1)).refused(refusals.EntryIsCancelled)
    ended.when(enter(Kind.ENTRY_CANCELLED, 4, of=1, reason="Lần nữa")).nothing()
    given.when(enter(Kind.ENTRY_CANCELLED, 4, of=1)).refused(refusals.EntryFieldMissing)


def test_a_finding_without_a_day_is_not_corrected_before_its_inspection() -> None:
    finding = event(Kind.FINDING_RECORDED, 2, of=1)
    given = after(INSPECTION, finding)
    given.when(enter(Kind.FINDING_FOLLOWED_UP, 3, of=2, happened_on=date(2025, 5, 9))).refused(FollowsBefore)
    given.when(enter(Kind.FINDING_FOLLOWED_UP, 3, of=2, happened_on=date(2025, 5, 10))).yields()


def test_more_time_does_not_end_before_the_task_begins() -> None:
    more: dict[str, Any] = {"of": 1, "reason": "Chờ kinh phí"}
    after(TASK).when(enter(Kind.TASK_EXTENDED, 2, due_on=date(2024, 6, 30), **more)).refused(DueBeforeBegin)
    after(TASK).when(enter(Kind.TASK_EXTENDED, 2, due_on=date(2025, 6, 30), **more)).yields()


def test_the_period_of_a_report_does_not_end_before_it_begins() -> None:
    days: dict[str, Any] = {"period_from": date(2025, 3, 15), "period_to": date(2025, 3, 1)}
    after().when(enter(Kind.REPORT_SUBMITTED, 1, happened_on=date(2025, 4, 1), **days)).refused(
        DueBeforeBegin
    )


def test_what_follows_is_cancelled_with_it_and_entered_again_with_the_new_entry() -> None:
    inspection = event(Kind.INSPECTION_CONDUCTED, 1, quantity=1)
    finding = event(Kind.FINDING_RECORDED, 2, of=1)
    given = after(inspection, finding)
    (cancelled,) = given.when(enter(Kind.ENTRY_CANCELLED, 3, of=1, reason="Nhập nhầm")).yields()
    ended = given.given(cancelled)
    assert [entry.cancelled for entry in ended.state.entries.values()] == [True, True, False]
    ended.when(enter(Kind.FINDING_FOLLOWED_UP, 4, of=2)).refused(refusals.EntryIsCancelled)
    ended.when(enter(Kind.ENTRY_CANCELLED, 5, of=2, reason="Nhập nhầm")).nothing()
    again = replace(enter(Kind.INSPECTION_CONDUCTED, 1, quantity=1), after_cancelled=True)
    (renewed,) = ended.when(again).yields()
    step = replace(enter(Kind.FINDING_RECORDED, 2), after_cancelled=True, of_entry=renewed.entry_id)
    (recorded,) = ended.given(renewed).when(step).yields()
    assert recorded.entry_id != finding.entry_id


def test_a_report_that_was_corrected_and_cancelled_is_submitted_again_as_a_new_one() -> None:
    report: dict[str, Any] = {"duty_id": UUID(int=9), "period_from": date(2025, 1, 1)}
    given = after(event(Kind.REPORT_SUBMITTED, 1, **report))
    (corrected,) = given.when(
        enter(Kind.ENTRY_CORRECTED, 2, of=1, reason="Nhầm", note="đủ", **report)
    ).yields()
    (cancelled,) = given.given(corrected).when(enter(Kind.ENTRY_CANCELLED, 3, of=1, reason="Nhầm")).yields()
    ended = given.given(corrected, cancelled)
    again = replace(enter(Kind.REPORT_SUBMITTED, 1, **report), after_cancelled=True)
    (renewed,) = ended.when(again).yields()
    assert submitted_id(ended.given(renewed).state, again) == renewed.entry_id


def test_a_cancelled_report_does_not_close_the_task() -> None:
    own = event(Kind.TASK_ASSIGNED, 1)
    reported = event(Kind.TASK_REPORTED, 2, of=1)
    given = after(own, reported)
    assert not given.state.is_open(own)
    (cancelled,) = given.when(enter(Kind.ENTRY_CANCELLED, 3, of=2, reason="Nhầm")).yields()
    assert given.given(cancelled).state.is_open(own)


@pytest.mark.parametrize(
    ("given", "kind", "words", "refusal"),
    [
        ([INSPECTION], Kind.FINDING_FOLLOWED_UP, {"of": 1, "quantity": 6}, refusals.MoreMended),
        ([INSPECTION], Kind.FINDING_RECORDED, {"of": 1, "quantity": 3}, refusals.MoreFindings),
        ([OBSTACLE], Kind.OBSTACLE_ANSWERED, {"of": 1, "happened_on": date(2023, 5, 1)}, FollowsBefore),
        ([OBSTACLE], Kind.OBSTACLE_FORWARDED, {"of": 1}, refusals.EntryFieldMissing),
        ([TASK], Kind.TASK_ACCEPTED, {"of": 1}, refusals.NothingReported),
        ([TASK], Kind.TASK_EXTENDED, {"of": 1, "reason": "Chờ"}, refusals.EntryFieldMissing),
        ([TASK], Kind.TASK_PROGRESSED, {"of": 1}, refusals.EntryFieldMissing),
        ([TASK], Kind.TASK_REPORTED, {"of": 1, "percent": 5}, refusals.EntryFieldMisplaced),
        ([TASK], Kind.OBSTACLE_DECIDED, {"of": 1}, refusals.OtherKind),
        ([], Kind.TRAINING_HELD, {"happened_on": date(2019, 5, 1)}, refusals.OutsideYear),
        ([], Kind.TRAINING_HELD, {"happened_on": date(2024, 12, 14)}, refusals.OutsideYear),
        ([], Kind.TASK_ASSIGNED, {"happened_on": date(2023, 12, 14)}, refusals.OutsideYear),
        (
            [],
            Kind.TASK_ASSIGNED,
            {"due_on": date(2025, 3, 2), "due_precision": DuePrecision.MONTH},
            refusals.DueNotLastDay,
        ),
    ],
)
def test_what_cannot_be_is_refused(
    given: list[Any], kind: Kind, words: dict[str, Any], refusal: type[Refusal]
) -> None:
    after(*given).when(enter(kind, 9, **words)).refused(refusal)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.TRAINING_HELD, {"happened_on": date(2019, 5, 1), "year_reason": "Bổ sung số liệu"}),
        (Kind.TRAINING_HELD, {"happened_on": date(2024, 12, 15)}),
        (Kind.TRAINING_HELD, {"happened_on": date(2024, 1, 1), "precision": Precision.YEAR}),
        (Kind.PLAN_ADOPTED, {"happened_on": date(2022, 7, 28)}),
        (Kind.TASK_ASSIGNED, {"happened_on": date(2024, 3, 1)}),
    ],
)
def test_days_around_the_year(kind: Kind, words: dict[str, Any]) -> None:
    assert spec(programme).when(enter(kind, 9, **words)).yields()


def test_the_sum_of_what_is_mended_is_at_most_what_the_inspection_lists() -> None:
    findings = [event(Kind.FINDING_RECORDED, number, of=1, title=f"Nội dung {number}") for number in (2, 3)]
    given = after(INSPECTION, *findings)
    given.when(enter(Kind.FINDING_RECORDED, 4, of=1)).refused(refusals.MoreFindings)
    partly = given.given(event(Kind.FINDING_FOLLOWED_UP, 5, of=2))
    partly.when(enter(Kind.FINDING_FOLLOWED_UP, 6, of=1, quantity=2)).refused(refusals.MoreMended)
    assert partly.when(enter(Kind.FINDING_FOLLOWED_UP, 6, of=1, quantity=1)).yields()
    partly.when(enter(Kind.ENTRY_CANCELLED, 7, of=1, reason="x")).yields()


def test_nothing_is_inspected_from_below() -> None:
    command = enter(Kind.INSPECTION_CONDUCTED, 1, lead_unit_code="SO-A")
    spec(programme).when(replace(command, higher=frozenset({"SO-A"}))).refused(refusals.InspectsAbove)
    given = after(INSPECTION)
    correction = enter(Kind.ENTRY_CORRECTED, 2, of=1, reason="Nhầm", lead_unit_code="SO-A")
    given.when(replace(correction, higher=frozenset({"SO-A"}))).refused(refusals.InspectsAbove)


def test_a_task_is_sent_back_and_accepted_by_who_assigned_it() -> None:
    given = after(TASK, event(Kind.TASK_REPORTED, 2, of=1, happened_on=date(2025, 5, 1)))
    returned = enter(Kind.TASK_RETURNED, 3, of=1, reason="Thiếu số liệu")
    for by, may in ((Acting("STP"), True), (Acting("SO-A"), False)):
        command = replace(returned, by=by)
        assert given.when(command).yields() if may else given.when(command).refused(NotYourProgramme)
    given.when(enter(Kind.TASK_ACCEPTED, 4, of=1, happened_on=date(2025, 4, 30))).refused(FollowsBefore)
    assert given.when(enter(Kind.TASK_ACCEPTED, 4, of=1, happened_on=date(2025, 5, 2))).yields()


def test_a_task_of_another_unit_is_accepted_unless_it_is_said_or_was_recorded_before() -> None:
    reported = event(Kind.TASK_REPORTED, 2, of=1)
    (assigned,) = spec(programme).when(enter(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A")).yields()
    (lenient,) = (
        spec(programme)
        .when(enter(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A", needs_acceptance=False))
        .yields()
    )
    (of_its_own,) = spec(programme).when(enter(Kind.TASK_ASSIGNED, 1, lead_unit_code="STP")).yields()
    before = event(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A")  # as release 0.1.0 recorded it
    still_open = [
        after(task, reported).state.is_open(task) for task in (assigned, lenient, of_its_own, before)
    ]
    assert still_open == [True, False, False, False]
    after(before).when(enter(Kind.TASK_ASSIGNED, 1, lead_unit_code="SO-A", needs_acceptance=False)).nothing()
    wrong = enter(Kind.TRAINING_HELD, 3, needs_acceptance=True)
    spec(programme).when(wrong).refused(refusals.EntryFieldMisplaced)


def test_an_obstacle_goes_from_body_to_body_until_the_unit_has_its_answer() -> None:
    given = after(OBSTACLE)
    (received,) = given.when(enter(Kind.OBSTACLE_RECEIVED, 2, of=1)).yields()
    assert received.lead_unit_code == "BP-TP"
    (forwarded,) = given.when(enter(Kind.OBSTACLE_FORWARDED, 3, of=1, lead_unit_code="UBND-X")).yields()
    sent = given.given(received, forwarded)
    decided = replace(
        enter(Kind.OBSTACLE_DECIDED, 4, of=1), by=Acting("UBND-X"), happened_on=date(2025, 6, 1)
    )
    (decision,) = sent.when(decided).yields()
    assert decision.lead_unit_code == "UBND-X"
    sent.when(replace(decided, by=Acting("SO-A"))).refused(NotYourProgramme)
    assert sent.when(replace(decided, by=Acting("UBND-T"), above=frozenset({"UBND-T"}))).yields()
    by_another = enter(Kind.OBSTACLE_DECIDED, 4, of=1, lead_unit_code="HDND")
    assert sent.when(by_another).yields()[0].lead_unit_code == "HDND"
    done = sent.given(decision)
    done.when(enter(Kind.OBSTACLE_DECIDED, 5, of=1)).refused(refusals.AlreadyEntered)
    answered = enter(Kind.OBSTACLE_ANSWERED, 6, of=1)
    done.when(replace(answered, happened_on=date(2025, 5, 31))).refused(FollowsBefore)
    assert done.when(replace(answered, happened_on=date(2025, 6, 2))).yields()


def test_obstacles_have_a_number_for_people() -> None:
    given = spec(programme).when(enter(Kind.OBSTACLE_RAISED, 1, title="Thiếu kinh phí"))
    (first,) = given.yields()
    (second,) = after(first).when(enter(Kind.OBSTACLE_RAISED, 2, title="Thiếu người")).yields()
    assert (first.entry_ref, second.entry_ref) == ("VM-STP-2025-001", "VM-STP-2025-002")
    (followed,) = (
        after(first, second).when(enter(Kind.OBSTACLE_RECEIVED, 3, of_ref="VM-STP-2025-002")).yields()
    )
    assert getattr(followed, "of_entry", None) == UUID(int=2)
    by_name = enter(Kind.OBSTACLE_RECEIVED, 4, title="Tiếp nhận", entry_ref="VM-STP-2025-001")
    assert getattr(after(first, second).when(by_name).yields()[0], "of_entry", None) == UUID(int=1)


def test_a_reference_names_an_entry_once() -> None:
    given = after(event(Kind.TASK_ASSIGNED, 1, entry_ref="NV-1"))
    given.when(enter(Kind.TASK_ASSIGNED, 2, entry_ref="NV-1", title="Khác")).refused(refusals.EntryRefTaken)
    findings = [event(Kind.FINDING_RECORDED, n, of=1, entry_ref="K-1") for n in (2, 3)]
    several = after(event(Kind.INSPECTION_CONDUCTED, 1, quantity=2), *findings)
    several.when(enter(Kind.FINDING_FOLLOWED_UP, 4, of_ref="K-1")).refused(SeveralMeant)


def test_a_due_year_is_its_last_day() -> None:
    command = enter(Kind.TASK_ASSIGNED, 1, due_on=date(2025, 1, 1), due_precision=DuePrecision.YEAR)
    (made,) = spec(programme).when(command).yields()
    assert (made.due_on, made.due_precision) == (date(2025, 12, 31), DuePrecision.YEAR)
    after(made).when(replace(command, due_on=date(2025, 12, 31))).nothing()
    kept = event(Kind.TASK_ASSIGNED, 1, due_on=date(2025, 12, 31))  # as release 0.1.0 recorded it
    after(kept).when(command).nothing()


def test_a_file_of_the_first_release_enters_nothing_twice() -> None:
    command = replace(enter(Kind.TASK_ASSIGNED, 7), former_id=UUID(int=1))
    after(event(Kind.TASK_ASSIGNED, 1)).when(command).nothing()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_words_and_its_right(kind: Kind) -> None:
    registered = KINDS[kind]
    assert registered.words.vi != registered.words.en
    assert registered.action.value.endswith(("programme", "programme_entry"))
    assert all(name in registered.event.model_fields for name in registered.requires)
