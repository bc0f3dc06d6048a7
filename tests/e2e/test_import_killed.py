"""An import whose client and whose service are killed in the middle ends as one that nobody disturbed."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.platform.dumps import dump
from tests.support.platform.home import LOA, Home, platform, settle, until
from tests.support.samples.thousands import OF_DRAFT, STAGES, UNITS, write

SERVICES = ("registry", "campaigns")
CLIENT_MOST = 200  # MiB
SERVICE_MOST = 450
PATIENCE = 900.0  # seconds, for the requests of a hundred thousand rows


@dataclass
class Import:
    """One run of `loa import` as a process of its own; `output` are its lines."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float

    def output(self) -> str:
        return self.log.read_text()

    def requests(self) -> int:
        return self.output().count(" dòng / rows")

    def kill_after(self, requests: int) -> None:
        until(lambda: self.requests() >= requests or self.process.poll() is not None, str(self.log), PATIENCE)
        assert self.process.poll() is None, self.output()
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[float, float]:
        """Wait for its end; give the seconds that it took and the MiB that it held at most."""
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert self.process.returncode == 0, self.output()
        return time.monotonic() - self.began, used.ru_maxrss / 1024


def start(home: Home, folder: Path, name: str) -> Import:
    log = home.root / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [LOA, "import", folder], env=home.environment(), stdout=out, stderr=out, start_new_session=True
        )
    return Import(process, log, time.monotonic())


def kill_service(home: Home, name: str) -> None:
    file = home.data / "run" / f"{name}.pid"
    pid = int(file.read_text())
    os.kill(pid, signal.SIGKILL)
    until(lambda: file.exists() and int(file.read_text() or pid) != pid, f"{name} did not come again")


def most_held(home: Home, service: str) -> float:
    """Tell how many MiB a service held at most."""
    pid = int((home.data / "run" / f"{service}.pid").read_text())
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def disturbed(home: Home, folder: Path, requests: int) -> None:
    """Import with the client killed after a quarter of the requests, and the registry after the half."""
    start(home, folder, "killed").kill_after(max(2, requests // 4))
    again = start(home, folder, "again")
    until(lambda: again.requests() >= max(3, requests // 2), str(again.log), PATIENCE)
    kill_service(home, "registry")
    again.end()
    settle(home, PATIENCE)


@pytest.mark.timeout(300)
async def test_killed_in_the_middle_it_leaves_nothing_out_and_nothing_twice(tmp_path: Path) -> None:
    folder = write(tmp_path / "office", 2_000)
    with platform() as home:
        disturbed(home, folder, 2)
        actual = {name: len(rows) for name, rows in (await dump(home, *SERVICES)).items()}
        drafts = (2_000 - UNITS) // OF_DRAFT
        directory = {
            "unit": UNITS,
            **dict.fromkeys(("draft", "draft_lead", "draft_policy"), drafts),
            **dict.fromkeys(("draft_entry", "draft_stage"), len(STAGES) * drafts),
        }
        assert actual == dict.fromkeys(actual, 0) | {
            f"{service}.directory_{table}": rows for service in SERVICES for table, rows in directory.items()
        } | {"registry.draft": drafts, "campaigns.communication": drafts}


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_hundred_thousand_rows_end_the_same_with_and_without_kills(tmp_path: Path) -> None:
    rows = 100_000
    folder = write(tmp_path / "office", rows)
    with platform() as home:
        took, held = start(home, folder, "undisturbed").end()
        settle(home, PATIENCE)
        wanted = await dump(home, *SERVICES)
        service = most_held(home, "registry")
    figures = (
        f"{rows} rows: {rows / took:,.0f} rows/s, client {held:.0f} MiB, registry {service:.0f} MiB at most"
    )
    print(figures)  # noqa: T201  shown by `pytest -s`
    with platform() as home:
        disturbed(home, folder, rows // 1000)
        assert await dump(home, *SERVICES) == wanted
    assert held < CLIENT_MOST, figures
    assert service < SERVICE_MOST, figures
