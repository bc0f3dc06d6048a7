"""`loa rebuild` and `loa skip`: rebuild a read model, or skip an event that it cannot project."""

import time
from collections.abc import Mapping
from typing import Any

from rich.status import Status

from deploy.cli.client import Services
from deploy.cli.console import Said, count, out, say
from shared.errors import Text

LOOK = 0.3  # seconds between two looks at work that a service does


def rebuild(services: Services, projection: str) -> None:
    """Fill a read model anew and wait until it has taken the old one's place; readers notice nothing."""
    services.post(projection, "/projections/rebuild")
    with out.status("…") as view:
        while (running := services.get(projection, "/projections")["rebuild"]) is not None:
            watch(view, projection, running)
            time.sleep(LOOK)
    position = services.get(projection, "/projections")["position"]
    say(
        Text(
            f"Đã dựng lại {projection} đến vị trí {count(position)}.",
            f"{projection} is rebuilt up to position {count(position)}.",
        )
    )


def watch(view: Status, projection: str, running: Mapping[str, Any]) -> None:
    """Show how far a service's work is; one that cannot go on is ended, and says why."""
    if problem := running["problem"]:
        raise Said(
            f"{projection} chưa làm tiếp được: {problem}. Dịch vụ tự thử lại; xem `loa doctor`.",
            f"{projection} cannot go on: {problem}. It tries again by itself; see `loa doctor`.",
        )
    view.update(f"{projection}: {count(running['position'])}")


def skip(services: Services, projection: str, position: int, reason: str) -> None:
    services.post(projection, "/projections/skip", {"position": position, "reason": reason})
    say(
        Text(
            f"{projection} bỏ qua sự kiện ở vị trí {position}; lý do đã được ghi lại.",
            f"{projection} passes over the event at position {position}; the reason is kept.",
        )
    )
