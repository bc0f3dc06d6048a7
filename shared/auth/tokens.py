"""Access tokens: signed JWTs, verified with the keys of a file or an issuer, and who bears them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from shared.contracts.event import Acting
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Refusal

AUDIENCE = "loa"
ALGORITHMS = ["EdDSA", "ES256", "RS256"]


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
    within: Acting | None = (
        None  # for which units, by the table of rights; set where a route admits the bearer
    )

    @property
    def actor(self) -> str:
        """What events say about who acted: role and opaque id, no personal data."""
        return f"{self.role.value}/{self.subject}"

    @property
    def acting(self) -> Acting:
        """For whom the bearer gives commands; one who was admitted by no route acts for the own unit alone."""
        return self.within or Acting(self.unit, supervises=self.role is Role.OPERATOR)


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
