"""The list of revoked tokens: how old it may be, and that reading it holds no request for long."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import nats.errors

from shared.auth.tokens import AGAIN_SECONDS, MOST_AGE_SECONDS, RevokedTokens
from shared.eventstore.buckets import hashed


@dataclass
class Entries:
    """A bucket that answers with keys, or not at all."""

    keys_now: frozenset[str] = frozenset()
    fails: bool = False
    asked: int = 0
    time: float = 0.0
    connected: bool = True
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def client(self) -> Any:
        return SimpleNamespace(is_connected=self.connected)

    async def keys(self) -> frozenset[str]:
        self.asked += 1
        await self.gate.wait()
        if self.fails:
            raise nats.errors.TimeoutError
        return self.keys_now


def tokens_of(entries: Entries) -> RevokedTokens:
    return RevokedTokens(entries, clock=lambda: entries.time)  # type: ignore[arg-type]  # what it uses of a bucket


async def test_a_revoked_token_is_refused_when_the_list_is_two_seconds_old() -> None:
    entries = Entries()
    tokens = tokens_of(entries)
    assert not await tokens.include("x")
    entries.keys_now = frozenset({hashed("x")})
    entries.time = MOST_AGE_SECONDS + 0.1
    assert await tokens.include("x")
    assert not await tokens.include("y")


async def test_many_requests_read_it_once() -> None:
    entries = Entries()
    tokens = tokens_of(entries)
    await asyncio.gather(*(tokens.include(str(n)) for n in range(50)))
    assert entries.asked == 1


async def test_while_it_is_read_again_the_last_one_counts() -> None:
    entries = Entries(frozenset({hashed("x")}))
    tokens = tokens_of(entries)
    await tokens.include("x")
    entries.time = MOST_AGE_SECONDS + 0.1
    entries.gate.clear()
    first = asyncio.create_task(tokens.include("x"))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(tokens.include("x"), 1)
    entries.gate.set()
    assert await first


async def test_a_broker_that_does_not_answer_is_asked_every_ten_seconds_and_the_last_list_counts() -> None:
    entries = Entries(frozenset({hashed("x")}))
    tokens = tokens_of(entries)
    await tokens.include("x")
    entries.fails, entries.time = True, MOST_AGE_SECONDS + 0.1
    for _ in range(20):
        assert await tokens.include("x")
    assert entries.asked == 2
    entries.time += AGAIN_SECONDS + 0.1
    await tokens.include("x")
    assert entries.asked == 3


async def test_without_a_connection_nothing_is_asked() -> None:
    entries = Entries(connected=False)
    assert not await tokens_of(entries).include("x")
    assert entries.asked == 0
