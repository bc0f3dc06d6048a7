"""What a token may say in its header and claims: strict types, so that no value of them raises anything else."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Header(BaseModel):
    """What the header of a token may say: no key, no address of one, no extension (RFC 8725, 2.9 and 3.10)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    alg: Annotated[str, StringConstraints(max_length=16)]
    kid: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    typ: Literal["JWT", "jwt", "at+jwt", "application/at+jwt"] | None = None


FORBIDDEN_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
_OF_OTHER_TOKENS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})
LAST_MOMENT = 253_402_300_799  # the last second of the year 9999
Moment = (
    Annotated[int, Field(ge=0, le=LAST_MOMENT)]
    | Annotated[float, Field(ge=0, le=LAST_MOMENT, allow_inf_nan=False)]
)
Opaque = Annotated[str, StringConstraints(pattern=r"\A[\x21-\x7e]{1,255}\z")]
UnitCode = Annotated[str, StringConstraints(pattern=r"\A[A-Z0-9][A-Z0-9._-]{1,63}\z")]


class Claims(BaseModel):
    """The claims that are read of any token; role and unit come after it is clear whose token it is."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    sub: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: Moment
    nbf: Moment = 0
    iat: Moment = 0
    jti: Opaque | None = None
    iss: str | None = None


def at(claims: Mapping[str, Any], path: str) -> Any:
    """Look a claim up by its name, or by a path with dots (`realm_access.roles`)."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def all_of(claims: Claims) -> Mapping[str, Any]:
    return {**claims.model_dump(), **(claims.model_extra or {})}


def is_of_another_kind(claims: Mapping[str, Any]) -> bool:
    """Tell ID tokens, refresh tokens and logout tokens: they say who signed in, not what may be called."""
    kinds = {claims.get("typ", "Bearer"), claims.get("token_use", "access")}
    return bool(claims.keys() & _OF_OTHER_TOKENS) or not kinds <= {"Bearer", "bearer", "access"}
