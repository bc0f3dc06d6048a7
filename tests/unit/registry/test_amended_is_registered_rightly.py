"""Property: a draft that is registered wrongly and amended is the draft that was registered rightly at once."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain import record
from services.metrics.domain.record import DraftRecord
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, facts_of
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import Event
from shared.contracts.registry import DraftPolicyAdded, DraftRegistered, DraftStageEntered
from shared.contracts.vocabulary import Clearable, Handling, Instrument, Regime, Stage
from shared.directory.folds import AMENDABLE_OF_DRAFT
from tests.support.rules.asked import asked
from tests.support.rules.naive import naive_amended
from tests.unit.registry.test_draft import REGISTERED

META = Metadata(time=datetime(2024, 6, 1, tzinfo=UTC), actor="unit/1", correlation_id="c")
BETWEEN = (
    DraftPolicyAdded(policy_no=1, title="Giá đất"),
    DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=date(2024, 1, 8)),
    DraftStageEntered(stage=Stage.APPRAISAL, entered_on=date(2024, 2, 8)),
)

texts = st.sampled_from(["31/2024/QH15", "Công báo"])
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "handling": st.sampled_from(Handling),
    "amends": st.just(("45/2013/QH13",)),
    "replaces": st.just(("45/2013/QH13", "32/2018/QH14")),
}
registrations = st.fixed_dictionaries(
    {
        "instrument": st.sampled_from(Instrument),
        "regime": st.sampled_from(Regime),
        "final_number": st.none() | texts,
        "outcome": st.none() | texts,
        "source": st.none() | texts,
        **{name: st.none() | values for name, values in OTHERS.items()},
    }
).map(lambda changes: REGISTERED.model_copy(update=changes))


@st.composite
def amendments(draw: st.DrawFn) -> drafts.Amend:
    cleared = tuple(draw(st.sets(st.sampled_from(Clearable))))
    changes = {name: draw(st.none() | OTHERS.get(name, texts)) for name in Clearable if name not in cleared}
    law = {
        "instrument": draw(st.none() | st.sampled_from(Instrument)),
        "regime": draw(st.none() | st.sampled_from(Regime)),
    }
    return asked(
        drafts.Amend,
        cleared=cleared,
        reason="nhầm",
        **law,
        **{str(name): value for name, value in changes.items()},
    )


def history(*events: Event) -> list[Recorded]:
    ref = AggregateRef("draft", REGISTERED.draft_id)
    return [
        Recorded(number, ref, number, UUID(int=number), event, META, event.type_name())
        for number, event in enumerate(events, start=1)
    ]


def carried_out(registered: DraftRegistered, commands: list[drafts.Amend]) -> list[Any]:
    """Give the history of a draft that is amended after its stages."""
    events: list[Any] = [registered, *BETWEEN]
    for command in commands:
        events += draft.decide(draft.fold(events), command)
    return events


def of_metrics(log: list[Recorded]) -> dict[str, Any]:
    """Give what metrics holds of the draft, but for the position of the newest event."""
    match: DraftRecord | None = None
    for event in log:
        match = record.evolve(match, event)
    assert match is not None
    return {field.name: getattr(match, field.name) for field in fields(match) if field.name != "source"}


@given(registered=registrations, commands=st.lists(amendments(), max_size=4))
def test_registered_then_amended_is_registered_rightly(
    registered: DraftRegistered, commands: list[drafts.Amend]
) -> None:
    events = carried_out(registered, commands)
    changes = [
        {name: getattr(command, name) for name in (*AMENDABLE_OF_DRAFT, "cleared")} for command in commands
    ]
    right = registered.model_copy(
        update=naive_amended({n: getattr(registered, n) for n in AMENDABLE_OF_DRAFT}, changes)
    )
    amended, rightly = draft.fold(events), draft.fold([right, *BETWEEN])
    assert isinstance(amended, Draft)
    assert isinstance(rightly, Draft)
    assert amended.described == rightly.described
    log = history(*events)
    assert facts_of(amended, log) == facts_of(rightly, history(right, *BETWEEN))
    assert of_metrics(log) == of_metrics(history(right, *BETWEEN))
