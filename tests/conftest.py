"""What every test can ask for; the fixtures themselves live in `tests.support`."""

pytest_plugins = [
    "tests.support.browser",
    "tests.support.containers",
    "tests.support.engines",
    "tests.support.links",
    "tests.support.service",
]
