"""The command `loa`: registers the commands of every folder and reports their errors."""

import os
import platform
import sys
from typing import Annotated

import typer

from deploy.cli.ask.commands import commands as ask
from deploy.cli.backup.commands import commands as backup
from deploy.cli.console import print_error
from deploy.cli.data.commands import commands as data
from deploy.cli.operate.commands import commands as operate
from shared.kernel import setting_names
from shared.kernel.errors import LoaError, Text
from shared.kernel.release import RELEASE

app = typer.Typer(
    help="Loa: truyền thông dự thảo chính sách theo Quyết định 407/QĐ-TTg. / Communication of draft policies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"loa {RELEASE} (Python {platform.python_version()})")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Phiên bản. / The version."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


for folder in (operate, data, ask, backup):
    app.add_typer(folder)


SETTINGS = (
    "LocalSettings",
    "RuleSettings",
    "Settings",
)  # classes of settings that a command or a service reads


def _print_settings(error: ValueError) -> None:
    from shared.kernel.settings import described  # noqa: PLC0415  `loa --help` answers at once

    print_error(Text(described(error), ""))


def main() -> None:
    os.umask(0o077)  # what is written (data, mails, exports) is for the user who runs this alone
    try:
        setting_names.check()
        app()
    except ValueError as error:
        if getattr(error, "title", "") not in SETTINGS:
            raise
        _print_settings(error)
        sys.exit(1)
    except LoaError as error:
        message = getattr(error, "message", None)
        print_error(message if isinstance(message, Text) else Text(str(error), ""))
        sys.exit(1)


if __name__ == "__main__":
    main()
