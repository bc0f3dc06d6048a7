"""How long a log must be shorter than the rows until the fence believes it: longer where a new leader may be behind."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.aio.client import Client

from shared.eventstore.log_reader import LogReplaced, LogView, Mark
from shared.kernel.errors import TransientError
from shared.projections import log_fence
from shared.projections.log_fence import LASTING_SECONDS, REPLICATED_SECONDS, LogFence

CREATED = datetime(2026, 11, 29, tzinfo=UTC)
MARK = Mark(41, 41, "an event")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time, which the test moves."""
    moment = [1000.0]
    monkeypatch.setattr(log_fence, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    return moment


def fence_of(monkeypatch: pytest.MonkeyPatch, view: LogView) -> LogFence:
    """Make a fence that has appended event 41, and sees a log."""
    client = SimpleNamespace(stats={"reconnects": 0}, is_connected=True, jetstream=lambda **_: None)
    fence = LogFence(cast(Client, client), "registry")

    async def viewed(*_: Any) -> LogView:
        return view

    async def alone() -> None:
        """Ask no other service."""

    monkeypatch.setattr(log_fence, "view_log", viewed)
    monkeypatch.setattr(fence, "_exchange", alone)
    monkeypatch.setattr(fence, "_newest", MARK)
    return fence


@pytest.mark.parametrize(("replicas", "seconds"), [(1, LASTING_SECONDS), (3, REPLICATED_SECONDS)])
async def test_a_shorter_log_is_doubted_before_it_is_another_one(
    monkeypatch: pytest.MonkeyPatch, now: list[float], replicas: int, seconds: float
) -> None:
    """Nothing is written in doubt either; only what it is called differs."""
    fence = fence_of(monkeypatch, LogView(CREATED, 40, {}, replicas))
    await fence.compare()
    with pytest.raises(TransientError):
        await fence.require_open()
    now[0] += seconds - 0.1
    await fence.compare()
    assert fence.own is None
    now[0] += 0.2
    await fence.compare()
    with pytest.raises(LogReplaced):
        await fence.require_open()
