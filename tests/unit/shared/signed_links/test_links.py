"""A link is what the notifier signed, whole and unchanged, or it is nothing."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.keys import signing
from shared.contracts.vocabulary import AlertAnswer
from shared.signed_links.links import (
    AUDIENCE,
    TYPE,
    LinkNotValid,
    LinkReader,
    key_id,
    masked,
    reader,
)
from shared.signed_links.short_links import link_id
from tests.support.servers.links import LinkKeys, a_link, link_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LinkKeys:
    return link_keys(tmp_path_factory.mktemp("links"))


@pytest.fixture(scope="module")
def link_reader(keys: LinkKeys) -> LinkReader:
    return reader(keys.jwks)


def test_what_was_signed_is_read(keys: LinkKeys, link_reader: LinkReader) -> None:
    assert link_reader.read(keys.token()) == a_link()
    assert keys.token() == keys.token()


def test_an_expired_link_is_read_and_marked(keys: LinkKeys, link_reader: LinkReader) -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    link = link_reader.read(keys.token(expires=end))
    assert (link.is_over(end - timedelta(seconds=1)), link.is_over(end)) == (False, True)


def _part(token: str, n: int) -> dict[str, Any]:
    part = token.split(".")[n]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


CHANGES = {
    "another recipient": {"sub": str(UUID(int=77))},
    "another gap": {"gap": str(UUID(int=77))},
    "another answer": {"answer": "exempt"},
    "another unit": {"unit": "BTC"},
    "another day": {"exp": 99_999_999_999},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_whatever_is_changed_on_the_way_is_noticed(
    keys: LinkKeys, link_reader: LinkReader, change: dict[str, Any]
) -> None:
    header, _, signature = keys.token().split(".")
    forged = ".".join((header, _encoded(_part(keys.token(), 1) | change), signature))
    with pytest.raises(LinkNotValid):
        link_reader.read(forged)


def test_no_signature_is_no_link(keys: LinkKeys, link_reader: LinkReader) -> None:
    header, claims, _ = keys.token().split(".")
    unsigned = _encoded(_part(keys.token(), 0) | {"alg": "none"})
    for token in (f"{header}.{claims}.", f"{unsigned}.{claims}.", f"{header}.{claims}", "", "a.b.c", "%00"):
        with pytest.raises(LinkNotValid):
            link_reader.read(token)


def _signed(keys: LinkKeys, key: Any, algorithm: str = "EdDSA", **changes: Any) -> str:
    claims = {k: v for k, v in (_part(keys.token(), 1) | changes).items() if v is not None}
    return jwt.encode(claims, key, algorithm, {"typ": TYPE, "kid": key_id(keys.key.public_key())})


def test_only_our_own_key_signs(keys: LinkKeys, link_reader: LinkReader) -> None:
    """Neither another key, nor our public key taken as a shared secret."""
    assert link_reader.read(_signed(keys, keys.key)) == a_link()
    public = json.loads(keys.jwks.read_text())["keys"][0]["x"]
    for token in (_signed(keys, Ed25519PrivateKey.generate()), _signed(keys, public * 2, "HS256")):
        with pytest.raises(LinkNotValid):
            link_reader.read(token)


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("exp", "jti", "sub", "gap", "draft", "unit", "stage", "answer", "aud")),
        {"aud": "loa"},
        {"answer": "anything"},
        {"gap": "no id"},
        {"exp": 10**30},
    ],
    ids=str,
)
def test_a_signed_token_without_its_claims_is_no_link(
    keys: LinkKeys, link_reader: LinkReader, changes: dict[str, Any]
) -> None:
    with pytest.raises(LinkNotValid):
        link_reader.read(_signed(keys, keys.key, **changes))


def test_an_access_token_is_no_link(keys: LinkKeys, link_reader: LinkReader) -> None:
    claims = _part(keys.token(), 1) | {"aud": AUDIENCE}
    token = jwt.encode(claims, keys.key, "EdDSA", {"kid": key_id(keys.key.public_key())})
    with pytest.raises(LinkNotValid):
        link_reader.read(token)


def test_without_keys_no_link_is_valid(keys: LinkKeys) -> None:
    with pytest.raises(LinkNotValid):
        reader(None).read(keys.token())


def test_keys_are_made_once_and_are_secret(tmp_path: Path) -> None:
    made = link_keys(tmp_path)
    assert signing.private_key(tmp_path / "links.pem").public_key() == made.key.public_key()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_links_of_a_mail_differ_and_repeated_links_are_equal() -> None:
    ids = {link_id(mail, UUID(int=n), answer) for mail in "ab" for n in (1, 2) for answer in AlertAnswer}
    assert len(ids) == 2 * 2 * 5
    assert link_id("a", UUID(int=1), AlertAnswer.DONE) in ids


def test_tokens_are_masked_wherever_others_may_read(keys: LinkKeys) -> None:
    address = keys.signer.address(a_link())
    assert address.startswith("https://loa.example.vn/answers/ey")
    masked_text = masked(f'<a href="{address}">Trả lời</a> {address}\n')
    assert (
        masked_text
        == '<a href="https://loa.example.vn/answers/…">Trả lời</a> https://loa.example.vn/answers/…\n'
    )
