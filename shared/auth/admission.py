"""Who may call a route: every route declares the roles that it admits."""

from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.auth.callers import access_of
from shared.auth.tokens import ANONYMOUS, Forbidden, Principal, Unauthenticated, Verifier
from shared.contracts.vocabulary import Role

_bearer = HTTPBearer(auto_error=False, description="A signed JWT (`loa token`) with role and unit.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _admit(roles: frozenset[Role], request: Request, credentials: Credentials) -> Principal:
    principal = await _principal(request, credentials)
    if principal is None:
        if request.app.state.verifier.public_read and Role.READER in roles:
            return ANONYMOUS
        raise Unauthenticated(
            "Yêu cầu này cần mã truy cập: gửi kèm tiêu đề `Authorization: Bearer <mã>`; lấy mã bằng `loa token`.",
            "This request needs an access token: send `Authorization: Bearer <token>`; `loa token` prints one.",
        )
    if principal.role not in roles:
        allowed = ", ".join(sorted(roles))
        raise Forbidden(
            f"Vai trò “{principal.role}” không được phép thực hiện thao tác này; cần một trong: {allowed}.",
            f"The role '{principal.role}' may not do this; one of these may: {allowed}.",
        )
    return principal


async def _principal(request: Request, credentials: Credentials) -> Principal | None:
    """Find out who calls: by the token, or without one by the cookie of a session."""
    if credentials is not None:
        verifier: Verifier = request.app.state.verifier
        return await verifier.verify(credentials.credentials)
    access = access_of(request)
    return await access.by_cookie(request) if access else None


def admit(*roles: Role) -> Any:
    """Declare who may call an endpoint; every endpoint has exactly one such declaration."""
    dependency = partial(_admit, frozenset(roles))
    return Depends(dependency)


Reader = Annotated[Principal, admit(Role.READER, Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Writer = Annotated[Principal, admit(Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Supervisor = Annotated[Principal, admit(Role.SUPERVISOR, Role.OPERATOR)]
Operator = Annotated[Principal, admit(Role.OPERATOR)]
