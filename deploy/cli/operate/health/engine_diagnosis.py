"""Checks of broker, PostgreSQL, clocks and disk."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from deploy.cli.console import count
from deploy.cli.operate.health.engine_readings import ConsumerState
from deploy.cli.operate.health.finding import LAG, Finding, Findings, place_of
from deploy.cli.operate.health.readings import Answer, Readings, broker_report
from deploy.cli.operate.place import NATS, POSTGRES
from shared.eventstore.streams import CONSUMERS
from shared.kernel.counted import counted
from shared.kernel.errors import Text

SKEW = 5.0  # seconds
LEAST_FREE = 1 << 30  # bytes
LEAST_SHARE = 0.1
MOST_OF_STORE = 0.8


def reachable(readings: Readings) -> Findings:
    error, place = readings.broker.error, place_of(readings)
    if error and not readings.current.nats_url:
        vi, en = "không kiểm tra được từ máy này", "cannot be checked from this machine"
        yield Finding("nats", Text(f"{vi} ({error})", f"{en} ({error})"), place.check_broker)
    elif error:
        vi, en = f"không vào được: {error}", f"cannot be reached: {error}"
        yield Finding("nats", Text(vi, en), place.restart(NATS))


def accepts_events(readings: Readings) -> Findings:
    """Report a broker that answers and refuses events: after a full disk it does so until it is restarted."""
    if reason := _refusal(readings):
        yield Finding(
            "nats",
            Text(
                f"không nhận sự kiện nào: {reason}. Sau khi đĩa đầy, NATS chỉ ghi tiếp khi được khởi động lại, "
                "kể cả khi đĩa đã có chỗ trống",
                f"refuses every event: {reason}. After a full disk NATS writes again only when it is restarted, "
                "also when there is room",
            ),
            place_of(readings).free_disk,
        )
    for used, limit in _stores(readings):
        if used > limit * MOST_OF_STORE:
            share = f"{used / limit:.0%}"
            yield Finding(
                "nats",
                Text(f"kho sự kiện đã đầy {share}", f"its store is {share} full"),
                place_of(readings).show_disk,
            )


def _refusal(readings: Readings) -> str:
    answers = [answer for answer in readings.broker_health if answer is not None]
    errors = [
        str(broker_report(answer).get("error", "")) for answer in answers if answer.status != HTTPStatus.OK
    ]
    if len(errors) * 2 > len(answers):  # of a cluster the majority accepts events
        return "; ".join(errors)
    for checks in map(checks_of, readings.answers.values()):
        if (check := checks.get("log_writes")) and not check["ok"] and checks["nats"]["ok"]:
            return str(check["detail"])
    return ""


def _stores(readings: Readings) -> list[tuple[int, int]]:
    reports = [broker_report(answer) for answer in readings.stores]
    return [
        (report["storage"], report["config"]["max_storage"]) for report in reports if report.get("config")
    ]


def checks_of(answers: Mapping[str, Answer]) -> Mapping[str, Mapping[str, Any]]:
    """Give the checks of a service's /readyz by name."""
    answer = answers.get("/readyz")
    return answer.body.get("checks", {}) if answer and isinstance(answer.body, Mapping) else {}


def durability(readings: Readings) -> Findings:
    match synced(readings):
        case False:
            yield Finding(
                "nats",
                Text(
                    "không ghi đĩa ngay (sync_interval khác always): mất điện là mất dữ liệu đã nhận",
                    "does not sync every write (sync_interval is not always): a power failure loses accepted events",
                ),
                place_of(readings).sync_writes,
            )
        case None if not readings.broker.error:
            yield Finding(
                "nats",
                Text("không kiểm tra được sync_interval", "sync_interval could not be checked"),
                place_of(readings).read_monitor,
            )


def synced(readings: Readings) -> bool | None:
    """Say whether every accepted event is synced to disk: by the monitoring endpoint, else by the configuration file."""
    body = readings.monitor.body if readings.monitor else None
    if isinstance(body, Mapping):
        return bool(body.get("jetstream", {}).get("config", {}).get("sync_always"))
    if readings.configured:
        lines = {"".join(line.split()) for line in readings.configured.splitlines()}
        return "sync_interval:always" in lines
    return None


def streams(readings: Readings) -> Findings:
    for difference in readings.broker.differences:
        result = f"{difference.name}: {difference.setting}: {difference.actual} → {difference.wanted}"
        yield Finding(
            "nats",
            Text(f"khác khai báo, {result}", f"not as declared, {result}"),
            place_of(readings).loa("loa streams apply"),
        )


def consumers(readings: Readings) -> Findings:
    owners = {consumer.name: consumer.owner for consumer in CONSUMERS}
    for state in readings.broker.consumers:
        if state.redelivered or state.pending >= LAG:
            yield Finding(state.name, _backlog(state), place_of(readings).log(owners[state.name]))


def _backlog(state: ConsumerState) -> Text:
    return Text(
        f"{count(state.pending)} thông điệp đang chờ, {count(state.redelivered)} phải gửi lại",
        f"{counted(state.pending, 'message', count(state.pending))} pending, {count(state.redelivered)} redelivered",
    )


def database(readings: Readings) -> Findings:
    database = readings.database
    if database.error:
        yield Finding(
            "postgresql",
            Text(f"không vào được: {database.error}", f"cannot be reached: {database.error}"),
            place_of(readings).restart(POSTGRES),
        )
    if database.read_only:
        yield Finding(
            "postgresql",
            Text("chỉ cho đọc, không ghi được", "only allows reading: no row can be written"),
            "ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf()",
        )
    if database.fsync != "on":
        yield Finding(
            "postgresql",
            Text("fsync đang tắt", "fsync is off"),
            "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()",
        )


def skew(readings: Readings) -> Findings:
    for part, ahead in clocks(readings).items():
        if abs(ahead) > SKEW:
            vi, en = ("nhanh", "ahead of") if ahead > 0 else ("chậm", "behind")
            yield Finding(
                part,
                Text(
                    f"đồng hồ {vi} {abs(ahead):.0f} giây so với máy này",
                    f"its clock is {abs(ahead):.0f} s {en} this machine",
                ),
                "timedatectl set-ntp true",
            )


def clocks(readings: Readings) -> Mapping[str, float]:
    """Give by how many seconds each clock is ahead of ours."""
    ahead = {
        name: answers["/readyz"].ahead for name, answers in readings.answers.items() if "/readyz" in answers
    }
    return ahead | ({"nats": readings.monitor.ahead} if readings.monitor else {})


def disk(readings: Readings) -> Findings:
    disk = readings.disk
    if disk is not None and (disk.free < LEAST_FREE or disk.free < disk.total * LEAST_SHARE):
        free = f"{disk.free / LEAST_FREE:.1f} GiB"
        yield Finding(
            "disk", Text(f"chỉ còn {free} trống", f"only {free} free"), place_of(readings).show_disk
        )
