"""What lowers a duty: one list. Recorded by who owes the duty it is a request, by who supervises it holds at once."""

import json
from dataclasses import replace
from datetime import date
from typing import Any, get_args
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain import lowering
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Entry, Oversight, Scope
from services.registry.domain.draft_state import Draft
from shared.contracts.event import SUPERVISION, Acting, exemption_id
from shared.contracts.registry import (
    DraftAmended,
    DraftCommunicationExempted,
    DraftEvent,
    DraftMerged,
    DraftPolicyAdded,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRequestRaised,
    DraftScopeAssessed,
    DraftStageEntered,
    DraftSuspended,
)
from shared.contracts.vocabulary import (
    Answer,
    Instrument,
    Precision,
    Procedure,
    Regime,
    RequestKind,
    Stage,
)
from shared.rules.rulebook.rulebook import RuleFile, load_rulebook, rulebook_with
from tests.support.rules.asked import TODAY, asked, registering
from tests.support.rules.spec import spec
from tests.unit.registry.test_draft import POLICY, REGISTERED

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
RULES = load_rulebook()
OWN = Acting("BTNMT")
ALL_YES = DraftScopeAssessed(
    requires_proposal=YES, affects_rights=YES, contested=YES, wide_impact=YES, in_scope=UNKNOWN
)
EXPLICIT = DraftScopeAssessed(in_scope=YES)
OTHER_THREE = DraftScopeAssessed(requires_proposal=NO, affects_rights=YES, contested=YES, wide_impact=YES)
PROVINCIAL = DraftAmended(
    instrument=Instrument.PROVINCIAL_RESOLUTION, regime=Regime.LAW_2025, reason="nhầm"
)  # the law has no proposal step for it: the other three criteria decide


def entered(stage: Stage, day: str, precision: Precision = Precision.DAY) -> DraftStageEntered:
    return DraftStageEntered(stage=stage, entered_on=date.fromisoformat(day), precision=precision)


CONSULTED = entered(Stage.DRAFT_CONSULTATION, "2024-05-06")  # due on 13/05/2024, today is 01/06/2024
APPRAISED = entered(Stage.APPRAISAL, "2024-05-20")
SUBMITTED = entered(Stage.SUBMITTED, "2024-05-20")  # asks for nothing
FRESH = entered(Stage.DRAFT_CONSULTATION, "2024-05-29")  # still in grace
SIMPLE = DraftProcedureDecided(procedure=Procedure.SIMPLIFIED, document="CV 1")


def own(kind: Any, **values: Any) -> Any:
    return asked(kind, by=OWN, oversight=Oversight(rulebook=RULES, decider_code="VPC-BTNMT"), **values)


def correct(of: DraftStageEntered | DraftSuspended, stage: Stage, day: str, **more: Any) -> Any:
    was = (
        Entry(of.stage, of.entered_on, of.precision)
        if isinstance(of, DraftStageEntered)
        else Entry(Stage.SUSPENDED, of.on)
    )
    values = {"entry_id": UUID(int=7), "was": was, "stage": stage, "entered_on": date.fromisoformat(day)}
    return own(drafts.CorrectStage, **values | more)


def enter(stage: Stage, day: str) -> Any:
    return own(drafts.EnterStage, stage=stage, entered_on=date.fromisoformat(day))


def assess(**answers: Any) -> Any:
    return own(drafts.AssessScope, scope=Scope(**answers))


def criteria(of: DraftScopeAssessed) -> dict[str, Answer]:
    names = {"requires_proposal", "affects_rights", "contested", "wide_impact"}
    return of.model_dump(include=names)


LOWERS = [
    pytest.param(RequestKind.EXEMPTION, (), own(drafts.Exempt, document="CV 12"), id="whole draft exempted"),
    pytest.param(
        RequestKind.EXEMPTION,
        (),
        own(drafts.Exempt, document="CV", stages=(Stage.APPRAISAL,)),
        id="stage exempted",
    ),
    pytest.param(
        RequestKind.EXEMPTION,
        (DraftCommunicationExempted(document="CV 12"),),
        own(
            drafts.CorrectExemption,
            exemption_id=exemption_id((), "CV 12", None, None),
            document="CV 21",
            reason="Ghi nhầm số văn bản",
        ),
        id="exemption corrected",
    ),
    pytest.param(RequestKind.SCOPE, (), assess(in_scope=NO), id="explicit no"),
    pytest.param(RequestKind.SCOPE, (), assess(contested=NO), id="a criterion no"),
    pytest.param(RequestKind.SCOPE, (), assess(requires_proposal=NO), id="no proposal asked for"),
    pytest.param(RequestKind.SCOPE, (), assess(state_secret=YES), id="a state secret"),
    pytest.param(
        RequestKind.SCOPE,
        (ALL_YES,),
        assess(**criteria(ALL_YES), state_secret=YES),
        id="criteria over a secret",
    ),
    pytest.param(
        RequestKind.SCOPE,
        (PROVINCIAL, OTHER_THREE),
        assess(**criteria(OTHER_THREE) | {"contested": NO}),
        id="a criterion no where the proposal is not asked",
    ),
    pytest.param(
        RequestKind.AMENDMENT,
        (PROVINCIAL, OTHER_THREE),
        own(drafts.Amend, instrument=Instrument.LAW, reason="nhầm"),
        id="a form that is asked for the proposal",
    ),
    pytest.param(RequestKind.SCOPE, (EXPLICIT,), assess(in_scope=NO), id="from yes to no"),
    pytest.param(RequestKind.SCOPE, (EXPLICIT,), assess(), id="from explicit yes to unknown"),
    pytest.param(
        RequestKind.SCOPE, (ALL_YES,), assess(affects_rights=YES), id="criteria from yes to unknown"
    ),
    pytest.param(
        RequestKind.SCOPE,
        (DraftScopeAssessed(in_scope=YES, contested=NO),),
        assess(contested=NO),
        id="an explicit yes over a criterion no is taken away",
    ),
    pytest.param(
        RequestKind.POLICY_REMOVAL, (POLICY,), own(drafts.RemovePolicy, policy_no=1), id="policy removed"
    ),
    pytest.param(
        RequestKind.POLICY_REMOVAL,
        (POLICY, DraftPolicyAdded(policy_no=2, title="Thuế")),
        own(drafts.RemovePolicy, policy_no=2, reason="gộp vào chính sách 1"),
        id="policies merged away",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED,),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-27"),
        id="later",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED,),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-01", precision=Precision.MONTH),
        id="an earlier day that is known to the month falls due after it",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED,),
        correct(CONSULTED, Stage.DRAFTING, "2024-05-06"),
        id="opening erased",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED,),
        correct(CONSULTED, Stage.SOCIAL_CRITICISM, "2024-05-06"),
        id="opening made parallel",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, APPRAISED),
        correct(APPRAISED, Stage.APPRAISAL, "2024-05-08"),
        id="an earlier next stage: what was missed would only be left early",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, APPRAISED),
        correct(APPRAISED, Stage.APPRAISAL, "2024-05-06"),
        id="an earlier next stage: zero length",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, APPRAISED),
        correct(APPRAISED, Stage.SUBMITTED, "2024-05-20"),
        id="a stage that asks for nothing",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, SUBMITTED),
        correct(SUBMITTED, Stage.WITHDRAWN, "2024-05-20"),
        id="corrected into a withdrawal",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, SUBMITTED),
        correct(SUBMITTED, Stage.SUSPENDED, "2024-05-20"),
        id="corrected into a suspension",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, entered(Stage.ADOPTED, "2024-05-20")),
        correct(entered(Stage.ADOPTED, "2024-05-20"), Stage.ADOPTED, "2024-05-27"),
        id="a later adoption: what comes afterwards would count",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, APPRAISED, entered(Stage.ADOPTED, "2024-05-31")),
        correct(entered(Stage.ADOPTED, "2024-05-31"), Stage.ADOPTED, "2024-05-15"),
        id="an earlier adoption: the appraisal lies after it",
    ),
    pytest.param(
        RequestKind.STAGE_CORRECTION,
        (CONSULTED, DraftSuspended(on=date(2024, 5, 20))),
        correct(DraftSuspended(on=date(2024, 5, 20)), Stage.SUSPENDED, "2024-05-07"),
        id="an earlier suspension",
    ),
    pytest.param(
        RequestKind.STAGE_ENTRY,
        (CONSULTED,),
        enter(Stage.APPRAISAL, "2024-05-08"),
        id="what is overdue was left early",
    ),
    pytest.param(
        RequestKind.STAGE_ENTRY,
        (CONSULTED,),
        enter(Stage.ADOPTED, "2024-05-02"),
        id="adopted before it opened",
    ),
    pytest.param(
        RequestKind.STAGE_ENTRY,
        (CONSULTED, entered(Stage.APPRAISAL, "2024-05-14")),
        enter(Stage.ADOPTED, "2024-05-13"),
        id="adopted before a missed stage",
    ),
    pytest.param(RequestKind.SUSPENSION, (CONSULTED,), enter(Stage.SUSPENDED, "2024-05-31"), id="suspended"),
    pytest.param(RequestKind.WITHDRAWAL, (CONSULTED,), enter(Stage.WITHDRAWN, "2024-05-31"), id="withdrawn"),
    pytest.param(RequestKind.MERGER, (CONSULTED,), enter(Stage.MERGED, "2024-05-31"), id="merged"),
    pytest.param(
        RequestKind.TRANSFER,
        (),
        own(drafts.Transfer, to_unit_code="BTC", on=date(2024, 5, 31)),
        id="transferred",
    ),
    pytest.param(
        RequestKind.PROCEDURE,
        (SIMPLE,),
        own(drafts.DecideProcedure, procedure=Procedure.ORDINARY, document="CV 2"),
        id="a procedure with more days of grace",
    ),
    pytest.param(
        RequestKind.PROCEDURE,
        (SIMPLE, CONSULTED),
        own(drafts.DecideProcedure, procedure=Procedure.ORDINARY, document="CV 2"),
        id="a procedure under which it falls due later",
    ),
]


@pytest.mark.parametrize(("kind", "before", "command"), LOWERS)
def test_what_lowers_the_duty_of_who_records_it_is_a_request(
    kind: RequestKind, before: tuple[DraftEvent, ...], command: Any
) -> None:
    (event,) = spec(draft).given(REGISTERED, *before).when(command).yields()
    assert isinstance(event, DraftRequestRaised)
    assert (event.kind, event.unit_code, event.raised_on) == (kind, "BTNMT", TODAY)
    assert event.decider_code == "VPC-BTNMT"
    after = spec(draft).given(REGISTERED, *before, event)
    state, unchanged = after.state, spec(draft).given(REGISTERED, *before).state
    assert isinstance(state, Draft)
    assert replace(state, requests=()) == unchanged, "nothing changes until it is decided"
    after.when(command).nothing()


@pytest.mark.parametrize(("kind", "before", "command"), LOWERS)
def test_by_who_supervises_the_same_holds_at_once(
    kind: RequestKind, before: tuple[DraftEvent, ...], command: Any
) -> None:
    events = spec(draft).given(REGISTERED, *before).when(replace(command, by=SUPERVISION)).yields()
    assert events
    assert not any(isinstance(event, DraftRequestRaised) for event in events), kind


HOLDS = [
    pytest.param((), own(drafts.Retitle, title="Khác"), id="title"),
    pytest.param((), assess(in_scope=YES), id="scope to yes"),
    pytest.param((), assess(affects_rights=YES), id="a criterion yes"),
    pytest.param((EXPLICIT,), assess(in_scope=YES, state_secret=YES), id="an explicit yes over a secret"),
    pytest.param((), assess(state_secret=NO), id="no state secret"),
    pytest.param(
        (PROVINCIAL,), assess(requires_proposal=NO), id="the proposal says nothing where it is not asked"
    ),
    pytest.param((DraftScopeAssessed(in_scope=NO),), assess(), id="from no to unknown"),
    pytest.param((DraftScopeAssessed(contested=NO),), assess(contested=NO, wide_impact=NO), id="no stays no"),
    pytest.param(
        (EXPLICIT,), assess(in_scope=YES, contested=NO), id="an explicit yes stands over a criterion"
    ),
    pytest.param((), own(drafts.AddPolicy, policy_no=1, title="Giá đất"), id="policy added"),
    pytest.param((POLICY,), own(drafts.AmendPolicy, policy_no=1, title="Bảng giá đất"), id="policy retitled"),
    pytest.param((), enter(Stage.DRAFT_CONSULTATION, "2024-05-06"), id="opened"),
    pytest.param((CONSULTED,), enter(Stage.APPRAISAL, "2024-05-31"), id="the next stage, after the due day"),
    pytest.param((FRESH,), enter(Stage.APPRAISAL, "2024-05-31"), id="the next stage, in grace"),
    pytest.param((CONSULTED,), enter(Stage.ADOPTED, "2024-05-31"), id="adopted"),
    pytest.param((CONSULTED,), enter(Stage.DRAFT_CONSULTATION, "2024-05-02"), id="it began earlier"),
    pytest.param(
        (CONSULTED,),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-02"),
        id="corrected to an earlier day",
    ),
    pytest.param(
        (CONSULTED, DraftSuspended(on=date(2024, 5, 20))),
        own(drafts.Resume, on=date(2024, 5, 27)),
        id="resumed",
    ),
    pytest.param((), own(drafts.Amend, final_number="31/2024/QH15", reason="đã ban hành"), id="final number"),
    pytest.param((), own(drafts.Amend, outcome="promulgated", reason="đã ban hành"), id="outcome"),
    pytest.param(
        (CONSULTED,),
        own(drafts.Amend, instrument=Instrument.RESOLUTION, reason="nhầm"),
        id="a form that asks as much",
    ),
    pytest.param(
        (CONSULTED,),
        own(drafts.DecideProcedure, procedure=Procedure.SIMPLIFIED, document="CV 1"),
        id="a procedure with fewer days of grace",
    ),
    pytest.param(
        (DraftScopeAssessed(in_scope=NO), CONSULTED),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-27"),
        id="out of scope nothing is owed",
    ),
    pytest.param(
        (DraftCommunicationExempted(document="CV 12"), CONSULTED),
        correct(CONSULTED, Stage.DRAFT_CONSULTATION, "2024-05-27"),
        id="exempted as a whole nothing is owed",
    ),
]


@pytest.mark.parametrize(("before", "command"), HOLDS)
def test_what_lowers_nothing_holds_at_once(before: tuple[DraftEvent, ...], command: Any) -> None:
    events = spec(draft).given(REGISTERED, *before).when(command).yields()
    assert events
    assert not any(isinstance(event, DraftRequestRaised) for event in events)


def test_the_list_has_a_row_for_every_event_of_a_draft() -> None:
    assert set(lowering.LOWERING) == set(get_args(DraftEvent))
    assert {kind for kind, _ in lowering.LOWERING.values()} - {None} == set(RequestKind)


MILD = {
    "rows": [
        {
            "regime": "law_2025",
            "instruments": ["circular"],
            "procedure": "ordinary",
            "valid_from": "2025-04-01",
            "valid_to": None,
            "grace_working_days": 9,
            "legal_basis": "Luật 64/2025/QH15",
            "source": "",
            "certainty": "unverified",
        }
    ]
}


@pytest.mark.parametrize("entries", [(), (CONSULTED,)], ids=["without stages", "in consultation"])
@pytest.mark.parametrize(
    "change",
    [{"instrument": Instrument.CIRCULAR, "regime": Regime.LAW_2025}],
    ids=["another form and law"],
)
def test_an_amendment_that_asks_less_is_a_request(
    entries: tuple[DraftEvent, ...], change: dict[str, Any]
) -> None:
    mild = rulebook_with([RuleFile("mild.json", json.dumps(MILD))])
    command = asked(drafts.Amend, by=OWN, oversight=Oversight(rulebook=mild), reason="nhầm", **change)
    (event,) = spec(draft).given(REGISTERED, *entries).when(command).yields()
    assert isinstance(event, DraftRequestRaised)
    assert event.kind is RequestKind.AMENDMENT


def test_without_the_rules_another_form_is_taken_for_milder() -> None:
    command = asked(drafts.Amend, by=OWN, instrument=Instrument.CIRCULAR, reason="nhầm")
    (event,) = spec(draft).given(REGISTERED, CONSULTED).when(command).yields()
    assert isinstance(event, DraftRequestRaised)


@pytest.mark.parametrize(
    "answers",
    [
        {"contested": NO, "affects_rights": YES},
        {"in_scope": NO},
        {
            "in_scope": NO,
            "requires_proposal": YES,
            "affects_rights": YES,
            "contested": YES,
            "wide_impact": YES,
        },
    ],
    ids=["a criterion no", "explicit no", "explicit no against the criteria"],
)
def test_registered_with_a_no_the_draft_exists_and_the_no_is_asked_for(answers: dict[str, Answer]) -> None:
    scope = DraftScopeAssessed(**answers)
    command = registering(REGISTERED, scope, by=OWN)
    registered, assessed, request = spec(draft).when(command).yields()
    assert registered == REGISTERED
    assert isinstance(assessed, DraftScopeAssessed)
    assert Answer.NO not in assessed.model_dump().values()
    kept = {name for name, answer in answers.items() if answer is not NO}
    assert assessed == DraftScopeAssessed(**{name: answers[name] for name in kept})
    assert isinstance(request, DraftRequestRaised)
    assert request.kind is RequestKind.SCOPE
    spec(draft).given(registered, assessed, request).when(command).nothing()


def test_registered_as_a_state_secret_the_draft_exists_and_the_secret_is_asked_for() -> None:
    command = registering(REGISTERED, DraftScopeAssessed(affects_rights=YES, state_secret=YES), by=OWN)
    registered, assessed, request = spec(draft).when(command).yields()
    assert assessed == DraftScopeAssessed(affects_rights=YES)
    assert isinstance(request, DraftRequestRaised)
    assert request.kind is RequestKind.SCOPE
    spec(draft).given(registered, assessed, request).when(command).nothing()


def test_registered_without_a_proposal_where_the_law_has_none_nothing_is_asked_for() -> None:
    provincial = REGISTERED.model_copy(
        update={"instrument": Instrument.PROVINCIAL_RESOLUTION, "regime": Regime.LAW_2025}
    )
    command = registering(provincial, OTHER_THREE, by=OWN, oversight=Oversight(rulebook=RULES))
    spec(draft).when(command).then(provincial, OTHER_THREE)


def test_merged_and_registered_facts_are_of_their_own_kind() -> None:
    assert lowering.LOWERING[DraftMerged][0] is RequestKind.MERGER
    assert lowering.LOWERING[DraftRegistered][0] is None
