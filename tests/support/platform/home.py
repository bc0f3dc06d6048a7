"""The platform as a person runs it: `loa up` on free ports and a folder of its own."""

import json
import os
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.local.processes.service_process import RUN_FOLDER
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

LOA = Path(sysconfig.get_path("scripts")) / "loa"
READY = "The platform is ready"
PATIENCE = 90.0
PORTS = ("REGISTRY", "CAMPAIGNS", "METRICS", "NOTIFIER", "NATS", "NATS_MONITOR", "POSTGRES")


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@dataclass
class Home:
    """A data folder, a state folder and free ports: everything that one run of `loa up` needs."""

    root: Path
    ports: Mapping[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "up.log"

    @property
    def current(self) -> dict[str, Any]:
        current_run: dict[str, Any] = json.loads((self.data / "current.json").read_text())
        return current_run

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}
        ports = {f"LOA_{name}_PORT": str(port) for name, port in self.ports.items()}
        return {**kept, **ports, "XDG_STATE_HOME": str(self.root / "state"), **more}

    def loa(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(LOA), *(str(part) for part in arguments)]
        return subprocess.run(
            command,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own, so that a test can press Ctrl-C for all of it."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [str(LOA), "up", "--data-dir", str(self.data), *arguments],
                env=self.environment(**more),
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def up(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it, and wait until it says that it is ready."""
        run = self.start(*arguments)
        try:
            until(lambda: READY in self.output() or run.poll() is not None, self.output())
            assert run.poll() is None, self.output()
        except BaseException:
            self.kill(run)
            raise
        return run

    def output(self) -> str:
        return self.log.read_text()

    def stop(self, run: subprocess.Popen[bytes], how: signal.Signals = signal.SIGINT) -> int:
        os.killpg(run.pid, how)
        return run.wait(PATIENCE)

    def kill(self, run: subprocess.Popen[bytes]) -> None:
        """End everything that runs for this home (the end of a test that failed)."""
        run.kill()
        run.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def processes(self) -> dict[int, str]:
        """Find every process that runs for this folder, with its command line."""
        mark = f"{RUN_FOLDER}={self.data.resolve()}".encode()
        running = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    running[int(entry.name)] = line
            except OSError:
                continue
        return running

    def until_nothing_runs(self) -> None:
        until(lambda: not self.processes(), f"left running: {self.processes()}", 15)


@contextmanager
def platform() -> Iterator[Home]:
    """Run a platform for a block, in a folder that goes away with it."""
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder))
        run = home.up()
        try:
            yield home
        finally:
            assert home.stop(run) == 0, home.output()


def settle(home: Home, seconds: float = PATIENCE) -> None:
    """Wait until the read models of registry and campaigns hold the whole log."""
    headers = {"Authorization": f"Bearer {home.current['token']}"}
    for service in ("registry", "campaigns"):
        url = f"{home.current['urls'][service]}/projections"

        def is_new(url: str = url) -> bool:
            return bool(httpx.get(url, headers=headers, verify=NO_AUTHORITIES).json()["pending"] == 0)

        until(is_new, f"{service} lags behind", seconds)
