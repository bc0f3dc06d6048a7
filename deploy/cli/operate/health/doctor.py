"""`loa doctor`: one screen with everything that may be wrong, and the command that mends each of it."""

import asyncio
import platform
from collections.abc import Iterator
from dataclasses import asdict

from rich.table import Table
from rich.text import Text as Styled

from deploy.cli import brokers
from deploy.cli.console import count, day, listed, out, print_json, say
from deploy.cli.operate.health import readings
from deploy.cli.operate.health.diagnosis import diagnose, expiry
from deploy.cli.operate.health.engine_diagnosis import LEAST_FREE, SKEW, clocks, synced
from deploy.cli.operate.health.finding import Finding
from deploy.cli.operate.health.readings import Vitals
from deploy.local import state
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.doors import RELEASE
from shared.errors import Text


def show(*, as_json: bool) -> bool:
    """Print the screen; say whether nothing is wrong."""
    seen = asyncio.run(readings.take(state.read(), brokers.data_folder(), LocalSettings()))
    findings = diagnose(seen)
    if as_json:
        print_json(as_document(seen, findings))
    else:
        _print(seen, findings)
    return not findings


def as_document(seen: Vitals, findings: list[Finding]) -> dict[str, object]:
    return {
        "well": not findings,
        "at": seen.now.isoformat(),
        "problems": [
            {"part": one.part, "vi": one.what.vi, "en": one.what.en, "mend": one.mend} for one in findings
        ],
        "services": {
            name: {path: answer.body for path, answer in doors.items() if path != "/preview"}
            for name, doors in seen.doors.items()
        },
        "last_position": seen.broker.last,
        "every_write_synced": synced(seen),
        "consumers": [asdict(queue) for queue in seen.broker.queues],
        "clocks_ahead_seconds": clocks(seen),
        "versions": versions(seen),
        "disk": asdict(seen.disk) if seen.disk else None,
    }


def versions(seen: Vitals) -> dict[str, str]:
    return {
        "loa": RELEASE,
        "python": platform.python_version(),
        "nats": seen.broker.version or "?",
        "postgresql": seen.database.version or "?",
    }


def _print(seen: Vitals, findings: list[Finding]) -> None:
    if seen.doors:
        out.print(_services(seen))
    for line in _facts(seen):
        say(line)
    if not findings:
        say(Text("Không có vấn đề gì.", "Nothing is wrong."), style="bold green")
        return
    say(Text(f"Vấn đề cần xử lý: {len(findings)}", f"Problems: {len(findings)}"), style="bold red")
    for one in findings:
        _print_finding(one)


def _print_finding(one: Finding) -> None:
    line = Styled(f"✗ {one.part}: {one.what.vi} ", style="red")
    line.append(f"/ {one.what.en} ", style="dim")
    line.append(f"→ {one.mend}", style="bold")
    out.print(line, soft_wrap=True)


def _services(seen: Vitals) -> Table:
    table = Table("Dịch vụ / Service", "Sẵn sàng / Ready", "Dữ liệu đọc / Read model")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Còn chậm / Behind", justify="right")
    for name in SERVICES:
        table.add_row(name, *_row(seen, name))
    return table


def _row(seen: Vitals, name: str) -> tuple[str, ...]:
    doors = seen.doors.get(name, {})
    ready = doors["/readyz"].status == 200 if "/readyz" in doors else False  # noqa: PLR2004
    shown = "có / yes" if ready else "[red]không / no[/red]"
    answer = doors.get("/projections")
    if answer is None or not isinstance(answer.body, dict) or "position" not in answer.body:
        return shown, "–", "–", "–"
    body = answer.body
    return shown, str(body["state"]), count(body["position"]), count(body["pending"])


def _facts(seen: Vitals) -> Iterator[Text]:
    named = listed(f"{name} {version}" for name, version in versions(seen).items())
    yield Text(f"Phiên bản: {named}", f"Versions: {named}")
    if not seen.broker.error:
        last = count(seen.broker.last)
        how = {True: ("có", "yes"), False: ("KHÔNG", "NO"), None: ("không rõ", "unknown")}[synced(seen)]
        yield Text(
            f"Nhật ký đến vị trí {last}; ghi đĩa từng sự kiện: {how[0]}",
            f"The log reaches position {last}; every event synced to the disk: {how[1]}",
        )
        queues = listed(
            f"{one.name} {one.waiting}/{one.unanswered}/{one.again}" for one in seen.broker.queues
        )
        yield Text(
            f"Hàng đợi (chờ/đang xử lý/gửi lại): {queues}", f"Consumers (waiting/in hand/again): {queues}"
        )
    if measured := clocks(seen):
        worst = max(measured.values(), key=abs)
        yield Text(
            f"Đồng hồ lệch nhiều nhất {abs(worst):.1f} giây (cho phép {SKEW:g})",
            f"Clocks differ by {abs(worst):.1f} s at most ({SKEW:g} allowed)",
        )
    if seen.disk:
        free, total = seen.disk.free / LEAST_FREE, seen.disk.total / LEAST_FREE
        yield Text(
            f"Đĩa {seen.folder}: còn {free:.1f} / {total:.1f} GiB",
            f"Disk {seen.folder}: {free:.1f} of {total:.1f} GiB free",
        )
    if expires := expiry(seen.current.token):
        yield Text(f"Mã truy cập dùng đến {day(expires)}", f"The access token lasts until {expires:%Y-%m-%d}")
