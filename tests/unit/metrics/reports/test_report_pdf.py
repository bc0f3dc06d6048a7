"""The report as a PDF: the numbers and texts of the document for Word, Vietnamese letters embedded, and who is refused when."""

import re
import sys
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from lxml import html  # type: ignore[import-untyped]
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.reports import paper
from services.metrics.adapters.reports.document import ENGLISH_TEMPLATE, TEMPLATE, document
from services.metrics.adapters.reports.paper import (
    PdfTooSlow,
    PdfUnavailable,
    TooLargeForPdf,
    page_of,
    printed,
)
from services.metrics.adapters.reports.printing import NO_LIBRARY
from services.metrics.adapters.reports.views import ReportView
from shared.kernel.errors import PermanentError
from tests.support.required import leave_out
from tests.unit.metrics.reports.test_report import EVIL, view

__all__ = ["view"]  # the fixture
VIETNAMESE_LETTERS = "ăâđêôơưằẵặẩẫậềễệồỗộờỡợừữựỹỵẠẢẤẦẨẪẬẮẰẲẴẶ"


async def made(view: ReportView, words: Words) -> PdfReader:
    try:
        return PdfReader(BytesIO(await printed(page_of(view, words))))
    except PdfUnavailable:
        leave_out("Pango is not installed (Debian: apt-get install libpangoft2-1.0-0)", "LOA_PANGO")


def letters(text: str) -> str:
    """Give a text without what a line break, a hyphen or a drawn line may add."""
    return re.sub(r"[\s\u00ad_]+", "", text)


@pytest.mark.parametrize(("language", "template"), [("vi", TEMPLATE), ("en", ENGLISH_TEMPLATE)])
async def test_it_has_every_text_and_number_of_the_document(
    view: ReportView, language: Any, template: Any
) -> None:
    """The page has the cells of the document one by one, and every word of them can be read from the PDF."""
    words = Words(language)
    word = Document(BytesIO(document(view, template, words)))
    rows = [[letters(cell.text) for cell in row.cells] for table in word.tables for row in table.rows]
    lines = [letters(line.text) for line in word.paragraphs if line.text.strip()]
    page = html.fromstring(page_of(view, words))
    written = [[letters(cell.text_content()) for cell in row.iter("td", "th")] for row in page.iter("tr")]
    assert len(rows) > 40
    assert sorted(row for row in written if any(row)) == sorted(row for row in rows if any(row))
    text = letters("".join(each.extract_text() for each in (await made(view, words)).pages))
    whole = letters(page.find("body").text_content())
    assert [line for line in lines if line not in whole] == []
    parts = {letters(part) for each in page.find("body").itertext() for part in each.split()}
    assert len(parts) > 300
    assert {part for part in parts if part not in text} == set()
    assert letters(EVIL) in text


async def test_fonts_are_embedded_and_have_every_letter(view: ReportView) -> None:
    lettered = view.model_copy(update={"conclusion": VIETNAMESE_LETTERS})
    pdf = await made(lettered, Words("vi"))
    assert VIETNAMESE_LETTERS in pdf.pages[0].extract_text().replace("\n", "")
    for page in pdf.pages:
        fonts = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in fonts.values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            assert any(
                isinstance(descriptor.get(name), IndirectObject) for name in ("/FontFile2", "/FontFile3")
            )


async def test_it_is_a4_with_the_list_of_drafts_across(view: ReportView) -> None:
    pdf = await made(view, Words("vi"))
    sizes = [(round(page.mediabox.width), round(page.mediabox.height)) for page in pdf.pages]
    assert sizes[0] == (595, 842)
    assert sizes[-1] == (842, 595)
    assert pdf.metadata is not None
    assert pdf.metadata.title == view.title


def test_a_list_too_long_is_refused_before_it_is_laid_out(view: ReportView) -> None:
    drafts = view.results.drafts[:1] * (paper.MOST_DRAFTS + 1)
    long = view.model_copy(update={"results": view.results.model_copy(update={"drafts": drafts})})
    with pytest.raises(TooLargeForPdf, match="601"):
        page_of(long)


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text]


async def test_without_the_library_it_says_what_to_install() -> None:
    with pytest.raises(PdfUnavailable) as refused:
        await printed("", program(f"import sys; sys.exit({NO_LIBRARY})"))
    assert "libpangoft2-1.0-0" in refused.value.message.vi
    assert "libpangoft2-1.0-0" in refused.value.message.en


async def test_the_process_ends_itself_so_where_the_library_is_absent(tmp_path: Any) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    command = [sys.executable, "-P", str(paper.PRINTING)]
    environment = (
        f"import os; os.environ['PYTHONPATH'] = {str(tmp_path)!r}; os.execv({command[0]!r}, {command!r})"
    )
    with pytest.raises(PdfUnavailable):
        await printed("<p>", program(environment))


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "MOST_SECONDS", 0.5)
    with pytest.raises(PdfTooSlow):
        await printed("", program("import time; time.sleep(60)"))


async def test_a_process_that_the_system_ended_and_one_that_failed() -> None:
    with pytest.raises(PdfTooSlow):
        await printed("", program("import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(PermanentError, match="broken"):
        await printed("", program("raise ValueError('broken')"))


async def test_a_page_fetches_nothing() -> None:
    page = '<link rel="stylesheet" href="file:///etc/passwd"><img src="http://127.0.0.1:9/a.png"><p>ok</p>'
    try:
        pdf = PdfReader(BytesIO(await printed(page)))
    except PdfUnavailable:
        leave_out("Pango is not installed", "LOA_PANGO")
    assert pdf.pages[0].extract_text().strip() == "ok"
    assert list(pdf.pages[0].images) == []
