"""An external subscriber to the events of Loa: `python -m deploy.sample.subscriber NAME SEED_FILE [URL]`.

It needs `nats-py` with `nkeys` and no code of Loa: copy it. Each event is delivered at least once, from the first one
of the log; the durable consumer keeps the acknowledged position over restarts of either side. Handle events
idempotently: `id` identifies a duplicate, `aggregateversion` an event older than one that you have handled. Ignore
unknown types and fields: later releases add some. An operator creates and revokes the key with `loa subscribers`.
A durable keeps its filter and its position; the broker would take another filter without reading what it left out, so
this program refuses it. deploy/sample/README.md has shorter programs for nats-py, FastStream and Node.
"""

import argparse
import asyncio
import json
import sys

import nats
from nats.aio.client import Client
from nats.errors import TimeoutError as NoAnswer
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

STREAM = "LOA_EVENTS"
BATCH = 100


class Refused(Exception):
    """The durable consumer does not fit what is asked for; the text says what to do."""


async def read(name: str, seed_file: str, url: str, subjects: list[str], *, once: bool) -> None:
    """Print events; with `once` until none waits. `subjects` filter: `loa.<context>.<aggregate id>.<event>`."""
    client = await _connect(name, seed_file, url)
    try:
        log = client.jetstream()
        await _check_durable(log, name, subjects)
        events = await log.pull_subscribe_bind(f"reader-{name}", STREAM)
        while True:
            try:
                messages = await events.fetch(BATCH, timeout=5)
            except TimeoutError:  # no event
                if once:
                    return
                continue
            for message in messages:
                event = json.loads(message.data)
                position = message.metadata.sequence.stream
                print(position, event["time"], event["type"], event["subject"], flush=True)
                await message.ack()
    finally:
        await client.close()


async def _connect(name: str, seed_file: str, url: str) -> Client:
    return await nats.connect(
        url,
        nkeys_seed=seed_file,
        inbox_prefix=f"_INBOX.reader-{name}",  # the only inbox that the key may use
        max_reconnect_attempts=-1,
        error_cb=_print_error,
    )


async def _check_durable(log: JetStreamContext, name: str, subjects: list[str]) -> None:
    """Create the durable if it does not exist; refuse one that has other settings than those of this program."""
    user = f"reader-{name}"
    wanted = ConsumerConfig(
        name=user,
        durable_name=user,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        filter_subjects=sorted(subjects),
    )
    try:
        info = await log.consumer_info(STREAM, user)
    except NotFoundError:
        info = await log.add_consumer(STREAM, wanted)
    except NoAnswer as error:
        raise Refused(f"No answer about {user}: see the error above, and check name, key and URL.") from error
    position = info.ack_floor.stream_seq if info.ack_floor else 0
    for setting, actual, value in (
        ("filter", _filter(info.config), sorted(subjects)),
        ("deliver policy", info.config.deliver_policy, wanted.deliver_policy),
        ("ack policy", info.config.ack_policy, wanted.ack_policy),
    ):
        if actual != value:
            raise Refused(_differs(name, setting, actual, value, position))


def _filter(config: ConsumerConfig) -> list[str]:
    return sorted(config.filter_subjects or [config.filter_subject or "loa.>"])


def _differs(name: str, setting: str, actual: object, wanted: object, position: int) -> str:
    return (
        f"The durable consumer reader-{name} has the {setting} {actual} and is at position {position}; this run asks for "
        f"{wanted}. That cannot be changed in place: events before the position would never arrive. Run it with the "
        f"same {setting} as before (--subject), or ask an operator for another name (`loa subscribers add {name}-2 "
        f"--filter SUBJECT`) or to start again from the first event (`loa subscribers reset {name} --filter SUBJECT`)."
    )


async def _print_error(error: Exception) -> None:
    """Print why something fails, such as a revoked key or a missing permission; the client keeps retrying."""
    print(f"{type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("seed_file")
    parser.add_argument("url", nargs="?", default="nats://127.0.0.1:4222")
    parser.add_argument("--subject", action="append", help="loa.compliance.*.gap_opened; all if absent")
    parser.add_argument("--once", action="store_true", help="end when nothing waits")
    given = parser.parse_args()
    try:
        asyncio.run(read(given.name, given.seed_file, given.url, given.subject or ["loa.>"], once=given.once))
    except Refused as refused:
        sys.exit(str(refused))
