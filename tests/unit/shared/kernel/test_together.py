"""Background work ends when it is told to, also when a library loses the telling."""

import asyncio
from contextlib import suppress

import pytest

from shared.kernel import runtime as module
from shared.kernel.runtime import together


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_failing_task_ends_the_others_and_is_raised() -> None:
    ended = asyncio.Event()

    async def other() -> None:
        try:
            await _for_ever()
        finally:
            ended.set()

    async def fails() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await together(other, fails)
    assert ended.is_set()


async def test_all_that_end_by_themselves_are_waited_for() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(len(done))

    await together(work, work)
    assert done == [0, 1]


@pytest.mark.timeout(10, func_only=True)  # the last test of a run bears its end as well
async def test_a_lost_cancellation_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a group within a group, as the projector is one."""
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.01)
    began, lost = asyncio.Event(), 0

    async def loses() -> None:
        nonlocal lost
        began.set()
        while True:
            if lost < 3:
                with suppress(asyncio.CancelledError):
                    await _for_ever()
                lost += 1
            else:
                await _for_ever()

    task = asyncio.create_task(together(lambda: together(loses, _for_ever), _for_ever))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lost == 3
