"""Creates the databases and roles of the services on an external PostgreSQL server."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.local.engines.postgres import create_database, database_of
from deploy.local.keys.keyring import write_secret
from deploy.nats.permissions import SERVICES
from shared.kernel.database_url import parse
from shared.kernel.errors import LoaError, Text

PASSWORDS = "database-passwords.json"  # in a data folder


class DatabaseUnreachable(LoaError):
    """The server of `LOA_DATABASE_URL` refuses the connection."""

    def __init__(self, error: Exception) -> None:
        self.message = Text(
            f"Không kết nối được PostgreSQL theo thiết lập LOA_DATABASE_URL: {error}",
            f"PostgreSQL cannot be reached with the setting LOA_DATABASE_URL: {error}",
        )
        super().__init__(self.message.en)


async def provide(admin_url: str, kept: Path) -> Mapping[str, str]:
    """Create missing databases and roles; return the address of each service's database."""
    secret_of = passwords(kept)
    try:
        admin = await connect(admin_url)
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        raise DatabaseUnreachable(error) from error
    try:
        for service in SERVICES:
            await _provide(admin, database_of(service), secret_of[service])
    finally:
        await admin.close()
    return {name: address(admin_url, database_of(name), secret_of[name]) for name in SERVICES}


async def connect(url: str) -> asyncpg.Connection:
    """Connect by an address with the parameters of libpq."""
    target = parse(url)
    settings = dict(target.server_settings)
    return await asyncpg.connect(target.address, timeout=target.timeout, server_settings=settings)


async def _provide(admin: asyncpg.Connection, name: str, password: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await create_database(admin, name, password)
    await admin.execute(
        f"ALTER ROLE \"{name}\" PASSWORD '{password}'"
    )  # another data folder may have created it


def address(admin_url: str, name: str, password: str) -> str:
    """Build the address of another role and database on the same server."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(("postgresql", f"{name}:{password}@{host}", f"/{name}", parts.query, ""))


def passwords(path: Path) -> Mapping[str, str]:
    """Read the passwords of the services; missing ones are created."""
    if not path.exists():
        write_secret(path, json.dumps({service: secrets.token_urlsafe(24) for service in SERVICES}))
    kept: Mapping[str, str] = json.loads(path.read_text())
    return kept
