"""Pages behind the buttons of a mail: a valid link admits to look (GET) and to answer once (POST).

No account, session or cookie admits: a browser brings nothing along by itself, so another site has nothing to ride on
(CSRF), and the token in the address is what admits. Somebody who has signed in besides can sign out here as on every page. Programs that look through mails follow
links with GET and HEAD: neither changes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from shared.auth.admission import Seen, stands_for
from shared.auth.tokens import Principal
from shared.contracts.envelope import Metadata
from shared.contracts.event import banners
from shared.contracts.vocabulary import AlertAnswer, Role
from shared.http.overload.client_address import client_of
from shared.http.requests import request_context
from shared.kernel.runtime import Clock
from shared.pages.forms import Fields, sent
from shared.pages.gap_summary import GapSummary
from shared.pages.layout import kept_headers, page_route, problem_body, safe
from shared.rules.rights.actions import Action
from shared.rules.words.wording import INSTRUMENTS, STAGES
from shared.signed_links.links import PATH, Link, LinkNotValid
from shared.signed_links.resolved import LinkSource, ResolvedLink
from shared.signed_links.short_links import answer_link

H_contra = TypeVar("H_contra", contravariant=True)  # who holds a link
TITLES: Mapping[str, str] = {
    "link-not-valid": "Liên kết không đúng",
    "link-is-over": "Liên kết đã hết hiệu lực",
    "link-is-used": "Liên kết đã được sử dụng",
    "nothing-owed": "Không cần trả lời thêm",
    "body-too-large": "Tệp quá lớn",
    "link-is-withdrawn": "Liên kết đã được thu hồi",
    "recipient-not-listed": "Địa chỉ không còn trong danh sách",
    "too-many-attempts": "Có quá nhiều lần thử",
    "links-away": "Tạm thời chưa mở được",
    "temporarily-unavailable": "Tạm thời chưa mở được",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A verified link that a request bears."""

    link: Link
    token: str

    @property
    def key(self) -> str:
        """The idempotency key of what the link does."""
        return str(self.link.link_id)

    @property
    def principal(self) -> Principal:
        """Who acts: an official of the unit, by the opaque id of the mailbox."""
        return Principal(str(self.link.recipient_id), Role.UNIT, self.link.unit_code)

    def metadata(self, request: Request, now: datetime) -> Metadata:
        """Stamp what the link does: pressed again with other words it is the same press, so no payload is named."""
        return replace(request_context.metadata(request, self.principal), idempotency_key=self.key, time=now)


@dataclass(frozen=True, slots=True)
class LinkGuard:
    source: LinkSource
    now: Clock

    def admit(self, *answers: AlertAnswer, over: bool = False) -> Any:
        """Declare which links an endpoint accepts; with `over` also those that are expired or withdrawn."""
        return Depends(partial(_hold, frozenset(answers), self, over))


async def _hold(
    answers: frozenset[AlertAnswer], guard: LinkGuard, over: bool, request: Request, token: str
) -> Held:
    resolved = await guard.source.resolve(token, client_of(request))
    return hold(answers, resolved, token, None if over else guard.now())


def hold(answers: frozenset[AlertAnswer], resolved: ResolvedLink, token: str, now: datetime | None) -> Held:
    """Take a link for one of some answers; without `now` also one that is expired or withdrawn."""
    link = answer_link(resolved.link)
    if link.answer not in answers:
        raise LinkNotValid
    if now is not None:
        resolved.require_usable(now)
    return Held(link, token)


@dataclass(frozen=True, slots=True)
class AnswerPages:
    """How answers look: `renew_at` is the address of the service that mails new links.

    `path` is where they stand, `closed` the page of a link that leads nowhere, `titles` what it is called by problem.
    """

    templates: Environment
    renew_at: str
    path: str = PATH
    closed: str = "closed.html"
    titles: Mapping[str, str] = field(default_factory=lambda: TITLES)

    def page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        text = self.templates.get_template(template).render(**values)
        return HTMLResponse(text, status, {**self._headers(), **(headers or {})})

    def form(
        self, template: str, gap: GapSummary, form: Fields, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Show a form under what it is about."""
        about: dict[str, Any] = {
            "gap": gap,
            "stage": STAGES[gap.stage],
            "instrument": INSTRUMENTS[gap.instrument],
            "banners": banners([gap.dataset]),
        }
        return self.page(template, status, form=form, **about, **values)

    def _headers(self) -> dict[str, str]:
        return {
            **safe(forms_to=[self.renew_at]),
            "X-Robots-Tag": "noindex, nofollow",
        }

    async def refused(self, request: Request, problem: Response) -> Response:
        """Say kindly why a link leads nowhere, and offer a new one where that helps; what was typed is kept."""
        body = problem_body(problem)
        may_return = problem.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        typed = await sent(request) if may_return and request.method == "POST" else Fields()
        renew = f"{self.renew_at}{self.path}/{request.path_params['token']}/renew"
        return self.page(
            self.closed,
            problem.status_code,
            kept_headers(problem),
            title=self.titles.get(body["type"].rpartition(":")[2], body["title"]),
            messages=body["messages"],
            renew=renew if body.get("renewable") else None,
            again=typed.given if may_return and request.method == "POST" else None,
        )


class AnswerHandler(Protocol[H_contra]):
    """What a service shows and records behind its links, for who holds one."""

    async def look(self, held: H_contra) -> HTMLResponse: ...
    async def answer(self, request: Request, held: H_contra) -> HTMLResponse: ...


def routes(
    pages: AnswerPages, handler: AnswerHandler[Any], admitted: Any, action: Action = Action.ANSWER_MAIL
) -> APIRouter:
    """No part of the API's description: only the holder of a link has anything to do here."""
    router = APIRouter(
        prefix=pages.path, tags=["answers"], route_class=page_route(pages.refused), include_in_schema=False
    )

    declared = [stands_for(action), Seen]

    @router.get("/{token}", dependencies=declared)
    @router.head("/{token}", dependencies=declared)
    async def look(held: Any = admitted) -> HTMLResponse:
        return await handler.look(held)

    @router.post("/{token}", dependencies=declared)
    async def answer(request: Request, held: Any = admitted) -> HTMLResponse:
        return await handler.answer(request, held)

    return router
