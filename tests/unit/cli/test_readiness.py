"""`loa up` waits until all is ready; it does not end while only the operator's decision is missing."""

from collections.abc import Mapping

import httpx
import pytest

from deploy.cli.operate.health.readiness import waits_for_operator

ANOTHER_LOG = {"log": "another log: registry: the log ends at 747, the rows are at 750; loa recover"}
HALTED = {"projection": "halted: position 43: unexpected end of data"}


def answer(broken: Mapping[str, str]) -> httpx.Response:
    checks = {"database": {"ok": True, "detail": "ok"}, "log": {"ok": True, "detail": "ok"}}
    failing = {part: {"ok": False, "detail": detail} for part, detail in broken.items()}
    return httpx.Response(503 if broken else 200, json={"checks": checks | failing})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (ANOTHER_LOG, ANOTHER_LOG | HALTED, True),
        (ANOTHER_LOG, {}, True),
        (HALTED, {}, True),
        ({}, {}, False),
        ({"log": "the log ends at 747, the rows are at 750"}, {}, False),
        ({"projection": "starting at position 0, 0 behind"}, ANOTHER_LOG, False),
        (HALTED | {"database": "refused"}, HALTED, False),
        (HALTED, {"log_writes": "no space left"}, False),
    ],
)
def test_only_a_missing_decision_is_not_waited_for(
    first: Mapping[str, str], second: Mapping[str, str], expected: bool
) -> None:
    assert waits_for_operator({"registry": answer(first), "metrics": answer(second)}) is expected


def test_a_service_that_does_not_answer_is_waited_for() -> None:
    assert not waits_for_operator({"registry": None, "metrics": answer(HALTED)})
    assert not waits_for_operator({"registry": httpx.Response(503), "metrics": answer(HALTED)})
