"""Registers the commands that show rules, figures and mail, and control sending."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.ask import report_commands, silence_commands
from deploy.cli.console import print_json
from deploy.cli.options import AreaOf, AsOf, At, Json, Unit, Why, connected
from shared.contracts.vocabulary import Channel, Dataset, Handling, Instrument, Procedure, Regime, Stage

commands = typer.Typer()

mails = typer.Typer(help="Thư không gửi được. / Mails that were not delivered.", no_args_is_help=True)
commands.add_typer(mails, name="mail")
commands.add_typer(silence_commands.commands, name="silences")
commands.add_typer(report_commands.commands, name="reports")


@commands.command()
def rules(
    regime: Annotated[Regime | None, typer.Option(help="Chế độ pháp lý. / Legal regime.")] = None,
    instrument: Annotated[Instrument | None, typer.Option(help="Hình thức văn bản. / Instrument.")] = None,
    procedure: Annotated[Procedure | None, typer.Option(help="Trình tự, thủ tục. / Procedure.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Hiệu lực ngày. / In force on.")
    ] = None,
    calendar: Annotated[int | None, typer.Option(help="Lịch của năm. / Calendar of a year.")] = None,
    file: Annotated[
        Path | None, typer.Option("--with", help="Xem trước tệp quy tắc. / Show what a file would change.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Năm báo cáo của số liệu. / Reporting year of the figures.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Quy tắc: thủ tục, căn cứ, lịch. / Rules: procedures, legal basis, calendar."""
    from deploy.cli.ask import rules as command
    from shared.kernel.settings import RuleSettings

    overrides = RuleSettings().rule_files
    if calendar is not None:
        command.loaded(named := [*overrides, *([file] if file else [])])
        command.show_calendar(calendar, named)
        return
    with connected() as services:
        if file is not None:
            _show_effect(services, file, year, as_json=as_json)
            return
        answer = services.get("registry", "/procedures")
        day = on.date() if on else None
        rows = command.matching(answer["procedures"], regime, instrument, procedure, day)
        if as_json:
            print_json({**answer, "procedures": rows})
        else:
            command.show_procedures(services, rows, answer["rules_version"])


def _show_effect(services: Any, file: Path, year: int | None, *, as_json: bool) -> None:
    from deploy.cli.ask import rule_effect

    if as_json:
        print_json(rule_effect.calculate(services, file, year))
    else:
        rule_effect.preview(services, file, year)


class Counted(StrEnum):
    ACTIVITIES = "activities"
    DRAFTS = "drafts"
    OPINIONS = "opinions"


Year = Annotated[
    int | None,
    typer.Option(
        help="Năm báo cáo, mặc định năm hiện tại. / Reporting year (15/12-14/12), by default the current one."
    ),
]
AllYears = Annotated[
    bool, typer.Option("--all-years", help="Mọi năm gộp lại. / All years together instead of one.")
]
First = Annotated[str | None, typer.Option("--from", help="Từ ngày. / From this day.")]
Last = Annotated[str | None, typer.Option("--to", help="Đến ngày. / To this day.")]
Descendants = Annotated[
    bool, typer.Option("--include-descendants", help="Cả đơn vị trực thuộc. / Subordinate units too.")
]
Seen = Annotated[str, typer.Option(help="original | successor")]
OfDataset = Annotated[
    Dataset | None,
    typer.Option("--dataset", help="Loại dữ liệu, mặc định dữ liệu thật. / Kind of data; live if absent."),
]


def _asked(
    as_of: str | None, year: int | None, first: str | None, last: str | None, *, all_years: bool
) -> dict[str, Any]:
    """Give the period that is asked for: without one it is the reporting year of the day."""
    from deploy.cli.ask.periods import default_year

    if year is None and first is None and last is None and not all_years:
        year = default_year(as_of)
    return {"as_of": as_of, "year": year, "from": first, "to": last}


@commands.command()
def compliance(
    as_of: AsOf = None,
    year: Year = None,
    first: First = None,
    last: Last = None,
    all_years: AllYears = False,
    unit: Unit = None,
    include_descendants: Descendants = False,
    area_of: AreaOf = None,
    view: Seen = "original",
    group_by: Annotated[str, typer.Option(help="none | unit | level | instrument | regime | year")] = "none",
    dataset: OfDataset = None,
    as_json: Json = False,
) -> None:
    """Tỷ lệ truyền thông. / Shares of policies communicated."""
    from deploy.cli.ask import figures

    query = _asked(as_of, year, first, last, all_years=all_years) | {"unit": unit, "view": view}
    query |= {"include_descendants": include_descendants, "area_of": area_of, "group_by": group_by}
    query |= {"dataset": dataset}
    with connected() as services:
        answer = services.get("metrics", "/compliance", **query)
    print_json(answer) if as_json else figures.show_compliance(answer)


@commands.command()
def counts(
    as_of: AsOf = None,
    year: Year = None,
    first: First = None,
    last: Last = None,
    all_years: AllYears = False,
    unit: Unit = None,
    include_descendants: Descendants = False,
    area_of: AreaOf = None,
    view: Seen = "original",
    in_scope: Annotated[
        str | None, typer.Option(help="yes: chỉ dự thảo thuộc phạm vi. / Only drafts in scope.")
    ] = None,
    what: Annotated[
        Counted, typer.Option("--of", help="Đếm gì. / What is counted: activities | drafts | opinions")
    ] = Counted.ACTIVITIES,
    channel: Annotated[
        Channel | None, typer.Option(help="Hình thức (hoạt động). / Form, of activities.")
    ] = None,
    stage: Annotated[Stage | None, typer.Option(help="Giai đoạn (dự thảo, ý kiến). / Stage.")] = None,
    instrument: Annotated[
        Instrument | None, typer.Option(help="Hình thức văn bản (dự thảo, ý kiến). / Instrument.")
    ] = None,
    handling: Annotated[
        Handling | None, typer.Option(help="Hình thức xử lý (dự thảo). / What is done to the law in force.")
    ] = None,
    group_by: Annotated[
        str,
        typer.Option(
            help="activities: none | channel | role | month | unit | audience | area | draft | instrument; "
            "drafts: none | stage | instrument | handling | unit | session; opinions: none | group | draft | unit | stage"
        ),
    ] = "none",
    dataset: OfDataset = None,
    as_json: Json = False,
) -> None:
    """Số liệu hoạt động, dự thảo, ý kiến, cùng kỳ năm trước. / Activities, drafts, opinions, beside the year before."""
    from deploy.cli.ask import counts as command

    query = _asked(as_of, year, first, last, all_years=all_years) | {"unit": unit, "view": view}
    query |= {"include_descendants": include_descendants, "area_of": area_of, "group_by": group_by}
    query |= {"in_scope": in_scope, "channel": channel, "stage": stage}
    query |= {"instrument": instrument, "handling": handling, "dataset": dataset}
    with connected() as services:
        answer = services.get("metrics", command.PATHS[what], **query)
    print_json(answer) if as_json else command.show(what, answer)


@commands.command()
def report(
    as_of: AsOf = None,
    year: Year = None,
    first: First = None,
    last: Last = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="Kỳ của năm: q1–q4, h1, h2, m9; scheme: cả giai đoạn 2022–2027. / Quarter, half, nine months; all years."
        ),
    ] = None,
    unit: Unit = None,
    include_descendants: Descendants = False,
    area_of: AreaOf = None,
    view: Seen = "original",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Tệp .docx, .xlsx, .pdf hoặc .json. / File to write."),
    ] = None,
    dataset: OfDataset = None,
    as_json: Json = False,
) -> None:
    """Báo cáo kết quả thực hiện Đề án 407. / The report on the scheme."""
    from deploy.cli.ask import report as command

    query = _asked(as_of, year, first, last, all_years=part == "scheme") | {"unit": unit, "view": view}
    query |= {"include_descendants": include_descendants, "area_of": area_of, "part": part}
    query |= {"dataset": dataset}
    with connected() as services:
        if output is not None:
            command.write(services, output, query)
            return
        answer = services.get("metrics", "/reports/407", **query)
    print_json(answer) if as_json else command.show(answer)


@commands.command()
def programme(
    as_of: AsOf = None,
    year: Year = None,
    unit: Unit = None,
    include_descendants: Descendants = False,
    area_of: AreaOf = None,
    dataset: OfDataset = None,
    as_json: Json = False,
) -> None:
    """Chương trình năm theo tám nhóm việc. / Programmes of a year, by eight groups."""
    from deploy.cli.ask import figures

    query = {"as_of": as_of, "year": year, "unit": unit, "area_of": area_of, "dataset": dataset}
    with connected() as services:
        answer = services.get("metrics", "/programme", **query, include_descendants=include_descendants)
    print_json(answer) if as_json else figures.show_programme(answer)


@commands.command()
def gaps(
    as_of: AsOf = None,
    unit: Unit = None,
    area_of: AreaOf = None,
    dataset: OfDataset = None,
    as_json: Json = False,
) -> None:
    """Dự thảo còn thiếu truyền thông. / Drafts that lack communication."""
    from deploy.cli.ask import figures

    with connected() as services:
        answer = services.get("metrics", "/gaps", as_of=as_of, unit=unit, area_of=area_of, dataset=dataset)
    print_json(answer) if as_json else figures.show_gaps(answer)


@commands.command()
def preview(
    at: At = None,
    in_full: Annotated[
        bool, typer.Option("--full", help="In cả nội dung thư. / Also print the text of the mails.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Thư sẽ gửi; không gửi gì. / Mails that would be sent; sends nothing."""
    from deploy.cli.ask import mail

    with connected() as services:
        answer = services.get("notifier", "/preview", at=at)
    print_json(answer) if as_json else mail.show_preview(answer, in_full=in_full)


@commands.command()
def hold(reason: Why) -> None:
    """Giữ lại mọi thư. / Hold all mails."""
    _switch("hold", reason)


@commands.command()
def release(reason: Why = "đã xem trước") -> None:
    """Cho gửi thư, sau khi xem trước. / Allow sending, after the preview."""
    _switch("release", reason)


def _switch(decision: str, reason: str) -> None:
    from deploy.cli.ask import mail

    with connected() as services:
        mail.show_switch(services.post("notifier", f"/sending/{decision}", {"reason": reason}))


@mails.command(name="acknowledge")
def acknowledge(
    key: Annotated[
        str | None, typer.Argument(help="Khóa của thư; hoặc dùng --all. / Key of the mail; or use --all.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Tất cả thư. / All of them.")] = False,
) -> None:
    """Đã xem thư không gửi được. / Mark failed or unsure mails as seen."""
    from deploy.cli.ask import mail

    with connected() as services:
        mail.show_acknowledged(mail.acknowledge(services, key, everything=everything))


@mails.command(name="withdraw-links")
def withdraw_links(
    reason: Annotated[str, typer.Option("--reason", help="Lý do. / The reason, kept in the log.")],
    recipient: Annotated[
        str | None, typer.Option("--recipient", help="Mã của người nhận. / Opaque id of a recipient.")
    ] = None,
    mail_key: Annotated[str | None, typer.Option("--mail", help="Khóa của một thư. / Key of a mail.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Mã đơn vị. / Code of a unit.")] = None,
) -> None:
    """Thu hồi liên kết trong thư. / Withdraw the links of a recipient, of a mail or of a unit."""
    from deploy.cli.ask import mail

    with connected() as services:
        mail.show_withdrawn(mail.withdraw_links(services, reason, recipient, mail_key, unit))


@mails.command(name="retry")
def retry(key: Annotated[str, typer.Argument(help="Khóa của thư. / Key of the mail.")]) -> None:
    """Gửi lại một thư không gửi được. / Retry a failed mail."""
    from deploy.cli.ask import mail

    with connected() as services:
        services.post("notifier", f"/outbox/{key}/retry", {})
        mail.show_tick(services.post("notifier", "/tick", {"at": None}))


@commands.command()
def tick(at: At = None) -> None:
    """Gửi thư đến hạn. / Send the mails that are due."""
    from deploy.cli.ask import mail

    with connected() as services:
        mail.show_tick(services.post("notifier", "/tick", {"at": at}))
