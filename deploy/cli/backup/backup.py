"""`loa backup FILE`: save the log first, then the services' own rows, so that the mail ledger is never older than the log."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from deploy.cli import brokers
from deploy.cli.backup import archive, snapshot
from deploy.cli.backup.archive import Manifest, described, own_rows
from deploy.cli.backup.audit import Audit
from deploy.cli.client import Services
from deploy.cli.console import CommandError, count, out, print_text
from deploy.nats.permissions import SERVICES
from shared.eventstore.log_reader import EVENTS
from shared.kernel import runtime
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.release import RELEASE


def backup(services: Services, path: Path) -> Manifest:
    if path.exists():
        raise CommandError(f"{path} đã tồn tại; hãy chọn tên khác.", f"{path} exists; choose another name.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".loa-backup-") as name, out.status("…"):
        folder = Path(name)
        manifest = _collect(services, folder)
        archive.pack(path, folder, manifest)
    return manifest


def _collect(services: Services, folder: Path) -> Manifest:
    begun = runtime.now()
    stream, audit = asyncio.run(_save_log(folder / archive.STREAM))
    for service in SERVICES:
        _save_rows(services, service, folder / own_rows(service))
    names = (archive.STREAM, *map(own_rows, SERVICES))
    return Manifest(
        release=RELEASE,
        begun=begun.isoformat(),
        last_position=audit.last,
        log_sha256=audit.sha256,
        faults=len(audit.faults),
        stream=stream,
        files={name: described(folder / name) for name in names},
    )


def _save_rows(services: Services, service: str, path: Path) -> None:
    """Download a service's own rows; the last line must give their number."""
    services.download(service, "/own-data", path)
    lines = path.read_bytes().splitlines()
    if not lines or orjson.loads(lines[-1]) != {"rows": len(lines) - 1}:
        raise CommandError(
            f"Dịch vụ {service} gửi thiếu dữ liệu; xem nhật ký của dịch vụ rồi chạy lại.",
            f"The service {service} did not send all rows; see its log and run the command again.",
        )


async def _save_log(path: Path) -> tuple[Mapping[str, Any], Audit]:
    """Take the snapshot, then read the same events for the hash that a restore is compared with."""
    audit = Audit()
    async with brokers.as_operator() as client:
        with path.open("wb") as file:
            kept = await snapshot.save(client, EVENTS, file)
        await brokers.read_log(client, int(kept["state"]["last_seq"]), audit.check)
    return kept, audit


def show(path: Path, manifest: Manifest) -> None:
    size, last = count(path.stat().st_size), count(manifest.last_position)
    print_text(
        Text(
            f"Đã sao lưu {last} sự kiện và dữ liệu riêng của các dịch vụ vào {path} ({size} byte). "
            "Tệp có địa chỉ thư điện tử: hãy cất giữ an toàn.",
            f"{counted(manifest.last_position, 'event', last)} and the services' own rows are in {path}. It contains e-mail addresses: keep it safe.",
        ),
        style="green",
    )
    if manifest.faults:
        print_text(
            Text(
                f"Nhật ký có {manifest.faults} sai sót; xem `loa verify`.",
                f"The log has {counted(manifest.faults, 'fault')}; see `loa verify`.",
            ),
            style="red",
        )
