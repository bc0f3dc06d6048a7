"""No command is acknowledged and no mail planned by a log that the rows don't come from, until an operator decides."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.contracts.event import unit_id
from tests.integration.log.replaced_log import (
    LOG_REPLACED,
    Store,
    closed,
    commands_go_on,
    created,
    grow,
    opened,
    record,
    recorded,
)
from tests.support.platform.service import Platform, eventually
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected

EVERY = ("registry", "campaigns", "metrics", "notifier")


async def test_an_older_log_is_refused_while_commands_and_ticks_go_on(
    whole_platform: Platform, store: Store
) -> None:
    """The log stays shorter than the rows, then another writer makes it longer: neither is taken for the old log."""
    await recorded(whole_platform, "A1", "A2")
    await store.copy()
    await recorded(whole_platform, "B1", "B2", "B3")
    async with commands_go_on(whole_platform) as answers:
        await eventually(lambda: _acknowledged(answers))
        await whole_platform.settled()
        await store.restore()
        before = len(answers)
        await closed(whole_platform, *EVERY)
        await grow(whole_platform.server, 40 + before)
        refused = len(answers) + 6
        await eventually(lambda: _is_longer(answers, refused))
        await closed(whole_platform, *EVERY)
    acknowledged = [answer for answer in answers[before + 2 :] if answer.status_code < 300]
    assert acknowledged == []
    assert {answer.json()["type"] for answer in answers[-4:]} == {LOG_REPLACED}


async def _acknowledged(answers: Sequence[object]) -> bool:
    return len(answers) > 5


async def _is_longer(answers: Sequence[object], length: int) -> bool:
    return len(answers) >= length


async def test_an_older_log_that_grew_before_anybody_looked_is_refused(
    platform: Platform, store: Store
) -> None:
    """Length alone would say that nothing happened."""
    await recorded(platform, "A1")
    await store.copy()
    await recorded(platform, "B1")
    await store.restore()
    await grow(platform.server, 5)
    await closed(platform, "registry", "campaigns")
    answer = await record(platform, "C1")
    assert (answer.status_code, answer.json()["type"]) == (503, LOG_REPLACED)
    assert set(answer.json()["messages"]) == {"vi", "en"}
    state = (await platform.registry.client.get("/log")).json()
    assert (state["state"], state["kind"]) == ("closed", "other_event")


async def test_an_empty_log_in_place_of_the_old_is_refused(platform: Platform, store: Store) -> None:
    await recorded(platform, "A1", "A2")
    await store.wipe()
    answers = await asyncio.gather(*(record(platform, f"N{n}") for n in range(20)))
    assert [answer.status_code for answer in answers] == [503] * 20
    await closed(platform, "registry", "campaigns")
    state = (await platform.registry.client.get("/log")).json()
    assert state["kind"] in {"other_stream", "no_stream"}


async def test_a_log_that_is_made_again_while_connected_is_refused(platform: Platform, store: Store) -> None:
    """No connection is lost: what a command appends stands before what is known, and isn't acknowledged."""
    await recorded(platform, "A1", "A2")
    await store.recreate()
    answers = [await record(platform, f"N{n}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [503] * 5
    await closed(platform, "registry", "campaigns")


async def test_a_service_whose_own_rows_match_refuses_for_the_others(
    platform: Platform, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Campaigns' rows end where the older log ends; those of the registry don't."""
    await recorded(platform, "A1")
    await store.copy()
    await recorded(platform)
    monkeypatch.setattr(platform.campaigns.app.state.runner, "_project", _project_nothing)
    await eventually(lambda: created(platform, "B1"))
    await platform.registry.settled(await platform.head())
    await store.restore()
    await closed(platform, "registry", "campaigns")
    state = (await platform.campaigns.client.get("/log")).json()
    assert (state["kind"], list(state["others"])) == (None, ["registry"])
    body = {"reason": "ghi nhầm"}
    answer = await platform.campaigns.client.post(f"/communications/{unit_id('X')}/retract", json=body)
    assert (answer.status_code, answer.json()["type"]) == (503, LOG_REPLACED)


async def _project_nothing(*_: object) -> None:
    await asyncio.Event().wait()


async def test_the_right_log_back_in_place_opens_the_fence(platform: Platform, store: Store) -> None:
    await recorded(platform, "A1")
    await store.copy("older")
    await recorded(platform, "B1")
    await store.copy("right")
    await store.restore("older")
    await closed(platform, "registry", "campaigns")
    await store.restore("right")
    await opened(platform)
    await recorded(platform, "C1")


@pytest.mark.parametrize("stream", ["LOA_TICKS", "KV_LOA_ANSWERS"])
async def test_other_streams_may_be_purged(platform: Platform, stream: str) -> None:
    await recorded(platform, "A1")
    async with connected(platform.server, "operator") as operator:
        await operator.jetstream().purge_stream(stream)
    await recorded(platform, "A2")
    await opened(platform)


async def test_fresh_databases_on_an_old_log_are_fine(platform: Platform, new_database: NewDatabase) -> None:
    await recorded(platform, "A1", "A2")
    platform.databases["registry"] = await new_database("registry")
    async with platform.another("registry") as fresh:
        await fresh.settled(await platform.head())
        answer = await fresh.client.post("/units", json=small_office.unit("A3"))
        assert answer.status_code < 300
        assert (await fresh.client.get("/log")).json()["state"] == "open"


async def test_a_restart_of_the_broker_is_no_other_log(platform: Platform) -> None:
    await recorded(platform, "A1")
    await platform.server.stop()
    await platform.server.start()
    await recorded(platform, "A2")
    await opened(platform)
