"""The real notifier on a clock that is ahead: mail goes out on working days from eight o'clock only.

A container of the notifier runs this text (`python3 -c TEXT SECONDS [migrate]`): it imports what that image contains.
"""

import sys
from datetime import datetime, timedelta

from services.notifier.app import MIGRATIONS, create_app
from services.notifier.settings import Settings
from shared import service
from shared.kernel import runtime
from shared.observability import signals


def main(ahead: timedelta) -> None:
    def later() -> datetime:
        return runtime.now() + ahead

    settings = Settings()
    signals.configure(settings.service, settings.log_format, settings.log_level)
    service.start(create_app(settings, later), settings, MIGRATIONS)


if __name__ == "__main__":
    main(timedelta(seconds=float(sys.argv.pop(1))))  # what remains are the arguments of the service
