"""A service process as it is run everywhere, but on a clock or with a failpoint that a test chose.

`python -m tests.chaos.replica`; LOA_TEST_SERVICE names the service (default: the notifier). LOA_TEST_DAY is the moment at
which the notifier's clock stood when LOA_TEST_ZERO (seconds since 1970) was now; it runs LOA_TEST_SPEED times as fast, so
that pauses and leases pass in a test's time. LOA_TEST_CLOCK is a file with the seconds by which the clock is wrong; with it
the engines' clocks count as standing on the same day. LOA_TEST_KILL is a failpoint (`tests.chaos.failpoints`).
"""

import os
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from shared import service
from shared.observability import signals
from shared.persistence.database import ClockCheck
from tests.chaos import failpoints


def clock() -> datetime:
    day = datetime.fromisoformat(os.environ["LOA_TEST_DAY"])
    zero, speed = float(os.environ["LOA_TEST_ZERO"]), float(os.environ["LOA_TEST_SPEED"])
    return day + timedelta(seconds=(time.time() - zero) * speed + wrong_seconds())


def wrong_seconds() -> float:
    """Read by how much a fault moves the clock; 0 without one."""
    file = Path(os.environ.get("LOA_TEST_CLOCK", os.devnull))
    return float(file.read_text() or 0) if file.exists() else 0.0


def move_engine_clocks() -> None:
    """Let PostgreSQL's clock count as one that stands on the day of the test, so that only a fault differs from it."""
    real = ClockCheck.ahead
    day = datetime.fromisoformat(os.environ["LOA_TEST_DAY"])
    moved = day - datetime.fromtimestamp(float(os.environ["LOA_TEST_ZERO"]), UTC)

    async def ahead(self: ClockCheck) -> timedelta:
        return await real(self) - moved

    ClockCheck.ahead = ahead  # type: ignore[method-assign]


def main() -> None:
    kind = os.environ.get("LOA_TEST_SERVICE", "notifier")
    app = import_module(f"services.{kind}.app")
    settings = import_module(f"services.{kind}.settings").Settings()
    if name := os.environ.get("LOA_TEST_KILL"):
        failpoints.set_up(name)
    if kind == "notifier" and "LOA_TEST_CLOCK" in os.environ:
        move_engine_clocks()
    signals.configure(settings.service, settings.log_format, settings.log_level)
    arguments = (clock,) if kind == "notifier" else ()
    service.serve(app.create_app(settings, *arguments), settings)


if __name__ == "__main__":
    main()
