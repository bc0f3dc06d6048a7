"""The communication aggregate: recorded once, corrected, retracted; what is refused and why."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.domain.communication import Communication, communication, policies_meant
from services.campaigns.domain.communication_commands import (
    Addition,
    Attach,
    Command,
    Correct,
    Evidence,
    Record,
    RefuseVerification,
    Retract,
    Summarise,
    Verify,
)
from services.campaigns.domain.errors import (
    AlreadyVerified,
    CommunicationDiffers,
    CommunicationIsRetracted,
    CommunicationNotFound,
    EvidenceDiffers,
    EvidenceShowsNothing,
    MoreThanReceived,
    NotYourDraft,
    PolicyNotInDraft,
)
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvidenceAttached,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationVerificationRefused,
    CommunicationVerified,
)
from shared.contracts.event import SUPERVISION, Acting, draft_id
from shared.contracts.vocabulary import Channel, Precision
from shared.rules.sequence import DayInFuture, NotFirstDay
from tests.support.rules.asked import asked, draft_of
from tests.support.rules.spec import spec

TODAY = date(2024, 3, 20)
GIVEN: dict[str, Any] = {"today": TODAY, "draft": draft_of("LUAT-DATDAI")}
HELD: dict[str, Any] = {
    "communication_id": UUID(int=1),
    "draft_id": draft_id("LUAT-DATDAI"),
    "draft_code": "LUAT-DATDAI",
    "held_on": date(2024, 3, 5),
    "channel": Channel.CONFERENCE,
    "title": "Hội thảo",
}
RECORDED = CommunicationRecorded(**HELD)
RETRACTED = CommunicationRetracted(
    communication_id=UUID(int=1),
    draft_id=draft_id("LUAT-DATDAI"),
    draft_code="LUAT-DATDAI",
    reason="ghi nhầm",
)


def record(draft_policies: frozenset[int] = frozenset({1, 2}), **changes: Any) -> Record:
    activity = CommunicationRecorded(**(HELD | changes))
    return asked(Record, activity, today=TODAY, draft=draft_of("LUAT-DATDAI", draft_policies))


def correction(**changes: Any) -> CommunicationCorrected:
    return CommunicationCorrected(**(HELD | changes))


def correct(**changes: Any) -> Correct:
    return asked(Correct, correction(**changes), **GIVEN)


def retract(reason: str | None = None) -> Retract:
    return asked(Retract, reason=reason, **GIVEN)


def test_a_communication_is_recorded() -> None:
    spec(communication).when(record()).then(RECORDED)


def test_a_repeated_record_changes_nothing() -> None:
    spec(communication).given(RECORDED).when(record()).nothing()


@pytest.mark.parametrize("changes", [{"place": "Huế"}, {"policies": (1,)}, {"notes": {"a": "b"}}])
def test_different_data_under_the_same_id_is_refused(changes: dict[str, Any]) -> None:
    spec(communication).given(RECORDED).when(record(**changes)).refused(CommunicationDiffers)


def test_an_import_twice_changes_nothing_whatever_came_between() -> None:
    between = spec(communication).given(RECORDED, correction(place="Huế"))
    between.when(record()).nothing()
    between.when(record(place="Huế")).nothing()  # as it stands now: what an export says
    between.given(RETRACTED).when(record()).nothing()
    of_policy = CommunicationRecorded(**HELD, policies=(2,))
    later = record(policies=(2,), draft_policies=frozenset({1}))  # policy 2 was removed from the draft
    spec(communication).given(of_policy).when(later).nothing()


def test_a_retracted_communication_with_other_data_is_refused() -> None:
    spec(communication).given(RECORDED, RETRACTED).when(record(place="Huế")).refused(CommunicationDiffers)


@pytest.mark.parametrize(
    ("held_on", "precision"),
    [
        (date(2024, 3, 20), Precision.DAY),
        (date(2024, 3, 1), Precision.MONTH),
        (date(2024, 1, 1), Precision.YEAR),
    ],
)
def test_until_today_it_may_have_been_held(held_on: date, precision: Precision) -> None:
    assert spec(communication).when(record(held_on=held_on, precision=precision)).yields()


@pytest.mark.parametrize(
    ("held_on", "precision"),
    [
        (date(2024, 3, 21), Precision.DAY),
        (date(2024, 4, 1), Precision.MONTH),
        (date(2025, 1, 1), Precision.YEAR),
    ],
)
def test_a_day_to_come_is_refused(held_on: date, precision: Precision) -> None:
    spec(communication).when(record(held_on=held_on, precision=precision)).refused(DayInFuture)
    changed = correct(held_on=held_on, precision=precision)
    spec(communication).given(RECORDED).when(changed).refused(DayInFuture)


@pytest.mark.parametrize(
    ("held_on", "precision"),
    [
        (date(2024, 3, 2), Precision.MONTH),
        (date(2024, 3, 1), Precision.YEAR),
        (date(2024, 1, 2), Precision.YEAR),
    ],
)
def test_a_month_or_year_is_its_first_day(held_on: date, precision: Precision) -> None:
    refusal = spec(communication).when(record(held_on=held_on, precision=precision)).refused(NotFirstDay)
    assert f"{held_on:%d/%m/%Y}" in refusal.message.vi


def test_a_policy_that_the_draft_lacks_is_refused_with_those_that_exist() -> None:
    refusal = spec(communication).when(record(policies=(1, 3, 9))).refused(PolicyNotInDraft)
    assert refusal.facts == {"policies": [3, 9], "known_policies": [1, 2]}
    assert "số 3, 9; các chính sách hiện có: 1, 2" in refusal.message.vi


def test_a_draft_without_policies_takes_no_number() -> None:
    decision = record(policies=(1,), draft_policies=frozenset[int]())
    refusal = spec(communication).when(decision).refused(PolicyNotInDraft, known_policies=[])
    assert "chưa có" in refusal.message.vi


@pytest.mark.parametrize(
    ("numbers", "meant"), [([], ()), ([0], ()), ([2, 0], ()), ([2, 1, 2], (1, 2)), ([-1], (-1,))]
)
def test_zero_or_nothing_means_the_whole_draft(numbers: list[int], meant: tuple[int, ...]) -> None:
    assert policies_meant(numbers) == meant


def test_a_correction_replaces_what_was_recorded() -> None:
    changed = correction(place="Huế", reason="thiếu địa điểm")
    after = (
        spec(communication).given(RECORDED).when(correct(place="Huế", reason="thiếu địa điểm")).then(changed)
    )
    assert isinstance(after.state, Communication)
    assert (after.state.activity, after.state.recorded) == (changed, RECORDED)


def test_a_correction_without_changes_records_nothing() -> None:
    spec(communication).given(RECORDED).when(correct(reason="xem lại")).nothing()
    twice = spec(communication).given(RECORDED, correction(place="Huế", reason="a"))
    twice.when(correct(place="Huế", reason="b")).nothing()


def test_a_correction_names_policies_of_the_draft() -> None:
    spec(communication).given(RECORDED).when(correct(policies=(3,))).refused(PolicyNotInDraft)


def test_a_retracted_communication_is_not_corrected() -> None:
    spec(communication).given(RECORDED, RETRACTED).when(correct(place="Huế")).refused(
        CommunicationIsRetracted
    )


def test_it_is_retracted_once() -> None:
    retracted = spec(communication).given(RECORDED).when(retract("ghi nhầm")).then(RETRACTED)
    retracted.when(retract("lần nữa")).nothing()


@pytest.mark.parametrize("command", [retract(), correct()])
def test_what_was_never_recorded_is_not_found(command: Retract | Correct) -> None:
    spec(communication).when(command).refused(CommunicationNotFound)


OF: dict[str, Any] = {key: HELD[key] for key in ("communication_id", "draft_id", "draft_code")}
VERIFIED = CommunicationVerified(**OF, verified_on=date(2024, 3, 10), by_unit_code="STP")
SHOWN = CommunicationEvidenceAttached(**OF, evidence_id=UUID(int=5), url="https://example.vn/1")
ANSWERED = CommunicationFeedbackSummarised(**OF, received=5, accepted=3, explained=2)


def verify(**changes: Any) -> Verify:
    return asked(Verify, VERIFIED, **changes, **GIVEN)


def summarise(*, only_first: bool = False, **changes: Any) -> Summarise:
    return asked(Summarise, ANSWERED, only_first=only_first, **changes, **GIVEN)


def attach(**changes: Any) -> Attach:
    return asked(Attach, evidence=asked(Evidence, SHOWN.model_copy(update=changes)), **GIVEN)


def test_a_claim_is_verified_once_and_a_correction_makes_it_a_claim_again() -> None:
    verified = spec(communication).given(RECORDED).when(verify()).then(VERIFIED)
    verified.when(verify(verified_on=date(2024, 3, 12))).nothing()
    corrected = verified.given(correction(place="Huế"))
    assert isinstance(corrected.state, Communication)
    assert corrected.state.verified is None
    corrected.when(verify(verified_on=date(2024, 3, 12))).then(
        VERIFIED.model_copy(update={"verified_on": date(2024, 3, 12)})
    )


def test_a_repeated_file_verifies_only_unchanged_communications() -> None:
    again = verify(as_recorded=RECORDED)
    spec(communication).given(RECORDED).when(again).then(VERIFIED)
    spec(communication).given(RECORDED, VERIFIED, correction(place="Huế")).when(again).nothing()
    spec(communication).given(RECORDED, RETRACTED).when(again).nothing()


def test_the_last_summary_holds_but_a_file_leaves_what_is_there() -> None:
    first = spec(communication).given(RECORDED).when(summarise()).then(ANSWERED)
    first.when(summarise()).nothing()
    later = first.when(summarise(received=8)).then(ANSWERED.model_copy(update={"received": 8}))
    later.when(summarise(only_first=True)).nothing()
    spec(communication).given(RECORDED, RETRACTED).when(summarise(only_first=True)).nothing()


@pytest.mark.parametrize("changes", [{"accepted": 6}, {"explained": 6}])
def test_no_more_is_answered_than_came(changes: dict[str, Any]) -> None:
    spec(communication).given(RECORDED).when(summarise(**changes)).refused(MoreThanReceived)


def test_evidence_is_attached_once_and_shows_something() -> None:
    shown = spec(communication).given(RECORDED).when(attach()).then(SHOWN)
    shown.when(attach()).nothing()
    shown.when(attach(reach="khác")).refused(EvidenceDiffers)
    changes: dict[str, Any] = {"evidence_id": UUID(int=6), "url": None, "sha256": "0" * 64}
    more = shown.when(attach(**changes)).then(SHOWN.model_copy(update=changes))
    assert isinstance(more.state, Communication)
    assert len(more.state.evidence) == 2
    shown.when(attach(evidence_id=UUID(int=7), url=None)).refused(EvidenceShowsNothing)


@pytest.mark.parametrize(
    "command",
    [
        verify(verified_on=date(2024, 3, 21)),
        attach(captured_on=date(2024, 3, 21)),
        summarise(explained_on=date(2024, 3, 21)),
    ],
)
def test_a_future_day_is_refused(command: Addition) -> None:
    spec(communication).given(RECORDED).when(command).refused(DayInFuture)


@pytest.mark.parametrize("command", [verify(), attach(), summarise()])
def test_a_retracted_or_unknown_communication_takes_no_more(command: Addition) -> None:
    spec(communication).given(RECORDED, RETRACTED).when(command).refused(CommunicationIsRetracted)
    spec(communication).when(command).refused(CommunicationNotFound)


def test_a_stray_event_is_no_state() -> None:
    assert spec(communication).given(RETRACTED).state == communication.initial


LEADS = ((date(2024, 3, 1), "BTC"), (date(2024, 3, 21), "BXD"))


@pytest.mark.parametrize(
    ("by", "may"),
    [
        (Acting("BTC"), True),
        (Acting("BTP"), False),
        (Acting("BXD"), False),
        (Acting(), False),
        (SUPERVISION, True),
    ],
    ids=["lead of the day", "former lead", "coming lead", "no unit", "supervision"],
)
@pytest.mark.parametrize("existing", [(), (RECORDED,)], ids=["new", "recorded"])
def test_the_lead_on_the_day_of_the_command_may_act(by: Acting, may: bool, existing: tuple[Any, ...]) -> None:
    commands: list[Command] = [correct(place="Huế"), retract(), verify(), attach(), summarise()]
    own_work = by.unit_code is not None and not may  # any unit records that, see test_roles.py
    for command in commands if existing else [] if own_work else [record()]:
        draft = draft_of("LUAT-DATDAI", (1, 2), *LEADS)
        when = spec(communication).given(*existing).when(replace(command, by=by, draft=draft))
        if may:
            assert when.yields()
        else:
            when.refused(NotYourDraft)


def test_a_refused_verification_stands_until_it_is_corrected_or_verified() -> None:
    given = spec(communication).given(RECORDED)
    refusal: Any = {"reason": "Biên bản của hội nghị khác", "by_unit_code": "STP"} | GIVEN
    (refused,) = given.when(asked(RefuseVerification, **refusal)).yields()
    assert isinstance(refused, CommunicationVerificationRefused)
    assert (refused.title, refused.held_on, refused.by_unit_code) == (RECORDED.title, RECORDED.held_on, "STP")
    after = given.given(refused)
    after.when(asked(RefuseVerification, **refusal)).nothing()
    state = after.state
    assert isinstance(state, Communication)
    assert (state.unverified, state.verified) == (refused, None)
    (verified,) = after.when(verify()).yields()
    checked = after.given(verified)
    assert isinstance(checked.state, Communication)
    assert checked.state.unverified is None
    checked.when(asked(RefuseVerification, **refusal)).refused(AlreadyVerified)
    (corrected,) = after.when(asked(Correct, RECORDED, **GIVEN, title="Tọa đàm")).yields()
    again = after.given(corrected).state
    assert isinstance(again, Communication)
    assert again.unverified is None
