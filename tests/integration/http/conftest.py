"""Every service on one log, with a little of everything in it."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from shared.eventstore.streams import TICKS
from tests.integration.metrics.office import Office
from tests.support.platform.service import SERVICES, Api, Platform, existing, open_platform
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.tokens import Issuer


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """One draft with a policy, a stage and a communication; the broker's own clock is taken away."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(server, keys, token_issuer, session_database, *existing(*SERVICES)) as result,
    ):
        async with connected(server, "operator") as operator:
            await operator.jetstream().purge_stream(TICKS)
        office = Office(result, "OFFICE")
        await office.open()
        await office.enter("draft_consultation", "2025-03-03")
        await office.communicate("2025-03-05", 1)
        activity = {"draft_code": "OFFICE", "planned_on": "2025-04-01"}
        await result.import_rows("activities", [activity])
        obstacle = {
            "unit_code": "OFFICE",
            "year": "2025",
            "kind": "obstacle_raised",
            "title": "Thiếu kinh phí",
        }
        await result.import_rows("programme", [obstacle])
        await result.settled()
        mailbox = {"role": "focal_point", "email": "dau.moi@example.vn", "language": "vi"}
        await lower_duties(result.registry)
        answer = await result.services["notifier"].client.put("/units/OFFICE/recipients", json=[mailbox])
        assert answer.status_code == 200, answer.text
        yield result


async def lower_duties(registry: Api) -> None:
    """Record an exemption, and have the unit ask for another one."""
    papers = {
        "document": "Công văn 15/VPCP-PL",
        "authority": "Văn phòng Chính phủ",
        "decided_on": "2025-03-04",
    }
    path = "/drafts/OFFICE/exemptions"
    recorded = await registry.client.post(path, json={"stages": ["appraisal"], **papers})
    assert recorded.status_code == 200, recorded.text
    async with registry.as_(Role.UNIT, "OFFICE") as clerk:
        waits = await clerk.post(path, json={"stages": ["executive_review"], **papers})
    assert waits.status_code == 202, waits.text
