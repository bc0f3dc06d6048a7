"""Secrets with a mark in them, in a service that reaches nothing: no log line, list of processes, metric or answer has one."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.engines.nats import NatsServer
from deploy.local.keys import signing
from deploy.local.keys.keyring import Keyring, new_seed
from tests.support.platform.service import SERVICES, create_app_of, eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

MARK = "canary7Qx"
NOWHERE = "127.0.0.1:1"
START_SECONDS = 90.0  # of a process that imports everything, on a machine that does other things too


def secrets_of(folder: Path) -> dict[str, str]:
    """Give a value with a mark, or one that is a mark itself, to every secret setting."""
    return {
        "bounce_imap_url": f"imaps://loa:{MARK}@{NOWHERE}/INBOX",
        "channels": f'{{"phone": "json://{MARK}@{NOWHERE}"}}',
        "database_url": f"postgresql://loa:{MARK}@{NOWHERE}/loa",
        "evidence_secret": MARK,
        "link_key": _key(folder),
        "metrics_token": f"{MARK}.{MARK}.{MARK}",
        "nats_seed": new_seed(),
        "oidc_client_secret": MARK,
        "service_token": f"{MARK}.{MARK}.{MARK}",
        "smtp_url": f"smtp://loa:{MARK}@{NOWHERE}",
    }


def _key(folder: Path) -> str:
    signing.private_key(folder / "links.pem")
    return (folder / "links.pem").read_text()


def marks(values: Mapping[str, str]) -> set[str]:
    """Give what must show nowhere: the mark, the seed, and the line of the key."""
    return {MARK, values["nats_seed"], values["link_key"].splitlines()[1]}


def secret_fields(service: str) -> set[str]:
    fields: Mapping[str, Any] = create_app_of(service).__annotations__["settings"].model_fields
    return {name for name, field in fields.items() if SecretStr.__name__ in str(field.annotation)}


@asynccontextmanager
async def started(service: str, port: int, secrets: Mapping[str, str], log: Path) -> AsyncIterator[int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}
    environment |= {f"LOA_{name.upper()}": value for name, value in secrets.items()}
    environment |= {"LOA_NATS_URL": f"nats://{NOWHERE}", "LOA_HOST": "127.0.0.1", "LOA_PORT": str(port)}
    environment |= {"LOA_LOG_LEVEL": "DEBUG", "LOA_EVIDENCE_URL": f"http://{NOWHERE}/evidence"}
    environment |= {"LOA_EVIDENCE_KEY_ID": "loa"}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"services.{service}", env=environment, stdout=output, stderr=output
        )
        try:
            yield process.pid
        finally:
            process.kill()
            await process.wait()


def command_lines() -> Iterator[str]:
    """Give the command line of every process, as `ps` shows it to everybody on the machine."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_shows_no_secret(service: str, tmp_path: Path) -> None:
    values = secrets_of(tmp_path)
    names = secret_fields(service)
    assert names <= values.keys(), "a new secret needs a value with a mark"
    port, log, shown = free_port(), tmp_path / "service.log", {}
    async with (
        started(service, port, {name: values[name] for name in names}, log),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, verify=NO_AUTHORITIES) as client,
    ):

        async def answers() -> bool:
            try:
                return (await client.get("/livez")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers, START_SECONDS)
        await eventually(lambda: _has(log, "waiting_for_database"), START_SECONDS)
        token = {"Authorization": f"Bearer {MARK}.{MARK}.{MARK}"}
        for path in ("/metrics", "/readyz", "/readyz?for=writes", f"/answers/{MARK}", "/own-data", "/log"):
            shown[path] = (await client.get(path, headers=token)).text.replace(f"/answers/{MARK}", "")
        shown["a form"] = (await client.post("/sign-out", data={"csrf_token": MARK})).text
        shown["processes"] = "\n".join(command_lines())
    shown["log"] = log.read_text()
    assert "access_refused" in shown["log"]
    assert f"services.{service}" in shown["processes"]
    assert [name for name, text in shown.items() if any(mark in text for mark in marks(values))] == []


async def _has(log: Path, event: str) -> bool:
    return event in await asyncio.to_thread(log.read_text)


async def test_the_engines_get_their_secrets_by_file(nats_server: NatsServer, keys: Keyring) -> None:
    """The broker of `loa up` runs; what is secret of its users stands on no command line."""
    lines = list(command_lines())
    assert any("nats-server" in line and str(nats_server.folder) in line for line in lines)
    seeds = [keys.seed_file(user).read_text() for user in keys.public_keys()]
    assert [line for line in lines if any(seed in line for seed in seeds)] == []
