"""The layout of HTML pages, and their error pages."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import date
from functools import cache
from inspect import isawaitable
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from fastapi.requests import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.auth.callers import VISIT
from shared.http.requests.strict_requests import content_policy
from shared.kernel.errors import Text

TEMPLATES = Path(__file__).parent / "templates"


def safe(*, forms_to: Sequence[str] = (), live: bool = False) -> dict[str, str]:
    """Give the headers of a page besides those of every answer; `forms_to` are other origins that its forms may be sent to.

    So is that of the forms that sign out and end training, which stand on every page meanwhile. A `live` page runs our own script, which
    asks us alone.
    """
    visit = VISIT.get()
    parts = urlsplit(visit.sign_out if visit else "")
    ends = [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
    allowed = dict.fromkeys(("'self'", *forms_to, *ends))
    own = {"script_src": "'self'", "connect_src": "'self'"} if live else {}
    policy = content_policy(style_src="'unsafe-inline'", img_src="data:", form_action=tuple(allowed), **own)
    return {"Content-Security-Policy": policy, "Content-Language": "vi"}


def environment(*own: Path, filters: Mapping[str, Any] | None = None) -> Environment:
    """Make the environment of a service's pages, above the common ones; a missing value is an error."""
    jinja = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in (*own, TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= {"visit": VISIT.get, "visit_bar": visit_bar}
    jinja.filters["day"] = day
    jinja.filters.update(filters or {})
    for template in jinja.list_templates(extensions=["html"]):
        jinja.get_template(template)  # compiled now, so that the first reader doesn't wait
    return jinja


ROLE_NAMES: Mapping[str, Text] = {
    "reader": Text("người đọc số liệu", "reader"),
    "unit": Text("cán bộ đầu mối của đơn vị", "focal point of the unit"),
    "head": Text("lãnh đạo đơn vị", "head of the unit"),
    "supervisor": Text("đơn vị theo dõi, đôn đốc", "supervising body"),
    "operator": Text("người vận hành hệ thống", "operator"),
}


def visit_bar() -> Markup:
    """Say who looks at the page and how they sign out, or where they can sign in; nothing where nobody can."""
    visit = VISIT.get()
    if visit is None:
        return Markup()
    role = ROLE_NAMES[visit.role.value] if visit.role else None
    return Markup(_bar().render(visit=visit, role=role))  # noqa: S704  a template of ours that escapes


@cache
def _bar() -> Template:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    ).get_template("visit.html")


def day(value: date) -> str:
    return f"{value:%d/%m/}{value.year:04}"


KEPT = ("retry-after", "www-authenticate")


AsPage = Callable[[Request, Response], Response | Awaitable[Response]]


def page_route(as_page: AsPage) -> type[APIRoute]:
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
                    return await _shaped(as_page, request, problem) if problem.body else problem

            return page

    return PageRoute


async def _shaped(as_page: AsPage, request: Request, problem: Response) -> Response:
    page = as_page(request, problem)
    return await page if isawaitable(page) else page


def problem_body(problem: Response) -> dict[str, Any]:
    """Read a problem document again."""
    body: dict[str, Any] = json.loads(bytes(problem.body))
    return body


def kept_headers(problem: Response) -> dict[str, str]:
    return {name: problem.headers[name] for name in KEPT if name in problem.headers}


def _is_refusal(kind: Any) -> TypeGuard[type[Exception]]:
    # An unexpected error is left to the server's last handler, which logs it.
    return isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception
