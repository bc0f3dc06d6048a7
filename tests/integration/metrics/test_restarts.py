"""Metrics stopped, rebuilt, doubled and given other rules: the log never hears a thing twice."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.local.keys.keyring import Keyring
from services.metrics.adapters.projection.records import MetricsProjection
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.vocabulary import Role
from shared.eventstore.handle import Version
from shared.eventstore.jetstream import JetStreamEventStore
from shared.projections import projector, rebuild
from shared.rules.rulebook.rulebook import DayKind, load_rulebook
from tests.integration.metrics.office import Office, ago, announced, gap_of, names, quiet, today
from tests.integration.metrics.recording import Recording, led_below, unit_rows
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.samples import small_office
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer

Append = Callable[[JetStreamEventStore, AggregateRef, Version, list[NewEvent]], Awaitable[Version]]


@pytest.fixture
async def platform(
    new_nats: Any, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    """Registry and campaigns; metrics has a database and comes up when a test wants it."""
    async with open_platform(new_nats, keys, token_issuer, new_database, "registry", "campaigns") as opened:
        opened.databases["metrics"] = await new_database("metrics")
        yield opened


@asynccontextmanager
async def metrics(platform: Platform, **changes: Any) -> AsyncIterator[Api]:
    """Run metrics as the platform's own until the block ends."""
    async with platform.another("metrics", **changes) as api:
        platform.services["metrics"] = api
        try:
            yield api
        finally:
            del platform.services["metrics"]


async def record_some(platform: Platform) -> None:
    """Record drafts at random, two that wait for communication today, and one of 2023 that is over."""
    made = random_drafts(99, 12)
    await platform.import_rows("units", unit_rows("VN-A"))
    await Recording(platform).record(
        {f"R-{number}": led_below("VN-A", item) for number, item in enumerate(made)}
    )
    for code in ("WAITS-1", "WAITS-2"):
        office = Office(platform, code)
        await office.open()
        await office.enter("draft_consultation", ago(2))
    await Office(platform, "WAITS-2").communicate(ago(1), 1)
    over = [
        ("policy_consultation", "2023-01-09"),
        ("draft_consultation", "2023-03-01"),
        ("adopted", "2023-06-15"),
    ]
    await Office(platform, "OVER").open()
    await platform.import_rows("stages", [small_office.stage("OVER", stage, on) for stage, on in over])
    await platform.import_rows("communications", [small_office.communication("OVER", "2023-03-09")])


async def tables(platform: Platform) -> dict[str, list[str]]:
    """Give every table as text, sorted."""
    connection = await asyncpg.connect(platform.databases["metrics"])
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            name: [row[0] for row in await connection.fetch(f'SELECT t::text FROM "{name}" t ORDER BY 1')]
            for (name,) in rows
        }
    finally:
        await connection.close()


async def rebuilt(platform: Platform, api: Api) -> dict[str, list[str]]:
    await api.rebuild()
    await api.settled(await platform.head())
    return await tables(platform)


async def test_history_recorded_while_metrics_was_away_announces_what_is_open_today(
    platform: Platform,
) -> None:
    await record_some(platform)
    async with metrics(platform):
        await quiet(platform)
        words = await announced(platform)
        assert set(names(words)) <= {"gap_opened", "gap_changed"}
        open_now = await platform.services["metrics"].client.get("/gaps")
        codes = {gap["draft_code"] for gap in open_now.json()["gaps"]}
        assert {gap_of(event).draft_code for event in words} == codes
        assert {"WAITS-1", "WAITS-2"} <= codes
        assert "OVER" not in codes


async def test_restarts_and_rebuilds_announce_nothing_and_give_the_same_rows(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record_some(platform)
    async with metrics(platform) as api:
        await quiet(platform)
        head, before = await platform.head(), await tables(platform)
        assert await rebuilt(platform, api) == before
    for batch in (1, 7):
        monkeypatch.setattr(rebuild, "BATCH", batch)
        async with metrics(platform) as api:
            assert await rebuilt(platform, api) == before
            assert all(table["same"] for table in (await api.verify())["tables"])
    assert await platform.head() == head


async def test_a_runner_that_is_cancelled_again_and_again_gives_the_same_rows(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record_some(platform)
    async with metrics(platform):
        await quiet(platform)
        head, before = await platform.head(), await tables(platform)
    monkeypatch.setattr(projector, "BATCH", 10)
    connection = await asyncpg.connect(platform.databases["metrics"])
    await connection.execute("UPDATE projection_checkpoint SET position = 0")
    for name in before.keys() - {"projection_checkpoint", "alembic_version"}:
        await connection.execute(f'TRUNCATE "{name}"')
    await connection.close()
    for batches in (1, 2, 3):
        await _cancelled_after(batches, platform, monkeypatch)
    assert 0 < await _position(platform) < head
    async with metrics(platform) as api:
        await api.settled(head)
        assert await tables(platform) == before
        assert await platform.head() == head


async def _cancelled_after(batches: int, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel metrics when the rows of its n-th batch are written, but not committed."""
    apply, reached, seen = MetricsProjection.apply, asyncio.Event(), itertools.count(1)

    async def hang(projection: MetricsProjection, connection: Any, events: Any) -> None:
        await apply(projection, connection, events)
        if next(seen) == batches:
            reached.set()
            await asyncio.Event().wait()  # until it is cancelled

    with monkeypatch.context() as patch:
        patch.setattr(MetricsProjection, "apply", hang)
        async with platform.another("metrics"):
            await reached.wait()


async def _position(platform: Platform) -> int:
    connection = await asyncpg.connect(platform.databases["metrics"])
    try:
        position: int = await connection.fetchval("SELECT position FROM projection_checkpoint")
        return position
    finally:
        await connection.close()


async def test_two_processes_announce_once_and_the_standby_takes_over(platform: Platform) -> None:
    async with platform.another("metrics") as second:
        async with metrics(platform) as first:
            states = {(await api.projection())["state"] for api in (first, second)}
            assert states == {"running", "standby"}
            office = Office(platform, "SHARED")
            await office.open()
            await office.enter("draft_consultation", ago(1))
            assert names(await office.announcements(1)) == ["gap_opened"]
            await second.settled(await platform.head())
        platform.services["metrics"] = second
        await office.communicate(ago(0))
        assert names(await office.announcements(2)) == ["gap_opened", "gap_closed"]
        assert (await second.projection())["state"] == "running"


async def test_two_leaders_at_once_announce_once(platform: Platform, new_database: NewDatabase) -> None:
    """Each has a database of its own, so none stands by: they race, and the expected version decides."""
    office = Office(platform, "RACED")
    await office.open()
    async with (
        metrics(platform),
        platform.another("metrics", database_url=SecretStr(await new_database("metrics"))) as other,
    ):
        for number, stage in enumerate(("draft_consultation", "appraisal", "verification")):
            await office.enter(stage, ago(9 - number))
            words = await office.announcements(2 * number + 1)
        await other.settled(await platform.head())
        words = await office.announcements(5)
    of_gap = {event.ref.id: [w for w in words if w.ref == event.ref] for event in words}
    assert sorted(map(names, of_gap.values())) == [
        ["gap_opened"],
        ["gap_opened", "gap_closed"],
        ["gap_opened", "gap_closed"],
    ]
    assert all([w.aggregate_version for w in some] == [1, 2][: len(some)] for some in of_gap.values())


async def test_a_crash_between_event_and_row_announces_nothing_twice(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metrics is cancelled right after its append was taken: the event is in the log, no row knows it."""
    append: Append = JetStreamEventStore.append
    crashed = asyncio.Event()

    async def crash(
        store: JetStreamEventStore, ref: AggregateRef, expected: Version, events: list[NewEvent]
    ) -> Version:
        version = await append(store, ref, expected, events)
        if ref.context == "compliance" and not crashed.is_set():
            crashed.set()
            await asyncio.Event().wait()  # nothing more happens in this process, until it is ended
        return version

    monkeypatch.setattr(JetStreamEventStore, "append", crash)
    office = Office(platform, "CRASHED")
    await office.open()
    await office.enter("draft_consultation", ago(1))
    async with metrics(platform):
        await crashed.wait()
    rows = await tables(platform)
    assert (rows["announced_gap"], names(await announced(platform))) == ([], ["gap_opened"])
    async with metrics(platform):
        assert names(await office.announcements(1)) == ["gap_opened"]


def overrides(path: Path, first: int, last: int) -> Path:
    """Make an operator's calendar in which some days (counted from today) are off."""
    days = [ago(-number) for number in range(first, last)]
    path.write_text("day,kind,what,source\n" + "".join(f"{day},off,Nghỉ bù,1/QĐ\n" for day in days))
    return path


async def effect_of(api: Api, file: Path, as_of: str) -> dict[str, Any]:
    """Ask what a file would change, before it is taken."""
    files = [{"name": file.name, "text": await asyncio.to_thread(file.read_text)}]
    answer = await api.client.post("/rules/effect", json={"files": files, "as_of": as_of})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def shared_figures(foreseen: dict[str, Any], group: dict[str, Any]) -> bool:
    """Compare every count and rate that both answers give."""
    return all(foreseen[name] == group[name] for name in foreseen.keys() & group.keys())


async def test_procedures_of_an_operator_are_foreseen_and_refused_by_place(
    platform: Platform, tmp_path: Path
) -> None:
    office = Office(platform, "OWN")
    await office.open()
    await office.enter("draft_consultation", ago(40))
    row = {"regime": "law_2015", "instruments": ["law"], "procedure": "ordinary", "valid_from": "2016-07-01"}
    row |= {"not_required": ["draft_consultation"], "legal_basis": "1/QĐ"}
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"rows": [row]}))
    async with metrics(platform) as api:
        await quiet(platform)
        foreseen = await effect_of(api, own, ago(0))
        changed = {procedure["field"] for procedure in foreseen["procedures"]}
        assert changed >= {"not_required", "legal_basis"}
        assert foreseen["before"]["gaps"] > foreseen["after"]["gaps"] == 0
        own.write_text(json.dumps({"rows": [row | {"grace_working_days": -1}]}))
        files = [{"name": "own.json", "text": own.read_text()}]
        refused = await api.client.post("/rules/effect", json={"files": files})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:loa:problem:rules-not-taken")
        assert "own.json, rows[0].grace_working_days" in refused.json()["messages"]["en"]
        async with api.as_(Role.READER) as reader:
            assert (await reader.post("/rules/effect", json={"files": files})).status_code == 403
    own.write_text(json.dumps({"rows": [row]}))
    async with metrics(platform, rules_overrides=(own,)) as api:
        assert (await api.client.get("/gaps")).json()["gaps"] == [], "ready with the rules that it names"


async def test_another_calendar_changes_gaps_and_figures(platform: Platform, tmp_path: Path) -> None:
    office = Office(platform, "RULES")
    await office.open()
    async with metrics(platform) as api:
        await office.enter("draft_consultation", ago(0))
        (opened,) = await office.announcements(1)
        later = gap_of(opened).due_on.toordinal() - today().toordinal() + 2
        due = {"as_of": ago(-later)}
        coverage = (await api.client.get("/compliance", params=due)).json()
        assert coverage["groups"][0]["missed"] >= 2
        calendar = overrides(tmp_path / "tet.csv", 1, 40)
        foreseen = await effect_of(api, calendar, due["as_of"])
        assert shared_figures(foreseen["before"], coverage["groups"][0])
    async with metrics(platform, rules_overrides=(calendar,)) as api:
        events = await office.announcements(2)
        assert names(events) == ["gap_opened", "gap_changed"]
        before, after = gap_of(events[0]), gap_of(events[1])
        assert after.due_on > before.due_on
        assert after.rules_version == load_rulebook([calendar]).version != before.rules_version
        answer = (await api.client.get("/compliance", params=due)).json()
        assert answer["rules_version"] == after.rules_version
        assert answer["groups"][0]["missed"] == 0, "the figures follow the rules that they name"
        assert shared_figures(foreseen["after"], answer["groups"][0]), "what was foreseen has come"
        assert foreseen["rules_version_with"] == answer["rules_version"]
        assert foreseen["verdicts"] == [{"was": "missed", "becomes": "pending", "policies": 3}], "QUIET's too"
        gap = next(draft for draft in foreseen["drafts"] if draft["draft_code"] == "RULES")["gaps"][0]
        assert (gap["due_was"], gap["due"]) == (before.due_on.isoformat(), after.due_on.isoformat())
        head = await platform.head()
    async with metrics(platform, calendar_overrides=(calendar,)):
        await quiet(platform)
        assert len(await announced(platform, office.code)) == 2
    assert await platform.head() > head


async def test_rules_of_the_same_effect_announce_nothing(platform: Platform, tmp_path: Path) -> None:
    office = Office(platform, "SAME")
    await office.open()
    async with metrics(platform):
        await office.enter("draft_consultation", ago(0))
        await office.announcements(1)
    far = tmp_path / "far.csv"
    far.write_text(f"day,kind,what,source\n2099-05-04,{DayKind.OFF.value},Nghỉ,1/QĐ\n")
    async with metrics(platform, calendar_overrides=(far,)):
        assert names(await office.announcements(1)) == ["gap_opened"]
