"""The check of a projection: whether it runs, and how far it is; and what its readers must know while the log is not whole."""

from collections.abc import Awaitable, Callable, Sequence

from shared.eventstore.jetstream import LogWrites
from shared.kernel.errors import Text
from shared.kernel.health import Check, Probe
from shared.projections.log_fence import LogFence
from shared.projections.projector import Runner
from shared.projections.rows import State

DISK_FULL = "No space left on device"
ANOTHER_LOG = Text(
    "Hệ thống tạm dừng ghi nhận và gửi thư vì nhật ký sự kiện hiện tại không phải là nhật ký của số liệu trên trang này. "
    "Số liệu vẫn xem được; đề nghị báo người vận hành chạy lệnh “loa recover”.",
    "Recording and mailing have stopped, because the present event log is not the one that the figures of this page were "
    "made from. The figures can be read; please ask the operator to run `loa recover`.",
)
REFUSED_WRITES = Text(
    "Hệ thống tạm thời chưa ghi nhận được thông tin mới, có thể do nơi lưu nhật ký sự kiện hết dung lượng. Số liệu vẫn xem "
    "được; đề nghị báo người vận hành chạy lệnh “loa doctor”.",
    "Nothing new can be recorded for now, perhaps because the disk of the event log is full. The figures can be read; "
    "please ask the operator to run `loa doctor`.",
)
Notices = Callable[[], Awaitable[Sequence[Text]]]


def notices_of(fence: LogFence, runner: Runner, writes: LogWrites) -> Notices:
    """Make what pages show above their figures: another log, a log that refuses events, figures that stand still."""

    async def notices() -> Sequence[Text]:
        if not fence.is_open:
            return [ANOTHER_LOG]
        accepts = (await writes.probe()).ok
        halted = [_halted(runner.status.position)] if runner.status.state is State.HALTED else []
        return [*halted, *([] if accepts else [REFUSED_WRITES])]

    return notices


async def no_notices() -> Sequence[Text]:
    return []


def _halted(position: int) -> Text:
    return Text(
        f"Số liệu dừng ở vị trí {position} của nhật ký vì không đọc được sự kiện tiếp theo; thông tin ghi nhận sau đó chưa "
        "có trong số liệu. Đề nghị báo người vận hành chạy lệnh “loa doctor”.",
        f"The figures end at position {position} of the log, because the next event cannot be read; what was recorded after "
        "it is not counted. Please ask the operator to run `loa doctor`.",
    )


def disk_problem(runner: Runner) -> str:
    """Say what stopped the rows if it was the disk of PostgreSQL; an empty text otherwise."""
    problem = runner.status.problem or ""
    return problem if DISK_FULL in problem else ""


def probe_of(runner: Runner) -> Probe:
    async def probe() -> Check:
        status = runner.status
        if status.state is State.HALTED:
            return Check(ok=False, detail=f"halted: {status.problem}")
        detail = f"{status.state} at position {status.position}, {status.pending} behind"
        return Check(status.state in {State.RUNNING, State.STANDBY}, status.problem or detail)

    return probe
