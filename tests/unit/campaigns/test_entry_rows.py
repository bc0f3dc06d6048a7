"""Random programmes: the rows of a read model and the log itself give the same entries, and no decision contradicts itself."""

import random
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table

from services.campaigns.adapters import tables as campaigns
from services.campaigns.application.commands import programme_ref
from services.campaigns.application.projections import ENTRY_COLUMNS, changes
from services.campaigns.domain.programme import Record, programme
from services.notifier.adapters import tables as notifier
from services.notifier.application import alert_publisher
from shared.contracts.envelope import Metadata, Recorded
from shared.contracts.event import SUPERVISION
from shared.contracts.programme import ProgrammeEvent
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.contracts.vocabulary import ReportPeriod
from shared.kernel.errors import Refusal
from shared.projections.programme_rows import OF_FACT, fact_of
from shared.projections.rows import Change, Put
from shared.rules.programme.facts import entry_facts
from shared.rules.programme.kinds import KINDS, WITH_STATE
from shared.rules.programme.states import EntryFact, EntryStatus, standings
from tests.support.cases import for_each

REF = programme_ref("XA", 2025)
BEGIN = date(2025, 1, 1)
METADATA = Metadata(time=datetime(2025, 12, 1, tzinfo=UTC), actor="test", correlation_id="c")


def commands(draw: random.Random) -> Iterator[Record]:
    """Give commands of every kind, about entries that exist or not, of which many are refused."""
    earlier: list[tuple[UUID, Kind]] = []
    for number in range(1, draw.randint(10, 60)):
        tasks = [each for each in earlier if each[1] is Kind.TASK_ASSIGNED][:2]
        kind, of_entry = draw.choice([*Kind, *sorted(WITH_STATE) * 4]), None
        if earlier and draw.random() < 0.7:
            of_entry, followed = draw.choice(tasks if tasks and draw.random() < 0.4 else earlier)
            fitting = [each for each in Kind if followed in KINDS[each].follows]
            kind = draw.choice(fitting) if fitting and draw.random() < 0.9 else kind
        earlier.append((UUID(int=number), kind))
        asks = kind in {Kind.EXTENSION_REQUESTED, Kind.EXTENSION_REFUSED}
        given = Record(
            by=SUPERVISION,
            today=date(2025, 12, 1),
            kind=kind,
            entry_id=UUID(int=number),
            of_entry=of_entry,
            unit_code="XA",
            year=2025,
            title=draw.choice(["Tập huấn", "Kiểm tra", "Kinh phí"]),
            happened_on=draw.choice([None, BEGIN + timedelta(days=draw.randint(0, 300))]),
            lead_unit_code=draw.choice([None, "XA", "SO"]),
            due_on=draw.choice([None, date(2025, 12, 31)]),
            report_period=ReportPeriod.QUARTER if kind is Kind.REPORT_REQUIRED else None,
            due_days=10 if kind is Kind.REPORT_REQUIRED else None,
            quantity=draw.choice([None, 1, 2, 3]),
            percent=draw.randint(0, 100) if kind is Kind.TASK_PROGRESSED else None,
            reason="Nhầm" if kind in WITH_REASON else None,
        )
        later: dict[str, Any] = {"happened_on": date(2025, 11, 1), "due_on": date(2026, 1, 31)}
        yield replace(given, lead_unit_code=None, **later) if asks else given


WITH_REASON = {kind for kind, spec in KINDS.items() if "reason" in spec.requires}


@cache
def history(seed: int) -> tuple[list[ProgrammeEvent], int]:
    """Decide random commands; give the events, and how many commands were refused."""
    draw = random.Random(seed)
    state, events, refused = programme.initial, list[ProgrammeEvent](), 0
    for command in commands(draw):
        try:
            decided = programme.decide(state, command)
        except Refusal:
            refused += 1
            continue
        for event in decided:
            state = programme.evolve(state, event)
        events += decided
    return events, refused


def recorded(events: list[ProgrammeEvent]) -> list[Recorded]:
    return [
        Recorded(
            position=number,
            ref=REF,
            aggregate_version=number,
            event_id=UUID(int=number),
            data=event,
            metadata=METADATA,
            type=event.type_name(),
        )
        for number, event in enumerate(events, start=1)
    ]


def rows_of(log: list[Recorded]) -> list[dict[str, Any]]:
    rows: dict[UUID, dict[str, Any]] = {}
    for event in log:
        for change in changes(event):
            match change:
                case Put():
                    given = {**dict(change.event or ()), **change.values}
                    rows[given["entry_id"]] = {name: given[name] for name in ENTRY_COLUMNS}
                case Change():
                    rows[change.key["entry_id"]] |= dict(change.values)
                case _:
                    raise AssertionError(change)
    return list(rows.values())


@for_each(range(200))
def test_rows_and_log_give_the_same_entries(seed: int) -> None:
    events, _ = history(seed)
    log = recorded(events)
    assert [fact_of(row) for row in rows_of(log)] == entry_facts(log)


@for_each(range(200))
def test_the_aggregate_agrees_on_what_is_open(seed: int) -> None:
    events, _ = history(seed)
    state = programme.fold(events)
    stand = standings(entry_facts(recorded(events)), date.max)
    for entry_id, entry in state.entries.items():
        is_open = stand[entry_id].status in (EntryStatus.OPEN, EntryStatus.LATE)
        assert state.is_open(entry.content) is is_open


def test_many_are_taken_and_many_refused() -> None:
    taken = sum(len(history(seed)[0]) for seed in range(200))
    refused = sum(history(seed)[1] for seed in range(200))
    kinds = {event.name for seed in range(200) for event in history(seed)[0]}
    assert taken > 1000
    assert refused > 1000
    assert kinds == set(Kind)


@pytest.mark.parametrize(
    ("table", "given"),
    [
        (campaigns.ENTRY, ENTRY_COLUMNS),
        (notifier.PROGRAMME_ENTRY, alert_publisher.ENTRY_COLUMNS),
    ],
    ids=["campaigns", "notifier"],
)
def test_an_event_gives_each_column_of_a_table(table: Table, given: frozenset[str]) -> None:
    assert set(table.c.keys()) == given, "a row without one of them halts the projection"


def test_a_table_has_all_fields_of_the_rules() -> None:
    assert set(OF_FACT) == {field.name for field in fields(EntryFact)} - {"day"}
    assert set(OF_FACT) <= ENTRY_COLUMNS
