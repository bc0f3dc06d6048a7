"""Requests of units: decided by who supervises, with what they ask for in the same events; withdrawn by who asked."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain import requests
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Given, Scope
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import (
    CannotForward,
    NotTheDecider,
    NotYourDraft,
    ReasonMissing,
    RequestIncomplete,
    RequestNotFound,
    RequestOutdated,
    RequestSettled,
)
from shared.contracts.event import SUPERVISION, Acting, Event
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftEvent,
    DraftPolicyRemoved,
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    DraftScopeAssessed,
    DraftStageEntered,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Answer, RequestDecision, RequestKind, Stage
from shared.rules.answer_periods import (
    ANSWER_PERIODS,
    AnswerPeriod,
    Forwarding,
    answer_by,
    answer_period,
    decider_on,
)
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.rules.asked import TODAY, asked
from tests.support.rules.spec import Specification, spec
from tests.unit.registry.test_draft import POLICY, REGISTERED
from tests.unit.registry.test_lowering import CONSULTED, LOWERS, OWN, correct, enter, own

APPROVED, REFUSED = RequestDecision.APPROVED, RequestDecision.REFUSED
CALENDAR = load_rulebook().calendar
SUPERVISOR = Acting("STP", supervises=True)


def raised(*before: DraftEvent, command: Any) -> tuple[Specification[Any, Any, Any], DraftRequestRaised]:
    given = spec(draft).given(REGISTERED, *before)
    (event,) = given.when(command).yields()
    assert isinstance(event, DraftRequestRaised)
    return given.given(event), event


def decision(request: DraftRequestRaised, wanted: Any = None, **more: Any) -> drafts.DecideRequest:
    values = {"by": SUPERVISOR, "request_id": request.request_id, "decision": APPROVED} | more
    return asked(drafts.DecideRequest, wanted=wanted, **values)


@pytest.mark.parametrize(("kind", "before", "command"), LOWERS)
def test_an_approval_records_what_was_asked_for_in_the_same_events(
    kind: RequestKind, before: tuple[DraftEvent, ...], command: Any
) -> None:
    """The command comes back from its stored form, and leads to what it would have led to when a supervisor gave it."""
    given, request = raised(*before, command=command)
    restored = requests.command_of(request, Given(by=SUPERVISOR, today=TODAY))
    if isinstance(command, drafts.CorrectStage):
        restored = replace(restored, was=command.was)
    assert restored == replace(command, by=SUPERVISOR)
    decided, *effect = given.when(decision(request, restored, document="CV 9", reason="đúng")).yields()
    assert isinstance(decided, DraftRequestDecided)
    assert (decided.kind, decided.decision, decided.by_unit_code) == (kind, APPROVED, "STP")
    assert (decided.document, decided.reason, decided.on) == ("CV 9", "đúng", TODAY)
    direct = spec(draft).given(REGISTERED, *before).when(replace(command, by=SUPERVISION)).yields()
    assert tuple(effect) == direct


def test_a_refusal_changes_nothing_and_gives_its_reason() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    given.when(decision(request, decision=REFUSED)).refused(ReasonMissing)
    (decided,) = given.when(decision(request, decision=REFUSED, reason="Văn bản không phù hợp")).yields()
    assert isinstance(decided, DraftRequestDecided)
    assert decided.decision is REFUSED
    state = given.given(decided).state
    assert isinstance(state, Draft)
    assert state.exemptions == ()


def test_a_settled_request_is_not_decided_again() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    wanted = requests.command_of(request, Given(by=SUPERVISOR, today=TODAY))
    after = given.given(*given.when(decision(request, wanted)).yields())
    after.when(decision(request, decision=REFUSED, reason="sai")).refused(RequestSettled)
    after.when(asked(drafts.WithdrawRequest, by=OWN, request_id=request.request_id)).refused(RequestSettled)


@pytest.mark.parametrize(
    "by", [OWN, Acting("KHAC"), Acting(None)], ids=["who asked", "another unit", "no unit"]
)
def test_a_unit_decides_nothing(by: Acting) -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    given.when(decision(request, by=by)).refused(NotTheDecider)


def test_an_unregistered_request_is_not_decided() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    other = request.model_copy(update={"request_id": UUID(int=9)})
    given.when(decision(other)).refused(RequestNotFound)


def test_who_asked_withdraws_and_no_other_unit() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    withdraw = asked(drafts.WithdrawRequest, by=OWN, request_id=request.request_id)
    given.when(replace(withdraw, by=Acting("KHAC"))).refused(NotYourDraft)
    (settled,) = given.when(withdraw).yields()
    assert isinstance(settled, DraftRequestDecided)
    assert settled.decision is RequestDecision.WITHDRAWN
    again = given.given(settled).when(own(drafts.Exempt, document="CV 12")).yields()
    assert isinstance(again[0], DraftRequestRaised)
    assert again[0].request_id != request.request_id


OUTDATED: list[Any] = [
    pytest.param(
        (), enter(Stage.SUSPENDED, "2024-05-31"), DraftWithdrawn(on=date(2024, 5, 10)), id="it ended before"
    ),
    pytest.param(
        (CONSULTED,),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-27"),
        DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=date(2024, 5, 27)),
        id="such an entry exists now",
    ),
]


@pytest.mark.parametrize(("before", "command", "meanwhile"), OUTDATED)
def test_what_can_not_be_recorded_any_more_is_a_refusal_that_decides_nothing(
    before: tuple[DraftEvent, ...], command: Any, meanwhile: Event
) -> None:
    given, request = raised(*before, command=command)
    error = given.given(meanwhile).when(decision(request, command)).refused(RequestOutdated)
    assert error.facts["refused_as"]


@pytest.mark.parametrize(
    ("before", "command", "meanwhile"),
    [
        pytest.param(
            (POLICY,), own(drafts.RemovePolicy, policy_no=1), DraftPolicyRemoved(policy_no=1), id="removed"
        ),
        pytest.param(
            (),
            own(drafts.Exempt, document="CV 12"),
            DraftCommunicationExempted(document="CV 12"),
            id="exempted",
        ),
        pytest.param(
            (),
            own(drafts.AssessScope, scope=Scope(in_scope=Answer.NO)),
            DraftScopeAssessed(in_scope=Answer.NO),
            id="assessed",
        ),
    ],
)
def test_what_holds_already_is_approved_without_more_events(
    before: tuple[DraftEvent, ...], command: Any, meanwhile: Event
) -> None:
    given, request = raised(*before, command=command)
    (decided,) = given.given(meanwhile).when(decision(request, replace(command, by=SUPERVISOR))).yields()
    assert isinstance(decided, DraftRequestDecided)


def test_a_transfer_to_a_unit_in_words_needs_its_code_from_the_decider() -> None:
    command = asked(drafts.RequestTransfer, by=OWN, to_unit="Sở Tài chính", reason="Theo phân công")
    given, request = raised(command=command)
    assert (request.kind, request.wanted, request.reason) == (
        RequestKind.TRANSFER,
        {"to_unit": "Sở Tài chính"},
        "Theo phân công",
    )
    with_whom = Given(by=SUPERVISOR, today=TODAY)
    with pytest.raises(RequestIncomplete):
        requests.command_of(request, with_whom)
    wanted = requests.command_of(request, with_whom, {"to_unit_code": "STC", "on": TODAY})
    _, transferred = given.when(decision(request, wanted)).yields()
    assert transferred == DraftTransferred(to_unit_code="STC", on=TODAY)


FRIDAY = date(2024, 5, 24)
LINE = ("PHAP-CHE", "BO", "CP")


@pytest.mark.parametrize(
    ("day", "decider"),
    [
        (FRIDAY, "PHAP-CHE"),
        (date(2024, 5, 31), "PHAP-CHE"),  # the fifth working day
        (date(2024, 6, 1), "BO"),
        (date(2024, 7, 1), "BO"),
    ],
)
def test_without_an_answer_in_five_working_days_it_goes_one_step_up(day: date, decider: str) -> None:
    assert answer_by(FRIDAY, CALENDAR) == date(2024, 5, 31)
    assert decider_on(FRIDAY, day, LINE, CALENDAR) == decider


def test_the_last_of_the_line_keeps_it_and_without_a_line_there_is_none() -> None:
    assert decider_on(FRIDAY, date(2024, 7, 1), ("BO",), CALENDAR) == "BO"
    assert decider_on(FRIDAY, date(2024, 7, 1), (), CALENDAR) is None


def test_the_period_in_force_on_the_day_of_raising_holds() -> None:
    shorter = AnswerPeriod(date(2026, 1, 1), 3, "x")
    both = (*ANSWER_PERIODS, shorter)
    assert answer_period(date(2025, 12, 31), both).working_days == 5
    assert answer_period(date(2026, 1, 1), both) is shorter
    assert answer_period(date(2020, 1, 1), both).working_days == 5


def test_an_answer_decides_nothing_and_is_recorded_once() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    reply: Any = {"by": SUPERVISOR, "request_id": request.request_id, "reply": "Đề nghị gửi kèm văn bản"}
    (answered,) = given.when(asked(drafts.AnswerRequest, **reply)).yields()
    assert isinstance(answered, DraftRequestAnswered)
    assert (answered.kind, answered.unit_code, answered.by_unit_code) == (
        request.kind,
        request.unit_code,
        "STP",
    )
    after = given.given(answered)
    after.when(asked(drafts.AnswerRequest, **reply)).nothing()
    state = after.state
    assert isinstance(state, Draft)
    (waiting,) = state.requests
    assert (waiting.is_waiting, waiting.answered) == (True, answered)
    (decided,) = after.when(decision(request, decision=REFUSED, reason="Không phù hợp")).yields()
    after.given(decided).when(asked(drafts.AnswerRequest, **reply | {"reply": "Sau"})).refused(RequestSettled)
    given.when(asked(drafts.AnswerRequest, **reply | {"by": Acting(request.unit_code)})).refused(
        NotTheDecider
    )


def test_a_request_goes_on_only_to_who_may_decide_for_the_unit() -> None:
    given, request = raised(command=own(drafts.Exempt, document="CV 12"))
    place: Any = {"by": SUPERVISOR, "request_id": request.request_id, "reason": "Đúng thẩm quyền"}
    line = {"line": ("STP", "UB")}
    given.when(asked(drafts.ForwardRequest, **place, **line, to_unit_code="SO-X")).refused(CannotForward)
    given.when(asked(drafts.ForwardRequest, **place, **line, to_unit_code="STP")).refused(CannotForward)
    (forwarded,) = given.when(asked(drafts.ForwardRequest, **place, **line, to_unit_code="UB")).yields()
    assert isinstance(forwarded, DraftRequestForwarded)
    assert (forwarded.to_unit_code, forwarded.by_unit_code, forwarded.reason) == (
        "UB",
        "STP",
        "Đúng thẩm quyền",
    )
    after = given.given(forwarded)
    after.when(asked(drafts.ForwardRequest, **place, **line, to_unit_code="UB")).nothing()
    (decided,) = after.when(decision(request, decision=REFUSED, reason="Không phù hợp")).yields()
    assert isinstance(decided, DraftRequestDecided)


@pytest.mark.parametrize(
    ("forwarded_on", "day", "decider"),
    [
        ("2026-11-03", "2026-11-03", "UB"),
        ("2026-11-03", "2026-11-09", "UB"),  # the last day of the period that began with the request
        ("2026-11-03", "2026-11-10", "BTP"),  # the clock went on: one step up from who got it
        ("2026-11-03", "2026-11-02", "STP"),  # not yet
        ("2026-11-11", "2026-11-11", "UB"),  # forwarded after the period: it stays there
        ("2026-11-11", "2026-12-30", "UB"),
    ],
)
def test_who_decides_what_was_forwarded(forwarded_on: str, day: str, decider: str) -> None:
    raised_on, line = date(2026, 11, 2), ("STP", "UB", "BTP")
    assert answer_by(raised_on, CALENDAR) == date(2026, 11, 9)
    forwarded = Forwarding("UB", date.fromisoformat(forwarded_on))
    assert decider_on(raised_on, date.fromisoformat(day), line, CALENDAR, forwarded) == decider
    gone = Forwarding("SO-CU", date.fromisoformat(forwarded_on))
    assert decider_on(raised_on, date(2026, 11, 4), line, CALENDAR, gone) == "STP"
