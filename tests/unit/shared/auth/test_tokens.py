"""Any fault in a token is "unauthenticated": a table of broken tokens, and random headers and claims."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.auth.tokens import Principal, Unauthenticated, Verifier
from shared.contracts.vocabulary import Role

ED, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
SHORT_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505  to be refused
P384 = ec.generate_private_key(ec.SECP384R1())
ALGORITHMS: dict[str, tuple[Any, Any, str]] = {
    "ed": (jwt.algorithms.OKPAlgorithm, ED, "EdDSA"),
    "ec": (jwt.algorithms.ECAlgorithm, EC, "ES256"),
    "rsa": (jwt.algorithms.RSAAlgorithm, RSA, "RS256"),
}


def public_key(name: str, **more: Any) -> dict[str, Any]:
    family, key, _ = ALGORITHMS[name]
    described: dict[str, Any] = json.loads(family.to_jwk(key.public_key()))
    return described | {"kid": name, "use": "sig"} | more


def write(path: Path, *keys: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"keys": keys}))
    return path


@pytest.fixture(scope="module")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("keys") / "jwks.json", *map(public_key, ALGORITHMS))


@pytest.fixture(scope="module")
def verifier(jwks: Path) -> Verifier:
    return Verifier(str(jwks))


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def claims(**changes: Any) -> dict[str, Any]:
    usual = {"sub": "x", "role": "unit", "unit": "SO-A", "aud": "loa", "exp": int(time.time()) + 600}
    return {name: value for name, value in (usual | changes).items() if value is not ...}


def signed(header: Any, payload: Any, key: str = "ed") -> str:
    """Sign any header and any claims, which a library would refuse to."""
    _, private, algorithm = ALGORITHMS[key]
    return signed_by(private, algorithm, header, payload)


def signed_by(private: Any, algorithm: str, header: Any, payload: Any) -> str:
    text = f"{encoded(header)}.{encoded(payload)}"
    prepared = jwt.algorithms.get_default_algorithms()[algorithm]
    return f"{text}.{encoded(prepared.sign(text.encode(), private))}"


def good(**changes: Any) -> str:
    return signed({"alg": "EdDSA", "kid": "ed"}, claims(**changes))


def with_header(key: str = "ed", /, **changes: Any) -> str:
    usual = {"alg": ALGORITHMS[key][2], "kid": key, "typ": "JWT"}
    header = {name: value for name, value in (usual | changes).items() if value is not ...}
    return signed(header, claims(), key)


def hs256_with_the_public_key() -> str:
    public = ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    text = f"{encoded({'alg': 'HS256', 'kid': 'ed'})}.{encoded(claims())}"
    return f"{text}.{encoded(hmac.new(public, text.encode(), sha256).digest())}"


def by_another_key() -> str:
    return jwt.encode(claims(), OTHER, "EdDSA", {"kid": "ed"})


NESTED = b"[" * 3000 + b"]" * 3000

BROKEN = {
    "RS256 with the kid of an Ed25519 key": with_header(alg="RS256"),
    "ES256 with the kid of an Ed25519 key": with_header(alg="ES256"),
    "EdDSA with the kid of an RSA key": with_header("rsa", alg="EdDSA"),
    "EdDSA with the kid of an EC key": with_header("ec", alg="EdDSA"),
    "ES256 with the kid of an RSA key": with_header("rsa", alg="ES256"),
    "RS512 with the kid of an RSA key": with_header("rsa", alg="RS512"),
    "PS256 with the kid of an RSA key": with_header("rsa", alg="PS256"),
    "no algorithm": with_header(alg=...),
    "none": with_header(alg="none"),
    "none, without a signature": f"{encoded({'alg': 'none', 'kid': 'ed'})}.{encoded(claims())}.",
    "None": with_header(alg="None"),
    "an algorithm that does not exist": with_header(alg="XX999"),
    "an algorithm that is a list": with_header(alg=["EdDSA"]),
    "an algorithm that is null": with_header(alg=None),
    "HS256 with the public key": hs256_with_the_public_key(),
    "signed by another key": by_another_key(),
    "no kid": with_header(kid=...),
    "an unknown kid": with_header(kid="nobody"),
    "kid as list": with_header(kid=["ed"]),
    "kid as object": with_header(kid={"ed": 1}),
    "kid as number": with_header(kid=1),
    "kid as null": with_header(kid=None),
    "kid as path": with_header(kid="../../jwks.json"),
    "kid with NUL": with_header(kid="ed\0"),
    "kid that is long": with_header(kid="e" * 3000),
    "crit": with_header(crit=["exp"]),
    "crit that is empty": with_header(crit=[]),
    "crit of b64": with_header(crit=["b64"], b64=False),
    "jku": with_header(jku="https://attacker.example/jwks.json"),
    "x5u": with_header(x5u="https://attacker.example/cert.pem"),
    "x5c": with_header(x5c=["MIIB"]),
    "jwk": with_header(jwk=public_key("ed")),
    "b64": with_header(b64=False),
    "zip": with_header(zip="DEF"),
    "enc": with_header(enc="A256GCM"),
    "typ of an ID token": with_header(typ="id+jwt"),
    "typ of a link": with_header(typ="loa-answer+jwt"),
    "typ of a logout token": with_header(typ="logout+jwt"),
    "typ as list": with_header(typ=["JWT"]),
    "header is a list": signed([], claims()),
    "header is a text": signed("EdDSA", claims()),
    "header is null": signed(None, claims()),
    "header is nested": signed(NESTED, claims()),
    "header has nested values": signed(b'{"alg":"EdDSA","kid":"ed","x":' + NESTED + b"}", claims()),
    "header is no JSON": signed(b"\xff\xfe", claims()),
    "header is empty": signed(b"", claims()),
    "claims are a list": signed({"alg": "EdDSA", "kid": "ed"}, []),
    "claims are a number": signed({"alg": "EdDSA", "kid": "ed"}, 1),
    "claims are nested": signed({"alg": "EdDSA", "kid": "ed"}, NESTED),
    "claims are no UTF-8": signed({"alg": "EdDSA", "kid": "ed"}, b'{"sub":"\xff"}'),
    "claims are empty": signed({"alg": "EdDSA", "kid": "ed"}, b""),
    "claims hold NaN": signed({"alg": "EdDSA", "kid": "ed"}, b'{"exp":NaN}'),
    "sub is missing": good(sub=...),
    "sub is a number": good(sub=7),
    "sub is a list": good(sub=["x"]),
    "sub is null": good(sub=None),
    "sub is empty": good(sub=""),
    "sub is long": good(sub="x" * 1000),
    "sub has a line break": good(sub="x\noperator"),
    "sub has half a surrogate": good(sub="\ud800"),
    "role is missing": good(role=...),
    "role is a list": good(role=["unit"]),
    "role is a list of one more": good(role=["unit", "operator"]),
    "role is an object": good(role={"unit": 1}),
    "role is unknown": good(role="admin"),
    "role in capitals": good(role="OPERATOR"),
    "role is null": good(role=None),
    "role is true": good(role=True),
    "unit is missing for a unit": good(unit=...),
    "unit is null for a unit": good(unit=None),
    "unit is empty": good(unit=""),
    "unit is a list": good(unit=["SO-A"]),
    "unit is a number": good(unit=12),
    "unit in small letters": good(unit="so-a"),
    "unit with a wildcard": good(unit="*"),
    "unit with a dot and greater": good(unit="SO.>"),
    "unit with a line break": good(unit="SO-A\n"),
    "unit is long": good(unit="A" * 65),
    "aud is missing": good(aud=...),
    "aud of another": good(aud="other"),
    "aud of links": good(aud="loa-answer"),
    "aud is a list without ours": good(aud=["other", "loa-answer"]),
    "aud is an object": good(aud={"loa": 1}),
    "aud is a list in a list": good(aud=[["loa"]]),
    "aud is null": good(aud=None),
    "exp is missing": good(exp=...),
    "exp is null": good(exp=None),
    "exp is a text": good(exp=str(int(time.time()) + 600)),
    "exp is true": good(exp=True),
    "exp is a list": good(exp=[int(time.time()) + 600]),
    "exp is past": good(exp=int(time.time()) - 1),
    "exp is negative": good(exp=-1),
    "exp is huge": good(exp=10**300),
    "exp is beyond a float": good(exp=10**400),
    "exp is infinite": signed(
        {"alg": "EdDSA", "kid": "ed"}, b'{"sub":"x","role":"reader","aud":"loa","exp":1e999}'
    ),
    "exp is in ten years": good(exp=int(time.time()) + 3650 * 86400),
    "exp is in 91 days": good(exp=int(time.time()) + 91 * 86400),
    "nbf in the future": good(nbf=int(time.time()) + 600),
    "nbf is a text": good(nbf="0"),
    "nbf is huge": good(nbf=10**400),
    "iat in the future": good(iat=int(time.time()) + 600),
    "iat is a text": good(iat="yesterday"),
    "iat is an object": good(iat={}),
    "jti is a number": good(jti=5),
    "jti is a list": good(jti=["x"]),
    "jti is empty": good(jti=""),
    "iss of another": good(iss="https://attacker.example"),
    "iss is a number": good(iss=5),
    "an ID token by its nonce": good(nonce="n"),
    "an ID token by at_hash": good(at_hash="h"),
    "an ID token by token_use": good(token_use="id"),
    "an ID token by its claim typ": good(typ="ID"),
    "a refresh token by its claim typ": good(typ="Refresh"),
    "a logout token by its events": good(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "empty": "",
    "one part": "x",
    "two parts": "x.y",
    "four parts": f"{good()}.x",
    "five parts, as if encrypted": "a.b.c.d.e",
    "dots": "..",
    "with padding": f"{good()}=",
    "with a blank": f"{good()} x",
    "with letters of Vietnam": "đ.ô.ủ",
    "with NUL": f"{good()}\0",
    "huge": f"{good()}{'A' * 100_000}",
    "huge claims": good(more="x" * 20_000),
    "no base64": "%%%.%%%.%%%",
    "without its signature": good().rpartition(".")[0] + ".",
    "with a changed signature": good()[:-4] + "AAAA",
}


@pytest.mark.parametrize("token", BROKEN.values(), ids=BROKEN.keys())
async def test_any_fault_in_a_token_is_unauthenticated(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert "loa token" in refused.value.message.vi


@pytest.mark.parametrize("key", ALGORITHMS)
async def test_each_kind_of_key_verifies_its_own_algorithm(verifier: Verifier, key: str) -> None:
    assert await verifier.verify(with_header(key)) == Principal("x", Role.UNIT, "SO-A")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["other", "loa"]},
        {"exp": 600.5},
        {"nbf": -5, "iat": -5},
        {"jti": "a1", "iss": "urn:loa"},
        {"unit": None, "role": "operator"},
        {"more": {"deep": [1, {"x": None}]}},
        {"exp": 90 * 86400},
    ],
    ids=str,
)
async def test_what_a_token_may_say_besides(verifier: Verifier, changes: dict[str, Any]) -> None:
    """Moments are given in seconds from now."""
    now = time.time()
    moments = {
        name: changes[name] + (now if isinstance(changes[name], float) else int(now))
        for name in changes.keys() & {"exp", "nbf", "iat"}
    }
    assert (await verifier.verify(good(**changes | moments))).subject == "x"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["EdDSA", "RS256", "ES256", "none", "HS256", "ES384"]) | JSON,
        "kid": st.sampled_from([*ALGORITHMS, "x"]) | JSON,
        "typ": st.sampled_from(["JWT", "at+jwt"]) | JSON,
        "crit": JSON,
        "jku": JSON,
        "b64": JSON,
    },
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        name: st.just(value) | JSON
        for name, value in (
            claims() | {"nbf": 0, "iat": 0, "jti": "a", "iss": "urn:loa", "nonce": ""}
        ).items()
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=HEADERS | JSON, payload=CLAIMS | JSON, key=st.sampled_from(list(ALGORITHMS)))
async def test_random_headers_and_claims_never_raise_anything_else(
    verifier: Verifier, header: Any, payload: Any, key: str
) -> None:
    try:
        principal = await verifier.verify(signed(header, payload, key))
    except Unauthenticated:
        return
    assert isinstance(payload["sub"], str)
    assert principal.role in set(Role)
    assert principal.unit or principal.role is not Role.UNIT


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=60) | st.binary(max_size=60).map(encoded).map(lambda t: f"{t}.{t}.{t}"))
async def test_random_texts_never_raise_anything_else(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


UNUSABLE = {
    "RSA of 1024 bits": json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(SHORT_RSA.public_key())),
    "P-384": json.loads(jwt.algorithms.ECAlgorithm.to_jwk(P384.public_key())),
    "symmetric": {"kty": "oct", "k": encoded(b"x" * 32), "alg": "HS256"},
    "for encryption": public_key("rsa", use="enc"),
    "named for another algorithm": public_key("ed", alg="RS256"),
    "RSA named for RS512": public_key("rsa", alg="RS512"),
    "not to verify with": public_key("ec", key_ops=["deriveBits"]),
    "no type": {"x": "AA"},
    "broken": {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    "a text": "x",
    "kid is a list": public_key("ed", kid=["k"]),
}


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE.keys())
async def test_a_key_that_is_not_to_be_used_verifies_nothing_and_hinders_no_other(
    tmp_path: Path, key: Any
) -> None:
    unusable = {"kid": "k", **key} if isinstance(key, dict) and "kid" not in key else key
    verifier = Verifier(str(write(tmp_path / "jwks.json", unusable, public_key("ed", kid="good"))))
    for algorithm, private in (("RS256", SHORT_RSA), ("RS256", RSA), ("ES256", EC), ("EdDSA", ED)):
        kid = unusable.get("kid", "k") if isinstance(unusable, dict) else "k"
        if isinstance(kid, str):
            with pytest.raises(Unauthenticated):
                await verifier.verify(signed_by(private, algorithm, {"alg": algorithm, "kid": kid}, claims()))
    assert await verifier.verify(jwt.encode(claims(), ED, "EdDSA", {"kid": "good"}))


async def test_an_added_key_is_used_and_a_removed_one_is_not_without_a_restart(tmp_path: Path) -> None:
    path = write(tmp_path / "jwks.json", public_key("ed"))
    verifier = Verifier(str(path))
    with pytest.raises(Unauthenticated):
        await verifier.verify(with_header("ec"))
    write(path, public_key("ed"), public_key("ec"))
    assert await verifier.verify(with_header("ec"))
    assert await verifier.verify(with_header("ed"))
    replacement = write(tmp_path / "new.json", public_key("ec"))
    replacement.replace(path)
    with pytest.raises(Unauthenticated):
        await verifier.verify(with_header("ed"))
    path.write_text("{ half a")
    assert await verifier.verify(with_header("ec")), "the keys that were read last stay in use"
    path.unlink()
    assert await verifier.verify(with_header("ec"))
