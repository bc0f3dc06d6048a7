"""The report in three formats from made-up answers: equal numbers, open places for people, and texts that stay texts."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from functools import reduce
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from docx import Document
from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.reports.document import ENGLISH_TEMPLATE, TEMPLATE, document
from services.metrics.adapters.reports.make_template import english, template
from services.metrics.adapters.reports.tables import Kind, Table, shown, tables
from services.metrics.adapters.reports.views import ReportView, report_view
from services.metrics.adapters.reports.workbook import workbook
from services.metrics.application.page_ports import PolicyRow
from services.metrics.application.queries import Queries, Question
from services.metrics.application.reports import Report, ReportQueries
from services.metrics.domain.programme import EntriesOn, ProgrammeEntryRow, obstacles_of
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Dataset,
    Instrument,
    ProgrammeKind,
)
from shared.rules.counts import Member
from shared.rules.figures import year_period
from shared.rules.programme.states import EntryFact
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.verdicts import PolicyVerdict
from tests.unit.metrics.made_up import DAY, MadeUp, a_cell, a_gap

PERIOD = year_period(2026)
EVIL = "=SUM(A1:A9) & <b>“Giá & thuế”</b> {{ unit }}"
Cells = list[list[Any]]


def a_policy(code: str, number: int, verdict: PolicyVerdict, **changes: Any) -> PolicyRow:
    given: dict[str, Any] = {
        "draft_code": code,
        "draft_title": f"Nghị định {code}",
        "unit_code": "BXD",
        "instrument": Instrument.DECREE,
        "scope": Answer.YES,
        "dataset": Dataset.LIVE,
        "policy_no": number,
        "policy_title": f"Chính sách {number}",
        "verdict": verdict,
        "begun": verdict is PolicyVerdict.MET,
        "consultation_started_on": date(2026, 1, 5),
        "adopted_on": None,
    }
    return PolicyRow(**(given | changes))


def a_member(number: int, code: str, **changes: Any) -> Member:
    given: dict[str, Any] = {
        "communication_id": UUID(int=number),
        "position": number,
        "draft_code": code,
        "scope": Answer.YES,
        "unit_code": "BXD",
        "role": CommunicationRole.LEAD,
        "channel": Channel.CONFERENCE,
        "held_on": date(2026, 2, 1) + timedelta(days=number - 1),
    }
    return Member(**(given | changes))


def an_entry(number: int, kind: ProgrammeKind, on: date, title: str = EVIL, **fact: Any) -> ProgrammeEntryRow:
    given: dict[str, Any] = {"unit_code": "BXD", "happened_on": on, "position": number} | fact
    made = EntryFact(entry_id=UUID(int=number), kind=kind, **given)
    return ProgrammeEntryRow(
        fact=made, year=2026, amount=None, dataset=Dataset.LIVE, title=title, entry_ref=f"VM-{number}"
    )


OBSTACLE: dict[str, Any] = {"lead_unit_code": "BTP", "due_on": date(2026, 2, 20)}
PROGRAMME = [
    an_entry(1, ProgrammeKind.PLAN_ADOPTED, date(2026, 1, 10)),
    an_entry(2, ProgrammeKind.TRAINING_HELD, date(2026, 2, 1), quantity=120),
    an_entry(3, ProgrammeKind.OBSTACLE_RAISED, date(2026, 2, 2), **OBSTACLE),
    an_entry(4, ProgrammeKind.OBSTACLE_RAISED, date(2026, 2, 3), "Thiếu kinh phí", **OBSTACLE),
    an_entry(
        5,
        ProgrammeKind.OBSTACLE_DECIDED,
        date(2026, 2, 18),
        of_entry=UUID(int=4),
        document="15/BTP",
        lead_unit_code="BTP",
    ),
]


@pytest.fixture
async def view() -> ReportView:
    cells = [
        a_cell("BXD", met=2, missed=1, begun=2, drafts=2, drafts_judged=2, drafts_plan=1),
        a_cell("BTP", missed=1, undetermined=1, drafts=1, drafts_judged=1),
    ]
    made_up = MadeUp(
        cells,
        [a_gap("B", "BTP", date(2026, 3, 9), 1, title=EVIL)],
        made_policies=[
            a_policy("A", 1, PolicyVerdict.MET, draft_title=EVIL),
            a_policy("A", 2, PolicyVerdict.MISSED, draft_title=EVIL, policy_title=EVIL),
            a_policy("B", 0, PolicyVerdict.MISSED, unit_code="BTP", consultation_started_on=date(2026, 1, 2)),
            a_policy("C", 1, PolicyVerdict.MET, adopted_on=date(2026, 3, 1)),
            a_policy(
                "D", 1, PolicyVerdict.MET, unit_code="BTP", scope=Answer.UNKNOWN, consultation_started_on=None
            ),
        ],
        made_members=[
            a_member(
                1, "A", attendance=1200, cost_state=5_000_000, activity_code="HN", audience=("Người dân",)
            ),
            a_member(
                1,
                "C",
                communication_id=UUID(int=11),
                attendance=1200,
                activity_code="HN",
                audience=("Người dân",),
            ),
            a_member(2, "A", channel=Channel.COMMUNE_LOUDSPEAKER, items=30),
            a_member(3, "A", channel=Channel.PORTAL_POSTING, cost_social=70_000),
        ],
        made_programme=PROGRAMME,
    )

    return report_view(await asked(made_up), "rules")


async def asked(made_up: MadeUp) -> Report:
    @asynccontextmanager
    async def snapshots(_known_at: object = None, /) -> AsyncIterator[MadeUp]:
        yield made_up

    queries = ReportQueries(Queries(snapshots, load_rulebook()), snapshots)
    return await queries.report(Question(as_of=DAY, period=PERIOD, year=2026), PERIOD, DAY)


def test_drafts_and_units_add_up_to_the_figures(view: ReportView) -> None:
    totals, drafts = view.totals, view.results.drafts
    assert totals.figures.judged == sum(draft.judged for draft in drafts) == 4
    assert totals.begun == sum(draft.begun for draft in drafts) == 2
    assert totals.begun == sum(unit.begun for unit in totals.units)
    assert [unit.lacking for unit in totals.units if unit.key == "BTP"] == [1]
    assert [draft.draft_code for draft in drafts] == ["B", "A", "C", "D"]
    assert [draft.lacks_communication for draft in drafts] == [True, False, False, False]
    assert view.conclusion.startswith("2/4 chính sách được đánh giá (50")


def test_a_draft_shows_what_was_done_for_it_and_totals_count_an_activity_once(view: ReportView) -> None:
    of_a, of_c = (draft for draft in view.results.drafts if draft.draft_code in "AC")
    assert (of_a.events, of_a.broadcasts, of_a.articles_portal, of_a.attendance) == (1, 30, 1, 1200)
    assert (of_a.communicated_from, of_a.communicated_to) == (date(2026, 2, 1), date(2026, 2, 3))
    assert of_a.channels == [Channel.PORTAL_POSTING, Channel.COMMUNE_LOUDSPEAKER, Channel.CONFERENCE]
    assert (of_c.events, of_c.attendance) == (1, 1200)
    assert view.totals.activities.activities == 3
    assert view.totals.activities.attendance == 1200
    assert {row.source: (row.amount, row.recorded) for row in view.totals.money} == {
        "cost_state": (5_000_000, 1),
        "cost_social": (70_000, 1),
    }


def test_what_a_person_writes_and_what_is_missing_is_named(view: ReportView) -> None:
    parts = (view.direction, view.difficulties, view.proposals)
    assert all(narrative.text is None for part in parts for narrative in part.narrative)
    assert [len(part.narrative) for part in parts] == [1, 2, 1]
    assert "chưa có trong bản này" in view.missing[0].vi


def test_the_programme_stands_by_eight_groups_with_obstacles_and_what_follows_from_them(
    view: ReportView,
) -> None:
    assert [group.group for group in view.direction.groups] == [1, 2, 3, 4, 5, 6, 7, 8]
    counted = {
        kind.kind: kind.entries for group in view.direction.groups for kind in group.kinds if kind.entries
    }
    assert counted == {"plan_adopted": 1, "training_held": 1, "obstacle_raised": 2}
    first, second = view.difficulties.obstacles
    assert (first.title, first.status, first.waits_with) == (EVIL, "late", "Bộ Tư pháp")
    assert (second.status, second.waits_with, second.document) == ("done", None, "15/BTP")
    (proposal,) = view.proposals.proposals
    assert proposal.vi.startswith("Đề nghị Bộ Tư pháp xem xét, giải quyết khó khăn, vướng mắc “=SUM")
    assert "(VM-3)" in proposal.en
    made = tables(view)
    by_group = {(row["group"], row["label"]): row["entries"] for row in made["programme"].rows}
    assert by_group["7. Tập huấn, đội ngũ báo cáo viên", "Tập huấn, bồi dưỡng"] == 1
    assert {str(row["group"])[0] for row in made["programme"].rows} == set("12345678")
    text = "\n".join(lines(document(view)))
    assert "1. Đề nghị Bộ Tư pháp xem xét" in text
    assert "15/BTP" in text


@pytest.mark.parametrize(
    ("first", "last", "numbers"),
    [
        (date(2025, 12, 15), date(2026, 12, 14), [3, 4]),
        (date(2026, 2, 3), date(2026, 2, 17), [3, 4]),
        (date(2026, 2, 19), date(2026, 3, 14), [3]),
        (date(2025, 12, 15), date(2026, 2, 2), [3]),
        (date(2025, 12, 15), date(2026, 2, 1), []),
    ],
)
def test_obstacles_of_a_period_waited_on_some_day_of_it(first: date, last: date, numbers: list[int]) -> None:
    entries = EntriesOn.on(PROGRAMME, DAY, 2026)
    assert [row.fact.position for row in obstacles_of(entries, first, last)] == numbers


def written(sheet: Worksheet, table: Table) -> tuple[int, Cells]:
    """Give the row of a table's head in a sheet, and the cells below it."""
    rows = list(sheet.iter_rows(values_only=True))
    titles = [number for number, row in enumerate(rows) if row[0] == table.title.vi]
    head = titles[0] + 1
    height = len(table.rows) + table.has_total
    return head, [list(row[: len(table.columns)]) for row in rows[head + 1 : head + 1 + height]]


def sheet_of(book: Any, table: Table) -> Worksheet:
    return next(
        sheet for sheet in book if any(row[0] == table.title.vi for row in sheet.iter_rows(values_only=True))
    )


def plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value or None if value != 0 else 0


def test_the_workbook_has_the_same_numbers_in_typed_cells(view: ReportView) -> None:
    book = load_workbook(BytesIO(workbook(view)), data_only=True)
    for table in tables(view).values():
        _, cells = written(sheet_of(book, table), table)
        expected: Cells = [[row[column.key] for column in table.columns] for row in table.rows]
        assert [[plain(cell) for cell in row] for row in cells[: len(table.rows)]] == expected, table.key
        if table.has_total:
            for column, cell in zip(table.columns, cells[-1], strict=True):
                if column.summed or column.of:
                    assert plain(cell) == table.total(column), (table.key, column.key)


def test_totals_and_rates_are_formulas_whose_results_are_the_values(view: ReportView) -> None:
    data = workbook(view)
    formulas, results = load_workbook(BytesIO(data)), load_workbook(BytesIO(data), data_only=True)
    checked = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    stored = results[sheet.title][cell.coordinate].value
                    assert calculated(results[sheet.title], str(cell.value)) == plain(stored), cell
                    checked += 1
    assert checked > 20


def calculated(sheet: Worksheet, formula: str) -> Any:
    """Reckon `=SUM(A1:A9)` and `=IF(B1=0,"",A1/B1)` by other means than the code that wrote them."""
    if match := re.fullmatch(r"=SUM\((\w+):(\w+)\)", formula):
        return sum(cell.value or 0 for (cell,) in sheet[f"{match[1]}:{match[2]}"])
    match = re.fullmatch(r'=IF\((\w+)=0,"",(\w+)/\1\)', formula)
    assert match, formula
    whole = sheet[match[1]].value
    return sheet[match[2]].value / whole if whole else None


def test_a_text_is_never_a_formula(view: ReportView) -> None:
    book = load_workbook(BytesIO(workbook(view)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == EVIL]
    assert len(cells) >= 3
    assert {cell.data_type for cell in cells} == {"s"}


def lines(data: bytes) -> Iterator[str]:
    paper = Document(BytesIO(data))
    yield from (paragraph.text for paragraph in paper.paragraphs)
    yield from (cell.text for table in paper.tables for row in table.rows for cell in row.cells)


def test_the_document_has_the_same_numbers(view: ReportView) -> None:
    paper, made = Document(BytesIO(document(view))), tables(view)
    by_head = {tuple(cell.text for cell in table.rows[0].cells)[:2]: table for table in paper.tables}
    units = [
        [cell.text for cell in row.cells] for row in by_head[("Cơ quan chủ trì soạn thảo", "Chính sách")].rows
    ]
    keys = ("label", "policies", "judged", "begun", "rate_plan", "lacking")
    kinds = {column.key: column.kind for column in made["units"].columns}
    assert units[1:-1] == [[shown(row[key], kinds[key]) for key in keys] for row in made["units"].rows]
    assert units[-1] == ["Cộng", "4", "4", "2", shown(0.5, Kind.SHARE), "1"]
    appendix = [[cell.text for cell in row.cells] for row in by_head[("TT", "Dự thảo")].rows]
    assert [row[1] for row in appendix[1:-1]] == ["Nghị định B", EVIL, "Nghị định C", "Nghị định D"]
    assert appendix[2][7:9] == ["1", "1.200"]
    assert appendix[-1][-2:] == ["4", "2"]


def test_the_document_leaves_open_what_a_person_writes_and_escapes_what_it_shows(view: ReportView) -> None:
    text = "\n".join(lines(document(view)))
    assert text.count("[Đơn vị bổ sung nội dung này]") == 4
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "15/12/2025 đến ngày 14/12/2026" in text
    assert EVIL in text
    assert "chưa có trong bản này" in text
    assert "{%" not in text


def test_the_templates_in_the_repository_are_what_their_program_writes() -> None:
    for paper, file in ((template(), TEMPLATE), (english(template()), ENGLISH_TEMPLATE)):
        stream = BytesIO()
        paper.save(stream)
        with ZipFile(stream) as made, ZipFile(file) as kept:
            assert made.read("word/document.xml") == kept.read("word/document.xml"), file.name


ENGLISH = Words("en")
NAMES = (  # what offices named, and names of documents: they are the same in both languages
    *(
        EVIL,
        "Giá & thuế",
        "Nghị định",
        "Bộ Tư pháp",
        "Bộ Xây dựng",
        "Người dân",
        "Chính sách",
        "Thiếu kinh phí",
    ),
    *("407/QĐ-TTg", "30/2020/NĐ-CP", "Decree 09/2019/NĐ-CP", "NĐ-CP", "QĐ-TTg", "đồng"),
)
LETTERS = re.compile("[àáãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯạ-ỹ]")


def in_vietnamese(texts: Iterable[str]) -> list[str]:
    """Give the texts that have Vietnamese letters outside names."""
    left = (reduce(lambda text, name: text.replace(name, ""), NAMES, text) for text in texts)
    return [text for text in left if LETTERS.search(text)]


def test_the_english_workbook_has_no_vietnamese_words_and_the_same_numbers(view: ReportView) -> None:
    own = load_workbook(BytesIO(workbook(view)), data_only=True)
    book = load_workbook(BytesIO(workbook(view, ENGLISH)), data_only=True)
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert in_vietnamese(text for text in [*book.sheetnames, *cells] if isinstance(text, str)) == []
    assert len(in_vietnamese(own.sheetnames)) > 5  # the check sees words
    for sheet, other in zip(own, book, strict=True):
        rows = zip(sheet.iter_rows(values_only=True), other.iter_rows(values_only=True), strict=True)
        assert all(
            [plain(cell) for cell in row if not isinstance(cell, str)]
            == [plain(cell) for cell in there if not isinstance(cell, str)]
            for row, there in rows
        )


def test_the_english_document_has_no_vietnamese_words_and_the_same_numbers(view: ReportView) -> None:
    text = list(lines(document(view, ENGLISH_TEMPLATE, ENGLISH)))
    assert in_vietnamese(text) == []
    digits = [re.findall(r"\d+", line) for line in text]
    assert [each for each in digits if each] == [
        each for line in lines(document(view)) if (each := re.findall(r"\d+", line))
    ]


def test_tables_have_no_vietnamese_words_in_english(view: ReportView) -> None:
    for table in tables(view, ENGLISH).values():
        shown_cells = [table.shown(row, column) for row in table.rows for column in table.columns]
        assert in_vietnamese([*shown_cells, *(column.label.en for column in table.columns)]) == [], table.key


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1234567, Kind.NUMBER, "1.234.567"),
        (None, Kind.NUMBER, "–"),
        (None, Kind.SHARE, "không áp dụng"),
        (0, Kind.SHARE, "0,0%"),
        (date(2026, 3, 1), Kind.DAY, "01/03/2026"),
        ("a", Kind.TEXT, "a"),
    ],
)
def test_values_are_shown_as_officials_write_them(value: Any, kind: Kind, text: str) -> None:
    assert shown(value, kind).replace("\N{NO-BREAK SPACE}", " ") == text
