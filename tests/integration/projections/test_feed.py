"""A feed asks for what follows before it is wanted, and gives each event once, in order."""

from nats.aio.client import Client

from shared.eventstore.log_reader import EVENTS as LOG
from shared.projections.batches import Feed
from tests.integration.projections.tally import EVENTS
from tests.support.platform.service import eventually

BATCH = 10


async def positions(feed: Feed, most: int = BATCH) -> list[int]:
    return [event.position for event in await feed.batch(most, 1)]


async def test_what_follows_is_asked_for_while_the_caller_is_busy(client: Client) -> None:
    feed = Feed(client, 0)
    try:
        given = await positions(feed)
        assert given == list(range(1, BATCH + 1))

        async def delivered() -> bool:
            info = await client.jetstream().consumer_info(LOG, feed._consumer)
            return info.delivered is not None and info.delivered.stream_seq == 2 * BATCH

        await eventually(delivered)
        while given[-1] < EVENTS:
            given += await positions(feed)
        assert given == list(range(1, EVENTS + 1))
    finally:
        await feed.close()


async def test_what_came_ahead_of_a_lost_connection_is_read_again(client: Client) -> None:
    feed = Feed(client, 0)
    try:
        given = await positions(feed)

        async def arrived() -> bool:
            return len(feed._arrived) == BATCH

        await eventually(arrived)
        client.stats["reconnects"] += 1  # as after an outage: the log may be another one now
        given += await positions(feed)
        assert feed.begun == 2
        while given[-1] < EVENTS:
            given += await positions(feed)
        assert given == list(range(1, EVENTS + 1))
    finally:
        await feed.close()
