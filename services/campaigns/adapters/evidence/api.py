"""Routes of files of evidence: keep one, get it, delete it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.datastructures import UploadFile as Upload

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.evidence.file_kinds import kind_of
from services.campaigns.application.evidence import MOST_BYTES, EvidenceFiles, Received
from services.campaigns.domain.errors import FileEmpty, FileTooLarge
from shared.http.requests.audit import audited
from shared.http.requests.request_context import Accepted, AtPosition, Body, example
from shared.rules.rights.actions import Action

CHUNK = 1 << 20  # bytes of a file at a time
PATH = "/communications/{communication_id}/evidence"
FILE = {"type": "string", "format": "binary"}
Title = Annotated[str, Field(min_length=1, max_length=500)]


class AcceptedFile(Accepted):
    """`evidence_id` names the file in the addresses below the communication."""

    evidence_id: UUID
    sha256: str
    size: int
    media_type: str


class Erasure(Body):
    """Why the file is deleted; its SHA-256 stays on record."""

    model_config = example(reason="Có hình ảnh của người không đồng ý.")

    reason: Title


def router(evidence: EvidenceFiles) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=["evidence"], dependencies=[AtPosition])

    @router.post("/files", status_code=201, summary="Keep a file that shows the activity (50 MiB at most)")
    async def keep(
        communication_id: UUID,
        context: Annotated[CommandContext, on(Action.ATTACH_EVIDENCE)],
        file: UploadFile,
        title: Annotated[Title | None, Form()] = None,
    ) -> AcceptedFile:
        async with received(file) as content:
            number, handled = await evidence.attach(
                communication_id, content, title, context.by, context.metadata, context.if_match
            )
        accepted = context.accepted(communication_id, handled)
        return AcceptedFile(
            **dict(accepted),
            evidence_id=number,
            sha256=content.sha256,
            size=content.size,
            media_type=content.media_type,
        )

    @router.get(
        "/{evidence_id}/file",
        summary="Get a kept file",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {"schema": FILE}}}},
    )
    async def get(
        communication_id: UUID,
        evidence_id: UUID,
        context: Annotated[CommandContext, on(Action.READ_EVIDENCE)],
    ) -> StreamingResponse:
        of, parts = await evidence.open(communication_id, evidence_id, context.by, context.metadata)
        audited("evidence", context.principal, evidence=str(evidence_id))
        return StreamingResponse(
            parts, media_type=of.media_type, headers=_headers(of.title or of.sha256, of.size)
        )

    @router.post("/{evidence_id}/erase", summary="Delete a kept file; its digest stays")
    async def erase(
        communication_id: UUID,
        evidence_id: UUID,
        body: Erasure,
        context: Annotated[CommandContext, on(Action.ERASE_EVIDENCE)],
    ) -> Accepted:
        handled = await evidence.erase(
            communication_id, evidence_id, body.reason, context.by, context.metadata, context.if_match
        )
        return context.accepted(communication_id, handled)

    return router


def _headers(name: str | None, size: int | None) -> dict[str, str]:
    """Let a browser save the file, and not show it within our pages."""
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name or 'minh-chung')}"}
    return {**named, "Content-Length": str(size), "Cache-Control": "private, no-store"}


@asynccontextmanager
async def received(file: Upload, most: int = MOST_BYTES) -> AsyncIterator[Received]:
    """Write a sent file of at most `most` bytes into a temporary place; raises `FileTooLarge` and `FileKindRefused`."""
    with TemporaryDirectory(prefix="loa-evidence-") as folder:
        content = Path(folder) / "file"
        digest, size = await copied(file, content, most)
        if size == 0:
            raise FileEmpty
        kind = await asyncio.to_thread(kind_of, content)
        yield Received(content=content, sha256=digest, size=size, media_type=kind)


async def copied(file: Upload, to: Path, most: int = MOST_BYTES) -> tuple[str, int]:
    """Write a sent file; returns its SHA-256 and size in bytes. Raises `FileTooLarge`."""
    digest, size = hashlib.sha256(), 0
    with to.open("wb") as out:
        while part := await file.read(CHUNK):
            size += len(part)
            if size > most:
                raise FileTooLarge(most)
            await asyncio.to_thread(_add, digest, out, part)
    return digest.hexdigest(), size


def _add(digest: Any, out: Any, part: bytes) -> None:
    digest.update(part)
    out.write(part)
