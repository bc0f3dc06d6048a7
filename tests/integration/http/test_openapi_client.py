"""A second reader of the API, who knows the documents and the text of the rules, and predicts each verdict."""

from typing import Any

from tests.support.platform.openapi_client import OpenApiClient
from tests.support.platform.service import Platform

UNIT, DRAFT = "STP-DOC2", "NQ-DOC2"
# Monday 2 March 2026; five working days of grace end on Monday the 9th.
ENTERED, DUE, AFTER = "2026-03-02", "2026-03-09", "2026-03-10"


async def verdicts(metrics: OpenApiClient, position: int, as_of: str) -> dict[int, str]:
    coverage = await metrics.ask(f"/drafts/{DRAFT}/coverage", as_of=as_of, min_position=position)
    return {policy["policy_no"]: policy["verdict"] for policy in coverage["policies"]}


async def written(reader: OpenApiClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await reader.send("POST", path, **body)
    assert answer.is_success, answer.text
    accepted: dict[str, Any] = answer.json()
    assert answer.headers["loa-position"] == str(accepted["position"])
    return accepted


async def test_the_verdict_changes_as_predicted(whole_platform: Platform) -> None:
    registry = await OpenApiClient.of(whole_platform.registry.client)
    campaigns = await OpenApiClient.of(whole_platform.campaigns.client)
    metrics = await OpenApiClient.of(whole_platform.services["metrics"].client)

    refused = await registry.send("POST", "/drafts", draft_code=DRAFT, lead_unit_code=UNIT)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:loa:problem:unit-not-found")
    await written(registry, "/units", code=UNIT, name="Sở Tư pháp (đọc tài liệu)", parent_code=None)
    await written(
        registry,
        "/drafts",
        draft_code=DRAFT,
        lead_unit_code=UNIT,
        instrument="provincial_resolution",
        regime="law_2025_amended",
        in_scope="yes",
        scope_basis="local_plan",
    )
    for number in (1, 2):
        await written(registry, f"/drafts/{DRAFT}/policies", policy_no=number, title=f"Chính sách {number}")
    entered = await written(
        registry, f"/drafts/{DRAFT}/stages", stage="draft_consultation", entered_on=ENTERED
    )
    at = entered["position"]
    assert await verdicts(metrics, at, "2026-03-01") == {1: "not_opened", 2: "not_opened"}
    assert await verdicts(metrics, at, DUE) == {1: "pending", 2: "pending"}
    assert await verdicts(metrics, at, AFTER) == {1: "missed", 2: "missed"}

    recorded = await communicated(campaigns, at, held_on=DUE, policies=[1])
    at = recorded["position"]
    assert await verdicts(metrics, at, AFTER) == {1: "met", 2: "missed"}

    late = await communicated(campaigns, at, held_on="2026-03-12", policies=[2])
    assert await verdicts(metrics, late["position"], AFTER) == {1: "met", 2: "missed"}
    assert await verdicts(metrics, late["position"], "2026-03-12") == {1: "met", 2: "met"}
    compliance = await metrics.ask("/compliance", as_of="2026-03-12", unit=UNIT)
    (group,) = compliance["groups"]
    assert (group["policies"], group["met"], group["rate_full"], group["rate_on_time"]) == (2, 2, 1.0, 0.5)

    retracted = await written(campaigns, f"/communications/{late['id']}/retract", reason="Ghi nhầm dự thảo")
    assert await verdicts(metrics, retracted["position"], "2026-03-12") == {1: "met", 2: "missed"}


async def communicated(campaigns: OpenApiClient, position: int, **fields: Any) -> dict[str, Any]:
    path = f"/drafts/{DRAFT}/communications"
    answer = await campaigns.send("POST", path, query={"min_position": position}, **fields)
    assert answer.status_code == 201, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted
