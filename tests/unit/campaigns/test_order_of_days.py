"""Days that contradict each other: what follows from an activity or an entry does not come before it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.domain.communication import communication
from services.campaigns.domain.communication_commands import Summarise, Verify
from services.campaigns.domain.errors import BeforeHeld, DueBeforeBegin, FollowsBefore
from services.campaigns.domain.programme import programme
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.vocabulary import Precision, ProgrammeKind
from tests.support.rules.asked import asked
from tests.support.rules.spec import spec
from tests.unit.campaigns.test_communication import GIVEN, HELD
from tests.unit.campaigns.test_programme import ENTRIES, FOLLOWS, enter, event

HELD_ON = HELD["held_on"]
EARLIER, LATER = date(2024, 3, 4), date(2024, 3, 6)


@pytest.mark.parametrize(("day", "refused"), [(EARLIER, True), (HELD_ON, False), (LATER, False)])
def test_a_verification_or_explanation_does_not_come_before_the_activity(day: date, refused: bool) -> None:
    held = spec(communication).given(CommunicationRecorded(**HELD))
    counts = {"received": 1, "accepted": 1, "explained": 0}
    for command in (
        asked(Verify, verified_on=day, **GIVEN),
        asked(Summarise, explained_on=day, **counts, **GIVEN),
    ):
        if refused:
            held.when(command).refused(BeforeHeld)
        else:
            assert held.when(command).yields()


def test_an_activity_of_a_month_may_be_verified_in_it() -> None:
    of_month = HELD | {"held_on": date(2024, 3, 1), "precision": Precision.MONTH}
    held = spec(communication).given(CommunicationRecorded(**of_month))
    assert held.when(asked(Verify, verified_on=date(2024, 3, 2), **GIVEN)).yields()
    held.when(asked(Verify, verified_on=date(2024, 2, 29), **GIVEN)).refused(BeforeHeld)


OF_REPORTS = {ProgrammeKind.REPORT_SUBMITTED, ProgrammeKind.REPORT_REQUIRED}  # due by their periods
DUE_LATER = [kind for kind in ENTRIES if kind not in OF_REPORTS]


@pytest.mark.parametrize("kind", DUE_LATER)
def test_nothing_is_due_before_it_begins(kind: ProgrammeKind) -> None:
    days: dict[str, Any] = {"happened_on": date(2025, 5, 10)}
    spec(programme).when(enter(kind, 1, **days, due_on=date(2025, 5, 9))).refused(DueBeforeBegin)
    assert spec(programme).when(enter(kind, 1, **days, due_on=date(2025, 5, 10))).yields()


@pytest.mark.parametrize(("kind", "followed"), FOLLOWS.items())
def test_an_answer_is_no_older_than_what_it_answers(kind: ProgrammeKind, followed: ProgrammeKind) -> None:
    begun = spec(programme).given(event(followed, 1, happened_on=date(2025, 5, 10)))
    begun.when(enter(kind, 2, happened_on=date(2025, 5, 9))).refused(FollowsBefore)
    assert begun.when(enter(kind, 2, happened_on=date(2025, 5, 10))).yields()
    assert begun.when(enter(kind, 2, happened_on=date(2025, 5, 1), precision=Precision.MONTH)).yields()
    late = begun.when(enter(kind, 2, happened_on=date(2025, 7, 1), due_on=None)).yields()
    assert getattr(late[0], "of_entry", None) == UUID(int=1)
