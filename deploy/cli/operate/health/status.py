"""`loa status`: one screen with the state, the position and the problems of every service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from rich.table import Table

from deploy.cli.client import NotStarted, ServiceRefused, Services, Unreachable
from deploy.cli.console import count, out, print_text
from deploy.cli.operate.health.readiness import not_ready
from deploy.nats.permissions import SERVICES
from shared.eventstore.streams import EVENTS
from shared.kernel.errors import Text

RECOVER = "loa recover"  # shows what is lost first; a rebuild would destroy it
START = Text("khởi động bằng `loa up`", "start it with `loa up`")


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The state of one service; `problem` is what is wrong and how to fix it."""

    name: str
    ready: bool
    position: int = 0
    pending: int = 0
    problem: Text | None = None


def show(services: Services) -> bool:
    """Print the screen; return whether there are no problems."""
    seen = [read_state(services, name) for name in SERVICES]
    out.print(_table(seen))
    for line in _facts(services, seen):
        print_text(line)
    problems = [entry for entry in seen if entry.problem]
    for entry in problems:
        if entry.problem is not None:
            print_text(
                Text(
                    f"{entry.name}: {entry.problem.vi}",
                    f"{entry.name}: {entry.problem.en}",
                ),
                style="red",
            )
    return not problems


def read_state(services: Services, name: str) -> ServiceState:
    try:
        readiness = services.ask(name, "/readyz")
        projection = services.get(name, "/projections")
    except (Unreachable, NotStarted) as error:
        return ServiceState(name, ready=False, problem=error.message)
    except ServiceRefused as error:
        return ServiceState(name, ready=False, problem=error.message)
    problem = (
        _other_log(services, name)
        or _problem(projection)
        or (None if readiness.is_success else _unready(readiness))
    )
    return ServiceState(name, readiness.is_success, projection["position"], projection["pending"], problem)


def _other_log(services: Services, name: str) -> Text | None:
    """Say that the rows of this service, or of another, come from another log."""
    try:
        log = services.get(name, "/log")
    except ServiceRefused:
        return None  # an older release
    return other_log(log)


def other_log(log: Mapping[str, Any]) -> Text | None:
    if log["state"] == "open":
        return None
    if log["kind"] is None:
        names = ", ".join(log["others"])
        return Text(
            f"tạm dừng ghi nhận và gửi thư vì nhật ký khác với dữ liệu của {names}; xem phần mất và quyết định: `{RECOVER}`",
            f"nothing is recorded or mailed, for the log differs from the rows of {names}; see what is lost and decide: `{RECOVER}`",
        )
    at, end = count(log["rows"]["position"]), count(log["log"]["position"])
    return Text(
        f"tạm dừng ghi nhận và gửi thư: {log['meaning']['vi']}; dữ liệu đến vị trí {at}, nhật ký kết thúc ở {end}; "
        f"đừng dựng lại dữ liệu, xem phần mất và quyết định: `{RECOVER}`",
        f"nothing is recorded or mailed: {log['meaning']['en']}; the rows are at position {at}, the log ends at {end}; "
        f"do not rebuild, see what is lost and decide: `{RECOVER}`",
    )


def _unready(answer: httpx.Response) -> Text:
    parts = not_ready(answer)
    return Text(
        f"chưa sẵn sàng: {parts}; xem nhật ký trong logs/ của thư mục dữ liệu",
        f"not ready: {parts}; see logs/ of the data folder",
    )


def _problem(projection: Mapping[str, Any]) -> Text | None:
    if projection["state"] != "halted":
        return None
    problem, command = projection["problem"], repair_command(projection)
    return Text(
        f"dừng ở sự kiện lỗi ({problem}); xử lý: `{command}`", f"halted ({problem}); fix: `{command}`"
    )


def repair_command(projection: Mapping[str, Any]) -> str:
    """Give the command after which a halted read model goes on."""
    at = projection["halted_at"]
    return RECOVER if at is None else f'loa skip {at} --all --reason "…"'


def _table(seen: list[ServiceState]) -> Table:
    table = Table("Dịch vụ / Service", "Sẵn sàng / Ready")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Còn chậm / Behind", justify="right")
    for item in seen:
        table.add_row(
            item.name,
            "có / yes" if item.ready else "[red]không / no[/red]",
            count(item.position),
            count(item.pending),
        )
    return table


def _facts(services: Services, seen: list[ServiceState]) -> Iterator[Text]:
    yield _log_end(services, seen)
    ready = {item.name for item in seen if item.ready}
    if "metrics" in ready:
        gaps = services.get("metrics", "/gaps")["gaps"]
        overdue = sum(gap["state"] == "overdue" for gap in gaps)
        yield Text(
            f"Dự thảo chưa truyền thông: {len(gaps)}, trong đó quá hạn {overdue} (`loa gaps`)",
            f"Gaps: {len(gaps)}, of which overdue: {overdue} (`loa gaps`)",
        )
    if "notifier" in ready and (counted := services.get("notifier", "/digests/counts")):
        states = ", ".join(f"{state} {number}" for state, number in sorted(counted.items()))
        yield Text(f"Thư: {states}", f"Mail: {states}")
    if "notifier" in ready:
        yield from _undelivered(services)


def _undelivered(services: Services) -> Iterator[Text]:
    """Say why units with gaps get no mail: sending is on hold, or a unit has no recipient."""
    if services.get("notifier", "/sending")["held"]:
        yield Text(
            "Việc gửi thư đang được giữ lại: `loa preview`, rồi `loa release`",
            "Sending is on hold: `loa preview`, then `loa release`",
        )
    without = services.get("notifier", "/recipients/missing")["units"]
    for unit in without:
        substitute = unit["read_by"]
        vi = f"{substitute} nhận thay" if substitute else "không có cơ quan nào nhận thay"
        en = f"{substitute} receives it instead" if substitute else "nobody receives it instead"
        yield Text(
            f"Đơn vị có việc mà chưa có người nhận thư: {unit['unit_code']} ({vi})",
            f"A unit with gaps has no mail recipient: {unit['unit_code']} ({en})",
        )


def _log_end(services: Services, seen: list[ServiceState]) -> Text:
    last = last_position(services)
    if last is None:
        rows = max(item.position + item.pending for item in seen)
        if services.current.nats_monitor_url:
            return Text(
                f"NATS không trả lời; theo lần đọc cuối, nhật ký có đến vị trí {count(rows)}",
                f"NATS does not answer; at the last read the log ended at position {count(rows)}",
            )
        last = _log_end_of_services(services, rows)
    return Text(f"Vị trí cuối của nhật ký: {count(last)}", f"Last position of the log: {count(last)}")


def _log_end_of_services(services: Services, rows: int) -> int:
    """Without a monitoring address: the end that a service has read, else what their rows say."""
    for name in SERVICES:
        try:
            return int(services.get(name, "/log")["log"]["position"])
        except (Unreachable, NotStarted, ServiceRefused):
            continue
    return rows


def last_position(services: Services) -> int | None:
    """Read the last position of the log from the broker's monitoring endpoint; None if it cannot be reached."""
    url = services.current.nats_monitor_url
    if not url:
        return None
    try:
        answer = httpx.get(f"{url}/jsz", params={"streams": "true"}, timeout=2).json()
    except (httpx.TransportError, ValueError):
        return None
    for account in answer.get("account_details") or ():
        for stream in account.get("stream_detail") or ():
            if stream["name"] == EVENTS:
                return int(stream["state"]["last_seq"])
    return None
