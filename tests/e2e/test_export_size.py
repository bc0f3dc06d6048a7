"""An export of the size of the country: 14,000 units and 5,000 drafts; it shows its progress and writes while it reads."""

import csv
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform.home import LOA, Home, platform
from tests.support.samples import small_office

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

UNITS, DRAFTS = 14_000, 5_000
MOST_SECONDS = 120  # a request per unit took over 15 minutes


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)


def office(folder: Path) -> Path:
    folder.mkdir()
    codes = [f"DT-{number}" for number in range(DRAFTS)]
    write(folder / "units.csv", (small_office.unit(f"DV-{number}") for number in range(UNITS)))
    write(folder / "drafts.csv", (small_office.draft(code, f"DV-{n}") for n, code in enumerate(codes)))
    write(folder / "policies.csv", (small_office.policy(code, 1) for code in codes))
    write(folder / "stages.csv", (small_office.stage(code, "drafting", "2024-01-08") for code in codes))
    return folder


def run(home: Home, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(LOA), *map(str, arguments)]
    return subprocess.run(
        command, env=home.environment(), capture_output=True, text=True, check=False, timeout=900
    )


def rows_of(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def test_the_country_is_exported_in_time_with_progress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with platform() as home:
        done = run(home, "import", office(tmp_path / "office"))
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        target, begun = tmp_path / "exported", time.monotonic()
        command = [str(LOA), "export", str(target)]
        with subprocess.Popen(
            command, env=home.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as export:
            assert export.stderr is not None
            first = export.stderr.readline()
            is_running = export.poll() is None
            output, errors = export.communicate()
        seconds = time.monotonic() - begun
    assert export.returncode == 0, output + errors
    with capsys.disabled():
        print(f"\nexport of {UNITS} units and {DRAFTS} drafts: {seconds:.1f} s ", end="")  # noqa: T201
    assert seconds < MOST_SECONDS
    assert is_running, "the first line of progress came only at the end"
    progress = [first, *errors.splitlines()]
    assert sum("/unit-records: " in line for line in progress) == UNITS // 500
    assert sum("/draft-records: " in line for line in progress) == DRAFTS // 500
    lengths = {name: rows_of(target / f"{name}.csv") for name in ("units", "drafts", "policies", "stages")}
    assert lengths == {"units": UNITS, "drafts": DRAFTS, "policies": DRAFTS, "stages": DRAFTS}
