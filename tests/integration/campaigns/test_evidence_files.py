"""Files of evidence, kept in a folder and on a real S3 server: whom they are shown to, and what becomes of them."""

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from shared.contracts.vocabulary import Role
from tests.integration.campaigns.test_import import office
from tests.support.platform.service import Api, Platform
from tests.support.samples import small_office
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.s3 import S3Server, s3_server

PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 5000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


def docx(*more: str) -> bytes:
    written = io.BytesIO()
    with ZipFile(written, "w") as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "word/document.xml", *more):
            archive.writestr(name, "<x/>")
    return written.getvalue()


def bomb() -> bytes:
    """A document of some kilobytes that unpacks to fifty megabytes."""
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("_rels/.rels", "<x/>")
        archive.writestr("word/document.xml", bytes(50 << 20))
    return written.getvalue()


@pytest.fixture(scope="module")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Server]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
async def campaigns(
    request: pytest.FixtureRequest, shared_platform: Platform, s3: S3Server, tmp_path: Path
) -> AsyncIterator[Api]:
    """A replica that keeps files."""
    settings: dict[str, Any] = {"evidence_url": (tmp_path / "evidence").as_uri(), "evidence_unit_mib": 1}
    if request.param == "s3":
        settings |= {"evidence_url": s3.url, "evidence_key_id": s3.key_id, "evidence_secret": s3.secret}
    async with shared_platform.another("campaigns", **settings) as api:
        yield api


async def recorded(platform: Platform, code: str) -> str:
    await office(platform, code)
    row = small_office.communication(code, "2024-03-05", title="Hội nghị")
    await platform.import_rows("communications", [row])
    answer = await platform.campaigns.client.get(
        f"/drafts/{code}/communications", params={"min_position": await platform.head()}
    )
    number: str = answer.json()["items"][0]["communication_id"]
    return number


def kept_in(folder: Path) -> set[str]:
    """Give the files of the store that is a folder; none where it is a server."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def bearer(api: Api, role: Role, unit: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.issuer.token(role, unit)}"}


async def send(
    api: Api, number: str, content: bytes, name: str = "bien-ban.pdf", by: tuple[Role, str] | None = None
) -> httpx.Response:
    return await api.client.post(
        f"/communications/{number}/evidence/files",
        files={"file": (name, content)},
        data={"title": "Biên bản hội nghị"},
        headers=bearer(api, *by) if by else None,
    )


async def test_a_file_is_kept_shown_and_deleted(
    campaigns: Api, shared_platform: Platform, a_code: str, tmp_path: Path
) -> None:
    number = await recorded(shared_platform, a_code)
    sent = await send(campaigns, number, PDF, "../../etc/bien-ban.pdf")
    assert sent.status_code == 201, sent.text
    answer = sent.json()
    assert kept_in(tmp_path) <= {f"evidence/{answer['evidence_id']}"}, "the name of a file is no path"
    digest = hashlib.sha256(PDF).hexdigest()
    assert (answer["sha256"], answer["size"], answer["media_type"]) == (digest, len(PDF), "application/pdf")
    assert answer["events"] == ["vn.loa.communication.evidence_attached.v1"]
    again = await send(campaigns, number, PDF)
    assert (again.json()["events"], again.json()["evidence_id"]) == ([], answer["evidence_id"])

    path = f"/communications/{number}/evidence/{answer['evidence_id']}"
    got = await campaigns.client.get(f"{path}/file")
    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''Bi%C3%AAn")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in got.headers["cache-control"]

    erased = await campaigns.client.post(f"{path}/erase", json={"reason": "Nhầm tệp"})
    assert erased.json()["events"] == ["vn.loa.communication.evidence_erased.v1"]
    gone = await campaigns.client.get(f"{path}/file")
    assert (gone.status_code, gone.json()["type"]) == (404, "urn:loa:problem:evidence-not-kept")
    shown = await campaigns.client.get(
        f"/drafts/{a_code}/communications", params={"min_position": erased.json()["position"]}
    )
    (evidence,) = shown.json()["items"][0]["evidence"]
    assert (evidence["sha256"], evidence["erased"]) == (digest, True)
    back = await send(campaigns, number, PDF)
    assert back.json()["events"] == ["vn.loa.communication.evidence_attached.v1"]
    assert (await campaigns.client.get(f"{path}/file")).content == PDF


async def test_it_is_seen_by_its_unit_and_refused_to_others(
    campaigns: Api, shared_platform: Platform, a_code: str
) -> None:
    number = await recorded(shared_platform, a_code)
    answer = (await send(campaigns, number, PNG, by=(Role.UNIT, a_code))).json()
    path = f"/communications/{number}/evidence/{answer['evidence_id']}"
    own = await campaigns.client.get(f"{path}/file", headers=bearer(campaigns, Role.UNIT, a_code))
    assert own.content == PNG
    for role, unit, status in (
        (Role.UNIT, "KHAC", 403),
        (Role.READER, a_code, 403),
        (Role.SUPERVISOR, "KHAC", 403),
    ):
        headers = bearer(campaigns, role, unit)
        refused = await campaigns.client.get(f"{path}/file", headers=headers)
        assert refused.status_code == status, (role, refused.text)
        erasing = await campaigns.client.post(f"{path}/erase", json={"reason": "x"}, headers=headers)
        assert erasing.status_code == 403
    bare = httpx.AsyncClient(base_url=str(campaigns.client.base_url), verify=NO_AUTHORITIES)
    async with bare:
        assert (await bare.get(f"{path}/file")).status_code == 401
    others = await send(campaigns, number, PDF, by=(Role.UNIT, "KHAC"))
    assert others.status_code == 403


async def test_who_follows_the_unit_sees_it_and_alone_verifies(
    campaigns: Api, shared_platform: Platform, a_code: str
) -> None:
    number = await recorded(shared_platform, a_code)
    justice = f"{a_code}-STP"
    await shared_platform.import_rows("units", [small_office.unit(justice)])
    follows = {"unit_code": a_code, "supervisor_code": justice, "kind": "justice_body", "from": "2020-01-01"}
    await shared_platform.import_rows("supervision", [follows])
    answer = (await send(campaigns, number, PDF, by=(Role.UNIT, a_code))).json()
    await campaigns.settled(await shared_platform.head())
    path = f"/communications/{number}/evidence/{answer['evidence_id']}/file"
    seen = await campaigns.client.get(path, headers=bearer(campaigns, Role.SUPERVISOR, justice))
    assert (seen.status_code, seen.content) == (200, PDF)
    for role, unit, status in (
        (Role.UNIT, a_code, 403),
        (Role.HEAD, a_code, 403),
        (Role.SUPERVISOR, "KHAC", 403),
        (Role.SUPERVISOR, justice, 200),
    ):
        verified = await campaigns.client.post(
            f"/communications/{number}/verify",
            json={"verified_on": "2024-03-20"},
            headers=bearer(campaigns, role, unit),
        )
        assert verified.status_code == status, (role, unit, verified.text)


@pytest.mark.parametrize(
    ("content", "name", "status", "problem"),
    [
        (b"MZ" + bytes(500), "bao-cao.pdf", 422, "file-kind-refused"),
        (b"<html><script>alert(1)</script></html>", "trang.png", 422, "file-kind-refused"),
        (docx("word/vbaProject.bin"), "cong-van.docx", 422, "file-kind-refused"),
        (b"PK\x03\x04" + bytes(300), "hong.docx", 422, "file-kind-refused"),
        (docx("word/embeddings/chay.exe"), "dinh-kem.docx", 422, "file-kind-refused"),
        (docx("xl/macrosheets/sheet1.xml"), "macro4.xlsx", 422, "file-kind-refused"),
        (bomb(), "bom.docx", 422, "file-unpacks-too-large"),
        (docx(*(f"word/media/{n}" for n in range(10_001))), "nhieu.docx", 422, "file-unpacks-too-large"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "anh.gif", 422, "file-kind-refused"),
        (b"", "trong.pdf", 422, "file-empty"),
        (PDF + bytes(2 << 20), "lon.pdf", 409, "evidence-quota-exceeded"),
    ],
    ids=[
        *("program", "page", "macro", "damaged", "packed program", "macro sheet", "bomb", "many parts"),
        *("script in an image", "empty", "quota"),
    ],
)
async def test_what_is_no_evidence_is_refused_and_not_kept(
    campaigns: Api,
    shared_platform: Platform,
    a_code: str,
    content: bytes,
    name: str,
    status: int,
    problem: str,
) -> None:
    number = await recorded(shared_platform, a_code)
    refused = await send(campaigns, number, content, name)
    assert (refused.status_code, refused.json()["type"]) == (status, f"urn:loa:problem:{problem}")
    shown = await campaigns.client.get(f"/drafts/{a_code}/communications")
    assert shown.json()["items"][0]["evidence"] == []


async def test_a_document_without_macros_is_taken(
    campaigns: Api, shared_platform: Platform, a_code: str
) -> None:
    number = await recorded(shared_platform, a_code)
    assert (await send(campaigns, number, docx(), "cong-van.docx")).status_code == 201


async def test_without_a_place_for_files_a_sentence_says_what_to_do(
    shared_platform: Platform, a_code: str
) -> None:
    number = await recorded(shared_platform, a_code)
    refused = await send(shared_platform.campaigns, number, PDF)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:loa:problem:no-place-for-files")
    assert "SHA-256" in refused.json()["messages"]["vi"]


async def test_a_store_that_is_away_records_nothing(shared_platform: Platform, a_code: str) -> None:
    number = await recorded(shared_platform, a_code)
    away: dict[str, Any] = {
        "evidence_url": "http://127.0.0.1:9/minh-chung",
        "evidence_key_id": "a",
        "evidence_secret": "b",
    }
    async with shared_platform.another("campaigns", **away) as api:
        answer = await send(api, number, PDF)
    assert answer.status_code == 503, answer.text
    shown = await shared_platform.campaigns.client.get(f"/drafts/{a_code}/communications")
    assert shown.json()["items"][0]["evidence"] == []


async def test_a_file_larger_than_fifty_mebibytes_is_refused(
    shared_platform: Platform, a_code: str, tmp_path: Path
) -> None:
    number = await recorded(shared_platform, a_code)
    async with shared_platform.another("campaigns", evidence_url=(tmp_path / "e").as_uri()) as api:
        most = PDF + bytes((50 << 20) - len(PDF))
        assert (await send(api, number, most)).status_code == 201
        assert (await send(api, number, most + b"x")).status_code == 413
        assert (await send(api, number, most + bytes(3 << 20))).status_code == 413
    assert len(list((tmp_path / "e").rglob("*"))) == 1
