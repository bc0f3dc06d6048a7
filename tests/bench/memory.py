"""What an idle service holds: `python -m tests.bench.memory [SECONDS] [--imports SERVICE]`, of Linux.

Each service runs as a process of its own on throw-away engines, where it was started once before, so that its tables exist; the
proportional set size (PSS) is read when it is ready and after some seconds in which nobody asks it anything. With `--imports` a fresh process imports one service instead, and says
what each package added to its resident memory while its own modules were executed.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import importlib
import importlib.machinery
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

SERVICES = ("registry", "campaigns", "metrics", "notifier")
SHOWN = 30  # packages
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True, slots=True)
class Held:
    """The memory of a process in MiB: its share of what it has mapped, and what it alone has written to."""

    pss: float
    own: float

    def __str__(self) -> str:
        return f"{self.pss:4.0f} MiB PSS {self.own:4.0f} MiB its own"


def held(pid: int) -> Held:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines[1:])}
    return Held(kib["Pss"] / 1024, kib["Private_Dirty"] / 1024)


async def idle(folder: Path, seconds: float) -> dict[str, tuple[Held, Held]]:
    """Run each service alone; give what it holds when it is ready, and after so many idle seconds."""
    from tests.support.platform.bench_platform import apart, bench_platform  # noqa: PLC0415  not beside `--imports`

    services = {}
    async with bench_platform(folder, *SERVICES) as platform:
        for service in SERVICES:
            async with apart(platform, service, folder / f"{service}.log"):
                pass  # it migrates
            async with apart(platform, service, folder / f"{service}.log") as process:
                ready = held(process.pid)
                await asyncio.sleep(seconds)
                services[service] = ready, held(process.pid)
    return services


async def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        for service, (ready, later) in (await idle(Path(name), seconds)).items():
            print(f"{service:10} ready: {ready}; after {seconds:.0f} s: {later}", flush=True)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB


class Ledger:
    """Puts the memory that grows while a module is executed down to its package, without the modules that it imports."""

    def __init__(self) -> None:
        self.kib: Counter[str] = Counter()
        self.modules: Counter[str] = Counter()
        self._within: list[int] = []

    def watch(self, loader: Any, method: str) -> None:
        execute: Callable[[Any, ModuleType], Any] = getattr(loader, method)

        def watched(self_: Any, module: Any) -> Any:
            before = resident()
            self._within.append(0)
            try:
                return execute(self_, module)
            finally:
                grown, inner = resident() - before, self._within.pop()
                package = getattr(module, "__name__", getattr(module, "name", "")).partition(".")[0]
                self.kib[package] += grown - inner
                self.modules[package] += 1
                if self._within:
                    self._within[-1] += grown

        setattr(loader, method, watched)


def list_imports(service: str) -> None:
    ledger, before = Ledger(), resident()
    ledger.watch(importlib.machinery.SourceFileLoader, "exec_module")
    ledger.watch(importlib.machinery.ExtensionFileLoader, "exec_module")
    ledger.watch(importlib.machinery.ExtensionFileLoader, "create_module")
    importlib.import_module(f"services.{service}.__main__")
    print(
        f"{service}: {(resident() - before) / 1024:.0f} MiB of imports beside {before / 1024:.0f} before them"
    )
    for package, kib in ledger.kib.most_common(SHOWN):
        print(f"  {kib / 1024:6.1f} MiB {ledger.modules[package]:4} modules  {package}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--imports", metavar="SERVICE", choices=SERVICES)
    arguments = parser.parse_args()
    if arguments.imports:
        list_imports(arguments.imports)
    else:
        asyncio.run(measure(arguments.seconds))
