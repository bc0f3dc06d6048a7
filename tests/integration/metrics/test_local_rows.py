"""A province's own row holds for the communes below it, by the tree on the day: figures follow when a commune is moved."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer

ROW = {
    "regime": "law_2025_amended",
    "instruments": ["commune_decision"],
    "procedure": "ordinary",
    "area": ["DLK"],
    "valid_from": "2025-07-01",
    "grace_working_days": 1,
    "certainty": "read",
    "legal_basis": "Điều 9 Quyết định số 43/2025/QĐ-UBND",
}


@pytest.fixture
async def platform(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[Platform]:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rows": [ROW]}), encoding="utf-8")
    services = ("registry", "metrics")
    async with open_platform(
        new_nats, keys, token_issuer, new_database, *services, rules_overrides=[file]
    ) as opened:
        yield opened


async def due_days(platform: Platform) -> dict[str, str]:
    await platform.settled()
    client = platform.services["metrics"].client
    answer = await client.get("/gaps", params={"as_of": "2026-03-10"})
    assert answer.status_code == 200, answer.text
    return {gap["draft_code"]: gap["due_on"] for gap in answer.json()["gaps"]}


async def missed(platform: Platform) -> int:
    """Count the policies that were not communicated in time, as of the day after the shorter deadline."""
    answer = await platform.services["metrics"].client.get("/compliance", params={"as_of": "2026-03-11"})
    number: int = answer.json()["groups"][0]["missed"]
    return number


async def test_a_commune_that_is_moved_goes_by_the_rows_of_its_province(platform: Platform) -> None:
    committee = {"level": "provincial", "kind": "provincial_committee"}
    commune = {"level": "commune", "kind": "commune"}
    units = [small_office.unit(code, **committee) for code in ("DLK", "HN")]
    units += [small_office.unit("XA-1", parent_code="DLK", **commune)]
    units += [small_office.unit("XA-2", parent_code="HN", **commune)]
    await platform.import_rows("units", units)
    drafts = [
        small_office.draft(
            f"QD-{code}", code, instrument="commune_decision", regime="law_2025_amended", in_scope="yes"
        )
        for code in ("XA-1", "XA-2")
    ]
    await platform.import_rows("drafts", drafts)
    stages = [small_office.stage(draft["draft_code"], "draft_consultation", "2026-03-09") for draft in drafts]
    await platform.import_rows("stages", stages)
    assert await due_days(platform) == {"QD-XA-1": "2026-03-10", "QD-XA-2": "2026-03-16"}
    assert await missed(platform) == 1
    moved: dict[str, Any] = {"parent_code": "DLK", "on": "2026-03-01"}
    answer = await platform.registry.client.post("/units/XA-2/move", json=moved)
    assert answer.status_code == 200, answer.text
    assert await due_days(platform) == {"QD-XA-1": "2026-03-10", "QD-XA-2": "2026-03-10"}
    assert await missed(platform) == 2  # also of counts that were kept before the move
    coverage = await platform.services["metrics"].client.get(
        "/drafts/QD-XA-2/coverage", params={"as_of": "2026-03-10"}
    )
    assert "Quyết định số 43/2025/QĐ-UBND" in coverage.text
