"""`POST /units/{code}/supervision` and supervision.csv: recorded once, shown, refused with what to do."""

from typing import Any

import pytest

from tests.support.platform.service import Platform
from tests.support.samples import small_office

DAY = "2025-08-01"


async def registered(platform: Platform, code: str) -> tuple[str, str]:
    rows = [small_office.unit(code), small_office.unit(f"{code}-S", valid_to="2026-06-30")]
    await platform.import_rows("units", rows)
    return code, f"{code}-S"


async def test_a_supervision_is_recorded_once_and_shown(shared_platform: Platform, a_code: str) -> None:
    unit, supervisor = await registered(shared_platform, a_code)
    client = shared_platform.registry.client
    body = {"supervisor_code": supervisor, "kind": "justice_body", "on": DAY, "document": "Quyết định 1"}
    recorded = await client.post(f"/units/{unit}/supervision", json=body)
    assert recorded.json()["events"] == ["vn.loa.unit.supervision_set.v1"], recorded.text
    assert (await client.post(f"/units/{unit}/supervision", json=body)).json()["events"] == []
    row = {"unit_code": unit, "supervisor_code": supervisor, "kind": "justice_body", "from": DAY}
    await shared_platform.import_rows("supervision", [row | {"document": "Quyết định 1"}])
    shown = (await client.get(f"/units/{unit}")).json()["supervision"]
    assert shown == [{**body, "notes": {}}]


@pytest.mark.parametrize(
    ("changes", "status", "problem", "to_do"),
    [
        ({"supervisor_code": "{unit}"}, 422, "supervises-itself", "supervisor_code"),
        ({"supervisor_code": "{unit}-X"}, 422, "supervisor-not-found", "units.csv"),
        ({"on": "2026-07-01"}, 422, "unit-not-valid", "amend"),
        ({"on": "1944-12-31"}, 422, "invalid-request", "1945"),
        ({"on": "2999-01-01"}, 422, "invalid-request", ""),
        ({"kind": "boss"}, 422, "invalid-request", ""),
        ({"supervisor_code": ""}, 422, "invalid-request", ""),
    ],
)
async def test_what_cannot_be_is_refused_at_the_api_and_in_files(
    shared_platform: Platform, a_code: str, changes: dict[str, str], status: int, problem: str, to_do: str
) -> None:
    unit, supervisor = await registered(shared_platform, a_code)
    changes = {name: value.format(unit=unit) for name, value in changes.items()}
    body: dict[str, Any] = {"supervisor_code": supervisor, "kind": "justice_body", "on": DAY} | changes
    refused = await shared_platform.registry.client.post(f"/units/{unit}/supervision", json=body)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (status, problem), refused.text
    assert to_do in refused.text
    row = {"unit_code": unit, "from": body.pop("on"), **body}
    (outcome,) = await shared_platform.registry.import_rows("supervision", [row])
    assert outcome["status"] == "refused", outcome
    assert all(reason["vi"] and reason["en"] for reason in outcome["reasons"])
