"""`loa counts`: activities, drafts and opinions of a period beside those of the year before, as tables in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.console import banners, count, day, out, percent, print_text
from shared.kernel.errors import Text
from shared.rules.counts import change
from shared.rules.words.figure_words import DRAFT_NUMBERS, OPINION_NUMBERS, PUBLISHED

Answer = Mapping[str, Any]
PATHS = {"activities": "/counts", "drafts": "/counts/drafts", "opinions": "/counts/opinions"}
OVERLAP = Text(
    "Một hoạt động có thể thuộc nhiều nhóm; các nhóm không cộng thành tổng.",
    "An activity may stand in several groups; they don't sum to the whole.",
)


SHOWN: Mapping[str, tuple[Text, Mapping[str, Text]]] = {
    "activities": (Text("Số liệu hoạt động", "Counts of activities"), PUBLISHED),
    "drafts": (
        Text("Số dự thảo theo giai đoạn trong kỳ", "Drafts by the stages of the period"),
        DRAFT_NUMBERS,
    ),
    "opinions": (
        Text("Tổng hợp ý kiến của các đợt lấy ý kiến", "What consultations brought"),
        OPINION_NUMBERS,
    ),
}


def show(what: str, answer: Answer) -> None:
    heading, names = SHOWN[what]
    _head(answer, heading.vi, heading.en)
    for group in answer["groups"]:
        out.print(_table(group, names))
        for rule in group.get("counting_rules", ()):  # of opinions alone
            print_text(Text(f"Quy tắc đếm: {rule}", ""), style="dim")
    if answer.get("overlapping"):  # of activities alone
        print_text(OVERLAP)
    print_text(Text(answer["definition"], answer["definition_en"]), style="dim")


def _head(answer: Answer, vi: str, en: str) -> None:
    banners(answer)
    period = answer["period"]
    vi, en = f"{vi}, đến ngày {day(answer['as_of'])}", f"{en}, as of {day(answer['as_of'])}"
    if period["from"]:
        vi += f", kỳ {day(period['from'])}–{day(period['to'])}"
        en += f", period {day(period['from'])}–{day(period['to'])}"
    print_text(Text(vi, en), style="bold")


def _table(group: Answer, names: Mapping[str, Text]) -> Table:
    table = Table(escape(f"{group['label']}"), title=None)
    table.add_column("Trong kỳ\n[dim]Period[/dim]", justify="right")
    table.add_column("Cùng kỳ năm trước\n[dim]Year before[/dim]", justify="right")
    table.add_column("Tăng, giảm\n[dim]Change[/dim]", justify="right")
    for name, label in names.items():
        before = group["year_before"]
        shown = (_counted(group, name), _counted(before, name), _change(name, group[name], before[name]))
        table.add_row(f"{label.vi} [dim]/ {label.en}[/dim]", *shown)
    return table


def _counted(figures: Answer, name: str) -> str:
    value, recorded = figures[name], figures.get(f"{name}_recorded")
    if name.startswith("share_"):
        return percent(value, places=2)  # as offices publish it
    shown = "–" if value is None else count(value)
    return shown if recorded is None else f"{shown} [dim]({recorded})[/dim]"


def _change(name: str, now: int | None, before: int | None) -> str:
    grown = None if name.startswith("share_") else change(now, before)
    return "–" if grown is None else f"{'+' if grown > 0 else ''}{percent(grown)}"
