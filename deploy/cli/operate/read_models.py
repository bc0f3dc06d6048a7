"""`loa rebuild` and `loa skip`: rebuild a read model, or skip an event that it cannot project."""

import time
from collections.abc import Mapping
from typing import Any

from rich.status import Status

from deploy.cli.client import Services
from deploy.cli.console import CommandError, count, out, print_text
from shared.kernel.errors import Text

POLL = 0.3  # seconds between two progress requests


def rebuild(services: Services, projection: str) -> None:
    """Rebuild a read model and wait until the new tables have replaced the live ones; queries are not interrupted."""
    services.post(projection, "/projections/rebuild")
    with out.status("…") as view:
        while (running := services.get(projection, "/projections")["rebuild"]) is not None:
            watch(view, projection, running)
            time.sleep(POLL)
    position = services.get(projection, "/projections")["position"]
    print_text(
        Text(
            f"Đã dựng lại {projection} đến vị trí {count(position)}.",
            f"{projection} is rebuilt up to position {count(position)}.",
        )
    )


def watch(view: Status, projection: str, running: Mapping[str, Any]) -> None:
    """Show the progress of a rebuild; `CommandError` with the reason if it cannot continue."""
    if problem := running["problem"]:
        raise CommandError(
            f"{projection} chưa làm tiếp được: {problem}. Dịch vụ tự thử lại; xem `loa doctor`.",
            f"{projection} cannot continue: {problem}. It retries by itself; see `loa doctor`.",
        )
    view.update(f"{projection}: {count(running['position'])}")


def skip(services: Services, projection: str, position: int, reason: str) -> None:
    services.post(projection, "/projections/skip", {"position": position, "reason": reason})
    print_text(
        Text(
            f"{projection} bỏ qua sự kiện ở vị trí {position}; lý do đã được ghi lại.",
            f"{projection} skips the event at position {position}; the reason is recorded.",
        )
    )
