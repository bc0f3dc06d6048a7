"""The service's connection to NATS: nats-py's, which refuses requests before it has been connected."""

from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError


class Connection(Client):
    """Refuses requests before it has ever been connected.

    With the first request nats-py 2.16 chooses for good where answers are to go. Before `connect` it does not know
    our prefix yet, and the broker refuses any other: of a service that was scraped while it waited for its database
    no request was ever answered again.
    """

    async def request(self, *args: Any, **options: Any) -> Msg:
        if not (self.is_connected or self.is_reconnecting):
            raise ConnectionClosedError
        return await super().request(*args, **options)
