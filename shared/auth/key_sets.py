"""The public keys that tokens are verified with: of a JWKS file or of an issuer. A key has one algorithm, its own."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared.kernel.authorities import authorities
from shared.kernel.errors import Refusal
from shared.observability import signals

logger = signals.get_logger(__name__)

LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 8192  # NIST SP 800-131A; the upper limit bounds the time of a check
FETCH_SECONDS = 3.0
FRESH_SECONDS = 600.0  # after that the keys of an issuer are read again, while the present ones are used
LAST_SECONDS = 24 * 3600.0  # how long keys are used while their issuer does not answer
PAUSE_SECONDS = 10.0  # between two readings because of ids that are not in the set
MOST_BYTES = 256 << 10
MOST_WAITING = 16
_FAMILIES: Mapping[str, type[OKPAlgorithm | ECAlgorithm | RSAAlgorithm]] = {
    "OKP": OKPAlgorithm,
    "EC": ECAlgorithm,
    "RSA": RSAAlgorithm,
}


@dataclass(frozen=True, slots=True, eq=False)
class VerificationKey:
    """A public key and the one algorithm that it verifies; the same key read again is another object, and not equal."""

    key: Any
    algorithm: str


class KeySource(Protocol):
    async def key(self, key_id: str) -> VerificationKey | None:
        """Find a key by its id; raises `IssuerUnavailable`."""
        ...


class IssuerUnavailable(Refusal):
    """The issuer's keys can't be read now, so nobody can tell whether the token is valid."""

    code = "issuer-unavailable"
    kind = "unavailable"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống đăng nhập tập trung tạm thời chưa phản hồi nên chưa kiểm tra được mã truy cập; "
            "đề nghị thử lại sau ít giây.",
            "The identity provider does not answer at the moment, so the token can't be checked; "
            "try again in a few seconds.",
        )


class UnusableKey(ValueError):
    """A key of a set that is not to be used."""


def verification_keys(document: Any) -> dict[str, VerificationKey]:
    """Read a key set (RFC 7517); keys that are not to be used are logged and left out. Raises `ValueError`."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("no key set")  # noqa: TRY004  what a file or an issuer sends is a value
    return dict(_usable(document["keys"]))


def _usable(keys: list[Any]) -> Iterator[tuple[str, VerificationKey]]:
    for described in keys:
        try:
            yield _key_id(described), _key(described)
        except (UnusableKey, jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            logger.warning("key_left_out", reason=str(error) or type(error).__name__)


def _key_id(described: Any) -> str:
    key_id = described.get("kid") if isinstance(described, dict) else None
    if not isinstance(key_id, str) or not key_id:
        raise UnusableKey("it has no id (kid)")
    return key_id


def _key(described: Mapping[str, Any]) -> VerificationKey:
    family = _FAMILIES.get(str(described.get("kty")))
    if family is None or "d" in described:
        raise UnusableKey("it is no public key of a kind that verifies")
    if described.get("use", "sig") != "sig" or "verify" not in described.get("key_ops", ["verify"]):
        raise UnusableKey("it is not for signatures")
    key = family.from_jwk(json.dumps(described))
    algorithm = _algorithm(key)
    if described.get("alg", algorithm) != algorithm:
        raise UnusableKey(f"its algorithm is not {algorithm}")
    return VerificationKey(key, algorithm)


def _algorithm(key: Any) -> str:
    """Give the one algorithm of a key: the token's header never chooses."""
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    if isinstance(key, RSAPublicKey) and LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        return "RS256"
    raise UnusableKey("it is too short, or of a curve that is not used")


@dataclass(slots=True)
class FileKeys:
    """The keys of a file, read again when the file changes; while it can't be read, the last keys stay in use."""

    path: Path
    _keys: Mapping[str, VerificationKey] = field(default_factory=dict)
    _seen: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._keys, self._seen = self._read(), self._state()

    async def key(self, key_id: str) -> VerificationKey | None:
        self._renew()
        return self._keys.get(key_id)

    def _renew(self) -> None:
        try:
            if (state := self._state()) != self._seen:
                self._seen = state
                self._keys = self._read()
                logger.info("keys_read_again", keys=sorted(self._keys))
        except (OSError, ValueError) as error:
            logger.warning("keys_not_read", error=f"{type(error).__name__}: {error}")

    def _read(self) -> Mapping[str, VerificationKey]:
        return verification_keys(json.loads(self.path.read_text(encoding="utf-8")))

    def _state(self) -> tuple[int, ...]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino


Fetch = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class IssuerKeys:
    """The keys of an issuer. Requests with a known key never wait; one reading at a time, and not for each unknown id."""

    fetch: Fetch
    clock: Callable[[], float] = monotonic
    _keys: Mapping[str, VerificationKey] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _failed: bool = False
    _reading: asyncio.Task[None] | None = None
    _waiting: int = 0

    async def key(self, key_id: str) -> VerificationKey | None:
        age = self.clock() - self._read_at
        if key_id in self._keys and age < LAST_SECONDS:
            if age > FRESH_SECONDS and not self._rests():
                self._start()
            return self._keys[key_id]
        if self._reading is not None or not self._rests():
            await self._wait()
        if self._failed:  # whether the issuer has this key, nobody can tell
            raise IssuerUnavailable
        return self._keys.get(key_id)

    def _rests(self) -> bool:
        pause = FETCH_SECONDS if self._failed else PAUSE_SECONDS
        return self.clock() - self._tried_at < pause

    def _start(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _wait(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise IssuerUnavailable
        self._waiting += 1
        try:
            await asyncio.shield(self._start())  # who hangs up does not end the reading for the others
        finally:
            self._waiting -= 1

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = verification_keys(await self.fetch())
            self._read_at, self._failed = self.clock(), False
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            self._failed = True
            logger.warning("issuer_keys_not_read", error=f"{type(error).__name__}: {error}")
        finally:
            self._tried_at, self._reading = self.clock(), None


async def json_at(address: str) -> Any:
    """Read a JSON document of limited size; no redirect is followed. Raises `httpx.HTTPError`, `ValueError`."""
    async with (
        httpx.AsyncClient(timeout=FETCH_SECONDS, verify=authorities()) as client,
        client.stream("GET", address, headers={"Accept": "application/json"}) as answer,
    ):
        answer.raise_for_status()
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError("the document is too large")
    return json.loads(body)
