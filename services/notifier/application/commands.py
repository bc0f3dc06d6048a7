"""What commands of the notifier ask of the log before they are carried out."""

from dataclasses import dataclass

from services.notifier.domain.errors import UnitNotFound
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import unit_id
from shared.eventstore.handle import EventStore


@dataclass(frozen=True, slots=True)
class Commands:
    store: EventStore

    async def require_unit(self, unit_code: str) -> None:
        """Refuse a unit that is not registered."""
        history = await self.store.load(AggregateRef("unit", unit_id(unit_code)))
        if not history.events:
            raise UnitNotFound(unit_code)
