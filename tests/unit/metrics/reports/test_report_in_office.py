"""LibreOffice opens the report's files, and reckons the same totals and rates as were written."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from services.metrics.adapters.reports.document import document
from services.metrics.adapters.reports.views import ReportView
from services.metrics.adapters.reports.workbook import workbook
from tests.unit.metrics.reports.test_report import view

__all__ = ["view"]  # the fixture
pytestmark = pytest.mark.office


def converted(file: Path, kind: str) -> Path:
    """Open a file in LibreOffice with a profile of its own, and save it as another kind."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program is not None, "LibreOffice is not installed"
    folder = file.parent
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind]
    with subprocess.Popen(
        [*command, "--outdir", folder / kind, file],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the program starts others, which have to end with it
    ) as opening:
        try:
            assert opening.wait(110) == 0
        finally:
            with suppress(ProcessLookupError):
                os.killpg(opening.pid, signal.SIGKILL)
    return folder / kind / f"{file.stem}.{kind}"


def test_the_workbook_is_reckoned_to_the_same_values(tmp_path: Path, view: ReportView) -> None:
    file = tmp_path / "report.xlsx"
    file.write_bytes(workbook(view))
    before = load_workbook(file, data_only=True)
    formulas = load_workbook(file)
    bare = tmp_path / "bare" / "report.xlsx"
    bare.parent.mkdir()
    formulas.save(bare)  # without the results, so LibreOffice has to reckon
    assert load_workbook(bare, data_only=True)["Cơ quan chủ trì soạn thảo"]["B5"].value is None
    after = load_workbook(converted(bare, "xlsx"), data_only=True)
    checked = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                written, reckoned = (book[sheet.title][cell.coordinate].value for book in (before, after))
                if cell.data_type == "f":
                    checked += 1
                    assert (reckoned or 0) == pytest.approx(written or 0), (sheet.title, cell.coordinate)
    assert checked > 20


def test_the_document_opens(tmp_path: Path, view: ReportView) -> None:
    file = tmp_path / "report.docx"
    file.write_bytes(document(view))
    assert converted(file, "pdf").stat().st_size > 10_000
