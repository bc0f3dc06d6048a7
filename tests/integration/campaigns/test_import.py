"""communications.csv through the bulk door: what is taken, what is refused, and that twice is once."""

from typing import Any

from shared.contracts.ids import communication_id
from shared.contracts.vocabulary import Channel
from tests.support import samples
from tests.support.service import House


async def office(house: House, code: str) -> None:
    await house.import_rows("units", [samples.unit(code)])
    await house.import_rows("drafts", [samples.draft(code, code)])
    await house.import_rows("policies", [samples.policy(code, 1), samples.policy(code, 2)])


async def take(house: House, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return await house.campaigns.import_rows("communications", rows, min_position=await house.head())


async def listed(house: House, code: str, **query: Any) -> list[dict[str, Any]]:
    query = {"min_position": await house.head(), **query}
    answer = await house.campaigns.client.get(f"/drafts/{code}/communications", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_an_import_that_runs_twice_changes_nothing(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    rows = [
        samples.communication(a_code, "2024-03-05", policy_no="2;1", attendance="120"),
        samples.communication(a_code, "2024-03", title="Tọa đàm"),
    ]
    first = await take(shared_house, *rows)
    assert [outcome["status"] for outcome in first] == ["taken", "taken"]
    head = await shared_house.head()
    again = await take(shared_house, *rows)
    assert [outcome["status"] for outcome in again] == ["unchanged", "unchanged"]
    assert [outcome["position"] for outcome in again] == [outcome["position"] for outcome in first]
    assert await shared_house.head() == head


async def test_all_columns_arrive(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    row = samples.communication(
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
    await take(shared_house, row)
    (found,) = await listed(shared_house, a_code)
    expected = {
        key: row[key] for key in ("held_on", "channel", "title", "organiser", "place", "reach", "url")
    }
    assert expected.items() <= found.items()
    assert (found["policies"], found["attendance"], found["precision"]) == ([1, 2], 120, "day")
    assert (found["notes"], found["dataset"]) == ({"ghi_chu": "có ảnh"}, "sample")


async def test_the_id_is_the_natural_key(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    row = samples.communication(a_code, "2024-03", policy_no="2;1")
    await take(shared_house, row)
    (found,) = await listed(shared_house, a_code)
    natural = communication_id(
        a_code, __import__("datetime").date(2024, 3, 1), "month", Channel.CONFERENCE, row["title"], [1, 2]
    )
    assert found["communication_id"] == str(natural)


async def test_zero_means_the_whole_draft(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    empty, zero = await take(
        shared_house,
        samples.communication(a_code, "2024-03-05", policy_no=""),
        samples.communication(a_code, "2024-03-05", policy_no="0"),
    )
    assert (empty["status"], zero["status"]) == ("taken", "unchanged")
    assert (await listed(shared_house, a_code))[0]["policies"] == []


async def test_the_same_with_other_data_is_refused(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    row = samples.communication(a_code, "2024-03-05")
    _, other = await take(shared_house, row, row | {"place": "Huế"})
    assert other["status"] == "refused"
    assert "nội dung khác" in other["reasons"][0]["vi"]


async def test_every_row_that_cannot_be_taken_is_said(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    good = samples.communication(a_code, "2024-03-05")
    wrong: dict[str, dict[str, Any]] = {
        "held_on": good | {"held_on": "05/03/2024"},
        "channel": good | {"channel": "Conference"},
        "attendance": good | {"attendance": "-1"},
        "title": good | {"title": " "},
        "policy_no": good | {"policy_no": "1;a"},
    }
    *refused, taken = await take(shared_house, *wrong.values(), good)
    assert [outcome["reasons"][0]["column"] for outcome in refused] == list(wrong)
    assert taken["status"] == "taken"
    assert len(await listed(shared_house, a_code)) == 1


async def test_what_the_domain_refuses_is_said_too(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    policies, future, month, unknown = await take(
        shared_house,
        samples.communication(a_code, "2024-03-05", policy_no="3;7"),
        samples.communication(a_code, "2999-01-01"),
        samples.communication(a_code, "2024-03-05", precision="month"),
        samples.communication("KHONG-CO", "2024-03-05"),
    )
    assert "policy 3, 7; it has: 1, 2" in policies["reasons"][0]["en"]
    assert "future" in future["reasons"][0]["en"]
    assert "first day" in month["reasons"][0]["en"]
    assert "KHONG-CO" in unknown["reasons"][0]["vi"]


async def test_a_retracted_one_is_not_recorded_again(shared_house: House, a_code: str) -> None:
    await office(shared_house, a_code)
    row = samples.communication(a_code, "2024-03-05")
    await take(shared_house, row)
    (found,) = await listed(shared_house, a_code)
    await shared_house.campaigns.client.post(f"/communications/{found['communication_id']}/retract")
    (again,) = await take(shared_house, row)
    assert again["status"] == "unchanged"
    assert await listed(shared_house, a_code) == []
    (kept,) = await listed(shared_house, a_code, include_retracted=True)
    assert kept["retracted"]
