"""What a stranger's generated client needs: every operation is described, typed and says how it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.http.problems import language_of
from tests.contract.http.test_endpoints import PUBLIC, every_service, paths_of, shown_app

PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
UNTYPED = {
    "/schemas/{type_name}": "a JSON Schema is an object of any shape",
    "/asyncapi.json": "an AsyncAPI document, described by its own standard",
    "/imports": "lines of JSON, of which OpenAPI says nothing",
    "/own-data": "lines of JSON, the last of which says how many they are",
}
WRITES = {"post", "put", "patch", "delete"}


def operations(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in paths_of(service).items():
        for method, operation in item.items():
            yield path, method, operation


@every_service
def test_every_operation_is_described_with_its_problems(service: str) -> None:
    for path, method, operation in operations(service):
        name, responses = f"{method} {path}", operation["responses"]
        assert operation["summary"], name
        assert operation["tags"], name
        assert bool(operation.get("security")) is (path not in PUBLIC), name
        expected = {"401", "403", "422", "503"} if operation.get("security") else set()
        expected |= {"409"} if method in WRITES else set()
        expected |= {"400", "413"} if "requestBody" in operation else set()
        assert expected <= set(responses), name
        for status in set(responses) & {*expected, "404", "412"}:
            assert responses[status]["content"]["application/problem+json"] == PROBLEM, name
        for response in responses.values():
            assert {"X-Correlation-Id", "X-Request-Id"} <= set(response["headers"]), name


@every_service
def test_no_answer_is_left_without_a_type(service: str) -> None:
    for path, method, operation in operations(service):
        if path in UNTYPED:
            continue
        successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert successes, f"{method} {path}"
        for media_type, content in (item for answer in successes for item in answer["content"].items()):
            named = "$ref" in content["schema"] or path == "/digests/counts"  # one number a state
            assert named or media_type != "application/json", f"{method} {path}"


@every_service
def test_every_body_has_one_example(service: str) -> None:
    document = shown_app(service).openapi()
    for path, _method, operation in operations(service):
        if path in UNTYPED or "requestBody" not in operation:
            continue
        if "multipart/form-data" in (content := operation["requestBody"]["content"]):
            continue  # a file has no example
        schema = content["application/json"]["schema"]
        schema = next((item for item in schema.get("anyOf", ()) if "$ref" in item), schema)
        schema = schema.get("items", schema)
        for kind in schema.get("oneOf", [schema]):
            model = document["components"]["schemas"][kind["$ref"].rsplit("/", 1)[-1]]
            (example,) = model["examples"]
            Draft202012Validator({**model, "components": document["components"]}).validate(example)


@every_service
def test_writes_of_aggregates_answer_version_and_position(service: str) -> None:
    for path, method, operation in operations(service):
        for status, response in operation["responses"].items():
            if status.startswith("2") and "/Accepted" in str(response.get("content")):
                assert {"ETag", "Loa-Position"} <= set(response["headers"]), f"{method} {path}"
                names = {parameter["name"].lower() for parameter in operation["parameters"]}
                assert "idempotency-key" in names, f"{method} {path}"


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,vi;q=0.8", "en"),
        ("vi,en;q=0.8", "vi"),
        ("fr,en;q=0.1", "en"),
        ("x;q=", "vi"),
    ],
)
def test_the_preferred_language_is_chosen(wish: str, language: str) -> None:
    assert language_of(wish) == language
