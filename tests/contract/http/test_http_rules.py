"""The rules of HTTP as one table, checked against the OpenAPI documents of all four services."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.http.requests.request_context import MOST_BYTES
from tests.contract.http.test_endpoints import PUBLIC, paths_of
from tests.support.cases import for_each
from tests.support.platform.service import SERVICES, existing

ADMIN_PATHS = ("/projections", "/own-data", "/imports")
# Writes on what is no aggregate of the log; each says how a repetition is harmless all the same.
NO_AGGREGATE = {
    "PUT /units/{unit_code}/recipients": "the whole list is put in place; the same again is the same",
    "PUT /own-files/{evidence_id}": "a file of this SHA-256, into an empty installation",
    "POST /tick": "a tick at the same moment sends nothing twice (the digests' unique key)",
    "POST /calendars": "a new secret address, which ends the one before it",
    "POST /calendars/withdraw": "what is withdrawn stays withdrawn",
    "POST /silences": "a silence of the notifier's own table",
    "DELETE /silences/{silence_id}": "what is gone stays gone",
    "POST /rules/effect": "it reckons and writes nothing",
    "POST /outbox/acknowledge": "what was seen is seen",
    "POST /outbox/{digest_key}/acknowledge": "what was seen is seen",
    "POST /outbox/{digest_key}/retry": "a row of the ledger, which its state guards",
    "POST /links/withdraw": "what is withdrawn stays withdrawn",
    "POST /sending/hold": "held is held",
    "POST /sending/release": "released is released",
    "POST /log/decision": "a log that is accepted stays accepted",
    "POST /sign-in/codes": "each code is new, is used once, and ends by itself",
    "POST /sessions/{session_id}/end": "what has ended stays ended",
    "POST /revoked-tokens": "what is revoked stays revoked",
    "POST /drafts/{draft_code}/requests": "the link of the mail is its idempotency key",
}
# Queries that read the log itself, or no projection at all: they are always as new as can be.
FROM_THE_LOG = {
    "registry GET /units/{unit_code}",
    "registry GET /drafts/{draft_code}",
    "registry GET /drafts/{draft_code}/history",
    "campaigns GET /communications/{communication_id}",
}


@dataclass(frozen=True)
class Operation:
    service: str
    name: str
    path: str
    description: dict[str, Any]

    @property
    def parameters(self) -> set[str]:
        return {parameter["name"].lower() for parameter in self.description.get("parameters", ())}

    @property
    def success(self) -> dict[str, Any]:
        responses: dict[str, dict[str, Any]] = self.description["responses"]
        return next(response for status, response in responses.items() if status.startswith("2"))

    @property
    def headers(self) -> set[str]:
        return set(self.success.get("headers", ()))


def operations(*methods: str) -> Iterator[Operation]:
    for service in existing(*SERVICES):
        for path, item in paths_of(service).items():
            for method, description in item.items():
                if method in methods and path not in PUBLIC and not path.startswith(ADMIN_PATHS):
                    yield Operation(service, f"{method.upper()} {path}", path, description)


def each(*methods: str) -> Callable[[Callable[[Operation], None]], Callable[[], None]]:
    """Services are composed when the test runs: listing their routes earlier would compose them in every process."""
    return for_each(lambda: operations(*methods), lambda item: f"{item.service} {item.name}")


@each("post", "put", "patch", "delete")
def test_a_write_may_be_repeated_and_is_never_blind(operation: Operation) -> None:
    if operation.name in NO_AGGREGATE or "text/html" in str(operation.success):
        return
    assert "idempotency-key" in operation.parameters
    assert {"ETag", "Loa-Position"} <= operation.headers
    if "{" in operation.path:  # on what exists already
        assert "if-match" in operation.parameters
        assert "412" in operation.description["responses"]


@each("get")
def test_what_comes_from_a_read_model_can_be_asked_to_be_new_enough(operation: Operation) -> None:
    if f"{operation.service} {operation.name}" in FROM_THE_LOG:
        assert {"ETag", "Loa-Position"} <= operation.headers or operation.path.endswith("/history")
    elif "min_position" in operation.parameters:
        assert "503" in operation.description["responses"]
        assert "Loa-Position" in operation.headers


@each("get")
def test_a_list_goes_by_cursor(operation: Operation) -> None:
    schema = operation.success.get("content", {}).get("application/json", {}).get("schema", {})
    if "Listing" in str(schema.get("$ref", "")):
        assert {"cursor", "limit"} <= operation.parameters


@each("get", "post", "put", "patch", "delete")
def test_every_answer_bears_its_ids_and_every_problem_its_language(operation: Operation) -> None:
    for status, response in operation.description["responses"].items():
        assert {"X-Correlation-Id", "X-Request-Id"} <= set(response["headers"]), status
        if "application/problem+json" in response.get("content", {}):
            assert "Content-Language" in response["headers"], status


@each("post", "put", "patch")
def test_a_body_is_bounded(operation: Operation) -> None:
    assert MOST_BYTES <= 1 << 20
    if "requestBody" in operation.description:
        assert "413" in operation.description["responses"]
