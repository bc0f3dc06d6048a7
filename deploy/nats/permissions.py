"""Permissions of each user of the broker: the least that its service needs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.envelope import OWNERS
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import (
    ANSWERS_BUCKET,
    ANSWERS_STREAM,
    CONSUMERS,
    FENCE,
    FENCE_BUCKET,
    REVOKED_BUCKET,
    REVOKED_STREAM,
    SESSION_USE,
    SESSIONS_BUCKET,
    SESSIONS_STREAM,
    feed_names,
)

OPERATOR = "operator"
SERVICES = ("registry", "campaigns", "metrics", "notifier")
USERS = (*SERVICES, OPERATOR)
SUBSCRIBER = "reader-"
SIGNS_IN = "notifier"  # the one service that starts and ends sessions, and revokes tokens
LAG_READER = "metrics"  # the one service that measures how far external systems have read


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects that a user may publish to, minus `publish_deny`, and those that it may subscribe to."""

    publish: tuple[str, ...]
    publish_deny: tuple[str, ...]
    subscribe: tuple[str, ...]


def inbox_prefix(user: str) -> str:
    """Name the inbox that a user's connection must use (`inbox_prefix` of `nats.connect`)."""
    return f"_INBOX.{user}"


def subscriber(name: str) -> str:
    """Name the user of an external system; its durable consumer has the same name."""
    return f"{SUBSCRIBER}{name}"


def permissions(user: str) -> Permissions:
    if user == OPERATOR:
        return _operator()
    if user.startswith(SUBSCRIBER):
        return _subscriber(user)
    own = [consumer for consumer in CONSUMERS if consumer.owner == user]
    streams = sorted({EVENTS, *(consumer.stream for consumer in own)})
    return Permissions(
        publish=(
            *(f"loa.{context}.>" for context, owner in OWNERS.items() if owner == user),
            *(subject for stream in streams for subject in _read(stream)),
            *(subject for name in feed_names(user) for subject in _feed(f"{EVENTS}.{name}")),
            *(subject for item in own for subject in _consume(f"{item.stream}.{item.name}")),
            *((f"$JS.API.CONSUMER.LIST.{EVENTS}",) if user == LAG_READER else ()),
            *_buckets(user),
        ),
        publish_deny=(),
        subscribe=(f"{inbox_prefix(user)}.>",),
    )


def _operator() -> Permissions:
    """May manage streams, backups and rebuilds; may not write an event."""
    return Permissions(
        publish=("$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$JS.SNAPSHOT.>", "loa-ticks.>"),
        publish_deny=(),
        subscribe=(f"{inbox_prefix(OPERATOR)}.>", "$JS.EVENT.ADVISORY.>"),
    )


def _subscriber(user: str) -> Permissions:
    """May read the log through a durable consumer of its own, which it creates itself; nothing else."""
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
    """Subjects to read a stream and its state."""
    yield "$JS.API.INFO"
    yield "$JS.API.STREAM.NAMES"
    yield f"$JS.API.STREAM.INFO.{stream}"
    yield f"$JS.API.STREAM.MSG.GET.{stream}"
    yield f"$JS.API.DIRECT.GET.{stream}"
    yield f"$JS.API.DIRECT.GET.{stream}.>"


def _feed(path: str) -> Iterator[str]:
    """Subjects of a consumer that a service makes for itself, at `STREAM.NAME`: for the whole log, and by this name only."""
    yield f"$JS.API.CONSUMER.CREATE.{path}.loa.>"
    yield f"$JS.API.CONSUMER.INFO.{path}"
    yield f"$JS.API.CONSUMER.DELETE.{path}"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{path}"


def _buckets(user: str) -> Iterator[str]:
    """Subjects of the key-value buckets: what all services say of the log, and a service's own kept answers."""
    yield f"$KV.{FENCE_BUCKET}.{user}"
    yield f"$JS.API.DIRECT.GET.{FENCE}.>"
    yield f"$KV.{ANSWERS_BUCKET}.{user}.>"
    yield f"$JS.API.DIRECT.GET.{ANSWERS_STREAM}.$KV.{ANSWERS_BUCKET}.{user}.>"
    yield from _access(user)


def _access(user: str) -> Iterator[str]:
    """Subjects to look sessions and revoked tokens up, by the hash of what a caller sends, and to note that one is used."""
    yield f"$JS.API.STREAM.INFO.{REVOKED_STREAM}"
    yield f"$JS.API.DIRECT.GET.{SESSIONS_STREAM}.$KV.{SESSIONS_BUCKET}.session.>"
    yield f"$JS.API.DIRECT.GET.{SESSIONS_STREAM}.$KV.{SESSIONS_BUCKET}.{SESSION_USE}.>"
    yield f"$KV.{SESSIONS_BUCKET}.{SESSION_USE}.>"
    if user == SIGNS_IN:
        yield f"$KV.{SESSIONS_BUCKET}.>"
        yield f"$JS.API.STREAM.INFO.{SESSIONS_STREAM}"
        yield f"$JS.API.DIRECT.GET.{SESSIONS_STREAM}.>"
        yield f"$KV.{REVOKED_BUCKET}.*"
        yield f"$JS.API.DIRECT.GET.{REVOKED_STREAM}.>"


def _consume(path: str) -> Iterator[str]:
    """Subjects to ask for messages of the durable consumer at `STREAM.NAME`, and to acknowledge them."""
    yield f"$JS.API.CONSUMER.INFO.{path}"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{path}"
    yield f"$JS.ACK.{path}.>"
    yield f"$JS.ACK.*.*.{path}.>"


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
