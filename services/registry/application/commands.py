"""What the registry does: commands on drafts and units with their findings, and what their events mean for its rows."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from services.registry.application.request_columns import ANSWERED, FORWARDED, SETTLED, columns_of
from services.registry.application.unit_references import reached, related_to
from services.registry.domain import draft_commands as drafts
from services.registry.domain import lowering, requests
from services.registry.domain import unit as units
from services.registry.domain.draft import draft, holds_at_once, practised
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Absent, Draft, State, entry_with_id, facts_of
from services.registry.domain.errors import DraftNotFound, UnitNotFound, UnknownUnit
from services.registry.domain.postings import PostingEvent
from services.registry.domain.references.findings import lead_findings, unit_findings
from services.registry.domain.references.unit_checks import parents_of
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import draft_id, unit_id
from shared.contracts.registry import (
    DraftAmended,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCancelled,
    UnitSucceeded,
)
from shared.contracts.vocabulary import Dataset, RequestDecision, Role
from shared.directory.folds import amended_draft
from shared.eventstore.handle import (
    BulkStore,
    EventStore,
    Handled,
    History,
    OverlayEventStore,
    Prepare,
    Version,
    handle_prepared,
)
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock, NewId
from shared.kernel.text_folding import fold
from shared.projections.rows import Change, Put, RowChange
from shared.rules.answer_periods import Forwarding
from shared.rules.clocks import PostingClock, clocks_of
from shared.rules.facts import StageEntry
from shared.rules.findings import Finding, findings
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import all_in_order


class Deciders(Protocol):
    """Who decides what units ask for, by the units as they are read."""

    async def of(
        self, unit_code: str, raised_on: date, day: date, forwarded: Forwarding | None = None
    ) -> str | None: ...
    async def line(self, unit_code: str, day: date) -> tuple[str, ...]:
        """Give who may decide for a unit on a day, in order."""
        ...

    async def name(self, unit_code: str, day: date) -> str: ...


class NoDeciders:
    """Nobody is named: an operator decides, and lists name the body once the units are read."""

    async def of(
        self, _unit_code: str, _raised_on: date, _day: date, _forwarded: Forwarding | None = None
    ) -> str | None:
        return None

    async def line(self, _unit_code: str, _day: date) -> tuple[str, ...]:
        return ()

    async def name(self, unit_code: str, _day: date) -> str:
        return unit_code


class Handovers(Protocol):
    """Which drafts one unit handed over to another, by the read model."""

    async def drafts(self, unit_code: str, to_code: str, since: date) -> tuple[str, ...]:
        """Give the codes of drafts that `to_code` leads from a day on, `since` or later, and `unit_code` until then."""
        ...


class NoHandovers:
    """No draft was handed over, as far as is asked: commands of files cancel nothing."""

    async def drafts(self, _unit_code: str, _to_code: str, _since: date) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Commands:
    """`once`: the commands are rows of files, which may be imported again after what they say has changed (`handle`)."""

    store: EventStore
    new_id: NewId
    rulebook: Rulebook
    now: Clock
    deciders: Deciders = field(default_factory=NoDeciders)
    handovers: Handovers = field(default_factory=NoHandovers)
    once: bool = False
    _units_in_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    def rehearsed(self, store: BulkStore) -> "Commands":
        """Give commands that decide alike on the log of `store`, and write nothing: what would be recorded."""
        return replace(self, store=OverlayEventStore(store))

    async def register_with_policies(
        self, command: drafts.Register, policies: Sequence[drafts.AddPolicy], metadata: Metadata
    ) -> Handled[State]:
        """Register a draft, then its policies; sent again after an interruption it goes on where it ended."""
        handled = registered = await self.register_draft(command, metadata)
        for policy in policies:
            handled = await self.on_draft(command.draft_code, policy, metadata)
        return replace(
            handled, before=registered.before, events=handled.history.events[len(registered.before.events) :]
        )

    async def on_unit(
        self, command: units.Command, metadata: Metadata, if_match: int | None = None
    ) -> Handled[units.State]:
        """Carry out a command on a unit, one after the other: two may refer to each other."""

        async def with_related(history: History) -> tuple[units.Command, Metadata]:
            related = await related_to(self.store, command, history.state(units.unit))
            if (successor := units.successor_of(command)) is not None and successor not in related:
                raise UnitNotFound(successor)
            ready = replace(command, related=related)
            if isinstance(ready, units.CancelChange | units.CorrectChange):
                ready = replace(ready, handed_over=await self._handed_over(ready, history.state(units.unit)))
            return ready, metadata

        ref = unit_ref(command.unit_code)
        async with self._units_in_turn:
            return await handle_prepared(
                self.store,
                units.unit,
                ref,
                with_related,
                metadata,
                if_match=if_match,
                new_id=self.new_id,
                once=self.once,
            )

    async def _handed_over(
        self, command: units.CancelChange | units.CorrectChange, state: units.State
    ) -> tuple[str, ...]:
        """Give the drafts that went to the successor whose succession is to be cancelled."""
        change = units.change_of(state, command.change_id) if isinstance(state, units.Unit) else None
        if not isinstance(change, UnitSucceeded):
            return ()
        return await self.handovers.drafts(command.unit_code, change.to_code, change.on)

    async def register_draft(self, command: drafts.Register, metadata: Metadata) -> Handled[State]:
        """Register a draft, which is of the data set of its unit unless it states one; in training it is an exercise."""
        if command.dataset is not Dataset.LIVE:
            await self.require_unit(command.lead_unit_code)
        else:
            history = await self.store.load(unit_ref(command.lead_unit_code))
            unit = history.state(units.unit)
            if isinstance(unit, units.Absent):
                raise UnitNotFound(command.lead_unit_code)
            command = replace(command, dataset=unit.registered.dataset)
        if metadata.training:
            command = practised(command)
        return await self.on_draft(command.draft_code, command, metadata)

    async def on_draft(
        self, draft_code: str, command: drafts.Command, metadata: Metadata, if_match: int | None = None
    ) -> Handled[State]:
        """Carry out a command; one of a unit that lowers its duty is asked for, and then names who decides."""

        async def prepared(history: History) -> tuple[drafts.Command, Metadata]:
            return await self._prepared(command, history), metadata

        return await self._handle(draft_code, prepared, metadata, if_match)

    async def decide_request(
        self,
        draft_code: str,
        command: drafts.DecideRequest,
        more: Mapping[str, Any],
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled[State]:
        """Decide a request; `more` are fields that only the decider gives. The effect names the request as its cause."""

        async def prepared(history: History) -> tuple[drafts.Command, Metadata]:
            state = history.state(draft)
            request = state.request(command.request_id) if isinstance(state, Draft) else None
            if request is None or command.decision is not RequestDecision.APPROVED:
                return command, metadata
            given = Given(by=command.by, today=command.today)
            wanted = requests.command_of(request.raised, given, more)
            wanted = await self._with_references(wanted, history)
            cause = replace(metadata, causation_id=str(command.request_id))
            return replace(command, wanted=wanted), cause

        return await self._handle(draft_code, prepared, metadata, if_match)

    async def _handle(
        self,
        draft_code: str,
        prepare: Prepare[drafts.Command],
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled[State]:
        ref = draft_ref(draft_code)
        return await handle_prepared(
            self.store,
            draft,
            ref,
            prepare,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
            once=self.once,
        )

    async def _prepared(self, command: Any, history: History) -> Any:
        command = await self._with_references(command, history)
        if holds_at_once(history.state(draft), command):
            return command
        asked: Any = replace(command, oversight=replace(command.oversight, rulebook=self.rulebook))
        events = draft.decide(history.state(draft), asked)
        raised = next((event for event in events if isinstance(event, DraftRequestRaised)), None)
        if raised is None:
            return asked
        decider = await self.deciders.of(raised.unit_code, command.today, command.today)
        return replace(asked, oversight=replace(asked.oversight, decider_code=decider))

    async def _with_references(self, command: Any, history: History) -> Any:
        """Read what a command refers to: the unit of a transfer, the entry that is corrected."""
        match command:
            case drafts.Transfer():
                related = await reached(self.store, [command.to_unit_code], lambda _: ())
                if not related:
                    raise UnitNotFound(command.to_unit_code)
                return replace(command, related=related)
            case drafts.ForwardRequest():
                state = history.state(draft)
                unit = state.lead_on(command.today) if isinstance(state, Draft) else None
                line = await self.deciders.line(unit, command.today) if unit else ()
                return replace(command, line=line)
            case drafts.CorrectStage() | drafts.CancelStage():
                return replace(command, was=entry_with_id(history.events, command.entry_id))
            case _:
                return command

    async def unit(self, unit_code: str) -> tuple[units.Unit, Version]:
        """Read a unit from the log, as new as it can be."""
        state, history = await self.unit_with_history(unit_code)
        return state, history.version

    async def unit_with_history(self, unit_code: str) -> tuple[units.Unit, History]:
        """Read a unit from the log with all its events."""
        history = await self.store.load(unit_ref(unit_code))
        state = history.state(units.unit)
        if isinstance(state, units.Absent):
            raise UnknownUnit(unit_code)
        return state, history

    async def require_unit(self, unit_code: str) -> None:
        """Refuse a command that names an unregistered unit; the unit itself is not read."""
        if not await self.store.exists(unit_ref(unit_code)):
            raise UnitNotFound(unit_code)

    def findings_on(self, handled: Handled[State], today: date) -> list[Finding]:
        """Return the findings about what was just recorded; for an amendment, or an entry taken back, those that it adds."""
        if not handled.events or not isinstance(handled.state, Draft):
            return []
        present = self.findings(handled.state, handled.history, today)
        if any(isinstance(event.data, DraftAmended | DraftStageCancelled) for event in handled.events):
            return self._added_since(handled.before, present, today)
        if not present:
            return []
        about = {event.event_id for event in handled.events}
        about |= {event.data.posting_id for event in handled.events if isinstance(event.data, PostingEvent)}
        return [finding for finding in present if finding.about in about]

    def _added_since(self, before: History, present: Iterable[Finding], today: date) -> list[Finding]:
        state = before.state(draft)
        past = self.findings(state, before, today) if isinstance(state, Draft) else ()
        kinds = {(finding.about, finding.kind) for finding in past}
        return [finding for finding in present if (finding.about, finding.kind) not in kinds]

    def clocks(self, of: Draft, history: History, today: date) -> tuple[PostingClock, ...]:
        return clocks_of(facts_of(of, history.events), self.rulebook, today)

    def findings(self, of: Draft, history: History, today: date) -> tuple[Finding, ...]:
        return findings(facts_of(of, history.events), self.rulebook, today)

    async def lead_findings(self, of: Draft, history: History) -> tuple[Finding, ...]:
        """Return what follows from the lead units, which are read from the log."""
        related = await reached(self.store, of.leads, lambda _: ())
        if all(lead.last_day is None for lead in related.values()):
            return ()  # most of the time: then nothing is folded again
        return lead_findings(of, self.entries(of, history), related)

    async def unit_findings(self, of: units.Unit) -> tuple[Finding, ...]:
        """Return what contradicts a unit today, with the units above it read from the log."""
        related = await reached(self.store, parents_of(of.by_day), parents_of)
        return unit_findings(of.by_day, of.described.province_code, related, self.today)

    def entries(self, of: Draft, history: History) -> list[StageEntry]:
        """Give all entries into stages in the order of the rules."""
        return all_in_order(facts_of(of, history.events), self.rulebook)

    async def draft_with_history(self, draft_code: str) -> tuple[Draft, History]:
        """Read a draft from the log, as new as it can be."""
        history = await self.store.load(draft_ref(draft_code))
        state = history.state(draft)
        if isinstance(state, Absent):
            raise DraftNotFound
        return state, history


@lru_cache(maxsize=4096)
def draft_ref(draft_code: str) -> AggregateRef:
    return AggregateRef("draft", draft_id(draft_code))


@lru_cache(maxsize=4096)
def unit_ref(unit_code: str) -> AggregateRef:
    return AggregateRef("unit", unit_id(unit_code))


Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    rows: Rows = [*_HANDLERS.get(type(event.data), _nothing)(event, event.data), *_lowering(event)]
    if event.ref.context == "draft" and not isinstance(event.data, DraftRegistered):
        rows.append(Change("draft", {"draft_id": event.ref.id}, {"version": event.aggregate_version}))
    return rows


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _draft_registered(event: Recorded, data: DraftRegistered) -> Rows:
    search = fold(f"{data.draft_code} {data.title} {data.final_number or ''}")
    own: dict[str, Any] = {"search": search, "search_title": None, "search_number": None, "scope": {}}
    return [Put("draft", own | {"version": event.aggregate_version}, data)]


def _draft_changed(event: Recorded, **values: Any) -> Rows:
    return [Change("draft", {"draft_id": event.ref.id}, values)]


def _amended(data: DraftAmended) -> dict[str, Any]:
    changes = amended_draft(data)
    if "final_number" in changes:
        changes["search_number"] = fold(changes["final_number"] or "")
    return changes


def _request_raised(event: Recorded, data: DraftRequestRaised) -> Rows:
    own: dict[str, Any] = dict.fromkeys((*SETTLED, *ANSWERED, *FORWARDED))
    own |= {"state": WAITING, "position": event.position, "draft_id": event.ref.id}
    return [Put("request", own, data)]


def _request_decided(_event: Recorded, data: DraftRequestDecided) -> Rows:
    settled = {"state": data.decision, **columns_of(SETTLED, data)}
    return [Change("request", {"request_id": data.request_id}, settled)]


def _request_answered(_event: Recorded, data: DraftRequestAnswered) -> Rows:
    return [Change("request", {"request_id": data.request_id}, columns_of(ANSWERED, data))]


def _request_forwarded(_event: Recorded, data: DraftRequestForwarded) -> Rows:
    return [Change("request", {"request_id": data.request_id}, columns_of(FORWARDED, data))]


WAITING = "waiting"


def _lowering(event: Recorded) -> Rows:
    """List a fact that lowers a duty and was recorded without a request: by an import, or by who supervises."""
    kind = lowering.kind_of_fact(event.data) if type(event.data) in lowering.FACTS else None
    role = event.metadata.actor.partition("/")[0]
    if kind is None or role not in RECORDED_AT_ONCE or _follows_request(event):
        return []
    about = event.metadata.about
    values = {
        "position": event.position,
        "event_id": event.event_id,
        "draft_id": event.ref.id,
        "unit_code": about.unit_code if about else None,
        "kind": kind,
        "recorded_on": day_in_vietnam(event.metadata.time),
        "recorded_by": role,
    }
    return [Put("lowering", values)]


RECORDED_AT_ONCE = frozenset({Role.SUPERVISOR.value, Role.OPERATOR.value})


def _follows_request(event: Recorded) -> bool:
    """An approval's effect names the request as its cause."""
    return event.metadata.causation_id is not None


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    DraftRequestRaised: _request_raised,
    DraftRequestDecided: _request_decided,
    DraftRequestAnswered: _request_answered,
    DraftRequestForwarded: _request_forwarded,
    DraftAmended: lambda event, data: _draft_changed(event, **_amended(data)),
    DraftRegistered: _draft_registered,
    DraftRetitled: lambda event, data: _draft_changed(event, title=data.title, search_title=fold(data.title)),
    DraftScopeAssessed: lambda event, data: _draft_changed(event, scope=data.model_dump(mode="json")),
    DraftProcedureDecided: lambda event, data: _draft_changed(event, procedure=data.procedure),
}
