"""What an operator does with sign-ins over the API: a one-time address, the sessions, the revoked tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from shared.auth.admission import Credentials, may
from shared.auth.callers import Access
from shared.auth.sessions import Session, Way
from shared.auth.single_use import SingleUseCodes
from shared.auth.tokens import Forbidden, Principal
from shared.contracts.vocabulary import Role
from shared.http.requests.request_context import Body, example
from shared.kernel.errors import Refusal
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.rules.rights.actions import Action

logger = signals.get_logger(__name__)

LOGIN_LIFETIME = timedelta(minutes=5)


class SessionNotFound(Refusal):
    code = "session-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Không có phiên đăng nhập này, hoặc phiên đã kết thúc.",
            "There is no such session, or it has ended.",
        )


class NeedsToken(Forbidden):
    code = "needs-a-token"

    def __init__(self) -> None:
        super().__init__(
            "Chỉ mã truy cập mới tạo được địa chỉ đăng nhập một lần; hãy dùng lệnh `loa login`.",
            "Only an access token makes a one-time sign-in address; use `loa login`.",
        )


class LoginAsked(Body):
    """A one-time address for the bearer of the token; it leads to `return_to`, which is a page of this platform."""

    model_config = example(return_to="http://127.0.0.1:8003/")

    return_to: str = Field(default="", max_length=2000)


class Login(BaseModel):
    address: str
    expires: datetime


class SessionView(BaseModel):
    """A session that lasts; `session_id` is no secret."""

    session_id: str
    role: Role
    unit: str | None
    subject: str
    way: Way
    started: datetime
    expires: datetime


class SessionList(BaseModel):
    sessions: Sequence[SessionView]


class Revocation(Body):
    """The `jti` of a token, or the subject of one that has none, or of a person: their sessions end too."""

    model_config = example(token_id="5f0c2c1e8b6f4e0f9f4d7d0f2a0f3b11")  # noqa: S106  an id

    token_id: str = Field(min_length=1, max_length=255)


class RevokedToken(BaseModel):
    id: str
    at: datetime
    by: str


class EndedSession(BaseModel):
    session_id: str


class RevokedList(BaseModel):
    tokens: Sequence[RevokedToken]


def router(access: Access, logins: SingleUseCodes, now: Clock) -> APIRouter:
    routes = APIRouter(tags=["sign-in"])

    @routes.post("/sign-in/codes", status_code=201, summary="Make a one-time sign-in address (`loa login`)")
    async def login(
        principal: Annotated[Principal, may(Action.MAKE_LOGIN)], credentials: Credentials, body: LoginAsked
    ) -> Login:
        if credentials is None:
            raise NeedsToken
        bearer = await access.verifier.bearer(credentials.credentials)
        place = access.place
        code, expires = await logins.issue(
            {
                "sub": principal.subject,
                "role": principal.role.value,
                "unit": principal.unit,
                "token_id": bearer.token_id,
                "return_to": place.returned(body.return_to),
            }
        )
        logger.info("login_address_issued", by=principal.actor)
        return Login(address=f"{place.notifier.rstrip('/')}/sign-in/link/{code}", expires=expires)

    @routes.get("/sessions", summary="Who is signed in")
    async def sessions(_: Annotated[Principal, may(Action.READ_SESSIONS)]) -> SessionList:
        return SessionList(sessions=[_view(session) for session in await access.sessions.listed()])

    @routes.post("/sessions/{session_id}/end", summary="End a session")
    async def end(
        principal: Annotated[Principal, may(Action.END_SESSION)],
        session_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}\.[0-9a-f]{64}$")],
    ) -> EndedSession:
        if await access.sessions.get(session_id) is None:
            raise SessionNotFound
        await access.sessions.end(session_id)
        logger.info("session_revoked", session=session_id, by=principal.actor)
        return EndedSession(session_id=session_id)

    @routes.get("/revoked-tokens", summary="Which tokens are not accepted any more")
    async def revoked(_: Annotated[Principal, may(Action.READ_SESSIONS)]) -> RevokedList:
        return RevokedList(tokens=[RevokedToken.model_validate(t) for t in await access.revoked.listed()])

    @routes.post("/revoked-tokens", summary="Revoke a token, or everything of a subject")
    async def revoke(
        principal: Annotated[Principal, may(Action.REVOKE_ACCESS)], body: Revocation
    ) -> RevokedToken:
        at = now()
        await access.revoked.revoke(body.token_id, at, principal.actor)
        await access.sessions.end_all_of(body.token_id)
        logger.info("token_revoked", token_id=body.token_id, by=principal.actor)
        return RevokedToken(id=body.token_id, at=at, by=principal.actor)

    return routes


def _view(session: Session) -> SessionView:
    principal = session.principal
    return SessionView(
        session_id=session.session_id,
        role=principal.role,
        unit=principal.unit,
        subject=principal.subject,
        way=session.way,
        started=session.started,
        expires=session.expires,
    )
