"""Tokens of links are short, follow from a secret and an id, and fit no other use."""

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.runtime import new_id
from shared.signed_links.links import LinkNotValid
from shared.signed_links.short_links import (
    LENGTH,
    LinkSecret,
    Purpose,
    answer_link,
    filled_in,
    is_short,
    secret_of,
    short_link,
    token_hash,
)
from tests.support.servers.links import a_link

SECRET = LinkSecret(b"s" * 32)


def test_a_token_follows_from_the_secret_and_the_id() -> None:
    first, other = new_id(), new_id()
    key = Ed25519PrivateKey.generate()
    assert secret_of(key).token(first) == secret_of(key).token(first)
    tokens = {secret_of(k).token(i) for k in (key, Ed25519PrivateKey.generate()) for i in (first, other)}
    assert len(tokens) == 4


def test_a_token_is_short_and_carries_128_bits() -> None:
    token = SECRET.token(UUID(int=1))
    assert len(token) == LENGTH == 26
    assert is_short(token)
    assert len({SECRET.token(UUID(int=n)) for n in range(1000)}) == 1000


def test_a_reference_is_no_token() -> None:
    """What stands in the ledger opens nothing, and its hash is that of no token."""
    references = {SECRET.reference(UUID(int=n)) for n in range(100)}
    hashes = {token_hash(SECRET.token(UUID(int=n))) for n in range(100)}
    assert not hashes & {token_hash(reference) for reference in references}


@pytest.mark.parametrize(
    "text", ["", "a" * 25, "a" * 27, "A" * 26, "1" * 26, "é" * 26, "a" * 25 + "\n", "a.b.c"]
)
def test_other_texts_have_not_the_form_of_a_token(text: str) -> None:
    assert not is_short(text)


def test_references_are_filled_in_and_everything_else_stays() -> None:
    reference, token = SECRET.reference(UUID(int=1)), SECRET.token(UUID(int=1))
    other = SECRET.reference(UUID(int=2))
    text = f"mở https://a.vn/answers/{reference} hoặc {other}"
    assert filled_in(text, {reference: token}) == f"mở https://a.vn/answers/{token} hoặc {other}"
    assert filled_in(text, {}) == text


def test_an_answer_goes_through_the_row_unchanged() -> None:
    link = a_link()
    assert answer_link(short_link(link)) == link


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.ANSWER])
def test_a_link_for_another_purpose_is_no_answer(purpose: Purpose) -> None:
    with pytest.raises(LinkNotValid):
        answer_link(replace(short_link(a_link()), purpose=purpose))
