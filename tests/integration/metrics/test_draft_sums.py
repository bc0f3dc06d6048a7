"""Sums over drafts that PostgreSQL makes are those of the rules over the same drafts, by every grouping and filter."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.metrics.adapters.history.versions import plain
from services.metrics.adapters.read_model import SqlSnapshot
from services.metrics.adapters.tables import DRAFT
from services.metrics.application.draft_counts import (
    DraftCountQueries,
    DraftQuestion,
    SeenDrafts,
    opinions_of,
)
from services.metrics.application.queries import Question
from services.metrics.domain.draft_counts import CountedDraft, DraftNumbers, DraftsBy, Key, OpinionsBy
from shared.contracts.vocabulary import Answer, Dataset, Handling, Instrument, Regime, Stage
from shared.rules.figures import Period, year_period
from tests.support.platform.projections import read_model
from tests.support.rules.stages_of_period import grouped, numbers, stages_in

DRAFTS = 150
FIRST, DAYS = date(2023, 11, 1), 900
STAGES = (Stage.DRAFT_CONSULTATION, Stage.APPRAISAL, Stage.ADOPTED, Stage.WITHDRAWN)
UNITS = ("BTP", "BTC", "BCA")
PERIODS = (None, year_period(2024), Period(date(2024, 6, 1), date(2025, 3, 31)))
AS_OF = (date(2024, 7, 1), date(2026, 1, 31))
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"stage": Stage.ADOPTED},
    {"instrument": Instrument.LAW, "scope": Answer.YES},
    {"handling": Handling.AMEND},
)
NEAR_AN_END = 0.4  # share of days beside a first or last day of what is asked
ENDS = [*AS_OF, *(day for period in PERIODS if period for day in (period.from_day, period.to_day))]
NOTHING = DraftNumbers(drafts=0, entered=0, expected=0)
_DRAFT: TypeAdapter[CountedDraft] = TypeAdapter(CountedDraft)


def drafts(random: Random) -> Iterator[CountedDraft]:
    """Make drafts whose days meet, and of which one enters a stage twice or changes its lead unit twice on one day."""

    def day() -> str:
        if random.random() < NEAR_AN_END:
            return (random.choice(ENDS) + timedelta(days=random.randint(-1, 1))).isoformat()
        return (FIRST + timedelta(days=30 * random.randrange(DAYS // 30))).isoformat()

    def some(most: int, make: Any) -> list[Any]:
        return [make() for _ in range(random.randint(0, most))]

    def number() -> int | None:
        return random.choice([None, 0, random.randint(1, 90)])

    def expected() -> dict[str, Any]:
        session = random.choice([None, "K1", "K2"])
        return {
            "stage": random.choice(STAGES), "expected_on": day(), "precision": "day", "session": session
        }  # fmt: skip

    for index in range(DRAFTS):
        yield _DRAFT.validate_python(
            {
                "draft_code": f"DA-{index}",
                "title": "Dự thảo",
                "instrument": random.choice([Instrument.LAW, Instrument.CIRCULAR]),
                "regime": Regime.LAW_2015,
                "lead_unit_code": random.choice(UNITS),
                "dataset": random.choice(list(Dataset)),
                "scope": random.choice(list(Answer)),
                "handling": random.choice([None, *Handling]),
                "entries": some(
                    4,
                    lambda: {
                        "entry_id": UUID(int=random.getrandbits(100)),
                        "stage": random.choice(STAGES),
                        "entered_on": day(),
                    },
                ),
                "transfers": some(2, lambda: {"on": day(), "unit_code": random.choice(UNITS)}),
                "expected": some(2, expected),
                "fulfilled": some(2, expected),
                "opinions": some(
                    3,
                    lambda: {
                        "stage": random.choice(STAGES),
                        "summarised_on": day(),
                        "received": random.randint(0, 50),
                        "groups": random.choice([None, {}, {"people": 3}, {"people": 4, "enterprises": 5}]),
                        "counting_rule": random.choice([None, "", "Quy tắc 1", "Quy tắc 2"]),
                        **{name: number() for name in ("accepted", "explained", "agree", "disagree")},
                    },
                ),
            }
        )


def of_rules(asked: DraftQuestion, seen: SeenDrafts) -> dict[Key, DraftNumbers]:
    of = asked.of_units
    shown = [stages_in(draft, of.as_of, of.period) for draft in seen.chosen(asked)]
    shown = [each.of(asked.stage) for each in shown] if asked.stage else shown
    groups = grouped([each for each in shown if each.stages], asked.drafts_by, seen.unit_of(asked))
    return {key: numbers(listed) for key, listed in groups.items()}


async def test_postgresql_counts_drafts_and_their_consultations_as_the_rules_do(database_url: str) -> None:
    made = list(drafts(Random(14)))
    queried = 0
    async with read_model("metrics", database_url) as model:
        async with model.engine.begin() as connection:
            for draft in made:
                await connection.execute(DRAFT.insert(), row(draft))
        async with model.engine.connect() as connection:
            snapshot = SqlSnapshot(connection, 1)
            queries = DraftCountQueries(opened(snapshot))
            read = await snapshot.counted_drafts()
            seen = SeenDrafts(read, await snapshot.units(), 1)
            assert len(read) == DRAFTS
            for period, as_of, only in product(PERIODS, AS_OF, FILTERS):
                asked = DraftQuestion(of_units=Question(as_of=as_of, period=period), **only)
                for by in DraftsBy:
                    of = replace(asked, drafts_by=by)
                    groups = (await queries.drafts(of)).groups
                    now, before = of_rules(of, seen), of_rules(of.before, seen)
                    keys = {*now, *before} | ({None} if by is DraftsBy.NONE else set())
                    assert {group.key: (group.figures, group.year_before) for group in groups} == {
                        key: (now.get(key, NOTHING), before.get(key, NOTHING)) for key in keys
                    }, of
                    queried += len(now)
                for each in OpinionsBy:
                    of = replace(asked, opinions_by=each)
                    assert await queries.opinions(of) == opinions_of(of, seen)
    assert queried > DRAFTS


def row(draft: CountedDraft) -> dict[str, Any]:
    """Give the row of a draft, whose facts are written as those of a record are."""
    facts = plain(asdict(draft))
    columns = {name: value for name, value in facts.items() if name in DRAFT.c}
    of_row = {"procedure": "ordinary", "position": 1, "rules_version": "1", "facts": facts}
    return {"draft_id": UUID(int=int(draft.draft_code[3:])), **columns, **of_row}


def opened(snapshot: SqlSnapshot) -> Any:
    @asynccontextmanager
    async def snapshots() -> AsyncIterator[SqlSnapshot]:
        yield snapshot

    return snapshots
