"""The four services behind one origin: Debian's haproxy with the configuration of `deploy/compose`, over TLS, as a browser sees it."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.keys.keyring import Keyring
from tests.support.platform.compose import COMPOSE
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.required import leave_out
from tests.support.servers.certificate import certificate
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

CONFIGURATION = COMPOSE / "origin.cfg"
UNIT, CLERK = "SO-TP", "clerk@so.example.vn"
LINK = re.compile(r"https://\S+/sign-in/link/[\w-]+")
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
MISSING = "haproxy is not installed (Debian: apt-get install haproxy)"
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True, slots=True)
class Origin:
    platform: Platform
    url: str
    trust: ssl.SSLContext
    mails: Path
    used: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def browser(self, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
        given = {"headers": {"Accept": "text/html"}, **more}
        async with httpx.AsyncClient(base_url=self.url, verify=self.trust, timeout=20, **given) as client:
            yield client

    async def sign_in(self, browser: httpx.AsyncClient) -> httpx.Response:
        """Ask for a link by mail, and press its button."""
        asked = {"email": CLERK, "return_to": f"{self.url}/registry/home"}
        answer = await browser.post("/notifier/sign-in/mail", data=asked)
        assert answer.status_code == 200, answer.text

        async def mailed() -> list[str]:
            mails = [path.read_bytes() for path in self.mails.glob("*sign_in*.eml")]
            bodies = (message_from_bytes(mail, policy=policy.default).get_body(("plain",)) for mail in mails)
            texts = [body.get_content() for body in bodies if body is not None]
            return [link for text in texts for link in LINK.findall(text) if link not in self.used]

        (link,) = await eventually(mailed)
        self.used.add(link)
        assert link.startswith(f"{self.url}/notifier/sign-in/link/")
        return await browser.post(link)


def pem_of(folder: Path) -> Path:
    """Write a certificate and its key into one file, as haproxy reads them."""
    certificate(folder)
    (path := folder / "origin.pem").write_bytes(
        b"".join((folder / f"{part}.pem").read_bytes() for part in ("cert", "key"))
    )
    return path


def environment(port: int, pem: Path, ports: dict[str, int]) -> dict[str, str]:
    upstreams = {f"LOA_UPSTREAM_{name.upper()}": f"127.0.0.1:{of}" for name, of in ports.items()}
    return os.environ | upstreams | {"LOA_ORIGIN_BIND": f"127.0.0.1:{port}", "LOA_ORIGIN_PEM": str(pem)}


@asynccontextmanager
async def proxy(settings: dict[str, str], log: Path) -> AsyncIterator[None]:
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            "haproxy", "-db", "-f", str(CONFIGURATION), env=settings, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(scope="module", autouse=True)
def haproxy() -> None:
    if shutil.which("haproxy") is None:
        leave_out(MISSING, "LOA_HAPROXY")


@pytest.fixture(scope="module")
async def origin(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Origin]:
    folder, port = tmp_path_factory.mktemp("origin"), free_port()
    url = f"https://localhost:{port}"
    ports = {service: free_port() for service in SERVICES}
    changes: dict[str, Any] = {f"url_{name}": f"{url}/{name}" for name in SERVICES}
    changes |= {"url_metrics": url, "trusted_proxies": "127.0.0.1"}
    pem = pem_of(folder)
    async with (
        fresh_nats(folder / "nats", keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, *SERVICES, ports=ports, mail_dir=folder, **changes
        ) as platform,
        proxy(environment(port, pem, ports), folder / "log"),
    ):
        unit = {"code": UNIT, "name": "Sở Tư pháp", "level": "provincial", "kind": "department"}
        assert (await platform.registry.client.post("/units", json=unit)).status_code == 201
        await platform.settled()
        trust = ssl.create_default_context(cafile=str(pem))
        opened = Origin(platform, url, trust, folder)
        clerk = [{"email": CLERK, "role": "focal_point"}]
        put = await platform.services["notifier"].client.put(f"/units/{UNIT}/recipients", json=clerk)
        assert put.status_code == 200, put.text

        async def answers() -> bool:
            try:
                async with opened.browser() as browser:
                    return (await browser.get("/notifier/sign-in")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers)
        yield opened


def test_haproxy_takes_the_configuration(tmp_path: Path) -> None:
    settings = environment(8443, pem_of(tmp_path), dict.fromkeys(SERVICES, 8000))
    done = subprocess.run(
        ["haproxy", "-c", "-f", CONFIGURATION], env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr


async def test_one_session_is_for_the_pages_of_all_services(origin: Origin) -> None:
    async with origin.browser() as browser:
        sent = await browser.get("/registry/home")
        assert sent.status_code == 303
        assert sent.headers["location"].startswith(f"{origin.url}/notifier/sign-in?return_to=")
        signed = await origin.sign_in(browser)
        assert (signed.status_code, signed.headers["location"]) == (303, f"{origin.url}/registry/home")
        (cookie,) = signed.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-loa_session=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {
            part.strip() for part in cookie.split(";")
        }
        pages = (
            "/registry/home",
            "/campaigns/entry/programme",
            "/",
            "/notifier/entry/help",
            "/notifier/sign-in",
        )
        for path in pages:
            page = await browser.get(path)
            assert page.status_code == 200, (path, page.text[:300])
            assert "strict-transport-security" in page.headers
        page = await browser.get("/registry/entry/drafts")
        token = CSRF.search(page.text)
        assert token is not None
        without = await browser.post("/registry/entry/drafts", data={"title": "X"})
        assert without.status_code == 403
        out = await browser.post("/notifier/sign-out", data={"csrf_token": token[1]})
        assert out.status_code == 303, out.text
        assert (await browser.get("/registry/home")).status_code == 303


async def test_links_of_pages_lead_through_the_origin(origin: Origin) -> None:
    async with origin.browser() as browser:
        await origin.sign_in(browser)
        for start in ("/registry/home", "/campaigns/entry/programme", "/"):
            page = await browser.get(start)
            for target in sorted(set(re.findall(r'(?:href|action)="((?!data:)[^"#?]+)', page.text))):
                address = str(page.url.join(target))
                assert address.startswith(f"{origin.url}/"), (start, target)
                answer = await browser.get(address)
                assert answer.status_code in {200, 303, 403, 405}, (start, target, answer.status_code)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/notifier/metrics",
        "/registry/livez",
        "/readyz",
        "/%6detrics",
        "/notifier/%6d%65trics",
        "/notifier//metrics",
        "//metrics",
        "/notifier/../metrics",
        "/registry/%2e%2e/metrics",
    ],
)
async def test_probes_and_figures_of_operation_stay_inside(origin: Origin, path: str) -> None:
    """The path is sent as it stands: `httpx` would tidy it up."""
    reader, writer = await asyncio.open_connection(
        "localhost", int(origin.url.rpartition(":")[2]), ssl=origin.trust
    )
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status = (await reader.readline()).split()[1]
    assert status in {b"404", b"400"}, (path, status)
    assert b"python_gc" not in await reader.read()
    writer.close()
    with suppress(OSError):  # of which those of TLS are
        await writer.wait_closed()


async def test_a_client_cannot_say_where_it_comes_from_nor_how(origin: Origin) -> None:
    async with origin.browser(headers={}) as browser:
        lies = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Forwarded": "for=203.0.113.9"}
        answer = await browser.get("/registry/units", headers=lies | {"X-Forwarded-Host": "evil.example"})
        assert answer.status_code == 401
        assert "evil.example" not in answer.text + str(answer.headers)
        stranger = await browser.get("/notifier/sign-in", headers={"Host": "evil.example"})
        assert stranger.status_code == 421


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_tls_is_refused(origin: Origin) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        await asyncio.open_connection("localhost", int(origin.url.rpartition(":")[2]), ssl=old)
