"""`loa compliance`, `loa gaps` and `loa programme`: tables in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.console import banners, count, day, listed, out, percent, print_text
from shared.contracts.vocabulary import GapState, Stage
from shared.kernel.errors import Text
from shared.rules.words.figure_words import (
    BELOW_TARGET,
    COUNTS,
    DUE,
    LEAD_UNIT,
    RATES,
    SHARES,
    TARGET,
    programme_figure,
    time_left,
)
from shared.rules.words.wording import STAGES

Answer = Mapping[str, Any]


def show_compliance(answer: Answer, *, with_definition: bool = True) -> None:
    banners(answer)
    print_text(_heading(answer), style="bold")
    groups: Sequence[Answer] = answer["groups"]
    out.print(_single(groups[0]) if answer.get("group_by", "none") == "none" else _grouped(groups))
    if with_definition:
        print_text(Text(answer["definition"], str(answer.get("definition_en", ""))), style="dim")


def _heading(answer: Answer) -> Text:
    period = answer["period"]
    vi, en = f"đến ngày {day(answer['as_of'])}", f"as of {day(answer['as_of'])}"
    if period["from"]:
        vi += f", kỳ {day(period['from'])}–{day(period['to'])}"
        en += f", period {day(period['from'])}–{day(period['to'])}"
    where = f"vị trí {answer['position']}", f"position {answer['position']}"
    return Text(f"Tỷ lệ truyền thông, {vi} ({where[0]})", f"Compliance, {en} ({where[1]})")


def _single(group: Answer) -> Table:
    table = Table("Chỉ tiêu / Figure", show_header=False)
    table.add_column(justify="right")
    for name, label in RATES.items():
        table.add_row(_both(label), percent(group[name]), style="bold" if name == "rate_plan" else None)
    table.add_row(_both(TARGET), _target(group), end_section=True)
    for name, label in COUNTS.items():
        table.add_row(_both(label), count(group[name]))
    return table


def _both(label: Text) -> str:
    return f"{label.vi} [dim]/ {label.en}[/dim]"


def _target(group: Answer) -> str:
    floor = percent(group["floor"])
    if group["target"] is None:
        return floor
    lower = f" ({BELOW_TARGET.vi} / {BELOW_TARGET.en})" if group["target_below_floor"] else ""
    return f"{percent(group['target'])}; {floor}{lower}"


def _grouped(groups: Sequence[Answer]) -> Table:
    table = Table("Nhóm / Group")
    shown = ("policies", "judged", "met", "missed", "pending", "undetermined")
    for name in shown:
        table.add_column(f"{COUNTS[name].vi}\n[dim]{COUNTS[name].en}[/dim]", justify="right")
    rates = ("rate_plan", "rate_plan_low", "rate_full")
    for label in (*(RATES[name] for name in rates), TARGET):
        table.add_column(f"{label.vi}\n[dim]{label.en}[/dim]", justify="right")
    for group in groups:
        table.add_row(
            escape(group["label"] or "–"),
            *(count(group[name]) for name in shown),
            *(percent(group[name]) for name in rates),
            _target(group),
        )
    return table


def show_gaps(answer: Answer) -> None:
    banners(answer)
    gaps: Sequence[Answer] = answer["gaps"]
    number = len(gaps)
    print_text(
        Text(
            f"Dự thảo còn thiếu truyền thông ở giai đoạn hiện tại, ngày {day(answer['as_of'])}: {number}",
            f"Drafts not communicated at their current stage on {day(answer['as_of'])}: {number}",
        ),
        style="bold",
    )
    if gaps:
        out.print(_gap_table(gaps))


def _gap_table(gaps: Sequence[Answer]) -> Table:
    table = Table(
        "Dự thảo / Draft", f"{LEAD_UNIT.vi} / {LEAD_UNIT.en}", "Giai đoạn / Stage", f"{DUE.vi} / {DUE.en}"
    )
    table.add_column("Tình trạng / State")
    table.add_column("Chính sách / Policies")
    for gap in gaps:
        overdue = gap["state"] == GapState.OVERDUE
        table.add_row(
            f"{gap['draft_code']}\n[dim]{escape(gap['title'])}[/dim]",
            gap["unit_code"],
            STAGES[Stage(gap["stage"])].vi,
            day(gap["due_on"])
            + (f"\n[dim]{escape(gap['due_document'])}[/dim]" if gap["due_document"] else ""),
            _state(gap),
            listed(gap["policies"]),
            style="red" if overdue else None,
        )
    return table


def _state(gap: Answer) -> str:
    state = GapState(gap["state"])
    days = gap["overdue_working_days"] if state is GapState.OVERDUE else gap["working_days_left"]
    return time_left(state, days).vi


def show_programme(answer: Answer) -> None:
    banners(answer)
    year, units = answer["year"], answer["units"]
    vi, en = f"năm {year}, đến ngày {day(answer['as_of'])}", f"of {year}, as of {day(answer['as_of'])}"
    print_text(Text(f"Chương trình {vi}", f"Programmes {en}"), style="bold")
    counts = [count(units[name]) for name in ("units", "with_plan", "reported", "reported_in_time")]
    print_text(
        Text(
            "Số đơn vị {}; có kế hoạch {}; đã báo cáo {}, trong đó đúng hạn {}.".format(*counts),
            "Units {}; with a plan {}; reported {}, in time {}.".format(*counts),
        )
    )
    for group in answer["groups"]:
        title = escape(f"{group['group']}. {group['label']}")
        if group["kinds"]:
            out.print(_of_kinds(title, group["kinds"]))
        if group["figures"]:
            out.print(_of_figures(title, group["figures"]))


def _of_kinds(title: str, kinds: Sequence[Answer]) -> Table:
    table = Table(title, title=None)
    for label in PROGRAMME_COLUMNS:
        table.add_column(label, justify="right")
    for kind in kinds:
        states = [kind["states"][name] for name in ("open", "late", "done", "done_late", "cancelled")]
        sums = (kind["quantity"], kind["amount"])
        shown = ["–" if number is None else count(number) for number in (kind["entries"], *sums, *states)]
        table.add_row(escape(kind["label"]), *shown)
    return table


def _of_figures(title: str, figures: Answer) -> Table:
    table = Table(title, "", title=None)
    for name, value in figures.items():
        label = programme_figure(name)
        table.add_row(_both(label), percent(value) if name in SHARES else _number(value))
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else count(int(value))


PROGRAMME_COLUMNS = (
    "Số mục\n[dim]Entries[/dim]",
    "Số lượng\n[dim]Quantity[/dim]",
    "Số tiền (đồng)\n[dim]Amount[/dim]",
    "Đang thực hiện\n[dim]Open[/dim]",
    "Quá hạn\n[dim]Late[/dim]",
    "Hoàn thành\n[dim]Done[/dim]",
    "Hoàn thành sau hạn\n[dim]Done late[/dim]",
    "Đã hủy\n[dim]Cancelled[/dim]",
)
