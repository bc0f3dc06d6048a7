"""What is asked of every request is asked on the event loop: FastAPI runs a plain function in a thread, which costs more than it does."""

import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from tests.contract.http.test_endpoints import every_service, shown_app


def dependencies(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        call = dependency.call
        yield call.func if isinstance(call, partial) else call
        yield from dependencies(dependency)


def runs_in_a_thread(call: Any) -> bool:
    ways = (call, type(call).__call__)
    return not any(inspect.iscoroutinefunction(way) or inspect.isasyncgenfunction(way) for way in ways)


@every_service
def test_no_request_waits_for_a_thread(service: str) -> None:
    routes = (context.original_route for context in iter_route_contexts(shown_app(service).router.routes))
    asked = [route for route in routes if isinstance(route, APIRoute)]
    assert len(asked) > 20
    threads = {
        call.__qualname__
        for route in asked
        for call in (route.endpoint, *dependencies(route.dependant))
        if runs_in_a_thread(call)
    }
    assert threads == set()
