"""Keys that sign access tokens: the list of tokens, the longest life, and a key that is replaced while tokens are in use."""

from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from deploy.local.keys import tokens
from shared.auth.tokens import Unauthenticated, Verifier
from shared.contracts.vocabulary import Role
from shared.kernel import runtime

DAY = timedelta(days=1)


def sign(folder: Path, life: timedelta = DAY) -> str:
    return tokens.signer(folder).token("x", Role.UNIT, runtime.now() + life, "SO-A")


def test_each_token_has_an_id_that_is_listed_and_the_token_itself_is_not_kept(tmp_path: Path) -> None:
    first, second = sign(tmp_path), sign(tmp_path)
    ids = [jwt.decode(t, options={"verify_signature": False})["jti"] for t in (first, second)]
    assert [entry.token_id for entry in tokens.issued(tmp_path)] == ids
    file = tmp_path / tokens.ISSUED
    assert file.stat().st_mode & 0o777 == 0o600
    assert first.rpartition(".")[2] not in file.read_text()


def test_what_has_expired_leaves_the_list(tmp_path: Path) -> None:
    sign(tmp_path, timedelta(microseconds=1))
    sign(tmp_path)
    sign(tmp_path)
    assert len(tokens.issued(tmp_path)) == 2


async def test_the_longest_life(tmp_path: Path) -> None:
    token = sign(tmp_path, timedelta(days=tokens.LONGEST_DAYS))
    assert await Verifier(str(tokens.write_jwks(tmp_path))).verify(token)
    with pytest.raises(ValueError, match="90 days"):
        sign(tmp_path, timedelta(days=tokens.LONGEST_DAYS + 1))


async def test_a_replaced_key_verifies_its_tokens_until_they_expire(tmp_path: Path) -> None:
    jwks = tokens.write_jwks(tmp_path)
    verifier = Verifier(str(jwks))
    old = sign(tmp_path)
    assert tokens.rotate(tmp_path, at_once=False) == jwks
    new = sign(tmp_path)
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert await verifier.verify(old) == await verifier.verify(new)
    tokens.rotate(tmp_path, at_once=False)
    assert await verifier.verify(old) == await verifier.verify(new) == await verifier.verify(sign(tmp_path))
    assert "until" not in jwks.read_text()


async def test_at_once_no_old_token_stays_valid(tmp_path: Path) -> None:
    jwks = tokens.write_jwks(tmp_path)
    verifier = Verifier(str(jwks))
    older = sign(tmp_path)
    tokens.rotate(tmp_path, at_once=False)
    old = sign(tmp_path)
    tokens.rotate(tmp_path, at_once=True)
    for token in (older, old):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
    assert await verifier.verify(sign(tmp_path))
    assert len(tokens.issued(tmp_path)) == 1
