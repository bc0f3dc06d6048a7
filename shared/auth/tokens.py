"""Access tokens: signed JWTs, what they may claim, their verification and revocation, and who bears them."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Literal, Protocol
from uuid import uuid5

import jwt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.auth.key_sets import FileKeys, IssuerKeys, KeySource, VerificationKey, json_at
from shared.contracts.event import LOA_NAMESPACE, Acting
from shared.contracts.vocabulary import Role
from shared.eventstore.buckets import Bucket, hashed
from shared.kernel import runtime
from shared.kernel.counted import counted
from shared.kernel.errors import Refusal
from shared.kernel.runtime import Clock
from shared.kernel.transient import BROKER
from shared.observability import signals


class Header(BaseModel):
    """What the header of a token may say: no key, no address of one, no extension (RFC 8725, 2.9 and 3.10)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    alg: Annotated[str, StringConstraints(max_length=16)]
    kid: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    typ: Literal["JWT", "jwt", "at+jwt", "application/at+jwt"] | None = None


VERIFIED = 1024  # signatures that are remembered
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


logger = signals.get_logger(__name__)

MOST_AGE_SECONDS = 2.0
AGAIN_SECONDS = 10.0  # after a reading that failed: the bucket may not be declared yet, or the broker is busy


@dataclass(slots=True)
class RevokedTokens:
    """A token that is revoked is refused within `MOST_AGE_SECONDS` by every service that reaches the broker.

    While the broker is away the last list counts: without the broker nothing can be written either.
    """

    bucket: Bucket
    clock: Callable[[], float] = monotonic
    _keys: frozenset[str] = frozenset()
    _due_at: float = float("-inf")
    _was_read: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def include(self, token_id: str) -> bool:
        """Say whether a token is revoked, by its `jti`, or its subject if it has none."""
        if self.bucket.client.is_connected and self._is_due() and not self._is_being_read():
            async with self._lock:
                await self._read()
        return hashed(token_id) in self._keys

    async def revoke(self, token_id: str, at: datetime, by: str) -> None:
        await self.bucket.put(hashed(token_id), {"id": token_id, "at": at.isoformat(), "by": by})
        self._due_at = float("-inf")

    async def listed(self) -> list[dict[str, str]]:
        """Give what is known of each revoked token: `id`, `at`, `by`."""
        keys = sorted(await self.bucket.keys())
        entries = await asyncio.gather(*(self.bucket.get(key) for key in keys))
        return [dict(entry.document) for entry in entries if entry.document]

    def _is_due(self) -> bool:
        return self.clock() > self._due_at

    def _is_being_read(self) -> bool:
        """While the list is read again the last one counts; for the first one every request waits."""
        return self._lock.locked() and self._was_read

    async def _read(self) -> None:
        if not self._is_due():  # another request has read it meanwhile
            return
        try:
            self._keys = await self.bucket.keys()
            self._was_read, self._due_at = True, self.clock() + MOST_AGE_SECONDS
        except BROKER as error:
            self._due_at = self.clock() + AGAIN_SECONDS
            logger.warning("revoked_tokens_not_read", error=f"{type(error).__name__}: {error}")


AUDIENCE = "loa"
ISSUER = "urn:loa"  # of the tokens that `loa token` signs
LONGEST = timedelta(days=90)
SKEW = 30.0  # seconds by which the clock of an issuer may be ahead
MOST_CHARACTERS = 8192
NEED_UNIT = frozenset({"unit", "head"})
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


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
    training: bool = False  # of somebody signed in who enters exercise data alone
    signed_in_at: datetime | None = None  # when the session began; None for the bearer of a token

    @property
    def actor(self) -> str:
        """What events say about who acted: role and opaque id, no personal data."""
        return f"{self.role.value}/{self.subject}"

    @property
    def acting(self) -> Acting:
        """For whom the bearer gives commands; one who was admitted by no route acts for the own unit alone."""
        return self.within or Acting(self.unit, supervises=self.role is Role.OPERATOR)


ANONYMOUS = Principal("anonymous", Role.READER)


class TokenNotValid(Unauthenticated):
    """`why` names the fault without repeating anything of the token."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Mã truy cập không hợp lệ hoặc đã hết hạn ({why}). Đề nghị lấy mã mới bằng lệnh `loa token`.",
            f"The access token is not valid or has expired ({why}). Get a new one with `loa token`.",
        )


class Identity(BaseModel):
    """Who a token is of, in our words."""

    model_config = ConfigDict(strict=True, frozen=True)

    sub: Opaque
    role: Role
    unit: UnitCode | None = None

    def principal(self) -> Principal:
        if self.role.value in NEED_UNIT and self.unit is None:
            raise ValueError("the role needs a unit")
        return Principal(self.sub, self.role, self.unit)


OWN_NAMES: Mapping[str, Role] = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Mapped:
    """How an identity provider names our roles: `role_claim` and `unit_claim` may be paths with dots."""

    issuer: str = ""
    roles: Mapping[str, Role] = field(default_factory=lambda: OWN_NAMES)
    role_claim: str = "role"
    unit_claim: str = "unit"

    def identity(self, claims: Mapping[str, Any]) -> Identity:
        """Read who someone is for us; the subject becomes an opaque id of ours. Raises `ValueError`."""
        if not self.issuer or claims.get("iss") != self.issuer:
            raise ValueError("of another issuer")
        subject = uuid5(LOA_NAMESPACE, f"subject:{self.issuer}:{claims['sub']}")
        return Identity(sub=f"oidc-{subject}", role=self._role(claims), unit=at(claims, self.unit_claim))

    def _role(self, claims: Mapping[str, Any]) -> Role:
        named = at(claims, self.role_claim)
        names = named if isinstance(named, list) else [named]
        roles = {self.roles[name] for name in names if isinstance(name, str) and name in self.roles}
        if len(roles) != 1:
            raise ValueError("without exactly one role of ours")
        return roles.pop()


class RevokedIds(Protocol):
    async def include(self, token_id: str) -> bool: ...


class NothingRevoked:
    async def include(self, token_id: str) -> bool:
        del token_id
        return False


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a valid token, until when, and by which id it can be revoked."""

    principal: Principal
    expires: datetime
    token_id: str


class Verifier:
    """Verifies bearer tokens; `jwks` names key sets, with commas: paths of files, and the address of an issuer's."""

    def __init__(
        self,
        jwks: str,
        *,
        public_read: bool = False,
        mapped: Mapped | None = None,
        revoked: RevokedIds | None = None,
        now: Clock = runtime.now,
    ) -> None:
        self.public_read = public_read
        self._mapped = mapped or Mapped()
        self._revoked = revoked or NothingRevoked()
        self._now = now
        places = [place.strip() for place in jwks.split(",") if place.strip()]
        self._sources: Sequence[tuple[KeySource, bool]] = [_source(place) for place in places]

    async def verify(self, token: str) -> Principal:
        """Give who bears a token; raises `Unauthenticated`, `IssuerUnavailable`."""
        return (await self.bearer(token)).principal

    async def bearer(self, token: str) -> Bearer:
        """Verify a token; raises `Unauthenticated`, `IssuerUnavailable`."""
        header = _header(token)
        key, of_issuer = await self._key(header)
        bearer = self._read(_payload(token, key), of_issuer=of_issuer)
        if await self._revoked.include(bearer.token_id):
            raise TokenNotValid("revoked")
        return bearer

    async def _key(self, header: Header) -> tuple[VerificationKey, bool]:
        for source, of_issuer in self._sources:
            if (key := await source.key(header.kid)) is not None:
                if key.algorithm != header.alg:
                    raise TokenNotValid("another algorithm than that of its key")
                return key, of_issuer
        raise TokenNotValid("unknown key")

    def _read(self, payload: bytes, *, of_issuer: bool) -> Bearer:
        try:
            claims = Claims.model_validate_json(payload)
            self._check(claims)
            named = self._mapped.identity(all_of(claims)) if of_issuer else _own(claims)
            expires = datetime.fromtimestamp(claims.exp, UTC)
            return Bearer(named.principal(), expires, claims.jti or claims.sub)
        except ValidationError as error:
            names = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
            raise TokenNotValid(f"claims: {', '.join(names)}") from error
        except ValueError as error:
            raise TokenNotValid(str(error)) from error

    def _check(self, claims: Claims) -> None:
        now = self._now().timestamp()
        if claims.exp <= now:
            raise ValueError("expired")
        if claims.exp > now + LONGEST.total_seconds() + SKEW:
            raise ValueError(f"valid for more than {counted(LONGEST.days, 'day')}")
        if max(claims.nbf, claims.iat) > now + SKEW:
            raise ValueError("not valid yet")
        if AUDIENCE not in (claims.aud if isinstance(claims.aud, list) else [claims.aud]):
            raise ValueError("for another audience")
        if is_of_another_kind(all_of(claims)):
            raise ValueError("no access token")


def _source(place: str) -> tuple[KeySource, bool]:
    if place.startswith(("http://", "https://")):
        return IssuerKeys(lambda: json_at(place)), True
    return FileKeys(Path(place)), False


def _header(token: str) -> Header:
    """Read the header before anything is verified: small, of plain types, without keys of its own."""
    if len(token) > MOST_CHARACTERS:
        raise TokenNotValid("too long")
    if not _COMPACT.fullmatch(token):
        raise TokenNotValid("no signed token")
    try:
        header = Header.model_validate_json(jwt.utils.base64url_decode(token.partition(".")[0]))
    except ValueError as error:
        raise TokenNotValid("header") from error
    if FORBIDDEN_HEADERS & (header.model_extra or {}).keys():
        raise TokenNotValid("header")
    return header


@lru_cache(VERIFIED)
def _payload(token: str, key: VerificationKey) -> bytes:
    """Verify the signature, once for a token and a key: a key that was read again is another one.

    What the claims say (until when, for whom, whether it was revoked) is looked at each time.
    """
    try:
        payload: bytes = jwt.PyJWS([key.algorithm]).decode(token, key.key, [key.algorithm])
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenNotValid("signature") from error
    return payload


def _own(claims: Claims) -> Identity:
    if claims.iss not in {None, ISSUER}:
        raise ValueError("of another issuer")
    extra = claims.model_extra or {}
    named = {"sub": claims.sub, "role": _role(extra.get("role")), "unit": extra.get("unit")}
    return Identity.model_validate(named)


def _role(value: Any) -> Role:
    if not isinstance(value, str):
        raise ValueError("role")  # noqa: TRY004  what a token says is a value
    return Role(value)
