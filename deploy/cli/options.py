"""Options that several commands share, and the connection to the services."""

from typing import Annotated, Any

import typer

AsOf = Annotated[str | None, typer.Option("--as-of", help="Ngày cần xem. / The day (yyyy-mm-dd).")]
AreaOf = Annotated[
    str | None,
    typer.Option("--area-of", help="Cơ quan theo dõi, như Sở Tư pháp. / The unit that follows them."),
]
Unit = Annotated[str | None, typer.Option("--unit", help="Mã đơn vị. / Unit code.")]
Json = Annotated[bool, typer.Option("--json", help="In nguyên JSON. / Print the answer as JSON.")]
At = Annotated[
    str | None, typer.Option("--at", help="Thời điểm; mặc định là bây giờ. / The time; now if absent.")
]
Why = Annotated[str, typer.Option("--reason", help="Lý do, được lưu lại. / The reason, kept on record.")]


def connected() -> Any:
    """Connect to the services of the platform that was started last; closes the connections at the end."""
    from deploy.cli.client import Services  # noqa: PLC0415  only when a command runs: `loa --help` answers at once

    return Services()
