"""Records by pages, for an export: units and drafts with all that is recorded of them, read from the log."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter

from services.registry.adapters.views import DraftView, StageView, UnitView, draft_view, unit_record
from services.registry.application.commands import Commands, draft_ref, unit_ref
from services.registry.application.queries import DraftFilter, ReadModel
from services.registry.domain import unit as units
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.eventstore.handle import BulkStore, History
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import AtPosition
from shared.rules.rights.actions import Action


class StageRecord(StageView):
    """An entry with its source."""

    source: str | None


class DraftRecord(DraftView):
    """A draft without findings; `stages` are in the order of recording, so that an import repeats it."""

    stages: list[StageRecord]  # type: ignore[assignment]  # a field more of each


def router(commands: Commands, read_model: ReadModel, store: BulkStore) -> APIRouter:
    router = APIRouter(tags=["queries"], dependencies=[AtPosition])

    @router.get("/unit-records", summary="Units with all that is recorded of them, by pages")
    async def unit_records(_: Annotated[Principal, may(Action.READ_UNITS)], page: Paged) -> Listing[UnitView]:
        listed = await read_model.units(None, page.limit, page.after)
        refs = [unit_ref(row["unit_code"]) for row in listed]
        histories = await store.load_all(refs)
        states = [(histories[ref].state(units.unit), histories[ref].version) for ref in refs]
        views = [
            unit_record(state, version, commands.today)
            for state, version in states
            if isinstance(state, units.Unit)
        ]
        return page.listing(UnitView, [view.model_dump() for view in views], "unit_code")

    @router.get("/draft-records", summary="Drafts with all that is recorded of them, by pages")
    async def draft_records(
        _: Annotated[Principal, may(Action.READ_DRAFTS)], page: Paged
    ) -> Listing[DraftRecord]:
        listed = await read_model.drafts(DraftFilter(), page.limit, page.after)
        refs = [draft_ref(row["draft_code"]) for row in listed]
        histories = await store.load_all(refs)
        states = [(histories[ref].state(draft), histories[ref]) for ref in refs]
        records = [
            _draft_record(commands, state, history) for state, history in states if isinstance(state, Draft)
        ]
        return page.listing(DraftRecord, records, "draft_code")

    return router


def _draft_record(commands: Commands, state: Draft, history: History) -> Mapping[str, Any]:
    clocks = commands.clocks(state, history, commands.today)
    view = draft_view(state, history, (), clocks, commands.entries(state, history))
    places = {event.event_id: place for place, event in enumerate(history.events)}
    stages = [
        {**stage.model_dump(), "source": getattr(history.events[places[stage.entry_id]].data, "source", None)}
        for stage in sorted(view.stages, key=lambda stage: places[stage.entry_id])
    ]
    return {**view.model_dump(), "stages": stages}
