"""Entries of programmes over HTTP: corrected, cancelled, followed up; who may, once, and what the list shows."""

from typing import Any

import httpx

from shared.contracts.event import entry_id
from shared.contracts.vocabulary import Role
from tests.integration.campaigns.test_programmes import entered, listed, of_year, take
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office

INSPECTION = {"kind": "inspection_conducted", "title": "Kiểm tra", "happened_on": "2025-05-10", "quantity": 3}
CORRECTED = {"title": "Kiểm tra xã", "happened_on": "2025-05-11", "quantity": 2, "reason": "Ghi nhầm số"}


async def change(
    platform: Platform, unit: str, entry: str, what: str, body: dict[str, Any], **headers: str
) -> httpx.Response:
    path = f"/units/{unit}/programme/2025/entries/{entry}/{what}"
    params = {"min_position": await platform.head()}
    return await platform.campaigns.client.post(path, json=body, params=params, headers=headers)


async def test_a_correction_and_a_cancellation_are_recorded_once(
    shared_platform: Platform, a_code: str
) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    entry = await entered(shared_platform, a_code, **INSPECTION)
    keyed = {"Idempotency-Key": f"c-{a_code}"}
    first, again = [
        await change(shared_platform, a_code, entry, "correct", CORRECTED, **keyed) for _ in range(2)
    ]
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() | {"id": entry}
    same = await change(shared_platform, a_code, entry, "correct", CORRECTED)
    assert same.json()["events"] == []
    for shown_entries in (await of_year(shared_platform, a_code), await listed(shared_platform, unit=a_code)):
        assert [item["kind"] for item in shown_entries] == ["inspection_conducted", "entry_corrected"]
        assert (shown_entries[0]["title"], shown_entries[0]["quantity"], shown_entries[0]["corrected"]) == (
            "Kiểm tra xã",
            2,
            True,
        )
        assert shown_entries[1]["reason"] == "Ghi nhầm số"
    stale = await change(shared_platform, a_code, entry, "cancel", {"reason": "Nhầm"}, **{"If-Match": '"1"'})
    refused(stale, 412, "stale-version")
    version = first.headers["etag"]
    cancelled = await change(
        shared_platform, a_code, entry, "cancel", {"reason": "Nhập trùng"}, **{"If-Match": version}
    )
    assert cancelled.status_code == 200
    for shown_entries in (await of_year(shared_platform, a_code), await listed(shared_platform, unit=a_code)):
        assert (shown_entries[0]["status"], shown_entries[0]["cancelled"]) == ("cancelled", True)
    assert await listed(shared_platform, unit=a_code, open=True) == []
    refused(
        await change(shared_platform, a_code, entry, "correct", CORRECTED | {"quantity": 1}),
        409,
        "entry-cancelled",
    )


async def test_what_cannot_be_changed_is_refused(shared_platform: Platform, a_code: str) -> None:
    other = f"{a_code}-B"
    await shared_platform.import_rows("units", [small_office.unit(a_code), small_office.unit(other)])
    entry = await entered(shared_platform, a_code, **INSPECTION)
    await entered(
        shared_platform, a_code, kind="finding_followed_up", of_entry=entry, quantity=2, title="Đã sửa"
    )
    nowhere = small_office.UNKNOWN_ID
    for what, of, body, status, code in (
        ("correct", nowhere, CORRECTED, 404, "entry-not-found"),
        ("correct", entry, CORRECTED | {"quantity": 1}, 422, "more-mended-than-findings"),
        ("correct", entry, {"title": "Không nêu lý do"}, 422, "invalid-request"),
        ("correct", entry, CORRECTED | {"happened_on": "2019-05-11"}, 422, "outside-year"),
        ("cancel", entry, {}, 422, "invalid-request"),
        ("cancel", entry, {"reason": "gọi a@example.vn"}, 422, "personal-data"),
        ("steps", entry, {"kind": "task_reported"}, 422, "other-kind"),
        ("steps", entry, {"kind": "training_held", "title": "Lớp"}, 422, "other-kind"),
        ("steps", nowhere, {"kind": "task_reported"}, 404, "entry-not-found"),
    ):
        refused(await change(shared_platform, a_code, of, what, body), status, code)
    async with shared_platform.campaigns.as_(Role.UNIT, other) as clerk:
        for what, body in (("correct", CORRECTED), ("cancel", {"reason": "Nhầm"})):
            path = f"/units/{a_code}/programme/2025/entries/{entry}/{what}"
            refused(await clerk.post(path, json=body), 403, "not-your-programme")


async def test_rows_name_entries_by_their_references(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    of_year_2025 = {"unit_code": a_code, "year": "2025"}
    task = of_year_2025 | {
        "kind": "task_assigned",
        "title": "Tọa đàm",
        "entry_ref": "NV-01",
        "due_on": "2025-Q2",
    }
    rows = [
        task | {"coordinating_text": "Các ban, ngành, đoàn thể"},
        of_year_2025
        | {"kind": "task_progressed", "of_ref": "NV-01", "percent": "40", "happened_on": "2025-03"},
        of_year_2025 | {"kind": "task_reported", "entry_ref": "NV-01", "happened_on": "2025-07-02"},
        of_year_2025 | {"kind": "training_held", "title": "Lớp", "happened_on": "2019-04-05"},
    ]
    *taken, outside = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in taken] == ["taken"] * 3, taken
    assert "2019" in outside["reasons"][0]["vi"]
    actual = await of_year(shared_platform, a_code)
    assert actual[0]["entry_id"] == str(entry_id(a_code, 2025, "task_assigned", "NV-01", None))
    shown = [actual[0][name] for name in ("due_on", "due_precision", "status", "progress", "done_on")]
    assert shown == ["2025-06-30", "quarter", "done_late", 40, "2025-07-02"]
    assert [item["title"] for item in actual] == ["Tọa đàm"] * 3
    again = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in again[:3]] == ["unchanged"] * 3
