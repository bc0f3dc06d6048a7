"""`loa import --update`: rows that differ from what is recorded are shown, then amended; what vanished is listed, never removed.

An empty cell says nothing: it changes nothing. Drafts and policies are matched by their codes and numbers, stages by their name where
the draft has entered it once, communications and entries of programmes by `communication_id` and `entry_id`, as an export writes them.
A lead unit changes on a day by a document that the file does not name, as does the name of a unit: these are refused with what does it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.data import exporting
from deploy.cli.data.result import Finding, Report
from deploy.cli.data.sources import Row, Source
from shared.bulk_import.row_parsing import listed, numbers_by_name
from shared.kernel.errors import Text

Cells = Mapping[str, str]
Key = tuple[str, ...]
Send = Callable[[Services, "Amended"], None]
LISTS = frozenset(
    {
        *("amends", "replaces", "affected_groups", "policy_no", "content", "audience", "area"),
        *("coordinating_units", "coordinating_unit_codes"),
    }
)
SCOPE = (
    *("requires_proposal", "affects_rights", "contested", "wide_impact", "in_scope", "scope_basis"),
    "state_secret",
)
AMENDED = ("instrument", "regime", "final_number", "outcome", "source", "handling", "external_ref")
AMENDED_LISTS = ("amends", "replaces")
PROCEDURE = ("procedure", "procedure_document", "procedure_authority", "procedure_decided_on")
LEAD = "lead_unit_code"
PAPER = ("document_no", "document_date", "issuer")
NUMBERS = ("attendance", "items", "reach_count", "cost_state", "cost_social")
ENTRY_TEXTS = (
    *("title", "document", "happened_on", "precision", "lead_unit_code", "coordinating_text", "due_on"),
    *("due_precision", "product", "note", "draft_code", "gap_id", "entry_ref", "year_reason"),
    *("report_period", "period_from", "period_to", "duty_id"),
)
ENTRY_NUMBERS = ("quantity", "examined", "amount", "percent", "due_days")
ENTRY_OTHERS = ("coordinating_unit_codes", "needs_acceptance", "figures")
TEXTS = (
    *("held_on", "channel", "title", "precision", "organiser", "place", "reach", "url", "activity_id"),
    *("role", "unit_code", "language", "activity_code"),
)
COMPARED: Mapping[str, Sequence[str]] = {
    "drafts": ("title", LEAD, *SCOPE, *AMENDED, *AMENDED_LISTS, *PROCEDURE),
    "policies": ("title", "affected_groups"),
    "stages": ("entered_on", "precision", *PAPER),
    "communications": (*TEXTS, *NUMBERS, "policy_no", "content", "audience", "area", "coordinating_units"),
    "programme": (*ENTRY_TEXTS, *ENTRY_NUMBERS, *ENTRY_OTHERS),
}
LEAD_CHANGES = Text(
    "cơ quan chủ trì thay đổi từ một ngày, theo văn bản; tệp không ghi hai nội dung này. Đề nghị chuyển giao trên trang của dự thảo hoặc bằng "
    "POST /drafts/{code}/transfer",
    "the lead unit changes from a day on, by a document, which the file does not state; hand the draft over on its page, or by "
    "POST /drafts/{code}/transfer",
)
NO_PROCEDURE_DOCUMENT = Text(
    "thủ tục thay đổi theo văn bản quyết định; hãy ghi số, ngày văn bản ở cột procedure_document, hoặc dùng POST /drafts/{code}/procedure",
    "a procedure changes by the document that decides it; name it in the column procedure_document, or use POST /drafts/{code}/procedure",
)
NO_STEP_CHANGES = Text(
    "số phần trăm của một lần cập nhật không sửa được bằng tệp; hãy ghi nhận tiến độ mới (task_progressed)",
    "the percent of a step is not corrected by a file; enter new progress (task_progressed)",
)
CHANGED = Text("“{before}” → “{after}”", "'{before}' → '{after}'")
GONE = Text(
    "có trong hệ thống, không có trong tệp: {key}; không bị xóa",
    "on record and not in the file: {key}; it is not removed",
)
MOST_LISTED = 20  # of what vanished, of one sheet


@dataclass(frozen=True, slots=True)
class Amended:
    """A row that differs from what is recorded: `changed` are its columns, `now` its cells over those `before`."""

    sheet: str
    label: str
    line: int
    before: Mapping[str, Any]
    now: Cells
    changed: Sequence[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Updated:
    """How many rows differ, how many of these were refused; `left` are the lines that still differ, by sheet."""

    amended: int = 0
    refused: int = 0
    left: frozenset[tuple[str, int]] = frozenset()


Recorded = dict[str, dict[Key, dict[str, str]]]
"""What is recorded, as cells of an export by the keys of rows, by sheet."""


def update(
    services: Services, source: Source, report: Report, reason: str, *, dry_run: bool = False
) -> Updated:
    """Show what differs, then amend it."""
    recorded = _recorded(services, source)
    sheets = {name: _rows(name, source) for name in COMPARED if name in source.sheets}
    amended = [
        Amended(name, source.sheets[name].label, row.line, before, now, changed, reason)
        for name, rows in sheets.items()
        for row, before, now, changed in _differing(name, rows, recorded)
    ]
    for each in amended:
        for column in each.changed:
            why = CHANGED.filled(before=each.before.get(column, ""), after=each.now[column])
            report(Finding(each.label, each.line, column, each.now[column], why, refused=False))
    _report_gone(source, sheets, recorded, report)
    refused = () if dry_run else [each for each in amended if _is_refused(services, each, report)]
    left = amended if dry_run else refused
    return Updated(len(amended), len(refused), frozenset((each.sheet, each.line) for each in left))


def _recorded(services: Services, source: Source) -> Recorded:
    recorded: Recorded = defaultdict(dict)
    if {"drafts", "policies", "stages"} & source.sheets.keys():
        for draft in exporting.pages(services, "registry", "/draft-records"):
            _add_draft(recorded, draft)
    if "communications" in source.sheets:
        for communication in exporting.pages(services, "campaigns", "/communications"):
            key = (str(communication["communication_id"]),)
            cells = exporting.communication_row(communication)
            recorded["communications"][key] = _cells(cells)
    if "programme" in source.sheets:
        for entry in exporting.pages(services, "campaigns", "/programme"):
            if not entry["cancelled"] and entry["kind"] not in exporting.CHANGES:
                cells = _cells(exporting.entry_row(entry))
                recorded["programme"][str(entry["entry_id"]),] = cells
    return recorded


def _add_draft(recorded: Recorded, draft: Mapping[str, Any]) -> None:
    code = str(draft["draft_code"])
    recorded["drafts"][code,] = _cells(exporting.draft_row(draft))
    for policy in draft["policies"]:
        cells = {**policy, "affected_groups": ";".join(policy["affected_groups"])}
        recorded["policies"][code, str(policy["policy_no"])] = _cells(cells)
    entries: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in draft["stages"]:
        entries[str(entry["stage"])].append(entry)
    for stage, of_stage in entries.items():
        if len(of_stage) == 1:  # else nobody can tell which one a row means
            recorded["stages"][code, stage] = _cells(of_stage[0])


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in row.items()
        if value is not None and not isinstance(value, dict | list)
    }


_KEYS: Mapping[str, Sequence[str]] = {
    "drafts": ("draft_code",),
    "policies": ("draft_code", "policy_no"),
    "stages": ("draft_code", "stage"),
    "communications": ("communication_id",),
    "programme": ("entry_id",),
}
_BY_ID = frozenset({"communications", "programme"})


def _key(name: str, cells: Cells) -> Key:
    return tuple(cells.get(column, "").strip() for column in _KEYS[name])


def _rows(name: str, source: Source) -> list[Row]:
    return [row for row in source.sheets[name].read() if isinstance(row, Row)]


def _differing(
    name: str, rows: Sequence[Row], recorded: Recorded
) -> Iterator[tuple[Row, Cells, Cells, Sequence[str]]]:
    """Give the rows that differ, with the cells before and now, and the columns that changed."""
    times: dict[Key, int] = defaultdict(int)
    for row in rows:
        times[_key(name, row.cells)] += 1
    for row in rows:
        key = _key(name, row.cells)
        before = recorded[name].get(key)
        if before is None or times[key] > 1 or row.cells.get("expected", "").strip() == "yes":
            continue
        now = {column: cell.strip() for column, cell in row.cells.items() if cell.strip()}
        given = _exact(now)
        changed = [
            column
            for column in COMPARED[name]
            if column in given and _stated(column, given[column]) != _stated(column, before.get(column, ""))
        ]
        if changed:
            yield row, before, before | given, changed


def _exact(cells: Cells) -> dict[str, str]:
    """Write a month or year as its first day and precision, as it is recorded."""
    exact = dict(cells)
    for column in ("entered_on", "held_on", "happened_on"):
        parts = exact.get(column, "").split("-")
        if column in exact and len(parts) < 3 and all(part.isdigit() for part in parts):  # noqa: PLR2004  year, month, day
            exact |= {
                column: "-".join([*parts, "01", "01"][:3]),
                "precision": ("year", "month")[len(parts) - 1],
            }
    return exact


def _stated(column: str, cell: str) -> object:
    if column in LISTS:
        return frozenset(listed(cell)) - {"0"}
    if column == "precision":
        return cell or "day"
    if column in SCOPE:
        return cell or "unknown"
    if column == "figures":
        return numbers_by_name(cell)
    return int(cell) if cell.isdigit() and column in {*NUMBERS, *ENTRY_NUMBERS} else cell


def _report_gone(
    source: Source, sheets: Mapping[str, Sequence[Row]], recorded: Recorded, report: Report
) -> None:
    for name, rows in sheets.items():
        of_sheet = recorded[name]
        drafts = {row.cells.get("draft_code", "").strip() for row in rows}
        present = {_key(name, row.cells) for row in rows}
        if name in _BY_ID and not any(row.cells.get(_KEYS[name][0], "").strip() for row in rows):
            continue  # only an export tells which row is which
        units = {row.cells.get("unit_code", "").strip() for row in rows}
        gone = [
            key
            for key, cells in of_sheet.items()
            if key not in present and _is_about(name, key, cells, units if name == "programme" else drafts)
        ]
        for key in gone[:MOST_LISTED]:
            why = GONE.filled(key=", ".join(key))
            report(Finding(source.sheets[name].label, 0, "", "", why, refused=False))


def _is_about(name: str, key: Key, cells: Cells, among: set[str]) -> bool:
    """Look for what vanished among the drafts or units of the file: a file of one unit says nothing of the others'."""
    if name in _BY_ID:
        return cells.get("unit_code" if name == "programme" else "draft_code", "") in among
    return name == "drafts" or key[0] in among


def _is_refused(services: Services, amended: Amended, report: Report) -> bool:
    refused = _not_of_a_file(amended)
    for column, why in refused:
        report(Finding(amended.label, amended.line, column, amended.now[column], why))
    try:
        left = [column for column in amended.changed if column not in dict(refused)]
        if left:
            _SEND[amended.sheet](services, replace(amended, changed=left))
    except ServiceRefused as refusal:
        report(Finding(amended.label, amended.line, "", "", refusal.message))
        return True
    return bool(refused)


def _not_of_a_file(amended: Amended) -> list[tuple[str, Text]]:
    """Give the columns whose change needs what a file does not state, with what records it."""
    changed, code = set(amended.changed), amended.now.get("draft_code", "")
    refused: list[tuple[str, Text]] = []
    if amended.sheet == "drafts" and LEAD in changed:
        refused.append((LEAD, LEAD_CHANGES.filled(code=code)))
    if "procedure" in changed and not amended.now.get("procedure_document"):
        refused.append(("procedure", NO_PROCEDURE_DOCUMENT.filled(code=code)))
    if amended.sheet == "programme" and "percent" in changed:
        refused.append(("percent", NO_STEP_CHANGES))
    return refused


def _amend_draft(services: Services, amended: Amended) -> None:
    path, now, changed = f"/drafts/{amended.now['draft_code']}", amended.now, set(amended.changed)
    if "title" in changed:
        services.post("registry", f"{path}/title", {"title": now["title"]})
    if changed & {*AMENDED, *AMENDED_LISTS}:
        fields: dict[str, Any] = {name: now[name] for name in AMENDED if name in changed}
        fields |= {name: listed(now[name]) for name in AMENDED_LISTS if name in changed}
        services.post("registry", f"{path}/amend", {**fields, "reason": amended.reason})
    if changed & set(SCOPE):
        services.post("registry", f"{path}/scope", {name: now[name] for name in SCOPE if now.get(name)})
    if changed & set(PROCEDURE):
        decided = {name.removeprefix("procedure_"): now[name] for name in PROCEDURE if now.get(name)}
        services.post("registry", f"{path}/procedure", decided)


def _amend_policy(services: Services, amended: Amended) -> None:
    now = amended.now
    body = {"title": now["title"], "affected_groups": listed(now.get("affected_groups", ""))}
    services.send("PUT", "registry", f"/drafts/{now['draft_code']}/policies/{now['policy_no']}", json=body)


def _correct_stage(services: Services, amended: Amended) -> None:
    now = amended.now
    body = {name: now[name] for name in ("stage", "entered_on", "precision", *PAPER) if now.get(name)}
    path = f"/drafts/{now['draft_code']}/stages/{amended.before['entry_id']}/correct"
    services.post("registry", path, {**body, "reason": amended.reason})


def _correct_communication(services: Services, amended: Amended) -> None:
    now = amended.now
    body: dict[str, Any] = {name: now[name] for name in TEXTS if now.get(name)}
    body |= {name: int(now[name]) for name in NUMBERS if now.get(name)}
    body |= {name: now[name] for name in ("audience", "area", "coordinating_units") if now.get(name)}
    body["policies"] = [int(number) for number in listed(now.get("policy_no", ""))]
    if now.get("content"):
        body["content"] = listed(now["content"])
    path = f"/communications/{now['communication_id']}/correct"
    services.post("campaigns", path, {**body, "reason": amended.reason})


def _correct_entry(services: Services, amended: Amended) -> None:
    """Correct an entry: what a correction does not name becomes empty, so all of it is named."""
    now = amended.now
    body: dict[str, Any] = {name: now[name] for name in ENTRY_TEXTS if now.get(name)}
    body |= {name: int(now[name]) for name in ENTRY_NUMBERS if now.get(name) and name != "percent"}
    body["coordinating_unit_codes"] = listed(now.get("coordinating_unit_codes", ""))
    if now.get("needs_acceptance"):
        body["needs_acceptance"] = now["needs_acceptance"] == "yes"
    if now.get("figures"):
        figures = numbers_by_name(now["figures"]) or {}
        body["figures"] = {name: int(number) for name, number in figures.items()}
    path = f"/units/{now['unit_code']}/programme/{now['year']}/entries/{now['entry_id']}/correct"
    services.post("campaigns", path, {**body, "reason": amended.reason})


_SEND: Mapping[str, Send] = {
    "drafts": _amend_draft,
    "policies": _amend_policy,
    "stages": _correct_stage,
    "communications": _correct_communication,
    "programme": _correct_entry,
}
