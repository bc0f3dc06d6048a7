"""Who is refused is one line in the log: by which code, where, who it was if that is clear; and nothing secret."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shared.auth.tokens import Verifier
from shared.contracts.vocabulary import Role
from shared.http import problems
from shared.http.overload.limits import RequestLimits
from tests.contract.http.test_endpoints import app_of, every_service
from tests.support.servers.tokens import issuer

SECRET = "eyJhbGciOiJFZERTQSJ9.Y2FuYXJ5.Y2FuYXJ5"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []

    def warning(event: str, **facts: Any) -> None:
        written.append({"event": event, **facts})

    monkeypatch.setattr(problems, "logger", SimpleNamespace(warning=warning))
    return written


@every_service
async def test_a_refused_caller_is_logged(service: str, lines: list[dict[str, Any]], tmp_path: Path) -> None:
    app, trusted = app_of(service), issuer(tmp_path)
    app.state.verifier = Verifier(str(trusted.jwks))
    reader = trusted.token(Role.READER)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for token in (SECRET, reader):
            for method, path in (("GET", "/own-data"), ("POST", "/projections/rebuild")):
                await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, json={})
    where: dict[str, Any] = {"event": "access_refused", "client": "127.0.0.1"}
    assert lines == [
        where | {"code": code, "method": method, "path": path, "by": by}
        for code, by in (("unauthenticated", None), ("forbidden", "reader/test-reader"))
        for method, path in (("GET", "/own-data"), ("POST", "/projections/rebuild"))
    ]
    assert not any(secret in str(lines) for secret in (SECRET, reader))


async def test_who_asks_too_often_is_logged(lines: list[dict[str, Any]]) -> None:
    app = app_of("registry")
    app.state.request_limits = RequestLimits(rate=0.001, burst=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        statuses = [(await client.get("/schemas")).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert [line["code"] for line in lines] == ["too-many-requests"]


async def test_an_unexpected_error_is_logged_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[tuple[str, dict[str, Any]]] = []
    log = SimpleNamespace(error=lambda event, **facts: errors.append((event, facts)))
    monkeypatch.setattr(problems, "logger", log)
    app, fault = app_of("registry"), RuntimeError("on purpose")

    @app.get("/fault")
    async def fail() -> None:
        raise fault

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/fault")).status_code == 500
    assert errors == [("request_failed", {"path": "/fault", "exc_info": fault})]
