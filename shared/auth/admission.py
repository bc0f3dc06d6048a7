"""Who may call a route: every route declares the action that it stands for, and the table of rights says whose it is."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.auth.callers import access_of
from shared.auth.sessions import SessionEnded
from shared.auth.tokens import ANONYMOUS, Forbidden, Principal, Unauthenticated, Verifier
from shared.contracts.event import Acting
from shared.contracts.vocabulary import Dataset
from shared.directory.datasets import NAMED
from shared.directory.folds import UnitsOn
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.kernel.transient import BROKER
from shared.rules.rights.actions import Action
from shared.rules.rights.table import (
    IN_TRAINING,
    PUBLIC,
    Standing,
    acting,
    is_everywhere,
    needs_directory,
    roles_of,
)

_bearer = HTTPBearer(auto_error=False, description="A signed JWT (`loa token`) with role and unit.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class UnitsByDay(Protocol):
    """The directory, as the service projects it."""

    async def on(self, day: date) -> UnitsOn: ...
    async def carried_on_by(self, unit_code: str, day: date) -> frozenset[str]: ...


async def _admit(action: Action, request: Request, credentials: Credentials) -> Principal:
    """Admit the caller if its role may do this to something; for which units, goes along as `within`."""
    principal = await _principal(request, credentials)
    if principal is None:
        if request.app.state.verifier.public_read and action in PUBLIC:
            return ANONYMOUS
        raise Unauthenticated(
            "Yêu cầu này cần mã truy cập: gửi kèm tiêu đề `Authorization: Bearer <mã>`; lấy mã bằng `loa token`.",
            "This request needs an access token: send `Authorization: Bearer <token>`; `loa token` prints one.",
        )
    request.state.actor = principal.actor  # for the log
    if principal.role not in (roles := roles_of(action)):
        allowed = ", ".join(sorted(roles))
        raise Forbidden(
            f"Vai trò “{principal.role}” không được phép thực hiện thao tác này; cần một trong: {allowed}.",
            f"The role '{principal.role}' may not do this; one of these may: {allowed}.",
        )
    if principal.training:
        _train(action)
    standing = await _standing(action, request, principal)
    return replace(principal, within=acting(principal.role, action, standing))


class NotInTraining(Forbidden):
    """Somebody in training asks for what holds outside the exercise: a mailbox, a unit, a published report, a mail."""

    code = "not-in-training"

    def __init__(self) -> None:
        super().__init__(
            "Tài khoản đang ở chế độ tập nhập liệu. Thao tác này có hiệu lực thật nên chưa được thực hiện; đề nghị kết thúc "
            "tập nhập liệu rồi thực hiện lại.",
            "This account is in training. What you ask for would hold outside the exercise, so it was not done; end the "
            "training first.",
        )


def _train(action: Action) -> None:
    """Let somebody in training see the exercise; raises `NotInTraining`."""
    if NAMED.get() is None:
        NAMED.set(Dataset.EXERCISE)
    if action not in IN_TRAINING:
        raise NotInTraining


async def _seen(request: Request) -> None:
    if (access := access_of(request)) is not None:
        with suppress(SessionEnded, *BROKER):  # what such a page is for does not need to know
            await access.session(request)


Seen = Depends(_seen)
"""Declared by pages that ask nobody who it is: they too say who has signed in, and that training is on."""


async def _principal(request: Request, credentials: Credentials) -> Principal | None:
    """Find out who calls: by the token, or without one by the cookie of a session."""
    if credentials is not None:
        verifier: Verifier = request.app.state.verifier
        return await verifier.verify(credentials.credentials)
    access = access_of(request)
    principal = await access.by_cookie(request) if access else None
    if access is not None and principal is None:
        access.see_stranger(request)
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


async def _standing(action: Action, request: Request, principal: Principal) -> Standing:
    """Ask the directory of today, if the answer depends on it."""
    if principal.unit is None or is_everywhere(principal.role, action):
        return Standing(unit_code=principal.unit)
    clock: Clock = request.app.state.clock
    directory: UnitsByDay = request.app.state.units
    today = day_in_vietnam(clock())
    carried_on = await directory.carried_on_by(principal.unit, today)
    if not needs_directory(principal.role, action):
        return Standing(unit_code=principal.unit, carries_on=carried_on)
    units = await directory.on(today)
    return Standing(
        unit_code=principal.unit,
        carries_on=carried_on,
        below=units.below(principal.unit),
        area=units.areas.area(principal.unit),
        followed_by=frozenset(units.areas.supervisors(principal.unit)),
    )


async def acting_for(action: Action, request: Request, principal: Principal) -> Acting:
    """Say for which units one who was admitted may do something else too: parts of an answer are not everybody's."""
    return acting(principal.role, action, await _standing(action, request, principal))


def may(action: Action) -> Any:
    """Declare what an endpoint does; every endpoint has exactly one such declaration, here or by `stands_for`."""
    return Depends(partial(_admit, action))


async def _declared(action: Action) -> None:
    """Ask nobody: the action is open to everybody, or a link of a mail was checked."""


def stands_for(action: Action) -> Any:
    """Declare what an endpoint without a token does: one that is open, or one behind a link of a mail."""
    return Depends(partial(_declared, action))
