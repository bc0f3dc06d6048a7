"""`loa restore FILE`: a backup into an empty installation, compared to the last event; nothing is sent by it."""

import asyncio
import tempfile
import time
from pathlib import Path

from nats.aio.client import Client

from deploy.cli import brokers
from deploy.cli.backup import archive, snapshot
from deploy.cli.backup.archive import BadArchive, Manifest, own_rows
from deploy.cli.backup.audit import Audit
from deploy.cli.client import Services
from deploy.cli.console import Said, count, out, say
from deploy.cli.operate.health.status import look
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.errors import Text
from shared.eventstore import streams
from shared.eventstore.streams import EVENTS

PATIENCE = 3600.0  # seconds for the read models to be filled


class NotEmpty(Said):
    """Nothing that was recorded is ever overwritten."""

    def __init__(self, last: int) -> None:
        super().__init__(
            f"Nhật ký đã có {count(last)} sự kiện; chỉ phục hồi vào một hệ thống trống (thư mục dữ liệu mới).",
            f"The log has {last} events; a backup is only restored into an empty installation (a new data folder).",
        )


def restore(services: Services, path: Path) -> Manifest:
    """Put back own rows first: by the time when there are gaps to speak of, the ledger knows what was said."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".loa-restore-") as name, out.status("…"):
        folder = Path(name)
        manifest = archive.unpack(path, folder)
        asyncio.run(_refuse_full())
        for service in SERVICES:
            content = (folder / own_rows(service)).read_bytes()
            services.send(
                "PUT", service, "/own-data", {"begun": manifest.begun}, content=content, timeout=600
            )
        audit = asyncio.run(_load_log(folder / archive.STREAM, manifest))
        if (audit.last, audit.sha256) != (manifest.last_position, manifest.log_sha256):
            raise BadArchive(path, f"log {audit.last} {audit.sha256}")
        _until_filled(services, manifest.last_position)
    return manifest


async def _refuse_full() -> None:
    async with brokers.as_operator() as client:
        await _require_empty(client)


async def _require_empty(client: Client) -> streams.StreamState | None:
    found = await brokers.log_state(client)
    if found and found.last:
        raise NotEmpty(found.last)
    return found


async def _load_log(path: Path, manifest: Manifest) -> Audit:
    audit = Audit()
    async with brokers.as_operator() as client:
        js = client.jetstream(timeout=10)
        if await _require_empty(client):
            await js.delete_stream(EVENTS)
        await snapshot.load(client, EVENTS, dict(manifest.stream), path)
        await streams.apply(js, LocalSettings().nats_replicas)
        await brokers.read_log(client, manifest.last_position, audit.look)
    return audit


def _until_filled(services: Services, last: int) -> None:
    deadline = time.monotonic() + PATIENCE
    waiting = list(SERVICES)
    while waiting and time.monotonic() < deadline:
        waiting = [name for name in waiting if look(services, name).position < last]
        time.sleep(0.3)


def show(manifest: Manifest) -> None:
    last = count(manifest.last_position)
    say(
        Text(
            f"Đã phục hồi {last} sự kiện, đối chiếu đến sự kiện cuối cùng. Việc gửi thư đang tạm giữ: "
            "xem trước bằng `loa preview` rồi cho gửi lại bằng `loa release`.",
            f"{last} events are restored and compared to the last one. Sending is on hold: look at "
            "`loa preview`, then `loa release`.",
        ),
        style="green",
    )
