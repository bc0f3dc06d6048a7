"""Registers the commands that start, check and repair the platform."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.operate.subscribers.snippets import Snippet
from deploy.cli.options import Json, Unit, connected
from shared.contracts.vocabulary import Role

Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", help="Chủ đề cần đọc, lặp lại được; mặc định tất cả. / Subject to read; all if absent."
    ),
]

commands = typer.Typer()

streams = typer.Typer(help="Luồng dữ liệu của NATS. / Streams of the broker.", no_args_is_help=True)
commands.add_typer(streams, name="streams")
token = typer.Typer(help="Mã truy cập. / Access tokens.")
commands.add_typer(token, name="token")
subscribers = typer.Typer(
    help="Khóa đọc sự kiện cho hệ thống khác. / Keys of external systems that read the events.",
    no_args_is_help=True,
)
commands.add_typer(subscribers, name="subscribers")
commands.add_typer(subscribers, name="readers", hidden=True)  # the old name


@commands.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Nạp dữ liệu mẫu. / Load both samples.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Thư mục dữ liệu. / Data folder (LOA_DATA_DIR, .loa).")
    ] = None,
) -> None:
    """Khởi động toàn hệ thống. / Start the whole platform."""
    from deploy.cli.operate import up as command
    from deploy.local.settings import LocalSettings

    settings = LocalSettings() if data_dir is None else LocalSettings(data_dir=data_dir)
    command.up(settings, with_demo=demo)


@commands.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="Thư mục. / Folder.")] = Path("deploy/secrets"),
    database_host: Annotated[str, typer.Option(help="PostgreSQL.")] = "postgres:5432",
    smtp_url: Annotated[
        str | None, typer.Option(help="Máy chủ thư; mặc định thư giữ lại. / Mail server; default: a sink.")
    ] = None,
) -> None:
    """Tạo khóa, mật khẩu cho container. / Create the secrets of an installation in containers."""
    from deploy.cli.operate import keys as command

    command.make(folder, database_host, smtp_url)


@commands.command()
def prepare() -> None:
    """Chờ NATS và PostgreSQL, tạo cơ sở dữ liệu và luồng. / Wait for the engines; create databases and streams."""
    from deploy.cli.operate import prepare as command
    from deploy.local.settings import LocalSettings

    command.prepare(LocalSettings())


@commands.command()
def status() -> None:
    """Tình trạng hệ thống. / The state of the platform."""
    from deploy.cli.operate.health import status as command
    from deploy.local import state

    if not command.show(state.read()):
        raise typer.Exit(1)


@commands.command()
def doctor(as_json: Json = False) -> None:
    """Tìm mọi vấn đề và cách xử lý. / List every problem with the command that fixes it."""
    from deploy.cli.operate.health import doctor as command

    if not command.show(as_json=as_json):
        raise typer.Exit(1)


@commands.command()
def rebuild(projection: Annotated[str, typer.Argument(help="Tên dịch vụ. / Name of the service.")]) -> None:
    """Dựng lại dữ liệu đọc. / Rebuild a read model from the log."""
    from deploy.cli.operate import read_models

    with connected() as services:
        read_models.rebuild(services, projection)


@commands.command()
def skip(
    target: Annotated[
        str,
        typer.Argument(
            help="Tên dịch vụ; với --all là vị trí. / Name of the service; with --all the position."
        ),
    ],
    position: Annotated[
        int | None, typer.Argument(help="Vị trí của sự kiện lỗi. / Position of the bad event.")
    ] = None,
    *,
    everywhere: Annotated[
        bool, typer.Option("--all", help="Ở mọi dịch vụ đang dừng vì nó. / In every service that it halts.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Lý do, được lưu lại. / Reason, kept on record.")],
) -> None:
    """Bỏ qua một sự kiện lỗi. / Skip one event that cannot be projected: `loa skip SERVICE POSITION`, `loa skip POSITION --all`."""
    from deploy.cli.operate import read_models

    with connected() as services:
        if everywhere:
            read_models.skip_everywhere(services, read_models.a_position(target), reason)
        else:
            read_models.skip(services, target, read_models.a_position(position), reason)


@commands.command()
def recover(
    restore_from: Annotated[
        Path | None, typer.Option(help="Xem cách phục hồi từ bản sao lưu. / Explain a restore from a backup.")
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--go-on", help="Chấp nhận nhật ký hiện tại. / Accept the present log as it is.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Lý do, bắt buộc với --go-on. / Reason, with --go-on.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Khi nhật ký bị thay: xem phần mất và quyết định. / When the log was replaced: show what is lost, and decide."""
    from deploy.cli.operate import recover as command

    if go_on and not reason:
        raise typer.BadParameter('--go-on --reason "…"')
    with connected() as services:
        if restore_from is not None:
            command.explain_restore(services, restore_from)
        elif go_on:
            command.go_on(services, reason or "")
        elif not command.show(services, as_json=as_json):
            raise typer.Exit(1)


@token.callback(invoke_without_command=True)
def sign_token(
    context: typer.Context,
    role: Annotated[Role, typer.Option(help="Vai trò. / Role.")] = Role.OPERATOR,
    unit: Unit = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="Số ngày hiệu lực. / Days of validity.")] = 30,
) -> None:
    """Cấp mã truy cập. / Sign an access token."""
    from deploy.cli.operate import tokens

    if context.invoked_subcommand is None:
        print(tokens.sign(role, unit, days))


@token.command(name="list")
def list_tokens(as_json: Json = False) -> None:
    """Các mã đã cấp còn hạn. / The tokens that were signed and have not expired."""
    from deploy.cli.operate import tokens

    with connected() as services:
        tokens.show(services, as_json=as_json)


@token.command(name="revoke")
def revoke_token(
    token_id: Annotated[
        str, typer.Argument(help="JTI, hoặc chủ thể. / The jti of a token, or a subject with its sessions.")
    ],
) -> None:
    """Thu hồi mã. / Revoke a token: every service refuses it within two seconds."""
    from deploy.cli.operate import tokens

    with connected() as services:
        tokens.revoke(services, token_id)


@token.command(name="rotate")
def rotate_key(
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Mọi mã cũ hết hiệu lực ngay. / No old token stays valid.")
    ] = False,
) -> None:
    """Thay khóa ký, không dừng dịch vụ. / Replace the signing key without a restart."""
    from deploy.cli.operate import tokens

    tokens.rotate(at_once=at_once)


@commands.command()
def login(
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Mở trình duyệt. / Open a browser.")
    ] = True,
) -> None:
    """Đăng nhập trang web bằng địa chỉ dùng một lần. / Sign in to the pages with a one-time address."""
    from deploy.cli.operate import tokens

    with connected() as services:
        tokens.login(services, open_browser=open_browser)


@streams.command(name="plan")
def plan() -> None:
    """Xem khác biệt so với khai báo. / Show what `apply` would change."""
    from deploy.cli.operate.streams import show

    show(change=False)


@streams.command(name="apply")
def apply(
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Chỉ xem khác biệt, không đổi gì. / Only show the differences.")
    ] = False,
) -> None:
    """Tạo và cập nhật luồng dữ liệu. / Create and update the streams as declared."""
    from deploy.cli.operate.streams import show

    show(change=not only_plan)


@subscribers.command(name="add")
def add_subscriber(
    name: Annotated[str, typer.Argument(help="Tên hệ thống đọc. / Name of the external system.")],
    filters: Filters = None,
    snippet: Annotated[
        Snippet | None, typer.Option(help="In chương trình đọc mẫu. / Print a program that reads.")
    ] = Snippet.NATS_PY,
    no_snippet: Annotated[
        bool, typer.Option("--no-snippet", help="Chỉ in thông số. / Print the settings only.")
    ] = False,
) -> None:
    """Tạo khóa chỉ để đọc sự kiện, và durable consumer. / Create a key that may only read the events, and its durable."""
    from deploy.cli.operate.subscribers import commands as command

    command.add(name, filters or (), None if no_snippet else snippet)


@subscribers.command(name="list")
def list_subscribers(as_json: Json = False) -> None:
    """Các khóa đọc và tiến độ đọc. / List the keys with their lag."""
    from deploy.cli.operate.subscribers import commands as command

    command.show(as_json=as_json)


@subscribers.command(name="reset")
def reset_subscriber(
    name: Annotated[str, typer.Argument(help="Tên. / Name.")], filters: Filters = None
) -> None:
    """Đọc lại từ sự kiện đầu tiên; đổi bộ lọc. / Read again from the first event, with the same or another filter."""
    import asyncio

    from deploy.cli.operate.subscribers import commands as command

    asyncio.run(command.reset(name, filters or ()))


@subscribers.command(name="snippet")
def reader_program(
    library: Annotated[Snippet, typer.Argument(help="Thư viện. / Library.")],
) -> None:
    """In chương trình đọc mẫu. / Print a program that reads the events."""
    from deploy.cli.operate.subscribers.snippets import snippet

    print(snippet(library), end="")


@subscribers.command(name="remove")
def remove_subscriber(name: Annotated[str, typer.Argument(help="Tên. / Name.")]) -> None:
    """Thu hồi khóa đọc. / Revoke a key."""
    import asyncio

    from deploy.cli.operate.subscribers import commands as command

    asyncio.run(command.remove(name))
