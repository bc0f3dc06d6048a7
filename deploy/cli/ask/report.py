"""`loa report`: the report on the scheme as a file, or its main figures in the terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.ask.figures import show_compliance
from deploy.cli.client import Services
from deploy.cli.console import CommandError, count, out, percent, print_text
from shared.kernel.errors import Text

FORMATS = ("docx", "xlsx", "pdf", "json")


class UnknownFormat(CommandError):
    """The file's name does not say which format is wanted."""

    def __init__(self, output: Path) -> None:
        super().__init__(
            f"Chưa rõ cần tệp loại nào: tên “{output.name}” phải có đuôi .docx, .xlsx, .pdf hoặc .json.",
            f"The kind of file is not clear: the name '{output.name}' must end in .docx, .xlsx, .pdf or .json.",
        )


def write(services: Services, output: Path, query: Mapping[str, object]) -> None:
    """Write the report in the format of the file's ending; an existing file is replaced."""
    kind = output.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UnknownFormat(output)
    answer = services.send("GET", "metrics", "/reports/407", query={**query, "format": kind})
    output.write_bytes(answer.content)
    print_text(Text(f"Đã ghi báo cáo: {output}", f"The report was written: {output}"))


def show(answer: Mapping[str, Any]) -> None:
    totals = answer["totals"]
    print_text(Text(answer["title"], answer["title_en"]), style="bold")
    print_text(Text(answer["conclusion"], answer["conclusion_en"]), style="bold")
    shown = {**answer, "groups": [totals["figures"]]}
    show_compliance(shown, with_definition=False)
    out.print(_units(totals["units"]))
    for missing in answer["missing"]:
        print_text(Text(missing["vi"], missing["en"]), style="dim")
    print_text(
        Text(
            "Toàn bộ báo cáo: `loa report -o TỆP.docx`, hoặc TỆP.xlsx, TỆP.pdf.",
            "The whole report: `loa report -o FILE.docx`, or FILE.xlsx, FILE.pdf.",
        )
    )


def _units(units: list[Mapping[str, Any]]) -> Table:
    table = Table("Cơ quan chủ trì soạn thảo / Lead drafting body")
    for label in (
        "Được đánh giá / Judged",
        "Theo Kế hoạch / By the plan",
        "Tỷ lệ / Rate",
        "Còn thiếu / Lacking",
    ):
        table.add_column(label, justify="right")
    for unit in units:
        numbers = (count(unit[name]) for name in ("judged", "begun"))
        table.add_row(escape(unit["label"]), *numbers, percent(unit["rate_plan"]), count(unit["lacking"]))
    return table
