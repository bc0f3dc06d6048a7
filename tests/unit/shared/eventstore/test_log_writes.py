"""What the last append and the monitoring endpoints show about a broker that answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import nats.errors
import pytest
from nats.js.api import StreamConfig, StreamInfo, StreamState

from shared.eventstore.jetstream import CONTRADICTED_SECONDS, DOUBTED_SECONDS, LogWrites
from tests.support.timing import waiting_seconds


@dataclass
class Connection:
    """Answers for its log while it has a leader."""

    is_connected: bool = True
    stats: dict[str, int] = field(default_factory=lambda: {"reconnects": 0})
    has_leader: bool = True
    last: int = 1

    def jetstream(self, **_: Any) -> "Connection":
        return self

    async def stream_info(self, _: str) -> StreamInfo:
        if not self.has_leader:
            raise nats.errors.NoRespondersError
        return StreamInfo(
            config=StreamConfig(num_replicas=3),
            state=StreamState(messages=1, bytes=1, first_seq=1, last_seq=self.last, consumer_count=0),
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def monitor(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


WELL = (200, b'{"status":"ok"}')
FULL = (503, b'{"status":"unavailable","error":"write error: no space left on device"}')


def writes(*monitors: str) -> tuple[LogWrites, Connection, Clock]:
    connection, clock = Connection(), Clock()
    return LogWrites(connection, monitors, clock), connection, clock  # type: ignore[arg-type]  # what is used of it


async def test_without_any_append_it_is_ok_while_connected() -> None:
    log_writes, connection, _ = writes()
    assert (await log_writes.probe()).ok
    connection.is_connected = False
    assert (await log_writes.probe()).detail == "not connected"


async def test_a_failed_append_counts_until_one_succeeds() -> None:
    log_writes, _, _ = writes()
    log_writes.failed("timeout")
    check = await log_writes.probe()
    assert not check.ok
    assert "the last append failed: timeout" in check.detail
    log_writes.succeeded()
    assert (await log_writes.probe()).ok


async def test_a_new_connection_and_time_end_the_doubt() -> None:
    log_writes, connection, clock = writes()
    log_writes.failed("timeout")
    connection.stats["reconnects"] = 1
    assert (await log_writes.probe()).ok
    log_writes.failed("timeout")
    clock.seconds = DOUBTED_SECONDS + 1
    assert (await log_writes.probe()).ok


async def test_an_append_that_no_node_took_counts_until_there_is_a_leader() -> None:
    cluster = Connection(has_leader=False)
    log_writes = LogWrites(cluster, (), Clock())  # type: ignore[arg-type]  # what is used of it
    log_writes.failed("no responders", without_leader=True)
    assert not (await log_writes.probe()).ok
    cluster.has_leader = True
    assert (await log_writes.probe()).ok


async def test_a_leader_says_nothing_of_an_append_that_it_left_unanswered() -> None:
    log_writes, _, _ = writes()
    log_writes.failed("timeout")
    assert not (await log_writes.probe()).ok
    assert not (await log_writes.probe()).ok


async def test_a_log_that_has_grown_since_takes_events() -> None:
    """A replica that stands by has nothing to append: it learns from what others append."""
    log_writes, connection, _ = writes()
    log_writes.failed("timeout")
    assert not (await log_writes.probe()).ok
    connection.last += 1
    assert (await log_writes.probe()).ok
    connection.has_leader = False
    log_writes.failed("timeout")
    connection.last += 1
    assert not (await log_writes.probe()).ok


async def test_an_append_that_failed_without_a_connection_says_nothing_about_the_broker() -> None:
    log_writes, connection, _ = writes()
    connection.is_connected = False
    log_writes.failed("not connected")
    connection.is_connected = True
    assert (await log_writes.probe()).ok


async def test_the_monitoring_endpoint_names_the_fault() -> None:
    with monitor(*FULL) as url:
        check = await writes(url)[0].probe()
    assert not check.ok
    assert "no space left on device: start the broker again" in check.detail


async def test_a_healthy_endpoint_contradicts_an_old_failure() -> None:
    with monitor(*WELL) as url:
        log_writes, _, clock = writes(url)
        log_writes.failed("timeout")
        assert not (await log_writes.probe()).ok
        clock.seconds = CONTRADICTED_SECONDS + 1
        assert (await log_writes.probe()).ok


@pytest.mark.parametrize(("full", "ok"), [(0, True), (1, True), (2, False), (3, False)])
async def test_of_a_cluster_the_majority_counts(full: int, ok: bool) -> None:
    with monitor(*FULL) as bad, monitor(*WELL) as good:
        assert (await writes(*[bad] * full, *[good] * (3 - full))[0].probe()).ok is ok


async def test_an_endpoint_that_does_not_answer_is_left_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, monitor(*FULL) as bad:
        nothing = f"http://127.0.0.1:{silent.getsockname()[1]}"
        probe = writes(nothing, "http://127.0.0.1:9")[0].probe
        assert (await probe()).ok
        assert await waiting_seconds(probe, 1.9) < 1.9
        assert not (await writes(nothing, bad)[0].probe()).ok
