"""ID tokens of a provider: signed by its key for this client and this sign-in, or nobody is signed in."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.notifier.adapters.sign_in import provider as sign_in
from services.notifier.adapters.sign_in.provider import Metadata, Provider, SignInRefused
from shared.auth.key_sets import IssuerKeys
from shared.auth.single_use import SingleUseCodes
from shared.auth.tokens import Mapped
from shared.contracts.vocabulary import Role
from shared.eventstore.buckets import Bucket
from shared.kernel import runtime
from tests.unit.shared.auth.test_tokens import OTHER, encoded, public_key, signed, signed_by

ISSUER = "https://sso.example.vn/realms/tinh"
NONCE = "of this sign-in"
PERSON = "canary@so.example.vn"
HEADER = {"alg": "RS256", "kid": "rsa"}


def described(**changes: str) -> dict[str, str]:
    """Give what the provider says of itself."""
    places = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/certs"}
    return {"issuer": ISSUER, **{name: f"{ISSUER}{path}" for name, path in places.items()}} | changes


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {
        "email": PERSON,
        "iss": ISSUER,
        "sub": "a",
        "aud": "loa",
        "exp": now + 3600,
        "iat": now,
        "nonce": NONCE,
        "role": "reader",
    }
    return {name: value for name, value in (usual | changes).items() if value is not ...}


async def keys() -> Any:
    return {"keys": [public_key("rsa")]}


@pytest.fixture
def provider() -> Provider:
    states = SingleUseCodes(cast(Bucket, None), "oidc", sign_in.LIFETIME, runtime.now)  # no code is made
    made = Provider("loa", "", Mapped(ISSUER), "https://loa.example.vn/notifier", states, runtime.now)
    made._metadata, made._read_at, made._keys = (
        Metadata.model_validate(described()),
        float("inf"),
        IssuerKeys(keys),
    )
    return made


async def test_the_token_of_a_sign_in_names_a_person_by_issuer_and_subject(provider: Provider) -> None:
    principal = await provider._principal(signed(HEADER, claims(), "rsa"), NONCE)
    assert (principal.role, principal.unit) == (Role.READER, None)
    other = await provider._principal(signed(HEADER, claims(sub="b", email="a@so.example.vn"), "rsa"), NONCE)
    assert principal.subject != other.subject
    assert principal.subject.startswith("oidc-")


FORGED = {
    "no signature": f"{encoded({'alg': 'none', 'kid': 'rsa'})}.{encoded(claims())}.",
    "by another key": signed_by(OTHER, "EdDSA", {"alg": "EdDSA", "kid": "rsa"}, claims()),
    "by a key of ours": signed({"alg": "EdDSA", "kid": "ed"}, claims()),
    "another algorithm of its key": signed({"alg": "RS512", "kid": "rsa"}, claims(), "rsa"),
    "an extension that is not known": signed(HEADER | {"crit": ["x"]}, claims(), "rsa"),
    "changed after it was signed": signed(HEADER, claims(), "rsa")[:-8] + "AAAAAAAA",
    "of another issuer": signed(HEADER, claims(iss="https://attacker.example"), "rsa"),
    "for another client": signed(HEADER, claims(aud="another"), "rsa"),
    "for several clients": signed(HEADER, claims(aud=["loa", "another"]), "rsa"),
    "given to another client": signed(HEADER, claims(azp="another"), "rsa"),
    "of another sign-in": signed(HEADER, claims(nonce="another"), "rsa"),
    "of no sign-in": signed(HEADER, claims(nonce=...), "rsa"),
    "over": signed(HEADER, claims(exp=int(time.time()) - 1), "rsa"),
    "of a time to come": signed(HEADER, claims(iat=int(time.time()) + 600), "rsa"),
    "without a subject": signed(HEADER, claims(sub=...), "rsa"),
    "without a unit where the role needs one": signed(HEADER, claims(role="unit"), "rsa"),
    "of a unit that can be none": signed(HEADER, claims(unit=PERSON), "rsa"),
    "an access token": signed(HEADER, claims(nonce=..., iat=...), "rsa"),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_signs_nobody_in(
    provider: Provider, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    log = SimpleNamespace(warning=lambda event, why: lines.append(f"{event} {why}"))
    monkeypatch.setattr(sign_in, "logger", log)
    with pytest.raises(SignInRefused):
        await provider._principal(FORGED[name], NONCE)
    (line,) = lines
    assert line.startswith("oidc_sign_in_refused ID token: ")
    assert PERSON not in line


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://attacker.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://sso.example.vn/token"},
        {"jwks_uri": "http://sso.example.vn/certs"},
    ],
    ids=str,
)
async def test_what_another_provider_says_of_itself_is_refused(
    provider: Provider, changes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def json_at(_: str) -> Any:
        return described(**changes)

    monkeypatch.setattr(sign_in, "json_at", json_at)
    provider._metadata = None
    with pytest.raises(SignInRefused):
        await provider.begin("")
