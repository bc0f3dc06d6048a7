"""The draft aggregate: registration, title, scope, policies, exemptions and transfers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, State, exemption_number
from services.registry.domain.errors import (
    DraftDiffers,
    DraftNotFound,
    ExemptionExists,
    ExemptionNotFound,
    PolicyDiffers,
    PolicyNotFound,
)
from shared.contracts.event import SUPERVISION
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftExemptionCancelled,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftRegistered,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCorrected,
    DraftTransferred,
)
from shared.contracts.vocabulary import Answer, Instrument, Regime, Stage
from shared.rules.sequence import DayInFuture
from tests.support.rules.asked import TODAY, asked, registering
from tests.support.rules.spec import Specification, spec

REGISTERED = DraftRegistered(
    draft_id=UUID(int=1),
    draft_code="LUAT-DATDAI",
    title="Luật Đất đai",
    instrument=Instrument.LAW,
    lead_unit_code="BTNMT",
    regime=Regime.LAW_2015,
)
SCOPE = DraftScopeAssessed(in_scope=Answer.YES)
CRITERIA = drafts.Scope(in_scope=Answer.YES)
POLICY = DraftPolicyAdded(policy_no=1, title="Giá đất", affected_groups=("nông dân",))
AMENDED = DraftPolicyAmended(policy_no=1, title="Bảng giá đất")
REMOVED = DraftPolicyRemoved(policy_no=1)
EXEMPTED = DraftCommunicationExempted(stages=(Stage.APPRAISAL,), document="CV 12")
TRANSFERRED = DraftTransferred(to_unit_code="BTC", on=date(2024, 2, 1))
CORRECTED = DraftStageCorrected(
    entry_id=UUID(int=2),
    was_stage=Stage.DRAFTING,
    was_entered_on=TODAY,
    stage=Stage.DRAFTING,
    entered_on=TODAY,
)

COMMANDS: list[drafts.Command] = [
    asked(drafts.Retitle, title="Khác"),
    asked(drafts.AssessScope, scope=CRITERIA),
    asked(drafts.AddPolicy, POLICY),
    asked(drafts.AmendPolicy, AMENDED),
    asked(drafts.Amend, instrument=Instrument.DECREE, reason="nhầm"),
    asked(drafts.RemovePolicy, policy_no=1),
    asked(drafts.EnterStage, stage=Stage.DRAFTING, entered_on=TODAY),
    asked(drafts.Resume, on=TODAY),
    asked(drafts.CorrectStage, CORRECTED, was=None),
    asked(drafts.EndAsRecorded, end=Stage.WITHDRAWN),
    asked(drafts.Exempt, EXEMPTED),
    asked(drafts.Transfer, TRANSFERRED),
]


def registered() -> Specification[State, drafts.Command, Any]:
    return spec(draft).given(REGISTERED)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_nothing_happens_to_a_draft_that_is_not_there(command: drafts.Command) -> None:
    spec(draft).when(command).refused(DraftNotFound)


def test_a_draft_is_registered_with_its_scope() -> None:
    spec(draft).when(registering(REGISTERED, SCOPE)).then(REGISTERED, SCOPE)
    spec(draft).when(registering(REGISTERED)).then(REGISTERED)


def test_registered_again_it_is_no_news_whatever_happened_since() -> None:
    since = registered().given(SCOPE, DraftRetitled(title="Khác"), TRANSFERRED, POLICY)
    since.when(registering(REGISTERED, SCOPE)).nothing()
    since.when(registering(REGISTERED)).nothing()


@pytest.mark.parametrize("changes", [{"title": "Khác"}, {"regime": Regime.LAW_2025}, {"outcome": "merged"}])
def test_registered_otherwise_it_is_refused(changes: dict[str, Any]) -> None:
    other = registering(REGISTERED.model_copy(update=changes))
    registered().when(other).refused(DraftDiffers)


def test_another_scope_at_registration_is_refused() -> None:
    other = registering(REGISTERED, DraftScopeAssessed(in_scope=Answer.NO))
    registered().given(SCOPE).when(other).refused(DraftDiffers)


def test_a_title_changes_once() -> None:
    retitled = registered().when(asked(drafts.Retitle, title="Khác")).then(DraftRetitled(title="Khác"))
    retitled.when(asked(drafts.Retitle, title="Khác")).nothing()
    registered().when(asked(drafts.Retitle, title=REGISTERED.title)).nothing()


def test_a_scope_is_assessed_once_and_again_on_change() -> None:
    assessed = registered().when(asked(drafts.AssessScope, scope=CRITERIA)).then(SCOPE)
    assessed.when(asked(drafts.AssessScope, scope=CRITERIA)).nothing()
    other = DraftScopeAssessed(contested=Answer.NO)
    assessed.when(asked(drafts.AssessScope, scope=drafts.Scope(contested=Answer.NO))).then(other)


def test_a_policy_is_added_once() -> None:
    added = registered().when(asked(drafts.AddPolicy, POLICY)).then(POLICY)
    added.when(asked(drafts.AddPolicy, POLICY)).nothing()
    other = POLICY.model_copy(update={"title": "Khác"})
    added.when(asked(drafts.AddPolicy, other)).refused(PolicyDiffers)


def test_a_policy_is_amended_once() -> None:
    existing = registered().given(POLICY)
    amended = existing.when(asked(drafts.AmendPolicy, AMENDED)).then(AMENDED)
    amended.when(asked(drafts.AmendPolicy, AMENDED)).nothing()
    same = DraftPolicyAmended(policy_no=1, title="Giá đất", affected_groups=("nông dân",))
    existing.when(asked(drafts.AmendPolicy, same)).nothing()
    registered().when(asked(drafts.AmendPolicy, AMENDED)).refused(PolicyNotFound)


def test_a_policy_is_removed_once_and_its_number_never_used_again() -> None:
    removed = registered().given(POLICY).when(asked(drafts.RemovePolicy, policy_no=1)).then(REMOVED)
    removed.when(asked(drafts.RemovePolicy, policy_no=1)).nothing()
    removed.when(asked(drafts.AddPolicy, POLICY)).refused(PolicyDiffers)
    removed.when(asked(drafts.AmendPolicy, AMENDED)).refused(PolicyNotFound)
    registered().when(asked(drafts.RemovePolicy, policy_no=1)).refused(PolicyNotFound)


def test_the_reason_of_a_removal_is_kept() -> None:
    command = asked(drafts.RemovePolicy, policy_no=1, reason="gộp vào chính sách 2")
    expected = DraftPolicyRemoved(policy_no=1, reason="gộp vào chính sách 2")
    registered().given(POLICY).when(command).then(expected)


def test_an_exemption_is_recorded_once() -> None:
    exempted = registered().when(asked(drafts.Exempt, EXEMPTED)).then(EXEMPTED)
    exempted.when(asked(drafts.Exempt, EXEMPTED)).nothing()
    whole = EXEMPTED.model_copy(update={"stages": ()})
    exempted.when(asked(drafts.Exempt, whole)).then(whole)


def test_an_exemption_that_was_recorded_wrongly_never_held() -> None:
    whole = EXEMPTED.model_copy(update={"stages": ()})
    cancel = drafts.CancelExemption(
        exemption_id=exemption_number(EXEMPTED), reason="Ghi nhầm", by=SUPERVISION, today=TODAY
    )
    cancelled = DraftExemptionCancelled(exemption_id=exemption_number(EXEMPTED), reason="Ghi nhầm")
    before = registered().given(EXEMPTED, whole)
    after = before.when(cancel).then(cancelled)
    assert isinstance(after.state, Draft)
    assert after.state.exemptions == (whole,)
    after.when(cancel).nothing()
    again = after.when(asked(drafts.Exempt, EXEMPTED)).then(EXEMPTED)
    again.when(cancel).then(cancelled)
    registered().when(cancel).refused(ExemptionNotFound)


def correct_exemption(**changes: Any) -> drafts.CorrectExemption:
    right = {
        "exemption_id": exemption_number(EXEMPTED),
        "stages": EXEMPTED.stages,
        "document": "CV 21",
        "reason": "Ghi nhầm số văn bản",
    }
    return asked(drafts.CorrectExemption, **right | changes)


def test_an_exemption_is_corrected_in_one_step() -> None:
    notes = {"nguồn": "tệp"}
    was = EXEMPTED.model_copy(update={"notes": notes})
    right = was.model_copy(update={"document": "CV 21"})
    cancelled = DraftExemptionCancelled(exemption_id=exemption_number(EXEMPTED), reason="Ghi nhầm số văn bản")
    before = registered().given(was)
    after = before.when(correct_exemption()).then(cancelled, right)
    assert isinstance(after.state, Draft)
    assert after.state.exemptions == (right,)
    after.when(correct_exemption()).nothing()
    before.when(correct_exemption(document=EXEMPTED.document)).nothing()
    back = correct_exemption(exemption_id=exemption_number(right), document=EXEMPTED.document)
    cancelled_again = DraftExemptionCancelled(
        exemption_id=exemption_number(right), reason="Ghi nhầm số văn bản"
    )
    put_back = after.when(back).then(cancelled_again, was)
    assert isinstance(put_back.state, Draft)
    assert put_back.state.exemptions == (was,), "what is put back holds again"


def test_a_correction_that_is_refused_cancels_nothing() -> None:
    other = EXEMPTED.model_copy(update={"document": "CV 21"})
    both = registered().given(EXEMPTED, other)
    both.when(correct_exemption()).refused(ExemptionExists)
    both.when(correct_exemption(document="CV 3", decided_on=TODAY + timedelta(1))).refused(DayInFuture)
    registered().given(other).when(correct_exemption()).refused(ExemptionNotFound)


def test_a_transfer_is_recorded_once_and_not_ahead() -> None:
    command = asked(drafts.Transfer, TRANSFERRED)
    registered().when(command).then(TRANSFERRED).when(command).nothing()
    tomorrow = TRANSFERRED.model_copy(update={"on": date(2024, 6, 2)})
    registered().when(asked(drafts.Transfer, tomorrow)).refused(DayInFuture)


def test_the_latest_transfer_by_day_names_the_lead() -> None:
    early = DraftTransferred(to_unit_code="BXD", on=date(2024, 1, 1))
    state = registered().given(TRANSFERRED, early).state
    assert isinstance(state, Draft)
    assert state.lead_unit_code == "BTC"


def test_a_stray_event_is_no_state() -> None:
    assert spec(draft).given(POLICY).state == draft.initial
