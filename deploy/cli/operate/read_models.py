"""`loa rebuild` and `loa skip`: rebuild a read model, or skip an event that it cannot project."""

import time
from collections.abc import Mapping
from typing import Any

from rich.status import Status

from deploy.cli.client import Services
from deploy.cli.console import CommandError, count, out, print_text
from deploy.nats.permissions import SERVICES
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


def a_position(text: str | int | None) -> int:
    """Read a position; `CommandError` with the two forms of the command otherwise."""
    if text is None or not str(text).isdigit():
        raise CommandError(
            'Cần vị trí của sự kiện: `loa skip DỊCH_VỤ VỊ_TRÍ --reason "…"` hoặc `loa skip VỊ_TRÍ --all --reason "…"`.',
            'The position is needed: `loa skip SERVICE POSITION --reason "…"` or `loa skip POSITION --all --reason "…"`.',
        )
    return int(text)


def skip_everywhere(services: Services, position: int, reason: str) -> None:
    """Skip an event in every service that is halted at it."""
    halted = [name for name in SERVICES if services.get(name, "/projections")["halted_at"] == position]
    if not halted:
        raise CommandError(
            f"Không dịch vụ nào dừng ở vị trí {position}.", f"No service is halted at position {position}."
        )
    for name in halted:
        skip(services, name, position, reason)
