"""Sends sheets to the services in requests of up to 1,000 rows, and reports what was refused."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploy.cli.client import RETRY_DELAY, Deadline, Services
from deploy.cli.data import evidence_files
from deploy.cli.data.columns import COLUMNS, DATASET, ORDER, Broken, check_header, unknown_columns
from deploy.cli.data.requests import batches, encode_end, encode_row, rows_with_end
from deploy.cli.data.result import Finding, Progress, Report, Result
from deploy.cli.data.sources import Row, SheetFile, Source, question
from shared.contracts.vocabulary import Dataset
from shared.kernel.errors import Text

KEPT = Text(
    "cột ngoài mẫu được giữ làm ghi chú theo yêu cầu: {names}",
    "columns beyond the format are kept as notes, as asked: {names}",
)
LEFT_OUT = Text(
    "cột ngoài mẫu không được lưu: {names}; hãy xem lại tên cột, hoặc giữ làm ghi chú bằng --keep-notes “{list}” "
    "(không được chứa dữ liệu cá nhân)",
    "columns beyond the format are left out: {names}; look at their names again, or keep them as notes with "
    "--keep-notes '{list}' (personal data are refused)",
)
NO_NOTES = Text(
    "cột ngoài mẫu không được lưu: {names}; hãy xem lại tên cột",
    "columns beyond the format are left out: {names}; look at their names again",
)


@dataclass(slots=True)
class Importer:
    """One import: sends sheets in order, and collects the result."""

    dataset: Dataset | None
    services: Services
    progress: Progress
    report: Report
    result: Result = field(default_factory=Result)
    left_out: frozenset[tuple[str, int]] = frozenset()  # sheets and lines that are not sent
    folder: Path | None = None
    files: dict[int, Path] = field(default_factory=dict)  # of evidence, by the lines of their rows

    def import_source(self, source: Source) -> Result:
        self.folder = source.folder
        self._ask(source)
        for service in dict.fromkeys(ORDER.values()):
            sheets = [sheet for name, sheet in source.sheets.items() if ORDER[name] == service]
            if service == "registry":
                self._registry(sheets)
            else:
                for sheet in sheets:
                    self._sheet(sheet, service)
        return self.result

    def _ask(self, source: Source) -> None:
        """Ask about what was not taken because of its name."""
        for label, meant in source.asked.items():
            self.result.asked += 1
            self.report(Finding(label, 0, "", "", question(label, meant).why))

    def _registry(self, sheets: Sequence[SheetFile]) -> None:
        for sheet in sheets:
            self._sheet(sheet, "registry")
        for sheet in sheets:
            if sheet.name == "drafts":
                self._outcomes(sheet)

    def _sheet(self, sheet: SheetFile, service: str) -> None:
        self._begin(sheet)
        for part in batches((row, self._body_line(sheet, row)) for row in self._readable(sheet)):
            rows = {row.line: row for row, _ in part}
            answers = self._send(service, [line for _, line in part], self._query(service, [*rows.values()]))
            for outcome in answers:
                self._note(sheet, outcome, rows[outcome["line"]])
                if sheet.name == evidence_files.SHEET and outcome["status"] != "refused":
                    self._keep(sheet, rows[outcome["line"]])
            self.progress(sheet.label, len(rows))

    def _keep(self, sheet: SheetFile, row: Row) -> None:
        """Send the file of an evidence that was taken."""
        if (path := self.files.pop(row.line, None)) is None:
            return
        if (why := evidence_files.send(self.services, row, path)) is not None:
            self._broken(sheet, Broken(row.line, evidence_files.COLUMN, path.name, why))

    def _begin(self, sheet: SheetFile) -> None:
        self.result.counts[sheet.label] = Counter()
        self._report_columns(sheet)

    def _readable(self, sheet: SheetFile) -> Iterator[Row]:
        for item in sheet.read():
            if isinstance(item, Broken):
                self._broken(sheet, item)
            elif (sheet.name, item.line) in self.left_out:
                continue
            elif sheet.name != evidence_files.SHEET:
                yield item
            elif isinstance(prepared := evidence_files.named(item, self.folder), Broken):
                self._broken(sheet, prepared)
            else:
                row, path = prepared
                self.files |= {row.line: path} if path else {}
                yield row

    def _report_columns(self, sheet: SheetFile) -> None:
        header = sheet.header()
        if header is None or check_header(sheet.name, header.line, header.names, sheet.choices.keep_notes):
            return  # the file is refused for its header, which says more
        unknown = unknown_columns(sheet.name, header.names)
        kept = [name for name in unknown if name in sheet.choices.keep_notes]
        left = [name for name in unknown if name not in sheet.choices.keep_notes]
        if kept:
            self._report_named(sheet, KEPT, kept)
        if left:
            self._report_named(sheet, LEFT_OUT if COLUMNS[sheet.name].notes else NO_NOTES, left)

    def _report_named(self, sheet: SheetFile, why: Text, columns: Sequence[str]) -> None:
        names = ", ".join(f"“{name}”" for name in columns)
        text = why.filled(names=names, list=",".join(columns))
        self.report(Finding(sheet.label, 0, "", "", text, refused=False))

    def _broken(self, sheet: SheetFile, item: Broken) -> None:
        self.result.counts[sheet.label]["refused"] += item.refused
        self.report(Finding(sheet.label, item.line, item.column, item.value, item.why, item.refused))

    def _body_line(self, sheet: SheetFile, row: Row) -> bytes:
        given = self.dataset is not None and DATASET in COLUMNS[sheet.name].names
        extra = {DATASET: self.dataset.value} if given and self.dataset else {}
        return encode_row(sheet.name, row.line, {**row.cells, **extra})

    def _outcomes(self, sheet: SheetFile) -> None:
        """Send the outcomes of drafts after all stages; not of refused drafts."""
        ended = (row for row in rows_with_end(sheet) if row.line not in self.result.refused_drafts)
        for part in batches((row, encode_end(row)) for row in ended):
            for outcome in self._send("registry", [line for _, line in part], self._query("registry", [])):
                self._note(sheet, outcome, counting=False)

    def _query(self, service: str, rows: Sequence[Row]) -> Mapping[str, object]:  # noqa: ARG002  used by the dry run
        """Require the position of the last event of this import, so that no replica decides on older data."""
        return {"min_position": self.result.position}

    def _send(
        self, service: str, lines: Sequence[bytes], query: Mapping[str, object]
    ) -> Iterator[Mapping[str, Any]]:
        """Give the outcome of each line; lines that the service could not finish are resent."""
        deadline = Deadline()
        while lines:
            answers = map(json.loads, self.services.stream_lines(service, "/imports", lines, query))
            later: list[bytes] = []
            for line, outcome in zip(lines, answers, strict=True):
                if outcome.get("again") and not deadline.passed():
                    later.append(line)
                else:
                    yield self._note_position(service, outcome)
            if lines := later:
                time.sleep(RETRY_DELAY)

    def _note_position(self, service: str, outcome: Mapping[str, Any]) -> Mapping[str, Any]:
        self.result.last = max(self.result.last, outcome["position"])
        if service == "registry":
            self.result.position = max(self.result.position, outcome["position"])
        return outcome

    def _note(
        self, sheet: SheetFile, outcome: Mapping[str, Any], row: Row | None = None, *, counting: bool = True
    ) -> None:
        for finding in _findings(sheet.label, outcome, "warnings", refused=False):
            self.report(finding)
        if outcome["status"] != "refused":
            self.result.counts[sheet.label][outcome["status"]] += counting
            return
        if sheet.name == "drafts":
            self.result.refused_drafts.add(outcome["line"])
        self.result.counts[sheet.label]["refused"] += 1
        for finding in _findings(sheet.label, outcome, "reasons", refused=True):
            self.report(_placed(finding, row))


def _placed(finding: Finding, row: Row | None) -> Finding:
    """Add column and value to a refusal that names only the value."""
    if finding.column or row is None:
        return finding
    tokens = set(re.findall(r"[^\s,;:']+", finding.why.en.replace(". ", " ").rstrip(".")))
    named = [(name, cell.strip()) for name, cell in row.cells.items() if cell.strip() in tokens]
    if not named:
        return finding
    column, value = next((entry for entry in named if entry[0] != "draft_code"), named[0])
    return replace(finding, column=column, value=value)


def _findings(label: str, outcome: Mapping[str, Any], kind: str, *, refused: bool) -> list[Finding]:
    return [
        Finding(label, outcome["line"], why["column"], why["value"], Text(why["vi"], why["en"]), refused)
        for why in outcome[kind]
    ]
