"""Writes what the services know as the files that the import takes."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.columns import COLUMNS, ORDER
from deploy.cli.console import Said, count, out, say
from deploy.cli.textfile import escaped
from shared.contracts.vocabulary import SuccessionKind
from shared.errors import Text

PAGE = 500
FORBIDDEN = frozenset({401, 403})
Answer = Mapping[str, Any]

LEFT_OUT = Text(
    "Không thuộc mẫu nhập nên không xuất: lịch sử sửa đổi, đổi tên, các lần chuyển giao, hoạt động đã hủy và "
    "truyền thông đã thu hồi.",
    "Left out, for the import format has no place for them: the history of changes, renamings, transfers, "
    "cancelled activities and retracted communications.",
)
NO_RECIPIENTS = Text(
    "Không xuất hộp thư nhận: mã truy cập không có quyền xem dữ liệu cá nhân.",
    "Recipients are left out: the token may not see personal data.",
)


TO_KEEP = Text(
    "Có cột ghi chú ngoài mẫu; khi nhập lại, thêm --keep-notes '{names}'.",
    "There are columns of notes beyond the format; to import them again, add --keep-notes '{names}'.",
)


def export(services: Services, folder: Path) -> None:
    """Write each file that has rows; refuses a folder that holds some of them already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Said(
            f"{folder} đã có dữ liệu; hãy chọn một thư mục mới hoặc trống.",
            f"{folder} is not empty; name a new or an empty folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with Files(folder) as files:
        _units(services, files)
        _drafts(services, files)
        if "campaigns" in services.current.urls:
            _programmes(services, files)
        if "notifier" in services.current.urls:
            _recipients(services, files)
    for name, number in files.written.items():
        out.print(f"{name}.csv: {count(number)} dòng / rows", markup=False)
    say(LEFT_OUT, style="yellow")
    if columns := files.note_columns:
        names = listed(columns)
        say(Text(TO_KEEP.vi.format(names=names), TO_KEEP.en.format(names=names)), style="yellow")


class Files:
    """Rows by file, set down as they come: which columns of notes there are is known at the end only."""

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
        known = {column: row[column] for column in COLUMNS[name].known if row.get(column) is not None}
        extra = {column: text for column, text in (notes or {}).items() if column not in COLUMNS[name].known}
        self._notes.setdefault(name, {}).update(dict.fromkeys(sorted(extra)))
        self._open[name].write(json.dumps({**known, **extra}, ensure_ascii=False) + "\n")
        self.written[name] = self.written.get(name, 0) + 1

    @property
    def note_columns(self) -> list[str]:
        return sorted({name for columns in self._notes.values() for name in columns})

    def _rows(self, name: str) -> Path:
        return Path(self._kept.name) / f"{name}.ndjson"

    def _write(self, name: str) -> None:
        columns = [*COLUMNS[name].known, *self._notes[name]]
        with (
            self._rows(name).open(encoding="utf-8") as rows,
            (self._folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writerow({name: escaped(name) for name in columns})
            for row in rows:
                writer.writerow({name: _cell(value) for name, value in json.loads(row).items()})


def listed(names: Sequence[str]) -> str:
    """Write names as `--keep-notes` takes them: separated by commas, quoted where they hold one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _cell(value: object) -> object:
    return escaped(value) if isinstance(value, str) else value


def _pages(services: Services, service: str, path: str) -> Iterator[Answer]:
    cursor, read = None, 0
    while True:
        page = services.get(service, path, limit=PAGE, cursor=cursor)
        yield from page["items"]
        read += len(page["items"])
        if len(page["items"]) == PAGE:  # a long list: show that it goes on
            out.print(f"{path}: {count(read)}…", markup=False, style="dim")
        if (cursor := page["next"]) is None:
            return


def _units(services: Services, files: Files) -> None:
    for unit in _pages(services, "registry", "/unit-records"):
        code = unit["unit_code"]
        files.add("units", {**unit, "code": code, "name": unit["unit_name"]}, unit["notes"])
        for one in unit["successions"]:
            files.add(
                "unit_successions",
                {"kind": SuccessionKind.DISSOLVE, **_said(one), "from_code": code},
                one["notes"],
            )
        for target in unit["targets"]:
            files.add("targets", {**target, "unit_code": code}, target["notes"])


def _said(answer: Answer) -> Answer:
    return {name: value for name, value in answer.items() if value is not None}


def _drafts(services: Services, files: Files) -> None:
    for listed in _pages(services, "registry", "/drafts"):
        code = listed["draft_code"]
        draft = services.get("registry", f"/drafts/{code}")
        of_draft = {"draft_code": code}
        document = (draft["procedure_decision"] or {}).get("document")
        files.add(
            "drafts", {**(draft["scope"] or {}), **draft, "procedure_document": document}, draft["notes"]
        )
        for policy in draft["policies"]:
            groups = _listed(policy["affected_groups"])
            files.add("policies", {**policy, **of_draft, "affected_groups": groups}, policy["notes"])
        for entry in _as_recorded(services, code, draft["stages"]):
            files.add("stages", {**entry, **of_draft}, entry["notes"])
        for exemption in draft["exemptions"]:
            stages = _listed(exemption["stages"]) or "*"
            files.add("exemptions", {**exemption, **of_draft, "stages": stages}, exemption["notes"])
        for posting in draft["postings"]:
            ends = _listed(one["closes_on"] for one in posting["extensions"])
            files.add("postings", {**posting, **of_draft, "extended_to": ends}, posting["notes"])
        if "campaigns" in services.current.urls:
            _plan(services, files, code)
            _communications(services, files, code)


def _as_recorded(services: Services, code: str, stages: list[Answer]) -> list[Answer]:
    """Order entries as they were recorded: one that came late is late again, a resumed stage resumed again."""
    if not stages:
        return []
    events = services.get("registry", f"/drafts/{code}/history")["events"]
    places = {event["event_id"]: event["position"] for event in events}
    sources = {event["event_id"]: event["data"].get("source") for event in events}
    ordered = sorted(stages, key=lambda entry: places.get(entry["entry_id"], 0))
    return [{**entry, "source": sources.get(entry["entry_id"])} for entry in ordered]


def _plan(services: Services, files: Files, code: str) -> None:
    plan = services.get("campaigns", f"/drafts/{code}/plan")
    if approved := plan["approved"]:
        files.add("plans", {**approved, "draft_code": code}, approved["notes"])
    for activity in plan["activities"]:
        if activity["state"] != "cancelled":
            files.add("activities", activity, activity["notes"])


def _programmes(services: Services, files: Files) -> None:
    for entry in _pages(services, "campaigns", "/programme"):
        units = _listed(entry["coordinating_unit_codes"])
        files.add("programme", {**entry, "coordinating_unit_codes": units}, entry["notes"])


def _communications(services: Services, files: Files, code: str) -> None:
    for found in _pages(services, "campaigns", f"/drafts/{code}/communications"):
        files.add("communications", _communication(found), found["notes"])
        for evidence in found["evidence"]:
            files.add("evidence", {**evidence, "communication_id": found["communication_id"]})


def _communication(found: Answer) -> Answer:
    feedback, verified = found["feedback"] or {}, found["verification"] or {}
    counts = {f"comments_{name}": feedback.get(name) for name in ("received", "accepted", "explained")}
    return {
        **found,
        **counts,
        "explanation_url": feedback.get("explanation_url"),
        "explained_on": feedback.get("explained_on"),
        "verified_on": verified.get("verified_on"),
        "verified_by_unit_code": verified.get("by_unit_code"),
        "policy_no": _listed(found["policies"]),
        "content": None if found["content"] is None else _listed(found["content"]),
    }


def _recipients(services: Services, files: Files) -> None:
    try:
        for found in _pages(services, "notifier", "/recipients"):
            files.add("recipients", found)
    except ServiceRefused as refusal:
        if refusal.status not in FORBIDDEN:
            raise
        say(NO_RECIPIENTS, style="yellow")


def _listed(values: Any) -> str:
    return ";".join(str(value) for value in values)
