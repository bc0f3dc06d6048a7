"""An office of as many rows as one likes, made row by row: for rates, and for what must not grow with them."""

import csv
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from tests.support.samples import small_office

UNITS = 50
OF_DRAFT = 6  # rows: itself, a policy, three stages, a communication
STAGES = (("drafting", "2024-01-08"), ("draft_consultation", "2024-02-01"), ("appraisal", "2024-03-01"))

Rows = Iterator[Mapping[str, Any]]


def office(rows: int) -> dict[str, Rows]:
    """Make the sheets of an office, `rows` in all (a few less at most)."""
    codes = [f"DT-{number}" for number in range((rows - UNITS) // OF_DRAFT)]
    return {
        "units": (small_office.unit(f"DV-{number}") for number in range(UNITS)),
        "drafts": (small_office.draft(code, f"DV-{number % UNITS}") for number, code in enumerate(codes)),
        "policies": (small_office.policy(code, 1) for code in codes),
        "stages": (small_office.stage(code, *stage) for code in codes for stage in STAGES),
        "communications": (small_office.communication(code, "2024-02-05", policy_no="1") for code in codes),
    }


def write(folder: Path, rows: int) -> Path:
    """Write such an office as the files of an import."""
    folder.mkdir()
    for name, of_sheet in office(rows).items():
        first = next(of_sheet)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(first))
            writer.writeheader()
            writer.writerows(chain([first], of_sheet))
    return folder
