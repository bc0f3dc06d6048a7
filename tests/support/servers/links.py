"""Answer links for tests: a key pair of a session's own, its JWKS file, a link with everything filled in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.keys import signing
from shared.contracts.vocabulary import AlertAnswer, Stage
from shared.signed_links.links import Link, LinkSigner

PAGES = dict.fromkeys(AlertAnswer, "https://loa.example.vn")


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """`jwks` is a path, `pem` the private key, as the settings take them."""

    key: Ed25519PrivateKey
    jwks: Path

    @property
    def pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def signer(self) -> LinkSigner:
        return LinkSigner(self.key, PAGES)

    def token(self, **changes: Any) -> str:
        return self.signer.token(a_link(**changes))


def a_link(**changes: Any) -> Link:
    defaults: dict[str, Any] = {
        "link_id": UUID(int=1),
        "recipient_id": UUID(int=2),
        "gap_id": UUID(int=3),
        "draft_code": "LUAT-1",
        "unit_code": "BTP",
        "stage": Stage.DRAFT_CONSULTATION,
        "answer": AlertAnswer.PLANNED,
        "expires": datetime(2999, 1, 1, tzinfo=UTC),
    }
    return Link(**defaults | changes)


def link_keys(folder: Path) -> LinkKeys:
    key = signing.private_key(folder / "links.pem")
    return LinkKeys(key, signing.write_jwks(key, folder / "links.json"))


@pytest.fixture(scope="session")
def answer_keys(engines_folder: Path) -> LinkKeys:
    return link_keys(engines_folder / "link-keys")
