"""Every service keeps to its own OpenAPI document: thousands of odd requests, made from the document itself."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.contracts.vocabulary import Role
from shared.http.requests import request_context
from shared.http.requests.request_context import MOST_BYTES
from tests.support.platform.service import SERVICES, Api, Platform, existing

MOST = 3  # odd requests an operation and kind (that fit the document, and that don't)


def no_fault(_: Any, response: Any, __: Any) -> None:
    """Say 503 (a position that isn't reached), never 500."""
    assert response.status_code in {*range(500), 503}, response.text


CHECKS: Any = [
    no_fault,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ELSEWHERE = {
    "/imports",  # a stream of lines, of which OpenAPI says nothing: tests of the import
    "/own-data",  # as above: tests of the backup
    "/projections/rebuild",  # would give the other requests no peace
}

ALIKE = {"/livez", "/readyz", "/metrics", "/asyncapi", "/asyncapi.json", "/schemas", "/schemas/{type_name}"}
ALIKE |= {"/projections", "/projections/skip"}

every_service = pytest.mark.parametrize("service", existing(*SERVICES))


def operations(service: str, api: Api) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    document = schemathesis.openapi.from_dict(api.app.openapi())
    document.config.update(base_url=f"http://127.0.0.1:{api.settings.port}")
    left_out = ELSEWHERE if service == "registry" else ELSEWHERE | ALIKE  # one code for every service
    for result in document.get_all_operations():
        assert isinstance(result, Ok), result
        if (operation := result.ok()).path not in left_out:
            yield operation


def holds(case: Case[Any], token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    case.validate_response(case.call(headers=headers), checks=CHECKS)


def try_oddly(operation: APIOperation[Any, Any, Any, Any], token: str | None) -> None:
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=MOST,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(fitting, wrong))
    def attempt(case: Case[Any]) -> None:
        holds(case, token)

    attempt()


CALLERS = [
    pytest.param(Role.OPERATOR, None, id="operator"),
    *(
        pytest.param(role, unit, id=str(role), marks=pytest.mark.slow)
        for role, unit in (
            (Role.SUPERVISOR, "OFFICE"),
            (Role.HEAD, "OFFICE"),
            (Role.UNIT, "OFFICE"),
            (Role.READER, None),
            (None, None),
        )
    ),
]


# Services run in this process and use `random` (pauses between attempts) while hypothesis draws: it takes their use for
# that of a strategy.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@every_service
@pytest.mark.parametrize(("role", "unit"), CALLERS)
async def test_no_odd_request_gets_an_answer_that_is_not_described(
    service: str, role: Role | None, unit: str | None, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_context, "MIN_POSITION_SECONDS", 0.01)  # positions are drawn by chance
    api = platform.services[service]
    failures: list[str] = []
    token = platform.issuer.token(role, unit) if role else None
    for operation in operations(service, api):
        try:
            await asyncio.to_thread(try_oddly, operation, token)
        except BaseException as failure:  # noqa: BLE001  hypothesis groups them; all are shown
            failures.append(f"{operation.label}: {failure} {getattr(failure, 'exceptions', '')}")
    assert not failures, "\n\n".join(failures)


FULL = {
    "registry": (
        "/units",
        "/drafts",
        "/drafts/OFFICE",
        "/drafts/OFFICE/history",
        "/procedures",
        "/units?limit=1",
    ),
    "campaigns": (
        "/drafts/OFFICE/communications",
        "/drafts/OFFICE/communications?include_retracted=true",
        "/drafts/OFFICE/plan",
        "/activities?pending=true",
        "/programme?open=true",
        "/units/OFFICE/programme/2025",
    ),
    "metrics": (
        "/compliance?group_by=unit",
        "/compliance?year=2025",
        "/gaps?as_of=2025-04-01",
        "/drafts/OFFICE/coverage",
        "/todos",
    ),
    "notifier": ("/alerts", "/preview?at=2025-04-01", "/units/OFFICE/recipients", "/digests/counts"),
}


@every_service
async def test_every_query_that_finds_something_answers_as_described(
    service: str, platform: Platform
) -> None:
    api = platform.services[service]
    document = schemathesis.openapi.from_dict(api.app.openapi())
    for address in FULL[service]:
        answer = await api.client.get(address)
        assert answer.status_code == 200, answer.text
        operation = document.find_operation_by_path("GET", answer.url.path)
        assert operation is not None, address
        operation.validate_response(answer)


@every_service
async def test_the_headers_of_every_answer(service: str, platform: Platform) -> None:
    api = platform.services[service]
    asked = {"X-Correlation-Id": "ho-so-17", "Accept-Language": "vi;q=0.5, en-GB;q=0.9"}
    answer = await api.client.get("/projections", headers=asked)
    assert answer.headers["x-correlation-id"] == "ho-so-17"
    assert answer.headers["x-request-id"] != (await api.client.get("/projections")).headers["x-request-id"]
    refused = await api.client.get("/projections", headers=asked | {"Authorization": "Bearer none"})
    assert (refused.status_code, refused.headers["content-language"]) == (401, "en")
    wrong = await api.client.put("/livez", headers={"X-Correlation-Id": "hai tu"})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert wrong.headers["x-correlation-id"] == wrong.headers["x-request-id"]
    assert (await api.client.get("/projections")).headers["x-correlation-id"] != "ho-so-17"


@every_service
async def test_a_body_beyond_the_limit_is_refused_while_it_is_read(service: str, platform: Platform) -> None:
    answer = await platform.services[service].client.post(
        "/projections/skip", content=b" " * (MOST_BYTES + 1)
    )
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:loa:problem:body-too-large")
    assert "loa import" in answer.json()["detail"]


async def test_units_and_drafts_are_written_only_as_they_were_read(platform: Platform) -> None:
    client = platform.registry.client
    name = {"name": "Sở Tư pháp", "on": "2025-03-01"}
    stale = await client.post("/units/OFFICE/rename", json=name, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    read = await client.get("/drafts/OFFICE")
    title = {"title": "Luật mới"}
    done = await client.post("/drafts/OFFICE/title", json=title, headers={"If-Match": read.headers["etag"]})
    assert (done.status_code, int(done.headers["loa-position"])) == (200, done.json()["position"])
    again = await client.post("/drafts/OFFICE/title", json=title, headers={"If-Match": read.headers["etag"]})
    assert again.status_code == 412
    actual = await client.get("/drafts", params={"min_position": done.json()["position"]})
    assert int(actual.headers["loa-position"]) >= done.json()["position"]
