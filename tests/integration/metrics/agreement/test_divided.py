"""A rebuild divided by draft among processes gives the rows that one process gives, superseded ones too."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.keys.keyring import Keyring
from shared.projections import division as dividing
from shared.projections.rebuild import Purpose
from tests.bench.metrics import fill
from tests.support.platform.service import Platform, eventually, open_platform
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

DRAFTS = 60
UNITS = ("BTP", "BTC", "TINH-22", "XA-A")


async def test_what_several_processes_write_is_what_one_process_writes(
    tmp_path: Path,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dividing, "WORTH", 1)
    monkeypatch.setattr("shared.projections.rebuild.BATCH", 50)
    monkeypatch.setenv("LOA_REBUILD_PROCESSES", "3")
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_platform(server, keys, token_issuer, session_database, "registry", "metrics") as platform,
    ):
        for code in UNITS:
            unit = {"code": code, "name": f"Đơn vị {code}", "level": "central", "kind": "ministry"}
            assert (await platform.registry.client.post("/units", json=unit)).status_code == 201
        await fill(platform, random_drafts(3, DRAFTS))
        await platform.settled()
        tables = await _verified(platform)
    written = {table["table"]: table["rebuilt"]["rows"] for table in tables}
    assert [table["table"] for table in tables if not table["same"]] == []
    assert written["draft"] == DRAFTS
    assert min(written["policy_interval_superseded"], written["recorded_day"], written["directory_unit"]) > 0


async def _verified(platform: Platform) -> list[dict[str, Any]]:
    app = platform.services["metrics"].app
    verification = app.state.runner.shadow_rebuilds[Purpose.VERIFICATION]
    assert verification._division.processes == 3
    await verification.ask()

    async def outcome() -> Any:
        return await verification.outcome()

    await eventually(outcome)
    assert verification._division is not None, "it was not divided"
    tables: list[dict[str, Any]] = (await outcome())["tables"]
    return tables
