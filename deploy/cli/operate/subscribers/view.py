"""Texts about subscribers: the settings of a reader, a table of their lag, and what is wrong with one."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.table import Table

from deploy.cli.console import count, listed, moment
from deploy.nats.permissions import SUBSCRIBER, inbox_prefix
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.subscriber_states import SubscriberState
from shared.kernel.counted import counted
from shared.kernel.errors import Text


def settings(user: str, seed_file: Path, url: str, filters: Sequence[str]) -> Iterator[str]:
    """Give the settings of a reader as lines for a shell; the programs of deploy/sample/README.md read them."""
    yield f"export NATS_URL={url}"
    yield f"export NATS_SEED_FILE={seed_file}  # NKEY"
    yield f"export NATS_STREAM={EVENTS}"
    yield f"export NATS_DURABLE={user}  # durable consumer"
    yield f"export NATS_INBOX_PREFIX={inbox_prefix(user)}"
    yield f"export NATS_FILTER='{','.join(filters)}'"


def reading_problem(state: SubscriberState, now: datetime) -> Text | None:
    """Say what is wrong with a reader; None if it reads, or nothing is pending."""
    if state.never_fetched and not state.requests:
        prefix = inbox_prefix(state.name)
        return Text(
            f"chưa nhận sự kiện nào; kiểm tra khóa, tên durable và inbox prefix {prefix}",
            f"never fetched an event; check key, durable name and inbox prefix {prefix}",
        )
    if state.stalled(now):
        return Text(
            "không nhận và không xác nhận thêm sự kiện nào", "receives and acknowledges no further event"
        )
    if state.redelivered:
        return Text(
            f"{count(state.redelivered)} sự kiện phải gửi lại vì chưa được xác nhận",
            f"{counted(state.redelivered, 'event', count(state.redelivered))} redelivered without an acknowledgement",
        )
    return None


def problems(states: Sequence[SubscriberState], now: datetime) -> Iterator[Text]:
    """Give one line for each reader with a problem."""
    for state in states:
        if problem := reading_problem(state, now):
            yield Text(f"{state.name}: {problem.vi}", f"{state.name}: {problem.en}")


def lag(states: Sequence[SubscriberState]) -> Text:
    """Summarise the lag of all readers in one line."""
    parts = [f"{state.name} {state.pending}/{state.unacknowledged}/{state.redelivered}" for state in states]
    return Text(
        f"Hệ thống đọc sự kiện (chờ/đang xử lý/gửi lại): {listed(parts)}",
        f"Subscribers (pending/unacknowledged/redelivered): {listed(parts)}",
    )


def document(state: SubscriberState) -> dict[str, object]:
    """Give a state as JSON, with times in ISO 8601."""
    values = asdict(state) | {"never_fetched": state.never_fetched}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def table(states: Sequence[SubscriberState], now: datetime) -> Table:
    result = Table("Tên / Name")
    result.add_column("Bộ lọc / Filter", overflow="fold")
    for title in ("Chờ / Pending", "Chưa xác nhận / Unacked", "Gửi lại / Redelivered", "Vị trí / Position"):
        result.add_column(title, justify="right")
    for title in ("Nhận / Fetched", "Xác nhận / Acked", "Tình trạng / State"):
        result.add_column(title)
    for state in states:
        result.add_row(*_row(state, now))
    return result


def _row(state: SubscriberState, now: datetime) -> Iterator[str]:
    yield state.name.removeprefix(SUBSCRIBER)
    yield "\n".join(state.filters)
    for number in (state.pending, state.unacknowledged, state.redelivered, state.acknowledged):
        yield count(number)
    for at in (state.fetched_at, state.acknowledged_at):
        yield moment(at.isoformat()) if at else "– / never"
    yield "[red]xem dưới / see below[/red]" if reading_problem(state, now) else _activity(state)


def _activity(state: SubscriberState) -> str:
    if state.requests:
        return "đang đọc / reading"
    return "chưa kết nối / not connected" if state.behind else "đã đọc hết / up to date"
