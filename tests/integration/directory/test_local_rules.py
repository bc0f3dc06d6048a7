"""A province's own rows hold by the tree, the area and the leading unit of the day, in every service alike."""

import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from deploy.local.engines.nats import NatsServer
from services.campaigns.adapters.tables import checkpoints as CHECKPOINTS  # noqa: N812  it is a constant
from services.metrics.adapters.projection.records import SqlRecords
from services.metrics.adapters.tables import OCCURRENCE
from services.registry.domain import draft_state as drafts
from services.registry.domain import unit as units
from services.registry.domain.draft import draft as decider
from services.registry.domain.draft_state import facts_of
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.event import draft_id, unit_id
from shared.contracts.registry import UnitMoved
from shared.contracts.vocabulary import Instrument, Procedure, Regime
from shared.directory.folds import directory_of
from shared.directory.projection import LocalRules
from shared.directory.unit_tree import UnitTree
from shared.eventstore.handle import EventStore
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook
from shared.rules.sequence import rule_on, stage_periods
from tests.integration.directory.histories import DAYS, META, History, Step, few_examples, steps
from tests.integration.directory.test_agreement import World, batches, recorded
from tests.support.platform.projections import RULEBOOK, ReadModel, read_model, tables_of
from tests.support.platform.service import SERVICES
from tests.support.servers.engines import NewDatabase, connected

MOST = 200
codes = (f"LOC{number}" for number in itertools.count(1))
ROW = {
    "regime": "law_2015",
    "instruments": ["law"],
    "valid_from": "2020-01-01",
    "area": [f"LOC{number}-1" for number in range(1, MOST)],  # below or under the eyes of the second unit
    "parallel": ["draft_consultation"],
    "certainty": "read",
    "legal_basis": "Điều 9 Quyết định số 43/2025/QĐ-UBND",
}


@pytest.fixture(scope="module")
def local_rules(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    file: Path = tmp_path_factory.mktemp("rules") / "rules.json"
    rows = [ROW | {"procedure": procedure} for procedure in ("ordinary", "simplified")]
    file.write_text(json.dumps({"rows": rows}), encoding="utf-8")
    return load_rulebook([file])


@pytest.fixture(scope="module")
async def world(
    nats_server: NatsServer, session_database: NewDatabase, local_rules: Rulebook
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        nc = await stack.enter_async_context(connected(nats_server, "registry"))
        models = {
            service: await stack.enter_async_context(
                read_model(service, await session_database(), local_rules)
            )
            for service in SERVICES
        }
        yield World(JetStreamEventStore(nc), models)


seen = {"local": 0, "national": 0}


# A failing example is shown in short: its arguments have no short text.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@example(drawn=[("draft", ("transfer", (1, DAYS[0])))], sizes=[3])  # chance alone met no local rule, once
@given(drawn=steps, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
@few_examples
async def test_every_service_gives_the_same_stages(
    world: World, local_rules: Rulebook, drawn: Sequence[tuple[str, Step]], sizes: Sequence[int]
) -> None:
    """Registry, campaigns and notifier went by the first leader's code, whoever led and wherever it stood."""
    history = History(next(codes), Regime.LAW_2015)
    log = await recorded(world.store, history, drawn)
    for batch in batches(log, sizes):
        for model in world.models.values():
            await model.project(batch)
    expected = await of_aggregates(world.store, history, local_rules)
    for service, model in world.models.items():
        assert (service, await of_service(model, history)) == (service, expected)


def test_both_kinds_of_rules_were_met() -> None:
    """Runs after the histories: in some a local rule held on some day, in some none."""
    assert all(seen.values()), seen


async def test_forms_go_by_the_units_as_they_are_projected(world: World, local_rules: Rulebook) -> None:
    """Also on a replica that projects nothing itself."""
    history, model = History(f"LOC{MOST - 1}", Regime.LAW_2015), world.models["campaigns"]
    await model.project(await recorded(world.store, history, []))
    rules = LocalRules(model.engine, tables_of("campaigns").units, CHECKPOINTS, local_rules)
    asked = Regime.LAW_2015, Instrument.LAW, Procedure.ORDINARY, date(2024, 1, 1)
    above, below = history.unit(0), history.unit(1)
    moved = UnitMoved(unit_code=above, parent_code=below, on=date(2023, 1, 1))
    national = rules.rulebook.procedure(*asked, above)
    assert rules.rulebook.procedure(*asked, below) != national
    ref = AggregateRef("unit", unit_id(above))
    version = (await world.store.load(ref)).version
    await world.store.append(ref, version, [NewEvent(new_id(), moved, META)])
    await model.project([(await world.store.load(ref)).events[-1]])
    await rules.read()
    assert rules.rulebook.procedure(*asked, above) != national
    assert rules.background
    assert not LocalRules(model.engine, tables_of("campaigns").units, CHECKPOINTS, RULEBOOK).background


async def of_aggregates(store: EventStore, history: History, rulebook: Rulebook) -> list[Any]:
    """Derive the periods from the log alone: the tree of the units, and who leads on each day."""
    states = []
    for code in history.units:
        state = (await store.load(AggregateRef("unit", unit_id(code)))).state(units.unit)
        assert isinstance(state, units.Unit)
        states.append(state.by_day)
    among = rulebook.within(UnitTree(directory_of(states)).lineage)
    log = await store.load(AggregateRef("draft", draft_id(history.code)))
    draft = log.state(decider)
    assert isinstance(draft, drafts.Draft)
    facts = facts_of(draft, log.events)
    for day in DAYS:
        is_local = rule_on(facts, among, day) != rule_on(facts, RULEBOOK, day)
        seen["local" if is_local else "national"] += 1
    return sorted((str(p.stage), p.entered_on, _last(p.exited_on)) for p in stage_periods(facts, among))


async def of_service(model: ReadModel, history: History) -> list[Any]:
    of = draft_id(history.code)
    async with model.engine.connect() as connection:
        if model.service == "metrics":
            assert (await SqlRecords(connection).load([of]))[of]
            table = OCCURRENCE.c
        else:
            table = tables_of(model.service).drafts.stage.c
        query = select(table.stage, table.entered_on, table.exited_on).where(table.draft_id == of)
        rows = await connection.execute(query)
        return sorted((stage, entered, _last(exited)) for stage, entered, exited in rows)


def _last(day: date | None) -> date:
    return day or date.max
