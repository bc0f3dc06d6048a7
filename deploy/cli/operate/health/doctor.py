"""`loa doctor`: one screen with every problem and the command that fixes it."""

import asyncio
import platform
from collections.abc import Iterator
from dataclasses import asdict

from rich.table import Table
from rich.text import Text as Styled

from deploy.cli import brokers
from deploy.cli.console import count, day, listed, out, print_json, print_text
from deploy.cli.operate.health.diagnosis import diagnose, expiry
from deploy.cli.operate.health.engine_diagnosis import LEAST_FREE, SKEW, clocks, synced
from deploy.cli.operate.health.finding import Finding
from deploy.cli.operate.health.readings import Readings, collect
from deploy.cli.operate.health.status import shown_readiness
from deploy.cli.operate.subscribers import view as subscriber_view
from deploy.local import state
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.kernel.errors import Text
from shared.kernel.release import RELEASE


def show(*, as_json: bool) -> bool:
    """Print the screen; return whether there are no findings."""
    seen = asyncio.run(collect(state.read(), brokers.data_folder(), LocalSettings()))
    findings = diagnose(seen)
    if as_json:
        print_json(as_document(seen, findings))
    else:
        _print(seen, findings)
    return not findings


def as_document(seen: Readings, findings: list[Finding]) -> dict[str, object]:
    return {
        "well": not findings,
        "at": seen.now.isoformat(),
        "problems": [
            {"part": finding.part, "vi": finding.what.vi, "en": finding.what.en, "fix": finding.fix}
            for finding in findings
        ],
        "services": {
            name: {path: answer.body for path, answer in answers.items() if path != "/preview"}
            for name, answers in seen.answers.items()
        },
        "last_position": seen.broker.last,
        "every_write_synced": synced(seen),
        "consumers": [asdict(state) for state in seen.broker.consumers],
        "subscribers": [subscriber_view.document(state) for state in seen.broker.subscribers],
        "clocks_ahead_seconds": clocks(seen),
        "versions": versions(seen),
        "database_bytes": seen.database.size,
        "disk": asdict(seen.disk) if seen.disk else None,
    }


def versions(seen: Readings) -> dict[str, str]:
    return {
        "loa": RELEASE,
        "python": platform.python_version(),
        "nats": seen.broker.version or "?",
        "postgresql": seen.database.version or "?",
    }


def _print(seen: Readings, findings: list[Finding]) -> None:
    if seen.answers:
        out.print(_services(seen))
    for line in _facts(seen):
        print_text(line)
    if not findings:
        print_text(Text("Không có vấn đề gì.", "Nothing is wrong."), style="bold green")
        return
    print_text(Text(f"Vấn đề cần xử lý: {len(findings)}", f"Problems: {len(findings)}"), style="bold red")
    for finding in findings:
        _print_finding(finding)


def _print_finding(finding: Finding) -> None:
    line = Styled(f"✗ {finding.part}: {finding.what.vi} ", style="red")
    line.append(f"/ {finding.what.en} ", style="dim")
    line.append(f"→ {finding.fix}", style="bold")
    out.print(line, soft_wrap=True)


def _services(seen: Readings) -> Table:
    table = Table("Dịch vụ / Service", "Sẵn sàng / Ready", "Dữ liệu đọc / Read model")
    table.add_column("Vị trí / Position", justify="right")
    table.add_column("Còn chậm / Behind", justify="right")
    for name in SERVICES:
        table.add_row(name, *_row(seen, name))
    return table


def _row(seen: Readings, name: str) -> tuple[str, ...]:
    answers = seen.answers.get(name, {})
    shown = shown_readiness(answers["/readyz"]) if "/readyz" in answers else "[red]không / no[/red]"
    answer = answers.get("/projections")
    if answer is None or not isinstance(answer.body, dict) or "position" not in answer.body:
        return shown, "–", "–", "–"
    body = answer.body
    return shown, str(body["state"]), count(body["position"]), count(body["pending"])


def _facts(seen: Readings) -> Iterator[Text]:
    named = listed(f"{name} {version}" for name, version in versions(seen).items())
    yield Text(f"Phiên bản: {named}", f"Versions: {named}")
    if not seen.broker.error:
        last = count(seen.broker.last)
        synced_text = {True: ("có", "yes"), False: ("KHÔNG", "NO"), None: ("không rõ", "unknown")}[
            synced(seen)
        ]
        yield Text(
            f"Nhật ký đến vị trí {last}; ghi đĩa từng sự kiện: {synced_text[0]}",
            f"The log ends at position {last}; every event is synced to disk: {synced_text[1]}",
        )
        states = listed(
            f"{consumer.name} {consumer.pending}/{consumer.unacknowledged}/{consumer.redelivered}"
            for consumer in seen.broker.consumers
        )
        yield Text(
            f"Hàng đợi (chờ/đang xử lý/gửi lại): {states}",
            f"Consumers (pending/unacknowledged/redelivered): {states}",
        )
        if seen.broker.subscribers:
            yield subscriber_view.lag(seen.broker.subscribers)
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
        yield Text(f"Mã truy cập dùng đến {day(expires)}", f"The access token expires on {expires:%Y-%m-%d}")
