"""`loa reports`: who reports what to whom and who is late; a report is sent, or received, by one command."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.client import Services
from deploy.cli.console import CommandError, banners, count, day, out, print_text
from shared.kernel.errors import Text
from shared.rules.programme.reports import ReportState

Answer = Mapping[str, Any]
STATES = {
    ReportState.OPEN: Text("Chưa đến hạn", "Open"),
    ReportState.LATE: Text("Quá hạn, chưa gửi", "Late"),
    ReportState.SUBMITTED: Text("Đã gửi", "Submitted"),
    ReportState.SUBMITTED_LATE: Text("Đã gửi sau hạn", "Submitted late"),
    ReportState.RECEIVED: Text("Đã tiếp nhận", "Received"),
    ReportState.RECEIVED_LATE: Text("Gửi sau hạn, đã tiếp nhận", "Submitted late, received"),
}
TO_SEND = frozenset({ReportState.OPEN, ReportState.LATE})
TO_RECEIVE = frozenset({ReportState.SUBMITTED, ReportState.SUBMITTED_LATE})


def show(answer: Answer) -> None:
    banners(answer)
    vi, en = (
        f"năm {answer['year']}, đến ngày {day(answer['as_of'])}",
        f"of {answer['year']}, as of {day(answer['as_of'])}",
    )
    print_text(Text(f"Báo cáo phải gửi {vi}", f"Required reports {en}"), style="bold")
    counts = "; ".join(
        f"{words.vi} / {words.en}: {count(answer['counts'][state])}" for state, words in STATES.items()
    )
    out.print(counts, markup=False)
    if answer["late_units"]:
        late = ", ".join(answer["late_units"])
        print_text(Text(f"Chưa gửi, đã quá hạn: {late}", f"Late: {late}"), style="red")
    if answer["reports"]:
        out.print(_table(answer["reports"]))
    if left_off := answer["left_off"]:
        print_text(
            Text(f"Còn {count(left_off)} báo cáo khác.", f"{count(left_off)} more reports."), style="dim"
        )


def _table(reports: Sequence[Answer]) -> Table:
    table = Table(
        "Đơn vị / Unit", "Báo cáo / Report", "Gửi đến / To", "Kỳ / Period", "Hạn / Due", "Tình trạng / State"
    )
    table.add_column("Mã yêu cầu / Requirement", overflow="fold")
    for report in reports:
        period, words = report["period"], STATES[ReportState(report["state"])]
        table.add_row(
            report["unit_code"],
            escape(report["title"]),
            report["receiver"],
            f"{day(period['from'])}–{day(period['to'])}",
            day(report["due_on"]),
            f"{words.vi} / {words.en}",
            report["duty_id"],
            style="red" if report["state"] == ReportState.LATE else None,
        )
    return table


def send(
    services: Services, query: Answer, duty_id: str | None, period_from: str | None, content: Answer
) -> Answer:
    """Submit the one report of a unit that is meant: the requirement and period that are named, else the earliest ended."""
    answer = services.get("metrics", "/required-reports", **query)
    meant = _meant(_those(answer, TO_SEND), duty_id, period_from, ended_before=answer["as_of"])
    body = {"duty_id": meant["duty_id"], "period_from": meant["period"]["from"], **content}
    services.post("campaigns", f"/units/{query['unit']}/reports", body)
    return meant


def receive(
    services: Services, query: Answer, duty_id: str | None, period_from: str | None, content: Answer
) -> Answer:
    """Confirm that a report arrived."""
    answer = services.get("metrics", "/required-reports", **query)
    meant = _meant(_those(answer, TO_RECEIVE), duty_id, period_from)
    path = f"/units/{query['unit']}/programme/{meant['year']}/entries/{meant['entry_id']}/steps"
    services.post("campaigns", path, {"kind": "report_received", **content})
    return meant


def show_done(report: Answer, done: Text) -> None:
    period = f"{day(report['period']['from'])}–{day(report['period']['to'])}"
    of = f"{report['title']} ({report['unit_code']} → {report['receiver']}, {period})"
    print_text(Text(f"{done.vi}: {of}", f"{done.en}: {of}"))


def _those(answer: Answer, states: frozenset[ReportState]) -> list[Answer]:
    return [report for report in answer["reports"] if report["state"] in states]


def _meant(
    reports: Iterable[Answer], duty_id: str | None, period_from: str | None, ended_before: str | None = None
) -> Answer:
    named = [
        report
        for report in reports
        if duty_id in (None, report["duty_id"]) and period_from in (None, report["period"]["from"])
    ]
    if not named:
        raise CommandError(
            "Không có báo cáo nào như vậy đang chờ; xem danh sách bằng `loa reports list`.",
            "No such report is waiting; `loa reports list` shows them.",
        )
    if len({report["duty_id"] for report in named}) > 1:
        duties = "; ".join(sorted({f"{report['duty_id']} ({report['title']})" for report in named}))
        raise CommandError(
            f"Có nhiều yêu cầu báo cáo, hãy nêu một mã bằng --duty: {duties}",
            f"Several reports are required, name one with --duty: {duties}",
        )
    ended = [report for report in named if ended_before is None or report["period"]["to"] < ended_before]
    return min(ended or named, key=lambda report: str(report["period"]["from"]))
