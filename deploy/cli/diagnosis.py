"""From readings to problems: each in one line, with the command that mends it. Nothing here asks anybody."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import jwt

from deploy.cli.console import count, day, listed
from deploy.cli.engine_vitals import Queue
from deploy.cli.status import mending
from deploy.cli.vitals import Answer, Vitals
from deploy.nats.permissions import SERVICES
from shared.errors import Text
from shared.eventstore.streams import CONSUMERS

START = "loa up"
LAG = 1000  # events behind, from which on it is no longer the moment's work
SKEW = 5.0  # seconds
TOKEN_DAYS = 7  # before its end a token is to be renewed
LEAST_FREE = 1 << 30  # bytes
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with which part, and what to type."""

    part: str
    what: Text
    mend: str


Findings = Iterator[Finding]


def diagnose(vitals: Vitals) -> list[Finding]:
    if not vitals.doors and vitals.broker.error:
        return [_all_down(vitals), *_disk(vitals)]
    checks: tuple[Callable[[Vitals], Findings], ...] = (
        _services, _broker, _durability, _streams, _queues, _database, _clocks, _mail, _token, _disk,
    )  # fmt: skip
    return [finding for check in checks for finding in check(vitals)]


def _all_down(vitals: Vitals) -> Finding:
    folder = f" --data-dir {vitals.folder}" if vitals.current.data_dir else ""
    return Finding(
        "loa",
        Text(
            "không có gì đang chạy: cả các dịch vụ lẫn NATS đều không trả lời",
            "nothing runs: neither services nor NATS answer",
        ),
        START + folder,
    )


def _services(vitals: Vitals) -> Findings:
    for name in SERVICES:
        doors = vitals.doors.get(name, {})
        if "/readyz" not in doors:
            yield Finding(name, Text("không trả lời", "does not answer"), START)
        else:
            yield from _readiness(name, doors["/readyz"], _log(vitals, name))
            yield from _projection(name, doors.get("/projections"), _log(vitals, name))


def _readiness(name: str, answer: Answer, log: str) -> Findings:
    checks = answer.body.get("checks", {}) if isinstance(answer.body, Mapping) else {}
    for part, check in checks.items():
        if not check["ok"] and part != "projection":  # of which its own line says more
            yield Finding(
                name,
                Text(f"chưa sẵn sàng: {part} ({check['detail']})", f"not ready: {part} ({check['detail']})"),
                log,
            )
    if not checks:
        yield Finding(name, Text(f"trả lời HTTP {answer.status}", f"answers HTTP {answer.status}"), log)


def _projection(name: str, answer: Answer | None, log: str) -> Findings:
    if answer is None or answer.status != HTTPStatus.OK:
        status = answer.status if answer else "–"
        yield Finding(
            name,
            Text(
                f"không xem được dữ liệu đọc (HTTP {status})",
                f"its read model cannot be seen (HTTP {status})",
            ),
            'export LOA_TOKEN="$(loa token)"',
        )
        return
    seen = answer.body
    if seen["state"] == "stuck":
        at = seen["stuck_at"]
        where = "" if at is None else f" {count(at)}"
        yield Finding(
            name,
            Text(
                f"dừng ở sự kiện lỗi{where}: {seen['problem']}", f"stuck at event{where}: {seen['problem']}"
            ),
            mending(seen),
        )
    elif seen["pending"] >= LAG:
        yield Finding(
            name,
            Text(f"còn chậm {count(seen['pending'])} sự kiện", f"{count(seen['pending'])} events behind"),
            log,
        )


def _broker(vitals: Vitals) -> Findings:
    if vitals.broker.error:
        yield Finding(
            "nats",
            Text(f"không vào được: {vitals.broker.error}", f"cannot be reached: {vitals.broker.error}"),
            START,
        )


def _durability(vitals: Vitals) -> Findings:
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


def _streams(vitals: Vitals) -> Findings:
    for one in vitals.broker.differences:
        found = f"{one.name}: {one.setting}: {one.found} → {one.wanted}"
        yield Finding(
            "nats", Text(f"khác khai báo, {found}", f"not as declared, {found}"), "loa streams apply"
        )


def _queues(vitals: Vitals) -> Findings:
    owners = {consumer.name: consumer.owner for consumer in CONSUMERS}
    for queue in vitals.broker.queues:
        if queue.again or queue.waiting >= LAG:
            yield Finding(queue.name, _queue(queue), _log(vitals, owners[queue.name]))


def _queue(queue: Queue) -> Text:
    return Text(
        f"{count(queue.waiting)} thông điệp đang chờ, {count(queue.again)} phải gửi lại",
        f"{count(queue.waiting)} messages wait, {count(queue.again)} had to come again",
    )


def _database(vitals: Vitals) -> Findings:
    database = vitals.database
    if database.error:
        yield Finding(
            "postgresql",
            Text(f"không vào được: {database.error}", f"cannot be reached: {database.error}"),
            START,
        )
    if database.fsync != "on":
        yield Finding(
            "postgresql",
            Text("fsync đang tắt", "fsync is off"),
            "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()",
        )


def _clocks(vitals: Vitals) -> Findings:
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


def _mail(vitals: Vitals) -> Findings:
    doors = vitals.doors.get("notifier", {})
    outbox = f"{vitals.current.urls.get('notifier', '')}/outbox"
    for state, number in _body(doors, "/digests/counts").items():
        if state in MAIL and number:
            what, mend = MAIL[state]
            yield Finding(
                "notifier",
                Text(f"{count(number)} {what.vi}", f"{count(number)} {what.en}"),
                mend.format(outbox=outbox),
            )
    skipped = _body(doors, "/preview").get("skipped", ())
    if alone := sorted({one["unit_code"] for one in skipped if one["reason"] == "no_recipient"}):
        units = listed(alone)
        yield Finding(
            "notifier",
            Text(
                f"đơn vị có việc mà chưa có người nhận thư: {units}",
                f"units with gaps and nobody to write to: {units}",
            ),
            "loa import FOLDER  # recipients.csv",
        )


MAIL: Mapping[str, tuple[Text, str]] = {
    "queued": (Text("thư đang chờ gửi", "mails wait to be sent"), "loa tick"),
    "failed": (Text("thư không gửi được", "mails could not be sent"), "{outbox}"),
    "unsure": (Text("thư không rõ đã đến hay chưa", "mails that may or may not have gone out"), "{outbox}"),
}


def _body(doors: Mapping[str, Answer], path: str) -> Mapping[str, Any]:
    answer = doors.get(path)
    found = answer is not None and answer.status == HTTPStatus.OK and isinstance(answer.body, Mapping)
    return answer.body if answer is not None and found else {}


def _token(vitals: Vitals) -> Findings:
    renew = 'export LOA_TOKEN="$(loa token)"'
    expires = expiry(vitals.current.token)
    if expires is None:
        yield Finding(
            "token",
            Text("chưa có mã truy cập hoặc mã không đọc được", "no access token, or not a readable one"),
            renew,
        )
    elif (expires - vitals.now).days < TOKEN_DAYS:
        over = expires <= vitals.now
        vi, en = ("đã hết hạn", "has expired") if over else ("sắp hết hạn", "is about to expire")
        yield Finding(
            "token",
            Text(f"mã truy cập {vi} ({day(expires)})", f"the access token {en} ({expires:%Y-%m-%d})"),
            renew,
        )


def expiry(token: str) -> datetime | None:
    """Read until when a token lets its bearer in; whether it is genuine is for the services to say."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.PyJWTError, KeyError, ValueError):
        return None


def _disk(vitals: Vitals) -> Findings:
    disk = vitals.disk
    if disk is not None and (disk.free < LEAST_FREE or disk.free < disk.total * LEAST_SHARE):
        free = f"{disk.free / LEAST_FREE:.1f} GiB"
        yield Finding(
            "disk", Text(f"chỉ còn {free} trống", f"only {free} are free"), f"df -h {vitals.folder}"
        )


def _log(vitals: Vitals, name: str) -> str:
    return f"tail -n 50 {vitals.folder / 'logs' / name}.log"
