"""Writes the CSV files of an export, whose columns of notes are complete only at the end."""

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.cli.data.columns import COLUMNS, ORDER
from deploy.cli.data.textfile import escaped

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

    @property
    def note_columns(self) -> list[str]:
        return sorted({name for columns in self._notes.values() for name in columns})

    def _rows(self, name: str) -> Path:
        return Path(self._kept.name) / f"{name}.ndjson"

    def _write(self, name: str) -> None:
        columns = [*COLUMNS[name].names, *self._notes[name]]
        with (
            self._rows(name).open(encoding="utf-8") as rows,
            (self._folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writerow({name: escaped(name) for name in columns})
            for row in rows:
                writer.writerow({name: _cell(value) for name, value in json.loads(row).items()})


def keep_notes_option(names: Sequence[str]) -> str:
    """Write names as `--keep-notes` takes them: separated by commas, quoted where they hold one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _cell(value: object) -> object:
    return escaped(value) if isinstance(value, str) else value
