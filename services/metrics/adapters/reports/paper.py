"""The report as a PDF, laid out on A4 by Decree 30/2020/NĐ-CP as the template for Word is, with the same figures."""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.pages.routes import text_of
from services.metrics.adapters.reports import layout, words
from services.metrics.adapters.reports.document import values
from services.metrics.adapters.reports.printing import NO_LIBRARY, ON_ONE_PAGE
from services.metrics.adapters.reports.tables import VIETNAMESE
from services.metrics.adapters.reports.views import ReportView
from services.metrics.adapters.reports.workbook import TOTAL, WRITTEN_BY_HAND
from shared.kernel.counted import counted
from shared.kernel.errors import PermanentError, Refusal

PDF = "application/pdf"
PRINTING = Path(__file__).with_name("printing.py")
MOST_SECONDS = 60.0
MOST_DRAFTS = 600  # some 15 s of a processor; a longer list is for the workbook
_PLACE = re.compile(r"\{\{ (\w+) \}\}")  # a value in a sentence of the layout


class PdfUnavailable(Refusal):
    """This machine has not what a PDF needs."""

    code = "pdf-unavailable"
    kind = "unavailable"

    def __init__(self) -> None:
        super().__init__(
            "Máy chủ chưa có thư viện để tạo tệp PDF; đề nghị tải tệp Word hoặc Excel, có cùng số liệu. Người vận hành cài các gói "
            "libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0 và fonts-liberation2 của Debian, không cần khởi động lại.",
            "This server lacks a library that PDF files need; please take the Word or Excel file, which have the same figures. An "
            "operator installs Debian's packages libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0 and fonts-liberation2; no "
            "restart is needed.",
        )


class TooLargeForPdf(Refusal):
    """The report has more drafts than a PDF is made of."""

    code = "too-large-for-pdf"
    kind = "too_large"

    def __init__(self, drafts: int) -> None:
        super().__init__(
            f"Báo cáo có {drafts} dự thảo, nhiều hơn mức in được trong một tệp PDF ({MOST_DRAFTS}); đề nghị chọn một đơn vị hoặc kỳ ngắn "
            "hơn, hoặc tải tệp Excel, Word.",
            f"The report has {counted(drafts, 'draft')}, more than one PDF holds ({MOST_DRAFTS}); choose one unit or a shorter period, or take the "
            "Excel or Word file.",
        )


class PdfTooSlow(Refusal):
    """The process that makes a PDF was ended: the machine is busy, or the report too large for it."""

    code = "pdf-too-slow"
    kind = "unavailable"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "Chưa tạo xong tệp PDF trong thời gian cho phép; đề nghị thử lại sau, hoặc tải tệp Excel, Word.",
            "The PDF was not ready in the time allowed; try again later, or take the Excel or Word file.",
        )


def page_of(view: ReportView, language: Words = VIETNAMESE) -> str:
    """Write the page that is printed; raises `TooLargeForPdf`."""
    if (drafts := len(view.results.drafts)) > MOST_DRAFTS:
        raise TooLargeForPdf(drafts)

    given = values(view, language)

    def local(text: str) -> str:
        """Give a sentence or heading of the layout in the language of the report."""
        return text if language.code == "vi" else layout.IN_ENGLISH.get(text, text)

    def filled(text: str) -> str:
        return _PLACE.sub(lambda place: str(given[place[1]]), local(text))

    texts: dict[str, Any] = {
        "given": given,
        "lang": language.code,
        "local": local,
        "filled": filled,
        "total": language.text(TOTAL),
        "by_hand": language.text(WRITTEN_BY_HAND),
        "narrative": {
            part: [language.text(text) for text in texts] for part, texts in words.NARRATIVE.items()
        },
        "layout": layout,
    }
    return text_of("report_407.html", **texts)


_TURN = asyncio.Semaphore(1)  # a page of 600 drafts takes 220 MB


async def printed(
    page: str, command: Sequence[str] = (sys.executable, "-P", str(PRINTING)), *, one_page: bool = False
) -> bytes:
    """Lay a page out in a process of its own, one after another, on one sheet if it is to be `one_page`.

    Raises `PdfUnavailable`, `PdfTooSlow`, `PermanentError`.
    """
    async with _TURN:
        return await _printed(page, (*command, ON_ONE_PAGE) if one_page else command)


async def _printed(page: str, command: Sequence[str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(MOST_SECONDS):
            content, problem = await process.communicate(page.encode())
    except TimeoutError as error:
        raise PdfTooSlow from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    status = process.returncode or 0
    if status == NO_LIBRARY:
        raise PdfUnavailable
    if status < 0:  # ended by the system: no more memory, or time of a processor
        raise PdfTooSlow
    if status:
        raise PermanentError("pdf", problem.decode(errors="replace")[-2000:])
    return content
