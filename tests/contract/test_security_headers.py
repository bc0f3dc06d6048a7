"""Every answer of every service bears the security headers: pages, JSON, problems, files, and unexpected errors."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared.http.request_context import MOST_BYTES
from shared.http.strict_requests import content_policy
from shared.signed_links.links import MAILBOX_PATH, PATH
from tests.contract.test_endpoints import app_of, endpoints, every_service

DIRECTIVES = {"default-src", "form-action", "base-uri", "frame-ancestors"}
PROBED = {"/readyz", "/metrics"}  # they ask the engines, which are not there


@pytest.fixture
def app(service: str) -> FastAPI:
    app = app_of(service)

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError("on purpose")

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
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
    if "text/html" not in headers.get("content-type", ""):
        assert directives["form-action"] == "'none'", what
    for name in ("content-security-policy", "referrer-policy", "cache-control", "x-content-type-options"):
        assert len(headers.get_list(name)) == 1, f"{what}: {name} twice"


@every_service
async def test_every_route_bears_them(app: FastAPI, client: httpx.AsyncClient) -> None:
    tried = 0
    for name in endpoints(app):
        methods, _, path = name.partition(" ")
        if path in PROBED:
            continue
        for method in methods.split(","):
            address = path.replace("{", "").replace("}", "")
            check(await client.request(method, address), f"{method} {path}")
            check(await client.request(method, f"{address}?khong_co=1"), f"{method} {path} with a parameter")
            tried += 1
    assert tried > len(PROBED)


@every_service
async def test_every_kind_of_error_bears_them(client: httpx.AsyncClient) -> None:
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
        check(answer, str(status))
    large = await client.post("/projections/rebuild", content=b" " * (MOST_BYTES + 1))
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
