"""Debian's Alertmanager before the same SMTP server as the notifier: so many alerts, a mail for each."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.bench.peers.counting import sizes
from tests.bench.table.row import CannotRun
from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

PROGRAM = "prometheus-alertmanager"  # of Debian; the project itself calls it alertmanager
PATIENCE = 300.0

CONFIG = """\
global:
  smtp_smarthost: 127.0.0.1:{port}
  smtp_from: loa@loa.invalid
  smtp_require_tls: false
route:
  receiver: mail
  group_by: ['...']
  group_wait: 0s
  group_interval: 1h
  repeat_interval: 24h
receivers:
  - name: mail
    email_configs:
      - to: a@b.example.vn
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds by the clock and of a processor, for so many mails."""

    mails: int
    wall: float
    busy: float


def program() -> str:
    path = shutil.which(PROGRAM) or shutil.which("alertmanager")
    if path is None:
        raise CannotRun(f"Alertmanager is not installed (Debian: apt install {PROGRAM})")
    return path


@asynccontextmanager
async def alertmanager(folder: Path, smtp_port: int) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """Run it until the block ends; gives a client of its API and its process id."""
    folder.mkdir()  # noqa: ASYNC240  before the process starts
    config, port = folder / "alertmanager.yml", free_port()
    config.write_text(CONFIG.format(port=smtp_port))
    command = (
        program(),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    )
    with (folder / "alertmanager.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, verify=NO_AUTHORITIES
        ) as client:
            await eventually(lambda: _is_ready(client))
            yield client, process.pid
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/-/ready")).is_success
    except httpx.TransportError:
        return False


async def send(folder: Path, smtp_port: int, received: Path, mails: int) -> Rate:
    """Raise so many alerts at once; the clock stops when the server has taken the last mail (its own metrics count attempts)."""
    async with alertmanager(folder, smtp_port) as (client, pid):
        alerts = [
            {
                "labels": {"alertname": "Gap", "draft": f"LUAT-{number}", "unit": f"U-{number // 8}"},
                "annotations": {
                    "summary": f"Luật số {number} về việc quy định chi tiết một số điều của dự thảo chính sách",
                    "due_on": "12/11/2026",
                },
            }
            for number in range(mails)
        ]
        before = len(sizes(received))

        async def all_arrived() -> bool:
            return len(sizes(received)) - before >= mails

        began, busy = time.perf_counter(), _busy(pid)
        (await client.post("/api/v2/alerts", json=alerts)).raise_for_status()
        await eventually(all_arrived, PATIENCE)
        return Rate(mails, time.perf_counter() - began, _busy(pid) - busy)


def _busy(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
