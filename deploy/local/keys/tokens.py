"""Signs access tokens with the key pair of a data folder, keeps a list of them, and replaces the key."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.keys import signing
from deploy.local.keys.keyring import write_secret
from shared.auth.tokens import AUDIENCE, ISSUER, LONGEST
from shared.contracts.vocabulary import Role
from shared.kernel import runtime
from shared.signed_links.links import key_id

ISSUED = "tokens.issued.json"
RETIRED = "tokens.retired.json"
LONGEST_DAYS = LONGEST.days


@dataclass(frozen=True, slots=True)
class Issued:
    """What is kept of a token: never the token itself."""

    token_id: str
    subject: str
    role: str
    unit: str | None
    issued: str
    expires: str

    def is_over(self, now: datetime) -> bool:
        return datetime.fromisoformat(self.expires) <= now


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs access tokens with the key of one data folder."""

    key: Ed25519PrivateKey
    folder: Path

    def token(self, subject: str, role: Role, expires: datetime, unit: str | None = None) -> str:
        """Sign a token for a role until `expires`, and list it; `subject` is an opaque id, never a name."""
        now, token_id = runtime.now(), runtime.new_id().hex
        if expires > now + LONGEST + timedelta(minutes=1):
            raise ValueError(f"a token is valid for {LONGEST_DAYS} days at most")
        claims: dict[str, Any] = {"sub": subject, "role": role.value, "aud": AUDIENCE, "exp": expires}
        claims |= {"iss": ISSUER, "iat": now, "jti": token_id} | ({} if unit is None else {"unit": unit})
        listed = Issued(token_id, subject, role.value, unit, now.isoformat(), expires.isoformat())
        _write_issued(self.folder, [*issued(self.folder), listed], now)
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"kid": key_id(self.key.public_key())})


def signer(folder: Path) -> Signer:
    """Read the key in `folder`; a missing one is created."""
    return Signer(signing.private_key(key_file(folder)), folder)


def key_file(folder: Path) -> Path:
    return folder / "tokens.pem"


def issued(folder: Path) -> Sequence[Issued]:
    """List the tokens that were signed with the keys of a folder and may still be valid, the oldest first."""
    return [Issued(**entry) for entry in _read(folder / ISSUED)]


def _write_issued(folder: Path, listed: Sequence[Issued], now: datetime) -> None:
    lasting = [asdict(entry) for entry in listed if not entry.is_over(now)]
    write_secret(folder / ISSUED, json.dumps(lasting, indent=1))


def write_jwks(folder: Path) -> Path:
    """Write the public keys for the services next to the private key: the present one, and replaced ones for a while."""
    keys = [signing.described(signer(folder).key), *_retired(folder, runtime.now())]
    write_secret(folder / "jwks.json", json.dumps({"keys": keys}))
    return folder / "jwks.json"


def rotate(folder: Path, *, at_once: bool) -> Path:
    """Replace the signing key; tokens of the old one stay valid until they expire, with `at_once` none does."""
    now = runtime.now()
    old = signing.described(signer(folder).key) | {"until": (now + LONGEST).isoformat()}
    kept = [] if at_once else [*_retired(folder, now, with_end=True), old]
    write_secret(folder / RETIRED, json.dumps(kept))
    if at_once:
        _write_issued(folder, [], now)
    key_file(folder).unlink()
    return write_jwks(folder)


def _retired(folder: Path, now: datetime, *, with_end: bool = False) -> Iterator[dict[str, Any]]:
    for entry in _read(folder / RETIRED):
        if datetime.fromisoformat(entry["until"]) > now:
            yield entry if with_end else {name: value for name, value in entry.items() if name != "until"}


def _read(path: Path) -> list[dict[str, Any]]:
    document: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return document
