"""An export asks for pages, whatever the number of units and drafts; what it writes is read back as it was."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.cli.data import exporting
from deploy.cli.data.sources import read
from deploy.cli.data.tables.sheet_rows import Row

MANY = 1200
TEXTS = ("=HYPERLINK(A1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "'=1", "'quoted'", 'Luật, “mới”; "cũ"')


class Current:
    urls: Mapping[str, str] = {"registry": "", "campaigns": "", "notifier": ""}


class FakeServices:
    """Answers lists by pages, and keeps the paths."""

    current = Current()

    def __init__(self, lists: Mapping[str, list[dict[str, Any]]]) -> None:
        self.lists = lists
        self.paths: list[str] = []

    def get(self, _service: str, path: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
        self.paths.append(path)
        begin = int(cursor or 0)
        items = self.lists[path][begin : begin + limit]
        following = begin + limit if begin + limit < len(self.lists[path]) else None
        return {"items": items, "next": None if following is None else str(following)}


def unit(number: int) -> dict[str, Any]:
    targets: list[dict[str, Any]] = [
        {"year": 2026, "target_percent": percent, "document": None, "notes": {}} for percent in (0.7, 70.0)
    ]
    name = TEXTS[number % len(TEXTS)]
    own: dict[str, Any] = {
        "unit_code": f"U-{number}",
        "unit_name": name,
        "level": "provincial",
        "kind": "department",
    }
    return {
        **own,
        "notes": {},
        "successions": [],
        "supervision": [],
        "targets": targets if number == 0 else [],
    }


LISTS = ("policies", "stages", "expected", "opinions", "exemptions", "postings")


def draft(number: int) -> dict[str, Any]:
    own: dict[str, Any] = {
        "draft_code": f"D-{number}",
        "title": TEXTS[number % len(TEXTS)],
        "scope": None,
        "notes": {},
    }
    lists: dict[str, list[Any]] = {name: [] for name in LISTS}
    return {**own, "procedure_decision": None, "amends": None, "replaces": None, **lists}


def services() -> FakeServices:
    plans: list[dict[str, Any]] = [
        {"draft_code": f"D-{number}", "approved": None, "activities": []} for number in range(MANY)
    ]
    return FakeServices(
        {
            "/unit-records": [unit(number) for number in range(MANY)],
            "/draft-records": [draft(number) for number in range(MANY)],
            "/plan-records": plans,
            "/communications": [],
            "/programme": [],
            "/recipients": [],
        }
    )


def test_every_list_is_asked_for_by_pages(tmp_path: Path) -> None:
    asked = services()
    exporting.export(asked, tmp_path / "out")  # type: ignore[arg-type]
    long, short = (
        ("/unit-records", "/draft-records", "/plan-records"),
        ("/communications", "/programme", "/recipients"),
    )
    pages = -(-MANY // exporting.PAGE)
    assert {path: asked.paths.count(path) for path in asked.paths} == {
        **dict.fromkeys(long, pages),
        **dict.fromkeys(short, 1),
    }


def test_progress_goes_to_stderr(tmp_path: Path, capsys: Any) -> None:
    exporting.export(services(), tmp_path / "out")  # type: ignore[arg-type]
    shown = capsys.readouterr()
    assert "/draft-records: " in shown.err
    assert "records:" not in shown.out


def test_texts_are_read_back_as_they_were(tmp_path: Path) -> None:
    exporting.export(services(), tmp_path / "out")  # type: ignore[arg-type]
    with (tmp_path / "out" / "drafts.csv").open(encoding="utf-8-sig", newline="") as file:
        titles = [row["title"] for row in csv.DictReader(file)]
    assert not [title for title in titles if title[:1] in "=+-@"]
    for sheet, column in (("drafts", "title"), ("units", "name")):
        rows = read(tmp_path / "out").sheets[sheet].read()
        cells = [row.cells[column] for row in rows if isinstance(row, Row)]
        assert cells == [TEXTS[number % len(TEXTS)] for number in range(MANY)]
