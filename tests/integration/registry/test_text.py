"""Text that can't be stored, and people's addresses, never get into the log."""

import json

import pytest

from shared.eventstore.log_reader import EVENTS
from tests.support.platform.service import Platform
from tests.support.samples import old_fonts
from tests.support.servers.engines import connected

UNIT = {"level": "provincial", "kind": "department"}


async def test_a_control_character_is_refused_before_it_could_stop_a_projector(
    shared_platform: Platform, a_code: str
) -> None:
    body = {"code": a_code, "name": "Sở \0 Tư pháp", **UNIT}
    answer = await shared_platform.registry.client.post("/units", json=body)
    assert answer.status_code == 422
    assert "ký tự điều khiển" in answer.json()["detail"]
    (outcome,) = await shared_platform.registry.import_rows("units", [body])
    assert outcome["status"] == "refused"
    assert "ký tự điều khiển" in outcome["reasons"][0]["vi"]


async def test_a_query_with_a_control_character_is_refused(shared_platform: Platform) -> None:
    answer = await shared_platform.registry.client.get("/drafts", params={"q": "đất\0đai"})
    assert answer.status_code == 422


async def test_a_line_that_is_no_row_is_refused_and_the_others_go_in(
    shared_platform: Platform, a_code: str
) -> None:
    good = json.dumps({"sheet": "units", "line": 3, "row": {"code": a_code, "name": "Sở A", **UNIT}})
    answer = await shared_platform.registry.client.post("/imports", content=f"{{not json\n{good}\n[]\n")
    statuses = [json.loads(line)["status"] for line in answer.text.splitlines()]
    assert statuses == ["refused", "taken", "refused"]


PERSONAL = ("an@example.vn", "ĐT 0912 345 678", "079099001234", "CMND 012345678", "MST 8012345678")


@pytest.mark.parametrize("text", PERSONAL)
async def test_personal_data_do_not_get_into_the_log(
    shared_platform: Platform, a_code: str, text: str
) -> None:
    registry = shared_platform.registry
    unit = {"code": a_code, "name": "Sở A", **UNIT}
    draft = {
        "draft_code": a_code,
        "title": "Nghị quyết",
        "instrument": "provincial_resolution",
        "lead_unit_code": a_code,
        "regime": "law_2025_amended",
    }
    await registry.import_rows("units", [unit])
    outcomes = await registry.import_rows("drafts", [{**draft, "Ghi chú": text}, draft])
    assert [outcome["status"] for outcome in outcomes] == ["refused", "taken"]
    assert [(why["column"], why["value"]) for why in outcomes[0]["reasons"]] == [("Ghi chú", text)]
    stage = {"stage": "drafting", "entered_on": "2026-03-02", "what": f"gửi {text}"}
    answer = await registry.client.post(f"/drafts/{a_code}/stages", json=stage)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:loa:problem:personal-data")
    assert answer.json()["field"] == "what"
    assert f"{text.rsplit(maxsplit=1)[-1]}" in answer.json()["messages"]["vi"]
    client = (await registry.client.get(f"/drafts/{a_code}")).json()
    assert (client["notes"], client["stages"]) == ({}, [])


@pytest.mark.parametrize("way", old_fonts.WAYS)
async def test_text_of_another_encoding_is_refused_by_import_and_api_alike(
    shared_platform: Platform, a_code: str, way: str
) -> None:
    body = {"code": a_code, "name": old_fonts.WAYS[way]("Sở Tư pháp tỉnh Lào Cai, quyết định"), **UNIT}
    answer = await shared_platform.registry.client.post("/units", json=body)
    (outcome,) = await shared_platform.registry.import_rows("units", [body])
    assert (answer.status_code, outcome["status"]) == (422, "refused")
    (error,) = answer.json()["errors"]
    (reason,) = outcome["reasons"]
    assert (error["field"], reason["column"]) == ("name", "name")
    assert reason["vi"].removeprefix("cột “name” ") in answer.json()["messages"]["vi"]


async def test_invisible_characters_are_removed_by_import_and_api_alike(
    shared_platform: Platform, a_code: str
) -> None:
    seen, typed = "Sở Tư pháp tỉnh", "\ufeffSở\u00a0Tư pháp\u200b\r\n tỉnh\u200e"
    body = {"code": a_code, "name": typed, **UNIT}
    assert (await shared_platform.registry.client.post("/units", json=body)).status_code == 201
    assert (await shared_platform.registry.client.get(f"/units/{a_code}")).json()["unit_name"] == seen
    (again,) = await shared_platform.registry.import_rows("units", [body])
    assert again["status"] == "unchanged"


async def test_a_policy_number_beyond_reason_is_refused(shared_platform: Platform, a_code: str) -> None:
    answer = await shared_platform.registry.client.post(
        f"/drafts/{a_code}/policies", json={"policy_no": 10**12, "title": "x"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["an@example.vn", "0912345678", "079099001234"])
async def test_personal_data_in_an_idempotency_key_are_refused(
    shared_platform: Platform, a_code: str, key: str
) -> None:
    """The key is recorded in the envelope of every event."""
    client = shared_platform.registry.client
    answer = await client.post(
        "/units", json={"code": a_code, "name": "Sở A", **UNIT}, headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:loa:problem:personal-data")
    assert "Idempotency-Key" in answer.json()["messages"]["vi"]
    assert "Idempotency-Key" in answer.json()["messages"]["en"]


async def test_what_other_headers_hold_is_recorded_only_if_it_is_an_id(
    shared_platform: Platform, a_code: str
) -> None:
    registry = shared_platform.registry
    headers = {"X-Correlation-ID": "an@example.vn", "traceparent": "an@example.vn"}
    answer = await registry.client.post(
        "/units", json={"code": a_code, "name": "Sở A", **UNIT}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["x-correlation-id"] == answer.headers["x-request-id"]
    async with connected(shared_platform.server, "operator") as nc:
        position = int(answer.headers["loa-position"])
        recorded = ((await nc.jetstream().get_msg(EVENTS, position)).data or b"").decode()
    assert json.loads(recorded)["correlationid"] == answer.headers["x-correlation-id"]
    assert "an@example.vn" not in recorded
