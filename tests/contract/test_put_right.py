"""Every type of event has a row that says what puts it right once it was recorded wrongly."""

import re
from pathlib import Path

from shared.contracts.envelope import CATALOG

TABLE = Path(__file__).parents[2] / "shared" / "contracts" / "README.md"
ROW = re.compile(r"^\| (?P<recorded>`[^|]+) \| (?P<answer>[^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z]+\.(?:[a-z_]+|…))`")


def test_each_event_says_what_puts_it_right() -> None:
    types = {name.removeprefix("vn.loa.").rpartition(".v")[0] for name in CATALOG.types}
    rows = {
        name: row["answer"]
        for row in ROW.finditer(TABLE.read_text("utf-8"))
        for name in NAME.findall(row["recorded"])
    }
    whole = {name.partition(".")[0] for name in rows if name.endswith("…")}
    assert {name for name in types if name not in rows and name.partition(".")[0] not in whole} == set()
    assert {name for name in rows if not name.endswith("…")} <= types
    named = {each for answer in rows.values() for each in NAME.findall(answer) if not each.endswith("…")}
    assert named <= types
    assert all(len(answer.split()) > 1 for answer in rows.values())
