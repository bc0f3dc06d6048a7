"""A consumer of Loa's events by a stranger: `python -m deploy.sample.reader NAME SEED_FILE [URL]`.

It needs `nats-py` with `nkeys` and nothing of Loa: copy it. Each event comes at least once, from the first one of
the log on; the durable consumer remembers what was answered for, over restarts of either side. What you do with an event
must bear to be done twice: its `id` says whether you know it already, and `aggregateversion` whether you know a later
one of the same thing. Types and fields that you don't know are passed over: more come with time. An operator adds and
takes back the key with `loa readers`.
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
        url, nkeys_seed=seed_file, inbox_prefix=f"_INBOX.{user}", max_reconnect_attempts=-1, error_cb=_said
    )
    try:
        log = client.jetstream()
        wanted = ConsumerConfig(
            name=user, durable_name=user, ack_policy=AckPolicy.EXPLICIT, filter_subjects=subjects
        )
        await log.add_consumer(STREAM, wanted)  # makes it, or changes what it filters; its place stays
        events = await log.pull_subscribe_bind(user, STREAM)
        while True:
            try:
                messages = await events.fetch(BATCH, timeout=5)
            except TimeoutError:  # nothing came
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


async def _said(error: Exception) -> None:
    """Tell what keeps the connection away, such as a key that was taken back; it is tried again all the while."""
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
