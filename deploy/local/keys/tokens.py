"""Signs access tokens with the key pair of a data folder."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.keys import signing
from shared.auth.tokens import AUDIENCE
from shared.contracts.vocabulary import Role
from shared.signed_links.links import key_id


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs access tokens with the key of one data folder."""

    key: Ed25519PrivateKey

    def token(self, subject: str, role: Role, expires: datetime, unit: str | None = None) -> str:
        """Sign a token for a role until `expires`; `subject` is an opaque id, never a name."""
        claims = {"sub": subject, "role": role.value, "aud": AUDIENCE, "exp": expires}
        if unit is not None:
            claims["unit"] = unit
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"kid": key_id(self.key.public_key())})


def signer(folder: Path) -> Signer:
    """Read the key in `folder`; a missing one is created."""
    return Signer(signing.private_key(key_file(folder)))


def key_file(folder: Path) -> Path:
    return folder / "tokens.pem"


def write_jwks(folder: Path) -> Path:
    """Write the public key for the services next to the private key."""
    return signing.write_jwks(signer(folder).key, folder / "jwks.json")
