"""The report as a document by Decree 30/2020/NĐ-CP, from a template in Word that an office can replace."""

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.reports.tables import Table, shown, tables
from services.metrics.adapters.reports.views import ReportView
from services.metrics.adapters.reports.workbook import heading

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEMPLATE = Path(__file__).parent / "templates" / "report_407.docx"


def document(view: ReportView, template: Path = TEMPLATE) -> bytes:
    """Fill in the template; it names every value that it shows, and a name that doesn't exist is an error."""
    paper = DocxTemplate(template)
    jinja = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    paper.render(values(view), jinja_env=jinja)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def values(view: ReportView) -> dict[str, Any]:
    """Give what a template can show: texts of the report, and its tables with every cell written out."""
    made = tables(view)
    return {
        "title": view.title,
        "unit": view.unit_name,
        "heading": heading(view),
        "period_from": shown_day(view.period.from_),
        "period_to": shown_day(view.period.to),
        "as_of": shown_day(view.as_of),
        "year": view.as_of.year,
        "banners": [banner.vi for banner in view.banners],
        "conclusion": view.conclusion,
        "missing": [missing.vi for missing in view.missing],
        "note": view.results.note,
        "programme_note": view.direction.note,
        "definition": view.definition,
        "definition_of_counts": view.definition_of_counts,
        **{name: getattr(view, name).title for name in ("direction", "difficulties", "proposals")},
        "results": view.results.title,
        "totals_part": view.totals.title,
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
    return SimpleNamespace(**{column.key: shown(table.total(column), column.kind) for column in sums})
