"""A commune's year: its own support work is seen in its counts and on the drafts, never in the lead unit's verdict."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

DRAFTS = ("NQ-A", "NQ-B", "NQ-C")
FIVE = (*DRAFTS, "NQ-D", "NQ-E")
COMMUNE, OTHER, LEAD = "XA-A", "XA-B", "STC"
AS_OF = {"as_of": "2024-12-31", "year": 2024}


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as opened,
    ):
        await opened.import_rows("units", [small_office.unit(code) for code in (LEAD, COMMUNE, OTHER)])
        provincial = {"instrument": "provincial_resolution", "regime": "law_2025", "in_scope": "yes"}
        await opened.import_rows("drafts", [small_office.draft(code, LEAD, **provincial) for code in FIVE])
        await opened.import_rows(
            "stages", [small_office.stage(code, "draft_consultation", "2024-01-02") for code in FIVE]
        )
        await opened.settled()
        await _record_the_year(opened)
        await opened.settled()
        yield opened


async def _record_the_year(platform: Platform) -> None:
    async with platform.campaigns.as_(Role.UNIT, COMMUNE) as commune:
        for month in range(1, 13):
            draft = DRAFTS[month % 3]
            body = {"held_on": date(2024, month, 10).isoformat(), "channel": "commune_loudspeaker"}
            await _post(commune, draft, body | {"title": f"Phát thanh tháng {month}", "items": 3})
        for month, draft in ((4, "NQ-A"), (9, "NQ-B")):
            body = {"held_on": date(2024, month, 20).isoformat(), "channel": "conference", "title": "Họp dân"}
            await _post(commune, draft, body | {"attendance": 80, "audience": ["nông dân"]})
    async with platform.campaigns.as_(Role.UNIT, OTHER) as other:
        conference = {"held_on": "2024-06-05", "channel": "conference", "title": "Hội nghị chung"}
        for draft in FIVE:
            await _post(other, draft, conference | {"activity_code": "HN-01", "attendance": 300})


async def _post(client: httpx.AsyncClient, draft: str, body: dict[str, Any]) -> None:
    answer = await client.post(f"/drafts/{draft}/communications", json=body)
    assert answer.status_code == 201, answer.text


async def _get(platform: Platform, path: str, **query: Any) -> dict[str, Any]:
    answer = await platform.services["metrics"].client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_it_is_seen_in_the_counts_of_the_commune(platform: Platform) -> None:
    (group,) = (await _get(platform, "/counts", unit=COMMUNE, **AS_OF))["groups"]
    seen = ("activities", "items", "attendance", "attendance_recorded", "drafts_communicated")
    assert tuple(group[name] for name in seen) == (14, 38, 160, 2, 3)
    assert (group["cost_state"], group["year_before"]["activities"]) == (None, 0)
    answer = await _get(platform, "/counts", unit=COMMUNE, group_by="channel", **AS_OF)
    by_channel = {group["key"]: group["activities"] for group in answer["groups"]}
    assert by_channel == {"commune_loudspeaker": 12, "conference": 2}
    later = {"as_of": "2025-12-14", "year": 2025}
    (group,) = (await _get(platform, "/counts", unit=COMMUNE, **later))["groups"]
    assert (group["activities"], group["year_before"]["activities"]) == (0, 14)


async def test_a_conference_on_five_drafts_is_counted_once(platform: Platform) -> None:
    (group,) = (await _get(platform, "/counts", unit=OTHER, **AS_OF))["groups"]
    assert (group["activities"], group["attendance"], group["drafts_communicated"]) == (1, 300, 5)
    by_draft = await _get(platform, "/counts", unit=OTHER, group_by="draft", **AS_OF)
    assert by_draft["overlapping"] is True
    assert [(group["key"], group["attendance"]) for group in by_draft["groups"]] == [
        (code, 300) for code in FIVE
    ]


async def test_it_is_seen_on_the_draft_and_not_in_the_lead_units_verdict(platform: Platform) -> None:
    coverage = await _get(platform, "/drafts/NQ-A/coverage", as_of="2024-12-31")
    assert len(coverage["support"]) == 6  # four broadcasts, a meeting, the conference
    assert {fact["unit_code"] for fact in coverage["support"]} == {COMMUNE, OTHER}
    assert [policy["verdict"] for policy in coverage["policies"]] == ["missed"]
    (group,) = (await _get(platform, "/compliance", **AS_OF))["groups"]
    assert (group["met"], group["missed"], group["rate_plan"], group["drafts_plan"]) == (0, 5, 0.0, 0)
    gaps = await _get(platform, "/gaps", as_of="2024-12-31")
    assert {gap["draft_code"] for gap in gaps["gaps"]} == set(FIVE)


async def test_it_stands_on_the_page_of_each_draft(platform: Platform) -> None:
    client = platform.services["metrics"].client
    for draft, month in (("NQ-A", 3), ("NQ-B", 1), ("NQ-C", 2)):
        page = (await client.get(f"/drafts/{draft}", params={"as_of": "2024-12-31"})).text
        support = page[page.index("Hoạt động hỗ trợ của đơn vị khác") :]
        assert f"Phát thanh tháng {month}" in support
        assert "không tính vào kết quả của cơ quan chủ trì soạn thảo" in support


async def test_what_the_lead_confirms_counts_for_its_duty(platform: Platform) -> None:
    body = {"held_on": "2024-01-04", "channel": "conference", "title": "Hội nghị", "role": "coordinating"}
    async with platform.campaigns.as_(Role.UNIT, COMMUNE) as commune:
        made = await commune.post("/drafts/NQ-C/communications", json=body)
    path = f"/communications/{made.json()['id']}/confirm"
    before = await _get(
        platform, "/drafts/NQ-C/coverage", as_of="2024-02-01", min_position=made.json()["position"]
    )
    async with platform.campaigns.as_(Role.UNIT, OTHER) as other:
        refused(await other.post(path), 403, "not-your-draft")
    async with platform.campaigns.as_(Role.UNIT, LEAD) as lead:
        confirmed = (await lead.post(path)).json()
    after = await _get(
        platform, "/drafts/NQ-C/coverage", as_of="2024-02-01", min_position=confirmed["position"]
    )
    assert [entry["policies"][0]["verdict"] for entry in (before, after)] == ["missed", "met"]
    assert [entry["policies"][0]["begun"] for entry in (before, after)] == [False, True]
