"""Sends sheets to the services in requests of up to 1,000 rows, and reports what was refused."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.cli.client import RETRY_DELAY, Deadline, Services
from deploy.cli.data.columns import COLUMNS, DATASET, ORDER, Broken, check_header, unknown_columns
from deploy.cli.data.requests import batches, encode_end, encode_row, rows_with_end
from deploy.cli.data.result import Finding, Progress, Report, Result
from deploy.cli.data.sources import Row, SheetFile, Source
from shared.contracts.vocabulary import Dataset
from shared.errors import Text

NOTES = Text(
    "cột ngoài mẫu được giữ làm ghi chú: {names}", "columns beyond the format are kept as notes: {names}"
)
NO_NOTES = Text(
    "cột ngoài mẫu không được lưu: {names}; hãy xem lại tên cột",
    "columns beyond the format are not kept: {names}; check their names",
)


@dataclass(slots=True)
class Importer:
    """One import: sends sheets in order, and collects the result."""

    dataset: Dataset | None
    services: Services
    progress: Progress
    report: Report
    result: Result = field(default_factory=Result)

    def import_source(self, source: Source) -> Result:
        for service in dict.fromkeys(ORDER.values()):
            sheets = [sheet for name, sheet in source.sheets.items() if ORDER[name] == service]
            if service == "registry":
                self._registry(sheets)
            else:
                for sheet in sheets:
                    self._sheet(sheet, service)
        return self.result

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
            self.progress(sheet.label, len(rows))

    def _begin(self, sheet: SheetFile) -> None:
        self.result.counts[sheet.label] = Counter()
        self._report_columns(sheet)

    def _readable(self, sheet: SheetFile) -> Iterator[Row]:
        for item in sheet.read():
            if isinstance(item, Broken):
                self._refuse(sheet, Finding(sheet.label, item.line, item.column, item.value, item.why))
            else:
                yield item

    def _report_columns(self, sheet: SheetFile) -> None:
        header = [cell.strip() for cell in sheet.header()]
        if check_header(sheet.name, 1, header):
            return  # the header is refused anyway, with a better reason
        if unknown := unknown_columns(sheet.name, header):
            names = ", ".join(f"“{name}”" for name in unknown)
            why = NOTES if COLUMNS[sheet.name].notes else NO_NOTES
            text = Text(why.vi.format(names=names), why.en.format(names=names))
            self.report(Finding(sheet.label, 0, "", "", text, refused=False))

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

    def _refuse(self, sheet: SheetFile, finding: Finding) -> None:
        self.result.counts[sheet.label]["refused"] += 1
        self.report(finding)


def _placed(finding: Finding, row: Row | None) -> Finding:
    """Add column and value to a refusal that names only the value."""
    if finding.column or row is None:
        return finding
    tokens = set(re.findall(r"[^\s,;:']+", finding.why.en.replace(". ", " ").rstrip(".")))
    named = [(name, cell.strip()) for name, cell in row.cells.items() if cell.strip() in tokens]
    if not named:
        return finding
    column, value = next((one for one in named if one[0] != "draft_code"), named[0])
    return replace(finding, column=column, value=value)


def _findings(label: str, outcome: Mapping[str, Any], kind: str, *, refused: bool) -> list[Finding]:
    return [
        Finding(label, outcome["line"], why["column"], why["value"], Text(why["vi"], why["en"]), refused)
        for why in outcome[kind]
    ]
