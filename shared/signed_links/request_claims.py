"""What the notifier proves to the registry when a reader of a mail asks for a decision: the claims of that link.

A token of a type and audience of its own (RFC 8725, 3.11), good for minutes: no link of a mail is taken for it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.contracts.vocabulary import Stage
from shared.signed_links.links import LinkIsOver, LinkReader, Seal

TYPE = "loa-request+jwt"
AUDIENCE = "loa-request"
VALID_FOR = timedelta(minutes=2)
_REQUIRED = ["jti", "sub", "exp", "gap", "draft", "unit", "stage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClaims:
    """Who asks: the unit of a mail's reader (an opaque id), about one gap; `link_id` makes it once."""

    link_id: UUID
    recipient_id: UUID
    gap_id: UUID
    draft_code: str
    unit_code: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class RequestSigner:
    key: Ed25519PrivateKey

    def token(self, claims: RequestClaims, now: datetime) -> str:
        return Seal(self.key, TYPE).token(
            {
                "aud": AUDIENCE,
                "jti": str(claims.link_id),
                "sub": str(claims.recipient_id),
                "exp": int((now + VALID_FOR).timestamp()),
                "gap": str(claims.gap_id),
                "draft": claims.draft_code,
                "unit": claims.unit_code,
                "stage": claims.stage.value,
            }
        )


def read_claims(reader: LinkReader, token: str, now: datetime) -> RequestClaims:
    """Verify a token; raises `LinkNotValid` or `LinkIsOver`."""

    def read(claims: Any) -> RequestClaims:
        expires = datetime.fromtimestamp(claims["exp"], UTC)
        if now >= expires:
            raise LinkIsOver(expires)
        return RequestClaims(
            link_id=UUID(claims["jti"]),
            recipient_id=UUID(claims["sub"]),
            gap_id=UUID(claims["gap"]),
            draft_code=str(claims["draft"]),
            unit_code=str(claims["unit"]),
            stage=Stage(claims["stage"]),
        )

    return reader.opened(token, TYPE, AUDIENCE, _REQUIRED, read)
