"""The command handler: retries, repeats and refusals, on the memory store and on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson
import pytest

from deploy.local.engines.nats import NatsServer
from shared.contracts.envelope import AggregateRef, Catalog, Metadata, NewEvent, encode
from shared.contracts.event import Decider, Event, event_id
from shared.contracts.registry import DraftPolicyAdded, DraftRetitled
from shared.eventstore.conflicts import IdempotencyKeyReused, StaleVersion, TooManyConflicts
from shared.eventstore.handle import EventStore, Handled, History, Version, handle, handle_prepared
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.memory import MemoryEventStore
from shared.kernel.errors import Refusal
from shared.kernel.runtime import new_id
from tests.integration.eventstore.suite import META, draft, retitled
from tests.support.servers.engines import connected

Titles = tuple[str, ...]


def _decide(state: Titles, command: str) -> Sequence[Event]:
    if command == "twice":
        return [DraftRetitled(title="một"), DraftRetitled(title="hai")]
    return [] if command in state else [DraftRetitled(title=command)]


def _evolve(state: Titles, event: Event) -> Titles:
    assert isinstance(event, Event), "an unknown event must not reach the domain"
    return (*state, event.title) if isinstance(event, DraftRetitled) else state


TITLES: Decider[Titles, str, Event] = Decider("draft", (), _decide, _evolve)
KEYED = replace(META, idempotency_key="k-1")


@pytest.fixture(params=["memory", "jetstream"])
async def store(request: pytest.FixtureRequest, nats_server: NatsServer) -> AsyncIterator[EventStore]:
    if request.param == "memory":
        yield MemoryEventStore()
        return
    async with connected(nats_server, "registry") as nc:
        yield JetStreamEventStore(nc)


@dataclass(slots=True)
class ConflictingStore:
    """A store on which somebody else writes first, `times` times."""

    inner: EventStore
    times: int
    foreign: list[str] = field(default_factory=list)

    async def load(self, ref: AggregateRef) -> History:
        return await self.inner.load(ref)

    async def exists(self, ref: AggregateRef) -> bool:
        return await self.inner.exists(ref)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        if self.times > 0:
            self.times -= 1
            self.foreign.append(f"khác {self.times}")
            version = (await self.inner.load(ref)).version
            await self.inner.append(ref, version, [retitled(self.foreign[-1])])
        return await self.inner.append(ref, expected, events)


async def run(
    store: EventStore, ref: AggregateRef, command: str, *, if_match: int | None = None
) -> Handled[Titles]:
    return await handle(store, TITLES, ref, command, META, if_match=if_match, new_id=new_id)


async def repeat(store: EventStore, ref: AggregateRef, command: str) -> Handled[Titles]:
    return await handle(store, TITLES, ref, command, KEYED, new_id=new_id)


async def titles(store: EventStore, ref: AggregateRef) -> Titles:
    return TITLES.fold(
        event.data for event in (await store.load(ref)).events if isinstance(event.data, Event)
    )


async def test_a_command_becomes_events(store: EventStore) -> None:
    ref = draft()
    handled = await run(store, ref, "twice")
    assert handled.version == (await store.load(ref)).version
    assert [event.data for event in handled.events] == list(_decide((), "twice"))
    assert not handled.repeated


async def test_a_command_answers_the_state_and_history_after_it(store: EventStore) -> None:
    """So that nobody loads the aggregate again to show what became of it."""
    ref = draft()
    await run(store, ref, "không")
    handled = await run(store, ref, "twice")
    assert handled.state == ("không", "một", "hai")
    loaded = await store.load(ref)
    assert handled.history.version == loaded.version
    shown = [(e.position, e.aggregate_version, e.event_id, e.data, e.type) for e in handled.history.events]
    assert shown == [(e.position, e.aggregate_version, e.event_id, e.data, e.type) for e in loaded.events]


async def test_a_repeated_command_answers_the_present_state(store: EventStore) -> None:
    ref = draft()
    await repeat(store, ref, "một")
    await run(store, ref, "hai")
    again = await repeat(store, ref, "một")
    assert again.state == ("một", "hai")
    assert again.history.version == (await store.load(ref)).version
    assert again.version.count == 1


async def test_a_command_is_prepared_from_the_state_and_again_after_a_conflict(store: EventStore) -> None:
    ref = draft()
    seen: list[Titles] = []

    async def next_title(history: History) -> tuple[str, Metadata]:
        state = history.state(TITLES)
        seen.append(state)
        return f"sau {len(state)}", META

    conflicting = ConflictingStore(store, 1)
    handled = await handle_prepared(conflicting, TITLES, ref, next_title, META, new_id=new_id)
    assert seen == [(), ("khác 0",)]
    assert handled.state == ("khác 0", "sau 1")


async def test_an_aggregate_exists_from_its_first_event_on(store: EventStore) -> None:
    ref = draft()
    assert not await store.exists(ref)
    await run(store, ref, "một")
    assert await store.exists(ref)
    assert not await store.exists(AggregateRef("plan", ref.id))


async def test_nothing_to_do_answers_the_present_version(store: EventStore) -> None:
    ref = draft()
    first = await run(store, ref, "một")
    again = await run(store, ref, "một")
    assert (again.version, again.state, again.events) == (first.version, ("một",), ())
    assert not again.repeated


async def test_a_key_with_another_payload_is_refused(store: EventStore) -> None:
    ref = draft()
    hashed = replace(KEYED, payload_hash="a")
    await handle(store, TITLES, ref, "một", hashed, new_id=new_id)
    assert (await handle(store, TITLES, ref, "một", hashed, new_id=new_id)).repeated
    assert (await repeat(store, ref, "một")).repeated, "who says no payload is believed"
    with pytest.raises(IdempotencyKeyReused):
        await handle(store, TITLES, ref, "hai", replace(KEYED, payload_hash="b"), new_id=new_id)


async def test_a_repeated_key_changes_nothing(store: EventStore) -> None:
    ref = draft()
    first = await repeat(store, ref, "twice")
    await run(store, ref, "ba")
    again = await repeat(store, ref, "twice")
    assert again.repeated
    assert again.version == first.version
    assert [event.event_id for event in again.events] == [event.event_id for event in first.events]
    assert (await store.load(ref)).version.count == 3


async def test_a_repeated_key_wins_over_an_outdated_version(store: EventStore) -> None:
    """The first answer got lost: the caller still has the version of before."""
    ref = draft()
    await handle(store, TITLES, ref, "một", KEYED, if_match=0, new_id=new_id)
    again = await handle(store, TITLES, ref, "một", KEYED, if_match=0, new_id=new_id)
    assert again.repeated


async def test_ids_follow_from_the_key(store: EventStore) -> None:
    ref = draft()
    handled = await repeat(store, ref, "twice")
    own = KEYED.subject
    assert own
    assert [event.event_id for event in handled.events] == [event_id(ref.id, "k-1", n, own) for n in (0, 1)]


async def test_a_key_is_a_clients_own(store: EventStore) -> None:
    """Two clients with the same key change one aggregate: both commands are carried out, each once."""
    ref, others = draft(), replace(KEYED, actor="unit/somebody-else", payload_hash="another")
    for _ in range(2):
        await handle(store, TITLES, ref, "một", KEYED, new_id=new_id)
        await handle(store, TITLES, ref, "hai", others, new_id=new_id)
    assert await titles(store, ref) == ("một", "hai")


async def test_a_key_of_a_client_is_found_after_its_role_has_changed(store: EventStore) -> None:
    ref = draft()
    await handle(store, TITLES, ref, "một", KEYED, new_id=new_id)
    other_role = replace(KEYED, actor=f"supervisor/{KEYED.subject}")
    assert (await handle(store, TITLES, ref, "một", other_role, new_id=new_id)).repeated


async def test_without_a_key_ids_are_drawn(store: EventStore) -> None:
    drawn = iter([UUID(int=7), UUID(int=8)])
    handled = await handle(store, TITLES, draft(), "twice", META, new_id=lambda: next(drawn))
    assert [event.event_id for event in handled.events] == [UUID(int=7), UUID(int=8)]


async def test_another_version_than_the_caller_saw_is_refused(store: EventStore) -> None:
    ref = draft()
    await run(store, ref, "một", if_match=0)
    with pytest.raises(StaleVersion) as refused:
        await run(store, ref, "hai", if_match=0)
    assert (refused.value.code, refused.value.kind) == ("stale-version", "stale")
    assert "phiên bản 0, hiện nay là 1" in refused.value.message.vi
    await run(store, ref, "hai", if_match=1)
    assert await titles(store, ref) == ("một", "hai")


async def test_a_conflicted_writer_decides_again(store: EventStore) -> None:
    ref, conflicting = draft(), ConflictingStore(store, times=2)
    handled = await run(conflicting, ref, "mới")
    assert handled.version.count == 3
    assert await titles(store, ref) == (*conflicting.foreign, "mới")


async def test_a_conflicted_writer_that_named_a_version_is_refused(store: EventStore) -> None:
    ref = draft()
    with pytest.raises(StaleVersion):
        await run(ConflictingStore(store, times=1), ref, "mới", if_match=0)
    assert "mới" not in await titles(store, ref)


async def test_endless_conflicts_are_refused(store: EventStore) -> None:
    ref, conflicting = draft(), ConflictingStore(store, times=99)
    with pytest.raises(TooManyConflicts) as refused:
        await run(conflicting, ref, "mới")
    assert (refused.value.code, refused.value.kind) == ("version-conflict", "conflict")
    assert len(conflicting.foreign) == 4


async def test_a_refusal_writes_nothing(store: EventStore) -> None:
    def refuse(_state: Titles, _command: str) -> Sequence[Event]:
        raise Refusal("không", "no")

    ref = draft()
    with pytest.raises(Refusal):
        await handle(store, replace(TITLES, decide=refuse), ref, "x", META, new_id=new_id)
    assert (await store.load(ref)).events == ()


async def test_commands_at_the_same_moment_all_stand_once(store: EventStore) -> None:
    ref = draft()
    commands = [f"bản {n}" for n in range(4)]
    await asyncio.gather(*(handle(store, TITLES, ref, c, META, attempts=20, new_id=new_id) for c in commands))
    assert sorted(await titles(store, ref)) == commands


async def test_the_same_command_sent_twice_at_once_stands_once(store: EventStore) -> None:
    ref = draft()
    first, other = await asyncio.gather(repeat(store, ref, "một"), repeat(store, ref, "một"))
    assert first.version == other.version
    assert await titles(store, ref) == ("một",)


class DraftRenamedBefore(Event, context="draft", version=1):
    """An old form: the title stood in `name`."""

    name_given: str


class DraftTitleReplaced(Event, context="draft", version=2):
    title: str
    language: str


DraftTitleReplaced.name = DraftRenamedBefore.name = "retitled"


async def test_an_event_of_version_1_is_read_as_version_2(nats_server: NatsServer) -> None:
    """Bytes that stand in the log as v1, through the upcaster, into a decider that knows v2 alone."""
    ref = draft()
    old = NewEvent(new_id(), DraftRenamedBefore(name_given="Luật Nhà ở"), META)
    catalog = Catalog(
        {DraftTitleReplaced.type_name(): DraftTitleReplaced},
        {DraftRenamedBefore.type_name(): lambda data: {"title": data["name_given"], "language": "vi"}},
    )
    decider: Decider[Titles, str, Event] = Decider(
        "draft", (), lambda s, c: [] if c in s else [DraftTitleReplaced(title=c, language="vi")], _evolve_v2
    )
    async with connected(nats_server, "registry") as nc:
        await nc.jetstream().publish(ref.subject(old.data), encode(ref, old, 1), stream=EVENTS)
        store = JetStreamEventStore(nc, catalog)
        (loaded,) = (await store.load(ref)).events
        assert loaded.data == DraftTitleReplaced(title="Luật Nhà ở", language="vi")
        assert loaded.type == "vn.loa.draft.retitled.v1"
        same = await handle(store, decider, ref, "Luật Nhà ở", META, new_id=new_id)
        assert same.events == ()
        await handle(store, decider, ref, "Luật Đất đai", META, new_id=new_id)
        assert [event.type[-2:] for event in (await store.load(ref)).events] == ["v1", "v2"]
        raw = await nc.jetstream().get_msg(EVENTS, loaded.position)
        assert orjson.loads(raw.data or b"")["type"] == "vn.loa.draft.retitled.v1"


def _evolve_v2(state: Titles, event: Event) -> Titles:
    return (*state, event.title) if isinstance(event, DraftTitleReplaced) else state


async def test_unknown_events_are_skipped_but_counted(store: EventStore) -> None:
    ref = draft()
    await store.append(
        ref, Version(), [NewEvent(new_id(), DraftPolicyAdded(policy_no=1, title="lạ"), META), retitled("một")]
    )
    older: EventStore = (
        MemoryEventStore(Catalog({DraftRetitled.type_name(): DraftRetitled}), store.payloads)
        if isinstance(store, MemoryEventStore)
        else _reading(store, Catalog({DraftRetitled.type_name(): DraftRetitled}))
    )
    handled = await run(older, ref, "hai")
    assert handled.version.count == 3
    assert await titles(older, ref) == ("một", "hai")


def _reading(store: EventStore, catalog: Catalog) -> EventStore:
    assert isinstance(store, JetStreamEventStore)
    return JetStreamEventStore(store.nc, catalog)


async def test_a_row_whose_fact_was_changed_since_changes_nothing(store: EventStore) -> None:
    """`once`: neither recorded again nor refused; without it a command does what it says."""
    ref = draft()
    for title in ("một", "hai"):
        await handle(store, LATEST, ref, title, META, new_id=new_id)
    again = await handle(store, LATEST, ref, "một", META, new_id=new_id, once=True)
    assert (again.events, again.superseded, again.state) == ((), True, "hai")
    refused = await handle(store, STRICT, ref, "một", META, new_id=new_id, once=True)
    assert (refused.events, refused.superseded) == ((), True)
    with pytest.raises(Taken):
        await handle(store, STRICT, ref, "ba", META, new_id=new_id, once=True)
    with pytest.raises(Taken):
        await handle(store, STRICT, ref, "một", META, new_id=new_id)
    for decider, once in ((LATEST, False), (replace(LATEST, keyed=True), True)):
        done = await handle(store, decider, ref, "một", META, new_id=new_id, once=once)
        assert (done.superseded, done.state) == (False, "một")
        await handle(store, LATEST, ref, "hai", META, new_id=new_id)


async def test_every_state_before_a_change_is_looked_at(store: EventStore) -> None:
    """Events that change nothing of what was said stand between, and count as well."""
    ref, named = draft(), replace(LATEST, supersedes=(DraftRetitled,))
    for title in ("một", "hai"):
        last = await handle(store, LATEST, ref, title, META, new_id=new_id)
        policy = NewEvent(new_id(), DraftPolicyAdded(policy_no=1, title="lạ"), META)
        await store.append(ref, last.version, [policy])
    await handle(store, LATEST, ref, "ba", META, new_id=new_id)
    for title in ("một", "hai"):
        again = await handle(store, named, ref, title, META, new_id=new_id, once=True)
        assert (again.events, again.superseded) == ((), True)
    done = await handle(store, named, ref, "bốn", META, new_id=new_id, once=True)
    assert (done.superseded, done.state) == (False, "bốn")


class Taken(Refusal):
    code = "taken"

    def __init__(self) -> None:
        super().__init__("Đã có.", "It is there.")


def _latest(state: str, command: str) -> Sequence[Event]:
    return [] if state == command else [DraftRetitled(title=command)]


def _strict(state: str, command: str) -> Sequence[Event]:
    if state not in {"", command}:
        raise Taken
    return _latest(state, command)


def _title(state: str, event: Event) -> str:
    return event.title if isinstance(event, DraftRetitled) else state


LATEST: Decider[str, str, Event] = Decider("draft", "", _latest, _title)
STRICT: Decider[str, str, Event] = Decider("draft", "", _strict, _title)
