"""No endpoint of any service answers a broken token with an error of its own: it is "unauthenticated", before anything else."""

from itertools import cycle

import httpx
import pytest
from pydantic import SecretStr

from tests.contract.http.test_endpoints import PUBLIC, endpoints, every_service
from tests.support.platform.service import create_app_of
from tests.support.servers.tokens import Issuer, issuer
from tests.unit.shared.auth.test_tokens import claims, encoded

NESTED = b"[" * 3000 + b"]" * 3000
BROKEN = {
    "RS256 with our kid": f"{encoded({'alg': 'RS256', 'kid': 'test'})}.{encoded(claims())}.AAAA",
    "ES256 with our kid": f"{encoded({'alg': 'ES256', 'kid': 'test'})}.{encoded(claims())}.AAAA",
    "nested": f"{encoded(NESTED)}.{encoded(NESTED)}.AAAA",
    "kid as list": f"{encoded({'alg': 'EdDSA', 'kid': ['test']})}.{encoded(claims())}.AAAA",
    "huge": "A" * 60_000,
    "not ASCII": "đ".encode().decode("latin-1"),
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return issuer(tmp_path_factory.mktemp("keys"))


@every_service
async def test_every_endpoint_refuses_broken_tokens(service: str, keys: Issuer) -> None:
    """Endpoints take turns with the ways to be broken, as one guard reads all tokens (`test_endpoints`); each comes many times."""
    ways = cycle(BROKEN.items())
    create_app = create_app_of(service)
    settings = create_app.__annotations__["settings"]
    app = create_app(
        settings(
            database_url=SecretStr("postgresql://x:x@127.0.0.1:1/x"), jwks=str(keys.jwks), public_read=True
        )
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    wrong, tried = [], list[str]()
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for name in endpoints(app):
            methods, _, path = name.partition(" ")
            if path in PUBLIC or path.startswith(("/answers", "/mailbox", "/calendars/")):
                continue
            what, token = next(ways)
            tried.append(what)
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
            raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
            method = methods.partition(",")[0]
            address = path.replace("{", "").replace("}", "")
            answer = await client.request(method, address, headers=raw)
            if answer.status_code != 401 or answer.headers["www-authenticate"] != "Bearer":
                wrong.append((name, what, answer.status_code))
    assert min(map(tried.count, BROKEN)) > 2
    assert wrong == []
