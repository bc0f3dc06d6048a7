"""One house of all services for the answers, each test with a unit and a draft of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import TICKS
from tests.integration.answers.office import Room, browser, open_room
from tests.support.engines import NewDatabase, connected, fresh_nats
from tests.support.ports import free_port
from tests.support.service import SERVICES, House, open_house
from tests.support.tokens import Issuer

NewRoom = Callable[..., Awaitable[Room]]


@pytest.fixture(scope="module")
async def answering_house(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[tuple[House, Path]]:
    """All four services, that know each other's addresses; the broker's own clock is taken away."""
    folder = tmp_path_factory.mktemp("answers")
    ports = {service: free_port() for service in SERVICES}
    addresses = {f"url_{service}": f"http://127.0.0.1:{port}" for service, port in ports.items()}
    async with fresh_nats(folder / "nats", keys) as server:
        async with connected(server, "operator") as operator:
            await operator.jetstream().purge_stream(TICKS)
        mail = folder / "mail"
        changes: dict[str, Any] = {"mail_dir": mail, "ports": ports, **addresses}
        async with open_house(server, keys, token_issuer, session_database, *SERVICES, **changes) as found:
            yield found, mail


@pytest.fixture
async def new_room(answering_house: tuple[House, Path]) -> NewRoom:
    house, mail_dir = answering_house

    async def make(*roles: str, **unit: str) -> Room:
        return await open_room(house, mail_dir, *roles, **unit)

    return make


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as client:
        yield client
