"""The store on a real broker: the common behaviour, and what only a broker can do to us."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.errors import APIError

from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import OPERATOR
from shared.contracts.envelope import AggregateRef, Catalog, NewEvent
from shared.eventstore import log_reader as reading
from shared.eventstore.handle import NOTHING, EventStore, Version, VersionConflict
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.runtime import new_id
from tests.integration.eventstore.suite import EventStoreSuite, draft, policies, retitled
from tests.support.servers.engines import connected


@pytest.fixture
async def registry(nats_server: NatsServer) -> AsyncIterator[Client]:
    async with connected(nats_server, "registry") as nc:
        yield nc


class TestJetStreamEventStore(EventStoreSuite):
    drops_ids_seen_elsewhere = True

    @pytest.fixture
    def store(self, registry: Client) -> EventStore:
        return JetStreamEventStore(registry)

    def reading(self, store: EventStore, catalog: Catalog) -> EventStore:
        assert isinstance(store, JetStreamEventStore)
        return JetStreamEventStore(store.nc, catalog)

    async def write(self, store: EventStore, ref: AggregateRef, name: str, payload: bytes) -> None:
        assert isinstance(store, JetStreamEventStore)
        await store.nc.jetstream().publish(f"loa.{ref.context}.{ref.id}.{name}", payload, stream=EVENTS)


class LosesAcknowledgements:
    """A connection on which the broker's last answer gets lost, after the broker did its work."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nc, name)

    async def request(self, *args: Any, **options: Any) -> Any:
        answer = await self._nc.request(*args, **options)
        if answer.data:
            raise nats.errors.TimeoutError
        return answer


@pytest.mark.parametrize("count", [1, 3])
async def test_an_append_whose_acknowledgement_is_lost_succeeds(registry: Client, count: int) -> None:
    unlucky: Any = LosesAcknowledgements(registry)
    ref = draft()
    version = await JetStreamEventStore(unlucky).append(ref, NOTHING, policies(count))
    assert version == (await JetStreamEventStore(registry).load(ref)).version
    assert version.count == count


async def test_an_append_that_another_overtook_conflicts_also_if_the_refusal_is_lost(
    registry: Client,
) -> None:
    """Not "perhaps later": the same append can never succeed, so it must be decided anew."""
    unlucky: Any = LosesAcknowledgements(registry)
    ref = draft()
    await JetStreamEventStore(registry).append(ref, NOTHING, policies(1))
    with pytest.raises(VersionConflict):
        await JetStreamEventStore(unlucky).append(ref, NOTHING, policies(1))


class IsBehind:
    """A connection on which the first questions are answered by a broker whose log still ends at a position."""

    def __init__(self, nc: Client, end: int, times: int) -> None:
        self._nc, self._end, self.times = nc, end, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nc, name)

    async def publish(self, subject: str, payload: bytes, **options: Any) -> None:
        query = json.loads(payload) if subject == f"$JS.API.DIRECT.GET.{EVENTS}" else {}
        if "multi_last" in query and self.times:
            self.times -= 1
            payload = json.dumps(query | {"up_to_seq": self._end}).encode()
        await self._nc.publish(subject, payload, **options)


async def behind(registry: Client, times: int = 3) -> Any:
    return IsBehind(registry, (await stream_state(registry.jetstream())).last or 1, times)


@pytest.mark.parametrize("count", [1, 3])
async def test_what_was_just_written_is_read_whichever_broker_answers(registry: Client, count: int) -> None:
    nc, ref = await behind(registry), draft()
    store = JetStreamEventStore(nc)
    version = await store.append(ref, NOTHING, policies(count))
    assert (await store.load(ref)).version == version
    assert nc.times == 0


async def test_a_write_of_another_process_is_read_at_its_position(registry: Client) -> None:
    nc, ref = await behind(registry), draft()
    version = await JetStreamEventStore(registry).append(ref, NOTHING, policies(2))
    store = JetStreamEventStore(nc)
    await store.reach(version.position)
    assert (await store.load(ref)).version == version
    assert nc.times == 0


async def test_an_unreadable_event_does_not_hinder_reading_other_aggregates(registry: Client) -> None:
    """Each read asks for the newest event that the process knows of, too; it is not decoded."""
    store, ref = JetStreamEventStore(registry), draft()
    version = await store.append(ref, NOTHING, policies(2))
    subject = f"loa.draft.{draft().id}.retitled"
    written = await registry.jetstream().publish(subject, b"{}", stream=EVENTS)
    await store.reach(written.seq)
    assert (await store.load(ref)).version == version


async def test_a_place_that_the_log_does_not_have_is_not_waited_for_for_ever(registry: Client) -> None:
    store = JetStreamEventStore(registry, timeout=0.2)
    with pytest.raises(TransientError, match="position"):
        await store.reach(1 << 40)
    assert (await store.load(draft())).version == NOTHING


async def test_a_lagging_broker_is_a_transient_error(registry: Client) -> None:
    nc, ref = await behind(registry, 1000), draft()
    store = JetStreamEventStore(nc, timeout=0.2)
    await store.append(ref, NOTHING, [retitled("một")])
    with pytest.raises(TransientError, match="position"):
        await store.load(ref)


async def test_after_a_while_the_log_is_read_as_it_is(
    registry: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another log may be in its place by then."""
    nc, ref = await behind(registry, 1), draft()
    store = JetStreamEventStore(nc, timeout=0.2)
    await store.append(ref, NOTHING, [retitled("một")])
    monkeypatch.setattr(reading, "LASTING_SECONDS", 0.0)
    assert (await store.load(ref)).version == NOTHING
    assert (await store.load(ref)).version.count == 1


@pytest.mark.parametrize("count", [1, 3])
async def test_a_retry_after_the_duplicate_window_is_recognized(new_nats: NatsServer, count: int) -> None:
    async with connected(new_nats, OPERATOR) as operator, connected(new_nats, "registry") as nc:
        await operator.jetstream().update_stream((await _config(operator)).evolve(duplicate_window=0.1))
        store, ref, events = JetStreamEventStore(nc), draft(), policies(count)
        version = await store.append(ref, NOTHING, events)
        await _window_passed(nc)
        assert await store.append(ref, NOTHING, events) == version
        assert (await store.load(ref)).version == version


async def test_small_pages_give_the_same_history(registry: Client) -> None:
    ref = draft()
    await JetStreamEventStore(registry).append(ref, NOTHING, policies(10))
    whole = await JetStreamEventStore(registry).load(ref)
    for page in (1, 3, 5, 10, 11):
        assert await JetStreamEventStore(registry, page=page).load(ref) == whole


async def test_a_broker_that_is_away_is_a_passing_trouble(new_nats: NatsServer) -> None:
    async with connected(new_nats, "registry", error_cb=_ignore, reconnect_time_wait=0.05) as nc:
        store, ref, events = JetStreamEventStore(nc, timeout=0.2), draft(), [retitled("một")]
        await new_nats.stop()
        with pytest.raises(TransientError):
            await store.load(ref)
        with pytest.raises(TransientError):
            await store.append(ref, NOTHING, events)
        await new_nats.start()
        version = await _as_soon_as_it_can(store, ref, events)
        assert (await store.load(ref)).version == version
        assert version.count == 1


async def test_what_was_acknowledged_survives_a_kill(new_nats: NatsServer) -> None:
    ref = draft()
    async with connected(new_nats, "registry") as nc:
        version = await JetStreamEventStore(nc).append(ref, NOTHING, policies(3))
    new_nats.engine.kill()
    await new_nats.start()
    async with connected(new_nats, "registry") as nc:
        assert (await JetStreamEventStore(nc).load(ref)).version == version


async def test_an_event_too_large_for_the_broker_is_refused_for_good(registry: Client) -> None:
    ref, text = draft(), "x" * 1_100_000
    with pytest.raises(PermanentError, match="append_refused"):
        await JetStreamEventStore(registry).append(ref, NOTHING, [retitled(text)])
    assert (await JetStreamEventStore(registry).load(ref)).version == NOTHING


async def test_a_batch_of_which_a_part_is_too_large_leaves_nothing(registry: Client) -> None:
    ref = draft()
    events = [*policies(2), retitled("x" * 1_100_000), retitled("cuối")]
    with pytest.raises(PermanentError, match="append_refused"):
        await JetStreamEventStore(registry).append(ref, NOTHING, events)
    assert (await JetStreamEventStore(registry).load(ref)).version == NOTHING


async def test_another_services_write_is_not_believed(nats_server: NatsServer) -> None:
    async with connected(nats_server, "metrics", error_cb=_ignore) as nc:
        ref = draft()
        with pytest.raises(TransientError):
            await JetStreamEventStore(nc, timeout=0.3).append(ref, NOTHING, [retitled("một")])
        assert (await JetStreamEventStore(nc).load(ref)).version == NOTHING


async def test_the_log_can_be_neither_purged_nor_shortened(nats_server: NatsServer) -> None:
    async with connected(nats_server, OPERATOR) as nc:
        js = nc.jetstream()
        with pytest.raises(APIError):
            await js.purge_stream(EVENTS)
        with pytest.raises(APIError):
            await js.delete_msg(EVENTS, 1)


async def test_a_duplicate_id_of_another_aggregate_is_a_conflict_in_a_batch_too(registry: Client) -> None:
    store, event = JetStreamEventStore(registry), retitled("một")
    await store.append(draft(), NOTHING, [event])
    other = draft()
    with pytest.raises(VersionConflict):
        await store.append(other, NOTHING, [*policies(1), event])
    assert (await store.load(other)).version == NOTHING


async def _config(nc: Client) -> Any:
    return (await nc.jetstream().stream_info(EVENTS)).config


async def _as_soon_as_it_can(store: EventStore, ref: AggregateRef, events: list[NewEvent]) -> Version:
    deadline = time.monotonic() + 20
    while True:
        try:
            return await store.append(ref, NOTHING, events)
        except TransientError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)


async def _window_passed(nc: Client) -> None:
    """Wait until the broker has forgotten an id that it saw after those of the test."""
    js, subject, headers = nc.jetstream(), f"loa.draft.{new_id()}.probe", {"Nats-Msg-Id": str(new_id())}
    await js.publish(subject, headers=headers)
    deadline = time.monotonic() + 20
    while (await js.publish(subject, headers=headers)).duplicate:
        assert time.monotonic() < deadline


async def _ignore(_: Exception) -> None:
    """The client's own report of what the test provokes."""
