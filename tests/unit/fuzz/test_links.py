"""A link is what the notifier signed, or it is not valid: nothing else comes of it, signed oddly or damaged.

An input that once did is kept in `corpus/links.json`: the claims (signed here), or a header.
"""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.vocabulary import AlertAnswer, Stage
from shared.signed_links.links import ALGORITHM, TYPE, Link, LinkNotValid, LinkReader, key_id
from tests.support.servers.links import a_link, link_keys
from tests.unit.fuzz.mutations import damaged_bytes, damaged_documents

NOW = datetime(2026, 11, 30, tzinfo=UTC)
EXAMPLES = settings(max_examples=300, deadline=timedelta(seconds=2), derandomize=True, database=None)
CORPUS = json.loads((Path(__file__).parent / "corpus" / "links.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, LinkReader]:
    keys = link_keys(tmp_path_factory.mktemp("links"))
    return keys, LinkReader({key_id(keys.key.public_key()): keys.key.public_key()})


def check(reader: LinkReader, token: str) -> None:
    with contextlib.suppress(LinkNotValid):
        link = reader.read(token)
        assert isinstance(link, Link)
        assert isinstance(link.stage, Stage)
        assert isinstance(link.answer, AlertAnswer)
        link.is_over(NOW)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sign(keys: Any, claims: Any, header: dict[str, Any]) -> str:
    """Sign whatever it is with the notifier's own key: the reader looks at the content alone."""
    payload = json.dumps(claims).encode()
    named = {"typ": TYPE, "kid": key_id(keys.key.public_key())} | header
    return jwt.api_jws.encode(payload, keys.key, ALGORITHM, named)


@pytest.mark.parametrize("case", CORPUS, ids=[case["name"] for case in CORPUS])
def test_an_input_of_the_corpus_is_not_valid(signed: Any, case: dict[str, Any]) -> None:
    keys, reader = signed
    claims = claims_of(keys.token()) | case.get("claims", {})
    with pytest.raises(LinkNotValid):
        reader.read(sign(keys, case.get("payload", claims), case.get("header", {})))


def test_what_is_signed_here_is_read(signed: Any) -> None:
    keys, reader = signed
    assert reader.read(sign(keys, claims_of(keys.token()), {})) == a_link(), (
        "others are refused for what they say"
    )


@EXAMPLES
@given(st.data())
def test_claims_that_were_signed_oddly(signed: Any, data: st.DataObject) -> None:
    keys, reader = signed
    claims = data.draw(damaged_documents([claims_of(keys.token())]))
    check(reader, sign(keys, claims, {}))


@EXAMPLES
@given(st.data())
def test_a_damaged_token_is_not_valid(signed: Any, data: st.DataObject) -> None:
    keys, reader = signed
    whole = keys.token()
    token = data.draw(damaged_bytes([whole.encode()])).decode("utf-8", "replace")
    if token != whole:
        with contextlib.suppress(LinkNotValid):
            assert reader.read(token) == a_link(), "only what says the same, byte for byte signed"
