"""Derives findings from readings; pure, without any I/O."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import jwt

from deploy.cli.console import count, day, listed
from deploy.cli.operate.health import engine_diagnosis as engines
from deploy.cli.operate.health import subscriber_lag
from deploy.cli.operate.health.finding import LAG, Finding, Findings, place_of
from deploy.cli.operate.health.readings import Answer, Readings
from deploy.cli.operate.health.status import RECOVER, other_log, repair_command
from deploy.cli.operate.place import Place
from deploy.nats.permissions import SERVICES
from shared.kernel.counted import counted
from shared.kernel.errors import Text

TOKEN_DAYS = 7  # a token that expires earlier is reported


def diagnose(readings: Readings) -> list[Finding]:
    if not readings.answers and readings.broker.error:
        return [_all_down(readings), *engines.disk(readings)]
    checks: tuple[Callable[[Readings], Findings], ...] = (
        _services,
        engines.reachable,
        engines.accepts_events,
        engines.durability,
        engines.streams,
        engines.consumers,
        subscriber_lag.findings,
        engines.database,
        engines.skew,
        _mail,
        _token,
        _calendar,
        engines.disk,
    )
    return [finding for check in checks for finding in check(readings)]


def _all_down(readings: Readings) -> Finding:
    return Finding(
        "loa",
        Text(
            "không có gì đang chạy: cả các dịch vụ lẫn NATS đều không trả lời",
            "nothing is running: neither the services nor NATS answer",
        ),
        place_of(readings).start,
    )


def _services(readings: Readings) -> Findings:
    place = place_of(readings)
    for name in SERVICES:
        answers = readings.answers.get(name, {})
        if "/readyz" not in answers:
            yield Finding(name, Text("không trả lời", "does not answer"), place.restart(name))
        else:
            replaced = list(_other_log(name, answers.get("/log"), place))
            own = replaced or list(_projection(name, answers.get("/projections"), place))
            reported = {"log_writes"} | ({"projection"} if own else set()) | ({"log"} if replaced else set())
            yield from _readiness(name, answers["/readyz"], place.log(name), place.loa(RECOVER), reported)
            yield from own


def _other_log(name: str, answer: Answer | None, place: Place) -> Findings:
    """The rows of this service, or of another, come from another log than the present one."""
    if answer is None or answer.status != HTTPStatus.OK:
        return
    if (what := other_log(answer.body)) is not None:
        yield Finding(name, what, place.loa(RECOVER))


def _readiness(name: str, answer: Answer, log: str, recover: str, reported: Collection[str]) -> Findings:
    checks = answer.body.get("checks", {}) if isinstance(answer.body, Mapping) else {}
    for part, check in checks.items():
        if not check["ok"] and part not in reported:
            yield Finding(
                name,
                Text(f"chưa sẵn sàng: {part} ({check['detail']})", f"not ready: {part} ({check['detail']})"),
                log if part != "log" else recover,
            )
    if not checks:
        yield Finding(name, Text(f"trả lời HTTP {answer.status}", f"answers HTTP {answer.status}"), log)


def _projection(name: str, answer: Answer | None, place: Place) -> Findings:
    if answer is None or answer.status == HTTPStatus.UNAUTHORIZED:
        return  # the missing answer or the token has its own finding
    if answer.status != HTTPStatus.OK:
        vi, en = "không xem được dữ liệu đọc", "its read model cannot be read"
        yield Finding(
            name, Text(f"{vi} (HTTP {answer.status})", f"{en} (HTTP {answer.status})"), place.log(name)
        )
        return
    state = answer.body
    if state["state"] == "halted":
        at = state["halted_at"]
        where = "" if at is None else f" {count(at)}"
        yield Finding(
            name,
            Text(
                f"dừng ở sự kiện lỗi{where}: {state['problem']}",
                f"halted at event{where}: {state['problem']}",
            ),
            place.loa(repair_command(state)),
        )
    elif state["pending"] >= LAG:
        yield Finding(
            name,
            Text(
                f"còn chậm {count(state['pending'])} sự kiện",
                f"{counted(state['pending'], 'event', count(state['pending']))} behind",
            ),
            place.log(name),
        )


def _calendar(readings: Readings) -> Findings:
    """Due days of a year without a notice on its days off may still move."""
    for year in readings.provisional_years:
        yield Finding(
            "rules",
            Text(
                f"lịch nghỉ năm {year} là tạm tính: chưa có văn bản về ngày nghỉ lễ, Tết, hoán đổi; thời hạn có thể thay đổi",
                f"the calendar of {year} is provisional: no notice on its holidays and swapped days; due days may move",
            ),
            f"LOA_CALENDAR_OVERRIDES: {year}-01-01,confirmed,Lịch nghỉ,SỐ VĂN BẢN",
        )


def _mail(readings: Readings) -> Findings:
    answers = readings.answers.get("notifier", {})
    place = place_of(readings)
    outbox = f"{readings.current.urls.get('notifier', '')}/outbox"
    for state, number in _body(answers, "/digests/counts").items():
        if state in MAIL and number:
            what, fix = MAIL[state]
            yield Finding(
                "notifier",
                Text(f"{count(number)} {what.vi}", f"{count(number)} {what.en}"),
                place.loa(fix).format(outbox=outbox) if fix.startswith("loa ") else fix.format(outbox=outbox),
            )
    skipped = _body(answers, "/preview").get("skipped", ())
    if without := sorted({item["unit_code"] for item in skipped if item["reason"] == "no_recipient"}):
        units = listed(without)
        yield Finding(
            "notifier",
            Text(
                f"đơn vị có việc mà chưa có người nhận thư: {units}",
                f"units with gaps but without a mail recipient: {units}",
            ),
            place.loa("loa import FOLDER  # recipients.csv"),
        )


MAIL: Mapping[str, tuple[Text, str]] = {
    "queued": (Text("thư đang chờ gửi", "mails are waiting to be sent"), "loa tick"),
    "failed": (
        Text("thư không gửi được", "mails could not be sent"),
        "{outbox}  # loa mail retry | acknowledge",
    ),
    "unsure": (
        Text("thư không rõ đã đến hay chưa", "mails that may or may not have gone out"),
        "{outbox}  # loa mail acknowledge --all",
    ),
}


def _body(answers: Mapping[str, Answer], path: str) -> Mapping[str, Any]:
    answer = answers.get(path)
    result = answer is not None and answer.status == HTTPStatus.OK and isinstance(answer.body, Mapping)
    return answer.body if answer is not None and result else {}


def _token(readings: Readings) -> Findings:
    renew = place_of(readings).renew_token
    expires = expiry(readings.current.token)
    statuses = (answer.status for by_path in readings.answers.values() for answer in by_path.values())
    refused = HTTPStatus.UNAUTHORIZED in statuses
    if expires is None:
        yield Finding(
            "token",
            Text(
                "chưa có mã truy cập hoặc mã không đọc được", "there is no access token, or it cannot be read"
            ),
            renew,
        )
    elif refused and expires > readings.now:
        what = Text("các dịch vụ không nhận mã truy cập này", "the services reject this access token")
        yield Finding("token", what, renew)
    elif (expires - readings.now).days < TOKEN_DAYS:
        over = expires <= readings.now
        vi, en = ("đã hết hạn", "has expired") if over else ("sắp hết hạn", "is about to expire")
        yield Finding(
            "token",
            Text(f"mã truy cập {vi} ({day(expires)})", f"the access token {en} ({expires:%Y-%m-%d})"),
            renew,
        )


def expiry(token: str) -> datetime | None:
    """Read when a token expires; its signature is not checked here."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.PyJWTError, KeyError, ValueError):
        return None
