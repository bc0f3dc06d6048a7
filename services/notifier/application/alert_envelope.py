"""What the envelope of an alert's events says: whose draft its gap is of, as metrics announced it last."""

from dataclasses import replace
from uuid import UUID

from services.notifier.domain.gaps import alert as alerts
from shared.contracts.about import About
from shared.contracts.envelope import AggregateRef, Metadata
from shared.eventstore.port import EventStore, History


def gap_of(command: alerts.Command) -> UUID | None:
    """Name the gap of a command; a snooze names its alert only."""
    if isinstance(command, alerts.Snooze):
        return None
    return command.gap_id if isinstance(command, alerts.Raise | alerts.Resolve) else command.alert.gap_id


def gap_ref(gap_id: UUID) -> AggregateRef:
    return AggregateRef("compliance", gap_id)


async def stamped(
    store: EventStore, ref: AggregateRef, command: alerts.Command, metadata: Metadata
) -> Metadata:
    """Add what an alert is about; without a gap in the log the envelope stays as it is."""
    gap_id = gap_of(command)
    if gap_id is None:
        state = (await store.load(ref)).state(alerts.alert)
        gap_id = state.alert.gap_id if isinstance(state, alerts.Open) else None
    if gap_id is None:
        return metadata  # it will be refused
    return replace(metadata, about=_about(await store.load(gap_ref(gap_id))))


def _about(gap: History) -> About | None:
    """`unit_code` leads the draft on the day of the newest event of the gap."""
    if not gap.facts:
        return None
    if (about := gap.events[-1].metadata.about) is not None:
        return about
    last = gap.facts[-1]
    return About(draft_code=last.draft_code, unit_code=last.unit_code, dataset=last.dataset)
