"""What can be done to units and drafts: load, decide, append."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.registry.domain import draft as drafts
from services.registry.domain import unit as units
from services.registry.domain.postings import PostingEvent
from services.registry.domain.reading import facts_of
from services.registry.domain.refusals import DraftNotFound, NotYourDraft, UnitNotFound, UnknownUnit
from shared.clock import Clock, NewId, day_in_vietnam
from shared.contracts.ids import draft_id, unit_id
from shared.contracts.registry import UnitRegistered
from shared.envelope import AggregateRef, Metadata
from shared.eventstore.handle import Handled, handle
from shared.eventstore.port import EventStore, History, Version
from shared.rules.facts import StageEntry
from shared.rules.postings import PostingClock
from shared.rules.remarks import Remark, clocks_of, remarks
from shared.rules.rulebook import Rulebook
from shared.rules.sequence import all_in_order


@dataclass(frozen=True, slots=True)
class Commands:
    store: EventStore
    new_id: NewId
    rulebook: Rulebook
    now: Clock

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def register_unit(self, unit: UnitRegistered, metadata: Metadata) -> Handled:
        return await self.on_unit(unit.unit_code, units.Register(unit), metadata)

    async def on_unit(
        self, unit_code: str, command: units.Command, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        return await handle(
            self.store,
            units.unit,
            unit_ref(unit_code),
            command,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
        )

    async def register_draft(
        self, command: drafts.Register, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        await self.require_unit(command.draft.lead_unit_code)
        return await self.on_draft(command.draft.draft_code, command, metadata, if_match)

    async def transfer(
        self, draft_code: str, command: drafts.Transfer, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        await self.require_unit(command.transfer.to_unit_code)
        return await self.on_draft(draft_code, command, metadata, if_match)

    async def on_draft(
        self, draft_code: str, command: drafts.Command, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        return await handle(
            self.store,
            drafts.draft,
            draft_ref(draft_code),
            command,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
        )

    async def unit(self, unit_code: str) -> tuple[units.Unit, Version]:
        """Read a unit from the log, as new as it can be."""
        history = await self.store.load(unit_ref(unit_code))
        state = history.state(units.unit)
        if isinstance(state, units.Absent):
            raise UnknownUnit(unit_code)
        return state, history.version

    async def require_unit(self, unit_code: str) -> None:
        """Refuse what names a unit that nobody registered."""
        history = await self.store.load(unit_ref(unit_code))
        if not history.events:
            raise UnitNotFound(unit_code)

    async def require_lead(self, draft_code: str, unit_code: str | None) -> None:
        """Refuse a unit's official who acts on another unit's draft."""
        found = await self.draft(draft_code)
        if found.lead_unit_code != unit_code:
            raise NotYourDraft(draft_code, found.lead_unit_code)

    async def draft(self, draft_code: str) -> drafts.Draft:
        return (await self.draft_with_history(draft_code))[0]

    async def remarks_on(self, draft_code: str, handled: Handled, today: date) -> list[Remark]:
        """Tell the remarks about what was just recorded."""
        if not handled.events:
            return []
        found, history = await self.draft_with_history(draft_code)
        about = {event.event_id for event in handled.events}
        about |= {event.data.posting_id for event in handled.events if isinstance(event.data, PostingEvent)}
        return [one for one in self.remarks(found, history, today) if one.about in about]

    def clocks(self, draft: drafts.Draft, history: History, today: date) -> tuple[PostingClock, ...]:
        return clocks_of(facts_of(draft, history.events), self.rulebook, today)

    def remarks(self, draft: drafts.Draft, history: History, today: date) -> tuple[Remark, ...]:
        return remarks(facts_of(draft, history.events), self.rulebook, today)

    def entries(self, draft: drafts.Draft, history: History) -> list[StageEntry]:
        """Give all entries into stages in the order of the rules."""
        return all_in_order(facts_of(draft, history.events), self.rulebook)

    async def draft_with_history(self, draft_code: str) -> tuple[drafts.Draft, History]:
        """Read a draft from the log, as new as it can be."""
        history = await self.store.load(draft_ref(draft_code))
        state = history.state(drafts.draft)
        if isinstance(state, drafts.Absent):
            raise DraftNotFound
        return state, history


@lru_cache(maxsize=4096)
def draft_ref(draft_code: str) -> AggregateRef:
    return AggregateRef("draft", draft_id(draft_code))


@lru_cache(maxsize=4096)
def unit_ref(unit_code: str) -> AggregateRef:
    return AggregateRef("unit", unit_id(unit_code))
