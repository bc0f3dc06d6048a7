"""The connection to NATS stands on what nats-py promises, and refuses requests that it could not answer for good."""

import pytest
from nats.aio.client import Client
from nats.errors import ConnectionClosedError

from shared.eventstore.jetstream import Connection


async def test_a_request_before_the_first_connect_is_refused_and_chooses_no_inbox() -> None:
    connection = Connection()
    with pytest.raises(ConnectionClosedError):
        await connection.request("$JS.API.INFO", timeout=1)
    assert not connection._resp_sub_prefix


def test_nothing_private_of_nats_py_is_overridden() -> None:
    overridden = {name for name in vars(Connection) if name in vars(Client) and not name.startswith("__")}
    assert overridden == {"request"}
