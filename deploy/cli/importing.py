"""Carries a read source to the services, row by row in requests of 500, and keeps what became of each."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.cli.client import Services
from deploy.cli.sheets import ORDER, Row, SheetFile, Source
from shared.contracts.vocabulary import Dataset
from shared.errors import Text

REQUEST = 500  # rows
WITH_DATASET = frozenset({"units", "drafts", "communications"})
OUTCOMES = "outcomes"
NOT_TAKEN_YET = Text(
    "bản phát hành này chưa nhận tệp kế hoạch và chương trình; các dòng không được ghi nhận",
    "this release does not take plans and programmes yet; the rows were not recorded",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a row (`line` 0: about the file)."""

    label: str
    line: int
    column: str
    value: str
    why: Text


@dataclass(slots=True)
class Result:
    """What became of every row; `counts` by file label."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    position: int = 0  # the last one of the registry
    last: int = 0  # of all services

    @property
    def complete(self) -> bool:
        return not any(counted["refused"] for counted in self.counts.values())


Progress = Callable[[str, int], None]


def carry(source: Source, dataset: Dataset, services: Services, progress: Progress) -> Result:
    """Send what is there in the order of the contract; `progress` hears of each file and its rows done."""
    result = Result()
    for sheet in source.not_yet:
        _refuse_file(sheet, result)
    for name, service in ORDER.items():
        if service != "registry":
            continue
        _carry_sheet(source.sheets.get(name), service, dataset, services, result, progress)
    _carry_outcomes(source.sheets.get("drafts"), services, result)
    for name, service in ORDER.items():
        if service != "registry":
            _carry_sheet(source.sheets.get(name), service, dataset, services, result, progress)
    return result


def _refuse_file(sheet: SheetFile, result: Result) -> None:
    result.counts[sheet.label] = Counter(refused=len(sheet.rows) + len(sheet.broken))
    result.refused.append(Finding(sheet.label, 0, "", "", NOT_TAKEN_YET))


def _carry_sheet(
    sheet: SheetFile | None,
    service: str,
    dataset: Dataset,
    services: Services,
    result: Result,
    progress: Progress,
) -> None:
    if sheet is None:
        return
    counted = result.counts.setdefault(sheet.label, Counter(refused=len(sheet.broken)))
    result.refused += [Finding(sheet.label, b.line, b.column, b.value, b.why) for b in sheet.broken]
    extra = {"dataset": dataset.value} if sheet.name in WITH_DATASET else {}
    for rows in _requests(sheet.rows):
        lines = [_line(sheet.name, row.line, {**row.cells, **extra}) for row in rows]
        for outcome in _send(services, service, lines, result):
            counted[outcome["status"]] += 1
            _note(sheet.label, outcome, result)
        progress(sheet.label, len(rows))


def _carry_outcomes(sheet: SheetFile | None, services: Services, result: Result) -> None:
    """Say how each draft ended, when all its stages are in; not of drafts that were refused themselves."""
    if sheet is None:
        return
    refused = {finding.line for finding in result.refused if finding.label == sheet.label}
    ended = [row for row in sheet.rows if row.cells.get("outcome") and row.line not in refused]
    for rows in _requests(ended):
        lines = [
            _line(OUTCOMES, row.line, {name: row.cells.get(name, "") for name in ("draft_code", "outcome")})
            for row in rows
        ]
        for outcome in _send(services, "registry", lines, result):
            if outcome["status"] == "refused":
                result.counts[sheet.label]["refused"] += 1
            _note(sheet.label, outcome, result)


def _requests(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), REQUEST):
        yield rows[start : start + REQUEST]


def _line(sheet: str, line: int, row: Mapping[str, str]) -> bytes:
    return json.dumps({"sheet": sheet, "line": line, "row": row}, ensure_ascii=False).encode()


def _send(
    services: Services, service: str, lines: Sequence[bytes], result: Result
) -> Iterator[Mapping[str, Any]]:
    query = {} if service == "registry" else {"min_position": result.position}
    for line in services.stream_lines(service, "/imports", lines, query):
        outcome: Mapping[str, Any] = json.loads(line)
        result.last = max(result.last, outcome["position"])
        if service == "registry":
            result.position = max(result.position, outcome["position"])
        yield outcome


def _note(label: str, outcome: Mapping[str, Any], result: Result) -> None:
    result.refused += _findings(label, outcome, "reasons")
    result.warnings += _findings(label, outcome, "warnings")


def _findings(label: str, outcome: Mapping[str, Any], kind: str) -> list[Finding]:
    return [
        Finding(label, outcome["line"], why["column"], why["value"], Text(why["vi"], why["en"]))
        for why in outcome[kind]
    ]
