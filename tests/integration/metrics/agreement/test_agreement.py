"""Every answer of metrics against a second, naive reading of the rules, through the whole system.

The drafts are made up at random and recorded twice: family VN-A in the order in which things happened,
family VN-B in another one. Whatever is asked, both must answer as the naive reading does.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from services.metrics.adapters.counts.activities import PublishedView
from shared.contracts.registry import UnitRegistered, UnitSupervisionSet
from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Answer, CommunicationRole
from shared.rules.counts import CountBy, Member
from shared.rules.facts import DraftFacts
from shared.rules.figures import year_period
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.metrics.recording import (
    LEVELS,
    Recording,
    led_below,
    span,
    supervision_rows,
    unit_rows,
)
from tests.support.platform.service import Platform, open_platform
from tests.support.rules.naive import (
    OPENING,
    NaiveDraft,
    lead_on,
    naive_counts,
    naive_gaps,
    role_in,
    scope_of,
)
from tests.support.rules.naive_areas import NaiveAreas
from tests.support.rules.naive_counts import naive_published, naive_year_before
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

SEEDS = (7, 22, 411)
OF_EACH = 20
FAMILIES = ("VN-A", "VN-B")
CHOSEN_DAYS = (
    "2023-12-14 2023-12-15 2023-12-31 2024-02-07 2024-02-08 2024-02-10 2024-02-14 2024-02-15 2024-02-29 "
    "2024-03-31 2024-04-30 2024-06-14 2024-09-02 2024-11-30 2024-12-14 2024-12-15 2025-01-25 2025-02-28 "
    "2025-05-31 2025-08-31 2025-12-20 2026-01-02 2026-01-10 2026-05-31 2026-06-30 2030-01-01"
)
DAYS = tuple(map(date.fromisoformat, CHOSEN_DAYS.split()))
GROUPS = ("unit", "level", "instrument", "regime", "year")
PLAIN = [
    "met",
    "missed",
    "pending",
    "not_opened",
    "closed_unopened",
    "exempt",
    "ended",
    "undetermined",
    "provisional",
    "waived_occurrences",
    "any_statutory_only",
    "any_verified",
    "drafts",
    "drafts_judged",
    "drafts_plan",
]

PUBLISHED = list(PublishedView.model_fields)
Counts = Mapping[str, int]
Key = tuple[str, str, str, str, int | None]  # family, unit, instrument, regime, year
Period = tuple[date, date]
is_working = load_rulebook().calendar.is_working


@dataclass(frozen=True)
class Recorded:
    platform: Platform
    families: Mapping[str, Mapping[str, DraftFacts]]
    cache: dict[Any, Mapping[Key, Counts]] = field(default_factory=dict)

    def cells(self, day: date, period: Period | None, family: str = "") -> dict[Key, Counts]:
        """Count naively, once a day and period; optionally of one family alone."""
        if (day, period) not in self.cache:
            self.cache[day, period] = _counted(self.drafts, day, period)
        cells = self.cache[day, period]
        return {key: counts for key, counts in cells.items() if key[0].startswith(family)}

    @cached_property
    def drafts(self) -> dict[str, DraftFacts]:
        return {code: facts for family in self.families.values() for code, facts in family.items()}

    async def groups(self, day: date, **query: Any) -> dict[Any, dict[str, Any]]:
        answer = await self.platform.services["metrics"].client.get(
            "/compliance", params={"as_of": day.isoformat(), **query}
        )
        assert answer.status_code == 200, answer.text
        return {group["key"]: group for group in answer.json()["groups"]}

    async def gaps(self, day: date, **query: Any) -> list[dict[str, Any]]:
        answer = await self.platform.services["metrics"].client.get(
            "/gaps", params={"as_of": day.isoformat(), **query}
        )
        gaps: list[dict[str, Any]] = answer.json()["gaps"]
        return gaps


@pytest.fixture(scope="module")
async def recorded(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Recorded]:
    made = [facts for seed in SEEDS for facts in random_drafts(seed, OF_EACH)]
    families = {
        family: {f"{family}-{number}": led_below(family, facts) for number, facts in enumerate(made)}
        for family in FAMILIES
    }
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as platform,
    ):
        for family, random in zip(FAMILIES, (None, Random(5)), strict=True):
            await platform.import_rows("units", unit_rows(family))
            await platform.import_rows("supervision", supervision_rows(family))
            await Recording(platform, random).record(families[family])
        await platform.settled()
        yield Recorded(platform, families)


def _cell(draft: NaiveDraft, number: int) -> Key:
    facts, unit = draft.facts, draft.unit_code
    return unit[:4], unit, facts.instrument.value, facts.regime.value, draft.opening_year(number)


def _counted(drafts: Mapping[str, DraftFacts], day: date, period: Period | None) -> dict[Key, Counts]:
    listed_naive_counts = naive_counts(drafts.values(), is_working, day, period, _cell)
    return {key: counts for key, counts in listed_naive_counts.items() if isinstance(key, tuple)}


def _summed(cells: Mapping[Key, Counts], key_of: Callable[[Key], Any]) -> dict[Any, dict[str, int]]:
    sums: dict[Any, dict[str, int]] = {}
    for key, counts in cells.items():
        total = sums.setdefault(key_of(key), {})
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return sums


def _figures(counts: Counts) -> dict[str, Any]:
    """Write counts as the contract does."""
    of = {name: counts.get(name, 0) for name in PLAIN}
    judged = of["met"] + of["missed"]

    def share(name: str, whole: int) -> float | None:
        return counts.get(name, 0) / whole if whole else None

    unjudged = ("pending", "not_opened", "closed_unopened", "exempt", "ended")
    return of | {
        "judged": judged,
        "policies": judged + sum(of[name] for name in unjudged),
        "rate_plan": share("begun", judged),
        "rate_plan_low": share("begun", judged + of["closed_unopened"]),
        "rate_plan_drafts": share("drafts_plan", of["drafts_judged"]),
        "rate_full": share("met", judged),
        "rate_on_time": share("on_time", judged),
        "rate_any": share("any_communication", judged),
        "rate_from_start": share("from_start", judged),
        "rate_occurrences": share("occurrences_covered", counts.get("occurrences_judged", 0)),
    }


def _figures_of(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: group[name] for name in _figures({})}


KEY_OF: Mapping[str, Callable[[Key], Any]] = {
    "unit": lambda key: key[1],
    "level": lambda key: LEVELS[key[1][5:]],
    "instrument": lambda key: key[2],
    "regime": lambda key: key[3],
    "year": lambda key: key[4],
}


def _periods(day: date) -> list[tuple[dict[str, Any], Period | None]]:
    """Ask without a period, for a reporting year, and for spans about the day, one of them to come."""
    year = year_period(day.year)
    spans = [
        (day - timedelta(days=100), day),
        (day - timedelta(days=400), day - timedelta(days=150)),
        (day + timedelta(days=1), day + timedelta(days=90)),
    ]
    return [
        ({}, None),
        ({"year": day.year}, (year.from_day, year.to_day)),
        *(({"from": first.isoformat(), "to": last.isoformat()}, (first, last)) for first, last in spans),
    ]


def test_the_days_are_spread_over_the_data(recorded: Recorded) -> None:
    first, last = span(recorded.drafts)
    assert sum(first <= day <= last for day in DAYS) >= 22
    assert any(day.weekday() >= 5 for day in DAYS)
    late = [entry.resumed for facts in recorded.drafts.values() for entry in facts.entries]
    assert sum(late) >= 5, "too little was resumed to say anything"


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_compliance_agrees(recorded: Recorded, day: date) -> None:
    for query, period in _periods(day):
        cells = recorded.cells(day, period)
        whole = _summed(cells, lambda _: None).get(None, {})
        assert {k: _figures_of(g) for k, g in (await recorded.groups(day, **query)).items()} == {
            None: _figures(whole)
        }
        for group_by in GROUPS if period is None or "year" in query else GROUPS[::4]:
            groups = await recorded.groups(day, group_by=group_by, **query)
            expected = _summed(cells, KEY_OF[group_by])
            assert {k: _figures_of(g) for k, g in groups.items()} == {
                k: _figures(c) for k, c in expected.items()
            }
            for name in PLAIN:
                assert sum(group[name] for group in groups.values()) == whole.get(name, 0)


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_both_orders_of_recording_agree(recorded: Recorded, day: date) -> None:
    for query, period in _periods(day):
        for family in FAMILIES:
            cells = recorded.cells(day, period, family)
            below = {"unit": family, "include_descendants": True, **query}
            groups = await recorded.groups(day, **below)
            assert _figures_of(groups[None]) == _figures(_summed(cells, lambda _: None).get(None, {}))


async def test_periods_that_begin_or_end_on_a_turning_day_agree(recorded: Recorded) -> None:
    """A window is half-open: the day on which it closes is no longer of it, the day it opens is."""
    entries = [entry for facts in recorded.families["VN-A"].values() for entry in facts.entries]
    days = sorted({entry.entered_on for entry in entries if entry.stage in CLOSING_BY_LAW | ENDS | OPENING})
    for day in days[::2]:
        for first, last in ((day, day + timedelta(days=30)), (day - timedelta(days=30), day)):
            groups = await recorded.groups(DAYS[-1], **{"from": first.isoformat(), "to": last.isoformat()})
            whole = _summed(recorded.cells(DAYS[-1], (first, last)), lambda _: None).get(None, {})
            assert _figures_of(groups[None]) == _figures(whole), (first, last)


@pytest.mark.parametrize("day", DAYS[::5], ids=str)
async def test_a_unit_alone_agrees(recorded: Recorded, day: date) -> None:
    for query, period in _periods(day):
        of_units = _summed(recorded.cells(day, period), lambda key: key[1])
        for code, counts in of_units.items():
            alone = await recorded.groups(day, unit=code, **query)
            assert _figures_of(alone[None]) == _figures(counts)


def _area(code: str, day: date) -> set[str]:
    """Read the area of a unit from the rows, naively."""
    units = [
        UnitRegistered(
            unit_code=row["code"],
            unit_name=row["name"],
            **{k: row.get(k) for k in ("level", "kind", "parent_code")},
        )
        for family in FAMILIES
        for row in unit_rows(family)
    ]
    supervisions = [
        UnitSupervisionSet(
            unit_code=row["unit_code"],
            supervisor_code=None if row["supervisor_code"] == "-" else row["supervisor_code"],
            kind=row["kind"],
            on=row["from"],
        )
        for family in FAMILIES
        for row in supervision_rows(family)
    ]
    return NaiveAreas([*units, *supervisions], day).area(code)


@pytest.mark.parametrize("day", DAYS[::3], ids=str)
async def test_an_area_of_supervision_agrees(recorded: Recorded, day: date) -> None:
    for query, period in _periods(day):
        effective = min(day, period[1]) if period else day
        for code in (f"{family}-{unit}" for family in FAMILIES for unit in LEVELS):
            area = _area(code, effective)
            cells = {key: counts for key, counts in recorded.cells(day, period).items() if key[1] in area}
            groups = await recorded.groups(day, area_of=code, **query)
            assert _figures_of(groups[None]) == _figures(_summed(cells, lambda _: None).get(None, {})), code
            both = await recorded.groups(day, area_of=code, unit=f"{FAMILIES[0]}-BTP", **query)
            own = {key: counts for key, counts in cells.items() if key[1] == f"{FAMILIES[0]}-BTP"}
            assert _figures_of(both[None]) == _figures(_summed(own, lambda _: None).get(None, {})), code


@pytest.mark.parametrize("day", DAYS[::2], ids=str)
async def test_gaps_of_an_area_agree(recorded: Recorded, day: date) -> None:
    everywhere = await recorded.gaps(day)
    for code in (f"{family}-{unit}" for family in FAMILIES for unit in LEVELS):
        area = _area(code, day)
        assert await recorded.gaps(day, area_of=code) == [
            gap for gap in everywhere if gap["unit_code"] in area
        ]


async def test_there_were_areas_to_compare(recorded: Recorded) -> None:
    gaps = [await recorded.gaps(day, area_of=f"VN-A-{unit}") for day in DAYS[::2] for unit in LEVELS]
    assert sum(map(bool, gaps)) > 5


def _gap(facts_of: Mapping[str, DraftFacts], day: date) -> list[tuple[Any, ...]]:
    gaps = []
    for code, facts in facts_of.items():
        for gap in naive_gaps([facts], is_working, day):
            dates = gap.since.isoformat(), gap.due_on.isoformat()
            state = gap.state, gap.overdue_working_days
            gaps.append((code, gap.stage, *dates, gap.unit_code, list(gap.policies), *state))
    return sorted(gaps)


GAP = ["draft_code", "stage", "since", "due_on", "unit_code", "policies", "state", "overdue_working_days"]


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_gaps_agree(recorded: Recorded, day: date) -> None:
    gaps = await recorded.gaps(day)
    assert sorted(tuple(gap[name] for name in GAP) for gap in gaps) == _gap(recorded.drafts, day)
    for family in FAMILIES:
        below = await recorded.gaps(day, unit=family, include_descendants=True)
        mine = sorted(tuple(gap[name] for name in GAP) for gap in below)
        assert mine == _gap(recorded.families[family], day)


def _members(facts_of: Mapping[str, DraftFacts]) -> list[Member]:
    """Give communications as counts take them, by the naive reading; all of them are activities of their own."""
    return [
        Member(
            communication_id=held.communication_id,
            position=0,
            draft_code=code,
            instrument=facts.instrument,
            scope=Answer(scope_of(facts)),
            unit_code=held.unit_code or lead_on(facts, held.held_on),
            role=CommunicationRole(role_in(facts, held)),
            channel=held.channel,
            held_on=held.held_on,
            precision=held.precision,
        )
        for code, facts in facts_of.items()
        for held in facts.communications
    ]


@pytest.mark.parametrize("day", DAYS[::5], ids=str)
async def test_counts_agree(recorded: Recorded, day: date) -> None:
    members = _members(recorded.drafts)
    client = recorded.platform.services["metrics"].client
    year = year_period(day.year)
    for group_by, scope in [(by, None) for by in CountBy] + [(CountBy.UNIT, "yes")]:
        query = {"as_of": day.isoformat(), "year": str(day.year), "group_by": group_by}
        answer = await client.get("/counts", params=query | ({"in_scope": scope} if scope else {}))
        assert answer.status_code == 200, answer.text
        groups = {group["key"]: group for group in answer.json()["groups"]}
        for shift, part in ((0, None), (1, "year_before")):
            span_of = tuple(bound.replace(year=bound.year - shift) for bound in (year.from_day, year.to_day))
            then = naive_year_before(day) if shift else day
            naive = naive_published(members, then, span_of, scope=scope, by=group_by)  # type: ignore[arg-type]
            shown = {key: group[part] if part else group for key, group in groups.items()}
            counted = {key: {n: of[n] for n in PUBLISHED} for key, of in shown.items() if of["activities"]}
            assert counted == naive, (group_by, part)


async def test_there_were_gaps_to_compare(recorded: Recorded) -> None:
    assert sum([len(await recorded.gaps(day)) for day in DAYS]) > 60


async def test_every_gap_id_is_the_entry_that_began_its_stage(recorded: Recorded) -> None:
    for gap in await recorded.gaps(DAYS[-2]):
        history = await recorded.platform.registry.client.get(f"/drafts/{gap['draft_code']}/history")
        entries = {event["event_id"]: event for event in history.json()["events"]}
        assert entries[gap["gap_id"]]["data"]["stage"] == gap["stage"]


async def test_changed_verdicts_are_those_of_the_coverage(recorded: Recorded) -> None:
    client = recorded.platform.services["metrics"].client
    day = DAYS[10].isoformat()
    drafts: list[dict[str, Any]] = []
    query: dict[str, Any] = {"as_of": day, "limit": 7}
    while True:
        page = (await client.get("/verdicts", params=query)).json()
        drafts += page["drafts"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(draft["draft_code"] for draft in drafts) == sorted(recorded.drafts)
    assert [draft["changed_at"] for draft in drafts] == sorted(draft["changed_at"] for draft in drafts)
    for draft in drafts[::9]:
        coverage = await client.get(f"/drafts/{draft['draft_code']}/coverage", params={"as_of": day})
        shown = [
            {name: policy[name] for name in draft["policies"][0]} for policy in coverage.json()["policies"]
        ]
        assert (draft["policies"], draft["unit_code"]) == (shown, coverage.json()["unit_code"])
    middle = drafts[len(drafts) // 2]["changed_at"]
    later = (
        await client.get("/verdicts", params={"as_of": day, "changed_after": middle, "limit": 500})
    ).json()
    assert [draft["changed_at"] for draft in later["drafts"]] == [
        draft["changed_at"] for draft in drafts if draft["changed_at"] > middle
    ]
    none = (await client.get("/verdicts", params={"changed_after": page["position"]})).json()
    assert (none["drafts"], none["next"], none["position"]) == ([], None, page["position"])
