"""One run of the harness: a seed chooses the faults, writers write, everything is healed, the evidence is checked."""

import asyncio
import itertools
import random
import time
import traceback
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from deploy.local.keys.keyring import keyring
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from tests.chaos.harness.checker import violations
from tests.chaos.harness.effect import Effect
from tests.chaos.harness.evidence import evidence_of, states
from tests.chaos.harness.faults.faults import FAULTS
from tests.chaos.harness.faults.injection import inject
from tests.chaos.harness.faults.replaced_log import acknowledged_meanwhile, forget_lost, replace_log
from tests.chaos.harness.importing import Importer
from tests.chaos.harness.officials import Officials
from tests.chaos.harness.prepared import Prepared, run_folder
from tests.chaos.harness.running_platform import ChaosPlatform, Load, chaos_platform
from tests.chaos.harness.workload import ADDRESSES, Clients, Writer, ticking
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.tokens import issuer

WRITERS = 4
FAULTS_OF_A_SEED = 5
REPLACED_EVERY = 4  # every fourth seed replaces the log, by an older and by an empty one in turn


@dataclass(slots=True)
class Outcome:
    """What a seed brought: the faults with their effects, the numbers, and the violations."""

    seed: int
    effects: list[Effect] = field(default_factory=list)
    commands: int = 0
    events: int = 0
    mails: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


def chosen(seed: int, names: Sequence[str] = tuple(FAULTS)) -> list[str]:
    """Choose the faults of a seed: consecutive seeds go through all of them, in an order that the seed mixes."""
    start = (seed - seed // REPLACED_EVERY) * FAULTS_OF_A_SEED
    faults = [names[(start + number) % len(names)] for number in range(FAULTS_OF_A_SEED)]
    random.Random(seed).shuffle(faults)
    return faults


async def run_seed(prepared: Prepared, seed: int, faults: Sequence[str] = ()) -> Outcome:
    """Carry out one seed: a replaced log, or a few of the other faults. What a run did not come through is a violation."""
    began = time.monotonic()
    try:
        if seed % REPLACED_EVERY == 0 and not faults:
            return await run_replaced_log(prepared, seed, wiped=seed % (2 * REPLACED_EVERY) == 0)
        return await run_faults(prepared, seed, faults)
    except Exception as error:  # noqa: BLE001  the seeds that follow are run all the same
        where = traceback.extract_tb(error.__traceback__)[-1]
        wrong = f"ended by {type(error).__name__} in {where.name}: {str(error)[:300]}"
        return Outcome(seed, violations=[wrong], seconds=time.monotonic() - began)


async def run_faults(prepared: Prepared, seed: int, faults: Sequence[str] = ()) -> Outcome:
    """Carry out some faults on engines and processes of their own."""
    began = time.monotonic()
    choose = random.Random(seed)
    outcome = Outcome(seed)
    with run_folder() as folder:
        ring, tokens = keyring(folder / "keys"), issuer(folder)
        async with chaos_platform(prepared, folder, ring, tokens) as platform:
            clients = Clients(platform.replicas, tokens.token(), choose)
            await release(platform, clients.token)
            writers = new_writers(clients, str(seed))
            await asyncio.gather(*(writer.prepare() for writer in writers))
            await _write_under_faults(platform, clients, writers, faults or chosen(seed), outcome)
            await _collect(platform, clients, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


async def run_replaced_log(prepared: Prepared, seed: int, *, wiped: bool) -> Outcome:
    """Replace the log by an older copy, or an empty one: nothing may be acknowledged or mailed until the decision."""
    began = time.monotonic()
    outcome = Outcome(seed)
    with run_folder() as folder:
        ring, tokens = keyring(folder / "keys"), issuer(folder)
        async with chaos_platform(prepared, folder, ring, tokens) as platform:
            clients = Clients(platform.replicas, tokens.token(), random.Random(seed))
            await release(platform, clients.token)
            writers = new_writers(clients, str(seed))
            await asyncio.gather(*(writer.prepare() for writer in writers))
            replaced = await replace_log(
                platform, clients, writers, lambda: new_writers(clients, f"{seed}L"), wiped=wiped
            )
            for command in acknowledged_meanwhile(clients, replaced):
                outcome.violations.append(
                    f"{command.key}: acknowledged by a log that the rows don't come from"
                )
            for seconds, address in replaced.mails:
                outcome.violations.append(
                    f"a mail to {address} began {seconds} s after the log was replaced, before the decision"
                )
            lost = forget_lost(clients, replaced)
            outcome.effects.append(Effect("log-wiped" if wiped else "log-older", "all", lost))
            await _collect(platform, clients, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


async def _collect(platform: ChaosPlatform, clients: Clients, outcome: Outcome) -> None:
    """Check what is left; a platform that does not come to rest is a violation by itself."""
    outcome.commands = len(clients.history.commands)
    try:
        evidence = await evidence_of(platform, clients)
    except (AssertionError, httpx.TransportError) as error:
        outcome.violations.append(f"no rest: {error}; {await states(platform, clients.token)}")
        return
    outcome.events = len(evidence.log)
    outcome.mails = sum(len(mails) for mails in evidence.taken.values())
    outcome.violations += violations(evidence)


def new_writers(clients: Clients, name: str, number: int = WRITERS) -> list[Writer]:
    today = day_in_vietnam(now())
    writers = [
        Writer(
            clients,
            f"U{name}-{n}",
            today,
            f"{ADDRESSES[n % len(ADDRESSES)]}-{name}-{n}@stp.example.vn".lower(),
        )
        for n in range(number)
    ]
    clients.addresses |= {writer.unit: writer.address for writer in writers}
    return writers


async def release(platform: ChaosPlatform, token: str) -> None:
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=NO_AUTHORITIES
    ) as client:
        url = f"{platform.of('notifier')[0].url}/sending/release"
        assert (await client.post(url, json={"reason": "chaos"})).is_success


async def _write_under_faults(
    platform: ChaosPlatform,
    clients: Clients,
    writers: Sequence[Writer],
    faults: Sequence[str],
    outcome: Outcome,
) -> None:
    officials, importer = Officials(clients, platform), Importer(clients, writers[0].unit)
    platform.load = _load(clients, importer, outcome.seed)
    runs = [*(writer.run() for writer in writers), officials.run(), importer.run(), ticking(clients)]
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        for fault in faults:
            await asyncio.sleep(clients.random.uniform(0.5, 1.5))
            effect, wrong = await inject(fault, platform, clients)
            outcome.effects.append(effect)
            outcome.violations += wrong
    finally:
        clients.stopped = True
        await asyncio.gather(*tasks)


def _load(clients: Clients, importer: Importer, seed: int) -> Load:
    numbers = itertools.count(1)

    async def newcomer() -> None:
        (writer,) = new_writers(clients, f"{seed}N{next(numbers)}", 1)
        await writer.prepare()
        await writer.owe()

    def pause(paused: bool) -> None:
        clients.is_paused = paused

    return Load(clients.token, newcomer, pause, lambda: importer.refused, lambda: _refused(clients))


def _refused(clients: Clients) -> int:
    """Count the requests that a service could not carry out."""
    return sum(
        attempt.status in {500, 502, 503, 504}
        for command in clients.history.commands
        for attempt in command.attempts
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Count how often each fault touched something."""
    counts: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        for effect in outcome.effects:
            counts[effect.name] += bool(effect.hits)
    return dict(sorted(counts.items()))
