"""Bearer tokens for tests: a key pair of a session's own, its JWKS file, tokens for every role."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth.tokens import AUDIENCE
from shared.contracts.vocabulary import Role

_KEY_ID = "test"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs tokens that services with `jwks` (a path) trust."""

    key: Ed25519PrivateKey
    jwks: Path

    def token(self, role: Role = Role.OPERATOR, unit: str | None = None, /, **claims: Any) -> str:
        defaults: dict[str, Any] = {
            "sub": f"test-{role}",
            "role": role.value,
            "aud": AUDIENCE,
            "exp": int(time.time()) + 3600,
        }
        if unit is not None:
            defaults["unit"] = unit
        return jwt.encode(defaults | claims, self.key, algorithm="EdDSA", headers={"kid": _KEY_ID})


def issuer(folder: Path) -> Issuer:
    """Make a key pair, and write its JWKS into `folder`."""
    key = Ed25519PrivateKey.generate()
    public: dict[str, Any] = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
    public |= {"kid": _KEY_ID, "alg": "EdDSA", "use": "sig"}
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [public]}))
    return Issuer(key, jwks)
