"""`loa status`: one screen with the state, the position and the problems of every service, within seconds in every outage."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from rich.table import Table

from deploy.cli.console import count, out, print_text
from deploy.cli.operate.health import subscriber_lag
from deploy.cli.operate.health.readings import Answer, ask, ask_services, broker_report, monitors
from deploy.local import state
from deploy.nats.permissions import SERVICES
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.subscriber_states import SubscriberState
from shared.kernel.errors import Text
from shared.kernel.health import Purpose

PATHS: Mapping[str, tuple[str, ...]] = {
    "registry": (),
    "campaigns": (),
    "metrics": ("/gaps",),
    "notifier": ("/digests/counts", "/sending", "/recipients/missing"),
}
STORE = "/jsz?streams=true"
RECOVER = "loa recover"  # shows what is lost first; a rebuild would destroy it

Answers = Mapping[str, Mapping[str, Answer]]


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The state of one service; `problem` is what is wrong and how to fix it."""

    name: str
    ready: str
    position: int | None = None
    pending: int | None = None
    problem: Text | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown; `last` is the last position of the log, None if the broker does not tell."""

    services: Sequence[ServiceState]
    answers: Answers
    last: int | None
    has_monitor: bool
    subscribers: Sequence[SubscriberState] = ()


def show(current: state.Current) -> bool:
    """Print the screen; return whether there are no problems."""
    screen = asyncio.run(collect(current))
    out.print(_table(screen.services))
    for line in _facts(screen):
        print_text(line)
    problems = [entry for entry in screen.services if entry.problem]
    for entry in problems:
        if entry.problem is not None:
            named = Text(f"{entry.name}: {entry.problem.vi}", f"{entry.name}: {entry.problem.en}")
            print_text(named, style="red")
    return not problems


async def collect(current: state.Current) -> Screen:
    """Ask for everything side by side; what does not answer in time is shown as missing."""
    paths = {name: ("/readyz", "/projections", "/log", *more) for name, more in PATHS.items()}
    addresses = monitors(current)
    answers, stores, subscribers = await asyncio.gather(
        ask_services(current, paths), ask([f"{url}{STORE}" for url in addresses]), subscriber_lag.read()
    )
    last = max((position for store in stores if (position := last_position(store))), default=None)
    states = [_state(name, current.urls.get(name, ""), answers.get(name, {})) for name in SERVICES]
    return Screen(states, answers, last, bool(addresses), subscribers)


def _state(name: str, url: str, answers: Mapping[str, Answer]) -> ServiceState:
    if (readiness := answers.get("/readyz")) is None:
        return ServiceState(name, _NO, problem=_unreachable(name, url))
    body = body_of(answers, "/projections")
    problem = other_log(body_of(answers, "/log")) or _halted(body) or _broken(readiness)
    return ServiceState(name, shown_readiness(readiness), body.get("position"), body.get("pending"), problem)


def other_log(log: Mapping[str, Any]) -> Text | None:
    """Say that the rows of this service, or of another, come from another log than the present one."""
    if not log or log["state"] == "open":
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


def _unreachable(name: str, url: str) -> Text:
    if not url:
        setting = f"LOA_URL_{name.upper()}"
        return Text(
            f"chưa biết địa chỉ: chạy `loa up`, hoặc đặt {setting} và LOA_TOKEN",
            f"its address is not known: run `loa up`, or set {setting} and LOA_TOKEN",
        )
    return Text(f"không trả lời tại {url}; xem `loa doctor`", f"does not answer at {url}; see `loa doctor`")


_YES, _ONLY_READS, _NO = "có / yes", "[yellow]chỉ đọc / reads only[/yellow]", "[red]không / no[/red]"


def shown_readiness(answer: Answer) -> str:
    """Say whether the service takes reads and writes, only reads, or nothing."""
    body = answer.body if isinstance(answer.body, Mapping) else {}
    ready = body.get("ready_for") or dict.fromkeys(Purpose, answer.status == HTTPStatus.OK)
    if not ready[Purpose.READS]:
        return _NO
    return _YES if ready[Purpose.WRITES] else _ONLY_READS


def _broken(answer: Answer) -> Text | None:
    """Name the checks that are not ok, also those without which the service is ready."""
    checks = answer.body.get("checks", {}) if isinstance(answer.body, Mapping) else {}
    parts = "; ".join(f"{name} ({check['detail']})" for name, check in checks.items() if not check["ok"])
    if parts:
        return Text(f"có lỗi: {parts}; xem `loa doctor`", f"broken: {parts}; see `loa doctor`")
    if answer.status != HTTPStatus.OK:
        return Text(f"trả lời HTTP {answer.status}", f"answers HTTP {answer.status}")
    return None


def _halted(projection: Mapping[str, Any]) -> Text | None:
    if projection.get("state") != "halted":
        return None
    problem, command = projection["problem"], repair_command(projection)
    return Text(
        f"dừng ở sự kiện lỗi ({problem}); xử lý: `{command}`", f"halted ({problem}); fix: `{command}`"
    )


def repair_command(projection: Mapping[str, Any]) -> str:
    """Give the command after which a halted read model goes on."""
    at = projection["halted_at"]
    return RECOVER if at is None else f'loa skip {at} --all --reason "…"'


def body_of(answers: Mapping[str, Answer], path: str) -> Mapping[str, Any]:
    """Give the document of an answer; an empty one if there is none."""
    answer = answers.get(path)
    if answer is None or answer.status != HTTPStatus.OK or not isinstance(answer.body, Mapping):
        return {}
    return answer.body


def _table(seen: Sequence[ServiceState]) -> Table:
    table = Table("Dịch vụ / Service", "Sẵn sàng / Ready")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Còn chậm / Behind", justify="right")
    for item in seen:
        table.add_row(item.name, item.ready, _number(item.position), _number(item.pending))
    return table


def _number(number: int | None) -> str:
    return "–" if number is None else count(number)


def _facts(screen: Screen) -> Iterator[Text]:
    yield _log_end(screen)
    yield from subscriber_lag.lines(screen.subscribers)
    metrics, notifier = (screen.answers.get(name, {}) for name in ("metrics", "notifier"))
    if "gaps" in (answer := body_of(metrics, "/gaps")):
        overdue = sum(gap["state"] == "overdue" for gap in answer["gaps"])
        number = len(answer["gaps"])
        yield Text(
            f"Dự thảo chưa truyền thông: {number}, trong đó quá hạn {overdue} (`loa gaps`)",
            f"Gaps: {number}, of which overdue: {overdue} (`loa gaps`)",
        )
    if counted := body_of(notifier, "/digests/counts"):
        states = ", ".join(f"{name} {number}" for name, number in sorted(counted.items()))
        yield Text(f"Thư: {states}", f"Mail: {states}")
    yield from _undelivered(notifier)


def _undelivered(notifier: Mapping[str, Answer]) -> Iterator[Text]:
    """Say why units with gaps get no mail: sending is on hold, or a unit has no recipient."""
    if body_of(notifier, "/sending").get("held"):
        yield Text(
            "Việc gửi thư đang được giữ lại: `loa preview`, rồi `loa release`",
            "Sending is on hold: `loa preview`, then `loa release`",
        )
    for unit in body_of(notifier, "/recipients/missing").get("units", ()):
        substitute = unit["read_by"]
        vi = f"{substitute} nhận thay" if substitute else "không có cơ quan nào nhận thay"
        en = f"{substitute} receives it instead" if substitute else "nobody receives it instead"
        yield Text(
            f"Đơn vị có việc mà chưa có người nhận thư: {unit['unit_code']} ({vi})",
            f"A unit with gaps has no mail recipient: {unit['unit_code']} ({en})",
        )


def _log_end(screen: Screen) -> Text:
    last = screen.last
    if last is None:
        ends = (item.position + (item.pending or 0) for item in screen.services if item.position is not None)
        rows = max(ends, default=0)
        if screen.has_monitor:
            return Text(
                f"NATS không trả lời; theo lần đọc cuối, nhật ký có đến vị trí {count(rows)}",
                f"NATS does not answer; at the last read the log ended at position {count(rows)}",
            )
        last = _log_end_of_services(screen.answers, rows)
    return Text(f"Vị trí cuối của nhật ký: {count(last)}", f"Last position of the log: {count(last)}")


def last_position(store: Answer | None) -> int | None:
    """Read the last position of the log from an answer of the broker's monitoring endpoint."""
    for account in broker_report(store).get("account_details") or ():
        for stream in account.get("stream_detail") or ():
            if stream["name"] == EVENTS:
                return int(stream["state"]["last_seq"])
    return None


def _log_end_of_services(answers: Answers, rows: int) -> int:
    """Without a monitoring address: the end that a service has read, else what their rows say."""
    ends = [log["log"]["position"] for name in SERVICES if (log := body_of(answers.get(name, {}), "/log"))]
    return ends[0] if ends else rows
