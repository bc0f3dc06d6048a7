"""The report from real rows: it agrees with `/compliance`, `/counts` and `/gaps`, in every format, and refuses what is unclear."""

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook  # type: ignore[import-untyped]
from pypdf import PdfReader

from deploy.local.keys.keyring import Keyring
from services.metrics.adapters.reports.document import DOCX
from services.metrics.adapters.reports.paper import PDF
from services.metrics.adapters.reports.workbook import XLSX
from tests.integration.metrics.office import Office
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.required import leave_out
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

ASKED: dict[str, Any] = {"as_of": "2025-04-20", "year": 2025, "unit": "REPORT"}


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """A draft of two policies of 2025, one of them communicated, and one draft of the year before."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as result,
    ):
        office = Office(result, "REPORT")
        await office.open()
        await office.enter("draft_consultation", "2025-03-03")
        await office.communicate("2025-03-05", 1)
        before = Office(result, "BEFORE")
        await before.open(policies=0)
        await before.enter("draft_consultation", "2024-03-04")
        await before.communicate("2024-03-05")
        await result.settled()
        yield result


@pytest.fixture
def metrics(platform: Platform) -> Api:
    return platform.services["metrics"]


async def ask(metrics: Api, path: str = "/reports/407", **query: Any) -> dict[str, Any]:
    answer = await metrics.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_it_agrees_with_the_other_answers(metrics: Api) -> None:
    report = await ask(metrics, **ASKED)
    compliance = await ask(metrics, "/compliance", **ASKED)
    assert report["totals"]["figures"] == compliance["groups"][0]
    assert report["totals"]["activities"] == (await ask(metrics, "/counts", **ASKED))["groups"][0]
    assert (
        report["results"]["lacking"]
        == (await ask(metrics, "/gaps", as_of=ASKED["as_of"], unit=ASKED["unit"]))["gaps"]
    )
    assert 0 < report["position"] <= compliance["position"]  # gaps are announced meanwhile
    for name in ("as_of", "rules_version", "period", "definition", "forecast"):
        assert report[name] == compliance[name]
    (draft,) = report["results"]["drafts"]
    assert (draft["draft_code"], draft["judged"], draft["begun"]) == ("REPORT", 2, 1)
    assert (draft["consultation_started_on"], draft["communicated_from"]) == ("2025-03-03", "2025-03-05")
    assert draft["events"] == 1
    assert [(policy["policy_no"], policy["begun"]) for policy in draft["policies"]] == [(1, True), (2, False)]
    assert all(policy["title"] for policy in draft["policies"])


async def test_without_its_lists_of_drafts_it_has_the_same_figures(metrics: Api) -> None:
    whole, figures = [await ask(metrics, **ASKED, drafts=of) for of in ("all", "none")]
    assert whole["results"]["drafts"] and whole["results"]["lacking"]  # noqa: PT018  neither is empty
    empty: dict[str, Any] = {"drafts": [], "lacking": []}
    assert figures == {**whole, "results": {**whole["results"], **empty}, "position": figures["position"]}
    file = await metrics.client.get("/reports/407", params={**ASKED, "drafts": "none", "format": "xlsx"})
    book = load_workbook(BytesIO(file.content))
    assert any("REPORT" in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)


async def test_the_same_period_a_year_before_stands_beside(metrics: Api) -> None:
    report = await ask(metrics, as_of="2025-04-20", year=2025, unit="BEFORE")
    before = await ask(metrics, "/compliance", as_of="2024-04-20", year=2024, unit="BEFORE")
    assert report["totals"]["figures_before"] == before["groups"][0]
    assert report["totals"]["period_before"] == before["period"]
    assert report["totals"]["begun_before"] == 1


async def test_without_a_period_it_is_the_reporting_year_of_the_day(metrics: Api) -> None:
    report = await ask(metrics, as_of="2025-12-20")
    assert report["period"] == {"from": "2025-12-15", "to": "2026-12-14"}
    own = {"from": "2025-03-01", "to": "2025-03-31"}
    assert (await ask(metrics, as_of="2025-12-20", **own))["period"] == own


@pytest.mark.parametrize(
    ("part", "first", "last"),
    [
        ("q1", "2024-12-15", "2025-03-14"),
        ("q4", "2025-09-15", "2025-12-14"),
        ("h1", "2024-12-15", "2025-06-14"),
        ("h2", "2025-06-15", "2025-12-14"),
        ("m9", "2024-12-15", "2025-09-14"),
        ("year", "2024-12-15", "2025-12-14"),
        ("scheme", "2021-12-15", "2027-12-14"),
    ],
)
async def test_a_part_of_the_year_is_the_days_of_the_decree(
    metrics: Api, part: str, first: str, last: str
) -> None:
    year: dict[str, Any] = {} if part == "scheme" else {"year": 2025}
    asked: dict[str, Any] = {"as_of": "2025-04-20", "unit": "REPORT", **year}
    own = await ask(metrics, **{"as_of": "2025-04-20", "unit": "REPORT", "from": first, "to": last})
    answer = await ask(metrics, **asked, part=part)
    assert answer["period"] == {"from": first, "to": last}
    assert answer["totals"] == own["totals"]
    assert answer["direction"]["year"] == 2025
    assert ("2025" in answer["direction"]["note"]) is (part == "scheme")
    page = await metrics.client.get("/reports", params={**asked, "part": part})
    assert page.status_code == 200, page.text
    shown = f"{date.fromisoformat(first):%d/%m/%Y} đến ngày {date.fromisoformat(last):%d/%m/%Y}"
    assert shown in page.text
    file = re.search(r'href="(/reports/407[^"]*format=xlsx[^"]*)"', page.text)
    assert file is not None
    book = load_workbook(BytesIO((await metrics.client.get(unescape(file[1]))).content))
    assert any(shown in str(row[0]) for row in book.worksheets[0].iter_rows(values_only=True))


async def test_days_of_ones_own_are_typed_in_three_boxes_each(metrics: Api) -> None:
    boxes = {"from_day": "1", "from_month": "3", "from_year": "2025", "to_day": "31", "to_month": "3"}
    page = await metrics.client.get("/reports", params={**ASKED, "part": "", **boxes, "to_year": "2025"})
    assert page.status_code == 200, page.text
    assert "từ ngày 01/03/2025 đến ngày 31/03/2025" in page.text
    assert 'id="from_month" name="from_month" value="3"' in page.text
    links = set(re.findall(r'href="(/(?:reports/407|entry/reports/publish)\?[^"]*)"', page.text))
    assert len(links) == 5
    assert all("from=2025-03-01&amp;to=2025-03-31" in link and "year=" not in link for link in links)
    others = re.findall(r'href="(/(?:lists|details|drafts)[^"]*)"', page.text)
    assert others
    assert not any("from=" in link for link in others)
    published = await metrics.client.get("/reports", params={"from": "2025-03-01", "to": "2025-03-31"})
    assert "từ ngày 01/03/2025 đến ngày 31/03/2025" in published.text


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ({"from_day": "1", "from_month": "3", "from_year": "2025"}, "ghi cả ngày đầu và ngày cuối"),
        ({"from_month": "3", "from_year": "2025"}, "Từ ngày: Đề nghị ghi đủ ngày, tháng, năm."),
        ({"to_day": "31", "to_month": "2", "to_year": "2025"}, "Đến ngày: "),
        ({"from": "2025-03-02", "to": "2025-03-01"}, "Ngày đầu của kỳ báo cáo sau ngày cuối"),
        ({"part": "q9"}, "Kỳ báo cáo chưa đúng"),
    ],
    ids=str,
)
async def test_a_wrong_period_is_explained_on_a_page(metrics: Api, boxes: dict[str, str], words: str) -> None:
    page = await metrics.client.get("/reports", params=boxes)
    assert page.status_code == 422
    assert words in unescape(page.text)


async def test_files_have_the_numbers_of_the_answer(metrics: Api) -> None:
    report = await ask(metrics, **ASKED)
    sheets = await metrics.client.get("/reports/407", params={**ASKED, "format": "xlsx"})
    paper = await metrics.client.get("/reports/407", params={**ASKED, "format": "docx"})
    assert [answer.headers["content-type"] for answer in (sheets, paper)] == [XLSX, DOCX]
    assert sheets.headers["content-disposition"] == (
        'attachment; filename="bao-cao-407_REPORT_20241215_20251214.xlsx"'
    )
    rows = {
        row[0]: row[1]
        for row in load_workbook(BytesIO(sheets.content))["Tổng hợp"].iter_rows(values_only=True)
    }
    figures = report["totals"]["figures"]
    assert (rows["Được đánh giá"], rows["Truyền thông theo Kế hoạch"]) == (figures["judged"], 1)
    assert rows["Tỷ lệ truyền thông theo Kế hoạch"] == figures["rate_plan"] == 0.5
    tables = [
        [cell.text for cell in row.cells]
        for table in Document(BytesIO(paper.content)).tables
        for row in table.rows
    ]
    assert ["Được đánh giá", "2", "0"] in tables
    assert report["conclusion"] in [line.text for line in Document(BytesIO(paper.content)).paragraphs]


async def test_the_pdf_has_them_too(metrics: Api) -> None:
    report = await ask(metrics, **ASKED)
    answer = await metrics.client.get("/reports/407", params={**ASKED, "format": "pdf"}, timeout=60)
    if answer.status_code == 503 and answer.json()["type"] == "urn:loa:problem:pdf-unavailable":
        leave_out("Pango is not installed (Debian: apt-get install libpangoft2-1.0-0)", "LOA_PANGO")
    assert (answer.status_code, answer.headers["content-type"]) == (200, PDF)
    assert answer.headers["content-disposition"].endswith('.pdf"')
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())
    assert "".join(report["conclusion"].split()) in text
    assert f"Đượcđánhgiá{report['totals']['figures']['judged']}0" in text


async def test_the_page_for_leaders_is_printed_on_one_a4(metrics: Api) -> None:
    answer = await metrics.client.get("/overview.pdf", params={**ASKED, "lang": "en"}, timeout=60)
    if answer.status_code == 503 and "libpango" in answer.text:
        leave_out("Pango is not installed (Debian: apt-get install libpangoft2-1.0-0)", "LOA_PANGO")
    assert (answer.status_code, answer.headers["content-type"]) == (200, PDF)
    assert answer.headers["content-disposition"] == 'attachment; filename="overview-20250420.pdf"'
    (sheet,) = PdfReader(BytesIO(answer.content)).pages
    assert "1/2 judged policies (50%)" in " ".join(sheet.extract_text().split())
    page = await metrics.client.get("/", params=ASKED)
    assert 'href="/overview.pdf?as_of=2025-04-20&amp;year=2025&amp;unit=REPORT"' in page.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"format": "odt"}, 422),
        ({"year": 2025, "from": "2025-01-01", "to": "2025-02-01"}, 422),
        ({"from": "2025-01-01"}, 422),
        ({"year": "all"}, 422),
        ({"group_by": "unit"}, 422),
        ({"unit": "NOWHERE"}, 404),
        ({"part": "q5"}, 422),
        ({"part": "q1", "from": "2025-01-01", "to": "2025-02-01"}, 422),
        ({"part": "scheme", "year": 2025}, 422),
    ],
    ids=str,
)
async def test_an_unclear_question_is_refused(metrics: Api, query: dict[str, Any], status: int) -> None:
    answer = await metrics.client.get("/reports/407", params=query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_page_shows_the_figures_and_links_the_files(metrics: Api) -> None:
    answer = await metrics.client.get("/reports", params=ASKED)
    assert answer.status_code == 200
    for form in ("docx", "xlsx", "pdf"):
        assert (
            f'href="/reports/407?as_of=2025-04-20&amp;year=2025&amp;unit=REPORT&amp;format={form}"'
            in answer.text
        )
    assert "chưa có trong bản này" in answer.text
    assert (await metrics.client.get("/reports", params={"year": "all"})).status_code == 422


async def test_it_is_read_by_whoever_reads_figures(metrics: Api) -> None:
    anonymous = {"Authorization": ""}
    for path in ("/reports/407", "/compliance"):
        assert (await metrics.client.get(path, headers=anonymous)).status_code == 401
