"""A document that takes long to build holds up nothing, and is built once."""

import asyncio
import threading

import pytest

from shared.http.documents.built_once import BuiltOnce


async def test_it_is_built_once_and_beside_the_loop() -> None:
    may_end, builds = threading.Event(), list[str]()

    def build() -> str:
        builds.append(threading.current_thread().name)
        assert may_end.wait(10)
        return "tài liệu"

    document = BuiltOnce(build)
    waiting = [asyncio.create_task(document.content()) for _ in range(3)]
    await asyncio.sleep(0)  # the loop goes on while it is built
    may_end.set()
    assert await asyncio.gather(*waiting) == ["tài liệu".encode()] * 3
    assert len(builds) == 1
    assert builds != [threading.main_thread().name]


async def test_who_asks_after_a_failure_gets_it_built_again() -> None:
    results = iter(["", "đủ"])

    def build() -> str:
        if content := next(results):
            return content
        raise LookupError("not yet")

    document = BuiltOnce(build)
    with pytest.raises(LookupError, match="not yet"):
        await document.content()
    assert await document.content() == "đủ".encode()


async def test_who_hangs_up_takes_it_from_nobody() -> None:
    may_end = threading.Event()
    document = BuiltOnce(lambda: "x" if may_end.wait(10) else "")
    gone, waits = asyncio.create_task(document.content()), asyncio.create_task(document.content())
    await asyncio.sleep(0)
    gone.cancel()
    may_end.set()
    assert await waits == b"x"
