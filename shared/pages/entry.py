"""Pages on which people who have signed in enter data: one form, shown again with what was typed until it is recorded.

A form has a hidden id, so that a double press records once, and the version that it was rendered from, so that nobody
overwrites what he has not seen. `step` is the button that was pressed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from pydantic import BaseModel, ValidationError

from shared.auth.callers import WrongCsrfToken, access_of
from shared.auth.sessions import CSRF_FIELD
from shared.eventstore.conflicts import IdempotencyKeyReused, StaleVersion
from shared.http.problems import STATUS, reason
from shared.kernel.errors import Refusal, Text
from shared.pages.forms import Fields, sent
from shared.pages.layout import kept_headers, page_route, problem_body, safe

NOTHING: Mapping[str, Any] = MappingProxyType({})
B = TypeVar("B", bound=BaseModel)
STEP, FORM_ID, VERSION, WHOLE_FORM = "step", "form_id", "version", "form"
PASSED_ON = frozenset({"forbidden", "unauthenticated", "unavailable"})
LOST = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)  # answers after which the same form may be sent again
WORDS: Mapping[str, Text] = {
    StaleVersion.code: Text(
        "Dữ liệu đã có thay đổi sau khi biểu mẫu này được mở; tình trạng mới nhất được nêu ở trên. Nội dung đã nhập vẫn "
        "được giữ: đề nghị kiểm tra lại rồi gửi.",
        "The data have changed since this form was opened; the newest state stands above. What you typed is kept: please "
        "look at it again and send it.",
    ),
    IdempotencyKeyReused.code: Text(
        "Biểu mẫu này đã được ghi nhận trước đó với nội dung khác. Nếu nội dung dưới đây là việc khác, đề nghị kiểm tra rồi "
        "gửi lại để ghi nhận thêm.",
        "This form was recorded before with other content. If what stands below is something else, please look at it and "
        "send it again to record it too.",
    ),
}


class Step(StrEnum):
    """What a button asks for: to correct, more rows, to see what will be recorded, to record it."""

    EDIT = "edit"
    MORE = "more"
    REVIEW = "review"
    RECORD = "record"


class NotAForm(Refusal):
    """What was sent does not come from a form of ours."""

    code = "not-a-form"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Nội dung gửi lên không phải là biểu mẫu của trang này; đề nghị mở lại trang và gửi từ biểu mẫu.",
            "What was sent is no form of this page; please open the page and send its form.",
        )


def step_of(form: Fields) -> Step:
    """Give the button that was pressed; another value records nothing. Raises `NotAForm`."""
    given = form.text(STEP)
    if not given:
        raise NotAForm
    return Step(given) if given in set(Step) else Step.EDIT


def form_id_of(form: Fields, new_id: Callable[[], UUID]) -> UUID:
    """Give the id that a form was rendered with; a new one if it has none."""
    try:
        return UUID(form.text(FORM_ID))
    except ValueError:
        return new_id()


def version_of(form: Fields) -> int | None:
    given = form.text(VERSION)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None  # noqa: PLR2004  64 bits


def with_values(form: Fields, **values: object) -> Fields:
    """Put hidden values of this rendering into a form, which keeps everything else."""
    hidden = {name: [str(value)] for name, value in values.items()}
    return Fields({**form.given, **hidden}, form.errors)


def body_of(
    form: Fields, kind: type[B], values: Mapping[str, Any], fields: Mapping[str, str] = NOTHING
) -> B | None:
    """Make the body that the API takes; what that refuses stands beside its field, by default of the same name.

    None if something has to be corrected first.
    """
    try:
        body = kind.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        for each in error.errors():
            why = reason(each)
            name = str(each["loc"][0]) if each["loc"] else WHOLE_FORM
            form.errors.setdefault(fields.get(name, name), Text(f"Nội dung này {why.vi}.", f"This {why.en}."))
        return None
    return None if form.errors else body


def refused(
    form: Fields,
    refusal: Refusal,
    fields: Mapping[str, str] = NOTHING,
    words: Mapping[str, Text] = NOTHING,
) -> int:
    """Put a refusal beside its field (by its code, or the field that it names), and give the status of the page.

    Who may not do this at all is told so by a page of its own. A form that was recorded before becomes a new one.
    """
    if refusal.kind in PASSED_ON:
        raise refusal
    if isinstance(refusal, IdempotencyKeyReused):
        form.given = {name: values for name, values in form.given.items() if name != FORM_ID}
    named = str(refusal.facts.get("field", "")).partition(".")[0]
    name = fields.get(refusal.code) or fields.get(named) or named or WHOLE_FORM
    form.errors[name] = {**WORDS, **words}.get(refusal.code) or for_people(refusal.message)
    return STATUS[refusal.kind]


_ROUTE = re.compile(r" [(](?:GET|POST|PUT|DELETE) [^)]*[)]")


def for_people(message: Text) -> Text:
    """Leave out which route a program would call."""
    return Text(*(_ROUTE.sub("", text) for text in (message.vi, message.en)))


@dataclass(frozen=True, slots=True)
class Link:
    """Where to go on, and what is said of it."""

    address: str
    words: Text


@dataclass(frozen=True, slots=True)
class EntryPages:
    """How the pages of one service look: `addresses` are those of all services, by name, for links between them."""

    templates: Environment
    service: str
    addresses: Mapping[str, str] = field(default_factory=dict)

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Render a page; links within the service are relative, so that it works below any prefix of a proxy."""
        access = access_of(request)
        common = {
            "csrf": access.csrf_token(request) if access else "",
            "csrf_field": CSRF_FIELD,
            "at": self.at(request),
            "own": _root(request),
            "searches": False,
        }
        body = self.templates.get_template(template).render(common | values)
        return HTMLResponse(body, status, headers=safe(forms_to=self._search()))

    def _search(self) -> list[str]:
        """Give the origin that the search of every page is sent to, if it is another one."""
        address = self.addresses.get("registry", "") if self.service != "registry" else ""
        parts = urlsplit(address)
        return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []

    def at(self, request: Request) -> Mapping[str, str]:
        """Give the address of each service's pages as seen from a page."""
        others = {name: f"{url.rstrip('/')}/" for name, url in self.addresses.items()}
        return others | {self.service: _root(request)}

    def router(self, *tags: str) -> APIRouter:
        return APIRouter(tags=[*tags], route_class=page_route(self._problem))

    async def _problem(self, request: Request, problem: Response) -> Response:
        """Say what is wrong, and keep what was typed where the form can be sent again."""
        body = problem_body(problem)
        code = str(body["type"]).rpartition(":")[2]
        again = request.method == "POST" and (problem.status_code in LOST or code == WrongCsrfToken.code)
        access = access_of(request)
        sign_in = access.place.sign_in(request.url.path) if access and access.place.is_usable else None
        page = self.page(
            request,
            "entry_problem.html",
            problem.status_code,
            messages=for_people(Text(**body["messages"])),
            kept=_kept(await sent(request)) if again else None,
            sign_in=sign_in if problem.status_code == HTTPStatus.UNAUTHORIZED else None,
        )
        page.headers.update(kept_headers(problem))
        return page


def _root(request: Request) -> str:
    depth = str(request.scope["path"]).count("/") - 1
    return "../" * depth or "./"


def _kept(form: Fields) -> list[tuple[str, str]]:
    """Give what was typed, for a form that opens the page again; it records nothing before somebody has looked at it."""
    left_out = {CSRF_FIELD, STEP}
    return [(name, value) for name, values in form.given.items() if name not in left_out for value in values]
