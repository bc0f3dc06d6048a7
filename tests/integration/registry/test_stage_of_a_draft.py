"""The stage that a list of drafts shows is the one that the rules give, today."""

from datetime import timedelta
from typing import Any

from tests.integration.metrics.office import today
from tests.support.platform.service import Platform
from tests.support.samples import small_office


async def a_draft(platform: Platform, code: str, *stages: tuple[str, str]) -> None:
    await platform.import_rows("units", [small_office.unit(code)])
    await platform.import_rows("drafts", [small_office.draft(code, code)])
    for name, on in stages:
        answer = await platform.registry.client.post(
            f"/drafts/{code}/stages", json={"stage": name, "entered_on": on}
        )
        assert answer.status_code == 201, answer.text
    await platform.settled()


async def listed(platform: Platform, code: str, **query: str) -> list[dict[str, Any]]:
    answer = await platform.registry.client.get("/drafts", params={"unit": code, **query})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


CONSULTED = ("draft_consultation", "2024-03-04")


async def test_suspended_and_resumed_on_one_day(shared_platform: Platform, a_code: str) -> None:
    await a_draft(shared_platform, a_code, CONSULTED, ("suspended", "2024-04-01"))
    resumed = await shared_platform.registry.client.post(
        f"/drafts/{a_code}/stages", json={"stage": "resumed", "entered_on": "2024-04-01"}
    )
    assert resumed.status_code == 201, resumed.text
    await shared_platform.settled()
    (item,) = await listed(shared_platform, a_code)
    assert (item["stage"], item["entered_on"]) == ("draft_consultation", "2024-04-01")
    assert await listed(shared_platform, a_code, stage="suspended") == []
    assert len(await listed(shared_platform, a_code, stage="draft_consultation")) == 1
    shown = (await shared_platform.registry.client.get(f"/drafts/{a_code}")).json()["stages"]
    assert [(item["stage"], item["resumed"]) for item in shown] == [
        ("draft_consultation", False),
        ("suspended", False),
        ("draft_consultation", True),
    ]


async def test_a_parallel_stage_is_not_the_stage(shared_platform: Platform, a_code: str) -> None:
    await a_draft(shared_platform, a_code, CONSULTED, ("social_criticism", "2024-03-20"))
    (item,) = await listed(shared_platform, a_code)
    assert (item["stage"], item["entered_on"]) == CONSULTED
    assert await listed(shared_platform, a_code, stage="social_criticism") == []
    assert len(await listed(shared_platform, a_code, stage="draft_consultation")) == 1
    shown = (await shared_platform.registry.client.get(f"/drafts/{a_code}")).json()["stages"]
    assert [item["stage"] for item in shown] == ["draft_consultation", "social_criticism"]


async def test_an_entry_into_the_same_stage_continues_it(shared_platform: Platform, a_code: str) -> None:
    await a_draft(shared_platform, a_code, CONSULTED, ("draft_consultation", "2024-03-20"))
    (item,) = await listed(shared_platform, a_code)
    assert (item["stage"], item["entered_on"]) == CONSULTED


async def test_before_the_first_stage_there_is_none(shared_platform: Platform, a_code: str) -> None:
    await a_draft(shared_platform, a_code)
    (item,) = await listed(shared_platform, a_code)
    assert (item["stage"], item["entered_on"]) == (None, None)


async def test_the_lead_is_the_latest_by_day(shared_platform: Platform, a_code: str) -> None:
    await a_draft(shared_platform, a_code)
    client = shared_platform.registry.client
    others = [f"{a_code}-{number}" for number in (1, 2, 3)]
    await shared_platform.import_rows("units", [small_office.unit(other) for other in others])
    yesterday = (today() - timedelta(days=1)).isoformat()
    for other, on in zip(others, ("2024-01-02", yesterday, "2023-01-02"), strict=True):
        answer = await client.post(f"/drafts/{a_code}/transfer", json={"to_unit_code": other, "on": on})
        assert answer.status_code == 200, answer.text
    await shared_platform.settled()
    (item,) = await listed(shared_platform, others[1])
    assert (item["draft_code"], item["lead_unit_code"]) == (a_code, others[1])
    assert (await client.get(f"/drafts/{a_code}")).json()["lead_unit_code"] == others[1]
    assert await listed(shared_platform, a_code) == []
