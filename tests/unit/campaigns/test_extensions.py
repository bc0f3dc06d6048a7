"""More time in a programme: who asks for it, when, who gives or refuses it; and what is named by its title alone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.campaigns.domain import programme_errors as refusals
from services.campaigns.domain.errors import NotYourProgramme, SeveralMeant
from services.campaigns.domain.programme import programme
from shared.contracts.event import Acting
from shared.contracts.programme import ProgrammeExtensionRequested
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.contracts.vocabulary import ReportPeriod
from shared.kernel.errors import Refusal
from tests.support.rules.spec import Specification, spec
from tests.unit.campaigns.test_programme import TASK, enter, event

SO, STP, UBND = Acting("SO-A"), Acting("STP"), Acting("UBND")
LATER: dict[str, Any] = {
    "due_on": date(2025, 10, 1),
    "reason": "Chờ kinh phí",
    "happened_on": date(2025, 7, 1),
}
NO: dict[str, Any] = {"reason": "Đã gia hạn một lần", "happened_on": date(2025, 7, 2)}
REQUESTED = ProgrammeExtensionRequested(
    entry_id=enter(Kind.EXTENSION_REQUESTED, 2).entry_id,
    of_entry=TASK.entry_id,
    unit_code="STP",
    year=2025,
    title=TASK.title,
    lead_unit_code="SO-A",
    **LATER,
)
DUTY = event(
    Kind.REPORT_REQUIRED,
    9,
    report_period=ReportPeriod.QUARTER,
    due_days=10,
    coordinating_unit_codes=("SO-A", "SO-B"),
)
SECOND_QUARTER = date(2025, 3, 15)


def after(*events: Any) -> Specification[Any, Any, Any]:
    return spec(programme).given(*events)


def ask(**changes: Any) -> Any:
    return replace(enter(Kind.EXTENSION_REQUESTED, 2, of=1, **LATER | changes), by=SO)


def test_who_owes_it_asks_and_who_assigned_it_answers_once() -> None:
    asked = after(TASK).when(ask()).then(REQUESTED)
    asked.when(replace(ask(), entry_id=enter(Kind.TASK_ASSIGNED, 3).entry_id)).refused(
        refusals.ExtensionWaits
    )
    refused = replace(enter(Kind.EXTENSION_REFUSED, 3, of=1, **NO), by=STP)
    granted = replace(enter(Kind.TASK_EXTENDED, 4, of=1, **LATER), by=STP)
    (no,) = after(TASK, REQUESTED).when(refused).yields()
    (given,) = after(TASK, REQUESTED).when(granted).yields()
    for answer in (no, given):
        again = after(TASK, REQUESTED, answer)
        again.when(replace(refused, entry_id=enter(Kind.TASK_ASSIGNED, 5).entry_id)).refused(
            refusals.NoExtensionAsked
        )
    after(TASK, REQUESTED, no).when(replace(ask(), entry_id=enter(Kind.TASK_ASSIGNED, 6).entry_id)).yields()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"due_on": date(2025, 9, 1)}, refusals.NotLater),
        ({"due_on": None}, refusals.EntryFieldMissing),
        ({"reason": None}, refusals.EntryFieldMissing),
        ({"happened_on": None}, refusals.EntryFieldMissing),
        ({"period_from": SECOND_QUARTER}, refusals.EntryFieldMisplaced),
        ({"lead_unit_code": "SO-B"}, NotYourProgramme),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    after(TASK).when(ask(**changes)).refused(refusal)


def test_what_is_reported_or_ones_own_needs_no_more_time() -> None:
    reported = event(Kind.TASK_REPORTED, 7, of=1, lead_unit_code="SO-A")
    after(TASK, reported).when(ask()).refused(refusals.NothingToExtend)
    own = event(Kind.TASK_ASSIGNED, 1, due_on=date(2025, 9, 1))
    after(own).when(replace(ask(), by=STP)).refused(refusals.OwnDueDay)


def test_only_who_assigned_it_and_who_stands_above_answers() -> None:
    given = after(TASK, REQUESTED)
    for kind, fields in ((Kind.TASK_EXTENDED, LATER), (Kind.EXTENSION_REFUSED, NO)):
        command = enter(kind, 3, of=1, **fields)
        given.when(replace(command, by=SO)).refused(NotYourProgramme)
        given.when(replace(command, by=UBND)).refused(NotYourProgramme)
        given.when(replace(command, by=UBND, above=frozenset({"UBND"}))).yields()


def test_of_a_required_report_one_unit_and_period_is_meant() -> None:
    of_report = {"of": 9, **LATER, "period_from": SECOND_QUARTER}
    asks = replace(enter(Kind.EXTENSION_REQUESTED, 2, **of_report), by=SO)
    (asked,) = after(DUTY).when(asks).yields()
    assert (asked.lead_unit_code, asked.period_from) == ("SO-A", SECOND_QUARTER)
    after(DUTY).when(replace(asks, period_from=None)).refused(refusals.EntryFieldMissing)
    after(DUTY).when(replace(asks, period_from=date(2025, 3, 1))).refused(refusals.ReportNotRequired)
    after(DUTY).when(replace(asks, lead_unit_code="SO-B")).refused(NotYourProgramme)
    other = {"of": 9, **NO, "period_from": SECOND_QUARTER, "lead_unit_code": "SO-B"}
    after(DUTY, asked).when(enter(Kind.EXTENSION_REFUSED, 3, **other)).refused(refusals.NoExtensionAsked)
    after(DUTY, asked).when(enter(Kind.EXTENSION_REFUSED, 3, **other | {"lead_unit_code": "SO-A"})).yields()


def test_what_is_named_by_its_title_is_followed_by_who_leads_it() -> None:
    by_title = replace(enter(Kind.TASK_REPORTED, 3), by=SO)
    after(TASK).when(by_title).yields()
    after(TASK).when(replace(by_title, by=Acting("SO-B"))).refused(NotYourProgramme)
    of_another = event(Kind.TASK_ASSIGNED, 8, lead_unit_code="SO-B")
    (reported,) = after(of_another, TASK).when(by_title).yields()
    assert getattr(reported, "of_entry", None) == TASK.entry_id, "of two with one title, its own"
    after(of_another, TASK).when(replace(by_title, by=STP)).refused(SeveralMeant)
    referred = event(Kind.TASK_ASSIGNED, 8, entry_ref="NV-1", lead_unit_code="SO-B")
    after(referred, TASK).when(replace(by_title, of_ref="NV-1")).refused(NotYourProgramme)
