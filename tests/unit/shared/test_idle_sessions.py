"""A session that nobody uses ends, in every process alike; who uses it keeps it, and it is written down once in a while."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import nats.errors
import pytest

from shared.auth.sessions import IDLE, LONGEST, NOTED, SessionEnded, Sessions, Way
from shared.auth.tokens import NothingRevoked, Principal
from shared.contracts.vocabulary import Role
from shared.eventstore.buckets import Bucket, Entry

MINUTE = timedelta(minutes=1)


@dataclass
class Memory:
    """The bucket that all processes share; one with the key of an older release may not touch when sessions are used."""

    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    refuses: bool = False

    async def get(self, key: str) -> Entry:
        self._permit(key)
        return Entry(self.entries.get(key, {}))

    async def put(self, key: str, document: Mapping[str, Any]) -> bool:
        self._permit(key)
        self.written.append(key)
        self.entries[key] = document
        return True

    async def keys(self, pattern: str) -> frozenset[str]:
        del pattern
        return frozenset()

    def _permit(self, key: str) -> None:
        if self.refuses and key.startswith("used."):
            raise nats.errors.TimeoutError


@dataclass
class Time:
    now: datetime = datetime(2026, 11, 30, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def bucket() -> Memory:
    return Memory()


def process(bucket: Memory, time: Time) -> Sessions:
    return Sessions(cast("Bucket", bucket), NothingRevoked(), time)


async def begun(bucket: Memory, time: Time) -> str:
    secret, _ = await process(bucket, time).start(Principal("p", Role.UNIT, "SO-TP"), Way.MAIL)
    return secret


async def test_who_does_nothing_for_an_hour_is_signed_out_everywhere(bucket: Memory, time: Time) -> None:
    secret, first, other = await begun(bucket, time), process(bucket, time), process(bucket, time)
    time.now += 50 * MINUTE
    await first.find(secret)
    time.now += IDLE - MINUTE
    await other.find(secret)
    time.now += IDLE + NOTED
    for each in (first, other, process(bucket, time)):
        with pytest.raises(SessionEnded):
            await each.find(secret)


async def test_who_works_all_day_stays_until_the_longest_life_ends(bucket: Memory, time: Time) -> None:
    secret, first, other = await begun(bucket, time), process(bucket, time), process(bucket, time)
    begins = time.now
    while time.now < begins + LONGEST - MINUTE:
        time.now += MINUTE
        await first.find(secret)
        await other.find(secret)
    notes = [key for key in bucket.written if key.startswith("used.")]
    assert len(notes) <= LONGEST / NOTED, "one note in five minutes, by whichever process comes first"
    time.now = begins + LONGEST
    with pytest.raises(SessionEnded):
        await first.find(secret)


async def test_a_page_that_brings_itself_up_to_date_is_nobodys_work(bucket: Memory, time: Time) -> None:
    secret, first = await begun(bucket, time), process(bucket, time)
    ends = time.now + IDLE + NOTED
    while time.now + MINUTE < ends:
        time.now += MINUTE
        await first.find(secret, by_person=False)
    time.now = ends
    with pytest.raises(SessionEnded):
        await first.find(secret, by_person=False)


async def test_a_process_that_may_not_note_the_use_admits_until_the_longest_life_ends(time: Time) -> None:
    bucket = Memory(refuses=True)
    secret, first = await begun(bucket, time), process(bucket, time)
    time.now += 3 * IDLE
    assert (await first.find(secret)).principal.subject == "p"
    time.now += LONGEST
    with pytest.raises(SessionEnded):
        await first.find(secret)
