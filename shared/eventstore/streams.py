"""The one place that declares streams and durable consumers; everything else only uses them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    DiscardPolicy,
    Header,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from shared.contracts.envelope import OWNERS
from shared.eventstore.log_reader import EVENTS

TICKS = "LOA_TICKS"


FENCE_BUCKET = "LOA_FENCE"  # which services have seen another log (`shared.eventstore.buckets`)


FENCE = f"KV_{FENCE_BUCKET}"


ANSWERS_BUCKET = "LOA_ANSWERS"  # answers by idempotency key (`shared.http.requests.idempotency`)


ANSWERS_STREAM = f"KV_{ANSWERS_BUCKET}"


ANSWERS_SECONDS = 24 * 3600.0


SESSIONS_BUCKET = (
    "LOA_SESSIONS"  # sessions, one-time codes and counters of the sign-in (`shared.auth.sessions`)
)


SESSIONS_STREAM = f"KV_{SESSIONS_BUCKET}"
SESSION_USE = "used"  # begins the keys of when a session was used last, which every service writes


SESSIONS_SECONDS = 8 * 3600.0  # the longest life of a session


REVOKED_BUCKET = "LOA_REVOKED"  # tokens that are not accepted any more (`shared.auth.tokens`)


REVOKED_STREAM = f"KV_{REVOKED_BUCKET}"


REVOKED_SECONDS = 91 * 24 * 3600.0  # longer than any token is valid


MOST_ENTRIES = 200_000  # of sessions: then signing in is refused, and the present sessions stay


TICK_SUBJECT = "loa-ticks.minute"


EVERY_MINUTE = "0 * * * * *"  # at second 0 (cron of six fields, ADR-51 of NATS)


DUPLICATE_WINDOW = 120.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A durable pull consumer of the service `owner`; only the operator makes and changes it."""

    name: str
    owner: str
    stream: str
    filters: tuple[str, ...]
    deliver: DeliverPolicy = DeliverPolicy.ALL
    ack_wait: float = 30.0  # seconds until an unacknowledged message is redelivered
    max_ack_pending: int = 500


@dataclass(frozen=True, slots=True)
class Schedule:
    """A message that the broker itself writes to `target` whenever `expression` says so."""

    expression: str
    target: str

    @property
    def subject(self) -> str:
        return self.target.replace("loa-ticks.", "loa-ticks.schedule.")


@dataclass(frozen=True, slots=True)
class Difference:
    """What the broker has, and what is declared; `actual` is None for what doesn't exist."""

    name: str
    setting: str
    actual: object
    wanted: object


CONSUMERS_OF_A_PAGE = 256  # as the broker lists them
SUBSCRIBER = "reader-"  # how consumers of external systems begin
FEEDS = 24  # consumers of one service that read the whole log: of each replica its projector and two rebuilds


def feed_names(user: str) -> Sequence[str]:
    """Name the consumers that a service may create itself: a fixed number, so that it can't use up those of the stream."""
    return [f"{user}-feed-{number}" for number in range(FEEDS)]


DRAFT_ENDS = tuple(f"loa.draft.*.{name}" for name in ("withdrawn", "merged"))


ANSWERS = tuple(f"loa.alert.*.{name}" for name in ("acknowledged", "obstacle_reported"))


CONSUMERS = (
    Consumer(name="campaigns-answers", owner="campaigns", stream=EVENTS, filters=ANSWERS),
    # A late tick is useless: only the newest counts.
    Consumer(
        name="notifier-ticks",
        owner="notifier",
        stream=TICKS,
        filters=(TICK_SUBJECT,),
        deliver=DeliverPolicy.LAST,
        max_ack_pending=1,
    ),
    Consumer(name="campaigns-draft-ends", owner="campaigns", stream=EVENTS, filters=DRAFT_ENDS),
)


# Durable consumers of earlier releases, with their stream: deleted once no replica of such a release asks for messages.
RETIRED = {"notifier-gaps": EVENTS}


SCHEDULES = (Schedule(EVERY_MINUTE, TICK_SUBJECT),)


def declared(replicas: int, duplicate_window: float = DUPLICATE_WINDOW) -> Mapping[str, Mapping[str, Any]]:
    """Give the settings of each stream (arguments of `StreamConfig`)."""
    common = {"storage": StorageType.FILE, "retention": RetentionPolicy.LIMITS, "num_replicas": replicas}
    events = {
        "subjects": ["loa.>"],
        "max_age": 0.0,
        "max_msgs": -1,
        "max_bytes": -1,
        "discard": DiscardPolicy.NEW,
        "deny_delete": True,
        "deny_purge": True,
        "allow_direct": True,
        "allow_atomic": True,
        "duplicate_window": duplicate_window,
    }
    ticks = {
        "subjects": ["loa-ticks.>"],
        "max_msgs_per_subject": 1,  # the schedule itself, and its newest tick
        "max_msgs": 1000,
        "discard": DiscardPolicy.OLD,
        "allow_direct": True,
        "allow_msg_schedules": True,
    }
    bucket = {
        "max_msgs_per_subject": 1,
        "discard": DiscardPolicy.NEW,
        "allow_direct": True,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
    }
    fence = {"subjects": [f"$KV.{FENCE_BUCKET}.>"]}
    answers = {"subjects": [f"$KV.{ANSWERS_BUCKET}.>"], "max_age": ANSWERS_SECONDS}
    sessions = {
        "subjects": [f"$KV.{SESSIONS_BUCKET}.>"],
        "max_age": SESSIONS_SECONDS,
        "max_msgs": MOST_ENTRIES,
    }
    revoked = {"subjects": [f"$KV.{REVOKED_BUCKET}.>"], "max_age": REVOKED_SECONDS}
    return {
        EVENTS: common | events,
        TICKS: common | ticks,
        FENCE: common | bucket | fence,
        ANSWERS_STREAM: common | bucket | answers,
        SESSIONS_STREAM: common | bucket | sessions,
        REVOKED_STREAM: common | bucket | revoked,
    }


async def plan(
    js: JetStreamContext, replicas: int, consumers: Sequence[Consumer] = CONSUMERS
) -> list[Difference]:
    """List what `apply` would change, and the consumers of strangers."""
    differences: list[Difference] = []
    for name, wanted in declared(replicas).items():
        differences += _differences(name, await _stream(js, name), wanted)
    for consumer in consumers:
        differences += _differences(
            consumer.name, await _consumer(js, consumer), _consumer_settings(consumer)
        )
    for schedule in SCHEDULES:
        differences += await _schedule_differences(js, schedule)
    unknown = [_unknown(info) for info in await strangers(js, consumers)]
    return differences + await _retired(js) + unknown


def _unknown(info: ConsumerInfo) -> Difference:
    return Difference(info.name, "exists", _description(info), None)


async def apply(
    js: JetStreamContext,
    replicas: int,
    consumers: Sequence[Consumer] = CONSUMERS,
    *,
    remove_strangers: bool = False,
) -> list[Difference]:
    """Make the broker as declared, and say what was changed; running it again changes nothing.

    Consumers of strangers are deleted only if `remove_strangers` says so: what an operator made by hand is one, too.
    An existing durable ignores a new configuration unless it is updated explicitly.
    """
    changes = await plan(js, replicas, consumers)
    changed = {difference.name for difference in changes}
    for name, wanted in declared(replicas).items():
        if name in changed:
            await _apply_stream(js, name, wanted)
    for consumer in consumers:
        if consumer.name in changed:
            await _apply_consumer(js, consumer)
    for schedule in SCHEDULES:
        if schedule.subject in changed:
            await js.publish(schedule.subject, stream=TICKS, headers=_schedule_headers(schedule))
    for name in changed & RETIRED.keys():
        await js.delete_consumer(RETIRED[name], name)
    unknown = await strangers(js, consumers)
    if not remove_strangers:
        left = [_unknown(info) for info in unknown]
        return [difference for difference in changes if difference not in left]
    for info in unknown:
        await js.delete_consumer(info.stream_name, info.name)
    return changes


async def strangers(js: JetStreamContext, consumers: Sequence[Consumer] = CONSUMERS) -> list[ConsumerInfo]:
    """List consumers that nobody of ours would make: of another name, or with an address that the broker itself sends to.

    A key may create its own feeds only; where a consumer delivers to stands in its configuration, which no permission looks at.
    """
    listed: list[ConsumerInfo] = []
    for stream in declared(1):
        with suppress(NotFoundError):
            listed += [info for info in await _consumers(js, stream) if _is_stranger(info, consumers)]
    return listed


async def _consumers(js: JetStreamContext, stream: str) -> list[ConsumerInfo]:
    every: list[ConsumerInfo] = []
    while page := await js.consumers_info(stream, offset=len(every)):
        every += page
        if len(page) < CONSUMERS_OF_A_PAGE:
            break
    return every


def _is_stranger(info: ConsumerInfo, consumers: Sequence[Consumer]) -> bool:
    declared_names = {consumer.name for consumer in consumers if consumer.stream == info.stream_name}
    if info.name in declared_names or RETIRED.get(info.name) == info.stream_name:
        return bool(info.config.deliver_subject)
    owner = _maker(info.name) if info.stream_name == EVENTS else None
    target = info.config.deliver_subject
    return owner is None or bool(target and not target.startswith(f"_INBOX.{owner}."))


def _maker(name: str) -> str | None:
    """Give the user that may make a consumer of this name: a service its feeds, an external system its own."""
    if name.startswith(SUBSCRIBER):
        return name
    return next((owner for owner in OWNERS.values() if name in feed_names(owner)), None)


def _description(info: ConsumerInfo) -> str:
    target = info.config.deliver_subject
    return f"consumer of {info.stream_name}" + (f", delivers to {target}" if target else "")


async def _apply_stream(js: JetStreamContext, name: str, wanted: Mapping[str, Any]) -> None:
    existing = await _stream(js, name)
    if existing is None:
        await js.add_stream(StreamConfig(name=name, **wanted))
    else:
        await js.update_stream(existing.evolve(**wanted))


async def _apply_consumer(js: JetStreamContext, consumer: Consumer) -> None:
    existing = await _consumer(js, consumer)
    wanted = _consumer_settings(consumer)
    config = existing or ConsumerConfig(durable_name=consumer.name)
    await js.add_consumer(consumer.stream, config.evolve(name=consumer.name, **wanted))


async def _stream(js: JetStreamContext, name: str) -> StreamConfig | None:
    try:
        return (await js.stream_info(name)).config
    except NotFoundError:
        return None


async def _consumer(js: JetStreamContext, consumer: Consumer) -> ConsumerConfig | None:
    try:
        info: ConsumerInfo = await js.consumer_info(consumer.stream, consumer.name)
    except NotFoundError:
        return None
    return info.config


async def _retired(js: JetStreamContext) -> list[Difference]:
    """List retired consumers that no replica uses any more."""
    differences: list[Difference] = []
    for name, stream in RETIRED.items():
        with suppress(NotFoundError):
            if not (await js.consumer_info(stream, name)).num_waiting:
                differences.append(Difference(name, "exists", True, None))
    return differences


def _consumer_settings(consumer: Consumer) -> Mapping[str, Any]:
    single = len(consumer.filters) == 1
    return {
        "deliver_policy": consumer.deliver,
        "ack_policy": AckPolicy.EXPLICIT,
        "ack_wait": consumer.ack_wait,
        "max_ack_pending": consumer.max_ack_pending,
        "max_deliver": -1,
        "filter_subject": consumer.filters[0] if single else None,
        "filter_subjects": None if single else list(consumer.filters),
    }


def _differences(name: str, existing: object, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    if existing is None:
        yield Difference(name, "exists", None, True)
        return
    for setting, value in wanted.items():
        actual = getattr(existing, setting)
        if actual != value:
            yield Difference(name, setting, actual, value)


async def _schedule_differences(js: JetStreamContext, schedule: Schedule) -> list[Difference]:
    try:
        message = await js.get_last_msg(TICKS, schedule.subject)
    except NotFoundError:
        return [Difference(schedule.subject, "exists", None, True)]
    headers = message.headers or {}
    wanted = _schedule_headers(schedule)
    return [
        Difference(schedule.subject, header, headers.get(header), value)
        for header, value in wanted.items()
        if headers.get(header) != value
    ]


def _schedule_headers(schedule: Schedule) -> dict[str, str]:
    return {Header.SCHEDULE.value: schedule.expression, Header.SCHEDULE_TARGET.value: schedule.target}
