"""Writes the CSV files of an export, whose columns of notes are complete only at the end."""

import csv
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.cli.data.columns import COLUMNS, ORDER

Answer = Mapping[str, Any]


class CsvFiles:
    """Buffers rows by file on disk: the columns of notes are complete only at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = tempfile.TemporaryDirectory(prefix="loa-export-")
        self._open: dict[str, Any] = {}
        self._notes: dict[str, dict[str, None]] = {}
        self.written: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._open.values():
            stream.close()
        if kind is None:
            for name in (name for name in ORDER if name in self._open):
                self._write(name)
        self._kept.cleanup()

    def add(self, name: str, row: Answer, notes: Answer | None = None) -> None:
        if name not in self._open:
            self._open[name] = self._rows(name).open("w", encoding="utf-8")
        named = {column: row[column] for column in COLUMNS[name].names if row.get(column) is not None}
        extra = {column: text for column, text in (notes or {}).items() if column not in COLUMNS[name].names}
        self._notes.setdefault(name, {}).update(dict.fromkeys(sorted(extra)))
        self._open[name].write(json.dumps({**named, **extra}, ensure_ascii=False) + "\n")
        self.written[name] = self.written.get(name, 0) + 1

    def _rows(self, name: str) -> Path:
        return Path(self._kept.name) / f"{name}.ndjson"

    def _write(self, name: str) -> None:
        columns = [*COLUMNS[name].names, *self._notes[name]]
        with (
            self._rows(name).open(encoding="utf-8") as rows,
            (self._folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for row in rows:
                writer.writerow(json.loads(row))
