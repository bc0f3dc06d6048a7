"""What is said of a communication later: verified, shown, answered; over HTTP and through the bulk door."""

from typing import Any

import httpx
import pytest

from shared.contracts.event import evidence_id
from shared.contracts.vocabulary import Role
from tests.integration.campaigns.test_api import HELD, recorded
from tests.integration.campaigns.test_import import listed, office, take
from tests.integration.metrics.office import ago
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVIDENCE = {
    "url": "https://example.vn/1",
    "sha256": DIGEST.upper(),
    "captured_on": "2024-03-06",
    "reach": "120",
}
FEEDBACK = {"received": 42, "accepted": 30, "explained": 12, "explained_on": "2024-04-01"}


async def send(platform: Platform, method: str, id_: str, what: str, body: Any = None) -> httpx.Response:
    return await platform.campaigns.client.request(method, f"/communications/{id_}/{what}", json=body)


async def communication_of(platform: Platform, id_: str) -> dict[str, Any]:
    communication: dict[str, Any] = (await platform.campaigns.client.get(f"/communications/{id_}")).json()
    return communication


async def test_a_claim_is_shown_answered_and_verified(shared_platform: Platform, a_code: str) -> None:
    id_ = await recorded(shared_platform, a_code, content=["necessity", "changes"])
    claim = await communication_of(shared_platform, id_)
    assert (claim["verification"], claim["evidence"], claim["feedback"]) == (None, [], None)
    assert claim["content"] == ["necessity", "changes"]
    for _ in range(2):
        assert (await send(shared_platform, "POST", id_, "evidence", EVIDENCE)).status_code == 201
        assert (await send(shared_platform, "PUT", id_, "feedback", FEEDBACK)).status_code == 200
        assert (
            await send(shared_platform, "POST", id_, "verify", {"verified_on": "2024-04-02"})
        ).status_code == 200
    actual = await communication_of(shared_platform, id_)
    assert actual["version"] == 4
    (evidence,) = actual["evidence"]
    assert (evidence["sha256"], evidence["reach"]) == (DIGEST, "120")
    assert FEEDBACK.items() <= actual["feedback"].items()
    assert actual["verification"]["verified_on"] == "2024-04-02"
    (item,) = await listed(shared_platform, a_code)
    assert {key: item[key] for key in actual} == actual
    await shared_platform.campaigns.client.post(
        f"/communications/{id_}/correct", json=HELD | {"place": "Huế"}
    )
    (item,) = await listed(shared_platform, a_code)
    assert (item["verification"], len(item["evidence"])) == (None, 1)


async def test_only_who_follows_others_verifies(shared_platform: Platform, a_code: str) -> None:
    id_ = await recorded(shared_platform, a_code)
    path = f"/communications/{id_}"
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as own:
        refused(await own.post(f"{path}/verify"), 403, "forbidden")
        assert (await own.post(f"{path}/evidence", json=EVIDENCE)).status_code == 201
        assert (await own.put(f"{path}/feedback", json=FEEDBACK)).status_code == 200
    async with shared_platform.campaigns.as_(Role.UNIT, "KHAC") as other:
        refused(await other.post(f"{path}/evidence", json=EVIDENCE), 403, "not-your-draft")
        refused(await other.put(f"{path}/feedback", json=FEEDBACK), 403, "not-your-draft")
    follows = f"{a_code}-STP"
    await shared_platform.import_rows("units", [small_office.unit(follows)])
    row = {"unit_code": a_code, "supervisor_code": follows, "kind": "justice_body", "from": "2024-01-01"}
    await shared_platform.import_rows("supervision", [row])
    await shared_platform.settled()
    for unit in (None, "STP", a_code):
        async with shared_platform.campaigns.as_(Role.SUPERVISOR, unit) as elsewhere:
            refused(await elsewhere.post(f"{path}/verify"), 403, "not-your-draft")
    async with shared_platform.campaigns.as_(Role.SUPERVISOR, follows) as supervisor:
        assert (await supervisor.post(f"{path}/verify")).status_code == 200
    assert (await communication_of(shared_platform, id_))["verification"]["by_unit_code"] == follows


@pytest.mark.parametrize(
    ("method", "what", "body", "code"),
    [
        ("POST", "evidence", {"reach": "120"}, "evidence-shows-nothing"),
        ("POST", "evidence", {"sha256": "abc"}, "invalid-request"),
        ("POST", "evidence", EVIDENCE | {"captured_on": ago(-365)}, "day-in-future"),
        ("PUT", "feedback", FEEDBACK | {"accepted": 43}, "more-than-received"),
        ("PUT", "feedback", {"accepted": 3}, "invalid-request"),
        ("POST", "verify", {"verified_on": ago(-365)}, "day-in-future"),
    ],
)
async def test_what_cannot_be_is_refused(  # the parts of a request, and the answer
    shared_platform: Platform, a_code: str, method: str, what: str, body: dict[str, Any], code: str
) -> None:
    id_ = await recorded(shared_platform, a_code)
    refused(await send(shared_platform, method, id_, what, body), 422, code)
    assert (await communication_of(shared_platform, id_))["version"] == 1


async def test_rows_are_recorded_once_and_keep_later_data(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    row = small_office.communication(
        a_code,
        "2024-03-05",
        content="necessity;purpose",
        comments_received="42",
        comments_accepted="30",
        verified_on="2024-04-02",
    )
    (outcome,) = await take(shared_platform, row)
    assert [name.split(".")[3] for name in outcome["events"]] == [
        "recorded",
        "feedback_summarised",
        "verified",
    ]
    (actual,) = await listed(shared_platform, a_code)
    assert (actual["content"], actual["feedback"]["accepted"]) == (["necessity", "purpose"], 30)
    evidence = {"communication_id": actual["communication_id"], "url": "https://example.vn/1"}

    async def again() -> list[str]:
        rows = await shared_platform.campaigns.import_rows("evidence", [evidence])
        return [outcome["status"] for outcome in [*await take(shared_platform, row), *rows]]

    assert await again() == ["unchanged", "taken"]
    client, id_ = shared_platform.campaigns.client, actual["communication_id"]
    await client.put(f"/communications/{id_}/feedback", json=FEEDBACK | {"received": 50})
    await client.post(f"/communications/{id_}/correct", json=HELD)
    before = await communication_of(shared_platform, id_)
    assert await again() == ["unchanged", "unchanged"]
    assert await communication_of(shared_platform, id_) == before
    assert before["evidence"][0]["evidence_id"] == str(evidence_id(id_, evidence["url"], None))


async def test_every_row_that_cannot_be_taken_is_reported(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    good = small_office.communication(a_code, "2024-03-05")
    wrong: dict[str, dict[str, Any]] = {
        "content": good | {"content": "necessity;vui"},
        "comments_received": good | {"comments_received": "nhiều"},
        "verified_on": good | {"verified_on": "02/04/2024"},
        "communication_id": good | {"communication_id": "1"},
    }
    assert [
        outcome["reasons"][0]["column"] for outcome in await take(shared_platform, *wrong.values())
    ] == list(wrong)
    (more,) = await take(shared_platform, good | {"comments_received": "1", "comments_accepted": "2"})
    assert "more comments" in more["reasons"][0]["en"].lower()
    (by,) = await take(
        shared_platform, good | {"verified_on": "2024-04-02", "verified_by_unit_code": "KHONG-CO"}
    )
    assert "KHONG-CO" in by["reasons"][0]["en"]
    assert await listed(shared_platform, a_code) == [], "of a refused row nothing is recorded"
    (digest,) = await shared_platform.campaigns.import_rows(
        "evidence", [{"communication_id": "00000000-0000-0000-0000-000000000000", "sha256": "abc"}]
    )
    assert "64 hexadecimal digits" in digest["reasons"][0]["en"]
    anonymous = {"communication_id": "00000000-0000-0000-0000-000000000000", "url": "https://example.vn/1"}
    (unknown,) = await shared_platform.campaigns.import_rows("evidence", [anonymous])
    assert "no communication" in unknown["reasons"][0]["en"]
