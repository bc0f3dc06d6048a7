"""How someone gets a session in one of the three ways, and gives it up; what the pages of the sign-in show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.adapters.recipients.store import Mailbox
from services.notifier.adapters.rendering.page_templates import PAGES
from services.notifier.adapters.sign_in.mailing import MailSignIn
from services.notifier.adapters.sign_in.provider import LIFETIME, Provider
from shared.auth.callers import Access
from shared.auth.sessions import CSRF_FIELD, SIGN_IN_PATH, Session, SessionEnded, Way, is_csrf_token
from shared.auth.single_use import CodeIsOver, SingleUseCodes
from shared.auth.tokens import Forbidden, Principal
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Text
from shared.observability import signals
from shared.pages.layout import ROLE_NAMES, kept_headers, problem_body, safe
from shared.rules.rights.actions import Action
from shared.rules.rights.table import roles_of

logger = signals.get_logger(__name__)


BROWSER_COOKIE = "loa_oidc"
TITLES: Mapping[str, Text] = {
    "sign-in-link-is-over": Text("Liên kết không còn dùng được", "This link can't be used any more"),
    "sign-in-refused": Text("Chưa đăng nhập được", "Not signed in"),
    "issuer-unavailable": Text("Chưa kết nối được", "No connection"),
    "too-many-sign-in-requests": Text("Quá nhiều yêu cầu", "Too many requests"),
}
NOT_DONE = Text("Chưa thực hiện được", "Not done")


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


EVERY = "all"
WAYS: Mapping[Way, Text] = {
    Way.MAIL: Text("liên kết trong thư", "link by mail"),
    Way.OIDC: Text("tài khoản cơ quan", "office account"),
    Way.COMMAND: Text("lệnh loa login", "loa login"),
}
"""How a person signed in, beside each of the own sessions."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The three ways; without a `provider` two. `home` is the page on which officials begin."""

    access: Access
    mail: MailSignIn
    logins: SingleUseCodes
    provider: Provider | None
    home: str = ""

    def render(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        idle = self.access.sessions.idle // timedelta(minutes=1)
        text = PAGES.get_template(template).render(idle_minutes=idle, **values)
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

    async def overview(self, request: Request, session: Session | None, return_to: str) -> HTMLResponse:
        own = await self.access.sessions.of(session.principal.subject) if session else []
        return self.render(
            "sign_in.html",
            session=session,
            others=[each for each in own if session and each.session_id != session.session_id],
            ways=WAYS,
            role=ROLE_NAMES[session.principal.role.value] if session else None,
            csrf=self.access.csrf_token(request) if session else "",
            csrf_field=CSRF_FIELD,
            return_to=return_to,
            provider=self.provider is not None,
            usable=self.access.place.is_usable,
            metrics=self.access.place.returned(return_to),
            home=self.home if session and session.principal.role in roles_of(Action.REGISTER_DRAFT) else "",
        )

    async def start(
        self, request: Request, principal: Principal, way: Way, return_to: str, **limits: Any
    ) -> Response:
        """Begin a session in place of the one that the browser had, and lead to where the person came from."""
        if (before := await self.present(request)) is not None:
            await self.access.sessions.end(before.session_id)
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

    async def end(self, request: Request, given: str, which: str = "") -> Response:
        """End the session of a browser, another one of the same person, or all of them (`EVERY`)."""
        session, secret = await self.present(request), self.access.secret(request)
        answer = RedirectResponse(f"{self.access.place.notifier.rstrip('/')}/sign-in", HTTPStatus.SEE_OTHER)
        if session is not None and secret is not None:
            if not is_csrf_token(secret, given):
                raise FromAnotherSite
            subject = session.principal.subject
            own = {each.session_id for each in await self.access.sessions.of(subject)}
            ended = own if which == EVERY else own & {which or session.session_id}
            for session_id in ended:
                await self.access.sessions.end(session_id)
            logger.info("session_ended", subject=subject, sessions=len(ended))
            if session.session_id not in ended:
                return answer
        self._set(answer, self.access.place.cookie, "", 0)
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'  # browsers heed it over https alone
        return answer

    async def train(self, request: Request, given: str, *, training: bool) -> Response:
        """Begin or end training in the session of a browser; raises `SessionEnded`, `FromAnotherSite`."""
        session, secret = await self.access.session(request), self.access.secret(request)
        if session is None or secret is None:
            raise SessionEnded
        if not is_csrf_token(secret, given):
            raise FromAnotherSite
        await self.access.sessions.train(session, training=training)
        logger.info("training_changed", training=training, subject=session.principal.subject)
        begins = training and session.principal.role in roles_of(Action.REGISTER_DRAFT) and self.home
        return RedirectResponse(
            self.home if begins else self.access.place.at(SIGN_IN_PATH), HTTPStatus.SEE_OTHER
        )

    async def choices(self, code: str) -> Sequence[Mailbox]:
        """Give what a link admits: mailboxes of a mail, or none for a link of `loa login`; raises `CodeIsOver`."""
        try:
            return await self.mail.choices(code)
        except CodeIsOver:
            await self.logins.look(code)
            return []

    async def redeem(self, request: Request, code: str, recipient: UUID | None) -> Response:
        try:
            principal, return_to, until = await self.mail.spend(code, recipient)
        except CodeIsOver:
            return await self._redeem_login(request, code)
        return await self.start(request, principal, Way.MAIL, return_to, until=until)

    async def _redeem_login(self, request: Request, code: str) -> Response:
        document = await self.logins.spend(code)
        principal = Principal(document["sub"], Role(document["role"]), document["unit"])
        return await self.start(
            request, principal, Way.COMMAND, document["return_to"], token_id=document["token_id"]
        )

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
