"""Every route of every service refuses what it does not declare: parameters by name with the nearest, bodies, repetitions."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.campaigns.adapters.answers import link_source
from shared.bulk_import.pipeline import cut
from shared.bulk_import.sheet import Line
from shared.signed_links.links import MAILBOX_PATH, PATH
from shared.text_checks.printable import repeated_names
from tests.contract.http.test_endpoints import (
    PUBLIC,
    every_service,
    operator_of,
    paths_of,
    routes_of,
    shown_app,
)
from tests.support.platform.service import SERVICES

ODD = "khong_co_tham_so_nay"
PAGES = {
    "registry": (),
    "campaigns": (f"{PATH}/x",),
    "metrics": ("/", "/details", "/reports", "/drafts/X"),
    "notifier": (f"{PATH}/x", f"{MAILBOX_PATH}/x", "/outbox", "/outbox/x"),
}


@pytest.fixture
async def client(service: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(link_source, "PAUSE", 0)  # campaigns asks a notifier that does not run
    transport = httpx.ASGITransport(shown_app(service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def routes(service: str) -> Iterator[tuple[str, str]]:
    for method, path in routes_of(shown_app(service)):
        yield method, path.replace("{", "").replace("}", "")


@every_service
async def test_an_unknown_parameter_is_named_on_every_route(service: str, client: httpx.AsyncClient) -> None:
    for method, path in routes(service):
        answer = await client.request(method, path, params={ODD: "1"})
        assert answer.status_code == 422, f"{method} {path}: {answer.status_code}"
        assert method == "HEAD" or ODD in answer.text, f"{method} {path}"


@pytest.mark.parametrize(
    ("service", "address", "nearest"),
    [
        ("metrics", "/compliance?known=2025-01-01", "known_at"),
        ("metrics", "/compliance?as_off=2025-01-01", "có phải “as_of”"),
        ("metrics", "/gaps?state=overdue", "unit"),
        ("metrics", "/todos?units=STP-X", "unit"),
        ("metrics", "/compliance?groupby=unit", "có phải “group_by”"),
        ("metrics", "/compliance?Unit=STP-X", "có phải “unit”"),
        ("metrics", "/drafts/X/coverage?as-of=2025-01-01", "có phải “as_of”"),
        ("registry", "/drafts?units=STP-X", "có phải “unit”"),
        ("registry", "/drafts/X?as_of=2025-01-01", "không có tham số nào"),
        ("registry", "/units?limits=5", "có phải “limit”"),
        ("campaigns", "/activities?draft_code=X", "có phải “draft”"),
        ("campaigns", "/programme?units=X", "có phải “unit”"),
        ("notifier", "/alerts?status=open", "có phải “state”"),
        ("notifier", "/preview?as_of=2025-01-01", "at"),
        ("notifier", "/silences?unit=STP-X", "past"),
        ("notifier", "/livez?x=1", "không có tham số nào"),
    ],
)
async def test_the_nearest_parameter_is_named(address: str, nearest: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(address)
    problem = answer.json()
    wrong = address.partition("?")[2].partition("=")[0]
    assert (answer.status_code, problem["errors"][0]["reason"]) == (422, "extra_forbidden")
    assert f"“query.{wrong}”" in problem["messages"]["vi"]
    assert nearest in problem["messages"]["vi"]
    assert wrong in problem["messages"]["en"]


DONE = ("200", "202", "201")
PAGE_TYPES = {
    "text/html",
    "application/pdf",
}  # pages take the empty fields of a form, also those that are printed


@every_service
async def test_a_parameter_is_given_once_and_not_empty(service: str, client: httpx.AsyncClient) -> None:
    tried = 0
    for path, item in paths_of(service).items():
        for method, operation in item.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "query":
                    continue
                assert "array" not in str(parameter["schema"]), "a list needs a rule of its own"
                name, address = parameter["name"], path.replace("{", "").replace("}", "")
                twice = await client.request(method, address, params=[(name, "1"), (name, "1")])
                assert (
                    twice.status_code,
                    "nhiều lần" in twice.text or "text/html" in twice.headers["content-type"],
                ) == (422, True)
                answered = next(
                    operation["responses"][code] for code in DONE if code in operation["responses"]
                )
                if not PAGE_TYPES & set(answered.get("content", {})):
                    empty = await client.request(method, address, params={name: " "})
                    assert (empty.status_code, "còn trống" in empty.text) == (422, True), (
                        f"{method} {path} {name}"
                    )
                tried += 1
    assert tried


TRACKED = ("utm_source=mail", "utm_anything=1", "fbclid=x", "gclid=x", "zarsrc=30", "mc_eid=x", "_hsmi=1")


@pytest.mark.parametrize("service", SERVICES)
async def test_tracking_marks_do_not_break_a_page(service: str, client: httpx.AsyncClient) -> None:
    for path in PAGES[service]:
        bare = await client.get(path)
        assert bare.status_code != 422
        for method in ("GET", "HEAD", "POST") if path.startswith((PATH, MAILBOX_PATH)) else ("GET",):
            plain = await client.request(method, path)
            marked = await client.request(method, f"{path}?{'&'.join(TRACKED)}")
            assert marked.status_code == plain.status_code
            refused = await client.request(method, f"{path}?{TRACKED[0]}&{ODD}=1")
            assert refused.status_code == 422
            assert "text/html" in refused.headers["content-type"] or path.startswith("/outbox")
    if service == "metrics":
        assert (
            await client.get(f"/gaps?{TRACKED[0]}")
        ).status_code == 422  # the API is not opened from mails


@every_service
async def test_a_body_that_no_route_reads_is_refused(
    service: str, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = operator_of(shown_app(service), tmp_path, monkeypatch)
    for path, item in paths_of(service).items():
        for method, operation in item.items():
            if "requestBody" in operation or path in {"/imports", *PUBLIC}:
                continue
            address = path.replace("{", "").replace("}", "")
            answer = await client.request(method, address, json={"unit_code": "STP-X"}, headers=operator)
            assert answer.status_code == 422, f"{method} {path}: {answer.status_code}"
            plain = await client.request(method, address)
            assert (await client.request(method, address, json={})).status_code == plain.status_code


TWICE = (b'{"note_a": 1, "note_a": 2}', b'{"rows": [{"note_a": {}, "note_\\u0061": {}}]}')


@every_service
async def test_a_field_of_a_body_is_given_once(
    service: str, client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one was taken without a word: a reader before us, or a person, may have seen the first."""
    headers = operator_of(shown_app(service), tmp_path, monkeypatch) | {"Content-Type": "application/json"}
    tried = 0
    for path, item in paths_of(service).items():
        for method, operation in item.items():
            if "application/json" not in operation.get("requestBody", {}).get("content", {}):
                continue
            for body in TWICE:
                address = path.replace("{", "").replace("}", "")
                answer = await client.request(method, address, content=body, headers=headers)
                reasons = [(error["field"], error["reason"]) for error in answer.json().get("errors", ())]
                assert (answer.status_code, reasons) == (422, [("note_a", "repeated")]), f"{method} {path}"
                assert "nhiều lần" in answer.json()["messages"]["vi"]
            tried += 1
    assert tried or service == "metrics"


@pytest.mark.parametrize("row", ['{"code": "A", "code": "B"}', '{"code": "A", "c\\u006fde": "B"}'])
async def test_a_column_of_an_import_line_is_given_once(row: str) -> None:
    line = Line.read(f'{{"sheet": "units", "line": 2, "row": {row}}}'.encode())
    sheets: Any = {"units": SimpleNamespace(model=None)}  # a row that is refused is not read
    (window,) = [window async for window in cut([line], sheets)]
    (outcome,) = window.refused.values()
    assert (outcome.status, outcome.line, window.by_aggregate) == ("refused", 2, {})
    assert "Cột 'code' được ghi nhiều lần" in outcome.reasons[0].vi
    assert "'code' is given more than once" in outcome.reasons[0].en


@pytest.mark.parametrize(
    "row",
    [
        '{"code": "A", "name": "B"}',
        '{"code": "A", "note": "08:30, https://x.gov.vn"}',
        '{"code": "A", "more": {"b": 1, "b": 2}}',
        '{"code": "A", "more": [{"b": 1}, {"b": 2}]}',
        '{"code": "A:", "code": ""}',
        "{}",
    ],
)
def test_a_line_without_a_search_has_no_name_twice(row: str) -> None:
    text = f'{{"sheet": "units", "line": 2, "row": {row}}}'.encode()
    assert Line.read(text).repeated == repeated_names(text)


@every_service
def test_every_body_refuses_unknown_fields(service: str) -> None:
    document = shown_app(service).openapi()
    schemas: dict[str, Any] = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            names = set(_names(content["schema"], schemas)) if content else set()
            for name in names:
                if "properties" in schemas[name]:
                    assert schemas[name].get("additionalProperties") is False, f"{method} {path}: {name}"
    assert Line.model_config["extra"] == "forbid"


def _names(schema: Any, schemas: dict[str, Any]) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield name
            yield from _names(schemas[name], schemas)
        for part in schema.values():
            yield from _names(part, schemas)
    elif isinstance(schema, list):
        for part in schema:
            yield from _names(part, schemas)
