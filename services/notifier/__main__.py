"""Starts the notifier: `python -m services.notifier`."""

import shared.kernel.lean_start  # noqa: F401  before all others
from services.notifier.app import MIGRATIONS, create_app
from services.notifier.settings import Settings
from shared import service
from shared.kernel.settings import from_environment
from shared.observability import signals


def main() -> None:
    settings = from_environment(Settings)
    signals.configure(settings.service, settings.log_format, settings.log_level)
    service.start(create_app(settings), settings, MIGRATIONS)


if __name__ == "__main__":
    main()
