"""The command `loa`: starts the platform, feeds it, asks it and looks after it."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import silences
from deploy.cli.console import complain, out
from deploy.cli.options import AsOf, At, Json, Unit, Why, connected
from shared.contracts.vocabulary import Dataset, Instrument, Procedure, Regime, Role
from shared.errors import LoaError, Text

app = typer.Typer(
    help="Loa: truyền thông dự thảo chính sách theo Quyết định 407/QĐ-TTg. / Communication of draft policies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
streams = typer.Typer(help="Luồng dữ liệu của NATS. / Streams of the broker.", no_args_is_help=True)
app.add_typer(streams, name="streams")
mails = typer.Typer(help="Thư không gửi được. / Mails that did not get through.", no_args_is_help=True)
app.add_typer(mails, name="mail")
readers = typer.Typer(
    help="Khóa đọc sự kiện cho hệ thống khác. / Keys for systems of others.", no_args_is_help=True
)
app.add_typer(readers, name="readers")
app.add_typer(silences.commands, name="silences")


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Nạp dữ liệu mẫu. / Load both samples.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Thư mục dữ liệu. / Data folder (LOA_DATA_DIR, .loa).")
    ] = None,
) -> None:
    """Khởi động toàn hệ thống. / Start the whole platform."""
    from deploy.cli import up as command
    from deploy.local.settings import LocalSettings

    settings = LocalSettings() if data_dir is None else LocalSettings(data_dir=data_dir)
    command.up(settings, with_demo=demo)


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="Thư mục. / Folder.")] = Path("deploy/secrets"),
    database_host: Annotated[str, typer.Option(help="PostgreSQL.")] = "postgres:5432",
    smtp_url: Annotated[
        str | None, typer.Option(help="Máy chủ thư; mặc định thư giữ lại. / Mail server; a sink if absent.")
    ] = None,
) -> None:
    """Tạo khóa, mật khẩu cho container. / Make the secrets of an installation in containers."""
    from deploy.cli import keys as command

    command.make(folder, database_host, smtp_url)


@app.command()
def prepare() -> None:
    """Chờ NATS và PostgreSQL, tạo cơ sở dữ liệu và luồng. / Wait for the engines; make databases and streams."""
    from deploy.cli import prepare as command
    from deploy.local.settings import LocalSettings

    command.prepare(LocalSettings())


@app.command(name="import")
def import_(
    path: Annotated[Path, typer.Argument(help="Thư mục CSV hoặc tệp XLSX. / Folder of CSV files, or XLSX.")],
    dataset: Annotated[
        Dataset | None, typer.Option(help="Loại dữ liệu; mặc định live. / Kind of data; live if absent.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chạy thử, không ghi. / Change nothing.")
    ] = False,
    keep_notes: Annotated[
        str,
        typer.Option(
            help="Cột ngoài mẫu được giữ làm ghi chú, cách nhau bằng dấu phẩy. / Extra columns to keep as notes, a,b."
        ),
    ] = "",
    take_hidden: Annotated[
        bool, typer.Option("--take-hidden", help="Nhập cả dòng, cột, trang bị ẩn. / Take what is hidden too.")
    ] = False,
    dates_checked: Annotated[
        bool,
        typer.Option(
            "--dates-checked",
            help="Ngày, tháng đã đối chiếu, không bị đảo. / Days and months are not swapped.",
        ),
    ] = False,
) -> None:
    """Nhập dữ liệu; chạy lại thì không ghi trùng. / Import data; running it again records nothing twice."""
    from deploy.cli import import_view, importing, sheets

    choices = sheets.Choices(sheets.note_columns(keep_notes), take_hidden, dates_checked)
    source = sheets.read(path, choices)
    with (
        connected() as services,
        import_view.resumable(),
        import_view.watched(source, str(path)) as progress,
    ):
        result = importing.carry(source, dataset, services, progress, import_view.tell, dry_run=dry_run)
    import_view.show(source, result, dry_run=dry_run)
    if not result.complete:
        raise typer.Exit(1)


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="Thư mục mới. / A new folder.")],
) -> None:
    """Xuất dữ liệu thành các tệp nhập lại được. / Write the data as files that can be imported again."""
    from deploy.cli import exporting

    with connected() as services:
        exporting.export(services, path)


@app.command()
def status() -> None:
    """Tình trạng hệ thống. / The state of the platform."""
    from deploy.cli import status as command

    with connected() as services:
        well = command.show(services)
    if not well:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Tìm mọi vấn đề và cách xử lý. / Find all that is wrong, and what mends it."""
    from deploy.cli import doctor as command

    if not command.show(as_json=as_json):
        raise typer.Exit(1)


@app.command()
def rules(
    regime: Annotated[Regime | None, typer.Option(help="Chế độ pháp lý. / Legal regime.")] = None,
    instrument: Annotated[Instrument | None, typer.Option(help="Hình thức văn bản. / Instrument.")] = None,
    procedure: Annotated[Procedure | None, typer.Option(help="Trình tự, thủ tục. / Procedure.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Hiệu lực ngày. / In force on.")
    ] = None,
    calendar: Annotated[int | None, typer.Option(help="Lịch của năm. / Calendar of a year.")] = None,
    file: Annotated[
        Path | None, typer.Option("--with", help="Xem trước tệp quy tắc. / What a file would change.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Năm báo cáo của số liệu. / Reporting year of the figures.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Quy tắc: thủ tục, căn cứ, lịch. / Rules: procedures, legal basis, calendar."""
    from deploy.cli import rules as command
    from shared.settings import RuleSettings

    overrides = RuleSettings().rule_files
    if calendar is not None:
        command.loaded(named := [*overrides, *([file] if file else [])])
        command.show_calendar(calendar, named)
        return
    with connected() as services:
        if file is not None:
            _effect(services, file, year, as_json=as_json)
            return
        answer = services.get("registry", "/procedures")
        day = on.date() if on else None
        rows = command.matching(answer["procedures"], regime, instrument, procedure, day)
        if as_json:
            _print_json({**answer, "procedures": rows})
        else:
            command.show_procedures(services, rows, answer["rules_version"])


def _effect(services: Any, file: Path, year: int | None, *, as_json: bool) -> None:
    from deploy.cli import rule_effect

    if as_json:
        _print_json(rule_effect.asked(services, file, year))
    else:
        rule_effect.preview(services, file, year)


@app.command()
def compliance(
    as_of: AsOf = None,
    year: Annotated[int | None, typer.Option(help="Năm báo cáo. / Reporting year (15/12-14/12).")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Từ ngày. / From this day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Đến ngày. / To this day.")] = None,
    unit: Unit = None,
    include_descendants: Annotated[
        bool, typer.Option("--include-descendants", help="Cả đơn vị trực thuộc. / Subordinate units too.")
    ] = False,
    view: Annotated[str, typer.Option(help="original | successor")] = "original",
    group_by: Annotated[str, typer.Option(help="none | unit | level | instrument | regime | year")] = "none",
    as_json: Json = False,
) -> None:
    """Tỷ lệ truyền thông. / Shares of policies communicated."""
    from deploy.cli import figures

    query = {"as_of": as_of, "year": year, "from": first, "to": last, "unit": unit, "view": view}
    query |= {"include_descendants": include_descendants, "group_by": group_by}
    with connected() as services:
        answer = services.get("metrics", "/compliance", **query)
    _print_json(answer) if as_json else figures.show_compliance(answer)


@app.command()
def gaps(as_of: AsOf = None, unit: Unit = None, as_json: Json = False) -> None:
    """Dự thảo chưa được truyền thông. / Drafts not communicated yet."""
    from deploy.cli import figures

    with connected() as services:
        answer = services.get("metrics", "/gaps", as_of=as_of, unit=unit)
    _print_json(answer) if as_json else figures.show_gaps(answer)


@app.command()
def preview(
    at: At = None,
    in_full: Annotated[
        bool, typer.Option("--full", help="In cả nội dung thư. / The mails' text too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Thư sẽ gửi; không gửi gì. / Mails that would go out; sends nothing."""
    from deploy.cli import mail

    with connected() as services:
        answer = services.get("notifier", "/preview", at=at)
    _print_json(answer) if as_json else mail.show_preview(answer, in_full=in_full)


@app.command()
def hold(reason: Why) -> None:
    """Giữ lại mọi thư. / Hold all sending."""
    _switch("hold", reason)


@app.command()
def release(reason: Why = "đã xem trước") -> None:
    """Cho gửi thư, sau khi xem trước. / Let mail go out, after the preview."""
    _switch("release", reason)


def _switch(decision: str, reason: str) -> None:
    from deploy.cli import mail

    with connected() as services:
        mail.show_switch(services.post("notifier", f"/sending/{decision}", {"reason": reason}))


@mails.command(name="acknowledge")
def acknowledge(
    key: Annotated[
        str | None, typer.Argument(help="Khóa của thư; bỏ trống: tất cả. / Key; none: all.")
    ] = None,
) -> None:
    """Đã xem thư không gửi được. / A mail that failed, or may have gone out, has been seen."""
    from deploy.cli import mail

    with connected() as services:
        path = f"/outbox/{key}/acknowledge" if key else "/outbox/acknowledge"
        mail.show_acknowledged(services.post("notifier", path, {}))


@mails.command(name="retry")
def retry(key: Annotated[str, typer.Argument(help="Khóa của thư. / Key of the mail.")]) -> None:
    """Gửi lại một thư không gửi được. / Try a mail that failed once more."""
    from deploy.cli import mail

    with connected() as services:
        services.post("notifier", f"/outbox/{key}/retry", {})
        mail.show_tick(services.post("notifier", "/tick", {"at": None}))


@app.command()
def tick(at: At = None) -> None:
    """Gửi thư đến hạn. / Send the mails that are due."""
    from deploy.cli import mail

    with connected() as services:
        mail.show_tick(services.post("notifier", "/tick", {"at": at}))


@app.command()
def rebuild(projection: Annotated[str, typer.Argument(help="Tên dịch vụ. / Name of the service.")]) -> None:
    """Dựng lại dữ liệu đọc. / Rebuild a read model from the log."""
    from deploy.cli import operation

    with connected() as services:
        operation.rebuild(services, projection)


@app.command()
def verify(as_json: Json = False) -> None:
    """Kiểm tra nhật ký và dữ liệu đọc. / Check the log, and the read models against it."""
    from deploy.cli import verify as command

    with connected() as services:
        right = command.show(services, as_json=as_json)
    if not right:
        raise typer.Exit(1)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Tệp mới. / A new file.")]) -> None:
    """Sao lưu toàn bộ vào một tệp. / Back everything up into one file."""
    from deploy.cli import backup as command

    with connected() as services:
        manifest = command.backup(services, file)
    command.show(file, manifest)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="Tệp sao lưu. / A backup.")]) -> None:
    """Phục hồi vào hệ thống trống; không gửi thư. / Restore into an empty installation; sends nothing."""
    from deploy.cli import restore as command

    with connected() as services:
        manifest = command.restore(services, file)
    command.show(manifest)


@app.command()
def skip(
    projection: Annotated[str, typer.Argument(help="Tên dịch vụ. / Name of the service.")],
    position: Annotated[int, typer.Argument(help="Vị trí của sự kiện lỗi. / Position of the bad event.")],
    reason: Annotated[str, typer.Option(help="Lý do, được lưu lại. / Why; it is kept.")],
) -> None:
    """Bỏ qua một sự kiện lỗi. / Pass over one event that cannot be projected."""
    from deploy.cli import operation

    with connected() as services:
        operation.skip(services, projection, position, reason)


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="Vai trò. / Role.")] = Role.OPERATOR,
    unit: Unit = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Số ngày hiệu lực. / Days of validity.")] = 30,
) -> None:
    """Cấp mã truy cập. / Sign an access token."""
    from deploy.cli import operation

    print(operation.token(role, unit, days))


@streams.command(name="plan")
def plan() -> None:
    """Xem khác biệt so với khai báo. / Show what `apply` would change."""
    from deploy.cli import operation

    operation.show_streams(change=False)


@streams.command(name="apply")
def apply(
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Chỉ xem khác biệt, không đổi gì. / Only show it.")
    ] = False,
) -> None:
    """Tạo và cập nhật luồng dữ liệu. / Make the streams as declared."""
    from deploy.cli import operation

    operation.show_streams(change=not only_plan)


@readers.command(name="add")
def add_reader(
    name: Annotated[str, typer.Argument(help="Tên hệ thống đọc. / Name of the reading system.")],
) -> None:
    """Tạo khóa chỉ để đọc sự kiện. / Make a key that may only read the events."""
    from deploy.cli import readers as command

    command.add(name)


@readers.command(name="list")
def list_readers() -> None:
    """Các khóa đọc hiện có. / The readers that there are."""
    from deploy.cli import readers as command

    command.show()


@readers.command(name="remove")
def remove_reader(name: Annotated[str, typer.Argument(help="Tên. / Name.")]) -> None:
    """Thu hồi khóa đọc. / Take a reader's key back."""
    import asyncio

    from deploy.cli import readers as command

    asyncio.run(command.remove(name))


def _print_json(answer: Any) -> None:
    out.print_json(json.dumps(answer, ensure_ascii=False))


def main() -> None:
    try:
        app()
    except LoaError as error:
        message = getattr(error, "message", None)
        complain(message if isinstance(message, Text) else Text(str(error), ""))
        sys.exit(1)


if __name__ == "__main__":
    main()
