"""An external subscriber to the events of Loa: `python -m deploy.sample.subscriber NAME SEED_FILE [URL]`.

It needs `nats-py` with `nkeys` and no code of Loa: copy it. Each event is delivered at least once, from the first one
of the log; the durable consumer keeps the acknowledged position over restarts of either side. Handle events
idempotently: `id` identifies a duplicate, `aggregateversion` an event older than one that you have handled. Ignore
unknown types and fields: later releases add some. An operator creates and revokes the key with `loa subscribers`.
"""

import argparse
import asyncio
import json
import sys

import nats
from nats.js.api import AckPolicy, ConsumerConfig

STREAM = "LOA_EVENTS"
BATCH = 100


async def read(name: str, seed_file: str, url: str, subjects: list[str], *, once: bool) -> None:
    """Print events; with `once` until none waits. `subjects` filter: `loa.<context>.<aggregate id>.<event>`."""
    user = f"reader-{name}"
    client = await nats.connect(
        url,
        nkeys_seed=seed_file,
        inbox_prefix=f"_INBOX.{user}",
        max_reconnect_attempts=-1,
        error_cb=_print_error,
    )
    try:
        log = client.jetstream()
        wanted = ConsumerConfig(
            name=user, durable_name=user, ack_policy=AckPolicy.EXPLICIT, filter_subjects=subjects
        )
        await log.add_consumer(STREAM, wanted)  # creates it, or changes its filter; its position stays
        events = await log.pull_subscribe_bind(user, STREAM)
        while True:
            try:
                messages = await events.fetch(BATCH, timeout=5)
            except TimeoutError:  # no event
                if once:
                    return
                continue
            for message in messages:
                event = json.loads(message.data)
                print(
                    message.metadata.sequence.stream,
                    event["time"],
                    event["type"],
                    event["subject"],
                    flush=True,
                )
                await message.ack()
    finally:
        await client.close()


async def _print_error(error: Exception) -> None:
    """Print why the connection fails, such as a revoked key; the client keeps retrying."""
    print(f"{type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("seed_file")
    parser.add_argument("url", nargs="?", default="nats://127.0.0.1:4222")
    parser.add_argument("--subject", action="append", help="loa.compliance.*.gap_opened; all if absent")
    parser.add_argument("--once", action="store_true", help="end when nothing waits")
    given = parser.parse_args()
    asyncio.run(read(given.name, given.seed_file, given.url, given.subject or ["loa.>"], once=given.once))
