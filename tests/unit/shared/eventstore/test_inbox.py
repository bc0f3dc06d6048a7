"""Answers of the broker to all questions of a connection come by one subscription, each to the question that it belongs to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from nats.aio.msg import Msg

from shared.eventstore.log_reader import Inbox


@dataclass
class Broker:
    """A connection on which the first subscription takes a moment, or fails."""

    failures: int = 0
    subjects: list[str] = field(default_factory=list)
    inboxes: int = 0
    pass_on: Callable[[Msg], Awaitable[None]] | None = None

    def new_inbox(self) -> str:
        self.inboxes += 1
        return f"_INBOX.registry.{self.inboxes}"

    async def subscribe(self, subject: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.subjects.append(subject)
        self.pass_on = cb

    async def answer(self, address: str, data: bytes) -> None:
        assert self.pass_on is not None
        await self.pass_on(Msg(None, subject=address, data=data))  # type: ignore[arg-type]  # none is asked


async def test_questions_at_once_share_a_subscription_and_get_their_own_answers() -> None:
    broker, inbox = Broker(), Inbox()
    both_asked = asyncio.Barrier(2)

    async def ask(text: bytes) -> list[bytes]:
        got: list[bytes] = []
        async with inbox.address(broker, lambda message: got.append(message.data)) as address:  # type: ignore[arg-type]
            await both_asked.wait()
            await broker.answer(address, text)
            await both_asked.wait()
        return got

    first, second = await asyncio.gather(ask(b"first"), ask(b"second"))
    assert (first, second) == ([b"first"], [b"second"])
    assert broker.subjects == ["_INBOX.registry.1.*"]


async def test_an_answer_that_comes_too_late_is_dropped() -> None:
    broker, inbox, got = Broker(), Inbox(), list[bytes]()
    async with inbox.address(broker, lambda message: got.append(message.data)) as late:  # type: ignore[arg-type]
        pass
    async with inbox.address(broker, lambda message: got.append(message.data)) as address:  # type: ignore[arg-type]
        await broker.answer(late, b"late")
        await broker.answer(address, b"own")
    assert got == [b"own"]


async def test_a_subscription_that_failed_is_tried_again() -> None:
    broker, inbox, got = Broker(failures=1), Inbox(), list[bytes]()
    with pytest.raises(ConnectionError):
        async with inbox.address(broker, lambda message: got.append(message.data)):  # type: ignore[arg-type]
            pytest.fail("nothing can be answered")
    async with inbox.address(broker, lambda message: got.append(message.data)) as address:  # type: ignore[arg-type]
        await broker.answer(address, b"own")
    assert got == [b"own"]
