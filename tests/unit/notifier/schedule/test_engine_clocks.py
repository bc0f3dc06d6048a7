"""The scheduler's clock is bounded by PostgreSQL's clock and by the time of the log's last event."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.persistence.database import EngineClocks

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
TOLERANCE = timedelta(seconds=120)


@dataclass(frozen=True)
class Check:
    answer: str = ""
    tolerance: timedelta = TOLERANCE

    def now(self) -> datetime:
        return NOW

    async def problem(self) -> str:
        return self.answer


def clocks(check: Check, last: datetime | None) -> EngineClocks:
    async def last_event_time() -> datetime | None:
        return last

    trusted: Any = check
    return EngineClocks(trusted, last_event_time)


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        (None, ""),
        (NOW - timedelta(days=30), ""),
        (NOW + TOLERANCE, ""),
        (NOW + timedelta(hours=12), "the last event of the log is 43200 s later than our clock"),
    ],
)
async def test_our_clock_is_not_behind_the_log(last: datetime | None, problem: str) -> None:
    assert await clocks(Check(), last).problem() == problem


async def test_a_difference_to_postgresql_comes_first() -> None:
    assert await clocks(Check("our clock is 200 s behind PostgreSQL's"), NOW).problem() == (
        "our clock is 200 s behind PostgreSQL's"
    )
