"""What a mailbox asks for: read from the log, changed there, confirmed by mail."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.notifier.application.pipeline import Pipeline
from services.notifier.application.ports import Ledger, RequestLimits
from services.notifier.domain.recipients.preference import SETTINGS, Command, Preference, preference
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import About, unit_id
from shared.contracts.registry import UnitRegistered
from shared.eventstore.handle import EventStore, handle
from shared.kernel.runtime import Clock, NewId


@dataclass(frozen=True, slots=True)
class Preferences:
    store: EventStore
    new_id: NewId

    async def of(self, recipient_id: UUID) -> Preference:
        return (await self.store.load(_ref(recipient_id))).state(preference)

    async def change(self, command: Command, metadata: Metadata) -> Preference:
        """Change what is wanted and return what holds; a repeated command is recorded once."""
        ref = _ref(command.recipient_id)
        stamped = replace(metadata, about=await self._about(command.unit_code))
        await handle(self.store, preference, ref, command, stamped, new_id=self.new_id)
        return await self.of(command.recipient_id)

    async def _about(self, unit_code: str) -> About:
        """Say which unit the mailbox is of, and whether that is a real one."""
        history = await self.store.load(AggregateRef("unit", unit_id(unit_code)))
        datasets = (fact.dataset for fact in history.facts if isinstance(fact, UnitRegistered))
        return About(unit_code=unit_code, dataset=next(datasets, None))


@dataclass(frozen=True, slots=True)
class SettingsMails:
    """A new link to its page goes to the mailbox itself and nowhere else; the ledger's key allows one a day."""

    pipeline: Pipeline
    ledger: Ledger
    limits: RequestLimits
    now: Clock

    async def send(self, recipient_id: UUID, client: str, correlation_id: str) -> None:
        """Queue the mail, if the mailbox still stands on its unit's list; raises `TooManyAttempts`."""
        now = self.now()
        await self.limits.count(recipient_id, client, now)
        written = await self.pipeline.requested(SETTINGS, recipient_id, now)
        if written is not None:
            await self.ledger.enqueue([(written.notice, written.outgoing)], correlation_id, now)


def _ref(recipient_id: UUID) -> AggregateRef:
    return AggregateRef("recipient", recipient_id)
