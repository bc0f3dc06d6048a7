"""The row in which the headings of a table stand, and what a heading, a file or a page with another name means."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise

from deploy.cli.data.columns import COLUMNS, ORDER
from deploy.cli.data.tables.headings import HEADINGS, SHEETS
from shared.kernel.text_folding import normalized
from shared.rules.words.suggestions import folded

SEARCHED = 30  # rows from the top in which the headings may stand
_PREFIX = re.compile(
    r"(?:(?:copy of|bản sao của|bản sao|ban sao cua|ban sao)\s{1,3}|\d{1,3}\s{0,2}[._)-]\s{0,2})",
    re.IGNORECASE,
)
_SINGULARS = {"policy": "policies", "opinion": "opinions", "activity": "activities"}
_COPY = re.compile(r"(?:[-_]\s{0,2}(?:copy|ban sao|bản sao)|\(\d{1,9}\)|\d{1,9})\Z", re.IGNORECASE)
LIKE = 0.84


def meant_column(heading: str, sheet: str) -> str | None:
    """Give the column that a heading most likely means in a sheet."""
    existing = COLUMNS[sheet].names
    plain = folded(heading)
    named = [name for name in HEADINGS.get(plain, "").split() if name in existing]
    return named[0] if named else next(iter(get_close_matches(plain, existing, n=1, cutoff=0.75)), None)


def meant_sheet(name: str) -> str | None:
    """Give the sheet that a file or a page with another name most likely is; None if it is like none."""
    bare = _PREFIX.sub("", normalized("NFC", name.strip()), count=1)
    plain = folded(_without_copy_mark(bare))
    if plain in ORDER:
        return plain
    return (
        SHEETS.get(plain)
        or _SINGULARS.get(plain)
        or next(iter(get_close_matches(plain, list(ORDER), n=1, cutoff=LIKE)), None)
    )


def _without_copy_mark(name: str) -> str:
    """Leave out what programs append to the name of a copy: " - Copy", " (2)", "_3", each as often as it stands there."""
    while match := _COPY.search(name):
        name = name[: match.start()].rstrip(" \t_-")
    return name


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


def repeats_headings(by_column: Mapping[str, str], below: int) -> bool:
    """Tell a row that repeats the headings, in our words or in Vietnamese, or numbers the columns, from data.

    `below`: how many rows below the headings it stands; numbers of columns, "(1) (2) (3)", stand in the first.
    """
    alike = sum(_is_heading_of(text, column) for column, text in by_column.items())
    return alike >= TWO or (below == 1 and _is_numbered([*by_column.values()]))


def heads_other_table(cells: Sequence[str]) -> bool:
    """Tell whether the cells of a row are headings of a table: two of them at least, and nothing else."""
    filled = [cell for cell in cells if cell]
    return len(filled) >= TWO and all(cell in ALL_COLUMNS for cell in filled)


def _is_heading_of(text: str, column: str) -> bool:
    plain = folded(text[:LONGEST])
    return plain == column or column in HEADINGS.get(plain, "").split()


def _is_numbered(texts: Sequence[str]) -> bool:
    numbers = [int(match[1]) for text in texts if (match := _COLUMN_NUMBER.fullmatch(text.strip()))]
    return len(numbers) == len(texts) > TWO and all(
        after == before + 1 for before, after in pairwise(numbers)
    )


TWO = 2  # a single cell may be like a heading by chance
LONGEST = 60  # letters of a heading
_COLUMN_NUMBER = re.compile(r"[(\[]?(\d{1,2})[)\]]?")
ALL_COLUMNS = frozenset(name for columns in COLUMNS.values() for name in columns.names)
