"""Cuts the rows of a sheet into request bodies of bounded size."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploy.cli.data.sources import Row, SheetFile

REQUEST = 1000  # rows
REQUEST_BYTES = 4 << 20  # of encoded rows, whatever their number
ENDED = frozenset({"withdrawn", "merged"})
OUTCOMES = "outcomes"


def batches(rows: Iterable[tuple[Row, bytes]]) -> Iterator[Sequence[tuple[Row, bytes]]]:
    """Cut rows, each with its line, into requests of bounded size."""
    part: list[tuple[Row, bytes]] = []
    size = 0
    for row, line in rows:
        if part and (len(part) == REQUEST or size + len(line) > REQUEST_BYTES):
            yield part
            part, size = [], 0
        part.append((row, line))
        size += len(line)
    if part:
        yield part


def rows_with_end(sheet: SheetFile) -> Iterator[Row]:
    rows = (row for row in sheet.read() if isinstance(row, Row))
    return (row for row in rows if row.cells.get("outcome", "").strip() in ENDED)


def encode_end(row: Row) -> bytes:
    return encode_row(
        OUTCOMES, row.line, {name: row.cells.get(name, "") for name in ("draft_code", "outcome")}
    )


def encode_row(sheet: str, line: int, row: Mapping[str, str]) -> bytes:
    return json.dumps({"sheet": sheet, "line": line, "row": row}, ensure_ascii=False).encode()
