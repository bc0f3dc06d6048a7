"""Creates the durable consumer of a subscriber, and refuses to change one: its position would stay where it is."""

from collections.abc import Sequence

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from deploy.cli.console import CommandError, count, listed
from deploy.nats.permissions import SUBSCRIBER
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.subscriber_states import EVERYTHING, SubscriberState, state_of


class FilterDiffers(CommandError):
    """The durable has another filter; with a new one it would still leave out the events before its position."""

    def __init__(self, state: SubscriberState, wanted: Sequence[str]) -> None:
        name = state.name.removeprefix(SUBSCRIBER)
        now, options, at = listed(state.filters), filter_options(wanted), count(state.acknowledged)
        super().__init__(
            f"Đã có “{name}” với bộ lọc {now}, đã đọc đến vị trí {at}. Bộ lọc không đổi được tại chỗ: các sự kiện "
            f"trước vị trí đó sẽ không đến nữa. Hãy tạo tên mới: `loa subscribers add {name}-2{options}`, hoặc cho "
            f"đọc lại từ đầu với bộ lọc mới: `loa subscribers reset {name}{options}`.",
            f"“{name}” exists with the filter {now} and has read up to position {at}. A filter cannot be changed in "
            f"place: matching events before that position would never arrive. Use a new name: `loa subscribers add "
            f"{name}-2{options}`, or read again from the first event with the new filter: `loa subscribers reset "
            f"{name}{options}`.",
        )


def filter_options(filters: Sequence[str]) -> str:
    """Write a filter as options of a command, with a space before each."""
    return "".join(f" --filter '{subject}'" for subject in filters)


def configuration(user: str, filters: Sequence[str]) -> ConsumerConfig:
    return ConsumerConfig(
        name=user,
        durable_name=user,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        filter_subjects=list(filters),
    )


async def current(js: JetStreamContext, user: str) -> SubscriberState | None:
    """Read the state of a durable; None if there is none."""
    try:
        return state_of(await js.consumer_info(EVENTS, user))
    except NotFoundError:
        return None


async def ensure(js: JetStreamContext, user: str, filters: Sequence[str]) -> bool:
    """Create a durable that does not exist; return whether it was created. Raises `FilterDiffers`."""
    state = await current(js, user)
    if state is None:
        await js.add_consumer(EVENTS, configuration(user, filters))
    elif state.filters != tuple(filters):
        raise FilterDiffers(state, filters)
    return state is None


async def recreate(js: JetStreamContext, user: str, filters: Sequence[str]) -> tuple[str, ...]:
    """Create a durable anew: it reads from the first event. Without `filters` it keeps its filter, which is returned."""
    state = await current(js, user)
    kept = tuple(filters) or (state.filters if state else EVERYTHING)
    if state is not None:
        await js.delete_consumer(EVENTS, user)
    await js.add_consumer(EVENTS, configuration(user, kept))
    return kept
