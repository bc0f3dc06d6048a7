"""Authentication and authorisation: a signed JWT with role and unit, verified against a JWKS on every endpoint."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.contracts.acting import Acting
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Refusal

AUDIENCE = "loa"
ALGORITHMS = ["EdDSA", "ES256", "RS256"]
SUPERVISING = frozenset({Role.SUPERVISOR, Role.OPERATOR})


class Unauthenticated(Refusal):
    code = "unauthenticated"
    kind = "unauthenticated"


class Forbidden(Refusal):
    code = "forbidden"
    kind = "forbidden"


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer: `subject` is an opaque id, `unit` the code of the unit that the bearer acts for."""

    subject: str
    role: Role
    unit: str | None = None

    @property
    def actor(self) -> str:
        """What events say about who acted: role and opaque id, no personal data."""
        return f"{self.role.value}/{self.subject}"

    @property
    def acting(self) -> Acting:
        """For whom the bearer gives commands: roles above a unit's act on every draft."""
        return Acting(self.unit, supervises=self.role in SUPERVISING)


ANONYMOUS = Principal("anonymous", Role.READER)


class Verifier:
    """Verifies bearer tokens against a JWKS: a file, or an issuer's address (its keys are cached)."""

    def __init__(self, jwks: str, *, public_read: bool = False) -> None:
        self.public_read = public_read
        self._key_for = _keys_of_issuer(jwks) if jwks.startswith("http") else _keys_of_file(jwks)

    async def verify(self, token: str) -> Principal:
        try:
            key = await self._key_for(token)
            claims = jwt.decode(
                token, key, algorithms=ALGORITHMS, audience=AUDIENCE, options={"require": ["exp", "sub"]}
            )
            return Principal(str(claims["sub"]), Role(claims["role"]), claims.get("unit"))
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Unauthenticated(
                f"Mã truy cập không hợp lệ hoặc đã hết hạn ({error}). Đề nghị lấy mã mới bằng lệnh `loa token`.",
                f"The access token is not valid or has expired ({error}). Get a new one with `loa token`.",
            ) from error


KeyFor = Callable[[str], Awaitable[Any]]


def _keys_of_issuer(address: str) -> KeyFor:
    client = jwt.PyJWKClient(address, cache_keys=True, timeout=5)

    async def key_for(token: str) -> Any:
        return (await asyncio.to_thread(client.get_signing_key_from_jwt, token)).key

    return key_for


def _keys_of_file(path: str) -> KeyFor:
    document = json.loads(Path(path).read_text(encoding="utf-8")) if path else {"keys": []}
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(document).keys} if document["keys"] else {}

    async def key_for(token: str) -> Any:
        return keys[jwt.get_unverified_header(token)["kid"]].key

    return key_for


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


def admit(*roles: Role) -> Any:
    """Declare who may call an endpoint; every endpoint has exactly one such declaration."""
    dependency = partial(_admit, frozenset(roles))
    return Depends(dependency)


Reader = Annotated[Principal, admit(Role.READER, Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Writer = Annotated[Principal, admit(Role.UNIT, Role.SUPERVISOR, Role.OPERATOR)]
Supervisor = Annotated[Principal, admit(Role.SUPERVISOR, Role.OPERATOR)]
Operator = Annotated[Principal, admit(Role.OPERATOR)]
