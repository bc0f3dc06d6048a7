"""A platform whose pages know each other's addresses, with a unit and its recipients; what a browser keeps is a cookie jar."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from tests.integration.access.sign_in.oidc_provider import SECRET
from tests.support.platform.service import Api, Platform, eventually, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

UNIT, OTHER = "SO-TP", "SO-NV"
CLERK, HEAD, SUPERVISOR = "clerk@so.example.vn", "head@so.example.vn", "watch@so.example.vn"
SERVICES = ("registry", "metrics", "notifier")
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
LINK = re.compile(r"http://\S+/sign-in/link/[\w-]+")
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class SignInOffice:
    platform: Platform
    mail_dir: Path
    provider_port: int

    @property
    def notifier(self) -> Api:
        return self.platform.services["notifier"]

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.platform.ports[service]}"

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(headers=PAGE, verify=NO_AUTHORITIES, timeout=20) as client:
            yield client

    async def login_address(self, role: Role = Role.OPERATOR, return_to: str = "", **claims: Any) -> str:
        token = self.platform.issuer.token(role, **claims)
        answer = await self.notifier.client.post(
            "/sign-in/codes",
            json={"return_to": return_to or f"{self.url('metrics')}/"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["address"])

    async def sign_in(self, browser: httpx.AsyncClient, **claims: Any) -> httpx.Response:
        return await browser.post(await self.login_address(**claims))

    async def csrf(self, browser: httpx.AsyncClient) -> str:
        page = await browser.get(f"{self.url('notifier')}/sign-in")
        matched = CSRF.search(page.text)
        assert matched, page.text
        return matched[1]

    def links(self) -> list[str]:
        """Read the sign-in links in the mails that were written, as texts."""
        matched = []
        for path in sorted(self.mail_dir.glob("*sign_in*.eml"), key=lambda p: p.stat().st_mtime_ns):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            matched += LINK.findall(body.get_content())
        return matched

    async def mailed(self, count: int) -> list[str]:
        async def enough() -> list[str]:
            return self.links() if len(self.links()) >= count else []

        links: list[str] = await eventually(enough)
        return links


@pytest.fixture(scope="module")
async def office(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    engines_folder: Path,
    session_database: NewDatabase,
) -> AsyncIterator[SignInOffice]:

    mail_dir = tmp_path_factory.mktemp("sign-in") / "mail"
    ports = {service: free_port() for service in SERVICES}
    provider_port = free_port()
    changes: dict[str, Any] = {f"url_{name}": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    changes |= {
        "oidc_issuer": f"http://127.0.0.1:{provider_port}",
        "oidc_client_id": "loa",
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_roles": {"giam-sat": "supervisor", "doc": "reader", "don-vi": "unit"},
    }
    async with (
        fresh_nats(engines_folder / "sign-in", keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, *SERVICES, ports=ports, mail_dir=mail_dir, **changes
        ) as platform,
    ):
        opened = SignInOffice(platform, mail_dir, provider_port)
        await fill(opened)
        yield opened


async def fill(office: SignInOffice) -> None:
    for code in (UNIT, OTHER):
        unit = {"code": code, "name": f"Sở {code}", "level": "provincial", "kind": "department"}
        assert (await office.platform.registry.client.post("/units", json=unit)).status_code == 201
    await office.platform.settled()
    recipients = [
        {"email": CLERK, "role": "focal_point"},
        {"email": HEAD, "role": "head"},
        {"email": SUPERVISOR, "role": "supervisor", "language": "en"},
    ]
    await put_recipients(office, UNIT, recipients)
    await put_recipients(office, OTHER, [{"email": HEAD, "role": "head"}])


async def put_recipients(office: SignInOffice, unit: str, recipients: list[dict[str, str]]) -> None:
    answer = await office.notifier.client.put(f"/units/{unit}/recipients", json=recipients)
    assert answer.status_code == 200, answer.text
