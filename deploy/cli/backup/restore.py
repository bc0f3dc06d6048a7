"""`loa restore FILE`: restore a backup into an empty installation and compare the log; sends nothing."""

import asyncio
import tempfile
import time
from pathlib import Path

from nats.aio.client import Client

from deploy.cli import brokers
from deploy.cli.backup import archive, evidence, snapshot
from deploy.cli.backup.archive import BadArchive, Manifest, own_rows
from deploy.cli.backup.audit import Audit
from deploy.cli.client import ServiceRefused, Services, Unreachable
from deploy.cli.console import CommandError, count, out, print_text
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.eventstore import streams
from shared.eventstore.log_reader import EVENTS, StreamState
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text

TIMEOUT = 3600.0  # seconds until the read models must be complete


class NotEmpty(CommandError):
    """The log has events already: a restore never overwrites."""

    def __init__(self, last: int) -> None:
        super().__init__(
            f"Nhật ký đã có {count(last)} sự kiện; chỉ phục hồi vào một hệ thống trống (thư mục dữ liệu mới).",
            f"The log has {counted(last, 'event')}; a backup can only be restored into an empty installation (a new data folder).",
        )


def restore(services: Services, path: Path) -> Manifest:
    """Restore the services' own rows before the log: the ledger must be there before gaps lead to mails.

    Files of evidence come before it too: an event never names a file that is not there.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".loa-restore-") as name, out.status("…"):
        folder = Path(name)
        manifest = archive.unpack(path, folder)
        asyncio.run(_check_empty())
        for service in SERVICES:
            content = (folder / own_rows(service)).read_bytes()
            services.send(
                "PUT", service, "/own-data", {"begun": manifest.begun}, content=content, timeout=600
            )
        evidence.put_back(services, folder, manifest)
        audit = asyncio.run(_load_log(folder / archive.STREAM, manifest))
        if (audit.last, audit.sha256) != (manifest.last_position, manifest.log_sha256):
            raise BadArchive(path, f"log {audit.last} {audit.sha256}")
        _accept_log(services, path)
        _wait_for_read_models(services, manifest.last_position)
    return manifest


async def _check_empty() -> None:
    async with brokers.as_operator() as client:
        await _require_empty(client)


async def _require_empty(client: Client) -> StreamState | None:
    result = await brokers.log_state(client)
    if result and result.last:
        raise NotEmpty(result.last)
    return result


async def _load_log(path: Path, manifest: Manifest) -> Audit:
    audit = Audit()
    async with brokers.as_operator() as client:
        js = client.jetstream(timeout=10)
        if await _require_empty(client):
            await js.delete_stream(EVENTS)
        await snapshot.load(client, EVENTS, dict(manifest.stream), path)
        await streams.apply(js, LocalSettings().nats_replicas)
        await brokers.read_log(client, manifest.last_position, audit.check)
    return audit


def _accept_log(services: Services, path: Path) -> None:
    """Rows that were made from the lost log give way to those of the restored one: that is what a restore decides."""
    for name in SERVICES:
        services.post(name, "/log/decision", {"reason": f"loa restore {path.name}"})


def _wait_for_read_models(services: Services, last: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    waiting = list(SERVICES)
    while waiting and time.monotonic() < deadline:
        waiting = [name for name in waiting if not _has(services, name, last)]
        time.sleep(0.3)


def _has(services: Services, name: str, last: int) -> bool:
    """Say whether a service has opened its fence and projected the log; not while it does not answer."""
    try:
        is_open = services.get(name, "/log")["state"] == "open"
    except (Unreachable, ServiceRefused):
        return False
    return is_open and _position(services, name) >= last


def show(manifest: Manifest) -> None:
    last = count(manifest.last_position)
    files = manifest.evidence or 0
    print_text(
        Text(
            f"Đã phục hồi {last} sự kiện và {count(files)} tệp minh chứng, đối chiếu đến sự kiện cuối cùng. Việc gửi thư đang tạm giữ: "
            "xem trước bằng `loa preview` rồi cho gửi lại bằng `loa release`.",
            f"{counted(manifest.last_position, 'event', last)} {agreeing(manifest.last_position, 'is', 'are')} restored and verified, with {counted(files, 'file', count(files))} of evidence. Sending is on hold: look at "
            "`loa preview`, then run `loa release`.",
        ),
        style="green",
    )


def _position(services: Services, name: str) -> int:
    """Give the position of a read model; 0 while the service does not answer."""
    try:
        return int(services.get(name, "/projections")["position"])
    except (Unreachable, ServiceRefused):
        return 0
