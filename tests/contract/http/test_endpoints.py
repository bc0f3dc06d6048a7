"""Every HTTP endpoint of every service has exactly one declared principal, but for the public ones."""

import json
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from openapi_spec_validator import validate
from pydantic import SecretStr

from services.campaigns.adapters.answers import pages as answer_pages
from services.metrics.adapters.lists import calendars
from services.notifier.adapters.recipients import preferences_page
from services.registry.adapters import requests_api
from shared.auth import admission, service_tokens
from shared.auth.tokens import Verifier
from shared.contracts.envelope import CATALOG, CONTENT_TYPE, OWNERS
from shared.contracts.envelope_schema import DIALECT, OPEN
from shared.contracts.vocabulary import CLOSED_LISTS, OPEN_LISTS, Role
from shared.eventstore.log_reader import EVENTS
from shared.pages import link_pages
from shared.rules.rights.table import roles_of
from tests.support.platform.service import SERVICES, create_app_of, existing
from tests.support.servers.tokens import issuer

PUBLIC = {"/livez", "/readyz", "/metrics", "/schemas", "/schemas/{type_name}", "/asyncapi", "/asyncapi.json"}
PUBLIC |= {"/openapi.json", "/docs", "/docs/{file}", "/entry/help", "/entry/help/{form}"}

# Nobody has a session yet, or ends the own one: these pages check what a form brings along themselves.
PUBLIC |= {
    "/sign-in",
    "/sign-in/mail",
    "/sign-in/link/{code}",
    "/sign-in/oidc",
    "/sign-in/oidc/callback",
    "/sign-out",
    "/sign-in/training",
    "/sign-in/training/end",
}

GUARDS = (
    admission._admit,
    link_pages._hold,
    answer_pages._hold,
    preferences_page._hold,
    preferences_page._even_expired,
    requests_api._hold_claims,
    calendars.hold_address,
    service_tokens._admit_service,
)  # a bearer token, the link of a mail, the claims of one, or the token of a service

every_service = pytest.mark.parametrize("service", existing(*SERVICES))


def app_of(service: str, **changes: Any) -> FastAPI:
    """Compose the service without any engine: nothing connects before it runs."""
    create_app = create_app_of(service)
    settings = create_app.__annotations__["settings"]
    nowhere = {"database_url": SecretStr("postgresql://x:x@127.0.0.1:1/x")}
    return create_app(settings(**nowhere | changes))


@cache
def shown_app(service: str) -> FastAPI:
    """Give an application that tests only look at: composed once for all of them."""
    return app_of(service)


def paths_of(service: str) -> dict[str, dict[str, Any]]:
    """Give the paths of a service's OpenAPI document."""
    paths: dict[str, dict[str, Any]] = shown_app(service).openapi()["paths"]
    return paths


def operator_of(app: FastAPI, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the header of an operator whom the application admits: without one a body is not even read."""
    trusted = issuer(folder)
    # of the mapping: the attribute is undone once only
    monkeypatch.setitem(app.state._state, "verifier", Verifier(str(trusted.jwks)))
    return {"Authorization": f"Bearer {trusted.token(Role.OPERATOR)}"}


def principals(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, partial) and dependency.call.func in GUARDS:
            yield dependency.call
        yield from principals(dependency)


def endpoints(app: FastAPI) -> dict[str, RouteContext]:
    routes = [route for route in iter_route_contexts(app.routes) if isinstance(route.route, APIRoute)]
    return {f"{','.join(sorted(route.methods or ()))} {route.path}": route for route in routes}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Give method and path of each endpoint, with its parameters in braces."""
    for name in endpoints(app):
        methods, _, path = name.partition(" ")
        for method in methods.split(","):
            yield method, path


@every_service
def test_every_endpoint_asks_who_is_there(service: str) -> None:
    actual = endpoints(shown_app(service))
    asked = {name: len(list(principals(route.dependant))) for name, route in actual.items()}
    assert len(asked) > len(PUBLIC)
    wrong = {n: count for n, count in asked.items() if count != (n.partition(" ")[2] not in PUBLIC)}
    assert wrong == {}


@every_service
def test_no_route_exists_outside_the_endpoints(service: str) -> None:
    """A mounted folder or a bare route would pass the check above unseen."""
    app = shown_app(service)
    routes = iter_route_contexts(app.routes)
    others = {route.path for route in routes if not isinstance(route.route, APIRoute)}
    assert others == set()


@every_service
def test_mutating_routes_reject_read_only_roles(service: str) -> None:
    for name, route in endpoints(shown_app(service)).items():
        if (route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"} and route.path not in PUBLIC:
            (call,) = principals(route.dependant)
            assert call.func is not admission._admit or Role.READER not in roles_of(call.args[0]), name


@every_service
def test_the_openapi_document_is_valid(service: str) -> None:
    validate(shown_app(service).openapi())


@every_service
async def test_the_events_of_the_service_are_described(service: str) -> None:
    (route,) = [r for r in endpoints(shown_app(service)).values() if r.path == "/asyncapi.json"]
    assert route.endpoint is not None
    document = json.loads((await route.endpoint()).body)
    for model in CATALOG.owned_by(service):
        channel = document["channels"][model.type_name()]
        assert channel["address"] == f"loa.{model.context}.{{id}}.{model.name}"
        assert (channel["x-stream"], list(channel["parameters"])) == (EVENTS, ["id"])
        message = document["components"]["messages"][f"{model.type_name()}:Message"]
        assert message["contentType"] == CONTENT_TYPE == "application/cloudevents+json"
        schema = document["components"]["schemas"][message["payload"]["$ref"].rpartition("/")[2]]
        assert schema["properties"]["type"]["const"] == model.type_name()
        assert "$id" not in schema, "references within would be looked for in it"
    lists = {name: part for name, part in document["components"]["schemas"].items() if _is_list(part)}
    assert {kind.__name__ for kind in OPEN_LISTS} >= {name for name, part in lists.items() if OPEN in part}
    assert {kind.__name__ for kind in CLOSED_LISTS} >= {
        name for name, part in lists.items() if "enum" in part
    }


def _is_list(schema: dict[str, Any]) -> bool:
    return OPEN in schema or "enum" in schema


@every_service
async def test_each_schema_has_an_identity_and_pins_its_constants(service: str) -> None:
    (route,) = [r for r in endpoints(shown_app(service)).values() if r.path == "/schemas/{type_name}"]
    assert route.endpoint is not None
    for model in CATALOG.types.values():
        schema = await route.endpoint(model.type_name())
        name = f"urn:loa:schema:{model.context}.{model.name}:{model.version}"
        assert (schema["$schema"], schema["$id"]) == (DIALECT, name)
        constants = {key: part["const"] for key, part in schema["properties"].items() if "const" in part}
        assert constants == {
            "specversion": "1.0",
            "type": model.type_name(),
            "source": f"urn:loa:{OWNERS[model.context]}",
            "datacontenttype": "application/json",
            "dataschema": name,
        }
        assert set(constants) < set(schema["required"])
        described = {key for key, part in schema["properties"].items() if "description" in part}
        assert described == set(schema["properties"]) - {"data"}
