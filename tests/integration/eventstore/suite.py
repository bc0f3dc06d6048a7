"""How every event store must behave; `test_memory` and `test_jetstream` inherit it."""

import asyncio
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from uuid import UUID, uuid5

import orjson
import pytest

from shared.contracts.envelope import AggregateRef, Catalog, Metadata, NewEvent, encode
from shared.contracts.event import LOA_NAMESPACE, Unknown
from shared.contracts.registry import DraftPolicyAdded, DraftRetitled
from shared.eventstore.handle import MAX_BATCH, NOTHING, EventStore, Version, VersionConflict
from shared.kernel.errors import PermanentError
from shared.kernel.runtime import new_id

META = Metadata(time=datetime(2026, 3, 2, 1, tzinfo=UTC), actor="role:test", correlation_id="c1")


def draft() -> AggregateRef:
    return AggregateRef("draft", new_id())


def retitled(title: str, identity: UUID | None = None) -> NewEvent:
    return NewEvent(identity or new_id(), DraftRetitled(title=title), META)


def policies(count: int, text: str = "Chính sách") -> list[NewEvent]:
    return [
        NewEvent(new_id(), DraftPolicyAdded(policy_no=n, title=f"{text} {n}"), META)
        for n in range(1, count + 1)
    ]


class EventStoreSuite(ABC):
    drops_ids_seen_elsewhere = False

    @pytest.fixture
    def store(self) -> EventStore:
        raise NotImplementedError

    @abstractmethod
    def reading(self, store: EventStore, catalog: Catalog) -> EventStore:
        """Give a store on the same log that reads with another catalogue."""

    @abstractmethod
    async def write(self, store: EventStore, ref: AggregateRef, name: str, payload: bytes) -> None:
        """Put bytes into the log as another release might have written them."""

    async def test_an_aggregate_without_events_is_empty(self, store: EventStore) -> None:
        history = await store.load(draft())
        assert history.events == ()
        assert history.version == NOTHING

    async def test_what_was_appended_is_loaded(self, store: EventStore) -> None:
        ref, first, second = draft(), retitled("Luật Đất đai"), retitled("Luật Đất đai (sửa đổi)")
        item = await store.append(ref, NOTHING, [first])
        two = await store.append(ref, item, [second])
        history = await store.load(ref)
        assert [event.event_id for event in history.events] == [first.event_id, second.event_id]
        assert [event.aggregate_version for event in history.events] == [1, 2]
        assert [event.data for event in history.events] == [first.data, second.data]
        assert {event.metadata for event in history.events} == {META}
        assert history.version == two
        assert two.count == item.count + 1
        assert two.position > item.position

    async def test_aggregates_do_not_see_each_other(self, store: EventStore) -> None:
        first, other = draft(), draft()
        await store.append(first, NOTHING, [retitled("một")])
        await store.append(other, NOTHING, [retitled("hai")])
        assert (await store.load(first)).version.count == 1

    async def test_an_outdated_version_is_refused_and_nothing_written(self, store: EventStore) -> None:
        ref = draft()
        version = await store.append(ref, NOTHING, [retitled("một")])
        with pytest.raises(VersionConflict):
            await store.append(ref, NOTHING, [retitled("hai")])
        with pytest.raises(VersionConflict):
            await store.append(ref, NOTHING, policies(3))
        assert (await store.load(ref)).version == version

    async def test_a_version_ahead_of_the_log_is_refused(self, store: EventStore) -> None:
        ref = draft()
        version = await store.append(ref, NOTHING, [retitled("một")])
        with pytest.raises(VersionConflict):
            await store.append(ref, Version(2, version.position + 1), [retitled("hai")])
        assert (await store.load(ref)).version == version

    async def test_several_events_stand_together(self, store: EventStore) -> None:
        ref, events = draft(), policies(3)
        version = await store.append(ref, NOTHING, events)
        history = await store.load(ref)
        assert [event.event_id for event in history.events] == [event.event_id for event in events]
        assert history.version == version
        assert version.count == 3
        positions = [event.position for event in history.events]
        assert positions == list(range(positions[0], positions[0] + 3))

    async def test_a_repeated_append_succeeds_and_changes_nothing(self, store: EventStore) -> None:
        """The acknowledgement was lost: the caller sends the very same again."""
        ref = draft()
        start = await store.append(ref, NOTHING, [retitled("một")])
        for events in ([retitled("hai")], policies(2)):
            version = await store.append(ref, start, events)
            assert await store.append(ref, start, events) == version
            assert (await store.load(ref)).version == version
            start = version

    async def test_a_repeated_append_is_recognized_behind_later_events(self, store: EventStore) -> None:
        ref, events = draft(), policies(2)
        version = await store.append(ref, NOTHING, events)
        latest = await store.append(ref, version, [retitled("sau")])
        assert await store.append(ref, NOTHING, events) == version
        assert (await store.load(ref)).version == latest

    async def test_half_of_a_repeated_append_is_a_conflict(self, store: EventStore) -> None:
        ref, events = draft(), policies(2)
        version = await store.append(ref, NOTHING, events[:1])
        with pytest.raises(VersionConflict):
            await store.append(ref, NOTHING, events)
        assert (await store.load(ref)).version == version

    async def test_of_writers_at_the_same_moment_one_wins(self, store: EventStore) -> None:
        ref = draft()
        attempts = [store.append(ref, NOTHING, [retitled(f"bản {n}")]) for n in range(16)]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(outcome, Version) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 15
        assert (await store.load(ref)).version.count == 1

    async def test_a_long_history_is_loaded_whole_and_in_order(self, store: EventStore) -> None:
        ref, version = draft(), NOTHING
        for _ in range(2):
            version = await store.append(ref, version, policies(MAX_BATCH))
        version = await store.append(ref, version, [retitled("cuối")])
        history = await store.load(ref)
        assert history.version == version
        assert [event.aggregate_version for event in history.events] == list(range(1, 2 * MAX_BATCH + 2))

    async def test_large_events_are_loaded_whole(self, store: EventStore) -> None:
        ref, version = draft(), NOTHING
        for _ in range(4):
            version = await store.append(ref, version, policies(10, "dài " * 40_000))
        assert (await store.load(ref)).version == version

    async def test_too_many_events_or_none_are_refused(self, store: EventStore) -> None:
        for events in (policies(MAX_BATCH + 1), []):
            with pytest.raises(ValueError, match="1 to 1000"):
                await store.append(draft(), NOTHING, events)

    async def test_an_unknown_type_is_kept_in_its_place(self, store: EventStore) -> None:
        ref = draft()
        await store.append(ref, NOTHING, [retitled("một")])
        await self.write(store, ref, "illustrated", _foreign(ref, "vn.loa.draft.illustrated.v1", 2))
        registered, unknown = (await store.load(ref)).events
        assert isinstance(unknown.data, Unknown)
        assert unknown.data == Unknown(type="vn.loa.draft.illustrated.v1", data={"title": "?"})
        await store.append(ref, Version(2, unknown.position), [retitled("ba")])
        assert [event.aggregate_version for event in (await store.load(ref)).events] == [1, 2, 3]
        assert registered.type == "vn.loa.draft.retitled.v1"

    async def test_bytes_that_are_no_event_are_named_with_their_position(self, store: EventStore) -> None:
        ref = draft()
        await self.write(store, ref, "retitled", b"{}")
        with pytest.raises(PermanentError, match="poison_event: position"):
            await store.load(ref)

    async def test_a_reader_of_an_older_release_sees_what_it_knows(self, store: EventStore) -> None:
        ref = draft()
        version = await store.append(ref, NOTHING, [*policies(1), retitled("hai")])
        older = self.reading(store, Catalog({DraftPolicyAdded.type_name(): DraftPolicyAdded}))
        history = await older.load(ref)
        assert [type(event.data) for event in history.events] == [DraftPolicyAdded, Unknown]
        assert history.version == version

    async def test_ids_of_the_same_key_on_two_aggregates_both_stand(self, store: EventStore) -> None:
        for ref in (draft(), draft()):
            await store.append(ref, NOTHING, [retitled("một", uuid5(LOA_NAMESPACE, f"{ref.id}:key:0"))])
            assert (await store.load(ref)).version.count == 1

    async def test_an_id_that_stands_elsewhere_is_no_success(self, store: EventStore) -> None:
        """The broker would drop it as a duplicate; the writer must not believe that it was written."""
        first, other, event = draft(), draft(), retitled("một")
        await store.append(first, NOTHING, [event])
        if self.drops_ids_seen_elsewhere:
            with pytest.raises(VersionConflict):
                await store.append(other, NOTHING, [event])
            assert (await store.load(other)).version == NOTHING


def _foreign(ref: AggregateRef, type_name: str, version: int) -> bytes:
    document = orjson.loads(encode(ref, retitled("?"), version)) | {"type": type_name}
    return orjson.dumps(document)
