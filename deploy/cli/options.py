"""What several commands take from the command line, and the services that they ask."""

from typing import Annotated, Any

import typer

AsOf = Annotated[str | None, typer.Option("--as-of", help="Ngày cần xem. / The day asked for (yyyy-mm-dd).")]
Unit = Annotated[str | None, typer.Option("--unit", help="Mã đơn vị. / Unit code.")]
Json = Annotated[bool, typer.Option("--json", help="In nguyên JSON. / Print the answer as JSON.")]
At = Annotated[
    str | None, typer.Option("--at", help="Thời điểm; mặc định là bây giờ. / The moment; now if absent.")
]
Why = Annotated[str, typer.Option("--reason", help="Lý do, được lưu lại. / The reason, kept on record.")]


def connected() -> Any:
    """Give the services of the platform that was started last; a context that closes their connections."""
    from deploy.cli.client import Services  # noqa: PLC0415  only when a command runs: `loa --help` answers at once

    return Services()
