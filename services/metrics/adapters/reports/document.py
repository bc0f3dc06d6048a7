"""The report as a document by Decree 30/2020/NĐ-CP, from a template in Word that an office can replace."""

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.reports.tables import VIETNAMESE, Table, tables
from services.metrics.adapters.reports.views import ReportView
from services.metrics.adapters.reports.workbook import heading, whose

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEMPLATE = Path(__file__).parent / "templates" / "report_407.docx"
ENGLISH_TEMPLATE = TEMPLATE.with_name(
    "report_407.en.docx"
)  # a translation: the Decree knows Vietnamese alone


def document(view: ReportView, template: Path = TEMPLATE, language: Words = VIETNAMESE) -> bytes:
    """Fill in the template; it names every value that it shows, and a name that doesn't exist is an error.

    `language` gives the language of the values; that of the template stands in it.
    """
    from docxtpl import DocxTemplate  # type: ignore[import-untyped]  # noqa: PLC0415  python-docx and lxml: 5 MiB

    paper = DocxTemplate(template)
    jinja = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    paper.render(values(view, language), jinja_env=jinja)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def values(view: ReportView, language: Words) -> dict[str, Any]:
    """Give what a template can show: texts of the report, and its tables with every cell written out."""
    made = tables(view, language)
    parts = ("direction", "difficulties", "proposals")
    return {
        "title": language.pair(view.title, view.title_en),
        "unit": language.text(whose(view)),
        "heading": language.text(heading(view)),
        "period_from": shown_day(view.period.from_),
        "period_to": shown_day(view.period.to),
        "as_of": shown_day(view.as_of),
        "year": view.as_of.year,
        "banners": [language.pair(banner.vi, banner.en) for banner in view.banners],
        "conclusion": language.pair(view.conclusion, view.conclusion_en),
        "missing": [language.pair(missing.vi, missing.en) for missing in view.missing],
        "note": language.pair(view.results.note, view.results.note_en),
        "programme_note": language.pair(view.direction.note, view.direction.note_en),
        "definition": language.pair(view.definition, view.definition_en),
        "definition_of_counts": language.pair(view.definition_of_counts, view.definition_of_counts_en),
        **{name: language.pair(getattr(view, name).title, getattr(view, name).title_en) for name in parts},
        "results": language.pair(view.results.title, view.results.title_en),
        "totals_part": language.pair(view.totals.title, view.totals.title_en),
        **{key: _rows(table) for key, table in made.items()},
        "totals": SimpleNamespace(**{key: _total(table) for key, table in made.items()}),
    }


def shown_day(value: Any) -> str:
    return page_data.day(value) if value else "–"


def _rows(table: Table) -> list[SimpleNamespace]:
    """Give rows whose cells a template names as attributes: of a mapping, `row.items` would be something else."""
    return [
        SimpleNamespace(**{column.key: table.shown(row, column) for column in table.columns})
        for row in table.rows
    ]


def _total(table: Table) -> SimpleNamespace:
    sums = (column for column in table.columns if column.summed or column.of)
    return SimpleNamespace(**{column.key: table.shown_total(column) for column in sums})
