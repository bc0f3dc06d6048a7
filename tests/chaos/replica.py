"""A notifier process as it is run everywhere, but on a clock that a test chose: `python -m tests.chaos.replica`.

LOA_TEST_DAY is the moment at which the clock stood when LOA_TEST_ZERO (seconds since 1970) was now; it runs
LOA_TEST_SPEED times as fast, so that pauses and leases pass in a test's time.
"""

import os
import time
from datetime import datetime, timedelta

from services.notifier.app import create_app
from services.notifier.settings import Settings
from shared import service
from shared.kernel import log

DAY = datetime.fromisoformat(os.environ["LOA_TEST_DAY"])
ZERO = float(os.environ["LOA_TEST_ZERO"])
SPEED = float(os.environ["LOA_TEST_SPEED"])


def clock() -> datetime:
    return DAY + timedelta(seconds=(time.time() - ZERO) * SPEED)


def main() -> None:
    settings = Settings()
    log.configure(settings.service, settings.log_format, settings.log_level)
    service.serve(create_app(settings, clock), settings)


if __name__ == "__main__":
    main()
