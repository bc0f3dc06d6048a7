"""The pages on which people sign in and out, in three ways: by mail, at an identity provider, with `loa login`.

They are for people who have no session yet. What a form may do is bound to this origin: browsers say with every request
where it comes from (Fetch Metadata), so that no other site can sign somebody in under another name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.adapters.recipients.store import Mailbox
from services.notifier.adapters.rendering.templates import ROLES
from services.notifier.adapters.sign_in.mailing import MailSignIn
from services.notifier.adapters.sign_in.provider import CALLBACK_PATH, LIFETIME, Provider
from shared.auth.callers import Access
from shared.auth.one_time import CodeIsOver, OneTimeCodes
from shared.auth.sessions import CSRF_FIELD, Session, SessionEnded, Way, csrf_token, is_csrf_token
from shared.auth.tokens import Forbidden, Principal
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM
from shared.observability import signals
from shared.pages.layout import day, environment, kept_headers, page_route, problem_body, safe

logger = signals.get_logger(__name__)


def _moment(value: datetime) -> str:
    local = value.astimezone(VIETNAM)
    return f"{local:%H:%M} ngày {day(local.date())}"


TEMPLATES = Path(__file__).parent / "templates"
ENVIRONMENT = environment(TEMPLATES, filters={"moment": _moment})
BROWSER_COOKIE = "loa_oidc"
TITLES: Mapping[str, Text] = {
    "sign-in-link-is-over": Text("Liên kết không còn dùng được", "This link can't be used any more"),
    "sign-in-refused": Text("Chưa đăng nhập được", "Not signed in"),
    "issuer-unavailable": Text("Chưa kết nối được", "No connection"),
    "too-many-sign-in-requests": Text("Quá nhiều yêu cầu", "Too many requests"),
}
NOT_DONE = Text("Chưa thực hiện được", "Not done")
ROLE_NAMES: Mapping[str, Text] = {
    "reader": Text("người đọc số liệu", "reader"),
    "unit": Text("cán bộ đầu mối của đơn vị", "focal point of the unit"),
    "head": Text("lãnh đạo đơn vị", "head of the unit"),
    "supervisor": Text("đơn vị theo dõi, đôn đốc", "supervising body"),
    "operator": Text("người vận hành hệ thống", "operator"),
}
ReturnTo = Annotated[str, Query(max_length=2000)]
Code = Annotated[str, PathPart(max_length=200)]


class FromAnotherSite(Forbidden):
    code = "sent-from-another-site"

    def __init__(self) -> None:
        super().__init__(
            "Biểu mẫu không được gửi từ trang đăng nhập của hệ thống. Đề nghị mở lại trang đăng nhập.",
            "The form was not sent from this system's sign-in page. Please open the sign-in page again.",
        )


class NotProtected(Forbidden):
    code = "sign-in-needs-https"

    def __init__(self) -> None:
        super().__init__(
            "Trang này được mở qua kết nối không mã hóa nên chưa thể đăng nhập. Đề nghị báo người vận hành đặt "
            "LOA_URL_NOTIFIER là địa chỉ https.",
            "This page is reached without encryption, so nobody can sign in. Ask the operator to set "
            "LOA_URL_NOTIFIER to an https address.",
        )


@dataclass(frozen=True, slots=True)
class SignIn:
    """The three ways; without a `provider` two."""

    access: Access
    mail: MailSignIn
    logins: OneTimeCodes
    provider: Provider | None

    def render(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        text = ENVIRONMENT.get_template(template).render(**values)
        sent = {**safe(forms_to=self.access.place.returns), "Referrer-Policy": "same-origin"}
        return HTMLResponse(text, status, {**sent, "X-Robots-Tag": "noindex, nofollow", **(headers or {})})

    def require_protection(self) -> None:
        if not self.access.place.is_usable:
            raise NotProtected

    async def present(self, request: Request) -> Session | None:
        """Give the session of this browser, if it has one that lasts."""
        try:
            return await self.access.session(request)
        except SessionEnded:
            return None

    def overview(self, request: Request, session: Session | None, return_to: str) -> HTMLResponse:
        secret = self.access.secret(request)
        return self.render(
            "sign_in.html",
            session=session,
            role=ROLE_NAMES[session.principal.role.value] if session else None,
            csrf=csrf_token(secret) if session and secret else "",
            csrf_field=CSRF_FIELD,
            return_to=return_to,
            provider=self.provider is not None,
            usable=self.access.place.is_usable,
            metrics=self.access.place.returned(return_to),
        )

    async def start(self, principal: Principal, way: Way, return_to: str, **limits: Any) -> Response:
        """Begin a session, and lead to where the person came from."""
        secret, session = await self.access.sessions.start(principal, way, **limits)
        logger.info(
            "session_started", way=way, role=principal.role, unit=principal.unit, subject=principal.subject
        )
        answer = RedirectResponse(self.access.place.returned(return_to), HTTPStatus.SEE_OTHER)
        age = int((session.expires - session.started).total_seconds())
        self._set(answer, self.access.place.cookie, secret, age)
        return answer

    def _set(self, answer: Response, name: str, value: str, seconds: int) -> None:
        secure = self.access.place.is_secure
        answer.set_cookie(
            name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
        )

    def bind(self, answer: Response, browser: str) -> None:
        self._set(answer, self._browser_cookie, browser, int(LIFETIME.total_seconds()))

    def unbind(self, answer: Response) -> None:
        self._set(answer, self._browser_cookie, "", 0)

    def browser(self, request: Request) -> str:
        return request.cookies.get(self._browser_cookie, "")

    @property
    def _browser_cookie(self) -> str:
        return f"__Host-{BROWSER_COOKIE}" if self.access.place.is_secure else BROWSER_COOKIE

    async def end(self, request: Request, given: str) -> Response:
        """End the session of a browser; without one there is nothing to end."""
        session, secret = await self.present(request), self.access.secret(request)
        if session is not None and secret is not None:
            if not is_csrf_token(secret, given):
                raise FromAnotherSite
            await self.access.sessions.end(session.session_id)
            logger.info("session_ended", subject=session.principal.subject)
        answer = RedirectResponse(f"{self.access.place.notifier.rstrip('/')}/sign-in", HTTPStatus.SEE_OTHER)
        self._set(answer, self.access.place.cookie, "", 0)
        return answer

    async def choices(self, code: str) -> Sequence[Mailbox]:
        """Give what a link admits: mailboxes of a mail, or none for a link of `loa login`; raises `CodeIsOver`."""
        try:
            return await self.mail.choices(code)
        except CodeIsOver:
            await self.logins.look(code)
            return []

    async def redeem(self, code: str, recipient: UUID | None) -> Response:
        try:
            principal, return_to = await self.mail.spend(code, recipient)
        except CodeIsOver:
            return await self._redeem_login(code)
        return await self.start(principal, Way.MAIL, return_to)

    async def _redeem_login(self, code: str) -> Response:
        document = await self.logins.spend(code)
        principal = Principal(document["sub"], Role(document["role"]), document["unit"])
        return await self.start(principal, Way.COMMAND, document["return_to"], token_id=document["token_id"])

    def refused(self, _: Request, problem: Response) -> Response:
        """Say what is wrong as a page, with the way back to the sign-in page."""
        body = problem_body(problem)
        title = TITLES.get(body["type"].rpartition(":")[2], NOT_DONE)
        return self.render(
            "sign_in_message.html",
            problem.status_code,
            kept_headers(problem),
            title=title,
            text=body["messages"],
            sign_in=f"{self.access.place.notifier.rstrip('/')}/sign-in",
        )


def from_this_site(request: Request) -> None:
    """Refuse a form that another site has sent; what is no browser names no site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise FromAnotherSite
    origin = request.headers.get("origin")
    if site is None and origin not in {None, f"{request.url.scheme}://{request.headers.get('host', '')}"}:
        raise FromAnotherSite


def router(sign_in: SignIn) -> APIRouter:
    """No part of the API's description: pages for people."""
    routes = APIRouter(
        tags=["sign-in"],
        route_class=page_route(sign_in.refused),
        default_response_class=HTMLResponse,
        include_in_schema=False,
    )
    _add_provider(routes, sign_in)
    place = sign_in.access.place

    @routes.get("/sign-in")
    async def ways(request: Request, return_to: ReturnTo = "") -> Response:
        return sign_in.overview(request, await sign_in.present(request), return_to)

    @routes.post("/sign-in/mail")
    async def by_mail(
        request: Request,
        email: Annotated[str, Form(max_length=254)],
        return_to: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        sign_in.require_protection()
        from_this_site(request)
        client = request.client.host if request.client else ""
        await sign_in.mail.request(email, client, place.returned(return_to))
        return sign_in.render("sign_in_sent.html", email=email)

    @routes.get("/sign-in/link/{code}")
    async def look(code: Code) -> Response:
        sign_in.require_protection()
        mailboxes = await sign_in.choices(code)
        return sign_in.render("sign_in_confirm.html", mailboxes=mailboxes, code=code, roles=ROLES)

    @routes.post("/sign-in/link/{code}")
    async def confirm(
        request: Request, code: Code, recipient: Annotated[UUID | None, Form()] = None
    ) -> Response:
        sign_in.require_protection()
        from_this_site(request)
        return await sign_in.redeem(code, recipient)

    @routes.post("/sign-out")
    async def sign_out(request: Request, csrf_token: Annotated[str, Form(max_length=100)] = "") -> Response:
        return await sign_in.end(request, csrf_token)

    return routes


def _add_provider(routes: APIRouter, sign_in: SignIn) -> None:
    @routes.get("/sign-in/oidc")
    async def to_provider(return_to: ReturnTo = "") -> Response:
        sign_in.require_protection()
        if sign_in.provider is None:
            raise CodeIsOver
        address, browser = await sign_in.provider.begin(sign_in.access.place.returned(return_to))
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        sign_in.bind(answer, browser)
        return answer

    @routes.get(CALLBACK_PATH)
    async def from_provider(
        request: Request,
        state: ReturnTo = "",
        code: ReturnTo = "",
        iss: ReturnTo = "",
        error: ReturnTo = "",
        error_description: ReturnTo = "",
        session_state: ReturnTo = "",
        scope: ReturnTo = "",
    ) -> Response:
        sign_in.require_protection()
        if sign_in.provider is None:
            raise CodeIsOver
        del error_description, session_state, scope  # some providers send them
        given = {"state": state, "code": code, "iss": iss, "error": error}
        query = {name: value for name, value in given.items() if value}
        principal, return_to = await sign_in.provider.finish(query, sign_in.browser(request))
        answer = await sign_in.start(principal, Way.OIDC, return_to)
        sign_in.unbind(answer)
        return answer
