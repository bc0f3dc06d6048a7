"""No value of any parameter or field, however extreme, gets a 500: every route is tried from its own OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from shared.http.requests import request_context
from tests.support.platform.service import SERVICES, Api, Platform, existing

NO_DAYS = (
    "0",
    "1735689600",
    "20250415",
    "2025-W16-2",
    "2025-04-15 00:00",
    "2025-04-15T17:00:00Z",
    "2025-02-30",
)
FAR_DAYS = (
    "0001-01-01",
    "1024-04-05",
    "1944-12-31",
    "2101-01-01",
    "9999-12-31",
    "-0001-01-01",
    "10000-01-01",
)
LAST_DAYS = ("1945-01-01", "2100-12-31")  # within the bounds
FAR_NUMBERS = (-1, 0, 1 << 63, "9" * 5000, "1e400", "١٢")
ODD_TEXTS = ("", "\0", "'\"%_\\\x1f")
ODD_JSON: tuple[Any, ...] = (None, 1 << 200, "", "\0", "\ud800", [], {}, "9999-12-31")
ALONE = {
    "/projections/rebuild",
    "/projections/verification",
    "/own-data",
    "/sending/hold",
    "/sending/release",
    "/drafts/{draft_code}/requests",  # through the link of a mail, which names the draft
}
"""They change what the other requests stand on; they take no day but `begun`, which is tried below."""

_BOTH = re.compile(r'role="alert"[^>]*>\s*<p><strong>[^<]+</strong></p>\s*<p lang="en">[^<]+</p>')

every_service = pytest.mark.parametrize("service", existing(*SERVICES))


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    description: Mapping[str, Any]
    components: Mapping[str, Any]

    def parameters(self, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for parameter in self.description.get("parameters", ()):
            if parameter["in"] == place:
                yield parameter["name"], parameter["schema"]

    @property
    def models(self) -> list[Mapping[str, Any]]:
        """Give the models that the body may be of: none, one, or one for each kind."""
        content = self.description.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return []
        schema = content["schema"]
        schema = next((item for item in schema.get("anyOf", ()) if "$ref" in item), schema)
        schema = schema.get("items", schema)
        kinds = schema.get("oneOf", [schema])
        return [self.components[kind["$ref"].rpartition("/")[2]] for kind in kinds]

    @property
    def listed(self) -> bool:
        return "items" in str(self.description["requestBody"]["content"]["application/json"]["schema"])

    def address(self, **changes: str) -> str:
        path = self.path
        for name, schema in self.parameters("path"):
            default = "00000000-0000-4000-8000-000000000000" if "uuid" in str(schema) else "2025"
            default = "OFFICE" if name.endswith("_code") else default
            path = path.replace(f"{{{name}}}", quote(changes.get(name, default), safe="%"))
        return path


def operations(api: Api) -> Iterator[Operation]:
    document = api.app.openapi()
    for path, item in document["paths"].items():
        for method, description in item.items():
            if path not in ALONE:
                yield Operation(method.upper(), path, description, document["components"]["schemas"])


def is_day(schema: Mapping[str, Any]) -> bool:
    return '"format": "date"' in json.dumps(schema)


def needed(operation: Operation) -> dict[str, str]:
    return {
        item["name"]: "2025-04-15T08:00:00Z"
        for item in operation.description.get("parameters", ())
        if item["in"] == "query" and item.get("required")
    }


def queries(operation: Operation) -> Iterator[tuple[str, dict[str, str]]]:
    for name, schema in operation.parameters("query"):
        days = is_day(schema) or name in {"at", "begun"}
        values = LAST_DAYS if days else FAR_NUMBERS
        for value in (*values, *ODD_TEXTS):
            yield (
                name,
                needed(operation) | {name: str(value) if isinstance(value, str) else f"{value}"[:4000]},
            )


def bodies(operation: Operation) -> Iterator[Any]:
    for model in operation.models:
        example = model["examples"][0]
        for name in model["properties"]:
            yield from ({**example, name: value} for value in ODD_JSON)
            yield {**example, name: [[], None, 1 << 200, "\ud800", "9999-12-31", {"x": 1}]}
        yield from ({**example, odd: 1} for odd in ("x", "\0", "\ud800", "x" * 6000))
        yield from (None, 0, "x", [], [1], {}, {"": ""})


async def answers(client: httpx.AsyncClient, operation: Operation) -> list[tuple[str, httpx.Response]]:
    results = []
    for name, query in queries(operation):
        answer = await client.request(operation.method, operation.address(), params=query)
        results.append((f"{operation.method} {operation.path}?{name}={query[name][:40]!r}", answer))
    for name, _ in operation.parameters("path"):
        for value in (*FAR_DAYS[:2], *map(str, FAR_NUMBERS[:3]), *ODD_TEXTS, "%00", "%ED%A0%80", "%FF"):
            answer = await client.request(operation.method, operation.address(**{name: value[:4000]}))
            results.append((f"{operation.method} {operation.path} {name}={value[:40]!r}", answer))
    for body in bodies(operation):
        content = json.dumps([body] if operation.listed else body)
        sent = {"content": content, "headers": {"Content-Type": "application/json"}}
        answer = await client.request(operation.method, operation.address(), **sent)  # type: ignore[arg-type]
        results.append((f"{operation.method} {operation.path} {content[:300]}", answer))
    return results


def is_fault(answer: httpx.Response) -> bool:
    waits = answer.status_code == 503 and "Retry-After" in answer.headers
    return answer.status_code >= 500 and not waits


@pytest.mark.slow  # thousands of requests
@every_service
@pytest.mark.timeout(900)
async def test_no_extreme_value_gets_a_fault(
    service: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_context, "MIN_POSITION_SECONDS", 0.01)
    api = platform.services[service]
    results = [result for operation in operations(api) for result in await answers(api.client, operation)]
    assert len(results) > 100
    assert [(what, answer.text[:200]) for what, answer in results if is_fault(answer)] == []


def _explained(answer: httpx.Response) -> bool:
    """Say whether a refusal has both languages; a page of figures is in the language that its reader chose."""
    if answer.headers["content-type"].startswith("text/html"):
        return "422" in answer.text or _BOTH.search(answer.text) is not None
    return {"vi", "en"} <= set(answer.json()["messages"])


@every_service
@pytest.mark.timeout(600)
async def test_every_day_is_strict_and_bounded(service: str, platform: Platform) -> None:
    api = platform.services[service]
    accepted: list[str] = []
    for operation in operations(api):
        for name, schema in operation.parameters("query"):
            for value in (*NO_DAYS, *FAR_DAYS) if is_day(schema) else ():
                query = needed(operation) | {name: value}
                answer = await api.client.request(operation.method, operation.address(), params=query)
                if answer.status_code != 422 or not _explained(answer):
                    accepted.append(f"{operation.path}?{name}={value}: {answer.status_code}")
        accepted += await _accepted_fields(api.client, operation)
    assert accepted == []


def days_of(operation: Operation) -> Iterator[tuple[Mapping[str, Any], str]]:
    for model in operation.models:
        yield from ((model, name) for name, schema in model["properties"].items() if is_day(schema))


async def _accepted_fields(client: httpx.AsyncClient, operation: Operation) -> list[str]:
    accepted = []
    for model, name in days_of(operation):
        for value in (0, 1735689600, 1.5, True, *NO_DAYS, *FAR_DAYS):
            body = {**model["examples"][0], name: value}
            sent = [body] if operation.listed else body
            answer = await client.request(operation.method, operation.address(), json=sent)
            if answer.status_code != 422 or name not in answer.json()["messages"]["vi"]:
                accepted.append(f"{operation.method} {operation.path} {name}={value}: {answer.text[:200]}")
    return accepted


async def test_the_vietnamese_day_of_an_instant_is_advised(platform: Platform) -> None:
    instant = "2025-04-15T17:00:00Z"
    stage = {"stage": "appraisal", "entered_on": instant}
    for answer in (
        await platform.registry.client.post("/drafts/OFFICE/stages", json=stage),
        await platform.services["metrics"].client.get("/compliance", params={"as_of": instant}),
        await platform.services["campaigns"].client.get("/activities", params={"from": instant}),
    ):
        assert answer.status_code == 422
        assert "hãy ghi 2025-04-16" in answer.json()["messages"]["vi"]
        assert "write 2025-04-16" in answer.json()["messages"]["en"]
    row = {"draft_code": "OFFICE", "stage": "appraisal", "entered_on": instant}
    (outcome,) = await platform.registry.import_rows("stages", [row])
    assert outcome["status"] == "refused"
    assert "hãy ghi 2025-04-16" in outcome["reasons"][0]["vi"]


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+07:00", "9999-12-31", "", "2101-01-01"]
)
async def test_a_moment_out_of_bounds_is_refused(platform: Platform, at: str) -> None:
    client = platform.services["notifier"].client
    for answer in (
        await client.get("/preview", params={"at": at}),
        await client.post("/tick", json={"at": at}),
    ):
        assert answer.status_code == 422, answer.text


async def test_a_body_nested_deeply_or_with_endless_numbers_is_refused(platform: Platform) -> None:
    for value in (
        "[" * 300 + "]" * 300,
        "[" * 990 + "]" * 990,
        "[" * 100_000,
        "9" * 5000,
        '{"a":' * 500 + "1" + "}" * 500,
    ):
        content = f'{{"stage": "appraisal", "entered_on": {value}}}'
        json_type = {"Content-Type": "application/json"}
        answer = await platform.registry.client.post(
            "/drafts/OFFICE/stages", content=content, headers=json_type
        )
        assert answer.status_code in {400, 413, 422}, answer.text
    begun = await platform.registry.client.put("/own-data", params={"begun": "1735689600"})
    assert begun.status_code == 422


async def test_an_address_of_great_length_is_no_fault(platform: Platform) -> None:
    answer = await platform.registry.client.get("/drafts", params={"q": "x" * 60_000})
    assert answer.status_code < 500
