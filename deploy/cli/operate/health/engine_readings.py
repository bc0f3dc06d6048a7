"""Readings of broker and PostgreSQL, taken with the operator's credentials of the data folder."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import nats.errors
from nats.aio.client import Client

from deploy.cli import brokers
from deploy.cli.operate.subscribers import commands as subscribers
from deploy.local.engines import databases
from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import Keyring
from deploy.local.settings import LocalSettings
from shared.eventstore import streams
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.eventstore.subscriber_states import SubscriberState, subscriber_states

SECONDS = 3.0  # for all requests to one part, which run side by side with those to the others
NO_ANSWER = f"no answer within {SECONDS:g} s"
QUERY = """
SELECT current_setting('server_version'), current_setting('fsync'), sum(pg_database_size(oid))::bigint,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'
FROM pg_database
"""


@dataclass(frozen=True, slots=True)
class ConsumerState:
    """The state of a durable consumer."""

    name: str
    pending: int = 0
    unacknowledged: int = 0
    redelivered: int = 0


@dataclass(frozen=True, slots=True)
class Broker:
    """The state of the broker, or in `error` why it could not be read."""

    error: str = ""
    version: str = ""
    differences: tuple[streams.Difference, ...] = ()
    consumers: tuple[ConsumerState, ...] = ()
    subscribers: tuple[SubscriberState, ...] = ()
    without_durable: tuple[str, ...] = ()  # external systems that have a key and no durable
    last: int = 0


@dataclass(frozen=True, slots=True)
class Database:
    """The state of PostgreSQL; `version` is empty where we have no credentials, `error` is why it could not be read."""

    error: str = ""
    version: str = ""
    fsync: str = "on"
    size: int = 0  # bytes of all databases
    read_only: bool = False


async def read_broker(url: str, folder: Path, replicas: int) -> Broker:
    if not url:
        return Broker("LOA_NATS_URL?")
    if not brokers.has_operator(folder):
        return Broker(f"{folder}/keys?")
    try:
        async with asyncio.timeout(SECONDS):
            return await _read_broker(await brokers.connected(url, folder), folder, replicas)
    except TimeoutError:
        return Broker(NO_ANSWER)
    except (OSError, nats.errors.Error) as error:
        return Broker(_message(error))


async def _read_broker(client: Client, folder: Path, replicas: int) -> Broker:
    try:
        js = client.jetstream(timeout=SECONDS)
        differences = tuple(await streams.plan(js, replicas))
        missing = {entry.name for entry in differences if entry.setting == "exists"}
        consumers = [
            await _consumer_state(js, entry) for entry in streams.CONSUMERS if entry.name not in missing
        ]
        if EVENTS in missing:
            return Broker("", _version(client), differences, tuple(consumers))
        states = tuple(await subscriber_states(js))
        return Broker(
            version=_version(client),
            differences=differences,
            consumers=tuple(consumers),
            subscribers=states,
            without_durable=tuple(
                subscribers.without_durable(Keyring(folder / "keys").subscribers(), states)
            ),
            last=(await stream_state(js)).last,
        )
    finally:
        await client.close()


def _version(client: Client) -> str:
    result = client.connected_server_version
    return f"{result.major}.{result.minor}.{result.patch}"


async def _consumer_state(js: Any, consumer: streams.Consumer) -> ConsumerState:
    info = await js.consumer_info(consumer.stream, consumer.name)
    return ConsumerState(
        consumer.name, info.num_pending or 0, info.num_ack_pending or 0, info.num_redelivered or 0
    )


async def read_database(folder: Path, settings: LocalSettings) -> Database:
    address = _address(folder, settings)
    if not address:
        return Database()
    try:
        async with asyncio.timeout(SECONDS):
            return await _read_database(address)
    except TimeoutError:
        return Database(NO_ANSWER)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        return Database(_message(error))


async def _read_database(address: str) -> Database:
    connection = await databases.connect(address)
    try:
        row: Any = await connection.fetchrow(QUERY)
        return Database("", *row)
    finally:
        connection.terminate()  # a server that is frozen does not answer a goodbye either


def _address(folder: Path, settings: LocalSettings) -> str:
    """Find the address of PostgreSQL: from the setting, else from the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    postgres_folder = folder / "postgres"
    if not read_text(postgres_folder / "passwords.json"):
        return ""
    lines = read_text(postgres_folder / "data" / "postmaster.pid").splitlines()
    port = int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else settings.postgres_port  # noqa: PLR2004
    return PostgresServer(postgres_folder, port).admin_url


def read_text(path: Path) -> str:
    """Read a file; a missing or unreadable one reads as empty."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__
