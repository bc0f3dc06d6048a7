"""A service as a process: it ends with 0 when it is told to, and writes JSON lines only, whatever the broker does."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import eventually
from tests.support.servers.engines import NewDatabase
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

CUT_SECONDS = 13.0
START_SECONDS = 90.0  # of a process that imports everything, on a machine that does other things too


@asynccontextmanager
async def process(
    service: str, server: NatsServer, keys: Keyring, issuer: Issuer, database: str, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a service as in production; its output goes into `log`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")} | {
        "LOA_NATS_URL": server.url,
        "LOA_NATS_SEED": keys.seed_file(service).read_text(),
        "LOA_DATABASE_URL": database,
        "LOA_JWKS": str(issuer.jwks),
        "LOA_PORT": str(free_port()),
        "LOA_MAIL_DIR": str(log.parent / "mail"),
    }
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{service}", env=environment, stdout=output, stderr=output
        )
        try:
            await eventually(lambda: _has(log, "projection_started"), START_SECONDS)
            yield running
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()


async def _has(log: Path, event: str, times: int = 1) -> bool:
    return (await asyncio.to_thread(log.read_text)).count(f'"{event}"') >= times


def entries(log: Path) -> list[dict[str, Any]]:
    """Read every line as JSON; one that is not fails the test."""
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("service", ["registry", "notifier"])
async def test_a_service_that_is_told_to_end_ends_with_zero(
    service: str, nats_server: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:  # fmt: skip
    log = tmp_path / "service.log"
    async with process(service, nats_server, keys, token_issuer, await new_database(service), log) as running:
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == 0, log.read_text()
    assert entries(log)[-1]["event"] == "service_stopped"


@pytest.mark.parametrize("service", ["campaigns", "notifier"])
async def test_a_cut_of_the_broker_is_logged_in_json_lines_without_a_traceback(
    service: str, new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:  # fmt: skip
    log = tmp_path / "service.log"
    async with process(service, new_nats, keys, token_issuer, await new_database(service), log) as running:
        await eventually(lambda: _has(log, "subscribers_started"), START_SECONDS)
        await new_nats.stop()
        await asyncio.sleep(CUT_SECONDS)  # the length of the cut is what is tested
        await new_nats.start()
        await eventually(lambda: _has(log, "nats_reconnected"))
        running.send_signal(signal.SIGTERM)
        await running.wait()
    with_traceback = [entry for entry in entries(log) if "exception" in entry or "Traceback" in str(entry)]
    assert with_traceback == []
