"""Every way in which a file of an import can be wrong, each as a file, and what the import answers as a table."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]

from deploy.cli.client import Services
from deploy.cli.console import CommandError
from deploy.cli.data import importing, sources
from deploy.cli.data.result import Finding

Content = str | bytes | Sequence[Sequence[object]]  # rows make a workbook


@dataclass(frozen=True, slots=True)
class Case:
    """`what` is wrong with a file: rows, or the bytes of the sheet `book`, make a workbook."""

    what: str
    sheet: str
    content: Content


STAGES = "draft_code,stage,entered_on"
DRAFTS = "draft_code,title,instrument,lead_unit_code,regime"
UNITS = "code,name,level,kind,province_code,valid_from,valid_to"
POLICIES = "draft_code,policy_no,title"
TALKS = "draft_code,held_on,channel,title,policy_no"


def _stage(*cells: str) -> str:
    return f"{STAGES}\n{','.join(cells)}\n"


def _draft(*cells: str) -> str:
    return f"{DRAFTS}\n{','.join(cells)}\n"


def _talk(*cells: str) -> str:
    return f"{TALKS}\n{','.join(cells)}\n"


def _zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", bytes(16 << 20))
    return packed.getvalue()


CASES = (
    Case("UTF-16", "stages", _stage("VD-1", "drafting", "2026-03-02").encode("utf-16")),
    Case("Windows-1258", "policies", f"{POLICIES}\nVD-1,2,H\u00f4\u0303 tr\u01a1\u0323\n".encode("cp1258")),
    Case("TCVN3", "policies", f"{POLICIES}\nVD-1,2,H".encode() + b"\xe7 tr\xee\n"),
    Case("`;`", "stages", "draft_code;stage;entered_on\nVD-1;drafting;2026-03-02\n"),
    Case("tab", "stages", "draft_code\tstage\tentered_on\nVD-1\tdrafting\t2026-03-02\n"),
    Case("tệp trống / empty", "stages", ""),
    Case("thiếu cột / column missing", "stages", "draft_code,Stage,entered_on\nVD-1,drafting,2026-03-02\n"),
    Case("trùng cột / column twice", "stages", f"{STAGES},stage\nVD-1,drafting,2026-03-02,drafting\n"),
    Case("ô thừa / cell too many", "stages", _stage("VD-1", "drafting", "2026-03-02", "x")),
    Case("dấu ngoặc kép / quotes", "policies", f'{POLICIES}\nVD-1,2,"Hỗ trợ"x\n'),
    Case("XLSX đổi tên / renamed", "stages", b"PK\x03\x04\x14\x00"),
    Case("giai đoạn lạ / unknown stage", "stages", _stage("VD-1", "Thẩm định", "2026-03-02")),
    Case(
        "kênh lạ / unknown channel", "communications", _talk("VD-1", "2026-03-03", "radio", "Phát thanh", "1")
    ),
    Case("hình thức lạ / unknown instrument", "drafts", _draft("VD-7", "T", "nghi dinh", "SO-A", "law_2025")),
    Case("31/02/2024", "stages", _stage("VD-1", "drafting", "31/02/2024")),
    Case("dd/mm/yyyy", "stages", _stage("VD-1", "drafting", "15/02/2024")),
    Case("số Excel / serial", "stages", _stage("VD-1", "drafting", "45337")),
    Case("tương lai / future", "stages", _stage("VD-1", "drafting", "2035-01-01")),
    Case("sau khi kết thúc / after the end", "stages", _stage("VD-9", "drafting", "2026-03-09")),
    Case("đơn vị chưa có / unknown unit", "drafts", _draft("VD-7", "T", "decree", "KHONG-CO", "law_2025")),
    Case("dự thảo chưa có / unknown draft", "stages", _stage("VD-404", "drafting", "2026-03-02")),
    Case(
        "chính sách chưa có / unknown policy",
        "communications",
        _talk("VD-1", "2026-03-03", "radio_tv", "P", "7"),
    ),
    Case(
        "năm quá xa / year too far",
        "activities",
        "draft_code,planned_on,channel\nVD-1,2035-08-20,dialogue\n",
    ),
    Case(
        "đơn vị phụ trách chưa có / unknown responsible unit",
        "activities",
        "draft_code,planned_on,responsible_unit_code\nVD-1,2026-08-20,KHONG-CO\n",
    ),
    Case(
        "ngày phê duyệt / approved tomorrow",
        "plans",
        "draft_code,document,approved_on\nVD-1,1/KH,2035-01-01\n",
    ),
    Case(
        "loại lạ / unknown kind",
        "programme",
        "unit_code,year,kind,title\nSO-A,2026,obstacle,Thiếu kinh phí\n",
    ),
    Case(
        "trả lời điều chưa nêu / answer to nothing",
        "programme",
        "unit_code,year,kind,title\nSO-A,2026,obstacle_answered,Thiếu nhân lực\n",
    ),
    Case(
        "địa chỉ thư / e-mail address",
        "programme",
        "unit_code,year,kind,title\nSO-A,2026,reporter_listed,a.nguyen@example.vn\n",
    ),
    Case("số điện thoại / telephone", "policies", f"{POLICIES}\nVD-1,2,Liên hệ 0912 345 678\n"),
    Case("số định danh / identity number", "policies", f"{POLICIES}\nVD-1,2,CCCD 079099001234\n"),
    Case("phông TCVN3 / font of TCVN3", "policies", f"{POLICIES}\nVD-1,2,QuyÕt ®Þnh\n"),
    Case("phông VNI / font of VNI", "policies", f"{POLICIES}\nVD-1,2,Quyeát ñònh\n"),
    Case("mất chữ / letters lost", "policies", f"{POLICIES}\nVD-1,2,Quy?t ??nh\n"),
    Case("U+FFFD", "policies", f"{POLICIES}\nVD-1,2,Quy\ufffdt định\n"),
    Case("đọc sai bảng mã / decoded wrongly", "policies", f"{POLICIES}\nVD-1,2,Quyáº¿t Ä‘á»‹nh\n"),
    Case("tháng bằng chữ / month in words", "stages", _stage("VD-1", "drafting", "tháng 3/2024")),
    Case("ngày bằng chữ / day in words", "stages", _stage("VD-1", "drafting", "ngày 05 tháng 4 năm 2024")),
    Case("Có / x / TRUE", "drafts", f"{DRAFTS},in_scope\nVD-7,T,decree,SO-A,law_2025,Có\n"),
    Case(
        "viết tắt / abbreviations", "drafts", _draft("VD-7", "T", "Nghị quyết HĐND tỉnh", "SO-A", "law_2025")
    ),
    Case(
        "số có dấu nhóm / grouped digits",
        "programme",
        "unit_code,year,kind,title,amount\nSO-A,2026,plan_adopted,K,1.500.000\n",
    ),
    Case("hộp thư sai / bad mailbox", "recipients", "unit_code,role,email\nSO-A,head,stp@angiang\n"),
    Case("nhiều ô trống / several empty cells", "drafts", f"{DRAFTS}\nVD-7,,,,\n"),
    Case(
        "thiếu nhiều cột / columns missing",
        "drafts",
        "Mã dự thảo,Tên gọi văn bản,Hình thức,instrument\nVD-7,T,x,decree\n",
    ),
    Case("ô lô-gích / boolean", "drafts", (DRAFTS.split(","), ("VD-7", True, "decree", "SO-A", "law_2025"))),
    Case(
        "chữ thành ngày / text made a date",
        "drafts",
        (
            (*DRAFTS.split(","), "final_number"),
            ("VD-7", "T", "decree", "SO-A", "law_2025", date(2024, 12, 1)),
        ),
    ),
    Case(
        "mã thập phân / decimal code",
        "drafts",
        (DRAFTS.split(","), (2026.1, "T", "decree", "SO-A", "law_2025")),
    ),
    Case("lỗi công thức / formula error", "stages", (STAGES.split(","), ("VD-1", "drafting", "#REF!"))),
    Case(
        "mã băm / digest",
        "evidence",
        "communication_id,sha256\n9a0f3c1e-8f3e-5d6a-9d1c-2f4b6a8c0e12,abc\n",
    ),
    Case(
        "tiếp thu nhiều hơn nhận / more taken up than came",
        "communications",
        "draft_code,held_on,channel,title,comments_received,comments_accepted\n"
        "VD-1,2026-03-04,dialogue,Đối thoại,3,4\n",
    ),
    Case("mã tỉnh / province", "units", f"{UNITS}\nVD-P,Sở P,provincial,department,1,,\n"),
    Case(
        "tỉnh đã sáp nhập / merged province",
        "units",
        f"{UNITS}\nVD-P,Sở P,provincial,department,27,2025-07-01,\n",
    ),
    Case(
        "hết trước khi có / ends before it begins",
        "units",
        f"{UNITS}\nVD-P,Sở P,provincial,department,,2026-01-01,2025-01-01\n",
    ),
    Case(
        "cấp huyện / district", "units", f"{UNITS}\nVD-P,Huyện P,district,district_committee,,2025-08-01,\n"
    ),
    Case(
        "kế thừa chính mình / succeeds itself",
        "unit_successions",
        "from_code,to_code,kind,date\nSO-A,SO-A,merge,2025-08-01\n",
    ),
    Case(
        "tự theo dõi / supervises itself",
        "supervision",
        "unit_code,supervisor_code,kind,from\nSO-A,SO-A,justice_body,2025-08-01\n",
    ),
    Case(
        "cơ quan theo dõi chưa có / unknown supervisor",
        "supervision",
        "unit_code,supervisor_code,kind,from\nSO-A,SO-Z,justice_body,2025-08-01\n",
    ),
    Case(
        "giao theo dõi không ghi cơ quan / no supervisor",
        "supervision",
        "unit_code,supervisor_code,kind,from\nSO-A,,justice_body,2025-08-01\n",
    ),
    Case("tỷ lệ hai nghĩa / two readings", "targets", "unit_code,year,target_percent\nSO-A,2025,0.7\n"),
    Case("ô trống / empty cell", "policies", f"{POLICIES}\nVD-1,2,\n"),
    Case("mã sai / bad code", "units", "code,name,level,kind\nsở a,Sở A,provincial,department\n"),
    Case("không phải số / no number", "policies", f"{POLICIES}\nVD-1,một,Chính sách\n"),
    Case("trùng mã, khác nội dung / twice, differs", "policies", f"{POLICIES}\nVD-1,1,Khác\n"),
    Case("ký tự điều khiển / control character", "policies", f"{POLICIES}\nVD-1,2,Hỗ\u0007trợ\n"),
    Case("10.000 ký tự / characters", "policies", f"{POLICIES}\nVD-1,2,{'a' * 10_000}\n"),
    Case("bom nén / zip bomb", "book", _zip_bomb()),
    Case("XLSX hỏng / damaged", "book", b"no workbook"),
    Case("công thức XLSX / formula", "stages", (STAGES.split(","), ("VD-1", "drafting", "=TODAY()"))),
)


def written(case: Case, folder: Path) -> Path:
    folder.mkdir()
    if case.sheet == "book" and isinstance(case.content, bytes):
        (folder / "book.xlsx").write_bytes(case.content)
        return folder / "book.xlsx"
    if isinstance(case.content, str | bytes):
        content = case.content.encode() if isinstance(case.content, str) else case.content
        (folder / f"{case.sheet}.csv").write_bytes(content)
        return folder
    book = openpyxl.Workbook()
    book.active.title = case.sheet
    for row in case.content:
        book.active.append(row)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def answers(path: Path, services: Services) -> list[Finding]:
    """Import for real, and give what was said."""
    findings: list[Finding] = []
    try:
        importing.import_source(
            sources.read(path), None, services, lambda _label, _rows: None, findings.append
        )
    except CommandError as error:
        return [Finding(path.name, 0, "", "", error.message)]
    return findings


def table(ask: Callable[[Case], list[Finding]]) -> Iterator[str]:
    yield "| sai ở đâu / what is wrong | tệp, dòng, cột / file, line, column | giá trị / value | trả lời / answer |"
    yield "|---|---|---|---|"
    for case in CASES:
        for finding in ask(case):
            where = ", ".join(
                part for part in (finding.label, str(finding.line or ""), finding.column) if part
            )
            value = f"`{finding.value}`" if finding.value else ""
            cells = (case.what, where, value, f"{finding.why.vi}<br>{finding.why.en}")
            yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
