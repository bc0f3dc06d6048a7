"""Carries a read source to the services, row by row in requests of 1,000, and keeps what became of each."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.cli.client import AGAIN, Patience, Services
from deploy.cli.columns import COLUMNS, DATASET, ORDER, Broken, check_header, unknown_columns
from deploy.cli.console import Said
from deploy.cli.sheets import Row, SheetFile, Source, question
from shared.contracts.vocabulary import Dataset
from shared.errors import Text

REQUEST = 1000  # rows
REQUEST_BYTES = 4 << 20  # of their lines; then it is sent however few they are
MOST_REHEARSED = 20_000  # rows of the registry; as many as its door takes at once
TOO_MUCH_TO_REHEARSE = Said(
    "Chạy thử nhận nhiều nhất 20.000 dòng đơn vị, dự thảo, chính sách và giai đoạn; hãy chia nhỏ thư mục để chạy thử.",
    "A dry run takes 20,000 rows of units, drafts, policies and stages at most; try the folder in parts.",
)
_CODES = {"drafts": "draft_code", "units": "code"}
_NAMES = {  # the columns by which rows of other services name drafts and units
    "drafts": ("draft_code",),
    "units": (
        *("unit_code", "responsible_unit_code", "lead_unit_code", "coordinating_unit_codes"),
        "verified_by_unit_code",
    ),
}
ENDED = frozenset({"withdrawn", "merged"})
OUTCOMES = "outcomes"
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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a row (`line` 0: about the file)."""

    label: str
    line: int
    column: str
    value: str
    why: Text
    refused: bool = True


Tell = Callable[[Finding], None]
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Result:
    """What became of every row; `counts` by file label."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused_drafts: set[int] = field(default_factory=set)  # their lines
    position: int = 0  # the last one of the registry
    last: int = 0  # of all services

    asked: int = 0  # files and sheets that were not taken because of their names

    @property
    def complete(self) -> bool:
        return not self.asked and not any(counted["refused"] for counted in self.counts.values())

    @property
    def anything(self) -> bool:
        """Tell whether a row is in the log, by this import or by an earlier one."""
        return any(counted["taken"] + counted["unchanged"] for counted in self.counts.values())


def carry(
    source: Source,
    dataset: Dataset | None,
    services: Services,
    progress: Progress,
    tell: Tell,
    *,
    dry_run: bool = False,
) -> Result:
    """Send what is there in the order of the contract; a `dataset` given holds against that of a row.

    `progress` hears of each file and its rows done, `tell` what is to be said of a row. A dry run asks the
    services what they would answer; nothing is written.
    """
    if not dry_run:
        return _Carrier(dataset, services, progress, tell).carry(source)
    for service in dict.fromkeys(ORDER[name] for name in source.sheets):
        _require_dry_run(services, service)
    return _Rehearsal(dataset, services, progress, tell).carry(source)


def _require_dry_run(services: Services, service: str) -> None:
    """A service that does not know the word would write."""
    known = services.get(service, "/openapi.json")["paths"]["/imports"]["post"].get("parameters", [])
    if not any(parameter["name"] == "dry_run" for parameter in known):
        raise Said(
            f"Dịch vụ {service} là bản cũ, chưa chạy thử được. Hãy nâng cấp dịch vụ, hoặc nhập không có --dry-run.",
            f"The service {service} is too old for a dry run. Upgrade it, or import without --dry-run.",
        )


@dataclass(slots=True)
class _Carrier:
    dataset: Dataset | None
    services: Services
    progress: Progress
    tell: Tell
    result: Result = field(default_factory=Result)

    def carry(self, source: Source) -> Result:
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
            self.tell(Finding(label, 0, "", "", question(label, meant).why))

    def _registry(self, sheets: Sequence[SheetFile]) -> None:
        for sheet in sheets:
            self._sheet(sheet, "registry")
        for sheet in sheets:
            if sheet.name == "drafts":
                self._outcomes(sheet)

    def _sheet(self, sheet: SheetFile, service: str) -> None:
        self._begin(sheet)
        for part in _requests((row, self._line(sheet, row)) for row in self._readable(sheet)):
            rows = {row.line: row for row, _ in part}
            answers = self._send(service, [line for _, line in part], self._query(service, [*rows.values()]))
            for outcome in answers:
                self._note(sheet, outcome, rows[outcome["line"]])
            self.progress(sheet.label, len(rows))

    def _begin(self, sheet: SheetFile) -> None:
        self.result.counts[sheet.label] = Counter()
        self._tell_columns(sheet)

    def _readable(self, sheet: SheetFile) -> Iterator[Row]:
        for item in sheet.read():
            if isinstance(item, Broken):
                self._broken(sheet, item)
            else:
                yield item

    def _tell_columns(self, sheet: SheetFile) -> None:
        header = sheet.header()
        if header is None or check_header(sheet.name, header.line, header.names):
            return  # the file is refused for its header, which says more
        unknown = unknown_columns(sheet.name, header.names)
        kept = [name for name in unknown if name in sheet.choices.keep_notes]
        left = [name for name in unknown if name not in sheet.choices.keep_notes]
        if kept:
            self._tell(sheet, KEPT, kept)
        if left:
            self._tell(sheet, LEFT_OUT if COLUMNS[sheet.name].notes else NO_NOTES, left)

    def _tell(self, sheet: SheetFile, why: Text, columns: Sequence[str]) -> None:
        names = {"names": ", ".join(f"“{name}”" for name in columns), "list": ",".join(columns)}
        said = Text(why.vi.format(**names), why.en.format(**names))
        self.tell(Finding(sheet.label, 0, "", "", said, refused=False))

    def _broken(self, sheet: SheetFile, item: Broken) -> None:
        self.result.counts[sheet.label]["refused"] += item.refused
        self.tell(Finding(sheet.label, item.line, item.column, item.value, item.why, item.refused))

    def _line(self, sheet: SheetFile, row: Row) -> bytes:
        given = self.dataset is not None and DATASET in COLUMNS[sheet.name].known
        extra = {DATASET: self.dataset.value} if given and self.dataset else {}
        return _line(sheet.name, row.line, {**row.cells, **extra})

    def _outcomes(self, sheet: SheetFile) -> None:
        """Say how each draft ended, when all its stages are in; not of drafts that were refused themselves."""
        ended = (row for row in _ended(sheet) if row.line not in self.result.refused_drafts)
        for part in _requests((row, _outcome(row)) for row in ended):
            for outcome in self._send("registry", [line for _, line in part], self._query("registry", [])):
                self._note(sheet, outcome, counting=False)

    def _query(self, service: str, rows: Sequence[Row]) -> Mapping[str, object]:  # noqa: ARG002  a rehearsal looks
        """Let nobody decide on less than this import has said, whichever replica and broker answer."""
        return {"min_position": self.result.position}

    def _send(
        self, service: str, lines: Sequence[bytes], query: Mapping[str, object]
    ) -> Iterator[Mapping[str, Any]]:
        """Give an outcome for each line; a line of which the service cannot say it yet is sent again."""
        patience = Patience()
        while lines:
            answers = map(json.loads, self.services.stream_lines(service, "/imports", lines, query))
            later: list[bytes] = []
            for line, outcome in zip(lines, answers, strict=True):
                if outcome.get("again") and not patience.ended():
                    later.append(line)
                else:
                    yield self._seen(service, outcome)
            if lines := later:
                time.sleep(AGAIN)

    def _seen(self, service: str, outcome: Mapping[str, Any]) -> Mapping[str, Any]:
        self.result.last = max(self.result.last, outcome["position"])
        if service == "registry":
            self.result.position = max(self.result.position, outcome["position"])
        return outcome

    def _note(
        self, sheet: SheetFile, outcome: Mapping[str, Any], row: Row | None = None, *, counting: bool = True
    ) -> None:
        for finding in _findings(sheet.label, outcome, "warnings", refused=False):
            self.tell(finding)
        if outcome["status"] != "refused":
            self.result.counts[sheet.label][outcome["status"]] += counting
            return
        if sheet.name == "drafts":
            self.result.refused_drafts.add(outcome["line"])
        self.result.counts[sheet.label]["refused"] += 1
        for finding in _findings(sheet.label, outcome, "reasons", refused=True):
            self.tell(_placed(finding, row))


@dataclass(slots=True)
class _Rehearsal(_Carrier):
    """A dry run: the registry hears all its rows at once, for what one says another may need."""

    codes: dict[str, set[str]] = field(default_factory=lambda: {"drafts": set(), "units": set()})

    def _registry(self, sheets: Sequence[SheetFile]) -> None:
        sent: list[bytes] = []
        rows: dict[tuple[str, int], Row] = {}
        for sheet in sheets:
            self._begin(sheet)
            for row in self._readable(sheet):
                rows[sheet.name, row.line] = row
                sent.append(self._line(sheet, row))
                if len(sent) > MOST_REHEARSED:
                    raise TOO_MUCH_TO_REHEARSE
        ends = [row for sheet in sheets if sheet.name == "drafts" for row in _ended(sheet)]
        by_name = {sheet.name: sheet for sheet in sheets}
        for outcome in self._send("registry", [*sent, *map(_outcome, ends)], {"dry_run": True}):
            self._hear(outcome, by_name, rows)
        self.progress(", ".join(sheet.label for sheet in sheets), len(rows))

    def _hear(
        self,
        outcome: Mapping[str, Any],
        sheets: Mapping[str, SheetFile],
        rows: Mapping[tuple[str, int], Row],
    ) -> None:
        name, line = outcome["sheet"], outcome["line"]
        if name == OUTCOMES:
            if line not in self.result.refused_drafts:
                self._note(sheets["drafts"], outcome, counting=False)
            return
        row = rows[name, line]
        self._note(sheets[name], outcome, row)
        if outcome["status"] != "refused" and name in self.codes:
            self.codes[name].add(row.cells[_CODES[name]].strip())

    def _query(self, service: str, rows: Sequence[Row]) -> Mapping[str, object]:  # noqa: ARG002  as its base
        named = {name: _named(rows, columns) & self.codes[name] for name, columns in _NAMES.items()}
        return {"dry_run": True} | {
            f"assume_{name}": ",".join(sorted(codes)) for name, codes in named.items()
        }


def _named(rows: Sequence[Row], columns: Sequence[str]) -> set[str]:
    cells = (row.cells.get(column, "") for row in rows for column in columns)
    return {name.strip() for cell in cells for name in re.split("[;,]", cell)}


def _ended(sheet: SheetFile) -> Iterator[Row]:
    rows = (row for row in sheet.read() if isinstance(row, Row))
    return (row for row in rows if row.cells.get("outcome", "").strip() in ENDED)


def _placed(finding: Finding, row: Row | None) -> Finding:
    """Point at the cell that a refusal speaks of, where the service named the value but no column."""
    if finding.column or row is None:
        return finding
    words = set(re.findall(r"[^\s,;:']+", finding.why.en.replace(". ", " ").rstrip(".")))
    named = [(name, cell.strip()) for name, cell in row.cells.items() if cell.strip() in words]
    if not named:
        return finding
    column, value = next((one for one in named if one[0] != "draft_code"), named[0])
    return replace(finding, column=column, value=value)


def _requests(rows: Iterable[tuple[Row, bytes]]) -> Iterator[Sequence[tuple[Row, bytes]]]:
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


def _outcome(row: Row) -> bytes:
    return _line(OUTCOMES, row.line, {name: row.cells.get(name, "") for name in ("draft_code", "outcome")})


def _line(sheet: str, line: int, row: Mapping[str, str]) -> bytes:
    return json.dumps({"sheet": sheet, "line": line, "row": row}, ensure_ascii=False).encode()


def _findings(label: str, outcome: Mapping[str, Any], kind: str, *, refused: bool) -> list[Finding]:
    return [
        Finding(label, outcome["line"], why["column"], why["value"], Text(why["vi"], why["en"]), refused)
        for why in outcome[kind]
    ]
