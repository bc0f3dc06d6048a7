"""Who may call a route: every route declares the roles that it admits."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.auth.tokens import ANONYMOUS, Forbidden, Principal, Unauthenticated, Verifier
from shared.contracts.vocabulary import Role

_bearer = HTTPBearer(auto_error=False, description="A signed JWT (`loa token`) with role and unit.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _admit(roles: frozenset[Role], request: Request, credentials: Credentials) -> Principal:
    verifier: Verifier = request.app.state.verifier
    if credentials is None:
        if verifier.public_read and Role.READER in roles:
            return ANONYMOUS
        raise Unauthenticated(
            "Yêu cầu này cần mã truy cập: gửi kèm tiêu đề `Authorization: Bearer <mã>`; lấy mã bằng `loa token`.",
            "This request needs an access token: send `Authorization: Bearer <token>`; `loa token` prints one.",
        )
    principal = await verifier.verify(credentials.credentials)
    if principal.role not in roles:
        allowed = ", ".join(sorted(roles))
        raise Forbidden(
            f"Vai trò “{principal.role}” không được phép thực hiện thao tác này; cần một trong: {allowed}.",
            f"The role '{principal.role}' may not do this; one of these may: {allowed}.",
        )
    return principal


def admission_of(dependant: Dependant) -> Callable[[Request], Awaitable[Principal]] | None:
    """Give what a route does to admit its caller, so that it can be done before the body is read; None for an open route."""
    for dependency in dependant.dependencies:
        call = dependency.call
        if isinstance(call, partial) and call.func is _admit:
            return partial(_admit_early, call)
        if (inner := admission_of(dependency)) is not None:
            return inner
    return None


async def _admit_early(admission: Callable[..., Awaitable[Principal]], request: Request) -> Principal:
    return await admission(request, await _bearer(request))


def admit(*roles: Role) -> Any:
    """Declare who may call an endpoint; every endpoint has exactly one such declaration."""
    dependency = partial(_admit, frozenset(roles))
    return Depends(dependency)


Reader = Annotated[Principal, admit(Role.READER, Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Writer = Annotated[Principal, admit(Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Supervisor = Annotated[Principal, admit(Role.SUPERVISOR, Role.OPERATOR)]
Operator = Annotated[Principal, admit(Role.OPERATOR)]
