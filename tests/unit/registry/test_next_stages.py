"""Which stages a form offers: given entries, by the packaged procedures."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

import pytest

from services.registry.domain.next_stages import next_stages
from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.rules.facts import DraftFacts, StageEntry
from shared.rules.rulebook.rulebook import load_rulebook

ID = UUID(int=1)
TODAY = date(2026, 6, 1)
HALTS = (Stage.SUSPENDED, Stage.WITHDRAWN, Stage.MERGED)


def facts(stages: Sequence[Stage]) -> DraftFacts:
    return DraftFacts(
        draft_id=ID,
        instrument=Instrument.COMMUNE_DECISION,
        regime=Regime.LAW_2025_AMENDED,
        procedure=Procedure.ORDINARY,
        lead_unit_code="XA",
        entries=tuple(
            StageEntry(entry_id=uuid5(ID, stage), stage=stage, entered_on=date(2026, 1, number))
            for number, stage in enumerate(stages, 1)
        ),
    )


@pytest.mark.parametrize(
    ("stages", "first", "resumes", "halts"),
    [
        ((), Stage.REGISTERED, None, HALTS),
        ((Stage.REGISTERED, Stage.DRAFTING), Stage.DRAFT_CONSULTATION, None, HALTS),
        ((Stage.DRAFTING, Stage.SUSPENDED), Stage.DRAFT_CONSULTATION, Stage.DRAFTING, HALTS[1:]),
        ((Stage.DRAFTING, Stage.VERIFICATION), Stage.ADOPTED, None, HALTS),  # not of this procedure
    ],
)
def test_what_follows(
    stages: Sequence[Stage], first: Stage, resumes: Stage | None, halts: Sequence[Stage]
) -> None:
    offered = next_stages(facts(stages), load_rulebook(), TODAY)
    assert (offered.following[0], offered.resumes, offered.halts) == (first, resumes, halts)
    assert not offered.is_ended


def test_the_present_stage_is_offered_nowhere() -> None:
    offered = next_stages(facts([Stage.DRAFTING, Stage.APPRAISAL]), load_rulebook(), TODAY)
    assert Stage.APPRAISAL not in (*offered.following, *offered.earlier)
    assert {Stage.DRAFTING, Stage.DRAFT_CONSULTATION} <= {*offered.earlier}


def test_after_an_end_only_what_was_before() -> None:
    offered = next_stages(facts([Stage.DRAFTING, Stage.WITHDRAWN]), load_rulebook(), TODAY)
    assert (offered.is_ended, offered.following, offered.halts) == (True, (), ())
    assert Stage.DRAFT_CONSULTATION in offered.earlier
