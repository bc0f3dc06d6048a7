"""A request that names a stranger's host is refused by every route but those that machines probe."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.notifier.notifier_fixture import NotifierFixture
from tests.support.platform.service import Api

PROBES = ("/livez", "/readyz", "/metrics")


@pytest.fixture
async def api(notifier_env: NotifierFixture) -> AsyncIterator[Api]:
    url = "https://loa.example.vn/notifier"
    async with notifier_env.notifier(url_notifier=url, allowed_hosts=("notifier",)) as running:
        yield running


async def asked(api: Api, host: str, path: str, **headers: str) -> httpx.Response:
    return await api.client.get(path, headers={"Host": host, **headers})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:1", 200),
        ("loa.example.vn", 200),
        ("notifier:8000", 200),
        ("evil.example", 421),
        ("loa.example.vn.evil.example", 421),
        ("", 400),
        ("a b", 400),
    ],
)
async def test_hosts(api: Api, host: str, status: int) -> None:
    answer = await asked(api, host, "/alerts")
    assert answer.status_code == status
    for probe in PROBES:
        assert (await asked(api, host, probe)).status_code == 200
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()["messages"]) == {"vi", "en"}
        page = await asked(api, host, "/answers/x", Accept="text/html")
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (status, True)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
