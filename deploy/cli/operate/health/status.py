"""`loa status`: one screen that says what runs, how far it is, what is wrong and what mends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from rich.table import Table

from deploy.cli.client import NotStarted, ServiceRefused, Services, Unreachable
from deploy.cli.console import count, out, say
from deploy.cli.operate.health.readiness import not_ready
from deploy.nats.permissions import SERVICES
from shared.errors import Text
from shared.eventstore.streams import EVENTS

START = Text("khởi động bằng `loa up`", "start it with `loa up`")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one service says of itself; `trouble` is what is wrong and what mends it."""

    name: str
    ready: bool
    position: int = 0
    pending: int = 0
    trouble: Text | None = None


def show(services: Services) -> bool:
    """Print the screen; say whether all is well."""
    seen = [look(services, name) for name in SERVICES]
    out.print(_table(seen))
    for line in _facts(services, seen):
        say(line)
    troubles = [one for one in seen if one.trouble]
    for one in troubles:
        if one.trouble is not None:
            say(Text(f"{one.name}: {one.trouble.vi}", f"{one.name}: {one.trouble.en}"), style="red")
    return not troubles


def look(services: Services, name: str) -> Seen:
    try:
        readiness = services.ask(name, "/readyz")
        projection = services.get(name, "/projections")
    except (Unreachable, NotStarted) as error:
        return Seen(name, ready=False, trouble=error.message)
    except ServiceRefused as error:
        return Seen(name, ready=False, trouble=error.message)
    trouble = _trouble(projection) or (None if readiness.is_success else _unready(readiness))
    return Seen(name, readiness.is_success, projection["position"], projection["pending"], trouble)


def _unready(answer: httpx.Response) -> Text:
    parts = not_ready(answer)
    return Text(
        f"chưa sẵn sàng: {parts}; xem nhật ký trong logs/ của thư mục dữ liệu",
        f"not ready: {parts}; see logs/ of the data folder",
    )


def _trouble(projection: Mapping[str, Any]) -> Text | None:
    if projection["state"] != "stuck":
        return None
    problem, command = projection["problem"], mending(projection)
    return Text(
        f"dừng ở sự kiện lỗi ({problem}); xử lý: `{command}`", f"stuck ({problem}); mend: `{command}`"
    )


def mending(projection: Mapping[str, Any]) -> str:
    """Give the command that brings a stuck read model on its way again."""
    name, at = projection["projection"], projection["stuck_at"]
    return f"loa rebuild {name}" if at is None else f'loa skip {name} {at} --reason "…"'


def _table(seen: list[Seen]) -> Table:
    table = Table("Dịch vụ / Service", "Sẵn sàng / Ready")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Còn chậm / Behind", justify="right")
    for one in seen:
        table.add_row(
            one.name,
            "có / yes" if one.ready else "[red]không / no[/red]",
            count(one.position),
            count(one.pending),
        )
    return table


def _facts(services: Services, seen: list[Seen]) -> Iterator[Text]:
    yield _log_end(services, seen)
    ready = {one.name for one in seen if one.ready}
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
        yield from _unreached(services)


def _unreached(services: Services) -> Iterator[Text]:
    """Say what keeps mail from those who owe something: nobody to write to, or a hold."""
    if services.get("notifier", "/sending")["held"]:
        yield Text(
            "Việc gửi thư đang được giữ lại: `loa preview`, rồi `loa release`",
            "All sending is held: `loa preview`, then `loa release`",
        )
    alone = services.get("notifier", "/recipients/missing")["units"]
    for unit in alone:
        reader = unit["read_by"]
        vi = f"{reader} nhận thay" if reader else "không có cơ quan nào nhận thay"
        en = f"{reader} reads instead" if reader else "nobody reads instead"
        yield Text(
            f"Đơn vị có việc mà chưa có người nhận thư: {unit['unit_code']} ({vi})",
            f"A unit that owes something has nobody to write to: {unit['unit_code']} ({en})",
        )


def _log_end(services: Services, seen: list[Seen]) -> Text:
    last = last_position(services)
    if last is None:
        rows = max(one.position + one.pending for one in seen)
        if services.current.nats_monitor_url:
            return Text(
                f"NATS không trả lời; theo lần đọc cuối, nhật ký có đến vị trí {count(rows)}",
                f"NATS does not answer; when it was last read, the log ended at {count(rows)}",
            )
        last = rows  # a broker of its own, of which the services told
    return Text(f"Vị trí cuối của nhật ký: {count(last)}", f"Last position of the log: {count(last)}")


def last_position(services: Services) -> int | None:
    """Ask the broker's monitoring for the log's end; None where it is not within reach."""
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
