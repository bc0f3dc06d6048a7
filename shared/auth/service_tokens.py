"""How a service shows another one who it is: a token signed with the key of links, verified with its public keys.

It is no access token (another key, audience and type), and an access token is none. Its end is that of the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, Header

from shared.auth.tokens import Unauthenticated
from shared.signed_links.links import LinkNotValid, LinkReader, Seal

AUDIENCE = "loa-service"
TYPE = "loa-service+jwt"
SCHEME = "Bearer "


def service_token(key: Ed25519PrivateKey, service: str) -> str:
    """Sign the token of a service."""
    return Seal(key, TYPE).token({"aud": AUDIENCE, "sub": service})


@dataclass(frozen=True, slots=True)
class ServiceVerifier:
    reader: LinkReader

    def verify(self, authorization: str) -> str:
        """Give the name of the service that an `Authorization` header is of; raises `Unauthenticated`."""
        token = authorization.removeprefix(SCHEME)
        try:
            return self.reader.opened(token, TYPE, AUDIENCE, ["sub"], _subject)
        except LinkNotValid as error:
            raise Unauthenticated(
                "Địa chỉ này chỉ dành cho các dịch vụ của hệ thống (LOA_SERVICE_TOKEN).",
                "This address is for the services of the platform only (LOA_SERVICE_TOKEN).",
            ) from error


async def _admit_service(verifier: ServiceVerifier, authorization: Annotated[str, Header()] = "") -> str:
    return verifier.verify(authorization)


def admit_service(verifier: ServiceVerifier) -> Any:
    """Declare that services may call an endpoint, and nobody else."""
    return Depends(partial(_admit_service, verifier))


def _subject(claims: Mapping[str, Any]) -> str:
    return str(claims["sub"])
