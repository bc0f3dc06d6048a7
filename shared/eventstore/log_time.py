"""When the broker received the log's last event."""

from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.eventstore.streams import EVENTS, stream_state

SECONDS = 5.0


async def last_event_time(client: Client) -> datetime | None:
    """Return the broker's time of the last event; None if the log is empty."""
    js = client.jetstream(timeout=SECONDS)
    try:
        last = (await stream_state(js)).last
        if last == 0:  # NATS refuses to be asked for position 0
            return None
        message = await js.get_msg(EVENTS, last, direct=True)
    except NotFoundError:
        return None
    return message.time.astimezone(UTC) if message.time else None
