"""`loa backup FILE`: save the log first, then the services' own rows, so that the mail ledger is never older than the log."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from deploy.cli import brokers
from deploy.cli.backup import archive, evidence, snapshot
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


def backup(services: Services, path: Path, *, with_files: bool = True) -> Manifest:
    """Write a backup; without files of evidence where the folder or bucket that keeps them has a backup of its own."""
    if path.exists():
        raise CommandError(f"{path} đã tồn tại; hãy chọn tên khác.", f"{path} exists; choose another name.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".loa-backup-") as name, out.status("…"):
        folder = Path(name)
        manifest = _collect(services, folder, with_files=with_files)
        archive.pack(path, folder, manifest)
    return manifest


def _collect(services: Services, folder: Path, *, with_files: bool) -> Manifest:
    begun = runtime.now()
    stream, audit = asyncio.run(_save_log(folder / archive.STREAM))
    for service in SERVICES:
        _save_rows(services, service, folder / own_rows(service))
    kept = evidence.save(services, folder, audit.last) if with_files else {}
    names = (archive.STREAM, *map(own_rows, SERVICES))
    return Manifest(
        release=RELEASE,
        begun=begun.isoformat(),
        last_position=audit.last,
        log_sha256=audit.sha256,
        faults=len(audit.faults),
        stream=stream,
        files={name: described(folder / name) for name in names} | kept,
        evidence=len(kept) if with_files else None,
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
    if manifest.evidence is None:
        files = Text(
            "không có tệp minh chứng (--without-files): hãy sao lưu riêng nơi lưu tệp (LOA_EVIDENCE_URL)",
            "without files of evidence: back up the place where they are kept (LOA_EVIDENCE_URL)",
        )
    else:
        files = Text(
            f"{count(manifest.evidence)} tệp minh chứng",
            f"with {counted(manifest.evidence, 'file', count(manifest.evidence))} of evidence",
        )
    print_text(
        Text(
            f"Đã sao lưu {last} sự kiện và dữ liệu riêng của các dịch vụ vào {path} ({size} byte); {files.vi}. "
            "Tệp có địa chỉ thư điện tử: hãy cất giữ an toàn.",
            f"{counted(manifest.last_position, 'event', last)} and the services' own rows are in {path}, {files.en}. It contains e-mail addresses: keep it safe.",
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
