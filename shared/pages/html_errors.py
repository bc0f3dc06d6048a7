"""Pages whose refusals are pages too."""

import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeGuard

from fastapi.requests import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

KEPT = ("retry-after", "www-authenticate")


def page_route(as_page: Callable[[Request, Response], Response]) -> type[APIRoute]:
    """Make routes that say what the problem document says, with its status and as a page; `as_page` shapes it."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def page(request: Request) -> Response:
                handlers: Mapping[Any, Any] = request.app.exception_handlers
                handled = tuple(kind for kind in handlers if _is_refusal(kind))
                try:
                    return await answer(request)
                except handled as error:
                    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
                    problem = await handler(request, error)
                    return as_page(request, problem) if problem.body else problem

            return page

    return PageRoute


def problem_body(problem: Response) -> dict[str, Any]:
    """Read a problem document again."""
    body: dict[str, Any] = json.loads(bytes(problem.body))
    return body


def kept_headers(problem: Response) -> dict[str, str]:
    return {name: problem.headers[name] for name in KEPT if name in problem.headers}


def _is_refusal(kind: Any) -> TypeGuard[type[Exception]]:
    # An unexpected error is left to the server's last handler, which logs it.
    return isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception
