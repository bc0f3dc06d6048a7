"""What can be done to alerts: follow a gap's story, record that a digest went out."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.notifier.domain import alert as alerts
from services.notifier.domain.refusals import UnitNotFound
from shared.clock import NewId, day_in_vietnam
from shared.contracts.about import About
from shared.contracts.ids import unit_id
from shared.envelope import AggregateRef, Metadata, Recorded, following
from shared.eventstore.handle import Handled, handle
from shared.eventstore.port import EventStore, History

ACTOR = "service/notifier"


@dataclass(frozen=True, slots=True)
class Commands:
    store: EventStore
    new_id: NewId

    async def follow(self, event: Recorded, now: datetime) -> None:
        """Raise or resolve alerts as the story of the event's gap asks for; twice changes nothing."""
        history = await self.store.load(event.ref)
        metadata = replace(following(event, now, ACTOR), about=_about(history))
        for command in alerts.commands_for(history.facts, day_in_vietnam(event.metadata.time)):
            await self._on_alert(command, metadata)

    async def record_sent(self, command: alerts.RecordSent, metadata: Metadata) -> Handled:
        keyed = replace(metadata, actor=ACTOR, idempotency_key=command.digest_key)
        return await self._on_alert(command, keyed)

    async def note(self, command: alerts.OnMatter, metadata: Metadata) -> Handled:
        """Record what became of a matter beside its life; the alert itself knows what it was told before."""
        return await self._on_alert(command, replace(metadata, actor=ACTOR))

    async def answer(self, command: alerts.RecordAnswer, metadata: Metadata) -> Handled:
        """Record what a unit answered; the key of the metadata is that of the link, which works once."""
        return await self._on_alert(command, metadata)

    async def snooze(
        self, command: alerts.Snooze, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        """Let reminders of one matter rest; refused by the alert where that is not the asker's to say."""
        return await self._on_alert(command, metadata, if_match)

    async def require_unit(self, unit_code: str) -> None:
        """Refuse what names a unit that nobody registered."""
        history = await self.store.load(AggregateRef("unit", unit_id(unit_code)))
        if not history.events:
            raise UnitNotFound(unit_code)

    async def _on_alert(
        self, command: alerts.Command, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        own = alerts.Raise | alerts.Resolve | alerts.Snooze
        matter = command if isinstance(command, own) else command.matter
        ref = AggregateRef("alert", matter.alert_id)
        if metadata.about is None:
            metadata = replace(metadata, about=await self._about(ref, matter))
        return await handle(
            self.store, alerts.alert, ref, command, metadata, if_match=if_match, new_id=self.new_id
        )

    async def _about(
        self, alert: AggregateRef, matter: alerts.Raise | alerts.Resolve | alerts.Snooze
    ) -> About | None:
        """Say what an alert is about: the draft of its gap, as metrics announced it last."""
        if not isinstance(matter, alerts.Snooze):
            return _about(await self.store.load(gap_ref(matter.gap_id)))
        state = (await self.store.load(alert)).state(alerts.alert)
        if not isinstance(state, alerts.Open):
            return None  # it will be refused
        return _about(await self.store.load(gap_ref(state.matter.gap_id)))


def gap_ref(gap_id: UUID) -> AggregateRef:
    return AggregateRef("compliance", gap_id)


def _about(gap: History) -> About | None:
    """Say whose draft a gap is of; `unit_code` leads it on the day of the newest event of the gap."""
    if not gap.facts:
        return None
    if (said := gap.events[-1].metadata.about) is not None:
        return said
    last = gap.facts[-1]
    return About(draft_code=last.draft_code, unit_code=last.unit_code, dataset=last.dataset)
