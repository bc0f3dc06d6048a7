"""NATS: one connection for the event store and the projections, and FastStream for subscribers and the event catalogue."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker
from faststream.nats.security import NatsNKey
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.contracts.envelope import Catalog, subject_of
from shared.contracts.envelope_schema import envelope_model
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.kernel.health import Check
from shared.kernel.settings import ServiceSettings
from shared.observability import signals

logger = signals.get_logger(__name__)

LIBRARY = "loa.faststream"  # not below `faststream`, whose logger has a handler of its own
logging.getLogger(LIBRARY).setLevel(logging.WARNING)


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Leave out what the library logs of a handler that ends with its service: the message is delivered again."""
    kind = record.exc_info[0] if record.exc_info else None
    cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
    return not (cancelled or record.getMessage().startswith("CancelledError:"))


logging.getLogger(LIBRARY).addFilter(_is_no_cancellation)


def events_stream() -> JStream:
    """Name the log to FastStream without ever declaring it: only the bootstrap owns streams."""
    return JStream(EVENTS, declare=False)


class ConnectionLog:
    """Logs the events of a connection, and a repeated error only once."""

    def __init__(self) -> None:
        self._last_error = ""

    async def disconnected(self) -> None:
        logger.warning("nats_disconnected")

    async def reconnected(self) -> None:
        self._last_error = ""
        logger.info("nats_reconnected")

    async def failed(self, error: Exception) -> None:
        words = str(error) or (
            "no answer from the broker in time" if isinstance(error, TimeoutError) else "no details"
        )
        problem = f"{type(error).__name__}: {words}"
        if problem != self._last_error:
            logger.warning("nats_error", error=problem)
        self._last_error = problem


def connection_options(settings: ServiceSettings) -> dict[str, Any]:
    """Options of nats-py and FastStream alike: reconnect for ever, notice a dead link within 15 seconds."""
    connection_log = ConnectionLog()
    return {
        "name": f"loa-{settings.service}",
        "inbox_prefix": settings.inbox_prefix,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 1,
        "ping_interval": 5,  # seconds; after three unanswered ones the connection is closed
        "error_cb": connection_log.failed,
        "disconnected_cb": connection_log.disconnected,
        "reconnected_cb": connection_log.reconnected,
    }


async def connect(client: Client, settings: ServiceSettings, closed: Callable[[], Awaitable[None]]) -> None:
    """Connect, however long that takes; `closed` is called when the client has given up for good."""
    options = connection_options(settings)
    options["inbox_prefix"] = settings.inbox_prefix.encode()
    if settings.nats_seed:
        options["nkeys_seed_str"] = settings.nats_seed.get_secret_value()
    await client.connect(settings.nats_servers, closed_cb=closed, **options)
    logger.info("nats_connected")


async def ping(client: Client) -> Check:
    """Ask the broker for the log: a frozen one keeps its connections open and answers nothing.

    Not by `Client.flush`: one that timed out leaves its cancelled future in line, and the pong that comes for it
    later ends the client's reading loop (nats-py 2.16, `Client._process_pong`); what is connected is deaf then.
    """
    if not client.is_connected:
        return Check(ok=False, detail="not connected")
    try:
        await stream_state(client.jetstream(timeout=2))
    except NotFoundError:
        return Check(ok=False, detail=f"the broker has no stream {EVENTS}: loa streams apply")
    return Check(ok=True)


def create_broker(settings: ServiceSettings) -> NatsBroker:
    """Make the service's FastStream broker.

    Acknowledgement is manual: FastStream's default on NATS terminates a message whose handler raised.
    It reconnects for ever like the service's own connection, whose closing for good ends the process.
    """
    seed = settings.nats_seed
    return NatsBroker(
        settings.nats_servers,
        ack_policy=AckPolicy.MANUAL,
        logger=logging.getLogger(LIBRARY),  # its own logger writes past ours
        log_level=logging.DEBUG,
        security=NatsNKey.from_seed(seed.get_secret_value()) if seed else None,
        **connection_options(settings),
    )


def declare_events(broker: NatsBroker, service: str, catalog: Catalog) -> None:
    """Declare every event that the service owns, for its AsyncAPI document: the event store publishes them.

    Only when the document is asked for: an envelope and what FastStream makes of it take 2 ms and 50 KB each.
    """
    if broker.publishers:
        return  # an earlier try to build the document
    for model in catalog.owned_by(service):
        broker.publisher(
            subject_of(model, "{id}"),
            schema=envelope_model(model),
            title=model.type_name(),
            description=model.__doc__,
            stream=events_stream(),
        )
