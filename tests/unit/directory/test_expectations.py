"""A stage to come is expected again when the entry that fulfilled it is taken back, or corrected into another stage."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.metrics.domain import record as metrics
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, expectations_of
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.registry import (
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftStageExpected,
)
from shared.contracts.vocabulary import Stage
from tests.unit.registry.test_draft import REGISTERED

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="operator/test", correlation_id="test")
STAGES = (Stage.APPRAISAL, Stage.ADOPTED)
DAY = date(2026, 3, 2)
EXPECTED = DraftStageExpected(stage=Stage.ADOPTED, expected_on=date(2026, 12, 1), session="Kỳ họp thứ 30")
MOVED = EXPECTED.model_copy(update={"expected_on": date(2027, 7, 1)})
DROPPED = DraftStageExpected(stage=Stage.ADOPTED, expected_on=None)
ADOPTED = DraftStageEntered(stage=Stage.ADOPTED, entered_on=DAY)
AGAIN = DraftStageEntered(stage=Stage.ADOPTED, entered_on=date(2026, 3, 9))


def recorded(*events: Any) -> list[Recorded]:
    """Give the events of a draft, the n-th with the id n (its registration: 0)."""
    ref = AggregateRef("draft", REGISTERED.draft_id)
    return [
        Recorded(
            event_id=UUID(int=number),
            ref=ref,
            position=number + 1,
            aggregate_version=number + 1,
            metadata=META,
            data=event,
            type=event.type_name(),
        )
        for number, event in enumerate((REGISTERED, *events))
    ]


def cancelled(number: int, of: DraftStageEntered) -> DraftStageCancelled:
    return DraftStageCancelled(
        entry_id=UUID(int=number), stage=of.stage, entered_on=of.entered_on, reason="Ghi nhầm"
    )


def corrected(number: int, of: DraftStageEntered, to: DraftStageEntered) -> DraftStageCorrected:
    return DraftStageCorrected(
        entry_id=UUID(int=number),
        stage=to.stage,
        entered_on=to.entered_on,
        was_stage=of.stage,
        was_entered_on=of.entered_on,
    )


def expected(*events: Any) -> tuple[list[date | None], dict[int, date | None]]:
    """Give the days that are expected, and by the number of the entry those that came; all services agree on them."""
    log = recorded(*events)
    state = draft.fold((REGISTERED, *events))
    assert isinstance(state, Draft)
    kept = None
    for event in log:
        kept = metrics.evolve(kept, event)
    assert kept is not None
    days = [each.expected_on for each in state.expected]
    assert [each.expected_on for each in kept.expected] == days
    came = {number.int: each.expected_on for number, each in expectations_of(log).items()}
    assert {each.ended_by.int: each.expected_on for each in kept.fulfilled if each.ended_by} == came
    assert sorted(str(each.expected_on) for each in state.came) == sorted(map(str, came.values()))
    return days, came


def test_what_a_cancelled_entry_fulfilled_is_expected_again() -> None:
    day = EXPECTED.expected_on
    assert expected(EXPECTED, ADOPTED) == ([], {2: day})
    assert expected(EXPECTED, ADOPTED, cancelled(2, ADOPTED)) == ([day], {})
    assert expected(EXPECTED, ADOPTED, cancelled(2, ADOPTED), AGAIN) == ([], {4: day})


def test_what_was_expected_since_holds() -> None:
    assert expected(EXPECTED, ADOPTED, MOVED, cancelled(2, ADOPTED)) == ([MOVED.expected_on], {})
    assert expected(EXPECTED, ADOPTED, MOVED, DROPPED, cancelled(2, ADOPTED)) == ([], {})
    assert expected(EXPECTED, ADOPTED, MOVED, AGAIN, cancelled(2, ADOPTED)) == ([], {4: MOVED.expected_on})


def test_a_later_entry_into_the_stage_fulfils_it_instead() -> None:
    day = EXPECTED.expected_on
    assert expected(EXPECTED, ADOPTED, AGAIN, cancelled(2, ADOPTED)) == ([], {3: day})
    assert expected(EXPECTED, ADOPTED, AGAIN, cancelled(3, AGAIN)) == ([], {2: day})
    assert expected(ADOPTED, EXPECTED, AGAIN, cancelled(3, AGAIN)) == ([day], {}), "it came before"


def test_an_entry_that_is_corrected() -> None:
    day, appraised = EXPECTED.expected_on, AGAIN.model_copy(update={"stage": Stage.APPRAISAL})
    other = corrected(2, ADOPTED, appraised)
    assert expected(EXPECTED, ADOPTED, corrected(2, ADOPTED, AGAIN)) == ([], {2: day}), "on another day"
    assert expected(EXPECTED, ADOPTED, other) == ([day], {}), "it was another stage"
    assert expected(EXPECTED, appraised, corrected(2, appraised, ADOPTED)) == ([], {2: day})
    moved = (EXPECTED, ADOPTED, corrected(2, ADOPTED, AGAIN), cancelled(2, AGAIN))
    assert expected(*moved) == ([day], {}), "it is cancelled by what it says now"


steps = st.lists(
    st.tuples(st.sampled_from(["expect", "drop", "enter", "move", "correct", "cancel"]), st.integers(0, 9)),
    max_size=14,
)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_all_services_expect_the_same(drawn: list[tuple[str, int]]) -> None:
    """Random histories, against a naive reading where no entry changed its stage."""
    events: list[Any] = []
    entries: dict[int, DraftStageEntered] = {}
    plain = True
    for number, (kind, draw) in enumerate(drawn, start=1):
        stage, entry = STAGES[draw % 2], list(entries)[draw % len(entries)] if entries else None
        made = DraftStageEntered(stage=stage, entered_on=date(2026, 1 + number % 12, 2 + number))
        match kind:
            case "expect":
                events.append(DraftStageExpected(stage=stage, expected_on=date(2030, 1, number)))
            case "drop":
                events.append(DraftStageExpected(stage=stage, expected_on=None))
            case "move" | "correct" if entry is not None:
                was = entries[entry]
                entries[entry] = made if kind == "correct" else made.model_copy(update={"stage": was.stage})
                plain = plain and entries[entry].stage is was.stage
                events.append(corrected(entry, was, entries[entry]))
            case "cancel" if entry is not None:
                events.append(cancelled(entry, entries.pop(entry)))
            case _:
                entries[number] = made
                events.append(made)
    days, came = expected(*events)
    if plain:
        naive = _naive(events, entries)
        assert sorted(map(str, days)) == sorted(map(str, naive[0]))
        assert came.items() <= naive[1].items()


def _naive(events: list[Any], standing: dict[int, Any]) -> tuple[list[date | None], dict[int, date | None]]:
    """Read the log as if the entries that were cancelled had never been recorded."""
    waiting: dict[Stage, date | None] = {}
    came: dict[int, date | None] = {}
    for number, event in enumerate(events, start=1):
        if isinstance(event, DraftStageExpected):
            waiting.pop(event.stage, None)
            waiting |= {event.stage: event.expected_on} if event.expected_on else {}
        elif number in standing and event.stage in waiting:
            came[number] = waiting.pop(event.stage)
    return list(waiting.values()), came
