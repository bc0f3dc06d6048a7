"""Who reports what to whom: the list of a quarter, who is late, and a unit's own figures with those that are counted."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import Platform, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer

DAYS = {"period_from": "2024-12-15", "period_to": "2025-03-14"}


@pytest.fixture
async def platform(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    services = ("registry", "campaigns", "metrics")
    async with open_platform(new_nats, keys, token_issuer, new_database, *services) as opened:
        yield opened


async def listed(platform: Platform, **params: Any) -> dict[str, Any]:
    asked = {"year": 2025, "as_of": "2025-04-01", "min_position": await platform.head(), **params}
    answer = await platform.services["metrics"].client.get("/required-reports", params=asked)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def waiting(platform: Platform, receiver: str) -> tuple[int, int]:
    asked = {"as_of": "2025-04-01", "receiver": receiver}
    answer = (await platform.services["metrics"].client.get("/waiting", params=asked)).json()
    return answer["reports_open"], answer["reports_late"]


async def test_the_reports_of_three_communes(platform: Platform) -> None:
    units = ("STP", "XA-1", "XA-2", "XA-3")
    await platform.import_rows("units", [small_office.unit(code) for code in units])
    await platform.import_rows("drafts", [small_office.draft("NQ-1", "XA-1")])
    rows = [
        {
            "unit_code": "STP",
            "year": "2025",
            "kind": "report_required",
            "title": "Báo cáo Đề án 407",
            "happened_on": "2024-12-20",
            "coordinating_unit_codes": "XA-1;XA-2;XA-3",
            "report_period": "quarter",
            "due_days": "10",
        },
        {
            "unit_code": "XA-2",
            "year": "2025",
            "kind": "report_submitted",
            "title": "Báo cáo quý I",
            "document": "5/BC-UBND",
            "happened_on": "2025-03-28",
            "lead_unit_code": "STP",
            "figures": "items: 3; attendance: 20",
            **DAYS,
        },
    ]
    await platform.import_rows("programme", rows)
    held = {"held_on": "2025-02-03", "channel": "dialogue", "title": "Đối thoại", "attendance": 120}
    client = platform.campaigns.client
    made = await client.post("/drafts/NQ-1/communications", json=held | {"unit_code": "XA-1"})
    assert made.status_code == 201, made.text
    await platform.settled()
    duty = (await listed(platform))["reports"][0]["duty_id"]
    own = {"duty_id": duty, "happened_on": "2025-03-20", "document": "7/BC-UBND"}
    sent = await client.post(
        "/units/XA-1/reports", json=own | {"figures": {"activities": 2, "attendance": 150}}
    )
    report = sent.json()["id"]
    shown = await listed(platform)
    assert shown["counts"] == {
        "open": 9, "late": 1, "submitted": 1, "submitted_late": 1, "received": 0, "received_late": 0
    }  # fmt: skip
    assert await waiting(platform, "STP") == (9, 1)
    assert await waiting(platform, "XA-1") == (0, 0)
    assert shown["late_units"] == ["XA-3"]
    first, second, third = shown["reports"][:3]
    assert [each["unit_code"] for each in (first, second, third)] == ["XA-1", "XA-2", "XA-3"]
    assert (first["period"], first["due_on"]) == ({"from": "2024-12-15", "to": "2025-03-14"}, "2025-03-24")
    assert (first["state"], first["owed_by"], first["entry_id"]) == ("submitted", "STP", report)
    side = {each["name"]: (each["own"], each["counted"], each["difference"]) for each in first["figures"]}
    assert side == {"activities": (2, 1, 1), "attendance": (150, 120, 30)}
    counted = {each["name"]: (each["own"], each["counted"]) for each in second["figures"]}
    assert counted == {"items": (3, 0), "attendance": (20, None)}
    assert (second["state"], second["is_late"], third["state"], third["owed_by"]) == (
        "submitted_late", True, "late", "XA-3",
    )  # fmt: skip
    path = f"/units/XA-1/programme/2025/entries/{report}"
    body = {
        "title": "Báo cáo Đề án 407",
        "happened_on": "2025-03-20",
        "document": "9/BC-UBND",
        "duty_id": duty,
    }
    body |= {
        "lead_unit_code": "STP",
        "due_on": "2025-03-24",
        "figures": {"activities": 1},
        "reason": "Đếm trùng",
    }
    corrected = await client.post(f"{path}/correct", json=body | DAYS)
    assert corrected.status_code == 200, corrected.text
    receipt = await client.post(
        f"{path}/steps", json={"kind": "report_received", "happened_on": "2025-03-30"}
    )
    assert receipt.status_code == 201, receipt.text
    (after,) = (await listed(platform, unit="XA-1", state="received"))["reports"]
    assert (after["corrected"], after["document"], after["received_on"]) == (True, "9/BC-UBND", "2025-03-30")
    assert [(each["own"], each["counted"]) for each in after["figures"]] == [(1, 1)]
    before = await listed(platform, as_of="2025-03-25")
    assert before["counts"]["late"] == 2
    assert (await listed(platform, receiver="XA-1"))["reports"] == []


def loa(platform: Platform, monkeypatch: pytest.MonkeyPatch, command: str) -> str:
    """Run a command against the platform; returns what it prints, on one line."""
    for name, api in platform.services.items():
        monkeypatch.setenv(f"LOA_URL_{name.upper()}", f"http://127.0.0.1:{api.settings.port}")
    monkeypatch.setenv("LOA_TOKEN", platform.issuer.token())
    done = CliRunner().invoke(app, shlex.split(command), catch_exceptions=True)
    return " ".join(done.output.split()) if done.exit_code == 0 else f"{done.exit_code}: {done.exception}"


async def test_a_report_is_listed_sent_and_received_by_commands(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.import_rows("units", [small_office.unit(code) for code in ("STP", "XA-1", "XA-2")])
    duty = {"unit_code": "STP", "year": "2025", "kind": "report_required", "title": "Báo cáo Đề án 407"}
    duty |= {"happened_on": "2024-12-20", "report_period": "quarter", "due_days": "10"}
    await platform.import_rows("programme", [duty | {"coordinating_unit_codes": "XA-1;XA-2"}])
    before = await platform.settled()

    async def run(command: str) -> str:
        return await asyncio.to_thread(loa, platform, monkeypatch, command)

    shown = await run("reports list --year 2025 --as-of 2025-04-01")
    assert "Late: XA-1, XA-2" in shown
    sent = await run(
        "reports send --year 2025 --unit XA-1 --on 2025-03-20 --document 7/BC-UBND --figure activities=2"
    )
    assert "Sent: Báo cáo Đề án 407 (XA-1 → STP, 15/12/2024–14/03/2025)" in sent
    await platform.settled()
    assert "Late: XA-2" in await run("reports list --year 2025 --as-of 2025-04-01 --late")
    assert "Received" in await run("reports receive --year 2025 --unit XA-1 --on 2025-03-30")
    await platform.settled()
    (report, *_) = (await listed(platform, unit="XA-1"))["reports"]
    assert (report["state"], report["document"], report["received_on"]) == (
        "received",
        "7/BC-UBND",
        "2025-03-30",
    )
    assert [(each["name"], each["own"]) for each in report["figures"]] == [("activities", 2)]
    earlier = await run(f"reports list --year 2025 --as-of 2025-04-01 --known-at {before}")
    assert "Late: XA-1, XA-2" in earlier, "as known before anything was sent"
    counts = (await listed(platform, known_at=before, as_of="2025-04-01"))["counts"]
    assert counts["late"] == 2
    page = await platform.services["metrics"].client.get(
        "/lists/reports", params={"year": 2025, "as_of": "2025-04-01", "known_at": before}
    )
    assert f"0/{sum(counts.values())} báo cáo đã gửi; 2 quá hạn chưa gửi" in page.text
    assert "No such report is waiting" in await run("reports receive --year 2025 --unit XA-1")
    assert "name=number" in await run("reports send --unit XA-1 --figure nhiều")
