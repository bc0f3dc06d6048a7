"""Parts of every OpenAPI document besides its routes: problems, headers, the security scheme's answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
POSITION = "Loa-Position"
CORRELATION = "X-Correlation-Id"
REQUEST_ID = "X-Request-Id"
WRITES = {"post", "put", "patch", "delete"}

Document = dict[str, Any]


class Messages(BaseModel):
    vi: str
    en: str


class FieldProblem(BaseModel):
    """One field that can't be taken; `reason` is stable, `message` is for a person."""

    field: str
    reason: str
    message: str


class Problem(BaseModel):
    """RFC 9457: `type` is stable, `detail` is in the language of Accept-Language, `messages` in both."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:loa:problem:draft-not-found",
                    "title": "Không tìm thấy",
                    "status": 404,
                    "detail": "Không có dự thảo mang mã này.",
                    "instance": "/drafts/LUAT-2025-01",
                    "messages": {"vi": "Không có dự thảo mang mã này.", "en": "There is no such draft."},
                }
            ]
        },
    )

    type: str = Field(pattern="^urn:loa:problem:[a-z0-9-]+$")
    title: str
    status: int
    detail: str
    instance: str
    messages: Messages
    errors: list[FieldProblem] = []


_MEANINGS: Mapping[int, str] = {
    400: "The body could not be read.",
    401: "No valid access token.",
    403: "The role or unit of the token may not do this.",
    404: "What the path names is not known.",
    409: "The state does not allow it, or not yet (`Retry-After` says when to try again).",
    412: "The version in `If-Match` is no longer the present one.",
    413: "The body is larger than this service takes.",
    422: "Something that was sent is not valid; `errors` names the fields.",
    429: "Too many requests of one token or address; see `Retry-After`.",
    503: "Temporarily unavailable, or `min_position` is not reached yet; see `Retry-After`.",
}
_HEADERS: Mapping[str, tuple[str, Document]] = {
    CORRELATION: (
        "The id that was sent, or a new one: it is in the log and in every event.",
        {"type": "string"},
    ),
    REQUEST_ID: ("The id of this one request.", {"type": "string"}),
    POSITION: (
        "The position in the log that the answer is from: `min_position` of a query that must know of it.",
        {"type": "string", "pattern": "^[0-9]+$"},
    ),
    "ETag": ("The aggregate's version, for `If-Match`.", {"type": "string", "pattern": '^"[0-9]+"$'}),
    "Retry-After": ("Seconds after which the same request may succeed.", {"type": "string"}),
    "Content-Language": ("vi or en.", {"type": "string"}),
}
VERSIONED: dict[int | str, Document] = {
    200: {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", POSITION)}}
}
"""Declared by a query on one aggregate: the answer says its version and position."""


def complete(app: FastAPI) -> None:
    """Let the application's document say what holds for every operation."""
    plain = app.openapi

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending the document


def _completed(document: Document) -> Document:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"), Problem=schema)
    components["headers"] = {
        name: {"description": text, "schema": shape} for name, (text, shape) in _HEADERS.items()
    }
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _describe(path, method, operation)
    return document


def _describe(path: str, method: str, operation: Document) -> None:
    responses = operation["responses"]
    content = set(responses.get("200", {}).get("content", {}))
    is_printed = content == {"application/pdf"}  # it is refused as a page is
    page = "text/html" in content or is_printed
    for status in _statuses(path, method, operation):
        responses[str(status)] = _problem(status, page=page)
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        names = [CORRELATION, REQUEST_ID]
        if status.startswith("2"):
            names += _places(operation, response)
        headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in names})
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(path: str, method: str, operation: Document) -> Iterator[int]:
    parameters = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    yield 429
    if "security" in operation:
        yield from (401, 403, 422, 503)
    elif parameters:
        yield 422
    if "{" in path or "unit" in parameters:
        yield 404
    if "{" in path and "min_position" in parameters:
        yield 409
    if method in WRITES:
        yield from (409, 422)
    if "if-match" in parameters:
        yield 412
    if "requestBody" in operation:
        yield from (400, 413)


def _places(operation: Document, response: Document) -> list[str]:
    """Say of which version and position an answer is: of a write both, of a read model its position."""
    if _is_accepted(response):
        return ["ETag", POSITION]
    asked = {parameter["name"] for parameter in operation.get("parameters", ())}
    return [POSITION] if "min_position" in asked else []


def _is_accepted(response: Document) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return "Accepted" in name  # and what has more fields than that


def _problem(status: int, *, page: bool) -> Document:
    """A page for people may say what is wrong as a page."""
    headers = ["Content-Language", *(["Retry-After"] if status in {409, 429, 503} else [])]
    return {
        "description": _MEANINGS[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
            **({"text/html": {"schema": {"type": "string"}}} if page else {}),
        },
    }
