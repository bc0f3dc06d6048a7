"""The claims with which the notifier asks the registry: of their own type, for minutes, signed with the key of links."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts.vocabulary import AlertAnswer, Stage
from shared.signed_links.links import Link, LinkIsOver, LinkNotValid, LinkSigner, reader, signing_key
from shared.signed_links.request_claims import VALID_FOR, RequestClaims, RequestSigner, read_claims
from tests.support.servers.links import link_keys

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLAIMS = RequestClaims(
    link_id=UUID(int=1),
    recipient_id=UUID(int=2),
    gap_id=UUID(int=3),
    draft_code="QD-1",
    unit_code="SO-A",
    stage=Stage.APPRAISAL,
)


def test_claims_come_back_as_they_were_signed(tmp_path: Path) -> None:
    keys = link_keys(tmp_path)
    token = RequestSigner(signing_key(keys.pem)).token(CLAIMS, NOW)
    assert read_claims(reader(keys.jwks), token, NOW) == CLAIMS


def test_they_end_after_minutes(tmp_path: Path) -> None:
    keys = link_keys(tmp_path)
    token = RequestSigner(signing_key(keys.pem)).token(CLAIMS, NOW)
    read_claims(reader(keys.jwks), token, NOW + VALID_FOR - timedelta(seconds=1))
    with pytest.raises(LinkIsOver):
        read_claims(reader(keys.jwks), token, NOW + VALID_FOR)


def test_neither_is_taken_for_the_link_of_a_mail(tmp_path: Path) -> None:
    keys = link_keys(tmp_path)
    key = signing_key(keys.pem)
    link = Link(
        link_id=CLAIMS.link_id,
        recipient_id=CLAIMS.recipient_id,
        gap_id=CLAIMS.gap_id,
        draft_code=CLAIMS.draft_code,
        unit_code=CLAIMS.unit_code,
        stage=CLAIMS.stage,
        answer=AlertAnswer.EXEMPT,
        expires=NOW + timedelta(days=30),
    )
    of_mail = LinkSigner(key, dict.fromkeys(AlertAnswer, "http://x")).token(link)
    public = reader(keys.jwks)
    with pytest.raises(LinkNotValid):
        read_claims(public, of_mail, NOW)
    with pytest.raises(LinkNotValid):
        public.read(RequestSigner(key).token(CLAIMS, NOW))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é"])
def test_anything_else_is_no_claim(tmp_path: Path, token: str) -> None:
    with pytest.raises(LinkNotValid):
        read_claims(reader(link_keys(tmp_path).jwks), token, NOW)
