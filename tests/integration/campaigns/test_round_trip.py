"""What campaigns knows, exported as files, goes into an empty installation and is the same there."""

import asyncio
from pathlib import Path
from typing import Any

from deploy.cli.data import sources
from deploy.cli.data.result import Finding
from deploy.local.keys.keyring import Keyring
from tests.integration.campaigns.test_api import HELD
from tests.integration.campaigns.test_import import office
from tests.support.platform.files import exported, findings_of
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

NOTES = sources.Choices(keep_notes=frozenset({"linh_vuc"}))  # as the export prints at its end
PROGRAMME = (
    {"kind": "obstacle_raised", "title": "Thiếu kinh phí", "happened_on": "2025-03", "draft_code": "NQ-1"},
    {"kind": "obstacle_answered", "title": "Thiếu kinh phí", "document": "15/STP-PBGDPL"},
    {"kind": "task_assigned", "title": "Tập huấn", "due_on": "2025-06", "coordinating_unit_codes": "NQ-1"},
    {"kind": "reporter_listed", "title": "Đất đai", "quantity": "12", "linh_vuc": "đất đai"},
    {
        "kind": "inspection_conducted",
        "title": "Kiểm tra",
        "entry_ref": "KT-1",
        "quantity": "2",
        "due_on": "2025-Q3",
    },
    {"kind": "finding_recorded", "title": "Chưa niêm yết", "entry_ref": "KT-1-1", "of_ref": "KT-1"},
    {"kind": "finding_followed_up", "of_ref": "KT-1-1", "happened_on": "2025-05"},
    {"kind": "task_progressed", "title": "Tập huấn", "percent": "40", "happened_on": "2025-04"},
    {
        "kind": "report_submitted",
        "title": "Báo cáo",
        "happened_on": "2025-06-10",
        "coordinating_text": "Các đoàn thể",
        "period_from": "2024-12-15",
        "period_to": "2025-06-14",
        "figures": "activities: 3; attendance: 120",
    },
    {
        "kind": "report_required",
        "title": "Báo cáo của các xã",
        "coordinating_unit_codes": "NQ-1",
        "report_period": "half_year",
        "due_days": "10",
    },
)


async def fill(platform: Platform) -> None:
    await office(platform, "NQ-1")
    plan = {"draft_code": "NQ-1", "document": "210/KH-UBND", "approved_on": "2025-03-01"}
    await platform.import_rows("plans", [plan])
    await platform.import_rows(
        "activities", [small_office.activity("NQ-1", day) for day in ("2025-04", "2025-05-06")]
    )
    client = platform.campaigns.client
    (later, _) = (await client.get("/activities", params={"min_position": await platform.head()})).json()[
        "items"
    ]
    path = f"/drafts/NQ-1/plan/activities/{later['activity_id']}/reschedule"
    await client.post(path, json={"planned_on": "2025-04-20"})
    talk = HELD | {"activity_id": later["activity_id"], "content": ["necessity"], "policies": [1]}
    id_ = (await client.post("/drafts/NQ-1/communications", json=talk)).json()["id"]
    await client.post(f"/communications/{id_}/correct", json=talk | {"place": "Huế"})
    await client.post(f"/communications/{id_}/evidence", json={"url": "https://example.vn/1", "reach": "120"})
    await client.put(f"/communications/{id_}/feedback", json={"received": 4, "accepted": 3})
    await client.post(f"/communications/{id_}/verify", json={"verified_on": "2025-03-20"})
    rows = [{"unit_code": "NQ-1", "year": "2025", **entry} for entry in PROGRAMME]
    await platform.import_rows("programme", rows)


async def pages_of(platform: Platform) -> dict[str, Any]:
    """Ask for everything; versions, places and the reason of a rescheduling are history, which no file tells."""
    pages: dict[str, Any] = {}
    for path in ("/drafts/NQ-1/plan", "/drafts/NQ-1/communications", "/activities", "/programme"):
        answer = await platform.campaigns.client.get(path, params={"min_position": await platform.head()})
        pages[path] = _plain(answer.json())
    return pages


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in {"version", "cursor"}}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def carried(platform: Platform, folder: Path) -> list[Finding]:
    return [finding for finding in findings_of(platform, folder, NOTES) if finding.refused]


async def test_an_export_goes_in_again_to_an_identical_state(
    platform: Platform, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    await fill(platform)
    await platform.settled()
    await asyncio.to_thread(exported, platform, tmp_path / "out")
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_platform(server, keys, token_issuer, new_database, "registry", "campaigns") as other,
    ):
        assert await asyncio.to_thread(carried, other, tmp_path / "out") == []
        await other.settled()
        assert await pages_of(other) == await pages_of(platform)
        head = await other.head()
        assert await asyncio.to_thread(carried, other, tmp_path / "out") == []
        assert await other.head() == head
    head = await platform.head()
    assert await asyncio.to_thread(carried, platform, tmp_path / "out") == [], "in its own installation too"
    assert await platform.head() == head
