"""The page of required reports: who has sent, who is late, and the figures that were sent, summed beside those counted."""

from collections.abc import Iterable, Sequence

from services.metrics.adapters.lists.listing import Kind, Linked, Marked, Table, Value
from services.metrics.adapters.lists.page import (
    Asked,
    ListPage,
    Sources,
    by_dataset,
    column,
    key_in,
    title_in,
)
from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.navigation import REPORTS
from services.metrics.application.required_reports import (
    ListedReport,
    ReportsOfYear,
    ReportsQuestion,
    sent_totals,
)
from shared.contracts.vocabulary import Dataset
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.figures import Period, reporting_year
from shared.rules.programme.figures import OWN_FIGURES
from shared.rules.programme.reports import ReportState

PATH = REPORTS.path
EXPECTED = (
    column("unit", "Đơn vị báo cáo", "Unit"),
    column("title", "Báo cáo", "Report"),
    column("period", "Kỳ báo cáo", "Period"),
    column("receiver", "Gửi đến", "To"),
    column("due_on", "Thời hạn", "Due", Kind.DAY),
    column("state", "Tình trạng", "State"),
    column("submitted_on", "Ngày gửi", "Sent on", Kind.DAY),
    column("next", "Bước tiếp theo", "Next step"),
)
SUMS = (
    column("figure", "Số liệu", "Figure"),
    column("period", "Kỳ báo cáo", "Period"),
    column("receiver", "Gửi đến", "To"),
    column("units", "Số báo cáo có số liệu", "Reports that give it", Kind.NUMBER),
    column("own", "Tổng các đơn vị báo cáo", "Sum of what was sent", Kind.NUMBER),
    column("counted", "Hệ thống tổng hợp cho các đơn vị đó", "Counted for the same units", Kind.NUMBER),
    column("difference", "Chênh lệch", "Difference", Kind.NUMBER),
)
STATES = {
    ReportState.OPEN: Marked(Text("chưa đến hạn", "not due yet"), "plain", 1),
    ReportState.LATE: Marked(Text("quá hạn, chưa gửi", "late, not sent"), "bad", 0),
    ReportState.SUBMITTED: Marked(Text("đã gửi, chờ tiếp nhận", "sent, to be received"), "plain", 3),
    ReportState.SUBMITTED_LATE: Marked(
        Text("gửi sau thời hạn, chờ tiếp nhận", "sent late, to be received"), "warn", 2
    ),
    ReportState.RECEIVED: Marked(Text("đã tiếp nhận", "received"), "good", 5),
    ReportState.RECEIVED_LATE: Marked(
        Text("đã tiếp nhận, gửi sau thời hạn", "received, sent late"), "good", 4
    ),
}
RECEIVED = Text("Báo cáo gửi đến đơn vị", "Reports sent to the unit")
SENT = Text("Báo cáo đơn vị phải gửi", "Reports that the unit sends")
ALL = Text("Báo cáo phải gửi", "Required reports")
ABOUT_SUMS = Text(
    "Tổng các báo cáo đã gửi đặt cạnh số liệu hệ thống tổng hợp cho đúng các đơn vị đó (gồm đơn vị trực thuộc, đơn vị được theo "
    "dõi), nên đơn vị này nằm trong đơn vị kia thì được tính ở cả hai.",
    "What was sent, beside what is counted for the same units with those below them and those they follow; a unit within "
    "another one counts with both.",
)


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        own = overview.question
        year = own.year or reporting_year(own.as_of)
        of_units = ReportsQuestion(
            as_of=own.as_of,
            year=year,
            unit_code=own.unit_code,
            include_descendants=own.include_descendants,
            area_of=own.area_of,
        )
        required = await ReportsOfYear.read(snapshot, own.as_of, year)
        others = (await required.answer(of_units)).reports
        sent_to: Sequence[ListedReport] = ()
        if own.unit_code is not None:
            to_unit = ReportsQuestion(as_of=own.as_of, year=year, receiver=own.unit_code)
            sent_to = (await required.answer(to_unit)).reports
            others = [item for item in others if item.standing.expected.receiver != own.unit_code]
    return ListPage(
        headline=_headline([*sent_to, *others]),
        intro=Text(
            f"Báo cáo các đơn vị phải gửi của năm báo cáo {year}, đến ngày {page_data.day(own.as_of)}.",
            f"Reports required for the reporting year {year}, as of {page_data.day(own.as_of)}.",
        ),
        tables=[
            *_expected("received", RECEIVED, sent_to, sources, asked),
            *_sums(sent_to or others),
            *_expected("expected", SENT if sent_to else ALL, others, sources, asked),
        ],
        overview=overview,
    )


def _headline(reports: Sequence[ListedReport]) -> Text:
    states = [item.standing.state for item in reports]
    sent = sum(not state.is_waiting for state in states)
    late = states.count(ReportState.LATE)
    waiting = sum(state in {ReportState.SUBMITTED, ReportState.SUBMITTED_LATE} for state in states)
    if not reports:
        return Text("Không có báo cáo nào được yêu cầu", "No report is required")
    return Text(
        f"{sent}/{len(reports)} báo cáo đã gửi; {late} quá hạn chưa gửi; {waiting} chờ tiếp nhận",
        f"{sent} of {counted(len(reports), 'report')} sent; {late} late; {waiting} to be received",
    )


def _expected(
    key: str, title: Text, reports: Sequence[ListedReport], sources: Sources, asked: Asked
) -> list[Table]:
    if not reports and key == "received":
        return []
    return [
        Table(
            key=key_in(key, dataset),
            title=title_in(title, dataset),
            columns=EXPECTED,
            rows=[_row(item, sources, asked) for item in _late_first(rows)],
        )
        for dataset, rows in by_dataset(reports, _dataset)
    ]


def _dataset(item: ListedReport) -> Dataset:
    return item.dataset


def _late_first(reports: Iterable[ListedReport]) -> list[ListedReport]:
    return sorted(
        reports, key=lambda item: (item.standing.state is not ReportState.LATE, item.standing.expected.due_on)
    )


def _row(item: ListedReport, sources: Sources, asked: Asked) -> dict[str, Value]:
    expected, submitted = item.standing.expected, item.standing.submitted
    return {
        "unit": Linked(item.unit_name, asked.link(PATH, unit=expected.unit_code, area_of=None)),
        "title": item.title,
        "period": _period(expected.period),
        "receiver": item.receiver_name,
        "due_on": expected.due_on,
        "state": STATES[item.standing.state],
        "submitted_on": submitted.happened_on if submitted else None,
        "next": _next(item, sources, asked),
    }


def _next(item: ListedReport, sources: Sources, asked: Asked) -> Value:
    """Lead to where it is made, received or read."""
    expected = item.standing.expected
    if item.standing.state.is_waiting:
        period = {"from": expected.period.from_day, "to": expected.period.to_day, "year": None}
        others = {"area_of": None, "lang": None, "known_at": None, "as_of": None, "view": None}
        form = asked.link("/entry/reports/publish", unit=expected.unit_code, **period, **others)
        return Linked(Text("Chốt báo cáo của kỳ để gửi", "Publish it, then send it"), form)
    if item.standing.received_on is None:
        return Linked(
            Text("Tiếp nhận", "Receive it"), f"{sources.campaigns.rstrip('/')}/entry/decisions#bao-cao"
        )
    if item.published_id is not None:
        return Linked(Text("Báo cáo đã gửi", "The report"), f"/reports/published/{item.published_id}")
    return None


def _sums(reports: Sequence[ListedReport]) -> list[Table]:
    """Sum by receiver and period; without any report that has figures there is no table."""
    tables = []
    for dataset, rows in by_dataset([item for item in reports if item.figures], _dataset):
        summed = [row for group in _grouped(rows) for row in _sum_rows(group)]
        if summed:
            title = title_in(
                Text("Tổng hợp số liệu các đơn vị gửi", "Figures that were sent, summed"), dataset
            )
            tables.append(
                Table(key=key_in("sums", dataset), title=title, columns=SUMS, rows=summed, note=ABOUT_SUMS)
            )
    return tables


def _grouped(reports: Iterable[ListedReport]) -> list[list[ListedReport]]:
    groups: dict[tuple[str, Period], list[ListedReport]] = {}
    for item in reports:
        expected = item.standing.expected
        groups.setdefault((expected.receiver, expected.period), []).append(item)
    return list(groups.values())


def _sum_rows(group: Sequence[ListedReport]) -> Iterable[dict[str, Value]]:
    first = group[0]
    for total in sent_totals(group):
        yield {
            "figure": OWN_FIGURES[total.name],
            "period": _period(first.standing.expected.period),
            "receiver": first.receiver_name,
            "units": total.units,
            "own": total.own,
            "counted": total.counted,
            "difference": total.difference,
        }


def _period(period: Period) -> str:
    return f"{page_data.day(period.from_day)}–{page_data.day(period.to_day)}"
