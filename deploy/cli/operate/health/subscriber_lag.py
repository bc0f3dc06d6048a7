"""The lag of external systems for `loa status` and `loa doctor`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deploy.cli import brokers
from deploy.cli.console import count
from deploy.cli.operate.health.finding import Finding, Findings
from deploy.cli.operate.subscribers import view as subscriber_view
from deploy.cli.operate.subscribers.commands import read_states
from deploy.nats.permissions import SUBSCRIBER
from shared.eventstore.subscriber_states import SubscriberState
from shared.kernel import runtime
from shared.kernel.counted import counted
from shared.kernel.errors import Text

if TYPE_CHECKING:
    from deploy.cli.operate.health.readings import Readings

SECONDS = 3.0  # of `loa status` for the broker


def findings(readings: "Readings") -> Findings:
    """Report each reader that is behind and does not move, and each key without a durable."""
    for state in readings.broker.subscribers:
        problem = subscriber_view.reading_problem(state, readings.now)
        if problem is not None and (state.stalled(readings.now) or state.redelivered):
            yield Finding(state.name, _with_lag(problem, state), _fix(state))
    for user in readings.broker.without_durable:
        name = user.removeprefix(SUBSCRIBER)
        what = Text("chưa có durable consumer", "it has no durable consumer")
        yield Finding(user, what, f"loa subscribers reset {name}")


def _with_lag(problem: Text, state: SubscriberState) -> Text:
    behind = count(state.behind)
    return Text(
        f"còn chậm {behind} sự kiện: {problem.vi}",
        f"{counted(state.behind, 'event', behind)} behind: {problem.en}",
    )


def _fix(state: SubscriberState) -> str:
    name = state.name.removeprefix(SUBSCRIBER)
    return f"loa subscribers list  # start the reader; not used any more: loa subscribers remove {name}"


def lines(states: Sequence[SubscriberState]) -> Iterator[Text]:
    """Give the lines of `loa status`: the lag of all readers, and what is wrong."""
    if states:
        yield subscriber_view.lag(states)
    yield from subscriber_view.problems(states, runtime.now())


async def read() -> Sequence[SubscriberState]:
    """Read the states of all readers; none where the broker is out of reach."""
    if not brokers.has_operator(brokers.data_folder()):
        return []
    return await read_states(SECONDS) or []
