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
    keep_notes: Annotated[
        str,
        typer.Option(
            help="Cột ngoài mẫu được giữ làm ghi chú, cách nhau bằng dấu phẩy. / Extra columns to keep as notes, a,b."
        ),
    ] = "",
    take_hidden: Annotated[
        bool, typer.Option("--take-hidden", help="Nhập cả dòng, cột, trang bị ẩn. / Take what is hidden too.")
    ] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help="Nêu các dòng khác với dữ liệu đã ghi, rồi ghi thay đổi. / Show what differs from the record, then amend it.",
        ),
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
    from deploy.cli.data import import_view, importing, updating
    from deploy.cli.data import sources as sheets

    choices = sheets.Choices(sheets.note_columns(keep_notes), take_hidden, dates_checked)
    source = sheets.read(path, choices)
    with (
        connected() as services,
        import_view.resumable(),
        import_view.watched(source, str(path)) as progress,
    ):
        updated = updating.Updated()
        if update:
            reason = f"loa import --update {path.name}"
            updated = updating.update(services, source, import_view.report, reason, dry_run=dry_run)
            import_view.show_amended(updated.amended, updated.refused, dry_run=dry_run)
        result = importing.import_source(
            source,
            dataset,
            services,
            progress,
            import_view.report,
            dry_run=dry_run,
            left_out=updated.left,
        )
    import_view.show(source, result, dry_run=dry_run)
    if updated.refused or not result.complete:
        raise typer.Exit(1)


@commands.command()
def export(
    path: Annotated[Path, typer.Argument(help="Thư mục mới. / A new folder.")],
) -> None:
    """Xuất dữ liệu thành các tệp nhập lại được. / Write the data as files that can be imported again."""
    from deploy.cli.data import exporting

    with connected() as services:
        exporting.export(services, path)
