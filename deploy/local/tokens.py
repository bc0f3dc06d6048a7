"""The key pair of this machine's access tokens: the private half signs, the JWKS lets services verify."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from deploy.local.keys import write_secret
from shared.auth import AUDIENCE
from shared.contracts.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs access tokens with the key of one data folder."""

    key: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(public).hexdigest()[:16]

    def token(self, subject: str, role: Role, expires: datetime, unit: str | None = None) -> str:
        """Sign who may come in until when; `subject` is an opaque id, never a name."""
        claims = {"sub": subject, "role": role.value, "aud": AUDIENCE, "exp": expires}
        if unit is not None:
            claims["unit"] = unit
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"kid": self.key_id})

    def jwks(self) -> dict[str, Any]:
        public = jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_id, "alg": "EdDSA", "use": "sig"}]}


def signer(folder: Path) -> Signer:
    """Open the key in `folder`; if there is none it is made."""
    path = key_file(folder)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        write_secret(path, private.decode())
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is no Ed25519 key")
    return Signer(key)


def key_file(folder: Path) -> Path:
    return folder / "tokens.pem"


def write_jwks(folder: Path) -> Path:
    """Write the public half for the services, beside the key."""
    path = folder / "jwks.json"
    write_secret(path, json.dumps(signer(folder).jwks()))
    return path
