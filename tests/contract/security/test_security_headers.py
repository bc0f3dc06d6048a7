"""Every answer of every service bears the security headers: pages, JSON, problems, files, and unexpected errors."""

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.campaigns.adapters.answers import link_source
from shared.http.requests.request_context import MOST_BYTES
from shared.http.requests.strict_requests import content_policy
from shared.signed_links.links import MAILBOX_PATH, PATH
from tests.contract.http.test_endpoints import app_of, every_service, operator_of, routes_of, shown_app

DIRECTIVES = {"default-src", "form-action", "base-uri", "frame-ancestors"}
PROBED = {"/readyz", "/metrics"}  # they ask the engines, which are not there
FAULT = "postgresql://loa:canary@host/database"  # what a library's error may hold


@cache
def failing_app(service: str) -> FastAPI:
    """Give an application with one route more, which fails; browsers reach it over https."""
    app = app_of(service, url_notifier="https://loa.example.vn/notifier")

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError(FAULT)

    return app


@pytest.fixture
def app(service: str) -> FastAPI:
    return failing_app(service)


@pytest.fixture
async def client(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(link_source, "PAUSE", 0)  # campaigns asks a notifier that does not run
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def check(answer: httpx.Response, what: str) -> None:
    headers = answer.headers
    directives = policy(answer)
    assert set(directives) >= DIRECTIVES, what
    assert directives["frame-ancestors"] == directives["default-src"] == directives["base-uri"] == "'none'", (
        what
    )
    assert headers["x-content-type-options"] == "nosniff", what
    assert headers["referrer-policy"] in {"no-referrer", "same-origin"}, what
    cached = headers["cache-control"]
    assert cached == "no-store" or what.startswith("GET /docs/"), what
    kind = headers.get("content-type", "")
    assert kind or not answer.content, what
    assert "charset=utf-8" in kind or not kind.startswith("text/"), what
    if "text/html" not in kind:
        assert directives["form-action"] == "'none'", what
        assert "sandbox" in directives or what.startswith("GET /docs/"), what
    for name in ("content-security-policy", "referrer-policy", "cache-control", "x-content-type-options"):
        assert len(headers.get_list(name)) == 1, f"{what}: {name} twice"


@every_service
async def test_every_route_bears_them(app: FastAPI, client: httpx.AsyncClient) -> None:
    tried = 0
    for method, path in routes_of(app):
        if path in PROBED:
            continue
        address = path.replace("{", "").replace("}", "")
        check(await client.request(method, address), f"{method} {path}")
        check(await client.request(method, f"{address}?khong_co=1"), f"{method} {path} with a parameter")
        tried += 1
    assert tried > len(PROBED)


@every_service
async def test_every_kind_of_error_bears_them(
    app: FastAPI, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        404: await client.get("/khong-co"),
        405: await client.put("/livez"),
        401: await client.get("/projections"),
        422: await client.get("/livez?x=%00"),
        500: await client.get("/fault"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "canary" not in answer.text
        assert "Traceback" not in answer.text
        check(answer, str(status))
    operator = operator_of(app, tmp_path, monkeypatch)
    large = await client.post("/projections/rebuild", content=b" " * (MOST_BYTES + 1), headers=operator)
    assert large.status_code == 413
    check(large, "413")
    for path in (
        "/docs",
        "/docs/start.js",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/favicon.png",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        check(answer, f"GET {path}")


@every_service
async def test_over_https_browsers_are_told_to_use_nothing_else(service: str) -> None:
    for app, sent in ((failing_app(service), True), (shown_app(service), False)):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for path in ("/livez", "/khong-co", "/docs"):
                given = (await client.get(path)).headers.get("strict-transport-security")
                assert given == ("max-age=31536000; includeSubDomains" if sent else None), path


@every_service
async def test_no_other_origin_reads_an_answer_and_no_request_is_sent_back(client: httpx.AsyncClient) -> None:
    stranger = {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}
    for method, path in (
        ("GET", "/livez"),
        ("GET", "/projections"),
        ("OPTIONS", "/projections"),
        ("GET", "/docs"),
    ):
        answer = await client.request(method, path, headers=stranger)
        assert [name for name in answer.headers if name.startswith("access-control-")] == [], path
    for path in ("/livez", "/docs", "/projections"):
        traced = await client.request("TRACE", path, headers={"X-Mark": "sent back"})
        assert (traced.status_code, "sent back" in traced.text) == (405, False)


@pytest.mark.parametrize("service", ["notifier"])
async def test_a_page_of_a_mail_may_send_its_form_to_named_origins_alone(client: httpx.AsyncClient) -> None:
    for path in (f"{PATH}/x", f"{MAILBOX_PATH}/x"):
        answer = await client.get(path)
        check(answer, path)
        assert policy(answer)["form-action"].startswith("'self' http")
        assert "script-src" not in policy(answer)


def test_a_policy_allows_nothing_but_what_is_named() -> None:
    assert (
        content_policy() == "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "img-src 'self' data:" in content_policy(img_src=("'self'", "data:"))
