"""Who sends a request: by a token in its header, or by the cookie of a session."""

from contextvars import ContextVar
from dataclasses import dataclass, replace

from fastapi import Request

from shared.auth.sessions import (
    CSRF_FIELD,
    CSRF_HEADER,
    SIGN_IN_PATH,
    SIGN_OUT_PATH,
    TRAINING_END_PATH,
    Session,
    Sessions,
    SignInPlace,
    csrf_token,
    is_csrf_token,
)
from shared.auth.tokens import Forbidden, Mapped, Principal, RevokedTokens, Verifier
from shared.contracts.vocabulary import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FETCH, BY_SCRIPTS = "sec-fetch-dest", {"empty"}  # what our page asks for by itself (Fetch Metadata)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Visit:
    """What every page says of whoever looks at it: as what they have signed in, or without a role where they can.

    The forms to `sign_out` and, for somebody in training, `end_training` bring `csrf` along under the name `csrf_field`.
    """

    account: str
    role: Role | None = None
    unit: str | None = None
    sign_out: str = ""
    end_training: str = ""
    csrf: str = ""
    csrf_field: str = CSRF_FIELD


VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)
"""Who looks at the present page; None for a program, for the holder of a link, and where nobody can sign in."""


class UnreadRequest(Request):
    """A request whose body is not read yet: who sends it is asked once before, and again with the body."""


class WrongCsrfToken(Forbidden):
    """A request by cookie that changes something, and that no page of ours has sent."""

    code = "csrf-token-missing"

    def __init__(self) -> None:
        super().__init__(
            "Yêu cầu không được gửi từ một trang của hệ thống, hoặc trang đã mở quá lâu. "
            "Đề nghị tải lại trang rồi gửi lại.",
            f"The request does not come from a page of this system, or the page is too old. Load the page again "
            f"and send it again (a program sends {CSRF_HEADER}, or a token instead of a cookie).",
        )


class Access:
    """How a service finds out who calls: tokens, and sessions where they can be used."""

    def __init__(
        self,
        verifier: Verifier,
        mapped: Mapped,
        revoked: RevokedTokens,
        sessions: Sessions,
        place: SignInPlace,
    ) -> None:
        self.verifier = verifier
        self.mapped = mapped
        self.revoked = revoked
        self.sessions = sessions
        self.place = place

    def secret(self, request: Request) -> str | None:
        """Give the cookie of a session as it was sent."""
        return request.cookies.get(self.place.cookie) if self.place.is_usable else None

    def csrf_token(self, request: Request) -> str:
        """Give what the forms of a page send along; empty without a session."""
        secret = self.secret(request)
        return csrf_token(secret) if secret else ""

    async def session(self, request: Request) -> Session | None:
        """Give the session of a request that has the cookie of one; raises `SessionEnded`."""
        secret = self.secret(request)
        if secret is None:
            return None
        session = await self.sessions.find(secret, by_person=request.headers.get(FETCH) not in BY_SCRIPTS)
        VISIT.set(self._visit(session.principal, csrf_token(secret)))
        return session

    def see_stranger(self, request: Request) -> None:
        """Say on the page where one signs in."""
        if self.place.is_usable:
            VISIT.set(Visit(self.place.sign_in(request.url.path)))

    def _visit(self, principal: Principal, csrf: str) -> Visit:
        return Visit(
            account=self.place.at(SIGN_IN_PATH),
            role=principal.role,
            unit=principal.unit,
            sign_out=self.place.at(SIGN_OUT_PATH),
            end_training=self.place.at(TRAINING_END_PATH) if principal.training else "",
            csrf=csrf,
        )

    async def by_cookie(self, request: Request) -> Principal | None:
        """Give who has signed in; raises `SessionEnded`, `WrongCsrfToken`."""
        session = await self.session(request)
        if session is None:
            return None
        if request.method not in SAFE_METHODS and not await self._is_from_our_page(request):
            raise WrongCsrfToken
        return replace(session.principal, signed_in_at=session.started)

    async def _is_from_our_page(self, request: Request) -> bool:
        given = request.headers.get(CSRF_HEADER)
        if given is None and request.headers.get("content-type", "").startswith(FORMS):
            if isinstance(request, UnreadRequest):
                return True  # the field stands in the body
            field = (await request.form()).get(CSRF_FIELD)
            given = field if isinstance(field, str) else None
        return given is not None and is_csrf_token(self.secret(request) or "", given)


def access_of(request: Request) -> Access | None:
    """Give how the application finds out who calls; None where it has no sessions (a part of one, in a test)."""
    return getattr(request.app.state, "access", None)
