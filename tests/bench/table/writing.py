"""Rows of the write side: an append that is awaited, and a command on a draft of four events."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import median
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.local.engines.postgres import create_database
from services.registry.domain import draft_commands
from services.registry.domain.draft import draft
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.event import SUPERVISION
from shared.contracts.registry import DraftRegistered, DraftRetitled, DraftScopeAssessed, DraftStageEntered
from shared.contracts.vocabulary import Answer, Instrument, Regime, Stage
from shared.eventstore.handle import NOTHING, Append, Version, handle
from shared.eventstore.jetstream import _outgoing
from shared.eventstore.log_reader import EVENTS
from shared.kernel.runtime import new_id
from tests.bench.fence import Stores, stores
from tests.bench.imports import META
from tests.bench.peers import library
from tests.bench.table.row import Part, Row, Size, per_second
from tests.support.servers.engines import _admin

WARM = 30  # turns that are not counted
TOGETHER = 100  # drafts written in a batch before the clock starts
TITLE = "Luật Đất đai"

Turn = Callable[[int], Awaitable[object]]


async def part(size: Size, folder: Path) -> Part:
    async with stores(folder) as at:
        env = await peer_database(at)
        app = library.Drafts(env)
        try:
            return Part([await appended(at, app, size.appends), await decided(at, app, size.appends)])
        finally:
            app.close()


async def peer_database(at: Stores) -> dict[str, str]:
    async with _admin(at.postgres) as admin:
        await create_database(admin, "peer", "peer")
    return library.environment(f"postgresql://peer:peer@127.0.0.1:{at.postgres.port}/peer")


async def in_turns(number: int, turns: Mapping[str, Turn]) -> dict[str, list[float]]:
    """Let each have its turn, again and again, in an order that begins with the next one each time; give the seconds that each took.

    What one leaves behind (a cold cache, a line of log that is still to be written) meets all others alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in turns}
    ordered = list(turns.items())
    for count in range(WARM + number):
        ordered.append(ordered.pop(0))
        for name, turn in ordered:
            began = time.perf_counter()
            await turn(count)
            if count >= WARM:
                taken[name].append(time.perf_counter() - began)
    return taken


def row(what: str, taken: Mapping[str, Sequence[float]], goal: float) -> Row:
    ratio = median(taken["bare"]) / median(taken["loa"])
    times = median(taken["peer"]) / median(taken["loa"])
    return Row(
        what=what,
        loa=per_second(taken["loa"]),
        limit=per_second(taken["bare"]),
        ratio=f"{ratio:.2f}",
        peer=f"`eventsourcing` {per_second(taken['peer'])} (Loa {times:.1f} x)",
        goal=f"≥ {goal} of the limit",
        met=ratio >= goal,
    )


async def appended(at: Stores, app: library.Drafts, number: int) -> Row:
    def event() -> NewEvent:
        return NewEvent(new_id(), DraftRetitled(title=TITLE), META)

    messages = [
        _outgoing(AggregateRef("draft", new_id()), NOTHING, [event()])[0] for _ in range(WARM + number)
    ]

    async def bare(count: int) -> None:
        message = messages[count]
        await at.client.request(message.subject, message.payload, timeout=10, headers=message.headers)

    async def loa(_: int) -> None:
        await at.fenced.append(AggregateRef("draft", new_id()), NOTHING, [event()])

    async def store(_: int) -> None:
        await at.bare.append(AggregateRef("draft", new_id()), NOTHING, [event()])

    async def peer(count: int) -> None:
        app.save(library.new_draft(count))

    taken = await in_turns(number, {"bare": bare, "loa": loa, "store": store, "peer": peer})
    made = row("append of one event, awaited (limit: bare request of the same bytes)", taken, 0.85)
    alone = median(taken["bare"]) / median(taken["store"])
    return replace(made, loa=f"{made.loa} as in a service; without fence and metrics {alone:.2f}")


async def drafts(at: Stores, number: int) -> list[UUID]:
    """Write drafts of four events of different types."""
    ids = [new_id() for _ in range(number)]
    for start in range(0, number, TOGETHER):
        await at.bare.append_all(
            [Append(AggregateRef("draft", of), NOTHING, _events(of)) for of in ids[start : start + TOGETHER]]
        )
    return ids


def _events(of: UUID) -> list[NewEvent]:
    registered = DraftRegistered(
        draft_id=of,
        draft_code=f"DT-{of.hex[:12].upper()}",
        title=TITLE,
        instrument=Instrument.LAW,
        lead_unit_code="BTNMT",
        regime=Regime.LAW_2025,
    )
    data = (
        registered,
        DraftScopeAssessed(in_scope=Answer.YES),
        DraftStageEntered(stage=Stage.POLICY_CONSULTATION, entered_on=date(2026, 1, 5)),
        DraftRetitled(title=f"{TITLE} (sửa đổi)"),
    )
    return [NewEvent(new_id(), event, META) for event in data]


@dataclass(slots=True)
class BareReader:
    """Reads the newest event of each type of an aggregate by one batched direct get, over an inbox that it keeps."""

    client: Client
    inbox: str = ""
    waiting: dict[str, asyncio.Future[list[Msg]]] = field(default_factory=dict)
    answers: dict[str, list[Msg]] = field(default_factory=dict)

    async def open(self) -> None:
        self.inbox = self.client.new_inbox()
        await self.client.subscribe(f"{self.inbox}.*", cb=self._take)

    async def _take(self, message: Msg) -> None:
        answers = self.answers.setdefault(message.subject, [])
        answers.append(message)
        if (message.headers or {}).get("Status"):
            self.waiting.pop(message.subject).set_result(self.answers.pop(message.subject))

    async def newest(self, subjects: str, number: int) -> list[Msg]:
        address = f"{self.inbox}.{number}"
        self.waiting[address] = asyncio.get_running_loop().create_future()
        query = json.dumps({"multi_last": [subjects], "batch": 1024}).encode()
        await self.client.publish(f"$JS.API.DIRECT.GET.{EVENTS}", query, reply=address)
        return await self.waiting[address]


async def decided(at: Stores, app: library.Drafts, number: int) -> Row:
    total = WARM + number
    ours, plain = await drafts(at, total), await drafts(at, total)
    theirs = list(library.batches_of(app, total))
    reader = BareReader(at.client)
    await reader.open()

    async def bare(count: int) -> None:
        ref = AggregateRef("draft", plain[count])
        *messages, _ = await reader.newest(ref.subjects, count)
        last = max(int((message.headers or {})["Nats-Sequence"]) for message in messages)
        event = NewEvent(new_id(), DraftRetitled(title="Luật Giá"), META)
        (message,) = _outgoing(ref, Version(len(messages), last), [event])
        answer = await at.client.request(
            message.subject, message.payload, timeout=10, headers=message.headers
        )
        assert b"error" not in answer.data, answer.data

    async def loa(count: int) -> None:
        command = draft_commands.Retitle(title="Luật Giá", by=SUPERVISION, today=META.time.date())
        ref = AggregateRef("draft", ours[count])
        handled = await handle(at.fenced, draft, ref, command, META, new_id=new_id)
        assert handled.events

    async def peer(count: int) -> None:
        loaded: library.Draft = app.repository.get(theirs[count])
        loaded.retitle("Luật Giá")
        app.save(loaded)

    taken = await in_turns(number, {"bare": bare, "loa": loa, "peer": peer})
    what = "load, decide, append: a command on a draft of four events (limit: bare direct get and request)"
    return row(what, taken, 0.7)
