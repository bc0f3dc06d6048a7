"""One run of the harness: a seed chooses the faults, writers write, everything is healed, the evidence is checked."""

import asyncio
import json
import random
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import keyring
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from shared.rules.rulebook.rulebook import load_rulebook
from tests.chaos.harness.checker import Evidence, violations
from tests.chaos.harness.faults import FAULTS, Effect, inject
from tests.chaos.harness.replaced_log import acknowledged_meanwhile, forget_lost, replace_log
from tests.chaos.harness.running_platform import ChaosPlatform, chaos_platform, purge_ticks
from tests.chaos.harness.workload import ADDRESSES, Clients, Writer, ticking
from tests.support.platform.service import SERVICES, eventually, open_platform
from tests.support.servers.engines import Databases, connected
from tests.support.servers.tokens import issuer

WRITERS = 4
FAULTS_OF_A_SEED = 3
HEALED_SECONDS = 90.0  # until every replica must be ready again


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
    start = seed * FAULTS_OF_A_SEED
    faults = [names[(start + number) % len(names)] for number in range(FAULTS_OF_A_SEED)]
    random.Random(seed).shuffle(faults)
    return faults


async def run_seed(seed: int, faults: Sequence[str] = ()) -> Outcome:
    """Carry out one seed on engines and processes of its own."""
    began = time.monotonic()
    choose = random.Random(seed)
    outcome = Outcome(seed)
    with tempfile.TemporaryDirectory(prefix="loa-chaos-") as name:
        folder = readable(Path(name))
        ring, tokens = keyring(folder / "keys"), issuer(folder)
        async with chaos_platform(folder, ring, tokens) as platform:
            clients = Clients(platform.replicas, tokens.token(), choose)
            await release(platform, clients.token)
            writers = new_writers(clients, str(seed))
            await asyncio.gather(*(writer.prepare() for writer in writers))
            await _write_under_faults(platform, clients, writers, faults or chosen(seed), outcome)
            evidence = await evidence_of(platform, clients)
    _conclude(outcome, evidence, clients, began)
    return outcome


async def run_replaced_log(seed: int, *, wiped: bool) -> Outcome:
    """Replace the log by an older copy, or an empty one: nothing may be acknowledged or mailed until the decision."""
    began = time.monotonic()
    outcome = Outcome(seed)
    with tempfile.TemporaryDirectory(prefix="loa-chaos-") as name:
        folder = readable(Path(name))
        ring, tokens = keyring(folder / "keys"), issuer(folder)
        async with chaos_platform(folder, ring, tokens) as platform:
            clients = Clients(platform.replicas, tokens.token(), random.Random(seed))
            await release(platform, clients.token)
            writers = new_writers(clients, str(seed))
            await asyncio.gather(*(writer.prepare() for writer in writers))
            replaced = await replace_log(platform, clients, writers, wiped=wiped)
            for command in acknowledged_meanwhile(clients, replaced):
                outcome.violations.append(
                    f"{command.key}: acknowledged by a log that the rows don't come from"
                )
            if replaced.mails_after != replaced.mails_before:
                mails = replaced.mails_after - replaced.mails_before
                outcome.violations.append(f"{mails} mails went out by a log that the rows don't come from")
            lost = forget_lost(clients, replaced)
            evidence = await evidence_of(platform, clients)
    outcome.effects.append(Effect("log-empty" if wiped else "log-older", "all", lost))
    _conclude(outcome, evidence, clients, began)
    return outcome


def _conclude(outcome: Outcome, evidence: Evidence, clients: Clients, began: float) -> None:
    outcome.commands, outcome.events = len(clients.history.commands), len(evidence.log)
    outcome.mails = sum(len(mails) for mails in evidence.taken.values())
    outcome.violations += violations(evidence)
    outcome.seconds = time.monotonic() - began


def readable(folder: Path) -> Path:
    """Let PostgreSQL's account into a temporary folder."""
    folder.chmod(0o755)
    return folder


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
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        url = f"{platform.of('notifier')[0].url}/sending/release"
        assert (await client.post(url, json={"reason": "chaos"})).is_success


async def _write_under_faults(
    platform: ChaosPlatform,
    clients: Clients,
    writers: Sequence[Writer],
    faults: Sequence[str],
    outcome: Outcome,
) -> None:
    tasks = [asyncio.create_task(writer.run()) for writer in writers]
    tasks.append(asyncio.create_task(ticking(clients)))
    try:
        for fault in faults:
            await asyncio.sleep(clients.random.uniform(0.5, 1.5))
            outcome.effects.append(await inject(fault, platform, clients.random))
            outcome.violations += await _probe(platform, clients, fault)
    finally:
        clients.stopped = True
        await asyncio.gather(*tasks)


async def _probe(platform: ChaosPlatform, clients: Clients, fault: str) -> list[str]:
    """After a fault is healed every replica becomes ready again, and a write succeeds."""

    async def all_ready() -> bool:
        return all(await asyncio.gather(*(replica.is_ready() for replica in platform.replicas)))

    try:
        await eventually(all_ready, HEALED_SECONDS)
    except AssertionError:
        states = [replica.name for replica in platform.replicas if not await replica.is_ready()]
        return [f"after {fault}: not ready within {HEALED_SECONDS:.0f} s: {', '.join(states)}"]
    unit = {"code": "PROBE", "name": "Sở Tư pháp", "level": "provincial", "kind": "department"}
    command = await clients.send("registry", "POST", "/units", unit, "PROBE")
    return [] if command.answer.status else [f"after {fault}: a write has no answer"]


async def evidence_of(platform: ChaosPlatform, clients: Clients) -> Evidence:
    """Let everything come to rest, ask, and copy the log for a fresh platform."""
    await purge_ticks(platform.nats)
    await _settled(platform, clients.token)
    await _last_mails(platform, clients.token)
    head = await _settled(platform, clients.token)
    urls = {service: platform.of(service)[0].url for service in SERVICES}
    codes = sorted({c.about for c in clients.history.commands if c.path == "/drafts"})
    answers = await _answers(urls, clients.token, codes)
    log = await read_log(platform.nats)
    fresh, added = await _fresh(platform, clients.token, codes, head)
    return Evidence(
        history=clients.history,
        log=log,
        lines={replica.name: list(replica.lines()) for replica in platform.replicas},
        taken={address: [_mail(mail) for mail in mails] for address, mails in platform.mail.taken.items()},
        answers=answers,
        fresh=fresh,
        added=added,
        gaps=answers["metrics /gaps"],
        addresses=clients.addresses,
        today=day_in_vietnam(now()),
        is_working=load_rulebook().calendar.is_working,
        exits={replica.name: replica.exits for replica in platform.replicas},
    )


async def _last_mails(platform: ChaosPlatform, token: str) -> None:
    """Ask for mails until none is queued any more, also those of the following working day."""
    following = load_rulebook().calendar.add_working_days(platform.day.date(), 1)
    later = platform.day + (following - platform.day.date())
    for replica in platform.of("notifier"):
        await replica.end(signal.SIGTERM)
    await asyncio.gather(
        *(
            replica.start(LOA_TEST_DAY=later.isoformat(), LOA_TEST_ZERO=str(time.time()))
            for replica in platform.of("notifier")
        )
    )
    url = platform.of("notifier")[0].url
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:

        async def nothing_left() -> bool:
            answer = await client.post(f"{url}/tick")
            return answer.is_success and not answer.json()["sent"]

        await eventually(nothing_left, 120)


async def _settled(platform: ChaosPlatform, token: str) -> int:
    """Wait until the log stands still and every replica has projected all of it; give its last position."""

    async def head() -> int:
        async with connected(platform.nats, "operator") as nc:
            return int((await nc.jetstream().stream_info("LOA_EVENTS")).state.last_seq)

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:

        async def at(position: int) -> bool:
            for service in SERVICES:
                answer = await client.get(f"{platform.of(service)[0].url}/projections")
                if not answer.is_success or answer.json()["position"] < position:
                    return False
            return True

        while True:
            last = await head()
            await eventually(lambda last=last: at(last), 120)  # type: ignore[misc]
            await asyncio.sleep(1)  # reactions to the last event: the log must not grow any more
            if await head() == last:
                return last


async def _answers(urls: Mapping[str, str], token: str, codes: Sequence[str]) -> dict[str, Any]:
    """Ask a platform what people read: drafts, figures, gaps, communications, alerts."""
    today = day_in_vietnam(now()).isoformat()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:

        async def ask(service: str, path: str, **query: str) -> Any:
            answer = await client.get(urls[service] + path, params=query)
            assert answer.is_success, (path, answer.text)
            return answer.json()

        answers: dict[str, Any] = {
            "metrics /gaps": (await ask("metrics", "/gaps", as_of=today))["gaps"],
            "metrics /compliance": (await ask("metrics", "/compliance", as_of=today, group_by="unit"))[
                "groups"
            ],
        }
        for code in codes:
            answers[f"registry {code}"] = await ask("registry", f"/drafts/{code}")
            answers[f"campaigns {code}"] = await ask("campaigns", f"/drafts/{code}/communications")
        return answers


async def _fresh(
    platform: ChaosPlatform, token: str, codes: Sequence[str], head: int
) -> tuple[dict[str, Any], int]:
    """Run a fresh platform on a copy of the log: what it answers, and how many events it appended."""
    copy = await platform.copy_of_the_log(platform.folder / "copy")
    databases, made = Databases(platform.postgres), [f"fresh_{service}" for service in SERVICES]

    async def new_database(service: str | None = None) -> str:
        return await databases.make(f"fresh_{service}", service)

    try:
        await purge_ticks(copy)
        async with open_platform(
            copy, platform.keys, platform.issuer, new_database, *SERVICES, mail_dir=platform.folder / "mail"
        ) as fresh:
            await fresh.settled(head)
            await asyncio.sleep(1)  # whatever it would announce, it has announced
            urls = {
                service: f"http://127.0.0.1:{api.settings.port}" for service, api in fresh.services.items()
            }
            answers = await _answers(urls, token, codes)
            return answers, await fresh.head() - head
    finally:
        await copy.stop()
        await databases.drop(made)


async def read_log(server: NatsServer) -> list[dict[str, Any]]:
    """Read all events as they stand in the log, each with its `position`."""
    async with connected(server, "operator") as operator:
        jetstream = operator.jetstream()
        last = (await jetstream.stream_info("LOA_EVENTS")).state.last_seq
        subscription = await jetstream.subscribe("loa.>", stream="LOA_EVENTS", ordered_consumer=True)
        events: list[dict[str, Any]] = []
        while len(events) < last:
            message = await subscription.next_msg(timeout=10)
            events.append(json.loads(message.data) | {"position": message.metadata.sequence.stream})
        return events


def _mail(mail: Any) -> tuple[str, bool, str]:
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return str(mail["Message-ID"]), mail["X-Loa-Possible-Duplicate"] == "yes", text


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Count how often each fault touched something."""
    counts: dict[str, int] = defaultdict(int)
    for outcome in outcomes:
        for effect in outcome.effects:
            counts[effect.name] += bool(effect.hits)
    return dict(sorted(counts.items()))
