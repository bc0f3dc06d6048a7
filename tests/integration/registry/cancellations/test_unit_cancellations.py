"""`POST /units/{code}/cancellations`: single answers, lists and figures without the change; drafts first; files don't bring it back."""

from typing import Any

from shared.kernel.runtime import new_id
from tests.support.platform.service import Platform
from tests.support.samples import small_office

MERGED: dict[str, Any] = {"kind": "merge", "date": "2025-07-01", "legal_basis": "Nghị quyết 1"}


async def posted(platform: Platform, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await platform.registry.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def changes(platform: Platform, code: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = (await platform.registry.client.get(f"/units/{code}")).json()["changes"]
    return shown


async def test_a_wrong_name_is_taken_back_everywhere(shared_platform: Platform, a_code: str) -> None:
    platform, client = shared_platform, shared_platform.registry.client
    await posted(platform, "/units", 201, **small_office.unit(a_code, name="Sở Nông nghiệp"))
    await posted(platform, f"/units/{a_code}/rename", name="Sở Xây dựng", on="2025-03-01")
    await posted(platform, f"/units/{a_code}/targets", year=2025, target_percent=80)
    renamed, target = await changes(platform, a_code)
    assert (renamed["type"], renamed["can_be_cancelled"], renamed["cancelled"]) == (
        "vn.loa.unit.renamed.v1",
        True,
        None,
    )
    assert not target["can_be_cancelled"]
    wrong = {"change_id": renamed["change_id"], "reason": "Ghi nhầm đơn vị", "document": "CV 1"}
    done = await posted(platform, f"/units/{a_code}/cancellations", **wrong)
    assert done["events"] == ["vn.loa.unit.change_cancelled.v1"]
    assert (await posted(platform, f"/units/{a_code}/cancellations", **wrong))["events"] == []
    await platform.settled()
    shown = (await client.get(f"/units/{a_code}")).json()
    (listed,) = (await client.get("/units", params={"q": a_code})).json()["items"]
    assert {shown["unit_name"], listed["unit_name"]} == {"Sở Nông nghiệp"}
    assert (await client.get("/units", params={"q": f"{a_code} xay dung"})).json()["items"] == []
    first, _ = shown["changes"]
    assert first["cancelled"]["reason"] == "Ghi nhầm đơn vị"
    assert (first["cancelled"]["document"], first["can_be_cancelled"]) == ("CV 1", False)
    other = await posted(platform, f"/units/{a_code}/cancellations", 409, **wrong | {"reason": "Khác"})
    assert other["type"].endswith("change-already-cancelled")
    unknown = {"change_id": str(new_id()), "reason": "x"}
    missing = await posted(platform, f"/units/{a_code}/cancellations", 404, **unknown)
    assert missing["type"].endswith("change-not-found")


async def test_a_change_is_corrected_in_one_step_or_not_at_all(
    shared_platform: Platform, a_code: str
) -> None:
    platform, new = shared_platform, f"{a_code}-B"
    for code in (a_code, new):
        await posted(platform, "/units", 201, **small_office.unit(code))
    await posted(platform, f"/units/{a_code}/successions", to_code=new, **MERGED | {"date": "2025-06-01"})
    (wrong,) = await changes(platform, a_code)
    path = f"/units/{a_code}/changes/{wrong['change_id']}/correct"
    unknown = await posted(platform, path, 422, to_code=f"{a_code}-NOWHERE", reason="Ghi nhầm")
    assert unknown["type"].endswith("unit-not-found")
    nameless = await posted(platform, path, 422, name="Sở Xây dựng", reason="Ghi nhầm")
    assert (nameless["type"].endswith("not-of-change"), nameless["fields"]) == (True, ["unit_name"])
    assert (await posted(platform, path, 422, on=None, reason="Ghi nhầm"))["type"].endswith("invalid-request")
    assert await changes(platform, a_code) == [wrong], "what is refused cancels nothing"
    done = await posted(platform, path, on="2025-07-01", reason="Ghi nhầm ngày")
    assert done["events"] == ["vn.loa.unit.change_cancelled.v1", "vn.loa.unit.succeeded.v1"]
    assert (await posted(platform, path, on="2025-07-01", reason="Ghi nhầm ngày"))["events"] == []
    first, second = await changes(platform, a_code)
    assert (first["cancelled"]["reason"], second["cancelled"]) == ("Ghi nhầm ngày", None)
    row = {"from_code": a_code, "to_code": new, **MERGED, "date": "2025-06-01"}
    await platform.import_rows("unit_successions", [row])
    assert len(await changes(platform, a_code)) == 2, "an older file brings nothing back"


async def test_drafts_go_back_before_a_succession_does(shared_platform: Platform, a_code: str) -> None:
    """A draft that was handed over stands on it; handed back from the same day, the successor never led it."""
    platform, new = shared_platform, f"{a_code}-B"
    for code in (a_code, new):
        await posted(platform, "/units", 201, **small_office.unit(code))
    await posted(platform, "/drafts", 201, **small_office.draft(a_code, a_code))
    await posted(platform, f"/drafts/{a_code}/transfer", to_unit_code=new, on="2025-07-01")
    await posted(platform, f"/units/{a_code}/successions", **MERGED, to_code=new)
    await platform.settled()
    (merged,) = await changes(platform, a_code)
    wrong = {"change_id": merged["change_id"], "reason": "Ghi nhầm"}
    refused = await posted(platform, f"/units/{a_code}/cancellations", 409, **wrong)
    assert refused["type"].endswith("drafts-handed-over")
    assert f"({a_code})" in refused["detail"] or a_code in str(refused)
    await posted(platform, f"/drafts/{a_code}/transfer", to_unit_code=a_code, on="2025-07-01")
    await platform.settled()
    await posted(platform, f"/units/{a_code}/cancellations", **wrong)
    await platform.settled()
    client = platform.registry.client
    assert (await client.get(f"/units/{a_code}")).json()["successions"] == []
    assert (await client.get(f"/drafts/{a_code}")).json()["lead_unit_code"] == a_code
    row = {"from_code": a_code, "to_code": new, **MERGED}
    report = await platform.import_rows("unit_successions", [row])
    assert (await client.get(f"/units/{a_code}")).json()["successions"] == [], report
    await posted(platform, f"/units/{a_code}/successions", **MERGED, to_code=new)
    again = await changes(platform, a_code)
    assert [bool(each["cancelled"]) for each in again] == [True, False]
