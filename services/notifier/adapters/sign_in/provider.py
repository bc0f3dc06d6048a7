"""Signing in at an identity provider: OpenID Connect's code flow with PKCE (RFC 7636, RFC 9207, OpenID Connect Core)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from urllib.parse import quote_plus, urlsplit

import httpx
import jwt
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.auth.key_sets import FETCH_SECONDS, IssuerKeys, IssuerUnavailable, json_at
from shared.auth.sessions import is_loopback
from shared.auth.single_use import CodeIsOver, SingleUseCodes
from shared.auth.tokens import SKEW, Mapped, Moment, Principal
from shared.eventstore.buckets import hashed
from shared.kernel.authorities import authorities
from shared.kernel.errors import Refusal
from shared.kernel.runtime import Clock
from shared.observability import signals

logger = signals.get_logger(__name__)

CALLBACK_PATH = "/sign-in/oidc/callback"
LIFETIME = timedelta(minutes=10)
SCOPE = "openid"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
METADATA_SECONDS = 3600.0
CONNECTION_FAULTS = (httpx.HTTPError, httpx.InvalidURL, OSError)


class SignInRefused(Refusal):
    """The provider, or what it says of someone, does not let them in; `why` is for the log."""

    code = "sign-in-refused"
    kind = "forbidden"

    def __init__(self, why: str) -> None:
        super().__init__(
            "Chưa đăng nhập được bằng tài khoản này: tài khoản chưa được giao vai trò trong hệ thống, hoặc lần đăng "
            "nhập đã bị hủy. Đề nghị liên hệ người vận hành, hoặc đăng nhập bằng cách khác.",
            "This account could not sign in: it has no role here, or signing in was cancelled. Please ask the "
            "operator, or sign in in another way.",
        )
        logger.warning("oidc_sign_in_refused", why=why)


class Metadata(BaseModel):
    """What the provider says of itself (OpenID Connect Discovery)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class IdClaims(BaseModel):
    """The claims of an ID token that OpenID Connect Core (3.1.3.7) has checked."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    iss: str
    sub: str
    aud: str | list[str]
    exp: Moment
    iat: Moment
    nonce: str
    azp: str | None = None


@dataclass(slots=True)
class Provider:
    """One client of one provider. `own` is the address of this service, to which the provider leads back."""

    client_id: str
    client_secret: str
    mapped: Mapped
    own: str
    states: SingleUseCodes
    now: Clock
    _metadata: Metadata | None = None
    _read_at: float = float("-inf")
    _keys: IssuerKeys | None = field(default=None, repr=False)

    @property
    def callback(self) -> str:
        return f"{self.own.rstrip('/')}{CALLBACK_PATH}"

    async def begin(self, return_to: str) -> tuple[str, str]:
        """Give the provider's address to go to, and what this browser has to bring back in a cookie."""
        metadata = await self._discovered()
        browser, verifier, nonce = (secrets.token_urlsafe(48) for _ in range(3))
        state, _ = await self.states.issue(
            {"browser": hashed(browser), "verifier": verifier, "nonce": nonce, "return_to": return_to}
        )
        address = prepare_grant_uri(
            metadata.authorization_endpoint,
            self.client_id,
            "code",
            self.callback,
            SCOPE,
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return address, browser

    async def finish(self, query: Mapping[str, str], browser: str) -> tuple[Principal, str]:
        """Say who came back and where to go; raises `SignInRefused`, `CodeIsOver`, `IssuerUnavailable`."""
        begun = await self.states.spend(query.get("state", ""))
        if not secrets.compare_digest(begun["browser"], hashed(browser)):
            raise CodeIsOver
        metadata = await self._discovered()
        if query.get("iss", metadata.issuer) != metadata.issuer:
            raise SignInRefused("the answer names another issuer")
        if "code" not in query:
            raise SignInRefused(f"the provider answers {query.get('error', 'nothing')[:60]!r}")
        token = await self._token(metadata, query["code"], begun["verifier"])
        return await self._principal(token, begun["nonce"]), str(begun["return_to"])

    async def _token(self, metadata: Metadata, code: str, verifier: str) -> str:
        """Exchange the code for an ID token (RFC 6749, 4.1.3)."""
        body = prepare_token_request(
            "authorization_code", redirect_uri=self.callback, code=code, code_verifier=verifier, **self._named
        )
        try:
            async with httpx.AsyncClient(
                timeout=FETCH_SECONDS, auth=self._credentials, verify=authorities()
            ) as client:
                answer = await client.post(metadata.token_endpoint, content=body, headers=FORM)
            if answer.is_server_error:
                raise IssuerUnavailable
            document = answer.json()
        except CONNECTION_FAULTS as error:
            raise IssuerUnavailable from error
        except ValueError as error:
            raise SignInRefused("the answer to the code can't be read") from error
        token = document.get("id_token") if answer.is_success and isinstance(document, dict) else None
        if not isinstance(token, str):
            raise SignInRefused(f"the code is refused ({answer.status_code})")
        return token

    @property
    def _named(self) -> dict[str, str]:
        """A client without a secret names itself in the body."""
        return {} if self.client_secret else {"client_id": self.client_id}

    @property
    def _credentials(self) -> httpx.BasicAuth | None:
        """Both parts are encoded as in a form (RFC 6749, 2.3.1)."""
        if not self.client_secret:
            return None
        return httpx.BasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret))

    async def _principal(self, token: str, nonce: str) -> Principal:
        try:
            claims = IdClaims.model_validate_json(await self._verified(token))
            self._check(claims, nonce)
            return self.mapped.identity({**claims.model_dump(), **(claims.model_extra or {})}).principal()
        except ValidationError as error:  # its text repeats claims, which name people
            names = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
            raise SignInRefused(f"ID token: claims: {', '.join(names)}") from error
        except (ValueError, jwt.PyJWTError) as error:
            raise SignInRefused(f"ID token: {error}") from error

    async def _verified(self, token: str) -> bytes:
        header = jwt.get_unverified_header(token)
        key = await (await self._issuer_keys()).key(str(header.get("kid", "")))
        if key is None or header.get("alg") != key.algorithm or "crit" in header:
            raise ValueError("by an unknown key")
        payload: bytes = jwt.PyJWS([key.algorithm]).decode(token, key.key, [key.algorithm])
        return payload

    def _check(self, claims: IdClaims, nonce: str) -> None:
        now = self.now().timestamp()
        audience = claims.aud if isinstance(claims.aud, list) else [claims.aud]
        if self.client_id not in audience or (claims.azp or self.client_id) != self.client_id:
            raise ValueError("for another client")
        if len(audience) > 1 and claims.azp is None:
            raise ValueError("for several clients")
        if claims.exp <= now or claims.iat > now + SKEW:
            raise ValueError("not valid now")
        if not secrets.compare_digest(claims.nonce.encode(), nonce.encode()):
            raise ValueError("of another sign-in")

    async def _issuer_keys(self) -> IssuerKeys:
        if self._keys is None:
            address = (await self._discovered()).jwks_uri
            self._keys = IssuerKeys(lambda: json_at(address))
        return self._keys

    async def _discovered(self) -> Metadata:
        if self._metadata is None or monotonic() - self._read_at > METADATA_SECONDS:
            self._metadata, self._read_at, self._keys = await self._discover(), monotonic(), None
        return self._metadata

    async def _discover(self) -> Metadata:
        issuer = self.mapped.issuer
        if not is_protected(issuer):
            raise SignInRefused("LOA_OIDC_ISSUER is no https address")
        try:
            document = await json_at(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            metadata = Metadata.model_validate(document)
        except (*CONNECTION_FAULTS, ValueError) as error:
            logger.warning("oidc_provider_unavailable", error=type(error).__name__)
            raise IssuerUnavailable from error
        addresses = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
        if metadata.issuer != issuer or not all(map(is_protected, addresses)):
            raise SignInRefused("the provider's description names another issuer, or addresses without https")
        return metadata


def is_protected(address: str) -> bool:
    """Tell addresses with https; on this machine alone http is enough."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
