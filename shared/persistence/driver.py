"""Opens connections by an address with the parameters of libpq."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import asyncpg

from shared.kernel.database_url import parse

DRIVER = "postgresql+asyncpg://"


def connector(url: str, session: Mapping[str, str]) -> Callable[[], Awaitable[Any]]:
    """Make the function that opens a connection; SQLAlchemy's own does not know libpq's parameters (`sslmode`, …)."""
    target = parse(url)
    return partial(
        asyncpg.connect,
        target.address,
        timeout=target.timeout,
        server_settings={**target.server_settings, **session},
    )
