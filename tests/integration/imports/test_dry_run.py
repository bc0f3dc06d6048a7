"""A dry run says what the real one would, and changes nothing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitRegistered
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.integration.eventstore.suite import META
from tests.integration.imports.office import send, without_position
from tests.integration.metrics.office import ago
from tests.support.platform.service import Platform, Row, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

Rows = Sequence[tuple[str, Row]]


@pytest.fixture
async def notifier_env(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    async with open_platform(new_nats, keys, token_issuer, new_database, "notifier") as platform:
        yield platform


def office(code: str) -> Rows:
    """Give rows that need each other, good ones and bad ones mixed."""
    return [
        ("units", small_office.unit(code)),
        ("units", small_office.unit(code, name="Khác")),
        ("units", small_office.unit(f"{code}-2")),
        (
            "unit_successions",
            {"from_code": code, "to_code": f"{code}-2", "kind": "merge", "date": "2025-07-01"},
        ),
        (
            "unit_successions",
            {"from_code": code, "to_code": "KHONG-CO", "kind": "merge", "date": "2025-07-01"},
        ),
        ("drafts", small_office.draft(code, code, in_scope="yes")),
        ("drafts", small_office.draft(f"{code}-X", "KHONG-CO")),
        ("drafts", small_office.draft(code, code, in_scope="yes")),
        ("policies", small_office.policy(code, 1)),
        ("policies", small_office.policy(f"{code}-X", 1)),
        ("policies", small_office.policy(code, 2)),
        ("stages", small_office.stage(code, "drafting", "2024-01-08")),
        ("stages", small_office.stage(code, "drafting", ago(-365))),
        ("stages", small_office.stage(code, "appraisal", "2024-03-01")),
        ("outcomes", {"draft_code": code, "outcome": "withdrawn"}),
        ("stages", small_office.stage(code, "approved", "2024-04-01")),
        ("notes", {"a": "b"}),
    ]


async def test_a_dry_run_predicts_the_real_run(shared_platform: Platform, a_code: str) -> None:
    rows, head = office(a_code), await shared_platform.head()
    dry = await send(shared_platform.registry, rows, dry_run=True)
    assert await shared_platform.head() == head
    assert {outcome["position"] for outcome in dry} == {0}
    real = await send(shared_platform.registry, rows)
    assert without_position(dry) == without_position(real)
    assert {outcome["status"] for outcome in real} == {"taken", "unchanged", "refused"}
    head = await shared_platform.head()
    assert max(outcome["position"] for outcome in real) == head
    again = await send(shared_platform.registry, rows, dry_run=True)
    assert "taken" not in {outcome["status"] for outcome in again}
    assert await shared_platform.head() == head


async def test_a_dry_run_leaves_nothing_in_the_read_model(shared_platform: Platform, a_code: str) -> None:
    await send(shared_platform.registry, office(a_code), dry_run=True)
    await shared_platform.settled()
    assert (await shared_platform.registry.client.get(f"/drafts/{a_code}")).status_code == 404


async def test_communications_of_assumed_drafts_carry_a_warning(
    shared_platform: Platform, a_code: str
) -> None:
    rows = [
        ("communications", small_office.communication(a_code, "2024-03-05", policy_no="1")),
        ("communications", small_office.communication(a_code, ago(-365))),
        ("communications", small_office.communication("KHONG-CO", "2024-03-05")),
    ]
    api, head = shared_platform.campaigns, await shared_platform.head()
    unknown = await send(api, rows, dry_run=True)
    assert [outcome["status"] for outcome in unknown] == ["refused"] * 3
    assumed = await send(api, rows, dry_run=True, assume_drafts=f"X,{a_code}")
    assert [outcome["status"] for outcome in assumed] == ["taken", "refused", "refused"]
    assert "tạm coi là đã đăng ký" in assumed[0]["warnings"][0]["vi"]
    assert "future" in assumed[1]["reasons"][0]["en"]
    not_dry = await send(api, rows, assume_drafts=a_code)
    assert [outcome["status"] for outcome in not_dry] == ["refused"] * 3
    assert await shared_platform.head() == head


async def test_communications_of_registered_drafts_are_judged_alike(
    shared_platform: Platform, a_code: str
) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    await shared_platform.import_rows("drafts", [small_office.draft(a_code, a_code)])
    row = small_office.communication(a_code, "2024-03-05")
    rows = [("communications", row | change) for change in ({}, {"place": "Huế"}, {"policy_no": "4"}, {})]
    head = await shared_platform.settled()
    dry = await send(shared_platform.campaigns, rows, dry_run=True)
    assert await shared_platform.head() == head
    real = await send(shared_platform.campaigns, rows)
    assert without_position(dry) == without_position(real)
    assert [outcome["status"] for outcome in real] == ["taken", "refused", "refused", "unchanged"]


async def test_recipients_are_not_listed_by_a_dry_run(notifier_env: Platform, a_code: str) -> None:
    api = notifier_env.services["notifier"]
    row = {"unit_code": a_code, "role": "focal_point", "email": f"{a_code.lower()}@example.vn"}
    rows = [("recipients", row | change) for change in ({}, {}, {"language": "en"}, {"email": "x"})]
    unknown = await send(api, rows, dry_run=True)
    assert {outcome["status"] for outcome in unknown} == {"refused"}
    assumed = await send(api, rows, dry_run=True, assume_units=a_code)
    assert "tạm coi là đã đăng ký" in assumed[0]["warnings"][0]["vi"]
    await _register(notifier_env, a_code)
    dry = await send(api, rows, dry_run=True)
    assert await _listed(notifier_env) == 0
    real = await send(api, rows)
    assert await _listed(notifier_env) == 1
    assert without_position(dry) == without_position(real)
    assert [outcome["status"] for outcome in real] == ["taken", "unchanged", "taken", "refused"]


async def test_who_is_absent_keeps_the_role_that_a_stand_in_has(notifier_env: Platform, a_code: str) -> None:
    api = notifier_env.services["notifier"]
    await _register(notifier_env, a_code)
    await notifier_env.settled()
    absent = {"role": "head", "email": "vang@example.vn"}
    stand_in = {"role": "head", "email": "thay@example.vn", "stands_in_for": absent["email"]}
    people = [absent, stand_in | {"valid_to": ago(-10)}]
    put = await api.client.put(f"/units/{a_code}/recipients", json=people)
    assert put.status_code == 200, put.text
    row = absent | {"unit_code": a_code}
    rows = [("recipients", row | change) for change in ({}, {"role": "focal_point"}, {"language": "en"})]
    dry = await send(api, rows, dry_run=True)
    real = await send(api, rows)
    assert without_position(dry) == without_position(real)
    assert [outcome["status"] for outcome in real] == ["unchanged", "refused", "taken"]


async def _register(notifier_env: Platform, code: str) -> None:
    unit = UnitRegistered(
        unit_code=code, unit_name="Sở", level=UnitLevel.PROVINCIAL, kind=UnitKind.DEPARTMENT
    )
    async with connected(notifier_env.server, "registry") as nc:
        event = NewEvent(new_id(), unit, META)
        await JetStreamEventStore(nc).append(AggregateRef("unit", unit_id(code)), NOTHING, [event])


async def _listed(notifier_env: Platform) -> int:
    connection: Any = await asyncpg.connect(notifier_env.databases["notifier"])
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM recipient")
        return count
    finally:
        await connection.close()
