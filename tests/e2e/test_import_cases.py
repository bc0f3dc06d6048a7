"""Files of real offices, each with one kind of fault: nothing wrong goes in, and each fault is named with what to do."""

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.console import CommandError
from deploy.cli.data import importing
from deploy.cli.data import sources as sheets
from deploy.cli.data.result import Finding, Result
from deploy.cli.data.sources import Choices
from deploy.local.state import Current
from tests.support.platform.home import Home

CASES = Path(__file__).parent / "cases"
DRAFT = ("provincial_resolution", "STP-X", "law_2025_amended", "yes", "local_plan")
HEADER = ("draft_code", "title", "instrument", "lead_unit_code", "regime", "in_scope", "scope_basis")


@dataclass(slots=True)
class ImportReport:
    """What an import answered."""

    result: Result = field(default_factory=Result)
    findings: list[Finding] = field(default_factory=list)
    text: str = ""

    @property
    def refused(self) -> list[tuple[str, int, str]]:
        return [(finding.label, finding.line, finding.column) for finding in self.findings if finding.refused]

    @property
    def notes(self) -> str:
        return "\n".join(
            f"{finding.why.vi}\n{finding.why.en}" for finding in self.findings if not finding.refused
        )

    @property
    def reasons(self) -> str:
        return "\n".join(
            f"{finding.why.vi}\n{finding.why.en}" for finding in self.findings if finding.refused
        )

    def taken(self, label: str) -> int:
        return self.result.counts[label]["taken"] + self.result.counts[label]["unchanged"]


Import = Callable[..., ImportReport]


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder))
        run = home.up()
        with Services(Current(urls=home.current["urls"], token=home.current["token"])) as services:
            assert not carried(services, CASES / "base").refused
            yield services
        assert home.stop(run) == 0, home.output()


def carried(services: Services, path: Path, choices: Choices = sheets.NO_CHOICES) -> ImportReport:
    report = ImportReport()
    try:
        source = sheets.read(path, choices)
        report.result = importing.import_source(
            source, None, services, lambda _label, _rows: None, report.findings.append
        )
    except CommandError as error:
        report.text = f"{error.message.vi}\n{error.message.en}"
    return report


@pytest.mark.timeout(300)
def test_a_month_is_a_month_and_a_percentage_a_percentage(services: Services) -> None:
    assert carried(services, CASES / "f01-month-cell.xlsx").result.complete
    stages = services.get("registry", "/drafts/X-1")["stages"]
    assert [(stage["entered_on"], stage["precision"]) for stage in stages] == [("2025-09-01", "month")]
    assert carried(services, CASES / "f02-percent-cell.xlsx").result.complete
    targets = services.get("registry", "/units/STP-X")["targets"]
    assert [(target["year"], target["target_percent"]) for target in targets] == [(2026, 70.0)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("case", "refused", "words"),
    [
        ("f03-question-marks", [("drafts.csv", 2, "title")], ["dấu “?”", "CSV UTF-8"]),
        ("f03-tcvn3-as-unicode", [("drafts.csv", 2, "title")], ["TCVN3", ".VnTime", "Unicode"]),
        ("f06-personal-data", [("drafts.csv", 2, "title")], ["địa chỉ thư điện tử", "gop.y@example.vn"]),
        ("f12-boolean-title.xlsx", [("drafts", 2, "title")], ["“TRUE”", "Văn bản (Text)"]),
        ("f12-number-becomes-date.xlsx", [("drafts", 2, "final_number")], ["“2024-12-01”", "Text"]),
        (
            "f14-vn-headings.xlsx",
            [("drafts", 1, "")],
            ["“draft_code” (“Mã dự thảo”?)", "“regime” (“Luật áp dụng”?)"],
        ),
        ("f17-file-name", [("Drafts.csv", 0, "")], ["có phải drafts?"]),
        ("f18-email-message", [("recipients.csv", 2, "email")], ["địa chỉ thư điện tử đầy đủ"]),
        ("f19-hidden.xlsx", [("drafts", 2, ""), ("stages", 0, "")], ["--take-hidden", "bị ẩn"]),
        (
            "f20-months-vn",
            [("stages.csv", line, "entered_on") for line in (2, 3, 4, 5)],
            ["ghi 2024-03", "ghi 2024-04-05"],
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    services: Services, case: str, refused: list[tuple[str, int, str]], words: list[str]
) -> None:
    report = carried(services, CASES / case)
    assert (report.refused, report.result.complete) == (refused, False)
    assert [word for word in words if word not in report.reasons] == []


@pytest.mark.timeout(300)
def test_what_is_understood_is_taken_and_reported(services: Services) -> None:
    titles = carried(services, CASES / "f13-title-rows.xlsx")
    assert (titles.refused, titles.taken("drafts")) == ([], 1)
    assert "3 dòng phía trên" not in titles.notes  # one of the three is empty
    assert "2 dòng phía trên" in titles.notes
    merged = carried(services, CASES / "f15-merged-down.xlsx")
    assert (merged.refused, merged.taken("drafts")) == ([], 2)
    assert "D2:D3" in merged.notes
    assert services.get("registry", "/drafts/X-G2")["lead_unit_code"] == "STP-X"
    numbered = carried(services, CASES / "f16-formula-in-stt.xlsx")
    assert (numbered.refused, numbered.taken("drafts")) == ([], 2)


@pytest.mark.timeout(300)
def test_columns_of_people_are_left_out_or_pass_the_gate(services: Services, tmp_path: Path) -> None:
    text = (CASES / "f06-personal-data" / "drafts.csv").read_text(encoding="utf-8")
    text = text.replace("gop.y@example.vn", "Sở Tư pháp")
    (tmp_path / "drafts.csv").write_text(text, encoding="utf-8")
    for names in ("Điện thoại", "CCCD", "Người xử lý,CCCD"):
        report = carried(services, tmp_path, Choices(keep_notes=frozenset(names.split(","))))
        assert report.refused == [("drafts.csv", 2, names.rpartition(",")[2])]
    report = carried(services, tmp_path)
    assert (report.refused, report.taken("drafts.csv")) == ([], 1)
    assert "“Người xử lý”, “Điện thoại”, “CCCD”" in report.notes
    assert services.get("registry", "/drafts/X-PD")["notes"] == {}


@pytest.mark.timeout(300)
def test_a_hidden_row_and_sheet_are_taken_on_request(services: Services) -> None:
    report = carried(services, CASES / "f19-hidden.xlsx", Choices(take_hidden=True))
    assert (report.refused, report.taken("drafts"), report.taken("stages")) == ([], 1, 1)


def test_empty_and_signature_rows_give_a_single_note_each(services: Services, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "drafts"
    book.active.append(["STT", *HEADER])
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
    report = carried(services, tmp_path / "all.xlsx")
    assert (report.refused, report.taken("drafts")) == ([], 1)
    lines = [finding.line for finding in report.findings if not finding.refused and finding.line > 1]
    assert lines == [4, 6, 7, 8]


def test_many_empty_mandatory_cells_give_a_single_finding(services: Services, tmp_path: Path) -> None:
    (tmp_path / "drafts.csv").write_text("draft_code,title,instrument,lead_unit_code,regime\nX-1M,,,,\n")
    report = carried(services, tmp_path)
    assert report.refused == [("drafts.csv", 2, "")]
    assert "“title”, “instrument”, “lead_unit_code”, “regime”" in report.reasons
    assert not report.result.anything


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


def packed(path: Path, **parts: bytes) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xls", OLE + "Workbook".encode("utf-16-le"), ["Excel đời cũ", ".xlsx"]),
        ("a.xlsx", OLE + "Workbook".encode("utf-16-le"), ["Excel đời cũ"]),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), ["mật khẩu", "bỏ mật khẩu"]),
        ("a.xls", b"<html><table><tr><td>x", ["HTML", ".xlsx"]),
        ("a.ods", {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, ["OpenDocument", ".xlsx"]),
        ("a.xlsx", {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, ["OpenDocument"]),
        ("a.xlsb", {"xl__workbook_dot_bin": b""}, ["xlsb", ".xlsx"]),
        ("a.docx", {"word__document_dot_xml": b""}, ["Word", "chép bảng"]),
        ("a.xlsx", {"word__document_dot_xml": b""}, ["Word"]),
        ("a.zip", {"units_dot_csv": b""}, ["giải nén"]),
        ("a.pdf", b"%PDF-1.7\n", ["PDF", "chép bảng"]),
        ("a.xlsx", b"code,name\nA,B\n", ["tệp văn bản", "units.csv"]),
        ("danh sach.csv", b"code,name\nA,B\n", ["không cho biết đây là bảng nào"]),
        ("Drafts (1).csv", b"code,name\nA,B\n", ["Có phải là drafts.csv?"]),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_to_do(
    services: Services, tmp_path: Path, name: str, content: bytes | dict[str, bytes], words: list[str]
) -> None:
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        packed(tmp_path / name, **content)
    report = carried(services, tmp_path / name)
    assert [word for word in words if word not in report.text] == [], report.text


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
    report = carried(services, tmp_path / name)
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


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("case", "refused", "words"),
    [
        (
            "f10-zeros",
            [("units.csv", 2, "province_code")],
            ["có phải “01”?", "Văn bản (Text)", "is it '01'?"],
        ),
        (
            "f11-self-succession",
            [("unit_successions.csv", 2, "to_code")],
            ["STP-X → STP-X", "needs a new code"],
        ),
        (
            "f11-validity",
            [("units.csv", 2, "valid_to"), ("units.csv", 3, "valid_from")],
            ["01/01/2025 đứng trước ngày bắt đầu 01/01/2026", "không còn cấp huyện"],
        ),
    ],
)
def test_references_that_contradict_each_other_are_refused(
    services: Services, case: str, refused: list[tuple[str, int, str]], words: list[str]
) -> None:
    report = carried(services, CASES / case)
    assert (report.refused, report.result.complete) == (refused, False)
    assert [word for word in words if word not in report.reasons] == []


@pytest.mark.timeout(300)
def test_all_words_of_a_search_find_a_draft(services: Services, tmp_path: Path) -> None:
    assert carried(services, CASES / "f07-eth").result.complete
    (tmp_path / "drafts.csv").write_text(
        ",".join(HEADER) + "\n" + ",".join(("X-WD", "Nghị quyết về văn hóa thành phố Khánh Hòa", *DRAFT)),
        encoding="utf-8",
    )
    report = carried(services, tmp_path)
    assert report.result.complete
    for text, code in (("dong dang", "X-ETH"), ("đồng đăng", "X-ETH"), ("nghi quyet khanh hoa", "X-WD")):
        query = {"q": text, "min_position": report.result.position}
        items = services.get("registry", "/drafts", **query)["items"]
        assert [item["draft_code"] for item in items] == [code]


@pytest.mark.timeout(300)
def test_days_of_another_millennium_and_numbers_are_no_days(services: Services) -> None:
    report = carried(services, CASES / "f04-year-1024")
    assert (report.refused, report.result.complete) == ([("stages.csv", 2, "entered_on")], False)
    assert "05/04/1024, trước năm 1945" in report.reasons
    for day in (0, "1735689600", 1735689600, "2025-04-15 00:00", "20250415", "2025-W16-2", "1024-04-05"):
        with pytest.raises(ServiceRefused) as refused:
            services.post("registry", "/drafts/X-1/stages", {"stage": "appraisal", "entered_on": day})
        assert refused.value.status == 422
        assert "“entered_on”" in refused.value.message.vi
    for path, body in (
        (
            "/drafts/X-1/communications",
            {"held_on": "1025-03-01", "channel": "conference", "title": "Hội nghị"},
        ),
        ("/drafts/X-1/plan/activities", {"planned_on": "3025-03-01"}),
    ):
        with pytest.raises(ServiceRefused) as refused:
            services.post("campaigns", path, body)
        assert refused.value.status == 422
    succession = {"to_code": "SNV-X", "kind": "merge", "date": "1025-07-01"}
    with pytest.raises(ServiceRefused) as refused:
        services.post("registry", "/units/STP-X/successions", succession)
    assert "trước năm 1945" in refused.value.message.vi


def test_a_silence_that_names_nothing_is_refused(services: Services) -> None:
    with pytest.raises(ServiceRefused) as refused:
        services.post("notifier", "/silences", {"last_day": "2100-12-01", "reason": "tất cả"})
    assert (refused.value.status, "--all" in refused.value.message.vi) == (422, True)
    assert services.get("notifier", "/silences")["silences"] == []
