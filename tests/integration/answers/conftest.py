"""One platform of all services for the answers, each test with a unit and a draft of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import TICKS
from tests.integration.answers.office import OwingUnit, browser, open_owing_unit
from tests.support.platform.service import SERVICES, Platform, open_platform
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

NewOwingUnit = Callable[..., Awaitable[OwingUnit]]


@pytest.fixture(scope="module")
async def answering_platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[tuple[Platform, Path]]:
    """All four services, that know each other's addresses; the broker's own clock is taken away."""
    folder = tmp_path_factory.mktemp("answers")
    ports = {service: free_port() for service in SERVICES}
    addresses = {f"url_{service}": f"http://127.0.0.1:{port}" for service, port in ports.items()}
    async with fresh_nats(folder / "nats", keys) as server:
        async with connected(server, "operator") as operator:
            await operator.jetstream().purge_stream(TICKS)
        mail = folder / "mail"
        changes: dict[str, Any] = {"mail_dir": mail, "ports": ports, **addresses}
        async with open_platform(
            server, keys, token_issuer, session_database, *SERVICES, **changes
        ) as platform:
            yield platform, mail


@pytest.fixture
async def new_owing_unit(answering_platform: tuple[Platform, Path]) -> NewOwingUnit:
    platform, mail_dir = answering_platform

    async def make(*roles: str, **unit: str) -> OwingUnit:
        return await open_owing_unit(platform, mail_dir, *roles, **unit)

    return make


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as client:
        yield client
