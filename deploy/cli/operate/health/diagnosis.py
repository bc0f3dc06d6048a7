"""From readings to problems: each in one line, with the command that mends it. Nothing here asks anybody."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import jwt

from deploy.cli.console import count, day, listed
from deploy.cli.operate.health import engine_diagnosis as engines
from deploy.cli.operate.health.finding import LAG, START, Finding, Findings, log_of, restart
from deploy.cli.operate.health.readings import Answer, Vitals
from deploy.cli.operate.health.status import mending
from deploy.nats.permissions import SERVICES
from shared.errors import Text

TOKEN_DAYS = 7  # before its end a token is to be renewed


def diagnose(vitals: Vitals) -> list[Finding]:
    if not vitals.doors and vitals.broker.error:
        return [_all_down(vitals), *engines.disk(vitals)]
    checks: tuple[Callable[[Vitals], Findings], ...] = (
        _services,
        engines.reachable,
        engines.durability,
        engines.streams,
        engines.queues,
        engines.database,
        engines.skew,
        _mail,
        _token,
        engines.disk,
    )
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
            yield Finding(name, Text("không trả lời", "does not answer"), _revive(vitals, name))
        else:
            log = log_of(vitals, f"logs/{name}")
            own = list(_projection(name, doors.get("/projections"), log))
            yield from _readiness(name, doors["/readyz"], log, told={"projection"} if own else set())
            yield from own


def _revive(vitals: Vitals, name: str) -> str:
    """End it by force if its process is still there: `loa up` starts it again."""
    noted = vitals.folder / "run" / f"{name}.pid"
    return f'kill -9 "$(cat {noted})"' if name in vitals.noted else restart(vitals, f"logs/{name}")


def _readiness(name: str, answer: Answer, log: str, told: Collection[str]) -> Findings:
    checks = answer.body.get("checks", {}) if isinstance(answer.body, Mapping) else {}
    for part, check in checks.items():
        if not check["ok"] and part not in told:
            yield Finding(
                name,
                Text(f"chưa sẵn sàng: {part} ({check['detail']})", f"not ready: {part} ({check['detail']})"),
                log,
            )
    if not checks:
        yield Finding(name, Text(f"trả lời HTTP {answer.status}", f"answers HTTP {answer.status}"), log)


def _projection(name: str, answer: Answer | None, log: str) -> Findings:
    if answer is None or answer.status == HTTPStatus.UNAUTHORIZED:
        return  # the door or the token has its own line
    if answer.status != HTTPStatus.OK:
        vi, en = "không xem được dữ liệu đọc", "its read model cannot be seen"
        yield Finding(name, Text(f"{vi} (HTTP {answer.status})", f"{en} (HTTP {answer.status})"), log)
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
    "failed": (
        Text("thư không gửi được", "mails could not be sent"),
        "{outbox}  # loa mail retry | acknowledge",
    ),
    "unsure": (
        Text("thư không rõ đã đến hay chưa", "mails that may or may not have gone out"),
        "{outbox}  # loa mail acknowledge",
    ),
}


def _body(doors: Mapping[str, Answer], path: str) -> Mapping[str, Any]:
    answer = doors.get(path)
    found = answer is not None and answer.status == HTTPStatus.OK and isinstance(answer.body, Mapping)
    return answer.body if answer is not None and found else {}


def _token(vitals: Vitals) -> Findings:
    renew = 'export LOA_TOKEN="$(loa token)"'
    expires = expiry(vitals.current.token)
    answers = (answer.status for doors in vitals.doors.values() for answer in doors.values())
    refused = HTTPStatus.UNAUTHORIZED in answers
    if expires is None:
        yield Finding(
            "token",
            Text("chưa có mã truy cập hoặc mã không đọc được", "no access token, or not a readable one"),
            renew,
        )
    elif refused and expires > vitals.now:
        what = Text("các dịch vụ không nhận mã truy cập này", "the services do not take this access token")
        yield Finding("token", what, renew)
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
