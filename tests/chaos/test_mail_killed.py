"""Two notifiers, kill -9 in a loop, and a server that puts off, refuses, hangs and hangs up: counted.

No mail is lost; none comes twice but those that are marked, with the identity that they had.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.kernel.runtime import new_id
from tests.chaos.unruly_server import IN_DOUBT, KINDS, UnrulyServer
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    UNIT,
    NotifierFixture,
    open_notifier_env,
    opened,
)
from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

SPEED = 10  # of the notifiers' clock: a pause of 30 s passes in 3 s
SERVER_SECONDS = 2.0
PATIENCE = 120.0


@dataclass(slots=True)
class Replica:
    """One notifier process, started again whenever it was killed."""

    environment: dict[str, str]
    token: str
    log: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.replica",
                env=self.environment | {"LOA_PORT": str(self.port)}, stdout=log, stderr=log,
            )  # fmt: skip
        await eventually(self.ready, PATIENCE)

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def ready(self) -> bool:
        return await self.ask("GET", "/readyz?for=writes") == 200

    async def ask(self, method: str, path: str, body: Any = None) -> int | None:
        """Give the status of an answer; None if nobody was there to the end."""
        address = f"http://127.0.0.1:{self.port}{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(headers=headers, timeout=PATIENCE, verify=NO_AUTHORITIES) as client:
                rows = {"content": body} if isinstance(body, str) else {"json": body}
                return (await client.request(method, address, **rows)).status_code
        except httpx.TransportError:
            return None


@contextmanager
def serving(server: UnrulyServer) -> Iterator[str]:
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


@asynccontextmanager
async def replicas(
    notifier_env: NotifierFixture, issuer: Issuer, url: str, folder: Path
) -> AsyncIterator[list[Replica]]:
    settings = notifier_env.settings
    assert settings.nats_seed is not None
    assert settings.link_key is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")} | {
        "LOA_NATS_URL": settings.nats_url,
        "LOA_NATS_SEED": settings.nats_seed.get_secret_value(),
        "LOA_DATABASE_URL": settings.database_url.get_secret_value(),
        "LOA_JWKS": settings.jwks,
        "LOA_LINK_KEY": settings.link_key.get_secret_value(),
        "LOA_LINK_JWKS": str(settings.link_jwks),
        "LOA_SMTP_URL": url,
        # On a clock that runs faster a lease of real time needs more seconds of its own.
        "LOA_SMTP_SECONDS": str(SERVER_SECONDS),
        "LOA_SMTP_RATE": "1000",
        "LOA_MAIL_LEASE_SECONDS": str(3 * SERVER_SECONDS * SPEED),
        "LOA_CLOCK_TOLERANCE_SECONDS": "1e12",  # the clock stands on a Monday, and runs faster
        "LOA_TEST_DAY": MONDAY.isoformat(),
        "LOA_TEST_ZERO": str(time.time()),
        "LOA_TEST_SPEED": str(SPEED),
    }
    both = [Replica(environment, issuer.token(), folder / f"replica-{name}.log") for name in "ab"]
    try:
        await asyncio.gather(*(entry.start() for entry in both))
        yield both
    finally:
        for item in both:
            await item.kill()


async def kill_in_a_loop(both: list[Replica], server: UnrulyServer, kills: int, mails: int) -> None:
    """Kill one or the other whenever a further part of the mails is with the server; start it again."""
    starting: list[asyncio.Task[None]] = []
    for number in range(kills):
        victim = both[number % 2]
        if len(starting) > 1:
            await starting[-2]
        part = (number + 1) * mails * 2 // 3 // kills
        ticking = [asyncio.create_task(item.ask("POST", "/tick")) for item in both]

        async def far_enough(part: int = part) -> bool:
            return server.total >= part

        await eventually(far_enough, PATIENCE)
        await victim.kill()
        starting.append(asyncio.create_task(victim.start()))
        await asyncio.gather(*ticking)
    await asyncio.gather(*starting)


async def until_all_ended(notifier_env: NotifierFixture, both: list[Replica]) -> list[dict[str, Any]]:
    async def ended() -> list[dict[str, Any]]:
        await asyncio.gather(*(item.ask("POST", "/tick") for item in both))
        match = await notifier_env.rows(
            "SELECT r.email, d.kind, d.state, d.digest_key, d.message_id, d.delivery, d.announced FROM digest d"
            " JOIN recipient r ON r.recipient_id = d.recipient_id"
        )
        done = all(row["state"] in {"sent", "failed"} and _announced(row) for row in match)
        return match if done else []

    rows: list[dict[str, Any]] = await eventually(ended, PATIENCE)
    return rows


def _announced(row: dict[str, Any]) -> bool:
    return row["state"] != "sent" or bool(row["announced"])


async def _carry_out(
    notifier_env: NotifierFixture, issuer: Issuer, folder: Path, mails: int, kills: int
) -> None:
    server = UnrulyServer(slow=0.2)
    addresses = [f"{KINDS[n % len(KINDS)]}-{n}@stp.example.vn" for n in range(mails)]
    with serving(server) as url:
        async with replicas(notifier_env, issuer, url, folder) as both:
            assert await both[0].ask("POST", "/imports", _mailboxes(addresses)) == 200
            assert await both[0].ask("POST", "/sending/release", {"reason": "a test"}) == 200
            await notifier_env.gap(opened(new_id()))
            await kill_in_a_loop(both, server, kills, mails)
            rows = await until_all_ended(notifier_env, both)
    _judge(addresses, rows, server, await notifier_env.log("alert"))


def _mailboxes(addresses: list[str]) -> str:
    """List them as rows of an import: `PUT /units/…/recipients` takes no more than a unit has."""
    rows = [{"unit_code": UNIT, "role": "head", "email": address} for address in addresses]
    return "\n".join(
        json.dumps({"sheet": "recipients", "line": line, "row": row}) for line, row in enumerate(rows)
    )


def _judge(
    addresses: list[str], rows: list[dict[str, Any]], server: UnrulyServer, log: list[dict[str, Any]]
) -> None:
    copies: dict[str, list[EmailMessage]] = defaultdict(list)
    for mails in server.taken.values():
        for mail in mails:
            copies[mail["Message-ID"]].append(mail)
    digests = {row["email"]: row for row in rows if row["kind"] == "digest"}
    assert sorted(digests) == sorted(addresses)
    refused = {row["message_id"] for row in rows if row["email"].startswith("never")}
    assert {row["message_id"] for row in rows if row["state"] == "failed"} == refused
    assert set(copies) == {row["message_id"] for row in rows} - refused, "lost, or made up"
    more_than_once = {row["message_id"] for row in rows if len(copies[row["message_id"]]) > 1}
    for row in (row for row in rows if row["message_id"] in more_than_once):
        again = copies[row["message_id"]][1:]
        assert all(mail["X-Loa-Possible-Duplicate"] == "yes" for mail in again), row
        assert row["delivery"]["possible_duplicate"] is True, row
    doubted = {address for address in addresses if address.partition("-")[0] in IN_DOUBT}
    assert doubted <= {row["email"] for row in rows if row["message_id"] in more_than_once}
    sent = Counter(event["data"]["digest_key"] for event in log if event["type"] == "vn.loa.alert.sent.v1")
    assert sent == Counter(row["digest_key"] for row in digests.values() if row["state"] == "sent")
    marked = sum(bool(row["delivery"].get("possible_duplicate")) for row in rows)
    kinds = Counter(row["kind"] for row in rows)
    figures = {"mails": kinds, "refused": len(refused), "twice": len(more_than_once), "marked": marked}
    print(json.dumps(figures))  # noqa: T201  shown by pytest -s


@pytest.fixture
async def notifier_env(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, database_url: str, tmp_path: Path
) -> AsyncIterator[NotifierFixture]:
    async with open_notifier_env(new_nats, keys, token_issuer, database_url, tmp_path) as fixture:
        await fixture.stop_ticking()
        await fixture.units()
        yield fixture


@pytest.mark.timeout(300)  # on a busy machine a process takes its time to come up
async def test_two_notifiers_killed_a_few_times(
    notifier_env: NotifierFixture, token_issuer: Issuer, tmp_path: Path
) -> None:
    await _carry_out(notifier_env, token_issuer, tmp_path, mails=60, kills=2)


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.timeout(900)
async def test_two_notifiers_killed_many_times(
    notifier_env: NotifierFixture, token_issuer: Issuer, tmp_path: Path
) -> None:
    await _carry_out(notifier_env, token_issuer, tmp_path, mails=1200, kills=24)
