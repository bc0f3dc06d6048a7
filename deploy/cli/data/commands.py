"""Registers the commands that import and export data."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import connected
from shared.contracts.vocabulary import Dataset

commands = typer.Typer()


@commands.command(name="import")
def import_(
    path: Annotated[Path, typer.Argument(help="Thư mục CSV hoặc tệp XLSX. / Folder of CSV files, or XLSX.")],
    dataset: Annotated[
        Dataset | None, typer.Option(help="Loại dữ liệu; mặc định live. / Kind of data; live if absent.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chạy thử, không ghi. / Record nothing.")
    ] = False,
) -> None:
    """Nhập dữ liệu; chạy lại thì không ghi trùng. / Import data; running it again records nothing twice."""
    from deploy.cli.data import import_view, importing
    from deploy.cli.data import sources as sheets

    source = sheets.read(path)
    with (
        connected() as services,
        import_view.resumable(),
        import_view.watched(source, str(path)) as progress,
    ):
        result = importing.import_source(
            source, dataset, services, progress, import_view.report, dry_run=dry_run
        )
    import_view.show(source, result, dry_run=dry_run)
    if not result.complete:
        raise typer.Exit(1)


@commands.command()
def export(
    path: Annotated[Path, typer.Argument(help="Thư mục mới. / A new folder.")],
) -> None:
    """Xuất dữ liệu thành các tệp nhập lại được. / Write the data as files that can be imported again."""
    from deploy.cli.data import exporting

    with connected() as services:
        exporting.export(services, path)
