"""Two registries on one log and one database: nothing is lost, and of two claims on a version one wins."""

import asyncio
from typing import Any

import httpx

from tests.integration.registry.test_api import enter, office
from tests.support.platform.service import Platform

WRITERS = 8


async def test_of_writers_with_the_same_version_one_wins(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    etag = (await client.get(f"/drafts/{a_code}")).headers["etag"]
    async with shared_platform.another("registry") as second:
        clients = [client, second.client] * (WRITERS // 2)
        answers = await asyncio.gather(
            *(
                enter(caller, a_code, "drafting", f"2024-01-{day:02}", **{"If-Match": etag})
                for day, caller in enumerate(clients, start=1)
            )
        )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [412] * (WRITERS - 1)
    assert len((await client.get(f"/drafts/{a_code}")).json()["stages"]) == 1


async def insist(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> int:
    """Send until it is taken, as the answer to a conflict asks for."""
    for _ in range(20):
        answer = await client.post(path, json=body)
        if answer.status_code != 409 or not answer.json()["type"].endswith(":version-conflict"):
            break
    return answer.status_code


async def test_without_a_version_all_succeed_and_nothing_is_lost(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    before = (await client.get(f"/drafts/{a_code}")).json()["version"]
    async with shared_platform.another("registry") as second:
        callers = [client, second.client]

        path = f"/drafts/{a_code}/policies"

        async def write_all(caller: int) -> list[int]:
            bodies = [{"policy_no": n, "title": f"Chính sách {n}"} for n in range(1 + caller, 21, 2)]
            return [await insist(callers[caller], path, body) for body in bodies]

        statuses = await asyncio.gather(write_all(0), write_all(1))
        assert {status for of_caller in statuses for status in of_caller} == {201}
        for caller in callers:
            actual = (await caller.get(f"/drafts/{a_code}")).json()
            assert actual["version"] == before + 20
            assert sorted(p["policy_no"] for p in actual["policies"]) == list(range(1, 21))


async def test_the_same_key_at_both_writes_once(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    key = {"Idempotency-Key": f"k-{a_code}"}
    async with shared_platform.another("registry") as second:
        first, other = await asyncio.gather(
            enter(client, a_code, "drafting", "2024-01-08", **key),
            enter(second.client, a_code, "drafting", "2024-01-08", **key),
        )
    assert first.json()["version"] == other.json()["version"]
    assert first.json()["position"] == other.json()["position"]


async def test_the_second_process_reads_writes_of_the_first(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    async with shared_platform.another("registry") as second:
        assert (await second.projection())["state"] == "standby"
        written = await enter(client, a_code, "drafting", "2024-01-08")
        query = {"unit": a_code, "min_position": written.json()["position"]}
        (item,) = (await second.client.get("/drafts", params=query)).json()["items"]
        assert item["stage"] == "drafting"
