"""The projector on real engines: rebuilt, killed, poisoned, standing by, on another log."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from nats.js import JetStreamContext
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from services.registry.adapters.tables import READ_MODEL, RETIRED
from shared.contracts.event import draft_id
from shared.eventstore import log_reader
from shared.eventstore.log_reader import EVENTS, StreamState, stream_state
from shared.messaging import faststream_broker
from shared.projections import rebuild as projections_rebuild
from shared.projections.batches import Feed
from shared.projections.projector import Runner
from shared.projections.rebuild import Purpose, ShadowRebuild
from shared.projections.rows import State
from tests.integration.registry.test_api import enter
from tests.support.platform.service import Api, Platform, create_app_of, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected, declare_streams, fresh_nats
from tests.support.servers.tokens import Issuer

# The names that migrations speak of.
DECLARED = {index.name for table in READ_MODEL for index in table.indexes} | {
    constraint.name
    for table in READ_MODEL
    for constraint in table.constraints
    if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
}
AWAKE = 8.0  # seconds from a thaw to an answer; the link would be given up after 15
DRAFTS = [f"D{n:03}" for n in range(30)]


@pytest.fixture
async def empty_platform(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    """Give a platform whose services a test starts and stops itself."""
    async with open_platform(new_nats, keys, token_issuer, new_database) as platform:
        platform.databases = {
            "registry": await new_database("registry"),
            "campaigns": await new_database("campaigns"),
        }
        yield platform


async def dump(platform: Platform, service: str = "registry") -> str:
    """Write out every row of a read model, in an order of its own."""
    connection = await asyncpg.connect(platform.databases[service])
    try:
        parts = []
        for table in READ_MODEL:
            rows = await connection.fetch(f'SELECT t::text AS row FROM "{table.name}" t ORDER BY 1')
            parts += [f"{table.name}: {row['row']}" for row in rows]
        return "\n".join(parts)
    finally:
        await connection.close()


async def fill(platform: Platform, api: Api) -> str:
    """Write some of everything, and give the rows that came of it."""
    platform.services["registry"] = api
    await platform.import_rows("units", [small_office.unit("BTP"), small_office.unit("BTC")])
    await platform.import_rows("drafts", [small_office.draft(code, "BTP", in_scope="yes") for code in DRAFTS])
    await platform.import_rows("policies", [small_office.policy(code, n) for code in DRAFTS for n in (1, 2)])
    days = {"drafting": "2024-01-08", "draft_consultation": "2024-02", "appraisal": "2024-03-04"}
    rows = [small_office.stage(code, name, on) for name, on in days.items() for code in DRAFTS]
    await platform.import_rows("stages", rows)
    await change(api, DRAFTS[0])
    await platform.settled()
    return await dump(platform)


async def change(api: Api, code: str) -> None:
    entry = (await api.client.get(f"/drafts/{code}")).json()["stages"][0]["entry_id"]
    correction = {"stage": "drafting", "entered_on": "2024-01-09"}
    await api.client.post(f"/drafts/{code}/stages/{entry}/correct", json=correction)
    await api.client.post(f"/drafts/{code}/title", json={"title": "Luật Nhà ở"})
    await api.client.put(f"/drafts/{code}/policies/1", json={"title": "Giá đất"})
    await api.client.delete(f"/drafts/{code}/policies/2")
    await api.client.post(f"/drafts/{code}/transfer", json={"to_unit_code": "BTC", "on": "2024-04-01"})
    await api.client.post("/units/BTC/rename", json={"name": "Bộ Tài chính", "on": "2024-01-01"})
    await api.client.post(f"/drafts/{code}/withdraw", json={"on": "2024-05-01"})


@asynccontextmanager
async def projecting(platform: Platform) -> AsyncIterator[Runner]:
    """Run the registry's projector alone, without its service; it is cut off at the end of the block."""
    settings = platform.settings("registry")
    runner: Runner = create_app_of("registry")(settings).state.runner
    await faststream_broker.connect(runner._client, settings, _nothing)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner._client.close()
        await runner._engine.dispose()


async def _nothing() -> None:
    """The connection may end: the test ended it."""


async def test_a_rebuild_gives_the_same_rows_to_the_byte_and_nobody_misses_one_meanwhile(
    empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections_rebuild, "BATCH", 7)
    async with empty_platform.another("registry") as api:
        before = await fill(empty_platform, api)
        assert before.count("\n") > 4 * len(DRAFTS)
        rebuilding, looks = asyncio.create_task(api.rebuild()), 0
        while not rebuilding.done():
            assert await dump(empty_platform) == before
            looks += 1
        await rebuilding
        assert looks > 5
        assert await dump(empty_platform) == before
        assert (await api.projection()) == {
            "projection": "registry",
            "state": "running",
            "position": await empty_platform.head(),
            "pending": 0,
            "halted_at": None,
            "problem": None,
            "rebuild": None,
        }
        assert await _indexes(empty_platform) == DECLARED


async def test_what_is_recorded_during_a_rebuild_is_in_both_and_shown_at_once(
    empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections_rebuild, "BATCH", 3)
    async with empty_platform.another("registry") as api:
        await fill(empty_platform, api)
        codes: list[str] = []
        rebuilding = asyncio.create_task(api.rebuild())
        while not rebuilding.done():
            codes.append(f"NEW-{len(codes)}")
            answer = await api.client.post("/drafts", json=small_office.draft(codes[-1], "BTP"))
            query = {"min_position": answer.headers["Loa-Position"], "q": codes[-1], "limit": "1"}
            answer_result = (await api.client.get("/drafts", params=query)).json()["items"]
            assert [draft["draft_code"] for draft in answer_result] == codes[-1:]
        await rebuilding
        assert len(codes) > 3
        await api.settled(await empty_platform.head())
        after = await dump(empty_platform)
        assert [code for code in codes if code not in after] == []
        await api.rebuild()
        assert await dump(empty_platform) == after


async def test_a_rebuild_that_is_killed_in_the_middle_is_finished_by_the_next(
    empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections_rebuild, "BATCH", 7)
    async with empty_platform.another("registry") as api:
        before = await fill(empty_platform, api)
    async with projecting(empty_platform) as runner:
        await runner.rebuild()
        rebuild = runner.shadow_rebuilds[Purpose.REBUILD]
        await eventually(lambda: _passed(rebuild, 20))
    assert await dump(empty_platform) == before
    async with projecting(empty_platform) as runner:
        rebuild = runner.shadow_rebuilds[Purpose.REBUILD]
        assert (await rebuild.progress()).position is not None
        await eventually(lambda: _passed(rebuild, None))
    assert await dump(empty_platform) == before


async def _passed(rebuild: ShadowRebuild, position: int | None) -> bool:
    now = (await rebuild.progress()).position
    return now is None if position is None else now is not None and now > position


async def test_rows_that_nobody_recorded_are_found(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as api:
        await fill(empty_platform, api)
        clean = await api.verify()
        connection = await asyncpg.connect(empty_platform.databases["registry"])
        await connection.execute("UPDATE draft SET title = 'Khác' WHERE draft_code = 'D003'")
        await connection.close()
        result = await api.verify()
        await api.rebuild()
        mended = await api.verify()
    assert clean["position"] == result["position"] == await empty_platform.head()
    assert [table["table"] for table in clean["tables"] if not table["same"]] == []
    assert [table["table"] for table in result["tables"] if not table["same"]] == ["draft"]
    assert mended == clean


async def test_a_poison_event_holds_a_rebuild_until_it_is_skipped_and_the_old_rows_stay(
    empty_platform: Platform,
) -> None:
    async with empty_platform.another("registry") as api:
        before = await fill(empty_platform, api)
        position = await publish(empty_platform, b"{ broken")
        await eventually(lambda: halted(api))
        await api.client.post("/projections/rebuild")

        async def held() -> bool:
            rebuild = (await api.projection())["rebuild"]
            return rebuild is not None and f"position {position}" in (rebuild["problem"] or "")

        await eventually(held)
        assert await dump(empty_platform) == before
        await api.client.post("/projections/skip", json={"position": position, "reason": "hỏng"})
        await eventually(api._is_rebuilt)
        await eventually(api.ready)
        assert await dump(empty_platform) == before


async def _indexes(platform: Platform) -> set[str]:
    connection = await asyncpg.connect(platform.databases["registry"])
    try:
        result = await connection.fetch(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename <> ALL($1)", RETIRED
        )
        return {name for (name,) in result if not name.startswith(("pk_projection", "pk_log_", "alembic"))}
    finally:
        await connection.close()


async def publish(platform: Platform, payload: bytes, name: str = "registered") -> int:
    """Write to the log what no command of ours would: with the registry's own rights."""
    async with connected(platform.server, "registry") as nc:
        subject = f"loa.draft.{draft_id('HONG')}.{name}"
        return int((await nc.jetstream().publish(subject, payload, stream=EVENTS)).seq)


async def halted(api: Api) -> bool:
    return await _is(api, State.HALTED)


@pytest.mark.parametrize("service", ["registry", "campaigns"])
async def test_a_poison_event_stops_the_projector_until_it_is_skipped(
    empty_platform: Platform, service: str
) -> None:
    async with (
        empty_platform.another("registry") as registry,
        empty_platform.another("campaigns") as campaigns,
    ):
        empty_platform.services = {"registry": registry, "campaigns": campaigns}
        api = empty_platform.services[service]
        await empty_platform.import_rows("units", [small_office.unit("BTP")])
        position = await publish(empty_platform, b"{ broken")
        await empty_platform.import_rows("drafts", [small_office.draft("SAU", "BTP")])
        await eventually(lambda: halted(api))
        status = await api.projection()
        assert (status["halted_at"], status["position"]) == (position, position - 1)
        ready = await api.client.get("/readyz")
        assert ready.status_code == 200  # a poison event takes no replica out of the balancer
        assert ready.json()["checks"]["projection"]["ok"] is False
        assert f"position {position}" in ready.json()["checks"]["projection"]["detail"]
        skipped = {"position": position, "reason": "hỏng"}
        assert (await api.client.post("/projections/skip", json=skipped)).status_code == 202
        await api.settled(await empty_platform.head())
        await eventually(api.ready)
        assert await _skips(empty_platform, service) == [(position, "hỏng", "operator/test-operator")]
    assert "SAU" in await dump(empty_platform) or service != "registry"


async def test_a_log_that_seemed_to_end_before_the_rows_is_followed_again_once_it_is_whole(
    empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was cut off from the others tells of its old end until it has heard of the new one."""
    cut_off = True

    async def stale_state(js: JetStreamContext) -> StreamState:
        state = await stream_state(js)
        return replace(state, last=state.last - 1) if cut_off else state

    async with empty_platform.another("registry") as api:
        await api.client.post("/units", json=small_office.unit("BTP"))
        await api.settled(await empty_platform.head())
        monkeypatch.setattr(log_reader, "stream_state", stale_state)
        await eventually(lambda: halted(api))
        cut_off = False
        await eventually(api.ready)
        await api.client.post("/units", json=small_office.unit("STP"))
        await api.settled(await empty_platform.head())


async def _skips(platform: Platform, service: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(platform.databases[service])
    try:
        query = "SELECT position, reason, skipped_by FROM projection_skipped_event"
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_commands_go_on_while_the_projector_is_stuck(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as api:
        await publish(empty_platform, b"null")
        await eventually(lambda: halted(api))
        assert (await api.client.post("/units", json=small_office.unit("BTP"))).status_code == 201
        assert (await api.client.post("/drafts", json=small_office.draft("MOI", "BTP"))).status_code == 201
        assert (await enter(api.client, "MOI", "drafting", "2024-01-08")).status_code == 201
        assert (await api.client.get("/drafts/MOI")).json()["stages"]


async def test_a_type_that_nobody_knows_is_passed_and_counted(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as api:
        await api.client.post("/units", json=small_office.unit("BTP"))
        await api.client.post("/drafts", json=small_office.draft("MOI", "BTP"))
        async with connected(empty_platform.server, "operator") as nc:
            raw = await nc.jetstream().get_msg(EVENTS, await empty_platform.head())
        changes = {"type": "vn.loa.draft.tomorrow.v1", "subject": f"draft/{draft_id('HONG')}"}
        document = orjson.loads(raw.data or b"") | changes
        position = await publish(empty_platform, orjson.dumps(document), "tomorrow")
        await api.settled(position)
        assert "vn.loa.draft.tomorrow.v1" in (await api.client.get("/metrics")).text


async def test_another_log_under_the_same_name_is_noticed(
    empty_platform: Platform, keys: Keyring, tmp_path: Path
) -> None:
    async with empty_platform.another("registry") as api:
        await fill(empty_platform, api)
    async with (
        fresh_nats(tmp_path / "other", keys) as other,
        empty_platform.another("registry", until_ready=False, nats_url=other.url) as api,
    ):
        await eventually(lambda: halted(api))
        detail = (await api.client.get("/readyz")).json()["checks"]["projection"]["detail"]
        assert "the rows come from the log made at" in detail
        assert "D000" in await dump(empty_platform)
        assert (await api.client.post("/projections/rebuild")).status_code == 503  # it would destroy the rows
        await api.client.post("/log/decision", json={"reason": "nhật ký mới"})
        await eventually(api.ready)
        assert await dump(empty_platform) == ""


async def test_a_log_that_is_replaced_while_its_reader_begins_is_read_as_what_it_is(
    empty_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restore puts a log in place of an empty one: what follows must not be kept as rows of the old one."""
    begin, replaced = Feed._begin, False

    async def replaced_first(feed: Feed) -> None:
        nonlocal replaced
        if not replaced:
            replaced = True
            async with connected(empty_platform.server, "operator") as nc:
                await nc.jetstream().delete_stream(EVENTS)
            await declare_streams(empty_platform.server)
        await begin(feed)

    monkeypatch.setattr(Feed, "_begin", replaced_first)
    async with empty_platform.another("registry") as api:
        await eventually(lambda: _registered(api))
        await api.settled(await empty_platform.head())
        assert replaced
    async with empty_platform.another("registry") as api:  # ready: the rows are of this log
        assert (await api.client.get("/units/BTP")).status_code == 200


async def _registered(api: Api) -> bool:
    return (await api.client.post("/units", json=small_office.unit("BTP"))).status_code in {200, 201}


async def test_who_stands_by_takes_over(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as second:
        async with empty_platform.another("registry") as first:
            states = {(await api.projection())["state"] for api in (first, second)}
            assert states == {"running", "standby"}
        # Whichever was active: one is gone now, and the other goes on by itself.
        await eventually(lambda: _is(second, State.RUNNING))
        async with empty_platform.another("registry") as third:
            await eventually(lambda: _is(third, State.STANDBY))
            made = await third.client.post("/units", json=small_office.unit("BTP"))
            query = {"min_position": made.json()["position"]}
            for api in (second, third):
                (item,) = (await api.client.get("/units", params=query)).json()["items"]
                assert item["unit_code"] == "BTP"


async def test_when_the_active_one_ends_the_other_projects(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as first:
        assert await first.ready()  # the tables are made
    async with projecting(empty_platform) as active:
        await eventually(lambda: _shows(active, State.RUNNING))
        async with empty_platform.another("registry") as standby:
            assert await _is(standby, State.STANDBY)
            made = await standby.client.post("/units", json=small_office.unit("BTP"))
            await standby.settled(made.json()["position"])
            assert await _is(standby, State.STANDBY)
            await active._client.close()
            await active._engine.dispose()
            await eventually(lambda: _is(standby, State.RUNNING))
            made = await standby.client.post("/units", json=small_office.unit("BTC"))
            await standby.settled(made.json()["position"])


async def test_who_only_stands_by_tells_how_much_is_not_in_the_rows_yet(
    empty_platform: Platform,
) -> None:
    async with empty_platform.another("registry") as first:
        assert await first.ready()  # the tables are made
    holder = await asyncpg.connect(empty_platform.databases["registry"])
    try:
        await holder.execute("SELECT pg_advisory_lock(hashtext('loa-projection-registry'))")
        async with empty_platform.another("registry") as standby:
            for code in ("BTP", "BTC"):
                assert (await standby.client.post("/units", json=small_office.unit(code))).is_success
            stale_state = await standby.projection()
            assert (stale_state["state"], stale_state["pending"]) == (
                State.STANDBY,
                await empty_platform.head(),
            )
            await holder.execute("SELECT pg_advisory_unlock_all()")
            await eventually(lambda: _is(standby, State.RUNNING))
            await standby.settled(await empty_platform.head())
            assert (await standby.projection())["pending"] == 0
    finally:
        await holder.close()


async def _is(api: Api, state: State) -> bool:
    return bool((await api.projection())["state"] == state)


async def _shows(runner: Runner, state: State) -> bool:
    return runner.status.state is state


async def test_a_broker_that_comes_back_is_read_on(empty_platform: Platform) -> None:
    async with empty_platform.another("registry") as api:
        await api.client.post("/units", json=small_office.unit("BTP"))
        await empty_platform.server.stop()
        answer = await api.client.post("/units", json=small_office.unit("BTC"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (await api.client.get("/units")).status_code == 200
        assert (await api.client.get("/readyz")).json()["checks"]["nats"]["ok"] is False
        await empty_platform.server.start()
        await eventually(api.ready)
        made = await api.client.post("/units", json=small_office.unit("BTC"))
        query = {"min_position": made.json()["position"]}
        answer_result = (await api.client.get("/units", params=query)).json()["items"]
        assert [unit["unit_code"] for unit in answer_result] == ["BTC", "BTP"]


async def test_a_broker_that_was_frozen_is_read_on_at_once(empty_platform: Platform) -> None:
    """Its connections stay open, and what was asked meanwhile is answered when nobody waits for it any more."""
    server = empty_platform.server.engine.pid
    async with empty_platform.another("registry") as api:
        os.kill(server, signal.SIGSTOP)
        try:
            for _ in range(3):
                assert not await api.ready()
            answer = await api.client.post("/units", json=small_office.unit("BTP"))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            assert (await api.client.get("/units")).status_code == 200
        finally:
            os.kill(server, signal.SIGCONT)
        await eventually(api.ready, AWAKE)
        made = await api.client.post("/units", json=small_office.unit("BTC"))
        query = {"min_position": made.json()["position"]}
        answer_result = (await api.client.get("/units", params=query)).json()["items"]
        assert "BTC" in [unit["unit_code"] for unit in answer_result]
