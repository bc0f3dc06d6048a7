"""How far the durable consumers of external systems have read: durables of the log that no service declares."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, ConsumerInfo

from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import CONSUMERS, RETIRED

EVERYTHING = ("loa.>",)
PAGE = 256  # consumers that the broker returns at most per request
STALLED_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberState:
    """The state of one durable; `pending` events were not delivered, `acknowledged` is the last position of which all before are."""

    name: str
    filters: tuple[str, ...]
    created_at: datetime
    pending: int
    unacknowledged: int
    redelivered: int
    acknowledged: int
    requests: int  # pull requests that wait for events: the reader is connected
    fetched_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def behind(self) -> int:
        return self.pending + self.unacknowledged

    @property
    def never_fetched(self) -> bool:
        """Whether events are pending and none was ever delivered, such as with a wrong inbox prefix."""
        return self.pending > 0 and self.fetched_at is None

    def stalled(self, now: datetime) -> bool:
        """Whether it is behind and received and acknowledged nothing for a while."""
        moments = (self.created_at, self.fetched_at, self.acknowledged_at)
        newest = max(moment for moment in moments if moment is not None)
        return self.behind > 0 and now - newest >= STALLED_AFTER


async def subscriber_states(js: JetStreamContext) -> list[SubscriberState]:
    """Read the durables of external systems, by name."""
    declared = {consumer.name for consumer in CONSUMERS} | RETIRED.keys()
    states = [state_of(info) async for info in _consumers(js) if info.config.durable_name]
    return sorted((state for state in states if state.name not in declared), key=lambda state: state.name)


async def _consumers(js: JetStreamContext) -> AsyncIterator[ConsumerInfo]:
    offset = 0
    while page := await js.consumers_info(EVENTS, offset):
        for info in page:
            yield info
        offset += len(page)
        if len(page) < PAGE:
            return


def state_of(info: ConsumerInfo) -> SubscriberState:
    delivered, acknowledged = info.delivered, info.ack_floor
    return SubscriberState(
        name=info.name,
        filters=filters_of(info.config),
        created_at=info.created,
        pending=info.num_pending or 0,
        unacknowledged=info.num_ack_pending or 0,
        redelivered=info.num_redelivered or 0,
        acknowledged=acknowledged.stream_seq if acknowledged else 0,
        requests=info.num_waiting or 0,
        fetched_at=delivered.last_active if delivered else None,
        acknowledged_at=acknowledged.last_active if acknowledged else None,
    )


def filters_of(config: ConsumerConfig) -> tuple[str, ...]:
    """Give the filter of a durable as sorted subjects; the broker has one or several of them in different fields."""
    if config.filter_subjects:
        return tuple(sorted(config.filter_subjects))
    return (config.filter_subject,) if config.filter_subject not in {None, "", ">"} else EVERYTHING
