"""A platform with a province: clerks of two departments and of a commune, who enter data with forms."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from shared.auth.sessions import Way
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from tests.support.platform.service import SERVICES, Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

PROVINCE, HEALTH, SCHOOLS, JUSTICE, COMMUNE = "T-UB", "T-SYT", "T-SGD", "T-STP", "T-XA"
UNITS = (
    (PROVINCE, "provincial", "provincial_committee", None, "Ủy ban nhân dân tỉnh T"),
    (HEALTH, "provincial", "department", PROVINCE, "Sở Y tế tỉnh T"),
    (SCHOOLS, "provincial", "department", PROVINCE, "Sở Giáo dục và Đào tạo tỉnh T"),
    (JUSTICE, "provincial", "provincial_justice_department", PROVINCE, "Sở Tư pháp tỉnh T"),
    (COMMUNE, "commune", "commune_committee", PROVINCE, "Ủy ban nhân dân xã A"),
)
_FIELD = re.compile(r'<input type="(hidden|text|search|url)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_AREA = re.compile(r'<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>')
_TICK = re.compile(r'<input type="(?:radio|checkbox)" name="([^"]+)" value="([^"]*)" checked>')
_LIST = re.compile(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>')


@dataclass(frozen=True, slots=True)
class Office:
    platform: Platform

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.platform.ports[service]}"

    @asynccontextmanager
    async def browser(
        self, unit: str, role: Role = Role.UNIT, service: str = "registry"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Sign somebody of a unit in; the cookie is for the pages of all services."""
        cookies = await self.cookies(unit, role)
        async with httpx.AsyncClient(
            base_url=self.url(service),
            cookies=dict(cookies),
            headers={"Accept": "text/html"},
            verify=NO_AUTHORITIES,
            timeout=20,
        ) as client:
            yield client

    async def cookies(self, unit: str, role: Role = Role.UNIT) -> Mapping[str, str]:
        access = self.platform.services["notifier"].app.state.access  # alone may write sessions
        secret, _ = await access.sessions.start(Principal(f"{role}-{unit}", role, unit), Way.MAIL)
        return {access.place.cookie: secret}

    async def draft(self, code: str) -> dict[str, Any]:
        answer = await self.platform.registry.client.get(f"/drafts/{code}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown


def filled(page: httpx.Response) -> dict[str, Any]:
    """Give what the form of a page would send as it stands, without a button."""
    fields: dict[str, Any] = {}
    for _, name, value in _FIELD.findall(page.text):
        fields.setdefault(name, unescape(value))
    fields |= {name: unescape(value) for name, value in _AREA.findall(page.text)}
    for name, options in _LIST.findall(page.text):
        fields[name] = next(iter(_CHOSEN.findall(options)), "")
    for name, value in _TICK.findall(page.text):
        fields[name] = value if name not in fields else [*_as_list(fields[name]), value]
    return fields


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


async def press(client: httpx.AsyncClient, page: httpx.Response, step: str, **typed: Any) -> httpx.Response:
    """Fill the form of a page in, and press a button of it."""
    return await client.post(page.url, data=filled(page) | typed | {"step": step})


def date_of(name: str, day: str) -> dict[str, str]:
    """Write an ISO day (or month, or year) into the boxes of a field."""
    parts = [*reversed(day.split("-"))]
    boxes = dict(zip(("year", "month", "day"), reversed(parts), strict=False))
    return {f"{name}_{part}": text for part, text in boxes.items()}


@pytest.fixture(scope="module")
async def office(
    keys: Keyring, token_issuer: Issuer, engines_folder: Path, session_database: NewDatabase
) -> AsyncIterator[Office]:
    ports = {service: free_port() for service in SERVICES}
    changes: dict[str, Any] = {f"url_{name}": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    async with (
        fresh_nats(engines_folder / "entry", keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, *SERVICES, ports=ports, **changes
        ) as platform,
    ):
        rows = [
            {"code": code, "level": level, "kind": kind, "parent_code": parent, "name": name}
            for code, level, kind, parent, name in UNITS
        ]
        await platform.import_rows("units", [{k: v for k, v in row.items() if v} for row in rows])
        await platform.settled()
        yield Office(platform)
