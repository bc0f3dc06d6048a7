"""The command `loa`: registers the commands of every folder and reports their errors."""

import sys

import typer

from deploy.cli.ask.commands import commands as ask
from deploy.cli.backup.commands import commands as backup
from deploy.cli.console import print_error
from deploy.cli.data.commands import commands as data
from deploy.cli.operate.commands import commands as operate
from shared.kernel.errors import LoaError, Text

app = typer.Typer(
    help="Loa: truyền thông dự thảo chính sách theo Quyết định 407/QĐ-TTg. / Communication of draft policies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for folder in (operate, data, ask, backup):
    app.add_typer(folder)


def main() -> None:
    try:
        app()
    except LoaError as error:
        message = getattr(error, "message", None)
        print_error(message if isinstance(message, Text) else Text(str(error), ""))
        sys.exit(1)


if __name__ == "__main__":
    main()
