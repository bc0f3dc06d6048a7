"""Commands that mend and look after the platform: rebuild, skip, tokens, streams."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rich.status import Status

from deploy.cli import brokers
from deploy.cli.client import Services
from deploy.cli.console import Said, count, out, say
from deploy.local import tokens
from deploy.local.settings import LocalSettings
from shared import clock
from shared.contracts.vocabulary import Role
from shared.errors import Text
from shared.eventstore import streams

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


def token(role: Role, unit: str | None, days: int) -> str:
    """Sign a token with the key of the data folder; its subject is a fresh opaque id."""
    if role is Role.UNIT and unit is None:
        raise Said("Vai trò “unit” cần mã đơn vị: --unit MÃ.", "The role 'unit' needs a unit: --unit CODE.")
    folder = brokers.data_folder() / "keys"
    if not tokens.key_file(folder).exists():
        raise Said(
            f"Chưa có khóa ký trong {folder}; khóa do `loa up` tạo, hoặc do `loa keys` khi chạy bằng container "
            "(khi đó đặt LOA_DATA_DIR là thư mục của lệnh ấy).",
            f"There is no signing key in {folder}; `loa up` makes it, or `loa keys` where containers run "
            "(LOA_DATA_DIR is its folder then).",
        )
    expires = clock.now() + timedelta(days=days)
    return tokens.signer(folder).token(clock.new_id().hex, role, expires, unit)


def show_streams(*, change: bool) -> None:
    """Say how the broker's streams differ from what is declared, and make them so if asked."""
    differences = asyncio.run(_streams(change=change))
    for one in differences:
        out.print(f"{one.name}: {one.setting}: {one.found} → {one.wanted}", markup=False, soft_wrap=True)
    if not differences:
        say(Text("Luồng dữ liệu đúng như khai báo.", "The streams are as declared."))
    elif change:
        say(Text(f"Đã áp dụng {len(differences)} thay đổi.", f"{len(differences)} changes were applied."))


async def _streams(*, change: bool) -> list[streams.Difference]:
    work = streams.apply if change else streams.plan
    async with brokers.as_operator() as client:
        return await work(client.jetstream(timeout=10), LocalSettings().nats_replicas)
