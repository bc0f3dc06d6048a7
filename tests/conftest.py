"""What every test can ask for; the fixtures themselves live in `tests.support`."""

import os

# Most tests set the clock of a service to a day of their own; those of the clock check name its tolerance themselves.
os.environ.setdefault("LOA_CLOCK_TOLERANCE_SECONDS", "1e12")

pytest_plugins = [
    "tests.support.servers.browser",
    "tests.support.servers.containers",
    "tests.support.servers.engines",
    "tests.support.servers.links",
    "tests.support.reader_keys",
    "tests.support.platform.imports",
    "tests.support.platform.service",
]
