"""Which checks of /readyz are needed: those without which the service would not be ready."""

import pytest

from services.registry.app import READS, WRITES
from shared.kernel.errors import TransientError
from shared.kernel.health import Check, Health, Purpose

HEALTH = Health({}, {Purpose.READS: READS, Purpose.WRITES: WRITES})
ALL = {"started", "nats", "log_writes", "log", "database", "projection"}

CASES = [
    (Purpose.READS, set(), {"started"}),  # of database and broker either is enough
    (Purpose.READS, {"nats"}, {"started", "database"}),
    (Purpose.READS, {"database"}, {"started", "nats"}),
    (Purpose.READS, {"database", "nats"}, {"started", "database", "nats"}),
    (Purpose.READS, {"started", "nats"}, {"started", "database"}),
    (Purpose.WRITES, set(), {"started", "nats", "log_writes", "log"}),
    (Purpose.WRITES, {"nats", "database"}, {"started", "nats", "log_writes", "log"}),
]


@pytest.mark.parametrize(("purpose", "failed", "needed"), CASES)
def test_a_check_is_needed_if_the_service_is_not_ready_without_it(
    purpose: Purpose, failed: set[str], needed: set[str]
) -> None:
    checks = {name: Check(ok=name not in failed) for name in ALL}
    assert {name for name in ALL if HEALTH.is_needed(purpose, name, checks)} == needed
    blocking = needed & failed
    assert HEALTH.is_ready(purpose, checks) is not bool(blocking)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (TransientError("the log could not be read"), "the log could not be read"),
        (ConnectionResetError("by peer"), "ConnectionResetError: by peer"),
    ],
)
async def test_a_check_that_fails_says_why_in_words(error: Exception, detail: str) -> None:
    """The names of our own classes mean nothing to an operator; those of libraries are what one searches for."""

    async def probe() -> Check:
        raise error

    assert await Health({"nats": probe}, {}).examine() == {"nats": Check(ok=False, detail=detail)}
