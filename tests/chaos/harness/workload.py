"""Writers that send commands over HTTP as clients do: with idempotency keys, repeated until an answer is final."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx

from tests.chaos.harness.history import Attempt, Command, End, History
from tests.chaos.harness.processes import Replica
from tests.support.servers.plain import NO_AUTHORITIES

ANSWER_SECONDS = 6.0  # until a client stops waiting for one answer
GIVE_UP_SECONDS = 90.0  # until a client stops repeating
REPEATED = {408, 425, 429, 500, 502, 503, 504}
CONFLICTS = (":version-conflict", ":draft-not-yet-known", ":too-many-conflicts")
ADDRESSES = ("plain", "later", "hangs", "drops", "early", "plain")
STAGES = ("policy_consultation", "drafting", "draft_consultation", "appraisal")


@dataclass(slots=True)
class Clients:
    """Sends to any replica of a service; `token` is an operator's."""

    replicas: Sequence[Replica]
    token: str
    random: random.Random
    history: History = field(default_factory=History)
    stopped: bool = False
    is_paused: bool = False  # only imports go on
    facts_are_lost: bool = False  # an older log was accepted: what is not known there will not be known later
    addresses: dict[str, str] = field(default_factory=dict)  # unit -> its mailbox
    _numbers: int = 0

    async def send(
        self, service: str, method: str, path: str, json: Any, about: str, **query: int
    ) -> Command:
        """Carry out one command, and record every attempt."""
        command = self.new(service, method, path, json, about)
        await self.finish(command, query)
        return command

    def new(self, service: str, method: str, path: str, json: Any, about: str) -> Command:
        self._numbers += 1
        command = Command(f"chaos-{self._numbers}-{about}", service, method, path, json, about)
        self.history.commands.append(command)
        return command

    async def finish(self, command: Command, query: dict[str, int] | None = None) -> None:
        """Repeat a command until its answer is final."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            attempt = await self.attempt(command, self.any(command.service), query or {})
            if not is_repeated(attempt) or (self.facts_are_lost and attempt.status == 409):
                command.end = End.ACKNOWLEDGED if (attempt.status or 500) < 300 else End.REFUSED
                return
            await asyncio.sleep(self.random.uniform(0.05, 0.4))

    def any(self, service: str) -> Replica:
        """Choose a replica as a load balancer does that does not look."""
        return self.random.choice([entry for entry in self.replicas if entry.service == service])

    async def attempt(self, command: Command, replica: Replica, query: dict[str, int]) -> Attempt:
        attempt = Attempt(replica.name, time.monotonic())
        command.attempts.append(attempt)
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": command.key}
        try:
            async with httpx.AsyncClient(
                timeout=ANSWER_SECONDS, headers=headers, verify=NO_AUTHORITIES
            ) as client:
                answer = await client.request(
                    command.method, f"{replica.url}{command.path}", json=command.json, params=query
                )
            attempt.status = answer.status_code
            attempt.body = answer.json() if answer.content else {}
        except (httpx.TransportError, ValueError) as error:
            attempt.body = {"error": f"{type(error).__name__}: {error}"}
        attempt.ended = time.monotonic()
        return attempt


def is_repeated(attempt: Attempt) -> bool:
    """Say whether a client sends the command again: no answer, an answer that says "later", or a conflict."""
    if attempt.status is None or attempt.status in REPEATED:
        return True
    return attempt.status == 409 and str(attempt.body.get("type", "")).endswith(CONFLICTS)


@dataclass(slots=True)
class Writer:
    """One unit with a recipient, and its drafts; it writes until the clients are stopped."""

    clients: Clients
    unit: str
    today: date
    address: str
    last: int = 0
    drafts: int = 0

    async def prepare(self) -> None:
        unit = {
            "code": self.unit,
            "name": f"Sở Tư pháp {self.unit}",
            "level": "provincial",
            "kind": "department",
        }
        await self._send("registry", "POST", "/units", unit, self.unit)
        person = [{"role": "focal_point", "email": self.address, "language": "vi"}]
        await self._send("notifier", "PUT", f"/units/{self.unit}/recipients", person, self.unit)

    async def run(self) -> None:
        while not self.clients.stopped:
            if self.clients.is_paused:
                await asyncio.sleep(0.1)
            else:
                await self._life_of_a_draft()

    async def owe(self) -> None:
        """Register a draft whose communication is overdue."""
        self.drafts += 1
        code = f"{self.unit}-D{self.drafts}"
        await self._send("registry", "POST", "/drafts", new_draft(code, self.unit), code)
        body = {"stage": "draft_consultation", "entered_on": (self.today - timedelta(days=40)).isoformat()}
        await self._send("registry", "POST", f"/drafts/{code}/stages", body, code)

    async def _life_of_a_draft(self) -> None:
        """Register a draft, let it enter stages, communicate some of them, now and then end or transfer it."""
        choose = self.clients.random
        self.drafts += 1
        code = f"{self.unit}-D{self.drafts}"
        await self._register(code)
        day = self.today - timedelta(days=choose.randint(20, 300))
        for stage in STAGES[: choose.randint(1, len(STAGES))]:
            if self.clients.stopped or self.clients.is_paused:
                return
            body = {"stage": stage, "entered_on": day.isoformat()}
            await self._send("registry", "POST", f"/drafts/{code}/stages", body, code)
            if choose.random() < 0.5:
                await self._communicate(code, day)
            day += timedelta(days=choose.randint(1, max(1, (self.today - day).days // 2)))
        if choose.random() < 0.2:
            title = {"title": f"Nghị quyết số {self.drafts} (đổi tên)"}
            await self._send("registry", "POST", f"/drafts/{code}/title", title, code)

    async def _register(self, code: str) -> None:
        await self._send("registry", "POST", "/drafts", new_draft(code, self.unit), code)
        for number in range(1, self.clients.random.randint(0, 2) + 1):
            policy = {"policy_no": number, "title": f"Chính sách {number}"}
            await self._send("registry", "POST", f"/drafts/{code}/policies", policy, code)

    async def _communicate(self, code: str, day: date) -> None:
        held = day + timedelta(days=self.clients.random.randint(0, 12))
        body = {"held_on": min(held, self.today).isoformat(), "channel": "conference", "title": "Hội nghị"}
        await self._send("campaigns", "POST", f"/drafts/{code}/communications", body, code, wait=True)

    async def _send(
        self, service: str, method: str, path: str, json: Any, about: str, *, wait: bool = False
    ) -> None:
        query = {"min_position": self.last} if wait and self.last else {}
        command = await self.clients.send(service, method, path, json, about, **query)
        if command.end is End.ACKNOWLEDGED:
            self.last = max(self.last, command.position or 0)


def new_draft(code: str, unit: str) -> dict[str, str]:
    return {
        "draft_code": code,
        "title": f"Nghị quyết {code}",
        "instrument": "provincial_resolution",
        "lead_unit_code": unit,
        "regime": "law_2025_amended",
        "in_scope": "yes",
        "scope_basis": "local_plan",
    }


async def ticking(clients: Clients) -> None:
    """Ask for the mails of the moment again and again, as the scheduler and impatient operators do."""
    while not clients.stopped:
        replica = clients.random.choice([entry for entry in clients.replicas if entry.service == "notifier"])
        headers = {"Authorization": f"Bearer {clients.token}"}
        try:
            async with httpx.AsyncClient(
                timeout=ANSWER_SECONDS, headers=headers, verify=NO_AUTHORITIES
            ) as client:
                await client.post(f"{replica.url}/tick")
        except httpx.TransportError:
            pass
        await asyncio.sleep(clients.random.uniform(0.5, 2.0))
