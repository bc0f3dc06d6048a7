"""What metrics knows of a draft after each kind of event, and that what an event leaves as it was isn't derived again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.metrics.adapters.projection.records import _Derived
from services.metrics.application.ports import DraftVersion
from services.metrics.application.projections import project_drafts
from services.metrics.domain.record import (
    _COMMUNICATION_FOLDS,
    _FOLDS,
    Asked,
    CommunicationFact,
    DraftRecord,
    draft_of,
    performed,
)
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvent,
    CommunicationFeedbackSummarised,
    CommunicationRoleConfirmed,
    CommunicationVerified,
)
from shared.contracts.envelope import catalog_of
from shared.contracts.event import Event, exemption_id
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftEvent,
    DraftExemptionCancelled,
    DraftMerged,
    DraftOpinionsSummarised,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftStageExpected,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
    UnitDissolved,
)
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Precision,
    Procedure,
    ScopeBasis,
    Stage,
)
from shared.directory import folds
from shared.rules.facts import Exemption, Posting, Scope, StageEntry, Transfer
from shared.rules.rulebook.rulebook import load_rulebook
from tests.unit.metrics.events import (
    DRAFT,
    IN_SCOPE,
    REGISTERED,
    communication,
    corrected_communication,
    fold,
    record_of,
    recorded,
    retracted,
)

DAY = date(2024, 3, 4)
ENTERED = DraftStageEntered(stage=Stage.DRAFTING, entered_on=DAY)


def entry(number: int, stage: Stage, **more: object) -> StageEntry:
    return StageEntry(entry_id=UUID(int=number), stage=stage, **({"entered_on": DAY} | more))  # type: ignore[arg-type]


def test_every_event_about_a_draft_is_folded() -> None:
    """A new kind of event must be thought of here; only the registration begins a record."""
    models = set(catalog_of([DraftEvent, CommunicationEvent]).types.values())
    assert {*_FOLDS, *_COMMUNICATION_FOLDS, *folds.FOLDS} == models - {DraftRegistered}


def test_registered() -> None:
    record = record_of()
    registered = (record.draft_id, record.draft_code, record.title, record.lead_unit_code)
    assert registered == (DRAFT, "LUAT-1", "Luật Đất đai", "BTNMT")
    assert (record.policies, record.entries, record.scope) == ((), (), Scope())


def test_there_is_no_record_before_the_registration() -> None:
    assert fold([ENTERED, communication(5, "2024-03-04")]) is None


ENTRIES: list[tuple[Event, StageEntry]] = [
    (ENTERED, entry(2, Stage.DRAFTING)),
    (DraftSuspended(on=DAY), entry(2, Stage.SUSPENDED)),
    (DraftResumed(stage=Stage.APPRAISAL, on=DAY), entry(2, Stage.APPRAISAL, resumed=True)),
    (DraftWithdrawn(on=DAY), entry(2, Stage.WITHDRAWN)),
    (DraftMerged(on=DAY, into_draft_code="LUAT-2"), entry(2, Stage.MERGED)),
    (
        DraftSuspended(on=date(2024, 3, 1), precision=Precision.MONTH),
        entry(2, Stage.SUSPENDED, entered_on=date(2024, 3, 1), precision=Precision.MONTH),
    ),
]


@pytest.mark.parametrize(("event", "expected"), ENTRIES, ids=lambda case: type(case).__name__)
def test_entries_bear_the_id_of_their_event(event: Event, expected: StageEntry) -> None:
    assert record_of(event).facts.entries == (expected,)


def test_a_correction_keeps_the_id_of_the_entry_and_touches_no_other() -> None:
    change = DraftStageCorrected(
        entry_id=UUID(int=2),
        was_stage=Stage.DRAFTING,
        was_entered_on=DAY,
        stage=Stage.APPRAISAL,
        entered_on=date(2024, 4, 1),
        precision=Precision.MONTH,
    )
    record = record_of(ENTERED, DraftSuspended(on=DAY), change)
    right = entry(2, Stage.APPRAISAL, entered_on=date(2024, 4, 1), precision=Precision.MONTH)
    assert record.entries == (right, entry(3, Stage.SUSPENDED))


def test_a_corrected_resumption_is_still_a_resumption() -> None:
    change = DraftStageCorrected(
        entry_id=UUID(int=2),
        was_stage=Stage.DRAFTING,
        was_entered_on=DAY,
        stage=Stage.DRAFTING,
        entered_on=date(2024, 3, 5),
    )
    (actual,) = record_of(DraftResumed(stage=Stage.DRAFTING, on=DAY), change).entries
    assert actual.resumed
    assert actual.entered_on == date(2024, 3, 5)


def test_the_last_assessment_of_the_scope_holds() -> None:
    first = DraftScopeAssessed(in_scope=Answer.YES, scope_basis=ScopeBasis.NATIONAL_407)
    second = DraftScopeAssessed(requires_proposal=Answer.NO)
    assert record_of(first).scope == Scope(explicit=Answer.YES, basis=ScopeBasis.NATIONAL_407)
    assert record_of(first, second).scope == Scope(requires_proposal=Answer.NO)


def test_policies_are_added_amended_and_removed() -> None:
    two, first = DraftPolicyAdded(policy_no=2, title="Hai"), DraftPolicyAdded(policy_no=1, title="Một")
    amended = DraftPolicyAmended(policy_no=1, title="Một (mới)")
    assert record_of(two, first).policies == ((1, "Một"), (2, "Hai"))
    assert record_of(two, first, amended).policies == ((1, "Một (mới)"), (2, "Hai"))
    removed = record_of(two, first, DraftPolicyRemoved(policy_no=2))
    assert removed.facts.policies == frozenset({1})


def test_retitled() -> None:
    assert record_of(DraftRetitled(title="Luật khác")).title == "Luật khác"


def test_exemptions_and_transfers_are_kept_in_order() -> None:
    whole = DraftCommunicationExempted(document="1/QĐ")
    some = DraftCommunicationExempted(document="2/QĐ", stages=(Stage.DRAFTING,))
    handed = DraftTransferred(to_unit_code="BNNMT", on=DAY)
    record = record_of(whole, some, handed)
    assert record.exemptions == (
        Exemption(document="1/QĐ"),
        Exemption(stages=frozenset({Stage.DRAFTING}), document="2/QĐ"),
    )
    assert record.transfers == (Transfer(on=DAY, unit_code="BNNMT"),)
    assert record.lead_unit_code == "BTNMT", "who led first stays known"


def test_a_cancelled_exemption_never_held() -> None:
    """By the id that the registry gives it, which follows from what it says."""
    whole = DraftCommunicationExempted(document="1/QĐ")
    some = DraftCommunicationExempted(
        document="2/QĐ", stages=(Stage.DRAFTING, Stage.APPRAISAL), decided_on=DAY
    )
    wrong = DraftExemptionCancelled(
        exemption_id=exemption_id(some.stages, some.document, None, DAY), reason="Ghi nhầm"
    )
    assert record_of(whole, some, wrong).exemptions == (Exemption(document="1/QĐ"),)
    assert len(record_of(whole, some, wrong, some).exemptions) == 2


def test_postings_and_the_procedure_follow_their_events() -> None:
    number, end = UUID(int=9), date(2024, 3, 20)
    opened = DraftPostingOpened(posting_id=number, stage=Stage.DRAFT_CONSULTATION, opened_on=DAY)
    extended = DraftPostingExtended(posting_id=number, closes_on=end)
    closed = DraftPostingClosed(posting_id=number, closed_on=end)
    decided = DraftProcedureDecided(procedure=Procedure.SIMPLIFIED, document="45/TTg-PL")
    record = record_of(opened, extended, closed, decided)
    assert record.facts.postings == (
        Posting(
            posting_id=number,
            stage=Stage.DRAFT_CONSULTATION,
            opened_on=DAY,
            extended_to=(end,),
            closed_on=end,
        ),
    )
    assert (record.facts.procedure, record.facts.procedure_document) == (Procedure.SIMPLIFIED, "45/TTg-PL")


def test_late_entries_are_still_marked_as_late() -> None:
    late = DraftStageEntered(stage=Stage.DRAFTING, entered_on=DAY, late=True)
    assert [item.late for item in record_of(ENTERED, late).entries] == [False, True]


def numbers(record: DraftRecord) -> list[tuple[int, str, tuple[int, ...]]]:
    return [(h.communication_id.int, h.held_on.isoformat(), h.policies) for h in record.communications]


def test_communications_are_recorded_corrected_and_retracted() -> None:
    first, second = communication(7, "2024-03-04", policies=(2, 1)), communication(8, "2024-03-05")
    assert numbers(record_of(first, second)) == [(7, "2024-03-04", (1, 2)), (8, "2024-03-05", ())]
    better = corrected_communication(7, "2024-03-06", policies=(1,))
    assert numbers(record_of(first, second, better)) == [(8, "2024-03-05", ()), (7, "2024-03-06", (1,))]
    assert numbers(record_of(first, second, retracted(7))) == [(8, "2024-03-05", ())]


def test_the_newest_event_is_the_source() -> None:
    source = record_of(ENTERED, communication(7, "2024-03-04")).source
    assert (source.position, source.event_id, source.correlation_id) == (3, UUID(int=3), "request-3")
    assert source.recorded_on == date(2024, 3, 5), "the day in Vietnam"


def test_which_draft_an_event_is_about() -> None:
    assert draft_of(recorded(ENTERED, 1)) == DRAFT
    assert draft_of(recorded(communication(7, "2024-03-04"), 1)) == DRAFT
    assert draft_of(recorded(UnitDissolved(unit_code="BTNMT", on=DAY), 1)) is None
    assert REGISTERED.draft_id == DRAFT


FIRST = UUID(int=1)


def test_what_is_kept_of_a_communication_for_figures_and_counts() -> None:
    of: dict[str, Any] = {"communication_id": FIRST, "draft_id": DRAFT, "draft_code": "LUAT-1"}
    support: dict[str, Any] = {
        "role": CommunicationRole.SUPPORT,
        "unit_code": "XA-A",
        "items": 12,
        "activity_code": "PT-01",
    }
    verified = CommunicationVerified(**of, verified_on=date(2024, 3, 9))
    confirmed = CommunicationRoleConfirmed(**of, role=CommunicationRole.COORDINATING)
    summary = CommunicationFeedbackSummarised(**of, received=5, accepted=3)
    later = CommunicationFeedbackSummarised(**of, received=9, explained_on=date(2024, 4, 1))
    events = (communication(1, "2024-03-05", **support), verified, confirmed, summary, later)

    (fact,) = record_of(*events).communications
    assert (fact.role, fact.unit_code, fact.verified, fact.position) == ("coordinating", "XA-A", True, 2)
    assert (fact.items, fact.activity_code) == (12, "PT-01")
    days = [(opinions.explained_on, opinions.received) for opinions in fact.opinions]
    assert days == [(None, 5), (date(2024, 4, 1), 9)]
    (item,) = performed(record_of(*events), load_rulebook())
    assert (item.unit_code, item.role) == ("XA-A", CommunicationRole.COORDINATING)
    assert item.span is not None
    assert item.span.verified

    corrected = CommunicationCorrected(**of, held_on=date(2024, 3, 6), channel=Channel.CONTEST, title="Thi")
    (fact,) = record_of(*events, corrected).communications
    assert (fact.verified, fact.role, fact.unit_code, fact.position) == (False, None, None, 2)
    assert len(fact.opinions) == 2
    (item,) = performed(record_of(*events, corrected), load_rulebook())
    assert (item.unit_code, item.role) == ("BTNMT", CommunicationRole.LEAD)
    assert item.span is not None
    assert not item.span.verified


def test_stages_to_come_and_opinions_of_a_consultation_stand_beside_the_facts() -> None:
    expected = DraftStageExpected(stage=Stage.ADOPTED, expected_on=date(2030, 1, 2), session="Kỳ họp thứ 30")
    opinions = DraftOpinionsSummarised(stage=Stage.DRAFTING, summarised_on=DAY, received=3)
    record = record_of(expected, opinions, replaced := opinions.model_copy(update={"received": 5}))
    assert [(each.stage, each.session) for each in record.expected] == [(Stage.ADOPTED, "Kỳ họp thứ 30")]
    assert [each.received for each in record.opinions] == [replaced.received]
    assert record.facts == record_of().facts
    adopted = DraftStageEntered(stage=Stage.ADOPTED, entered_on=DAY)
    assert record_of(expected, adopted).expected == ()
    assert record_of(expected, expected.model_copy(update={"expected_on": None})).expected == ()


BEGUN = (
    REGISTERED,
    IN_SCOPE,
    DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=DAY),
)


class NoRecords:
    """Stores nothing but the versions that are written; gives some records as stored, without communications."""

    def __init__(self, *stored: DraftRecord) -> None:
        self.versions: list[DraftVersion] = []
        self._stored = {record.draft_id: record for record in stored}

    async def load(self, _drafts: Collection[UUID], _ids: Collection[UUID]) -> dict[UUID, DraftRecord]:
        return self._stored

    async def whole(self, _drafts: Collection[UUID]) -> dict[UUID, tuple[CommunicationFact, ...]]:
        return {}

    async def outdated(self, _version: str, _most: int) -> list[DraftRecord]:
        return []

    async def deciding(
        self, _asked: Iterable[Asked], _apart_from: Collection[UUID] = ()
    ) -> Mapping[UUID, Sequence[CommunicationFact]]:
        return {}

    async def replace(self, versions: Sequence[DraftVersion]) -> None:
        self.versions += versions


async def versions(*events: Event, stored: Sequence[DraftRecord] = ()) -> list[DraftVersion]:
    """Project the events of one draft as one batch."""
    records = NoRecords(*stored)
    await project_drafts(
        records, [recorded(data, at) for at, data in enumerate(events, start=1)], load_rulebook()
    )
    return records.versions


async def test_a_communication_that_decides_nothing_makes_no_rows_of_intervals() -> None:
    made = await versions(*BEGUN, communication(1, "2024-03-05"), communication(2, "2024-03-20"))
    assert [position for position, _ in _Derived.of(made, "").states] == [1, 2, 3, 4]
    assert made[-1].draft.timeline is made[-2].draft.timeline


async def test_of_a_stored_draft_nothing_is_judged_until_an_event_changes_what_follows() -> None:
    """A communication that counts, one before the window, one that is no more the first, and then a stage."""
    stored = (await versions(*BEGUN))[-1].draft.record
    before, first, second = (
        communication(number, day)
        for number, day in ((1, "2023-03-05"), (2, "2024-03-05"), (3, "2024-03-20"))
    )
    made = await versions(before, stored=[stored])
    assert [version.draft.timeline for version in made] == [None]
    derived = _Derived.of(made, "digest")
    assert (list(derived.states), derived.digest) == ([], "digest")
    made = await versions(before, first, second, stored=[stored])
    assert [version.draft.timeline is None for version in made] == [True, False, False]
    assert made[1].draft.timeline is made[2].draft.timeline
    appraisal = DraftStageEntered(stage=Stage.APPRAISAL, entered_on=date(2024, 4, 1))
    assert (await versions(appraisal, stored=[stored]))[-1].draft.timeline is not None


async def test_a_stage_leaves_the_rows_of_those_before_it() -> None:
    entered = DraftStageEntered(stage=Stage.APPRAISAL, entered_on=date(2024, 4, 1))
    later = DraftStageEntered(stage=Stage.ADOPTED, entered_on=date(2024, 5, 1))
    made = await versions(*BEGUN, entered, later)
    before, after = made[-2].draft.stages, made[-1].draft.stages
    assert [old is new for old, new in zip(before, after, strict=False)] == [True, False]
    assert [stage.exited_on for stage in after] == [date(2024, 4, 1), date(2024, 5, 1), None]
