"""What was registered wrongly is put right over HTTP, and every service follows."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.contracts.vocabulary import Role
from tests.integration.registry.test_api import enter, office, refused, seen
from tests.support.platform.service import Platform, eventually
from tests.support.samples import small_office

RIGHT = {"instrument": "circular", "regime": "law_2025", "final_number": "31/2025/TT-BTP"}
WHY = {"reason": "Ghi nhầm hình thức khi đăng ký."}


async def test_a_registration_is_amended_shown_and_kept_in_the_history(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/amend"
    made = await client.post(path, json=RIGHT | WHY, headers={"Idempotency-Key": f"k-{a_code}"})
    assert (made.status_code, made.json()["events"]) == (200, ["vn.loa.draft.amended.v1"])
    again = await client.post(path, json=RIGHT | WHY, headers={"Idempotency-Key": f"k-{a_code}"})
    assert again.json()["version"] == made.json()["version"]
    twice = await client.post(path, json=RIGHT | WHY)
    assert (twice.status_code, twice.json()["events"]) == (200, [])
    result = await seen(client, a_code)
    assert RIGHT.items() <= result.items()
    assert [(item_value["instrument"], item_value["reason"]) for item_value in result["amendments"]] == [
        ("circular", WHY["reason"])
    ]
    history = (await client.get(f"/drafts/{a_code}/history")).json()["events"]
    assert history[-1]["data"].items() >= (RIGHT | WHY).items()
    params = {"min_position": made.json()["position"], "q": "31/2025/tt-btp"}
    listed = (await client.get("/drafts", params=params)).json()["items"]
    assert [RIGHT.items() <= item.items() for item in listed] == [True]


async def test_a_field_is_cleared_by_its_name(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/amend"
    await client.post(path, json=RIGHT | WHY)
    made = await client.post(path, json={"cleared": ["final_number"]} | WHY)
    assert made.json()["events"] == ["vn.loa.draft.amended.v1"]
    result = await seen(client, a_code)
    assert (result["final_number"], result["instrument"]) == (None, "circular")
    await shared_platform.settled()  # every service projects an amendment that changes nothing which it holds
    both = {"final_number": "1/2025", "cleared": ["final_number"]}
    refused(await client.post(path, json=both | WHY), 422, "amends-and-clears")
    refused(await client.post(path, json={"instrument": "law"}), 422, "invalid-request")


async def test_the_draft_is_judged_again_with_findings_of_what_the_procedure_lacks(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    entered = await enter(client, a_code, "deliberation", "2024-01-08")
    assert entered.json()["findings"] == []
    made = await client.post(f"/drafts/{a_code}/amend", json={"instrument": "circular"} | WHY)
    assert [item_value["kind"] for item_value in made.json()["findings"]] == ["stage_not_of_procedure"]
    assert [item_value["kind"] for item_value in (await seen(client, a_code))["findings"]] == [
        "stage_not_of_procedure"
    ]
    back = await client.post(f"/drafts/{a_code}/amend", json={"instrument": "law"} | WHY)
    assert back.json()["findings"] == []


async def test_an_end_is_not_undone(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    await client.post(f"/drafts/{a_code}/withdraw", json={"on": "2024-02-01"})
    body = {"final_number": "31/2025/TT-BTP"} | WHY
    problem = refused(await client.post(f"/drafts/{a_code}/amend", json=body), 409, "amendment-undoes-end")
    assert (problem["end"], problem["field"]) == ("withdrawn", "final_number")
    assert "/correct" in problem["messages"]["en"]


async def test_a_registration_that_differs_names_the_way_to_amend_it(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    other = small_office.draft(a_code, a_code, instrument="circular")
    problem = refused(await client.post("/drafts", json=other), 409, "draft-differs")
    assert all("/amend" in text for text in problem["messages"].values())
    await client.post(f"/drafts/{a_code}/amend", json={"instrument": "circular"} | WHY)
    repeated = await client.post("/drafts", json=other)
    assert (repeated.status_code, repeated.json()["events"]) == (201, [])


async def test_the_lead_alone_amends(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    async with shared_platform.registry.as_(Role.UNIT, "KHAC") as other:
        refused(await other.post(f"/drafts/{a_code}/amend", json=RIGHT | WHY), 403, "not-your-draft")
    async with shared_platform.registry.as_(Role.UNIT, a_code) as own:
        assert (await own.post(f"/drafts/{a_code}/amend", json=RIGHT | WHY)).status_code == 200


async def test_a_gap_and_its_event_follow_the_instrument(whole_platform: Platform) -> None:
    """Mails and pages name the form of the document by the gap's event: they must not go on with the wrong one."""
    platform = whole_platform
    client = await office(platform, "TT-SAI")
    await client.post("/drafts/TT-SAI/scope", json={"in_scope": "yes"})
    await enter(client, "TT-SAI", "draft_consultation", "2024-03-04")
    assert await eventually(lambda: announced(platform)) == ("law", "law")
    made = await client.post("/drafts/TT-SAI/amend", json={"instrument": "circular"} | WHY)
    assert made.status_code == 200

    async def changed() -> bool:
        return await announced(platform) == ("circular", "circular")

    await eventually(changed)


async def announced(platform: Platform) -> tuple[str, str] | None:
    """Give the instrument that metrics names and the one that the notifier has of the only gap, if both have it."""
    await platform.settled()
    gaps = (await platform.services["metrics"].client.get("/gaps")).json()["gaps"]
    engine = create_async_engine(platform.settings("notifier").async_database_url)
    async with engine.connect() as connection:
        existing = (await connection.execute(text("SELECT instrument FROM gap"))).scalars().all()
    await engine.dispose()
    return (gaps[0]["instrument"], existing[0]) if gaps and existing else None
