"""A service process as it is run everywhere, but on a clock or with a failpoint that a test chose.

`python -m tests.chaos.replica`; LOA_TEST_SERVICE names the service (default: the notifier). LOA_TEST_DAY is the moment at
which the notifier's clock stood when LOA_TEST_ZERO (seconds since 1970) was now; it runs LOA_TEST_SPEED times as fast, so
that pauses and leases pass in a test's time. LOA_TEST_KILL is a failpoint (`tests.chaos.failpoints`).
"""

import os
import time
from datetime import datetime, timedelta
from importlib import import_module

from shared import service
from shared.observability import signals
from tests.chaos import failpoints

SERVICE = os.environ.get("LOA_TEST_SERVICE", "notifier")


def clock() -> datetime:
    day = datetime.fromisoformat(os.environ["LOA_TEST_DAY"])
    zero, speed = float(os.environ["LOA_TEST_ZERO"]), float(os.environ["LOA_TEST_SPEED"])
    return day + timedelta(seconds=(time.time() - zero) * speed)


def main() -> None:
    app = import_module(f"services.{SERVICE}.app")
    settings = import_module(f"services.{SERVICE}.settings").Settings()
    if name := os.environ.get("LOA_TEST_KILL"):
        failpoints.set_up(name)
    signals.configure(settings.service, settings.log_format, settings.log_level)
    arguments = (clock,) if SERVICE == "notifier" else ()
    service.serve(app.create_app(settings, *arguments), settings)


if __name__ == "__main__":
    main()
