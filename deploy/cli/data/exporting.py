"""`loa export`: write the data of the services as files that `loa import` reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.console import CommandError, count, err, out, print_text
from deploy.cli.data import evidence_files
from deploy.cli.data.csv_files import Answer, CsvFiles, keep_notes_option
from shared.bulk_import.percentages import percent_cell
from shared.bulk_import.row_parsing import written_words
from shared.contracts.vocabulary import SuccessionKind
from shared.kernel.errors import Text

PAGE = 500
CHANGES = frozenset({"entry_corrected", "entry_cancelled"})
ANSWERS = {True: "yes", False: "no"}
FORBIDDEN = frozenset({401, 403})

NOT_EXPORTED = Text(
    "Không thuộc mẫu nhập nên không xuất: lịch sử sửa đổi, đổi tên, các lần chuyển giao, hoạt động và mục chương trình "
    "đã hủy, truyền thông đã thu hồi.",
    "Not exported, because the import format has no columns for it: the history of changes, renamings, transfers, "
    "cancelled activities and entries of programmes, and retracted communications.",
)
NO_RECIPIENTS = Text(
    "Không xuất hộp thư nhận: mã truy cập không có quyền xem dữ liệu cá nhân.",
    "Recipients are not exported: the token may not read personal data.",
)


TO_KEEP = Text(
    "Có cột ghi chú ngoài mẫu; khi nhập lại, thêm --keep-notes '{names}'.",
    "There are columns of notes beyond the format; to import them again, add --keep-notes '{names}'.",
)


def export(services: Services, folder: Path) -> None:
    """Write each file that has rows; refuse a folder that is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            f"{folder} đã có dữ liệu; hãy chọn một thư mục mới hoặc trống.",
            f"{folder} is not empty; name a new or an empty folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with CsvFiles(folder) as files:
        _units(services, files)
        _drafts(services, files)
        if "campaigns" in services.current.urls:
            _plans(services, files)
            _communications(services, files, folder)
            _programmes(services, files)
        if "notifier" in services.current.urls:
            _recipients(services, files)
    for name, number in files.written.items():
        out.print(f"{name}.csv: {count(number)} dòng / rows", markup=False)
    print_text(NOT_EXPORTED, style="yellow")
    if columns := files.note_columns:
        print_text(TO_KEEP.filled(names=keep_notes_option(columns)), style="yellow")


def pages(services: Services, service: str, path: str) -> Iterator[Answer]:
    cursor, read = None, 0
    while True:
        page = services.get(service, path, limit=PAGE, cursor=cursor)
        yield from page["items"]
        read += len(page["items"])
        if len(page["items"]) == PAGE:  # a long list: show that it goes on
            err.print(f"{path}: {count(read)}…", markup=False, style="dim")
        if (cursor := page["next"]) is None:
            return


def _units(services: Services, files: CsvFiles) -> None:
    for unit in pages(services, "registry", "/unit-records"):
        code = unit["unit_code"]
        files.add("units", {**unit, "code": code, "name": unit["unit_name"]}, unit["notes"])
        for item in unit["successions"]:
            files.add(
                "unit_successions",
                {"kind": SuccessionKind.DISSOLVE, **_without_none(item), "from_code": code},
                item["notes"],
            )
        for item in unit["supervision"]:
            named = {"supervisor_code": item["supervisor_code"] or "-", "from": item["on"]}
            files.add("supervision", {**item, **named, "unit_code": code}, item["notes"])
        for target in unit["targets"]:
            percent = percent_cell(target["target_percent"])
            files.add("targets", {**target, "unit_code": code, "target_percent": percent}, target["notes"])


def _without_none(answer: Answer) -> Answer:
    return {name: value for name, value in answer.items() if value is not None}


def _drafts(services: Services, files: CsvFiles) -> None:
    for draft in pages(services, "registry", "/draft-records"):
        of_draft = {"draft_code": draft["draft_code"]}
        files.add("drafts", draft_row(draft), draft["notes"])
        for policy in draft["policies"]:
            groups = _listed(policy["affected_groups"])
            files.add("policies", {**policy, **of_draft, "affected_groups": groups}, policy["notes"])
        for entry in draft[
            "stages"
        ]:  # in the order of recording: an import gives the same late and resumed stages
            if (came := entry["expected"]) and came["stage"] == entry["stage"]:
                _expected(files, came, of_draft)
            files.add("stages", {**entry, **of_draft, "expected": None}, entry["notes"])
        for coming in draft["expected"]:
            _expected(files, coming, of_draft)
        for opinions in draft["opinions"]:
            row = {**opinions, **of_draft, "groups": _numbers(opinions["groups"])}
            files.add("opinions", row, opinions["notes"] or {})
        for exemption in draft["exemptions"]:
            stages = _listed(exemption["stages"]) or "*"
            files.add("exemptions", {**exemption, **of_draft, "stages": stages}, exemption["notes"])
        for posting in draft["postings"]:
            ends = _listed(item["closes_on"] for item in posting["extensions"])
            files.add("postings", {**posting, **of_draft, "extended_to": ends}, posting["notes"])


def _expected(files: CsvFiles, coming: Answer, of_draft: Answer) -> None:
    """Write the row of a stage to come; of one that was entered since it stands before the row of its entry."""
    row = {**coming, **of_draft, "entered_on": coming["expected_on"], "expected": "yes"}
    files.add("stages", row, coming["notes"] or {})


def draft_row(draft: Answer) -> Answer:
    """Give the cells of a draft."""
    decided = draft["procedure_decision"] or {}
    procedure = {f"procedure_{name}": decided.get(name) for name in ("document", "authority", "decided_on")}
    named = {name: "; ".join(draft[name] or ()) for name in ("amends", "replaces")}
    return {**(draft["scope"] or {}), **draft, **named, **procedure}


def _plans(services: Services, files: CsvFiles) -> None:
    for plan in pages(services, "campaigns", "/plan-records"):
        if approved := plan["approved"]:
            files.add("plans", {**approved, "draft_code": plan["draft_code"]}, approved["notes"])
        for activity in plan["activities"]:
            if activity["state"] != "cancelled":
                files.add("activities", activity, activity["notes"])


def _programmes(services: Services, files: CsvFiles) -> None:
    left_out: set[str] = (
        set()
    )  # what was cancelled, and what followed it; a correction is in what it corrected
    for entry in pages(services, "campaigns", "/programme"):
        if entry["cancelled"] or entry["of_entry"] in left_out or entry["kind"] in CHANGES:
            left_out.add(entry["entry_id"])
            continue
        files.add("programme", entry_row(entry), entry["notes"])


def entry_row(entry: Answer) -> Answer:
    """Give the cells of an entry of a programme."""
    return {
        **entry,
        "coordinating_unit_codes": _listed(entry["coordinating_unit_codes"]),
        "needs_acceptance": ANSWERS.get(entry["needs_acceptance"]),
        "figures": _numbers(entry["figures"]),
    }


def _communications(services: Services, files: CsvFiles, folder: Path) -> None:
    for page_result in pages(services, "campaigns", "/communications"):
        files.add("communications", communication_row(page_result), page_result["notes"])
        number = page_result["communication_id"]
        for evidence in page_result["evidence"]:
            kept = evidence["size"] is not None and not evidence["erased"]
            file = evidence_files.fetch(services, number, evidence["evidence_id"], folder) if kept else None
            files.add("evidence", {**evidence, "communication_id": number, "file": file})


def communication_row(communication: Answer) -> Answer:
    """Give the cells of a communication."""
    feedback, verified = communication["feedback"] or {}, communication["verification"] or {}
    counts = {f"comments_{name}": feedback.get(name) for name in ("received", "accepted", "explained")}
    return {
        **communication,
        **counts,
        "explanation_url": feedback.get("explanation_url"),
        "explained_on": feedback.get("explained_on"),
        "verified_on": verified.get("verified_on"),
        "verified_by_unit_code": verified.get("by_unit_code"),
        "verified_note": verified.get("note"),
        "policy_no": _listed(communication["policies"]),
        "content": None if communication["content"] is None else _listed(communication["content"]),
        **{
            name: written_words(communication[name] or ())
            for name in ("coordinating_units", "audience", "area")
        },
    }


def _recipients(services: Services, files: CsvFiles) -> None:
    try:
        for page_result in pages(services, "notifier", "/recipients"):
            files.add("recipients", page_result)
    except ServiceRefused as refusal:
        if refusal.status not in FORBIDDEN:
            raise
        print_text(NO_RECIPIENTS, style="yellow")


def _numbers(by_name: Answer | None) -> str:
    """Write numbers so that `numbers_by_name` reads them."""
    return "; ".join(f"{name}: {number}" for name, number in (by_name or {}).items())


def _listed(values: Any) -> str:
    return ";".join(str(value) for value in values)
