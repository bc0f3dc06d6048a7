"""What an answer link is about, read from the log itself: the same for whoever serves the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.envelope import AggregateRef
from shared.contracts.event import draft_id, unit_id
from shared.contracts.metrics import ComplianceGapClosed
from shared.contracts.vocabulary import Dataset, Instrument, Stage
from shared.directory import folds
from shared.directory.folds import policies_of
from shared.eventstore.handle import EventStore
from shared.signed_links.links import Link, LinkNotValid


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSummary:
    """One gap as its unit sees it; `policies` are the numbers that are still owed, 0 being the whole draft."""

    gap_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    stage: Stage
    unit_code: str
    unit_name: str
    since: date
    due_on: date
    policies: tuple[int, ...]
    policy_titles: Mapping[int, str]
    dataset: Dataset
    is_open: bool


async def gap_summary_of(store: EventStore, link: Link, today: date) -> GapSummary:
    """Summarise the gap of a link, its unit by the name of today; raises `LinkNotValid` if the log has no such gap."""
    story = (await store.load(AggregateRef("compliance", link.gap_id))).facts
    if not story:
        raise LinkNotValid
    gap = story[-1]
    return GapSummary(
        gap_id=gap.gap_id,
        draft_code=gap.draft_code,
        title=gap.title,
        instrument=gap.instrument,
        stage=gap.stage,
        unit_code=link.unit_code,
        unit_name=await unit_name(store, link.unit_code, today),
        since=gap.since,
        due_on=gap.due_on,
        policies=gap.policies,
        policy_titles=dict(policies_of(await _facts(store, "draft", draft_id(gap.draft_code)))),
        dataset=gap.dataset,
        is_open=not isinstance(gap, ComplianceGapClosed) and gap.unit_code == link.unit_code,
    )


async def _facts(store: EventStore, context: str, id_: UUID) -> Sequence[Any]:
    return (await store.load(AggregateRef(context, id_))).facts


async def unit_name(store: EventStore, code: str, today: date) -> str:
    """Give what a unit is called today, as new as it can be; its code if it is not registered."""
    events = (await store.load(AggregateRef("unit", unit_id(code)))).events
    unit = folds.unit_of(folds.facts_of_unit(events))
    return unit.name_on(today) if unit else code
