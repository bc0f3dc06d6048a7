"""The row in which the headings of a table stand, and what a heading, a file or a page with another name means."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from deploy.cli.data.columns import COLUMNS, ORDER
from deploy.cli.data.tables.headings import HEADINGS, SHEETS
from shared.bulk_import.suggestions import folded

SEARCHED = 30  # rows from the top in which the headings may stand
_COPY = re.compile(r"(?:\s*[-_]\s*(?:copy|ban sao|bản sao)|\s*\(\d+\)|[\s_-]*\d++)+$", re.IGNORECASE)
LIKE = 0.84
LONGEST_NAME = 100  # letters of the name of a file or page that is compared


def meant_column(heading: str, sheet: str) -> str | None:
    """Give the column that a heading most likely means in a sheet."""
    existing = COLUMNS[sheet].names
    plain = folded(heading)
    named = [name for name in HEADINGS.get(plain, "").split() if name in existing]
    return named[0] if named else next(iter(get_close_matches(plain, existing, n=1, cutoff=0.75)), None)


def meant_sheet(name: str) -> str | None:
    """Give the sheet that a file or a page with another name most likely is; None if it is like none."""
    plain = folded(_COPY.sub("", name.strip()[:LONGEST_NAME]))
    if plain in ORDER:
        return plain
    return SHEETS.get(plain) or next(iter(get_close_matches(plain, list(ORDER), n=1, cutoff=LIKE)), None)


def heading_row(rows: Sequence[Sequence[str]], sheet: str) -> int:
    """Give which of the first rows of a sheet bears its headings: the first that names two columns, else the first."""
    existing = COLUMNS[sheet].names if sheet in COLUMNS else ()
    if rows and any(cell.strip() in existing for cell in rows[0]):
        return 0
    exact = [sum(cell.strip() in existing for cell in row) for row in rows]
    meant = [
        sum(bool(cell.strip()) and meant_column(cell, sheet) is not None for cell in row) for row in rows
    ]
    for counts in (exact, meant):
        if (result := next((n for n, count in enumerate(counts) if count > 1), None)) is not None:
            return result
    return 0
