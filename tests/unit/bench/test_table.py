"""The table of benchmarks: what it shows, what it replaces, and that a part which fails or hangs takes nothing else with it."""

import json
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench.table import __main__ as table
from tests.bench.table.plot import plot
from tests.bench.table.row import CannotRun, Part, Row, Size, failed, markdown, percentile

APPEND = Row(what="append", loa="900/s", limit="1,000/s", ratio="0.90", goal="≥ 0.85", met=True)


def test_a_row_has_every_column_and_says_whether_its_goal_is_met() -> None:
    rows = [APPEND, Row(what="a | b", loa="1 ms", met=False), Row(what="no goal")]
    lines = markdown(rows).splitlines()
    assert lines[2:] == [
        "| append | 900/s | 1,000/s | 0.90 |  | ≥ 0.85 | met |",
        "| a \\| b | 1 ms |  |  |  |  | **missed** |",
        "| no goal |  |  |  |  |  |  |",
    ]


def test_the_99th_percentile_of_few_values_is_the_largest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile(map(float, range(100)), 0.95) == 95.0


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = "# A\n<!-- table -->\nold\n<!-- end of table -->\nB\n"
    new = table.replaced(text, "table", "new")
    assert new == "# A\n<!-- table -->\nnew\n<!-- end of table -->\nB\n"
    assert table.replaced(new, "table", "new") == new


@pytest.mark.parametrize("mark", ["table", "large table"])
def test_the_kept_results_have_a_place_for_each_table(mark: str) -> None:
    assert "\nnew\n" in table.replaced(table.RESULTS.read_text("utf-8"), mark, "new")


def test_the_other_parts_run_after_one_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"first": (Part([failed("part `first`", "no disk")]), False), "second": (Part([APPEND]), True)}
    monkeypatch.setattr(table, "in_own_process", lambda name, **_: parts[name])
    monkeypatch.setattr(table, "LOOK_SECONDS", 0.01)
    assert table.main(["first", "second"], large=False, write=False) == 1
    shown = capsys.readouterr()
    assert "| part `first` | **not measured: no disk** |" in shown.out
    assert "| append | 900/s |" in shown.out
    assert "NOT MEASURED: part `first`" in shown.err
    assert table.main(["second"], large=False, write=False) == 0


def test_a_part_writes_its_rows_and_says_so_where_it_cannot_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def runs(_: Size, __: Path) -> Part:
        return Part([APPEND], {"growth.svg": "<svg/>"})

    async def cannot(_: Size, __: Path) -> Part:
        raise CannotRun("Alertmanager is not installed")

    parts = {"runs": table.Task(runs, (1, 1)), "cannot": table.Task(cannot, (1, 1))}
    monkeypatch.setattr(table, "PARTS", parts)
    table.run_part("runs", large=False, to=tmp_path / "part.json")
    written = json.loads((tmp_path / "part.json").read_text())
    assert (Row(**written["rows"][0]), written["plots"]) == (APPEND, {"growth.svg": "<svg/>"})
    with pytest.raises(SystemExit) as ended:
        table.run_part("cannot", large=False, to=tmp_path / "other.json")
    assert ended.value.code == table.EXIT_CANNOT_RUN


STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", sys.argv[1]], start_new_session=True)
print("up", flush=True)
time.sleep(60)
"""


def test_a_part_that_does_not_end_is_killed_with_the_engines_in_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(table, "ENDING_SECONDS", 0.1)
    folder = str(tmp_path / "engines")
    command = [sys.executable, "-c", STUBBORN, folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as part:
        assert part.stdout is not None
        assert part.stdout.readline() == b"up\n"
        status, why = table._waited(part, 0.1, folder)
    assert (status, why) == (-9, "it took more than 0 s")
    deadline = time.monotonic() + 10
    while list(table._running_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(table._running_in(folder)) == []


def test_a_plot_is_a_picture_with_a_line_for_each_series_and_nothing_from_elsewhere() -> None:
    figures = {"/gaps": [2.0, 3.0], "/counts": [1.0, 1.0]}
    drawn = plot("Growth", "ms", [1_000, 10_000], figures)
    hooks = {type(finder).__module__ for finder in sys.meta_path}
    assert "pygal" not in hooks  # else every later import of the process warns
    root = ET.fromstring(drawn)  # noqa: S314  we wrote it
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall(".//*[@class='line reactive nofill']")) == 2
    assert "<script" not in drawn
    assert drawn == plot("Growth", "ms", [1_000, 10_000], figures)
    assert {"/gaps", "/counts", "10,000"} <= {element.text for element in root.iter()}
