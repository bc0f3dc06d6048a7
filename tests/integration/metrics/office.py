"""One unit with one draft in a running platform, and what metrics recorded in the log about its gaps."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.contracts.envelope import CATALOG, Recorded, decode
from shared.contracts.event import Event
from shared.contracts.metrics import ComplianceEvent
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from shared.projections.batches import Feed
from tests.support.platform.service import Platform, eventually
from tests.support.samples import small_office
from tests.support.servers.engines import connected

_numbers = itertools.count(1)
_read: dict[str, list[Recorded]] = {}


def today() -> date:
    return day_in_vietnam(runtime.now())


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


async def log_of(platform: Platform, after: int = 0) -> list[Recorded]:
    """Give the whole log (after a position); what was read before is kept."""
    events = _read.setdefault(str(platform.server.url), [])
    head = await platform.head()
    if len(events) < head:
        async with connected(platform.server, "metrics") as nc:
            feed = Feed(nc, len(events))
            while len(events) < head:
                events += [decode(CATALOG, raw.position, raw.payload) for raw in await feed.batch(1000, 5)]
            await feed.close()
    return events[after:]


async def announced(platform: Platform, draft_code: str | None = None, after: int = 0) -> list[Recorded]:
    return [
        event
        for event in await log_of(platform, after)
        if event.ref.context == "compliance" and draft_code in (None, gap_of(event).draft_code)
    ]


def gap_of(event: Recorded) -> ComplianceEvent:
    assert isinstance(event.data, ComplianceEvent)
    return event.data


def names(events: Sequence[Recorded]) -> list[str]:
    return [event.data.name for event in events if isinstance(event.data, Event)]


@dataclass(frozen=True, slots=True)
class Office:
    platform: Platform
    code: str

    async def open(self, policies: int = 2, unit: Mapping[str, str] | None = None, **draft: Any) -> None:
        await self.platform.import_rows("units", [small_office.unit(self.code, **(unit or {}))])
        row = small_office.draft(self.code, self.code, **({"in_scope": "yes"} | draft))
        await self.platform.import_rows("drafts", [row])
        rows = [small_office.policy(self.code, number) for number in range(1, policies + 1)]
        await self.platform.import_rows("policies", rows)

    async def enter(self, stage: str, on: str, **more: Any) -> str:
        """Enter a stage; the answer is the id of the entry."""
        await self.draft("stages", stage=stage, entered_on=on, **more)
        history = await self.platform.registry.client.get(f"/drafts/{self.code}/history")
        event_id: str = history.json()["events"][-1]["event_id"]
        return event_id

    async def draft(self, verb: str, **body: Any) -> int:
        return await self._post(self.platform.registry.client, f"/drafts/{self.code}/{verb}", body)

    async def communicate(self, on: str, *policies: int) -> str:
        """Record a communication; the answer is its id."""
        body = {"held_on": on, "channel": "conference", "title": "Hội thảo", "policies": policies}
        answer = await self.platform.campaigns.client.post(
            f"/drafts/{self.code}/communications",
            json=body,
            params={"min_position": await self.platform.head()},
        )
        assert answer.is_success, answer.text
        communication: str = answer.json()["id"]
        return communication

    async def retract(self, communication_id: str) -> None:
        await self._post(self.platform.campaigns.client, f"/communications/{communication_id}/retract", {})

    async def announcements(self, number: int) -> list[Recorded]:
        """Wait until so many events were announced about the draft's gaps, and give them all."""

        async def enough() -> list[Recorded] | None:
            events = await announced(self.platform, self.code)
            return events if len(events) >= number else None

        await eventually(enough)
        await quiet(self.platform)
        return await announced(self.platform, self.code)

    async def _post(self, client: Any, path: str, body: dict[str, Any]) -> int:
        answer = await client.post(path, json=body)
        assert answer.is_success, (path, answer.text)
        position: int = answer.json()["position"]
        return position


async def quiet(platform: Platform) -> None:
    """Wait until whatever is to be announced of all that is recorded has been announced.

    Looks are taken one after the other, and another draft is retitled twice: when its second title has
    been announced, the look before that one is over.
    """
    other = Office(platform, "QUIET")
    if not await announced(platform, other.code):
        await other.open(policies=0)
        await other.enter("draft_consultation", ago(0))
    for _ in range(2):
        title = f"Dự thảo {next(_numbers)}"
        await other.draft("title", title=title)
        await eventually(lambda title=title: _is_recorded(platform, title))  # type: ignore[misc]
    await platform.settled()


async def _is_recorded(platform: Platform, title: str) -> bool:
    return any(gap_of(event).title == title for event in await announced(platform, "QUIET"))
