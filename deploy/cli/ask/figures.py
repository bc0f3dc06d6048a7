"""`loa compliance` and `loa gaps`: tables in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.console import banners, count, day, listed, out, percent, print_text
from shared.contracts.vocabulary import GapState, Stage
from shared.kernel.errors import Text
from shared.rules.wording import GAP_STATES, STAGES

Answer = Mapping[str, Any]

RATES = {
    "rate_full": Text("Truyền thông đầy đủ", "Communicated at every stage"),
    "rate_on_time": Text("Đúng hạn", "On time"),
    "rate_any": Text("Có ít nhất một lần", "At least once"),
    "rate_from_start": Text("Ngay từ khi lấy ý kiến", "From the start"),
    "rate_occurrences": Text("Theo lượt giai đoạn", "By stage occurrences"),
}
COUNTS = {
    "policies": Text("Chính sách", "Policies"),
    "judged": Text("Đã đánh giá", "Judged"),
    "met": Text("Đạt", "Met"),
    "missed": Text("Không đạt", "Missed"),
    "pending": Text("Đang chờ", "Pending"),
    "not_opened": Text("Chưa lấy ý kiến", "Not opened"),
    "closed_unopened": Text("Thông qua, không thấy lấy ý kiến", "Closed unopened"),
    "exempt": Text("Được miễn", "Exempt"),
    "ended": Text("Rút, gộp", "Ended"),
    "undetermined": Text("Chưa rõ phạm vi", "Undetermined"),
    "provisional": Text("Tạm tính", "Provisional"),
    "waived_occurrences": Text("Lượt không tính", "Waived occurrences"),
}


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
        table.add_row(_both(label), percent(group[name]), style="bold" if name == "rate_full" else None)
    table.add_row(_both(Text("Chỉ tiêu", "Target")), _target(group), end_section=True)
    for name, label in COUNTS.items():
        table.add_row(_both(label), count(group[name]))
    return table


def _both(label: Text) -> str:
    return f"{label.vi} [dim]/ {label.en}[/dim]"


def _target(group: Answer) -> str:
    floor = percent(group["floor"])
    if group["target"] is None:
        return floor
    lower = " (thấp hơn mức chung / below the floor)" if group["target_below_floor"] else ""
    return f"{percent(group['target'])}; {floor}{lower}"


def _grouped(groups: Sequence[Answer]) -> Table:
    table = Table("Nhóm / Group")
    shown = ("policies", "judged", "met", "missed", "pending", "undetermined")
    for name in shown:
        table.add_column(f"{COUNTS[name].vi}\n[dim]{COUNTS[name].en}[/dim]", justify="right")
    table.add_column("Đầy đủ\n[dim]Full[/dim]", justify="right")
    table.add_column("Chỉ tiêu\n[dim]Target[/dim]", justify="right")
    for group in groups:
        table.add_row(
            escape(group["label"] or "–"),
            *(count(group[name]) for name in shown),
            percent(group["rate_full"]),
            _target(group),
        )
    return table


def show_gaps(answer: Answer) -> None:
    banners(answer)
    gaps: Sequence[Answer] = answer["gaps"]
    number = len(gaps)
    print_text(
        Text(
            f"Dự thảo chưa được truyền thông ở giai đoạn hiện tại, ngày {day(answer['as_of'])}: {number}",
            f"Drafts not communicated at their current stage on {day(answer['as_of'])}: {number}",
        ),
        style="bold",
    )
    if gaps:
        out.print(_gap_table(gaps))


def _gap_table(gaps: Sequence[Answer]) -> Table:
    table = Table("Dự thảo / Draft", "Cơ quan / Unit", "Giai đoạn / Stage", "Hạn / Due")
    table.add_column("Tình trạng / State")
    table.add_column("Chính sách / Policies")
    for gap in gaps:
        overdue = gap["state"] == GapState.OVERDUE
        table.add_row(
            f"{gap['draft_code']}\n[dim]{escape(gap['title'])}[/dim]",
            gap["unit_code"],
            STAGES[Stage(gap["stage"])].vi,
            day(gap["due_on"]),
            _state(gap),
            listed(gap["policies"]),
            style="red" if overdue else None,
        )
    return table


def _state(gap: Answer) -> str:
    state = GapState(gap["state"])
    if state is GapState.OVERDUE:
        return f"{GAP_STATES[state].vi} {gap['overdue_working_days']} ngày làm việc"
    return GAP_STATES[state].vi
