"""Faults of what surrounds the services: bad messages in the log, wrong clocks, a mail server that hangs or hangs up."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

import httpx

from shared.contracts.event import draft_id
from shared.eventstore.log_reader import EVENTS
from tests.chaos.harness.effect import Effect, Fault
from tests.chaos.harness.processes import Replica
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.unruly_server import Fault as MailFault
from tests.support.platform.service import SERVICES, eventually
from tests.support.servers.engines import connected
from tests.support.servers.plain import NO_AUTHORITIES

HALT_SECONDS = 90.0
MAIL_SECONDS = 180.0  # for an effect, not a promise: on a busy machine a mail takes its time
WRONG_SECONDS = (30 * 3600, -26 * 3600, 3 * 3600, -2 * 3600, 300, -300)
BAD_PAYLOADS = (b"null", b"{ broken", b'{"specversion": "1.0"}', b"")


@asynccontextmanager
async def poisoned(platform: ChaosPlatform, choose: random.Random, effect: Effect) -> AsyncIterator[None]:
    """A message that no service can read stands in the log; an operator skips it everywhere."""
    subject = f"loa.draft.{draft_id(f'BAD-{choose.random()}')}.registered"
    async with connected(platform.nats, "registry") as client:
        ack = await client.jetstream().publish(subject, choose.choice(BAD_PAYLOADS), stream=EVENTS)
    platform.poisoned.append(ack.seq)
    effect.target = f"position {ack.seq}"
    with suppress(AssertionError):
        await eventually(lambda: _halted(platform, ack.seq, len(SERVICES)), HALT_SECONDS)
    effect.hits += len(await _halted(platform, ack.seq, 0))
    yield
    await asyncio.gather(*(skip(platform.load.token, platform.of(name)[0].url, ack.seq) for name in SERVICES))


async def skip(token: str, url: str, position: int) -> None:
    """Do what `loa skip --all` does at one service; it is asked again while it cannot answer."""
    body = {"position": position, "reason": "Sự kiện hỏng"}

    async def is_skipped() -> bool:
        answer = await _ask("POST", f"{url}/projections/skip", token, body)
        return answer is not None and answer.status_code == HTTPStatus.ACCEPTED

    await eventually(is_skipped, HALT_SECONDS)


async def _halted(platform: ChaosPlatform, position: int, least: int) -> list[str]:
    """Name the services of which a replica stands before a position; nothing if they are fewer than `least`."""
    states = await asyncio.gather(*(_state(platform, replica) for replica in platform.replicas))
    halted = {
        replica.service
        for replica, state in zip(platform.replicas, states, strict=True)
        if state.get("halted_at") == position
    }
    return sorted(halted) if len(halted) >= least else []


async def _state(platform: ChaosPlatform, replica: Replica) -> dict[str, Any]:
    answer = await _ask("GET", f"{replica.url}/projections", platform.load.token)
    state: dict[str, Any] = answer.json() if answer is not None and answer.is_success else {}
    return state


async def _ask(method: str, url: str, token: str, body: Any = None) -> httpx.Response | None:
    try:
        async with httpx.AsyncClient(
            timeout=10, headers={"Authorization": f"Bearer {token}"}, verify=NO_AUTHORITIES
        ) as client:
            return await client.request(method, url, json=body)
    except httpx.TransportError:
        return None


@asynccontextmanager
async def clock_wrong(platform: ChaosPlatform, choose: random.Random, effect: Effect) -> AsyncIterator[None]:
    """A notifier's clock is off by minutes, hours or more than a day: its ticks are refused, and mail nothing."""
    replica, seconds = choose.choice(platform.of("notifier")), choose.choice(WRONG_SECONDS)
    effect.target = f"{replica.name} {seconds:+d} s"
    file = platform.clock_file(replica.name)
    file.write_text(str(seconds))

    async def is_refused() -> bool:
        answer = await _ask("POST", f"{replica.url}/tick", platform.load.token)
        return answer is not None and answer.json().get("type", "").endswith(":clock-not-trusted")

    try:
        with suppress(AssertionError):
            effect.hits += await eventually(is_refused, HALT_SECONDS)
        yield
    finally:
        file.unlink()


def mail_server(fault: MailFault) -> Fault:
    """The mail server hangs or hangs up, before or after it has a mail, at the moment at which one is sent."""

    @asynccontextmanager
    async def held(platform: ChaosPlatform, _choose: random.Random, effect: Effect) -> AsyncIterator[None]:
        server, before = platform.mail, platform.mail.hits
        server.fault = fault
        try:
            await _mail_comes(platform, _is_more(lambda: server.hits, before))
            yield
        finally:
            server.fault = None
            effect.hits += server.hits - before

    return held


@asynccontextmanager
async def killed_at_mail(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    """Both notifiers are killed while the server holds a mail that it has not answered for."""

    def kill() -> None:
        platform.mail.on_mail = None
        effect.hits += 1
        for replica in platform.of("notifier"):
            replica.send_signal(signal.SIGKILL)

    platform.mail.on_mail = kill
    try:
        await _mail_comes(platform, _is_more(lambda: effect.hits, 0))
        yield
    finally:
        platform.mail.on_mail = None
        for replica in platform.of("notifier"):
            await replica.end(signal.SIGKILL)
        await asyncio.gather(*(replica.start() for replica in platform.of("notifier")))


def _is_more(count: Callable[[], int], before: int) -> Callable[[], Awaitable[bool]]:
    async def is_more() -> bool:
        return count() > before

    return is_more


async def _mail_comes(platform: ChaosPlatform, arrived: Callable[[], Awaitable[bool]]) -> None:
    """Let a unit owe something whose mailbox has had no mail yet, and wait for its mail."""
    owing = asyncio.create_task(platform.load.newcomer())
    with suppress(AssertionError):
        await eventually(arrived, MAIL_SECONDS)
    await owing
