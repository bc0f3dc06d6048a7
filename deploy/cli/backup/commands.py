"""Registers the commands that back up, restore and verify the data."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import Json, connected

commands = typer.Typer()


@commands.command()
def verify(as_json: Json = False) -> None:
    """Kiểm tra nhật ký và dữ liệu đọc. / Check the log, and the read models against it."""
    from deploy.cli.backup import verify as command

    with connected() as services:
        right = command.show(services, as_json=as_json)
    if not right:
        raise typer.Exit(1)


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Tệp mới. / A new file.")],
    without_files: Annotated[
        bool,
        typer.Option(
            "--without-files",
            help="Không kèm tệp minh chứng. / Leave files of evidence out (they have a backup of their own).",
        ),
    ] = False,
) -> None:
    """Sao lưu toàn bộ vào một tệp. / Back everything up into one file."""
    from deploy.cli.backup import backup as command

    with connected() as services:
        manifest = command.backup(services, file, with_files=not without_files)
    command.show(file, manifest)


@commands.command()
def restore(file: Annotated[Path, typer.Argument(help="Tệp sao lưu. / A backup.")]) -> None:
    """Phục hồi vào hệ thống trống; không gửi thư. / Restore into an empty installation; sends nothing."""
    from deploy.cli.backup import restore as command

    with connected() as services:
        manifest = command.restore(services, file)
    command.show(manifest)
