"""Many offices like the exercise's, each under a prefix of its own: the same facts again and again, to be compared."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from deploy.sample import exercise
from shared.rules.working_days import Calendar

OURS = "VD-"


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


def alike(answer: Any, prefix: str) -> Any:
    """Give an answer with the exercise's own codes in it, and without what differs by nature: ids and positions."""
    return _plain(json.loads(json.dumps(answer).replace(prefix, OURS)))


def _plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _plain(value) for key, value in answer.items() if key not in DIFFERENT}
    if isinstance(answer, list):
        return [_plain(value) for value in answer]
    return answer


DIFFERENT = frozenset(
    {"id", "gap_id", "position", "version", "at", "recorded_at", "time", "event_id", "actor"}
)
