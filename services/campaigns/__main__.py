"""Starts campaigns: `python -m services.campaigns`."""

import shared.kernel.lean_start  # noqa: F401  before all others
from services.campaigns.app import MIGRATIONS, create_app
from services.campaigns.settings import Settings
from shared import service


def main() -> None:
    service.main(Settings, create_app, MIGRATIONS)


if __name__ == "__main__":
    main()
