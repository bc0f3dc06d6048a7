"""What each user of the broker may do: the least that its service needs, written down once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.catalog import OWNERS
from shared.eventstore.streams import CONSUMERS, EVENTS, Consumer

OPERATOR = "operator"
SERVICES = ("registry", "campaigns", "metrics", "notifier")
USERS = (*SERVICES, OPERATOR)
READER = "reader-"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects that a user may publish to, less some; it subscribes to its own inbox alone."""

    publish: tuple[str, ...]
    publish_deny: tuple[str, ...]
    subscribe: tuple[str, ...]


def inbox_prefix(user: str) -> str:
    """Name the inbox that a user's connection must use (`inbox_prefix` of `nats.connect`)."""
    return f"_INBOX.{user}"


def reader(name: str) -> str:
    """Name the user that a system of others' reads as; its durable consumer bears the same name."""
    return f"{READER}{name}"


def permissions(user: str) -> Permissions:
    if user == OPERATOR:
        return _operator()
    if user.startswith(READER):
        return _reader(user)
    own = [consumer for consumer in CONSUMERS if consumer.owner == user]
    foreign = [consumer for consumer in CONSUMERS if consumer.owner != user]
    streams = sorted({EVENTS, *(consumer.stream for consumer in own)})
    return Permissions(
        publish=(
            *(f"loa.{context}.>" for context, owner in OWNERS.items() if owner == user),
            *(subject for stream in streams for subject in _read(stream)),
            *(subject for one in own for subject in _consume(f"{one.stream}.{one.name}")),
        ),
        publish_deny=tuple(subject for consumer in (*own, *foreign) for subject in _own_only(consumer, user)),
        subscribe=(f"{inbox_prefix(user)}.>",),
    )


def _operator() -> Permissions:
    """Streams, backups and rebuilds; it cannot write an event."""
    return Permissions(
        publish=("$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$JS.SNAPSHOT.>", "loa-ticks.>"),
        publish_deny=(),
        subscribe=(f"{inbox_prefix(OPERATOR)}.>", "$JS.EVENT.ADVISORY.>"),
    )


def _reader(user: str) -> Permissions:
    """The log through a durable consumer of its own, that it makes itself; nothing else can it touch."""
    path = f"{EVENTS}.{user}"
    return Permissions(
        publish=(
            "$JS.API.INFO",
            f"$JS.API.STREAM.INFO.{EVENTS}",
            f"$JS.API.DIRECT.GET.{EVENTS}",
            f"$JS.API.DIRECT.GET.{EVENTS}.>",
            f"$JS.API.CONSUMER.CREATE.{path}",
            f"$JS.API.CONSUMER.CREATE.{path}.>",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{path}",
            f"$JS.API.CONSUMER.INFO.{path}",
            f"$JS.API.CONSUMER.DELETE.{path}",
            f"$JS.API.CONSUMER.MSG.NEXT.{path}",
            *_consume(path),
        ),
        publish_deny=(),
        subscribe=(f"{inbox_prefix(user)}.>",),
    )


def _read(stream: str) -> Iterator[str]:
    """Look at a stream, and read it in order through a consumer that passes away."""
    yield "$JS.API.INFO"
    yield "$JS.API.STREAM.NAMES"
    yield f"$JS.API.STREAM.INFO.{stream}"
    yield f"$JS.API.STREAM.MSG.GET.{stream}"
    yield f"$JS.API.DIRECT.GET.{stream}"
    yield f"$JS.API.DIRECT.GET.{stream}.>"
    yield f"$JS.API.CONSUMER.CREATE.{stream}"
    yield f"$JS.API.CONSUMER.CREATE.{stream}.>"
    yield f"$JS.API.CONSUMER.INFO.{stream}.*"
    yield f"$JS.API.CONSUMER.DELETE.{stream}.*"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{stream}.*"
    yield f"$JS.FC.{stream}.>"
    yield f"$JS.FC.*.*.{stream}.>"  # the longer layout of newer servers


def _consume(path: str) -> Iterator[str]:
    """Answer for messages of the durable consumer at `STREAM.NAME`."""
    yield f"$JS.ACK.{path}.>"
    yield f"$JS.ACK.*.*.{path}.>"


def _own_only(consumer: Consumer, user: str) -> Iterator[str]:
    """A durable consumer is made and changed by the operator alone, and read by its owner alone."""
    path = f"{consumer.stream}.{consumer.name}"
    yield f"$JS.API.CONSUMER.CREATE.{path}"
    yield f"$JS.API.CONSUMER.CREATE.{path}.>"
    yield f"$JS.API.CONSUMER.DELETE.{path}"
    if consumer.owner != user:
        yield f"$JS.API.CONSUMER.MSG.NEXT.{path}"


def authorization(public_keys: Mapping[str, str]) -> str:
    """Render the `authorization` block of a server's configuration: one NKEY user per service."""
    users = [_user(key, permissions(user)) for user, key in public_keys.items()]
    return f"authorization: {json.dumps({'users': users}, indent=2)}\n"


def _user(public_key: str, granted: Permissions) -> dict[str, object]:
    return {
        "nkey": public_key,
        "permissions": {
            "publish": {"allow": list(dict.fromkeys(granted.publish)), "deny": list(granted.publish_deny)},
            "subscribe": {"allow": list(granted.subscribe)},
        },
    }
