"""Tokens of an identity provider: whose they are, and what happens while it is slow or away."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.auth import key_sets
from shared.auth.key_sets import IssuerKeys, IssuerUnavailable
from shared.auth.tokens import Mapped, Principal, Unauthenticated, Verifier
from shared.contracts.vocabulary import Role
from tests.unit.shared.auth.test_tokens import claims, public_key, signed

ISSUER = "https://sso.example.vn/realms/tinh"
ADDRESS = f"{ISSUER}/certs"


class Provider:
    """Answers with a key set, or as `answer` says; the clock is the test's."""

    def __init__(self) -> None:
        self.time = 0.0
        self.asked = 0
        self.answer: Callable[[], Any] = lambda: {"keys": [public_key("rsa")]}
        self.gate = asyncio.Event()
        self.gate.set()
        self.reading = asyncio.Event()

    async def fetch(self) -> Any:
        self.asked += 1
        self.reading.set()
        await self.gate.wait()
        return self.answer()

    def fail(self) -> Any:
        raise httpx.ConnectError("down")


@pytest.fixture
def provider() -> Provider:
    return Provider()


def verifier_of(provider: Provider, **mapping: Any) -> Verifier:
    verifier = Verifier(ADDRESS, mapped=Mapped(ISSUER, **mapping))
    verifier._sources = [(IssuerKeys(provider.fetch, clock=lambda: provider.time), True)]
    return verifier


def token(kid: str = "rsa", typ: str = "at+jwt", **changes: Any) -> str:
    usual = claims(iss=ISSUER, sub="nguyen.van.a@example.vn", role="unit")
    payload = {name: value for name, value in (usual | changes).items() if value is not ...}
    return signed({"alg": "RS256", "kid": kid, "typ": typ}, payload, "rsa")


async def test_the_subject_becomes_an_opaque_id(provider: Provider) -> None:
    verifier = verifier_of(provider)
    principal = await verifier.verify(token())
    assert (principal.role, principal.unit) == (Role.UNIT, "SO-A")
    assert "nguyen" not in principal.subject
    assert await verifier.verify(token()) == principal
    assert (await verifier.verify(token(sub="x"))).subject != principal.subject


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ...},
        {"iss": "https://attacker.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": "urn:loa"},
        {"iss": [ISSUER]},
        {"aud": "another-application"},
        {"role": ...},
        {"role": "admin"},
        {"role": ["unit", "operator"]},
        {"role": {"unit": 1}},
        {"unit": ...},
        {"unit": ["SO-A"]},
        {"nonce": "n"},
        {"token_use": "id"},
        {"typ": "id+jwt"},
        {"kid": "ed"},
    ],
    ids=str,
)
async def test_what_is_refused_of_an_issuer(provider: Provider, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier_of(provider).verify(token(**changes))


@pytest.mark.parametrize(
    ("mapping", "given", "principal"),
    [
        ({}, {"role": ["unit"]}, (Role.UNIT, "SO-A")),
        ({"roles": {"loa-giam-sat": Role.SUPERVISOR}}, {"role": "loa-giam-sat"}, (Role.SUPERVISOR, "SO-A")),
        (
            {"roles": {"loa-vh": Role.OPERATOR}, "role_claim": "realm_access.roles", "unit_claim": "donvi"},
            {"realm_access": {"roles": ["offline_access", "loa-vh"]}, "donvi": "BTP", "role": ...},
            (Role.OPERATOR, "BTP"),
        ),
        (
            {"roles": {"r": Role.READER}, "role_claim": "https://loa.example.vn/role"},
            {"https://loa.example.vn/role": "r", "unit": ...},
            (Role.READER, None),
        ),
    ],
)
async def test_roles_are_mapped(
    provider: Provider, mapping: Any, given: Any, principal: tuple[Role, str | None]
) -> None:
    named = await verifier_of(provider, **mapping).verify(token(**given))
    assert (named.role, named.unit) == principal


async def test_a_role_that_is_not_in_the_table_is_none_of_ours(provider: Provider) -> None:
    with pytest.raises(Unauthenticated):
        await verifier_of(provider, roles={"other": Role.READER}).verify(token(role="operator"))


@pytest.mark.parametrize(
    "answer",
    [
        lambda: (_ for _ in ()).throw(httpx.ConnectError("down")),
        lambda: (_ for _ in ()).throw(httpx.ReadTimeout("slow")),
        lambda: (_ for _ in ()).throw(ValueError("no JSON")),
        lambda: {"error": "x"},
        list,
        lambda: None,
    ],
)
async def test_an_issuer_that_is_away_is_no_fault_of_the_token(
    provider: Provider, answer: Callable[[], Any]
) -> None:
    provider.answer = answer
    with pytest.raises(IssuerUnavailable) as away:
        await verifier_of(provider).verify(token())
    assert away.value.retry_after


async def test_keys_in_use_stay_while_the_issuer_is_away_for_a_day_at_most(provider: Provider) -> None:
    verifier = verifier_of(provider)
    await verifier.verify(token())
    provider.answer = provider.fail
    provider.time = key_sets.LAST_SECONDS - 1
    await verifier.verify(token())
    provider.time = key_sets.LAST_SECONDS + 1
    with pytest.raises(IssuerUnavailable):
        await verifier.verify(token())


async def test_a_new_key_is_found_and_a_withdrawn_one_refused(provider: Provider) -> None:
    verifier = verifier_of(provider)
    await verifier.verify(token())
    provider.answer = lambda: {"keys": [public_key("rsa", kid="second")]}
    provider.time = key_sets.PAUSE_SECONDS + 1
    assert await verifier.verify(token("second"))
    with pytest.raises(Unauthenticated):
        await verifier.verify(token("rsa"))


async def test_forged_ids_cost_one_reading_in_a_while(provider: Provider) -> None:
    verifier = verifier_of(provider)
    for number in range(200):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token(f"forged-{number}"))
    assert provider.asked == 1


async def test_forged_ids_at_a_slow_issuer_hold_nobody_else(provider: Provider) -> None:
    """24 forged tokens wait for one reading; a token with a known key does not wait at all."""
    verifier = verifier_of(provider)
    await verifier.verify(token())
    provider.time = key_sets.PAUSE_SECONDS + 1
    provider.gate.clear()
    provider.reading.clear()
    forged = [asyncio.create_task(verifier.verify(token(f"forged-{n}"))) for n in range(24)]
    await provider.reading.wait()
    async with asyncio.timeout(10):  # the reading goes on until the gate is opened
        assert await verifier.verify(token()) == await verifier.verify(token())
    assert not all(task.done() for task in forged)
    provider.gate.set()
    outcomes = await asyncio.gather(*forged, return_exceptions=True)
    assert provider.asked == 2
    kinds = {type(outcome) for outcome in outcomes}
    assert kinds == {key_sets.IssuerUnavailable, type(outcomes[0])}
    assert sum(isinstance(o, IssuerUnavailable) for o in outcomes) == 24 - key_sets.MOST_WAITING


async def test_a_reading_ends_in_time(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 0.05)
    provider.gate.clear()
    with pytest.raises(IssuerUnavailable):
        await verifier_of(provider).verify(token())


async def test_who_hangs_up_does_not_end_the_reading_of_others(provider: Provider) -> None:
    verifier = verifier_of(provider)
    provider.gate.clear()
    first, second = (asyncio.create_task(verifier.verify(token())) for _ in range(2))
    await provider.reading.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    provider.gate.set()
    assert isinstance(await second, Principal)
