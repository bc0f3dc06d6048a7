"""The broker's disk is full: while single events or batches are written, or when the broker starts."""

import errno
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.chaos.harness.effect import Effect
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.support.platform.service import eventually

FILLER = "filler"
REFUSED_SECONDS = 60.0
RECONNECTING = 20  # commands that are refused only because a service is not connected again yet
LEFT_BYTES = 1 << 17  # for the broker's own configuration and log; its store gets three quarters of it


async def _until(check: Callable[[], bool]) -> None:
    """Wait a while for an effect; without one the fault counts as one that touched nothing."""

    async def checked() -> bool:
        return check()

    with suppress(AssertionError):
        await eventually(checked, REFUSED_SECONDS)


def _fill(disk: Path) -> int:
    """Write until a disk is full; gives the bytes written, 0 if it is no disk of its own."""
    if not disk.is_mount():
        return 0
    written = 0
    with (disk / FILLER).open("ab", buffering=0) as filler:
        try:
            while True:
                written += filler.write(b"\0" * 65536)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return written


async def _free_disk(platform: ChaosPlatform) -> None:
    """Do what the runbook says after a full disk: make room, and start the broker again."""
    (platform.disk / FILLER).unlink(missing_ok=True)
    await platform.nats.stop()
    await platform.nats.start()


@asynccontextmanager
async def disk_full(platform: ChaosPlatform, _choose: random.Random, effect: Effect) -> AsyncIterator[None]:
    """The broker's disk is full while commands come; an operator makes room and starts the broker again."""
    before = platform.load.refused_commands()
    filled = _fill(platform.disk)
    try:
        await _until(lambda: platform.load.refused_commands() > before)
        yield
        effect.hits += platform.load.refused_commands() - before if filled else 0
    finally:
        await _free_disk(platform)


@asynccontextmanager
async def disk_full_in_batches(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    """Only imports write while the disk is full: what does not fit is an atomic batch."""
    before = platform.load.refused_imports()
    platform.load.pause(True)
    try:
        filled = _fill(platform.disk)
        await _until(lambda: platform.load.refused_imports() > before)
        yield
        effect.hits += platform.load.refused_imports() - before if filled else 0
    finally:
        await _free_disk(platform)
        platform.load.pause(False)


@asynccontextmanager
async def started_full(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    """The broker starts while its disk is full; an operator makes room and starts it again."""
    await platform.nats.stop()
    filled = _fill(platform.disk)
    if filled:
        os.truncate(platform.disk / FILLER, filled - LEFT_BYTES)
    await platform.nats.start()
    _fill(platform.disk)
    before = platform.load.refused_commands()
    try:
        await _until(lambda: platform.load.refused_commands() > before + RECONNECTING)
        yield
        refused = platform.load.refused_commands() - before - RECONNECTING
        effect.hits += max(0, refused) if filled else 0
    finally:
        await _free_disk(platform)
