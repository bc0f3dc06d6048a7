"""Signing key pairs: the private key signs and stays secret, services verify with its JWKS."""

import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.local.keys.keyring import write_secret
from shared.signed_links.links import key_id


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read the key in a file; a missing one is created."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        write_secret(path, private.decode())
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is no Ed25519 key")
    return key


def write_jwks(key: Ed25519PrivateKey, path: Path) -> Path:
    """Write the public key as a key set (RFC 7517)."""
    write_secret(path, json.dumps({"keys": [described(key)]}))
    return path


def described(key: Ed25519PrivateKey) -> dict[str, Any]:
    """Describe the public key as a JWK (RFC 7517)."""
    public = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id(key.public_key()), "alg": "EdDSA", "use": "sig"}
