"""A replaced log is seen where people look: a metric of each service, and a banner on the pages of metrics."""

import asyncio
from functools import partial

import pytest

from shared.projections.projection_health import ANOTHER_LOG
from tests.integration.log.replaced_log import Store, closed, opened, record, recorded
from tests.support.platform.service import Api, Platform, eventually
from tests.support.samples import small_office

EVERY = ("registry", "campaigns", "metrics", "notifier")
BANNER = ANOTHER_LOG.vi


async def test_metrics_and_pages_show_a_replaced_log_until_it_is_accepted(
    whole_platform: Platform, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.observability.signals.FRESH_SECONDS", 0.0)
    services = whole_platform.services
    await recorded(whole_platform, "A1")
    assert (
        await services["registry"].client.post("/drafts", json=small_office.draft("X-1", "A1"))
    ).status_code < 300
    await whole_platform.settled()
    assert [await shows(api, 0) for api in services.values()] == [True] * len(EVERY)
    assert await pages_with_banner(services["metrics"]) == []

    await store.wipe()
    await closed(whole_platform, *EVERY)
    await asyncio.gather(*(eventually(partial(shows, api, 1)) for api in services.values()))
    assert await pages_with_banner(services["metrics"]) == ["/", "/details", "/drafts/X-1"]

    for api in services.values():
        assert (await api.client.post("/log/decision", json={"reason": "Bắt đầu lại"})).status_code == 202
    await opened(whole_platform)
    await asyncio.gather(*(eventually(partial(shows, api, 0)) for api in services.values()))
    assert (await services["metrics"].client.get("/")).text.count(BANNER) == 0
    assert (await record(whole_platform, "A1")).status_code < 300


async def shows(api: Api, value: int) -> bool:
    lines = (await api.client.get("/metrics")).text.splitlines()
    return f"loa_log_fence_closed {value:.1f}" in lines


async def pages_with_banner(metrics: Api) -> list[str]:
    answers = {path: await metrics.client.get(path) for path in ("/", "/details", "/drafts/X-1")}
    assert {answer.status_code for answer in answers.values()} == {200}
    return [path for path, answer in answers.items() if BANNER in answer.text]
