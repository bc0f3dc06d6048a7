"""Files of evidence go along with a backup, from a folder or an S3 server, and are put back into an empty installation."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.backup import evidence
from deploy.cli.backup.archive import Manifest, described
from deploy.cli.client import ServiceRefused, Services
from deploy.local.keys.keyring import Keyring
from deploy.local.state import Current
from shared.contracts.vocabulary import Role
from tests.integration.campaigns.test_evidence_files import PDF, PNG, recorded, send
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.s3 import S3Server, s3_server
from tests.support.servers.tokens import Issuer


@pytest.fixture(scope="module")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Server]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def operator_of(api: Api) -> Services:
    url = f"http://127.0.0.1:{api.settings.port}"
    return Services(Current(urls={"campaigns": url}, token=api.issuer.token(Role.OPERATOR, None)))


def places(s3: S3Server, folder: Path) -> dict[str, dict[str, Any]]:
    bucket = {"evidence_url": s3.url, "evidence_key_id": s3.key_id, "evidence_secret": s3.secret}
    return {"folder": {"evidence_url": folder.as_uri()}, "s3": bucket}


@pytest.mark.parametrize(("origin", "target"), [("folder", "s3"), ("s3", "folder")])
async def test_they_are_the_same_after_a_restore(
    shared_platform: Platform,
    s3: S3Server,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    a_code: str,
    tmp_path: Path,
    origin: str,
    target: str,
) -> None:
    number = await recorded(shared_platform, a_code)
    backup = tmp_path / "backup"
    backup.mkdir()
    async with shared_platform.another("campaigns", **places(s3, tmp_path / "first")[origin]) as first:
        kept = (await send(first, number, PDF)).json()
        erased = (await send(first, number, PNG)).json()
        path = f"/communications/{number}/evidence/{erased['evidence_id']}/erase"
        await first.client.post(path, json={"reason": "Nhầm tệp"})
        with operator_of(first) as services:
            position = await shared_platform.head()
            saved = await asyncio.to_thread(evidence.save, services, backup, position)
            files = {name: described(backup / name) for name in saved}
            manifest = _manifest(files)
            with pytest.raises(ServiceRefused) as refused:
                await asyncio.to_thread(evidence.put_back, services, backup, manifest)
        assert refused.value.problem["type"] == "urn:loa:problem:log-not-empty"
    name = f"evidence-{kept['evidence_id']}"
    assert f"evidence-{erased['evidence_id']}" not in saved
    assert (backup / name).read_bytes() == PDF

    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_platform(
            server,
            keys,
            token_issuer,
            new_database,
            "campaigns",
            **places(s3, tmp_path / "second")[target],
        ) as empty,
    ):
        api = empty.campaigns
        with operator_of(api) as services:
            wrong = _manifest({name: files[name] | {"sha256": "0" * 64}})
            with pytest.raises(ServiceRefused) as refused:
                await asyncio.to_thread(evidence.put_back, services, backup, wrong)
            assert refused.value.problem["type"] == "urn:loa:problem:file-is-another"
            assert (await api.client.get(f"/own-files/{kept['evidence_id']}")).status_code == 404
            await asyncio.to_thread(evidence.put_back, services, backup, manifest)
        assert (await api.client.get(f"/own-files/{kept['evidence_id']}")).content == PDF


async def test_without_a_place_for_files_a_restore_says_what_to_do(
    keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    number = "6c8f5b3e-0000-4000-8000-000000000001"
    (tmp_path / f"evidence-{number}").write_bytes(PDF)
    manifest = _manifest({f"evidence-{number}": described(tmp_path / f"evidence-{number}")})
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_platform(server, keys, token_issuer, new_database, "campaigns") as empty,
    ):
        with operator_of(empty.campaigns) as services, pytest.raises(ServiceRefused) as refused:
            await asyncio.to_thread(evidence.put_back, services, tmp_path, manifest)
    assert refused.value.problem["type"] == "urn:loa:problem:no-place-for-files"
    assert "LOA_EVIDENCE_URL" in refused.value.problem["messages"]["vi"]


def _manifest(files: dict[str, Any]) -> Manifest:
    return Manifest(
        release="0",
        begun="",
        last_position=0,
        log_sha256="",
        faults=0,
        stream={},
        files=files,
        evidence=len(files),
    )
