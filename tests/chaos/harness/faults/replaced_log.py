"""A run in which the log comes back older, or empty, while commands and ticks go on; then an operator decides."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from deploy.local.engines.nats import NatsServer
from tests.chaos.harness.history import Command, End
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.harness.workload import Clients, Writer, ticking
from tests.support.platform.service import SERVICES, eventually
from tests.support.servers.engines import connected, declare_streams
from tests.support.servers.plain import NO_AUTHORITIES

WRITE_SECONDS = 4.0
IN_FLIGHT_SECONDS = 2.0  # LOA_SMTP_SECONDS of the notifiers
REASON = "The newest copy of the log that is left."


@dataclass(frozen=True, slots=True)
class Replaced:
    """`since`: when another log stood in the place of the old one (monotonic seconds); `until`: the decision.

    `common` is the last position that both logs have; `mails` are those that began in between, with the seconds after
    `since`: a mail that was claimed before is on its way for `IN_FLIGHT_SECONDS` at most.
    """

    since: float
    until: float
    common: int
    mails: Sequence[tuple[float, str]]


async def replace_log(
    platform: ChaosPlatform,
    clients: Clients,
    writers: Sequence[Writer],
    newcomers: Callable[[], Sequence[Writer]],
    *,
    wiped: bool,
) -> Replaced:
    """Copy the store, write on, put the copy (or nothing) in its place, write on past the rows, decide, write on.

    `newcomers` write after the decision: units that the log lost are not registered again by the others.
    """
    tasks = [asyncio.create_task(writer.run()) for writer in writers]
    tasks.append(asyncio.create_task(ticking(clients)))
    try:
        await asyncio.sleep(WRITE_SECONDS)
        store, older = platform.nats.folder / "jetstream", platform.folder / "older"
        await platform.nats.stop()
        shutil.copytree(store, older)
        await platform.nats.start()
        await asyncio.sleep(WRITE_SECONDS)
        longest = await _head(platform.nats)
        await platform.nats.stop()
        _put(store, None if wiped else older)
        await platform.nats.start()
        await declare_streams(platform.nats)
        since = time.monotonic()
        common = await _head(platform.nats)  # not that of before: writers wrote on while it was asked for
        await _grow(platform.nats, longest + 20)
        await asyncio.sleep(2 * WRITE_SECONDS)
        until = time.monotonic()
        mails = [(round(at - since, 1), address) for at, address in platform.mail.arrivals if at > since]
        await _decide(platform, clients.token)
        clients.facts_are_lost = True
        after = newcomers()
        await asyncio.gather(*(writer.prepare() for writer in after))
        tasks += [asyncio.create_task(writer.run()) for writer in after]
        await asyncio.sleep(2 * WRITE_SECONDS)
    finally:
        clients.stopped = True
        await asyncio.gather(*tasks)
    return Replaced(since, until, common, [mail for mail in mails if mail[0] > IN_FLIGHT_SECONDS])


def acknowledged_meanwhile(clients: Clients, replaced: Replaced) -> list[Command]:
    """Commands that were sent and acknowledged while the fence had to refuse them."""
    return [
        command
        for command in clients.history.of(End.ACKNOWLEDGED)
        if command.position is not None
        and command.answer.began > replaced.since
        and command.answer.ended < replaced.until
    ]


def forget_lost(clients: Clients, replaced: Replaced) -> int:
    """Take the commands out of the history whose events the older log does not have; give their number.

    What was sent before the log was replaced stood in the log of before, also if its answer came after: the new one took
    nothing until the decision (`acknowledged_meanwhile`), and clients wait for an answer for less than that.
    """
    lost = [
        command
        for command in clients.history.of(End.ACKNOWLEDGED)
        if command.answer.began < replaced.since and (command.position or 0) > replaced.common
    ]
    clients.history.commands = [command for command in clients.history.commands if command not in lost]
    return len(lost)


def _put(store: Path, copy: Path | None) -> None:
    shutil.rmtree(store)
    if copy is not None:
        shutil.copytree(copy, store)


async def _head(server: NatsServer) -> int:
    async with connected(server, "operator") as nc:
        return int((await nc.jetstream().stream_info("LOA_EVENTS")).state.last_seq)


async def _grow(server: NatsServer, length: int) -> None:
    """Let the log become longer than the rows, by events of a kind that nobody reads."""
    async with connected(server, "registry") as client:
        for number in range(length - await _head(server)):
            subject = f"loa.unit.00000000-0000-4000-8000-{number:012}.later_kind"
            await client.jetstream().publish(subject, b"{}")


async def _accepted(client: httpx.AsyncClient, url: str) -> bool:
    """Repeat what is answered with "later", as an operator does."""
    try:
        return (await client.post(url, json={"reason": REASON})).is_success
    except httpx.TransportError:
        return False


async def _decide(platform: ChaosPlatform, token: str) -> None:
    """Do what `loa recover --go-on` does, at every service."""
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=NO_AUTHORITIES
    ) as client:
        for service in SERVICES:
            await eventually(partial(_accepted, client, f"{platform.of(service)[0].url}/log/decision"), 60)

        async def all_ready() -> bool:
            return all(await asyncio.gather(*(replica.is_ready() for replica in platform.replicas)))

        await eventually(all_ready, 120)
        release = f"{platform.of('notifier')[0].url}/sending/release"
        await eventually(partial(_accepted, client, release), 60)
