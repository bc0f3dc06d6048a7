"""The number of Prometheus series of a service does not depend on how many drafts there are, or what clients send."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import CONSUMERS
from tests.integration.metrics.office import ago
from tests.support.platform.service import SERVICES, Api, Platform, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

FEW, MANY = 5, 1_000
FEW_NEW = 36
MOST_PER_SERVICE = 500
MOST_PER_METRIC = 200


@pytest.fixture
async def measured(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[Platform]:
    async with open_platform(
        new_nats, keys, token_issuer, new_database, *SERVICES, mail_dir=tmp_path / "mail"
    ) as platform:
        yield platform


async def series(api: Api) -> Counter[str]:
    """Count the series of each metric of a service."""
    text = (await api.client.get("/metrics")).text
    return Counter(
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    )


async def ended_drafts(platform: Platform, prefix: str, number: int) -> None:
    """Import drafts with a stage and an end; campaigns receives one message for each end."""
    codes = [f"{prefix}{n}" for n in range(number)]
    await platform.import_rows("units", [small_office.unit(prefix)])
    await platform.import_rows("drafts", [small_office.draft(code, prefix, in_scope="yes") for code in codes])
    rows = [small_office.stage(code, "draft_consultation", ago(40)) for code in codes]
    await platform.import_rows("stages", rows)
    await platform.import_rows("stages", [small_office.stage(code, "withdrawn", ago(1)) for code in codes])
    await platform.settled()
    await eventually(lambda: nothing_pending(platform), 60)


async def nothing_pending(platform: Platform) -> bool:
    async with connected(platform.server, "operator") as nc:
        infos = [await nc.jetstream().consumer_info(item.stream, item.name) for item in CONSUMERS]
    return not any(info.num_pending or info.num_ack_pending for info in infos)


async def send_odd_requests(api: Api, number: int) -> None:
    """Send paths and methods that no route has; each is answered with an error."""
    requests = [api.client.request(f"METHOD{n}", f"/nowhere/{n}") for n in range(number)]
    requests += [api.client.get(f"/schemas/vn.loa.draft.nothing{n}.v1") for n in range(number)]
    for answer in await asyncio.gather(*requests):
        assert isinstance(answer, httpx.Response)
        assert 400 <= answer.status_code < 500


async def test_a_thousand_drafts_and_odd_requests_add_no_series(measured: Platform) -> None:
    await ended_drafts(measured, "FEW", FEW)
    for api in measured.services.values():
        await send_odd_requests(api, 1)
    before = {name: await series(api) for name, api in measured.services.items()}
    await ended_drafts(measured, "MANY", MANY)
    for api in measured.services.values():
        await send_odd_requests(api, 50)
    for name, api in measured.services.items():
        after = await series(api)
        grown = {metric: after[metric] - before[name][metric] for metric in after}
        # One label set of a histogram may be new: an answer with a status that did not occur before.
        assert {metric: number for metric, number in grown.items() if number > FEW_NEW} == {}
        assert after.total() < MOST_PER_SERVICE
        assert max(after.values()) < MOST_PER_METRIC
