"""The page for leaders on one A4: all of its figures and texts, however long they are, in both languages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO

import pytest
from lxml import html  # type: ignore[import-untyped]
from pypdf import PdfReader

from services.metrics.adapters.pages.choice import Choice, Language
from services.metrics.adapters.pages.routes import shown_choice
from services.metrics.adapters.reports.overview_paper import page_of
from services.metrics.adapters.reports.paper import PdfUnavailable, printed
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.queries import Queries
from services.metrics.domain.grouping import View
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.summary.segments import Segment
from tests.support.required import leave_out
from tests.unit.metrics.made_up import DAY, MadeUp, a_cell
from tests.unit.metrics.pages.test_leaders_page import the_office
from tests.unit.metrics.reports.test_report_pdf import letters

A4 = (595, 842)
LONG = " ".join(["Nghị quyết quy định chính sách hỗ trợ đặc thù về phát triển nhà ở xã hội"] * 4)


async def written(made_up: MadeUp, lang: Language = "vi") -> str:
    @asynccontextmanager
    async def snapshots(_known_at: object = None, /) -> AsyncIterator[MadeUp]:
        yield made_up

    chosen = Choice(
        as_of=DAY,
        year=None,
        unit=None,
        include_descendants=False,
        area_of=None,
        view=View.ORIGINAL,
        lang=lang,
    )
    page = await LeadersQueries(Queries(snapshots, load_rulebook()), snapshots).page(
        chosen.question(DAY), DAY
    )
    return page_of(page, chosen, shown_choice(page.overview, chosen, DAY, ()), "0" * 64)


async def made(page: str) -> PdfReader:
    try:
        return PdfReader(BytesIO(await printed(page, one_page=True)))
    except PdfUnavailable:
        leave_out("Pango is not installed (Debian: apt-get install libpangoft2-1.0-0)", "LOA_PANGO")


def with_long_titles() -> MadeUp:
    office = the_office()
    gaps = [replace(gap, title=LONG) for gap in office.made_gaps]
    return replace(office, made_gaps=gaps)


@pytest.mark.parametrize(
    "office", [the_office(), with_long_titles(), MadeUp()], ids=["usual", "long", "empty"]
)
@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_it_is_one_a4_with_every_text(office: MadeUp, lang: Language) -> None:
    page = await written(office, lang)
    pdf = await made(page)
    (sheet,) = pdf.pages
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == A4
    printed_letters = letters(sheet.extract_text())
    cells = html.fromstring(page).xpath(
        "//body//*[not(*) and normalize-space() and not(ancestor-or-self::svg)]"
    )
    texts = [letters(cell.text_content()) for cell in cells]
    assert len(texts) > 20
    assert [text for text in texts if text not in printed_letters] == []


async def test_it_says_what_the_page_says() -> None:
    text = " ".join(html.fromstring(await written(the_office())).text_content().split())
    assert "7/13 chính sách được đánh giá (53,8%)" in text
    assert "Dự thảo đang thiếu truyền thông (5 trên 7, quá hạn lâu nhất xếp trước)" in text
    assert "Tỷ lệ tính trên 13/19 chính sách; ▲ vạch chỉ tiêu." in text


async def test_no_two_states_of_the_printed_bar_are_drawn_alike() -> None:
    every = replace(
        the_office(),
        made_cells=[
            a_cell(
                "BXD",
                met=7,
                missed=6,
                begun=7,
                pending=3,
                undetermined=1,
                closed_unopened=2,
                exempt=2,
                ended=2,
            )
        ],
    )
    paper = html.fromstring(await written(every))
    swatches = [
        {(part.tag, part.get("fill"), part.get("d"), part.get("r")) for part in swatch.iterdescendants()}
        for swatch in paper.xpath("//*[@class='swatch']")
    ]
    drawn = [
        frozenset((tag, (fill or "").partition("#mark")[0], *shape) for tag, fill, *shape in each)
        for each in swatches
    ]
    assert len(drawn) == len(set(drawn)) == len(Segment)
