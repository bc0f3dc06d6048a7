"""Which log this is: by the event at a position and the creation time of the stream, never by the length alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import NotFoundError

from shared.eventstore.log_reader import EVENTS, stream_state
from shared.kernel.errors import Text, Unavailable


class Match(StrEnum):
    """How the log compares with a mark."""

    SAME = "same"
    SHORTER = "shorter"
    OTHER_EVENT = "other_event"
    OTHER_STREAM = "other_stream"
    NO_STREAM = "no_stream"

    @property
    def is_certain(self) -> bool:
        """A broker that was cut off from its cluster reports an old end for a moment: only time tells."""
        return self in {Match.OTHER_EVENT, Match.OTHER_STREAM}


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that rows were made from: `position` is how far they go, `event_id` stands at `event_position`.

    Older releases move a position without its event, so the event may be an earlier one, or missing.
    """

    position: int = 0
    event_position: int | None = None
    event_id: str | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogView:
    """What the leader of the stream answers: when it was created, where it ends, and the ids at some positions."""

    created: datetime | None = None
    last: int = 0
    ids: Mapping[int, str] | None = None
    replicas: int = 1

    def match(self, mark: Mark) -> Match:
        if mark.position == 0:
            return Match.SAME
        if self.created is None:
            return Match.NO_STREAM
        if mark.created not in (None, self.created):
            return Match.OTHER_STREAM
        if self.last < mark.position:
            return Match.SHORTER
        if mark.event_position and (self.ids or {}).get(mark.event_position) != mark.event_id:
            return Match.OTHER_EVENT
        return Match.SAME


def identity(headers: Mapping[str, str] | None, payload: bytes) -> str:
    """Name a stored message: by the id that it was published with, else by its content."""
    return (headers or {}).get(Header.MSG_ID) or sha256(payload).hexdigest()


async def view_log(js: JetStreamContext, marks: Iterable[Mark]) -> LogView:
    """Ask the leader of the stream (a replica may be behind); the cost does not depend on the length of the log."""
    try:
        stream = await stream_state(js)
    except NotFoundError:
        return LogView()
    wanted = {mark.event_position for mark in marks if mark.event_position}
    ids = {at: await id_at(js, at) for at in wanted if at <= stream.last}
    present = {at: event_id for at, event_id in ids.items() if event_id}
    return LogView(stream.created, stream.last, present, stream.replicas)


async def id_at(js: JetStreamContext, position: int) -> str | None:
    """Read the id of the event at a position from the leader; None if there is none."""
    try:
        message = await js.get_msg(EVENTS, position)
    except NotFoundError:
        return None
    return identity(message.headers, message.data or b"")


class LogReplaced(Unavailable):
    """Rows were made from another log than the present one: nothing is written or sent until an operator decides."""

    code = "log-replaced"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "Nhật ký sự kiện hiện tại không phải là nhật ký mà dữ liệu đang hiển thị được dựng từ đó, nên hệ thống "
            "tạm dừng ghi nhận và gửi thư để không làm mất dữ liệu. Nội dung vừa gửi chưa được ghi nhận; đề nghị giữ lại "
            "và báo người vận hành chạy lệnh `loa recover`.",
            "The present event log is not the log that the data shown were made from, so nothing is recorded or mailed "
            "for now, to lose no data. What was just sent is not recorded: keep it, and ask the operator "
            "to run `loa recover`.",
            reason=detail,
        )


def described(match: Match, mark: Mark, log: LogView) -> str:
    """Say what differs, for logs and operators."""
    match match:
        case Match.NO_STREAM:
            return f"there is no stream {EVENTS}, the rows are at position {mark.position}"
        case Match.OTHER_STREAM:
            return f"the rows come from the log made at {mark.created}, this one is of {log.created}"
        case Match.SHORTER:
            return f"the log ends at {log.last}, the rows are at {mark.position}"
        case Match.OTHER_EVENT:
            there = (log.ids or {}).get(mark.event_position or 0)
            return f"position {mark.event_position} of the log has event {there}, the rows come from {mark.event_id}"
        case Match.SAME:
            return "the log is the one that the rows come from"


REASONS: Mapping[Match, Text] = {
    Match.NO_STREAM: Text("không còn nhật ký nào trong NATS", "NATS has no event log any more"),
    Match.OTHER_STREAM: Text(
        "nhật ký trong NATS là nhật ký khác, được tạo lại từ đầu",
        "the log in NATS is another one, created again",
    ),
    Match.SHORTER: Text(
        "nhật ký trong NATS ngắn hơn dữ liệu đã dựng từ nó (có thể là bản sao cũ)",
        "the log in NATS ends before the rows that were made from it (it may be an older copy)",
    ),
    Match.OTHER_EVENT: Text(
        "nhật ký trong NATS có sự kiện khác với sự kiện mà dữ liệu được dựng từ đó (bản sao cũ đã được ghi tiếp)",
        "the log in NATS has other events than those that the rows were made from (an older copy went on)",
    ),
    Match.SAME: Text("nhật ký khớp với dữ liệu", "the log is the one that the rows come from"),
}
