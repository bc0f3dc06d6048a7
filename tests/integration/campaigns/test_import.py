"""communications.csv through the bulk door: what is taken, what is refused, and that twice is once."""

from typing import Any

from shared.contracts.event import communication_id
from shared.contracts.vocabulary import Channel
from tests.integration.metrics.office import ago
from tests.support.platform.service import Platform
from tests.support.samples import small_office


async def office(platform: Platform, code: str) -> None:
    await platform.import_rows("units", [small_office.unit(code)])
    await platform.import_rows("drafts", [small_office.draft(code, code)])
    await platform.import_rows("policies", [small_office.policy(code, 1), small_office.policy(code, 2)])


async def take(platform: Platform, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return await platform.campaigns.import_rows("communications", rows, min_position=await platform.head())


async def listed(platform: Platform, code: str, **query: Any) -> list[dict[str, Any]]:
    query = {"min_position": await platform.head(), **query}
    answer = await platform.campaigns.client.get(f"/drafts/{code}/communications", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_import_that_runs_twice_changes_nothing(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    rows = [
        small_office.communication(a_code, "2024-03-05", policy_no="2;1", attendance="120"),
        small_office.communication(a_code, "2024-03", title="Tọa đàm"),
    ]
    first = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in first] == ["taken", "taken"]
    head = await shared_platform.head()
    again = await take(shared_platform, *rows)
    assert [outcome["status"] for outcome in again] == ["unchanged", "unchanged"]
    assert [outcome["position"] for outcome in again] == [outcome["position"] for outcome in first]
    assert await shared_platform.head() == head


async def test_all_columns_arrive(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    row = small_office.communication(
        a_code,
        "2024-03-05",
        organiser="Hội Luật gia",
        place="Huế",
        attendance="120",
        reach="3 xã",
        policy_no="2,1",
        url="https://example.vn/1",
        ghi_chu="có ảnh",
        dataset="sample",
    )
    await take(shared_platform, row)
    (actual,) = await listed(shared_platform, a_code)
    expected = {
        key: row[key] for key in ("held_on", "channel", "title", "organiser", "place", "reach", "url")
    }
    assert expected.items() <= actual.items()
    assert (actual["policies"], actual["attendance"], actual["precision"]) == ([1, 2], 120, "day")
    assert (actual["notes"], actual["dataset"]) == ({"ghi_chu": "có ảnh"}, "sample")


async def test_the_id_is_the_natural_key(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    row = small_office.communication(a_code, "2024-03", policy_no="2;1")
    await take(shared_platform, row)
    (actual,) = await listed(shared_platform, a_code)
    natural = communication_id(
        a_code, __import__("datetime").date(2024, 3, 1), "month", Channel.CONFERENCE, row["title"], [1, 2]
    )
    assert actual["communication_id"] == str(natural)


async def test_zero_means_the_whole_draft(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    empty, zero = await take(
        shared_platform,
        small_office.communication(a_code, "2024-03-05", policy_no=""),
        small_office.communication(a_code, "2024-03-05", policy_no="0"),
    )
    assert (empty["status"], zero["status"]) == ("taken", "unchanged")
    assert (await listed(shared_platform, a_code))[0]["policies"] == []


async def test_the_same_with_other_data_is_refused(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    row = small_office.communication(a_code, "2024-03-05")
    _, other = await take(shared_platform, row, row | {"place": "Huế"})
    assert other["status"] == "refused"
    assert "nội dung khác" in other["reasons"][0]["vi"]


async def test_every_row_that_cannot_be_taken_is_reported(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    good = small_office.communication(a_code, "2024-03-05")
    wrong: dict[str, dict[str, Any]] = {
        "held_on": good | {"held_on": "05/03/2024"},
        "channel": good | {"channel": "Conference"},
        "attendance": good | {"attendance": "-1"},
        "title": good | {"title": " "},
        "policy_no": good | {"policy_no": "1;a"},
    }
    *refused, taken = await take(shared_platform, *wrong.values(), good)
    assert [outcome["reasons"][0]["column"] for outcome in refused] == list(wrong)
    assert taken["status"] == "taken"
    assert len(await listed(shared_platform, a_code)) == 1


async def test_refusals_of_the_domain_are_reported_too(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    policies, future, month, unknown = await take(
        shared_platform,
        small_office.communication(a_code, "2024-03-05", policy_no="3;7"),
        small_office.communication(a_code, ago(-365)),
        small_office.communication(a_code, "2024-03-05", precision="month"),
        small_office.communication("KHONG-CO", "2024-03-05"),
    )
    assert "policy 3, 7; it has: 1, 2" in policies["reasons"][0]["en"]
    assert "future" in future["reasons"][0]["en"]
    assert "first day" in month["reasons"][0]["en"]
    assert "KHONG-CO" in unknown["reasons"][0]["vi"]


async def test_a_retracted_communication_is_not_recorded_again(
    shared_platform: Platform, a_code: str
) -> None:
    await office(shared_platform, a_code)
    row = small_office.communication(a_code, "2024-03-05")
    await take(shared_platform, row)
    (actual,) = await listed(shared_platform, a_code)
    await shared_platform.campaigns.client.post(f"/communications/{actual['communication_id']}/retract")
    (again,) = await take(shared_platform, row)
    assert again["status"] == "unchanged"
    assert await listed(shared_platform, a_code) == []
    (kept,) = await listed(shared_platform, a_code, include_retracted=True)
    assert kept["retracted"]
