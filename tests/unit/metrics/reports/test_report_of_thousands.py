"""The report of a whole country: the files of 5,000 drafts are made in seconds of a processor, and programs open them."""

import time
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook  # type: ignore[import-untyped]

from services.metrics.adapters.reports.document import document
from services.metrics.adapters.reports.make_template import ROWS_OF_A_PART
from services.metrics.adapters.reports.tables import COLUMNS
from services.metrics.adapters.reports.views import report_view
from services.metrics.adapters.reports.workbook import workbook
from shared.rules.verdicts import PolicyVerdict
from tests.support.timing import nothing_collected
from tests.unit.metrics.made_up import MadeUp, a_cell, a_gap
from tests.unit.metrics.reports.test_report import a_member, a_policy, asked
from tests.unit.metrics.reports.test_report_in_office import converted

DRAFTS = 5_000
POLICIES = 2  # of a draft
LACKING = 500
MOST_SECONDS = 10.0  # of a processor, for each file from the rows of the read model on
FIRST = date(2026, 1, 5)
TITLE = "Nghị quyết quy định chính sách hỗ trợ đặc thù về phát triển nhà ở xã hội trên địa bàn tỉnh số {}"


@pytest.fixture(scope="module")
def country() -> MadeUp:
    codes = [f"VD-{number:04}" for number in range(DRAFTS)]
    met = DRAFTS * POLICIES
    return MadeUp(
        [a_cell("BXD", met=met, begun=met, drafts=DRAFTS)],
        [a_gap(code, "BXD", FIRST, 1, title=TITLE.format(code)) for code in codes[:LACKING]],
        made_policies=[
            a_policy(code, number, PolicyVerdict.MET, draft_title=TITLE.format(code))
            for code in codes
            for number in range(1, POLICIES + 1)
        ],
        made_members=[
            a_member(1 + place, code, held_on=FIRST + timedelta(days=place % 60), attendance=place)
            for place, code in enumerate(codes * 2)
        ],
    )


@pytest.fixture(scope="module")
async def files(country: MadeUp) -> dict[str, tuple[float, bytes]]:
    """Make both files from the rows, each with the seconds of a processor that this thread took."""
    made = {}
    for name, make in (("xlsx", workbook), ("docx", document)):
        with nothing_collected():
            started = time.thread_time()
            content = make(report_view(await asked(country), "rules"))
            made[name] = time.thread_time() - started, content
    return made


@pytest.mark.parametrize("name", ["xlsx", "docx"])
def test_a_file_of_5000_drafts_takes_seconds(files: dict[str, tuple[float, bytes]], name: str) -> None:
    seconds, content = files[name]
    print(f"{name}: {seconds:.1f} s of a processor, {len(content) / 1e6:.1f} MB")  # noqa: T201  shown with -s
    assert seconds < MOST_SECONDS


def test_the_workbook_has_every_draft(files: dict[str, tuple[float, bytes]]) -> None:
    book = load_workbook(BytesIO(files["xlsx"][1]), read_only=True, data_only=True)
    rows = list(book["Dự thảo"].iter_rows(values_only=True))
    codes = [row[1] for row in rows if isinstance(row[0], int)]
    assert codes == [f"VD-{number:04}" for number in range(DRAFTS)]
    total = dict(zip((column.key for column in COLUMNS["drafts"]), rows[-1], strict=False))
    assert (total["policies"], total["judged"]) == (DRAFTS * POLICIES, DRAFTS * POLICIES)


def test_the_document_has_every_draft(files: dict[str, tuple[float, bytes]]) -> None:
    tables = Document(BytesIO(files["docx"][1])).tables
    heading = [cell.text for cell in tables[-1].rows[0].cells]
    parts = [table._tbl.tr_lst for table in tables if [cell.text for cell in table.rows[0].cells] == heading]
    rows = [row for part in parts for row in part[1:]]
    assert len(rows) == DRAFTS + 1  # and the totals
    assert max(map(len, parts)) <= 1 + ROWS_OF_A_PART + 1  # one long table takes LibreOffice minutes
    assert TITLE.format("VD-4999") in "".join(rows[-2].itertext())


@pytest.mark.office
@pytest.mark.timeout(300)
def test_libreoffice_opens_the_workbook(tmp_path: Path, files: dict[str, tuple[float, bytes]]) -> None:
    file = tmp_path / "report.xlsx"
    file.write_bytes(files["xlsx"][1])
    book = load_workbook(converted(file, "xlsx"), read_only=True, data_only=True)
    assert sum(isinstance(row[0], int) for row in book["Dự thảo"].iter_rows(values_only=True)) == DRAFTS


@pytest.mark.office
@pytest.mark.timeout(300)
def test_libreoffice_opens_the_document(tmp_path: Path, files: dict[str, tuple[float, bytes]]) -> None:
    file = tmp_path / "report.docx"
    file.write_bytes(files["docx"][1])
    assert TITLE.format("VD-4999") in converted(file, "txt").read_text(errors="replace")
