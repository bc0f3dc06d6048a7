"""Which hosts a request may name, and from which address it comes."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.http.overload.client_address import client_of, counted_as
from shared.http.requests.strict_requests import AllowedHosts, HttpsOnly, host_of
from shared.kernel.settings import ServiceSettings
from shared.observability.signals import Telemetry
from shared.service import server_config

PUBLIC = ["https://loa.example.vn/notifier", "http://127.0.0.1:8002", "https://so.example.vn:8443"]


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("loa.example.vn", "loa.example.vn"),
        ("LOA.Example.VN:8443", "loa.example.vn"),
        ("loa.example.vn.", "loa.example.vn"),
        ("127.0.0.1:8004", "127.0.0.1"),
        ("[::1]:8004", "::1"),
        ("[::1]", "::1"),
        ("loa_notifier:8000", "loa_notifier"),
        ("", None),
        ("a b", None),
        ("loa.example.vn@evil.example", None),
        ("loa.example.vn/evil", None),
        ("loa.example.vn:", None),
        ("loa.example.vn:80:80", None),
        ("loa.example.vn:999999", None),
        ("-evil", None),
        ("a" * 300, None),
        ("đ.vn", None),
        ("[::1", None),
        ("a\x00b", None),
    ],
)
def test_a_host_is_read_or_refused(header: str, host: str | None) -> None:
    assert host_of(header) == host


@pytest.mark.parametrize(
    ("names", "host", "allowed"),
    [
        ([], "127.0.0.1", True),
        ([], "localhost", True),
        ([], "::1", True),
        ([], "loa.example.vn", True),
        ([], "so.example.vn", True),
        ([], "evil.example", False),
        ([], "loa.example.vn.evil.example", False),
        ([], "xloa.example.vn", False),
        ([], "example.vn", False),
        (["Registry "], "registry", True),
        ([".gov.vn"], "stp.gov.vn", True),
        ([".gov.vn"], "gov.vn", True),
        ([".gov.vn"], "evilgov.vn", False),
        (["*"], "evil.example", True),
        (["[fd00::1]"], "fd00::1", True),
        ([""], "", False),
    ],
)
def test_hosts_are_those_of_loopback_of_our_addresses_and_of_the_setting(
    names: list[str], host: str, allowed: bool
) -> None:
    assert AllowedHosts.of(names, PUBLIC).allow(host) == allowed


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ([], "10.0.0.1", ["192.0.2.1"], "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", [], "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.1", ["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.1", ["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.1", ["192.0.2.1, 10.9.9.9"], "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.1", ["10.1.1.1, 10.9.9.9"], "10.1.1.1"),
        (["10.0.0.0/8"], "192.0.2.9", ["192.0.2.1"], "192.0.2.9"),
        (["10.0.0.0/8"], "10.0.0.1", ["<script>"], "unknown"),
        (["10.0.0.0/8"], "10.0.0.1", [""], "10.0.0.1"),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", ["192.0.2.1"], "10.0.0.1"),
        (["fd00::/8"], "fd00::1", ["2001:db8::5"], "2001:db8::/64"),
        (["10.0.0.1"], "10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
    ],
)
def test_only_trusted_proxies_say_whose_request_it_is(
    trusted: list[str], peer: str, forwarded: list[str], client: str
) -> None:
    seen: list[str] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(client_of(Request(scope)))

    async def nothing(*_: object) -> Any:
        raise AssertionError

    headers = [(b"x-forwarded-for", hop.encode()) for hop in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    asyncio.run(ProxyHeadersMiddleware(application, trusted)(scope, nothing, nothing))  # type: ignore[arg-type]
    assert seen == [client]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("testclient", "unknown"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize("name", ["10.0.0.0/99", "proxy.example.vn", "x"])
def test_a_proxy_that_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name.split("/", maxsplit=1)[0]):
        ServiceSettings(database_url=SecretStr("postgresql://x:x@127.0.0.1:1/x"), trusted_proxies=(name,))


def test_an_idle_connection_outlives_that_of_a_proxy() -> None:
    """Else we close it just when the proxy sends the next request on it, which then gets no answer."""
    app = FastAPI()
    app.state.metrics = Telemetry()
    settings = ServiceSettings(database_url=SecretStr("postgresql://x:x@127.0.0.1:1/x"))
    longest_of_clients = max(httpx.Limits().keepalive_expiry or 0, 60)  # nginx: keepalive_timeout, upstream
    assert server_config(app, settings).timeout_keep_alive > longest_of_clients


def behind_proxy(own: str = "https://loa.example.vn/registry") -> httpx.AsyncClient:
    """Reach an application that says who is let in, as the proxy in front of it does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("let in")(scope, receive, send)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(HttpsOnly(app, own)), base_url="http://registry:8000"
    )


HTML = {"Accept": "text/html,application/xhtml+xml"}
IN_CLEAR = {"X-Forwarded-Proto": "http"}
TOKEN = {"Authorization": "Bearer x"}


async def test_a_browser_that_came_without_https_is_led_to_it() -> None:
    async with behind_proxy() as client:
        answer = await client.get("/drafts/M\u1eabu-1?lang=en&q=a%20b", headers=HTML | IN_CLEAR)
    assert answer.status_code == 308
    assert (
        answer.headers["location"] == "https://loa.example.vn/registry/drafts/M%E1%BA%ABu-1?lang=en&q=a%20b"
    )


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {}), ("GET", TOKEN), ("GET", HTML | TOKEN), ("POST", HTML), ("POST", TOKEN)],
)
async def test_a_program_that_came_without_https_is_refused(method: str, headers: dict[str, str]) -> None:
    async with behind_proxy() as client:
        answer = await client.request(method, "/drafts", headers=headers | IN_CLEAR)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:loa:problem:needs-https")


@pytest.mark.parametrize(
    ("path", "own", "headers"),
    [
        ("/drafts", "https://loa.example.vn", {"X-Forwarded-Proto": "https"}),
        ("/drafts", "https://loa.example.vn", {}),  # another service, on the own network
        ("/livez", "https://loa.example.vn", IN_CLEAR),
        ("/drafts", "http://127.0.0.1:8001", IN_CLEAR),
    ],
)
async def test_what_came_with_https_or_needs_none_is_let_in(
    path: str, own: str, headers: dict[str, str]
) -> None:
    async with behind_proxy(own) as client:
        assert (await client.get(path, headers=headers)).text == "let in"
