"""Many offices like the exercise's, each under a prefix of its own: the same facts again and again, to be compared."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from deploy.sample import exercise
from shared.rules.rulebook.rulebook import Calendar

OURS = "VD-"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
POSITIONS = frozenset({"position", "version", "known_from", "known_to"})


def write(folder: Path, prefixes: Sequence[str], day: date, calendar: Calendar) -> None:
    """Write one import folder that holds an office for each prefix."""
    folder.mkdir()
    for name, rows in exercise.sheets(day, calendar).items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            columns = list(rows[0])
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(_under(prefix, row) for prefix in prefixes for row in rows)


def _under(prefix: str, row: Mapping[str, object]) -> Mapping[str, object]:
    return {key: str(value).replace(OURS, prefix) for key, value in row.items()}


def codes(prefix: str, day: date, calendar: Calendar) -> Sequence[str]:
    """Name the drafts of an office."""
    rows = exercise.sheets(day, calendar)["drafts"]
    return sorted(str(row["draft_code"]).replace(OURS, prefix) for row in rows)


def alike(answer: Any, prefix: str) -> Any:
    """Give an answer with the exercise's own codes in it, and without what differs by nature: ids, moments, positions."""
    plain = MOMENT.sub("(moment)", ID.sub("(id)", json.dumps(answer).replace(prefix, OURS)))
    return _without_positions(json.loads(plain))


def _without_positions(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _without_positions(value) for key, value in answer.items() if key not in POSITIONS}
    if isinstance(answer, list):
        return [_without_positions(value) for value in answer]
    return answer
