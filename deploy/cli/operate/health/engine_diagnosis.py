"""What may be wrong below the services: broker, PostgreSQL, clocks and disk."""

from collections.abc import Mapping

from deploy.cli.console import count
from deploy.cli.operate.health.engine_readings import Queue
from deploy.cli.operate.health.finding import LAG, Finding, Findings, log_of, restart
from deploy.cli.operate.health.readings import Vitals
from shared.errors import Text
from shared.eventstore.streams import CONSUMERS

SKEW = 5.0  # seconds
LEAST_FREE = 1 << 30  # bytes
LEAST_SHARE = 0.1


def reachable(vitals: Vitals) -> Findings:
    if vitals.broker.error:
        yield Finding(
            "nats",
            Text(f"không vào được: {vitals.broker.error}", f"cannot be reached: {vitals.broker.error}"),
            restart(vitals, "nats/nats"),
        )


def durability(vitals: Vitals) -> Findings:
    match synced(vitals):
        case False:
            yield Finding(
                "nats",
                Text(
                    "không ghi đĩa ngay (sync_interval khác always): mất điện là mất dữ liệu đã nhận",
                    "does not sync every write (sync_interval is not always): a power cut loses accepted data",
                ),
                "nats.conf: jetstream { sync_interval: always }; loa up",
            )
        case None if not vitals.broker.error:
            yield Finding(
                "nats",
                Text("không kiểm tra được sync_interval", "sync_interval could not be checked"),
                "export LOA_NATS_MONITOR_URL=http://…:8222",
            )


def synced(vitals: Vitals) -> bool | None:
    """Say whether every accepted event is on the disk: by the broker's own word, else by its configuration."""
    body = vitals.monitor.body if vitals.monitor else None
    if isinstance(body, Mapping):
        return bool(body.get("jetstream", {}).get("config", {}).get("sync_always"))
    if vitals.configured:
        lines = {"".join(line.split()) for line in vitals.configured.splitlines()}
        return "sync_interval:always" in lines
    return None


def streams(vitals: Vitals) -> Findings:
    for one in vitals.broker.differences:
        found = f"{one.name}: {one.setting}: {one.found} → {one.wanted}"
        yield Finding(
            "nats", Text(f"khác khai báo, {found}", f"not as declared, {found}"), "loa streams apply"
        )


def queues(vitals: Vitals) -> Findings:
    owners = {consumer.name: consumer.owner for consumer in CONSUMERS}
    for queue in vitals.broker.queues:
        if queue.again or queue.waiting >= LAG:
            yield Finding(queue.name, _word(queue), log_of(vitals, f"logs/{owners[queue.name]}"))


def _word(queue: Queue) -> Text:
    return Text(
        f"{count(queue.waiting)} thông điệp đang chờ, {count(queue.again)} phải gửi lại",
        f"{count(queue.waiting)} messages wait, {count(queue.again)} had to come again",
    )


def database(vitals: Vitals) -> Findings:
    database = vitals.database
    if database.error:
        yield Finding(
            "postgresql",
            Text(f"không vào được: {database.error}", f"cannot be reached: {database.error}"),
            restart(vitals, "postgres/postgres"),
        )
    if database.fsync != "on":
        yield Finding(
            "postgresql",
            Text("fsync đang tắt", "fsync is off"),
            "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()",
        )


def skew(vitals: Vitals) -> Findings:
    for part, ahead in clocks(vitals).items():
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


def clocks(vitals: Vitals) -> Mapping[str, float]:
    """Give how far each clock is ahead of ours."""
    found = {name: doors["/readyz"].ahead for name, doors in vitals.doors.items() if "/readyz" in doors}
    return found | ({"nats": vitals.monitor.ahead} if vitals.monitor else {})


def disk(vitals: Vitals) -> Findings:
    disk = vitals.disk
    if disk is not None and (disk.free < LEAST_FREE or disk.free < disk.total * LEAST_SHARE):
        free = f"{disk.free / LEAST_FREE:.1f} GiB"
        yield Finding(
            "disk", Text(f"chỉ còn {free} trống", f"only {free} are free"), f"df -h {vitals.folder}"
        )
