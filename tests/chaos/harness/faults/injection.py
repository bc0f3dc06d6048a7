"""Lets a fault happen, asks meanwhile whether `/readyz?for=writes` is right, and heals it."""

import asyncio
import random
from collections.abc import Sequence
from http import HTTPStatus

import httpx

from tests.chaos.harness.effect import Effect
from tests.chaos.harness.faults.faults import FAULTS, LONGEST, SHORTEST
from tests.chaos.harness.history import Command
from tests.chaos.harness.processes import Replica
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.harness.workload import Clients
from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES

HEALED_SECONDS = 120.0  # until every replica must be ready again
NOTICED_SECONDS = 3.0  # until a replica must know that it cannot write; its checks take up to 2 s
# With these a write fails as long as they last; with the others it may succeed at the next attempt.
LASTING = ("kill-9", "sigstop", "disk-full", "started-full", "cut", "black_hole", "half_open")


async def inject(name: str, platform: ChaosPlatform, clients: Clients) -> tuple[Effect, list[str]]:
    """Let a fault happen for a few seconds and heal it; give what it touched, and what was wrong."""
    effect, wrong = Effect(name), list[str]()
    async with FAULTS[name](platform, clients.random, effect):
        watched = _watched(platform, clients) if name.endswith(LASTING) else []
        seconds = clients.random.uniform(SHORTEST, LONGEST)
        await asyncio.gather(asyncio.sleep(seconds), *(_watch(clients, *entry, wrong) for entry in watched))
    probes = [command for _, command in watched]
    wrong += await healed(platform, clients, probes)
    return effect, [f"{name} {effect.target}: {sentence}" for sentence in wrong]


def _watched(platform: ChaosPlatform, clients: Clients) -> Sequence[tuple[Replica, Command]]:
    """Give each replica of the registry a write of its own."""
    replicas = platform.of("registry")
    codes = [f"W{len(clients.history.commands)}-{replica.name}".upper() for replica in replicas]
    return [
        (replica, clients.new("registry", "POST", "/units", new_unit(code), code))
        for replica, code in zip(replicas, codes, strict=True)
    ]


async def _watch(clients: Clients, replica: Replica, command: Command, wrong: list[str]) -> None:
    """While a write does not succeed, readiness for writes must not be given: twice in a row it is wrong."""
    refused = 0
    for _ in range(2):
        attempt = await clients.attempt(command, replica, {})
        if attempt.status is not None and attempt.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return
        await asyncio.sleep(NOTICED_SECONDS - 2)
        refused += await _accepts_writes(replica)
    if refused == 2 and (await clients.attempt(command, replica, {})).status not in {200, 201}:
        wrong.append(f"{replica.name} refused writes ({command.answer.body}) and /readyz?for=writes was 200")


async def _accepts_writes(replica: Replica) -> bool:
    try:
        async with httpx.AsyncClient(timeout=5, verify=NO_AUTHORITIES) as client:
            answer = await client.get(f"{replica.url}/readyz", params={"for": "writes"})
    except httpx.TransportError:
        return False
    return answer.status_code == HTTPStatus.OK


async def _why_not(replica: Replica) -> str:
    """Name the checks that fail, for the report."""
    try:
        async with httpx.AsyncClient(timeout=5, verify=NO_AUTHORITIES) as client:
            answer = await client.get(f"{replica.url}/readyz", params={"for": "writes"})
    except httpx.TransportError as error:
        return type(error).__name__
    checks = answer.json().get("checks", {})
    return "; ".join(f"{name}: {check['detail']}" for name, check in checks.items() if not check["ok"])


async def healed(platform: ChaosPlatform, clients: Clients, probes: Sequence[Command]) -> list[str]:
    """After a fault is healed every replica becomes ready for writes again, and writes succeed."""

    async def all_ready() -> bool:
        ready = await asyncio.gather(*(_accepts_writes(replica) for replica in platform.replicas))
        return all(ready)

    try:
        await eventually(all_ready, HEALED_SECONDS)
    except AssertionError:
        why = [
            f"{entry.name} {await _why_not(entry)}"
            for entry in platform.replicas
            if not await _accepts_writes(entry)
        ]
        return [f"not ready within {HEALED_SECONDS:.0f} s after it was healed: {', '.join(why)}"]
    code = f"PROBE{random.randrange(10**9)}"
    probe = clients.new("registry", "POST", "/units", new_unit(code), code)
    await asyncio.gather(*(clients.finish(command) for command in [*probes, probe]))
    return [] if probe.answer.status in {200, 201} else [f"a write afterwards: {probe.answer.body}"]


def new_unit(code: str) -> dict[str, str]:
    return {"code": code, "name": "Sở Tư pháp", "level": "provincial", "kind": "department"}
