"""The report as a workbook: typed cells, totals and rates as formulas that bear their results already."""

from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.reports.tables import VIETNAMESE, Kind, Table, Value, tables
from services.metrics.adapters.reports.views import ReportView
from shared.kernel.errors import Text

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {"text_wrap": True},
    Kind.NUMBER: {"num_format": "#,##0"},
    Kind.DAY: {"num_format": "dd/mm/yyyy"},
    Kind.SHARE: {"num_format": "0.0%"},
}
SHEETS: Sequence[tuple[Text, Sequence[str]]] = (
    (Text("Tổng hợp", "Totals"), ("figures", "rates", "activities", "consultations", "money")),
    (Text("Cơ quan chủ trì soạn thảo", "Lead drafting bodies"), ("units",)),
    (Text("Dự thảo", "Drafts"), ("drafts",)),
    (Text("Chính sách", "Policies"), ("policies",)),
    (Text("Hình thức, đối tượng", "Forms, audiences"), ("channels", "audiences")),
    (Text("Còn thiếu", "Lacking"), ("lacking",)),
    (Text("Chương trình", "Programme"), ("programme",)),
    (Text("Vướng mắc, kiến nghị", "Obstacles, proposals"), ("obstacles", "proposed")),
)
NOTES = Text("Ghi chú", "Notes")
TOTAL = Text("Cộng", "Total")
WRITTEN_BY_HAND = Text("[Đơn vị bổ sung nội dung này]", "[The unit fills this in]")


class _Sheet:
    """Writes downwards; every cell keeps its kind, and a text is never taken for a formula."""

    def __init__(self, book: "Workbook", name: str) -> None:
        self.sheet: Worksheet = book.add_worksheet(name)
        self.row = 0
        base = {"font_name": "Times New Roman", "font_size": 12, "valign": "top"}
        self.formats = {
            kind: book.add_format({**base, "border": 1, **form}) for kind, form in FORMATS.items()
        }
        self.totals = {
            kind: book.add_format({**base, "border": 1, "bold": True, **form})
            for kind, form in FORMATS.items()
        }
        self.bold = book.add_format({**base, "bold": True})
        self.plain = book.add_format({**base, "text_wrap": False})
        self.head = book.add_format(
            {**base, "bold": True, "border": 1, "text_wrap": True, "align": "center", "bg_color": "#E9EDF2"}
        )
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)

    def line(self, text: str, *, bold: bool = False) -> None:
        self.sheet.write_string(self.row, 0, text, self.bold if bold else self.plain)
        self.row += 1

    def table(self, table: Table) -> None:
        self.line(table.language.text(table.title), bold=True)
        for place, column in enumerate(table.columns):
            self.sheet.set_column(place, place, column.width)
            self.sheet.write_string(self.row, place, table.language.text(column.label), self.head)
        first = self.row + 1
        for offset, row in enumerate(table.rows):
            for place, column in enumerate(table.columns):
                self._cell(table, first + offset, place, row[column.key])
        self.row = first + len(table.rows)
        if table.has_total:
            self._total(table, first)
        self.row += 1

    def _cell(self, table: Table, row: int, place: int, value: Value) -> None:
        column = table.columns[place]
        form = self.formats[column.kind]
        if column.of is not None:
            self._share(table, row, place, value, form)
            return
        match value:
            case None:
                self.sheet.write_blank(row, place, None, form)
            case str():
                self.sheet.write_string(row, place, value, form)
            case date():
                self.sheet.write_datetime(row, place, value, form)
            case _:
                self.sheet.write_number(row, place, value, form)

    def _share(self, table: Table, row: int, place: int, value: Value, form: "Format") -> None:
        """Divide two cells of the row; where the second is 0 the share is empty."""
        part, whole = (_cell_name(row, _place(table, key)) for key in table.columns[place].of or ())
        self.sheet.write_formula(
            row, place, f'=IF({whole}=0,"",{part}/{whole})', form, "" if value is None else value
        )

    def _total(self, table: Table, first: int) -> None:
        for place, column in enumerate(table.columns):
            form, value = self.totals[column.kind], table.total(column)
            if column.summed and table.has_values(column):
                cells = f"{_cell_name(first, place)}:{_cell_name(self.row - 1, place)}"
                self.sheet.write_formula(self.row, place, f"=SUM({cells})", form, value)
            elif column.of is not None:
                self._share(table, self.row, place, value, form)
            elif place == 0 or (place == 1 and table.columns[0].key == "row_no"):
                self.sheet.write_string(
                    self.row, place, table.language.text(TOTAL) if place == 0 else "", form
                )
            else:
                self.sheet.write_blank(self.row, place, None, form)
        self.row += 1


def _cell_name(row: int, place: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]  # noqa: PLC0415  with the workbook

    name: str = xl_rowcol_to_cell(row, place)
    return name


def _place(table: Table, key: str) -> int:
    return [column.key for column in table.columns].index(key)


def workbook(view: ReportView, language: Words = VIETNAMESE) -> bytes:
    """Write the report in `language`."""
    from xlsxwriter import Workbook  # noqa: PLC0415  2 MiB that only workbooks need

    stream = BytesIO()
    made = tables(view, language)
    with Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {"title": language.pair(view.title, view.title_en), "comments": view.rules_version}
        )
        for name, keys in SHEETS:
            sheet = _Sheet(book, language.text(name))
            if name == SHEETS[0][0]:
                _head(sheet, view, language)
            for key in keys:
                sheet.table(made[key])
        _notes(_Sheet(book, language.text(NOTES)), view, language)
    return stream.getvalue()


def _head(sheet: _Sheet, view: ReportView, language: Words) -> None:
    for banner in view.banners:
        sheet.line(language.pair(banner.vi, banner.en), bold=True)
    sheet.line(language.pair(view.title, view.title_en), bold=True)
    sheet.line(language.text(heading(view)))
    sheet.line(language.pair(view.conclusion, view.conclusion_en), bold=True)
    sheet.line("")


def whose(view: ReportView) -> Text:
    """Name the unit that the report is about, without the units below it."""
    return Text(view.unit_name, view.unit_name if view.unit or view.area_of else "The whole country")


def heading(view: ReportView) -> Text:
    """Name the unit, the period and the day of the figures."""
    named = whose(view)
    below = view.unit and view.include_descendants
    first, last, as_of = (
        page_data.day(day) for day in (view.period.from_, view.period.to, view.as_of) if day
    )
    return Text(
        f"{named.vi}{' và các đơn vị trực thuộc' if below else ''}; kỳ báo cáo từ ngày {first} đến ngày {last}, "
        f"{'dự kiến đến ngày' if view.forecast else 'số liệu đến ngày'} {as_of}",
        f"{named.en}{' and the units below it' if below else ''}; period {first} to "
        f"{last}, {'forecast for' if view.forecast else 'figures of'} {as_of}",
    )


def _notes(sheet: _Sheet, view: ReportView, language: Words) -> None:
    for part in (view.direction, view.difficulties, view.proposals):
        sheet.line(language.pair(part.title, part.title_en), bold=True)
        for narrative in part.narrative:
            sheet.line(
                f"{language.pair(narrative.label, narrative.label_en)}: {language.text(WRITTEN_BY_HAND)}"
            )
    sheet.line(language.text(NOTES), bold=True)
    for missing in view.missing:
        sheet.line(language.pair(missing.vi, missing.en))
    sheet.line(language.pair(view.results.note, view.results.note_en))
    sheet.line(language.pair(view.definition, view.definition_en))
    sheet.line(language.pair(view.definition_of_counts, view.definition_of_counts_en))
    sheet.line(
        language.pair(
            f"Vị trí {view.position} trong nhật ký sự kiện, phiên bản quy tắc {view.rules_version}",
            f"Position {view.position} of the event log, rules {view.rules_version}",
        )
    )
    sheet.sheet.set_column(0, 0, 120)
