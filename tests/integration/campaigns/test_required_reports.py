"""A report that one unit requires of others: submitted and received by one call each, corrected with both kept."""

from typing import Any

import httpx

from shared.contracts.vocabulary import Role
from tests.integration.campaigns.test_programmes import entered, of_year
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office


def required(*units: str) -> dict[str, Any]:
    return {
        "kind": "report_required",
        "title": "Báo cáo kết quả thực hiện Đề án 407",
        "document": "Kế hoạch số 12/KH-STP",
        "happened_on": "2024-12-20",
        "coordinating_unit_codes": list(units),
        "report_period": "quarter",
        "due_days": 10,
    }


async def submit(platform: Platform, unit: str, duty: str, **body: Any) -> httpx.Response:
    params = {"min_position": await platform.head()}
    return await platform.campaigns.client.post(
        f"/units/{unit}/reports", json={"duty_id": duty, **body}, params=params
    )


async def office(platform: Platform, code: str) -> tuple[str, str]:
    commune = f"{code}-XA"
    await platform.import_rows("units", [small_office.unit(code), small_office.unit(commune)])
    return commune, await entered(platform, code, **required(commune))


async def test_a_report_is_submitted_corrected_and_received(shared_platform: Platform, a_code: str) -> None:
    commune, duty = await office(shared_platform, a_code)
    own = {"document": "Báo cáo số 7/BC-UBND", "happened_on": "2025-03-20", "figures": {"activities": 4}}
    first = await submit(shared_platform, commune, duty, **own)
    assert first.status_code == 201, first.text
    assert (await submit(shared_platform, commune, duty, **own)).json()["events"] == []
    refused(await submit(shared_platform, commune, duty, **own | {"note": "khác"}), 409, "entry-differs")
    report = first.json()["id"]
    entries = {entry["entry_id"]: entry for entry in await of_year(shared_platform, commune)}
    shown = entries[report]
    assert (shown["period_from"], shown["period_to"], shown["due_on"]) == (
        "2024-12-15",
        "2025-03-14",
        "2025-03-24",
    )
    assert (shown["lead_unit_code"], shown["status"], shown["figures"]) == (a_code, "done", {"activities": 4})
    path = f"/units/{commune}/programme/2025/entries/{report}"
    kept = {name: shown[name] for name in ("lead_unit_code", "period_from", "period_to", "due_on", "duty_id")}
    correction = kept | {
        "title": shown["title"],
        "document": "Báo cáo số 9/BC-UBND",
        "happened_on": "2025-03-20",
        "figures": {"activities": 5},
        "reason": "Đếm sót một hội nghị",
    }
    client = shared_platform.campaigns.client
    assert (await client.post(f"{path}/correct", json=correction)).status_code == 200
    versions = (await client.get(f"{path}/versions")).json()["versions"]
    assert [(each["document"], each["figures"], each["reason"]) for each in versions] == [
        ("Báo cáo số 7/BC-UBND", {"activities": 4}, None),
        ("Báo cáo số 9/BC-UBND", {"activities": 5}, "Đếm sót một hội nghị"),
    ]
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as receiver:
        received = await receiver.post(f"{path}/steps", json={"kind": "report_received"})
        assert received.status_code == 201, received.text
        refused(
            await receiver.post(f"/units/{commune}/reports", json={"duty_id": duty}),
            403,
            "not-your-programme",
        )
    refused(
        await client.get(f"/units/{commune}/programme/2025/entries/{duty}/versions"), 404, "entry-not-found"
    )


async def test_a_cancelled_report_is_submitted_again(shared_platform: Platform, a_code: str) -> None:
    commune, duty = await office(shared_platform, a_code)
    ids = []
    for number in range(3):
        answer = await submit(
            shared_platform, commune, duty, period_from="2024-12-15", document=f"{number}/BC"
        )
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
        path = f"/units/{commune}/programme/2025/entries/{ids[-1]}/cancel"
        cancelled = await shared_platform.campaigns.client.post(path, json={"reason": "Gửi nhầm"})
        assert cancelled.status_code == 200, cancelled.text
    assert len(set(ids)) == 3


async def test_what_is_not_required_or_not_whole_is_refused(shared_platform: Platform, a_code: str) -> None:
    commune, duty = await office(shared_platform, a_code)
    refused(await submit(shared_platform, a_code, duty), 422, "report-not-required")
    refused(
        await submit(shared_platform, commune, duty, period_from="2025-01-01"), 422, "report-not-required"
    )
    refused(await submit(shared_platform, commune, small_office.UNKNOWN_ID), 404, "requirement-not-found")
    day = {"happened_on": "2025-03-20"}
    refused(await submit(shared_platform, commune, duty, figures={"khac": 1}, **day), 422, "figure-unknown")
    refused(
        await submit(shared_platform, commune, duty, figures={"items": -1}, **day), 422, "figure-out-of-range"
    )
    client = shared_platform.campaigns.client
    for changes, code in (
        ({"due_days": None}, "entry-field-missing"),
        ({"coordinating_unit_codes": []}, "entry-field-missing"),
        ({"report_period": None}, "entry-field-missing"),
        ({"due_on": "2025-03-20"}, "entry-field-misplaced"),
        ({"report_period": "own", "due_days": None}, "entry-field-missing"),
        ({"kind": "training_held"}, "entry-field-misplaced"),
    ):
        body = required(commune) | {"title": "Báo cáo khác"} | changes
        refused(await client.post(f"/units/{a_code}/programme/2025", json=body), 422, code)
    path = f"/units/{a_code}/programme/2025/entries/{duty}/cancel"
    assert (await client.post(path, json={"reason": "Không yêu cầu nữa"})).status_code == 200
    refused(await submit(shared_platform, commune, duty), 404, "requirement-not-found")
