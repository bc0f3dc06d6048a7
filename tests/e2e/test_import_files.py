"""Files around the cases: columns of people, empty rows and footers, names of files and sheets that are almost right."""

from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli.client import Services
from deploy.cli.data import sources as sheets
from deploy.cli.data.sources import Choices
from tests.support.platform.imports import CASES, imported

DRAFT = ("provincial_resolution", "STP-X", "law_2025_amended", "yes", "local_plan")


@pytest.mark.timeout(300)
def test_columns_of_people_are_left_out_or_pass_the_gate(services: Services, tmp_path: Path) -> None:
    text = (CASES / "f06-personal-data" / "drafts.csv").read_text(encoding="utf-8")
    text = text.replace("gop.y@example.vn", "Sở Tư pháp")
    (tmp_path / "drafts.csv").write_text(text, encoding="utf-8")
    for names in ("Điện thoại", "CCCD", "Người xử lý,CCCD"):
        report = imported(services, tmp_path, Choices(keep_notes=frozenset(names.split(","))))
        assert report.refused == [("drafts.csv", 2, names.rpartition(",")[2])]
    report = imported(services, tmp_path)
    assert (report.refused, report.taken("drafts.csv")) == ([], 1)
    assert "“Người xử lý”, “Điện thoại”, “CCCD”" in report.notes
    assert services.get("registry", "/drafts/X-PD")["notes"] == {}


def test_empty_and_signature_rows_give_a_single_note_each(services: Services, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "drafts"
    book.active.append(
        ["STT", "draft_code", "title", "instrument", "lead_unit_code", "regime", "in_scope", "scope_basis"]
    )
    book.active.append([1, "X-FT", "Nghị quyết cuối bảng", *DRAFT])
    for row in (
        ["=A2+1"],
        [None, "Tổng cộng: 1"],
        [],
        [None, None, None, None, "Khánh Hòa, ngày 05 tháng 4 năm 2026"],
        [None, "Người lập biểu", None, None, None, "GIÁM ĐỐC"],
        [None, "Nguyễn Văn A", None, None, None, "Trần Thị B"],
    ):
        book.active.append(row)
    book.save(tmp_path / "all.xlsx")
    report = imported(services, tmp_path / "all.xlsx")
    assert (report.refused, report.taken("drafts")) == ([], 1)
    lines = [finding.line for finding in report.findings if not finding.refused and finding.line > 1]
    assert lines == [4, 6, 7, 8]


def test_many_empty_mandatory_cells_give_a_single_finding(services: Services, tmp_path: Path) -> None:
    (tmp_path / "drafts.csv").write_text("draft_code,title,instrument,lead_unit_code,regime\nX-1M,,,,\n")
    report = imported(services, tmp_path)
    assert report.refused == [("drafts.csv", 2, "")]
    assert "“title”, “instrument”, “lead_unit_code”, “regime”" in report.reasons
    assert not report.result.anything


@pytest.mark.parametrize("name", ["units.csv", "book.xlsm", "BOOK.XLSX"])
def test_a_single_file_with_a_good_name_is_taken(services: Services, tmp_path: Path, name: str) -> None:
    rows = [["code", "name", "level", "kind"], ["X-ONE", "Sở một", "provincial", "department"]]
    if name.endswith(".csv"):
        (tmp_path / name).write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        book.active.title = "units"
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / "made.xlsx")
        (tmp_path / "made.xlsx").rename(tmp_path / name)
    report = imported(services, tmp_path / name)
    assert (report.refused, sum(count.total() for count in report.result.counts.values())) == ([], 1)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(
            ("Drafts.csv", "drafts"),
            ("drafts.CSV", "drafts"),
            ("draft.csv", "drafts"),
            ("DRAFTS.csv", "drafts"),
        ),
        *(("drafts (1).csv", "drafts"), ("drafts - Copy.csv", "drafts"), ("drafts_2026.csv", "drafts")),
        *(
            ("du thao.csv", "drafts"),
            ("Dự thảo.csv", "drafts"),
            ("drafts.xlsx", "drafts"),
            ("drafts.ods", "drafts"),
        ),
        *(("comunications.csv", "communications"), ("stage.csv", "stages"), ("drafts.csv.txt", "drafts")),
        *(("notes.csv", None), ("field_notes.csv", None), ("logo.png", None), ("README.md", None)),
    ],
)
def test_a_file_with_a_like_name_is_asked_about(tmp_path: Path, name: str, meant: str | None) -> None:
    (tmp_path / "units.csv").write_text("code,name,level,kind\n", encoding="utf-8")
    (tmp_path / name).write_text("x\n", encoding="utf-8")
    source = sheets.read(tmp_path)
    assert dict(source.asked) == ({name: meant} if meant else {})


@pytest.mark.parametrize("title", ["DRAFTS", "Drafts", "draft", "Dự thảo", "drafts (2)"])
def test_a_page_with_a_like_name_is_asked_about(tmp_path: Path, title: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "units"
    book.create_sheet(title)
    book.create_sheet("Sheet3")
    book.save(tmp_path / "all.xlsx")
    source = sheets.read(tmp_path / "all.xlsx")
    assert (dict(source.asked), source.unknown) == ({title: "drafts"}, ["Sheet3"])
