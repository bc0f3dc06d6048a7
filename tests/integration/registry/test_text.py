"""Text that can't be stored, and people's addresses, never get into the log."""

import json

from tests.support.service import House

UNIT = {"level": "provincial", "kind": "department"}


async def test_a_control_character_is_refused_before_it_could_stop_a_projector(
    shared_house: House, a_code: str
) -> None:
    body = {"code": a_code, "name": "Sở \0 Tư pháp", **UNIT}
    answer = await shared_house.registry.client.post("/units", json=body)
    assert answer.status_code == 422
    assert "ký tự điều khiển" in answer.json()["detail"]
    (outcome,) = await shared_house.registry.import_rows("units", [body])
    assert outcome["status"] == "refused"
    assert "ký tự điều khiển" in outcome["reasons"][0]["vi"]


async def test_a_query_with_a_control_character_is_refused(shared_house: House) -> None:
    answer = await shared_house.registry.client.get("/drafts", params={"q": "đất\0đai"})
    assert answer.status_code == 422


async def test_a_line_that_is_no_row_is_refused_and_the_others_go_in(
    shared_house: House, a_code: str
) -> None:
    good = json.dumps({"sheet": "units", "line": 3, "row": {"code": a_code, "name": "Sở A", **UNIT}})
    answer = await shared_house.registry.client.post("/imports", content=f"{{not json\n{good}\n[]\n")
    statuses = [json.loads(line)["status"] for line in answer.text.splitlines()]
    assert statuses == ["refused", "taken", "refused"]


async def test_an_address_in_an_unknown_column_is_left_out_with_a_warning(
    shared_house: House, a_code: str
) -> None:
    unit = {"code": a_code, "name": "Sở A", **UNIT}
    draft = {
        "draft_code": a_code,
        "title": "Nghị quyết",
        "instrument": "provincial_resolution",
        "lead_unit_code": a_code,
        "regime": "law_2025_amended",
        "contact": "an@example.vn",
        "remark": "khẩn",
    }
    await shared_house.registry.import_rows("units", [unit])
    (outcome,) = await shared_house.registry.import_rows("drafts", [draft])
    assert (outcome["status"], outcome["warnings"][0]["column"]) == ("taken", "contact")
    found = (await shared_house.registry.client.get(f"/drafts/{a_code}")).json()
    assert found["notes"] == {"remark": "khẩn"}


async def test_a_policy_number_beyond_reason_is_refused(shared_house: House, a_code: str) -> None:
    answer = await shared_house.registry.client.post(
        f"/drafts/{a_code}/policies", json={"policy_no": 10**12, "title": "x"}
    )
    assert answer.status_code == 422
