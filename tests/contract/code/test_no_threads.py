"""What is asked of every request is asked on the event loop: FastAPI runs a plain function in a thread, which costs more than it does."""

import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.http.requests.strict_requests import is_page
from tests.contract.test_endpoints import shown_app


def dependencies(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        call = dependency.call
        yield call.func if isinstance(call, partial) else call
        yield from dependencies(dependency)


def runs_in_a_thread(call: Any) -> bool:
    ways = (call, type(call).__call__)
    return not any(inspect.iscoroutinefunction(way) or inspect.isasyncgenfunction(way) for way in ways)


@pytest.mark.parametrize("service", ["registry", "campaigns", "notifier"])
def test_no_request_of_a_program_waits_for_a_thread(service: str) -> None:
    routes = (context.original_route for context in iter_route_contexts(shown_app(service).router.routes))
    of_programs = [route for route in routes if isinstance(route, APIRoute) and not is_page(route)]
    assert len(of_programs) > 20
    threads = {
        call.__qualname__
        for route in of_programs
        for call in (route.endpoint, *dependencies(route.dependant))
        if runs_in_a_thread(call)
    }
    assert threads == set()
