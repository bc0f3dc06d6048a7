"""Registers the commands of `loa reports`: reports that are required of units."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from datetime import datetime
from typing import Annotated, Any

import typer

from deploy.cli.console import CommandError, print_json
from deploy.cli.options import AreaOf, AsOf, Json, Unit, connected
from shared.kernel.errors import Text

commands = typer.Typer(
    help="Báo cáo phải gửi: danh sách, gửi, tiếp nhận. / Required reports: list, send, receive.",
    no_args_is_help=True,
)

Of = Annotated[str, typer.Option("--unit", help="Đơn vị báo cáo. / Code of the unit that reports.")]
Duty = Annotated[
    str | None,
    typer.Option("--duty", help="Mã yêu cầu báo cáo. / Id of the requirement, if there are several."),
]
PeriodFrom = Annotated[
    datetime | None,
    typer.Option("--period-from", formats=["%Y-%m-%d"], help="Ngày đầu của kỳ. / First day of the period."),
]
Year = Annotated[int | None, typer.Option(help="Năm báo cáo. / Reporting year, by default the current one.")]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="Ngày; mặc định hôm nay. / Day; today if absent."),
]
Document = Annotated[str | None, typer.Option(help="Số, ký hiệu văn bản. / Number of the document.")]


@commands.command(name="list")
def list_reports(
    as_of: AsOf = None,
    year: Year = None,
    unit: Unit = None,
    include_descendants: Annotated[
        bool, typer.Option("--include-descendants", help="Cả đơn vị trực thuộc. / Subordinate units too.")
    ] = False,
    area_of: AreaOf = None,
    receiver: Annotated[str | None, typer.Option("--to", help="Đơn vị nhận. / Who is reported to.")] = None,
    late: Annotated[
        bool, typer.Option("--late", help="Chỉ báo cáo quá hạn. / Only those that are late.")
    ] = False,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", help="Theo dữ liệu đã biết đến. / As known at a position or day."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Báo cáo phải gửi, ai quá hạn. / Who reports what to whom, and who is late."""
    from deploy.cli.ask import required_reports

    query = {"as_of": as_of, "year": year, "unit": unit, "include_descendants": include_descendants}
    query |= {
        "area_of": area_of,
        "receiver": receiver,
        "state": "late" if late else None,
        "known_at": known_at,
    }
    with connected() as services:
        answer = services.get("metrics", "/required-reports", **query)
    print_json(answer) if as_json else required_reports.show(answer)


@commands.command()
def send(
    unit: Of,
    duty: Duty = None,
    period_from: PeriodFrom = None,
    year: Year = None,
    document: Document = None,
    on: On = None,
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure", help="Số liệu của đơn vị, như activities=12; dùng nhiều lần. / The unit's own figure."
        ),
    ] = None,
    note: Annotated[str | None, typer.Option(help="Ghi chú. / Note.")] = None,
) -> None:
    """Gửi một báo cáo; kỳ, hạn và nơi nhận theo yêu cầu. / Send a report; period, due day and receiver are known."""
    from deploy.cli.ask import required_reports

    figures = _figures(figure or [])
    body = _stated(happened_on=_day(on), document=document, note=note, figures=figures)
    with connected() as services:
        query = {"unit": unit, "year": year}
        sent = required_reports.send(services, query, duty, _day(period_from), body)
    required_reports.show_done(sent, Text("Đã gửi", "Sent"))


@commands.command()
def receive(
    unit: Of,
    duty: Duty = None,
    period_from: PeriodFrom = None,
    year: Year = None,
    document: Document = None,
    on: On = None,
) -> None:
    """Tiếp nhận báo cáo của một đơn vị. / Confirm that the report of a unit arrived."""
    from deploy.cli.ask import required_reports

    body = _stated(happened_on=_day(on), document=document)
    with connected() as services:
        query = {"unit": unit, "year": year}
        received = required_reports.receive(services, query, duty, _day(period_from), body)
    required_reports.show_done(received, Text("Đã tiếp nhận", "Received"))


def _day(given: datetime | None) -> str | None:
    return None if given is None else given.date().isoformat()


def _stated(**content: Any) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}


def _figures(given: list[str]) -> dict[str, int]:
    figures: dict[str, int] = {}
    for item in given:
        name, _, number = item.partition("=")
        if not number.strip().isdigit():
            raise CommandError(
                f"“{item}” không đúng dạng; hãy viết tên=số, như activities=12.",
                f"'{item}' is not of the form name=number, such as activities=12.",
            )
        figures[name.strip()] = int(number)
    return figures
