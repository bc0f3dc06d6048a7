"""Collects what a run leaves behind, once everything has come to rest."""

import asyncio
import json
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from deploy.local.engines.nats import NatsServer
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from shared.rules.rulebook.rulebook import load_rulebook
from tests.chaos.harness.checker import Evidence
from tests.chaos.harness.faults.service_faults import skip
from tests.chaos.harness.running_platform import ChaosPlatform, purge_ticks
from tests.chaos.harness.workload import Clients
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.servers.engines import Databases, connected
from tests.support.servers.plain import NO_AUTHORITIES

REGISTERED = "vn.loa.draft.registered.v1"
NOTHING_KEPT = httpx.Limits(
    max_keepalive_connections=0
)  # a replica that was restarted has closed what was kept
LONGEST_PUT_OFF = timedelta(hours=3)  # of a mail that a server did not take at first, within the day
SETTLED_SECONDS = 180.0  # an outcome, not a promise: it takes as long as the machine needs


def asking(token: str, seconds: float) -> httpx.AsyncClient:
    """Give a client of the services with an operator's token, that waits so long for an answer."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(headers=headers, timeout=seconds, verify=NO_AUTHORITIES, limits=NOTHING_KEPT)


async def evidence_of(platform: ChaosPlatform, clients: Clients, *, fresh: bool = True) -> Evidence:
    """Let everything come to rest, ask, and copy the log for a fresh platform (not that of a cluster: its store has parts)."""
    await purge_ticks(platform.nats)
    await _settled(platform, clients.token)
    await _last_mails(platform, clients.token)
    head = await _settled(platform, clients.token)
    urls = {service: platform.of(service)[0].url for service in SERVICES}
    log = await read_log(platform.nats)
    codes = _asked(event["data"]["draft_code"] for event in log if event["type"] == REGISTERED)
    answers = await _answers(urls, clients.token, codes)
    answers_of_fresh, added = answers, 0
    if fresh:
        answers_of_fresh, added = await _fresh(platform, clients.token, codes, head)
    return Evidence(
        history=clients.history,
        log=log,
        lines={replica.name: list(replica.lines()) for replica in platform.replicas},
        taken={address: [_mail(mail) for mail in mails] for address, mails in platform.mail.taken.items()},
        answers=answers,
        fresh=answers_of_fresh,
        added=added,
        gaps=answers["metrics /gaps"],
        addresses=clients.addresses,
        today=day_in_vietnam(now()),
        is_working=load_rulebook().calendar.is_working,
        exits={replica.name: replica.exits for replica in platform.replicas},
    )


def _asked(codes: Iterable[str]) -> list[str]:
    """Choose the drafts that both platforms are asked about: those of writers, and some of each import."""
    return sorted(code for code in codes if "-F" not in code or code.endswith("-0"))


async def _last_mails(platform: ChaosPlatform, token: str) -> None:
    """Ask for mails until none is queued any more, also those of the following working day, and what was put off on it."""
    following = load_rulebook().calendar.add_working_days(platform.day.date(), 1)
    for put_off in (timedelta(0), LONGEST_PUT_OFF):
        await _mails_at(platform, token, platform.day + (following - platform.day.date()) + put_off)


async def _mails_at(platform: ChaosPlatform, token: str, later: datetime) -> None:
    for replica in platform.of("notifier"):
        await replica.end(signal.SIGTERM)
    await asyncio.gather(
        *(
            replica.start(LOA_TEST_DAY=later.isoformat(), LOA_TEST_ZERO=str(time.time()))
            for replica in platform.of("notifier")
        )
    )
    url = platform.of("notifier")[0].url
    async with asking(token, 120) as client:

        async def nothing_left() -> bool:
            answer = await client.post(f"{url}/tick")
            return answer.is_success and not answer.json()["sent"]

        await eventually(nothing_left, SETTLED_SECONDS)


async def _settled(platform: ChaosPlatform, token: str) -> int:
    """Wait until the log stands still and every replica has projected all of it; give its last position."""

    async def head() -> int:
        async with connected(platform.nats, "operator") as nc:
            return int((await nc.jetstream().stream_info("LOA_EVENTS")).state.last_seq)

    async with asking(token, 30) as client:

        async def at(position: int) -> bool:
            for replica in platform.replicas:
                answer = await client.get(f"{replica.url}/projections")
                state: dict[str, Any] = answer.json() if answer.is_success else {}
                if state.get("state") not in {"running", "standby"} or state["position"] < position:
                    return False
            return True

        while True:
            last = await head()
            await eventually(lambda last=last: at(last), SETTLED_SECONDS)  # type: ignore[misc]
            await asyncio.sleep(1)  # reactions to the last event: the log must not grow any more
            if await head() == last:
                return last


async def _answers(urls: Mapping[str, str], token: str, codes: Sequence[str]) -> dict[str, Any]:
    """Ask a platform what people read: drafts, figures, gaps, communications, alerts."""
    today = day_in_vietnam(now()).isoformat()
    async with asking(token, 60) as client:

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
    databases = Databases(platform.postgres, platform.prepared.templates)

    async def new_database(service: str | None = None) -> str:
        return await databases.make(f"fresh_{service}", service)

    try:
        await purge_ticks(copy)
        async with open_platform(
            copy, platform.keys, platform.issuer, new_database, *SERVICES,
            mail_dir=platform.folder / "mail", until_ready=False,
        ) as fresh:  # fmt: skip
            await _skip_bad(fresh, platform.poisoned, token)
            await eventually(lambda: _is_at(fresh, head), SETTLED_SECONDS)
            await asyncio.sleep(1)  # whatever it would announce, it has announced
            urls = {
                service: f"http://127.0.0.1:{api.settings.port}" for service, api in fresh.services.items()
            }
            answers = await _answers(urls, token, codes)
            return answers, await fresh.head() - head
    finally:
        await copy.stop()


async def _skip_bad(fresh: Platform, positions: Sequence[int], token: str) -> None:
    """Skip the bad messages in a fresh platform too, as an operator would."""
    for position in positions:
        for api in fresh.services.values():
            await skip(token, f"http://127.0.0.1:{api.settings.port}", position)


async def _is_at(fresh: Platform, head: int) -> bool:
    states = await asyncio.gather(*(api.projection() for api in fresh.services.values()))
    return all(state.get("position", -1) >= head for state in states)


async def states(platform: ChaosPlatform, token: str) -> str:
    """Say where the read models stand, for a run that does not come to rest."""
    parts = []
    async with asking(token, 10) as client:
        for replica in platform.replicas:
            try:
                state = (await client.get(f"{replica.url}/projections")).json()
                parts.append(
                    f"{replica.name} {state.get('state')} at {state.get('position')} {state.get('problem') or ''}"
                )
            except (httpx.TransportError, ValueError) as error:
                parts.append(f"{replica.name} {type(error).__name__}")
    return ", ".join(parts)


async def read_log(server: NatsServer) -> list[dict[str, Any]]:
    """Read all events as they stand in the log, each with its `position`; bad messages are left out."""
    async with connected(server, "operator") as operator:
        jetstream = operator.jetstream()
        last = (await jetstream.stream_info("LOA_EVENTS")).state.last_seq
        subscription = await jetstream.subscribe("loa.>", stream="LOA_EVENTS", ordered_consumer=True)
        events: list[dict[str, Any]] = []
        for _ in range(last):
            message = await subscription.next_msg(timeout=30)
            if envelope := _envelope(message.data):
                events.append(envelope | {"position": message.metadata.sequence.stream})
        return events


def _envelope(payload: bytes) -> dict[str, Any]:
    """Read an event; nothing of what a fault put into the log."""
    try:
        document = json.loads(payload)
    except ValueError:
        return {}
    return document if isinstance(document, dict) and "subject" in document else {}


def _mail(mail: Any) -> tuple[str, bool, str]:
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return str(mail["Message-ID"]), mail["X-Loa-Possible-Duplicate"] == "yes", text
