"""Every service gives the same name, parent, supervisors, successors, lead and stage as the aggregate and as a naive reading, on any day."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.local.engines.nats import NatsServer
from services.campaigns.adapters.read_model import SqlReadModel as Campaigns
from services.metrics.adapters.projection.records import SqlRecords
from services.metrics.adapters.tables import OCCURRENCE
from services.registry.adapters.read_model import SqlReadModel as Registry
from services.registry.application.queries import DraftFilter
from services.registry.domain import draft_state as drafts
from services.registry.domain import unit as units
from services.registry.domain.draft import draft as decider
from services.registry.domain.draft_state import facts_of
from shared.contracts.envelope import AggregateRef, Recorded
from shared.contracts.event import draft_id, unit_id
from shared.contracts.registry import (
    DraftStageCancelled,
    DraftTransferred,
    UnitChangeCancelled,
    UnitMoved,
    UnitRenamed,
    UnitSucceeded,
)
from shared.directory.folds import UnitDirectory, directory_of
from shared.directory.projection import (
    carried_on_by,
    leads_on,
    stands_on,
    unit_directory,
    units_carrying_on,
)
from shared.eventstore.handle import NOTHING, EventStore, Version
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.local_day import VIETNAM
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.sequence import StagePeriod, stage_on, stage_periods
from tests.integration.directory.histories import DAYS, History, Step, few_examples, steps
from tests.support.platform.projections import RULEBOOK, ReadModel, read_model, tables_of
from tests.support.platform.service import SERVICES
from tests.support.rules.naive import ordered
from tests.support.rules.naive_areas import NaiveAreas
from tests.support.servers.engines import NewDatabase, connected

ASKED = sorted({day + timedelta(days=step) for day in DAYS for step in (-1, 0, 1)} | {date(2020, 1, 1)})
codes = (f"HIST{number}" for number in itertools.count(1))

T = TypeVar("T")
Models = Mapping[str, ReadModel]
Answer = dict[date, Any]


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """A log, and every service's read model."""

    store: EventStore
    models: Models


@pytest.fixture(scope="module")
async def world(nats_server: NatsServer, session_database: NewDatabase) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        nc = await stack.enter_async_context(connected(nats_server, "registry"))
        models = {
            service: await stack.enter_async_context(read_model(service, await session_database()))
            for service in SERVICES
        }
        yield World(JetStreamEventStore(nc), models)


# A failing example is shown in short: its arguments have no short text.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@given(drawn=steps, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
@few_examples
async def test_every_service_agrees_with_the_aggregate(
    world: World, drawn: Sequence[tuple[str, Step]], sizes: Sequence[int]
) -> None:
    history, store, models = History(next(codes)), world.store, world.models
    log = await recorded(store, history, drawn)
    for batch in batches(log, sizes):
        for model in models.values():
            await model.project(batch)
    for expected in (await of_aggregates(store, history), naive(history, log)):
        for service, model in models.items():
            assert (service, await of_service(model, history)) == (service, expected)
        carried = {code: expected[DAYS[-1]]["successors"][code] for code in history.units}
        for model in models.values():
            assert await carrying_on(model, history, DAYS[-1]) == (carried, inverted(carried))
        assert await of_registry_lists(models["registry"], history) == without_tree(expected)
        leads = {day: expected[day]["lead"] for day in DAYS}
        assert await of_campaigns(models["campaigns"], history) == leads


async def recorded(store: EventStore, history: History, drawn: Sequence[tuple[str, Step]]) -> list[Recorded]:
    """Append a history to the log, and read it back in the order of the log."""
    versions: dict[AggregateRef, Version] = {}
    for ref, event in history.events(drawn):
        versions[ref] = await store.append(ref, versions.get(ref, NOTHING), [event])
    stories = [(await store.load(ref)).events for ref in versions]
    return sorted(itertools.chain.from_iterable(stories), key=lambda event: event.position)


def batches(log: Sequence[Recorded], sizes: Iterable[int]) -> Iterable[Sequence[Recorded]]:
    left, chosen = list(log), itertools.cycle(sizes)
    while left:
        size = next(chosen)
        yield left[:size]
        left = left[size:]


def answers(
    history: History,
    name: Callable[[str, date], str],
    parent: Callable[[str, date], str | None],
    supervisors: Callable[[str, date], Iterable[str]],
    successors: Callable[[str, date], Iterable[str]],
    lead: Callable[[date], str],
    stage: Callable[[date], Any],
) -> Answer:
    return {
        day: {
            "names": {code: name(code, day) for code in history.units},
            "parents": {code: parent(code, day) for code in history.units},
            "supervisors": {code: set(supervisors(code, day)) for code in history.units},
            "successors": {code: set(successors(code, day)) for code in history.units},
            "lead": lead(day),
            "stage": stage(day),
        }
        for day in ASKED
    }


def standing(periods: Sequence[StagePeriod], day: date) -> Any:
    entry = stage_on(periods, day)
    return (entry.stage.value, entry.entered_on) if entry else None


async def of_aggregates(store: EventStore, history: History) -> Answer:
    stages = {}
    for code in history.units:
        state = (await store.load(AggregateRef("unit", unit_id(code)))).state(units.unit)
        assert isinstance(state, units.Unit)
        stages[code] = state.by_day
    log = await store.load(AggregateRef("draft", draft_id(history.code)))
    draft = log.state(decider)
    directory = directory_of(stages.values())
    assert isinstance(draft, drafts.Draft)
    periods = stage_periods(facts_of(draft, log.events), RULEBOOK)
    return answers(
        history,
        lambda code, day: stages[code].name_on(day),
        lambda code, day: stages[code].parent_on(day),
        directory.supervisors_on,
        directory.successors_on,
        draft.lead_on,
        lambda day: standing(periods, day),
    )


def naive(history: History, log: Sequence[Recorded]) -> Answer:
    """Read the log by the words of the rule: of what is dated up to a day the latest, of these the last recorded.

    A change or an entry that was cancelled, by whatever later event, is as if it had never been recorded.
    """
    gone = {event.data.change_id for event in log if isinstance(event.data, UnitChangeCancelled)}
    gone |= {event.data.entry_id for event in log if isinstance(event.data, DraftStageCancelled)}
    log = [event for event in log if event.event_id not in gone]

    def latest(facts: Iterable[tuple[date, T]], day: date, first: T) -> T:
        held = [(on, place, value) for place, (on, value) in enumerate(facts) if on <= day]
        return max(held, key=lambda item: item[:2])[2] if held else first

    def of(kind: type, code: str) -> list[Any]:
        return [
            e.data for e in log if isinstance(e.data, kind) and getattr(e.data, "unit_code", code) == code
        ]

    entries = _entries(history, log)
    of_units = [event.data for event in log if event.ref.context == "unit"]
    areas = {day: NaiveAreas(of_units, day) for day in ASKED}
    return answers(
        history,
        lambda code, day: latest(
            [(e.on, e.unit_name) for e in of(UnitRenamed, code)], day, f"Đơn vị {code[-1]}"
        ),
        lambda code, day: latest(
            [(e.on, e.parent_code) for e in of(UnitMoved, code)],
            day,
            None if code[-1] == "0" else f"{code[:-1]}{int(code[-1]) - 1}",
        ),
        lambda code, day: areas[day].supervisors(code),
        lambda code, day: _naive_successors(of_units, code, day),
        lambda day: latest(
            [(e.on, e.to_unit_code) for e in of(DraftTransferred, history.code)], day, history.unit(0)
        ),
        lambda day: _naive_stage(entries, day),
    )


def _naive_successors(events: Sequence[Any], code: str, day: date) -> set[str]:
    """Follow every succession in force to units that no other carries on for, by no way a unit twice."""
    last: set[str] = set()
    ways: list[tuple[str, ...]] = [(code,)]
    while ways:
        way = ways.pop()
        direct = {
            each.to_code
            for each in events
            if isinstance(each, UnitSucceeded) and each.unit_code == way[-1] and each.on <= day
        }
        further = direct - {*way}
        ways += [(*way, to) for to in further]
        if not further:
            last.add(way[-1])
    return last - {code}


def inverted(carried: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {code: {former for former, by in carried.items() if code in by} for code in carried}


async def carrying_on(
    model: ReadModel, history: History, day: date
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Ask a service's tables who carries on for each unit, and for whom each carries on."""
    tables = tables_of(model.service).units
    async with model.engine.connect() as connection:
        units = (await units_carrying_on(connection, tables, history.units)).on(day)
        return (
            {code: set(units.successors(code)) for code in history.units},
            {code: set(await carried_on_by(connection, tables, code, day)) for code in history.units},
        )


def _entries(history: History, log: Sequence[Recorded]) -> list[Any]:
    state = reduce(
        lambda state, event: drafts.evolve(state, event.data),  # type: ignore[arg-type]
        [event for event in log if event.ref.context == "draft"],
        decider.initial,
    )
    assert isinstance(state, drafts.Draft)
    assert state.registered.draft_code == history.code
    return list(facts_of(state, log).entries)


def _naive_stage(entries: Sequence[Any], day: date) -> Any:
    sequence = ordered(entry for entry in entries if entry.entered_on <= day)
    return (sequence[-1].stage.value, sequence[-1].entered_on) if sequence else None


async def of_service(model: ReadModel, history: History) -> Answer:
    async with model.engine.connect() as connection:
        directory = await unit_directory(connection, tables_of(model.service).units, history.units)
        if model.service == "metrics":
            return await _of_metrics(connection, history, directory)
        return await _of_directory(connection, model, history, directory)


async def _of_metrics(connection: AsyncConnection, history: History, directory: UnitDirectory) -> Answer:
    of = draft_id(history.code)
    record = (await SqlRecords(connection).load([of]))[of]
    rows = (await connection.execute(select(OCCURRENCE).where(OCCURRENCE.c.draft_id == of))).all()

    def stage(day: date) -> Any:
        held = [r for r in rows if r.entered_on <= day and (r.exited_on is None or r.exited_on > day)]
        return (held[0].stage, held[0].entered_on) if held else None

    return answers(
        history,
        directory.name_on,
        directory.parent_on,
        directory.supervisors_on,
        directory.successors_on,
        record.lead_on,
        stage,
    )


async def _of_directory(
    connection: AsyncConnection, model: ReadModel, history: History, directory: UnitDirectory
) -> Answer:
    tables, of = tables_of(model.service).drafts, draft_id(history.code)
    leads, stages = {}, {}
    for day in ASKED:
        lead = select(tables.lead.c.unit_code).where(tables.lead.c.draft_id == of, leads_on(tables, day))
        stage = select(tables.stage.c.stage, tables.stage.c.entered_on).where(
            tables.stage.c.draft_id == of, stands_on(tables, day)
        )
        leads[day] = (await connection.execute(lead)).scalar_one()
        row = (await connection.execute(stage)).one_or_none()
        stages[day] = tuple(row) if row else None
    return answers(
        history,
        directory.name_on,
        directory.parent_on,
        directory.supervisors_on,
        directory.successors_on,
        leads.__getitem__,
        stages.__getitem__,
    )


def _noon(day: date) -> Callable[[], datetime]:
    return lambda: datetime(day.year, day.month, day.day, 12, tzinfo=VIETNAM).astimezone(UTC)


async def of_registry_lists(model: ReadModel, history: History) -> Answer:
    """Ask the lists of the registry, each day by a clock of that day."""
    answer: Answer = {}
    for day in DAYS:
        lists = Registry(model.engine, _noon(day), load_rulebook().calendar)
        rows = await lists.units(history.code, 100, None)
        mine = {row["unit_code"]: row for row in rows if row["unit_code"] in history.units}
        (draft,) = await lists.drafts(DraftFilter(), 1, _before(history.code))
        answer[day] = {
            "names": {code: mine[code]["unit_name"] for code in history.units},
            "lead": draft["lead_unit_code"],
            "stage": (draft["stage"], draft["entered_on"]) if draft["stage"] else None,
        }
        assert draft["draft_code"] == history.code
        by_stage = await lists.drafts(DraftFilter(stage=draft["stage"]), 1, _before(history.code))
        assert not draft["stage"] or by_stage[0]["draft_code"] == history.code
    return answer


def _before(code: str) -> str:
    """Give a cursor behind which this code comes first."""
    return code[:-1] + chr(ord(code[-1]) - 1) + "~"


async def of_campaigns(model: ReadModel, history: History) -> Answer:
    answer: Answer = {}
    for day in DAYS:
        draft = await Campaigns(model.engine, _noon(day)).draft(history.code)
        assert draft is not None
        answer[day] = draft.lead_on(day)
    return answer


def without_tree(expected: Answer) -> Answer:
    return {day: {key: expected[day][key] for key in ("names", "lead", "stage")} for day in DAYS}
